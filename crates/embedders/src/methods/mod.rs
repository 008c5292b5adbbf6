//! The methods that train an encoder, a file or a folder each.

mod bgrl;
mod cca_ssg;
mod dgi;
mod g2r;
mod grace;
mod mcr2;
mod supervised;

pub use bgrl::Bgrl;
pub use cca_ssg::CcaSsg;
pub use dgi::Dgi;
pub use g2r::{G2r, RateObjective};
pub use grace::Grace;
pub use mcr2::Mcr2;
pub use supervised::{DecayedLayers, Supervised};
