//! Time and memory of linear rate reduction on a random graph.
//!
//!     cargo run --release -p g2r-loss --example linear_at_scale -- dense 1000000 10000000 128 64
//!     cargo run --release -p g2r-loss --example linear_at_scale -- structure 1000000 10000000 64
//!
//! Arguments: `dense` NODES EDGES FEATURES D_OUTPUT, or `structure` NODES EDGES D_OUTPUT. Ends are drawn evenly, which is the
//! worst case for the caches: no neighbor is near its neighbor in memory. Nodes have one of ten classes, and most edges stay
//! in a class, so that there is something to find.

use std::time::Instant;

use g2r_loss::linear::prepare::{RowNorm, scale_sparse_rows};
use g2r_loss::linear::{
    CsrMatrix, DenseFeatures, FeatureMatrix, LinearConfig, NormalizedAdjacency, Pairs, PersonalizedPageRank,
    SparseFeatures, Width, adjacency_rows, fit,
};
use ndarray::Array2;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

const NUM_CLASSES: usize = 10;
const SHARE_WITHIN: f64 = 0.8;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let numbers: Vec<usize> = arguments.iter().skip(1).filter_map(|text| text.parse().ok()).collect();
    match (arguments.first().map(String::as_str), numbers.as_slice()) {
        (Some("dense"), &[nodes, edges, features, d_output]) => {
            let adjacency = random_graph(nodes, edges);
            let values = random_features(nodes, features);
            let x = DenseFeatures::from_array(values.view()).expect("finite features");
            time_fit(&x, &adjacency, d_output);
        }
        (Some("structure"), &[nodes, edges, d_output]) => {
            let adjacency = random_graph(nodes, edges);
            let rows = scale_sparse_rows(adjacency_rows(&adjacency), RowNorm::L2);
            let x = SparseFeatures::from_csr(&rows).expect("finite weights");
            time_fit(&x, &adjacency, d_output);
        }
        _ => eprintln!("expected `dense NODES EDGES FEATURES D_OUTPUT` or `structure NODES EDGES D_OUTPUT`"),
    }
}

fn time_fit(x: &dyn FeatureMatrix, adjacency: &CsrMatrix, d_output: usize) {
    println!("prepared: {}", peak_memory());
    let (begin, processor) = (Instant::now(), processor_seconds());
    let normalized = NormalizedAdjacency::from_symmetric(adjacency).expect("weights of 1");
    let propagation = PersonalizedPageRank::new(&normalized, 0.2, 10).expect("a probability");
    let pairs = Pairs::degree_normalized(adjacency).expect("a graph with edges");
    let config = LinearConfig { width: Width::Reduced(d_output), ..LinearConfig::default() };
    let found = fit(x, &propagation, &pairs, &config, &mut ChaCha8Rng::seed_from_u64(1)).expect("a solution");
    let spectrum = found.spectrum.expect("a reduced width");
    println!(
        "fit: {:.1} s, {:.1} processor seconds, {}, {:?}",
        begin.elapsed().as_secs_f64(),
        processor_seconds() - processor,
        peak_memory(),
        found.solver,
    );
    println!(
        "eigenvalues {:.5?}, water level {:.5}",
        &spectrum.eigenvalues[..d_output.min(12)],
        spectrum.water_level
    );
}

fn random_graph(nodes: usize, edges: usize) -> CsrMatrix {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut arcs: Vec<(u32, u32)> = Vec::with_capacity(2 * edges);
    while arcs.len() < 2 * edges {
        let (a, b) = (rng.random_range(0..nodes), rng.random_range(0..nodes));
        let b = if rng.random::<f64>() < SHARE_WITHIN { b - b % NUM_CLASSES + a % NUM_CLASSES } else { b };
        if a != b && b < nodes {
            arcs.extend([(a as u32, b as u32), (b as u32, a as u32)]);
        }
    }
    arcs.par_sort_unstable();
    arcs.dedup();
    let mut row_ptr = vec![0; nodes + 1];
    arcs.iter().for_each(|arc| row_ptr[arc.0 as usize + 1] += 1);
    (0..nodes).for_each(|node| row_ptr[node + 1] += row_ptr[node]);
    let columns: Vec<u32> = arcs.into_iter().map(|arc| arc.1).collect();
    let weights = vec![1.0; columns.len()];
    CsrMatrix::new((nodes, nodes), row_ptr, columns, weights)
}

/// Noise, and a bump in the columns of the node's class.
fn random_features(nodes: usize, features: usize) -> Array2<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    Array2::from_shape_fn((nodes, features), |(node, feature)| {
        noise(&mut rng) + f32::from(u8::from(feature % NUM_CLASSES == node % NUM_CLASSES))
    })
}

fn noise(rng: &mut impl Rng) -> f32 {
    4.0 * rng.random::<f32>() - 2.0
}

fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or(" unknown");
    format!("peak memory{}", peak.replace('\t', " "))
}

/// Time on all cores together, from the process's own account in hundredths of a second.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
