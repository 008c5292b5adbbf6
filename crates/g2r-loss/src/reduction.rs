//! Rate reduction: the loss of MCR² and of G2R.

use std::sync::Arc;

#[cfg(feature = "cube")]
use burn::backend::TensorMetadata;
use burn::tensor::Tensor;
#[cfg(feature = "cube")]
use burn_cubecl::tensor::CubeTensor;
use serde::{Deserialize, Serialize};

use crate::compression::{WeighedGroup, weighted_log_dets};
#[cfg(feature = "cube")]
use crate::cube;
use crate::error::Error;
use crate::expansion::log_det_of_rows;
#[cfg(feature = "cube")]
use crate::scalar_function::Wanted;
use crate::scalar_function::{ScalarFunction, Terms, evaluate};
use crate::{Batch, Groups};

/// Settings of a [`RateReductionLoss`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateReductionConfig {
    /// ε², the squared error of the code, above 0.
    pub eps_sq: f64,
    /// γ₁, the factor inside the expansion, above 0.
    pub gamma1: f64,
    /// γ₂, the factor of the expansion, at least 0.
    pub gamma2: f64,
    /// How groups are weighed against each other.
    pub weighting: Weighting,
}

/// How the rate of group j, with weights of sum tⱼ, counts in the compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weighting {
    /// By tⱼ / Σ t over the batch (Han et al. 2022).
    G2r,
    /// By tⱼ / n (Yu et al. 2020).
    Mcr2,
}

impl Default for RateReductionConfig {
    /// ε² = 0.5, no γ, the weighting of G2R.
    fn default() -> Self {
        Self { eps_sq: 0.5, gamma1: 1.0, gamma2: 1.0, weighting: Weighting::G2r }
    }
}

/// The loss −γ₂ R(Z) + R_c(Z), in nats; lower is better, 0 where Z = 0.
///
/// ```text
/// R(Z)   = ½ log det( I + γ₁ d/(n ε²) ZᵀZ )                          over all rows
/// R_c(Z) = ½ Σⱼ tⱼ log det( I + d/(tⱼ ε²) Z_Nᵀ diag(πⱼ) Z_N ) / Σⱼ tⱼ   over the groups of a batch
/// ```
///
/// For [`Weighting::Mcr2`] the last divisor is n. Han et al. 2022, arXiv 2202.06241, with the γ of the authors' code;
/// Yu et al. 2020, arXiv 2006.08558, eq. 8.
#[derive(Clone, Debug)]
pub struct RateReductionLoss {
    config: RateReductionConfig,
    groups: Arc<Groups>,
    #[cfg(feature = "cube")]
    on_device: Arc<cube::GroupsOnDevice>,
}

/// A rate reduction.
#[derive(Clone, Debug)]
pub struct RateReduction {
    /// −γ₂ R(Z) + R_c(Z), `[1]`, with its gradient.
    pub loss: Tensor<1>,
    /// R(Z), in nats.
    pub expansion: f64,
    /// R_c(Z), in nats.
    pub compression: f64,
}

impl RateReductionConfig {
    /// Makes the loss of these groups.
    ///
    /// # Errors
    /// [`Error::Setting`] for a setting outside its range.
    pub fn init(self, groups: Groups) -> Result<RateReductionLoss, Error> {
        self.check()?;
        Ok(RateReductionLoss {
            config: self,
            groups: Arc::new(groups),
            #[cfg(feature = "cube")]
            on_device: Arc::default(),
        })
    }

    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`Error::Setting`] for one that is not.
    pub fn check(&self) -> Result<(), Error> {
        positive("eps_sq", self.eps_sq)?;
        positive("gamma1", self.gamma1)?;
        if !(self.gamma2 >= 0.0 && self.gamma2.is_finite()) {
            return Err(Error::Setting { name: "gamma2", expected: "at least 0", found: self.gamma2 });
        }
        Ok(())
    }
}

pub(crate) fn positive(name: &'static str, found: f64) -> Result<(), Error> {
    if found > 0.0 && found.is_finite() {
        Ok(())
    } else {
        Err(Error::Setting { name, expected: "positive", found })
    }
}

impl RateReductionLoss {
    /// The groups.
    pub fn groups(&self) -> &Groups {
        &self.groups
    }

