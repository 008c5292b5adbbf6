//! Evaluating an embedding on one split.

use embedders::TrainingLabels;
use evaluation::{FittedProbe, Probe, Rows, Stop};
use graph_io::{Features, NodeDataset, Split};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::probe_config::ProbeConfig;
use crate::protocol::Protocol;

/// The labels, the split and the probe that embeddings are evaluated by.
#[derive(Clone, Debug)]
pub struct Evaluator {
    reading: Reading,
    labels: Vec<usize>,
    num_classes: usize,
    train: Vec<usize>,
    val: Vec<usize>,
    test: Vec<usize>,
}

/// How classes are read from rows.
#[derive(Clone, Debug)]
enum Reading {
    /// By a probe fitted on the training nodes.
    Probe { for_epochs: Probe, for_models: Vec<Probe> },
    /// The rows are logits: the class of the largest.
    Logits,
}

/// How well one embedding predicts; each number in [0, 1], higher is better.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// The part of the validation nodes that is predicted right.
    pub val_acc: f64,
    /// The part of the test nodes that is predicted right.
    pub test_acc: f64,
    /// The mean over the classes of F1 on the test nodes.
    pub test_macro_f1: f64,
}

/// The scores of an embedding, and what they were found by.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The scores.
    pub scores: Scores,
    /// The probe that was chosen; `None` for rows that are logits.
    pub probe: Option<ProbeFit>,
    /// The class predicted for each node, `[nodes]`.
    pub predicted: Vec<usize>,
    /// Test nodes by their true class, then by the one predicted, `[classes, classes]`.
    pub confusion: Vec<Vec<usize>>,
}

/// How a probe was fitted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbeFit {
    /// C, of several the one with the highest validation accuracy.
    pub c: f64,
    /// Whether the fit came to an end before its last iteration.
    pub converged: bool,
    /// Iterations.
    pub iterations: usize,
}

impl Evaluator {
    /// An evaluator for one split of a data set.
    ///
    /// # Errors
    /// No labels; no validation or test nodes; training nodes of fewer than two classes.
    pub fn new(dataset: &NodeDataset, split: &Split, probe: &ProbeConfig) -> Result<Self, Error> {
        let labels = dataset.labels().ok_or_else(|| {
            Error::invalid(format!("data set {}", dataset.name()), "labels to evaluate by", "none")
        })?;
        let mut classes: Vec<Option<u32>> = split.train().iter().map(|&node| labels.class(node)).collect();
        classes.sort_unstable();
        classes.dedup();
        for (what, expected, count, least) in [
            ("training nodes", "at least two classes", classes.len(), 2),
            ("validation nodes", "at least one", split.val().len(), 1),
            ("test nodes", "at least one", split.test().len(), 1),
        ] {
            if count < least {
                return Err(Error::invalid(what, expected, count.to_string()));
            }
        }
        let num_classes = labels.num_classes();
        // A split has no node without a label, so the number for those is never read.
        let labels = labels.classes().iter().map(|class| class.map_or(usize::MAX, |class| class as usize));
        let nodes = |nodes: &[u32]| nodes.iter().map(|&node| node as usize).collect();
        Ok(Self {
            reading: Reading::Probe { for_epochs: probe.init(), for_models: probe.choices() },
            labels: labels.collect(),
            num_classes,
            train: nodes(split.train()),
            val: nodes(split.val()),
            test: nodes(split.test()),
        })
    }

    /// The same for rows that are logits, `[nodes, classes]`, as supervised methods give.
    pub fn of_logits(self) -> Self {
        Self { reading: Reading::Logits, ..self }
    }

    /// The training nodes with their classes.
    pub fn training_labels(&self, num_classes: usize) -> TrainingLabels {
        let class = |&node: &usize| self.labels[node] as u32;
        TrainingLabels {
            nodes: self.train.iter().map(|&node| node as u32).collect(),
            classes: self.train.iter().map(class).collect(),
            num_classes,
        }
    }

    /// The accuracy on the validation nodes, by which epochs are chosen; no test label is read.
    ///
    /// # Errors
    /// Rows for another number of nodes; a value that is not finite.
    pub fn validation_accuracy(&self, rows: &Rows) -> Result<f64, evaluation::Error> {
        match &self.reading {
            Reading::Probe { for_epochs, .. } => {
                let fitted = for_epochs.fit(rows, &self.labels, &self.train)?;
                Ok(fitted.scores(rows, &self.labels, &self.val)?.accuracy)
            }
            Reading::Logits => Ok(self.class_scores(&rows.largest_column(&self.val)?, &self.val).accuracy),
        }
    }

