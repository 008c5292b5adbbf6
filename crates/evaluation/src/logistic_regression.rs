use ndarray::Array2;

use crate::design::Design;
use crate::error::Error;
use crate::lbfgs::{Stop, StopRule, minimize};
use crate::objective::{Objective, padded, softmax};
use crate::rows::Rows;

/// An iteration that lowers the objective by less than this part is the last, as in scikit-learn.
const DECREASE_TOL: f64 = 64.0 * f64::EPSILON;

/// Rows scored at one time: their copies in f64 stay in the processor's cache.
const SCORED_AT_ONCE: usize = 32;

/// Settings of multinomial logistic regression with an L2 penalty, fitted by L-BFGS from zero:
///
/// f(W, b) = 1/n Σᵢ ( log Σⱼ exp(xᵢ·wⱼ + bⱼ) − xᵢ·w_yᵢ − b_yᵢ ) + 1/(2 C n) ‖W‖²,
///
/// the objective, the optimiser and the stopping of scikit-learn's `LogisticRegression(solver="lbfgs")`
/// (1.9.1), in f64. The defaults are its defaults but for `max_iter`, 500 as in the G2R authors' recipe.
///
/// Departure: two classes have a row of W each, like any other number of classes. scikit-learn has a single
/// row there, the difference of ours, and penalises it twice as hard: its C = 1 is `c: 0.5` here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogisticRegressionConfig {
    /// C, the inverse of the strength of the penalty; positive and finite.
    pub c: f64,
    /// The most iterations; at least 1.
    pub max_iter: usize,
    /// The fit ends when no entry of the gradient is larger; positive.
    pub tol: f64,
    /// Whether there is an intercept b, which is not penalised.
    pub fit_intercept: bool,
}

impl Default for LogisticRegressionConfig {
    fn default() -> Self {
        Self { c: 1.0, max_iter: 500, tol: 1e-4, fit_intercept: true }
    }
}

impl LogisticRegressionConfig {
    /// Fits the classes of the training nodes; of `labels` only theirs are looked at.
    ///
    /// The classes are those that occur among the training nodes. A fit that uses up its iterations is still
    /// a fit: [`LogisticRegression::stop`] says so. Runs on one thread, in a fixed order: the same input
    /// gives the same bits. An iteration costs `O(train · d_input · classes)`; memory is `O((train + 25 ·
    /// classes) · d_input)`, with the entries in place of `train · d_input` for sparse rows.
    ///
    /// # Shapes
    /// rows `[nodes, d_input]`, labels `[nodes]`
    ///
    /// # Errors
    /// A setting out of range; labels not one for each row; no training nodes, or of one class only; an index
    /// out of range; a value that is not finite in a training row.
    pub fn fit(&self, rows: &Rows, labels: &[usize], train: &[usize]) -> Result<LogisticRegression, Error> {
        self.check()?;
        check_labels(rows, labels)?;
        if train.is_empty() {
            return Err(Error::NoNodes { purpose: "training" });
        }
        let mut design = Design::gather(rows, train, 0)?;
        let mut classes: Vec<usize> = train.iter().map(|&node| labels[node]).collect();
        classes.sort_unstable();
        classes.dedup();
        if let [class] = classes[..] {
            return Err(Error::OneClass { class });
        }
        let targets: Vec<usize> = train
            .iter()
            .map(|&node| classes.binary_search(&labels[node]).expect("the classes are those of these nodes"))
            .collect();

        let columns = design.keep_used_columns();
        let penalty = 1.0 / (self.c * train.len() as f64);
        let mut objective = Objective::new(&design, &targets, classes.len(), penalty, self.fit_intercept);
        let rule = StopRule { max_iter: self.max_iter, gradient_tol: self.tol, decrease_tol: DECREASE_TOL };
        let found = minimize(vec![0.0; objective.num_parameters()], rule, |parameters, gradient| {
            objective.evaluate(parameters, gradient)
        });

        let (d_input, width) = (rows.d_input(), padded(classes.len()));
        let mut weights = vec![0.0; d_input * width];
        for (&column, kept) in columns.iter().zip(found.point.chunks_exact(width)) {
            weights[column * width..][..width].copy_from_slice(kept);
        }
        let mut intercepts = found.point[columns.len() * width..].to_vec();
        intercepts.resize(width, 0.0);
        Ok(LogisticRegression {
            classes,
            d_input,
            weights,
            intercepts,
            objective: found.value,
            num_iterations: found.num_iterations,
            stop: found.stop,
        })
    }

