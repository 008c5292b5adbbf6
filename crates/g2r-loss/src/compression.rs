//! The rates of groups.

use faer::MatRef;
use rayon::prelude::*;
use row_kernels::{add_weighted_rows, gram_of_rows};

use crate::error::{Block, Error};
use crate::groups::{Group, Groups};
use crate::products::{identity_plus_gram, multiply_rows, scaled_to_f32};
use crate::spd::{CholeskyFactor, invert_small};

/// Groups are taken together until their k × k blocks hold this many numbers (4 MB): memory stays bounded, and where
/// the cut falls does not depend on the number of threads.
const CHUNK_ENTRIES: usize = 1 << 20;
/// Up to this many members plain loops are faster than a library's blocked ones.
const SMALL: usize = 16;

/// One group of a batch, with what multiplies its log-determinant.
#[derive(Clone, Copy)]
pub(crate) struct WeighedGroup {
    pub(crate) group: u32,
    /// Factor of log det in the sum.
    pub(crate) factor: f64,
    /// c in log det(I + c Zᵀ D Z).
    pub(crate) scale: f64,
}

/// Σⱼ factorⱼ · log det(I + scaleⱼ Zᵀ diag(πⱼ) Z) over the groups of a batch; each group on its smaller side.
///
/// The gradient, where given, is added to. O(Σ k² d + k³) for groups of k ≤ d members, O(k d² + d³) beyond.
///
/// A group's gradient with respect to its own rows is W Z_N with W = 2 factor · scale · D^½ S⁻¹ D^½. All blocks W of a
/// chunk are made first, in parallel over groups; then each node, in parallel over nodes, sums the rows that its
/// blocks ask for, in the order of the groups: no two tasks write the same row, and the order is fixed.
///
/// # Errors
/// [`Error::NotPositiveDefinite`], naming the first group of the batch that fails.
pub(crate) fn weighted_log_dets(
    z: &[f32],
    dims: [usize; 2],
    groups: &Groups,
    batch: &[WeighedGroup],
    mut gradient: Option<&mut [f32]>,
) -> Result<f64, Error> {
    let d = dims[1];
    let mut sum = 0.0;
    for chunk in chunks(groups, batch, d) {
        if let [wide] = chunk
            && groups.group(wide.group as usize).members.len() > d
        {
            sum += wide_group(z, d, groups, *wide, gradient.as_deref_mut())?;
            continue;
        }
        let mut blocks = Blocks::new(groups, chunk, gradient.is_some());
        let log_dets: Vec<Result<f64, Error>> = blocks
            .each_mut()
            .into_par_iter()
            .zip(chunk)
            .map_init(NarrowGroup::default, |narrow, (block, weighed)| {
                narrow.evaluate(z, d, groups.group(weighed.group as usize), *weighed, block)
            })
            .collect();
        for (weighed, log_det) in chunk.iter().zip(log_dets) {
            sum += weighed.factor * log_det?;
        }
        if let Some(gradient) = gradient.as_deref_mut() {
            add_gradients(gradient, z, dims, groups, chunk, &blocks);
        }
    }
    Ok(sum)
}

/// Cuts a batch into runs of narrow groups and single wide ones.
fn chunks<'a>(groups: &Groups, mut batch: &'a [WeighedGroup], d: usize) -> Vec<&'a [WeighedGroup]> {
    let size_of = |weighed: &WeighedGroup| groups.group(weighed.group as usize).members.len();
    let mut chunks = Vec::new();
    while let Some(first) = batch.first() {
        let mut entries = 0;
        let narrow = batch
            .iter()
            .take_while(|weighed| {
                let size = size_of(weighed);
                entries += size * size;
                size <= d && (entries <= CHUNK_ENTRIES || entries == size * size)
            })
            .count();
        let length = if size_of(first) > d { 1 } else { narrow };
        let (chunk, rest) = batch.split_at(length);
        chunks.push(chunk);
        batch = rest;
    }
    chunks
}

/// The blocks W of a chunk's groups, `[k, k]` row-major, one after the other; all empty where no gradient is wanted.
struct Blocks {
    entries: Vec<f32>,
    starts: Vec<usize>,
}

impl Blocks {
    fn new(groups: &Groups, chunk: &[WeighedGroup], with_gradient: bool) -> Self {
        let mut starts = vec![0];
        starts.extend(chunk.iter().scan(0, |end, weighed| {
            let size = groups.group(weighed.group as usize).members.len();
            *end += if with_gradient { size * size } else { 0 };
            Some(*end)
        }));
        Self { entries: vec![0.0; starts[chunk.len()]], starts }
    }

    fn each_mut(&mut self) -> Vec<&mut [f32]> {
        let mut rest = self.entries.as_mut_slice();
        let mut blocks = Vec::with_capacity(self.starts.len() - 1);
        for bounds in self.starts.windows(2) {
            let (block, after) = rest.split_at_mut(bounds[1] - bounds[0]);
            blocks.push(block);
            rest = after;
        }
        blocks
    }

    fn of(&self, position: usize) -> &[f32] {
        &self.entries[self.starts[position]..self.starts[position + 1]]
    }
}

