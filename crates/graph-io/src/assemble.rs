//! From arcs in any order to sorted symmetric rows, in O(arcs + nodes) beside the sorting of each row, on every core.
//!
//! Each arc is put down twice, in the row where it starts and in the row where it ends, with a mark of which it is. The
//! entries go first to buckets of neighboring rows, in the order of the arcs, then bucket by bucket, small enough for a
//! core's cache, to their rows. Each row is sorted, and what it has of one column, both ways, becomes at most one arc.
//! Every task writes to places of its own, and no result depends on the number of threads.

use rayon::prelude::*;

use crate::edge_policy::{Direction, Duplicates, EdgePolicy, EdgeReport, Loops};

/// What an arc carries beside its ends: its weight, or nothing where all weights are 1.
pub(crate) trait Weight: Copy + Default + Send + Sync {
    /// The weight of two arcs together.
    fn sum(self, other: Self) -> Self;
    /// The larger of two.
    fn larger(self, other: Self) -> Self;
    /// Sorts by the first; the order of equal ones stays where it can be told.
    fn sort(entries: &mut [(u32, Self)]);
}

impl Weight for () {
    fn sum(self, _: Self) -> Self {}

    fn larger(self, _: Self) -> Self {}

    fn sort(entries: &mut [(u32, ())]) {
        entries.sort_unstable_by_key(|entry| entry.0);
    }
}

impl Weight for f32 {
    fn sum(self, other: Self) -> Self {
        self + other
    }

    fn larger(self, other: Self) -> Self {
        self.max(other)
    }

    fn sort(entries: &mut [(u32, f32)]) {
        entries.sort_by_key(|entry| entry.0);
    }
}

/// Compressed rows; fewer than 2³¹ entries.
pub(crate) struct Rows<W> {
    pub(crate) pointers: Vec<u32>,
    pub(crate) columns: Vec<u32>,
    pub(crate) weights: Vec<W>,
    /// How many entries are on the diagonal.
    pub(crate) num_loops: usize,
}

/// Why arcs make no graph; the ends are of the first such arc by its rows.
pub(crate) enum Refusal {
    /// The same ordered pair twice.
    Duplicate(u32, u32),
    /// One direction without the other.
    OneWay(u32, u32),
    /// 2³¹ arcs or more, counted in both directions.
    TooMany(usize),
}

/// The symmetric rows of arcs whose ends are known to be below `num_nodes`, which is below 2³¹.
pub(crate) fn symmetric_rows<W: Weight>(
    num_nodes: usize,
    from: Vec<u32>,
    to: Vec<u32>,
    weights: Vec<W>,
    (policy, directed): (EdgePolicy, bool),
    report: &mut EdgeReport,
) -> Result<Rows<W>, Refusal> {
    let direction = if directed { policy.direction } else { Direction::Either };
    let mut buckets = Buckets::fill(num_nodes, &from, &to, &weights);
    drop((from, to, weights));
    let num_entries = buckets.entries.len();
    let (mut columns, mut weights) = (vec![0; num_entries], vec![W::default(); num_entries]);
    let merged: Vec<Merged> = buckets
        .parts(&mut columns, &mut weights)
        .into_par_iter()
        .enumerate()
        .map(|(bucket, (columns, weights))| {
            let mut block = Block { columns, weights, merged: Merged::default() };
            buckets.each_row(bucket, |row, entries| block.push_row(row, entries, policy, direction));
            block.merged
        })
        .collect();
    let starts = std::mem::take(&mut buckets.starts);
    drop(buckets);

    if let Some((from, to)) = merged.iter().find_map(|bucket| bucket.duplicate)
        && policy.duplicates == Duplicates::Refuse
    {
        return Err(Refusal::Duplicate(from, to));
    }
    let num_arcs: usize = merged.iter().map(|bucket| bucket.num_entries).sum();
    if num_arcs >= 1 << 31 {
        return Err(Refusal::TooMany(num_arcs));
    }
    if let Some((from, to)) = merged.iter().find_map(|bucket| bucket.one_way)
        && direction == Direction::Refuse
    {
        return Err(Refusal::OneWay(from, to));
    }
    let total = |count: fn(&Merged) -> usize| merged.iter().map(count).sum::<usize>();
    report.duplicates_merged = total(|bucket| bucket.num_duplicates);
    report.loops_dropped = total(|bucket| bucket.num_loops_dropped);
    report.reverses_added = total(|bucket| bucket.num_reverses_added);
    report.one_way_dropped = total(|bucket| bucket.num_one_way_dropped);

    close_gaps(&mut columns, &starts, &merged);
    close_gaps(&mut weights, &starts, &merged);
    let mut pointers = Vec::with_capacity(num_nodes + 1);
    let mut end = 0;
    pointers.push(end);
    for len in merged.iter().flat_map(|bucket| &bucket.lengths) {
        end += len;
        pointers.push(end);
    }
    Ok(Rows { pointers, columns, weights, num_loops: total(|bucket| bucket.num_loops) })
}

