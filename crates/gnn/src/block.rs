//! The arcs that one layer sums over.

use graph_io::{CsrMatrix, Graph};

use crate::sparse::in_rows;

/// A bipartite block: arcs from sources to targets, `[targets, sources]`, where source i is target i for each target i.
///
/// A layer over a block reads one row a source and writes one row a target. The arcs are those of a graph's adjacency matrix
/// A, all of a target's or a sample of them; the degrees are those of the whole graph, whatever the sample. A sampler that
/// wants sums without bias divides the weights of an arc by the probability that it is drawn.
///
/// ```
/// use gnn::{Block, degrees_with_loops};
/// use graph_io::{EdgePolicy, Graph};
///
/// let (graph, _) = Graph::from_edges(4, &[(0, 1), (1, 2), (2, 3)], EdgePolicy::default())?;
/// let degrees = degrees_with_loops(graph.adjacency());
/// let (block, sources) = Block::neighborhoods(&graph, &degrees, &[3, 1]);
/// assert_eq!((block.dims(), sources), ([2, 4], vec![3, 1, 2, 0]));
/// # Ok::<(), graph_io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Block {
    arcs: CsrMatrix,
    degrees: Vec<f64>,
}

impl Block {
    /// Takes arcs, `[targets, sources]`, without loops added, and each source's degree in the whole graph: the sum of its row
    /// of A + I, as [`degrees_with_loops`] computes it. O(arcs + sources).
    ///
    /// # Panics
    /// If there are more targets than sources, another number of degrees than of sources, a degree that is not a positive finite
    /// number, or a weight that is not finite.
    pub fn new(arcs: CsrMatrix, degrees: Vec<f64>) -> Self {
        let arcs = if arcs.is_csr() { arcs } else { arcs.to_csr() };
        let [targets, sources] = [arcs.rows(), arcs.cols()];
        assert!(targets <= sources, "Block: {targets} targets among {sources} sources");
        let found = degrees.len();
        assert_eq!(found, sources, "Block: {found} degrees for {sources} sources");
        if let Some((source, degree)) =
            degrees.iter().enumerate().find(|(_, degree)| !(degree.is_finite() && **degree > 0.0))
        {
            panic!("Block: source {source}: expected a positive finite degree, found {degree}");
        }
        if let Some((weight, (target, source))) = arcs.iter().find(|(weight, _)| !weight.is_finite()) {
            panic!(
                "Block: arc from source {source} to target {target}: expected a finite weight, found {weight}"
            );
        }
        Self { arcs, degrees }
    }

    /// The targets with all of their neighbors, and the graph's node that each source is: first the targets, then the others
    /// in the order in which the targets' rows name them. O(arcs of the targets + nodes).
    ///
    /// `degrees` are the whole graph's, as [`degrees_with_loops`] computes them.
    ///
    /// # Panics
    /// If a target is no node of the graph or is there twice, or `degrees` has another length than there are nodes.
    pub fn neighborhoods(graph: &Graph, degrees: &[f64], targets: &[u32]) -> (Self, Vec<u32>) {
        let (adjacency, num_nodes) = (graph.adjacency(), graph.num_nodes());
        assert_eq!(degrees.len(), num_nodes, "Block: {} degrees for {num_nodes} nodes", degrees.len());
        let mut source_of = vec![u32::MAX; num_nodes];
        let mut sources = Vec::with_capacity(targets.len());
        for target in targets {
            let free = source_of.get_mut(*target as usize).filter(|source| **source == u32::MAX);
            let free = free.unwrap_or_else(|| {
                panic!("Block: target {target} is there twice or is not one of {num_nodes} nodes")
            });
            *free = sources.len() as u32;
            sources.push(*target);
        }
        let (mut row_ptr, mut columns, mut weights) = (vec![0], Vec::new(), Vec::new());
        for target in targets {
            let entries = adjacency.indptr().outer_inds_sz(*target as usize);
            for node in &adjacency.indices()[entries.clone()] {
                let source = &mut source_of[*node as usize];
                if *source == u32::MAX {
                    *source = sources.len() as u32;
                    sources.push(*node);
                }
                columns.push(*source);
            }
            weights.extend_from_slice(&adjacency.data()[entries]);
            row_ptr.push(columns.len());
        }
        let shape = (targets.len(), sources.len());
        let arcs = CsrMatrix::new_from_unsorted(shape, row_ptr, columns, weights);
        let arcs = arcs.map_err(|(.., error)| error).expect("rows of a graph name no neighbor twice");
        let degrees = sources.iter().map(|node| degrees[*node as usize]).collect();
        (Self { arcs, degrees }, sources)
    }

    /// Number of targets and of sources.
    pub fn dims(&self) -> [usize; 2] {
        [self.arcs.rows(), self.arcs.cols()]
    }

    /// The arcs, in compressed sparse rows, `[targets, sources]`, without loops added.
    pub fn arcs(&self) -> &CsrMatrix {
        &self.arcs
    }

