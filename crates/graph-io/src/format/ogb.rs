//! The folder of a node-property data set of the Open Graph Benchmark.

mod number_rows;

use std::path::{Path, PathBuf};

use ndarray::Array2;

use self::number_rows::{NumberRows, read_count, read_rows};
use super::file::{file_names, name_of, read_unpacked_text};
use super::node_table::ClassColumn;
use super::registry::{Format, Sample};
use crate::arcs::{ArcMeaning, Arcs};
use crate::error::{Error, Place};
use crate::features::Features;
use crate::labels::Labels;
use crate::memory_limit::MemoryLimit;
use crate::node_ids::NodeIds;
use crate::raw_dataset::RawDataset;
use crate::split::Split;

/// The folder of a node-property data set of the Open Graph Benchmark (Hu et al. 2020, arXiv:2005.00687), such as
/// ogbn-arxiv: lines of numbers between commas, without headers, each file as it is or packed by gzip.
///
/// Read are `raw/num-node-list.csv` and `raw/num-edge-list.csv` (the numbers of nodes and arcs of the one graph),
/// `raw/edge.csv` (the two ends of each arc), where they are there `raw/node-feat.csv` (a row of numbers a node) and
/// `raw/node-label.csv` (a class a node, nothing or nan where it has none), and `split/SCHEME/{train,valid,test}.csv` (a node
/// a line) of the one scheme there is. Whatever else there is, as features of edges and years of nodes, is not read.
/// Arcs are directed; some data sets list each edge once and mean both directions.
pub(super) const FORMAT: Format = Format {
    name: "ogb",
    title: "the folder of an OGB node-property data set: raw/edge.csv.gz and others, split/SCHEME",
    endings: &[],
    keeps: "",
    recognizes: |sample| sample.has_file("raw") && is_ogb(sample),
    read: |path, config| read(path, config.max_memory),
    write: None,
};

/// A number of nodes that no other file bears out.
const MAX_DECLARED_NODES: usize = 1 << 20;

fn is_ogb(sample: &Sample) -> bool {
    let raw = sample.path.join("raw");
    raw.is_dir() && ["num-node-list.csv", "edge.csv"].iter().all(|name| existing(&raw, name).is_some())
}

/// A file as it is or packed.
fn existing(folder: &Path, name: &str) -> Option<PathBuf> {
    [folder.join(format!("{name}.gz")), folder.join(name)].into_iter().find(|file| file.is_file())
}

fn required(folder: &Path, name: &str) -> Result<PathBuf, Error> {
    existing(folder, name).ok_or_else(|| {
        let expected = format!("a file {name} or {name}.gz");
        Error::malformed(Place::whole(folder), expected, "none")
    })
}

fn read(folder: &Path, limit: MemoryLimit) -> Result<RawDataset, Error> {
    let raw = folder.join("raw");
    if !raw.is_dir() {
        std::fs::metadata(folder).map_err(|source| Error::io(folder, source))?;
        return Err(Error::malformed(Place::whole(folder), "a folder raw in it", "none"));
    }
    let num_nodes_file = required(&raw, "num-node-list.csv")?;
    let num_nodes = read_count(&num_nodes_file, limit)?;
    let num_arcs = read_count(&required(&raw, "num-edge-list.csv")?, limit)?;
    let edge_file = required(&raw, "edge.csv")?;
    let (arcs, num_bytes) = read_arcs(&edge_file, (num_nodes, num_arcs), limit)?;
    let features = match existing(&raw, "node-feat.csv") {
        Some(file) => Some(read_features(&file, num_nodes, limit)?),
        None => None,
    };
    let labels = match existing(&raw, "node-label.csv") {
        Some(file) => read_labels(&file, num_nodes, limit)?,
        None => None,
    };
    if features.is_none() && labels.is_none() && num_nodes > MAX_DECLARED_NODES.max(num_bytes) {
        let expected = "a number of nodes that other files bear out";
        return Err(Error::malformed(Place::line(&num_nodes_file, 1), expected, num_nodes.to_string()));
    }
    let splits = read_splits(&folder.join("split"), num_nodes, labels.as_ref(), limit)?;
    let arcs_of = RawDataset::from_arcs(&name_of(folder), NodeIds::counted(num_nodes), arcs);
    Ok(RawDataset { features, labels, splits, ..arcs_of })
}

