//! Your own graph: built in code or read from a folder, then embedded without labels, each row beside its id.
//!
//! ```sh
//! cargo run --release --example your_own_dataset
//! ```

use g2r::embedders::{EncoderSettings, G2r, Settings};
use g2r::gnn::encoder::RowNorm;
use g2r::graph::{self, EdgePolicy, Features, Graph, NodeDataset, NodeDatasetParts, NodeIds};
use g2r::loss::Sampling;
use g2r::ndarray::{Array2, array};

/// A small graph needs small widths, and can take every group in every step. Without labels the last epoch is kept.
fn embed(dataset: &NodeDataset) -> anyhow::Result<Array2<f32>> {
    let encoder = EncoderSettings { row_norm: RowNorm::L1, ..EncoderSettings::with_hidden(&[16]) };
    let g2r = G2r { d_output: 4, sampling: Sampling::All, epochs: 30, encoder, ..G2r::default() };
    let model = Settings::new(g2r)?.fit(dataset, 0)?.model;
    Ok(model.embed(dataset)?.rows().clone())
}

/// Runs the example.
pub fn main() -> anyhow::Result<()> {
    // In code: two circles of friends that know each other through Cem and Dora. Edges are pairs of row numbers.
    let edges = [(0, 1), (0, 2), (1, 2), (2, 3), (3, 4), (3, 5), (4, 5)];
    let (graph, _) = Graph::from_edges(6, &edges, EdgePolicy::default())?;
    // One row a node: plays chess, plays football.
    let plays = array![[1., 0.], [1., 0.], [1., 1.], [0., 1.], [0., 1.], [0., 1.]];
    let friends = NodeDataset::from_parts(NodeDatasetParts {
        node_ids: NodeIds::from_names(["Ana", "Ben", "Cem", "Dora", "Eli", "Fay"]),
        ..NodeDatasetParts::new(graph, Features::from_dense(plays)?)
    })?;
    let z = embed(&friends)?;
    let cosine = |a: usize, b: usize| {
        let (a, b) = (z.row(a), z.row(b));
        a.dot(&b) / (a.dot(&a) * b.dot(&b)).sqrt()
    };
    println!("cosine of Ana's embedding with that of:");
    (1..6).for_each(|node| println!("  {:5} {:6.3}", friends.node_ids().get(node), cosine(0, node as usize)));

    // From files, in the format of the LINQS citation data sets: a line a node with its id, features and class, and a
    // line an edge with two ids, between tabs. `g2r train FOLDER` reads the same.
    let folder = tempfile::tempdir()?;
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text);
    write("trips.content", "oslo\t1\t0\tnorth\nbergen\t1\t0\tnorth\nrome\t0\t1\tsouth\n")?;
    write("trips.cites", "oslo\tbergen\nbergen\trome\n")?;
    let trips = graph::load(&folder.path().to_string_lossy(), None)?;
    let z = embed(&trips)?;

    // Row i belongs to node i: write its id beside it.
    let path = folder.path().join("embedding.csv");
    let mut file = csv::Writer::from_path(&path)?;
    for (id, row) in trips.node_ids().iter().zip(z.rows()) {
        file.write_record(
            [id.into_owned()].into_iter().chain(row.iter().map(|value| format!("{value:.4}"))),
        )?;
    }
    file.flush()?;
    println!(
        "\nembedding.csv of the graph in the folder, an id and four numbers a line:\n{}",
        std::fs::read_to_string(path)?
    );
    Ok(())
}
