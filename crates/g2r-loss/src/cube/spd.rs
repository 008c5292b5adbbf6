//! Symmetric positive definite matrices on a device, many at a time: Cholesky factor, log-determinant, inverse.

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::launch::{Grid, UNITS, empty, fetch, kernel_size, upload_indices};
use crate::error::{Block, Error};

/// Where a matrix stands among a batch's blocks, and where its outcome goes.
#[derive(Clone, Copy)]
pub(super) struct Matrix {
    /// First entry in the blocks.
    pub(super) start: usize,
    pub(super) side: usize,
    /// Index of the outcome.
    pub(super) outcome: usize,
}

/// Integers that describe a matrix to the kernel: those of [`Matrix`].
const FIELDS: u32 = 3;
/// Numbers in an outcome: the log-determinant, and the pivot where the factorisation broke off or −1.
const OUTCOME: usize = 2;

/// Who works on one matrix, from which side on.
///
/// A workgroup on a matrix of side 3 would idle, and one unit on a matrix of side 100 would keep all others waiting.
const TEAMS: [(usize, Team); 3] = [(1, Team::Unit), (9, Team::Workgroup(32)), (65, Team::Workgroup(256))];

#[derive(Clone, Copy)]
enum Team {
    Unit,
    Workgroup(u32),
}

/// Factorises S, `side × side` row-major from `start` on, of which the upper triangle is read: S = Uᵀ U, U going to
/// `factors`. Then, where wanted, the whole of S⁻¹ takes the place of S.
///
/// Columns of U are made one after the other, the entries of one by as many units as there are. To save a
/// synchronisation a column, each unit makes the column's pivot for itself. Columns of S⁻¹ need no other.
///
/// After a bad pivot the arithmetic goes on with 1 in its place: every unit has to reach every synchronisation.
#[cube]
fn factorise_and_invert(
    blocks: &mut [f32],
    factors: &mut [f32],
    outcomes: &mut [f32],
    start: u32,
    side: u32,
    outcome: u32,
    with_inverse: u32,
    unit: u32,
    units: u32,
    #[comptime] alone: bool,
) {
    let mut log_det = f32::new(0.0);
    let mut failed = f32::new(-1.0);
    let mut column = 0u32;
    while column < side {
        let mut i = column + unit;
        while i < side {
            let mut entry = blocks[(start + column * side + i) as usize];
            let mut pivot = blocks[(start + column * side + column) as usize];
            let mut q = 0u32;
            while q < column {
                let above = factors[(start + q * side + column) as usize];
                entry -= factors[(start + q * side + i) as usize] * above;
                pivot -= above * above;
                q += 1u32;
            }
            // The positive finite numbers, by their bits: a comparison with NaN could be optimised away.
            let bits = u32::reinterpret(pivot);
            let mut root = f32::new(1.0);
            if bits > 0u32 && bits < 0x7f80_0000u32 {
                root = pivot.sqrt();
                if i == column {
                    log_det += pivot.ln();
                }
            } else if i == column && failed < 0.0 {
                failed = f32::cast_from(column);
            }
            if i == column {
                entry = root;
            } else {
                entry /= root;
            }
            factors[(start + column * side + i) as usize] = entry;
            i += units;
        }
        if comptime!(!alone) {
            sync_storage();
        }
        column += 1u32;
    }
    // The first unit made every pivot that was stored.
    if unit == 0u32 {
        outcomes[(outcome * 2u32) as usize] = log_det;
        outcomes[(outcome * 2u32 + 1u32) as usize] = failed;
    }
    if with_inverse == 1u32 {
        let mut j = unit;
        while j < side {
            invert_column(blocks, &*factors, start, side, j);
            j += units;
        }
    }
}

/// Column j of S⁻¹ from the diagonal down, by Uᵀ y = eⱼ and U x = y, and its mirror image. y and x take the place of
/// column j of the lower triangle, the mirror image that of row j of the upper one: no two columns meet.
#[cube]
fn invert_column(blocks: &mut [f32], factors: &[f32], start: u32, side: u32, j: u32) {
    let mut i = j;
    while i < side {
        let mut entry = f32::new(0.0);
        if i == j {
            entry = f32::new(1.0);
        }
        let mut q = j;
        while q < i {
            entry -= factors[(start + q * side + i) as usize] * blocks[(start + q * side + j) as usize];
            q += 1u32;
        }
        blocks[(start + i * side + j) as usize] = entry / factors[(start + i * side + i) as usize];
        i += 1u32;
    }
    let mut left = side - j;
    while left > 0u32 {
        left -= 1u32;
        let i = j + left;
        let mut entry = blocks[(start + i * side + j) as usize];
        let mut q = i + 1u32;
        while q < side {
            entry -= factors[(start + i * side + q) as usize] * blocks[(start + q * side + j) as usize];
            q += 1u32;
        }
        entry /= factors[(start + i * side + i) as usize];
        blocks[(start + i * side + j) as usize] = entry;
        blocks[(start + j * side + i) as usize] = entry;
    }
}

