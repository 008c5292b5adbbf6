//! Groups of a graph: each node's neighborhood.

use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sprs::CsMatI;

use crate::neighborhood::{Neighborhoods, most_members};
use crate::{Error, Groups};

/// Groups are made in at most this many tasks, each with a mark for every node.
const MAX_TASKS: usize = 64;
/// Groups of a task at least.
const MIN_GROUPS: usize = 256;

/// How the matrix Π of neighborhoods is made of an adjacency matrix A: group j is row j.
///
/// The default is the authors': Π = A D⁻¹, columns scaled by one over the degree, without loops, one hop, no bound.
#[derive(Clone, Debug, PartialEq)]
pub struct Membership {
    /// How rows and columns are scaled.
    pub scaling: MembershipScaling,
    /// Whether each node belongs to its own group: A + I in place of A.
    pub self_loops: bool,
    /// Nodes up to this many edges away belong to a group, at least 1. Beyond one hop every entry starts as 1.
    pub hops: usize,
    /// Members of a group at most, the node itself counted where it belongs to its group; 0 for no bound.
    ///
    /// Whole hops are taken while they fit; of the first that does not fit, nodes are taken in a random order of the arcs that
    /// lead there.
    pub max_group: usize,
    /// Seed of that order, which depends on the seed and the group only: the same groups on any number of threads.
    pub seed: u64,
}

/// How the entries of Π are scaled, with dⱼ the sum of row j of the unscaled matrix and cᵢ that of its column i. Without a bound on
/// the groups the matrix is symmetric and both are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MembershipScaling {
    /// πⱼᵢ = aⱼᵢ.
    None,
    /// πⱼᵢ = aⱼᵢ / dⱼ: the weights of each group sum to 1.
    Row,
    /// πⱼᵢ = aⱼᵢ / cᵢ: the weights of each node over all groups sum to 1. The authors' choice.
    Column,
    /// πⱼᵢ = aⱼᵢ / √(dⱼ cᵢ).
    Symmetric,
}

impl Default for Membership {
    fn default() -> Self {
        Self { scaling: MembershipScaling::Column, self_loops: false, hops: 1, max_group: 0, seed: 0 }
    }
}

impl Membership {
    /// Members that all groups may have together: 2²⁸, which take 2 GiB.
    pub const MAX_MEMBERS: u64 = 1 << 28;

    /// The groups of a symmetric adjacency matrix `[nodes, nodes]`. O(arcs) for one hop.
    ///
    /// Beyond one hop a search starts from each node, O(members · log members + arcs of the members) a group; nothing of size
    /// nodes × nodes is made.
    ///
    /// # Errors
    /// [`Error::Setting`] for zero hops; [`Error::TooManyMembers`], before the work begins, where there could be more than
    /// [`MAX_MEMBERS`](Self::MAX_MEMBERS); [`Error::Weight`] for a weight of an edge that is negative, NaN or infinite.
    ///
    /// # Panics
    /// If the matrix is not square.
    pub fn groups(&self, adjacency: &CsMatI<f32, u32, usize>) -> Result<Groups, Error> {
        let nodes = adjacency.rows();
        assert_eq!(nodes, adjacency.cols(), "Membership: the adjacency matrix is not square");
        if self.hops == 0 {
            return Err(Error::Setting { name: "hops", expected: "at least 1", found: 0.0 });
        }
        // Room for others than the node itself.
        let bound = match self.max_group {
            0 => nodes,
            members => members - usize::from(self.self_loops),
        };
        let most = most_members(adjacency, self.hops, bound);
        if most > Self::MAX_MEMBERS {
            return Err(Error::TooManyMembers { hops: self.hops, most });
        }
        let task_groups = nodes.div_ceil(MAX_TASKS).max(MIN_GROUPS);
        let starts: Vec<usize> = (0..nodes).step_by(task_groups).collect();
        let tasks: Vec<Rows> = starts
            .into_par_iter()
            .map(|start| self.rows(adjacency, bound, start as u32..nodes.min(start + task_groups) as u32))
            .collect();
        let mut all = Rows::default();
        tasks.into_iter().for_each(|rows| all.append(rows));
        let row_ptr: Vec<usize> = [0].into_iter().chain(all.ends).collect();
        self.scaling.apply(&row_ptr, &all.members, &mut all.weights);
        Groups::from_matrix(CsMatI::new((nodes, nodes), row_ptr, all.members, all.weights))
    }

