//! What operators over the entries of a pattern are checked on, and their softmax in `f64`.

use graph_io::CsrMatrix;

/// 6 × 5 with an empty row, an empty column, a full row but for that column, and a row of one entry.
pub(crate) fn hub() -> CsrMatrix {
    let columns = vec![0, 4, 0, 1, 2, 4, 2, 1, 2, 0, 1, 4];
    let nonzeros = columns.len();
    CsrMatrix::new((6, 5), vec![0, 2, 2, 6, 7, 9, 12], columns, vec![1.0; nonzeros])
}

/// Row and column of each entry.
pub(crate) fn entries(matrix: &CsrMatrix) -> Vec<(usize, usize)> {
    matrix.iter().map(|(_, (row, column))| (row as usize, column as usize)).collect()
}

/// Softmax by rows and heads of scores `[nonzeros, heads]`.
pub(crate) fn softmax(matrix: &CsrMatrix, scores: &[f64], heads: usize) -> Vec<f64> {
    let entries = entries(matrix);
    (0..scores.len())
        .map(|place| {
            let (row, head) = (entries[place / heads].0, place % heads);
            let of_row =
                || (0..entries.len()).filter(|e| entries[*e].0 == row).map(|e| scores[e * heads + head]);
            let largest = of_row().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = of_row().map(|score| (score - largest).exp()).sum();
            (scores[place] - largest).exp() / sum
        })
        .collect()
}

/// x for x > 0, else slope · x.
pub(crate) fn leaky(x: f64, slope: f64) -> f64 {
    if x > 0.0 { x } else { slope * x }
}
