use crate::design::Design;
use crate::products::{LANES, add_tiles, dot};

/// The objective of multinomial logistic regression,
///
/// f(W, b) = 1/n Σᵢ ( log Σⱼ exp(xᵢ·wⱼ + bⱼ) − xᵢ·w_yᵢ − b_yᵢ ) + λ/2 ‖W‖²,
///
/// in nats a row; lower is better; log(classes) where W and b are zero. The intercept b is not penalised.
#[derive(Debug)]
pub(crate) struct Objective<'a> {
    design: &'a Design,
    /// The place of each row's class among the classes.
    targets: &'a [usize],
    num_classes: usize,
    penalty: f64,
    fit_intercept: bool,
    /// `[rows, width]`: logits, turned into residuals in place.
    residuals: Vec<f64>,
}

impl<'a> Objective<'a> {
    pub(crate) fn new(
        design: &'a Design,
        targets: &'a [usize],
        num_classes: usize,
        penalty: f64,
        fit_intercept: bool,
    ) -> Self {
        assert_eq!(design.num_rows(), targets.len(), "each row needs its class");
        let residuals = vec![0.0; targets.len() * padded(num_classes)];
        Self { design, targets, num_classes, penalty, fit_intercept, residuals }
    }

    /// How many parameters there are: W as `[d_input, width]`, then b as `[width]` where there is one, both
    /// padded from the number of classes to [`padded`] with zeros, which stay zero.
    pub(crate) fn num_parameters(&self) -> usize {
        (self.design.d_input() + usize::from(self.fit_intercept)) * padded(self.num_classes)
    }

    /// The value at `parameters`; writes the gradient.
    pub(crate) fn evaluate(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        let width = padded(self.num_classes);
        let (weights, intercept) = parameters.split_at(self.design.d_input() * width);
        let (weights_gradient, intercept_gradient) = gradient.split_at_mut(weights.len());

        for logits in self.residuals.chunks_exact_mut(width) {
            if intercept.is_empty() { logits.fill(0.0) } else { logits.copy_from_slice(intercept) }
        }
        self.design.add_logits(weights, width, &mut self.residuals);

        let per_row = 1.0 / self.targets.len() as f64;
        let mut loss = 0.0;
        intercept_gradient.fill(0.0);
        for (logits, &target) in self.residuals.chunks_exact_mut(width).zip(self.targets) {
            let residuals = &mut logits[..self.num_classes];
            let target_logit = residuals[target];
            loss += softmax(residuals) - target_logit;
            residuals[target] -= 1.0;
            residuals.iter_mut().for_each(|residual| *residual *= per_row);
            // The lanes past the last class are zero, as their weights are.
            if self.fit_intercept {
                add_tiles(intercept_gradient, 1.0, logits);
            }
        }

        for (gradient, weight) in weights_gradient.iter_mut().zip(weights) {
            *gradient = self.penalty * weight;
        }
        self.design.add_gradient(&self.residuals, width, weights_gradient);
        per_row * loss + 0.5 * self.penalty * dot(weights, weights)
    }
}

/// The length of a row of scores: the number of classes, filled up to whole tiles.
pub(crate) fn padded(num_classes: usize) -> usize {
    num_classes.next_multiple_of(LANES)
}

