//! The normalised adjacency matrix of Laplacian eigenmaps, and the functions on a graph that say nothing.

use rayon::prelude::*;

use crate::CsrMatrix;
use crate::components::connected_components;
use crate::tall::Tall;

/// Rows that one task computes.
const ROWS_A_TASK: usize = 64;

/// S = D^-½ A D^-½ with D the sums of the rows of A, without loops of its own; a node without edges has a row of zeros.
#[derive(Clone, Debug)]
pub struct NormalizedAdjacency {
    adjacency: CsrMatrix,
    /// The diagonal of D^-½; zero for a node without edges.
    inverse_roots: Vec<f64>,
    components: Vec<u32>,
    /// Of each component, the sum of D over its nodes.
    volumes: Vec<f64>,
}

impl NormalizedAdjacency {
    /// Of a symmetric matrix of weights that are finite and not negative. O(nodes + arcs).
    ///
    /// # Panics
    /// If the matrix is not square or not stored by rows.
    pub fn new(adjacency: CsrMatrix) -> Self {
        assert_eq!(adjacency.rows(), adjacency.cols(), "an adjacency matrix is square");
        assert!(adjacency.is_csr(), "an adjacency matrix must be stored by rows (CSR), found CSC");
        let degrees: Vec<f64> = adjacency
            .outer_iterator()
            .map(|row| row.data().iter().map(|w| f64::from(*w)).sum::<f64>())
            .collect();
        let inverse_roots =
            degrees.iter().map(|degree| if *degree > 0.0 { degree.sqrt().recip() } else { 0.0 });
        let components = connected_components(&adjacency);
        let mut volumes = vec![0.0; components.iter().max().map_or(0, |last| *last as usize + 1)];
        components
            .iter()
            .zip(&degrees)
            .for_each(|(component, degree)| volumes[*component as usize] += degree);
        Self { inverse_roots: inverse_roots.collect(), adjacency, components, volumes }
    }

    /// The number of rows.
    pub fn num_nodes(&self) -> usize {
        self.adjacency.rows()
    }

    /// The diagonal of D^-½.
    pub fn inverse_root(&self, node: usize) -> f64 {
        self.inverse_roots[node]
    }

    /// The connected component of each node, numbered from 0.
    pub fn components(&self) -> &[u32] {
        &self.components
    }

    /// How many eigenvectors there are beside one for each component: the nodes less the components.
    pub fn rank(&self) -> usize {
        self.num_nodes() - self.volumes.len()
    }

    /// `out = (S · x − shift · x) · scale − before`: a step of the recurrence of a polynomial.
    ///
    /// Each row is one sum in the order of its neighbors, so threads change no bit.
    pub(crate) fn recur(&self, out: &mut Tall, x: &Tall, shift: f64, scale: f64, before: Option<&Tall>) {
        let width = x.width();
        out.values_mut().par_chunks_mut(width * ROWS_A_TASK).enumerate().for_each(|(task, out)| {
            for (offset, out) in out.chunks_exact_mut(width).enumerate() {
                let node = task * ROWS_A_TASK + offset;
                let own = x.row(node);
                out.iter_mut().zip(own).for_each(|(out, own)| *out = -shift * own);
                let range = self.adjacency.indptr().outer_inds_sz(node);
                let (neighbors, weights) =
                    (&self.adjacency.indices()[range.clone()], &self.adjacency.data()[range]);
                for (other, weight) in neighbors.iter().zip(weights) {
                    let other = *other as usize;
                    let entry = f64::from(*weight) * self.inverse_roots[node] * self.inverse_roots[other];
                    out.iter_mut().zip(x.row(other)).for_each(|(out, x)| *out += entry * x);
                }
                match before {
                    None => out.iter_mut().for_each(|out| *out *= scale),
                    Some(before) => {
                        let before = before.row(node);
                        out.iter_mut().zip(before).for_each(|(out, before)| *out = *out * scale - before);
                    }
                }
            }
        });
    }

    /// Takes away what lies in the eigenvectors D^½ 1 of each component, of eigenvalue 1, and whatever stands at nodes without
    /// edges.
    pub(crate) fn project(&self, x: &mut Tall) {
        let width = x.width();
        let mut sums = vec![0.0; self.volumes.len() * width];
        for node in 0..self.num_nodes() {
            let root = self.root(node);
            let sums = &mut sums[self.components[node] as usize * width..][..width];
            sums.iter_mut().zip(x.row(node)).for_each(|(sum, x)| *sum += root * x);
        }
        x.values_mut().par_chunks_mut(width).enumerate().for_each(|(node, x)| {
            let component = self.components[node] as usize;
            let root = self.root(node);
            if root == 0.0 {
                x.fill(0.0);
                return;
            }
            let sums = &sums[component * width..][..width];
            x.iter_mut().zip(sums).for_each(|(x, sum)| *x -= root * sum / self.volumes[component]);
        });
    }

    fn root(&self, node: usize) -> f64 {
        if self.inverse_roots[node] > 0.0 { self.inverse_roots[node].recip() } else { 0.0 }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use sprs::TriMatI;

    /// A graph of edges of weight 1.
    pub(crate) fn graph(nodes: usize, edges: &[(usize, usize)]) -> CsrMatrix {
        let mut arcs = TriMatI::new((nodes, nodes));
        for &(a, b) in edges {
            arcs.add_triplet(a, b, 1.0f32);
            arcs.add_triplet(b, a, 1.0);
        }
        arcs.to_csr()
    }

    #[test]
    fn the_projection_takes_away_the_components_and_nodes_without_edges() {
        let matrix = NormalizedAdjacency::new(graph(4, &[(0, 1), (1, 2)]));
        assert_eq!((matrix.rank(), matrix.components()), (2, [0, 0, 0, 1].as_slice()));
        let root = 2f64.sqrt();
        let mut block = Tall::new(vec![1.0, root, 1.0, 5.0], 1);
        matrix.project(&mut block);
        assert!(block.values().iter().all(|value| value.abs() < 1e-15), "{:?}", block.values());
    }
}
