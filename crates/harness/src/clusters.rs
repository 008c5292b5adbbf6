//! Clusters of an embedding or of raw features, and how they compare with the classes.

use std::borrow::Cow;
use std::fmt::Write;

use clustering::{Clustering, ClusteringMethod, Method};
use evaluation::ClusteringScores;
use graph_io::{Labels, NodeIds};
use ndarray::ArrayView2;
use toml::{Table, Value};

use crate::error::Error;

/// The clusters of rows, with their scores where the rows have classes.
#[derive(Clone, Debug)]
pub struct Clusters {
    /// What was found.
    pub found: Clustering,
    /// Against the classes, of the nodes that have one.
    pub scores: Option<ClusteringScores>,
}

impl Clusters {
    /// Clusters rows by a method. The same seed gives the same bits, on any number of threads.
    ///
    /// # Shapes
    /// rows `[nodes, d]`; labels of the same nodes
    ///
    /// # Errors
    /// A setting out of range, or rows that the method cannot take.
    pub fn find(
        rows: ArrayView2<'_, f32>,
        labels: Option<&Labels>,
        method: &Method,
        num_clusters: usize,
        seed: u64,
    ) -> Result<Self, Error> {
        let found =
            method.cluster(rows, num_clusters, seed).map_err(|source| Error::Clustering { source })?;
        let scores = labels.and_then(|labels| {
            let class = |(node, cluster): (u32, &usize)| Some((labels.class(node)? as usize, *cluster));
            let (classes, clusters): (Vec<usize>, Vec<usize>) =
                (0..).zip(&found.clusters).filter_map(class).unzip();
            (!classes.is_empty()).then(|| ClusteringScores::new(&classes, &clusters))
        });
        Ok(Self { found, scores })
    }

    /// The number of rows in each cluster, largest first; empty ones are not there.
    pub fn sizes(&self) -> Vec<usize> {
        let num_clusters = self.found.clusters.iter().max().map_or(0, |last| last + 1);
        let mut sizes = vec![0; num_clusters];
        self.found.clusters.iter().for_each(|cluster| sizes[*cluster] += 1);
        sizes.retain(|size| *size > 0);
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        sizes
    }

    /// A table with a line a row: `node_id,cluster`.
    ///
    /// # Panics
    /// If there is not an id for each row.
    pub fn to_csv(&self, ids: &NodeIds) -> String {
        assert_eq!(ids.len(), self.found.clusters.len(), "Clusters: an id for each row");
        let mut text = String::from("node_id,cluster\n");
        for (id, cluster) in ids.iter().zip(&self.found.clusters) {
            writeln!(text, "{},{cluster}", csv_cell(id)).expect("text has room");
        }
        text
    }
}

/// A text as a cell of a table between commas.
pub(crate) fn csv_cell(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")).into(),
        false => text,
    }
}

/// A clustering method by its name, with settings over its defaults.
///
/// # Errors
/// An unknown name or key, a value of another type or out of range.
pub fn clustering_method(name: &str, mut settings: Table) -> Result<Method, Error> {
    let fault = |source| Error::Clustering { source };
    Method::named(name).map_err(fault)?;
    settings.insert("method".to_string(), Value::String(name.to_string()));
    let invalid = |source| Error::ClusteringSettings { method: name.to_string(), source };
    let method: Method = settings.try_into().map_err(invalid)?;
    method.check().map_err(fault)?;
    Ok(method)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn clusters_are_compared_with_the_classes_of_the_nodes_that_have_one() {
        let rows = array![[1.0, 0.1], [2.0, 0.1], [0.1, 1.0], [0.1, 3.0], [0.0, 2.0]];
        let labels = Labels::from_classes(
            vec![Some(1), Some(1), Some(0), Some(0), None],
            vec!["a".into(), "b".into()],
        )
        .unwrap();
        let method = clustering_method("kmeans", Table::new()).unwrap();
        let clusters = Clusters::find(rows.view(), Some(&labels), &method, 2, 0).unwrap();
        let scores = clusters.scores.unwrap();
        assert_eq!((scores.accuracy, scores.nmi, scores.ari), (1.0, 1.0, 1.0));
        assert_eq!(clusters.sizes(), [3, 2]);
        let ids: NodeIds = ["x", "y,z", "a", "b", "c"].into_iter().collect();
        let csv = clusters.to_csv(&ids);
        assert!(csv.starts_with("node_id,cluster\nx,"), "{csv}");
        assert!(csv.contains("\n\"y,z\","), "{csv}");
        assert!(Clusters::find(rows.view(), None, &method, 2, 0).unwrap().scores.is_none());
    }

    #[test]
    fn names_keys_and_values_that_do_not_fit_are_refused() {
        let message = |name: &str, settings: &str| {
            let error = clustering_method(name, toml::from_str(settings).unwrap()).unwrap_err();
            let source = std::error::Error::source(&error).map(ToString::to_string);
            (error.to_string(), source.unwrap_or_default())
        };
        assert!(message("em", "").1.contains("found `em`"));
        let (what, why) = message("ensc", "gama = 3");
        assert_eq!(what, "settings of ensc");
        assert!(why.contains("unknown field `gama`"), "{why}");
        assert!(message("ensc", "gamma = -1.0").1.contains("`gamma`"));
    }
}
