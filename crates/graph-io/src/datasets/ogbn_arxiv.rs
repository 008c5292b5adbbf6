//! ogbn-arxiv: the computer science papers of arXiv.

use std::path::Path;

use super::raw_file::RawFile;
use super::registry::{DatasetInfo, Loader, Origin, PublicSplit, read_as};

pub(super) const INFO: DatasetInfo = DatasetInfo {
    name: "ogbn-arxiv",
    title: "papers of arXiv on computer science and their citations; means of word vectors; split by year",
    origin: Origin::RawFiles,
    num_graphs: 1,
    num_nodes: 169_343,
    num_edges: 1_157_799,
    d_input: Some(128),
    num_classes: 40,
    split: Some(PublicSplit { num_splits: 1, num_train: 90_941, num_val: 29_799, num_test: 48_603 }),
    files: &[RawFile {
        path: "ogb/arxiv.zip",
        url: "https://snap.stanford.edu/ogb/data/nodeproppred/arxiv.zip",
        sha256: None,
        max_bytes: 1 << 29,
        members: &[
            "arxiv/raw/edge.csv.gz",
            "arxiv/raw/node-feat.csv.gz",
            "arxiv/raw/node-label.csv.gz",
            "arxiv/raw/num-edge-list.csv.gz",
            "arxiv/raw/num-node-list.csv.gz",
            "arxiv/split/time/train.csv.gz",
            "arxiv/split/time/valid.csv.gz",
            "arxiv/split/time/test.csv.gz",
        ],
    }],
    // The folder with `raw` and `split` in it.
    loader: Loader::Raw(|located| {
        read_as("ogb", located.first().ancestors().nth(2).unwrap_or(Path::new("")))
    }),
};
