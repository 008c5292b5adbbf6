//! Lines whose ids are whole numbers, parsed on every core.
//!
//! Each chunk of the file has its own part of the arrays, as long as it has lines for, so that nothing is put together
//! afterwards.

use std::ops::Range;

use memchr::memchr_iter;
use rayon::prelude::*;

use super::digits::{number_at, short_weight_at};
use super::layout::FaultAt;
use super::line::{Layout, Separator, line_at, number};

/// What an id is kept in.
pub(in crate::format) trait Number:
    Copy + Default + Ord + Send + Sync + Into<u64> + TryFrom<u64>
{
}

impl Number for u32 {}
impl Number for u64 {}

/// The edges of a file in its order, and the nodes that lines name alone.
#[derive(Debug, Default, PartialEq)]
pub(in crate::format) struct Pairs<T> {
    pub(in crate::format) from: Vec<T>,
    pub(in crate::format) to: Vec<T>,
    pub(in crate::format) weights: Option<Vec<f32>>,
    pub(in crate::format) singles: Vec<T>,
    /// The largest id, 0 where there is none.
    pub(in crate::format) max: u64,
    pub(in crate::format) passed: Passed,
}

/// Lines that are no edges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::format) struct Passed {
    /// Lines of one id.
    pub(in crate::format) num_singles: usize,
    /// Comments behind the first line that is none.
    pub(in crate::format) num_comments: usize,
}

impl Passed {
    /// The lines of several parts of a file.
    pub(super) fn sum(parts: impl Iterator<Item = Self>) -> Self {
        parts.fold(Self::default(), |sum, part| Self {
            num_singles: sum.num_singles + part.num_singles,
            num_comments: sum.num_comments + part.num_comments,
        })
    }
}

/// Why lines are no pairs of numbers.
#[derive(Debug, PartialEq)]
pub(in crate::format) enum Stop {
    /// An id is no whole number as a computer writes it.
    Text,
    /// An id does not fit the numbers asked for.
    Wide,
    /// A line is malformed, the first of the file to be so.
    Fault(FaultAt),
}

/// A file cut at line ends.
pub(super) fn chunks(bytes: &[u8], start: usize, chunk_len: usize) -> Vec<Range<usize>> {
    let mut chunks = Vec::new();
    let mut start = start;
    while start < bytes.len() {
        let wanted = bytes.len().min(start.saturating_add(chunk_len.max(1)));
        let end = line_at(bytes, wanted - 1).1;
        chunks.push(start..end);
        start = end;
    }
    chunks
}

/// How long the chunks of a file are made.
pub(in crate::format) fn usual_chunk_len(len: usize) -> usize {
    (len / (8 * rayon::current_num_threads())).clamp(1 << 16, 1 << 26)
}

/// Parses the lines from `start` on.
pub(in crate::format) fn pairs<T: Number>(
    bytes: &[u8],
    start: usize,
    layout: &Layout,
    chunk_len: usize,
) -> Result<Pairs<T>, Stop> {
    let chunks = chunks(bytes, start, chunk_len);
    // At most so many edges: an edge has a line, and with its end at least four bytes.
    let max_edges = |chunk: &Range<usize>| {
        let lines = &bytes[chunk.clone()];
        let num_lines = memchr_iter(b'\n', lines).count() + usize::from(lines.last() != Some(&b'\n'));
        num_lines.min(lines.len() / 4 + 1)
    };
    let part_lens: Vec<usize> = chunks.par_iter().map(max_edges).collect();
    let max_edges: usize = part_lens.iter().sum();
    let (mut from, mut to) = (vec![T::default(); max_edges], vec![T::default(); max_edges]);
    let mut weights = layout.weight.map(|_| vec![0.0; max_edges]);

    let (mut from_rest, mut to_rest) = (&mut from[..], &mut to[..]);
    let mut weights_rest = weights.as_deref_mut().unwrap_or_default();
    let mut parts = Vec::with_capacity(chunks.len());
    for (chunk, &len) in chunks.into_iter().zip(&part_lens) {
        let weights_len = len.min(weights_rest.len());
        let part = Part {
            bytes: &bytes[..chunk.end],
            start: chunk.start,
            from: from_rest.split_off_mut(..len).expect("a place for each edge"),
            to: to_rest.split_off_mut(..len).expect("a place for each edge"),
            weights: weights_rest.split_off_mut(..weights_len).expect("a place for each edge"),
        };
        parts.push(part);
    }
    let parse = if layout.weight.is_some() { Part::parse::<true> } else { Part::parse::<false> };
    let parsed: Vec<Result<Parsed<T>, Stop>> =
        parts.into_par_iter().map(|part| parse(part, layout)).collect();
    for stop in [Stop::Text, Stop::Wide] {
        if parsed.iter().any(|part| part.as_ref().is_err_and(|other| *other == stop)) {
            return Err(stop);
        }
    }
    let parsed: Vec<Parsed<T>> = parsed.into_iter().collect::<Result<_, Stop>>()?;

    let lens: Vec<usize> = parsed.iter().map(|part| part.num_pairs).collect();
    close_gaps(&mut from, &part_lens, &lens);
    close_gaps(&mut to, &part_lens, &lens);
    if let Some(weights) = &mut weights {
        close_gaps(weights, &part_lens, &lens);
    }
    let max = parsed.iter().map(|part| part.max).max().unwrap_or(0);
    let passed = Passed::sum(parsed.iter().map(|part| part.passed));
    let singles = parsed.into_iter().flat_map(|part| part.singles).collect();
    Ok(Pairs { from, to, weights, singles, max, passed })
}

