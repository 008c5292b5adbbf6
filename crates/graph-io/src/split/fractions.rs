//! Splits whose sizes are parts of the labelled nodes.

use rand::Rng;

use super::apportionment::apportion;
use super::node_split::Split;
use super::per_class::cut_classes;
use crate::chance::shuffle;
use crate::error::Error;
use crate::labels::Labels;

/// The sizes of a split as parts of the labelled nodes; the test set is what is left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SplitFractions {
    /// Part for training, in (0, 1).
    pub train: f64,
    /// Part for validation, in [0, 1).
    pub val: f64,
}

impl Split {
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
        let mut nodes: Vec<u32> = labels.nodes_by_class().concat();
        let (num_train, num_val) = fractions.sizes(nodes.len())?;
        nodes.sort_unstable();
        shuffle(&mut nodes, rng);
        let test = nodes.split_off(num_train + num_val);
        let val = nodes.split_off(num_train);
        Self::from_nodes(nodes, val, test, labels)
    }

    /// Fractions of the labelled nodes as [`random_fractions`](Self::random_fractions), and as nearly as whole nodes
    /// allow the same fractions of every class.
    ///
    /// The training and the validation set have the sizes that they have without balance. Those are shared out among the
    /// classes by largest remainder, a training node to every class at least. The draw is a fixed algorithm: every class in
    /// order is shuffled and cut. The same generator state and labels give the same split.
    ///
    /// ```
    /// use graph_io::{Split, SplitFractions};
    /// use rand::SeedableRng;
    ///
    /// let cora = graph_io::load("cora", None)?;
    /// let labels = cora.labels().expect("Cora has labels");
    /// let fractions = SplitFractions { train: 0.1, val: 0.1 };
    /// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
    /// let split = Split::random_fractions_stratified(labels, fractions, &mut rng)?;
    /// assert_eq!((split.train().len(), split.val().len(), split.test().len()), (271, 271, 2166));
    /// # Ok::<(), graph_io::Error>(())
    /// ```
    ///
    /// # Errors
    /// Fractions out of range; too few labelled nodes for a training and a test set, or for a training node of each class;
    /// a class without labelled nodes.
    pub fn random_fractions_stratified(
        labels: &Labels,
        fractions: SplitFractions,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Self, Error> {
        let (num_train, num_val) = fractions.sizes(labels.num_labelled())?;
        let counts = labels.counts();
        if let Some(class) = counts.iter().position(|&count| count == 0) {
            let what = format!("class {:?}", labels.class_names()[class]);
            return Err(Error::invalid(what, "at least 1 labelled node to train on", "0"));
        }
        if num_train < counts.len() {
            let expected = format!("at least {} nodes, one of each class", counts.len());
            return Err(Error::invalid("training set of the split", expected, num_train.to_string()));
        }
        let quotas = |fraction: f64| counts.iter().map(|&count| fraction * count as f64).collect::<Vec<_>>();
        let train_sizes = apportion(num_train, &quotas(fractions.train), 1, &counts);
        let left: Vec<usize> = counts.iter().zip(&train_sizes).map(|(count, train)| count - train).collect();
        let val_sizes = apportion(num_val, &quotas(fractions.val), 0, &left);
        let [train, val, test] = cut_classes(labels, |class| (train_sizes[class], val_sizes[class]), rng);
        Self::from_nodes(train, val, test, labels)
    }
}

