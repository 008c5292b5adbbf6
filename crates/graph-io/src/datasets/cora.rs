//! Cora: papers on machine learning.

use super::registry::{DatasetInfo, Loader, Origin, PublicSplit};
use crate::edge_policy::EdgeReport;

pub(super) const INFO: DatasetInfo = DatasetInfo {
    name: "cora",
    title: "papers on machine learning and their citations; words in the text; public split",
    origin: Origin::Embedded,
    num_graphs: 1,
    num_nodes: 2708,
    num_edges: 5278,
    d_input: Some(1433),
    num_classes: 7,
    split: Some(PublicSplit { num_splits: 1, num_train: 140, num_val: 500, num_test: 1000 }),
    files: &[],
    loader: Loader::Embedded(
        include_bytes!("../../assets/cora.npz"),
        "cora.npz",
        EdgeReport {
            arcs_read: 5429,
            duplicates_merged: 0,
            loops_dropped: 0,
            one_way_dropped: 0,
            reverses_added: 5127,
            unknown_ends_skipped: 0,
            weights_ignored: 0,
        },
    ),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_the_published_ones() {
        let cora = INFO.load(&[]).unwrap();
        assert_eq!((cora.features().num_nonzeros(), cora.features().num_zero_rows()), (49_216, 0));
        assert_eq!((cora.graph().num_components(), cora.graph().num_isolated()), (78, 0));
        let labels = cora.labels().unwrap();
        assert_eq!(labels.counts(), [351, 217, 418, 818, 426, 298, 180]);
        assert_eq!((labels.class_names()[3].as_str(), labels.num_labelled()), ("Neural_Networks", 2708));
        assert_eq!(
            (cora.node_ids().get(0).as_ref(), cora.node_ids().get(2707).as_ref()),
            ("1110563", "853115")
        );
        assert_eq!(cora.graph().neighbors(0), [633, 1862, 2582]);
        let report = cora.report().edges;
        assert_eq!((report.arcs_read, report.duplicates_merged, report.loops_dropped), (5429, 0, 0));
        assert_eq!(report.reverses_added, 5127);
    }
}
