//! The normalised adjacency matrix of Laplacian eigenmaps, and the functions on a graph that say nothing.

use graph_io::{CsrMatrix, Graph};
use rayon::prelude::*;

use super::tall::Tall;

/// Rows that one task computes.
const ROWS_A_TASK: usize = 64;

/// S = D^-½ A D^-½ with D the sums of the rows of A, without loops of its own; a node without edges has a row of zeros.
#[derive(Clone, Debug)]
pub(super) struct NormalizedAdjacency {
    adjacency: CsrMatrix,
    /// The diagonal of D^-½; zero for a node without edges.
    inverse_roots: Vec<f64>,
    components: Vec<u32>,
    /// Of each component, the sum of D over its nodes.
    volumes: Vec<f64>,
}

impl NormalizedAdjacency {
    pub(super) fn of(graph: &Graph) -> Self {
        let adjacency = graph.adjacency().clone();
        let degrees =
            adjacency.outer_iterator().map(|row| row.data().iter().map(|w| f64::from(*w)).sum::<f64>());
        let degrees: Vec<f64> = degrees.collect();
        let inverse_roots =
            degrees.iter().map(|degree| if *degree > 0.0 { degree.sqrt().recip() } else { 0.0 });
        let components = graph.components();
        let mut volumes = vec![0.0; components.iter().max().map_or(0, |last| *last as usize + 1)];
        components
            .iter()
            .zip(&degrees)
            .for_each(|(component, degree)| volumes[*component as usize] += degree);
        Self { inverse_roots: inverse_roots.collect(), adjacency, components, volumes }
    }

    pub(super) fn num_nodes(&self) -> usize {
        self.adjacency.rows()
    }

    /// The diagonal of D^-½.
    pub(super) fn inverse_root(&self, node: usize) -> f64 {
        self.inverse_roots[node]
    }

    /// How many eigenvectors there are beside those that [`project`](Self::project) takes away.
    pub(super) fn rank(&self) -> usize {
        self.num_nodes() - self.volumes.len()
    }

    /// `out = (S · x − shift · x) · scale − before`: a step of the recurrence of a polynomial.
    ///
    /// Each row is one sum in the order of its neighbors, so threads change no bit.
    pub(super) fn recur(&self, out: &mut Tall, x: &Tall, shift: f64, scale: f64, before: Option<&Tall>) {
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
    pub(super) fn project(&self, x: &mut Tall) {
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
