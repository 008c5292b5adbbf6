use crate::CsrMatrix;

/// The connected component of each node of a symmetric adjacency matrix, numbered from 0 in the order of their first nodes. A node
/// without neighbors is a component. O(nodes + arcs).
///
/// # Panics
/// If there are more than `u32::MAX` components.
pub fn connected_components(adjacency: &CsrMatrix) -> Vec<u32> {
    const UNSEEN: u32 = u32::MAX;
    let mut components = vec![UNSEEN; adjacency.rows()];
    let mut next = 0;
    let mut waiting = Vec::new();
    for start in 0..components.len() {
        if components[start] != UNSEEN {
            continue;
        }
        assert!(next < UNSEEN, "more components than a u32 can number");
        components[start] = next;
        waiting.push(start);
        while let Some(node) = waiting.pop() {
            for &other in &adjacency.indices()[adjacency.indptr().outer_inds_sz(node)] {
                if components[other as usize] == UNSEEN {
                    components[other as usize] = next;
                    waiting.push(other as usize);
                }
            }
        }
        next += 1;
    }
    components
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalized::tests::graph;

    #[test]
    fn components_are_numbered_by_their_first_nodes() {
        assert_eq!(connected_components(&graph(6, &[(0, 4), (4, 2), (3, 5)])), [0, 1, 0, 2, 0, 2]);
        assert!(connected_components(&graph(0, &[])).is_empty());
    }
}
