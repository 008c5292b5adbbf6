//! How operators read and make the CPU's tensors.

use std::mem::MaybeUninit;

use burn::tensor::{Bytes, DType};
use burn_flex::{FlexTensor, Layout};
use rayon::prelude::*;

/// The tensor with its numbers in order. It is taken by value: a copy of its handle that stayed alive would be a second
/// holder of the memory, and what is written in place would be copied first.
pub(super) fn contiguous(tensor: FlexTensor) -> FlexTensor {
    if tensor.is_contiguous() { tensor } else { tensor.to_contiguous() }
}

/// The numbers of a contiguous tensor.
pub(super) fn floats(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice().expect("a contiguous tensor of f32")
}

/// The numbers of a contiguous tensor, to be written: a copy of them where others hold the tensor too.
pub(super) fn floats_mut(tensor: &mut FlexTensor) -> &mut [f32] {
    let (start, end) = tensor.layout().contiguous_offsets().expect("a contiguous tensor");
    &mut tensor.storage_mut()[start..end]
}

/// The indices of a contiguous tensor.
pub(super) fn ints(tensor: &FlexTensor) -> &[i32] {
    tensor.as_slice().expect("a contiguous tensor of i32")
}

/// The indices of a contiguous tensor; they were checked not to be negative.
pub(super) fn indices(tensor: &FlexTensor) -> &[u32] {
    bytemuck::cast_slice(ints(tensor))
}

/// The range of entries of each row, from row pointers `[rows + 1]`.
pub(super) fn entries(row_ptr: &[u32], row: usize) -> std::ops::Range<usize> {
    row_ptr[row] as usize..row_ptr[row + 1] as usize
}

/// Numbers that tasks write side by side, each its own `task_length` of them; they are not zeroed before.
///
/// # Safety
/// `write`, which gets the task's place, must write every number that it is handed.
pub(super) unsafe fn written_in_tasks(
    length: usize,
    task_length: usize,
    write: impl Fn(usize, &mut [MaybeUninit<f32>]) + Sync,
) -> Vec<f32> {
    let mut numbers = Vec::with_capacity(length);
    let unwritten = &mut numbers.spare_capacity_mut()[..length];
    unwritten.par_chunks_mut(task_length.max(1)).enumerate().for_each(|(task, chunk)| write(task, chunk));
    // SAFETY: the tasks cover the length, and each wrote all it was handed, as the caller promises.
    unsafe { numbers.set_len(length) };
    numbers
}

/// A tensor of numbers, row-major.
pub(super) fn tensor<const D: usize>(values: Vec<f32>, dims: [usize; D]) -> FlexTensor {
    FlexTensor::new(Bytes::from_elems(values), Layout::contiguous(dims.into()), DType::F32)
}

/// A tensor of indices, row-major.
pub(super) fn int_tensor<const D: usize>(values: Vec<i32>, dims: [usize; D]) -> FlexTensor {
    FlexTensor::new(Bytes::from_elems(values), Layout::contiguous(dims.into()), DType::I32)
}
