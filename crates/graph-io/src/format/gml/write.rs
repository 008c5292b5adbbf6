//! GML, written node by node.

use std::io::{self, Write};
use std::path::Path;

use crate::error::Error;
use crate::format::attributes::NodeRecords;
use crate::format::output::write_text_file;
use crate::node_dataset::NodeDataset;

/// Ids as labels; a class as `class`, so that it is not taken for a name.
pub(super) fn write(dataset: &NodeDataset, path: &Path) -> Result<(), Error> {
    let records = NodeRecords::of(dataset)?;
    write_text_file(path, |out| write_to(dataset, &records, out))
}

fn write_to(dataset: &NodeDataset, records: &NodeRecords<'_>, out: &mut dyn Write) -> io::Result<()> {
    let names = records.feature_names(is_key);
    writeln!(out, "graph [\n  directed 0")?;
    for (number, node) in records.iter().enumerate() {
        writeln!(out, "  node [\n    id {number}\n    label \"{}\"", escaped(&node.id))?;
        if let Some(class) = node.class {
            writeln!(out, "    class \"{}\"", escaped(class))?;
        }
        if let Some(set) = node.set {
            writeln!(out, "    split \"{set}\"")?;
        }
        for (name, value) in names.iter().zip(node.all_values(names.len())) {
            writeln!(out, "    {name} {}", real(value))?;
        }
        writeln!(out, "  ]")?;
    }
    let is_unweighted = dataset.graph().is_unweighted();
    for (from, to, weight) in dataset.graph().weighted_edges() {
        write!(out, "  edge [\n    source {from}\n    target {to}\n")?;
        if !is_unweighted {
            writeln!(out, "    weight {}", real(weight))?;
        }
        writeln!(out, "  ]")?;
    }
    writeln!(out, "]")
}

/// Whether a name may stand as a key: NetworkX and others take no more than this.
fn is_key(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A number as short as gives the same bits back; with the point that GML asks for.
fn real(value: f32) -> String {
    let text = format!("{value:?}");
    match text.split_once('e') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0e{exponent}"),
        _ => text,
    }
}

/// A text in ASCII without quotes and line ends.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            ' '..='~' => out.push(character),
            _ => out.push_str(&format!("&#{};", u32::from(character))),
        }
    }
    out
}
