//! Coauthor CS: people who write papers together.

use super::raw_file::RawFile;
use super::registry::{DatasetInfo, Loader, Origin, read_as};

pub(super) const INFO: DatasetInfo = DatasetInfo {
    name: "coauthor-cs",
    title: "authors in computer science, joined by a paper; keywords of their papers",
    origin: Origin::RawFiles,
    num_graphs: 1,
    num_nodes: 18_333,
    num_edges: 81_894,
    d_input: Some(6805),
    num_classes: 15,
    split: None,
    files: &[RawFile::known(
        "coauthor/ms_academic_cs.npz",
        "https://github.com/shchur/gnn-benchmark/raw/master/data/npz/ms_academic_cs.npz",
        12_835_626,
        "933c745734e78908c7eb77172a673fee0503f30e26e5a99b36814d88534c42e3",
    )],
    loader: Loader::Raw(|located| read_as("npz", located.first())),
};
