use thiserror::Error;

/// What can be wrong with settings, rows and graphs.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting outside its range.
    #[error("`{name}` must be {expected}, got {found}")]
    Setting {
        /// The field's name.
        name: &'static str,
        /// Its range, in words.
        expected: &'static str,
        /// The value given.
        found: f64,
    },
    /// A perplexity that so few nodes cannot have: at most all others are neighbors.
    #[error("`perplexity` must be below the number of nodes, {num_nodes}, got {found}")]
    Perplexity {
        /// The number of nodes.
        num_nodes: usize,
        /// The perplexity given.
        found: f64,
    },
    /// More nodes than forces between all pairs are added up for.
    #[error("exact forces: expected at most {limit} nodes, found {num_nodes}; Barnes–Hut has no limit")]
    TooManyNodes {
        /// The most nodes.
        limit: usize,
        /// The number of nodes.
        num_nodes: usize,
    },
    /// Row starts of a graph that are not those of its neighbors.
    #[error("starts[{position}]: expected {expected}, found {found}")]
    Starts {
        /// Where in the list.
        position: usize,
        /// What should be there, in words.
        expected: &'static str,
        /// The value found.
        found: usize,
    },
    /// A neighbor that is no node.
    #[error("neighbors[{position}]: expected a node below {num_nodes}, found {found}")]
    Neighbor {
        /// Where in the list.
        position: usize,
        /// The number of nodes.
        num_nodes: usize,
        /// The value found.
        found: u32,
    },
    /// An arc without one back of the same length.
    #[error("nodes {from} and {to}: expected an arc of the same length each way, as in an undirected graph")]
    NotSymmetric {
        /// The arc's start.
        from: u32,
        /// The arc's end.
        to: u32,
    },
    /// Lengths that are not one an arc.
    #[error("lengths: expected {expected}, one for each arc, found {found}")]
    LengthsLength {
        /// The number of arcs.
        expected: usize,
        /// The number of lengths.
        found: usize,
    },
    /// A length of an arc that no path can have.
    #[error("lengths[{position}]: expected a finite number above 0, found {found}")]
    Length {
        /// Where in the list.
        position: usize,
        /// The value found.
        found: f32,
    },
    /// Steps that led to points without finite coordinates.
    #[error("the points have flown apart: expected a `learning_rate` below {learning_rate}")]
    Diverged {
        /// The learning rate given.
        learning_rate: f64,
    },
    /// Rows that cannot be laid out, or eigenvalues that were not found.
    #[error(transparent)]
    Rows(#[from] evaluation::Error),
}