/// An entry of a row: the row, the column twice and one more if the arc enters the row, the weight.
type Entry<W> = (u32, u32, W);

/// Entries by their rows, the rows by powers of two.
struct Buckets<W> {
    entries: Vec<Entry<W>>,
    /// Where each bucket starts, and where the last ends.
    starts: Vec<usize>,
    /// How many rows there are, and how many binary digits of a row tell apart those of a bucket.
    num_rows: usize,
    row_bits: u32,
}

impl<W: Weight> Buckets<W> {
    fn fill(num_rows: usize, from: &[u32], to: &[u32], weights: &[W]) -> Self {
        // As many streams of writes as the caches bear, and enough work in each bucket.
        let max_buckets = (from.len() >> 14).clamp(1, 512);
        let row_bits = (0..32).find(|bits| num_rows >> bits < max_buckets).expect("rows are below 2³¹");
        let num_buckets = (num_rows >> row_bits) + 1;
        let num_tasks = (4 * rayon::current_num_threads()).min(from.len() >> 14).clamp(1, 256);
        let task_len = from.len().div_ceil(num_tasks).max(1);
        let tasks = from.par_chunks(task_len).zip(to.par_chunks(task_len));

        let count = |(from, to): (&[u32], &[u32])| {
            let mut counts = vec![0usize; num_buckets];
            from.iter().chain(to).for_each(|&row| counts[(row >> row_bits) as usize] += 1);
            counts
        };
        let counts: Vec<Vec<usize>> = tasks.clone().map(count).collect();
        let mut entries = vec![(0, 0, W::default()); 2 * from.len()];
        let mut starts = Vec::with_capacity(num_buckets + 1);
        let mut places: Vec<Vec<&mut [Entry<W>]>> =
            counts.iter().map(|_| Vec::with_capacity(num_buckets)).collect();
        let (mut rest, mut start) = (&mut entries[..], 0);
        for bucket in 0..num_buckets {
            starts.push(start);
            for (places, counts) in places.iter_mut().zip(&counts) {
                places.push(rest.split_off_mut(..counts[bucket]).expect("a place for each end of an arc"));
                start += counts[bucket];
            }
        }
        starts.push(start);
        tasks.zip(weights.par_chunks(task_len)).zip(places).for_each(
            |(((from, to), weights), mut places)| {
                let mut put = |entry: Entry<W>| {
                    let place = &mut places[(entry.0 >> row_bits) as usize];
                    *place.split_off_first_mut().expect("a place for each end of an arc") = entry;
                };
                for ((&from, &to), &weight) in from.iter().zip(to).zip(weights) {
                    put((from, 2 * to, weight));
                    put((to, 2 * from + 1, weight));
                }
            },
        );
        Self { entries, starts, num_rows, row_bits }
    }

    /// The places that belong to each bucket.
    fn parts<'a>(&self, columns: &'a mut [u32], weights: &'a mut [W]) -> Vec<(&'a mut [u32], &'a mut [W])> {
        let (mut columns, mut weights) = (columns, weights);
        let part = |pair: &[usize]| {
            let len = pair[1] - pair[0];
            let columns = columns.split_off_mut(..len).expect("a place for each entry");
            (columns, weights.split_off_mut(..len).expect("a place for each entry"))
        };
        self.starts.windows(2).map(part).collect()
    }

    /// Hands out the rows of a bucket, each with its entries sorted.
    fn each_row(&self, bucket: usize, mut take: impl FnMut(u32, &[(u32, W)])) {
        let entries = &self.entries[self.starts[bucket]..self.starts[bucket + 1]];
        let first_row = bucket << self.row_bits;
        let num_rows = (1 << self.row_bits).min(self.num_rows - first_row.min(self.num_rows));
        let mut ends = vec![0; num_rows];
        entries.iter().for_each(|entry| ends[entry.0 as usize - first_row] += 1);
        let mut next = 0;
        for end in &mut ends {
            (*end, next) = (next, next + *end);
        }
        let mut sorted = vec![(0, W::default()); entries.len()];
        for &(row, key, weight) in entries {
            let end: &mut usize = &mut ends[row as usize - first_row];
            sorted[*end] = (key, weight);
            *end += 1;
        }
        let mut start = 0;
        for (row, &end) in (first_row as u32..).zip(&ends) {
            let entries = &mut sorted[start..end];
            W::sort(entries);
            take(row, entries);
            start = end;
        }
    }
}

