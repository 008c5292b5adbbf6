//! Linear rate reduction in closed form, and the search for neighbors by features.
//!
//! ```text
//! cargo bench --workspace --bench linear
//! ```
//!
//! What the dense form cannot do without: the lower half of Xᵀ L X and of Zᵀ Z, n F² operations each, and the products with the
//! factor of S_w, n F² too. The matrix-free form reads the arcs with a block of columns in each of its products. The exact search
//! computes n² cosines.

mod measure;

use criterion::{Criterion, criterion_group, criterion_main};
use g2r_loss::linear::neighbors::{CosineNeighbors, ExactCosine, InvertedFile};
use g2r_loss::linear::prepare::{RowNorm, scale_dense_rows, scale_sparse_rows};
use g2r_loss::linear::{
    CsrMatrix, DenseFeatures, FeatureMatrix, LinearConfig, NormalizedAdjacency, Pairs, PersonalizedPageRank,
    Solver, SparseFeatures, Width, adjacency_rows, fit,
};
use graph_io::synthetic::{BarabasiAlbertConfig, barabasi_albert};
use graph_io::{CleaningPolicy, Features};
use measure::{Machine, Work, operator};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn linear(c: &mut Criterion) {
    let machine = Machine::measure();
    let cora = graph_io::load("cora", None).expect("Cora is embedded");
    let Features::Sparse(words) = cora.features().clone() else { unreachable!("Cora has words") };
    let words = scale_sparse_rows(words, RowNorm::L2);
    let x = SparseFeatures::from_csr(&words).expect("finite features");
    let dense = |nodes: f64, features: f64| Work::Flops(3.0 * nodes * features * features);
    let fit_of = |x: &dyn FeatureMatrix, adjacency: &CsrMatrix, width, solver| {
        let normalized = NormalizedAdjacency::from_symmetric(adjacency).expect("weights of 1");
        let propagation = PersonalizedPageRank::new(&normalized, 0.2, 10).expect("a probability");
        let pairs = Pairs::degree_normalized(adjacency).expect("a graph with edges");
        let config = LinearConfig { width, solver, ..LinearConfig::default() };
        fit(x, &propagation, &pairs, &config, &mut ChaCha8Rng::seed_from_u64(1)).expect("a solution");
    };
    let adjacency = cora.graph().adjacency();
    operator(c, &machine, "closed form, Cora, d 128, dense", dense(2708.0, 1433.0), || {
        fit_of(&x, adjacency, Width::Reduced(128), Solver::Dense);
    });
    operator(c, &machine, "closed form, Cora, d 128, matrix-free", dense(2708.0, 1433.0), || {
        fit_of(&x, adjacency, Width::Reduced(128), Solver::MatrixFree);
    });
    operator(c, &machine, "closed form, Cora, full width", dense(2708.0, 1433.0), || {
        fit_of(&x, adjacency, Width::Full, Solver::Dense);
    });
    let rows = scale_sparse_rows(adjacency_rows(adjacency), RowNorm::L2);
    let structure = SparseFeatures::from_csr(&rows).expect("finite weights");
    // Twenty-two products with S and X for each column of a basis of 3 d + 200: each reads a number a node and writes one.
    let products = Work::Bytes(22.0 * 584.0 * 2.0 * 4.0 * 2708.0);
    operator(c, &machine, "closed form, Cora's structure alone, d 128", products, || {
        fit_of(&structure, adjacency, Width::Reduced(128), Solver::Auto);
    });

    let (nodes, features) = (100_000, 128);
    let config = BarabasiAlbertConfig { num_nodes: nodes, edges_per_node: 10 };
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let source = barabasi_albert(&config, &mut rng).expect("settings in their range");
    let graph = source.clean(&CleaningPolicy::default()).expect("a graph without faults").into_parts().graph;
    let values = Array2::from_shape_simple_fn((nodes, features), || rng.random::<f32>() - 0.5);
    let x = DenseFeatures::from_array(values.view()).expect("finite features");
    operator(
        c,
        &machine,
        "closed form, 10⁵ nodes, 10⁶ edges, 128 features, d 64",
        dense(1e5, 128.0),
        || {
            fit_of(&x, graph.adjacency(), Width::Reduced(64), Solver::Auto);
        },
    );

    let rows = Array2::from_shape_fn((nodes, 12), |(row, column)| {
        ((row % 1000) as f32 * 0.37 + column as f32 * 1.7).sin() + values[[row, column]]
    });
    let rows = scale_dense_rows(rows, RowNorm::L2);
    let cosines = Work::Flops(2.0 * 1e10 * 12.0);
    operator(c, &machine, "5 nearest of 10⁵ rows of 12, exact", cosines, || {
        ExactCosine.nearest(rows.view(), 5);
    });
    operator(c, &machine, "5 nearest of 10⁵ rows of 12, inverted file", cosines, || {
        InvertedFile::default().nearest(rows.view(), 5);
    });
}

criterion_group!(benches, linear);
criterion_main!(benches);
