use rayon::prelude::*;

use crate::error::Error;
use crate::logistic_regression::{LogisticRegression, LogisticRegressionConfig};
use crate::rows::Rows;

/// The probe for nodes of several classes, by which Perozzi, Al-Rfou and Skiena (DeepWalk, KDD 2014, arXiv 1403.6652) and
/// those after them report BlogCatalog, PPI and the like: a logistic regression for each class against all others
/// (one-vs-rest), and for a node of k classes the k with the highest scores predicted.
///
/// `c` is that of a regression with a single row of coefficients, as scikit-learn has it for two classes. Rows are taken as
/// they are; [`Rows::scaled_to_unit_length`] scales them first.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MultiLabelProbe {
    config: LogisticRegressionConfig,
}

/// A probe that has seen its training nodes.
#[derive(Debug, Clone)]
pub struct FittedMultiLabelProbe {
    classes: Vec<OneVsRest>,
}

/// What tells the nodes of one class.
#[derive(Debug, Clone)]
enum OneVsRest {
    /// No training node has the class.
    Never,
    /// Every training node has it.
    Always,
    Fitted(LogisticRegression),
}

/// How well the classes of a set of nodes were predicted; each number in [0, 1], higher is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MultiLabelScores {
    /// F1 of the counts of all classes added up: 2 · right / (predicted + true).
    pub micro_f1: f64,
    /// The mean of the F1 of the classes that any of the nodes has or is predicted to have.
    pub macro_f1: f64,
}

impl MultiLabelProbe {
    /// A probe with these settings.
    pub fn new(config: LogisticRegressionConfig) -> Self {
        Self { config }
    }

    /// Fits the training nodes; of `labels` only theirs are looked at. The classes are fitted on all cores, each in a fixed
    /// order. Costs that of [`LogisticRegressionConfig::fit`] for each class.
    ///
    /// # Shapes
    /// rows `[nodes, d_input]`, labels `[nodes]`, each with the classes of a node
    ///
    /// # Errors
    /// A setting out of range; labels not one list for each row; no training nodes; an index out of range; a value that is
    /// not finite in a training row.
    pub fn fit<L: AsRef<[u32]> + Sync>(
        &self,
        rows: &Rows<'_>,
        labels: &[L],
        train: &[usize],
    ) -> Result<FittedMultiLabelProbe, Error> {
        check_lists(rows, labels)?;
        if train.is_empty() {
            return Err(Error::NoNodes { purpose: "training" });
        }
        if let Some(position) = train.iter().position(|&node| node >= rows.num_rows()) {
            return Err(Error::NodeOutOfRange { position, node: train[position], num_rows: rows.num_rows() });
        }
        let of_train = train.iter().flat_map(|&node| labels[node].as_ref());
        let num_classes = of_train.max().map_or(0, |&last| last + 1);
        // Two rows of coefficients are penalised half as hard as their difference.
        let config = LogisticRegressionConfig { c: self.config.c / 2.0, ..self.config };
        let fit = |class: u32| {
            let mut is_of_class = vec![0; labels.len()];
            train
                .iter()
                .for_each(|&node| is_of_class[node] = usize::from(labels[node].as_ref().contains(&class)));
            match config.fit(rows, &is_of_class, train) {
                Ok(regression) => Ok(OneVsRest::Fitted(regression)),
                Err(Error::OneClass { class: 0 }) => Ok(OneVsRest::Never),
                Err(Error::OneClass { .. }) => Ok(OneVsRest::Always),
                Err(error) => Err(error),
            }
        };
        let classes = (0..num_classes).into_par_iter().map(fit).collect::<Result<_, _>>()?;
        Ok(FittedMultiLabelProbe { classes })
    }
}

