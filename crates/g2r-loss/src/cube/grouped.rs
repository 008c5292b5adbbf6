//! The rates of groups on a device.

use std::ops::Range;

use burn::backend::TensorMetadata;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::launch::{Grid, UNITS, empty, kernel_size, upload_floats, upload_indices};
use super::spd::{Matrix, SpdBatch};
use super::structure::{GroupsOnDevice, Structure};
use crate::Groups;
use crate::compression::WeighedGroup;
use crate::error::{Block, Error};
use crate::kernel_size::check_kernel_size;

/// Groups are taken together until their blocks hold this many numbers (16 MB, twice): memory stays bounded.
const CHUNK_ENTRIES: usize = 1 << 22;

/// Integers that describe a group of a chunk to the kernels: where its members begin, how many they are, where its
/// block starts, and the block's side.
const FIELDS: u32 = 4;

/// Makes the blocks S = I + c D^½ Z_N Z_Nᵀ D^½ of narrow groups, and I + c Z_Nᵀ D Z_N of wide ones: two rows and two
/// columns of the upper triangle a unit, so that each number it loads is used twice.
#[cube(launch_unchecked)]
fn gram_kernel(
    z: &[f32],
    members: &[i32],
    roots: &[f32],
    chunk: &[i32],
    root_scales: &[f32],
    tile_starts: &[i32],
    blocks: &mut [f32],
    width: u32,
    num_groups: u32,
    total: u32,
    stride: u32,
) {
    let mut position = ABSOLUTE_POS as u32;
    while position < total {
        // The last group whose tiles start here or before.
        let mut group = 0u32;
        let mut beyond = num_groups;
        while beyond - group > 1u32 {
            let middle = (group + beyond) / 2u32;
            if tile_starts[middle as usize] as u32 <= position {
                group = middle;
            } else {
                beyond = middle;
            }
        }
        let fields = group * FIELDS;
        let begin = chunk[fields as usize] as u32;
        let size = chunk[(fields + 1u32) as usize] as u32;
        let start = chunk[(fields + 2u32) as usize] as u32;
        let side = chunk[(fields + 3u32) as usize] as u32;
        let root_scale = root_scales[group as usize];

        let tile = position - tile_starts[group as usize] as u32;
        let tiles = side.div_ceil(2u32);
        let i0 = tile / tiles * 2u32;
        let j0 = tile % tiles * 2u32;
        if j0 >= i0 {
            // The last row or column of an odd side is made twice.
            let i1 = u32::min(i0 + 1u32, side - 1u32);
            let j1 = u32::min(j0 + 1u32, side - 1u32);
            let mut s00 = f32::new(0.0);
            let mut s01 = f32::new(0.0);
            let mut s10 = f32::new(0.0);
            let mut s11 = f32::new(0.0);
            if size <= width {
                let row_i0 = members[(begin + i0) as usize] as u32 * width;
                let row_i1 = members[(begin + i1) as usize] as u32 * width;
                let row_j0 = members[(begin + j0) as usize] as u32 * width;
                let row_j1 = members[(begin + j1) as usize] as u32 * width;
                for column in 0..width {
                    let z_i0 = z[(row_i0 + column) as usize];
                    let z_i1 = z[(row_i1 + column) as usize];
                    let z_j0 = z[(row_j0 + column) as usize];
                    let z_j1 = z[(row_j1 + column) as usize];
                    s00 += z_i0 * z_j0;
                    s01 += z_i0 * z_j1;
                    s10 += z_i1 * z_j0;
                    s11 += z_i1 * z_j1;
                }
                let scale_i0 = root_scale * roots[(begin + i0) as usize];
                let scale_i1 = root_scale * roots[(begin + i1) as usize];
                let scale_j0 = root_scale * roots[(begin + j0) as usize];
                let scale_j1 = root_scale * roots[(begin + j1) as usize];
                s00 *= scale_i0 * scale_j0;
                s01 *= scale_i0 * scale_j1;
                s10 *= scale_i1 * scale_j0;
                s11 *= scale_i1 * scale_j1;
            } else {
                for member in 0..size {
                    let row = members[(begin + member) as usize] as u32 * width;
                    let scale = root_scale * roots[(begin + member) as usize];
                    let z_i0 = scale * z[(row + i0) as usize];
                    let z_i1 = scale * z[(row + i1) as usize];
                    let z_j0 = scale * z[(row + j0) as usize];
                    let z_j1 = scale * z[(row + j1) as usize];
                    s00 += z_i0 * z_j0;
                    s01 += z_i0 * z_j1;
                    s10 += z_i1 * z_j0;
                    s11 += z_i1 * z_j1;
                }
            }
            write_entry(blocks, start, side, i0, j0, s00);
            write_entry(blocks, start, side, i0, j1, s01);
            write_entry(blocks, start, side, i1, j0, s10);
            write_entry(blocks, start, side, i1, j1, s11);
        }
        position += stride;
    }
}

