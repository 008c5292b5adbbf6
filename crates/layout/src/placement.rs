use ndarray::Array2;
use rand::Rng;

use crate::error::Error;

/// A way to give places in the plane to the nodes of an input: rows ([`evaluation::Rows`]) or a graph
/// ([`Graph`](crate::Graph)).
pub trait Layout<Input> {
    /// Places the nodes. The same generator gives the same bits, whatever the number of threads.
    ///
    /// # Errors
    /// A setting out of range, or one that this input cannot meet.
    fn place(&self, input: &Input, rng: &mut dyn Rng) -> Result<Placement, Error>;
}

/// Places in the plane.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    /// The places, `[nodes, 2]`.
    pub points: Array2<f64>,
    /// What the layout minimises, at the points; lower is better. Its unit is the layout's own.
    pub objective: f64,
    /// The objective on the way, after how many steps; empty where there are no steps.
    pub history: Vec<(usize, f64)>,
}

/// Points as rows of a matrix.
pub(crate) fn matrix(points: &[[f64; 2]]) -> Array2<f64> {
    Array2::from_shape_fn((points.len(), 2), |(node, axis)| points[node][axis])
}