impl SplitFractions {
    /// How many of some labelled nodes are for training and how many for validation.
    fn sizes(self, num_labelled: usize) -> Result<(usize, usize), Error> {
        let Self { train, val } = self;
        if !(train > 0.0 && val >= 0.0 && train + val < 1.0) {
            let expected = "a positive part for training, none negative, and a sum below 1";
            return Err(Error::invalid("split fractions", expected, format!("train {train}, val {val}")));
        }
        let size = |fraction: f64| (fraction * num_labelled as f64).round() as usize;
        let (num_train, num_val) = (size(train), size(val));
        if num_train == 0 || num_train + num_val >= num_labelled {
            let expected = "enough labelled nodes for a training and a test set";
            return Err(Error::invalid("split", expected, num_labelled.to_string()));
        }
        Ok((num_train, num_val))
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

    #[test]
    fn fractions_are_of_the_labelled_nodes_and_leave_the_rest_for_the_test() {
        let fractions = SplitFractions { train: 0.1, val: 0.1 };
        let split = Split::random_fractions(&labels(), fractions, &mut rng(0)).unwrap();
        assert_eq!((split.train().len(), split.val().len(), split.test().len()), (5, 5, 44));
        assert_eq!(split, Split::random_fractions(&labels(), fractions, &mut rng(0)).unwrap());
        assert_ne!(split, Split::random_fractions(&labels(), fractions, &mut rng(1)).unwrap());
        assert_eq!((split.train(), split.val()), (&PINNED_PLAIN.0[..], &PINNED_PLAIN.1[..]));
    }

    const PINNED_PLAIN: ([u32; 5], [u32; 5]) = ([6, 13, 36, 51, 58], [3, 11, 14, 23, 39]);

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

    /// Classes of these sizes, one after the other.
    fn classes_of(sizes: &[usize]) -> Labels {
        let classes = sizes.iter().zip(0..).flat_map(|(&size, class)| vec![Some(class); size]).collect();
        Labels::from_classes(classes, (0..sizes.len()).map(|class| class.to_string()).collect()).unwrap()
    }

    /// For each class, the sizes of its three sets.
    fn stratified(sizes: &[usize], train: f64, val: f64) -> Vec<[usize; 3]> {
        let labels = classes_of(sizes);
        let fractions = SplitFractions { train, val };
        let split = Split::random_fractions_stratified(&labels, fractions, &mut rng(0)).unwrap();
        let sets = [split.train(), split.val(), split.test()];
        assert_eq!(sets.concat().len(), labels.num_nodes());
        (0..sizes.len() as u32)
            .map(|class| {
                sets.map(|set| set.iter().filter(|&&node| labels.class(node) == Some(class)).count())
            })
            .collect()
    }

    #[test]
    fn every_class_is_cut_by_the_same_fractions() {
        assert_eq!(stratified(&[50, 20, 30], 0.1, 0.1), [[5, 5, 40], [2, 2, 16], [3, 3, 24]]);
        assert_eq!(stratified(&[50, 20, 30], 0.6, 0.2), [[30, 10, 10], [12, 4, 4], [18, 6, 6]]);
    }

    #[test]
    fn remainders_go_to_the_classes_with_the_largest_and_totals_are_the_plain_ones() {
        // Quotas 5.7, 2.4, 0.9 of 9 for training; 9.5, 4.0, 1.5 of 15 for validation, where the first of equal remainders wins.
        assert_eq!(stratified(&[57, 24, 9], 0.1, 1.0 / 6.0), [[6, 10, 41], [2, 4, 18], [1, 1, 7]]);
        // Quotas 5.7, 0.3, 0.3 of 6: each class has one at least, and the first pays.
        assert_eq!(stratified(&[57, 3, 3], 0.1, 0.0), [[4, 0, 53], [1, 0, 2], [1, 0, 2]]);
    }

    #[test]
    fn a_seed_gives_the_same_stratified_split_today_and_later() {
        let fractions = SplitFractions { train: 0.1, val: 0.1 };
        let split = |seed| Split::random_fractions_stratified(&labels(), fractions, &mut rng(seed)).unwrap();
        assert_ne!(split(3), split(4));
        assert_eq!((split(3).train(), split(3).val()), (&PINNED.0[..], &PINNED.1[..]));
    }

    const PINNED: ([u32; 5], [u32; 5]) = ([17, 31, 46, 48, 51], [1, 3, 15, 16, 26]);

    #[test]
    fn a_class_without_a_training_node_is_refused() {
        let message = |sizes: &[usize], train| {
            let fractions = SplitFractions { train, val: 0.1 };
            Split::random_fractions_stratified(&classes_of(sizes), fractions, &mut rng(0))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            message(&[8, 8, 8], 0.1),
            "training set of the split: expected at least 3 nodes, one of each class, found 2"
        );
        assert_eq!(
            message(&[30, 0, 8], 0.1),
            "class \"1\": expected at least 1 labelled node to train on, found 0"
        );
        assert_eq!(
            message(&[1, 0, 0], 0.1),
            "split: expected enough labelled nodes for a training and a test set, found 1"
        );
        assert!(message(&[5, 5], 0.9).starts_with("split fractions: expected a positive part"));
    }
}
