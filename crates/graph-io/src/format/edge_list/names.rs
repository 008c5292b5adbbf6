//! Lines whose ids are any text: the nodes are in the order in which their ids first appear.
//!
//! Each chunk of the file numbers the ids that it sees; then the chunks' ids are numbered in the order of the chunks.

use std::hash::BuildHasher;
use std::ops::Range;

use hashbrown::{DefaultHashBuilder, HashTable};
use memchr::{memchr, memchr2, memchr3};
use rayon::prelude::*;

use super::inline_names::{self, InlineNames};
use super::layout::FaultAt;
use super::line::{Layout, MAX_ID_LEN, Separator, line_at, number};
use super::numbers::{Passed, chunks};
use crate::arcs::{ArcMeaning, Arcs};
use crate::format::growth::reserve_within;
use crate::node_ids::NodeIds;

/// What the lines from `start` on say, chunk by chunk; the first fault of the file where there is one.
pub(super) fn parse(
    bytes: &[u8],
    start: usize,
    layout: &Layout,
    chunk_len: usize,
) -> Result<Vec<Chunk>, FaultAt> {
    let hasher = DefaultHashBuilder::default();
    let parsed: Vec<Result<Chunk, FaultAt>> = chunks(bytes, start, chunk_len)
        .into_par_iter()
        .map(|chunk| Chunk::parse(bytes, chunk, layout, &hasher))
        .collect();
    parsed.into_iter().collect()
}

/// The nodes and edges of all chunks.
///
/// # Panics
/// When there are 2³² different ids.
pub(super) fn put_together(mut chunks: Vec<Chunk>, layout: &Layout) -> (NodeIds, Arcs, Passed) {
    let passed = Passed::sum(chunks.iter().map(|chunk| chunk.passed));
    let hasher = DefaultHashBuilder::default();
    let max_names = chunks.iter().map(|chunk| chunk.names.ends.len()).sum();
    let mut all = Names::default();
    // Beside ids of few bytes what finds them fast would take more than ten times their bytes.
    let num_bytes: usize = chunks.iter().map(|chunk| chunk.names.text.len()).sum();
    let mut index = (num_bytes >= 6 * max_names).then(|| Index::new(&hasher));
    if index.is_some() {
        all.min_len = InlineNames::<4>::MAX_LEN + 1;
    }
    for chunk in &mut chunks {
        let own = std::mem::take(&mut chunk.names);
        reserve_within(&mut all.ends, own.ends.len(), max_names);
        let mut nodes = Vec::with_capacity(own.ends.len());
        match &mut index {
            Some(index) => {
                for start in (0..own.ends.len()).step_by(BATCH) {
                    let ids = (start..own.ends.len().min(start + BATCH)).map(|node| own.get(node));
                    let ids: Vec<&[u8]> = ids.collect();
                    index.each(&ids, &mut all, |_, node| nodes.push(node));
                }
            }
            None => nodes.extend((0..own.ends.len()).map(|node| all.node(own.get(node), &hasher))),
        }
        for ends in [&mut chunk.from, &mut chunk.to] {
            ends.par_iter_mut().for_each(|end| *end = nodes[*end as usize]);
        }
    }
    let Names { text, ends, .. } = all;
    let text = String::from_utf8(text).expect("every id is checked to be text");
    let arcs = Arcs {
        from: chunks.iter_mut().flat_map(|chunk| std::mem::take(&mut chunk.from)).collect(),
        to: chunks.iter_mut().flat_map(|chunk| std::mem::take(&mut chunk.to)).collect(),
        weights: layout.weight.map(|_| chunks.into_iter().flat_map(|chunk| chunk.weights).collect()),
        meaning: ArcMeaning::Directed,
    };
    (NodeIds::from_text(text, ends), arcs, passed)
}

/// What a chunk says, its nodes numbered by itself.
#[derive(Default)]
pub(super) struct Chunk {
    names: Names,
    from: Vec<u32>,
    to: Vec<u32>,
    weights: Vec<f32>,
    passed: Passed,
}

