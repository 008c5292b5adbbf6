//! Splits that take as many nodes from every class.

use rand::Rng;

use super::node_split::Split;
use crate::chance::shuffle;
use crate::error::Error;
use crate::labels::Labels;

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

/// The sizes of a split that takes the same number of training and of validation nodes from every class; the test set
/// is what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerClassSizes {
    /// Training nodes of each class, at least 1.
    pub train: usize,
    /// Validation nodes of each class.
    pub val: usize,
}

impl Split {
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

    /// `train` nodes of every class for training, `val` for validation, and all other labelled nodes for the test.
    ///
    /// The draw is a fixed algorithm: every class in order is shuffled and cut. The same generator state and labels give
    /// the same split.
    ///
    /// ```
    /// use graph_io::{PerClassSizes, Split};
    /// use rand::SeedableRng;
    ///
    /// let cora = graph_io::load("cora", None)?;
    /// let labels = cora.labels().expect("Cora has labels");
    /// let sizes = PerClassSizes { train: 20, val: 30 };
    /// let split = Split::random_per_class(labels, sizes, &mut rand_chacha::ChaCha8Rng::seed_from_u64(0))?;
    /// assert_eq!((split.train().len(), split.val().len(), split.test().len()), (140, 210, 2358));
    /// # Ok::<(), graph_io::Error>(())
    /// ```
    ///
    /// # Errors
    /// A class with too few labelled nodes; no node left for the test; no training nodes asked for.
    pub fn random_per_class(
        labels: &Labels,
        sizes: PerClassSizes,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Self, Error> {
        let PerClassSizes { train: num_train, val: num_val } = sizes;
        if num_train == 0 {
            return Err(Error::invalid("`train`", "at least 1", "0"));
        }
        let needed = num_train.saturating_add(num_val);
        let short = labels.counts().into_iter().enumerate().find(|&(_, count)| count < needed);
        if let Some((class, count)) = short {
            let what = format!("class {:?}", labels.class_names()[class]);
            let expected = format!(
                "at least {needed} labelled nodes, {num_train} to train on and {num_val} to validate on"
            );
            return Err(Error::invalid(what, expected, count.to_string()));
        }
        let [train, val, test] = cut_classes(labels, |_| (num_train, num_val), rng);
        if test.is_empty() {
            let expected =
                format!("labelled nodes beside {} to train and validate on", train.len() + val.len());
            return Err(Error::invalid("test set of the split", expected, "none"));
        }
        Self::from_nodes(train, val, test, labels)
    }
}

/// The nodes for training, for validation and of the rest: every class in order is shuffled and cut into so many of the
/// first two.
pub(super) fn cut_classes(
    labels: &Labels,
    sizes: impl Fn(usize) -> (usize, usize),
    rng: &mut (impl Rng + ?Sized),
) -> [Vec<u32>; 3] {
    let [mut train, mut val, mut rest] = [const { Vec::new() }; 3];
    for (class, mut nodes) in labels.nodes_by_class().into_iter().enumerate() {
        let (num_train, num_val) = sizes(class);
        shuffle(&mut nodes, rng);
        rest.extend(nodes.split_off(num_train + num_val));
        val.extend(nodes.split_off(num_train));
        train.extend(nodes);
    }
    [train, val, rest]
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
    fn every_class_gives_its_training_and_validation_nodes_and_the_rest_is_the_test() {
        let split =
            Split::random_per_class(&labels(), PerClassSizes { train: 3, val: 5 }, &mut rng(0)).unwrap();
        for class in 0..3 {
            let count =
                |nodes: &[u32]| nodes.iter().filter(|&&node| labels().class(node) == Some(class)).count();
            assert_eq!((count(split.train()), count(split.val()), count(split.test())), (3, 5, 10));
        }
        assert_eq!(split.train().len() + split.val().len() + split.test().len(), labels().num_labelled());
    }

    #[test]
    fn a_seed_gives_the_same_split_per_class_today_and_later() {
        let split = |seed| {
            Split::random_per_class(&labels(), PerClassSizes { train: 2, val: 3 }, &mut rng(seed)).unwrap()
        };
        assert_ne!(split(3), split(4));
        assert_eq!((split(3).train(), split(3).val()), (&PINNED_PER_CLASS.0[..], &PINNED_PER_CLASS.1[..]));
    }

    const PINNED_PER_CLASS: ([u32; 6], [u32; 9]) =
        ([17, 26, 31, 46, 48, 51], [1, 3, 4, 12, 14, 15, 16, 29, 53]);

    #[test]
    fn a_class_that_is_too_small_is_named_with_its_counts() {
        let message = |train, val| {
            Split::random_per_class(&labels(), PerClassSizes { train, val }, &mut rng(0))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            message(10, 9),
            "class \"a\": expected at least 19 labelled nodes, 10 to train on and 9 to validate on, found 18"
        );
        assert_eq!(
            message(10, 8),
            "test set of the split: expected labelled nodes beside 54 to train and validate on, found none"
        );
        assert_eq!(message(0, 8), "`train`: expected at least 1, found 0");
        assert!(message(1, usize::MAX).ends_with("found 18"));
    }
}