#[cube]
fn write_entry(blocks: &mut [f32], start: u32, side: u32, row: u32, column: u32, value: f32) {
    let mut entry = value;
    if row == column {
        entry += f32::new(1.0);
    }
    blocks[(start + row * side + column) as usize] = entry;
}

/// Adds the chunk's gradients: one unit an element of the gradient, over the node's groups in ascending order.
///
/// A narrow group adds row `place` of 2 f c D^½ S⁻¹ D^½ Z_N, a wide one 2 f c π times the node's row of Z S⁻¹.
#[cube(launch_unchecked)]
fn gradient_kernel(
    z: &[f32],
    members: &[i32],
    roots: &[f32],
    node_starts: &[i32],
    occurrences: &[i32],
    positions: &[i32],
    chunk: &[i32],
    root_scales: &[f32],
    factors: &[f32],
    inverses: &[f32],
    gradient: &mut [f32],
    width: u32,
    total: u32,
    stride: u32,
) {
    let mut element = ABSOLUTE_POS as u32;
    while element < total {
        let node = element / width;
        let column = element % width;
        let mut sum = gradient[element as usize];
        let first = node_starts[node as usize] as u32;
        let end = node_starts[(node + 1u32) as usize] as u32;
        for occurrence in first..end {
            // Groups that are not in the chunk have position 0, the others one more than theirs.
            let position = positions[occurrences[(occurrence * 2u32) as usize] as usize] as u32;
            if position > 0u32 {
                let place = occurrences[(occurrence * 2u32 + 1u32) as usize] as u32;
                let fields = (position - 1u32) * FIELDS;
                let begin = chunk[fields as usize] as u32;
                let size = chunk[(fields + 1u32) as usize] as u32;
                let start = chunk[(fields + 2u32) as usize] as u32;
                let root_scale = root_scales[(position - 1u32) as usize];
                let scale = root_scale * roots[(begin + place) as usize];
                let mut inner = f32::new(0.0);
                if size <= width {
                    let row = start + place * size;
                    for member in 0..size {
                        let source = members[(begin + member) as usize] as u32 * width + column;
                        let weight = root_scale * roots[(begin + member) as usize];
                        inner += inverses[(row + member) as usize] * weight * z[source as usize];
                    }
                } else {
                    for other in 0..width {
                        let inverse = inverses[(start + other * width + column) as usize];
                        inner += inverse * z[(node * width + other) as usize];
                    }
                    inner *= scale;
                }
                sum += factors[(position - 1u32) as usize] * scale * inner;
            }
        }
        gradient[element as usize] = sum;
        element += stride;
    }
}

/// Σⱼ factorⱼ · log det(I + scaleⱼ Zᵀ diag(πⱼ) Z) over the groups of a batch; each group on its smaller side.
///
/// The gradient, where given, is added to in place. O(Σ k² d + k³) for groups of k ≤ d members, O(k d² + d³) beyond. Groups
/// are taken in chunks; within one, those of similar side go to the same launch.
///
/// # Errors
/// [`Error::NotPositiveDefinite`], naming the first group of the batch that fails; [`Error::TooManyNumbers`] where groups or
/// their matrices have more than kernels index.
pub(crate) fn weighted_log_dets(
    z: &CubeTensor,
    groups: &Groups,
    on_device: &GroupsOnDevice,
    batch: &[WeighedGroup],
    gradient: Option<&CubeTensor>,
) -> Result<f64, Error> {
    let d = z.shape()[1];
    // Two numbers each, one for the group and one for the place in it.
    check_kernel_size("members of the groups", [groups.matrix().nnz(), 2])?;
    let largest = batch.iter().map(|weighed| size_and_side(groups, *weighed, d).1).max().unwrap_or(0);
    check_kernel_size("the matrix of the largest group", [largest, largest])?;
    let structure = on_device.get(groups, &z.device);
    let mut outcomes = SpdBatch::new(z, batch.len());
    for range in chunks(groups, batch, d) {
        let chunk = Chunk::new(groups, batch, range, d);
        chunk.evaluate(z, groups, &structure, &mut outcomes, gradient);
    }
    let log_dets = outcomes.log_dets(|position| Block::Group(batch[position].group as usize))?;
    Ok(batch.iter().zip(log_dets).map(|(weighed, log_det)| weighed.factor * log_det).sum())
}

/// Number of members and side of the block of a group.
fn size_and_side(groups: &Groups, weighed: WeighedGroup, d: usize) -> (usize, usize) {
    let size = groups.group(weighed.group as usize).members.len();
    (size, size.min(d))
}

