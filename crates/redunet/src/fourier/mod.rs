//! Networks of signals and images that do not change when these are shifted.

mod lift;
mod network;
mod spectra;

pub use lift::RandomLift;
pub use network::FourierReduNet;
