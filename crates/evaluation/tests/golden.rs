//! Logistic regression and scores against scikit-learn, on the golden numbers that
//! `tests/scripts/logistic_regression_golden.py` writes.

use approx::assert_relative_eq;
use evaluation::{ConfusionMatrix, LogisticRegression, LogisticRegressionConfig, Rows, Scores, Stop};
use ndarray::Array2;
use serde_json::Value;
use sprs::{CsMatI, TriMatI};

/// One case of the script, with its data made anew.
struct Case {
    golden: Value,
    x: Array2<f32>,
    csr: CsMatI<f32, u32, usize>,
    labels: Vec<usize>,
    train: Vec<usize>,
    held_out: Vec<usize>,
}

fn cases() -> Vec<Case> {
    let golden: Vec<Value> = serde_json::from_str(include_str!("golden/logistic_regression.json"))
        .expect("the script writes a list");
    assert_eq!(golden.len(), 9);
    golden.into_iter().map(Case::new).collect()
}

impl Case {
    fn new(golden: Value) -> Self {
        let (x, labels) = points(&golden);
        let mut triplets = TriMatI::<f32, u32>::new(x.dim());
        for ((row, column), &value) in x.indexed_iter() {
            if value != 0.0 {
                triplets.add_triplet(row, column, value);
            }
        }
        let (held_out, train) = (0..labels.len()).partition(|node| node % 5 == 4);
        Self { golden, csr: triplets.to_csr(), x, labels, train, held_out }
    }

    fn name(&self) -> &str {
        self.golden["name"].as_str().expect("each case has a name")
    }

    fn flag(&self, name: &str, default: bool) -> bool {
        self.golden[name].as_bool().unwrap_or(default)
    }

    fn rows(&self) -> Rows<'_> {
        let rows = if self.flag("sparse", false) {
            Rows::sparse(self.csr.view())
        } else {
            Rows::dense(self.x.view())
        };
        if self.flag("unit_length", false) { rows.scaled_to_unit_length() } else { rows }
    }

    fn fit(&self, tol: f64) -> LogisticRegression {
        // The departure for two classes: scikit-learn's C is twice ours.
        let c = number(&self.golden["c"]) / if self.is_binary() { 2.0 } else { 1.0 };
        let config = LogisticRegressionConfig {
            c,
            tol,
            max_iter: 500,
            fit_intercept: self.flag("fit_intercept", true),
        };
        config.fit(&self.rows(), &self.labels, &self.train).expect("the cases are well formed")
    }

    fn is_binary(&self) -> bool {
        self.golden["classes"] == 2
    }

    /// Ours in scikit-learn's shape: for two classes the difference of the two rows.
    fn coefficients(&self, fitted: &LogisticRegression) -> (Vec<f64>, Vec<f64>) {
        let (coefficients, intercepts) = (fitted.coefficients(), fitted.intercepts());
        if self.is_binary() {
            let difference = &coefficients.row(1) - &coefficients.row(0);
            (difference.to_vec(), vec![intercepts[1] - intercepts[0]])
        } else {
            (coefficients.iter().copied().collect(), intercepts.to_vec())
        }
    }

    fn assert_coefficients(&self, fitted: &LogisticRegression, golden: &Value, tol: f64) {
        let (coefficients, intercepts) = self.coefficients(fitted);
        for (ours, golden) in [(coefficients, "coefficients"), (intercepts, "intercepts")]
            .map(|(ours, name)| (ours, numbers(&golden[name])))
        {
            assert_eq!(ours.len(), golden.len(), "{}", self.name());
            for (ours, golden) in ours.iter().zip(&golden) {
                assert!((ours - golden).abs() <= tol, "{}: {ours} for {golden}", self.name());
            }
        }
    }
}

/// The script's `points`: a label and noise with a bump in the columns of the row's class.
fn points(case: &Value) -> (Array2<f32>, Vec<usize>) {
    let [rows, columns, classes] = ["rows", "columns", "classes"].map(|name| number(&case[name]) as usize);
    let mut state = 1u64;
    let mut draw = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 44) as f32 / 2f32.powi(20)
    };
    let (mut x, mut labels) = (Array2::zeros((rows, columns)), Vec::new());
    for mut row in x.rows_mut() {
        let label = (draw() * classes as f32) as usize;
        labels.push(label);
        for (column, place) in row.iter_mut().enumerate() {
            let mut value = 2.0 * draw() - 1.0;
            if column % classes == label {
                value += 0.5;
            }
            if case["sparse"] == true && draw() >= 0.25 {
                value = 0.0;
            }
            if case["badly_scaled"] == true {
                value *= 2f32.powi(column as i32 % 9 - 4);
            }
            *place = value;
        }
    }
    (x, labels)
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn numbers(values: &Value) -> Vec<f64> {
    values.as_array().expect("a list").iter().map(number).collect()
}

