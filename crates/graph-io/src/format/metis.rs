//! The graph files of METIS.

use std::path::Path;

use rayon::prelude::*;

use super::edge_list::line::{Fault, line_at, number};
use super::edge_list::numbers::whole_number;
use super::file::{name_of, read_text_to_parse};
use super::output::write_text_file;
use super::quoted::quoted_bytes;
use super::registry::{Format, Sample};
use crate::arcs::{ArcMeaning, Arcs};
use crate::error::{Error, Place};
use crate::node_dataset::NodeDataset;
use crate::node_ids::NodeIds;
use crate::raw_dataset::RawDataset;

/// The graph files of METIS (Karypis and Kumar, manual of METIS 5.1.0, section 4.1.1): a line with the number of nodes,
/// the number of edges and what is weighted, then a line a node with its neighbors, counted from 1. Each edge stands in
/// the lines of both its ends. Sizes and weights of nodes are passed over.
///
/// Nodes are called as they are counted: 1, 2, ….
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("path.graph");
/// std::fs::write(&path, "3 2\n2\n1 3\n2\n")?;
/// let dataset = graph_io::load(path.to_str().expect("a name in UTF-8"), None)?;
/// assert_eq!(dataset.graph().neighbors(1), [0, 2]);
/// assert_eq!(dataset.node_ids().get(1), "2");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub(super) const FORMAT: Format = Format {
    name: "metis",
    title: "how many nodes and edges there are, then a line of neighbors for each node",
    endings: &[".graph", ".metis"],
    keeps: "edges and weights that are whole numbers; no loops",
    recognizes,
    read: |path, config| read(&read_text_to_parse(path, config.max_memory)?.into_lines(path)?, path),
    write: Some(write),
};

fn recognizes(sample: &Sample) -> bool {
    !sample.is_folder
        && FORMAT.has_ending_of(&sample.name)
        && Header::parse(&sample.head, &sample.path).is_ok()
}

fn read(bytes: &[u8], path: &Path) -> Result<RawDataset, Error> {
    let header = Header::parse(bytes, path)?;
    let (arcs, num_lists) = header.arcs(bytes, path)?;
    if num_lists != header.num_nodes {
        let expected = format!("{} lines of neighbors, as line {} says", header.num_nodes, header.line);
        return Err(Error::malformed(Place::whole(path), expected, num_lists.to_string()));
    }
    if Some(arcs.len()) != header.num_edges.checked_mul(2) {
        let expected = format!("half as many edges as there are neighbors, {} / 2", arcs.len());
        return Err(Error::malformed(Place::line(path, header.line), expected, header.num_edges.to_string()));
    }
    if let Some((from, to)) = first_one_way(&arcs) {
        let expected = format!("neighbors that list this node {} too, with the same weight", from + 1);
        let place = Place::line(path, header.line_of(bytes, from));
        return Err(Error::malformed(place, expected, format!("{}, which does not", to + 1)));
    }
    let node_ids = NodeIds::from_numbers((1..=header.num_nodes as u64).collect());
    Ok(RawDataset::from_arcs(&name_of(path), node_ids, arcs))
}

/// An arc whose reverse is not there as often with the same weight, the first of its kind by the smaller ends.
fn first_one_way(arcs: &Arcs) -> Option<(u32, u32)> {
    match &arcs.weights {
        None => first_one_way_by(arcs, |_| ()),
        Some(weights) => first_one_way_by(arcs, |place| weights[place].to_bits()),
    }
}

