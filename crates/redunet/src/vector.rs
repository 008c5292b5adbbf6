//! Networks of vectors.

use std::ops::ControlFlow;

use faer::{MatMut, MatRef};
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use crate::classes::{Classes, group_rate, memberships_of_norms};
use crate::config::ReduNetConfig;
use crate::constructed::Constructed;
use crate::error::Error;
use crate::named_matrices::NamedMatrices;
use crate::rate_matrix::RateMatrix;
use crate::rates::LabelRates;
use crate::samples::{check_shape, on_the_sphere, project};

/// Rows that one task takes through a layer.
const ROWS: usize = 128;

/// A ReduNet of vectors: each layer is a step of gradient ascent on the rate reduction of the samples it was constructed from.
///
/// With m samples of width d as rows of Z, mⱼ of them of class j, and P the scaling of rows to length 1, a layer is
///
/// ```text
/// E  = α (I + α ZᵀZ)⁻¹      α  = d / (m ε²)        C_j = α_j (I + α_j Z_jᵀZ_j)⁻¹      α_j = d / (m_j ε²)
/// π̂_j(z) = softmax_j(−λ ‖z C_j‖)                   z ← P( z + η ( z E − Σ_j m_j/m · π̂_j(z) z C_j ) )
/// ```
///
/// E and Cⱼ are made of the rows that enter the layer and their true labels. The step uses the predicted memberships π̂, in the
/// construction as for new samples. Nothing is learned by back-propagation.
///
/// Source: Chan, Yu, You, Qi, Wright and Ma 2021, arXiv 2105.10446, and the authors' code, which multiplies the
/// same matrices to columns. Departures: f64; the rates of [`LabelRates`].
///
/// # What the layers reach
///
/// With at most d classes of narrow samples the classes tend to orthogonal lines. The steps are small: on the authors' demonstrations
/// ([`GaussianMixture`](crate::GaussianMixture), η = 0.5, ε² = 0.1, λ = 200) classes that start 45° to 60° apart are 80° to 85° apart after
/// 200 layers and within 0.5° of orthogonal after 600, or after 200 with η = 2. More than d classes cannot be
/// orthogonal: classes that are nearly opposite come to lie on one line, as two of the three at 45°, 135° and 240°, and the others
/// spread, so that R is large; ΔR then grows mostly because each class becomes narrow.
///
/// A matrix of fewer rows than half the width is stored in Woodbury form, with d numbers a row.
#[derive(Clone, Debug, PartialEq)]
pub struct ReduNet {
    config: ReduNetConfig,
    d_input: usize,
    class_weights: Vec<f64>,
    layers: Vec<Layer>,
    rates: Vec<LabelRates>,
}

#[derive(Clone, Debug, PartialEq)]
struct Layer {
    expansion: RateMatrix<f64>,
    classes: Vec<RateMatrix<f64>>,
}

impl ReduNetConfig {
    /// Constructs a network of vectors, layer by layer. O(layers · (samples · d² · classes + classes · d³)).
    ///
    /// # Shapes
    /// samples `[samples, d]`, labels `[samples]`, output `[samples, d]`
    ///
    /// # Errors
    /// A setting out of range; samples that are empty or not finite; labels that do not fit, or a class without samples.
    pub fn construct(
        &self,
        samples: ArrayView2<'_, f64>,
        labels: &[usize],
        num_classes: usize,
    ) -> Result<Constructed<ReduNet, Array2<f64>>, Error> {
        self.construct_monitored(samples, labels, num_classes, &mut |_| ControlFlow::Continue(()))
    }

