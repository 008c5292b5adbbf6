//! An embedding pipeline: load a graph, embed its nodes without labels, find clusters and the nodes most like a node.
//!
//! ```sh
//! cargo run --release --example embed_and_cluster
//! ```

use anyhow::Context;
use g2r::embedders::seeds::{Stream, generator};
use g2r::embedders::{Registry, Target};
use g2r::evaluation::{ClusteringScores, KMeansConfig, Rows, SimilaritySearch};

/// Runs the example.
pub fn main() -> anyhow::Result<()> {
    let dataset = g2r::graph::load("karate", None)?;

    // Any method of the registry by its name, with the preset for this graph and these settings over it.
    // They were chosen by the factions themselves: the accuracy below shows how it is done and measures nothing.
    let settings = "
        d_output = 16
        epochs = 60
        eps_sq = 0.2
        encoder = { d_hidden = [32], row_norm = 'none' }
        optimizer.learning_rate = 0.01";
    let settings = Registry::builtin().method("g2r")?.settings(&Target::of(&dataset), settings.parse()?)?;
    let fitted = settings.fit(&dataset, 0)?;
    let embedding = fitted.model.embed(&dataset)?;
    let rows = Rows::dense(embedding.rows().view()).scaled_to_unit_length();
    println!("{} nodes, {} numbers each, after {} epochs", rows.num_rows(), rows.d_input(), fitted.epoch);

    let clusters = KMeansConfig::new(2).fit(&rows, &mut generator(0, Stream::Evaluation))?.clusters;
    let labels = dataset.labels().context("the club split in two")?;
    let truth: Vec<usize> =
        labels.classes().iter().map(|class| class.map_or(0, |class| class as usize)).collect();
    let ClusteringScores { accuracy, nmi, ari } = ClusteringScores::new(&truth, &clusters);
    println!("two clusters beside the two factions: accuracy {accuracy:.2}, NMI {nmi:.2}, ARI {ari:.2}");

    println!("most like node {}:", dataset.node_ids().get(0));
    for neighbor in SimilaritySearch::from_rows(&rows)?.nearest(0, 3)? {
        println!("  node {}, cosine {:.2}", dataset.node_ids().get(neighbor.node as u32), neighbor.cosine);
    }
    anyhow::ensure!(accuracy > 0.85, "the clusters have to do with the factions");
    Ok(())
}