#[cube(launch_unchecked)]
fn spd_kernel(
    matrices: &[i32],
    blocks: &mut [f32],
    factors: &mut [f32],
    outcomes: &mut [f32],
    first: u32,
    end: u32,
    with_inverse: u32,
    stride: u32,
    #[comptime] alone: bool,
) {
    let mut matrix = first;
    let mut unit = 0u32;
    let mut units = 1u32;
    if comptime!(alone) {
        matrix += ABSOLUTE_POS as u32;
    } else {
        matrix += CUBE_POS as u32;
        unit = UNIT_POS;
        units = CUBE_DIM;
    }
    while matrix < end {
        let fields = matrix * FIELDS;
        factorise_and_invert(
            blocks,
            factors,
            outcomes,
            matrices[fields as usize] as u32,
            matrices[(fields + 1u32) as usize] as u32,
            matrices[(fields + 2u32) as usize] as u32,
            with_inverse,
            unit,
            units,
            alone,
        );
        matrix += stride;
    }
}

/// The outcomes of a batch of factorisations, on the device until they are asked for.
pub(super) struct SpdBatch {
    outcomes: CubeTensor,
    count: usize,
}

impl SpdBatch {
    /// Room for the outcomes of `count` matrices on the device of `like`.
    pub(super) fn new(like: &CubeTensor, count: usize) -> Self {
        Self { outcomes: empty(like, [kernel_size(OUTCOME * count.max(1)) as usize]), count }
    }

    /// Factorises matrices that stand row-major among `blocks` and of which the upper triangle is read; where `invert`
    /// is set, the whole of the inverse takes each matrix's place. O(k³) each, a column after the other.
    ///
    /// Matrices come in ascending order of their sides, none empty.
    pub(super) fn factorise(&mut self, blocks: &CubeTensor, matrices: &[Matrix], invert: bool) {
        let fields = matrices.iter().flat_map(|matrix| [matrix.start, matrix.side, matrix.outcome]);
        let table = upload_indices(fields, &blocks.device);
        let factors = empty(blocks, blocks.meta.shape().clone());
        for (rank, (from, team)) in TEAMS.into_iter().enumerate() {
            let until = TEAMS.get(rank + 1).map_or(usize::MAX, |(from, _)| *from);
            let first = matrices.partition_point(|matrix| matrix.side < from);
            let end = matrices.partition_point(|matrix| matrix.side < until);
            if first == end {
                continue;
            }
            let tasks = kernel_size(end - first);
            let (grid, units, alone) = match team {
                Team::Unit => (Grid::of_units(tasks), UNITS, true),
                Team::Workgroup(units) => (Grid::of_workgroups(tasks), units, false),
            };
            // SAFETY: every matrix lies within the blocks, its outcome within the outcomes, and `end` within the table.
            unsafe {
                spd_kernel::launch_unchecked(
                    &blocks.client,
                    grid.count,
                    CubeDim::new_1d(units),
                    table.clone().into_buffer_arg(),
                    blocks.clone().into_buffer_arg(),
                    factors.clone().into_buffer_arg(),
                    self.outcomes.clone().into_buffer_arg(),
                    kernel_size(first),
                    kernel_size(end),
                    u32::from(invert),
                    grid.stride,
                    alone,
                );
            }
        }
    }

    /// The log-determinants, in the order of the outcomes. Waits for the device.
    ///
    /// # Errors
    /// [`Error::NotPositiveDefinite`] for the first outcome that is none, with `block` of its index.
    pub(super) fn log_dets(self, block: impl Fn(usize) -> Block) -> Result<Vec<f64>, Error> {
        let outcomes = fetch(self.outcomes);
        let outcomes = outcomes.chunks_exact(OUTCOME).take(self.count);
        outcomes
            .enumerate()
            .map(|(index, outcome)| match outcome[1] {
                failed if failed >= 0.0 => {
                    Err(Error::NotPositiveDefinite { block: block(index), pivot: failed as usize })
                }
                _ => Ok(f64::from(outcome[0])),
            })
            .collect()
    }
}
