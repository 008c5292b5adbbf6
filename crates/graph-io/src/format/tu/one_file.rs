//! A set of graphs in one text file, node by node.

use std::path::Path;

use super::Read;
use crate::arcs::ArcMeaning;
use crate::error::{Error, Place};
use crate::format::file::{name_of, read_unpacked_text};
use crate::format::quoted::quoted;
use crate::format::registry::Sample;
use crate::graph_set::GraphSet;
use crate::memory_limit::MemoryLimit;

/// Whether the head of a file starts as a set does, as far as its whole lines go.
pub(super) fn recognizes(sample: &Sample) -> bool {
    let end = sample.head.iter().rposition(|&byte| byte == b'\n').unwrap_or(0);
    let Ok(text) = std::str::from_utf8(&sample.head[..end]) else { return false };
    let mut lines = text.lines();
    let first_is_count =
        lines.next().is_some_and(|line| line.trim().parse::<u32>().is_ok_and(|count| count > 0));
    let mut num_nodes_left = 0;
    let mut num_graphs = 0;
    for line in lines {
        if num_nodes_left == 0 {
            let Some((num_nodes, _)) = graph_line(line) else { return false };
            num_nodes_left = num_nodes;
            num_graphs += 1;
        } else {
            if node_line(line).is_none() {
                return false;
            }
            num_nodes_left -= 1;
        }
    }
    first_is_count && num_graphs > 0
}

/// The number of nodes, at least one, and the class of a graph.
fn graph_line(line: &str) -> Option<(u32, &str)> {
    let mut fields = line.split_ascii_whitespace();
    let num_nodes = fields.next()?.parse().ok().filter(|&num_nodes| num_nodes > 0)?;
    let class = fields.next().filter(|class| class.parse::<i64>().is_ok())?;
    fields.next().is_none().then_some((num_nodes, class))
}

/// The tag of a node, and its degree, which at least as many fields follow.
fn node_line(line: &str) -> Option<(&str, usize)> {
    let mut fields = line.split_ascii_whitespace();
    let tag = fields.next().filter(|tag| tag.parse::<i64>().is_ok())?;
    let degree = fields.next()?.parse().ok()?;
    (fields.count() >= degree).then_some((tag, degree))
}

pub(super) fn read(file: &Path) -> Result<GraphSet, Error> {
    let read = read_text(file)?;
    read.build(&name_of(file)).map_err(|error| error.in_file(file))
}

