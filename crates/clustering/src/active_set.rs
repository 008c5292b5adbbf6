use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use crate::coefficients::{Row, SelfExpression};
use crate::elastic_net::ElasticNet;
use crate::samples::{QUERIES, Samples, Scored, keep_if_large};

/// Rows that the search starts with, and the most that are added in one round.
const ATOMS: usize = 100;
/// The most rounds of a row.
const MAX_ROUNDS: usize = 40;
/// How far above τ, as a share of it, a row's product with the oracle point must be for the row to be added.
const MARGIN: f64 = 1e-9;

/// The elastic net of each row over all other rows by an oracle active set (You, Li, Robinson & Vidal 2016, arXiv 1605.02633,
/// algorithm 1): min_c τ‖c‖₁ + (1−τ)/2 ‖c‖² + 1/(2α) ‖x_j − Xᵀc‖² with c_j = 0 and α = maxᵢ |x_i·x_j| / (τγ).
///
/// It is solved over few rows; the oracle point δ = (x_j − Xᵀc)/α tells which others belong to the solution, those with
/// |x_i·δ| > τ. When there are none, the solution over the few is that over all. 64 rows go through their rounds together, so that
/// the products with all rows are those of matrices.
///
/// O(rounds · rows² · d_input) time; memory beyond the output is O(d_input + active²) a thread and 64 rows.
pub(crate) struct ActiveSet {
    /// Weight of the L1 norm, in (0, 1].
    pub(crate) tau: f64,
    /// γ, how many times smaller α is than the smallest for which c = 0; above 1.
    pub(crate) gamma: f64,
    /// Coefficients to keep of each row.
    pub(crate) num_kept: usize,
}

/// The elastic net of one row as far as it has come.
struct Problem {
    alpha: f64,
    active: Vec<u32>,
    /// One for each active row.
    coefficients: Vec<f64>,
    /// δ.
    oracle_point: Vec<f64>,
    state: State,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Open,
    Done,
    Unfinished,
}

impl ActiveSet {
    pub(crate) fn express(&self, samples: &Samples) -> SelfExpression {
        let rows: Vec<u32> = (0..samples.num_rows() as u32).collect();
        let rows = rows.par_chunks(QUERIES).flat_map_iter(|block| self.express_block(samples, block));
        SelfExpression::from_rows(rows.collect(), self.num_kept)
    }

    fn express_block(&self, samples: &Samples, block: &[u32]) -> Vec<Row> {
        let nearest = samples.largest_of_block(block, ATOMS, 0.0, f64::abs);
        let mut problems: Vec<Problem> = nearest.iter().map(|nearest| self.start(nearest)).collect();
        for _ in 0..MAX_ROUNDS {
            let open: Vec<usize> =
                (0..block.len()).filter(|&place| problems[place].state == State::Open).collect();
            if open.is_empty() {
                break;
            }
            for &place in &open {
                self.solve(samples, block[place], &mut problems[place]);
            }
            let points: Vec<f64> =
                open.iter().flat_map(|&place| &problems[place].oracle_point).copied().collect();
            let threshold = self.tau * (1.0 + MARGIN);
            let mut found: Vec<Vec<Scored>> = vec![Vec::new(); open.len()];
            samples.products(&points, |query, first, products| {
                let own = block[open[query]];
                for (row, product) in (first as u32..).zip(products) {
                    if product.abs() > threshold && row != own {
                        keep_if_large(&mut found[query], ATOMS, (row, product.abs()));
                    }
                }
            });
            for (&place, found) in open.iter().zip(&found) {
                problems[place].extend(found);
            }
        }
        let row = |problem: Problem| Row {
            unfinished: problem.state != State::Done,
            entries: problem.active.into_iter().zip(problem.coefficients).collect(),
        };
        problems.into_iter().map(row).collect()
    }

    fn start(&self, nearest: &[Scored]) -> Problem {
        // Orthogonal to all others: c = 0.
        let state = if nearest.is_empty() { State::Done } else { State::Open };
        Problem {
            alpha: nearest.first().map_or(1.0, |nearest| nearest.1 / (self.tau * self.gamma)),
            active: nearest.iter().map(|nearest| nearest.0).collect(),
            coefficients: vec![0.0; nearest.len()],
            oracle_point: Vec::new(),
            state,
        }
    }