/// Turns logits into probabilities and returns log Σ exp(logit).
pub(crate) fn softmax(logits: &mut [f64]) -> f64 {
    // Less the largest, so that exp neither overflows nor loses all of them.
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for logit in logits.iter_mut() {
        *logit = (*logit - largest).exp();
        sum += *logit;
    }
    logits.iter_mut().for_each(|probability| *probability /= sum);
    largest + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Rows;
    use ndarray::Array2;
    use sprs::{CsMatI, TriMatI};

    const TARGETS: [usize; 6] = [0, 1, 2, 2, 1, 0];

    fn matrix() -> Array2<f32> {
        Array2::from_shape_fn(
            (6, 5),
            |(i, j)| if (i + j) % 3 == 0 { 0.0 } else { ((i * 5 + j * 3) % 7) as f32 - 2.5 },
        )
    }

    fn sparse() -> CsMatI<f32, u32, usize> {
        let mut triplets = TriMatI::<f32, u32>::new((6, 5));
        for ((row, column), &value) in matrix().indexed_iter() {
            if value != 0.0 {
                triplets.add_triplet(row, column, value);
            }
        }
        triplets.to_csr()
    }

    fn parameters(count: usize) -> Vec<f64> {
        (0..count).map(|i| if i % LANES < 3 { ((i * 29) % 13) as f64 / 13.0 - 0.4 } else { 0.0 }).collect()
    }

    #[test]
    fn is_the_log_of_the_number_of_classes_at_zero() {
        let matrix = matrix();
        let design = Design::gather(&Rows::dense(matrix.view()), &[0, 1, 2, 3, 4, 5], 0).unwrap();
        let mut objective = Objective::new(&design, &TARGETS, 3, 0.1, true);
        let zeros = vec![0.0; objective.num_parameters()];
        approx::assert_relative_eq!(objective.evaluate(&zeros, &mut zeros.clone()), 3f64.ln());
    }

    #[test]
    fn matches_the_formula_written_as_plain_loops() {
        let matrix = matrix();
        let design = Design::gather(&Rows::dense(matrix.view()), &[0, 1, 2, 3, 4, 5], 0).unwrap();
        let mut objective = Objective::new(&design, &TARGETS, 3, 0.3, true);
        let at = parameters(objective.num_parameters());
        let mut plain = 0.0;
        for (i, &target) in TARGETS.iter().enumerate() {
            let logit = |class: usize| {
                at[5 * LANES + class]
                    + (0..5).map(|j| f64::from(matrix[[i, j]]) * at[j * LANES + class]).sum::<f64>()
            };
            plain += ((0..3).map(|class| logit(class).exp()).sum::<f64>().ln() - logit(target)) / 6.0;
        }
        plain += 0.15 * at[..5 * LANES].iter().map(|w| w * w).sum::<f64>();
        approx::assert_relative_eq!(objective.evaluate(&at, &mut at.clone()), plain, max_relative = 1e-14);
    }

    #[test]
    fn gradient_matches_central_differences_dense_and_sparse_with_and_without_intercept() {
        let (matrix, csr) = (matrix(), sparse());
        for rows in [Rows::dense(matrix.view()), Rows::sparse(csr.view())] {
            let design = Design::gather(&rows.scaled_to_unit_length(), &[0, 1, 2, 3, 4, 5], 0).unwrap();
            for fit_intercept in [true, false] {
                let mut objective = Objective::new(&design, &TARGETS, 3, 0.3, fit_intercept);
                let at = parameters(objective.num_parameters());
                let (mut gradient, mut unused) = (at.clone(), at.clone());
                objective.evaluate(&at, &mut gradient);
                for i in 0..at.len() {
                    if i % LANES >= 3 {
                        assert_eq!(gradient[i], 0.0, "lane past the last class, parameter {i}");
                        continue;
                    }
                    let mut value_at = |change: f64| {
                        let mut moved = at.clone();
                        moved[i] += change;
                        objective.evaluate(&moved, &mut unused)
                    };
                    let difference = (value_at(1e-5) - value_at(-1e-5)) / 2e-5;
                    approx::assert_abs_diff_eq!(gradient[i], difference, epsilon = 1e-9);
                }
            }
        }
    }

    #[test]
    fn softmax_does_not_overflow() {
        let mut logits = [1000.0, 0.0, 1000.0];
        approx::assert_relative_eq!(softmax(&mut logits), 1000.0 + 2f64.ln());
        assert_eq!(logits, [0.5, 0.0, 0.5]);
    }
}
