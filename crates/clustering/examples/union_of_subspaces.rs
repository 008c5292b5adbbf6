//! Rows of a few subspaces through the origin: k-means and a graph of nearest rows miss them, methods that write rows by one another
//! find them.
//!
//! ```sh
//! cargo run --release -p clustering --example union_of_subspaces
//! ```

use std::error::Error;
use std::time::Instant;

use clustering::{ClusteringMethod, Groups, Method, Rate};
use evaluation::ClusteringScores;
use ndarray::{Array2, Array3};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const ROWS: usize = 1000;
const WIDTH: usize = 30;
const SUBSPACES: usize = 5;
const DIMENSION: usize = 4;
const NOISE: f32 = 0.1;

/// A number that is about normal.
fn normal(rng: &mut impl Rng) -> f32 {
    (0..12).map(|_| rng.random::<f32>() - 0.5).sum()
}

fn union_of_subspaces(rng: &mut impl Rng) -> (Array2<f32>, Vec<usize>) {
    let bases = Array3::from_shape_simple_fn((SUBSPACES, DIMENSION, WIDTH), || normal(rng));
    let subspaces: Vec<usize> = (0..ROWS).map(|row| row % SUBSPACES).collect();
    let mut rows = Array2::from_shape_simple_fn((ROWS, WIDTH), || NOISE * normal(rng));
    for (mut row, &subspace) in rows.rows_mut().into_iter().zip(&subspaces) {
        for direction in bases.index_axis(ndarray::Axis(0), subspace).rows() {
            row.scaled_add(normal(rng), &direction);
        }
    }
    (rows, subspaces)
}

fn main() -> Result<(), Box<dyn Error>> {
    let (rows, subspaces) = union_of_subspaces(&mut ChaCha8Rng::seed_from_u64(0));
    let mut methods: Vec<Method> =
        Method::NAMES.iter().map(|name| Method::named(name)).collect::<Result<_, _>>()?;
    // By default `rate` looks for groups about centers.
    methods.push(Method::Rate(Rate { groups: Groups::Linear, ..Rate::default() }));
    println!("{ROWS} rows of {SUBSPACES} subspaces of dimension {DIMENSION} in {WIDTH} columns");
    for method in methods {
        let start = Instant::now();
        let found = method.cluster(rows.view(), SUBSPACES, 0)?;
        let scores = ClusteringScores::new(&subspaces, &found.clusters);
        print!("{:8}  accuracy {:.3}  NMI {:.3}", method.name(), scores.accuracy, scores.nmi);
        if let Some(affinity) = &found.affinity {
            let inside: f32 = affinity
                .iter()
                .filter(|(_, (i, j))| subspaces[*i as usize] == subspaces[*j as usize])
                .map(|(value, _)| value)
                .sum();
            print!("  affinity inside subspaces {:.2}", inside / affinity.data().iter().sum::<f32>());
        }
        if let Some(rates) = found.rates {
            print!("  rate reduction {:.2} nats", rates.expansion - rates.compression);
        }
        println!("  {:.2} s", start.elapsed().as_secs_f64());
    }
    Ok(())
}