    /// The accuracy on the validation nodes that [`evaluate`](Self::evaluate) would find, by which settings are chosen: of several
    /// probes that of the best. No test label is read.
    ///
    /// # Errors
    /// As [`validation_accuracy`](Self::validation_accuracy).
    pub fn chosen_validation_accuracy(&self, rows: &Rows) -> Result<f64, evaluation::Error> {
        match &self.reading {
            Reading::Probe { for_models, .. } => Ok(self.best_of(for_models, rows)?.0),
            Reading::Logits => self.validation_accuracy(rows),
        }
    }

    /// All scores: of a probe fitted on the training nodes, of several probes the one with the highest validation accuracy,
    /// scored on the test nodes.
    ///
    /// # Errors
    /// As [`validation_accuracy`](Self::validation_accuracy).
    pub fn evaluate(&self, rows: &Rows) -> Result<Scores, evaluation::Error> {
        let (val_acc, predicted) = match &self.reading {
            Reading::Probe { for_models, .. } => {
                let (val_acc, fitted, _) = self.best_of(for_models, rows)?;
                (val_acc, fitted.predict(rows, &self.test)?)
            }
            Reading::Logits => (self.validation_accuracy(rows)?, rows.largest_column(&self.test)?),
        };
        Ok(self.scores_of_test(val_acc, &predicted))
    }

    /// As [`evaluate`](Self::evaluate), with the probe, the class predicted for each node, and the confusion of the test nodes.
    ///
    /// # Errors
    /// As [`validation_accuracy`](Self::validation_accuracy).
    pub fn evaluate_in_full(&self, rows: &Rows) -> Result<Evaluation, evaluation::Error> {
        let nodes: Vec<usize> = (0..self.labels.len()).collect();
        let (val_acc, probe, predicted) = match &self.reading {
            Reading::Probe { for_models, .. } => {
                let (val_acc, fitted, c) = self.best_of(for_models, rows)?;
                let regression = fitted.regression();
                let converged = matches!(regression.stop(), Stop::Gradient | Stop::Decrease);
                let probe = ProbeFit { c, converged, iterations: regression.num_iterations() };
                (val_acc, Some(probe), fitted.predict(rows, &nodes)?)
            }
            Reading::Logits => (self.validation_accuracy(rows)?, None, rows.largest_column(&nodes)?),
        };
        let of_test: Vec<usize> = self.test.iter().map(|&node| predicted[node]).collect();
        let mut confusion = vec![vec![0; self.num_classes]; self.num_classes];
        for (&node, &class) in self.test.iter().zip(&of_test) {
            confusion[self.labels[node]][class] += 1;
        }
        Ok(Evaluation { scores: self.scores_of_test(val_acc, &of_test), probe, predicted, confusion })
    }

    fn scores_of_test(&self, val_acc: f64, predicted: &[usize]) -> Scores {
        let evaluation::Scores { accuracy: test_acc, macro_f1: test_macro_f1, .. } =
            self.class_scores(predicted, &self.test);
        Scores { val_acc, test_acc, test_macro_f1 }
    }

    /// The class predicted for each of the nodes.
    ///
    /// # Errors
    /// As [`validation_accuracy`](Self::validation_accuracy).
    pub fn predict(&self, rows: &Rows, nodes: &[usize]) -> Result<Vec<usize>, evaluation::Error> {
        match &self.reading {
            Reading::Probe { for_models, .. } => self.best_of(for_models, rows)?.1.predict(rows, nodes),
            Reading::Logits => rows.largest_column(nodes),
        }
    }

    /// The first probe with the highest validation accuracy, and its C.
    fn best_of(&self, probes: &[Probe], rows: &Rows) -> Result<(f64, FittedProbe, f64), evaluation::Error> {
        let mut best: Option<(f64, FittedProbe, f64)> = None;
        for probe in probes {
            let fitted = probe.fit(rows, &self.labels, &self.train)?;
            let val_acc = fitted.scores(rows, &self.labels, &self.val)?.accuracy;
            if best.as_ref().is_none_or(|(highest, ..)| val_acc > *highest) {
                best = Some((val_acc, fitted, probe.config().c));
            }
        }
        Ok(best.expect("there is at least one probe"))
    }

    fn class_scores(&self, predicted: &[usize], nodes: &[usize]) -> evaluation::Scores {
        let truth: Vec<usize> = nodes.iter().map(|&node| self.labels[node]).collect();
        evaluation::Scores::new(&truth, predicted)
    }

