//! The contrastive loss of GRACE, tile by tile.

use burn::tensor::Tensor;
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;
use row_kernels::{exp_nonpositive, multiversion};

use super::rounds::rounds;
use crate::pair_loss::{PairGradients, PairLoss, pair_loss};

/// Rows of a tile: its numbers stay in a core's own cache.
const TILE: usize = 256;

/// Contrastive loss of two embeddings of the same n nodes, with rows u and v of length 1, in nats; lower is better.
///
/// The mean over all u and v of −log(e^{u·v/τ} / Σ e^{u·w/τ}), with v the other embedding of the node of u and w every row of
/// both embeddings but u itself. Zhu et al. 2020, arXiv 2006.04131, eq. 1 and 2: negatives come from both views. Two
/// embeddings with all their rows alike have log(2 n − 1).
///
/// The 2 n × 2 n similarities are symmetric, so only tiles of one half are made, each twice (the gradient needs the sums of
/// whole rows), and none is kept: O(n² d) time, O(n d) memory. The same bits for any number of threads.
///
/// # Shapes
/// Both embeddings are `[n, d]`, the loss `[1]`.
///
/// # Panics
/// If their shapes differ, or there are no nodes.
pub(super) fn info_nce(first: Tensor<2>, second: Tensor<2>, temperature: f64) -> Tensor<1> {
    assert!(first.dims()[0] > 0, "info_nce: no nodes");
    pair_loss(first, second, InfoNce { temperature })
}

#[derive(Debug)]
struct InfoNce {
    temperature: f64,
}

impl PairLoss for InfoNce {
    fn evaluate(&self, first: &[f32], second: &[f32], [nodes, width]: [usize; 2]) -> PairGradients {
        let rows = Rows { values: [first, second].concat(), width, scale: (1.0 / self.temperature) as f32 };
        let inverse: Vec<f64> = rows.sums().into_iter().map(|sum| 1.0 / sum).collect();
        // Similarities are shifted by 1/τ before the exponential; the shift leaves again here.
        let logs: f64 = inverse.iter().map(|inverse| 1.0 / self.temperature - inverse.ln()).sum();
        let attraction: Vec<f64> = first
            .par_chunks(width)
            .zip(second.par_chunks(width))
            .map(|(u, v)| f64::from(row_kernels::dot(u, v)))
            .collect();
        let attraction: f64 = attraction.iter().sum();
        let count = (2 * nodes) as f64;
        let value = (logs - 2.0 * attraction / self.temperature) / count;

        let inverse: Vec<f32> = inverse.into_iter().map(|inverse| inverse as f32).collect();
        let mut gradient = rows.repulsion(&inverse);
        let factor = (1.0 / (count * self.temperature)) as f32;
        let (of_first, of_second) = gradient.split_at_mut(nodes * width);
        for (gradient, other) in [(of_first, second), (of_second, first)] {
            gradient.par_chunks_mut(width).zip(other.par_chunks(width)).for_each(|(gradient, other)| {
                gradient.iter_mut().zip(other).for_each(|(g, other)| *g = factor * (*g - 2.0 * other));
            });
        }
        let second = gradient.split_off(nodes * width);
        PairGradients { value, first: gradient, second }
    }
}

/// The rows of both embeddings under each other, `[2 n, width]`, whose tile of similarities E holds e^{(zᵢ·zⱼ − 1) / τ}.
struct Rows {
    values: Vec<f32>,
    width: usize,
    /// 1 / τ.
    scale: f32,
}

impl Rows {
    fn num_tiles(&self) -> usize {
        (self.values.len() / self.width).div_ceil(TILE)
    }

