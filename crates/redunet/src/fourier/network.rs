use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par, c64};
use ndarray::{Array2, Array3, Array4, ArrayView3, ArrayView4, Axis};
use rayon::prelude::*;

use super::spectra::{Fourier2d, Spectra, multiplicity, num_frequencies, sum_over_frequencies};
use crate::classes::{Classes, group_rate, memberships_of_norms};
use crate::config::ReduNetConfig;
use crate::constructed::Constructed;
use crate::error::Error;
use crate::named_matrices::NamedMatrices;
use crate::rate_matrix::dense;
use crate::rates::LabelRates;
use crate::samples::{MIN_LENGTH, check_shape, on_the_sphere, project};
use crate::scalar::Scalar;

/// A shift-invariant ReduNet of signals `[channels, length]` or images `[channels, height, width]`.
///
/// The rate of all cyclic shifts of the samples is block-diagonal in the frequencies. So a layer has a complex matrix
/// `[channels, channels]` for each frequency p, with V(p) the orthonormal discrete Fourier transform of the m samples, their
/// channels as rows:
///
/// ```text
/// E(p) = α (I + α V(p)ᴴV(p))⁻¹      α = channels / (m ε²)      C_j(p) of the class's rows with α_j = channels / (m_j ε²)
/// π̂_j  = softmax_j(−λ ‖v C_j‖), the norm over channels and frequencies
/// v(p) ← P( v(p) + η ( v(p) E(p) − Σ_j m_j/m · π̂_j v(p) C_j(p) ) ),     P over channels and frequencies
/// R    = mean over frequencies of ½ log det(I + α V(p)ᴴV(p)),           R_c likewise
/// ```
///
/// Shifting a sample shifts its output by as much, and changes no membership.
///
/// Samples are real, so the spectrum at −p is conjugate to that at p: only half of the frequencies are computed and stored.
///
/// Source: Chan et al. 2021, arXiv 2105.10446, and the authors' code, whose matrices are the transposes of these:
/// there they multiply columns. Departures: f64; half of the frequencies.
#[derive(Clone, Debug, PartialEq)]
pub struct FourierReduNet {
    config: ReduNetConfig,
    /// Channels, height, width; a signal has height 1.
    shape: [usize; 3],
    class_weights: Vec<f64>,
    layers: Vec<Layer>,
    rates: Vec<LabelRates>,
}

/// A matrix for each frequency.
type Frequencies = Vec<Mat<c64>>;

#[derive(Clone, Debug, PartialEq)]
struct Layer {
    expansion: Frequencies,
    classes: Vec<Frequencies>,
}

impl ReduNetConfig {
    /// Constructs a shift-invariant network of signals; cost as [`construct_2d`](Self::construct_2d).
    ///
    /// # Shapes
    /// samples `[samples, channels, length]`, labels `[samples]`, output `[samples, channels, length]`
    ///
    /// # Errors
    /// As [`construct`](Self::construct).
    pub fn construct_1d(
        &self,
        samples: ArrayView3<'_, f64>,
        labels: &[usize],
        num_classes: usize,
    ) -> Result<Constructed<FourierReduNet, Array3<f64>>, Error> {
        let samples = samples.insert_axis(Axis(2));
        let Constructed { network, output } = self.construct_2d(samples, labels, num_classes)?;
        Ok(Constructed { network, output: output.remove_axis(Axis(2)) })
    }

