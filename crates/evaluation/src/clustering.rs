use ndarray::Array2;

use crate::assignment::best_assignment;

/// How well clusters found without labels agree with the true classes; higher is better, 1 is a perfect match
/// up to the names of the clusters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClusteringScores {
    /// The part of the nodes that is right when each cluster stands for one class, none for two, in the best
    /// way; in [0, 1].
    pub accuracy: f64,
    /// Normalized mutual information I(T; C) / ((H(T) + H(C)) / 2), in [0, 1]; normalized by the arithmetic
    /// mean of the entropies, as scikit-learn does by default.
    pub nmi: f64,
    /// Adjusted Rand index (Hubert and Arabie 1985): the part of the pairs of nodes on which both agree,
    /// shifted and scaled to be 0 on average for clusters drawn by chance; at most 1, at least −½.
    pub ari: f64,
}

impl ClusteringScores {
    /// Scores the cluster of each node against its true class. O(nodes log nodes + classes² · clusters).
    ///
    /// # Panics
    /// When there are no nodes or not one cluster for each true class.
    pub fn new(truth: &[usize], clusters: &[usize]) -> Self {
        assert_eq!(truth.len(), clusters.len(), "clusters: one for each true class");
        assert!(!truth.is_empty(), "scores need at least one node");
        let table = Contingency::new(truth, clusters);
        Self { accuracy: table.accuracy(), nmi: table.nmi(), ari: table.ari() }
    }
}

/// How many nodes of each class lie in each cluster, in numbers that f64 holds exactly.
struct Contingency {
    counts: Array2<f64>,
    num_nodes: f64,
    classes: Vec<f64>,
    clusters: Vec<f64>,
}

impl Contingency {
    fn new(truth: &[usize], clusters: &[usize]) -> Self {
        let (truth, num_classes) = numbered(truth);
        let (clusters, num_clusters) = numbered(clusters);
        let mut counts = Array2::zeros((num_classes, num_clusters));
        for (&class, &cluster) in truth.iter().zip(&clusters) {
            counts[[class, cluster]] += 1.0;
        }
        Self {
            num_nodes: truth.len() as f64,
            classes: counts.rows().into_iter().map(|row| row.sum()).collect(),
            clusters: counts.columns().into_iter().map(|column| column.sum()).collect(),
            counts,
        }
    }

    fn accuracy(&self) -> f64 {
        let counts =
            if self.classes.len() <= self.clusters.len() { self.counts.view() } else { self.counts.t() };
        let columns =
            best_assignment(counts.nrows(), counts.ncols(), |row, column| counts[[row, column]] as i64);
        columns.iter().enumerate().map(|(row, &column)| counts[[row, column]]).sum::<f64>() / self.num_nodes
    }

    fn nmi(&self) -> f64 {
        let entropies = entropy(&self.classes, self.num_nodes) + entropy(&self.clusters, self.num_nodes);
        // One class and one cluster: the same, as scikit-learn has it.
        if entropies == 0.0 {
            return 1.0;
        }
        let mut information = 0.0;
        for ((class, cluster), &count) in self.counts.indexed_iter() {
            if count > 0.0 {
                let independent = self.classes[class] * self.clusters[cluster] / self.num_nodes;
                information += count / self.num_nodes * (count / independent).ln();
            }
        }
        (2.0 * information / entropies).clamp(0.0, 1.0)
    }

    fn ari(&self) -> f64 {
        let pairs = |count: f64| count * (count - 1.0) / 2.0;
        let together: f64 = self.counts.iter().copied().map(pairs).sum();
        let in_classes: f64 = self.classes.iter().copied().map(pairs).sum();
        let in_clusters: f64 = self.clusters.iter().copied().map(pairs).sum();
        let all = pairs(self.num_nodes);
        // Both one group, or both groups of one node each: the same.
        if in_classes == in_clusters && (in_classes == all || in_classes == 0.0) {
            return 1.0;
        }
        let by_chance = in_classes / all * in_clusters;
        (together - by_chance) / ((in_classes + in_clusters) / 2.0 - by_chance)
    }
}

/// Labels numbered from 0 in their order, and how many they are.
pub(crate) fn numbered(labels: &[usize]) -> (Vec<usize>, usize) {
    let mut distinct = labels.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let place = |label| distinct.binary_search(label).expect("the distinct labels are those of the list");
    (labels.iter().map(place).collect(), distinct.len())
}

/// Entropy in nats of groups of these sizes.
fn entropy(sizes: &[f64], num_nodes: f64) -> f64 {
    // One group would else be −0 or off by rounding.
    if sizes.len() == 1 {
        return 0.0;
    }
    -sizes.iter().map(|size| size / num_nodes * (size / num_nodes).ln()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    #[test]
    fn matches_the_case_worked_by_hand() {
        // Table [[2, 0], [1, 1]]: 1 pair together, 2 pairs in classes, 3 in clusters, 6 in all.
        let scores = ClusteringScores::new(&[0, 0, 1, 1], &[5, 5, 5, 2]);
        assert_relative_eq!(scores.accuracy, 0.75);
        assert_relative_eq!(scores.ari, 0.0);
        let (ln2, ln3) = (2f64.ln(), 3f64.ln());
        let clusters = 0.75 * (2.0 * ln2 - ln3) + 0.5 * ln2;
        let information = 0.5 * (2.0 * ln2 - ln3 - 0.0) + 0.25 * (ln2 - ln3) + 0.25 * ln2;
        assert_relative_eq!(scores.nmi, 2.0 * information / (ln2 + clusters), max_relative = 1e-14);
    }

    #[test]
    fn the_names_of_the_clusters_do_not_matter() {
        let scores = ClusteringScores::new(&[0, 0, 1, 1, 7], &[9, 9, 0, 0, 4]);
        assert_eq!(scores.accuracy, 1.0);
        assert_relative_eq!(scores.nmi, 1.0, max_relative = 1e-14);
        assert_eq!(scores.ari, 1.0);
    }

    #[test]
    fn groups_that_cannot_differ_agree() {
        for labels in [vec![3; 4], vec![0, 1, 2], vec![5]] {
            let scores = ClusteringScores::new(&labels, &labels);
            assert_eq!((scores.accuracy, scores.ari), (1.0, 1.0));
            assert_relative_eq!(scores.nmi, 1.0, max_relative = 1e-14);
        }
        let apart = ClusteringScores::new(&[0, 0, 0], &[0, 1, 2]);
        assert_eq!((apart.nmi, apart.ari), (0.0, 0.0));
    }

    #[test]
    #[should_panic(expected = "clusters: one for each true class")]
    fn refuses_lists_of_different_lengths() {
        ClusteringScores::new(&[0, 1], &[0]);
    }

    proptest! {
        #[test]
        fn classes_and_clusters_can_change_places(pairs in prop::collection::vec((0usize..4, 0usize..6), 1..40)) {
            let (truth, clusters): (Vec<usize>, Vec<usize>) = pairs.into_iter().unzip();
            let (scores, turned) =
                (ClusteringScores::new(&truth, &clusters), ClusteringScores::new(&clusters, &truth));
            prop_assert!((scores.nmi - turned.nmi).abs() < 1e-12);
            prop_assert!((scores.ari - turned.ari).abs() < 1e-12);
            prop_assert_eq!(scores.accuracy, turned.accuracy);
            prop_assert!((0.0..=1.0).contains(&scores.accuracy));
            prop_assert!((-0.5 - 1e-12..=1.0 + 1e-12).contains(&scores.ari));
        }
    }
}
