//! A graph as lines of text.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use super::layout::COMMENT_SIGNS;
use crate::error::Error;
use crate::format::output::write_text_file;
use crate::node_dataset::NodeDataset;
use crate::node_ids::NodeIds;

/// Writes the edges, then the nodes without any; fields between commas if the path ends in .csv or .csv.gz, else between
/// tabs; packed if it ends in .gz.
pub(super) fn write(dataset: &NodeDataset, path: &Path) -> Result<(), Error> {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let style =
        if name.strip_suffix(".gz").unwrap_or(&name).ends_with(".csv") { Style::Csv } else { Style::Tsv };
    style.check(dataset.node_ids())?;
    write_text_file(path, |out| style.write(dataset, out))
}

#[derive(Clone, Copy, PartialEq)]
enum Style {
    Tsv,
    Csv,
}

impl Style {
    /// Ids that could not be read back as they are.
    fn check(self, ids: &NodeIds) -> Result<(), Error> {
        if ids.numbers().is_some() {
            return Ok(());
        }
        for (node, id) in ids.iter().enumerate() {
            let is_faulty = match self {
                Self::Tsv => {
                    let starts = COMMENT_SIGNS.iter().chain(&["\"", " ", "\u{feff}"]);
                    id.contains(['\t', '\n', '\r'])
                        || starts.into_iter().any(|start| id.starts_with(start))
                        || id.ends_with(' ')
                }
                Self::Csv => id.contains(['\n', '\r']),
            };
            if is_faulty || id.is_empty() {
                let expected = match self {
                    Self::Tsv => {
                        "ids without tabs, line ends, quotes or comment signs at the start (a .csv file quotes them)"
                    }
                    Self::Csv => "ids that are not empty and without line ends",
                };
                return Err(Error::invalid(format!("id of node {node}"), expected, format!("{id:?}")));
            }
        }
        Ok(())
    }

    fn write(self, dataset: &NodeDataset, out: &mut dyn Write) -> io::Result<()> {
        let (graph, ids) = (dataset.graph(), dataset.node_ids());
        let between = if self == Self::Csv { ',' } else { '\t' };
        let is_weighted = !graph.is_unweighted();
        writeln!(out, "# nodes {} edges {}", graph.num_nodes(), graph.num_edges())?;
        // Without names of the columns a reader could take the first two ids for such names.
        if self == Self::Csv || ids.numbers().is_none() {
            let weight = if is_weighted { format!("{between}weight") } else { String::new() };
            writeln!(out, "source{between}target{weight}")?;
        }
        for (from, to, weight) in graph.weighted_edges() {
            write!(out, "{}{between}{}", self.field(ids.get(from)), self.field(ids.get(to)))?;
            match is_weighted {
                true => writeln!(out, "{between}{weight}")?,
                false => writeln!(out)?,
            }
        }
        for node in (0..graph.num_nodes() as u32).filter(|&node| graph.neighbors(node).is_empty()) {
            let id = ids.get(node);
            // Without quotes it could be an edge that is written in another way.
            match id.contains([' ', ',', ';', '|']) {
                true => writeln!(out, "\"{}\"", id.replace('"', "\"\""))?,
                false => writeln!(out, "{}", self.field(id))?,
            }
        }
        Ok(())
    }