    /// Constructs a shift-invariant network of images. O(layers · frequencies · (samples · channels² · classes + classes ·
    /// channels³)) with about half as many frequencies as pixels.
    ///
    /// # Shapes
    /// samples `[samples, channels, height, width]`, labels `[samples]`, output `[samples, channels, height, width]`
    ///
    /// # Errors
    /// As [`construct`](Self::construct).
    pub fn construct_2d(
        &self,
        samples: ArrayView4<'_, f64>,
        labels: &[usize],
        num_classes: usize,
    ) -> Result<Constructed<FourierReduNet, Array4<f64>>, Error> {
        self.check()?;
        let samples = on_the_sphere(samples)?;
        let (num_samples, channels, height, width) = samples.dim();
        let classes = Classes::of(labels, num_classes, num_samples)?;
        let fourier = Fourier2d::new(height, width);
        let mut spectra = fourier.forward(samples.view());
        let class_weights = classes.weights();
        let (mut layers, mut rates) = (Vec::new(), Vec::new());
        loop {
            let (layer, [expansion, compression]) = Layer::construct(&spectra, &classes, self.eps_sq, width)?;
            let memberships = layer.memberships(&spectra, self, [height, width]);
            let predicted_compression =
                compression_of_memberships(&spectra, &memberships, self.eps_sq, width)?;
            rates.push(LabelRates { expansion, compression, predicted_compression });
            if layers.len() == self.num_layers {
                break;
            }
            layer.step(&mut spectra, &memberships, &class_weights, self.eta, [height, width]);
            layers.push(layer);
        }
        let shape = [channels, height, width];
        let network = FourierReduNet { config: *self, shape, class_weights, layers, rates };
        Ok(Constructed { network, output: images(&fourier, &spectra) })
    }
}

impl FourierReduNet {
    /// Takes signals through the layers.
    ///
    /// # Shapes
    /// samples `[samples, channels, length]`, output likewise
    ///
    /// # Errors
    /// Samples that are empty, not finite, or of another shape than those of the construction.
    pub fn transform_1d(&self, samples: ArrayView3<'_, f64>) -> Result<Array3<f64>, Error> {
        Ok(self.transform_2d(samples.insert_axis(Axis(2)))?.remove_axis(Axis(2)))
    }

    /// Takes images through the layers. O(layers · frequencies · samples · channels² · classes).
    ///
    /// # Shapes
    /// samples `[samples, channels, height, width]`, output likewise
    ///
    /// # Errors
    /// As [`transform_1d`](Self::transform_1d).
    pub fn transform_2d(&self, samples: ArrayView4<'_, f64>) -> Result<Array4<f64>, Error> {
        check_shape(&samples, &self.shape)?;
        let samples = on_the_sphere(samples)?;
        let [_, height, width] = self.shape;
        let fourier = Fourier2d::new(height, width);
        let mut spectra = fourier.forward(samples.view());
        for layer in &self.layers {
            let memberships = layer.memberships(&spectra, &self.config, [height, width]);
            layer.step(&mut spectra, &memberships, &self.class_weights, self.config.eta, [height, width]);
        }
        Ok(images(&fourier, &spectra))
    }

    /// The settings of the construction.
    pub fn config(&self) -> &ReduNetConfig {
        &self.config
    }

    /// The rates of the samples of the construction as they enter each layer, and of the output at the end, in the mean over
    /// frequencies: layers + 1 of them. Empty for a network that was read from matrices without them.
    pub fn rates(&self) -> &[LabelRates] {
        &self.rates
    }

