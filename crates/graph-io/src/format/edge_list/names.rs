//! Lines whose ids are any text: the nodes are in the order in which their ids first appear.
//!
//! Each chunk of the file numbers the ids that it sees; then the chunks' ids are numbered in the order of the chunks.

use std::hash::BuildHasher;
use std::ops::Range;

use hashbrown::{DefaultHashBuilder, HashTable};
use rayon::prelude::*;

use super::layout::FaultAt;
use super::line::{Layout, line_at};
use super::numbers::chunks;
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
pub(super) fn put_together(mut chunks: Vec<Chunk>, layout: &Layout) -> (NodeIds, Arcs) {
    let hasher = DefaultHashBuilder::default();
    let max_names = chunks.iter().map(|chunk| chunk.names.ends.len()).sum();
    let mut all = Names::default();
    for chunk in &mut chunks {
        let own = std::mem::take(&mut chunk.names);
        reserve_within(&mut all.ends, own.ends.len(), max_names);
        let nodes: Vec<u32> = (0..own.ends.len()).map(|node| all.node(own.get(node), &hasher)).collect();
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
    (NodeIds::from_text(text, ends), arcs)
}

/// What a chunk says, its nodes numbered by itself.
#[derive(Default)]
pub(super) struct Chunk {
    names: Names,
    from: Vec<u32>,
    to: Vec<u32>,
    weights: Vec<f32>,
}

impl Chunk {
    fn parse(
        bytes: &[u8],
        range: Range<usize>,
        layout: &Layout,
        hasher: &DefaultHashBuilder,
    ) -> Result<Self, FaultAt> {
        let mut chunk = Self::default();
        let mut next = range.start;
        while next < range.end {
            let here = next;
            let line;
            (line, next) = line_at(bytes, here);
            if layout.is_silent(line) {
                continue;
            }
            let record = layout.record(line).map_err(|fault| (here, fault))?;
            let from = chunk.names.node(&record.from, hasher);
            if let Some(to) = record.to {
                chunk.from.push(from);
                chunk.to.push(chunk.names.node(&to, hasher));
                if layout.weight.is_some() {
                    chunk.weights.push(record.weight);
                }
            }
        }
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

/// Different ids in the order in which they first appeared.
#[derive(Default)]
struct Names {
    text: Vec<u8>,
    ends: Vec<usize>,
    /// Nodes with the hashes of their ids, so that a table that grows looks at no id.
    table: HashTable<(u32, u32)>,
}

impl Names {
    /// The node of an id, a new one if it has none yet.
    fn node(&mut self, id: &[u8], hasher: &DefaultHashBuilder) -> u32 {
        let Self { text, ends, table } = self;
        let short_hash = hasher.hash_one(id) as u32;
        let is_same = |&(other_hash, node): &(u32, u32)| {
            other_hash == short_hash && name(text, ends, node as usize) == id
        };
        if let Some(&(_, node)) = table.find(long(short_hash), is_same) {
            return node;
        }
        let node = u32::try_from(ends.len()).expect("fewer than 2³² ids");
        if table.len() == table.capacity() {
            grow(table);
        }
        table.insert_unique(long(short_hash), (short_hash, node), |&(short_hash, _)| long(short_hash));
        text.extend_from_slice(id);
        ends.push(text.len());
        node
    }

    fn get(&self, node: usize) -> &[u8] {
        name(&self.text, &self.ends, node)
    }
}

/// The hash that a table is given, which looks at its highest bits and at its lowest.
fn long(short_hash: u32) -> u64 {
    u64::from(short_hash) << 32 | u64::from(short_hash)
}

/// Makes a full table twice as large, without the old and the new one at once.
fn grow(table: &mut HashTable<(u32, u32)>) {
    let mut hashes = vec![0; table.len()];
    for (short_hash, node) in std::mem::take(table) {
        hashes[node as usize] = short_hash;
    }
    table.reserve(hashes.len() + 1, |_| unreachable!("an empty table has nothing to hash again"));
    for (node, short_hash) in (0..).zip(hashes) {
        table.insert_unique(long(short_hash), (short_hash, node), |&(short_hash, _)| long(short_hash));
    }
}

fn name<'a>(text: &'a [u8], ends: &[usize], node: usize) -> &'a [u8] {
    let start = if node == 0 { 0 } else { ends[node - 1] };
    &text[start..ends[node]]
}
