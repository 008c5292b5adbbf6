//! DBLP: papers of four fields of computing.

use super::raw_file::RawFile;
use super::registry::{DatasetInfo, Loader, Origin, read_as};

pub(super) const INFO: DatasetInfo = DatasetInfo {
    name: "dblp",
    title: "papers of four fields of computing and their citations; words in the text",
    origin: Origin::RawFiles,
    num_graphs: 1,
    num_nodes: 17_716,
    num_edges: 52_867,
    d_input: Some(1639),
    num_classes: 4,
    split: None,
    files: &[RawFile::unseen(
        "graph2gauss/dblp.npz",
        "https://github.com/abojchevski/graph2gauss/raw/master/data/dblp.npz",
        1 << 29,
    )],
    loader: Loader::Raw(|located| read_as("npz", located.first())),
};
