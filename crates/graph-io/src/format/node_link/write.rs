//! Node-link JSON, written node by node.

use std::io::{self, Write};
use std::path::Path;

use crate::error::Error;
use crate::format::attributes::NodeRecords;
use crate::format::output::write_text_file;
use crate::node_dataset::NodeDataset;

/// Edges as `edges`, which is what NetworkX reads since version 3.6; features by their names, or as one list a node.
pub(super) fn write(dataset: &NodeDataset, path: &Path) -> Result<(), Error> {
    let records = NodeRecords::of(dataset)?;
    write_text_file(path, |out| write_to(dataset, &records, out))
}

fn write_to(dataset: &NodeDataset, records: &NodeRecords<'_>, out: &mut dyn Write) -> io::Result<()> {
    let quoted = |text: &str| serde_json::to_string(text).map_err(io::Error::from);
    let d_input = records.d_input();
    let names = records.own_names(|_| true);
    let names: Option<Vec<String>> =
        names.map(|names| names.iter().map(quoted).collect::<io::Result<_>>()).transpose()?;
    write!(out, "{{\"directed\": false, \"multigraph\": false, \"graph\": {{}},\n\"nodes\": [")?;
    for (number, node) in records.iter().enumerate() {
        let comma = if number == 0 { "" } else { "," };
        write!(out, "{comma}\n{{\"id\": {}", quoted(&node.id)?)?;
        if let Some(class) = node.class {
            write!(out, ", \"class\": {}", quoted(class)?)?;
        }
        if let Some(set) = node.set {
            write!(out, ", \"split\": \"{set}\"")?;
        }
        for (column, value) in node.all_values(d_input).enumerate() {
            match &names {
                Some(names) => write!(out, ", {}: {value:?}", names[column])?,
                None => write!(out, "{}{value:?}", if column == 0 { ", \"x\": [" } else { "," })?,
            }
        }
        write!(out, "{}}}", if d_input > 0 && names.is_none() { "]" } else { "" })?;
    }
    write!(out, "],\n\"edges\": [")?;
    let is_unweighted = dataset.graph().is_unweighted();
    for (number, (from, to, weight)) in dataset.graph().weighted_edges().enumerate() {
        let [source, target] = [from, to].map(|node| quoted(&dataset.node_ids().get(node)));
        let comma = if number == 0 { "" } else { "," };
        write!(out, "{comma}\n{{\"source\": {}, \"target\": {}", source?, target?)?;
        match is_unweighted {
            true => write!(out, "}}")?,
            false => write!(out, ", \"weight\": {weight:?}}}")?,
        }
    }
    writeln!(out, "]}}")
}