/// Moves together what the buckets left at the starts of their places.
fn close_gaps<T: Copy>(values: &mut Vec<T>, starts: &[usize], merged: &[Merged]) {
    let mut end = 0;
    for (&start, bucket) in starts.iter().zip(merged) {
        if start != end {
            values.copy_within(start..start + bucket.num_entries, end);
        }
        end += bucket.num_entries;
    }
    values.truncate(end);
    values.shrink_to_fit();
}

/// What was done to a bucket's rows to make them those of the graph.
#[derive(Default)]
struct Merged {
    lengths: Vec<u32>,
    num_entries: usize,
    num_loops: usize,
    num_duplicates: usize,
    num_loops_dropped: usize,
    num_reverses_added: usize,
    num_one_way_dropped: usize,
    /// The first arc that is given twice.
    duplicate: Option<(u32, u32)>,
    /// The first arc whose reverse is not given.
    one_way: Option<(u32, u32)>,
}

/// The places for the rows of a bucket.
struct Block<'a, W> {
    columns: &'a mut [u32],
    weights: &'a mut [W],
    merged: Merged,
}

impl<W: Weight> Block<'_, W> {
    fn push_row(&mut self, row: u32, entries: &[(u32, W)], policy: EdgePolicy, direction: Direction) {
        let has_nothing_to_merge = size_of::<W>() == 0;
        if has_nothing_to_merge && direction == Direction::Either && policy.duplicates != Duplicates::Refuse {
            return self.push_plain_row(row, entries, policy.loops);
        }
        let Self { columns, weights, merged } = self;
        let num_before = merged.num_entries;
        let mut rest = entries;
        while let Some(&(key, _)) = rest.first() {
            let column = key / 2;
            let (leaves, num_leaving) = next_of(&mut rest, 2 * column, policy.duplicates);
            let (enters, _) = next_of(&mut rest, 2 * column + 1, policy.duplicates);
            if num_leaving > 1 {
                merged.num_duplicates += num_leaving - 1;
                merged.duplicate = merged.duplicate.or(Some((row, column)));
            }
            if row == column {
                if policy.loops == Loops::Drop {
                    merged.num_loops_dropped += 1;
                    continue;
                }
                merged.num_loops += 1;
            }
            let weight = match (leaves, enters) {
                (Some(leaves), Some(enters)) => leaves.larger(enters),
                (Some(weight), None) => {
                    merged.one_way = merged.one_way.or(Some((row, column)));
                    if direction == Direction::Both {
                        merged.num_one_way_dropped += 1;
                        continue;
                    }
                    weight
                }
                (None, Some(weight)) if direction == Direction::Either => {
                    merged.num_reverses_added += 1;
                    weight
                }
                (None, _) => continue,
            };
            (columns[merged.num_entries], weights[merged.num_entries]) = (column, weight);
            merged.num_entries += 1;
        }
        merged.lengths.push((merged.num_entries - num_before) as u32);
    }

    /// As [`push_row`](Self::push_row) for the usual policy without weights. Whether the next entry leaves or enters and
    /// whether it is of another column is anyone's guess, so that nothing branches on it: a third of the time.
    fn push_plain_row(&mut self, row: u32, entries: &[(u32, W)], loops: Loops) {
        let Self { columns, merged, .. } = self;
        let (num_before, num_loops_before) = (merged.num_entries, merged.num_loops);
        // No key is that large, nor half of it a column.
        let mut last_key = u32::MAX;
        let mut end = num_before;
        let (mut num_leaving, mut num_distinct) = (0, 0);
        for &(key, _) in entries {
            let column = key / 2;
            let leaves = key & 1 ^ 1;
            let is_distinct = u32::from(key != last_key);
            let is_new_column = usize::from(column != last_key / 2);
            last_key = key;
            if column == row {
                merged.num_duplicates += (leaves & (is_distinct ^ 1)) as usize;
                match loops {
                    Loops::Drop => merged.num_loops_dropped += is_new_column,
                    Loops::Keep | Loops::Refuse => {
                        columns[end] = column;
                        end += is_new_column;
                        merged.num_loops += is_new_column;
                    }
                }
                continue;
            }
            columns[end] = column;
            end += is_new_column;
            num_leaving += leaves;
            num_distinct += leaves & is_distinct;
        }
        let num_loops_here = merged.num_loops - num_loops_before;
        merged.num_duplicates += (num_leaving - num_distinct) as usize;
        merged.num_reverses_added += end - num_before - num_loops_here - num_distinct as usize;
        merged.lengths.push((end - num_before) as u32);
        merged.num_entries = end;
    }
}

