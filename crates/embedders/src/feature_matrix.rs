//! Features and graphs as the closed form of linear rate reduction takes them.

use g2r_loss::linear::{DenseFeatures, FeatureMatrix, SparseFeatures};
use graph_io::Features;

use crate::Error;

/// Features as a matrix that can multiply. Dense ones have to be row-major.
///
/// # Errors
/// [`Error::ClosedForm`] for an entry that is not finite.
pub(crate) fn feature_matrix(features: &Features) -> Result<Box<dyn FeatureMatrix + '_>, Error> {
    Ok(match features {
        Features::Sparse(matrix) => Box::new(SparseFeatures::from_csr(matrix).map_err(closed_form)?),
        Features::Dense(matrix) => Box::new(DenseFeatures::from_array(matrix.view()).map_err(closed_form)?),
    })
}

/// Features of which dense ones are row-major.
pub(crate) fn row_major(features: Features) -> Features {
    match features {
        Features::Dense(matrix) if !matrix.is_standard_layout() => {
            Features::Dense(matrix.as_standard_layout().into_owned())
        }
        features => features,
    }
}

/// A closed form that there is not.
pub(crate) fn closed_form(source: g2r_loss::Error) -> Error {
    match source {
        g2r_loss::Error::Setting { name, expected, found } => {
            Error::Setting { name, expected: expected.to_string(), found }
        }
        g2r_loss::Error::Interrupted => Error::Interrupted,
        source => Error::ClosedForm { source },
    }
}