    /// Rate reduction of an embedding over a batch of groups, with its gradient where `z` asks for one.
    ///
    /// Every matrix is factorised on its smaller side: O(n d min(n, d) + Σ k² min(k, d)) for groups of k members; memory
    /// O(n d). On the CPU matrices are factorised in `f64`, and the bits are the same for any number of threads. On a GPU
    /// everything but the expansion's own matrix is computed there, in `f32`, and the bits are the same in every run.
    ///
    /// # Shapes
    /// `z` is `[nodes, d]`.
    ///
    /// # Errors
    /// [`Error::NotFinite`] where `z` has a NaN or infinite entry, [`Error::NotPositiveDefinite`] where numbers are so large
    /// that a factorisation breaks off.
    ///
    /// # Panics
    /// If `z` has another number of rows than the groups have nodes, or the batch names a group that is not there.
    pub fn forward(&self, z: Tensor<2>, batch: &Batch) -> Result<RateReduction, Error> {
        let (nodes, dims) = (self.groups.num_nodes(), z.dims());
        assert_eq!(dims[0], nodes, "RateReductionLoss: embedding {dims:?} for groups of {nodes} nodes");
        let function = Reduction {
            config: self.config,
            groups: self.groups.clone(),
            batch: batch.clone(),
            #[cfg(feature = "cube")]
            on_device: self.on_device.clone(),
        };
        let (loss, Terms { terms, .. }) = evaluate(z, function)?;
        Ok(RateReduction { loss, expansion: terms[0], compression: terms[1] })
    }
}

#[derive(Debug)]
struct Reduction {
    config: RateReductionConfig,
    groups: Arc<Groups>,
    batch: Batch,
    #[cfg(feature = "cube")]
    on_device: Arc<cube::GroupsOnDevice>,
}

impl ScalarFunction for Reduction {
    fn evaluate(
        &self,
        z: &[f32],
        dims: [usize; 2],
        mut gradient: Option<&mut [f32]>,
    ) -> Result<Terms, Error> {
        let [n, d] = dims;
        if n == 0 || d == 0 {
            return Ok(Terms { value: 0.0, terms: vec![0.0, 0.0] });
        }
        let RateReductionConfig { eps_sq, gamma1, gamma2, .. } = self.config;
        let scale = gamma1 * d as f64 / (n as f64 * eps_sq);
        let expansion =
            0.5 * log_det_of_rows(z, dims, scale, gradient.as_deref_mut().map(|g| (g, -0.5 * gamma2)))?;
        let batch = self.weighed_groups(n, d);
        let compression = weighted_log_dets(z, dims, &self.groups, &batch, gradient)?;
        Ok(Terms { value: compression - gamma2 * expansion, terms: vec![expansion, compression] })
    }

    #[cfg(feature = "cube")]
    fn evaluate_on_device(
        &self,
        z: &CubeTensor,
        wanted: Wanted,
    ) -> Result<(Terms, Option<CubeTensor>), Error> {
        let [n, d] = [z.shape()[0], z.shape()[1]];
        if n == 0 || d == 0 {
            return Ok((Terms { value: 0.0, terms: vec![0.0, 0.0] }, Some(z.clone())));
        }
        let RateReductionConfig { eps_sq, gamma1, gamma2, .. } = self.config;
        let scale = gamma1 * d as f64 / (n as f64 * eps_sq);
        let weight = (wanted == Wanted::ValueAndGradient).then_some(-0.5 * gamma2);
        let (log_det, gradient) = cube::log_det_of_rows(z, scale, weight)?;
        let batch = self.weighed_groups(n, d);
        let compression =
            cube::weighted_log_dets(z, &self.groups, &self.on_device, &batch, gradient.as_ref())?;
        let expansion = 0.5 * log_det;
        let terms = vec![expansion, compression];
        Ok((Terms { value: compression - gamma2 * expansion, terms }, gradient))
    }
}

