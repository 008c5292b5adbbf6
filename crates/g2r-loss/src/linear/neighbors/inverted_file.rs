//! Nearest neighbors among the rows of nearby cells: an inverted file.

use ndarray::{Array2, ArrayView2, s};
use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::exact::{Own, Side, best_of};
use crate::linear::prepare::{RowNorm, scale_dense_rows};

/// Rows of a cell in the mean; none has more than twice as many.
const ROWS_OF_CELL: usize = 256;
/// Rows per cell that the centers are learned from.
const SAMPLED_OF_CELL: usize = 32;
/// Rounds of k-means.
const ROUNDS: usize = 4;
/// Rows that one task assigns to cells.
const ROWS_OF_TASK: usize = 1024;

/// As [`exact_nearest`](super::exact::exact_nearest), but a row is only compared with those of the `num_probes` cells that are
/// nearest to its own, which itself is one of them. O(nodes · (nodes / 256 + 256 · num_probes) · width) time.
///
/// Cells are Voronoi cells by the cosine with k-means centers.
pub(super) fn nearest_in_cells(rows: ArrayView2<f32>, k: usize, num_probes: usize) -> Vec<u32> {
    let n = rows.nrows();
    let mut nearest = vec![0; n * k];
    if n == 0 || k == 0 {
        return nearest;
    }
    let cells = Cells::of(rows);
    let probes = cells.nearest_cells(num_probes);
    let found: Vec<Vec<u32>> = (0..cells.members.len())
        .into_par_iter()
        .map(|cell| {
            let mut candidates: Vec<u32> = Vec::new();
            probes[cell].iter().for_each(|probe| candidates.extend(&cells.members[*probe as usize]));
            candidates.sort_unstable();
            let queries = Side::of(rows, &cells.members[cell]);
            let best = best_of(queries, Side::of(rows, &candidates), k, Own::Left);
            let mut out = vec![0; best.len() * k];
            best.iter().zip(out.chunks_exact_mut(k)).for_each(|(best, out)| best.write(out));
            out
        })
        .collect();
    for (members, found) in cells.members.iter().zip(&found) {
        for (member, found) in members.iter().zip(found.chunks_exact(k)) {
            nearest[*member as usize * k..][..k].copy_from_slice(found);
        }
    }
    nearest
}

/// A partition of the rows.
struct Cells {
    /// Rows of a cell, ascending.
    members: Vec<Vec<u32>>,
    /// `[cells, width]`, of length 1 or 0
    centers: Array2<f32>,
}

impl Cells {
    fn of(rows: ArrayView2<f32>) -> Self {
        let n = rows.nrows();
        let num_cells = n.div_ceil(ROWS_OF_CELL);
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let sampled: Vec<u32> = {
            let drawn = sample(&mut rng, n, (num_cells * SAMPLED_OF_CELL).min(n));
            drawn.into_iter().map(|row| row as u32).collect()
        };
        let mut centers = gathered(rows, &sampled[..num_cells]);
        for _ in 0..ROUNDS {
            let cell_of = assigned(rows, &sampled, &centers);
            centers = means(rows, &sampled, &cell_of, centers);
        }
        let all: Vec<u32> = (0..n as u32).collect();
        let mut members = vec![Vec::new(); num_cells];
        for (row, cell) in all.iter().zip(assigned(rows, &all, &centers)) {
            members[cell as usize].push(*row);
        }
        Self { members, centers }.cut()
    }

    /// Large cells in pieces, which have the same center: rows that are alike, however many, are not all compared.
    fn cut(self) -> Self {
        let (mut members, mut center_of) = (Vec::new(), Vec::new());
        for (cell, rows) in self.members.into_iter().enumerate() {
            let num_pieces = rows.len().div_ceil(2 * ROWS_OF_CELL);
            for piece in rows.chunks(rows.len().div_ceil(num_pieces.max(1)).max(1)) {
                members.push(piece.to_vec());
                center_of.push(cell as u32);
            }
        }
        Self { members, centers: gathered(self.centers.view(), &center_of) }
    }

    /// Each cell itself, then the nearest by their centers.
    fn nearest_cells(&self, num_probes: usize) -> Vec<Vec<u32>> {
        let ids: Vec<u32> = (0..self.members.len() as u32).collect();
        let others = num_probes.max(1) - 1;
        ids.par_chunks(ROWS_OF_TASK)
            .flat_map_iter(|queries| {
                let all = Side::of(self.centers.view(), &ids);
                let best = best_of(Side::of(self.centers.view(), queries), all, others, Own::Left);
                best.into_iter().map(|best| std::iter::once(best.query()).chain(best.ids()).collect())
            })
            .collect()
    }
}

