use std::ops::ControlFlow;

use faer::{MatMut, MatRef};
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::compression::{Compression, compression};
use super::sample_groups::SampleGroups;
use crate::config::check_positive;
use crate::constructed::Constructed;
use crate::error::Error;
use crate::named_matrices::NamedMatrices;
use crate::rate_matrix::RateMatrix;
use crate::rates::Rates;
use crate::samples::{check_shape, on_the_sphere, project};
use crate::vector::rows_of;

/// Rows that one task takes through a layer.
const ROWS: usize = 128;

/// Settings of a network whose groups are given.
///
/// ```
/// use ndarray::array;
/// use redunet::{GroupReduNetConfig, SampleGroups};
///
/// let samples = array![[1.0, 0.3], [1.0, 0.1], [0.4, 1.0], [0.2, 1.0]];
/// let groups = SampleGroups::from_lists(4, [[(0, 1.0), (1, 1.0)], [(2, 1.0), (3, 1.0)]])?;
/// let network = GroupReduNetConfig::new(10).construct(samples.view(), &groups)?.network;
/// assert!(network.rates()[10].reduction() > network.rates()[0].reduction());
/// // Another graph of more nodes, with groups of its own.
/// let unseen = array![[1.0, 0.0], [0.8, 0.3], [0.9, 0.2], [0.0, 1.0], [0.3, 0.9]];
/// let groups = SampleGroups::from_lists(5, [vec![(0, 1.0), (1, 1.0), (2, 1.0)], vec![(3, 1.0), (4, 1.0)]])?;
/// assert_eq!(network.transform(unseen.view(), &groups)?.dim(), (5, 2));
/// # Ok::<(), redunet::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupReduNetConfig {
    /// Number of layers; 0 only scales the samples.
    pub num_layers: usize,
    /// Size η of a layer's step, positive.
    ///
    /// A step takes up to η d / (n ε²) of what leads out of the subspaces of its groups from a sample whose weights over all groups have
    /// the mean sum. Above 1 samples swing, above 2 for ever; far below 1 it takes many layers. So n samples of width d take an η
    /// of about n ε² / d or less.
    pub eta: f64,
    /// ε² of the rates, positive.
    pub eps_sq: f64,
}

/// A ReduNet whose groups are given with the samples: a graph network that is constructed, not trained, if the groups are the
/// neighborhoods of a graph.
///
/// With n samples of width d as rows z_i of Z and groups g of weights π_gi ≥ 0, t_g = Σ_i π_gi, T = Σ_g t_g, the rate reduction is
///
/// ```text
/// ΔR(Z, Π) = ½ log det(I + α ZᵀZ) − Σ_g t_g/T · ½ log det(I + α_g Zᵀ diag(π_g) Z)      α = d / (n ε²)      α_g = d / (t_g ε²)
/// ```
///
/// and a layer is a step along its gradient, back onto the sphere:
///
/// ```text
/// z_i ← P( z_i + η ( E z_i − Σ_g t_g π_gi / T · C_g z_i ) )      E = α (I + α ZᵀZ)⁻¹      C_g = α_g (I + α_g Zᵀ diag(π_g) Z)⁻¹
/// ```
///
/// So each sample is compressed by the groups that contain it, with their weights. Classes as groups, each member with weight 1,
/// give the step of [`ReduNet`](crate::ReduNet) with the true memberships in place of the predicted ones.
///
/// Stored are the matrices E, one a layer. The C_g are those of the samples at hand, in the construction as in
/// [`transform`](Self::transform), and are never made: for a group of k members with Y = diag(√π) Z_g
/// the rows √π_i C_g z_i are those of α_g (I + α_g YYᵀ)⁻¹ Y, which takes a k × k matrix. O(k² d) for k < d.
///
/// For n' other samples with weights T' the factor of the compression is t_g π_gi n' / (T' n): the same for a sample and its groups in
/// a graph of any size, as E is. For the samples of the construction it is t_g π_gi / T.
///
/// Sources: the rate reduction of groups is that of Han et al. 2022, arXiv 2202.06241, and the layers those of Chan et al. 2021, arXiv
/// 2105.10446. Their combination is this project's.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupReduNet {
    config: GroupReduNetConfig,
    d_input: usize,
    num_samples: usize,
    expansions: Vec<RateMatrix<f64>>,
    rates: Vec<Rates>,
}

