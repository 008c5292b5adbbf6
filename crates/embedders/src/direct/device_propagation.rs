//! Propagation on a device, for closed forms that are otherwise computed on the host.

use burn::tensor::{Device, Tensor, TensorData};
use g2r_loss::linear::Propagation;
use gnn::{GcnAdjacency, gcn_normalized};
use graph_io::CsrMatrix;
use ndarray::Array2;

use crate::trainer::to_host;

/// The recursion H ← (1 − α) Â H + α X, from H = X: a truncated personalised PageRank, and for α = 0 so many hops.
///
/// A block of columns goes to the device, through every step, and back.
pub(super) struct DevicePropagation {
    adjacency: GcnAdjacency,
    device: Device,
    teleport_prob: f64,
    steps: usize,
    num_nodes: usize,
    num_entries: usize,
}

impl DevicePropagation {
    /// Copies the normalized arcs to a device. O(nodes + arcs).
    pub(super) fn new(arcs: &CsrMatrix, device: &Device, teleport_prob: f64, steps: usize) -> Self {
        let normalized = gcn_normalized(arcs);
        Self {
            adjacency: GcnAdjacency::from_matrix(&normalized, device),
            device: device.clone(),
            teleport_prob,
            steps,
            num_nodes: normalized.rows(),
            num_entries: normalized.nnz(),
        }
    }
}

impl Propagation for DevicePropagation {
    fn num_nodes(&self) -> usize {
        self.num_nodes
    }

    fn apply(&self, y: Array2<f32>) -> Array2<f32> {
        let (rows, width) = y.dim();
        if width == 0 {
            return y;
        }
        let values = y.into_iter().collect::<Vec<f32>>();
        let own = Tensor::<2>::from_data(TensorData::new(values, [rows, width]), &self.device);
        let share = own.clone() * self.teleport_prob;
        let step =
            |rows: Tensor<2>| self.adjacency.propagate(rows) * (1.0 - self.teleport_prob) + share.clone();
        to_host((0..self.steps).fold(own, |rows, _| step(rows)))
    }

    fn apply_transposed(&self, y: Array2<f32>) -> Array2<f32> {
        self.apply(y)
    }

    fn cost(&self) -> usize {
        self.steps * self.num_entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use g2r_loss::linear::{Hops, NormalizedAdjacency, PersonalizedPageRank};
    use testkit::graphs::chorded_cycle;
    use testkit::numbers::wavy;

    #[test]
    fn a_device_propagates_as_the_host() {
        let graph = chorded_cycle(30);
        let x = Array2::from_shape_vec((30, 5), wavy(150, 0.3)).unwrap();
        let normalized = NormalizedAdjacency::from_symmetric(graph.adjacency()).unwrap();
        let page_rank = PersonalizedPageRank::new(&normalized, 0.2, 6).unwrap();
        for (alpha, steps, host) in [
            (0.2, 6, &page_rank as &dyn Propagation),
            (0.0, 3, &Hops::new(&normalized, 3)),
            (0.0, 0, &Hops::new(&normalized, 0)),
        ] {
            let device = DevicePropagation::new(graph.adjacency(), &Device::flex(), alpha, steps);
            let (found, expected) = (device.apply(x.clone()), host.apply(x.clone()));
            for (found, expected) in found.iter().zip(&expected) {
                assert!((found - expected).abs() < 1e-6, "{steps} steps: {found} and {expected}");
            }
        }
    }
}