#[test]
fn a_tight_fit_has_the_coefficients_of_scikit_learn() {
    for case in cases() {
        let fitted = case.fit(1e-10);
        let golden = &case.golden["tight"];
        case.assert_coefficients(&fitted, golden, 1e-6);
        assert_relative_eq!(fitted.objective(), number(&golden["objective"]), max_relative = 1e-12);
    }
}

#[test]
fn a_fit_at_the_default_tolerance_ends_where_scikit_learn_does() {
    for case in cases() {
        let fitted = case.fit(1e-4);
        let golden = &case.golden["default"];
        assert_eq!(fitted.stop(), Stop::Gradient, "{}", case.name());
        if case.is_binary() {
            // Other parameters, so another way to the same minimum.
            continue;
        }
        assert_eq!(fitted.num_iterations() as u64, golden["num_iterations"], "{}", case.name());
        assert_relative_eq!(fitted.objective(), number(&golden["objective"]), max_relative = 1e-8);
        case.assert_coefficients(&fitted, golden, 1e-6);
    }
}

#[test]
fn predictions_and_probabilities_are_those_of_scikit_learn() {
    for case in cases() {
        let (tol, close) = if case.is_binary() { (1e-10, 1e-3) } else { (1e-4, 1e-6) };
        let fitted = case.fit(tol);
        let predicted = fitted.predict(&case.rows(), &case.held_out).unwrap();
        let golden: Vec<usize> =
            numbers(&case.golden["predicted"]).iter().map(|&label| label as usize).collect();
        assert_eq!(predicted, golden, "{}", case.name());
        let probabilities = fitted.probabilities(&case.rows(), &case.held_out[..6]).unwrap();
        for (ours, golden) in probabilities.iter().zip(numbers(&case.golden["probabilities"])) {
            assert!((ours - golden).abs() <= close, "{}: {ours} for {golden}", case.name());
        }
    }
}

#[test]
fn scores_are_those_of_scikit_learn() {
    for case in cases() {
        let golden = |name: &str| numbers(&case.golden[name]);
        let truth: Vec<usize> = case.held_out.iter().map(|&node| case.labels[node]).collect();
        let predicted: Vec<usize> = golden("predicted").iter().map(|&label| label as usize).collect();

        let scores = Scores::new(&truth, &predicted);
        assert_relative_eq!(scores.accuracy, number(&case.golden["accuracy"]));
        assert_relative_eq!(scores.macro_f1, number(&case.golden["macro_f1"]));
        assert_relative_eq!(scores.micro_f1, number(&case.golden["micro_f1"]));

        let confusion = ConfusionMatrix::new(&truth, &predicted);
        let counts: Vec<f64> = confusion.counts().iter().map(|&count| count as f64).collect();
        assert_eq!(counts, golden("confusion"), "{}", case.name());
        for (place, class) in confusion.class_scores().iter().enumerate() {
            assert_relative_eq!(class.precision, golden("precision")[place]);
            assert_relative_eq!(class.recall, golden("recall")[place]);
            assert_relative_eq!(class.f1, golden("f1")[place]);
            assert_eq!(class.support as f64, golden("support")[place]);
        }
    }
}

#[test]
fn dense_and_sparse_storage_of_the_same_rows_give_the_same_fit() {
    for case in cases() {
        let config = LogisticRegressionConfig { tol: 1e-10, ..LogisticRegressionConfig::default() };
        let dense = config.fit(&Rows::dense(case.x.view()), &case.labels, &case.train).unwrap();
        let sparse = config.fit(&Rows::sparse(case.csr.view()), &case.labels, &case.train).unwrap();
        for (dense, sparse) in dense.coefficients().iter().zip(&sparse.coefficients()) {
            assert!((dense - sparse).abs() <= 1e-6, "{}: {dense} dense, {sparse} sparse", case.name());
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bits() {
    for case in cases() {
        let (once, again) = (case.fit(1e-4), case.fit(1e-4));
        assert_eq!(once.coefficients(), again.coefficients());
        assert_eq!(once.intercepts(), again.intercepts());
    }
}
