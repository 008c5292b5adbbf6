//! From arcs in any order to sorted symmetric rows, in O(arcs + nodes) and on every core.
//!
//! Arcs are put into the rows of their sources by counting, each row is sorted and freed of duplicates, the rows are
//! transposed, and a node's row of the graph is the union of what leaves it and what enters it. Every step cuts its
//! output by rows, so that no two tasks write to one place and no result depends on the number of threads.

use rayon::prelude::*;

use crate::edge_policy::{Direction, Duplicates, EdgePolicy, EdgeReport, Loops};

/// What an arc carries beside its ends: its weight, or nothing where all weights are 1.
pub(crate) trait Weight: Copy + Default + Send + Sync {
    /// The weight of two arcs together.
    fn sum(self, other: Self) -> Self;
    /// The larger of two.
    fn larger(self, other: Self) -> Self;
}

impl Weight for () {
    fn sum(self, _: Self) -> Self {}

    fn larger(self, _: Self) -> Self {}
}

impl Weight for f32 {
    fn sum(self, other: Self) -> Self {
        self + other
    }

    fn larger(self, other: Self) -> Self {
        self.max(other)
    }
}

/// Compressed rows; fewer than 2³¹ entries.
pub(crate) struct Rows<W> {
    pub(crate) pointers: Vec<u32>,
    pub(crate) columns: Vec<u32>,
    pub(crate) weights: Vec<W>,
}

/// A block of whole rows: its first row, and what of each output belongs to it.
struct Block<'a, W> {
    first_row: usize,
    pointers: &'a [u32],
    columns: &'a mut [u32],
    weights: &'a mut [W],
}

impl<W: Weight> Rows<W> {
    fn num_rows(&self) -> usize {
        self.pointers.len() - 1
    }

    fn row(&self, index: usize) -> (&[u32], &[W]) {
        let range = self.pointers[index] as usize..self.pointers[index + 1] as usize;
        (&self.columns[range.clone()], &self.weights[range])
    }

    /// Rows of these lengths, with nothing in them yet.
    fn of_lengths(mut pointers: Vec<u32>) -> Self {
        (1..pointers.len()).for_each(|row| pointers[row] += pointers[row - 1]);
        let num_entries = pointers.last().copied().unwrap_or(0) as usize;
        Self { pointers, columns: vec![0; num_entries], weights: vec![W::default(); num_entries] }
    }

