use ndarray::Array2;
use sprs::CsMatI;

use crate::error::Error;
use crate::finite_rows::FiniteRows;
use crate::logistic_regression::{LogisticRegression, LogisticRegressionConfig};
use crate::paired::check_finite;
use crate::rows::{Rows, Storage};

/// How well scores tell edges from pairs without an edge; each number in [0, 1], higher is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinkScores {
    /// Area under the ROC curve: the part of the pairs (edge, no edge) in which the edge scores higher, ties counted
    /// one half. 0.5 for scores drawn by chance.
    pub auc: f64,
    /// Average precision Σ (Rₙ − Rₙ₋₁) Pₙ over the distinct scores from the highest down, with precision Pₙ and recall
    /// Rₙ of what scores at least so much; as scikit-learn has it, without interpolation.
    pub average_precision: f64,
}

impl LinkScores {
    /// Compares the scores of edges and of pairs without an edge. O(n log n).
    ///
    /// # Errors
    /// No edges or no pairs without an edge, a score that is not finite.
    pub fn of(edges: &[f64], non_edges: &[f64]) -> Result<Self, Error> {
        for (purpose, list, scores) in [
            ("edges", "scores of edges", edges),
            ("pairs without an edge", "scores without an edge", non_edges),
        ] {
            if scores.is_empty() {
                return Err(Error::NoPairs { purpose });
            }
            check_finite(list, scores)?;
        }
        // Plus zero makes one of the two zeros.
        let mut scores: Vec<(f64, bool)> = edges.iter().map(|score| (score + 0.0, true)).collect();
        scores.extend(non_edges.iter().map(|score| (score + 0.0, false)));
        scores.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        // Counts below 2⁵³: exact in f64.
        let (mut above, mut all_above, mut half_wins, mut average_precision) = (0.0, 0.0, 0.0, 0.0);
        for tied in scores.chunk_by(|a, b| a.0 == b.0) {
            let edges_here = tied.iter().filter(|(_, edge)| *edge).count() as f64;
            half_wins += (tied.len() as f64 - edges_here) * (2.0 * above + edges_here);
            above += edges_here;
            all_above += tied.len() as f64;
            average_precision += edges_here * above / all_above;
        }
        let auc = half_wins / (2.0 * edges.len() as f64 * non_edges.len() as f64);
        Ok(Self { auc, average_precision: average_precision / edges.len() as f64 })
    }
}

/// A score of a pair of nodes that needs no fit, symmetric in the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairSimilarity {
    /// x·y.
    Dot,
    /// x·y / (‖x‖ ‖y‖); 0 where a row is zero.
    Cosine,
}

impl PairSimilarity {
    /// The score of each pair. O(pairs · d_input) beyond one look at every row.
    ///
    /// # Shapes
    /// rows `[nodes, d_input]`, output `[pairs]`
    ///
    /// # Errors
    /// An index out of range, a value that is not finite in any row.
    pub fn scores(self, rows: &Rows, pairs: &[(u32, u32)]) -> Result<Vec<f64>, Error> {
        let rows = match self {
            Self::Dot => FiniteRows::check(rows)?,
            Self::Cosine => FiniteRows::check(&rows.scaled_to_unit_length())?,
        };
        check_pairs(pairs, rows.num_rows())?;
        let mut scores = Vec::with_capacity(pairs.len());
        for_each_pair(&rows, pairs, |x, y| scores.push(x.iter().zip(y).map(|(x, y)| x * y).sum()));
        Ok(scores)
    }
}

/// A logistic regression that tells edges from pairs without one by the Hadamard product x ∘ y of their rows: a dot
/// product with a weight for each column (node2vec's operator; Grover and Leskovec 2016, arXiv 1607.00653).
#[derive(Debug, Clone)]
pub struct HadamardClassifier {
    regression: LogisticRegression,
}

impl HadamardClassifier {
    /// Fits training pairs. Memory is `O(pairs · d_input)`, or the entries of the products of sparse rows.
    ///
    /// # Shapes
    /// rows `[nodes, d_input]`
    ///
    /// # Errors
    /// No edges or no pairs without an edge, an index out of range, a value that is not finite, and settings as
    /// [`LogisticRegressionConfig::fit`].
    pub fn fit(
        rows: &Rows,
        edges: &[(u32, u32)],
        non_edges: &[(u32, u32)],
        config: &LogisticRegressionConfig,
    ) -> Result<Self, Error> {
        for (purpose, pairs) in [("edges", edges), ("pairs without an edge", non_edges)] {
            if pairs.is_empty() {
                return Err(Error::NoPairs { purpose });
            }
        }
        let finite = FiniteRows::check(rows)?;
        let pairs = [edges, non_edges].concat();
        check_pairs(edges, finite.num_rows())?;
        check_pairs(non_edges, finite.num_rows())?;
        let labels: Vec<usize> = (0..pairs.len()).map(|pair| usize::from(pair < edges.len())).collect();
        let train: Vec<usize> = (0..pairs.len()).collect();
        let regression =
            Products::of(rows, &finite, &pairs).read(|rows| config.fit(&rows, &labels, &train))?;
        Ok(Self { regression })
    }