fn first_one_way_by<W: Ord + Copy + Send>(arcs: &Arcs, weight: impl Fn(usize) -> W) -> Option<(u32, u32)> {
    let num_up = arcs.from.iter().zip(&arcs.to).filter(|(from, to)| from < to).count();
    let mut up = Vec::with_capacity(num_up);
    let mut down = Vec::with_capacity(arcs.len() - num_up);
    for (place, (&from, &to)) in arcs.from.iter().zip(&arcs.to).enumerate() {
        if from < to { up.push((from, to, weight(place))) } else { down.push((to, from, weight(place))) }
    }
    up.par_sort_unstable();
    down.par_sort_unstable();
    if up == down {
        return None;
    }
    let place = up.iter().zip(&down).position(|(up, down)| up != down).unwrap_or(up.len().min(down.len()));
    match (up.get(place), down.get(place)) {
        (Some(up), down) if down.is_none_or(|down| up < down) => Some((up.0, up.1)),
        (_, down) => down.map(|down| (down.1, down.0)),
    }
}

/// What the first line says.
struct Header {
    num_nodes: usize,
    num_edges: usize,
    has_weights: bool,
    /// How many numbers come before the neighbors.
    num_before: usize,
    /// Its line, and where the next one starts.
    line: usize,
    start: usize,
}

impl Header {
    fn parse(bytes: &[u8], path: &Path) -> Result<Self, Error> {
        let (mut start, mut number) = (0, 0);
        while start < bytes.len() {
            let line;
            (line, start) = line_at(bytes, start);
            number += 1;
            if is_comment(line) || line.trim_ascii().is_empty() {
                continue;
            }
            return Self::of_line(line, number, start)
                .map_err(|fault| Error::malformed(Place::line(path, number), fault.expected, fault.found));
        }
        Err(Error::malformed(Place::whole(path), "how many nodes and edges there are", "no such line"))
    }

    fn of_line(line: &[u8], number: usize, start: usize) -> Result<Self, Fault> {
        let fault = |expected: &str| Fault { expected: expected.into(), found: quoted_bytes(line) };
        let words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        // One more than there may be tells as much as all of them.
        let words: Vec<&[u8]> = words.take(5).collect();
        if !(2..=4).contains(&words.len()) {
            return Err(fault("how many nodes and edges there are, and what is weighted"));
        }
        let count = |word: &[u8]| {
            let count = whole_number(word).and_then(|count| usize::try_from(count).ok());
            count.ok_or_else(|| fault("how many nodes and edges there are, and what is weighted"))
        };
        let (num_nodes, num_edges) = (count(words[0])?, count(words[1])?);
        if num_nodes == 0 || num_nodes > u32::MAX as usize {
            return Err(fault("from 1 to 4294967295 nodes"));
        }
        let format = words.get(2).copied().unwrap_or(b"0");
        if format.len() > 3 || !format.iter().all(|digit| b"01".contains(digit)) {
            return Err(fault("at most three digits 0 or 1 for what is weighted"));
        }
        let has = |place: usize| format.iter().rev().nth(place) == Some(&b'1');
        let num_constraints = match words.get(3) {
            Some(word) => count(word)?,
            None => usize::from(has(1)),
        };
        if has(1) && num_constraints == 0 {
            return Err(fault("at least one weight a node"));
        }
        let num_weights = if has(1) { num_constraints } else { 0 };
        let num_before = num_weights.saturating_add(usize::from(has(2)));
        Ok(Self { num_nodes, num_edges, has_weights: has(0), num_before, line: number, start })
    }

    /// The neighbors of all nodes, and how many nodes have a line.
    fn arcs(&self, bytes: &[u8], path: &Path) -> Result<(Arcs, usize), Error> {
        // A neighbor has at least two bytes with what follows it, and a weight as many.
        let room =
            self.num_edges.saturating_mul(2).min(bytes.len() / if self.has_weights { 4 } else { 2 } + 1);
        let mut arcs = Arcs {
            from: Vec::with_capacity(room),
            to: Vec::with_capacity(room),
            weights: self.has_weights.then(|| Vec::with_capacity(room)),
            meaning: ArcMeaning::Undirected,
        };
        let (mut next, mut line_number, mut num_lists) = (self.start, self.line, 0);
        while next < bytes.len() {
            let line;
            (line, next) = line_at(bytes, next);
            line_number += 1;
            if is_comment(line) {
                continue;
            }
            let pushed = if num_lists < self.num_nodes {
                num_lists += 1;
                self.push_list(num_lists, line, &mut arcs)
            } else if line.trim_ascii().is_empty() {
                Ok(())
            } else {
                let expected = format!("no line behind those of {} nodes", self.num_nodes);
                Err(Fault { expected, found: quoted_bytes(line) })
            };
            pushed.map_err(|fault| {
                Error::malformed(Place::line(path, line_number), fault.expected, fault.found)
            })?;
        }
        // The empty line of a last node without neighbors may have no end.
        let is_last_missing = num_lists + 1 == self.num_nodes && bytes.ends_with(b"\n");
        Ok((arcs, num_lists + usize::from(is_last_missing)))
    }

