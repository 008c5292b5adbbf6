//! IMDB-BINARY: who plays beside whom.

use super::raw_file::RawFile;
use super::registry::{DatasetInfo, Loader, Origin};

pub(super) const INFO: DatasetInfo = DatasetInfo {
    name: "imdb-binary",
    title: "actors around an actor, joined by a film; action or romance",
    origin: Origin::RawFiles,
    num_graphs: 1000,
    num_nodes: 19_773,
    num_edges: 96_531,
    d_input: None,
    num_classes: 2,
    split: None,
    files: &[RawFile::known(
        "tu/imdbbinary/IMDBBINARY.txt",
        "https://github.com/muhanzhang/pytorch_DGCNN/raw/master/data/IMDBBINARY/IMDBBINARY.txt",
        581_321,
        "1068c698677c07c04f3ad56fc4a175cb2161523c840abfdaf50e101ecc30504f",
    )],
    loader: Loader::Graphs,
};
