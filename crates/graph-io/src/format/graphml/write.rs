//! GraphML, written line by line.

use std::io::{self, Write};
use std::path::Path;

use crate::csr::row;
use crate::error::Error;
use crate::features::Features;
use crate::format::output::write_text_file;
use crate::format::xml::{check_texts, escaped};
use crate::node_dataset::NodeDataset;

const SETS: [&str; 3] = ["train", "val", "test"];

pub(super) fn write(dataset: &NodeDataset, path: &Path) -> Result<(), Error> {
    check_texts(dataset)?;
    write_text_file(path, |out| write_to(dataset, out))
}

fn write_to(dataset: &NodeDataset, out: &mut dyn Write) -> io::Result<()> {
    let (graph, node_ids, labels) = (dataset.graph(), dataset.node_ids(), dataset.labels());
    let is_unweighted = graph.is_unweighted();
    let features = dataset.own_features();
    let set_of_node = dataset.split().map(|split| {
        let mut set_of_node = vec![None; graph.num_nodes()];
        for (set, nodes) in SETS.into_iter().zip([split.train(), split.val(), split.test()]) {
            nodes.iter().for_each(|&node| set_of_node[node as usize] = Some(set));
        }
        set_of_node
    });
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">")?;
    let mut key = |id: &str, target: &str, kind: &str, default: &str| {
        let head = format!("  <key id=\"{id}\" for=\"{target}\" attr.name=\"{id}\" attr.type=\"{kind}\"");
        if default.is_empty() {
            return writeln!(out, "{head}/>");
        }
        writeln!(out, "{head}><default>{default}</default></key>")
    };
    if !is_unweighted {
        key("weight", "edge", "float", "")?;
    }
    if labels.is_some() {
        key("class", "node", "string", "")?;
    }
    if set_of_node.is_some() {
        key("split", "node", "string", "")?;
    }
    if let Some(features) = features {
        let default = if matches!(features, Features::Sparse(_)) { "0" } else { "" };
        (0..features.d_input())
            .try_for_each(|column| key(&format!("f{column}"), "node", "float", default))?;
    }
    writeln!(out, "  <graph edgedefault=\"undirected\">")?;
    for (node, id) in (0..).zip(node_ids.iter()) {
        writeln!(out, "    <node id=\"{}\">", escaped(&id))?;
        if let Some((labels, class)) = labels.and_then(|labels| Some((labels, labels.class(node)?))) {
            let name = escaped(&labels.class_names()[class as usize]);
            writeln!(out, "      <data key=\"class\">{name}</data>")?;
        }
        if let Some(set) = set_of_node.as_ref().and_then(|sets| sets[node as usize]) {
            writeln!(out, "      <data key=\"split\">{set}</data>")?;
        }
        // As short as gives the same bits back.
        let mut value =
            |column: u32, value: f32| writeln!(out, "      <data key=\"f{column}\">{value:?}</data>");
        match features {
            Some(Features::Sparse(matrix)) => {
                let (columns, values) = row(matrix, node as usize);
                columns.iter().zip(values).try_for_each(|(&column, &entry)| value(column, entry))?;
            }
            Some(Features::Dense(matrix)) => {
                (0..).zip(matrix.row(node as usize)).try_for_each(|(column, &entry)| value(column, entry))?;
            }
            None => {}
        }
        writeln!(out, "    </node>")?;
    }
    for (from, to, weight) in graph.weighted_edges() {
        let [source, target] = [from, to].map(|node| node_ids.get(node));
        write!(out, "    <edge source=\"{}\" target=\"{}\"", escaped(&source), escaped(&target))?;
        match is_unweighted {
            true => writeln!(out, "/>")?,
            false => writeln!(out, "><data key=\"weight\">{weight:?}</data></edge>")?,
        }
    }
    writeln!(out, "  </graph>\n</graphml>")
}
