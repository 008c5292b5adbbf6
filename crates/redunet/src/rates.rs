//! The rates of the samples that enter a layer.

use ndarray::{Array2, ArrayView1};

use crate::error::Error;
use crate::named_matrices::NamedMatrices;

/// The rates of samples with the memberships that are given, in nats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// R, of all samples.
    pub expansion: f64,
    /// R_c, of the groups.
    pub compression: f64,
}

impl Rates {
    /// The rate reduction ΔR = R − R_c, which the layers increase.
    pub fn reduction(&self) -> f64 {
        self.expansion - self.compression
    }
}

/// The rates of labelled samples, in nats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelRates {
    /// R, of all samples.
    pub expansion: f64,
    /// R_c of the true labels.
    pub compression: f64,
    /// R_c of the memberships π̂ that the matrices Cⱼ predict. The authors' code prints it of the most probable class of each sample.
    pub predicted_compression: f64,
}

impl LabelRates {
    /// The rate reduction ΔR = R − R_c of the true labels, which the layers increase.
    pub fn reduction(&self) -> f64 {
        self.expansion - self.compression
    }
}

impl LabelRates {
    /// Adds the rates of all layers as the matrix `rates`.
    pub(crate) fn insert(rates: &[Self], matrices: &mut NamedMatrices) {
        let row = |rates: &Self| [rates.expansion, rates.compression, rates.predicted_compression];
        matrices.insert("rates", Array2::from(rates.iter().map(row).collect::<Vec<_>>()));
    }

    /// The rates of all layers, none if there is no such matrix.
    pub(crate) fn read(matrices: &NamedMatrices, num_layers: usize) -> Result<Vec<Self>, Error> {
        if matrices.get("rates").is_none_or(|rates| rates.nrows() == 0) {
            return Ok(Vec::new());
        }
        let rates = matrices.matrix_of("rates", num_layers.saturating_add(1), 3)?;
        let of_row = |row: ArrayView1<'_, f64>| Self {
            expansion: row[0],
            compression: row[1],
            predicted_compression: row[2],
        };
        Ok(rates.rows().into_iter().map(of_row).collect())
    }
}

impl Rates {
    /// As for labels.
    pub(crate) fn insert(rates: &[Self], matrices: &mut NamedMatrices) {
        let row = |rates: &Self| [rates.expansion, rates.compression];
        matrices.insert("rates", Array2::from(rates.iter().map(row).collect::<Vec<_>>()));
    }

    /// As for labels.
    pub(crate) fn read(matrices: &NamedMatrices, num_layers: usize) -> Result<Vec<Self>, Error> {
        if matrices.get("rates").is_none_or(|rates| rates.nrows() == 0) {
            return Ok(Vec::new());
        }
        let rates = matrices.matrix_of("rates", num_layers.saturating_add(1), 2)?;
        let of_row = |row: ArrayView1<'_, f64>| Self { expansion: row[0], compression: row[1] };
        Ok(rates.rows().into_iter().map(of_row).collect())
    }
}
