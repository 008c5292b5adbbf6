//! A grid of 12 × 12 nodes, laid out by three methods, with how good each is and a picture of the last:
//! `cargo run --release -p layout --example layout_of_a_grid -- grid.svg`.

use std::error::Error;

use layout::{
    Graph, Layout, PivotMdsConfig, Placement, Stress, TsnetConfig, neighborhood_preservation,
    trustworthiness_of_graph,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use report::{LinkedNode, NodeLink, node_link_plot};

const SIDE: u32 = 12;

fn main() -> Result<(), Box<dyn Error>> {
    // The graph in compressed rows: node i has neighbors[starts[i]..starts[i + 1]].
    let (mut starts, mut neighbors) = (vec![0], Vec::new());
    for node in 0..SIDE * SIDE {
        let (row, column) = (node / SIDE, node % SIDE);
        neighbors.extend((row > 0).then(|| node - SIDE));
        neighbors.extend((column > 0).then(|| node - 1));
        neighbors.extend((column + 1 < SIDE).then(|| node + 1));
        neighbors.extend((row + 1 < SIDE).then(|| node + SIDE));
        starts.push(neighbors.len());
    }
    let graph = Graph::from_csr(&starts, &neighbors)?;

    let layouts: [(&str, Box<dyn Layout<Graph>>); 3] = [
        ("PivotMDS", Box::new(PivotMdsConfig::default())),
        ("tsNET", Box::new(TsnetConfig::default())),
        ("tsNET*", Box::new(TsnetConfig::star())),
    ];
    let mut last = None;
    for (name, layout) in layouts {
        let placement = layout.place(&graph, &mut ChaCha8Rng::seed_from_u64(0))?;
        let points = placement.points.view();
        println!(
            "{name:8}  stress {:.4}  neighborhoods kept {:.3}  trustworthiness {:.4}",
            Stress::of(&graph, points).normalized,
            neighborhood_preservation(&graph, points, 2),
            trustworthiness_of_graph(&graph, points, 10)?
        );
        last = Some(placement);
    }
    if let (Some(path), Some(placement)) = (std::env::args().nth(1), last) {
        std::fs::write(path, picture(&starts, &neighbors, &placement).ok_or("no node has a place")?)?;
    }
    Ok(())
}

fn picture(starts: &[usize], neighbors: &[u32], placement: &Placement) -> Option<String> {
    let nodes = placement.points.rows().into_iter().zip(0..).map(|(point, node)| {
        // A class for each quarter of the grid.
        let quarter = 2 * (node / SIDE / (SIDE / 2)) + node % SIDE / (SIDE / 2);
        LinkedNode { position: [point[0], point[1]], class: Some(quarter) }
    });
    let arcs = (0..SIDE * SIDE).flat_map(|from| {
        neighbors[starts[from as usize]..starts[from as usize + 1]].iter().map(move |&to| [from, to])
    });
    let graph = NodeLink {
        title: "A grid".to_owned(),
        nodes: nodes.collect(),
        edges: arcs.filter(|[from, to]| from < to).collect(),
        classes: ["upper left", "upper right", "lower left", "lower right"].map(str::to_owned).to_vec(),
    };
    node_link_plot(&graph).map(|plot| plot.svg())
}
