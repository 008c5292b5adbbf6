//! MUTAG: molecules.

use super::raw_file::RawFile;
use super::registry::{DatasetInfo, Loader, Origin};

pub(super) const INFO: DatasetInfo = DatasetInfo {
    name: "mutag",
    title: "nitro compounds, by whether they change genes; atoms as node tags",
    origin: Origin::RawFiles,
    num_graphs: 188,
    num_nodes: 3371,
    num_edges: 3721,
    d_input: Some(7),
    num_classes: 2,
    split: None,
    files: &[RawFile::known(
        "tu/mutag/MUTAG.txt",
        "https://github.com/muhanzhang/pytorch_DGCNN/raw/master/data/MUTAG/MUTAG.txt",
        32_377,
        "5897dae243f6c773aab54ec99e86551c3b1e8601acef254714073042c632d30e",
    )],
    loader: Loader::Graphs,
};