    /// Adds the neighbors on the line of a node, which is counted from 1.
    fn push_list(&self, node: usize, line: &[u8], arcs: &mut Arcs) -> Result<(), Fault> {
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        for _ in 0..self.num_before {
            let word = words.next();
            if word.and_then(whole_number).is_none() {
                let expected = "whole numbers for the size and the weights of the node".to_string();
                return Err(Fault { expected, found: shown(word) });
            }
        }
        while let Some(word) = words.next() {
            let Some(neighbor) = whole_number(word).filter(|n| (1..=self.num_nodes as u64).contains(n))
            else {
                let expected = format!("neighbors from 1 to {}", self.num_nodes);
                return Err(Fault { expected, found: shown(Some(word)) });
            };
            if neighbor == node as u64 {
                return Err(Fault {
                    expected: "other nodes as neighbors".into(),
                    found: format!("{node} itself"),
                });
            }
            arcs.from.push(node as u32 - 1);
            arcs.to.push(neighbor as u32 - 1);
            if let Some(weights) = &mut arcs.weights {
                let Some(weight) = words.next() else {
                    let expected = format!("a weight behind neighbor {neighbor}");
                    return Err(Fault { expected, found: shown(None) });
                };
                weights
                    .push(whole_number(weight).map_or_else(|| number(weight), |weight| Ok(weight as f32))?);
            }
        }
        Ok(())
    }

    /// The line of a node, which is counted from 0.
    fn line_of(&self, bytes: &[u8], node: u32) -> usize {
        let (mut next, mut line_number, mut num_lists) = (self.start, self.line, 0);
        while next < bytes.len() && num_lists <= node {
            let line;
            (line, next) = line_at(bytes, next);
            line_number += 1;
            num_lists += u32::from(!is_comment(line));
        }
        line_number
    }
}

fn is_comment(line: &[u8]) -> bool {
    line.trim_ascii_start().starts_with(b"%")
}

/// A word as a message shows it.
fn shown(word: Option<&[u8]>) -> String {
    match (word, word.and_then(whole_number)) {
        (_, Some(number)) => number.to_string(),
        (Some(word), None) => quoted_bytes(word),
        (None, None) => "the end of the line".to_string(),
    }
}

