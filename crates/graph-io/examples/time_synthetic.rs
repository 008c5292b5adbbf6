//! Times the drawing of synthetic graphs of about ten million edges, and the making of data sets of them.
//!
//! `cargo run --release -p graph-io --example time_synthetic`

use std::time::Instant;

use anyhow::Result;
use graph_io::synthetic::{
    BarabasiAlbertConfig, BlockFeatures, BlockModelConfig, Border, GridConfig, Quadrants, RmatConfig,
    barabasi_albert, grid, rmat, stochastic_block_model,
};
use graph_io::{CleaningPolicy, EdgeFractions, EdgeSplit, HeldOut, MissingFeatures, RawDataset, SplitSizes};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn main() -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let blocks = BlockModelConfig {
        block_sizes: vec![100_000; 10],
        edge_prob_within: 1.6e-4,
        edge_prob_between: 4.4e-6,
        features: BlockFeatures::Gaussian { d_input: 8, separation: 2.0 },
        split: SplitSizes { train_per_class: 20, val: 500, test: 1000 },
    };
    let start = Instant::now();
    let drawn = stochastic_block_model(&blocks, &mut rng)?;
    println!(
        "block model: {} edges, data set in {:.2} s",
        drawn.graph().num_edges(),
        start.elapsed().as_secs_f64()
    );
    drop(drawn);

    report("preferential attachment", || {
        barabasi_albert(&BarabasiAlbertConfig { num_nodes: 1_000_010, edges_per_node: 10 }, &mut rng)
    })?;
    report("r-mat", || {
        rmat(&RmatConfig { scale: 20, num_edges: 10_000_000, quadrants: Quadrants::GRAPH500 }, &mut rng)
    })?;
    report("grid", || grid(&GridConfig { rows: 2000, columns: 2500, border: Border::Torus }))?;
    Ok(())
}

fn report(what: &str, draw: impl FnOnce() -> Result<RawDataset, graph_io::Error>) -> Result<()> {
    let start = Instant::now();
    let source = draw()?;
    let drawing = start.elapsed().as_secs_f64();
    let num_arcs = source.arcs.len();
    let policy = CleaningPolicy { missing_features: MissingFeatures::Degree, ..CleaningPolicy::default() };
    let start = Instant::now();
    let dataset = source.clean(&policy)?;
    let cleaning = start.elapsed().as_secs_f64();
    let fractions = EdgeFractions { held_out: HeldOut::KeepConnected, ..EdgeFractions::default() };
    let start = Instant::now();
    EdgeSplit::random(dataset.graph(), fractions, &mut ChaCha8Rng::seed_from_u64(1))?;
    let splitting = start.elapsed().as_secs_f64();
    let num_edges = dataset.graph().num_edges();
    println!(
        "{what}: {num_arcs} arcs drawn in {drawing:.2} s, {num_edges} edges cleaned in {cleaning:.2} s, \
         split in {splitting:.2} s"
    );
    Ok(())
}
