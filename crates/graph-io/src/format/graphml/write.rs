//! GraphML, written line by line.

use std::io::{self, Write};
use std::path::Path;

use crate::error::Error;
use crate::features::Features;
use crate::format::attributes::NodeRecords;
use crate::format::output::write_text_file;
use crate::format::xml::{check_texts, escaped, is_of_xml};
use crate::node_dataset::NodeDataset;

pub(super) fn write(dataset: &NodeDataset, path: &Path) -> Result<(), Error> {
    check_texts(dataset)?;
    let records = NodeRecords::of(dataset)?;
    write_text_file(path, |out| write_to(dataset, &records, out))
}

fn write_to(dataset: &NodeDataset, records: &NodeRecords<'_>, out: &mut dyn Write) -> io::Result<()> {
    let is_unweighted = dataset.graph().is_unweighted();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">")?;
    let mut key = |id: &str, target: &str, name: &str, kind: &str, default: &str| {
        let name = escaped(name);
        let head = format!("  <key id=\"{id}\" for=\"{target}\" attr.name=\"{name}\" attr.type=\"{kind}\"");
        if default.is_empty() {
            return writeln!(out, "{head}/>");
        }
        writeln!(out, "{head}><default>{default}</default></key>")
    };
    if !is_unweighted {
        key("weight", "edge", "weight", "float", "")?;
    }
    if dataset.labels().is_some() {
        key("class", "node", "class", "string", "")?;
    }
    if records.has_sets() {
        key("split", "node", "split", "string", "")?;
    }
    // Zeros of sparse features are not written.
    let is_sparse = matches!(dataset.own_features(), Some(Features::Sparse(_)));
    let names = records.feature_names(|name| name.chars().all(is_of_xml));
    for (column, name) in names.iter().enumerate() {
        key(&format!("f{column}"), "node", name, "float", if is_sparse { "0" } else { "" })?;
    }
    writeln!(out, "  <graph edgedefault=\"undirected\">")?;
    for node in records.iter() {
        writeln!(out, "    <node id=\"{}\">", escaped(&node.id))?;
        if let Some(class) = node.class {
            writeln!(out, "      <data key=\"class\">{}</data>", escaped(class))?;
        }
        if let Some(set) = node.set {
            writeln!(out, "      <data key=\"split\">{set}</data>")?;
        }
        // As short as gives the same bits back.
        let mut feature =
            |(column, value): (usize, f32)| writeln!(out, "      <data key=\"f{column}\">{value:?}</data>");
        match is_sparse {
            true => node.nonzeros().try_for_each(&mut feature)?,
            false => node.all_values(names.len()).enumerate().try_for_each(&mut feature)?,
        }
        writeln!(out, "    </node>")?;
    }
    for (from, to, weight) in dataset.graph().weighted_edges() {
        let [source, target] = [from, to].map(|node| dataset.node_ids().get(node));
        write!(out, "    <edge source=\"{}\" target=\"{}\"", escaped(&source), escaped(&target))?;
        match is_unweighted {
            true => writeln!(out, "/>")?,
            false => writeln!(out, "><data key=\"weight\">{weight:?}</data></edge>")?,
        }
    }
    writeln!(out, "  </graph>\n</graphml>")
}