impl Reduction {
    /// The batch's groups with their factors. A group without weight has rate 0 and is left out.
    fn weighed_groups(&self, n: usize, d: usize) -> Vec<WeighedGroup> {
        let totals: Vec<(u32, f64, f64)> = self
            .batch
            .drawn()
            .iter()
            .map(|(group, count)| (*group, f64::from(*count), self.groups.group(*group as usize).total))
            .filter(|(_, _, total)| *total > 0.0)
            .collect();
        let divisor = match self.config.weighting {
            Weighting::G2r => totals.iter().map(|(_, count, total)| count * total).sum(),
            Weighting::Mcr2 => n as f64,
        };
        totals
            .into_iter()
            .map(|(group, count, total)| WeighedGroup {
                group,
                factor: 0.5 * count * total / divisor,
                scale: d as f64 / (total * self.config.eps_sq),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference;
    use burn::tensor::Device;
    use sprs::CsMatI;
    use testkit::{gradients, numbers};

    const SETTINGS: [(f64, f64, f64, Weighting); 3] =
        [(0.5, 1.0, 1.0, Weighting::G2r), (0.05, 0.5, 0.5, Weighting::G2r), (0.1, 1.0, 0.0, Weighting::Mcr2)];

    /// Overlapping groups over 9 nodes: of one member, of several, of all nine (more than d where d is small), an empty
    /// one, one with a weight of zero, and one whose weights are all zero.
    fn ragged() -> Groups {
        let members: [&[(u32, f32)]; 6] = [
            &[(4, 0.7)],
            &[(0, 1.0), (3, 0.5), (4, 0.25), (8, 2.0)],
            &[(0, 0.1), (1, 0.2), (2, 0.3), (3, 0.4), (4, 0.5), (5, 0.6), (6, 0.7), (7, 0.8), (8, 0.9)],
            &[],
            &[(1, 0.0), (2, 1.5)],
            &[(6, 0.0), (7, 0.0)],
        ];
        let mut row_ptr = vec![0];
        row_ptr.extend(members.iter().scan(0, |end, group| {
            *end += group.len();
            Some(*end)
        }));
        let (nodes, weights) = members.concat().into_iter().unzip();
        Groups::from_matrix(CsMatI::new((6, 9), row_ptr, nodes, weights)).unwrap()
    }

    fn assert_agrees_with_the_reference(values: &[f32], d: usize, groups: Groups, batch: &Batch) {
        let device = Device::flex();
        let dims = [groups.num_nodes(), d];
        let in_f64: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
        for (eps_sq, gamma1, gamma2, weighting) in SETTINGS {
            let config = RateReductionConfig { eps_sq, gamma1, gamma2, weighting };
            let expected = reference::rate_reduction(&in_f64, d, &groups, batch, &config);
            let loss = config.init(groups.clone()).unwrap();
            let z = numbers::matrix(values.to_vec(), dims, &device);
            let found = loss.forward(z, batch).unwrap();
            for (found, expected) in
                [(found.expansion, expected.expansion), (found.compression, expected.compression)]
            {
                assert!((found - expected).abs() <= 1e-5 * expected.abs(), "d {d}: {found} and {expected}");
            }
            let value = f64::from(found.loss.into_scalar::<f32>());
            assert!((value - expected.loss).abs() <= 1e-5 * expected.loss.abs().max(expected.compression));

            let gradient =
                gradients::gradient_of(|z| loss.forward(z, batch).unwrap().loss, values, dims, &device);
            let largest = expected.gradient.iter().fold(0.0f64, |largest, entry| largest.max(entry.abs()));
            for (found, expected) in gradient.iter().zip(&expected.gradient) {
                assert!(
                    (f64::from(*found) - expected).abs() <= 1e-4 * largest,
                    "d {d}: {found} and {expected}"
                );
            }
        }
    }

    #[test]
    fn value_and_gradient_agree_with_the_f64_form_for_few_and_for_many_columns() {
        // d = 3 makes two groups wider than d and n > d; d = 80 makes every group narrow and n < d.
        for d in [1, 3, 80] {
            let z = numbers::wavy(9 * d, 0.6);
            assert_agrees_with_the_reference(&z, d, ragged(), &Batch::all(6));
            assert_agrees_with_the_reference(&z, d, ragged(), &Batch::of(&[1, 2, 2, 2, 3, 0]));
        }
    }

    #[test]
    fn groups_that_plain_loops_factorise_and_larger_ones_agree_with_the_f64_form() {
        // 16, 17 and 7 members, all narrow.
        let class = |node| {
            if node < 16 {
                0
            } else if node < 33 {
                1
            } else {
                2
            }
        };
        let classes: Vec<Option<usize>> = (0..40).map(|node| Some(class(node))).collect();
        let groups = Groups::from_classes(&classes, 3);
        assert_agrees_with_the_reference(&numbers::wavy(40 * 24, 0.3), 24, groups, &Batch::all(3));
    }

    #[test]
    fn duplicate_rows_and_zero_rows_agree_with_the_f64_form() {
        let row = numbers::wavy(4, 0.2);
        let mut z = row.repeat(9);
        z[8..16].fill(0.0);
        assert_agrees_with_the_reference(&z, 4, ragged(), &Batch::all(6));
    }

    #[test]
    fn the_gradient_agrees_with_central_differences() {
        let loss = RateReductionConfig { gamma2: 0.5, ..Default::default() }.init(ragged()).unwrap();
        let f = |z: Tensor<2>| loss.forward(z, &Batch::all(6)).unwrap().loss;
        gradients::assert_gradient(f, numbers::wavy_matrix(9, 3, 0.6, &Device::flex()), 1e-2, 2e-3);
    }

    #[test]
    fn the_loss_of_zero_is_zero_and_so_is_its_gradient() {
        let device = Device::flex();
        let loss = RateReductionConfig::default().init(ragged()).unwrap();
        let at_zero = loss.forward(Tensor::zeros([9, 4], &device), &Batch::all(6)).unwrap();
        assert_eq!(
            (at_zero.expansion, at_zero.compression, at_zero.loss.into_scalar::<f32>()),
            (0.0, 0.0, 0.0)
        );
        let f = |z: Tensor<2>| loss.forward(z, &Batch::all(6)).unwrap().loss;
        assert_eq!(gradients::gradient_of(f, &[0.0; 36], [9, 4], &device), [0.0; 36]);
    }

    #[test]
    fn groups_without_weight_and_an_empty_batch_compress_to_zero() {
        let loss = RateReductionConfig::default().init(ragged()).unwrap();
        let z = numbers::wavy_matrix(9, 4, 0.6, &Device::flex());
        for batch in [Batch::of(&[3, 5]), Batch::of(&[])] {
            let reduction = loss.forward(z.clone(), &batch).unwrap();
            assert_eq!(reduction.compression, 0.0);
            assert!(reduction.expansion > 0.0);
        }
    }

    #[test]
    fn one_group_of_all_rows_with_weight_one_compresses_to_the_expansion() {
        let groups = Groups::from_classes(&[Some(0); 9], 1);
        let loss = RateReductionConfig::default().init(groups).unwrap();
        let z = numbers::wavy_matrix(9, 4, 0.6, &Device::flex());
        let reduction = loss.forward(z, &Batch::all(1)).unwrap();
        assert!((reduction.compression / reduction.expansion - 1.0).abs() < 1e-6);
    }

    #[test]
    fn rows_of_different_groups_at_right_angles_reach_a_positive_reduction() {
        // Two classes on two axes: R = ½ · 2 ln(1 + 2·2/(4·ε²)) and each class's rate is ½ ln(1 + 2·2/(2·ε²)).
        let groups = Groups::from_classes(&[Some(0), Some(0), Some(1), Some(1)], 2);
        let config = RateReductionConfig { eps_sq: 0.5, weighting: Weighting::Mcr2, ..Default::default() };
        let z = Tensor::from_floats([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]], &Device::flex());
        let reduction = config.init(groups).unwrap().forward(z, &Batch::all(2)).unwrap();
        assert!((reduction.expansion - 3.0f64.ln()).abs() < 1e-6);
        assert!((reduction.compression - 0.5 * 5.0f64.ln()).abs() < 1e-6);
    }

    #[test]
    fn the_bits_do_not_depend_on_the_number_of_threads() {
        let (n, d) = (300, 40);
        let groups = crate::Membership::default()
            .groups(testkit::graphs::chorded_cycle(n as u32).adjacency())
            .unwrap();
        let loss = RateReductionConfig::default().init(groups).unwrap();
        let z = numbers::wavy(n * d, 0.3);
        let with_threads = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let f = |z: Tensor<2>| loss.forward(z, &Batch::all(n)).unwrap().loss;
                gradients::gradient_of(f, &z, [n, d], &Device::flex())
            })
        };
        assert_eq!(with_threads(1), with_threads(2));
        assert_eq!(with_threads(1), with_threads(5));
    }

    #[test]
    fn nan_is_an_error_that_names_the_entry() {
        let loss = RateReductionConfig::default().init(ragged()).unwrap();
        let mut z = numbers::wavy(18, 0.1);
        z[5] = f32::NAN;
        let error = loss.forward(numbers::matrix(z, [9, 2], &Device::flex()), &Batch::all(6)).unwrap_err();
        assert_eq!(error.to_string(), "row 2, column 1 of the input: expected a finite number, found NaN");
    }

    #[test]
    fn overflow_is_an_error_that_names_the_matrix() {
        let loss = RateReductionConfig::default().init(ragged()).unwrap();
        let z = numbers::matrix(vec![1e30; 18], [9, 2], &Device::flex());
        let error = loss.forward(z, &Batch::all(6)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the matrix of the expansion is not positive definite: pivot 0 is not a positive number"
        );
    }

    #[test]
    fn settings_outside_their_range_are_refused() {
        let with = |change: fn(&mut RateReductionConfig)| {
            let mut config = RateReductionConfig::default();
            change(&mut config);
            config.init(ragged()).unwrap_err().to_string()
        };
        assert_eq!(with(|config| config.eps_sq = 0.0), "`eps_sq` must be positive, got 0");
        assert_eq!(with(|config| config.eps_sq = f64::NAN), "`eps_sq` must be positive, got NaN");
        assert_eq!(with(|config| config.gamma1 = -1.0), "`gamma1` must be positive, got -1");
        assert_eq!(with(|config| config.gamma2 = -0.5), "`gamma2` must be at least 0, got -0.5");
    }

    #[test]
    #[should_panic(expected = "RateReductionLoss: embedding [4, 2] for groups of 9 nodes")]
    fn refuses_an_embedding_with_other_rows() {
        let loss = RateReductionConfig::default().init(ragged()).unwrap();
        let _ = loss.forward(Tensor::zeros([4, 2], &Device::flex()), &Batch::all(6));
    }
}
