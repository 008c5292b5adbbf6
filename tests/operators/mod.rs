//! Every operator against plain `f64` loops, value and gradient, on whatever device it is given: the CPU in the integration
//! tests, an adapter in the WGPU test.

pub(crate) mod bias_activation;
pub(crate) mod edge_product;
pub(crate) mod edge_softmax;
pub(crate) mod gat;
pub(crate) mod gatv2;
mod patterns;
pub(crate) mod row_norm;
pub(crate) mod segment_max;
pub(crate) mod sparse_matmul;

use burn::tensor::Device;

/// An operator's check.
pub(crate) type Check = fn(&Device);

/// Every check, by name.
pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("bias_activation", bias_activation::check),
    ("segment_max", segment_max::check),
    ("row_norm", row_norm::check),
    ("edge_product", edge_product::check),
    ("edge_softmax", edge_softmax::check),
    ("gat", gat::check),
    ("gatv2", gatv2::check),
    ("sparse_matmul", sparse_matmul::check),
    ("sparse_matmul of a hub", sparse_matmul::check_a_hub),
];