impl FittedMultiLabelProbe {
    /// For each node the classes with the highest scores, as many as asked for; ascending, the first of equals. Fewer where
    /// the training nodes have fewer.
    ///
    /// # Panics
    /// When there is not one number for each node.
    ///
    /// # Errors
    /// Rows of another width than at the fit; an index out of range; a value that is not finite in a row asked for.
    pub fn predict(
        &self,
        rows: &Rows<'_>,
        nodes: &[usize],
        num_classes: &[usize],
    ) -> Result<Vec<Vec<u32>>, Error> {
        assert_eq!(nodes.len(), num_classes.len(), "a number of classes for each node");
        let scores = |class: &OneVsRest| match class {
            OneVsRest::Never => Ok(vec![f64::NEG_INFINITY; nodes.len()]),
            OneVsRest::Always => Ok(vec![f64::INFINITY; nodes.len()]),
            OneVsRest::Fitted(regression) => {
                let mut scores = Vec::with_capacity(nodes.len());
                regression.for_each_logits(rows, nodes, |logits| scores.push(logits[1] - logits[0]))?;
                Ok(scores)
            }
        };
        let scores = self.classes.par_iter().map(scores).collect::<Result<Vec<_>, Error>>()?;
        let predict = |(position, &count): (usize, &usize)| {
            let mut order: Vec<u32> = (0..scores.len() as u32).collect();
            let score = |class: u32| scores[class as usize][position];
            order.sort_by(|&a, &b| score(b).total_cmp(&score(a)));
            order.retain(|&class| score(class) > f64::NEG_INFINITY);
            order.truncate(count);
            order.sort_unstable();
            order
        };
        Ok(num_classes.iter().enumerate().map(predict).collect())
    }

    /// How well these nodes are predicted, each by as many classes as it has; of `labels` only theirs are looked at. Nodes
    /// without a class count for nothing.
    ///
    /// # Errors
    /// No nodes to score; labels not one list for each row; and as [`predict`](Self::predict).
    pub fn scores<L: AsRef<[u32]>>(
        &self,
        rows: &Rows<'_>,
        labels: &[L],
        nodes: &[usize],
    ) -> Result<MultiLabelScores, Error> {
        check_lists(rows, labels)?;
        if nodes.is_empty() {
            return Err(Error::NoNodes { purpose: "scored" });
        }
        if let Some(position) = nodes.iter().position(|&node| node >= rows.num_rows()) {
            return Err(Error::NodeOutOfRange { position, node: nodes[position], num_rows: rows.num_rows() });
        }
        let truth: Vec<&[u32]> = nodes.iter().map(|&node| labels[node].as_ref()).collect();
        let counts: Vec<usize> = truth.iter().map(|classes| classes.len()).collect();
        Ok(MultiLabelScores::new(&truth, &self.predict(rows, nodes, &counts)?))
    }
}

impl MultiLabelScores {
    /// Scores predicted classes against the true ones, a list a node; where there is no class at all both are 0.
    ///
    /// # Panics
    /// When there is not one list of predictions for each true one.
    pub fn new<T: AsRef<[u32]>, P: AsRef<[u32]>>(truth: &[T], predicted: &[P]) -> Self {
        assert_eq!(truth.len(), predicted.len(), "predictions for each node");
        let lists = truth.iter().map(AsRef::as_ref).chain(predicted.iter().map(AsRef::as_ref));
        let num_classes = lists.flatten().max().map_or(0, |&last| last as usize + 1);
        let (mut right, mut told) = (vec![0usize; num_classes], vec![0usize; num_classes]);
        for (truth, predicted) in truth.iter().zip(predicted) {
            let (truth, predicted) = (truth.as_ref(), predicted.as_ref());
            truth.iter().chain(predicted).for_each(|&class| told[class as usize] += 1);
            predicted
                .iter()
                .filter(|class| truth.contains(class))
                .for_each(|&class| right[class as usize] += 1);
        }
        let ratio = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        let of_classes = right.iter().zip(&told).filter(|(_, told)| **told > 0);
        let f1: Vec<f64> = of_classes.map(|(&right, &told)| ratio(2 * right, told)).collect();
        Self {
            micro_f1: ratio(2 * right.iter().sum::<usize>(), told.iter().sum()),
            macro_f1: if f1.is_empty() { 0.0 } else { f1.iter().sum::<f64>() / f1.len() as f64 },
        }
    }
}