impl GroupReduNetConfig {
    /// Settings with η = 0.5 and ε² = 0.1.
    pub fn new(num_layers: usize) -> Self {
        Self { num_layers, eta: 0.5, eps_sq: 0.1 }
    }

    fn check(&self) -> Result<(), Error> {
        check_positive("eta", self.eta)?;
        check_positive("eps_sq", self.eps_sq)
    }

    /// Constructs a network, layer by layer. O(layers · (samples · d² + d³ + Σ_g k · d · min(k, d))) for groups of k members.
    ///
    /// # Shapes
    /// samples `[samples, d]`, groups of these samples, output `[samples, d]`
    ///
    /// # Errors
    /// A setting out of range; samples that are empty or not finite; groups of another number of samples.
    pub fn construct(
        &self,
        samples: ArrayView2<'_, f64>,
        groups: &SampleGroups,
    ) -> Result<Constructed<GroupReduNet, Array2<f64>>, Error> {
        self.construct_monitored(samples, groups, &mut |_| ControlFlow::Continue(()))
    }

    /// As [`construct`](Self::construct); `monitor` hears before each layer how many there are, and may end the construction.
    ///
    /// # Errors
    /// Those of `construct`; [`Error::Interrupted`] by the monitor.
    pub fn construct_monitored(
        &self,
        samples: ArrayView2<'_, f64>,
        groups: &SampleGroups,
        monitor: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Constructed<GroupReduNet, Array2<f64>>, Error> {
        self.check()?;
        let mut z = on_the_sphere(samples)?;
        let (num_samples, d_input) = z.dim();
        check_groups(groups, num_samples)?;
        let alpha = d_input as f64 / (num_samples as f64 * self.eps_sq);
        let (mut expansions, mut rates) = (Vec::new(), Vec::new());
        loop {
            let (expansion, log_det) = RateMatrix::of(rows_of(&z), alpha)?;
            let Compression { gradient, rate } = compression(&z, groups, self.eps_sq)?;
            rates.push(Rates { expansion: 0.5 * log_det, compression: rate / groups.total_weight() });
            if expansions.len() == self.num_layers {
                break;
            }
            if monitor(expansions.len()).is_break() {
                return Err(Error::Interrupted);
            }
            step(&mut z, &expansion, &gradient, self.eta, 1.0 / groups.total_weight());
            expansions.push(expansion);
        }
        let network = GroupReduNet { config: *self, d_input, num_samples, expansions, rates };
        Ok(Constructed { network, output: z })
    }
}

impl GroupReduNet {
    /// Takes samples with their groups through the layers. The rows of the output have length 1.
    /// O(layers · (samples · d² + Σ_g k · d · min(k, d))).
    ///
    /// # Shapes
    /// samples `[samples, d]`, groups of these samples, output `[samples, d]`
    ///
    /// # Errors
    /// Samples that are empty, not finite, or of another width; groups of another number of samples.
    pub fn transform(
        &self,
        samples: ArrayView2<'_, f64>,
        groups: &SampleGroups,
    ) -> Result<Array2<f64>, Error> {
        check_shape(&samples, &[self.d_input])?;
        let mut z = on_the_sphere(samples)?;
        check_groups(groups, z.nrows())?;
        let share = z.nrows() as f64 / (groups.total_weight() * self.num_samples as f64);
        for expansion in &self.expansions {
            let Compression { gradient, .. } = compression(&z, groups, self.config.eps_sq)?;
            step(&mut z, expansion, &gradient, self.config.eta, share);
        }
        Ok(z)
    }

    /// The settings of the construction.
    pub fn config(&self) -> &GroupReduNetConfig {
        &self.config
    }

    /// The rates of the samples of the construction as they enter each layer, and of the output at the end: layers + 1 of them.
    /// Empty for a network that was read from matrices without them.
    pub fn rates(&self) -> &[Rates] {
        &self.rates
    }