/// The arcs, and how many bytes they were as text.
fn read_arcs(
    file: &Path,
    (num_nodes, num_arcs): (usize, usize),
    limit: MemoryLimit,
) -> Result<(Arcs, usize), Error> {
    let text = read_unpacked_text(file, limit)?;
    let NumberRows { values, .. } = read_rows::<u32>(&text, 2, "a node, a whole number", file)?;
    if values.len() / 2 != num_arcs {
        let expected = format!("{num_arcs} lines, as num-edge-list.csv says");
        return Err(Error::malformed(Place::whole(file), expected, (values.len() / 2).to_string()));
    }
    if let Some(place) = values.iter().position(|&node| node as usize >= num_nodes) {
        let expected = format!("a node below {num_nodes}");
        return Err(Error::malformed(Place::line(file, place / 2 + 1), expected, values[place].to_string()));
    }
    let num_bytes = text.len();
    drop(text);
    let ends = |first: usize| values.iter().skip(first).step_by(2).copied().collect();
    Ok((Arcs { from: ends(0), to: ends(1), weights: None, meaning: ArcMeaning::Directed }, num_bytes))
}

fn read_features(file: &Path, num_nodes: usize, limit: MemoryLimit) -> Result<Features, Error> {
    let text = read_unpacked_text(file, limit)?;
    let width = text.lines().next().unwrap_or_default().split(',').count();
    let NumberRows { values, num_rows } = read_rows::<f32>(&text, width, "a finite number", file)?;
    drop(text);
    check_rows(file, num_rows, num_nodes)?;
    let matrix = Array2::from_shape_vec((num_rows, width), values).expect("every row is of this width");
    Features::Dense(matrix).with_missing().map_err(|error| error.in_file(file))
}

fn check_rows(file: &Path, num_rows: usize, num_nodes: usize) -> Result<(), Error> {
    if num_rows == num_nodes {
        return Ok(());
    }
    let expected = format!("{num_nodes} lines, one for each node");
    Err(Error::malformed(Place::whole(file), expected, num_rows.to_string()))
}

fn read_labels(file: &Path, num_nodes: usize, limit: MemoryLimit) -> Result<Option<Labels>, Error> {
    let text = read_unpacked_text(file, limit)?;
    let num_lines = memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1;
    let mut classes = ClassColumn::with_room(num_lines.min(num_nodes));
    for (line, content) in text.lines().enumerate() {
        let place = || Place::line(file, line + 1);
        if content.contains(',') {
            return Err(Error::malformed(
                place(),
                "one class",
                format!("{} cells", content.split(',').count()),
            ));
        }
        // An empty cell that is alone in its line is written in quotes.
        let cell = if content == "\"\"" { "" } else { content };
        classes.push(cell).map_err(|fault| fault.at(place()))?;
    }
    check_rows(file, classes.len(), num_nodes)?;
    classes.finish().map_err(|error| error.in_file(file))
}

