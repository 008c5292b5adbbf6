//! Networks of Pajek.

use std::path::Path;

use super::attributes::Ids;
use super::file::{name_of, read_unpacked_text};
use super::quoted::quoted;
use super::registry::{Format, ReadConfig, Sample};
use crate::arcs::{ArcMeaning, Arcs};
use crate::error::{Error, Place};
use crate::node_ids::NodeIds;
use crate::raw_dataset::RawDataset;

/// A `.net` file of Pajek (Batagelj and Mrvar 1998): `*Vertices 3`, a line a node (`1 "Ana"`), then `*Arcs` or `*Edges`, a line
/// each (`1 2 0.5`), `*Arcslist` or `*Edgeslist` (`1 2 3`: from 1 to 2 and to 3), or `*Matrix`.
///
/// Nodes are called by their labels where all have one and all are different, else by their numbers from 1. A line without a
/// weight has weight 1 where others have one. An edge in a file that has arcs too is an arc in each direction. Lines that
/// begin with `%` are comments; what follows a label or a weight is drawing, and counts for nothing.
pub(super) const FORMAT: Format = Format {
    name: "pajek",
    title: "Pajek's network",
    endings: &[".net"],
    keeps: "",
    recognizes: |sample| !sample.is_folder && (sample.name.ends_with(".net") || starts_so(sample)),
    read,
    write: None,
};

/// More nodes than this must be at most as many as the file has bytes.
const MAX_NODES: usize = 1 << 20;

fn starts_so(sample: &Sample) -> bool {
    let head = String::from_utf8_lossy(&sample.head).to_lowercase();
    let first = head.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('%'));
    first.is_some_and(|line| line.starts_with("*vertices") || line.starts_with("*network"))
}

/// What the lines of a section are.
#[derive(Clone, Copy, PartialEq)]
enum Section {
    Other,
    Vertices,
    /// A pair and perhaps a weight a line; whether it is directed.
    Pairs(bool),
    /// A node and its neighbors a line; whether they are reached in one direction.
    Lists(bool),
    /// The weights from a node to all; the next row.
    Matrix(usize),
}

/// The network so far.
struct Network<'a> {
    file: &'a Path,
    num_bytes: usize,
    num_nodes: Option<usize>,
    /// The labels in the order of the nodes, as long as the lines give one for each.
    labels: Option<Ids>,
    arcs: Arcs,
    weights: Vec<f32>,
    has_weights: bool,
    /// Where the edges are among the arcs.
    edges: Vec<usize>,
}

fn read(path: &Path, config: &ReadConfig) -> Result<RawDataset, Error> {
    let text = read_unpacked_text(path, config.max_memory)?;
    let mut network = Network {
        file: path,
        num_bytes: text.len(),
        num_nodes: None,
        labels: Some(Ids::default()),
        arcs: Arcs::default(),
        weights: Vec::new(),
        has_weights: false,
        edges: Vec::new(),
    };
    let mut section = Section::Other;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('%') {
            continue;
        }
        section = match line.strip_prefix('*') {
            Some(header) => network.header(header, number)?,
            None => network.line(section, line, number)?,
        };
    }
    network.finish()
}