    /// The log-odds that each pair is an edge: of the same order as its probability, but not rounded to 1.
    ///
    /// # Shapes
    /// rows `[nodes, d_input]`, output `[pairs]`
    ///
    /// # Errors
    /// Rows of another width than at the fit, an index out of range, a value that is not finite.
    pub fn scores(&self, rows: &Rows, pairs: &[(u32, u32)]) -> Result<Vec<f64>, Error> {
        let expected = self.regression.coefficients().ncols();
        if rows.d_input() != expected {
            return Err(Error::NumColumns { expected, found: rows.d_input() });
        }
        let finite = FiniteRows::check(rows)?;
        check_pairs(pairs, finite.num_rows())?;
        let coefficients = self.regression.coefficients();
        let weights: Vec<f64> = (&coefficients.row(1) - &coefficients.row(0)).to_vec();
        let intercept = self.regression.intercepts()[1] - self.regression.intercepts()[0];
        let mut scores = Vec::with_capacity(pairs.len());
        for_each_pair(&finite, pairs, |x, y| {
            let terms = x.iter().zip(y).zip(&weights).map(|((x, y), weight)| x * y * weight);
            scores.push(intercept + terms.sum::<f64>());
        });
        Ok(scores)
    }

    /// The logistic regression, of which class 1 is an edge.
    pub fn regression(&self) -> &LogisticRegression {
        &self.regression
    }
}

/// The Hadamard products of pairs, stored like the rows they are of.
enum Products {
    Dense(Array2<f32>),
    Sparse(CsMatI<f32, u32, usize>),
}

impl Products {
    fn of(rows: &Rows, finite: &FiniteRows, pairs: &[(u32, u32)]) -> Self {
        let d = finite.d_input();
        if let Storage::Dense(_) = rows.storage {
            let mut values = Vec::with_capacity(pairs.len() * d);
            for_each_pair(finite, pairs, |x, y| values.extend(x.iter().zip(y).map(|(x, y)| (x * y) as f32)));
            let shape = (pairs.len(), d);
            return Self::Dense(Array2::from_shape_vec(shape, values).expect("each pair gave one row"));
        }
        let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        for_each_pair(finite, pairs, |x, y| {
            for (column, (x, y)) in (0u32..).zip(x.iter().zip(y)) {
                if x * y != 0.0 {
                    columns.push(column);
                    values.push((x * y) as f32);
                }
            }
            starts.push(columns.len());
        });
        Self::Sparse(CsMatI::new((pairs.len(), d), starts, columns, values))
    }

    fn read<T>(&self, visit: impl FnOnce(Rows) -> T) -> T {
        match self {
            Self::Dense(matrix) => visit(Rows::dense(matrix.view())),
            Self::Sparse(matrix) => visit(Rows::sparse(matrix.view())),
        }
    }
}

fn check_pairs(pairs: &[(u32, u32)], num_rows: usize) -> Result<(), Error> {
    for (position, &(a, b)) in pairs.iter().enumerate() {
        let node = a.max(b);
        if node as usize >= num_rows {
            return Err(Error::PairOutOfRange { position, node, num_rows });
        }
    }
    Ok(())
}

