use rayon::prelude::*;

use crate::error::Error;
use crate::finite_rows::FiniteRows;
use crate::logistic_regression::check_labels;
use crate::nearest::{Own, k_largest_among};
use crate::rows::Rows;

/// Predicts the label that most of the k training nodes with the largest cosine have; of as many the lower label.
///
/// ```
/// use evaluation::{KnnClassifier, Rows};
/// use ndarray::array;
///
/// let embedding = array![[1.0, 0.1], [0.9, 0.0], [0.1, 1.0], [0.0, 2.0], [3.0, 0.2]];
/// let labels = [0, 0, 1, 1, 0];
/// let classifier = KnnClassifier::new(1);
/// assert_eq!(classifier.predict(&Rows::dense(embedding.view()), &labels, &[0, 1, 2, 3], &[4])?, [0]);
/// # Ok::<(), evaluation::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnnClassifier {
    /// Number of training nodes that vote, at least 1.
    pub k: usize,
}

impl Default for KnnClassifier {
    /// Five nodes, as scikit-learn and the authors of ReduNet have.
    fn default() -> Self {
        Self { k: 5 }
    }
}

impl KnnClassifier {
    /// A classifier by this many nodes.
    pub fn new(k: usize) -> Self {
        Self { k }
    }

    /// The label predicted for each node; of `labels` only those of the training nodes are looked at. A training node among
    /// `nodes` counts itself: its cosine is 1. The lower index is nearer of equals. O(nodes · train · d_input).
    ///
    /// # Shapes
    /// rows `[nodes, d_input]`, labels `[nodes]`
    ///
    /// # Errors
    /// k zero or above the number of training nodes; labels not one for each row; an index out of range; a value that is not
    /// finite.
    pub fn predict(
        &self,
        rows: &Rows,
        labels: &[usize],
        train: &[usize],
        nodes: &[usize],
    ) -> Result<Vec<usize>, Error> {
        self.vote(rows, labels, train, nodes, Own::Counted)
    }

    /// [`predict`](Self::predict), but no node counts itself: for training nodes, the leave-one-out prediction.
    ///
    /// # Errors
    /// As [`predict`](Self::predict), and k equal to the number of training nodes.
    pub fn predict_leaving_out(
        &self,
        rows: &Rows,
        labels: &[usize],
        train: &[usize],
        nodes: &[usize],
    ) -> Result<Vec<usize>, Error> {
        self.vote(rows, labels, train, nodes, Own::LeftOut)
    }

    fn vote(
        &self,
        rows: &Rows,
        labels: &[usize],
        train: &[usize],
        nodes: &[usize],
        own: Own,
    ) -> Result<Vec<usize>, Error> {
        check_labels(rows, labels)?;
        if self.k == 0 {
            return Err(Error::Setting { name: "k", expected: "at least 1", found: 0.0 });
        }
        let num_rows = rows.num_rows();
        for list in [train, nodes] {
            if let Some(position) = list.iter().position(|&node| node >= num_rows) {
                return Err(Error::NodeOutOfRange { position, node: list[position], num_rows });
            }
        }
        let mut candidates = train.to_vec();
        candidates.sort_unstable();
        candidates.dedup();
        let expected = self.k.saturating_add(usize::from(own == Own::LeftOut));
        if candidates.len() < expected {
            let (purpose, found) = ("k training nodes", candidates.len());
            return Err(Error::TooFewRows { purpose, expected, found });
        }
        let rows = FiniteRows::check(&rows.scaled_to_unit_length())?;
        let nearest = k_largest_among(&rows, &vec![0.0; num_rows], nodes, &candidates, own, self.k);
        Ok(nearest
            .par_iter()
            .map(|nearest| most_frequent(nearest.iter().map(|(node, _)| labels[*node])))
            .collect())
    }
}

/// The label that comes most often, the lowest of several.
fn most_frequent(labels: impl Iterator<Item = usize>) -> usize {
    let mut labels: Vec<usize> = labels.collect();
    labels.sort_unstable();
    let runs = labels.chunk_by(|a, b| a == b);
    // `max_by_key` takes the last of equals.
    runs.rev().max_by_key(|run| run.len()).expect("k is at least 1")[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    fn embedding() -> Array2<f32> {
        array![[1.0, 0.0], [5.0, 0.5], [0.0, 2.0], [0.1, 1.0], [1.0, 0.9], [0.0, 0.0]]
    }

    #[test]
    fn most_votes_win_and_of_as_many_the_lower_label() {
        let embedding = embedding();
        let rows = Rows::dense(embedding.view());
        let labels = [7, 7, 3, 3, 9, 9];
        let predict =
            |k, nodes: &[usize]| KnnClassifier::new(k).predict(&rows, &labels, &[3, 0, 2, 1], nodes).unwrap();
        // Nearest to node 4 are 1, 3, 0, 2 by cosines 0.81, 0.74, 0.74 and 0.67.
        assert_eq!(predict(1, &[4, 2]), [7, 3]);
        assert_eq!(predict(3, &[4, 2]), [7, 3]);
        assert_eq!(predict(4, &[4, 2]), [3, 3]);
        // A row of zeros is as near to all: the lowest indices vote.
        assert_eq!(predict(2, &[5]), [7]);
    }

    #[test]
    fn a_training_node_counts_itself_unless_left_out() {
        let embedding = embedding();
        let rows = Rows::dense(embedding.view());
        let (labels, train) = ([0, 1, 2, 3, 4, 5], [0, 1, 2, 3]);
        let classifier = KnnClassifier::new(1);
        assert_eq!(classifier.predict(&rows, &labels, &train, &train).unwrap(), [0, 1, 2, 3]);
        assert_eq!(classifier.predict_leaving_out(&rows, &labels, &train, &train).unwrap(), [1, 0, 3, 2]);
    }

    #[test]
    fn refuses_what_it_cannot_predict() {
        let embedding = embedding();
        let rows = Rows::dense(embedding.view());
        let message = |k, labels: &[usize], train: &[usize], nodes: &[usize]| {
            KnnClassifier::new(k).predict(&rows, labels, train, nodes).unwrap_err().to_string()
        };
        assert_eq!(message(0, &[0; 6], &[0], &[1]), "`k` must be at least 1, got 0");
        assert_eq!(
            message(2, &[0; 6], &[0, 0], &[1]),
            "rows: expected at least 2 for k training nodes, found 1"
        );
        assert_eq!(message(1, &[0; 5], &[0], &[1]), "labels: expected 6, one for each row, found 5");
        assert_eq!(message(1, &[0; 6], &[0], &[1, 6]), "nodes[1]: expected an index below 6, found 6");
        let error = KnnClassifier::new(1).predict_leaving_out(&rows, &[0; 6], &[0], &[1]).unwrap_err();
        assert_eq!(error.to_string(), "rows: expected at least 2 for k training nodes, found 1");
    }
}