fn gathered(rows: ArrayView2<f32>, ids: &[u32]) -> Array2<f32> {
    let mut out = Array2::zeros((ids.len(), rows.ncols()));
    ids.iter().enumerate().for_each(|(place, id)| out.row_mut(place).assign(&rows.row(*id as usize)));
    out
}

/// The cell of each of some rows: that of the nearest center.
fn assigned(rows: ArrayView2<f32>, ids: &[u32], centers: &Array2<f32>) -> Vec<u32> {
    let cells: Vec<u32> = (0..centers.nrows() as u32).collect();
    ids.par_chunks(ROWS_OF_TASK)
        .flat_map_iter(|queries| {
            let best = best_of(Side::of(rows, queries), Side::of(centers.view(), &cells), 1, Own::Counted);
            best.into_iter().map(|best| best.ids().next().expect("there is a cell"))
        })
        .collect()
}

/// The directions of the means of the rows of each cell; the center as it was for a cell without rows.
fn means(rows: ArrayView2<f32>, ids: &[u32], cell_of: &[u32], centers: Array2<f32>) -> Array2<f32> {
    let mut sums: Array2<f32> = Array2::zeros(centers.dim());
    let mut counts = vec![0usize; centers.nrows()];
    for (id, cell) in ids.iter().zip(cell_of) {
        let mut sum = sums.row_mut(*cell as usize);
        sum += &rows.row(*id as usize);
        counts[*cell as usize] += 1;
    }
    for (cell, count) in counts.iter().enumerate() {
        if *count == 0 {
            sums.row_mut(cell).assign(&centers.slice(s![cell, ..]));
        }
    }
    scale_dense_rows(sums, RowNorm::L2)
}

#[cfg(test)]
mod tests {
    use super::super::exact::exact_nearest;
    use super::*;

    /// Rows around forty directions.
    fn rows(n: usize) -> Array2<f32> {
        let noise = testkit::numbers::wavy(n * 12, 0.7);
        let rows = Array2::from_shape_fn((n, 12), |(row, column)| {
            let direction = row % 40;
            ((direction * 12 + column) as f32 * 0.77).sin() + 0.3 * noise[row * 12 + column]
        });
        scale_dense_rows(rows, RowNorm::L2)
    }

    #[test]
    fn nearly_all_of_the_nearest_rows_are_found_and_all_of_them_where_every_cell_is_searched() {
        let (rows, k) = (rows(5000), 5);
        let exact = exact_nearest(rows.view(), k);
        assert_eq!(nearest_in_cells(rows.view(), k, usize::MAX), exact);
        let found = nearest_in_cells(rows.view(), k, 4);
        let hits = found
            .chunks(k)
            .zip(exact.chunks(k))
            .map(|(found, exact)| exact.iter().filter(|node| found.contains(node)).count());
        let recall = hits.sum::<usize>() as f64 / exact.len() as f64;
        assert!(recall > 0.95 && recall < 1.0, "{recall}");
    }

    #[test]
    fn one_thread_and_three_find_the_same() {
        let rows = rows(3000);
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| nearest_in_cells(rows.view(), 5, 3))
        };
        assert_eq!(on(1), on(3));
    }

    #[test]
    fn rows_that_are_alike_are_not_all_compared_and_few_rows_are_filled_up() {
        let alike = Array2::<f32>::ones((4000, 2));
        let cells = Cells::of(alike.view());
        assert!(cells.members.iter().all(|members| members.len() <= 2 * ROWS_OF_CELL));
        assert_eq!(cells.members.iter().map(Vec::len).sum::<usize>(), 4000);
        let found = nearest_in_cells(alike.view(), 2, 1);
        assert!(found.chunks(2).enumerate().all(|(row, found)| !found.contains(&(row as u32))));
        let few = Array2::<f32>::ones((3, 2));
        assert_eq!(nearest_in_cells(few.view(), 4, 8), exact_nearest(few.view(), 4));
        assert!(nearest_in_cells(Array2::zeros((0, 2)).view(), 4, 8).is_empty());
    }
}
