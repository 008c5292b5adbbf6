use thiserror::Error;

/// What can be wrong with settings, rows and the graphs made of them.
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
    /// A name that no method has.
    #[error("expected a clustering method, one of {}, found `{found}`", crate::Method::NAMES.join(", "))]
    UnknownMethod {
        /// The name found.
        found: String,
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
    /// NaN or infinity in a row.
    #[error("row {row}, column {column}: expected a finite number, found {value}")]
    NotFinite {
        /// The row's index.
        row: usize,
        /// The column's index.
        column: usize,
        /// The value found.
        value: f32,
    },
    /// A row without a direction.
    #[error("row {row}: expected a number other than zero, found only zeros")]
    ZeroRow {
        /// The row's index.
        row: usize,
    },
    /// A graph in which too few rows have neighbors.
    #[error(
        "graph of the rows: expected at least {expected} rows with neighbors, one for each cluster, found {found}"
    )]
    TooFewConnected {
        /// The number of clusters.
        expected: usize,
        /// The rows with neighbors.
        found: usize,
    },
    /// A matrix that could not be factorised.
    #[error("a [{size}, {size}] matrix of the rows could not be factorised")]
    NotFactorised {
        /// The side of the matrix.
        size: usize,
    },
    /// The eigenvectors of the graph could not be found.
    #[error("eigenvectors of the graph of the rows: {0}")]
    Eigenvectors(#[from] sparse_eigen::Error),
    /// k-means refused its input.
    #[error(transparent)]
    KMeans(#[from] evaluation::Error),
}

/// Checks that a whole number is not below a bound.
pub(crate) fn at_least(
    name: &'static str,
    least: usize,
    expected: &'static str,
    found: usize,
) -> Result<(), Error> {
    if found < least { Err(Error::Setting { name, expected, found: found as f64 }) } else { Ok(()) }
}

/// Checks that a number is finite and above zero.
pub(crate) fn positive(name: &'static str, found: f64) -> Result<(), Error> {
    if found.is_finite() && found > 0.0 {
        Ok(())
    } else {
        Err(Error::Setting { name, expected: "positive and finite", found })
    }
}

/// Checks that a number lies in an interval with both its ends.
pub(crate) fn within(
    name: &'static str,
    range: std::ops::RangeInclusive<f64>,
    expected: &'static str,
    found: f64,
) -> Result<(), Error> {
    if range.contains(&found) { Ok(()) } else { Err(Error::Setting { name, expected, found }) }
}
