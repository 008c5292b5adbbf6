//! Cora-Full: all the papers that Cora is a part of.

use super::raw_file::RawFile;
use super::registry::{DatasetInfo, Loader, Origin, read_as};

pub(super) const INFO: DatasetInfo = DatasetInfo {
    name: "cora-full",
    title: "papers of all fields of computing and their citations; words in the text",
    origin: Origin::RawFiles,
    num_graphs: 1,
    num_nodes: 19_793,
    num_edges: 63_421,
    d_input: Some(8710),
    num_classes: 70,
    split: None,
    files: &[RawFile::unseen(
        "graph2gauss/cora.npz",
        "https://github.com/abojchevski/graph2gauss/raw/master/data/cora.npz",
        1 << 30,
    )],
    loader: Loader::Raw(|located| read_as("npz", located.first())),
};
