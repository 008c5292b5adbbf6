//! Memory: what a run takes, what is available, and the check before anything is taken.

mod available;
mod bytes;
mod cgroup;
mod check;
mod need;

pub(crate) use available::resident_bytes;
pub use available::{AvailableMemory, MemorySource};
pub use bytes::Bytes;
pub use check::check_memory;
pub use need::MemoryNeed;
