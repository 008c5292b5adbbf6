//! Amazon Computers: goods bought together.

use super::raw_file::RawFile;
use super::registry::{DatasetInfo, Loader, Origin, read_as};

pub(super) const INFO: DatasetInfo = DatasetInfo {
    name: "amazon-computers",
    title: "computers at Amazon, joined where often bought together; words of reviews",
    origin: Origin::RawFiles,
    num_graphs: 1,
    num_nodes: 13_752,
    num_edges: 245_861,
    d_input: Some(767),
    num_classes: 10,
    split: None,
    files: &[RawFile::known(
        "amazon/amazon_electronics_computers.npz",
        "https://github.com/shchur/gnn-benchmark/raw/master/data/npz/amazon_electronics_computers.npz",
        31_921_488,
        "736ba1d9fd85eac2da83a5ad25c463f04b0031a6ca01563f90a7099d9e8ffb2c",
    )],
    loader: Loader::Raw(|located| read_as("npz", located.first())),
};