    fn solve(&self, samples: &Samples, row: u32, problem: &mut Problem) {
        let (width, size) = (samples.width(), problem.active.len());
        let atoms: Vec<f64> =
            problem.active.iter().flat_map(|&active| samples.row(active as usize)).copied().collect();
        let atoms = MatRef::from_row_major_slice(&atoms, size, width);
        let x = samples.row(row as usize);
        let (mut gram, mut products) = (vec![0.0; size * size], vec![0.0; size]);
        let multiply = |out: MatMut<'_, f64>, with: MatRef<'_, f64>| {
            matmul(out, Accum::Replace, atoms, with, 1.0, Par::Seq);
        };
        multiply(MatMut::from_row_major_slice_mut(&mut gram, size, size), atoms.transpose());
        multiply(
            MatMut::from_column_major_slice_mut(&mut products, size, 1),
            MatRef::from_column_major_slice(x, width, 1),
        );
        let net = ElasticNet {
            gram: &gram,
            products: &products,
            l1: self.tau * problem.alpha,
            l2: (1.0 - self.tau) * problem.alpha,
        };
        if !net.solve(&mut problem.coefficients) {
            problem.state = State::Unfinished;
        }
        let mut point = x.to_vec();
        for (&active, &c) in problem.active.iter().zip(&problem.coefficients).filter(|(_, c)| **c != 0.0) {
            point.iter_mut().zip(samples.row(active as usize)).for_each(|(point, value)| *point -= c * value);
        }
        point.iter_mut().for_each(|value| *value /= problem.alpha);
        problem.oracle_point = point;
    }
}

impl Problem {
    /// Drops rows without a coefficient and adds those that the oracle point found, if any is new.
    fn extend(&mut self, found: &[Scored]) {
        if self.state == State::Unfinished {
            return;
        }
        let new: Vec<u32> =
            found.iter().map(|found| found.0).filter(|row| !self.active.contains(row)).collect();
        if new.is_empty() {
            self.state = State::Done;
            return;
        }
        let old = self.active.iter().zip(&self.coefficients).filter(|(_, c)| **c != 0.0);
        let (mut active, mut coefficients): (Vec<u32>, Vec<f64>) = old.map(|(&row, &c)| (row, c)).unzip();
        active.extend(&new);
        coefficients.resize(active.len(), 0.0);
        (self.active, self.coefficients) = (active, coefficients);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::dot;
    use ndarray::Array2;

    /// Rows in an even spread over a few directions, so that the nearest hundred are not enough.
    fn samples(n: usize) -> Samples {
        let rows =
            Array2::from_shape_fn((n, 9), |(i, j)| ((i * (j + 3)) as f32 * 0.37 + (j * j) as f32).sin());
        Samples::unit(rows.view()).unwrap()
    }

    #[test]
    fn the_solution_over_few_rows_is_the_optimum_over_all() {
        let samples = samples(600);
        let settings = ActiveSet { tau: 0.6, gamma: 300.0, num_kept: 600 };
        let found = settings.express(&samples);
        assert_eq!(found.num_unfinished, 0);
        let nearest = samples.largest_of_each(&(0..600).collect::<Vec<_>>(), ATOMS, 0.0, f64::abs);
        let mut num_beyond = 0;
        for (row, c) in found.coefficients.outer_iterator().enumerate() {
            let alpha = nearest[row][0].1 / (settings.tau * settings.gamma);
            let mut rest = samples.row(row).to_vec();
            for (column, c) in c.iter() {
                rest.iter_mut().zip(samples.row(column)).for_each(|(rest, value)| *rest -= c * value);
                num_beyond += usize::from(!nearest[row].iter().any(|near| near.0 as usize == column));
            }
            for other in (0..600).filter(|&other| other != row) {
                let pull = dot(samples.row(other), &rest) / alpha;
                let violation = match c.get(other) {
                    Some(c) => (pull - (1.0 - settings.tau) * c - settings.tau.copysign(*c)).abs(),
                    None => (pull.abs() - settings.tau).max(0.0),
                };
                assert!(violation < 1e-7, "row {row}, {other}: {violation}");
            }
        }
        assert!(num_beyond > 0, "the search must have added rows");
    }
}
