use thiserror::Error;

/// What can be wrong with settings, labels, node lists and embeddings.
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
    /// Not one label for each row.
    #[error("labels: expected {expected}, one for each row, found {found}")]
    LabelsLength {
        /// The number of rows.
        expected: usize,
        /// The number of labels.
        found: usize,
    },
    /// An empty list of nodes to learn from or to score.
    #[error("{purpose} nodes: expected at least one, found none")]
    NoNodes {
        /// What the nodes are for: `training` or `scored`.
        purpose: &'static str,
    },
    /// Training nodes that all have the same label: nothing to tell apart.
    #[error("training nodes: expected at least two classes, found only class {class}")]
    OneClass {
        /// The label of all training nodes.
        class: usize,
    },
    /// A node index that no row has.
    #[error("nodes[{position}]: expected an index below {num_rows}, found {node}")]
    NodeOutOfRange {
        /// Where in the list of nodes.
        position: usize,
        /// The index found.
        node: usize,
        /// The number of rows.
        num_rows: usize,
    },
    /// NaN or infinity in a row that is learned from or scored.
    #[error("row {row}, column {column}: expected a finite number, found {value}")]
    NotFinite {
        /// The row's index.
        row: usize,
        /// The column's index.
        column: usize,
        /// The value found.
        value: f32,
    },
    /// Rows of another width than the model was fitted on.
    #[error("rows: expected {expected} columns as in the fit, found {found}")]
    NumColumns {
        /// The width at the fit.
        expected: usize,
        /// The width found.
        found: usize,
    },
    /// Two lists of results that are not pairs.
    #[error("results: expected {expected} of each method, one for each seed, found {found}")]
    ResultsLength {
        /// The number of results of the first method.
        expected: usize,
        /// The number of results of the second method.
        found: usize,
    },
    /// Fewer results than a spread can be told from.
    #[error("results: expected at least two seeds, found {found}")]
    TooFewResults {
        /// The number of seeds.
        found: usize,
    },
    /// NaN or infinity among results or scores.
    #[error("{list}[{position}]: expected a finite number, found {value}")]
    ValueNotFinite {
        /// What the list holds: `results of the first method`, `positive scores` and so on.
        list: &'static str,
        /// Where in the list.
        position: usize,
        /// The value found.
        value: f64,
    },
    /// Fewer rows than are needed.
    #[error("rows: expected at least {expected} for {purpose}, found {found}")]
    TooFewRows {
        /// What they are needed for.
        purpose: &'static str,
        /// The least number.
        expected: usize,
        /// The number of rows.
        found: usize,
    },
    /// An empty list of node pairs to learn from or to score.
    #[error("{purpose}: expected at least one, found none")]
    NoPairs {
        /// What the pairs are: `edges` or `pairs without an edge`.
        purpose: &'static str,
    },
    /// A pair of nodes of which no row has one.
    #[error("pairs[{position}]: expected indices below {num_rows}, found {node}")]
    PairOutOfRange {
        /// Where in the list of pairs.
        position: usize,
        /// The index found.
        node: u32,
        /// The number of rows.
        num_rows: usize,
    },
    /// An eigenvalue problem that the iteration did not solve.
    #[error("eigenvalues of a [{size}, {size}] matrix: the iteration did not converge")]
    NoConvergence {
        /// The side of the matrix.
        size: usize,
    },
}