/// Takes off what has a key from the start of sorted entries: its weight together, and how many there are.
#[inline]
fn next_of<W: Weight>(rest: &mut &[(u32, W)], key: u32, duplicates: Duplicates) -> (Option<W>, usize) {
    let mut found: Option<W> = None;
    let mut count = 0;
    while let Some((&(_, weight), others)) = rest.split_first().filter(|(first, _)| first.0 == key) {
        found = match found {
            Some(before) if duplicates == Duplicates::Sum => Some(before.sum(weight)),
            Some(before) => Some(before),
            None => Some(weight),
        };
        (*rest, count) = (others, count + 1);
    }
    (found, count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use std::collections::BTreeMap;

    const NUM_NODES: u32 = 700;

    /// Enough arcs for several buckets and tasks, with loops, repetitions and reverses among them.
    fn arcs() -> Vec<(u32, u32, f32)> {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let end = |rng: &mut rand_chacha::ChaCha8Rng| {
            let last = rng.random_range(1..=NUM_NODES);
            rng.random_range(0..last)
        };
        (0..50_000).map(|_| (end(&mut rng), end(&mut rng), rng.random_range(1..9) as f32)).collect()
    }

    fn rows<W: Weight>(policy: EdgePolicy, weight: fn(f32) -> W) -> (Vec<(u32, u32, W)>, usize, EdgeReport) {
        let arcs = arcs();
        let mut report = EdgeReport::default();
        let rows = symmetric_rows(
            NUM_NODES as usize,
            arcs.iter().map(|arc| arc.0).collect(),
            arcs.iter().map(|arc| arc.1).collect(),
            arcs.iter().map(|arc| weight(arc.2)).collect(),
            (policy, true),
            &mut report,
        );
        let Ok(rows) = rows else { panic!("nothing is refused") };
        let entries = (0..NUM_NODES).flat_map(|row| {
            let places = rows.pointers[row as usize] as usize..rows.pointers[row as usize + 1] as usize;
            places.map(move |place| (row, place))
        });
        let entries = entries.map(|(row, place)| (row, rows.columns[place], rows.weights[place])).collect();
        (entries, rows.num_loops, report)
    }

    /// The same from ordered maps.
    fn plain_rows(policy: EdgePolicy) -> (Vec<(u32, u32, f32)>, usize, EdgeReport) {
        let mut distinct = BTreeMap::new();
        let mut report = EdgeReport::default();
        for (from, to, weight) in arcs() {
            let known = distinct.entry((from, to));
            report.duplicates_merged +=
                usize::from(matches!(known, std::collections::btree_map::Entry::Occupied(_)));
            known
                .and_modify(|before| {
                    *before += if policy.duplicates == Duplicates::Sum { weight } else { 0.0 }
                })
                .or_insert(weight);
        }
        if policy.loops == Loops::Drop {
            let num_before = distinct.len();
            distinct.retain(|(from, to), _| from != to);
            report.loops_dropped = num_before - distinct.len();
        }
        let mut rows = BTreeMap::new();
        for (&(from, to), &weight) in &distinct {
            match (distinct.get(&(to, from)), policy.direction) {
                (Some(&back), _) => {
                    rows.insert((from, to), weight.max(back));
                }
                (None, Direction::Both) => report.one_way_dropped += 1,
                (None, _) => {
                    report.reverses_added += 1;
                    rows.extend([((from, to), weight), ((to, from), weight)]);
                }
            }
        }
        let num_loops = rows.keys().filter(|(from, to)| from == to).count();
        (rows.into_iter().map(|((from, to), weight)| (from, to, weight)).collect(), num_loops, report)
    }

    #[test]
    fn large_lists_give_what_ordered_maps_give() {
        for loops in [Loops::Drop, Loops::Keep] {
            for direction in [Direction::Either, Direction::Both] {
                for duplicates in [Duplicates::First, Duplicates::Sum] {
                    let policy = EdgePolicy { loops, direction, duplicates, ..EdgePolicy::default() };
                    let expected = plain_rows(policy);
                    assert!(rows(policy, |weight| weight) == expected, "{policy:?}");
                    let (entries, num_loops, report) = rows(policy, |_| ());
                    assert!(entries.into_iter().eq(expected.0.iter().map(|entry| (entry.0, entry.1, ()))));
                    assert_eq!((num_loops, report), (expected.1, expected.2), "{policy:?}");
                }
            }
        }
    }

    #[test]
    fn the_number_of_threads_makes_no_difference() {
        let with_threads = |num_threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(num_threads).build().unwrap();
            pool.install(|| {
                let sum = EdgePolicy { duplicates: Duplicates::Sum, ..EdgePolicy::default() };
                rows(sum, |weight| 1.0 / weight)
            })
        };
        assert!(with_threads(1) == with_threads(5));
    }
}