    fn check(&self) -> Result<(), Error> {
        let setting = |name, expected, found| Err(Error::Setting { name, expected, found });
        if self.c.is_nan() || self.c <= 0.0 {
            return setting("c", "positive", self.c);
        }
        if self.c.is_infinite() {
            return setting("c", "finite", self.c);
        }
        if self.max_iter == 0 {
            return setting("max_iter", "at least 1", 0.0);
        }
        if self.tol.is_nan() || self.tol <= 0.0 {
            return setting("tol", "positive", self.tol);
        }
        Ok(())
    }
}

pub(crate) fn check_labels(rows: &Rows, labels: &[usize]) -> Result<(), Error> {
    let (expected, found) = (rows.num_rows(), labels.len());
    if expected == found { Ok(()) } else { Err(Error::LabelsLength { expected, found }) }
}

/// A fitted multinomial logistic regression, P(class j | x) = exp(x·wⱼ + bⱼ) / Σₗ exp(x·wₗ + bₗ).
#[derive(Debug, Clone)]
pub struct LogisticRegression {
    classes: Vec<usize>,
    d_input: usize,
    /// `[d_input, padded classes]`
    weights: Vec<f64>,
    /// `[padded classes]`
    intercepts: Vec<f64>,
    objective: f64,
    num_iterations: usize,
    stop: Stop,
}

impl LogisticRegression {
    /// The labels that can be predicted, in ascending order: those of the training nodes.
    pub fn classes(&self) -> &[usize] {
        &self.classes
    }

    /// W.
    ///
    /// # Shapes
    /// `[classes, d_input]`
    pub fn coefficients(&self) -> Array2<f64> {
        let width = padded(self.classes.len());
        Array2::from_shape_fn((self.classes.len(), self.d_input), |(class, column)| {
            self.weights[column * width + class]
        })
    }

    /// b, zeros where none was fitted.
    ///
    /// # Shapes
    /// `[classes]`
    pub fn intercepts(&self) -> &[f64] {
        &self.intercepts[..self.classes.len()]
    }

    /// The objective where the fit ended.
    pub fn objective(&self) -> f64 {
        self.objective
    }

    /// How many iterations the fit took.
    pub fn num_iterations(&self) -> usize {
        self.num_iterations
    }

    /// Why the fit ended.
    pub fn stop(&self) -> Stop {
        self.stop
    }

    /// The most probable class of each node, the first of equals. Costs `O(nodes · d_input · classes)`.
    ///
    /// # Errors
    /// Rows of another width than at the fit; an index out of range; a value that is not finite in a row
    /// asked for.
    pub fn predict(&self, rows: &Rows, nodes: &[usize]) -> Result<Vec<usize>, Error> {
        let mut predicted = Vec::with_capacity(nodes.len());
        self.for_each_logits(rows, nodes, |logits| {
            let mut best = 0;
            for (class, &logit) in logits.iter().enumerate() {
                if logit > logits[best] {
                    best = class;
                }
            }
            predicted.push(self.classes[best]);
        })?;
        Ok(predicted)
    }

    /// The probability of each class for each node.
    ///
    /// # Shapes
    /// `[nodes, classes]`
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn probabilities(&self, rows: &Rows, nodes: &[usize]) -> Result<Array2<f64>, Error> {
        let mut probabilities = Vec::with_capacity(nodes.len() * self.classes.len());
        self.for_each_logits(rows, nodes, |logits| {
            softmax(logits);
            probabilities.extend_from_slice(logits);
        })?;
        let shape = (nodes.len(), self.classes.len());
        Ok(Array2::from_shape_vec(shape, probabilities).expect("each node gave one row"))
    }