    /// As [`construct`](Self::construct); `monitor` hears before each layer how many there are, and may end the construction.
    ///
    /// # Errors
    /// Those of `construct`; [`Error::Interrupted`] by the monitor.
    pub fn construct_monitored(
        &self,
        samples: ArrayView2<'_, f64>,
        labels: &[usize],
        num_classes: usize,
        monitor: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Constructed<ReduNet, Array2<f64>>, Error> {
        self.check()?;
        let mut z = on_the_sphere(samples)?;
        let classes = Classes::of(labels, num_classes, z.nrows())?;
        let class_weights = classes.weights();
        let (mut layers, mut rates) = (Vec::new(), Vec::new());
        loop {
            let (layer, [expansion, compression]) = Layer::construct(&z, &classes, self.eps_sq)?;
            let Step { output, memberships } = layer.step(&z, self, &class_weights);
            let predicted_compression = compression_of_memberships(&z, &memberships, self.eps_sq)?;
            rates.push(LabelRates { expansion, compression, predicted_compression });
            if layers.len() == self.num_layers {
                break;
            }
            if monitor(layers.len()).is_break() {
                return Err(Error::Interrupted);
            }
            layers.push(layer);
            z = output;
        }
        let network = ReduNet { config: *self, d_input: z.ncols(), class_weights, layers, rates };
        Ok(Constructed { network, output: z })
    }
}

impl ReduNet {
    /// Takes samples through the layers. The rows of the output have length 1. O(layers · samples · d² · classes).
    ///
    /// # Shapes
    /// samples `[samples, d]`, output `[samples, d]`
    ///
    /// # Errors
    /// Samples that are empty, not finite, or of another width.
    pub fn transform(&self, samples: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        check_shape(&samples, &[self.d_input])?;
        let z = on_the_sphere(samples)?;
        let step = |z: Array2<f64>, layer: &Layer| layer.step(&z, &self.config, &self.class_weights).output;
        Ok(self.layers.iter().fold(z, step))
    }

    /// The settings of the construction.
    pub fn config(&self) -> &ReduNetConfig {
        &self.config
    }

    /// The rates of the samples of the construction as they enter each layer, and of the output at the end: layers + 1 of them.
    /// Empty for a network that was read from matrices without them.
    pub fn rates(&self) -> &[LabelRates] {
        &self.rates
    }

    /// The network as matrices: `layer.0.expansion` and `layer.0.class.1` are E `[d, d]` and C₁ of the first layer, or, with `.factor`
    /// and `.alpha` behind the name, W and α of α(I − WᵀW); `class_weights` has mⱼ / m as `[1, classes]`; `rates` are
    /// `[layers + 1, 3]`. The settings are not among them.
    pub fn to_matrices(&self) -> NamedMatrices {
        let mut matrices = NamedMatrices::default();
        matrices.insert_row("class_weights", &self.class_weights);
        matrices.insert_row("d_input", &[self.d_input as f64]);
        LabelRates::insert(&self.rates, &mut matrices);
        for (place, layer) in self.layers.iter().enumerate() {
            matrices.insert_rate_matrix(&format!("layer.{place}.expansion"), &layer.expansion);
            for (class, matrix) in layer.classes.iter().enumerate() {
                matrices.insert_rate_matrix(&format!("layer.{place}.class.{class}"), matrix);
            }
        }
        matrices
    }

    /// The network of [`to_matrices`](Self::to_matrices).
    ///
    /// # Errors
    /// A setting out of range; a matrix that is missing, of another shape, or not finite.
    pub fn from_matrices(config: ReduNetConfig, matrices: &NamedMatrices) -> Result<Self, Error> {
        config.check()?;
        let class_weights = matrices.positive_row("class_weights", None)?;
        let d_input = matrices.positive_row("d_input", Some(1))?[0] as usize;
        let layer = |place| {
            let expansion = matrices.rate_matrix(&format!("layer.{place}.expansion"), d_input)?;
            let class = |class| matrices.rate_matrix(&format!("layer.{place}.class.{class}"), d_input);
            let classes = (0..class_weights.len()).map(class).collect::<Result<_, _>>()?;
            Ok(Layer { expansion, classes })
        };
        let layers = (0..config.num_layers).map(layer).collect::<Result<_, Error>>()?;
        let rates = LabelRates::read(matrices, config.num_layers)?;
        Ok(Self { config, d_input, class_weights, layers, rates })
    }
}

/// What a layer makes of rows.
struct Step {
    output: Array2<f64>,
    /// π̂, `[samples, classes]`.
    memberships: Array2<f64>,
}

impl Layer {
    /// The layer of rows, with their rates R and R_c.
    fn construct(z: &Array2<f64>, classes: &Classes, eps_sq: f64) -> Result<(Self, [f64; 2]), Error> {
        let (n, d) = z.dim();
        let alpha = |count: usize| d as f64 / (count as f64 * eps_sq);
        let (expansion, log_det) = RateMatrix::of(rows_of(z), alpha(n))?;
        let of_class = |members: &Vec<usize>| {
            let rows: Vec<f64> = members.iter().flat_map(|&sample| z.row(sample)).copied().collect();
            let rows = MatRef::from_row_major_slice(&rows, members.len(), d);
            RateMatrix::of(rows, alpha(members.len()))
        };
        let found: Vec<Result<(RateMatrix<f64>, f64), Error>> =
            classes.members.par_iter().map(of_class).collect();
        let (mut matrices, mut compression) = (Vec::new(), 0.0);
        for (found, weight) in found.into_iter().zip(classes.weights()) {
            let (matrix, log_det) = found?;
            matrices.push(matrix);
            compression += 0.5 * weight * log_det;
        }
        Ok((Self { expansion, classes: matrices }, [0.5 * log_det, compression]))
    }