    /// The rows of a strip.
    fn strip(&self, strip: usize) -> MatRef<'_, f32> {
        let part = TILE * self.width;
        let rows = &self.values[strip * part..self.values.len().min((strip + 1) * part)];
        MatRef::from_row_major_slice(rows, rows.len() / self.width, self.width)
    }

    /// E between two strips, row-major, with zeros where a row meets itself.
    fn similarities(&self, tile: &mut Vec<f32>, row: usize, column: usize) {
        let (rows, columns) = (self.strip(row), self.strip(column));
        tile.clear();
        tile.resize(rows.nrows() * columns.nrows(), 0.0);
        let output = MatMut::from_row_major_slice_mut(tile, rows.nrows(), columns.nrows());
        matmul(output, Accum::Replace, rows, columns.transpose(), self.scale, Par::Seq);
        shift(tile, self.scale);
        exp_nonpositive(tile);
        if row == column {
            tile.iter_mut().step_by(columns.nrows() + 1).for_each(|own| *own = 0.0);
        }
    }

    /// Σⱼ Eᵢⱼ of every row.
    fn sums(&self) -> Vec<f64> {
        let mut sums: Vec<Vec<f64>> =
            (0..self.num_tiles()).map(|strip| vec![0.0; self.strip(strip).nrows()]).collect();
        self.for_each_tile(&mut sums, |tile, of_rows, of_columns| {
            let mut columns = vec![0.0f32; tile.len() / of_rows.len()];
            let mut rows = vec![0.0f32; of_rows.len()];
            add_sums(&mut rows, &mut columns, tile);
            of_rows.iter_mut().zip(rows).for_each(|(sum, part)| *sum += f64::from(part));
            if let Some(of_columns) = of_columns {
                of_columns.iter_mut().zip(columns).for_each(|(sum, part)| *sum += f64::from(part));
            }
        });
        sums.concat()
    }

    /// Σⱼ Eᵢⱼ (1 / sumᵢ + 1 / sumⱼ) zⱼ for every row: τ times the gradient of all the logarithms of sums.
    fn repulsion(&self, inverse: &[f32]) -> Vec<f32> {
        struct Strip<'a> {
            rows: MatRef<'a, f32>,
            inverse: &'a [f32],
            gradient: Vec<f32>,
        }
        let mut strips: Vec<Strip<'_>> = inverse
            .chunks(TILE)
            .enumerate()
            .map(|(strip, inverse)| Strip {
                rows: self.strip(strip),
                inverse,
                gradient: vec![0.0; inverse.len() * self.width],
            })
            .collect();
        let add = |gradient: &mut [f32], tile: MatRef<'_, f32>, rows: MatRef<'_, f32>| {
            let gradient =
                MatMut::from_row_major_slice_mut(gradient, gradient.len() / self.width, self.width);
            matmul(gradient, Accum::Add, tile, rows, 1.0, Par::Seq);
        };
        self.for_each_tile(&mut strips, |tile, of_rows, of_columns| {
            let inverse = of_columns.as_ref().map_or(of_rows.inverse, |strip| strip.inverse);
            weigh(tile, of_rows.inverse, inverse);
            let tile = MatRef::from_row_major_slice(tile, of_rows.inverse.len(), inverse.len());
            match of_columns {
                None => add(&mut of_rows.gradient, tile, of_rows.rows),
                Some(of_columns) => {
                    add(&mut of_rows.gradient, tile, of_columns.rows);
                    add(&mut of_columns.gradient, tile.transpose(), of_rows.rows);
                }
            }
        });
        let gradients: Vec<Vec<f32>> = strips.into_iter().map(|strip| strip.gradient).collect();
        gradients.concat()
    }

    /// Hands every tile of one half of E to `visit`, with what is gathered for its rows and, unless they are the same, its columns.
    ///
    /// Tiles of a round have no strip in common, so they are visited side by side; the order of the rounds is that of each sum.
    fn for_each_tile<G: Send>(
        &self,
        gathered: &mut Vec<G>,
        visit: impl Fn(&mut Vec<f32>, &mut G, Option<&mut G>) + Sync,
    ) {
        let mut places: Vec<Option<G>> = std::mem::take(gathered).into_iter().map(Some).collect();
        for round in rounds(places.len()) {
            let mut take = |strip: usize| places[strip].take().expect("a strip is once in a round");
            let mut tiles: Vec<(usize, usize, G, Option<G>)> = round
                .into_iter()
                .map(|(row, column)| (row, column, take(row), (row != column).then(|| take(column))))
                .collect();
            tiles.par_iter_mut().for_each_init(Vec::new, |tile, (row, column, of_rows, of_columns)| {
                self.similarities(tile, *row, *column);
                visit(tile, of_rows, of_columns.as_mut());
            });
            for (row, column, of_rows, of_columns) in tiles {
                places[row] = Some(of_rows);
                if of_columns.is_some() {
                    places[column] = of_columns;
                }
            }
        }
        *gathered = places.into_iter().flatten().collect();
    }
}