    /// The scores of features, sparse or dense.
    ///
    /// # Errors
    /// As [`validation_accuracy`](Self::validation_accuracy).
    pub fn evaluate_features(&self, features: &Features) -> Result<Scores, evaluation::Error> {
        self.evaluate(&rows_of(features))
    }
}

/// The rows of features, sparse or dense.
pub(crate) fn rows_of(features: &Features) -> Rows<'_> {
    match features {
        Features::Sparse(matrix) => Rows::sparse(matrix.view()),
        Features::Dense(matrix) => Rows::dense(matrix.view()),
    }
}

/// Evaluates an embedding on the split of a seed.
///
/// # Errors
/// A split that cannot evaluate; rows for another number of nodes; a value that is not finite.
pub fn evaluate_embedding(
    dataset: &NodeDataset,
    embedding: &Array2<f32>,
    protocol: Protocol,
    seed: u64,
    probe: &ProbeConfig,
) -> Result<Scores, Error> {
    let evaluator = Evaluator::new(dataset, &protocol.split(dataset, seed)?, probe)?;
    Ok(evaluator.evaluate(&Rows::dense(embedding.view()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cora() -> NodeDataset {
        graph_io::load("cora", None).unwrap()
    }

    #[test]
    fn an_embedding_of_the_labels_is_evaluated_perfect() {
        let cora = cora();
        let labels = cora.labels().unwrap();
        let embedding = Array2::from_shape_fn((2708, 7), |(node, class)| {
            if labels.class(node as u32) == Some(class as u32) { 1.0f32 } else { 0.0 }
        });
        let evaluator = Evaluator::new(&cora, cora.split().unwrap(), &ProbeConfig::default()).unwrap();
        let rows = Rows::dense(embedding.view());
        assert_eq!(
            evaluator.evaluate(&rows).unwrap(),
            Scores { val_acc: 1.0, test_acc: 1.0, test_macro_f1: 1.0 }
        );
        assert_eq!(evaluator.validation_accuracy(&rows).unwrap(), 1.0);
        let found = evaluator.evaluate_in_full(&rows).unwrap();
        assert_eq!(found.scores, evaluator.evaluate(&rows).unwrap());
        assert!(found.probe.is_some_and(|probe| probe.c == 1.0 && probe.converged && probe.iterations > 0));
        let truth = labels.classes().iter().map(|class| class.unwrap() as usize);
        assert!(truth.eq(found.predicted.iter().copied()));
        let diagonal: usize = (0..7).map(|class| found.confusion[class][class]).sum();
        assert_eq!((diagonal, found.confusion.concat().iter().sum()), (1000, 1000));
        let features = Features::Dense(embedding);
        assert_eq!(evaluator.evaluate_features(&features).unwrap().test_acc, 1.0);
    }

    #[test]
    fn a_split_that_cannot_judge_is_refused() {
        let cora = cora();
        let labels = cora.labels().unwrap();
        let of_class = |class: u32| -> Vec<u32> {
            (0..2708).filter(|&node| labels.class(node) == Some(class)).take(2).collect()
        };
        let message = |train: Vec<u32>, val: Vec<u32>, test: Vec<u32>| {
            let split = Split::from_nodes(train, val, test, labels).unwrap();
            Evaluator::new(&cora, &split, &ProbeConfig::default()).unwrap_err().to_string()
        };
        let (one, other) = (of_class(0), of_class(1));
        assert_eq!(
            message(one.clone(), vec![other[0]], vec![other[1]]),
            "training nodes: expected at least two classes, found 1"
        );
        let train = vec![one[0], other[0]];
        assert_eq!(
            message(train.clone(), vec![], vec![one[1]]),
            "validation nodes: expected at least one, found 0"
        );
        assert_eq!(message(train, vec![one[1]], vec![]), "test nodes: expected at least one, found 0");
    }

    #[test]
    fn rows_for_another_number_of_nodes_are_refused() {
        let cora = cora();
        let split = Protocol::Public.split(&cora, 0).unwrap();
        let evaluator = Evaluator::new(&cora, &split, &ProbeConfig::default()).unwrap();
        let narrow = Array2::<f32>::ones((3, 2));
        assert_eq!(
            evaluator.evaluate(&Rows::dense(narrow.view())).unwrap_err().to_string(),
            "labels: expected 3, one for each row, found 2708"
        );
    }
}
