//! What can be wrong with a loss's input.

use std::fmt;

/// An error of this crate.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting outside its range.
    #[error("`{name}` must be {expected}, got {found}")]
    Setting {
        /// Name of the setting.
        name: &'static str,
        /// What it may be.
        expected: &'static str,
        /// What it was.
        found: f64,
    },
    /// An entry of the input that is NaN or infinite.
    #[error("row {row}, column {column} of the input: expected a finite number, found {value}")]
    NotFinite {
        /// Row of the entry.
        row: usize,
        /// Column of the entry.
        column: usize,
        /// The entry.
        value: f32,
    },
    /// A matrix whose Cholesky factorisation broke off.
    #[error("the matrix of {block} is not positive definite: pivot {pivot} is not a positive number")]
    NotPositiveDefinite {
        /// Which matrix.
        block: Block,
        /// Row of the pivot, from 0.
        pivot: usize,
    },
    /// Neighborhoods that could have more members in total than memory is taken for.
    #[error(
        "groups of {hops} hops: expected at most {limit} members in total, found up to {most}, which take {gigabytes:.1} GB; bound each \
         group with `max_group` (`--max-group 100`), or take fewer `hops`",
        limit = crate::Membership::MAX_MEMBERS,
        gigabytes = *most as f64 * 8e-9
    )]
    TooManyMembers {
        /// How many edges away the members of a group are.
        hops: usize,
        /// How many members the groups could have in total.
        most: u64,
    },
    /// A tensor that has more numbers than a device's kernels index.
    #[error(
        "{what}: expected fewer than 2147483648 numbers, which is what kernels on a GPU index, found {numbers}; `--device cpu` has no \
         such limit"
    )]
    TooManyNumbers {
        /// Which tensor.
        what: &'static str,
        /// How many numbers it has.
        numbers: usize,
    },
    /// A graph without pairs of neighbors.
    #[error("expected at least one pair of neighbors among {num_nodes} nodes, found none")]
    NoPairs {
        /// Number of nodes.
        num_nodes: usize,
    },
    /// Features whose rows are equal within all pairs: there is no scatter to divide by.
    #[error("expected features that differ between neighbors, found none among {num_features}")]
    NoScatter {
        /// Number of features.
        num_features: usize,
    },
    /// A matrix whose eigenvalues were not found.
    #[error("the eigenvalues of a matrix of size {size} were not found: its entries are not finite")]
    Eigen {
        /// Rows of the matrix.
        size: usize,
    },
    /// A solver that was stopped.
    #[error("interrupted")]
    Interrupted,
    /// A weight of a group that is negative, NaN or infinite.
    #[error("group {group}, node {node}: expected a weight of at least 0, found {weight}")]
    Weight {
        /// Index of the group.
        group: usize,
        /// Index of the node.
        node: usize,
        /// The weight.
        weight: f32,
    },
}

/// Which of a loss's matrices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    /// The matrix handed to [`log_det`](crate::log_det()).
    Input,
    /// The expansion's, of all rows.
    Expansion,
    /// The compression's, of one group.
    Group(usize),
    /// The scatter within pairs with its ridge, of [`linear`](crate::linear).
    Scatter,
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input => write!(f, "the input"),
            Self::Expansion => write!(f, "the expansion"),
            Self::Group(group) => write!(f, "group {group}"),
            Self::Scatter => write!(f, "the scatter"),
        }
    }
}
