//! The log-determinant of one matrix on a device.

use burn::backend::TensorMetadata;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::launch::{Grid, UNITS, empty, kernel_size};
use super::spd::{Matrix, SpdBatch};
use crate::error::{Block, Error};

/// Copies a matrix's lower triangle, transposed, into the upper one of `blocks`, where the factorisation reads it.
///
/// An entry of the upper triangle that is NaN or infinite is copied in its place: so it makes the factorisation
/// break off, as an entry that is read would.
#[cube(launch_unchecked)]
fn transpose_lower_kernel(matrix: &[f32], blocks: &mut [f32], side: u32, total: u32, stride: u32) {
    let mut position = ABSOLUTE_POS as u32;
    while position < total {
        let row = position / side;
        let column = position % side;
        if column >= row {
            let mut value = matrix[(column * side + row) as usize];
            let mirrored = matrix[position as usize];
            // All ones in the exponent: a comparison of numbers could be optimised away.
            let exponent = u32::reinterpret(mirrored) & 0x7f80_0000u32;
            if exponent == 0x7f80_0000u32 {
                value = mirrored;
            }
            blocks[position as usize] = value;
        }
        position += stride;
    }
}

/// log det S of a contiguous matrix `[k, k]`, with S⁻¹ where the gradient is wanted.
///
/// # Errors
/// [`Error::NotPositiveDefinite`], also where an entry is NaN or infinite.
pub(crate) fn log_det(matrix: &CubeTensor, with_gradient: bool) -> Result<(f64, Option<CubeTensor>), Error> {
    let side = matrix.shape()[0];
    if side == 0 {
        return Ok((0.0, with_gradient.then(|| matrix.clone())));
    }
    let total = kernel_size(side * side);
    let blocks = empty(matrix, [side, side]);
    let grid = Grid::of_units(total);
    // SAFETY: the matrix is square and contiguous, and no unit passes `total`.
    unsafe {
        transpose_lower_kernel::launch_unchecked(
            &blocks.client,
            grid.count,
            CubeDim::new_1d(UNITS),
            matrix.clone().into_buffer_arg(),
            blocks.clone().into_buffer_arg(),
            side as u32,
            total,
            grid.stride,
        );
    }
    let mut batch = SpdBatch::new(&blocks, 1);
    batch.factorise(&blocks, &[Matrix { start: 0, side, outcome: 0 }], with_gradient);
    let log_dets = batch.log_dets(|_| Block::Input)?;
    Ok((log_dets[0], with_gradient.then_some(blocks)))
}