/// Cuts a batch where the blocks would hold more than [`CHUNK_ENTRIES`]; a chunk has at least one group.
fn chunks(groups: &Groups, batch: &[WeighedGroup], d: usize) -> Vec<Range<usize>> {
    let mut chunks = Vec::new();
    let (mut begin, mut entries) = (0, 0);
    for (position, weighed) in batch.iter().enumerate() {
        let (_, side) = size_and_side(groups, *weighed, d);
        if entries + side * side > CHUNK_ENTRIES && position > begin {
            chunks.push(begin..position);
            (begin, entries) = (position, 0);
        }
        entries += side * side;
    }
    if begin < batch.len() {
        chunks.push(begin..batch.len());
    }
    chunks
}

/// Groups that are evaluated together, by ascending side.
struct Chunk<'a> {
    members: Vec<ChunkMember<'a>>,
    entries: usize,
    tiles: usize,
}

struct ChunkMember<'a> {
    weighed: &'a WeighedGroup,
    /// Number of members of the group.
    size: usize,
    matrix: Matrix,
    first_tile: usize,
}

impl<'a> Chunk<'a> {
    fn new(groups: &Groups, batch: &'a [WeighedGroup], range: Range<usize>, d: usize) -> Self {
        let mut order: Vec<usize> = range.collect();
        order.sort_by_key(|position| size_and_side(groups, batch[*position], d).1);
        let (mut entries, mut tiles) = (0, 0);
        let members = order
            .into_iter()
            .map(|position| {
                let (size, side) = size_and_side(groups, batch[position], d);
                let matrix = Matrix { start: entries, side, outcome: position };
                let member = ChunkMember { weighed: &batch[position], size, matrix, first_tile: tiles };
                entries += side * side;
                tiles += side.div_ceil(2).pow(2);
                member
            })
            .collect();
        Self { members, entries, tiles }
    }

    fn evaluate(
        &self,
        z: &CubeTensor,
        groups: &Groups,
        structure: &Structure,
        outcomes: &mut SpdBatch,
        gradient: Option<&CubeTensor>,
    ) {
        let (n, d) = (z.shape()[0], z.shape()[1]);
        let elements = kernel_size(n * d);
        let device = &structure.device;
        let begin_of = |member: &ChunkMember<'_>| {
            groups.matrix().indptr().outer_inds_sz(member.weighed.group as usize).start
        };
        let fields = self.members.iter().flat_map(|m| [begin_of(m), m.size, m.matrix.start, m.matrix.side]);
        let table = upload_indices(fields, device);
        // The root: the scale itself may lie outside the range of f32 where a group's weights are tiny.
        let root_scales = self.members.iter().map(|member| member.weighed.scale.sqrt() as f32).collect();
        let root_scales = upload_floats(root_scales, device);
        let tile_starts = upload_indices(self.members.iter().map(|member| member.first_tile), device);
        let blocks = empty(z, [kernel_size(self.entries) as usize]);

        let tiles = kernel_size(self.tiles);
        let grid = Grid::of_units(tiles);
        // SAFETY: z has as many rows as there are nodes, and members are nodes; blocks lie one after the other, and no unit passes `tiles`.
        unsafe {
            gram_kernel::launch_unchecked(
                &z.client,
                grid.count,
                CubeDim::new_1d(UNITS),
                z.clone().into_buffer_arg(),
                structure.members.clone().into_buffer_arg(),
                structure.roots.clone().into_buffer_arg(),
                table.clone().into_buffer_arg(),
                root_scales.clone().into_buffer_arg(),
                tile_starts.into_buffer_arg(),
                blocks.clone().into_buffer_arg(),
                kernel_size(d),
                kernel_size(self.members.len()),
                tiles,
                grid.stride,
            );
        }
        let matrices: Vec<Matrix> = self.members.iter().map(|member| member.matrix).collect();
        outcomes.factorise(&blocks, &matrices, gradient.is_some());

        let Some(gradient) = gradient else { return };
        let mut positions = vec![0usize; groups.num_groups()];
        for (position, member) in self.members.iter().enumerate() {
            positions[member.weighed.group as usize] = position + 1;
        }
        let factors = self.members.iter().map(|member| 2.0 * member.weighed.factor as f32).collect();
        let grid = Grid::of_units(elements);
        // SAFETY: as above; occurrences name groups and places of Π, positions those of the table.
        unsafe {
            gradient_kernel::launch_unchecked(
                &z.client,
                grid.count,
                CubeDim::new_1d(UNITS),
                z.clone().into_buffer_arg(),
                structure.members.clone().into_buffer_arg(),
                structure.roots.clone().into_buffer_arg(),
                structure.node_starts.clone().into_buffer_arg(),
                structure.occurrences.clone().into_buffer_arg(),
                upload_indices(positions, device).into_buffer_arg(),
                table.into_buffer_arg(),
                root_scales.into_buffer_arg(),
                upload_floats(factors, device).into_buffer_arg(),
                blocks.into_buffer_arg(),
                gradient.clone().into_buffer_arg(),
                kernel_size(d),
                elements,
                grid.stride,
            );
        }
    }
}
