//! Zachary's karate club.

use super::registry::{DatasetInfo, Loader, Origin};
use crate::arcs::{ArcMeaning, Arcs};
use crate::labels::Labels;
use crate::node_ids::NodeIds;
use crate::raw_dataset::RawDataset;

const NUM_MEMBERS: u32 = 34;

pub(super) const INFO: DatasetInfo = DatasetInfo {
    name: "karate",
    title: "members of a karate club who met outside it, by the club they chose when it split; no features",
    origin: Origin::Embedded,
    num_graphs: 1,
    num_nodes: NUM_MEMBERS as usize,
    num_edges: 78,
    d_input: None,
    num_classes: 2,
    split: None,
    files: &[],
    loader: Loader::Raw(|_| {
        let class = |member: u32| Some(u32::from(!WITH_MR_HI.contains(&member)));
        let class_names = vec!["Mr. Hi".to_string(), "Officer".to_string()];
        let pairs: Vec<(u32, u32)> = MET.iter().map(|&[one, other]| (one - 1, other - 1)).collect();
        let node_ids = NodeIds::from_numbers((1..=u64::from(NUM_MEMBERS)).collect());
        Ok(RawDataset {
            labels: Some(Labels::from_classes((1..=NUM_MEMBERS).map(class).collect(), class_names)?),
            ..RawDataset::from_arcs("karate", node_ids, Arcs::from_pairs(&pairs, ArcMeaning::Undirected))
        })
    }),
};

/// Who met whom: W. W. Zachary, An information flow model for conflict and fission in small groups, Journal of
/// Anthropological Research 33, 1977, figure 1; members numbered from 1 as there.
#[rustfmt::skip]
const MET: [[u32; 2]; 78] = [
    [1, 2], [1, 3], [2, 3], [1, 4], [2, 4], [3, 4], [1, 5], [1, 6], [1, 7], [5, 7], [6, 7], [1, 8], [2, 8],
    [3, 8], [4, 8], [1, 9], [3, 9], [3, 10], [1, 11], [5, 11], [6, 11], [1, 12], [1, 13], [4, 13], [1, 14],
    [2, 14], [3, 14], [4, 14], [6, 17], [7, 17], [1, 18], [2, 18], [1, 20], [2, 20], [1, 22], [2, 22],
    [24, 26], [25, 26], [3, 28], [24, 28], [25, 28], [3, 29], [24, 30], [27, 30], [2, 31], [9, 31], [1, 32],
    [25, 32], [26, 32], [29, 32], [3, 33], [9, 33], [15, 33], [16, 33], [19, 33], [21, 33], [23, 33],
    [24, 33], [30, 33], [31, 33], [32, 33], [9, 34], [10, 34], [14, 34], [15, 34], [16, 34], [19, 34],
    [20, 34], [21, 34], [23, 34], [24, 34], [27, 34], [28, 34], [29, 34], [30, 34], [31, 34], [32, 34],
    [33, 34],
];

/// Who joined Mr. Hi's new club, table 3 there. Member 9 was of the officers' faction, but went with Mr. Hi.
const WITH_MR_HI: [u32; 17] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 17, 18, 20, 22];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cleaning::{CleaningPolicy, MissingFeatures};

    #[test]
    fn degrees_and_clubs_are_the_published_ones() {
        let karate = INFO.load(&[]).unwrap();
        let degrees: Vec<usize> = (0..NUM_MEMBERS).map(|node| karate.graph().degree(node)).collect();
        assert_eq!(
            degrees,
            [
                16, 9, 10, 6, 3, 4, 4, 4, 5, 2, 3, 1, 2, 5, 2, 2, 2, 2, 2, 3, 2, 2, 2, 5, 3, 3, 2, 4, 3, 4,
                4, 6, 12, 17
            ]
        );
        assert_eq!(karate.labels().unwrap().counts(), [17, 17]);
        assert_eq!((karate.graph().num_components(), karate.report().edges.duplicates_merged), (1, 0));
        assert_eq!((karate.node_ids().get(0).as_ref(), karate.node_ids().get(33).as_ref()), ("1", "34"));
        let Some(class) = karate.labels().unwrap().class(8) else { panic!() };
        assert_eq!(karate.labels().unwrap().class_names()[class as usize], "Mr. Hi");
    }

    #[test]
    fn features_that_it_does_not_have_are_made_as_the_policy_says() {
        assert_eq!(INFO.load(&[]).unwrap().features().d_input(), 34);
        let policy =
            CleaningPolicy { missing_features: MissingFeatures::Degree, ..CleaningPolicy::default() };
        // log2 of one more than the largest degree is 4.
        assert_eq!(INFO.load_with(&[], &policy).unwrap().features().d_input(), 5);
    }
}
