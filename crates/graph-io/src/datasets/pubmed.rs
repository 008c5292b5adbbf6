//! PubMed: papers on diabetes.

use super::registry::{DatasetInfo, Origin, load_planetoid};

pub(super) const INFO: DatasetInfo = DatasetInfo {
    name: "pubmed",
    title: "papers on diabetes and their citations; TF-IDF of words; public split",
    origin: Origin::RawFiles,
    num_nodes: 19_717,
    num_edges: 44_324,
    d_input: 500,
    num_classes: 3,
    num_train: 60,
    num_val: 500,
    num_test: 1000,
    load: |raw_dir| load_planetoid("pubmed", raw_dir),
};
