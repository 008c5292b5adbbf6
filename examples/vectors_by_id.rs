//! From an edge list with features to a vector for each id, without labels.
//!
//! ```sh
//! cargo run --release --example vectors_by_id
//! ```

use g2r::embedders::Registry;

/// Runs the example.
pub fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("edges.csv"), "source,target\nana,ben\nben,cem\ncem,ana\ncem,dora\n")?;
    std::fs::write(
        folder.path().join("nodes.csv"),
        "id,age,height\nana,31,1.7\nben,35,1.8\ncem,29,1.6\ndora,62,1.7\n",
    )?;
    let path = folder.path().to_string_lossy();

    let graph = g2r::graph::load(&path, None)?;
    let model = Registry::builtin().method("g2r")?.fit(&graph, 0)?.model;
    let embedding = model.embed(&graph)?;
    let vectors = embedding.by_id();
    println!("ana: {:?}", vectors["ana"]);
    println!("features {}", model.preparation());

    anyhow::ensure!(vectors.len() == 4 && vectors["dora"] != vectors["ana"]);
    Ok(())
}