impl Chunk {
    fn parse(
        bytes: &[u8],
        range: Range<usize>,
        layout: &Layout,
        hasher: &DefaultHashBuilder,
    ) -> Result<Self, FaultAt> {
        let mut chunk = Self::default();
        chunk.names.min_len = InlineNames::<4>::MAX_LEN + 1;
        let mut index = Index::new(hasher);
        let quick = Quick::of(layout, &bytes[range.clone()]);
        let mut next = range.start;
        while next < range.end {
            let (mut ends, mut num_edges) = ([&bytes[..0]; BATCH], 0);
            while let Some(quick) = &quick
                && 2 * num_edges < BATCH
                && next < range.end
                && let Some((from, to, weight, len)) = quick.edge(&bytes[next..])
            {
                (ends[2 * num_edges], ends[2 * num_edges + 1]) = (from, to);
                (num_edges, next) = (num_edges + 1, next + len);
                if layout.weight.is_some() {
                    chunk.weights.push(weight);
                }
            }
            let Self { names, from, to, .. } = &mut chunk;
            index.each(&ends[..2 * num_edges], names, |place, node| {
                if place % 2 == 0 { from.push(node) } else { to.push(node) }
            });
            if num_edges > 0 {
                continue;
            }
            let here = next;
            let line;
            (line, next) = line_at(bytes, here);
            if layout.is_silent(line) {
                chunk.passed.num_comments += usize::from(!line.trim_ascii().is_empty());
                continue;
            }
            let record = layout.record(line).map_err(|fault| (here, fault))?;
            let from = index.node(&record.from, &mut chunk.names);
            let Some(to) = record.to else {
                chunk.passed.num_singles += 1;
                continue;
            };
            chunk.from.push(from);
            chunk.to.push(index.node(&to, &mut chunk.names));
            if layout.weight.is_some() {
                chunk.weights.push(record.weight);
            }
        }
        drop(index);
        chunk.names.table = HashTable::new();
        // The chunks are kept beside each other: what they have room for beyond themselves adds up.
        chunk.names.text.shrink_to_fit();
        chunk.names.ends.shrink_to_fit();
        for ends in [&mut chunk.from, &mut chunk.to] {
            ends.shrink_to_fit();
        }
        chunk.weights.shrink_to_fit();
        Ok(chunk)
    }
}

/// The way through lines that have nothing unusual about them.
struct Quick {
    separator: Separator,
    is_weighted: bool,
}

impl Quick {
    /// None where a line of the text may be unusual: with quotes, or with bytes that are no text.
    fn of(layout: &Layout, text: &[u8]) -> Option<Self> {
        let is_weighted = layout.weight == Some(2);
        let num_fields = if is_weighted { 3 } else { 2 };
        let is_usual = (layout.from, layout.to, layout.num_fields) == (0, 1, num_fields)
            && layout.weight.is_none_or(|weight| weight == 2)
            && layout.arrow.is_none()
            && !layout.has_attributes;
        let is_plain = is_usual && memchr(b'"', text).is_none() && std::str::from_utf8(text).is_ok();
        is_plain.then_some(Self { separator: layout.separator, is_weighted })
    }

    /// The ids, the weight and the length of the line at the start of a text.
    #[inline]
    fn edge<'a>(&self, text: &'a [u8]) -> Option<(&'a [u8], &'a [u8], f32, usize)> {
        // What a comment starts with.
        if matches!(text.first()?, b'#' | b'%' | b'/') {
            return None;
        }
        let from_end = self.field_end(text)?;
        let from = plain_id(&text[..from_end])?;
        if text[from_end] == b'\n' {
            return None;
        }
        let rest = &text[from_end + 1..];
        let to_end = self.field_end(rest)?;
        let ends_line = rest[to_end] == b'\n';
        let to = &rest[..to_end];
        let to = plain_id(if ends_line { to.strip_suffix(b"\r").unwrap_or(to) } else { to })?;
        let len = from_end + to_end + 2;
        match (self.is_weighted, ends_line) {
            (false, true) => Some((from, to, 1.0, len)),
            (true, false) => {
                let rest = &rest[to_end + 1..];
                let end = memchr(b'\n', rest)?;
                Some((from, to, number(rest[..end].trim_ascii()).ok()?, len + end + 1))
            }
            _ => None,
        }
    }

    /// Where the first field ends.
    #[inline]
    fn field_end(&self, text: &[u8]) -> Option<usize> {
        match self.separator {
            Separator::Byte(byte) => memchr2(byte, b'\n', text),
            Separator::Blanks => memchr3(b' ', b'\t', b'\n', text),
        }
    }
}

/// An id without blanks around it.
#[inline]
fn plain_id(id: &[u8]) -> Option<&[u8]> {
    let is_blank = |byte: &u8| byte.is_ascii_whitespace();
    let is_plain = id.len() <= MAX_ID_LEN && !is_blank(id.first()?) && !is_blank(id.last()?);
    is_plain.then_some(id)
}

/// Finds the nodes of a chunk by their ids.
struct Index<'a> {
    hasher: &'a DefaultHashBuilder,
    short: InlineNames<2>,
    medium: InlineNames<4>,
}