fn write(dataset: &NodeDataset, path: &Path) -> Result<(), Error> {
    let graph = dataset.graph();
    if graph.num_loops() > 0 {
        let found = format!("{} loops", graph.num_loops());
        return Err(Error::invalid("graph", "no loops, for which METIS has no place", found));
    }
    let is_weighted = !graph.is_unweighted();
    if let Some((from, to, weight)) = graph.weighted_edges().find(|(_, _, weight)| weight.fract() != 0.0) {
        let ids = [from, to].map(|node| dataset.node_ids().get(node).into_owned());
        let what = format!("weight of the edge between {:?} and {:?}", ids[0], ids[1]);
        return Err(Error::invalid(what, "a whole number, as METIS asks for", weight.to_string()));
    }
    write_text_file(path, |out| {
        let format = if is_weighted { " 001" } else { "" };
        writeln!(out, "{} {}{format}", graph.num_nodes(), graph.num_edges())?;
        for node in 0..graph.num_nodes() {
            let (neighbors, weights) = crate::csr::row(graph.adjacency(), node);
            for (place, (&neighbor, &weight)) in neighbors.iter().zip(weights).enumerate() {
                let before = if place == 0 { "" } else { " " };
                write!(out, "{before}{}", u64::from(neighbor) + 1)?;
                if is_weighted {
                    write!(out, " {weight}")?;
                }
            }
            writeln!(out)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cleaning::CleaningPolicy;
    use crate::format::registry::ReadConfig;
    use proptest::prelude::*;

    fn raw(text: &str) -> Result<RawDataset, Error> {
        read(text.as_bytes(), Path::new("a.graph"))
    }

    fn message(text: &str) -> String {
        raw(text).unwrap_err().to_string()
    }

    fn edges(text: &str) -> Vec<(u32, u32, f32)> {
        let dataset = raw(text).unwrap().clean(&CleaningPolicy::default()).unwrap();
        assert_eq!(dataset.report().edges.reverses_added, 0);
        dataset.graph().weighted_edges().collect()
    }

    #[test]
    fn a_line_a_node_lists_its_neighbors() {
        let text = "% by hand\r\n4 2\r\n2\r\n1 3\n% x\n 2 \n\n";
        let raw = raw(text).unwrap();
        assert_eq!(raw.node_ids, NodeIds::from_numbers(vec![1, 2, 3, 4]));
        assert_eq!((raw.arcs.from, raw.arcs.to), (vec![0, 1, 1, 2], vec![1, 0, 2, 1]));
        assert_eq!((raw.arcs.weights, raw.arcs.meaning), (None, ArcMeaning::Undirected));
    }

    #[test]
    fn the_empty_line_of_the_last_node_may_be_missing() {
        assert_eq!(edges("3 1\n2\n1\n"), [(0, 1, 1.0)]);
        assert_eq!(edges("3 1\n2\n1\n\n\n"), [(0, 1, 1.0)]);
    }

    #[test]
    fn sizes_and_weights_of_nodes_are_passed_over_and_weights_of_edges_read() {
        for (text, weight) in [
            ("2 1 0\n2\n1\n", 1.0),
            ("2 1 001\n2 7\n1 7\n", 7.0),
            ("2 1 1\n2 0.5\n1 0.5\n", 0.5),
            ("2 1 10\n9 2\n8 1\n", 1.0),
            ("2 1 11\n9 2 7\n8 1 7\n", 7.0),
            ("2 1 100\n9 2\n8 1\n", 1.0),
            ("2 1 101\n9 2 7\n8 1 7\n", 7.0),
            ("2 1 110 2\n9 9 9 2\n8 8 8 1\n", 1.0),
            ("2 1 111 1\n9 9 2 7\n8 8 1 7\n", 7.0),
        ] {
            assert_eq!(edges(text), [(0, 1, weight)], "{text}");
        }
    }

    #[test]
    fn bad_lines_are_named() {
        let header = "how many nodes and edges there are, and what is weighted";
        for (text, expected) in [
            ("%\n", "a.graph: expected how many nodes and edges there are, found no such line".to_string()),
            ("3\n", format!("a.graph:1: expected {header}, found \"3\"")),
            ("3 2 0 0 0\n", format!("a.graph:1: expected {header}, found \"3 2 0 0 0\"")),
            ("3 x\n", format!("a.graph:1: expected {header}, found \"3 x\"")),
            ("0 0\n", "a.graph:1: expected from 1 to 4294967295 nodes, found \"0 0\"".into()),
            (
                "2 1 12\n",
                "a.graph:1: expected at most three digits 0 or 1 for what is weighted, found \"2 1 12\"".into(),
            ),
            ("2 1 10 0\n", "a.graph:1: expected at least one weight a node, found \"2 1 10 0\"".into()),
            ("2 1\n2\n3\n", "a.graph:3: expected neighbors from 1 to 2, found 3".into()),
            ("2 1\n2\n0\n", "a.graph:3: expected neighbors from 1 to 2, found 0".into()),
            ("2 1\n2\n-1\n", "a.graph:3: expected neighbors from 1 to 2, found \"-1\"".into()),
            ("2 1\n2\n2\n", "a.graph:3: expected other nodes as neighbors, found 2 itself".into()),
            ("2 1\n2\n1\n1\n", "a.graph:4: expected no line behind those of 2 nodes, found \"1\"".into()),
            ("9 1\n2\n1\n", "a.graph: expected 9 lines of neighbors, as line 1 says, found 2".into()),
            ("2 1 1\n2\n1\n", "a.graph:2: expected a weight behind neighbor 2, found the end of the line".into()),
            ("2 1 1\n2 inf\n", "a.graph:2: expected a finite number as weight, found \"inf\"".into()),
            (
                "2 1 110\n9\n",
                "a.graph:2: expected whole numbers for the size and the weights of the node, found the end of \
                 the line"
                    .into(),
            ),
            (
                "3 1\n2\n1 3\n2\n",
                "a.graph:1: expected half as many edges as there are neighbors, 4 / 2, found 1".into(),
            ),
            (
                "3 2\n2\n\n%\n2 1 1\n",
                "a.graph:2: expected neighbors that list this node 1 too, with the same weight, found 2, which \
                 does not"
                    .into(),
            ),
            (
                "2 1 1\n2 7\n1 8\n",
                "a.graph:2: expected neighbors that list this node 1 too, with the same weight, found 2, which \
                 does not"
                    .into(),
            ),
        ] {
            assert_eq!(message(text), expected);
        }
    }

    #[test]
    fn what_metis_has_no_place_for_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let written = |edge: (u32, u32), weight: f32| {
            let mut policy = CleaningPolicy::default();
            policy.edges.loops = crate::Loops::Keep;
            let arcs =
                Arcs { weights: Some(vec![weight]), ..Arcs::from_pairs(&[edge], ArcMeaning::Undirected) };
            let dataset = RawDataset::from_arcs("a", NodeIds::from_names(["x", "y"]), arcs).clean(&policy);
            FORMAT.write(&dataset.unwrap(), &folder.path().join("a.graph")).unwrap_err().to_string()
        };
        assert_eq!(
            written((1, 1), 1.0),
            "graph: expected no loops, for which METIS has no place, found 1 loops"
        );
        assert_eq!(
            written((0, 1), 0.5),
            "weight of the edge between \"x\" and \"y\": expected a whole number, as METIS asks for, found 0.5"
        );
    }

    #[test]
    fn a_file_is_recognized_by_its_ending_and_its_first_line() {
        let folder = tempfile::tempdir().unwrap();
        for (name, content, expected) in [
            ("a.graph", "%\n3 1\n", true),
            ("a.metis", "3 1 011 2\n", true),
            ("a.graph", "\u{80}\u{2}}", false),
            ("a.txt", "3 1\n", false),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            assert_eq!(recognizes(&Sample::of(&path).unwrap()), expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            edges in prop::collection::vec((0u32..6, 0u32..6, 1u32..3), 0..8),
        ) {
            let arcs = Arcs {
                from: edges.iter().map(|edge| edge.0).collect(),
                to: edges.iter().map(|edge| edge.1).collect(),
                weights: Some(edges.iter().map(|edge| edge.2 as f32).collect()),
                meaning: ArcMeaning::Undirected,
            };
            let policy = CleaningPolicy::default();
            let dataset = RawDataset::from_arcs("a", NodeIds::counted(6), arcs).clean(&policy).unwrap();
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.graph");
            FORMAT.write(&dataset, &path).unwrap();
            let back = FORMAT.read(&path, &ReadConfig::default()).unwrap().clean(&policy).unwrap();
            prop_assert_eq!(back.graph(), dataset.graph());
        }

        #[test]
        fn no_text_makes_it_panic(text in "[0-9 \n%.-]{0,60}") {
            let _ = raw(&text);
        }
    }
}
