//! What every launch and every transfer here needs.

use burn::backend::ops::{FloatTensorOps, IntTensorOps};
use burn::backend::read_sync;
use burn::tensor::{DType, TensorData};
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;
use burn_cubecl::{CubeBackend, CubeDevice};
use cubecl::prelude::*;

/// Workgroups in one dimension of a launch; beyond it, units stride over the rest.
const MAX_WORKGROUPS: u32 = 65_535;
/// Units of a workgroup in kernels where each unit works for itself.
pub(super) const UNITS: u32 = 64;

/// How many workgroups to launch, and how far apart the tasks of one unit or workgroup are.
pub(super) struct Grid {
    pub(super) count: CubeCount,
    pub(super) stride: u32,
}

impl Grid {
    /// One unit a task.
    pub(super) fn of_units(tasks: u32) -> Self {
        let workgroups = tasks.div_ceil(UNITS).min(MAX_WORKGROUPS);
        Self { count: CubeCount::Static(workgroups, 1, 1), stride: workgroups * UNITS }
    }

    /// One workgroup a task.
    pub(super) fn of_workgroups(tasks: u32) -> Self {
        let workgroups = tasks.min(MAX_WORKGROUPS);
        Self { count: CubeCount::Static(workgroups, 1, 1), stride: workgroups }
    }
}

/// A size as the kernels' integers.
///
/// # Panics
/// From 2³¹ on.
pub(super) fn kernel_size(size: usize) -> u32 {
    i32::try_from(size).expect("2³¹ numbers and more do not fit the device's integers") as u32
}

/// Numbers of whatever value.
///
/// # Panics
/// From 2³¹ numbers on.
pub(super) fn empty(like: &CubeTensor, dims: impl Into<burn::tensor::Shape>) -> CubeTensor {
    let shape: burn::tensor::Shape = dims.into();
    kernel_size(shape.num_elements());
    empty_device_contiguous_dtype(like.client.clone(), like.device.clone(), shape, DType::F32)
}

/// A vector on the device. Never empty: a kernel needs something to bind.
///
/// # Panics
/// From 2³¹ numbers on.
pub(super) fn upload_floats(mut values: Vec<f32>, device: &CubeDevice) -> CubeTensor {
    values.resize(values.len().max(1), 0.0);
    let count = kernel_size(values.len()) as usize;
    CubeBackend::float_from_data(TensorData::new(values, [count]), device)
}

/// A vector of indices on the device. Never empty: a kernel needs something to bind.
///
/// # Panics
/// From 2³¹ indices on, or for an index that is not below 2³¹.
pub(super) fn upload_indices(indices: impl IntoIterator<Item = usize>, device: &CubeDevice) -> CubeTensor {
    let mut values: Vec<i32> = indices.into_iter().map(|index| kernel_size(index) as i32).collect();
    values.resize(values.len().max(1), 0);
    let count = kernel_size(values.len()) as usize;
    CubeBackend::int_from_data(TensorData::new(values, [count]), device)
}

/// A tensor's numbers on the host, row-major.
pub(super) fn fetch(tensor: CubeTensor) -> Vec<f32> {
    let data = read_sync(CubeBackend::float_into_data(tensor))
        .expect("a device that computed a tensor can hand it over");
    data.try_into_vec().expect("rates are computed in f32")
}
