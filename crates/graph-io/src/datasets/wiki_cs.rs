//! Wiki-CS: articles of Wikipedia on computer science.

use super::raw_file::RawFile;
use super::registry::{DatasetInfo, Loader, Origin, PublicSplit, read_as};

pub(super) const INFO: DatasetInfo = DatasetInfo {
    name: "wiki-cs",
    title: "Wikipedia on computer science and its links; means of word vectors; 20 public splits",
    origin: Origin::RawFiles,
    num_graphs: 1,
    num_nodes: 11_701,
    num_edges: 215_603,
    d_input: Some(300),
    num_classes: 10,
    split: Some(PublicSplit { num_splits: 20, num_train: 580, num_val: 1769, num_test: 5847 }),
    files: &[RawFile::unseen(
        "wiki-cs/data.json",
        "https://github.com/pmernyei/wiki-cs-dataset/raw/master/dataset/data.json",
        1 << 29,
    )],
    loader: Loader::Raw(|located| read_as("wiki-cs", located.first())),
};