/// The split of the one scheme in a folder; none without the folder.
fn read_splits(
    folder: &Path,
    num_nodes: usize,
    labels: Option<&Labels>,
    limit: MemoryLimit,
) -> Result<Vec<Split>, Error> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let schemes: Vec<String> =
        file_names(folder)?.into_iter().filter(|name| folder.join(name).is_dir()).collect();
    let [scheme] = &schemes[..] else {
        let found = if schemes.is_empty() { "none".to_string() } else { schemes.join(", ") };
        return Err(Error::malformed(Place::whole(folder), "the folder of one scheme", found));
    };
    let scheme = folder.join(scheme);
    let Some(labels) = labels else {
        return Err(Error::malformed(Place::whole(&scheme), "labels for the nodes of a split", "none"));
    };
    let set = |name: &str| {
        let file = required(&scheme, name)?;
        let text = read_unpacked_text(&file, limit)?;
        let nodes = read_rows::<u32>(&text, 1, "a node, a whole number", &file)?.values;
        match nodes.iter().position(|&node| node as usize >= num_nodes) {
            Some(line) => {
                let expected = format!("a node below {num_nodes}");
                Err(Error::malformed(Place::line(&file, line + 1), expected, nodes[line].to_string()))
            }
            None => Ok(nodes),
        }
    };
    let split = Split::from_nodes(set("train.csv")?, set("valid.csv")?, set("test.csv")?, labels);
    Ok(vec![split.map_err(|error| error.in_file(&scheme))?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::registry::ReadConfig;
    use crate::load::recognize;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use ndarray::array;
    use std::io::Write;

    const FILES: [(&str, &str); 8] = [
        ("raw/num-node-list.csv", "3\n"),
        ("raw/num-edge-list.csv", "3\n"),
        ("raw/edge.csv", "0,1\n2,0\n2,2\n"),
        ("raw/node-feat.csv", "0.5,-1\n0,2e-1\n0,0\n"),
        ("raw/node-label.csv", "4\n\"\"\n10\n"),
        ("split/time/train.csv", "2\n"),
        ("split/time/valid.csv", ""),
        ("split/time/test.csv", "0\n"),
    ];

    fn gzip(content: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(content.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    /// The files with some of them changed, added, or where the content is "-" left out.
    fn folder(changes: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in FILES.iter().chain(changes) {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            match *content {
                "-" => std::fs::remove_file(path).unwrap(),
                content => std::fs::write(path, content).unwrap(),
            }
        }
        folder
    }

    fn message(changes: &[(&str, &str)]) -> String {
        read(folder(changes).path(), MemoryLimit::default()).unwrap_err().to_string()
    }

    #[test]
    fn every_file_is_read_packed_or_not() {
        let plain = folder(&[]);
        let expected = read(plain.path(), MemoryLimit::default()).unwrap();
        assert_eq!(expected.arcs, Arcs::from_pairs(&[(0, 1), (2, 0), (2, 2)], ArcMeaning::Directed));
        assert_eq!(expected.features, Some(Features::Dense(array![[0.5, -1.0], [0.0, 0.2], [0.0, 0.0]])));
        let labels = expected.labels.as_ref().unwrap();
        assert_eq!((labels.class_names(), labels.class(1)), (&["4".to_string(), "10".to_string()][..], None));
        assert_eq!((expected.splits[0].train(), expected.splits[0].test()), (&[2][..], &[0][..]));
        for (name, content) in FILES {
            std::fs::remove_file(plain.path().join(name)).unwrap();
            std::fs::write(plain.path().join(format!("{name}.gz")), gzip(content)).unwrap();
        }
        let format = recognize(plain.path()).unwrap();
        assert_eq!(format.name, "ogb");
        assert_eq!(format.read(plain.path(), &ReadConfig::default()).unwrap(), expected);
    }

    #[test]
    fn features_labels_and_splits_may_be_missing() {
        let bare = folder(&[("raw/node-feat.csv", "-"), ("raw/node-label.csv", "-")]);
        std::fs::remove_dir_all(bare.path().join("split")).unwrap();
        let bare = read(bare.path(), MemoryLimit::default()).unwrap();
        assert_eq!((bare.features, bare.labels, bare.splits, bare.node_ids.len()), (None, None, vec![], 3));
    }

    #[test]
    fn counts_that_do_not_agree_are_refused() {
        assert_eq!(
            message(&[("raw/num-edge-list.csv", "4\n")]),
            "edge.csv: expected 4 lines, as num-edge-list.csv says, found 3"
        );
        assert_eq!(
            message(&[("raw/num-node-list.csv", "4\n")]),
            "node-feat.csv: expected 4 lines, one for each node, found 3"
        );
        assert_eq!(
            message(&[("raw/node-label.csv", "4\n")]),
            "node-label.csv: expected 3 lines, one for each node, found 1"
        );
        assert_eq!(
            message(&[("raw/edge.csv", "0,1\n1,3\n0,0\n")]),
            "edge.csv:2: expected a node below 3, found 3"
        );
    }

    #[test]
    fn a_huge_number_of_nodes_is_not_believed() {
        let changes = [
            ("raw/num-node-list.csv", "4000000000\n"),
            ("raw/node-feat.csv", "-"),
            ("raw/node-label.csv", "-"),
        ];
        assert_eq!(
            message(&changes),
            "num-node-list.csv:1: expected a number of nodes that other files bear out, found 4000000000"
        );
        assert_eq!(
            message(&[("raw/num-node-list.csv", "99999999999999999999\n")]),
            "num-node-list.csv:1: expected a count below 2^32, found \"99999999999999999999\""
        );
    }

    #[test]
    fn several_graphs_and_several_schemes_are_refused() {
        assert_eq!(
            message(&[("raw/num-node-list.csv", "2\n1\n")]),
            "num-node-list.csv: expected the count of one graph, found 2 graphs, a set of them"
        );
        assert_eq!(
            message(&[("split/random/train.csv", "")]),
            "split: expected the folder of one scheme, found random, time"
        );
    }

    #[test]
    fn bad_lines_are_named() {
        assert_eq!(message(&[("raw/edge.csv", "0,1\n0\n2,2\n")]), "edge.csv:2: expected 2 cells, found 1");
        assert_eq!(
            message(&[("raw/edge.csv", "0,1\n0,1,2\n2,2\n")]),
            "edge.csv:2: expected 2 cells, found 3"
        );
        assert_eq!(
            message(&[("raw/edge.csv", "0,-1\n")]),
            "edge.csv:1: expected a node, a whole number, found \"-1\""
        );
        assert_eq!(
            message(&[("raw/node-feat.csv", "0.5,-1\n0,NaN\n0,0\n")]),
            "node-feat.csv:2: expected a finite number, found \"NaN\""
        );
        assert_eq!(
            message(&[("raw/node-label.csv", "1,0\n")]),
            "node-label.csv:1: expected one class, found 2 cells"
        );
        assert_eq!(
            message(&[("split/time/test.csv", "0\n7\n")]),
            "test.csv:2: expected a node below 3, found 7"
        );
        assert_eq!(
            message(&[("split/time/test.csv", "1\n")]),
            "time: expected labelled nodes (test set of the split), found node 1, which has no label"
        );
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty");
        assert!(matches!(read(&empty, MemoryLimit::default()), Err(Error::Io { path, .. }) if path == empty));
        std::fs::create_dir(&empty).unwrap();
        assert_eq!(
            read(&empty, MemoryLimit::default()).unwrap_err().to_string(),
            "empty: expected a folder raw in it, found none"
        );
        assert_eq!(
            message(&[("raw/edge.csv", "-")]),
            "raw: expected a file edge.csv or edge.csv.gz, found none"
        );
        assert_eq!(
            message(&[("raw/node-label.csv", "-")]),
            "time: expected labels for the nodes of a split, found none"
        );
    }

    #[test]
    fn a_packed_file_that_is_cut_is_refused() {
        let cut = folder(&[("raw/edge.csv", "-")]);
        let packed = gzip(FILES[2].1);
        std::fs::write(cut.path().join("raw/edge.csv.gz"), &packed[..packed.len() - 4]).unwrap();
        let message = read(cut.path(), MemoryLimit::default()).unwrap_err().to_string();
        assert!(message.starts_with("edge.csv.gz: expected gzip data, found "), "{message}");
    }
}
