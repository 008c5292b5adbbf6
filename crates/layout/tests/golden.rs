//! t-SNE and trustworthiness against scikit-learn, on the golden numbers that `tests/scripts/tsne.py` writes, and PivotMDS
//! against NumPy, on those of `tests/scripts/tsnet.py`.

use approx::{assert_abs_diff_eq, assert_relative_eq};
use evaluation::Rows;
use layout::{Forces, Graph, Layout, PivotMdsConfig, TsneConfig, trustworthiness_of_rows};
use ndarray::Array2;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

fn by_scikit_learn() -> Value {
    serde_json::from_str(include_str!("golden/tsne.json")).expect("the script writes JSON")
}

fn by_numpy() -> Value {
    serde_json::from_str(include_str!("golden/tsnet.json")).expect("the script writes JSON")
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("the script writes a number")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("the script writes a list")
}

fn matrix(rows: &Value) -> Array2<f64> {
    let rows = list(rows);
    Array2::from_shape_fn((rows.len(), list(&rows[0]).len()), |(i, j)| number(&rows[i][j]))
}

fn divergence(case: &Value, forces: Forces, seed: u64) -> f64 {
    let rows = matrix(&case["rows"]).mapv(|value| value as f32);
    let config = TsneConfig { forces, ..TsneConfig::default() };
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    config.place(&Rows::dense(rows.view()), rng).expect("the rows can be placed").objective
}

fn case<'a>(golden: &'a Value, name: &str) -> &'a Value {
    list(&golden["tsne"]).iter().find(|case| case["name"] == name).expect("the script writes the case")
}

fn within_two_percent(found: f64, expected: &Value) -> bool {
    println!("{found:.5}, scikit-learn {expected}");
    (found / number(expected) - 1.0).abs() < 0.02
}

#[test]
fn the_divergence_of_digits_is_scikit_learns_within_two_percent() {
    let golden = by_scikit_learn();
    let digits = case(&golden, "digits");
    assert!(within_two_percent(divergence(digits, Forces::Exact, 0), &digits["exact"]));
    assert!(within_two_percent(
        divergence(digits, Forces::BarnesHut { theta: 0.5 }, 0),
        &digits["barnes_hut"]
    ));
}

#[test]
fn the_divergence_of_iris_is_scikit_learns_within_two_percent_in_the_median_over_starts() {
    // Iris has many minima: from start to start the divergence changes by some percent in both programs.
    let golden = by_scikit_learn();
    let iris = case(&golden, "iris");
    let mut found: Vec<f64> = (0..32).map(|seed| divergence(iris, Forces::Exact, seed)).collect();
    found.sort_by(f64::total_cmp);
    assert!(within_two_percent(f64::midpoint(found[15], found[16]), &iris["exact_median"]));
}

#[test]
fn trustworthiness_is_scikit_learns() {
    let golden = &by_scikit_learn()["trustworthiness"];
    let rows = matrix(&golden["rows"]).mapv(|value| value as f32);
    let points = matrix(&golden["points"]);
    for (k, expected) in golden["values"].as_object().expect("the script writes a value for each k") {
        let k = k.parse().expect("k is a number");
        let found = trustworthiness_of_rows(rows.view(), points.view(), k).expect("k is in range");
        assert_abs_diff_eq!(found, number(expected), epsilon = 1e-12);
    }
}

#[test]
fn pivot_mds_is_that_of_numpy_but_for_the_signs_of_the_axes() {
    let golden = by_numpy();
    let starts: Vec<usize> = list(&golden["starts"]).iter().map(|start| number(start) as usize).collect();
    let neighbors: Vec<u32> = list(&golden["neighbors"]).iter().map(|node| number(node) as u32).collect();
    let graph = Graph::from_csr(&starts, &neighbors).expect("the script writes a graph");
    for case in list(&golden["pivot_mds"]) {
        let config = PivotMdsConfig { num_pivots: number(&case["num_pivots"]) as usize };
        let rng = &mut ChaCha8Rng::seed_from_u64(0);
        let found = config.place(&graph, rng).expect("the graph can be placed");
        assert_abs_diff_eq!(found.objective, number(&case["stress"]), epsilon = 1e-12);
        let expected = matrix(&case["points"]);
        for axis in 0..2 {
            let (found, expected) = (found.points.column(axis), expected.column(axis));
            let sign = found.dot(&expected).signum();
            for (found, expected) in found.iter().zip(expected) {
                assert_relative_eq!(sign * found, *expected, max_relative = 1e-9, epsilon = 1e-9);
            }
        }
    }
}
