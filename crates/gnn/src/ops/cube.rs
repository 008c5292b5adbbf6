//! How operators launch kernels and make a device's tensors.

use burn::backend::TensorMetadata;
use burn::tensor::DType;
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::index_limit::assert_indexable;

/// Workgroups in one dimension of a launch; beyond it, units stride over the rest.
const MAX_WORKGROUPS: u32 = 65_535;
const UNITS: u32 = 64;

/// A launch of one unit an element, in a grid-stride loop where there are more elements than units.
pub(super) struct Launch {
    pub(super) count: CubeCount,
    pub(super) dim: CubeDim,
    /// Number of elements.
    pub(super) total: u32,
    /// Number of units, the stride of the loop.
    pub(super) stride: u32,
}

impl Launch {
    /// # Panics
    /// If there are 2³¹ elements or more.
    pub(super) fn over(elements: usize) -> Self {
        let total = i32::try_from(elements).expect("kernels index fewer than 2³¹ elements") as u32;
        let workgroups = total.div_ceil(UNITS).clamp(1, MAX_WORKGROUPS);
        Self {
            count: CubeCount::Static(workgroups, 1, 1),
            dim: CubeDim::new_1d(UNITS),
            total,
            stride: workgroups * UNITS,
        }
    }
}

/// A tensor with its numbers in order, as kernels read it.
///
/// # Panics
/// If it has 2³¹ numbers or more: kernels count them in 32 bits.
pub(super) fn operand(tensor: CubeTensor) -> CubeTensor {
    assert_indexable(&tensor.shape());
    into_contiguous(tensor)
}

/// A tensor like another in device and number type, not yet written.
///
/// # Panics
/// As [`operand`].
pub(super) fn empty<const D: usize>(like: &CubeTensor, dims: [usize; D]) -> CubeTensor {
    assert_indexable(&dims);
    empty_device_contiguous_dtype(like.client.clone(), like.device.clone(), dims.into(), like.dtype())
}

/// A tensor of indices on the device of another, not yet written.
///
/// # Panics
/// As [`operand`].
pub(super) fn empty_int<const D: usize>(like: &CubeTensor, dims: [usize; D]) -> CubeTensor {
    assert_indexable(&dims);
    empty_device_contiguous_dtype(like.client.clone(), like.device.clone(), dims.into(), DType::I32)
}
