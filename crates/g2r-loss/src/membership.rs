//! Groups of a graph: each node's neighborhood.

use serde::{Deserialize, Serialize};
use sprs::CsMatI;

use crate::{Error, Groups};

/// How the matrix Π of neighborhoods is made of an adjacency matrix A: group j is row j.
///
/// The default is the authors': Π = A D⁻¹, columns scaled by one over the degree, without loops, one hop.
#[derive(Clone, Debug, PartialEq)]
pub struct Membership {
    /// How rows and columns are scaled.
    pub scaling: MembershipScaling,
    /// Whether each node belongs to its own group: A + I in place of A.
    pub self_loops: bool,
    /// Nodes up to this many edges away belong to a group, at least 1. Beyond one hop every entry starts as 1.
    pub hops: usize,
}

/// How the entries of Π are scaled, with dⱼ the sum of row j of the unscaled matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MembershipScaling {
    /// πⱼᵢ = aⱼᵢ.
    None,
    /// πⱼᵢ = aⱼᵢ / dⱼ: the weights of each group sum to 1.
    Row,
    /// πⱼᵢ = aⱼᵢ / dᵢ: the weights of each node over all groups sum to 1. The authors' choice.
    Column,
    /// πⱼᵢ = aⱼᵢ / √(dⱼ dᵢ).
    Symmetric,
}

impl Default for Membership {
    fn default() -> Self {
        Self { scaling: MembershipScaling::Column, self_loops: false, hops: 1 }
    }
}

impl Membership {
    /// The groups of a symmetric adjacency matrix `[nodes, nodes]`. O(arcs) for one hop.
    ///
    /// # Errors
    /// [`Error::Setting`] for zero hops; [`Error::Weight`] for a weight of an edge that is negative, NaN or infinite.
    ///
    /// # Panics
    /// If the matrix is not square or not in compressed sparse rows.
    pub fn groups(&self, adjacency: &CsMatI<f32, u32, usize>) -> Result<Groups, Error> {
        let nodes = adjacency.rows();
        assert_eq!(nodes, adjacency.cols(), "Membership: the adjacency matrix is not square");
        if self.hops == 0 {
            return Err(Error::Setting { name: "hops", expected: "at least 1", found: 0.0 });
        }
        let mut row_ptr = vec![0usize];
        let (mut members, mut weights) = (Vec::new(), Vec::new());
        let mut reached = Reached::new(nodes);
        for (node, row) in adjacency.outer_iterator().enumerate() {
            let node = node as u32;
            let mut group: Vec<(u32, f32)> = if self.hops == 1 {
                row.indices()
                    .iter()
                    .copied()
                    .zip(row.data().iter().copied())
                    .filter(|(other, _)| *other != node)
                    .collect()
            } else {
                reached.within(self.hops, node, adjacency).into_iter().map(|other| (other, 1.0)).collect()
            };
            if self.self_loops {
                group.insert(group.partition_point(|(other, _)| *other < node), (node, 1.0));
            }
            members.extend(group.iter().map(|(other, _)| *other));
            weights.extend(group.iter().map(|(_, weight)| *weight));
            row_ptr.push(members.len());
        }
        self.scaling.apply(&row_ptr, &members, &mut weights);
        Groups::from_matrix(CsMatI::new((nodes, nodes), row_ptr, members, weights))
    }
}

impl MembershipScaling {
    fn apply(self, row_ptr: &[usize], members: &[u32], weights: &mut [f32]) {
        let sums: Vec<f64> = row_ptr
            .windows(2)
            .map(|row| weights[row[0]..row[1]].iter().map(|w| f64::from(*w)).sum())
            .collect();
        for (group, row) in row_ptr.windows(2).enumerate() {
            for entry in row[0]..row[1] {
                let (own, other) = (sums[group], sums[members[entry] as usize]);
                let divisor = match self {
                    Self::None => 1.0,
                    Self::Row => own,
                    Self::Column => other,
                    Self::Symmetric => (own * other).sqrt(),
                };
                // A divisor is zero only where every weight of the row is.
                if divisor > 0.0 {
                    weights[entry] = (f64::from(weights[entry]) / divisor) as f32;
                }
            }
        }
    }
}

/// Breadth-first search that forgets its marks in time proportional to what it reached.
struct Reached {
    marked: Vec<bool>,
}

impl Reached {
    fn new(nodes: usize) -> Self {
        Self { marked: vec![false; nodes] }
    }

    /// Every other node at most `hops` edges from `start`, ascending.
    fn within(&mut self, hops: usize, start: u32, adjacency: &CsMatI<f32, u32, usize>) -> Vec<u32> {
        let mut found = vec![start];
        self.marked[start as usize] = true;
        let mut frontier = 0;
        for _ in 0..hops {
            let end = found.len();
            for position in frontier..end {
                let row = adjacency.indptr().outer_inds_sz(found[position] as usize);
                for other in &adjacency.indices()[row] {
                    if !std::mem::replace(&mut self.marked[*other as usize], true) {
                        found.push(*other);
                    }
                }
            }
            frontier = end;
        }
        for node in &found {
            self.marked[*node as usize] = false;
        }
        found.swap_remove(0);
        found.sort_unstable();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
                let groups = groups_of_path(Membership { scaling: MembershipScaling::Row, self_loops, hops });
                for group in groups {
                    let sum: f32 = group.iter().map(|(_, weight)| weight).sum();
                    assert!((sum - 1.0).abs() < 1e-6);
                }
            }
        }
    }

    #[test]
    fn loops_and_hops_add_the_nodes_they_should() {
        let membership = Membership { scaling: MembershipScaling::None, self_loops: true, hops: 2 };
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
}
