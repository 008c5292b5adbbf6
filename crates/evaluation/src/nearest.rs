use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use crate::error::Error;
use crate::finite_rows::FiniteRows;
use crate::rows::Rows;

/// Rows on each side of a product. Every product has this shape, filled up with zeros: so a pair of rows has the same
/// bits wherever it stands, and one query alone those of all queries together.
const QUERIES: usize = 64;
const NODES: usize = 512;

/// Whether a query is a candidate of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Own {
    Counted,
    LeftOut,
}

/// The k nearest other rows of each row with the square of their Euclidean distance, nearest first, the lower index first of
/// equals; all other rows where they are fewer than k. Found exactly: O(nodes² · d_input).
///
/// # Shapes
/// rows `[nodes, d_input]`, output `[nodes][min(k, nodes − 1)]`
///
/// # Errors
/// A value that is not finite.
pub fn nearest_rows(rows: &Rows, k: usize) -> Result<Vec<Vec<(usize, f64)>>, Error> {
    let rows = FiniteRows::check(rows)?;
    let nodes: Vec<usize> = (0..rows.num_rows()).collect();
    // ‖x − y‖² = ‖x‖² − 2 (x·y − ‖y‖²/2): the nearest y has the largest bracket.
    let lengths_sq = rows.lengths_sq();
    let shifts: Vec<f64> = lengths_sq.iter().map(|length_sq| length_sq / 2.0).collect();
    let mut nearest = k_largest(&rows, &shifts, &nodes, k.min(nodes.len().saturating_sub(1)));
    for (nearest, length_sq) in nearest.iter_mut().zip(lengths_sq) {
        nearest.iter_mut().for_each(|(_, score)| *score = (length_sq - 2.0 * *score).max(0.0));
    }
    Ok(nearest)
}

/// The k other rows with the largest score x_q · x_j − shift_j for each query q, largest first, the lower index first of
/// equals. O(queries · nodes · d_input) time; memory beyond the rows is O(nodes + queries · k) and a block for each thread.
///
/// # Shapes
/// shifts `[nodes]`; k below the number of nodes
pub(crate) fn k_largest(
    rows: &FiniteRows,
    shifts: &[f64],
    queries: &[usize],
    k: usize,
) -> Vec<Vec<(usize, f64)>> {
    let candidates: Vec<usize> = (0..rows.num_rows()).collect();
    k_largest_among(rows, shifts, queries, &candidates, Own::LeftOut, k)
}

/// As [`k_largest`], with the first in the list of candidates first of equals. Fewer where there are fewer candidates.
pub(crate) fn k_largest_among(
    rows: &FiniteRows,
    shifts: &[f64],
    queries: &[usize],
    candidates: &[usize],
    own: Own,
    k: usize,
) -> Vec<Vec<(usize, f64)>> {
    queries
        .par_chunks(QUERIES)
        .flat_map_iter(|queries| largest_of_block(rows, shifts, queries, candidates, own, k))
        .collect()
}

fn largest_of_block(
    rows: &FiniteRows,
    shifts: &[f64],
    queries: &[usize],
    candidates: &[usize],
    own: Own,
    k: usize,
) -> Vec<Vec<(usize, f64)>> {
    let d = rows.d_input();
    let (mut left, mut right) = (vec![0.0; QUERIES * d], vec![0.0; NODES * d]);
    let mut products = vec![0.0; QUERIES * NODES];
    let mut largest: Vec<Vec<(usize, f64)>> =
        queries.iter().map(|_| Vec::with_capacity(k.saturating_add(1).min(candidates.len()))).collect();
    rows.read_all(queries.iter().copied(), &mut left);
    for candidates in candidates.chunks(NODES) {
        rows.read_all(candidates.iter().copied(), &mut right);
        matmul(
            MatMut::from_row_major_slice_mut(&mut products, QUERIES, NODES),
            Accum::Replace,
            MatRef::from_row_major_slice(&left, QUERIES, d),
            MatRef::from_row_major_slice(&right, NODES, d).transpose(),
            1.0,
            Par::Seq,
        );
        for ((&query, largest), products) in
            queries.iter().zip(&mut largest).zip(products.chunks_exact(NODES))
        {
            for (&node, product) in candidates.iter().zip(products) {
                if own == Own::Counted || node != query {
                    keep_if_large(largest, k, node, product - shifts[node]);
                }
            }
        }
    }
    largest
}

#[inline]
fn keep_if_large(largest: &mut Vec<(usize, f64)>, k: usize, node: usize, score: f64) {
    if largest.len() == k && largest.last().is_none_or(|last| score <= last.1) {
        return;
    }
    // After its equals, which come earlier among the candidates.
    let place = largest.partition_point(|other| other.1 >= score);
    largest.insert(place, (node, score));
    largest.truncate(k);
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn matrix(n: usize) -> Array2<f32> {
        Array2::from_shape_fn((n, 37), |(i, j)| ((i * 37 + j) as f32 * 0.37).sin())
    }

    #[test]
    fn agrees_with_sorting_all_scores() {
        let matrix = matrix(700);
        let rows = FiniteRows::check(&Rows::dense(matrix.view())).unwrap();
        let shifts: Vec<f64> = (0..700).map(|i| f64::from(i % 5)).collect();
        let queries = [699, 3, 3, 512];
        for (query, found) in queries.iter().zip(k_largest(&rows, &shifts, &queries, 20)) {
            let mut all: Vec<(usize, f64)> = (0..700)
                .filter(|node| node != query)
                .map(|node| {
                    let pairs = matrix.row(*query).into_iter().zip(matrix.row(node));
                    let dot: f64 = pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                    (node, dot - shifts[node])
                })
                .collect();
            all.sort_by(|a, b| b.1.total_cmp(&a.1));
            for (found, expected) in found.iter().zip(&all[..20]) {
                assert_eq!(found.0, expected.0);
                approx::assert_relative_eq!(found.1, expected.1, max_relative = 1e-10);
            }
        }
    }

    #[test]
    fn distances_are_those_between_the_rows() {
        let matrix = ndarray::array![[0.0f32, 0.0], [3.0, 4.0], [0.0, 1.0]];
        let found = nearest_rows(&Rows::dense(matrix.view()), 9).unwrap();
        assert_eq!(found, [[(2, 1.0), (1, 25.0)], [(2, 18.0), (0, 25.0)], [(0, 1.0), (1, 18.0)]]);
    }

    #[test]
    fn of_equals_the_lower_index_comes_first() {
        let matrix = Array2::<f32>::ones((600, 3));
        let rows = FiniteRows::check(&Rows::dense(matrix.view())).unwrap();
        let found = k_largest(&rows, &[0.0; 600], &[1], 3);
        assert_eq!(found[0].iter().map(|(node, _)| *node).collect::<Vec<_>>(), [0, 2, 3]);
    }

    #[test]
    fn one_query_has_the_bits_of_all_on_any_number_of_threads() {
        let matrix = matrix(1100);
        let rows = FiniteRows::check(&Rows::dense(matrix.view())).unwrap();
        let (shifts, nodes): (Vec<f64>, Vec<usize>) = (vec![0.0; 1100], (0..1100).collect());
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| k_largest(&rows, &shifts, &nodes, 10))
        };
        let all = on(1);
        assert_eq!(all, on(3));
        for node in [0, 63, 64, 700, 1099] {
            assert_eq!(k_largest(&rows, &shifts, &[node], 10)[0], all[node]);
        }
    }
}
