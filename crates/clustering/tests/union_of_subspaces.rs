//! Every method on rows of a union of subspaces, where those that write rows by one another must win.

use clustering::{Clustering, ClusteringMethod, Groups, Method, Rate};
use evaluation::ClusteringScores;
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SUBSPACES: usize = 5;

/// Rows of subspaces of dimension 4 in 10 columns, with noise.
fn union_of_subspaces(n: usize) -> (Array2<f32>, Vec<usize>) {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let bases = Array2::from_shape_simple_fn((SUBSPACES * 4, 10), || rng.random::<f32>() - 0.5);
    let subspaces: Vec<usize> = (0..n).map(|row| row % SUBSPACES).collect();
    let mut rows = Array2::from_shape_simple_fn((n, 10), || 0.002 * (rng.random::<f32>() - 0.5));
    for (mut row, &subspace) in rows.rows_mut().into_iter().zip(&subspaces) {
        for direction in 0..4 {
            row.scaled_add(rng.random::<f32>() - 0.5, &bases.row(subspace * 4 + direction));
        }
    }
    (rows, subspaces)
}

fn accuracy(method: &Method, rows: &Array2<f32>, subspaces: &[usize]) -> f64 {
    let found = method.cluster(rows.view(), SUBSPACES, 0).expect("settings and rows are good");
    ClusteringScores::new(subspaces, &found.clusters).accuracy
}

#[test]
fn methods_that_write_rows_by_one_another_win_over_k_means_and_nearest_rows() {
    let (rows, subspaces) = union_of_subspaces(400);
    let of = |name: &str| accuracy(&Method::named(name).unwrap(), &rows, &subspaces);
    let simple = of("kmeans").max(of("spectral"));
    for name in ["lsr", "ssc", "ensc", "ssc-omp"] {
        assert!(of(name) > 0.95 && of(name) > simple + 0.1, "{name}: {}, simple: {simple}", of(name));
    }
    let linear = Method::Rate(Rate { groups: Groups::Linear, ..Rate::default() });
    assert!(accuracy(&linear, &rows, &subspaces) > simple + 0.1);
}

#[test]
fn the_bits_of_every_method_do_not_depend_on_the_number_of_threads() {
    let (rows, _) = union_of_subspaces(700);
    for name in Method::NAMES {
        let on = |threads: usize| -> Clustering {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Method::named(name).unwrap().cluster(rows.view(), SUBSPACES, 5).unwrap())
        };
        assert_eq!(on(1), on(3), "{name}");
    }
}

#[test]
fn rows_that_come_twice_and_rows_apart_from_all_others_have_a_cluster() {
    let (mut rows, subspaces) = union_of_subspaces(200);
    let first = rows.row(0).to_owned();
    (1..3).for_each(|row| rows.row_mut(row * SUBSPACES).assign(&first));
    // A row in columns of its own.
    let mut wide = Array2::zeros((200, 11));
    wide.slice_mut(ndarray::s![.., ..10]).assign(&rows);
    wide.row_mut(199).fill(0.0);
    wide[[199, 10]] = 3.0;
    for name in Method::NAMES {
        let found = Method::named(name).unwrap().cluster(wide.view(), SUBSPACES, 0).unwrap();
        assert_eq!((found.clusters.len(), found.num_unfinished), (200, 0), "{name}");
        assert!(found.clusters.iter().all(|cluster| *cluster < SUBSPACES));
        if name == "ssc-omp" || name == "ensc" {
            assert_eq!(found.graph.unwrap().num_isolated, 1, "{name}");
            assert!(ClusteringScores::new(&subspaces, &found.clusters).accuracy > 0.9, "{name}");
        }
    }
}
