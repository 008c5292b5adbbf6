//! Which nodes a probe learns from, is chosen by, and is judged on.

use rand::Rng;

use crate::chance::shuffle;
use crate::error::Error;
use crate::labels::Labels;

/// Three disjoint sets of labelled nodes, each in ascending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    train: Vec<u32>,
    val: Vec<u32>,
    test: Vec<u32>,
}

/// The sizes of a split that takes the same number of training nodes from every class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SplitSizes {
    /// Training nodes of each class, at least 1.
    pub train_per_class: usize,
    /// Validation nodes in all.
    pub val: usize,
    /// Test nodes in all, at least 1.
    pub test: usize,
}

/// The sizes of a split as parts of the labelled nodes; the test set is what is left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SplitFractions {
    /// Part for training, in (0, 1).
    pub train: f64,
    /// Part for validation, in [0, 1).
    pub val: f64,
}

impl Split {
    /// A split from three lists of nodes, in any order.
    ///
    /// # Errors
    /// A node that is not in the graph, has no label, or is listed twice.
    pub fn from_nodes(
        train: Vec<u32>,
        val: Vec<u32>,
        test: Vec<u32>,
        labels: &Labels,
    ) -> Result<Self, Error> {
        let mut split = Self { train, val, test };
        [&mut split.train, &mut split.val, &mut split.test]
            .into_iter()
            .for_each(|nodes| nodes.sort_unstable());
        split.check(labels)?;
        Ok(split)
    }

    /// `train_per_class` nodes of every class, then `val` and `test` nodes of the rest, drawn evenly.
    ///
    /// The draw is a fixed algorithm: every class in order is shuffled, then the rest is. The same generator state
    /// and labels give the same split.
    ///
    /// ```
    /// use graph_io::{Split, SplitSizes};
    /// use rand::SeedableRng;
    ///
    /// let cora = graph_io::load("cora", None)?;
    /// let labels = cora.labels().expect("Cora has labels");
    /// let sizes = SplitSizes { train_per_class: 20, val: 500, test: 1000 };
    /// let split = Split::random(labels, sizes, &mut rand_chacha::ChaCha8Rng::seed_from_u64(0))?;
    /// assert_eq!((split.train().len(), split.val().len(), split.test().len()), (140, 500, 1000));
    /// # Ok::<(), graph_io::Error>(())
    /// ```
    ///
    /// # Errors
    /// A class, or what is left for validation and test, has too few labelled nodes; a size of 0.
    pub fn random(labels: &Labels, sizes: SplitSizes, rng: &mut (impl Rng + ?Sized)) -> Result<Self, Error> {
        for (what, size) in [("`train_per_class`", sizes.train_per_class), ("`test`", sizes.test)] {
            if size == 0 {
                return Err(Error::invalid(what, "at least 1", "0"));
            }
        }
        let mut train = Vec::new();
        let mut rest = Vec::new();
        for (class, mut nodes) in labels.nodes_by_class().into_iter().enumerate() {
            if nodes.len() < sizes.train_per_class {
                let what = format!("class {:?}", labels.class_names()[class]);
                let expected = format!("at least {} labelled nodes to train on", sizes.train_per_class);
                return Err(Error::invalid(what, expected, nodes.len().to_string()));
            }
            shuffle(&mut nodes, rng);
            rest.extend_from_slice(&nodes[sizes.train_per_class..]);
            train.extend_from_slice(&nodes[..sizes.train_per_class]);
        }
        let needed = sizes.val.saturating_add(sizes.test);
        if rest.len() < needed {
            let expected = format!("{needed} labelled nodes for validation and test beside {}", train.len());
            return Err(Error::invalid("split", expected, rest.len().to_string()));
        }
        // The order of drawing must not depend on the class a node has.
        rest.sort_unstable();
        shuffle(&mut rest, rng);
        rest.truncate(needed);
        let test = rest.split_off(sizes.val);
        Self::from_nodes(train, rest, test, labels)
    }

