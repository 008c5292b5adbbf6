//! Items cut into folds, each the test set once.

use rand::Rng;

use crate::chance::shuffle;
use crate::error::Error;
use crate::labels::Labels;

/// Disjoint sets of items, graphs of a set or nodes of a graph, that take turns as the test set of a
/// cross-validation. Their sizes differ by at most one.
///
/// ```
/// use graph_io::{Folds, Labels};
/// use rand::SeedableRng;
///
/// let classes = (0..20).map(|graph| Some(graph % 2)).collect();
/// let labels = Labels::from_classes(classes, vec!["even".into(), "odd".into()])?;
/// let folds = Folds::stratified(&labels, 10, &mut rand_chacha::ChaCha8Rng::seed_from_u64(0))?;
/// for index in 0..folds.len() {
///     let fold = folds.fold(index)?;
///     assert_eq!((fold.train.len(), fold.val.len(), fold.test.len()), (16, 2, 2));
/// }
/// # Ok::<(), graph_io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folds {
    sets: Vec<Vec<u32>>,
}

/// One turn of a cross-validation: three disjoint sets of items, each in ascending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fold {
    /// The items that are learned from.
    pub train: Vec<u32>,
    /// The items settings are chosen by.
    pub val: Vec<u32>,
    /// The items the result is told on.
    pub test: Vec<u32>,
}

impl Folds {
    /// The items `0..num_items` in a random order, dealt to `num_folds` folds in turn. The same generator state gives the same
    /// folds.
    ///
    /// # Errors
    /// Fewer than two folds; fewer items than folds; 2³² items.
    pub fn random(num_items: usize, num_folds: usize, rng: &mut (impl Rng + ?Sized)) -> Result<Self, Error> {
        let Ok(end) = u32::try_from(num_items) else {
            return Err(Error::invalid("items of folds", "fewer than 2³²", num_items.to_string()));
        };
        Self::deal(vec![(0..end).collect()], |_| "items of folds".to_string(), num_folds, rng)
    }

