//! Features diffused by personalised PageRank, without any training.

use std::path::Path;

use gnn::gcn_normalized;
use graph_io::{CsrMatrix, Features, Graph};
use ndarray::Array2;
use rayon::prelude::*;
use row_kernels::weighted_row_sum;
use serde::{Deserialize, Serialize};

use super::{computed, fixed};
use crate::fit::Fit;
use crate::memory::{DataSize, sum};
use crate::model::{EmbedNodes, ModelShape};
use crate::{Checkpoint, Error, MethodInfo, MethodKind, MethodSettings, TrainingData, ranges};

/// Columns that are diffused at once: what is needed beside features and result are two such blocks.
const COLUMNS: usize = 256;
/// Rows that one task computes.
const ROWS_A_TASK: usize = 64;

/// Settings of personalised PageRank of features; the default is that of Gasteiger et al. 2019, arXiv 1810.05997, section 5.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ppr {
    /// α, the share of a node's own features in each step, above 0 and at most 1.
    pub teleport_prob: f64,
    /// K, how many steps, from 1 to 10 000.
    pub iterations: usize,
}

impl Default for Ppr {
    fn default() -> Self {
        Self { teleport_prob: 0.1, iterations: 10 }
    }
}

impl MethodSettings for Ppr {
    const INFO: MethodInfo = MethodInfo {
        name: "ppr",
        title: "personalised PageRank",
        source: "Gasteiger et al. 2019, arXiv 1810.05997 and 1911.05485",
        kind: MethodKind::Baseline,
        checkpoint: Checkpoint::Last,
        stochastic: false,
    };
    const PRESETS: &'static str = include_str!("../../presets/ppr.toml");

    fn check(&self) -> Result<(), Error> {
        if !(self.teleport_prob > 0.0 && self.teleport_prob <= 1.0) {
            return ranges::outside("teleport_prob", "above 0 and at most 1", self.teleport_prob);
        }
        ranges::count("iterations", self.iterations, 10_000)
    }

    fn memory(&self, size: &DataSize) -> u64 {
        let blocks = size.matrix(2 * size.d_input.min(COLUMNS as u64));
        sum(&[size.adjacency(), size.features(), size.matrix(size.d_input), blocks])
    }

    fn bind(&self, data: &TrainingData<'_>) -> Result<Box<dyn Fit>, Error> {
        let settings = self.clone();
        Ok(fixed(data, move |dataset, features| settings.diffuse(dataset.graph(), &features)))
    }

    fn restore(&self, _shape: &ModelShape, _weights: &Path) -> Result<Box<dyn EmbedNodes>, Error> {
        let settings = self.clone();
        Ok(computed(move |dataset, features| settings.diffuse(dataset.graph(), &features)))
    }
}

impl Ppr {
    /// The features diffused over a graph, `[nodes, d_input]`.
    pub fn diffuse(&self, graph: &Graph, features: &Features) -> Features {
        let mut adjacency = gcn_normalized(graph.adjacency());
        adjacency.scale((1.0 - self.teleport_prob) as f32);
        Features::Dense(diffused(&adjacency, features, self.teleport_prob as f32, self.iterations))
    }
}

