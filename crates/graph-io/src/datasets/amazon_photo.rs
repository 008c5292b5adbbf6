//! Amazon Photo: goods bought together.

use super::raw_file::RawFile;
use super::registry::{DatasetInfo, Loader, Origin, read_as};

pub(super) const INFO: DatasetInfo = DatasetInfo {
    name: "amazon-photo",
    title: "photo gear at Amazon, joined where often bought together; words of reviews",
    origin: Origin::RawFiles,
    num_graphs: 1,
    num_nodes: 7650,
    num_edges: 119_081,
    d_input: Some(745),
    num_classes: 8,
    split: None,
    files: &[RawFile::known(
        "amazon/amazon_electronics_photo.npz",
        "https://github.com/shchur/gnn-benchmark/raw/master/data/npz/amazon_electronics_photo.npz",
        17_113_960,
        "bdb1feb8e6ff42ee44024b04479145029c563fd42fc31bff80af20887ba0439a",
    )],
    loader: Loader::Raw(|located| read_as("npz", located.first())),
};