    /// The network as matrices: `layer.0.expansion` is E of the first layer, `[d, d]`, or, with `.factor` and `.alpha` behind the
    /// name, W and α of α(I − WᵀW); `num_samples` n; `rates` are `[layers + 1, 2]`. The settings are not among them.
    pub fn to_matrices(&self) -> NamedMatrices {
        let mut matrices = NamedMatrices::default();
        matrices.insert_row("d_input", &[self.d_input as f64]);
        matrices.insert_row("num_samples", &[self.num_samples as f64]);
        Rates::insert(&self.rates, &mut matrices);
        for (place, expansion) in self.expansions.iter().enumerate() {
            matrices.insert_rate_matrix(&format!("layer.{place}.expansion"), expansion);
        }
        matrices
    }

    /// The network of [`to_matrices`](Self::to_matrices).
    ///
    /// # Errors
    /// A setting out of range; a matrix that is missing, of another shape, or not finite.
    pub fn from_matrices(config: GroupReduNetConfig, matrices: &NamedMatrices) -> Result<Self, Error> {
        config.check()?;
        let d_input = matrices.positive_row("d_input", Some(1))?[0] as usize;
        let num_samples = matrices.positive_row("num_samples", Some(1))?[0] as usize;
        let expansion = |place| matrices.rate_matrix(&format!("layer.{place}.expansion"), d_input);
        let expansions = (0..config.num_layers).map(expansion).collect::<Result<_, _>>()?;
        let rates = Rates::read(matrices, config.num_layers)?;
        Ok(Self { config, d_input, num_samples, expansions, rates })
    }
}

fn check_groups(groups: &SampleGroups, expected: usize) -> Result<(), Error> {
    let found = groups.num_samples();
    if found == expected { Ok(()) } else { Err(Error::GroupsLength { expected, found }) }
}

/// z ← P(z + η (z E − share · compression)).
fn step(z: &mut Array2<f64>, expansion: &RateMatrix<f64>, compression: &Array2<f64>, eta: f64, share: f64) {
    let width = z.ncols();
    let rows = z.as_slice_mut().expect("rows are row-major");
    let compression = compression.as_slice().expect("a new array is row-major");
    rows.par_chunks_mut(ROWS * width).zip(compression.par_chunks(ROWS * width)).for_each(
        |(rows, compression)| {
            let count = rows.len() / width;
            let mut expanded = vec![0.0; rows.len()];
            let out = MatMut::from_row_major_slice_mut(&mut expanded, count, width);
            expansion.apply(MatRef::from_row_major_slice(&*rows, count, width), out);
            for ((value, expanded), compressed) in rows.iter_mut().zip(&expanded).zip(compression) {
                *value += eta * (expanded - share * compressed);
            }
            rows.chunks_exact_mut(width).for_each(project);
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_goes_along_the_gradient_of_the_rate_reduction_by_central_differences() {
        let z = Array2::from_shape_fn((7, 3), |(i, j)| ((i * 3 + j) as f64 * 0.77).sin());
        let lists = [
            vec![(0, 1.0), (3, 0.25)],
            vec![(1, 0.5), (2, 1.0), (3, 2.0), (4, 0.7), (6, 1.0)],
            vec![(6, 0.1)],
        ];
        let groups = SampleGroups::from_lists(7, lists).unwrap();
        let (eps_sq, h) = (0.3, 1e-5);
        let alpha = 3.0 / (7.0 * eps_sq);
        let reduction = |z: &Array2<f64>| {
            let expansion = 0.5 * RateMatrix::of(rows_of(z), alpha).unwrap().1;
            expansion - compression(z, &groups, eps_sq).unwrap().rate / groups.total_weight()
        };
        // Before the sphere: a step of rows of length 1 and η = 1 is the gradient plus the row, up to its length.
        let z = on_the_sphere(z.view()).unwrap();
        let gradient = Array2::from_shape_fn(z.dim(), |place| {
            let (mut up, mut down) = (z.clone(), z.clone());
            up[place] += h;
            down[place] -= h;
            (reduction(&up) - reduction(&down)) / (2.0 * h)
        });
        let mut expected = &z + &gradient;
        expected.as_slice_mut().unwrap().chunks_exact_mut(3).for_each(project);
        let config = GroupReduNetConfig { num_layers: 1, eta: 1.0, eps_sq };
        let output = config.construct(z.view(), &groups).unwrap().output;
        assert!(gradient.iter().any(|value| value.abs() > 0.1));
        approx::assert_relative_eq!(output, expected, epsilon = 1e-8);
    }
}
