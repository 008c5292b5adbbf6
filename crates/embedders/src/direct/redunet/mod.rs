//! ReduNet: layers that are constructed from the data by rate reduction, without back-propagation.

mod classes;
mod neighborhoods;
mod storage;

pub use classes::ReduNet;
pub use neighborhoods::ReduNetNeighborhoods;

use graph_io::Features;
use ndarray::Array2;
use redunet::Rates;

use crate::Error;
use crate::callback::{EpochLog, EpochRates};

/// Features as full rows of f64, which the layers compute with.
fn rows_of(features: &Features) -> Array2<f64> {
    match features {
        Features::Dense(matrix) => matrix.mapv(f64::from),
        Features::Sparse(matrix) => matrix.to_dense().mapv(f64::from),
    }
}

fn embedding_of(rows: &Array2<f64>) -> Features {
    Features::Dense(rows.mapv(|value| value as f32))
}

fn construction(source: redunet::Error) -> Error {
    Error::Construction { source }
}

/// The rates of each layer as a history: epoch 1 is the samples before the first layer.
fn history(rates: impl Iterator<Item = Rates>) -> Vec<EpochLog> {
    let log = |(epoch, rates): (usize, Rates)| EpochLog {
        epoch,
        loss: -rates.reduction(),
        rates: Some(EpochRates { expansion: rates.expansion, compression: rates.compression }),
        seconds: 0.0,
    };
    (1..).zip(rates).map(log).collect()
}