multiversion! {
    /// Takes a number off each, and cuts what rounding leaves above 0.
    fn shift(values: &mut [f32], by: f32) = shift_body
}

multiversion! {
    /// Adds a tile's rows and columns to sums.
    fn add_sums(rows: &mut [f32], columns: &mut [f32], tile: &[f32]) = add_sums_body
}

multiversion! {
    /// Multiplies each entry of a tile by the sum of a number of its row and one of its column.
    fn weigh(tile: &mut [f32], rows: &[f32], columns: &[f32]) = weigh_body
}

#[inline(always)]
fn shift_body(values: &mut [f32], by: f32) {
    for value in values {
        let shifted = *value - by;
        // So NaN stays NaN.
        *value = if shifted > 0.0 { 0.0 } else { shifted };
    }
}

#[inline(always)]
fn add_sums_body(rows: &mut [f32], columns: &mut [f32], tile: &[f32]) {
    const LANES: usize = 16;
    let width = columns.len();
    for (sum, row) in rows.iter_mut().zip(tile.chunks_exact(width)) {
        let mut lanes = [0.0f32; LANES];
        let (blocks, rest) = row.as_chunks::<LANES>();
        for block in blocks {
            for lane in 0..LANES {
                lanes[lane] += block[lane];
            }
        }
        for (lane, x) in rest.iter().enumerate() {
            lanes[lane] += x;
        }
        *sum += row_kernels::add_pairwise(lanes);
        for c in 0..width {
            columns[c] += row[c];
        }
    }
}