    fn field(self, id: Cow<'_, str>) -> Cow<'_, str> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte) || byte >= 0x80;
        if self == Self::Tsv || (id.bytes().all(is_plain) && !id.starts_with('\u{feff}')) {
            return id;
        }
        Cow::Owned(format!("\"{}\"", id.replace('"', "\"\"")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arcs::{ArcMeaning, Arcs};
    use crate::cleaning::CleaningPolicy;
    use crate::edge_policy::{EdgePolicy, Loops};
    use crate::features::Features;
    use crate::format::edge_list::FORMAT;
    use crate::format::registry::ReadConfig;
    use crate::graph::Graph;
    use crate::node_dataset::NodeDatasetParts;
    use crate::raw_dataset::RawDataset;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            names in prop::sample::select(vec![
                vec!["0", "1", "2", "3", "4"],
                vec!["12", "7", "900", "18446744073709551615", "3"],
                vec!["source", "target", "u", "v", "a b"],
                vec!["é", "07", "7", "x,y;z", "\u{feff}"],
                vec!["", "\"", "#", "a\tb", " "],
            ]),
            edges in prop::collection::vec((0u32..5, 0u32..5, prop::sample::select(vec![1.0f32, 0.1, 3e-9])), 0..8),
            name in prop::sample::select(vec!["a.tsv", "a.csv", "a.csv.gz", "a.edges.gz"]),
        ) {
            let policy = CleaningPolicy {
                edges: EdgePolicy { loops: Loops::Keep, ..EdgePolicy::default() },
                ..CleaningPolicy::default()
            };
            let arcs = Arcs {
                from: edges.iter().map(|edge| edge.0).collect(),
                to: edges.iter().map(|edge| edge.1).collect(),
                weights: Some(edges.iter().map(|edge| edge.2).collect()),
                meaning: ArcMeaning::Undirected,
            };
            let dataset = RawDataset::from_arcs("a", NodeIds::from_names(&names), arcs).clean(&policy).unwrap();
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(name);
            let is_csv = name.contains("csv");
            let writable = |id: &&str| match is_csv {
                true => !id.is_empty(),
                false => !["", "\"", "#", "a\tb", " ", "\u{feff}"].contains(id),
            };
            if let Err(error) = FORMAT.write(&dataset, &path) {
                prop_assert!(!names.iter().all(writable), "{}", error);
                return Ok(());
            }
            prop_assert!(names.iter().all(writable));
            let back = FORMAT.read(&path, &ReadConfig::default()).unwrap().clean(&policy).unwrap();
            let edges = |dataset: &NodeDataset| {
                let id = |node| dataset.node_ids().get(node).into_owned();
                let edge = |(from, to, weight): (u32, u32, f32)| {
                    let mut ends = [id(from), id(to)];
                    ends.sort();
                    (ends, weight.to_bits())
                };
                let mut edges: Vec<_> = dataset.graph().weighted_edges().map(edge).collect();
                edges.sort();
                let mut nodes: Vec<String> = dataset.node_ids().iter().map(|id| id.into_owned()).collect();
                nodes.sort();
                (edges, nodes)
            };
            prop_assert_eq!(edges(&back), edges(&dataset));
        }
    }

    #[test]
    fn a_file_is_written_as_people_write_it() {
        let (graph, _) = Graph::from_edges(3, &[(0, 1)], EdgePolicy::default()).unwrap();
        let features = Features::Dense(ndarray::Array2::ones((3, 1)));
        let parts = NodeDatasetParts::new(graph, features);
        let named = NodeDatasetParts { node_ids: NodeIds::from_names(["a", "b c", "#"]), ..parts.clone() };
        let folder = tempfile::tempdir().unwrap();
        let written = |parts: &NodeDatasetParts, name: &str| {
            let path = folder.path().join(name);
            let dataset = NodeDataset::from_parts(parts.clone()).unwrap();
            FORMAT.write(&dataset, &path).map(|()| std::fs::read_to_string(&path).unwrap())
        };
        assert_eq!(written(&parts, "a.txt").unwrap(), "# nodes 3 edges 1\n0\t1\n2\n");
        assert_eq!(written(&named, "a.csv").unwrap(), "# nodes 3 edges 1\nsource,target\na,\"b c\"\n\"#\"\n");
        assert_eq!(
            written(&named, "a.tsv").unwrap_err().to_string(),
            "id of node 2: expected ids without tabs, line ends, quotes or comment signs at the start \
             (a .csv file quotes them), found \"#\""
        );
    }
}
