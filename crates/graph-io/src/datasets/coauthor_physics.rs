//! Coauthor Physics: people who write papers together.

use super::raw_file::RawFile;
use super::registry::{DatasetInfo, Loader, Origin, read_as};

pub(super) const INFO: DatasetInfo = DatasetInfo {
    name: "coauthor-physics",
    title: "authors in physics, joined by a paper; keywords of their papers",
    origin: Origin::RawFiles,
    num_graphs: 1,
    num_nodes: 34_493,
    num_edges: 247_962,
    d_input: Some(8415),
    num_classes: 5,
    split: None,
    files: &[RawFile::known(
        "coauthor/ms_academic_phy.npz",
        "https://github.com/shchur/gnn-benchmark/raw/master/data/npz/ms_academic_phy.npz",
        16_374_005,
        "e4d68468eba5fb8f6b280ffd406bd53e6e4295ba1dd2967d6fe99b978e4b3375",
    )],
    loader: Loader::Raw(|located| read_as("npz", located.first())),
};
