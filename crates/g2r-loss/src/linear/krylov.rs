//! The leading eigenpairs of C u = s M u from products alone.
//!
//! A block Krylov space in the metric of M: the basis grows by V ← orthonormal(M⁻¹ (C V − M V H)), with M⁻¹ by a few steps of
//! conjugate gradients, and the eigenpairs are those of C within the basis (Rayleigh and Ritz). Plain subspace iteration
//! throws away all but the last block; the same products with all of them kept are several digits nearer. Inexact solves only
//! make the basis a little worse: the values found are true quotients of C and M, however M⁻¹ was approximated.

use faer::{Mat, MatRef};
use ndarray::{Array2, ArrayView2};
use rand::Rng;

use super::blocks::{add_product, column_dots, product, transposed_product};
use super::conjugate_gradients::solve;
use super::eigen::{Eigen, eigen};
use super::monitor::Steps;
use super::normal::standard_normal;
use super::operators::{Covariance, Metric};
use crate::error::Error;

/// A direction with less than this share of its squared length outside of the basis is left out: `f32` holds no more.
const SMALLEST_SHARE: f64 = 1e-6;

/// Eigenvalues below this share of the largest are zero for all that `f32` can say.
const NEGLIGIBLE: f64 = 1e-5;

/// How the eigenpairs are looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KrylovSettings {
    /// Number of eigenpairs.
    pub(crate) count: usize,
    /// Columns that the basis grows by.
    pub(crate) block_width: usize,
    /// Share of the energy that each solution with M may leave.
    pub(crate) energy_left: f64,
    /// The search ends once no wanted eigenvalue s changes by more than this share of s over its power 1 − s_last / s, and no power
    /// by more than this.
    pub(crate) tolerance: f64,
    /// The search ends after so many blocks.
    pub(crate) max_blocks: usize,
    /// A basis of more columns is cut down to its best.
    pub(crate) max_basis: usize,
}

/// Eigenvalues s, largest first, and vectors u with uᵀ M u = 1.
pub(crate) struct EigenPairs {
    pub(crate) values: Vec<f64>,
    /// `[features, count]`
    pub(crate) vectors: Array2<f32>,
}

/// The `count` largest eigenpairs; fewer if M and C have no more than that.
///
/// # Errors
/// [`Error::Eigen`] if the products are not finite; [`Error::Interrupted`].
pub(crate) fn leading_eigenpairs(
    covariance: &Covariance,
    metric: &Metric,
    settings: &KrylovSettings,
    rng: &mut impl Rng,
    steps: &mut Steps<'_>,
) -> Result<EigenPairs, Error> {
    let num_features = metric.diagonal.len();
    let start = standard_normal(num_features, settings.block_width.min(num_features), rng);
    // Noise is no use in the basis: it starts with what M⁻¹ C makes of it.
    let first = solve(metric, covariance.apply(start.view()), settings.energy_left);
    let mut basis = Basis::new(num_features);
    let mut block = basis.orthonormal(first, metric)?;
    let mut before: Option<Vec<f64>> = None;
    let mut ritz = eigen(Mat::zeros(0, 0).as_ref())?;
    for _ in 0..settings.max_blocks {
        if block.ncols() == 0 {
            break;
        }
        steps.begin()?;
        let image = covariance.apply(block.view());
        let coefficients = basis.push(block, image.view());
        ritz = eigen(basis.quotient.as_ref())?;
        let wanted = settings.count.min(ritz.values.len());
        let values = ritz.values[..wanted].to_vec();
        if wanted == settings.count
            && before.is_some_and(|before| settled(&before, &values, settings.tolerance))
        {
            break;
        }
        before = Some(values);
        let expected = basis.combined(coefficients.as_ref());
        let rest = image - metric.apply(expected.view());
        let found = solve(metric, rest, settings.energy_left);
        block = basis.orthonormal(found, metric)?;
        if basis.width() + block.ncols() > settings.max_basis {
            basis.restart(&ritz, settings.count + settings.block_width);
            ritz = eigen(basis.quotient.as_ref())?;
        }
    }
    let count = settings.count.min(ritz.values.len());
    let vectors = basis.combined(ritz.vectors.subcols(0, count));
    ritz.values.truncate(count);
    Ok(EigenPairs { values: ritz.values, vectors })
}

/// Whether no eigenvalue changes any more by what counts: of one near the last, which is the water level, little is kept, so that
/// little depends on it. Else the search would never end in a graph without structure, where they all lie there.
fn settled(before: &[f64], now: &[f64], tolerance: f64) -> bool {
    let power = |values: &[f64], k: usize| {
        let level = values[values.len() - 1].max(0.0);
        if values[k] > level { 1.0 - level / values[k] } else { 0.0 }
    };
    before.len() == now.len()
        && (0..now.len()).all(|k| {
            let (before_power, power) = (power(before, k), power(now, k));
            let change = (now[k] - before[k]).abs() / now[k].max(NEGLIGIBLE * now[0]);
            power * change <= tolerance && (power - before_power).abs() <= tolerance
        })
}

