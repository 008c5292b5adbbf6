//! The data sets known by name: one file and one entry of [`all`] each.

mod amazon_computers;
mod amazon_photo;
mod citeseer;
mod coauthor_cs;
mod coauthor_physics;
mod cora;
mod cora_full;
mod dblp;
mod imdb_binary;
mod karate;
mod mutag;
mod nci1;
mod ogbn_arxiv;
mod proteins;
mod pubmed;
mod raw_file;
mod registry;
mod wiki_cs;

pub use raw_file::{Located, RawFile};
pub use registry::{DatasetInfo, Origin, PublicSplit, Task, named};

static ALL: [DatasetInfo; 16] = [
    cora::INFO,
    citeseer::INFO,
    pubmed::INFO,
    cora_full::INFO,
    dblp::INFO,
    amazon_computers::INFO,
    amazon_photo::INFO,
    coauthor_cs::INFO,
    coauthor_physics::INFO,
    wiki_cs::INFO,
    ogbn_arxiv::INFO,
    karate::INFO,
    mutag::INFO,
    proteins::INFO,
    nci1::INFO,
    imdb_binary::INFO,
];

/// Every data set known by name.
pub fn all() -> &'static [DatasetInfo] {
    &ALL
}