    /// The labelled nodes in a random order, cut into training, validation and test; classes are not balanced.
    ///
    /// Each size is its fraction of the labelled nodes, rounded. The same generator state and labels give the same
    /// split.
    ///
    /// # Errors
    /// Fractions out of range; too few labelled nodes for a training and a test set.
    pub fn random_fractions(
        labels: &Labels,
        fractions: SplitFractions,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Self, Error> {
        let SplitFractions { train, val } = fractions;
        if !(train > 0.0 && val >= 0.0 && train + val < 1.0) {
            let expected = "a positive part for training, none negative, and a sum below 1";
            return Err(Error::invalid("split fractions", expected, format!("train {train}, val {val}")));
        }
        let mut nodes: Vec<u32> = labels.nodes_by_class().concat();
        nodes.sort_unstable();
        let size = |fraction: f64| (fraction * nodes.len() as f64).round() as usize;
        let (num_train, num_val) = (size(train), size(val));
        if num_train == 0 || num_train + num_val >= nodes.len() {
            let expected = "enough labelled nodes for a training and a test set";
            return Err(Error::invalid("split", expected, nodes.len().to_string()));
        }
        shuffle(&mut nodes, rng);
        let test = nodes.split_off(num_train + num_val);
        let val = nodes.split_off(num_train);
        Self::from_nodes(nodes, val, test, labels)
    }

    /// The nodes a probe learns from.
    pub fn train(&self) -> &[u32] {
        &self.train
    }

    /// The nodes settings are chosen by.
    pub fn val(&self) -> &[u32] {
        &self.val
    }

    /// The nodes the result is told on.
    pub fn test(&self) -> &[u32] {
        &self.test
    }

    /// The split of a subgraph, whose node i is `nodes[i]` here; nodes that are not in it are left out.
    pub(crate) fn select(&self, nodes: &[u32]) -> Self {
        let chosen = |set: &[u32]| {
            set.iter().filter_map(|node| nodes.binary_search(node).ok().map(|new| new as u32)).collect()
        };
        Self { train: chosen(&self.train), val: chosen(&self.val), test: chosen(&self.test) }
    }

    /// What `from_nodes` asks for, asked again of a split that meets other labels.
    pub(crate) fn check(&self, labels: &Labels) -> Result<(), Error> {
        let mut set_of_node: Vec<Option<&str>> = vec![None; labels.num_nodes()];
        for (set, nodes) in [("train", &self.train), ("val", &self.val), ("test", &self.test)] {
            for &node in nodes {
                let what = format!("{set} set of the split");
                let Some(taken) = set_of_node.get_mut(node as usize) else {
                    let expected = format!("nodes below {}", labels.num_nodes());
                    return Err(Error::invalid(what, expected, node.to_string()));
                };
                if let Some(other) = taken.replace(set) {
                    let found = format!("node {node}, which is in the {other} set");
                    return Err(Error::invalid(what, "nodes not taken yet", found));
                }
                if labels.class(node).is_none() {
                    return Err(Error::invalid(
                        what,
                        "labelled nodes",
                        format!("node {node}, which has no label"),
                    ));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn rng(seed: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(seed)
    }

    /// 60 nodes, class = node mod 3, every tenth without a label.
    fn labels() -> Labels {
        let classes = (0..60u32).map(|node| (node % 10 != 0).then_some(node % 3)).collect();
        Labels::from_classes(classes, vec!["a".into(), "b".into(), "c".into()]).unwrap()
    }

    const SIZES: SplitSizes = SplitSizes { train_per_class: 4, val: 10, test: 20 };

    #[test]
    fn a_random_split_has_its_sizes_and_balanced_training_classes() {
        let split = Split::random(&labels(), SIZES, &mut rng(0)).unwrap();
        assert_eq!((split.train().len(), split.val().len(), split.test().len()), (12, 10, 20));
        for class in 0..3 {
            assert_eq!(split.train().iter().filter(|&&node| labels().class(node) == Some(class)).count(), 4);
        }
        let mut all = [split.train(), split.val(), split.test()].concat();
        assert!([split.train(), split.val(), split.test()].iter().all(|nodes| nodes.is_sorted()));
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 42);
        assert!(all.iter().all(|&node| labels().class(node).is_some()));
    }

    #[test]
    fn a_seed_gives_the_same_split_today_and_later() {
        let split = |seed| Split::random(&labels(), SIZES, &mut rng(seed)).unwrap();
        assert_eq!(split(3), split(3));
        assert_ne!(split(3), split(4));
        assert_eq!(split(3).train(), PINNED_TRAIN);
    }

    const PINNED_TRAIN: [u32; 12] = [1, 3, 14, 15, 16, 17, 26, 29, 31, 46, 48, 51];

    #[test]
    fn fractions_are_of_the_labelled_nodes_and_leave_the_rest_for_the_test() {
        let fractions = SplitFractions { train: 0.1, val: 0.1 };
        let split = Split::random_fractions(&labels(), fractions, &mut rng(0)).unwrap();
        assert_eq!((split.train().len(), split.val().len(), split.test().len()), (5, 5, 44));
        assert_eq!(split, Split::random_fractions(&labels(), fractions, &mut rng(0)).unwrap());
        assert_ne!(split, Split::random_fractions(&labels(), fractions, &mut rng(1)).unwrap());
    }

    #[test]
    fn sets_that_are_too_small_are_refused_with_numbers() {
        let message = |sizes| Split::random(&labels(), sizes, &mut rng(0)).unwrap_err().to_string();
        assert_eq!(
            message(SplitSizes { train_per_class: 19, ..SIZES }),
            "class \"a\": expected at least 19 labelled nodes to train on, found 18"
        );
        assert_eq!(
            message(SplitSizes { test: 33, ..SIZES }),
            "split: expected 43 labelled nodes for validation and test beside 12, found 42"
        );
        assert_eq!(message(SplitSizes { test: 0, ..SIZES }), "`test`: expected at least 1, found 0");
        assert!(message(SplitSizes { val: usize::MAX, ..SIZES }).ends_with("found 42"));
    }

    #[test]
    fn fractions_out_of_range_are_refused() {
        let message = |train, val| {
            Split::random_fractions(&labels(), SplitFractions { train, val }, &mut rng(0))
                .unwrap_err()
                .to_string()
        };
        let expected =
            "split fractions: expected a positive part for training, none negative, and a sum below 1, ";
        assert_eq!(message(0.5, 0.5), format!("{expected}found train 0.5, val 0.5"));
        assert_eq!(message(f64::NAN, 0.1), format!("{expected}found train NaN, val 0.1"));
        assert_eq!(
            message(0.001, 0.1),
            "split: expected enough labelled nodes for a training and a test set, found 54"
        );
    }

    #[test]
    fn lists_that_overlap_or_leave_the_labels_are_refused() {
        let message = |train: &[u32], test: &[u32]| {
            Split::from_nodes(train.to_vec(), vec![], test.to_vec(), &labels()).unwrap_err().to_string()
        };
        assert_eq!(message(&[1], &[60]), "test set of the split: expected nodes below 60, found 60");
        assert_eq!(
            message(&[1, 2], &[2]),
            "test set of the split: expected nodes not taken yet, found node 2, which is in the train set"
        );
        assert_eq!(
            message(&[10], &[2]),
            "train set of the split: expected labelled nodes, found node 10, which has no label"
        );
    }
}
