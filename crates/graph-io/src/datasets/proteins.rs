//! PROTEINS: proteins.

use super::raw_file::RawFile;
use super::registry::{DatasetInfo, Loader, Origin};

pub(super) const INFO: DatasetInfo = DatasetInfo {
    name: "proteins",
    title: "proteins, by whether they are enzymes; kinds of structure as node tags",
    origin: Origin::RawFiles,
    num_graphs: 1113,
    num_nodes: 43_471,
    num_edges: 81_044,
    d_input: Some(3),
    num_classes: 2,
    split: None,
    files: &[RawFile::known(
        "tu/proteins/PROTEINS.txt",
        "https://github.com/muhanzhang/pytorch_DGCNN/raw/master/data/PROTEINS/PROTEINS.txt",
        642_021,
        "ed0730f9bf9da68aa6a8c80f2f2b6ecea5d05791ca254c709f3efab3b45d937b",
    )],
    loader: Loader::Graphs,
};