    /// The rows in blocks of about equal work, each with its own part of the entries.
    fn blocks(&mut self) -> Vec<Block<'_, W>> {
        let num_blocks = (4 * rayon::current_num_threads()).min(64);
        let num_rows = self.pointers.len() - 1;
        // A row counts as one entry more than it has, so that empty rows are shared out too.
        let work = self.columns.len() + num_rows;
        let cut = |block: usize| {
            let wanted = (block as u64 * work as u64 / num_blocks as u64) as usize;
            partition_point(0, num_rows, |row| self.pointers[row] as usize + row < wanted)
        };
        let cuts: Vec<usize> = (0..=num_blocks).map(cut).collect();
        let (mut columns, mut weights) = (&mut self.columns[..], &mut self.weights[..]);
        let mut blocks = Vec::with_capacity(num_blocks);
        for pair in cuts.windows(2) {
            let pointers = &self.pointers[pair[0]..=pair[1]];
            let len = (pointers[pointers.len() - 1] - pointers[0]) as usize;
            let (own_columns, other_columns) = std::mem::take(&mut columns).split_at_mut(len);
            let (own_weights, other_weights) = std::mem::take(&mut weights).split_at_mut(len);
            (columns, weights) = (other_columns, other_weights);
            blocks.push(Block { first_row: pair[0], pointers, columns: own_columns, weights: own_weights });
        }
        blocks
    }

    /// Entries (row, column, weight) put into their rows, within a row in the order given.
    ///
    /// Each block looks at all entries and takes those of its rows.
    fn scatter<I: Iterator<Item = (u32, u32, W)>>(num_rows: usize, entries: impl Fn() -> I + Sync) -> Self {
        let mut pointers = vec![0u32; num_rows + 1];
        let num_tasks = rayon::current_num_threads().clamp(1, 8);
        let rows_a_task = num_rows.div_ceil(num_tasks);
        pointers[1..].par_chunks_mut(rows_a_task).enumerate().for_each(|(task, counts)| {
            let first = (task * rows_a_task) as u32;
            for (row, _, _) in entries() {
                if let Some(count) = counts.get_mut(row.wrapping_sub(first) as usize) {
                    *count += 1;
                }
            }
        });
        let mut rows = Self::of_lengths(pointers);
        let cut = |row: usize| rows.pointers[row.min(num_rows)] as usize;
        let cuts: Vec<usize> = (0..=num_tasks).map(|task| cut(task * rows_a_task)).collect();
        let (mut columns, mut weights) = (&mut rows.columns[..], &mut rows.weights[..]);
        let mut tasks = Vec::with_capacity(num_tasks);
        for (task, pair) in cuts.windows(2).enumerate() {
            let (own_columns, other_columns) = std::mem::take(&mut columns).split_at_mut(pair[1] - pair[0]);
            let (own_weights, other_weights) = std::mem::take(&mut weights).split_at_mut(pair[1] - pair[0]);
            (columns, weights) = (other_columns, other_weights);
            tasks.push((task * rows_a_task, pair[0], own_columns, own_weights));
        }
        let pointers = &rows.pointers;
        tasks.into_par_iter().for_each(|(first, start, columns, weights)| {
            let end = (first + rows_a_task).min(num_rows);
            let mut next: Vec<u32> = pointers[first.min(end)..end].to_vec();
            for (row, column, weight) in entries() {
                if let Some(next) = next.get_mut(row.wrapping_sub(first as u32) as usize) {
                    let place = *next as usize - start;
                    (columns[place], weights[place]) = (column, weight);
                    *next += 1;
                }
            }
        });
        rows
    }

    /// Sorts each row and leaves each column in it once; gives back how many entries were left out.
    fn sort_and_merge(&mut self, duplicates: Duplicates) -> usize {
        let num_rows = self.num_rows();
        let num_before = self.columns.len();
        let lengths: Vec<Vec<u32>> =
            self.blocks().into_par_iter().map(|block| merge_block(block, duplicates)).collect();
        let lengths: Vec<u32> = lengths.concat();
        let mut end = 0;
        for (row, &len) in lengths.iter().enumerate().take(num_rows) {
            let start = self.pointers[row] as usize;
            self.pointers[row] = end as u32;
            self.columns.copy_within(start..start + len as usize, end);
            self.weights.copy_within(start..start + len as usize, end);
            end += len as usize;
        }
        self.pointers[num_rows] = end as u32;
        self.columns.truncate(end);
        self.weights.truncate(end);
        num_before - end
    }

    /// Leaves out the entries of the diagonal.
    fn drop_diagonal(&mut self) -> usize {
        let num_before = self.columns.len();
        let (mut end, mut start) = (0, 0);
        for row in 0..self.num_rows() {
            let next_start = self.pointers[row + 1] as usize;
            for entry in start..next_start {
                if self.columns[entry] as usize != row {
                    (self.columns[end], self.weights[end]) = (self.columns[entry], self.weights[entry]);
                    end += 1;
                }
            }
            start = next_start;
            self.pointers[row + 1] = end as u32;
        }
        self.columns.truncate(end);
        self.weights.truncate(end);
        num_before - end
    }

    fn entries(&self) -> impl Iterator<Item = (u32, u32, W)> + '_ {
        (0..self.num_rows()).flat_map(move |row| {
            let (columns, weights) = self.row(row);
            columns.iter().zip(weights).map(move |(&column, &weight)| (row as u32, column, weight))
        })
    }
}

/// Sorts and merges the rows of a block at their starts; gives back their new lengths.
fn merge_block<W: Weight>(block: Block<'_, W>, duplicates: Duplicates) -> Vec<u32> {
    let mut lengths = Vec::with_capacity(block.pointers.len().saturating_sub(1));
    let mut entries: Vec<(u32, W)> = Vec::new();
    let start = block.pointers[0];
    for pair in block.pointers.windows(2) {
        let range = (pair[0] - start) as usize..(pair[1] - start) as usize;
        let (columns, weights) = (&mut block.columns[range.clone()], &mut block.weights[range]);
        if columns.is_sorted_by(|a, b| a < b) {
            lengths.push(columns.len() as u32);
            continue;
        }
        entries.clear();
        entries.extend(columns.iter().copied().zip(weights.iter().copied()));
        // Stable, so that the first of equal columns is the one that was given first.
        entries.sort_by_key(|entry| entry.0);
        entries.dedup_by(|later, first| {
            let same = later.0 == first.0;
            if same && duplicates == Duplicates::Sum {
                first.1 = first.1.sum(later.1);
            }
            same
        });
        for (place, &(column, weight)) in entries.iter().enumerate() {
            (columns[place], weights[place]) = (column, weight);
        }
        lengths.push(entries.len() as u32);
    }
    lengths
}

