//! Makes the embedded data sets from public files, as docs/datasets.md tells.
//!
//! `cargo run --release -p graph-io --example make_assets -- <pgl/data> <cora_planetoid_order.tsv> <assets>`

use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use graph_io::{
    CsrMatrix, EdgePolicy, Features, Graph, Labels, Linqs, NodeDataset, NodeDatasetParts, Planetoid, Split,
    format,
};
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// The columns of Cora's one-hot labels in its Planetoid files.
const CORA_CLASSES: [&str; 7] = [
    "Theory",
    "Reinforcement_Learning",
    "Genetic_Algorithms",
    "Neural_Networks",
    "Probabilistic_Methods",
    "Case_Based",
    "Rule_Learning",
];

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [data, order, out] = &args[..] else {
        bail!("expected the folder pgl/data, cora_planetoid_order.tsv and a folder for the assets");
    };
    let (data, order, out) = (Path::new(data), Path::new(order), Path::new(out));
    let citeseer = Planetoid::read(&data.join("citeseer"), "citeseer")?;
    for dataset in [cora(&data.join("cora"), order)?, citeseer] {
        let path = out.join(format!("{}.npz", dataset.name()));
        format::all()
            .iter()
            .find(|format| format.name == "npz")
            .context("no format npz")?
            .write(&dataset, &path)?;
        let bytes = deflated(&fs::read(&path)?)?;
        fs::write(&path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
        println!("{:?}", dataset.report().edges);
        let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        println!("{digest}  {} ({} bytes)", path.display(), bytes.len());
    }
    Ok(())
}

/// The same archive, its entries deflated.
fn deflated(archive: &[u8]) -> Result<Vec<u8>> {
    let mut stored = ZipArchive::new(Cursor::new(archive))?;
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9));
    let mut packed = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..stored.len() {
        let mut entry = stored.by_index(index)?;
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        packed.start_file(entry.name()?, options)?;
        packed.write_all(&bytes)?;
    }
    Ok(packed.finish()?.into_inner())
}

/// Cora's LINQS files, with nodes, classes and split as in its Planetoid files.
fn cora(folder: &Path, order: &Path) -> Result<NodeDataset> {
    let linqs = Linqs::read(folder, "cora")?.into_parts();
    let labels = linqs.labels.context("LINQS files have labels")?;
    let Features::Sparse(words) = &linqs.features else { bail!("LINQS features are sparse") };
    let old_of_id = linqs.node_ids.index()?;
    let text = fs::read_to_string(order).with_context(|| format!("cannot read {}", order.display()))?;

    let (mut old_nodes, mut classes) = (Vec::new(), Vec::new());
    let (mut train, mut val, mut test) = (Vec::new(), Vec::new(), Vec::new());
    for (node, line) in text.lines().skip(1).enumerate() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [index, id, class_name, set] = fields[..] else { bail!("expected four fields, found {line:?}") };
        ensure!(index.parse() == Ok(node), "expected node {node}, found {line:?}");
        let old = old_of_id.get(id).with_context(|| format!("unknown paper {id:?}"))?;
        let known = labels.class(old).map(|class| labels.class_names()[class as usize].as_str());
        ensure!(known == Some(class_name), "paper {id} has the class {known:?}, not {class_name:?}");
        old_nodes.push(old);
        classes.push(CORA_CLASSES.iter().position(|&name| name == class_name).map(|class| class as u32));
        match set {
            "train" => train.push(node as u32),
            "val" => val.push(node as u32),
            "test" => test.push(node as u32),
            _ => {}
        }
    }
    ensure!(
        old_nodes.len() == linqs.node_ids.len(),
        "expected {} nodes, found {}",
        linqs.node_ids.len(),
        old_nodes.len()
    );

    let mut new_of_old = vec![0; old_nodes.len()];
    (0u32..).zip(&old_nodes).for_each(|(new, &old)| new_of_old[old as usize] = new);
    let renamed = |(from, to): (u32, u32)| (new_of_old[from as usize], new_of_old[to as usize]);
    let edges: Vec<(u32, u32)> = linqs.graph.edges().map(renamed).collect();
    let (mut row_pointers, mut columns) = (vec![0], Vec::new());
    for &old in &old_nodes {
        columns.extend_from_slice(&words.indices()[words.indptr().outer_inds_sz(old as usize)]);
        row_pointers.push(columns.len());
    }
    let (shape, ones) = ((old_nodes.len(), words.cols()), vec![1.0; columns.len()]);
    let labels = Labels::from_classes(classes, CORA_CLASSES.map(String::from).to_vec())?;
    let graph = Graph::from_edges(old_nodes.len(), &edges, EdgePolicy::default())?.0;
    let features = Features::from_sparse(CsrMatrix::new(shape, row_pointers, columns, ones))?;
    Ok(NodeDataset::from_parts(NodeDatasetParts {
        name: "cora".to_string(),
        splits: vec![Split::from_nodes(train, val, test, &labels)?],
        labels: Some(labels),
        node_ids: linqs.node_ids.select(&old_nodes),
        report: linqs.report,
        ..NodeDatasetParts::new(graph, features)
    })?)
}
