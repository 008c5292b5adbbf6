//! Linear rate reduction against the float64 numbers of `tests/scripts/linear_golden.py`.

// The lint's leave for tests does not reach the functions that they share.
#![allow(clippy::unwrap_used)]

use g2r_loss::linear::prepare::{ColumnWeighting, ColumnWeights, RowNorm, scale_sparse_rows};
use g2r_loss::linear::{
    CsrMatrix, LinearConfig, LinearFit, NormalizedAdjacency, Pairs, PersonalizedPageRank, Solver,
    SparseFeatures, Width, adjacency_rows, fit,
};
use ndarray::Array2;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    graph: String,
    nodes: usize,
    columns: usize,
    ridge: f64,
    teleport: f64,
    steps: usize,
    pairs: String,
    d_output: usize,
    eigenvalues: Vec<f64>,
    rates: Option<Rates>,
    squared_lengths: Vec<f64>,
    rows: Vec<f64>,
}

#[derive(Deserialize)]
struct Rates {
    expansion: f64,
    compression: f64,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("golden/linear.json")).unwrap()
}

/// As `formula` in the script.
fn formula(nodes: usize, columns: usize) -> (CsrMatrix, CsrMatrix) {
    let mut adjacency = Array2::<f32>::zeros((nodes, nodes));
    for i in 0..nodes {
        for j in [(i + 1) % nodes, (3 * i + 1) % nodes] {
            if i != j {
                (adjacency[[i, j]], adjacency[[j, i]]) = (1.0, 1.0);
            }
        }
    }
    let feature = |(i, f): (usize, usize)| match (i * i * 7 + f * f * 5 + i * f * 3 + i) % 29 {
        k @ 0..9 => k as f32 / 8.0,
        _ => 0.0,
    };
    let adjacency = CsrMatrix::csr_from_dense(adjacency.view(), 0.0);
    let features = match columns {
        0 => adjacency_rows(&adjacency),
        _ => CsrMatrix::csr_from_dense(Array2::from_shape_fn((nodes, columns), feature).view(), 0.0),
    };
    (features, adjacency)
}

/// The first nodes of Cora with the edges between them, and the first columns.
fn cora(nodes: usize, columns: usize) -> (CsrMatrix, CsrMatrix) {
    let data = graph_io::load("cora", None).unwrap();
    let corner = |matrix: &CsrMatrix, columns: usize| {
        let mut triplets = sprs::TriMatI::<f32, u32>::new((nodes, columns));
        for (value, (row, column)) in matrix {
            if (row as usize) < nodes && (column as usize) < columns {
                triplets.add_triplet(row as usize, column as usize, *value);
            }
        }
        triplets.to_csr::<usize>()
    };
    let graph_io::Features::Sparse(features) = data.features() else {
        panic!("the words of Cora are sparse")
    };
    let features = corner(features, columns);
    let binary = ColumnWeights::from_sparse(ColumnWeighting::Binary, &features).apply_to_sparse(features);
    (binary, corner(data.graph().adjacency(), nodes))
}

fn fitted(case: &Case, solver: Solver, tolerance: f64) -> LinearFit {
    let (features, adjacency) =
        if case.graph == "cora" { cora(case.nodes, case.columns) } else { formula(case.nodes, case.columns) };
    let features = scale_sparse_rows(features, RowNorm::L2);
    let x = SparseFeatures::from_csr(&features).unwrap();
    let normalized = NormalizedAdjacency::from_symmetric(&adjacency).unwrap();
    let propagation = PersonalizedPageRank::new(&normalized, case.teleport, case.steps).unwrap();
    let pairs = match case.pairs.as_str() {
        "all" => Pairs::all(case.nodes),
        _ => Pairs::degree_normalized(&adjacency).unwrap(),
    };
    let width = if case.d_output == 0 { Width::Full } else { Width::Reduced(case.d_output) };
    let config = LinearConfig { ridge: case.ridge, width, solver, tolerance };
    let found = fit(&x, &propagation, &pairs, &config, &mut ChaCha8Rng::seed_from_u64(1)).unwrap();
    assert_eq!(found.embedding, found.encoder.embed(&x, &propagation), "the encoder gives another embedding");
    found
}

fn assert_golden(case: &Case, found: &LinearFit, limit: f64) {
    let name = format!("{} d_output {} by {:?}", case.graph, case.d_output, found.solver);
    if let Some(spectrum) = &found.spectrum {
        for (k, (found, expected)) in spectrum.eigenvalues.iter().zip(&case.eigenvalues).enumerate() {
            assert!(
                (found / expected - 1.0).abs() < limit,
                "{name}, eigenvalue {k}: {found}, expected {expected}"
            );
        }
        let (rates, expected) = (spectrum.rates().unwrap(), case.rates.as_ref().unwrap());
        assert!((rates.expansion / expected.expansion - 1.0).abs() < limit, "{name}: {rates:?}");
        assert!((rates.compression / expected.compression - 1.0).abs() < limit, "{name}: {rates:?}");
    }
    let z = &found.embedding;
    let width = z.ncols();
    assert_eq!(width, case.squared_lengths.len(), "{name}: width");
    for (column, expected) in case.squared_lengths.iter().enumerate() {
        let length = expected.sqrt();
        if length == 0.0 {
            assert!(z.column(column).iter().all(|z| *z == 0.0), "{name}, column {column} of zeros");
            continue;
        }
        let golden: Vec<f64> = case.rows.iter().skip(column).step_by(width).copied().collect();
        let dot: f64 = golden.iter().zip(z.column(column)).map(|(golden, z)| golden * f64::from(*z)).sum();
        let sign = if found.spectrum.is_some() { dot.signum() } else { 1.0 };
        for (row, (golden, z)) in golden.iter().zip(z.column(column)).enumerate() {
            let error = (sign * f64::from(*z) - golden).abs() / length;
            assert!(
                error < limit,
                "{name}, row {row}, column {column}: {z}, expected {golden}, {error:e} of the length"
            );
        }
        let found: f64 = z.column(column).iter().map(|z| f64::from(*z).powi(2)).sum();
        assert!((found.sqrt() / length - 1.0).abs() < limit, "{name}, length of column {column}");
    }
}

#[test]
fn the_dense_solver_agrees_with_float64_to_six_digits() {
    for case in cases() {
        assert_golden(&case, &fitted(&case, Solver::Dense, 1e-3), 1e-6);
    }
}

#[test]
fn the_matrix_free_solver_agrees_with_float64() {
    for case in cases().iter().filter(|case| case.d_output > 0) {
        let found = fitted(case, Solver::MatrixFree, 1e-8);
        assert_eq!(found.solver, Solver::MatrixFree);
        assert_golden(case, &found, 1e-5);
    }
}