/// Moves together what stands at the start of each part.
fn close_gaps<T: Copy>(values: &mut Vec<T>, part_lens: &[usize], lens: &[usize]) {
    let (mut start, mut end) = (0, 0);
    for (part_len, &len) in part_lens.iter().zip(lens) {
        if start != end {
            values.copy_within(start..start + len, end);
        }
        start += part_len;
        end += len;
    }
    values.truncate(end);
    values.shrink_to_fit();
}

/// A chunk of the file and the places for what it says.
struct Part<'a, T> {
    /// The file up to the end of the chunk.
    bytes: &'a [u8],
    start: usize,
    from: &'a mut [T],
    to: &'a mut [T],
    weights: &'a mut [f32],
}

struct Parsed<T> {
    num_pairs: usize,
    singles: Vec<T>,
    max: u64,
    passed: Passed,
}

impl<T: Number> Part<'_, T> {
    fn parse<const WEIGHTED: bool>(self, layout: &Layout) -> Result<Parsed<T>, Stop> {
        let Self { bytes, start, from, to, weights } = self;
        let narrow = |id: u64| T::try_from(id).map_err(|_| Stop::Wide);
        let quick = Quick::of(layout);
        let mut parsed = Parsed { num_pairs: 0, singles: Vec::new(), max: 0, passed: Passed::default() };
        let mut next = start;
        while next < bytes.len() {
            let here = next;
            let (ends, weight);
            if let Some(quick) = &quick
                && let Some((from, to, quick_weight, end)) = quick.edge::<WEIGHTED>(bytes, here)
            {
                (ends, weight, next) = ((from, to), quick_weight, end);
            } else {
                let line;
                (line, next) = line_at(bytes, here);
                if layout.is_silent(line) {
                    parsed.passed.num_comments += usize::from(!line.trim_ascii().is_empty());
                    continue;
                }
                let record = layout.record(line).map_err(|fault| Stop::Fault((here, fault)))?;
                let from = whole_number(&record.from).ok_or(Stop::Text)?;
                let Some(to) = record.to else {
                    parsed.passed.num_singles += 1;
                    parsed.max = parsed.max.max(from);
                    push_distinct(&mut parsed.singles, narrow(from)?);
                    continue;
                };
                ends = (from, whole_number(&to).ok_or(Stop::Text)?);
                weight = record.weight;
            }
            parsed.max = parsed.max.max(ends.0).max(ends.1);
            let place = parsed.num_pairs;
            (from[place], to[place]) = (narrow(ends.0)?, narrow(ends.1)?);
            if WEIGHTED {
                weights[place] = weight;
            }
            parsed.num_pairs += 1;
        }
        Ok(parsed)
    }
}

/// Adds a node, and drops those that are there twice before the list grows: a line of one digit, said over and over, would
/// take many times its bytes.
fn push_distinct<T: Ord>(singles: &mut Vec<T>, single: T) {
    if singles.len() == singles.capacity() {
        singles.sort_unstable();
        singles.dedup();
        // Room for as many again, so that this is seldom.
        singles.reserve(singles.len().max(64));
    }
    singles.push(single);
}

/// The number of an id that is written as a computer writes it.
pub(in crate::format) fn whole_number(id: &[u8]) -> Option<u64> {
    let is_plain = id.iter().all(u8::is_ascii_digit) && (id.len() == 1 || id.first() != Some(&b'0'));
    if is_plain { std::str::from_utf8(id).ok()?.parse().ok() } else { None }
}

/// The way through lines that have nothing unusual about them.
struct Quick {
    // What may stand between two fields: one of the first two, then any number of the others.
    separators: [u8; 2],
    blanks: [u8; 2],
}

impl Quick {
    fn of(layout: &Layout) -> Option<Self> {
        let usual = match layout.weight {
            None => layout.num_fields == 2,
            Some(column) => column == 2 && layout.num_fields == 3,
        };
        let (separators, blanks) = match layout.separator {
            Separator::Blanks => (*b" \t", *b" \t"),
            Separator::Byte(b'\t') => (*b"\t\t", *b"  "),
            Separator::Byte(byte) => ([byte; 2], *b" \t"),
        };
        let is_bare = layout.arrow.is_none() && !layout.has_attributes;
        (usual && is_bare && (layout.from, layout.to) == (0, 1)).then_some(Self { separators, blanks })
    }

    /// The edge on the line that starts at a byte, and where the next line starts.
    #[inline(always)]
    fn edge<const WEIGHTED: bool>(&self, bytes: &[u8], start: usize) -> Option<(u64, u64, f32, usize)> {
        let (from, end) = number_at(bytes, start)?;
        let (to, end) = number_at(bytes, self.behind_separator(bytes, end)?)?;
        if !WEIGHTED {
            return Some((from, to, 1.0, next_line(bytes, end)?));
        }
        let start = self.behind_separator(bytes, end)?;
        if let Some((weight, end)) = short_weight_at(bytes, start)
            && let Some(next) = next_line(bytes, end)
        {
            return Some((from, to, weight, next));
        }
        let (field, next) = line_at(bytes, start);
        Some((from, to, number(field).ok()?, next))
    }

    #[inline(always)]
    fn behind_separator(&self, bytes: &[u8], mut at: usize) -> Option<usize> {
        if !self.separators.contains(bytes.get(at)?) {
            return None;
        }
        at += 1;
        while self.blanks.contains(bytes.get(at)?) {
            at += 1;
        }
        Some(at)
    }
}

#[inline(always)]
fn next_line(bytes: &[u8], end: usize) -> Option<usize> {
    match *bytes.get(end)? {
        b'\n' => Some(end + 1),
        b'\r' if bytes.get(end + 1) == Some(&b'\n') => Some(end + 2),
        _ => None,
    }
}
