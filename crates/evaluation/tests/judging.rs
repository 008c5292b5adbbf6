//! Judging without a probe against SciPy and scikit-learn, on the golden numbers that
//! `tests/scripts/judging_golden.py` writes.

use approx::assert_relative_eq;
use evaluation::{
    ClassSubspaces, ClusteringScores, CosineMap, KMeansConfig, LinkScores, PairedTest, Rows, Spectrum,
};
use ndarray::Array2;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

/// The script's `Draws`: fractions k / 2²⁰ in [0, 1).
struct Draws {
    state: u64,
}

impl Draws {
    fn of(case: &Value) -> Self {
        Self { state: case["seed"].as_u64().expect("each case has a seed") }
    }

    fn draw(&mut self) -> f64 {
        self.state = self.state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.state >> 44) as f64 / 2f64.powi(20)
    }

    fn list(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| self.draw()).collect()
    }
}

fn cases(name: &str) -> Vec<Value> {
    let golden: Value =
        serde_json::from_str(include_str!("golden/judging.json")).expect("the script writes an object");
    let cases = golden[name].as_array().expect("of lists").clone();
    assert!(!cases.is_empty());
    cases
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn count(value: &Value) -> usize {
    value.as_u64().expect("a count") as usize
}

/// The script's `points`: noise with a bump in the columns of the row's class.
fn points(case: &Value) -> (Array2<f32>, Vec<usize>) {
    let (rows, columns, classes) = (count(&case["rows"]), count(&case["columns"]), count(&case["classes"]));
    let (mut draws, bump) = (Draws::of(case), number(&case["bump"]));
    let (mut x, mut labels) = (Array2::zeros((rows, columns)), Vec::new());
    for mut row in x.rows_mut() {
        let label = (draws.draw() * classes as f64) as usize;
        labels.push(label);
        for (column, place) in row.iter_mut().enumerate() {
            let bump = if column % classes == label { bump } else { 0.0 };
            *place = (2.0 * draws.draw() - 1.0 + bump) as f32;
        }
    }
    (x, labels)
}

#[test]
fn paired_tests_are_those_of_scipy() {
    for case in cases("paired") {
        let (mut draws, pairs) = (Draws::of(&case), count(&case["pairs"]));
        let first: Vec<f64> = draws.list(pairs).iter().map(|draw| draw + number(&case["shift"])).collect();
        let test = PairedTest::of(&first, &draws.list(pairs)).unwrap();
        for (ours, name) in [
            (test.mean, "mean"),
            (test.std, "std"),
            (test.t, "t"),
            (test.p_of_t, "p_of_t"),
            (test.p_of_sign_flips.unwrap(), "p_of_sign_flips"),
        ] {
            assert_relative_eq!(ours, number(&case[name]), max_relative = 1e-11);
        }
    }
}

#[test]
fn scores_of_clusters_are_those_of_scikit_learn() {
    for case in cases("clustering") {
        let [classes, clusters] = ["classes", "clusters"].map(|name| count(&case[name]));
        let mut draws = Draws::of(&case);
        let (mut truth, mut found) = (Vec::new(), Vec::new());
        for _ in 0..count(&case["nodes"]) {
            let [label, same, other] = [(); 3].map(|()| draws.draw());
            let class = (label * classes as f64) as usize;
            let drawn = (other * clusters as f64) as usize;
            truth.push(class);
            found.push(if same < number(&case["agree"]) { class % clusters } else { drawn });
        }
        let scores = ClusteringScores::new(&truth, &found);
        assert_relative_eq!(scores.accuracy, number(&case["accuracy"]), max_relative = 1e-12);
        assert_relative_eq!(scores.nmi, number(&case["nmi"]), max_relative = 1e-11);
        assert_relative_eq!(scores.ari, number(&case["ari"]), max_relative = 1e-11);
    }
}

#[test]
fn the_best_of_many_runs_of_k_means_is_that_of_scikit_learn() {
    for case in cases("kmeans") {
        let (x, _) = points(&case);
        let rows = Rows::dense(x.view());
        let rows = if case["unit_length"] == true { rows.scaled_to_unit_length() } else { rows };
        let config = KMeansConfig {
            num_runs: 200,
            max_iter: 1000,
            tol: 0.0,
            ..KMeansConfig::new(count(&case["clusters"]))
        };
        let found = config.fit(&rows, &mut ChaCha8Rng::seed_from_u64(0)).unwrap();
        assert_relative_eq!(found.inertia, number(&case["inertia"]), max_relative = 1e-11);
        let mut sizes = vec![0; count(&case["clusters"])];
        found.clusters.iter().for_each(|&cluster| sizes[cluster] += 1);
        sizes.sort_unstable();
        assert_eq!(sizes, case["sizes"].as_array().unwrap().iter().map(count).collect::<Vec<_>>());
    }
}

fn numbers(values: &Value) -> Vec<f64> {
    values.as_array().expect("a list").iter().map(number).collect()
}

#[test]
fn ranks_of_scores_are_those_of_scikit_learn() {
    for case in cases("ranking") {
        let (mut draws, steps) = (Draws::of(&case), number(&case["steps"]));
        let mut scores = |name: &str, shift: f64| -> Vec<f64> {
            let draws = draws.list(count(&case[name]));
            draws.iter().map(|draw| ((draw + shift) * steps).floor() / steps).collect()
        };
        let edges = scores("positive", number(&case["shift"]));
        let found = LinkScores::of(&edges, &scores("negative", 0.0)).unwrap();
        assert_relative_eq!(found.auc, number(&case["auc"]), max_relative = 1e-12);
        assert_relative_eq!(
            found.average_precision,
            number(&case["average_precision"]),
            max_relative = 1e-12
        );
    }
}

#[test]
fn spectra_angles_and_cosines_are_those_of_numpy_and_scipy() {
    for case in cases("spectrum") {
        let (x, labels) = points(&case);
        let rows = Rows::dense(x.view());
        let spectrum = Spectrum::of(&rows).unwrap();
        let golden = numbers(&case["singular_values"]);
        assert_eq!(spectrum.singular_values.len(), golden.len());
        for (ours, golden) in spectrum.singular_values.iter().zip(&golden) {
            assert_relative_eq!(ours, golden, epsilon = 1e-6);
        }
        assert_relative_eq!(spectrum.effective_rank(), number(&case["effective_rank"]), max_relative = 1e-7);

        let subspaces = ClassSubspaces::of(&rows, &labels, number(&case["energy"])).unwrap();
        let dimensions: Vec<f64> = subspaces.dimensions().iter().map(|&count| count as f64).collect();
        assert_eq!(dimensions, numbers(&case["dimensions"]));
        let pairs = (0..dimensions.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
        for ((a, b), golden) in pairs.zip(case["angles"].as_array().unwrap()) {
            let angles = subspaces.principal_angles(a, b).unwrap();
            assert_eq!(angles.len(), numbers(golden).len());
            for (ours, golden) in angles.iter().zip(numbers(golden)) {
                assert_relative_eq!(*ours, golden, epsilon = 1e-6);
            }
        }

        let map = CosineMap::of(&rows, &labels, 10).unwrap();
        for (ours, golden) in map.class_means.iter().zip(numbers(&case["mean_cosines"])) {
            assert_relative_eq!(*ours, golden, max_relative = 1e-6);
        }
    }
}
