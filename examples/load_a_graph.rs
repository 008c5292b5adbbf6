//! Load a graph and look at it: counts, a node, its neighbors, and what an error says.
//!
//! ```sh
//! cargo run --release --example load_a_graph
//! ```

use g2r::graph::{self, GraphSummary};

/// Runs the example.
pub fn main() -> anyhow::Result<()> {
    // "cora" is embedded in the library. A path works as well: a folder with NAME.content and NAME.cites, or with
    // ind.NAME.* files. The second argument is a folder of raw files, for data sets that are not embedded.
    let cora = graph::load("cora", None)?;
    println!("{}", GraphSummary::of(&cora));

    // Nodes are numbered from 0; their ids are what the source calls them. Here a node is a paper.
    let graph = cora.graph();
    let labels = cora.labels().expect("Cora has labels");
    let class_of =
        |node: u32| labels.class(node).map_or("none", |class| &labels.class_names()[class as usize]);
    let most_linked =
        (0..graph.num_nodes() as u32).max_by_key(|&node| graph.degree(node)).expect("Cora has nodes");
    let neighbors = graph.neighbors(most_linked);
    println!(
        "paper {} ({}) has the most neighbors: {}",
        cora.node_ids().get(most_linked),
        class_of(most_linked),
        neighbors.len()
    );

    // Edges mostly join papers of one class. That is why neighborhoods are worth learning from.
    let same = neighbors.iter().filter(|&&node| class_of(node) == class_of(most_linked)).count();
    println!("{same} of them are of its own class, such as");
    for &node in neighbors.iter().filter(|&&node| class_of(node) == class_of(most_linked)).take(3) {
        println!("  paper {:>7}, {}", cora.node_ids().get(node), class_of(node));
    }

    // What cannot be read is refused, with the reason.
    let error = graph::load("coro", None).expect_err("there is no such data set");
    println!("\nasked for \"coro\": {error}");
    Ok(())
}
