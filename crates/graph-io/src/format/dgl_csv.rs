//! The folder of DGL's `CSVDataset`.

use std::path::Path;

use super::edge_list;
use super::file::{name_of, read_text};
use super::parts::NodeParts;
use super::quoted::quoted;
use super::registry::{Format, ReadConfig};
use crate::error::{Error, Place};
use crate::raw_dataset::RawDataset;

/// A folder with `meta.yaml`, which names one file of nodes (`node_id`, `label`, `feat`, `train_mask`, …) and one of edges
/// (`src_id`, `dst_id`). Features are lists of numbers in cells, or columns.
///
/// Refused are graphs with several types of nodes or edges, and sets of graphs.
pub(super) const FORMAT: Format = Format {
    name: "dgl-csv",
    title: "the folder of DGL's CSVDataset: meta.yaml with the files that it names",
    endings: &[],
    keeps: "",
    recognizes: |sample| sample.is_folder && sample.files.iter().any(|file| file == META),
    read,
    write: None,
};

const META: &str = "meta.yaml";
const MAX_META_BYTES: usize = 1 << 20;

fn read(path: &Path, config: &ReadConfig) -> Result<RawDataset, Error> {
    let meta_file = path.join(META);
    let text = read_text(&meta_file, MAX_META_BYTES)?;
    let edges = path.join(only_file(&text, "edge_data", &meta_file)?);
    let nodes = path.join(only_file(&text, "node_data", &meta_file)?);
    let raw = edge_list::FORMAT.read(&edges, config)?;
    let raw = NodeParts { nodes: Some(nodes), ..NodeParts::default() }.join(raw, config)?;
    Ok(RawDataset { name: name_of(path), ..raw })
}

/// The name of the one file of a section.
fn only_file<'a>(text: &'a str, section: &str, file: &Path) -> Result<&'a str, Error> {
    let (mut current, mut found) = ("", Vec::new());
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split(" #").next().unwrap_or_default().trim_end();
        let entry = line.trim_start().trim_start_matches("- ").trim_start();
        let Some((key, value)) = entry.split_once(':') else { continue };
        if line.starts_with(key) {
            current = key;
        }
        let value = value.trim().trim_matches(['"', '\'']);
        if key == "graph_data" || value == "graph_id" {
            return Err(Error::refused(Place::line(file, number), "a set of graphs"));
        }
        if key == "file_name" && current == section {
            if value.contains(['/', '\\']) || value.starts_with('.') || value.is_empty() {
                let expected = "the name of a file in the folder";
                return Err(Error::malformed(Place::line(file, number), expected, quoted(value)));
            }
            found.push(value);
        }
    }
    match &found[..] {
        [name] => Ok(name),
        names => {
            let expected =
                format!("one file_name in {section}, as the graph has one type of nodes and edges");
            Err(Error::malformed(Place::whole(file), expected, format!("{} of them", names.len())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Features;
    use ndarray::array;

    const YAML: &str = "dataset_name: tiny\nedge_data: # one\n- file_name: edges_0.csv\nnode_data:\n  - file_name: 'nodes_0.csv'\n";
    const NODES: &str = "node_id,label,train_mask,val_mask,test_mask,feat\n\
                         0,1,True,False,False,\"0.5, 1.0, 2\"\n1,0,False,True,False,\"0.0, -1.0, 3\"\n\
                         2,1,False,False,True,\"1.5, 0.0, 4\"\n";

    fn raw(meta: &str) -> Result<RawDataset, Error> {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write(META, meta);
        write("edges_0.csv", "src_id,dst_id,feat\n0,1,\"0.1, 0.2\"\n1,2,\"0.3, 0.4\"\n");
        write("nodes_0.csv", NODES);
        read(folder.path(), &ReadConfig::default())
    }

    #[test]
    fn lists_in_cells_are_features_and_masks_a_split() {
        let read = raw(YAML).unwrap();
        assert_eq!((&read.arcs.from, &read.arcs.to), (&vec![0, 1], &vec![1, 2]));
        let features = array![[0.5, 1.0, 2.0], [0.0, -1.0, 3.0], [1.5, 0.0, 4.0]];
        assert_eq!(read.features, Some(Features::Dense(features)));
        let names: Vec<String> = read.feature_names.unwrap().iter().map(String::from).collect();
        assert_eq!(names, ["feat_0", "feat_1", "feat_2"]);
        assert_eq!(read.splits[0].test(), [2]);
    }

    #[test]
    fn what_is_no_single_graph_is_refused() {
        let message = |meta: &str| raw(meta).unwrap_err().to_string();
        assert_eq!(
            message("node_data:\n- file_name: a.csv\n"),
            "meta.yaml: expected one file_name in edge_data, as the graph has one type of nodes and edges, found 0 of them"
        );
        assert_eq!(
            message(&YAML.replace("nodes_0.csv", "../nodes.csv")),
            "meta.yaml:5: expected the name of a file in the folder, found \"../nodes.csv\""
        );
        assert_eq!(
            message(&format!("{YAML}graph_data:\n  file_name: g.csv\n")),
            "meta.yaml:6: refused a set of graphs"
        );
    }
}