/// What the evaluation of a group of at most d members needs room for, kept from one group to the next: half of all
/// groups have two members or fewer, and asking for memory would take longer than the arithmetic.
#[derive(Default)]
struct NarrowGroup {
    gram: Vec<f32>,
    roots: Vec<f64>,
    matrix: Vec<f64>,
}

impl NarrowGroup {
    /// The group's log-determinant; its block W goes to `block`, if that is not empty.
    fn evaluate(
        &mut self,
        z: &[f32],
        d: usize,
        group: Group<'_>,
        weighed: WeighedGroup,
        block: &mut [f32],
    ) -> Result<f64, Error> {
        let size = group.members.len();
        self.gram.resize(size * size, 0.0);
        gram_of_rows(&mut self.gram, group.members, z, d);
        self.roots.clear();
        self.roots.extend(group.weights.iter().map(|weight| f64::from(*weight).sqrt()));
        self.matrix.resize(size * size, 0.0);
        for i in 0..size {
            for j in 0..=i {
                let at = i * size + j;
                self.matrix[at] = weighed.scale * self.roots[i] * self.roots[j] * f64::from(self.gram[at]);
            }
            self.matrix[i * size + i] += 1.0;
        }
        let name = Block::Group(weighed.group as usize);
        let log_det = if size <= SMALL {
            invert_small(&mut self.matrix, size, name)?
        } else {
            let lower = MatRef::from_row_major_slice(&self.matrix, size, size);
            let factor = CholeskyFactor::new(lower.to_owned(), name)?;
            if !block.is_empty() {
                let inverse = factor.inverse();
                for (at, entry) in self.matrix.iter_mut().enumerate() {
                    *entry = inverse[(at / size, at % size)];
                }
            }
            factor.log_det()
        };
        if !block.is_empty() {
            let scale = 2.0 * weighed.factor * weighed.scale;
            for i in 0..size {
                for j in 0..size {
                    let at = i * size + j;
                    block[at] = (scale * self.roots[i] * self.roots[j] * self.matrix[at]) as f32;
                }
            }
        }
        Ok(log_det)
    }
}

/// Where a node stands in a chunk: in which of its groups, and at which place among the members.
#[derive(Clone, Copy)]
struct Occurrence {
    group: u32,
    place: u32,
}

fn add_gradients(
    gradient: &mut [f32],
    z: &[f32],
    [n, d]: [usize; 2],
    groups: &Groups,
    chunk: &[WeighedGroup],
    blocks: &Blocks,
) {
    let members = |position: usize| groups.group(chunk[position].group as usize).members;
    let mut starts = vec![0usize; n + 1];
    for position in 0..chunk.len() {
        for node in members(position) {
            starts[*node as usize + 1] += 1;
        }
    }
    for node in 0..n {
        starts[node + 1] += starts[node];
    }
    let mut next = starts.clone();
    let mut occurrences = vec![Occurrence { group: 0, place: 0 }; starts[n]];
    for position in 0..chunk.len() {
        for (place, node) in members(position).iter().enumerate() {
            let slot = &mut next[*node as usize];
            occurrences[*slot] = Occurrence { group: position as u32, place: place as u32 };
            *slot += 1;
        }
    }
    gradient.par_chunks_mut(d).with_min_len(16).enumerate().for_each(|(node, gradient)| {
        for Occurrence { group, place } in &occurrences[starts[node]..starts[node + 1]] {
            let members = members(*group as usize);
            let row = *place as usize * members.len();
            let weights = &blocks.of(*group as usize)[row..row + members.len()];
            add_weighted_rows(gradient, weights, members, z);
        }
    });
}

/// A group of more than d members, by its d × d side.
fn wide_group(
    z: &[f32],
    d: usize,
    groups: &Groups,
    weighed: WeighedGroup,
    gradient: Option<&mut [f32]>,
) -> Result<f64, Error> {
    let Group { members, weights, .. } = groups.group(weighed.group as usize);
    let mut rows = vec![0.0f32; members.len() * d];
    rows.par_chunks_mut(d).zip(members.par_iter().zip(weights)).for_each(|(row, (member, weight))| {
        let start = *member as usize * d;
        let root = weight.sqrt();
        for (row, z) in row.iter_mut().zip(&z[start..start + d]) {
            *row = root * z;
        }
    });
    let matrix =
        identity_plus_gram(MatRef::from_row_major_slice(&rows, members.len(), d).transpose(), weighed.scale);
    let factor = CholeskyFactor::new(matrix, Block::Group(weighed.group as usize))?;
    if let Some(gradient) = gradient {
        let coefficients = scaled_to_f32(&factor.inverse(), 2.0 * weighed.factor * weighed.scale);
        let mut products = vec![0.0f32; rows.len()];
        multiply_rows(&mut products, &rows, coefficients.as_ref());
        for ((member, weight), product) in members.iter().zip(weights).zip(products.chunks(d)) {
            let (start, root) = (*member as usize * d, weight.sqrt());
            for (gradient, product) in gradient[start..start + d].iter_mut().zip(product) {
                *gradient += root * product;
            }
        }
    }
    Ok(weighed.factor * factor.log_det())
}
