//! ReduNet: layers that are constructed from the data by rate reduction, without back-propagation.

mod classes;
mod neighborhoods;
mod storage;

pub use classes::ReduNet;
pub use neighborhoods::ReduNetNeighborhoods;

use std::ops::ControlFlow;

use graph_io::Features;
use ndarray::Array2;
use redunet::Rates;

use crate::Error;
use crate::callback::{Callback, EpochLog, EpochRates, Progress};

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
    match source {
        redunet::Error::Interrupted => Error::Interrupted,
        source => Error::Construction { source },
    }
}

/// What hears of each layer.
fn monitor(callback: &mut dyn Callback, num_layers: usize) -> impl FnMut(usize) -> ControlFlow<()> {
    move |done| {
        let (done, total) = (done as u64, num_layers as u64);
        callback.progress(Progress { unit: "layers", done, total, is_bound: false })
    }
}

/// The rates after each layer, as a history with a layer in the place of an epoch.
fn history(rates: impl Iterator<Item = Rates>) -> Vec<EpochLog> {
    let log = |(epoch, rates): (usize, Rates)| EpochLog {
        epoch,
        loss: -rates.reduction(),
        rates: Some(EpochRates { expansion: rates.expansion, compression: rates.compression }),
        seconds: 0.0,
    };
    (1..).zip(rates.skip(1)).map(log).collect()
}
