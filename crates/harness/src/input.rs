//! How a data set is read, as a config file has it.

use std::path::PathBuf;

use graph_io::{
    CleaningPolicy, ColumnConfig, ColumnPolicy, Direction, Duplicates, EdgePolicy, EdgeSource, LoadConfig,
    Loops, MemoryLimit, MissingFeatures, MissingValues, Nodes, TextColumns, UnknownIds, Weights,
};
use serde::{Deserialize, Serialize};

/// How a path is read, and what is done with the faults of a data set: graph-io's `LoadConfig` as one flat table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InputConfig {
    /// The name of the format; not set, it is recognized.
    pub format: Option<String>,
    /// A table of the nodes: ids, features, labels, splits.
    pub nodes: Option<PathBuf>,
    /// An array of the nodes' features.
    pub features: Option<PathBuf>,
    /// Where the edges come from.
    pub edges: EdgeSource,
    /// Edges of nodes that the source does not list.
    pub unknown_ids: UnknownIds,
    /// Arcs without their reverse.
    pub direction: Direction,
    /// Pairs of nodes that are given again.
    pub duplicates: Duplicates,
    /// Edges from a node to itself.
    pub loops: Loops,
    /// The weights of edges.
    pub weights: Weights,
    /// Nodes without a class.
    pub missing_labels: Nodes,
    /// Nodes without a neighbor.
    pub isolated_nodes: Nodes,
    /// Nodes outside the largest component.
    pub smaller_components: Nodes,
    /// Columns of features in which some nodes have no value.
    pub missing_values: MissingValues,
    /// Whether a completed column gets a second one that says which values were missing.
    pub missing_indicators: bool,
    /// Columns of texts.
    pub text_columns: TextColumns,
    /// What stands for features that are not there.
    pub missing_features: MissingFeatures,
    /// What reading a packed file may take.
    pub max_memory: MemoryLimit,
    /// Which columns mean what.
    pub columns: ColumnConfig,
}

impl InputConfig {
    /// The same as `graph_io::load_with` takes it; `raw_dirs` are the folders of raw files of data sets known by name.
    pub fn load_config(&self, raw_dirs: Vec<PathBuf>) -> LoadConfig {
        LoadConfig {
            raw_dirs,
            format: self.format.clone(),
            nodes: self.nodes.clone(),
            features: self.features.clone(),
            columns: self.columns.clone(),
            edges: self.edges,
            unknown_ids: self.unknown_ids,
            max_memory: self.max_memory,
            cleaning: CleaningPolicy {
                edges: EdgePolicy {
                    direction: self.direction,
                    duplicates: self.duplicates,
                    loops: self.loops,
                    weights: self.weights,
                },
                missing_labels: self.missing_labels,
                isolated_nodes: self.isolated_nodes,
                smaller_components: self.smaller_components,
                columns: ColumnPolicy {
                    missing_values: self.missing_values,
                    missing_indicators: self.missing_indicators,
                    text_columns: self.text_columns,
                },
                missing_features: self.missing_features,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_reads_as_the_library_does_by_default() {
        let ours = InputConfig::default().load_config(Vec::new());
        let theirs = LoadConfig::default();
        assert_eq!((ours.cleaning, ours.unknown_ids), (theirs.cleaning, theirs.unknown_ids));
        assert_eq!((ours.format, ours.nodes, ours.features), (None, None, None));
    }

    #[test]
    fn every_key_reaches_the_library() {
        let input: InputConfig = toml::from_str(
            "format = 'npz'\nnodes = 'n.csv'\nfeatures = 'x.npy'\nunknown_ids = 'skip'\ndirection = 'both'\n\
             duplicates = 'sum'\nloops = 'keep'\nweights = 'ignore'\nmissing_labels = 'drop'\n\
             isolated_nodes = 'refuse'\nsmaller_components = 'drop'\nmissing_features = 'degree'\n\
             missing_values = 'mean'\nmissing_indicators = true\ntext_columns = 'one-hot'\nmax_memory = '512M'\n\
             [columns]\nlabel = 'Group'\nignore_columns = ['x', '3']\n",
        )
        .unwrap();
        let load = input.load_config(vec!["raw".into()]);
        assert_eq!((load.columns.label.as_deref(), load.columns.ignore_columns.len()), (Some("Group"), 2));
        assert_eq!((load.format.as_deref(), load.unknown_ids), (Some("npz"), UnknownIds::Skip));
        assert_eq!((load.nodes, load.features), (Some("n.csv".into()), Some("x.npy".into())));
        assert_eq!(load.raw_dirs, [PathBuf::from("raw")]);
        let cleaning = load.cleaning;
        assert_eq!(
            cleaning.edges,
            EdgePolicy {
                direction: Direction::Both,
                duplicates: Duplicates::Sum,
                loops: Loops::Keep,
                weights: Weights::Ignore
            }
        );
        assert_eq!((cleaning.missing_labels, cleaning.isolated_nodes), (Nodes::Drop, Nodes::Refuse));
        assert_eq!(cleaning.smaller_components, Nodes::Drop);
        assert_eq!(cleaning.missing_features, MissingFeatures::Degree);
        assert_eq!(
            cleaning.columns,
            ColumnPolicy {
                missing_values: MissingValues::Mean,
                missing_indicators: true,
                text_columns: TextColumns::OneHot
            }
        );
        assert_eq!(load.max_memory, MemoryLimit::bytes(512 << 20));
    }
}
