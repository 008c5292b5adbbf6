//! CiteSeer: papers on computer science.

use super::registry::{DatasetInfo, Loader, Origin, PublicSplit};
use crate::edge_policy::EdgeReport;

pub(super) const INFO: DatasetInfo = DatasetInfo {
    name: "citeseer",
    title: "papers on computer science and their citations; words in the text; public split",
    origin: Origin::Embedded,
    num_graphs: 1,
    num_nodes: 3327,
    num_edges: 4552,
    d_input: Some(3703),
    num_classes: 6,
    split: Some(PublicSplit { num_splits: 1, num_train: 120, num_val: 500, num_test: 1000 }),
    files: &[],
    loader: Loader::Embedded(
        include_bytes!("../../assets/citeseer.npz"),
        "citeseer.npz",
        EdgeReport {
            arcs_read: 9464,
            duplicates_merged: 236,
            loops_dropped: 124,
            one_way_dropped: 0,
            reverses_added: 0,
            unknown_ends_skipped: 0,
            weights_ignored: 0,
        },
    ),
};

#[cfg(test)]
mod tests {
    use super::*;

    /// The nodes that the source gives no features and no label.
    const BARE: [u32; 15] =
        [2407, 2489, 2553, 2682, 2781, 2953, 3042, 3063, 3212, 3214, 3250, 3292, 3305, 3306, 3309];

    #[test]
    fn counts_are_the_published_ones() {
        let citeseer = INFO.load(&[]).unwrap();
        assert_eq!((citeseer.features().num_nonzeros(), citeseer.features().num_zero_rows()), (105_165, 15));
        assert_eq!((citeseer.graph().num_components(), citeseer.graph().num_isolated()), (438, 48));
        assert_eq!(citeseer.labels().unwrap().counts(), [249, 590, 668, 701, 596, 508]);
        let report = citeseer.report().edges;
        assert_eq!((report.arcs_read, report.duplicates_merged, report.loops_dropped), (9464, 236, 124));
        assert_eq!(report.reverses_added, 0);
    }

    #[test]
    fn fifteen_nodes_have_no_features_and_no_label_and_are_never_scored() {
        let citeseer = INFO.load(&[]).unwrap();
        let (labels, split) = (citeseer.labels().unwrap(), citeseer.split().unwrap());
        let unlabelled: Vec<u32> = (0..3327).filter(|&node| labels.class(node).is_none()).collect();
        assert_eq!(unlabelled, BARE);
        assert!(BARE.iter().all(|node| (1..=2).contains(&citeseer.graph().degree(*node))));
        let mut scored = [split.train(), split.val(), split.test()].into_iter().flatten();
        assert!(scored.all(|node| !BARE.contains(node)));
    }
}