impl<'a> Index<'a> {
    fn new(hasher: &'a DefaultHashBuilder) -> Self {
        Self { hasher, short: InlineNames::default(), medium: InlineNames::default() }
    }

    /// The node of an id, a new one of the names if it has none yet.
    fn node(&mut self, id: &[u8], names: &mut Names) -> u32 {
        let mut found = 0;
        self.each(&[id], names, |_, node| found = node);
        found
    }

    /// Hands over the nodes of at most [`BATCH`] ids, each with its place.
    #[inline]
    fn each(&mut self, ids: &[&[u8]], names: &mut Names, mut take: impl FnMut(usize, u32)) {
        let Self { hasher, short, medium } = self;
        let (mut sought, mut touched) = ([Sought::Long; BATCH], 0);
        for (sought, id) in sought.iter_mut().zip(ids) {
            if id.len() <= InlineNames::<2>::MAX_LEN {
                let key = InlineNames::sought(id, hasher);
                touched ^= short.touch(&key);
                *sought = Sought::Short(key);
            } else if id.len() <= InlineNames::<4>::MAX_LEN {
                let key = InlineNames::sought(id, hasher);
                touched ^= medium.touch(&key);
                *sought = Sought::Medium(key);
            }
        }
        std::hint::black_box(touched);
        for (place, (sought, id)) in sought.iter().zip(ids).enumerate() {
            let new = names.next_node();
            let node = match sought {
                Sought::Short(key) => short.node_or(key, new, hasher),
                Sought::Medium(key) => medium.node_or(key, new, hasher),
                Sought::Long => {
                    take(place, names.node(id, hasher));
                    continue;
                }
            };
            if node == new {
                names.push(id);
            }
            take(place, node);
        }
    }
}

/// How many ids are looked for at a time.
const BATCH: usize = 32;

/// An id that is looked for, by its length.
#[derive(Clone, Copy)]
enum Sought {
    Short(inline_names::Sought<2>),
    Medium(inline_names::Sought<4>),
    Long,
}

/// Different ids in the order in which they first appeared.
#[derive(Default)]
struct Names {
    text: Vec<u8>,
    ends: Vec<usize>,
    /// Nodes with the hashes of their ids, so that a table that grows looks at no id.
    table: HashTable<(u32, u32)>,
    /// The shortest ids that the table has.
    min_len: usize,
}

impl Names {
    /// The node of an id, a new one if it has none yet.
    fn node(&mut self, id: &[u8], hasher: &DefaultHashBuilder) -> u32 {
        let Self { text, ends, table, .. } = self;
        let short_hash = hasher.hash_one(id) as u32;
        let is_same = |&(other_hash, node): &(u32, u32)| {
            other_hash == short_hash && name(text, ends, node as usize) == id
        };
        if let Some(&(_, node)) = table.find(long(short_hash), is_same) {
            return node;
        }
        let node = self.next_node();
        if self.table.len() == self.table.capacity() {
            self.grow(hasher);
        }
        self.table.insert_unique(long(short_hash), (short_hash, node), |&(short_hash, _)| long(short_hash));
        self.push(id);
        node
    }

    /// Makes a full table twice as large, without the old and the new one at once.
    fn grow(&mut self, hasher: &DefaultHashBuilder) {
        let num_entries = std::mem::take(&mut self.table).len();
        let mut table = HashTable::with_capacity(num_entries + 1);
        for node in 0..self.ends.len() as u32 {
            let id = self.get(node as usize);
            if id.len() >= self.min_len {
                let short_hash = hasher.hash_one(id) as u32;
                table
                    .insert_unique(long(short_hash), (short_hash, node), |&(short_hash, _)| long(short_hash));
            }
        }
        self.table = table;
    }

    /// The number of a new node.
    fn next_node(&self) -> u32 {
        u32::try_from(self.ends.len()).expect("fewer than 2³² ids")
    }

    fn push(&mut self, id: &[u8]) {
        self.text.extend_from_slice(id);
        self.ends.push(self.text.len());
    }

    fn get(&self, node: usize) -> &[u8] {
        name(&self.text, &self.ends, node)
    }
}

/// The hash that a table is given, which looks at its highest bits and at its lowest.
fn long(short_hash: u32) -> u64 {
    u64::from(short_hash) << 32 | u64::from(short_hash)
}

fn name<'a>(text: &'a [u8], ends: &[usize], node: usize) -> &'a [u8] {
    let start = if node == 0 { 0 } else { ends[node - 1] };
    &text[start..ends[node]]
}
