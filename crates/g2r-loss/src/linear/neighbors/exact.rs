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
/// Products that are compared with the smallest of those kept at one time.
const LANES: usize = 32;

/// The k other rows with the largest dot product, for each row: the largest first, the lower index first of equals; a row of
/// fewer than k others is filled with its own index. O(nodes² · width) time.
///
/// # Shapes
/// rows `[nodes, width]`, output `[nodes, k]`
pub(super) fn exact_nearest(rows: ArrayView2<f32>, k: usize) -> Vec<u32> {
    let ids: Vec<u32> = (0..rows.nrows() as u32).collect();
    let all = Side::of(rows, &ids);
    let mut nearest = vec![0; ids.len() * k];
    if k > 0 {
        nearest.par_chunks_mut(QUERIES * k).zip(ids.par_chunks(QUERIES)).for_each(|(out, queries)| {
            let best = best_of(Side { ids: queries, ..all }, all, k, Own::Left);
            for (best, out) in best.iter().zip(out.chunks_exact_mut(k)) {
                best.write(out);
            }
        });
    }
    nearest
}

/// Some rows of a matrix.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    rows: &'a [f32],
    width: usize,
    ids: &'a [u32],
}

impl<'a> Side<'a> {
    /// # Panics
    /// If the rows are not row-major.
    pub(super) fn of(rows: ArrayView2<'a, f32>, ids: &'a [u32]) -> Self {
        let width = rows.ncols();
        Self { rows: rows.to_slice().expect("nearest neighbors: rows are row-major"), width, ids }
    }

    fn gather(&self, first: usize, out: &mut [f32]) {
        let mut targets = out.chunks_exact_mut(self.width.max(1));
        for (id, target) in self.ids[first..].iter().zip(&mut targets) {
            target.copy_from_slice(&self.rows[*id as usize * self.width..][..self.width]);
        }
        targets.for_each(|target| target.fill(0.0));
    }
}

/// What is done with a row that is on both sides.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    /// It is no neighbor of itself.
    Left,
    /// The sides are of different matrices: equal ids mean nothing.
    Counted,
}

/// The k of `others`, whose ids ascend, with the largest dot product, for each of `queries`. Query after query is compared with
/// the same block of others.
pub(super) fn best_of(queries: Side, others: Side, k: usize, own: Own) -> Vec<Best> {
    let width = queries.width;
    let (mut left, mut right) = (vec![0.0; QUERIES * width], vec![0.0; NODES * width]);
    let mut products = vec![0.0f32; QUERIES * NODES];
    let excluded = |id: &u32| (own == Own::Left).then_some(*id);
    let mut best: Vec<Best> = queries.ids.iter().map(|id| Best::new(*id, excluded(id), k)).collect();
    if k == 0 {
        return best;
    }
    for (block, best) in best.chunks_mut(QUERIES).enumerate() {
        queries.gather(block * QUERIES, &mut left);
        for (place, ids) in others.ids.chunks(NODES).enumerate() {
            others.gather(place * NODES, &mut right);
            matmul(
                MatMut::from_row_major_slice_mut(&mut products, QUERIES, NODES),
                Accum::Replace,
                MatRef::from_row_major_slice(&left, QUERIES, width),
                MatRef::from_row_major_slice(&right, NODES, width).transpose(),
                1.0,
                Par::Seq,
            );
            for (best, products) in best.iter_mut().zip(products.chunks_exact(NODES)) {
                best.offer(ids, products);
            }
        }
    }
    best
}

/// The best rows for one query so far.
pub(super) struct Best {
    query: u32,
    excluded: Option<u32>,
    k: usize,
    /// Product and row, the largest product first.
    found: Vec<(f32, u32)>,
}

impl Best {
    fn new(query: u32, excluded: Option<u32>, k: usize) -> Self {
        Self { query, excluded, k, found: Vec::new() }
    }

    fn offer(&mut self, ids: &[u32], products: &[f32]) {
        for (ids, products) in ids.chunks(LANES).zip(products.chunks(LANES)) {
            let products = &products[..ids.len()];
            if self.found.len() == self.k && !any_above(products, self.found[self.k - 1].0) {
                continue;
            }
            for (id, product) in ids.iter().zip(products) {
                self.offer_one(*id, *product);
            }
        }
    }

    fn offer_one(&mut self, id: u32, product: f32) {
        let full = self.found.len() == self.k;
        if self.excluded == Some(id) || (full && product <= self.found[self.k - 1].0) {
            return;
        }
        // After its equals: ids come in ascending order.
        let place = self.found.partition_point(|other| other.0 >= product);
        self.found.insert(place, (product, id));
        self.found.truncate(self.k);
    }

    /// The row that is compared.
    pub(super) fn query(&self) -> u32 {
        self.query
    }

    /// Ids, the nearest first.
    pub(super) fn ids(&self) -> impl Iterator<Item = u32> {
        self.found.iter().map(|(_, id)| *id)
    }

    /// Ids, the nearest first, then the query's own.
    pub(super) fn write(&self, out: &mut [u32]) {
        out.fill(self.query);
        out.iter_mut().zip(self.ids()).for_each(|(out, id)| *out = id);
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
