//! The quality of the layouts of a graph, with processor time, and a picture of each:
//! `cargo run --release -p layout --example layout_quality -- EDGES.tsv FOLDER [METHOD …]`.
//!
//! A line of EDGES is the ids of an edge's ends, one of FOLDER/classes.tsv (if it is there) a node's id and its class. Methods are all
//! but where they are named. `tsne` maps the rows of Â = D̃^-½(A+I)D̃^-½.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

use evaluation::Rows;
use layout::{
    Forces, Graph, Layout, PivotMdsConfig, Placement, Stress, TsneConfig, TsnetConfig,
    neighborhood_preservation, trustworthiness_of_graph,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use report::{LinkedNode, NodeLink, node_link_plot};
use sprs::{CsMatI, TriMatI};

const METHODS: [&str; 6] = ["pivot-mds", "tsnet", "tsnet-exact", "tsnet-star", "tsnet-star-exact", "tsne"];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [edges, folder, methods @ ..] = arguments.as_slice() else {
        return Err("expected EDGES.tsv FOLDER [METHOD …]".into());
    };
    let (ids, edges) = read_edges(Path::new(edges))?;
    let (starts, neighbors) = compressed_rows(ids.len(), &edges);
    let graph = Graph::from_csr(&starts, &neighbors)?;
    let classes = read_classes(&Path::new(folder).join("classes.tsv"), &ids);
    println!("method              stress  kept   trust   wall s  CPU s");
    for method in METHODS.iter().filter(|name| methods.is_empty() || methods.iter().any(|own| own == *name)) {
        let (start, cpu) = (Instant::now(), cpu_seconds());
        let placement = match place(method, &graph, ids.len(), &edges) {
            Ok(placement) => placement,
            Err(error) => {
                println!("{method:18}  {error}");
                continue;
            }
        };
        let (wall, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu);
        let points = placement.points.view();
        println!(
            "{method:18}  {:.4}  {:.3}  {:.4}  {wall:6.1}  {cpu:6.1}",
            Stress::of(&graph, points).normalized,
            neighborhood_preservation(&graph, points, 2),
            trustworthiness_of_graph(&graph, points, 10)?
        );
        draw(&Path::new(folder).join(method), &placement, &edges, &classes)?;
    }
    Ok(())
}

fn place(method: &str, graph: &Graph, n: usize, edges: &[[u32; 2]]) -> Result<Placement, layout::Error> {
    let rng = &mut ChaCha8Rng::seed_from_u64(0);
    let most = (n as f64 - 1.0) / 3.0;
    let config = if method.starts_with("tsnet-star") { TsnetConfig::star() } else { TsnetConfig::default() };
    let forces = if method.ends_with("exact") { Forces::Exact } else { Forces::Auto };
    match method {
        "pivot-mds" => PivotMdsConfig::default().place(graph, rng),
        "tsne" => {
            let rows = normalized_adjacency(n, edges);
            let config = TsneConfig::default();
            TsneConfig { perplexity: config.perplexity.min(most), ..config }
                .place(&Rows::sparse(rows.view()), rng)
        }
        _ => TsnetConfig { forces, perplexity: config.perplexity.min(most), ..config }.place(graph, rng),
    }
}

type Edges = (HashMap<String, u32>, Vec<[u32; 2]>);

fn read_edges(path: &Path) -> Result<Edges, Box<dyn Error>> {
    let (mut ids, mut edges) = (HashMap::new(), Vec::new());
    for line in fs::read_to_string(path)?.lines().filter(|line| !line.starts_with('#')) {
        let mut number = |id: &str| {
            let next = ids.len() as u32;
            *ids.entry(id.to_owned()).or_insert(next)
        };
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [from, to, ..] => edges.push([number(from), number(to)]),
            [alone] => _ = number(alone),
            [] => {}
        }
    }
    Ok((ids, edges))
}

/// The classes of nodes, and their names in order.
fn read_classes(path: &Path, ids: &HashMap<String, u32>) -> (HashMap<u32, u32>, Vec<String>) {
    let text = fs::read_to_string(path).unwrap_or_default();
    let entry = |line: &str| {
        let (id, class) = line.split_once('\t')?;
        Some((*ids.get(id)?, class.trim().to_owned()))
    };
    let of_nodes: Vec<(u32, String)> = text.lines().filter_map(entry).collect();
    let mut names: Vec<String> = of_nodes.iter().map(|(_, class)| class.clone()).collect();
    names.sort();
    names.dedup();
    let number = |class: &String| names.binary_search(class).expect("each class is among the names") as u32;
    (of_nodes.iter().map(|(node, class)| (*node, number(class))).collect(), names)
}

fn compressed_rows(n: usize, edges: &[[u32; 2]]) -> (Vec<usize>, Vec<u32>) {
    let mut rows = vec![Vec::new(); n];
    for &[from, to] in edges {
        rows[from as usize].push(to);
        rows[to as usize].push(from);
    }
    let mut starts = vec![0];
    for row in &rows {
        starts.push(starts[starts.len() - 1] + row.len());
    }
    (starts, rows.concat())
}

fn normalized_adjacency(n: usize, edges: &[[u32; 2]]) -> CsMatI<f32, u32, usize> {
    let mut degrees = vec![1.0f32; n];
    edges.iter().flatten().for_each(|&node| degrees[node as usize] += 1.0);
    let mut entries = TriMatI::<f32, u32>::new((n, n));
    let loops = (0..n as u32).map(|node| [node, node]);
    for [from, to] in edges.iter().flat_map(|&[from, to]| [[from, to], [to, from]]).chain(loops) {
        let (row, column) = (from as usize, to as usize);
        entries.add_triplet(row, column, (degrees[row] * degrees[column]).sqrt().recip());
    }
    entries.to_csr()
}

fn draw(
    path: &Path,
    placement: &Placement,
    edges: &[[u32; 2]],
    (classes, names): &(HashMap<u32, u32>, Vec<String>),
) -> Result<(), Box<dyn Error>> {
    let nodes = placement.points.rows().into_iter().zip(0..).map(|(point, node)| LinkedNode {
        position: [point[0], point[1]],
        class: classes.get(&node).copied(),
    });
    let graph = NodeLink {
        title: String::new(),
        nodes: nodes.collect(),
        edges: edges.to_vec(),
        classes: names.clone(),
    };
    let plot = node_link_plot(&graph).ok_or("no node has a place")?;
    fs::write(path.with_extension("svg"), plot.svg())?;
    fs::write(path.with_extension("png"), plot.to_png(1.5)?)?;
    Ok(())
}

/// Processor seconds of this process, user and system, in steps of 1/100 s; NaN where the system does not say.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = |place: usize| after_name.split_whitespace().nth(place)?.parse::<f64>().ok();
    ticks(11).zip(ticks(12)).map_or(f64::NAN, |(user, system)| (user + system) / 100.0)
}
