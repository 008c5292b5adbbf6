//! The rates on a device, as CubeCL kernels: for WGPU and CUDA.
//!
//! The embedding stays where it is. What crosses to the host in a step is each group's log-determinant and whether its
//! factorisation went through, and the expansion's matrix of the smaller side. Kernels compute in `f32`, each
//! sum by one unit in a fixed order: the same bits in every run.

mod backend;
mod expansion;
mod grouped;
mod launch;
mod log_det;
mod spd;
mod structure;

pub(crate) use expansion::log_det_of_rows;
pub(crate) use grouped::weighted_log_dets;
pub(crate) use log_det::log_det;
pub(crate) use structure::GroupsOnDevice;