#[inline(always)]
fn weigh_body(tile: &mut [f32], rows: &[f32], columns: &[f32]) {
    let width = columns.len();
    for (row, weight) in tile.chunks_exact_mut(width).zip(rows) {
        for c in 0..width {
            row[c] *= weight + columns[c];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;
    use gnn::encoder::RowNorm;
    use testkit::numbers::wavy_matrix;
    use testkit::operators::{Input, assert_operator};

    /// GRACE as its paper writes it, for any rows: with cosines.
    fn reference(rows: [&[f64]; 2], width: usize, temperature: f64) -> f64 {
        let nodes = rows[0].len() / width;
        let row = |view: usize, node: usize| &rows[view][node * width..(node + 1) * width];
        let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
        let similarity = |a: (usize, usize), b: (usize, usize)| {
            let (a, b) = (row(a.0, a.1), row(b.0, b.1));
            (dot(a, b) / (dot(a, a) * dot(b, b)).sqrt() / temperature).exp()
        };
        let mut loss = 0.0;
        for own in 0..2 {
            for node in 0..nodes {
                let positive = similarity((own, node), (1 - own, node));
                let within: f64 = (0..nodes)
                    .filter(|other| *other != node)
                    .map(|other| similarity((own, node), (own, other)))
                    .sum();
                let between: f64 = (0..nodes).map(|other| similarity((own, node), (1 - own, other))).sum();
                loss -= (positive / (within + between)).ln();
            }
        }
        loss / (2 * nodes) as f64
    }

    /// The loss of any rows: scaled to length 1 before.
    fn loss_of_any(inputs: &[Tensor<2>], temperature: f64) -> Tensor<1> {
        let [u, v] = [0, 1].map(|view| RowNorm::L2.apply(inputs[view].clone()));
        info_nce(u, v, temperature)
    }

    #[test]
    fn the_value_and_both_gradients_agree_with_f64_loops() {
        assert_operator(
            "InfoNCE",
            &Device::flex(),
            &[Input::wavy([5, 3], 0.1), Input::wavy([5, 3], 0.7)],
            |inputs| loss_of_any(inputs, 0.4).reshape([1, 1]),
            |inputs| vec![reference([&inputs[0], &inputs[1]], 3, 0.4)],
        );
    }

    #[test]
    fn rows_of_several_tiles_of_which_the_last_is_short_agree_with_f64_loops() {
        // In every row the loops would take minutes: these stand in the first and the last tile, and on either side of their edge.
        const WIDTH: usize = 2;
        let places = [0, 1, 255 * WIDTH, 256 * WIDTH + 1, 299 * WIDTH];
        let autodiff = Device::flex().autodiff();
        let values = [0.1, 0.7].map(|phase| testkit::numbers::wavy(300 * WIDTH, phase));
        let tensors = values
            .clone()
            .map(|values| testkit::numbers::matrix(values, [300, WIDTH], &autodiff).require_grad());
        let value = loss_of_any(&tensors, 0.9);
        let gradients = value.backward();

        let in_f64 = values.map(|values| values.into_iter().map(f64::from).collect::<Vec<f64>>());
        let expected = reference([&in_f64[0], &in_f64[1]], WIDTH, 0.9);
        assert!((f64::from(value.into_scalar::<f32>()) - expected).abs() < 1e-5 * expected);
        for (view, tensor) in tensors.iter().enumerate() {
            let found: Vec<f32> = tensor.grad(&gradients).unwrap().into_data().iter().collect();
            let largest = found.iter().fold(0.0f32, |largest, entry| largest.max(entry.abs()));
            for place in places {
                let mut moved = in_f64.clone();
                let mut at = |by: f64| {
                    moved[view][place] = in_f64[view][place] + by;
                    reference([&moved[0], &moved[1]], WIDTH, 0.9)
                };
                let apart = (f64::from(found[place]) - (at(1e-5) - at(-1e-5)) / 2e-5).abs();
                assert!(apart < 1e-4 * f64::from(largest), "view {view}, entry {place}: {apart}");
            }
        }
    }

    fn loss_of(first: Tensor<2>, second: Tensor<2>, temperature: f64) -> f64 {
        f64::from(info_nce(first, second, temperature).into_scalar::<f32>())
    }

    #[test]
    fn rows_that_are_all_alike_have_the_logarithm_of_their_number() {
        let device = Device::flex();
        let rows = Tensor::<2>::from_floats([[0.6, 0.8]; 300], &device);
        for temperature in [0.01, 0.4, 10.0] {
            let found = loss_of(rows.clone(), rows.clone(), temperature);
            assert!((found - 599.0f64.ln()).abs() < 1e-4, "{found} at {temperature}");
        }
    }

    #[test]
    fn identical_views_with_orthogonal_rows_have_the_closed_form() {
        // A row meets its like once and 2 (n − 1) that are orthogonal to it: log(1 + 2 (n − 1) e^{−1/τ}).
        let device = Device::flex();
        let rows = Tensor::<2>::eye(4, &device);
        for temperature in [0.1f64, 0.5, 2.0] {
            let expected = (6.0 * (-1.0 / temperature).exp()).ln_1p();
            let found = loss_of(rows.clone(), rows.clone(), temperature);
            assert!((found - expected).abs() < 1e-5, "{found}, expected {expected} at {temperature}");
        }
    }

    #[test]
    fn the_order_of_nodes_and_that_of_views_do_not_matter() {
        let device = Device::flex();
        let [u, v] = [0.1, 0.7].map(|phase| RowNorm::L2.apply(wavy_matrix(600, 8, phase, &device)));
        let straight = loss_of(u.clone(), v.clone(), 0.5);
        let turned = loss_of(v.clone().flip([0]), u.clone().flip([0]), 0.5);
        assert!((straight - turned).abs() < 1e-5, "{straight} and {turned}");
        let mismatched = loss_of(u, v.flip([0]), 0.5);
        assert!((straight - mismatched).abs() > 1e-3, "whose views are paired matters");
    }

    #[test]
    fn threads_change_no_bit() {
        let values = |phase| testkit::numbers::wavy(700 * 16, phase);
        let (first, second) = (values(0.1), values(0.7));
        let evaluate = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| InfoNce { temperature: 5.0 }.evaluate(&first, &second, [700, 16]))
        };
        assert_eq!(evaluate(1), evaluate(2));
    }
}
