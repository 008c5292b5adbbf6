//! The data sets known by name: one file and one entry of [`all`] each.

mod citeseer;
mod cora;
mod pubmed;
mod registry;

pub use registry::{DatasetInfo, Origin};

static ALL: [DatasetInfo; 3] = [cora::INFO, citeseer::INFO, pubmed::INFO];

/// Every data set known by name.
pub fn all() -> &'static [DatasetInfo] {
    &ALL
}
