//! PubMed: papers on diabetes.

use super::raw_file::RawFile;
use super::registry::{DatasetInfo, Loader, Origin, PublicSplit, read_as};

macro_rules! file {
    ($ending:literal, $num_bytes:literal, $sha256:literal) => {
        RawFile::known(
            concat!("planetoid/ind.pubmed.", $ending),
            concat!("https://github.com/kimiyoung/planetoid/raw/master/data/ind.pubmed.", $ending),
            $num_bytes,
            $sha256,
        )
    };
}

pub(super) const INFO: DatasetInfo = DatasetInfo {
    name: "pubmed",
    title: "papers on diabetes and their citations; TF-IDF of words; public split",
    origin: Origin::RawFiles,
    num_graphs: 1,
    num_nodes: 19_717,
    num_edges: 44_324,
    d_input: Some(500),
    num_classes: 3,
    split: Some(PublicSplit { num_splits: 1, num_train: 60, num_val: 500, num_test: 1000 }),
    files: &[
        file!("x", 23_172, "fbe9cb5c47200d1b7769a26e579be3b7130b556831f9d850e77c4c74f2599b33"),
        file!("y", 854, "e6c807633307a07ed659249006536a147c7999c797f11a2560752990181b41b3"),
        file!("tx", 405_505, "4eb5f5d0f30f26497eb0ac6ac9719d09c67e284f1ed0385c93f3ef27a671da3d"),
        file!("ty", 12_135, "ee2e0d4819d9fbcc403689c3bf2e49face401b605932f093bc58ab6461130fdd"),
        file!("allx", 7_578_385, "508e538e2abdccdd54c4d3e9f49d638b4af7107d85845f66ddea5a5152658b7e"),
        file!("ally", 224_739, "0c37bbe3b5014ec365e9d393cf4791925e5ed94fb194305d74f064a8d7b50f0e"),
        file!("graph", 471_808, "5b89f0036ca22909471f1e6558eb42fa06e0c730a577bde5b058b40638f81dc9"),
        file!("test.index", 6000, "b101d421688bbaecbd82e8a18f1e282378d6830f3a37666f28ebc47f844341b5"),
    ],
    loader: Loader::Raw(|located| read_as("planetoid", located.first())),
};
