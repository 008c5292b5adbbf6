use crate::error::Error;
use crate::logistic_regression::{LogisticRegression, LogisticRegressionConfig, check_labels};
use crate::metrics::Scores;
use crate::rows::Rows;

/// The linear probe of the G2R authors' recipe (Han et al., WWW 2022, arXiv 2202.06241, and their code): each
/// row is scaled to Euclidean length 1, zero rows stay zero, then a logistic regression is fitted on the
/// training nodes; C = 1 and at most 500 iterations by default.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Probe {
    config: LogisticRegressionConfig,
}

impl Probe {
    /// A probe with these settings.
    pub fn new(config: LogisticRegressionConfig) -> Self {
        Self { config }
    }

    /// The settings of the logistic regression.
    pub fn config(&self) -> &LogisticRegressionConfig {
        &self.config
    }

    /// Fits the training nodes; of `labels` only theirs are looked at.
    ///
    /// # Shapes
    /// rows `[nodes, d_input]`, labels `[nodes]`
    ///
    /// # Errors
    /// As [`LogisticRegressionConfig::fit`].
    pub fn fit(&self, rows: &Rows, labels: &[usize], train: &[usize]) -> Result<FittedProbe, Error> {
        let regression = self.config.fit(&rows.scaled_to_unit_length(), labels, train)?;
        Ok(FittedProbe { regression })
    }
}

/// A probe that has seen its training nodes; it scores any others, as often as wanted.
#[derive(Debug, Clone)]
pub struct FittedProbe {
    regression: LogisticRegression,
}

impl FittedProbe {
    /// The label predicted for each node.
    ///
    /// # Errors
    /// As [`LogisticRegression::predict`].
    pub fn predict(&self, rows: &Rows, nodes: &[usize]) -> Result<Vec<usize>, Error> {
        self.regression.predict(&rows.scaled_to_unit_length(), nodes)
    }

    /// How well these nodes are predicted; of `labels` only theirs are looked at, so that a model is chosen
    /// by its validation nodes without a test label being read.
    ///
    /// # Shapes
    /// rows `[nodes, d_input]`, labels `[nodes]`
    ///
    /// # Errors
    /// No nodes to score; labels not one for each row; and as [`LogisticRegression::predict`].
    pub fn scores(&self, rows: &Rows, labels: &[usize], nodes: &[usize]) -> Result<Scores, Error> {
        check_labels(rows, labels)?;
        if nodes.is_empty() {
            return Err(Error::NoNodes { purpose: "scored" });
        }
        let predicted = self.predict(rows, nodes)?;
        let truth: Vec<usize> = nodes.iter().map(|&node| labels[node]).collect();
        Ok(Scores::new(&truth, &predicted))
    }

    /// The logistic regression, on rows of length 1: its coefficients, and whether its fit came to an end.
    pub fn regression(&self) -> &LogisticRegression {
        &self.regression
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    const LABELS: [usize; 6] = [1, 1, 4, 4, 1, 4];

    fn embedding() -> Array2<f32> {
        array![[1.0, 0.1], [0.9, 0.0], [0.1, 1.0], [0.0, 2.0], [3.0, 0.2], [0.1, 0.8]]
    }

    #[test]
    fn does_not_depend_on_the_length_of_the_rows() {
        let embedding = embedding();
        let mut stretched = embedding.clone();
        for (power, mut row) in (-3..).zip(stretched.rows_mut()) {
            row *= 2f32.powi(power);
        }
        let fitted = Probe::default().fit(&Rows::dense(embedding.view()), &LABELS, &[0, 1, 2, 3]).unwrap();
        let stretched = Rows::dense(stretched.view());
        let fitted_stretched = Probe::default().fit(&stretched, &LABELS, &[0, 1, 2, 3]).unwrap();
        assert_eq!(fitted.regression().coefficients(), fitted_stretched.regression().coefficients());
        assert_eq!(fitted.predict(&stretched, &[4, 5]).unwrap(), [1, 4]);
    }

    #[test]
    fn a_row_of_zeros_is_predicted_by_the_intercept() {
        let mut embedding = embedding();
        embedding.row_mut(5).fill(0.0);
        let rows = Rows::dense(embedding.view());
        // Two of three training nodes have label 1.
        let fitted = Probe::default().fit(&rows, &LABELS, &[0, 1, 2]).unwrap();
        assert_eq!(fitted.predict(&rows, &[5]).unwrap(), [1]);
    }

    #[test]
    fn labels_of_other_nodes_are_not_looked_at() {
        let embedding = embedding();
        let rows = Rows::dense(embedding.view());
        let hidden = [1, 1, 4, 4, usize::MAX, 77];
        let fitted = Probe::default().fit(&rows, &hidden, &[0, 1, 2, 3]).unwrap();
        let scores = fitted.scores(&rows, &LABELS, &[4, 5]).unwrap();
        assert_eq!(scores, Scores { accuracy: 1.0, macro_f1: 1.0, micro_f1: 1.0 });
        assert_eq!(fitted.scores(&rows, &hidden, &[0, 3]).unwrap().accuracy, 1.0);
    }

    #[test]
    fn refuses_bad_input_with_its_place() {
        let mut embedding = embedding();
        embedding[[3, 0]] = f32::NAN;
        let rows = Rows::dense(embedding.view());
        let probe = Probe::default();
        let message =
            |labels: &[usize], train: &[usize]| probe.fit(&rows, labels, train).unwrap_err().to_string();
        assert_eq!(message(&LABELS, &[0, 3]), "row 3, column 0: expected a finite number, found NaN");
        assert_eq!(message(&LABELS, &[]), "training nodes: expected at least one, found none");
        assert_eq!(
            message(&LABELS, &[2, 5]),
            "training nodes: expected at least two classes, found only class 4"
        );
        assert_eq!(message(&LABELS[1..], &[0, 2]), "labels: expected 6, one for each row, found 5");

        let fitted = probe.fit(&rows, &LABELS, &[0, 2]).unwrap();
        let message =
            |labels: &[usize], nodes: &[usize]| fitted.scores(&rows, labels, nodes).unwrap_err().to_string();
        assert_eq!(message(&LABELS, &[]), "scored nodes: expected at least one, found none");
        assert_eq!(message(&LABELS, &[1, 3]), "row 3, column 0: expected a finite number, found NaN");
        assert_eq!(message(&LABELS, &[1, 9]), "nodes[1]: expected an index below 6, found 9");
        assert_eq!(message(&[], &[1]), "labels: expected 6, one for each row, found 0");
    }

    #[test]
    fn checks_its_settings() {
        let embedding = embedding();
        let probe = Probe::new(LogisticRegressionConfig { c: 0.0, ..LogisticRegressionConfig::default() });
        let error = probe.fit(&Rows::dense(embedding.view()), &LABELS, &[0, 2]).unwrap_err();
        assert_eq!(error.to_string(), "`c` must be positive, got 0");
    }
}
