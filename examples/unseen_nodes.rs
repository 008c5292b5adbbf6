//! Embed nodes that training never saw, with a model from disk.
//!
//! ```sh
//! cargo run --release --example unseen_nodes
//! ```

use g2r::embedders::{Model, Registry};

/// Runs the example.
pub fn main() -> anyhow::Result<()> {
    let cora = g2r::graph::load("cora", None)?;
    // Every fifth paper is hidden while the model is trained: the node and all its edges.
    let seen: Vec<u32> = (0..2708).filter(|node| node % 5 != 0).collect();
    let training = cora.subgraph(&seen)?;

    let folder = tempfile::tempdir()?;
    Registry::builtin().method("cca-ssg")?.fit(&training, 0)?.model.save(folder.path())?;

    let model = Model::load(folder.path())?;
    let embedding = model.embed(&cora)?;
    let hidden = embedding.by_id()[&*cora.node_ids().get(0)];
    println!("paper 0, which training never saw: {} numbers, the first {:.3}", hidden.len(), hidden[0]);

    anyhow::ensure!(embedding.ids() == cora.node_ids() && hidden.iter().any(|value| *value != 0.0));
    Ok(())
}
