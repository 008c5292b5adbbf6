use ndarray::Array2;

/// The part of the predictions that are right, in [0, 1].
///
/// # Panics
/// When there are no predictions or not one for each true label.
pub fn accuracy(truth: &[usize], predicted: &[usize]) -> f64 {
    assert_same_length(truth, predicted);
    let num_right = truth.iter().zip(predicted).filter(|(truth, predicted)| truth == predicted).count();
    num_right as f64 / truth.len() as f64
}

/// How well a set of nodes was predicted; each number in [0, 1], higher is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// The part of the predictions that are right.
    pub accuracy: f64,
    /// The mean of the F1 of the classes.
    pub macro_f1: f64,
    /// F1 of all classes together; with one label a node it equals the accuracy.
    pub micro_f1: f64,
}

impl Scores {
    /// Scores predictions against the true labels.
    ///
    /// # Panics
    /// When there are no predictions or not one for each true label.
    pub fn new(truth: &[usize], predicted: &[usize]) -> Self {
        let confusion = ConfusionMatrix::new(truth, predicted);
        Self {
            accuracy: confusion.accuracy(),
            macro_f1: confusion.macro_f1(),
            micro_f1: confusion.micro_f1(),
        }
    }
}

/// How one class was predicted; a ratio with nothing below the line is 0, as in scikit-learn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassScores {
    /// The label.
    pub class: usize,
    /// How many nodes truly have it.
    pub support: usize,
    /// The part of the nodes predicted to have it that do.
    pub precision: f64,
    /// The part of the nodes that have it that are predicted to.
    pub recall: f64,
    /// 2 · right / (predicted + support), the harmonic mean of precision and recall.
    pub f1: f64,
}

/// How often each class was predicted as each: row the true class, column the predicted one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfusionMatrix {
    classes: Vec<usize>,
    counts: Array2<usize>,
}

impl ConfusionMatrix {
    /// Counts predictions. The classes are those of the true labels and of the predictions, in ascending
    /// order.
    ///
    /// # Panics
    /// When there are no predictions or not one for each true label.
    pub fn new(truth: &[usize], predicted: &[usize]) -> Self {
        assert_same_length(truth, predicted);
        let mut classes: Vec<usize> = truth.iter().chain(predicted).copied().collect();
        classes.sort_unstable();
        classes.dedup();
        let place = |class| classes.binary_search(class).expect("the classes are those of both lists");
        let mut counts = Array2::zeros((classes.len(), classes.len()));
        for (truth, predicted) in truth.iter().zip(predicted) {
            counts[[place(truth), place(predicted)]] += 1;
        }
        Self { classes, counts }
    }

    /// The label of each row and column.
    pub fn classes(&self) -> &[usize] {
        &self.classes
    }

    /// The counts.
    ///
    /// # Shapes
    /// `[classes, classes]`, true by predicted
    pub fn counts(&self) -> &Array2<usize> {
        &self.counts
    }

    /// The part of the predictions that are right.
    pub fn accuracy(&self) -> f64 {
        ratio(self.counts.diag().sum(), self.counts.sum())
    }

    /// Precision, recall and F1 of each class, in the order of [`classes`](Self::classes).
    pub fn class_scores(&self) -> Vec<ClassScores> {
        let scores = |(place, &class): (usize, &usize)| {
            let right = self.counts[[place, place]];
            let (support, predicted) = (self.counts.row(place).sum(), self.counts.column(place).sum());
            ClassScores {
                class,
                support,
                precision: ratio(right, predicted),
                recall: ratio(right, support),
                f1: ratio(2 * right, predicted + support),
            }
        };
        self.classes.iter().enumerate().map(scores).collect()
    }

    /// The mean of the F1 of the classes, each counted once whatever its support.
    pub fn macro_f1(&self) -> f64 {
        self.class_scores().iter().map(|scores| scores.f1).sum::<f64>() / self.classes.len() as f64
    }