/// Gives the two rows of each pair, in order.
fn for_each_pair(rows: &FiniteRows, pairs: &[(u32, u32)], mut visit: impl FnMut(&[f64], &[f64])) {
    let d = rows.d_input();
    let (mut left, mut right) = (vec![0.0; d], vec![0.0; d]);
    for &(a, b) in pairs {
        rows.read(a as usize, &mut left);
        rows.read(b as usize, &mut right);
        visit(&left, &right);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use proptest::prelude::*;
    use sprs::TriMatI;

    #[test]
    fn matches_the_case_worked_by_hand() {
        // From the top: edge, tie of an edge and two others, edge. AUC = (2 + 1 + 0) / 6.
        let scores = LinkScores::of(&[0.9, 0.5, 0.1], &[0.5, 0.5]).unwrap();
        approx::assert_relative_eq!(scores.auc, 0.5);
        approx::assert_relative_eq!(scores.average_precision, (1.0 + 2.0 / 4.0 + 3.0 / 5.0) / 3.0);
    }

    #[test]
    fn the_two_zeros_are_a_tie() {
        assert_eq!(LinkScores::of(&[-0.0], &[0.0]).unwrap(), LinkScores { auc: 0.5, average_precision: 0.5 });
    }

    #[test]
    fn dot_and_cosine_are_those_of_the_rows() {
        let embedding = array![[3.0f32, 4.0], [1.0, 0.0], [0.0, 0.0]];
        let rows = Rows::dense(embedding.view());
        let pairs = [(0, 1), (1, 0), (0, 2), (0, 0)];
        assert_eq!(PairSimilarity::Dot.scores(&rows, &pairs).unwrap(), [3.0, 3.0, 0.0, 25.0]);
        let cosines = PairSimilarity::Cosine.scores(&rows, &pairs).unwrap();
        for (cosine, expected) in cosines.iter().zip([0.6, 0.6, 0.0, 1.0]) {
            approx::assert_relative_eq!(*cosine, expected, max_relative = 1e-12);
        }
    }

    #[test]
    fn a_classifier_learns_which_columns_tell() {
        // Nodes are joined where their signs in column 1 agree; column 0 is larger and tells nothing.
        let embedding = Array2::from_shape_fn((40, 2), |(i, j)| match j {
            0 => 5.0 * ((i * 7 % 11) as f32 - 5.0),
            _ => [1.0f32, -1.0][i % 2],
        });
        let pairs = |parity: u32| -> Vec<(u32, u32)> {
            (0..40).flat_map(|a| (0..a).map(move |b| (a, b))).filter(|(a, b)| (a + b) % 2 == parity).collect()
        };
        let (edges, non_edges) = (pairs(0), pairs(1));
        let mut triplets = TriMatI::<f32, u32>::new((40, 2));
        embedding.indexed_iter().for_each(|((i, j), &value)| triplets.add_triplet(i, j, value));
        let csr: CsMatI<f32, u32, usize> = triplets.to_csr();
        let mut of_storages = Vec::new();
        for rows in [Rows::dense(embedding.view()), Rows::sparse(csr.view())] {
            let config = LogisticRegressionConfig::default();
            let classifier =
                HadamardClassifier::fit(&rows, &edges[..200], &non_edges[..200], &config).unwrap();
            let scores = |pairs| classifier.scores(&rows, pairs).unwrap();
            let scores = LinkScores::of(&scores(&edges[200..]), &scores(&non_edges[200..])).unwrap();
            assert_eq!(scores, LinkScores { auc: 1.0, average_precision: 1.0 });
            of_storages.push(classifier.scores(&rows, &edges).unwrap());
            let dot = |pairs| PairSimilarity::Dot.scores(&rows, pairs).unwrap();
            assert!(LinkScores::of(&dot(&edges), &dot(&non_edges)).unwrap().auc < 0.7);
        }
        for (dense, sparse) in of_storages[0].iter().zip(&of_storages[1]) {
            approx::assert_relative_eq!(dense, sparse, max_relative = 1e-4);
        }
    }

    #[test]
    fn the_score_is_the_log_odds_of_the_probability() {
        let embedding = array![[1.0f32, 0.5], [0.8, -0.4], [-1.0, 0.3], [-0.7, -0.9]];
        let rows = Rows::dense(embedding.view());
        let config = LogisticRegressionConfig::default();
        let classifier =
            HadamardClassifier::fit(&rows, &[(0, 1), (2, 3)], &[(0, 2), (1, 3)], &config).unwrap();
        let product = array![[0.8f32, -0.2]];
        let probability =
            classifier.regression().probabilities(&Rows::dense(product.view()), &[0]).unwrap()[[0, 1]];
        let score = classifier.scores(&rows, &[(0, 1)]).unwrap()[0];
        approx::assert_relative_eq!(1.0 / (1.0 + (-score).exp()), probability, max_relative = 1e-6);
    }

    #[test]
    fn refuses_pairs_and_scores_that_cannot_be() {
        let message = |edges: &[f64], others: &[f64]| LinkScores::of(edges, others).unwrap_err().to_string();
        assert_eq!(message(&[], &[1.0]), "edges: expected at least one, found none");
        assert_eq!(message(&[1.0], &[]), "pairs without an edge: expected at least one, found none");
        assert_eq!(
            message(&[1.0], &[0.0, f64::NAN]),
            "scores without an edge[1]: expected a finite number, found NaN"
        );
        let embedding = array![[1.0f32], [2.0]];
        let rows = Rows::dense(embedding.view());
        let error = PairSimilarity::Dot.scores(&rows, &[(0, 1), (2, 0)]).unwrap_err();
        assert_eq!(error.to_string(), "pairs[1]: expected indices below 2, found 2");
    }

    proptest! {
        #[test]
        fn turning_all_scores_around_mirrors_the_auc(
            edges in prop::collection::vec(-3i32..3, 1..20),
            others in prop::collection::vec(-3i32..3, 1..20),
        ) {
            let of = |sign: f64| {
                let scores = |list: &[i32]| -> Vec<f64> { list.iter().map(|&s| sign * f64::from(s)).collect() };
                LinkScores::of(&scores(&edges), &scores(&others)).unwrap()
            };
            prop_assert!((of(1.0).auc + of(-1.0).auc - 1.0).abs() < 1e-12);
        }
    }
}