fn check_lists<L>(rows: &Rows<'_>, labels: &[L]) -> Result<(), Error> {
    let (expected, found) = (rows.num_rows(), labels.len());
    if expected == found { Ok(()) } else { Err(Error::LabelsLength { expected, found }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    /// Two independent coordinates: class 0 where the first is positive, class 2 where the second is.
    fn embedding() -> Array2<f32> {
        array![[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0], [2.0, 1.5], [0.9, -3.0], [-2.0, 0.8]]
    }

    fn labels() -> Vec<Vec<u32>> {
        vec![vec![0, 2], vec![0], vec![2], vec![], vec![0, 2], vec![0], vec![2]]
    }

    #[test]
    fn a_node_of_two_classes_is_predicted_to_have_both() {
        let (embedding, labels) = (embedding(), labels());
        let rows = Rows::dense(embedding.view());
        let fitted = MultiLabelProbe::default().fit(&rows, &labels, &[0, 1, 2, 3]).unwrap();
        assert_eq!(fitted.predict(&rows, &[4, 5, 6], &[2, 1, 1]).unwrap(), [vec![0, 2], vec![0], vec![2]]);
        // Class 1 has no training node and is never predicted.
        assert_eq!(fitted.predict(&rows, &[4], &[3]).unwrap(), [vec![0, 2]]);
        let scores = fitted.scores(&rows, &labels, &[4, 5, 6, 3]).unwrap();
        assert_eq!(scores, MultiLabelScores { micro_f1: 1.0, macro_f1: 1.0 });
    }

    #[test]
    fn each_class_has_the_regression_that_it_would_have_alone() {
        let (embedding, labels) = (embedding(), labels());
        let rows = Rows::dense(embedding.view());
        let probe = MultiLabelProbe::new(LogisticRegressionConfig { c: 3.0, ..Default::default() });
        let fitted = probe.fit(&rows, &labels, &[0, 1, 2, 3]).unwrap();
        let alone = LogisticRegressionConfig { c: 1.5, ..Default::default() };
        let alone = alone.fit(&rows, &[1, 1, 0, 0, 0, 0, 0], &[0, 1, 2, 3]).unwrap();
        let OneVsRest::Fitted(of_class) = &fitted.classes[0] else { panic!("{fitted:?}") };
        assert_eq!(of_class.coefficients(), alone.coefficients());
    }

    #[test]
    fn a_class_of_all_training_nodes_is_always_predicted_first() {
        let embedding = embedding();
        let rows = Rows::dense(embedding.view());
        let labels: Vec<Vec<u32>> = vec![vec![1], vec![0, 1], vec![1], vec![0, 1], vec![1], vec![1], vec![0]];
        let fitted = MultiLabelProbe::default().fit(&rows, &labels, &[0, 1, 2, 3]).unwrap();
        assert_eq!(fitted.predict(&rows, &[4, 5], &[1, 2]).unwrap(), [vec![1], vec![0, 1]]);
    }

    #[test]
    fn scores_are_those_worked_by_hand() {
        // Class 0: 1 right of 2 true and 1 predicted, F1 2/3. Class 1: 0 of 1 and 1, F1 0. Class 3: 1 of 1 and 2, F1 2/3.
        let scores = MultiLabelScores::new(&[vec![0, 3], vec![0], vec![1]], &[vec![0, 3], vec![1], vec![3]]);
        assert!((scores.micro_f1 - 4.0 / 8.0).abs() < 1e-15, "{scores:?}");
        assert!((scores.macro_f1 - 4.0 / 9.0).abs() < 1e-15, "{scores:?}");
        let none: [Vec<u32>; 1] = [vec![]];
        assert_eq!(MultiLabelScores::new(&none, &none), MultiLabelScores { micro_f1: 0.0, macro_f1: 0.0 });
    }

    #[test]
    fn refuses_bad_input_with_its_place() {
        let (embedding, labels) = (embedding(), labels());
        let rows = Rows::dense(embedding.view());
        let probe = MultiLabelProbe::default();
        let message =
            |labels: &[Vec<u32>], train: &[usize]| probe.fit(&rows, labels, train).unwrap_err().to_string();
        assert_eq!(message(&labels, &[]), "training nodes: expected at least one, found none");
        assert_eq!(message(&labels[1..], &[0]), "labels: expected 7, one for each row, found 6");
        assert_eq!(message(&labels, &[0, 9]), "nodes[1]: expected an index below 7, found 9");
        let fitted = probe.fit(&rows, &labels, &[0, 1, 2]).unwrap();
        let message = |nodes: &[usize]| fitted.scores(&rows, &labels, nodes).unwrap_err().to_string();
        assert_eq!(message(&[]), "scored nodes: expected at least one, found none");
        assert_eq!(message(&[7]), "nodes[0]: expected an index below 7, found 7");
    }
}