    /// F1 of the classes' counts added up.
    pub fn micro_f1(&self) -> f64 {
        // A node is one prediction of some class and one member of some class, so the sum below the line is
        // twice n.
        ratio(2 * self.counts.diag().sum(), 2 * self.counts.sum())
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn assert_same_length(truth: &[usize], predicted: &[usize]) {
    assert!(
        !truth.is_empty() && truth.len() == predicted.len(),
        "scores need one prediction for each of at least one true label, found {} for {}",
        predicted.len(),
        truth.len()
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use proptest::prelude::*;

    // 4 is never predicted, 8 is never true.
    const TRUTH: [usize; 8] = [0, 0, 0, 2, 2, 2, 2, 4];
    const PREDICTED: [usize; 8] = [0, 0, 2, 2, 2, 2, 8, 0];

    #[test]
    fn matches_the_case_worked_by_hand() {
        let confusion = ConfusionMatrix::new(&TRUTH, &PREDICTED);
        assert_eq!(confusion.classes(), [0, 2, 4, 8]);
        let counts = array![[2, 1, 0, 0], [0, 3, 0, 1], [1, 0, 0, 0], [0, 0, 0, 0]];
        assert_eq!(confusion.counts(), &counts);
        let scores = confusion.class_scores();
        let expected = [
            ClassScores { class: 0, support: 3, precision: 2.0 / 3.0, recall: 2.0 / 3.0, f1: 4.0 / 6.0 },
            ClassScores { class: 2, support: 4, precision: 0.75, recall: 0.75, f1: 0.75 },
            ClassScores { class: 4, support: 1, precision: 0.0, recall: 0.0, f1: 0.0 },
            ClassScores { class: 8, support: 0, precision: 0.0, recall: 0.0, f1: 0.0 },
        ];
        assert_eq!(scores, expected);
        let all = Scores::new(&TRUTH, &PREDICTED);
        assert_eq!(all.accuracy, 0.625);
        approx::assert_relative_eq!(all.macro_f1, (2.0 / 3.0 + 0.75) / 4.0);
        assert_eq!(all.micro_f1, 0.625);
        assert_eq!(accuracy(&TRUTH, &PREDICTED), 0.625);
    }

    #[test]
    fn all_right_is_one_and_all_wrong_is_zero() {
        let ones = Scores { accuracy: 1.0, macro_f1: 1.0, micro_f1: 1.0 };
        assert_eq!(Scores::new(&[5, 6, 5], &[5, 6, 5]), ones);
        let zeros = Scores { accuracy: 0.0, macro_f1: 0.0, micro_f1: 0.0 };
        assert_eq!(Scores::new(&[5, 6, 5], &[6, 5, 7]), zeros);
    }

    #[test]
    fn labels_may_be_as_large_as_they_like() {
        let confusion = ConfusionMatrix::new(&[usize::MAX, 0], &[usize::MAX, 0]);
        assert_eq!(confusion.counts().dim(), (2, 2));
    }

    #[test]
    #[should_panic(expected = "one prediction for each of at least one true label, found 1 for 2")]
    fn refuses_lists_of_different_lengths() {
        accuracy(&[1, 2], &[1]);
    }

    #[test]
    #[should_panic(expected = "one prediction for each of at least one true label, found 0 for 0")]
    fn refuses_empty_lists() {
        ConfusionMatrix::new(&[], &[]);
    }

    fn close(a: Scores, b: Scores) -> bool {
        let near = |a: f64, b: f64| (a - b).abs() < 1e-14;
        near(a.accuracy, b.accuracy) && near(a.macro_f1, b.macro_f1) && near(a.micro_f1, b.micro_f1)
    }

    proptest! {
        #[test]
        fn order_of_nodes_and_names_of_classes_do_not_matter(
            pairs in prop::collection::vec((0usize..6, 0usize..6), 1..60),
            shift in 0usize..60,
            names in Just([0usize, 10, 20, 30, 40, 50]).prop_shuffle(),
        ) {
            let (truth, predicted): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
            let scores = Scores::new(&truth, &predicted);

            let mut rotated = pairs.clone();
            rotated.rotate_left(shift % pairs.len());
            let (truth_rotated, predicted_rotated): (Vec<_>, Vec<_>) = rotated.into_iter().unzip();
            prop_assert_eq!(scores, Scores::new(&truth_rotated, &predicted_rotated));

            let renamed = |labels: &[usize]| labels.iter().map(|&label| names[label]).collect::<Vec<_>>();
            prop_assert!(close(scores, Scores::new(&renamed(&truth), &renamed(&predicted))));
        }

        #[test]
        fn scores_lie_between_zero_and_one_and_agree(
            pairs in prop::collection::vec((0usize..6, 0usize..6), 1..60),
        ) {
            let (truth, predicted): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
            let scores = Scores::new(&truth, &predicted);
            prop_assert!((0.0..=1.0).contains(&scores.macro_f1));
            prop_assert_eq!(scores.accuracy, scores.micro_f1);
            prop_assert_eq!(scores.accuracy, accuracy(&truth, &predicted));
            let confusion = ConfusionMatrix::new(&truth, &predicted);
            prop_assert_eq!(confusion.counts().sum(), truth.len());
            let swapped = ConfusionMatrix::new(&predicted, &truth);
            prop_assert_eq!(swapped.counts(), &confusion.counts().t());
            for class in confusion.class_scores() {
                let (p, r) = (class.precision, class.recall);
                let harmonic = if p + r == 0.0 { 0.0 } else { 2.0 * p * r / (p + r) };
                prop_assert!((class.f1 - harmonic).abs() < 1e-14);
            }
        }
    }
}
