//! All cosines of all pairs of rows, a block at a time.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::ArrayView2;
use rayon::prelude::*;
use row_kernels::multiversion;

/// Rows on each side of a product. Every product has this shape, filled up with zeros: a pair has the same bits wherever it
/// stands.
const QUERIES: usize = 64;
const NODES: usize = 1024;
/// Cosines that are compared with the smallest of those kept at one time.
const LANES: usize = 32;

/// The k other rows with the largest dot product, for each row: the largest first, the lower index first of equals; a row of
/// fewer than k others is filled with its own index. O(nodes² · width) time.
///
/// # Shapes
/// rows `[nodes, width]`, output `[nodes, k]`
pub(super) fn exact_nearest(rows: ArrayView2<f32>, k: usize) -> Vec<u32> {
    let (n, width) = rows.dim();
    let rows = rows.as_slice().expect("nearest neighbors: rows are row-major");
    let mut nearest = vec![0; n * k];
    if k > 0 {
        nearest.par_chunks_mut(QUERIES * k).enumerate().for_each(|(block, out)| {
            nearest_of_block(rows, n, width, block * QUERIES, k, out);
        });
    }
    nearest
}

fn nearest_of_block(rows: &[f32], n: usize, width: usize, first_query: usize, k: usize, out: &mut [u32]) {
    let num_queries = out.len() / k;
    let (mut left, mut right) = (vec![0.0; QUERIES * width], vec![0.0; NODES * width]);
    let mut products = vec![0.0f32; QUERIES * NODES];
    left[..num_queries * width].copy_from_slice(&rows[first_query * width..][..num_queries * width]);
    let mut best: Vec<Best> = (0..num_queries).map(|query| Best::new(first_query + query, k)).collect();
    for first in (0..n).step_by(NODES) {
        let count = NODES.min(n - first);
        right[..count * width].copy_from_slice(&rows[first * width..][..count * width]);
        right[count * width..].fill(0.0);
        matmul(
            MatMut::from_row_major_slice_mut(&mut products, QUERIES, NODES),
            Accum::Replace,
            MatRef::from_row_major_slice(&left, QUERIES, width),
            MatRef::from_row_major_slice(&right, NODES, width).transpose(),
            1.0,
            Par::Seq,
        );
        for (best, products) in best.iter_mut().zip(products.chunks_exact(NODES)) {
            best.offer(first, &products[..count]);
        }
    }
    for (best, out) in best.iter().zip(out.chunks_exact_mut(k)) {
        out.fill(best.query as u32);
        for (out, (_, node)) in out.iter_mut().zip(&best.found) {
            *out = *node;
        }
    }
}

/// The best rows for one query so far.
struct Best {
    query: usize,
    k: usize,
    /// Product and row, the largest product first.
    found: Vec<(f32, u32)>,
}

impl Best {
    fn new(query: usize, k: usize) -> Self {
        Self { query, k, found: Vec::new() }
    }

    fn offer(&mut self, first: usize, products: &[f32]) {
        for (chunk, products) in products.chunks(LANES).enumerate() {
            if self.found.len() == self.k && !any_above(products, self.found[self.k - 1].0) {
                continue;
            }
            for (place, product) in products.iter().enumerate() {
                self.offer_one(first + chunk * LANES + place, *product);
            }
        }
    }

    fn offer_one(&mut self, node: usize, product: f32) {
        let full = self.found.len() == self.k;
        if node == self.query || (full && product <= self.found[self.k - 1].0) {
            return;
        }
        // After its equals: rows come in ascending order.
        let place = self.found.partition_point(|other| other.0 >= product);
        self.found.insert(place, (product, node as u32));
        self.found.truncate(self.k);
    }
}

multiversion! {
    /// Whether any number is above a limit.
    fn any_above(values: &[f32], limit: f32) -> bool = any_above_body
}

#[inline(always)]
fn any_above_body(values: &[f32], limit: f32) -> bool {
    values.iter().fold(false, |any, value| any | (*value > limit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::prepare::{RowNorm, scale_dense_rows};
    use ndarray::Array2;

    fn rows(n: usize) -> Array2<f32> {
        let rows = Array2::from_shape_vec((n, 12), testkit::numbers::wavy(n * 12, 0.7)).unwrap();
        scale_dense_rows(rows, RowNorm::L2)
    }

    #[test]
    fn agrees_with_sorting_all_cosines_beyond_one_block() {
        let rows = rows(1100);
        let nearest = exact_nearest(rows.view(), 5);
        for query in [0, 63, 64, 700, 1099] {
            let mut all: Vec<(f32, u32)> = (0..1100)
                .filter(|node| *node != query)
                .map(|j| (rows.row(query).dot(&rows.row(j)), j as u32))
                .collect();
            all.sort_by(|a, b| b.0.total_cmp(&a.0));
            let expected: Vec<u32> = all[..5].iter().map(|(_, node)| *node).collect();
            assert_eq!(nearest[query * 5..][..5], expected, "row {query}");
        }
    }

    #[test]
    fn of_equals_the_lower_index_comes_first_and_few_rows_are_filled_up() {
        let rows = Array2::<f32>::ones((3, 2));
        assert_eq!(exact_nearest(rows.view(), 4), [1, 2, 0, 0, 0, 2, 1, 1, 0, 1, 2, 2]);
    }

    #[test]
    fn one_thread_and_three_find_the_same() {
        let rows = rows(900);
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| exact_nearest(rows.view(), 7))
        };
        assert_eq!(on(1), on(3));
    }
}
