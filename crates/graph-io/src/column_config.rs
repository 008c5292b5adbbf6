//! Which columns of a source mean what.

use serde::{Deserialize, Serialize};

/// Which columns of a source mean what, for columns whose names do not say it, and what is done with other lines.
///
/// A column is called by its name, or by its number counted from 1; a name wins. It applies to lists of edges, tables of
/// nodes, Parquet, the attributes of GraphML and its kin, and the arrays of an `.npz`, as far as they have such columns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ColumnConfig {
    /// Whether the first line of a table or of a list of edges names the columns.
    pub header: Header,
    /// The column of the first node of an edge.
    pub source: Option<String>,
    /// The column of the second node of an edge.
    pub target: Option<String>,
    /// The column of the weight of an edge.
    pub weight: Option<String>,
    /// The column of the ids of nodes.
    pub id: Option<String>,
    /// The column of the classes of nodes.
    pub label: Option<String>,
    /// The column of the split.
    pub split: Option<String>,
    /// The columns of the features, and no other; empty: every column that can be one.
    pub use_columns: Vec<String>,
    /// Columns that are passed over; of the attributes of edges, that of the weight.
    pub ignore_columns: Vec<String>,
    /// Lines of a list of edges that have one id.
    pub lone_ids: LoneIds,
    /// How many nodes there are, where ids are whole numbers: those without a line are isolated nodes.
    pub num_nodes: Option<usize>,
}

/// Whether the first line names the columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Header {
    /// As the names, the ids and the types of the columns say; an error where they do not.
    #[default]
    Auto,
    /// It does.
    Yes,
    /// It does not.
    No,
}

/// What a line of a list of edges is that has one id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoneIds {
    /// A node, unless something in it could stand between two ids: then it is an error.
    #[default]
    Auto,
    /// A node, whatever it is.
    Node,
    /// An error.
    Error,
}

impl ColumnConfig {
    /// The column that is called by this name or number among columns of these names.
    pub(crate) fn find<'a>(
        called: &str,
        mut names: impl ExactSizeIterator<Item = &'a str> + Clone,
    ) -> Option<usize> {
        let num_columns = names.len();
        let by_number = || {
            let number: usize = called.parse().ok()?;
            (1..=num_columns).contains(&number).then(|| number - 1)
        };
        names.position(|name| name.trim() == called).or_else(by_number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_called_by_its_name_or_by_its_number() {
        let find = |called| ColumnConfig::find(called, ["a", "3", " b "].into_iter());
        assert_eq!((find("a"), find("b"), find("3"), find("2")), (Some(0), Some(2), Some(1), Some(1)));
        assert_eq!((find("c"), find("0"), find("4")), (None, None, None));
    }
}
