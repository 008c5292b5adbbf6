//! GEXF, written node by node.

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
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<gexf xmlns=\"http://gexf.net/1.3\" version=\"1.3\">")?;
    writeln!(out, "  <graph defaultedgetype=\"undirected\">\n    <attributes class=\"node\">")?;
    let mut declare = |id: &str, title: &str, kind: &str, default: &str| {
        writeln!(
            out,
            "      <attribute id=\"{id}\" title=\"{}\" type=\"{kind}\">{default}</attribute>",
            escaped(title)
        )
    };
    if dataset.labels().is_some() {
        declare("class", "class", "string", "")?;
    }
    if records.has_sets() {
        declare("split", "split", "string", "")?;
    }
    // Zeros of sparse features are not written.
    let is_sparse = matches!(dataset.own_features(), Some(Features::Sparse(_)));
    let default = if is_sparse { "<default>0</default>" } else { "" };
    let names = records.feature_names(|name| name.chars().all(is_of_xml));
    for (column, name) in names.iter().enumerate() {
        declare(&format!("f{column}"), name, "float", default)?;
    }
    writeln!(out, "    </attributes>\n    <nodes>")?;
    for node in records.iter() {
        let id = escaped(&node.id);
        writeln!(out, "      <node id=\"{id}\" label=\"{id}\"><attvalues>")?;
        let mut value =
            |name: &str, value: &str| writeln!(out, "        <attvalue for=\"{name}\" value=\"{value}\"/>");
        if let Some(class) = node.class {
            value("class", &escaped(class))?;
        }
        if let Some(set) = node.set {
            value("split", set)?;
        }
        let mut feature =
            |(column, number): (usize, f32)| value(&format!("f{column}"), &format!("{number:?}"));
        match is_sparse {
            true => node.nonzeros().try_for_each(&mut feature)?,
            false => node.all_values(names.len()).enumerate().try_for_each(&mut feature)?,
        }
        writeln!(out, "      </attvalues></node>")?;
    }
    writeln!(out, "    </nodes>\n    <edges>")?;
    let is_unweighted = dataset.graph().is_unweighted();
    for (number, (from, to, weight)) in dataset.graph().weighted_edges().enumerate() {
        let [source, target] = [from, to].map(|node| dataset.node_ids().get(node));
        let weight = if is_unweighted { String::new() } else { format!(" weight=\"{weight:?}\"") };
        let (source, target) = (escaped(&source), escaped(&target));
        writeln!(out, "      <edge id=\"{number}\" source=\"{source}\" target=\"{target}\"{weight}/>")?;
    }
    writeln!(out, "    </edges>\n  </graph>\n</gexf>")
}
