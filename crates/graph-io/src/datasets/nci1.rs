//! NCI1: molecules.

use super::raw_file::RawFile;
use super::registry::{DatasetInfo, Loader, Origin};

pub(super) const INFO: DatasetInfo = DatasetInfo {
    name: "nci1",
    title: "compounds, by whether they hold up lung cancer cells; atoms as node tags",
    origin: Origin::RawFiles,
    num_graphs: 4110,
    num_nodes: 122_747,
    num_edges: 132_753,
    d_input: Some(37),
    num_classes: 2,
    split: None,
    files: &[RawFile::known(
        "tu/nci1/NCI1.txt",
        "https://github.com/muhanzhang/pytorch_DGCNN/raw/master/data/NCI1/NCI1.txt",
        1_228_668,
        "415d2e0861484c2baef1e40ee3ca62dd13c06d6b99549fb25774f43533e9321d",
    )],
    loader: Loader::Graphs,
};
