//! A view of a data set: some of its columns and some of its edges.

use std::ops::Range;

use ndarray::{Array2, ArrayView2};
use row_kernels::DropoutMask;

use crate::linear::{CsrMatrix, FeatureMatrix};

/// Features of which some columns are seen as zeros; nothing is copied.
pub(super) struct MaskedColumns<'a> {
    pub(super) x: &'a dyn FeatureMatrix,
    /// Whether a column is kept, `[features]`.
    pub(super) kept: Vec<bool>,
}

impl MaskedColumns<'_> {
    fn clear_rows(&self, block: &mut Array2<f32>) {
        for (mut row, kept) in block.rows_mut().into_iter().zip(&self.kept) {
            if !kept {
                row.fill(0.0);
            }
        }
    }
}

impl FeatureMatrix for MaskedColumns<'_> {
    fn num_nodes(&self) -> usize {
        self.x.num_nodes()
    }

    fn num_features(&self) -> usize {
        self.x.num_features()
    }

    fn num_entries(&self) -> usize {
        self.x.num_entries()
    }

    fn multiply(&self, v: ArrayView2<f32>) -> Array2<f32> {
        let mut v = v.to_owned();
        self.clear_rows(&mut v);
        self.x.multiply(v.view())
    }

    fn multiply_transposed(&self, y: ArrayView2<f32>) -> Array2<f32> {
        let mut out = self.x.multiply_transposed(y);
        self.clear_rows(&mut out);
        out
    }

    fn column_means(&self) -> Vec<f64> {
        let means = self.x.column_means();
        means.into_iter().zip(&self.kept).map(|(mean, kept)| if *kept { mean } else { 0.0 }).collect()
    }

    fn dense_columns(&self, range: Range<usize>) -> Array2<f32> {
        let mut columns = self.x.dense_columns(range.clone());
        for (mut column, kept) in columns.columns_mut().into_iter().zip(&self.kept[range]) {
            if !kept {
                column.fill(0.0);
            }
        }
        columns
    }

    fn visit_row(&self, node: usize, visit: &mut dyn FnMut(usize, f32)) {
        self.x.visit_row(node, &mut |feature, value| {
            if self.kept[feature] {
                visit(feature, value);
            }
        });
    }
}

/// A symmetric matrix without some of its edges: an edge falls by a hash of its two nodes, so that both arcs fall together.
pub(super) fn without_some_edges(adjacency: &CsrMatrix, mask: &DropoutMask) -> CsrMatrix {
    let (mut row_ptr, mut columns, mut weights) = (vec![0], Vec::new(), Vec::new());
    for (node, row) in adjacency.outer_iterator().enumerate() {
        for (other, weight) in row.indices().iter().zip(row.data()) {
            let (low, high) = ((node as u32).min(*other), (node as u32).max(*other));
            if mask.factor(low, high, 0) > 0.0 {
                columns.push(*other);
                weights.push(*weight);
            }
        }
        row_ptr.push(columns.len());
    }
    CsrMatrix::new((adjacency.rows(), adjacency.cols()), row_ptr, columns, weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::DenseFeatures;
    use ndarray::array;

    #[test]
    fn masked_columns_are_those_of_a_matrix_with_zeros() {
        let (x, zeroed) =
            (array![[1.0f32, 2.0, 3.0], [4.0, 5.0, 6.0]], array![[1.0f32, 0.0, 3.0], [4.0, 0.0, 6.0]]);
        let x = DenseFeatures::from_array(x.view()).unwrap();
        let zeroed = DenseFeatures::from_array(zeroed.view()).unwrap();
        let masked = MaskedColumns { x: &x, kept: vec![true, false, true] };
        let (v, y) = (array![[1.0, -1.0], [2.0, 0.5], [3.0, 1.0]], array![[2.0], [-1.0]]);
        assert_eq!(masked.multiply(v.view()), zeroed.multiply(v.view()));
        assert_eq!(masked.multiply_transposed(y.view()), zeroed.multiply_transposed(y.view()));
        assert_eq!(masked.column_means(), zeroed.column_means());
        assert_eq!(masked.dense_columns(1..3), zeroed.dense_columns(1..3));
        let mut seen = Vec::new();
        masked.visit_row(1, &mut |feature, value| seen.push((feature, value)));
        assert_eq!(seen, [(0, 4.0), (2, 6.0)]);
    }

    #[test]
    fn both_arcs_of_an_edge_fall_together_and_about_the_share_that_was_said() {
        let n = 200u32;
        let rows = (0..=n as usize).map(|row| row * n as usize).collect();
        let complete = CsrMatrix::new(
            (n as usize, n as usize),
            rows,
            (0..n).cycle().take((n * n) as usize).collect(),
            vec![1.0; (n * n) as usize],
        );
        let rest = without_some_edges(&complete, &DropoutMask::new(0.1, 5));
        assert!(sprs::is_symmetric(&rest));
        let share = rest.nnz() as f64 / complete.nnz() as f64;
        // Five standard deviations of 19 900 draws, each counted twice.
        assert!((share - 0.9).abs() < 5.0 * (0.09f64 / 19_900.0).sqrt(), "{share}");
    }
}