    /// Hands over the logits of each node, in the order of the classes.
    pub(crate) fn for_each_logits(
        &self,
        rows: &Rows,
        nodes: &[usize],
        mut visit: impl FnMut(&mut [f64]),
    ) -> Result<(), Error> {
        if rows.d_input() != self.d_input {
            return Err(Error::NumColumns { expected: self.d_input, found: rows.d_input() });
        }
        let width = self.intercepts.len();
        for (chunk, nodes) in nodes.chunks(SCORED_AT_ONCE).enumerate() {
            let design = Design::gather(rows, nodes, chunk * SCORED_AT_ONCE)?;
            let mut logits = self.intercepts.repeat(nodes.len());
            design.add_logits(&self.weights, width, &mut logits);
            logits.chunks_exact_mut(width).for_each(|logits| visit(&mut logits[..self.classes.len()]));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    const LABELS: [usize; 6] = [7, 3, 7, 9, 3, 9];

    fn matrix() -> Array2<f32> {
        array![[1.0, 0.1], [0.0, 1.0], [0.9, 0.0], [-1.0, -0.9], [0.2, 1.2], [-0.8, -1.0]]
    }

    fn fit_error(config: LogisticRegressionConfig, labels: &[usize], train: &[usize]) -> String {
        config.fit(&Rows::dense(matrix().view()), labels, train).unwrap_err().to_string()
    }

    #[test]
    fn the_classes_are_those_of_the_training_nodes_in_order() {
        let matrix = matrix();
        let rows = Rows::dense(matrix.view());
        let config = LogisticRegressionConfig::default();
        assert_eq!(config.fit(&rows, &LABELS, &[0, 1, 2, 3]).unwrap().classes(), [3, 7, 9]);
        let fitted = config.fit(&rows, &LABELS, &[0, 1]).unwrap();
        assert_eq!(fitted.classes(), [3, 7]);
        assert!(
            fitted.predict(&rows, &[0, 1, 2, 3, 4, 5]).unwrap().iter().all(|class| [3, 7].contains(class))
        );
    }

    #[test]
    fn two_mirrored_points_give_the_closed_form() {
        // By symmetry w = (a, -a), b = 0, and f = log(1 + exp(-2a)) + a²/(2 C) has its minimum where
        // a = 2 C / (1 + exp(2a)); at a = 1 that is C = (1 + e²) / 2.
        let matrix = array![[1.0f32], [-1.0]];
        let config = LogisticRegressionConfig {
            c: (1.0 + 1f64.exp().powi(2)) / 2.0,
            tol: 1e-12,
            ..LogisticRegressionConfig::default()
        };
        let fitted = config.fit(&Rows::dense(matrix.view()), &[0, 1], &[0, 1]).unwrap();
        let coefficients = fitted.coefficients();
        approx::assert_relative_eq!(coefficients[[0, 0]], 1.0, max_relative = 1e-9);
        approx::assert_relative_eq!(coefficients[[1, 0]], -1.0, max_relative = 1e-9);
        approx::assert_abs_diff_eq!(fitted.intercepts()[0], 0.0, epsilon = 1e-12);
    }

    #[test]
    fn without_columns_the_intercept_gives_the_frequencies() {
        let matrix = Array2::<f32>::zeros((4, 0));
        let rows = Rows::dense(matrix.view());
        let config = LogisticRegressionConfig { tol: 1e-9, ..LogisticRegressionConfig::default() };
        let fitted = config.fit(&rows, &[0, 1, 1, 1], &[0, 1, 2, 3]).unwrap();
        approx::assert_relative_eq!(
            fitted.probabilities(&rows, &[2]).unwrap()[[0, 1]],
            0.75,
            max_relative = 1e-8
        );
        let config = LogisticRegressionConfig { fit_intercept: false, ..config };
        let fitted = config.fit(&rows, &[0, 1, 1, 1], &[0, 1, 2, 3]).unwrap();
        assert_eq!((fitted.stop(), fitted.intercepts()), (Stop::Gradient, [0.0, 0.0].as_slice()));
    }

    #[test]
    fn a_fit_out_of_iterations_says_so() {
        let matrix = matrix();
        let config = LogisticRegressionConfig { max_iter: 1, ..LogisticRegressionConfig::default() };
        let fitted = config.fit(&Rows::dense(matrix.view()), &LABELS, &[0, 1, 2, 3]).unwrap();
        assert_eq!((fitted.stop(), fitted.num_iterations()), (Stop::MaxIterations, 1));
    }

    #[test]
    fn scoring_in_pieces_is_scoring_one_by_one() {
        let matrix =
            Array2::from_shape_fn((3 * SCORED_AT_ONCE + 5, 4), |(i, j)| ((i * 7 + j * 5) % 11) as f32 - 5.0);
        let rows = Rows::dense(matrix.view());
        let labels: Vec<usize> = (0..matrix.nrows()).map(|i| i % 3).collect();
        let nodes: Vec<usize> = (0..matrix.nrows()).rev().collect();
        let fitted = LogisticRegressionConfig::default().fit(&rows, &labels, &nodes[..20]).unwrap();
        let probabilities = fitted.probabilities(&rows, &nodes).unwrap();
        for (place, &node) in nodes.iter().enumerate() {
            assert_eq!(probabilities.row(place), fitted.probabilities(&rows, &[node]).unwrap().row(0));
        }
    }

    #[test]
    fn refuses_settings_out_of_range() {
        let default = LogisticRegressionConfig::default();
        for (config, message) in [
            (LogisticRegressionConfig { c: 0.0, ..default }, "`c` must be positive, got 0"),
            (LogisticRegressionConfig { c: -1.5, ..default }, "`c` must be positive, got -1.5"),
            (LogisticRegressionConfig { c: f64::NAN, ..default }, "`c` must be positive, got NaN"),
            (LogisticRegressionConfig { c: f64::INFINITY, ..default }, "`c` must be finite, got inf"),
            (LogisticRegressionConfig { max_iter: 0, ..default }, "`max_iter` must be at least 1, got 0"),
            (LogisticRegressionConfig { tol: 0.0, ..default }, "`tol` must be positive, got 0"),
            (LogisticRegressionConfig { tol: f64::NAN, ..default }, "`tol` must be positive, got NaN"),
        ] {
            assert_eq!(fit_error(config, &LABELS, &[0, 1]), message);
        }
    }

    #[test]
    fn refuses_labels_and_nodes_that_do_not_fit_the_rows() {
        let default = LogisticRegressionConfig::default();
        for (labels, train, message) in [
            (&LABELS[..5], &[0, 1][..], "labels: expected 6, one for each row, found 5"),
            (&LABELS, &[], "training nodes: expected at least one, found none"),
            (&LABELS, &[0, 2, 0], "training nodes: expected at least two classes, found only class 7"),
            (&LABELS, &[0, 6], "nodes[1]: expected an index below 6, found 6"),
        ] {
            assert_eq!(fit_error(default, labels, train), message);
        }
    }

    #[test]
    fn refuses_to_score_what_it_cannot() {
        let mut matrix = matrix();
        let fitted =
            LogisticRegressionConfig::default().fit(&Rows::dense(matrix.view()), &LABELS, &[0, 1]).unwrap();
        let narrow = Array2::<f32>::zeros((2, 1));
        let error = fitted.predict(&Rows::dense(narrow.view()), &[0]).unwrap_err();
        assert_eq!(error.to_string(), "rows: expected 2 columns as in the fit, found 1");
        let error = fitted.predict(&Rows::dense(matrix.view()), &[5, 8]).unwrap_err();
        assert_eq!(error.to_string(), "nodes[1]: expected an index below 6, found 8");
        matrix[[5, 1]] = f32::INFINITY;
        let error = fitted.probabilities(&Rows::dense(matrix.view()), &[0, 5]).unwrap_err();
        assert_eq!(error.to_string(), "row 5, column 1: expected a finite number, found inf");
    }
}