/// The least of `low..high` for which `before` does not hold, `high` where it holds for all.
fn partition_point(mut low: usize, mut high: usize, before: impl Fn(usize) -> bool) -> usize {
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) { low = middle + 1 } else { high = middle }
    }
    low
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

/// The symmetric rows of arcs whose ends are known to be below `num_nodes`.
pub(crate) fn symmetric_rows<W: Weight>(
    num_nodes: usize,
    from: Vec<u32>,
    to: Vec<u32>,
    weights: Vec<W>,
    (policy, directed): (EdgePolicy, bool),
    report: &mut EdgeReport,
) -> Result<Rows<W>, Refusal> {
    let mut leaving = Rows::scatter(num_nodes, || {
        from.iter().zip(&to).zip(&weights).map(|((&from, &to), &weight)| (from, to, weight))
    });
    drop((from, to, weights));
    if policy.duplicates == Duplicates::Refuse
        && let Some((row, column)) = first_duplicate(&leaving)
    {
        return Err(Refusal::Duplicate(row, column));
    }
    report.duplicates_merged = leaving.sort_and_merge(policy.duplicates);
    if policy.loops == Loops::Drop {
        report.loops_dropped = leaving.drop_diagonal();
    }
    let entering =
        Rows::scatter(num_nodes, || leaving.entries().map(|(from, to, weight)| (to, from, weight)));

    let direction = if directed { policy.direction } else { Direction::Either };
    let mut pointers = vec![0u32; num_nodes + 1];
    pointers[1..].par_iter_mut().enumerate().for_each(|(node, len)| {
        *len = merged(leaving.row(node), entering.row(node), direction).count() as u32;
    });
    let num_arcs: u64 = pointers.par_iter().map(|&len| u64::from(len)).sum();
    if num_arcs >= 1 << 31 {
        return Err(Refusal::TooMany(num_arcs as usize));
    }
    let num_distinct = leaving.columns.len();
    match direction {
        Direction::Either => report.reverses_added = num_arcs as usize - num_distinct,
        Direction::Both => report.one_way_dropped = num_distinct - num_arcs as usize,
        Direction::Refuse if num_arcs as usize != num_distinct => {
            let one_way = leaving
                .entries()
                .find(|&(from, to, _)| leaving.row(to as usize).0.binary_search(&from).is_err());
            let (from, to, _) = one_way.expect("an arc without its reverse, by the counts");
            return Err(Refusal::OneWay(from, to));
        }
        Direction::Refuse => {}
    }
    let mut rows = Rows::of_lengths(pointers);
    rows.blocks().into_par_iter().for_each(|block| {
        let places = block.columns.iter_mut().zip(block.weights.iter_mut());
        let nodes = block.first_row..block.first_row + block.pointers.len() - 1;
        let entries = nodes.flat_map(|node| merged(leaving.row(node), entering.row(node), direction));
        places.zip(entries).for_each(|((column, weight), entry)| (*column, *weight) = entry);
    });
    Ok(rows)
}

fn first_duplicate<W: Weight>(rows: &Rows<W>) -> Option<(u32, u32)> {
    let mut sorted = Vec::new();
    (0..rows.num_rows()).find_map(|row| {
        sorted.clear();
        sorted.extend_from_slice(rows.row(row).0);
        sorted.sort_unstable();
        sorted.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| (row as u32, pair[0]))
    })
}

/// What leaves a node and what enters it, in ascending order: all of it, or what does both. Two weights become the larger.
fn merged<'a, W: Weight>(
    (out_columns, out_weights): (&'a [u32], &'a [W]),
    (in_columns, in_weights): (&'a [u32], &'a [W]),
    direction: Direction,
) -> impl Iterator<Item = (u32, W)> + 'a {
    let (mut out, mut into) = (0, 0);
    std::iter::from_fn(move || {
        loop {
            let (leaves, enters) = (out_columns.get(out), in_columns.get(into));
            let next = match (leaves, enters) {
                (None, None) => return None,
                (Some(&a), Some(&b)) if a == b => {
                    (out, into) = (out + 1, into + 1);
                    return Some((a, out_weights[out - 1].larger(in_weights[into - 1])));
                }
                (Some(&a), b) if b.is_none_or(|&b| a < b) => {
                    out += 1;
                    (a, out_weights[out - 1])
                }
                (_, Some(&b)) => {
                    into += 1;
                    (b, in_weights[into - 1])
                }
                (Some(_), None) => unreachable!("taken by the arm for what only leaves"),
            };
            if direction == Direction::Either {
                return Some(next);
            }
        }
    })
}