    /// The network as matrices. `layer.0.expansion.re` and `.im` are the real and imaginary parts of the first layer's E, the
    /// frequencies below each other: `[frequencies · channels, channels]`, frequency (u, v) of height × (width / 2 + 1) at u ·
    /// (width / 2 + 1) + v; `layer.0.class.1.re` those of C₁. `shape` is channels, height and width; `class_weights` and `rates` as
    /// for [`ReduNet`](crate::ReduNet::to_matrices). The settings are not among them.
    pub fn to_matrices(&self) -> NamedMatrices {
        let mut matrices = NamedMatrices::default();
        matrices.insert_row("class_weights", &self.class_weights);
        matrices.insert_row("shape", &self.shape.map(|side| side as f64));
        LabelRates::insert(&self.rates, &mut matrices);
        for (place, layer) in self.layers.iter().enumerate() {
            insert_frequencies(&mut matrices, &format!("layer.{place}.expansion"), &layer.expansion);
            for (class, frequencies) in layer.classes.iter().enumerate() {
                insert_frequencies(&mut matrices, &format!("layer.{place}.class.{class}"), frequencies);
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
        let sides = matrices.positive_row("shape", Some(3))?;
        let shape = [sides[0] as usize, sides[1] as usize, sides[2] as usize];
        let layer = |place| {
            let expansion = read_frequencies(matrices, &format!("layer.{place}.expansion"), shape)?;
            let class = |class| read_frequencies(matrices, &format!("layer.{place}.class.{class}"), shape);
            let classes = (0..class_weights.len()).map(class).collect::<Result<_, _>>()?;
            Ok(Layer { expansion, classes })
        };
        let layers = (0..config.num_layers).map(layer).collect::<Result<_, Error>>()?;
        let rates = LabelRates::read(matrices, config.num_layers)?;
        Ok(Self { config, shape, class_weights, layers, rates })
    }
}

impl Layer {
    fn construct(
        spectra: &Spectra,
        classes: &Classes,
        eps_sq: f64,
        width: usize,
    ) -> Result<(Self, [f64; 2]), Error> {
        let channels = spectra.channels;
        let alpha = |count: usize| channels as f64 / (count as f64 * eps_sq);
        let of_frequency = |values: &[c64]| {
            let rows = MatRef::from_row_major_slice(values, spectra.num_samples, channels);
            let of_class = |members: &Vec<usize>| {
                let row = |sample: &usize| &values[sample * channels..][..channels];
                let rows: Vec<c64> = members.iter().flat_map(row).copied().collect();
                dense(MatRef::from_row_major_slice(&rows, members.len(), channels), alpha(members.len()))
            };
            let classes = classes.members.iter().map(of_class).collect::<Result<Vec<_>, Error>>()?;
            Ok((dense(rows, alpha(spectra.num_samples))?, classes))
        };
        let found: Vec<Result<_, Error>> =
            spectra.values.par_chunks(spectra.stride()).map(of_frequency).collect();
        let mut layer = Self { expansion: Vec::new(), classes: vec![Vec::new(); classes.members.len()] };
        let (weights, mut rates, mut num_frequencies) = (classes.weights(), [0.0; 2], 0.0);
        for (frequency, found) in found.into_iter().enumerate() {
            let ((expansion, log_det), classes) = found?;
            let factor = multiplicity(frequency, width);
            num_frequencies += factor;
            layer.expansion.push(expansion);
            rates[0] += 0.5 * factor * log_det;
            for (class, (matrix, log_det)) in classes.into_iter().enumerate() {
                layer.classes[class].push(matrix);
                rates[1] += 0.5 * factor * weights[class] * log_det;
            }
        }
        Ok((layer, rates.map(|rate| rate / num_frequencies)))
    }

    /// π̂, `[samples, classes]`.
    fn memberships(&self, spectra: &Spectra, config: &ReduNetConfig, size: [usize; 2]) -> Array2<f64> {
        let (channels, num_samples, num_classes) =
            (spectra.channels, spectra.num_samples, self.classes.len());
        let norms_sq = |frequency: usize| {
            let mut norms_sq = vec![0.0; num_samples * num_classes];
            let mut product = vec![c64::ZERO; spectra.stride()];
            for (class, matrices) in self.classes.iter().enumerate() {
                multiply(spectra.of(frequency), &matrices[frequency], &mut product);
                for (sample, row) in product.chunks_exact(channels).enumerate() {
                    norms_sq[sample * num_classes + class] = norm_sq(row);
                }
            }
            norms_sq
        };
        let mut memberships = sum_over_frequencies(size, norms_sq);
        memberships.iter_mut().for_each(|norm_sq| *norm_sq = norm_sq.sqrt());
        memberships.par_chunks_mut(num_classes).for_each(|norms| memberships_of_norms(norms, config.lambda));
        Array2::from_shape_vec((num_samples, num_classes), memberships).expect("a number for each class")
    }

    fn step(
        &self,
        spectra: &mut Spectra,
        memberships: &Array2<f64>,
        class_weights: &[f64],
        eta: f64,
        size: [usize; 2],
    ) {
        let (stride, channels) = (spectra.stride(), spectra.channels);
        spectra.values.par_chunks_mut(stride).enumerate().for_each(|(frequency, values)| {
            let mut direction = vec![c64::ZERO; stride];
            multiply(values, &self.expansion[frequency], &mut direction);
            let mut product = vec![c64::ZERO; stride];
            for (class, matrices) in self.classes.iter().enumerate() {
                multiply(values, &matrices[frequency], &mut product);
                let rows = direction.chunks_exact_mut(channels).zip(product.chunks_exact(channels));
                for ((direction, product), membership) in rows.zip(memberships.column(class)) {
                    let factor = -class_weights[class] * membership;
                    direction.iter_mut().zip(product).for_each(|(d, p)| *d = d.plus_scaled(factor, *p));
                }
            }
            values.iter_mut().zip(direction).for_each(|(value, d)| *value = value.plus_scaled(eta, d));
        });
        let norms_sq = |frequency| spectra.of(frequency).chunks_exact(channels).map(norm_sq).collect();
        let factor = |norm_sq: &f64| 1.0 / norm_sq.sqrt().max(MIN_LENGTH);
        let factors: Vec<f64> = sum_over_frequencies(size, norms_sq).iter().map(factor).collect();
        spectra.values.par_chunks_mut(stride).for_each(|values| {
            for (row, factor) in values.chunks_exact_mut(channels).zip(&factors) {
                row.iter_mut().for_each(|value| *value = value.scaled(*factor));
            }
        });
    }
}

fn norm_sq(row: &[c64]) -> f64 {
    row.iter().map(|value| value.norm_sq()).sum()
}

/// out ← rows · matrix.
fn multiply(rows: &[c64], matrix: &Mat<c64>, out: &mut [c64]) {
    let channels = matrix.nrows();
    let count = rows.len() / channels;
    let left = MatRef::from_row_major_slice(rows, count, channels);
    let out = MatMut::from_row_major_slice_mut(out, count, channels);
    matmul(out, Accum::Replace, left, matrix.as_ref(), c64::from_real(1.0), Par::Seq);
}

/// R_c of the columns of memberships, in the mean over frequencies.
fn compression_of_memberships(
    spectra: &Spectra,
    memberships: &Array2<f64>,
    eps_sq: f64,
    width: usize,
) -> Result<f64, Error> {
    let of_frequency = |values: &[c64]| {
        let rows = MatRef::from_row_major_slice(values, spectra.num_samples, spectra.channels);
        let rate = |column: ndarray::ArrayView1<'_, f64>| group_rate(rows, column.iter().copied(), eps_sq);
        memberships.columns().into_iter().map(rate).sum::<Result<f64, Error>>()
    };
    let found: Vec<Result<f64, Error>> =
        spectra.values.par_chunks(spectra.stride()).map(of_frequency).collect();
    let (mut sum, mut num_frequencies) = (0.0, 0.0);
    for (frequency, rate) in found.into_iter().enumerate() {
        let factor = multiplicity(frequency, width);
        sum += factor * rate?;
        num_frequencies += factor;
    }
    Ok(sum / (num_frequencies * spectra.num_samples as f64))
}

/// The images of spectra, on the sphere.
fn images(fourier: &Fourier2d, spectra: &Spectra) -> Array4<f64> {
    let mut images = fourier.inverse(spectra);
    let length = images.len() / spectra.num_samples;
    images.as_slice_mut().expect("a new array is row-major").par_chunks_mut(length).for_each(project);
    images
}

fn insert_frequencies(matrices: &mut NamedMatrices, name: &str, frequencies: &Frequencies) {
    let channels = frequencies[0].nrows();
    let part = |of: fn(&c64) -> f64| {
        Array2::from_shape_fn((frequencies.len() * channels, channels), |(row, column)| {
            of(&frequencies[row / channels][(row % channels, column)])
        })
    };
    matrices.insert(format!("{name}.re"), part(|value| value.re));
    matrices.insert(format!("{name}.im"), part(|value| value.im));
}

fn read_frequencies(
    matrices: &NamedMatrices,
    name: &str,
    [channels, height, width]: [usize; 3],
) -> Result<Frequencies, Error> {
    let count = height.saturating_mul(width / 2 + 1);
    let part = |part| matrices.matrix_of(&format!("{name}.{part}"), count.saturating_mul(channels), channels);
    let (re, im) = (part("re")?, part("im")?);
    let of_frequency = |frequency: usize| {
        Mat::from_fn(channels, channels, |row, column| {
            let place = [frequency * channels + row, column];
            c64::new(re[place], im[place])
        })
    };
    Ok((0..num_frequencies(height, width)).map(of_frequency).collect())
}
