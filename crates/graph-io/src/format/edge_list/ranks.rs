//! From ids that are whole numbers to rows: a node's row is how many smaller ids there are.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::numbers::{Number, Pairs};
use crate::node_ids::NodeIds;

/// Values that become rows where they stand, if they are as wide as rows.
pub(super) trait IntoRows: Number {
    fn into_rows(values: Vec<Self>, row: impl Fn(Self) -> u32 + Sync) -> Vec<u32>;
}

impl IntoRows for u32 {
    fn into_rows(mut values: Vec<u32>, row: impl Fn(u32) -> u32 + Sync) -> Vec<u32> {
        values
            .par_chunks_mut(1 << 14)
            .for_each(|values| values.iter_mut().for_each(|value| *value = row(*value)));
        values
    }
}

impl IntoRows for u64 {
    fn into_rows(values: Vec<u64>, row: impl Fn(u64) -> u32 + Sync) -> Vec<u32> {
        values.par_iter().map(|&value| row(value)).collect()
    }
}

/// The ids in ascending order and the rows of both ends.
///
/// Beside its input and output it uses at most about `max_bytes` where ids are dense, else one copy of the input.
///
/// # Panics
/// When there are 2³² different ids.
pub(super) fn ranked<T: IntoRows>(pairs: Pairs<T>, max_bytes: usize) -> (NodeIds, Vec<u32>, Vec<u32>) {
    // A word of marks has a rank of 4 bytes beside it.
    let num_words = usize::try_from(pairs.max / 64).unwrap_or(usize::MAX).saturating_add(1);
    if num_words.saturating_mul(12) <= max_bytes { by_marks(pairs, num_words) } else { by_search(pairs) }
}

fn by_marks<T: IntoRows>(pairs: Pairs<T>, num_words: usize) -> (NodeIds, Vec<u32>, Vec<u32>) {
    let Pairs { from, to, singles, max, .. } = pairs;
    let words: Vec<AtomicU64> = (0..num_words).map(|_| AtomicU64::new(0)).collect();
    for ids in [&from, &to, &singles] {
        ids.par_chunks(1 << 14).for_each(|ids| ids.iter().for_each(|&id| mark(&words, id.into())));
    }
    drop(singles);
    let words: Vec<u64> = words.into_iter().map(AtomicU64::into_inner).collect();
    let num_ids: u64 = words.iter().map(|word| u64::from(word.count_ones())).sum();
    if num_ids == max + 1 {
        let itself = |id: T| id.into() as u32;
        return (NodeIds::counted(num_ids as usize), T::into_rows(from, itself), T::into_rows(to, itself));
    }
    let mut numbers = Vec::with_capacity(num_ids as usize);
    let mut ranks = Vec::with_capacity(num_words);
    for (place, &word) in words.iter().enumerate() {
        ranks.push(u32::try_from(numbers.len()).expect("fewer than 2³² ids"));
        let mut rest = word;
        while rest != 0 {
            numbers.push(64 * place as u64 + u64::from(rest.trailing_zeros()));
            rest &= rest - 1;
        }
    }
    let row = |id: T| {
        let id: u64 = id.into();
        let place = (id / 64) as usize;
        ranks[place] + (words[place] & ((1 << (id % 64)) - 1)).count_ones()
    };
    (NodeIds::from_numbers(numbers), T::into_rows(from, row), T::into_rows(to, row))
}

#[inline]
fn mark(words: &[AtomicU64], id: u64) {
    let (word, bit) = (&words[(id / 64) as usize], 1 << (id % 64));
    // Most are marked already, and a look costs less than a write that others must see.
    if word.load(Ordering::Relaxed) & bit == 0 {
        word.fetch_or(bit, Ordering::Relaxed);
    }
}

fn by_search<T: IntoRows>(pairs: Pairs<T>) -> (NodeIds, Vec<u32>, Vec<u32>) {
    let Pairs { from, to, singles, .. } = pairs;
    let mut ids: Vec<T> = Vec::with_capacity(from.len() + to.len() + singles.len());
    for part in [&from, &to, &singles] {
        ids.extend_from_slice(part);
    }
    drop(singles);
    ids.par_sort_unstable();
    ids.dedup();
    ids.shrink_to_fit();
    assert!(u32::try_from(ids.len()).is_ok(), "fewer than 2³² ids");
    let row = |id: T| ids.partition_point(|&other| other < id) as u32;
    let (from, to) = (T::into_rows(from, row), T::into_rows(to, row));
    (NodeIds::from_numbers(ids.into_iter().map(Into::into).collect()), from, to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(from: &[u64], to: &[u64], singles: &[u64]) -> Pairs<u64> {
        let max = [from, to, singles].concat().into_iter().max().unwrap();
        Pairs {
            from: from.to_vec(),
            to: to.to_vec(),
            weights: None,
            singles: singles.to_vec(),
            max,
            ..Pairs::default()
        }
    }

    fn narrow(pairs: Pairs<u64>) -> Pairs<u32> {
        let all = |ids: Vec<u64>| ids.into_iter().map(|id| id as u32).collect();
        let Pairs { from, to, weights, singles, max, passed } = pairs;
        Pairs { from: all(from), to: all(to), weights, singles: all(singles), max, passed }
    }

    #[test]
    fn a_node_is_as_many_rows_down_as_there_are_smaller_ids() {
        for max_bytes in [0, 1 << 20] {
            let (ids, from, to) = ranked(pairs(&[70, 3], &[3, 900], &[64]), max_bytes);
            assert_eq!(ids, NodeIds::from_numbers(vec![3, 64, 70, 900]));
            assert_eq!((from, to), (vec![2, 0], vec![0, 3]));
            let (ids, from, _) = ranked(pairs(&[1], &[0], &[2]), max_bytes);
            assert!(ids.are_counted());
            assert_eq!((ids.len(), from), (3, vec![1]));
        }
    }

    proptest! {
        #[test]
        fn both_ways_and_both_widths_give_the_same(
            ends in prop::collection::vec((0u64..400, 0u64..400), 1..50),
            singles in prop::collection::vec(0u64..400, 0..5),
        ) {
            let (from, to): (Vec<u64>, Vec<u64>) = ends.into_iter().unzip();
            let marked = ranked(pairs(&from, &to, &singles), 1 << 20);
            prop_assert_eq!(&marked, &ranked(pairs(&from, &to, &singles), 0));
            prop_assert_eq!(&marked, &ranked(narrow(pairs(&from, &to, &singles)), 0));
            prop_assert_eq!(&marked, &ranked(narrow(pairs(&from, &to, &singles)), 1 << 20));
        }
    }
}