/// Columns that are orthonormal in the metric of M, and C within them.
struct Basis {
    blocks: Vec<Array2<f32>>,
    /// Vᵀ C V.
    quotient: Mat<f64>,
    num_features: usize,
}

impl Basis {
    fn new(num_features: usize) -> Self {
        Self { blocks: Vec::new(), quotient: Mat::zeros(0, 0), num_features }
    }

    fn width(&self) -> usize {
        self.quotient.nrows()
    }

    /// Vᵀ Y.
    fn transposed_times(&self, y: ArrayView2<f32>) -> Mat<f64> {
        let mut out = Mat::zeros(self.blocks.iter().map(Array2::ncols).sum(), y.ncols());
        let mut first = 0;
        for block in &self.blocks {
            out.subrows_mut(first, block.ncols()).copy_from(&transposed_product(block.view(), y));
            first += block.ncols();
        }
        out
    }

    /// Adds factor · V A.
    fn add_combined(&self, out: &mut Array2<f32>, a: MatRef<f64>, factor: f64) {
        let mut first = 0;
        for block in &self.blocks {
            add_product(out, block.view(), a.subrows(first, block.ncols()), factor);
            first += block.ncols();
        }
    }

    /// V A.
    fn combined(&self, a: MatRef<f64>) -> Array2<f32> {
        let mut out = Array2::zeros((self.num_features, a.ncols()));
        self.add_combined(&mut out, a, 1.0);
        out
    }

    /// Takes an orthonormal block and its image C V; returns the coefficients of the image in the basis, Vᵀ C V.
    fn push(&mut self, block: Array2<f32>, image: ArrayView2<f32>) -> Mat<f64> {
        let old = self.width();
        self.blocks.push(block);
        let columns = self.transposed_times(image);
        let size = columns.nrows();
        let before = std::mem::replace(&mut self.quotient, Mat::zeros(size, size));
        for i in 0..size {
            for j in 0..=i {
                let entry = if i < old { before[(i, j)] } else { columns_entry(&columns, i, j, old) };
                self.quotient[(i, j)] = entry;
                self.quotient[(j, i)] = entry;
            }
        }
        columns
    }

    /// What a block has outside of the basis, as orthonormal columns. Twice is enough: the second pass removes what rounding
    /// left in the first.
    fn orthonormal(&self, block: Array2<f32>, metric: &Metric) -> Result<Array2<f32>, Error> {
        let once = self.orthonormal_once(block, metric)?;
        self.orthonormal_once(once, metric)
    }

    fn orthonormal_once(&self, mut block: Array2<f32>, metric: &Metric) -> Result<Array2<f32>, Error> {
        if block.ncols() == 0 {
            return Ok(block);
        }
        let image = metric.apply(block.view());
        let squares = column_dots(&block, &image);
        let inverse: Vec<f64> =
            squares.iter().map(|square| if *square > 0.0 { 1.0 / square.sqrt() } else { 0.0 }).collect();
        let coefficients = self.transposed_times(image.view());
        self.add_combined(&mut block, coefficients.as_ref(), -1.0);
        // Their metric is that of the projected block too: the basis is orthogonal to what is outside of it.
        let outside = transposed_product(block.view(), image.view());
        let width = block.ncols();
        // Of columns scaled to length 1, so that short ones are not lost.
        let outside = Mat::from_fn(width, width, |i, j| {
            0.5 * (outside[(i, j)] + outside[(j, i)]) * inverse[i] * inverse[j]
        });
        let Eigen { values, vectors } = eigen(outside.as_ref())?;
        let kept = values.iter().take_while(|value| **value > SMALLEST_SHARE).count();
        let rotation = Mat::from_fn(width, kept, |i, j| inverse[i] * vectors[(i, j)] / values[j].sqrt());
        Ok(product(block.view(), rotation.as_ref()))
    }

    /// Keeps the leading Ritz vectors alone.
    fn restart(&mut self, ritz: &Eigen, count: usize) {
        let count = count.min(ritz.values.len());
        self.blocks = vec![self.combined(ritz.vectors.subcols(0, count))];
        self.quotient = Mat::from_fn(count, count, |i, j| if i == j { ritz.values[i] } else { 0.0 });
    }
}

/// Entry (i, j) of the new rows of Vᵀ C V: mirrored from the new columns, and symmetric among the new ones.
fn columns_entry(columns: &Mat<f64>, i: usize, j: usize, old: usize) -> f64 {
    if j < old { columns[(j, i - old)] } else { 0.5 * (columns[(i, j - old)] + columns[(j, i - old)]) }
}