    /// Each source's sum of its row of A + I in the whole graph.
    pub fn degrees(&self) -> &[f64] {
        &self.degrees
    }
}

/// Degrees of A + I, the sum of each row of an adjacency matrix with its loop; a loop that is there is not doubled. O(nodes +
/// arcs).
pub fn degrees_with_loops(adjacency: &CsrMatrix) -> Vec<f64> {
    let adjacency = in_rows(adjacency);
    let rows = adjacency.outer_iterator().zip(0..);
    rows.map(|(row, own)| row_with_loop(own, row.indices(), row.data()).map(|(_, w)| f64::from(w)).sum())
        .collect()
}

/// Arcs with a loop of weight 1 at each target that has none.
pub(crate) fn with_loops(arcs: &CsrMatrix) -> CsrMatrix {
    mapped_with_loops(arcs, |_, _, weight| weight)
}

/// Arcs with the loops of [`with_loops`] and the weights that `weight_of(target, source, weight)` gives.
pub(crate) fn mapped_with_loops(arcs: &CsrMatrix, weight_of: impl Fn(usize, u32, f32) -> f32) -> CsrMatrix {
    let arcs = in_rows(arcs);
    let targets = arcs.rows();
    let mut row_ptr = Vec::with_capacity(targets + 1);
    let mut columns = Vec::with_capacity(arcs.nnz() + targets);
    let mut weights = Vec::with_capacity(arcs.nnz() + targets);
    row_ptr.push(0);
    for (target, row) in arcs.outer_iterator().enumerate() {
        row_with_loop(target as u32, row.indices(), row.data()).for_each(|(source, weight)| {
            columns.push(source);
            weights.push(weight_of(target, source, weight));
        });
        row_ptr.push(columns.len());
    }
    CsrMatrix::new((targets, arcs.cols()), row_ptr, columns, weights)
}

/// The entries of a row with its loop: the one that is there, else one of weight 1.
fn row_with_loop<'a>(
    own: u32,
    columns: &'a [u32],
    weights: &'a [f32],
) -> impl Iterator<Item = (u32, f32)> + 'a {
    let place = columns.partition_point(|column| *column < own);
    let added = (columns.get(place) != Some(&own)).then_some((own, 1.0));
    let entries = move |range: std::ops::Range<usize>| {
        columns[range.clone()].iter().copied().zip(weights[range].iter().copied())
    };
    entries(0..place).chain(added).chain(entries(place..columns.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::graphs;

    #[test]
    fn neighborhoods_of_a_star_worked_by_hand() {
        let graph = graphs::star(4);
        let degrees = degrees_with_loops(graph.adjacency());
        assert_eq!(degrees, [4.0, 2.0, 2.0, 2.0]);
        let (block, sources) = Block::neighborhoods(&graph, &degrees, &[2, 0]);
        assert_eq!(sources, [2, 0, 1, 3]);
        assert_eq!(block.degrees(), [2.0, 4.0, 2.0, 2.0]);
        let dense: Vec<f32> = block.arcs().to_dense().iter().copied().collect();
        assert_eq!((block.dims(), dense), ([2, 4], vec![0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0]));
        let dense: Vec<f32> = with_loops(block.arcs()).to_dense().iter().copied().collect();
        assert_eq!(dense, [1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
    }

    #[test]
    #[should_panic(expected = "Block: target 2 is there twice or is not one of 4 nodes")]
    fn refuses_a_target_twice() {
        let graph = graphs::star(4);
        Block::neighborhoods(&graph, &[1.0; 4], &[2, 0, 2]);
    }

    #[test]
    #[should_panic(expected = "Block: target 4 is there twice or is not one of 4 nodes")]
    fn refuses_a_target_that_is_no_node() {
        let graph = graphs::star(4);
        Block::neighborhoods(&graph, &[1.0; 4], &[4]);
    }

    #[test]
    #[should_panic(expected = "Block: 3 targets among 2 sources")]
    fn refuses_more_targets_than_sources() {
        Block::new(CsrMatrix::zero((3, 2)), vec![1.0; 2]);
    }

    #[test]
    #[should_panic(expected = "Block: 1 degrees for 2 sources")]
    fn refuses_another_number_of_degrees() {
        Block::new(CsrMatrix::zero((1, 2)), vec![1.0]);
    }

    #[test]
    #[should_panic(expected = "Block: source 1: expected a positive finite degree, found 0")]
    fn refuses_a_degree_of_zero() {
        Block::new(CsrMatrix::zero((1, 2)), vec![1.0, 0.0]);
    }

    #[test]
    #[should_panic(expected = "Block: arc from source 1 to target 0: expected a finite weight, found NaN")]
    fn refuses_a_weight_that_is_not_finite() {
        Block::new(CsrMatrix::new((1, 2), vec![0, 1], vec![1], vec![f32::NAN]), vec![1.0; 2]);
    }
}