/// Z₍K₎ of Z₍₀₎ = X, Z₍ₖ₊₁₎ = (1 − α) Â Z₍ₖ₎ + α X: α Σₖ (1 − α)ᵏ Âᵏ X up to K, the last power with the weight of all that would
/// follow. `damped` is (1 − α) Â.
///
/// # Shapes
/// damped `[nodes, nodes]`, features `[nodes, d_input]` → `[nodes, d_input]`
fn diffused(damped: &CsrMatrix, features: &Features, alpha: f32, iterations: usize) -> Array2<f32> {
    let (nodes, d_input) = (features.num_nodes(), features.d_input());
    let mut diffused = Array2::zeros((nodes, d_input));
    for start in (0..d_input).step_by(COLUMNS) {
        let end = d_input.min(start + COLUMNS);
        let width = end - start;
        let mut now = vec![0.0; nodes * width];
        now.chunks_exact_mut(width)
            .enumerate()
            .for_each(|(node, row)| add_features(row, 1.0, features, node, start));
        let mut next = vec![0.0; nodes * width];
        for _ in 0..iterations {
            next.par_chunks_exact_mut(width).enumerate().with_min_len(ROWS_A_TASK).for_each(|(node, row)| {
                let entries = damped.indptr().outer_inds_sz(node);
                weighted_row_sum(row, &damped.data()[entries.clone()], &damped.indices()[entries], &now);
                add_features(row, alpha, features, node, start);
            });
            std::mem::swap(&mut now, &mut next);
        }
        for (row, values) in diffused.outer_iter_mut().zip(now.chunks_exact(width)) {
            let mut row = row;
            row.as_slice_mut().expect("a new array is contiguous")[start..end].copy_from_slice(values);
        }
    }
    diffused
}

/// `row += scale · features[node, start..start + row.len()]`.
fn add_features(row: &mut [f32], scale: f32, features: &Features, node: usize, start: usize) {
    let end = start + row.len();
    match features {
        Features::Sparse(matrix) => {
            let entries = matrix.indptr().outer_inds_sz(node);
            let (columns, values) = (&matrix.indices()[entries.clone()], &matrix.data()[entries]);
            let first = columns.partition_point(|column| (*column as usize) < start);
            let in_block = columns[first..]
                .iter()
                .zip(&values[first..])
                .take_while(|(column, _)| (**column as usize) < end);
            in_block.for_each(|(column, value)| row[*column as usize - start] += scale * value);
        }
        Features::Dense(matrix) => {
            let own = matrix.row(node);
            row.iter_mut().zip(own.iter().skip(start)).for_each(|(out, value)| *out += scale * value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use testkit::graphs::{chorded_cycle, two_blocks};
    use testkit::numbers::wavy;

    #[test]
    fn sparse_and_dense_features_of_many_columns_diffuse_as_the_plain_loops() {
        let (nodes, d_input, alpha) = (30, COLUMNS + 44, 0.2f64);
        let adjacency = gcn_normalized(chorded_cycle(30).adjacency());
        let x = Array2::from_shape_vec((nodes, d_input), wavy(nodes * d_input, 0.3)).unwrap();
        let x = x.mapv(|value| if value > 0.5 { value } else { 0.0 });
        let sparse = CsrMatrix::csr_from_dense(x.view(), 0.0);
        let dense_adjacency = adjacency.to_dense().mapv(f64::from);
        let wide = x.mapv(f64::from);
        let mut expected = wide.clone();
        for _ in 0..7 {
            expected = dense_adjacency.dot(&expected) * (1.0 - alpha) + &wide * alpha;
        }
        let mut damped = adjacency;
        damped.scale(0.8);
        for features in [Features::Sparse(sparse), Features::Dense(x)] {
            let found = diffused(&damped, &features, 0.2, 7);
            for (found, expected) in found.iter().zip(&expected) {
                assert!((f64::from(*found) - expected).abs() < 1e-6, "{found} and {expected}");
            }
        }
    }

    #[test]
    fn teleporting_always_leaves_the_features() {
        let dataset = two_blocks();
        let settings = Settings::new(Ppr { teleport_prob: 1.0, iterations: 3 }).unwrap();
        let Features::Dense(rows) = settings.fit(&dataset, 0).unwrap().rows else {
            panic!("diffused features are dense")
        };
        let Features::Sparse(features) = dataset.features().row_normalized() else {
            panic!("binary features are sparse")
        };
        assert_eq!(rows, features.to_dense());
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let message = |config: Ppr| config.check().unwrap_err().to_string();
        let error = message(Ppr { teleport_prob: 0.0, ..Ppr::default() });
        assert_eq!(error, "`teleport_prob` must be above 0 and at most 1, got 0");
        let error = message(Ppr { iterations: 0, ..Ppr::default() });
        assert_eq!(error, "`iterations` must be from 1 to 10000, got 0");
    }
}