impl Network<'_> {
    fn malformed(&self, line: usize, expected: impl Into<String>, found: impl Into<String>) -> Error {
        Error::malformed(Place::line(self.file, line), expected, found)
    }

    fn header(&mut self, header: &str, line: usize) -> Result<Section, Error> {
        let mut words = header.split_ascii_whitespace();
        let name = words.next().unwrap_or_default().to_ascii_lowercase();
        match name.split_once(':').map_or(name.as_str(), |(name, _)| name) {
            "vertices" if self.num_nodes.is_none() => {
                let word = words.next().unwrap_or_default();
                let max = MAX_NODES.max(self.num_bytes);
                let Some(num_nodes) = word.parse().ok().filter(|&count| count <= max) else {
                    let expected = format!("*Vertices and a number of nodes, at most {max}");
                    return Err(self.malformed(line, expected, quoted(word)));
                };
                self.num_nodes = Some(num_nodes);
                Ok(Section::Vertices)
            }
            "vertices" => Err(Error::refused(Place::line(self.file, line), "a second *Vertices")),
            "arcs" => Ok(Section::Pairs(true)),
            "edges" => Ok(Section::Pairs(false)),
            "arcslist" => Ok(Section::Lists(true)),
            "edgeslist" => Ok(Section::Lists(false)),
            "matrix" => Ok(Section::Matrix(0)),
            _ => Ok(Section::Other),
        }
    }

    /// Reads a line of a section; gives back the section of the next.
    fn line(&mut self, section: Section, text: &str, line: usize) -> Result<Section, Error> {
        let mut words = text.split_ascii_whitespace();
        match section {
            Section::Other => {}
            Section::Vertices => self.vertex(text, line)?,
            Section::Pairs(is_directed) => {
                let from = self.node(words.next(), line)?;
                let to = self.node(words.next(), line)?;
                let weight = words.next().map(|word| self.weight(word, line)).transpose()?;
                self.push(from, to, weight, is_directed);
            }
            Section::Lists(is_directed) => {
                let from = self.node(words.next(), line)?;
                for word in words {
                    let to = self.node(Some(word), line)?;
                    self.push(from, to, None, is_directed);
                }
            }
            Section::Matrix(row) => {
                let from = self.node(Some(&(row + 1).to_string()), line)?;
                for (column, word) in words.enumerate() {
                    let to = self.node(Some(&(column + 1).to_string()), line)?;
                    let weight = self.weight(word, line)?;
                    if weight != 0.0 {
                        self.push(from, to, Some(weight), true);
                    }
                }
                return Ok(Section::Matrix(row + 1));
            }
        }
        Ok(section)
    }

    /// The line of a node: its number and its label, in quotes where it has blanks.
    fn vertex(&mut self, text: &str, line: usize) -> Result<(), Error> {
        let (number, rest) = text.split_once(|blank: char| blank.is_ascii_whitespace()).unwrap_or((text, ""));
        let node = self.node(Some(number), line)?;
        let rest = rest.trim_start();
        let label = match rest.strip_prefix('"') {
            Some(rest) => match rest.split_once('"') {
                Some((label, _)) => label,
                None => return Err(self.malformed(line, "a quote that closes the label", quoted(rest))),
            },
            None => rest.split_ascii_whitespace().next().unwrap_or_default(),
        };
        if let Some(labels) = &mut self.labels {
            // Labels are of use only where they are told in order, each different.
            let is_next = labels.num_listed() == node as usize;
            if label.is_empty() || !is_next || !labels.list(label) {
                self.labels = None;
            }
        }
        Ok(())
    }

    fn node(&self, word: Option<&str>, line: usize) -> Result<u32, Error> {
        let Some(num_nodes) = self.num_nodes else {
            return Err(self.malformed(line, "*Vertices before nodes and edges", "none"));
        };
        let number = word.and_then(|word| word.parse::<usize>().ok());
        match number.filter(|number| (1..=num_nodes).contains(number)) {
            Some(number) => Ok(number as u32 - 1),
            None => {
                let found = word.map_or_else(|| "the end of the line".to_string(), quoted);
                Err(self.malformed(line, format!("a node from 1 to {num_nodes}"), found))
            }
        }
    }

    fn weight(&self, word: &str, line: usize) -> Result<f32, Error> {
        let weight = word.parse().ok().filter(|weight: &f32| weight.is_finite());
        weight.ok_or_else(|| self.malformed(line, "a finite weight", quoted(word)))
    }

    fn push(&mut self, from: u32, to: u32, weight: Option<f32>, is_directed: bool) {
        if !is_directed {
            self.edges.push(self.arcs.from.len());
        }
        self.arcs.from.push(from);
        self.arcs.to.push(to);
        self.weights.push(weight.unwrap_or(1.0));
        self.has_weights |= weight.is_some_and(|weight| weight != 1.0);
    }

    fn finish(mut self) -> Result<RawDataset, Error> {
        let Some(num_nodes) = self.num_nodes else {
            return Err(Error::malformed(Place::whole(self.file), "*Vertices and a number of nodes", "none"));
        };
        self.arcs.meaning = ArcMeaning::Directed;
        if self.edges.len() == self.arcs.from.len() {
            self.arcs.meaning = ArcMeaning::Undirected;
        } else {
            for &edge in &self.edges {
                self.arcs.from.push(self.arcs.to[edge]);
                self.arcs.to.push(self.arcs.from[edge]);
                self.weights.push(self.weights[edge]);
            }
        }
        self.arcs.weights = self.has_weights.then_some(self.weights);
        let labels = self.labels.filter(|labels| num_nodes > 0 && labels.num_listed() == num_nodes);
        let node_ids = match labels {
            Some(labels) => labels.into_node_ids(),
            None => NodeIds::from_numbers((1..=num_nodes as u64).collect()),
        };
        Ok(RawDataset::from_arcs(&name_of(self.file), node_ids, self.arcs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Result<RawDataset, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.net");
        std::fs::write(&path, text).unwrap();
        read(&path, &ReadConfig::default())
    }

    #[test]
    fn labels_are_ids_and_edges_beside_arcs_are_arcs_both_ways() {
        let read = raw(
            "%c\n*Network x\n*Vertices 3\r\n1 \"a b\" 0.1 0.2 box\n2 c\n3 d ic Red\n*Arcs :2 \"knows\"\n1 2 2.5\n\
             *Edges\n2 3\n*Vector y\n1.0\n",
        )
        .unwrap();
        assert_eq!(read.node_ids, NodeIds::from_names(["a b", "c", "d"]));
        let arcs = Arcs::from_pairs(&[(0, 1), (1, 2), (2, 1)], ArcMeaning::Directed);
        assert_eq!(read.arcs, Arcs { weights: Some(vec![2.5, 1.0, 1.0]), ..arcs });
    }

    #[test]
    fn lists_and_matrices_are_read_and_nodes_need_no_lines() {
        let read = raw("*vertices 4\n*edgeslist\n1 2 3\n2 4\n").unwrap();
        assert_eq!(read.node_ids, NodeIds::from_numbers(vec![1, 2, 3, 4]));
        assert_eq!(read.arcs, Arcs::from_pairs(&[(0, 1), (0, 2), (1, 3)], ArcMeaning::Undirected));
        let read = raw("*Vertices 2\n1 \"same\"\n2 \"same\"\n*Matrix\n0 3\n1 0\n").unwrap();
        assert_eq!(read.node_ids, NodeIds::from_numbers(vec![1, 2]));
        assert_eq!((read.arcs.from, read.arcs.weights), (vec![0, 1], Some(vec![3.0, 1.0])));
    }

    #[test]
    fn what_does_not_fit_is_named_by_its_line() {
        for (text, message) in [
            ("*Edges\n1 2\n", "a.net:2: expected *Vertices before nodes and edges, found none"),
            ("*Vertices 2\n*Edges\n1 3\n", "a.net:3: expected a node from 1 to 2, found \"3\""),
            ("*Vertices 2\n*Edges\n0 1\n", "a.net:3: expected a node from 1 to 2, found \"0\""),
            ("*Vertices 2\n*Edges\n1\n", "a.net:3: expected a node from 1 to 2, found the end of the line"),
            ("*Vertices 2\n*Arcs\n1 2 heavy\n", "a.net:3: expected a finite weight, found \"heavy\""),
            ("*Vertices 2\n1 \"a\n", "a.net:2: expected a quote that closes the label, found \"a\""),
            (
                "*Vertices x\n",
                "a.net:1: expected *Vertices and a number of nodes, at most 1048576, found \"x\"",
            ),
            ("*Network\n", "a.net: expected *Vertices and a number of nodes, found none"),
            ("*Vertices 1\n*Vertices 1\n", "a.net:2: refused a second *Vertices"),
        ] {
            assert_eq!(raw(text).unwrap_err().to_string(), message);
        }
    }
}
