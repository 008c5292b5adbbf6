//! The rates of groups.

use faer::{Mat, MatRef};
use rayon::prelude::*;
use row_kernels::{add_weighted_rows, dot};

use crate::error::{Block, Error};
use crate::groups::{Group, Groups};
use crate::products::{identity_plus_gram, multiply_rows, scaled_to_f32};
use crate::spd::CholeskyFactor;

/// Groups are taken together until their k × k blocks hold this many numbers (4 MB): memory stays bounded, and where
/// the cut falls does not depend on the number of threads.
const CHUNK_ENTRIES: usize = 1 << 20;

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
        let with_gradient = gradient.is_some();
        let blocks: Vec<Result<NarrowBlock, Error>> = chunk
            .par_iter()
            .map(|weighed| {
                NarrowBlock::new(z, d, groups.group(weighed.group as usize), *weighed, with_gradient)
            })
            .collect();
        let blocks = blocks.into_iter().collect::<Result<Vec<_>, _>>()?;
        for (weighed, block) in chunk.iter().zip(&blocks) {
            sum += weighed.factor * block.log_det;
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

/// A group of at most d members: its log-determinant and its gradient's block W, `[k, k]` row-major.
struct NarrowBlock {
    log_det: f64,
    block: Vec<f32>,
}

impl NarrowBlock {
    fn new(
        z: &[f32],
        d: usize,
        group: Group<'_>,
        weighed: WeighedGroup,
        with_gradient: bool,
    ) -> Result<Self, Error> {
        let size = group.members.len();
        let row = |member: usize| {
            let start = group.members[member] as usize * d;
            &z[start..start + d]
        };
        let roots: Vec<f64> = group.weights.iter().map(|weight| f64::from(*weight).sqrt()).collect();
        let mut matrix = Mat::zeros(size, size);
        for j in 0..size {
            for i in j..size {
                matrix[(i, j)] = weighed.scale * roots[i] * roots[j] * f64::from(dot(row(i), row(j)));
            }
            matrix[(j, j)] += 1.0;
        }
        let factor = CholeskyFactor::new(matrix, Block::Group(weighed.group as usize))?;
        let block = if with_gradient {
            let inverse = factor.inverse();
            let scale = 2.0 * weighed.factor * weighed.scale;
            let entry = |i: usize, j: usize| (scale * roots[i] * roots[j] * inverse[(i, j)]) as f32;
            (0..size * size).map(|at| entry(at / size, at % size)).collect()
        } else {
            Vec::new()
        };
        Ok(Self { log_det: factor.log_det(), block })
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
    blocks: &[NarrowBlock],
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
            let weights = &blocks[*group as usize].block[row..row + members.len()];
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
