//! An embedding pipeline: load a graph, embed its nodes without labels, find clusters and the nodes most like a node.
//!
//! ```sh
//! cargo run --release --example embed_and_cluster
//! ```

use anyhow::Context;
use g2r::burn::tensor::Device;
use g2r::embedders::seeds::{Stream, generator};
use g2r::embedders::{EncoderKind, Method, OwnRule, Task};
use g2r::evaluation::{ClusteringScores, KMeansConfig, Rows, SimilaritySearch};
use g2r::graph::Features;

/// Runs the example.
pub fn main() -> anyhow::Result<()> {
    let dataset = g2r::graph::load("karate", None)?;

    // Any method of `METHODS`, by its name, with the recipe for this data set.
    let method = Method::named("g2r").context("a method that there is")?;
    let mut settings = method.recipe(dataset.name(), EncoderKind::Gcn);
    settings
        .extend("d_hidden = [32]\nd_output = 16\nepochs = 60\nlearning_rate = 0.01".parse::<toml::Table>()?);
    let embedder = method.init(&settings, &dataset, &Device::flex())?;
    let embedded = embedder.embed(&Task { seed: 0, labels: None }, &mut OwnRule)?;
    let Features::Dense(embedding) = &embedded.rows else { anyhow::bail!("an encoder gives dense rows") };
    let rows = Rows::dense(embedding.view()).scaled_to_unit_length();
    println!("{} nodes, {} numbers each, after {} epochs", rows.num_rows(), rows.d_input(), embedded.epoch);

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
    anyhow::ensure!(accuracy > 0.6, "the clusters have to do with the factions");
    Ok(())
}