    /// The items of every class in a random order, dealt to `num_folds` folds in turn, a class where the one before it
    /// ended: the folds' shares of a class differ by at most one too. Items without a class are in no fold.
    ///
    /// # Errors
    /// Fewer than two folds; a class that has items, but fewer than there are folds; no item with a class.
    pub fn stratified(
        labels: &Labels,
        num_folds: usize,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Self, Error> {
        let name = |class: usize| format!("class {:?}", labels.class_names()[class]);
        Self::deal(labels.nodes_by_class(), name, num_folds, rng)
    }

    fn deal(
        classes: Vec<Vec<u32>>,
        name: impl Fn(usize) -> String,
        num_folds: usize,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Self, Error> {
        if num_folds < 2 {
            return Err(Error::invalid("folds", "at least 2", num_folds.to_string()));
        }
        let too_few = |what: String, count: usize| {
            Err(Error::invalid(what, format!("at least {num_folds} items, one a fold"), count.to_string()))
        };
        // Before anything is allocated for that many folds.
        if classes.iter().all(Vec::is_empty) {
            return too_few("items of folds".to_string(), 0);
        }
        for (class, items) in classes.iter().enumerate() {
            if (1..num_folds).contains(&items.len()) {
                return too_few(name(class), items.len());
            }
        }
        let mut sets = vec![Vec::new(); num_folds];
        let mut turn = (0..num_folds).cycle();
        for mut items in classes {
            shuffle(&mut items, rng);
            items.iter().zip(&mut turn).for_each(|(&item, fold): (_, usize)| sets[fold].push(item));
        }
        sets.iter_mut().for_each(|set| set.sort_unstable());
        Ok(Self { sets })
    }

    /// How many folds.
    pub fn len(&self) -> usize {
        self.sets.len()
    }

    /// Whether there is no fold, which never is.
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// The turn in which a fold is the test set and the next one, after the last the first, the validation set.
    ///
    /// # Errors
    /// Fewer than three folds: none would be left to learn from.
    ///
    /// # Panics
    /// When `index` is not below [`len`](Self::len).
    pub fn fold(&self, index: usize) -> Result<Fold, Error> {
        if self.len() < 3 {
            let expected = "at least 3, one of them for validation";
            return Err(Error::invalid("folds", expected, self.len().to_string()));
        }
        let next = (index + 1) % self.len();
        Ok(Fold { val: self.sets[next].clone(), ..self.turn(index, next) })
    }

    /// The turn in which a fold is the test set and all others are learned from; the validation set is empty.
    ///
    /// # Panics
    /// When `index` is not below [`len`](Self::len).
    pub fn fold_without_val(&self, index: usize) -> Fold {
        self.turn(index, index)
    }

    fn turn(&self, test: usize, val: usize) -> Fold {
        let others = (0..self.len()).filter(|&fold| fold != test && fold != val);
        let mut train: Vec<u32> = others.flat_map(|fold| self.sets[fold].iter().copied()).collect();
        train.sort_unstable();
        Fold { train, val: Vec::new(), test: self.sets[test].clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn rng() -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(5)
    }

    fn labels(sizes: &[usize]) -> Labels {
        let classes = (0u32..).zip(sizes).flat_map(|(class, &size)| vec![Some(class); size]).collect();
        Labels::from_classes(classes, (0..sizes.len()).map(|class| format!("c{class}")).collect()).unwrap()
    }

    fn all(fold: &Fold) -> Vec<u32> {
        let mut all = [fold.train.clone(), fold.val.clone(), fold.test.clone()].concat();
        all.sort_unstable();
        all
    }

    #[test]
    fn every_item_is_tested_once_and_is_in_one_set_of_each_turn() {
        let folds = Folds::random(11, 4, &mut rng()).unwrap();
        let mut tested = Vec::new();
        for index in 0..4 {
            let fold = folds.fold(index).unwrap();
            assert_eq!(all(&fold), (0..11).collect::<Vec<_>>());
            assert_eq!(fold.val, folds.fold((index + 1) % 4).unwrap().test);
            let whole = folds.fold_without_val(index);
            assert_eq!((whole.test.clone(), whole.val.len()), (fold.test.clone(), 0));
            assert_eq!(all(&whole), (0..11).collect::<Vec<_>>());
            assert!([2, 3].contains(&fold.test.len()));
            tested.extend(fold.test);
        }
        tested.sort_unstable();
        assert_eq!(tested, (0..11).collect::<Vec<_>>());
    }

    #[test]
    fn folds_differ_by_one_overall_and_in_every_class() {
        let labels = labels(&[7, 5, 0, 10]);
        let folds = Folds::stratified(&labels, 3, &mut rng()).unwrap();
        let mut shares = vec![Vec::new(); 4];
        for index in 0..3 {
            let test = folds.fold(index).unwrap().test;
            assert!([7, 8].contains(&test.len()));
            let counts = labels.select(&test).counts();
            shares.iter_mut().zip(counts).for_each(|(shares, count)| shares.push(count));
        }
        for (shares, class) in shares.iter().zip([[2, 3], [1, 2], [0, 0], [3, 4]]) {
            assert!(shares.iter().all(|share| class.contains(share)), "{shares:?}");
        }
    }

    #[test]
    fn a_seed_means_the_same_forever() {
        let folds = Folds::random(7, 3, &mut rng()).unwrap();
        assert_eq!(folds.sets, [vec![1, 2, 3], vec![0, 5], vec![4, 6]]);
        let folds = Folds::stratified(&labels(&[4, 3]), 3, &mut rng()).unwrap();
        assert_eq!(folds.sets, [vec![0, 3, 6], vec![1, 5], vec![2, 4]]);
    }

    #[test]
    fn items_without_a_class_are_in_no_fold() {
        let classes = vec![Some(0), None, Some(0), Some(0), None];
        let labels = Labels::from_classes(classes, vec!["a".into()]).unwrap();
        let folds = Folds::stratified(&labels, 3, &mut rng()).unwrap();
        assert_eq!(all(&folds.fold(0).unwrap()), [0, 2, 3]);
    }

    #[test]
    fn too_few_folds_or_items_are_refused() {
        let stratified = |sizes, num_folds| Folds::stratified(&labels(sizes), num_folds, &mut rng());
        let message = |result: Result<Folds, Error>| result.unwrap_err().to_string();
        assert_eq!(message(stratified(&[9], 1)), "folds: expected at least 2, found 1");
        assert_eq!(
            message(stratified(&[9, 2], 3)),
            "class \"c1\": expected at least 3 items, one a fold, found 2"
        );
        assert_eq!(
            message(stratified(&[0, 0], 3)),
            "items of folds: expected at least 3 items, one a fold, found 0"
        );
        assert_eq!(
            message(Folds::random(4, usize::MAX, &mut rng())),
            format!("items of folds: expected at least {} items, one a fold, found 4", usize::MAX)
        );
        assert_eq!(
            Folds::random(4, 2, &mut rng()).unwrap().fold(0).unwrap_err().to_string(),
            "folds: expected at least 3, one of them for validation, found 2"
        );
    }
}
