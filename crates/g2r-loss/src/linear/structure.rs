//! Features of a graph without features.

use super::sparse_product::CsrMatrix;

/// The rows of A + I as features, `[nodes, nodes]`: stored loops are replaced by those of I.
///
/// # Panics
/// If the matrix is not square or not in compressed sparse rows.
pub fn adjacency_rows(adjacency: &CsrMatrix) -> CsrMatrix {
    assert_eq!(adjacency.rows(), adjacency.cols(), "adjacency rows: the matrix is not square");
    assert!(adjacency.is_csr(), "adjacency rows: the matrix is not in compressed sparse rows");
    let capacity = adjacency.nnz() + adjacency.rows();
    let (mut columns, mut weights) = (Vec::with_capacity(capacity), Vec::with_capacity(capacity));
    let mut row_ptr = vec![0];
    for (node, row) in adjacency.outer_iterator().enumerate() {
        let node = node as u32;
        let before = row.indices().partition_point(|other| *other < node);
        let after = row.indices().partition_point(|other| *other <= node);
        columns.extend_from_slice(&row.indices()[..before]);
        weights.extend_from_slice(&row.data()[..before]);
        columns.push(node);
        weights.push(1.0);
        columns.extend_from_slice(&row.indices()[after..]);
        weights.extend_from_slice(&row.data()[after..]);
        row_ptr.push(columns.len());
    }
    CsrMatrix::new((adjacency.rows(), adjacency.cols()), row_ptr, columns, weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn every_row_has_its_own_loop_once() {
        let adjacency = CsrMatrix::new((3, 3), vec![0, 2, 3, 4], vec![0, 1, 0, 2], vec![9.0, 2.0, 2.0, 9.0]);
        let expected = array![[1.0, 2.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        assert_eq!(adjacency_rows(&adjacency).to_dense(), expected);
    }
}
