//! Every operator against plain `f64` loops, value and gradient, on whatever device it is given: the CPU in the integration
//! tests, an adapter in the WGPU test.

pub(crate) mod bias_activation;
pub(crate) mod max_aggregation;
pub(crate) mod row_norm;
pub(crate) mod sparse_matmul;

use burn::tensor::Device;

/// An operator's check.
pub(crate) type Check = fn(&Device);

/// Every check, by name.
pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("bias_activation", bias_activation::check),
    ("max_aggregation", max_aggregation::check),
    ("row_norm", row_norm::check),
    ("sparse_matmul", sparse_matmul::check),
];