    fn step(&self, z: &Array2<f64>, config: &ReduNetConfig, class_weights: &[f64]) -> Step {
        let (width, num_classes) = (z.ncols(), self.classes.len());
        let mut output = z.clone();
        let mut memberships = Array2::zeros((z.nrows(), num_classes));
        let rows = output.as_slice_mut().expect("rows are row-major");
        let blocks = memberships.as_slice_mut().expect("a new array is row-major");
        rows.par_chunks_mut(ROWS * width)
            .zip(blocks.par_chunks_mut(ROWS * num_classes))
            .for_each(|(rows, memberships)| self.step_block(rows, memberships, width, config, class_weights));
        Step { output, memberships }
    }

    fn step_block(
        &self,
        rows: &mut [f64],
        memberships: &mut [f64],
        width: usize,
        config: &ReduNetConfig,
        class_weights: &[f64],
    ) {
        let (length, count, num_classes) = (rows.len(), rows.len() / width, self.classes.len());
        let z = MatRef::from_row_major_slice(&*rows, count, width);
        let mut compressed = vec![0.0; num_classes * length];
        for (class, matrix) in self.classes.iter().enumerate() {
            let compressed = &mut compressed[class * length..][..length];
            matrix.apply(z, MatMut::from_row_major_slice_mut(compressed, count, width));
            for (row, compressed) in compressed.chunks_exact(width).enumerate() {
                memberships[row * num_classes + class] =
                    compressed.iter().map(|value| value * value).sum::<f64>().sqrt();
            }
        }
        let mut direction = vec![0.0; length];
        self.expansion.apply(z, MatMut::from_row_major_slice_mut(&mut direction, count, width));
        for (row, memberships) in memberships.chunks_exact_mut(num_classes).enumerate() {
            memberships_of_norms(memberships, config.lambda);
            let range = row * width..(row + 1) * width;
            let direction = &mut direction[range.clone()];
            for (class, (membership, weight)) in memberships.iter().zip(class_weights).enumerate() {
                let compressed = &compressed[class * length..][range.clone()];
                for (direction, compressed) in direction.iter_mut().zip(compressed) {
                    *direction -= weight * membership * compressed;
                }
            }
            let row = &mut rows[range];
            row.iter_mut().zip(direction).for_each(|(value, direction)| *value += config.eta * *direction);
            project(row);
        }
    }
}

/// R_c of the columns of memberships.
fn compression_of_memberships(z: &Array2<f64>, memberships: &Array2<f64>, eps_sq: f64) -> Result<f64, Error> {
    let rate = |class| group_rate(rows_of(z), memberships.column(class).iter().copied(), eps_sq);
    let rates: Vec<Result<f64, Error>> = (0..memberships.ncols()).into_par_iter().map(rate).collect();
    Ok(rates.into_iter().sum::<Result<f64, Error>>()? / z.nrows() as f64)
}

/// The rows as faer sees them.
pub(crate) fn rows_of(z: &Array2<f64>) -> MatRef<'_, f64> {
    MatRef::from_row_major_slice(z.as_slice().expect("rows are row-major"), z.nrows(), z.ncols())
}