    /// The unscaled rows of some groups.
    fn rows(&self, adjacency: &CsMatI<f32, u32, usize>, bound: usize, groups: Range<u32>) -> Rows {
        let mut searches = Neighborhoods::new(adjacency, self.seed);
        let mut rows = Rows::default();
        for node in groups {
            let range = adjacency.indptr().outer_inds_sz(node as usize);
            let (neighbors, weights) = (&adjacency.indices()[range.clone()], &adjacency.data()[range]);
            let others = searches.within(self.hops, node, bound);
            let before = others.partition_point(|other| *other < node);
            let weight_of = |other: &u32| match self.hops {
                1 => weights[neighbors.partition_point(|neighbor| neighbor < other)],
                _ => 1.0,
            };
            rows.weights.extend(others[..before].iter().map(weight_of));
            rows.members.extend_from_slice(&others[..before]);
            if self.self_loops {
                rows.members.push(node);
                rows.weights.push(1.0);
            }
            rows.weights.extend(others[before..].iter().map(weight_of));
            rows.members.extend_from_slice(&others[before..]);
            rows.ends.push(rows.members.len());
        }
        rows
    }
}

/// Compressed rows; `ends` holds one past the last member of each.
#[derive(Default)]
struct Rows {
    ends: Vec<usize>,
    members: Vec<u32>,
    weights: Vec<f32>,
}

impl Rows {
    fn append(&mut self, rows: Self) {
        let before = self.members.len();
        self.ends.extend(rows.ends.iter().map(|end| before + end));
        self.members.extend_from_slice(&rows.members);
        self.weights.extend_from_slice(&rows.weights);
    }
}