fn read_text(file: &Path) -> Result<Read, Error> {
    let text = read_unpacked_text(file, MemoryLimit::default())?;
    let mut lines = (1..).zip(text.trim_end().lines());
    let mut next = |expected: &str| {
        lines.next().ok_or_else(|| Error::malformed(Place::whole(file), expected, "the end of the file"))
    };
    let malformed = |line, expected: &str, content: &str| {
        Error::malformed(Place::line(file, line), expected, quoted(content))
    };
    let (line, content) = next("the number of graphs")?;
    let num_graphs = content.trim().parse::<u32>().ok().filter(|&count| count > 0);
    let num_graphs = num_graphs.ok_or_else(|| malformed(line, "the number of graphs", content))?;
    let mut read = Read::default();
    read.arcs.meaning = ArcMeaning::Directed;
    for graph in 0..num_graphs {
        let (line, content) = next(&format!("graph {graph} of {num_graphs}"))?;
        let Some((num_nodes, class)) = graph_line(content) else {
            return Err(malformed(
                line,
                "the number of nodes, at least 1, and the class of a graph",
                content,
            ));
        };
        read.classes.push_text(class).map_err(|fault| fault.at(Place::line(file, line)))?;
        let start = read.tags.len() as u32;
        read.starts.push(start);
        for node in 0..num_nodes {
            let (line, content) = next(&format!("node {node} of the {num_nodes} of graph {graph}"))?;
            let Some((tag, degree)) = node_line(content) else {
                return Err(malformed(line, "a tag, a degree and as many neighbors", content));
            };
            read.tags.push_text(tag).map_err(|fault| fault.at(Place::line(file, line)))?;
            let mut fields = content.split_ascii_whitespace().skip(2);
            for field in fields.by_ref().take(degree) {
                let Some(to) = field.parse().ok().filter(|&to: &u32| to < num_nodes) else {
                    return Err(malformed(line, &format!("neighbors below {num_nodes}"), field));
                };
                read.arcs.from.push(start + node);
                read.arcs.to.push(start.saturating_add(to));
            }
            read.take_attributes(fields, Place::line(file, line))?;
        }
    }
    if let Some((line, content)) = lines.next() {
        return Err(malformed(line, &format!("the end after {num_graphs} graphs"), content));
    }
    read.starts.push(read.tags.len() as u32);
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::super::{is_graph_set, read_graph_set};
    use super::*;
    use ndarray::array;

    /// An edge and a path of three nodes.
    const TEXT: &str = "2\n2 2\n0 1 1\n3 1 0\n3 0\n0 1 1\n0 2 0 2\n3 1 1\n";

    fn set_of(text: &str) -> Result<GraphSet, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("DS.txt");
        std::fs::write(&path, text).unwrap();
        read_graph_set(&path)
    }

    fn is_set(text: &str) -> bool {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("DS.txt"), text).unwrap();
        assert_eq!(
            is_graph_set(folder.path()).unwrap(),
            is_graph_set(&folder.path().join("DS.txt")).unwrap()
        );
        is_graph_set(folder.path()).unwrap()
    }

    #[test]
    fn more_tags_than_a_node_can_be_of_are_refused() {
        let text = |num_nodes: usize| {
            let nodes: String = (0..num_nodes).map(|node| format!("{node} 0\n")).collect();
            format!("1\n{num_nodes} 1\n{nodes}")
        };
        assert_eq!(set_of(&text(1 << 16)).unwrap().tags().unwrap().num_classes(), 1 << 16);
        assert_eq!(
            set_of(&text((1 << 16) + 1)).unwrap_err().to_string(),
            "DS.txt:65539: expected at most 65536 classes, found one more"
        );
    }

    #[test]
    fn graphs_are_read_node_by_node() {
        let set = set_of(TEXT).unwrap();
        assert_eq!((set.name(), set.starts()), ("DS", &[0, 2, 5][..]));
        assert_eq!(set.union().edges().collect::<Vec<_>>(), [(0, 1), (2, 3), (3, 4)]);
        assert_eq!(
            (set.labels().class_names(), set.labels().class(0)),
            (&["0".into(), "2".into()][..], Some(1))
        );
        let tags = set.tags().unwrap();
        assert_eq!(tags.class_names(), ["0", "3"]);
        assert_eq!(tags.classes(), [Some(0), Some(1), Some(0), Some(0), Some(1)]);
        assert_eq!((set.attributes(), set.report().edges.arcs_read), (None, 6));
    }

    #[test]
    fn attributes_stand_behind_the_neighbors() {
        let set = set_of("1\n2 0\n0 1 1 0.5 -2\n0 1 0 1e3 4\n").unwrap();
        assert_eq!(set.attributes(), Some(&array![[0.5, -2.0], [1000.0, 4.0]]));
    }

    #[test]
    fn a_set_is_told_from_a_list_of_edges() {
        assert!(is_set(TEXT) && is_set(&TEXT.replace('\n', "\r\n")) && is_set("1\n2 0\n0 0\n0 0\n"));
        // A count before edges, edges alone, a header of two numbers.
        for text in ["5\n1 2\n2 3\n3 4\n", "0 1\n1 2\n", "3 2\n2\n1 3\n2\n", "", "7\n", "1\n0 1\n", "a b\n"] {
            assert!(!is_set(text), "{text:?}");
        }
    }

    #[test]
    fn bad_lines_are_named() {
        for (text, expected) in [
            ("", ": expected the number of graphs, found the end of the file"),
            ("x\n", ":1: expected the number of graphs, found \"x\""),
            ("2\n1 0\n0 0\n", ": expected graph 1 of 2, found the end of the file"),
            ("1\n2 0\n0 0\n", ": expected node 1 of the 2 of graph 0, found the end of the file"),
            (
                "1\n0 0\n",
                ":2: expected the number of nodes, at least 1, and the class of a graph, found \"0 0\"",
            ),
            ("1\n1 0\n0 1\n", ":3: expected a tag, a degree and as many neighbors, found \"0 1\""),
            ("1\n1 0\n0 1 1\n", ":3: expected neighbors below 1, found \"1\""),
            ("1\n2 0\n0 1 1 3\n0 1 0\n", ":4: expected 1 attributes, as the first node has, found 0"),
            ("1\n2 0\n0 1 1\n0 1 0 3\n", ":4: expected 0 attributes, as the first node has, found 1"),
            ("1\n1 0\n0 0 inf\n", ":3: expected finite numbers as attributes, found \"inf\""),
            ("1\n1 0\n0 0\n0 0\n", ":4: expected the end after 1 graphs, found \"0 0\""),
        ] {
            assert_eq!(set_of(text).unwrap_err().to_string(), format!("DS.txt{expected}"));
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_refused_or_a_set() {
        for end in 0..TEXT.len() - 1 {
            if let Err(error) = set_of(&TEXT[..end]) {
                assert!(error.to_string().starts_with("DS.txt"), "{error}");
            } else {
                // Only a cut inside the last number can go unseen, and there is none of two digits.
                panic!("{end} bytes make no set");
            }
        }
    }

    #[test]
    fn a_declared_number_of_nodes_costs_nothing() {
        let message = set_of("4000000000\n4000000000 1\n0 0\n").unwrap_err().to_string();
        assert_eq!(
            message,
            "DS.txt: expected node 1 of the 4000000000 of graph 0, found the end of the file"
        );
    }
}
