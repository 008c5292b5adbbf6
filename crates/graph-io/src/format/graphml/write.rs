//! GraphML, written line by line.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use crate::csr::row;
use crate::error::Error;
use crate::features::Features;
use crate::format::output::write_text_file;
use crate::format::quoted::quoted;
use crate::node_dataset::NodeDataset;

const SETS: [&str; 3] = ["train", "val", "test"];

pub(super) fn write(dataset: &NodeDataset, path: &Path) -> Result<(), Error> {
    check_texts(dataset)?;
    write_text_file(path, |out| write_to(dataset, out))
}

/// Ids and classes that XML has a place for.
fn check_texts(dataset: &NodeDataset) -> Result<(), Error> {
    let check = |what: &str, text: &str| match text.chars().find(|&character| !is_of_xml(character)) {
        Some(odd) => {
            let found = format!("U+{:04X} in {}", u32::from(odd), quoted(text));
            Err(Error::invalid(what, "characters that XML has a place for", found))
        }
        None => Ok(()),
    };
    dataset.node_ids().iter().try_for_each(|id| check("node ids", &id))?;
    for name in dataset.labels().map_or(&[][..], |labels| labels.class_names()) {
        check("class names", name)?;
        if name.is_empty() {
            return Err(Error::invalid("class names", "a name for each, since no text is no class", "\"\""));
        }
    }
    Ok(())
}

/// Whether a character may stand in an XML 1.0 document, as it is or by its number.
fn is_of_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
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
        key("label", "node", "string", "")?;
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
            writeln!(out, "      <data key=\"label\">{name}</data>")?;
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

/// A text for an attribute or between tags; what a reader would make a space or a line end of goes by its number.
fn escaped(text: &str) -> Cow<'_, str> {
    let escape = |character| match character {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\t' => Some("&#9;"),
        '\n' => Some("&#10;"),
        '\r' => Some("&#13;"),
        _ => None,
    };
    if !text.chars().any(|character| escape(character).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match escape(character) {
            Some(escaped) => out.push_str(escaped),
            None => out.push(character),
        }
    }
    Cow::Owned(out)
}