impl MembershipScaling {
    fn apply(self, row_ptr: &[usize], members: &[u32], weights: &mut [f32]) {
        let nodes = row_ptr.len() - 1;
        let (mut of_rows, mut of_columns) = (vec![0.0f64; nodes], vec![0.0f64; nodes]);
        for (group, row) in row_ptr.windows(2).enumerate() {
            for entry in row[0]..row[1] {
                of_rows[group] += f64::from(weights[entry]);
                of_columns[members[entry] as usize] += f64::from(weights[entry]);
            }
        }
        for (group, row) in row_ptr.windows(2).enumerate() {
            for entry in row[0]..row[1] {
                let (own, other) = (of_rows[group], of_columns[members[entry] as usize]);
                let divisor = match self {
                    Self::None => 1.0,
                    Self::Row => own,
                    Self::Column => other,
                    Self::Symmetric => (own * other).sqrt(),
                };
                // A divisor is zero only where every weight of the row or column is.
                if divisor > 0.0 {
                    weights[entry] = (f64::from(weights[entry]) / divisor) as f32;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};
    use testkit::graphs;

    fn groups_of_path(membership: Membership) -> Vec<Vec<(u32, f32)>> {
        let groups = membership.groups(graphs::path(4).adjacency()).unwrap();
        (0..4)
            .map(|group| {
                let group = groups.group(group);
                group.members.iter().copied().zip(group.weights.iter().copied()).collect()
            })
            .collect()
    }

    #[test]
    fn the_authors_choice_scales_columns_by_one_over_the_degree() {
        // 0 – 1 – 2 – 3 has degrees 1, 2, 2, 1.
        let groups = groups_of_path(Membership::default());
        assert_eq!(
            groups,
            [vec![(1, 0.5)], vec![(0, 1.0), (2, 0.5)], vec![(1, 0.5), (3, 1.0)], vec![(2, 0.5)]]
        );
    }

    #[test]
    fn rows_sum_to_one_under_row_scaling() {
        for hops in 1..4 {
            for self_loops in [false, true] {
                let groups = groups_of_path(Membership {
                    scaling: MembershipScaling::Row,
                    self_loops,
                    hops,
                    ..Default::default()
                });
                for group in groups {
                    let sum: f32 = group.iter().map(|(_, weight)| weight).sum();
                    assert!((sum - 1.0).abs() < 1e-6);
                }
            }
        }
    }

    #[test]
    fn loops_and_hops_add_the_nodes_they_should() {
        let membership =
            Membership { scaling: MembershipScaling::None, self_loops: true, hops: 2, ..Default::default() };
        let members: Vec<Vec<u32>> = groups_of_path(membership)
            .iter()
            .map(|group| group.iter().map(|(node, _)| *node).collect())
            .collect();
        assert_eq!(members, [vec![0, 1, 2], vec![0, 1, 2, 3], vec![0, 1, 2, 3], vec![1, 2, 3]]);
    }

    #[test]
    fn symmetric_scaling_divides_by_both_degrees() {
        let groups =
            groups_of_path(Membership { scaling: MembershipScaling::Symmetric, ..Default::default() });
        assert_eq!(groups[1], [(0, 0.5f32.sqrt()), (2, 0.5)]);
    }

    #[test]
    fn a_node_without_neighbors_is_an_empty_group() {
        let groups = Membership::default().groups(graphs::edgeless(2).adjacency()).unwrap();
        assert_eq!(groups.group(0).members.len(), 0);
        assert_eq!(groups.group(0).total, 0.0);
    }

    #[test]
    fn zero_hops_are_refused() {
        let error =
            Membership { hops: 0, ..Default::default() }.groups(graphs::path(2).adjacency()).unwrap_err();
        assert_eq!(error.to_string(), "`hops` must be at least 1, got 0");
    }

    /// Leaves of a star in which every node is within two hops of every other.
    const MANY: u32 = 100_000;
    /// Wall time for what takes a fifth of a second of processor time, so that a busy machine fails no test; without its bound the
    /// search would visit 10¹⁰ members.
    const SOON: Duration = Duration::from_secs(10);

    #[test]
    fn two_hops_over_a_hub_are_refused_before_the_work_begins() {
        let star = graphs::star(MANY + 1);
        let start = Instant::now();
        let error = Membership { hops: 2, ..Default::default() }.groups(star.adjacency()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "groups of 2 hops: expected at most 268435456 members in total, found up to 10000100000, which take 80.0 GB; bound each \
             group with `max_group` (`--max-group 100`), or take fewer `hops`"
        );
        assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    }

    #[test]
    fn two_hops_over_a_hub_end_soon_where_groups_are_bounded() {
        let star = graphs::star(MANY + 1);
        let membership = Membership { hops: 2, max_group: 20, self_loops: true, ..Default::default() };
        let start = Instant::now();
        let groups = membership.groups(star.adjacency()).unwrap();
        assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
        assert_eq!((groups.num_groups(), groups.matrix().nnz()), (100_001, 20 * 100_001));
        for group in [0u32, 1, 5000, 100_000] {
            let members = groups.group(group as usize).members;
            // A leaf's first hop is the hub, which fits.
            assert!(members.contains(&group) && members.contains(&0), "{members:?}");
        }
        let column_sum: f64 =
            groups.matrix().iter().filter(|(_, (_, node))| *node == 0).map(|(w, _)| f64::from(*w)).sum();
        assert!((column_sum - 1.0).abs() < 1e-3, "{column_sum}");
    }

    #[test]
    fn the_seed_decides_a_bounded_group_and_threads_do_not() {
        let star = graphs::star(3000);
        let groups = |seed, num_threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(num_threads).build().expect("threads");
            let membership = Membership { hops: 2, max_group: 7, seed, ..Default::default() };
            let groups = pool.install(|| membership.groups(star.adjacency())).unwrap();
            groups.matrix().clone()
        };
        assert_eq!(groups(1, 1), groups(1, 2));
        assert_ne!(groups(1, 2), groups(2, 2));
    }

    #[test]
    fn a_bound_that_no_group_reaches_changes_nothing() {
        for (hops, self_loops) in [(1, false), (1, true), (3, false)] {
            let unbounded = Membership { hops, self_loops, ..Default::default() };
            let bounded = Membership { max_group: 7, seed: 3, ..unbounded.clone() };
            assert_eq!(groups_of_path(unbounded), groups_of_path(bounded));
        }
    }

    #[test]
    fn a_bounded_hop_keeps_the_weights_of_its_edges() {
        // Node 0 has neighbors 1, 2 and 3 with weights 1, 2 and 3.
        let adjacency = CsMatI::new(
            (4, 4),
            vec![0, 3, 4, 5, 6],
            vec![1, 2, 3, 0, 0, 0],
            vec![1.0f32, 2.0, 3.0, 1.0, 2.0, 3.0],
        );
        for seed in 0..20 {
            let membership =
                Membership { scaling: MembershipScaling::None, max_group: 2, seed, ..Default::default() };
            let groups = membership.groups(&adjacency).unwrap();
            let group = groups.group(0);
            assert_eq!(group.members.len(), 2);
            assert!(group.members.iter().zip(group.weights).all(|(node, weight)| *node as f32 == *weight));
        }
    }
}
