//! The TU collection's own form: a file for each thing that is known.

use std::path::{Path, PathBuf};

use super::Read;
use crate::arcs::ArcMeaning;
use crate::error::{Error, Place};
use crate::format::file::read_unpacked_text;
use crate::format::quoted::quoted;
use crate::graph_set::GraphSet;
use crate::memory_limit::MemoryLimit;

pub(super) fn read(folder: &Path, name: &str) -> Result<GraphSet, Error> {
    let file = |what: &str| folder.join(format!("{name}_{what}.txt"));
    let mut read = Read::default();
    let graph_of_node = read_indicator(&file("graph_indicator"), &mut read.starts)?;
    let num_graphs = read.starts.len() - 1;
    read_texts(&file("graph_labels"), (num_graphs, "graph"), |text, place| {
        read.classes.push_text(text).map_err(|fault| fault.at(place))
    })?;
    if let Some(file) = existing(file("node_labels")) {
        read_texts(&file, (graph_of_node.len(), "node"), |text, place| {
            read.tags.push_text(text).map_err(|fault| fault.at(place))
        })?;
    }
    if let Some(file) = existing(file("node_attributes")) {
        let mut num_lines = 0;
        for (line, content) in
            (1..).zip(read_unpacked_text(&file, MemoryLimit::default())?.trim_end().lines())
        {
            read.take_attributes(content.split(',').map(str::trim), Place::line(&file, line))?;
            num_lines = line;
        }
        check_count(&file, num_lines, (graph_of_node.len(), "node"))?;
    }
    read_arcs(&file("A"), &graph_of_node, &mut read)?;
    drop(graph_of_node);
    read.build(name)
}

fn existing(file: PathBuf) -> Option<PathBuf> {
    file.exists().then_some(file)
}

/// The graph of each node; leaves where each graph starts.
fn read_indicator(file: &Path, starts: &mut Vec<u32>) -> Result<Vec<u32>, Error> {
    let text = read_unpacked_text(file, MemoryLimit::default())?;
    let mut graph_of_node = Vec::new();
    for (node, content) in (0u32..).zip(text.trim_end().lines()) {
        let last = starts.len();
        let graph = content.trim().parse::<usize>().ok();
        if graph == Some(last + 1) {
            starts.push(node);
        } else if graph != Some(last) || last == 0 {
            let expected = match last {
                0 => "1, the first graph".to_string(),
                _ => format!("{last} or {}, the graph of the node before or the next", last + 1),
            };
            return Err(Error::malformed(Place::line(file, node as usize + 1), expected, quoted(content)));
        }
        graph_of_node.push(starts.len() as u32 - 1);
    }
    if graph_of_node.is_empty() {
        return Err(Error::malformed(Place::whole(file), "at least one node", "an empty file"));
    }
    starts.push(graph_of_node.len() as u32);
    Ok(graph_of_node)
}

/// A line for each of some items: a whole number, or several with commas between.
fn read_texts(
    file: &Path,
    items: (usize, &str),
    mut take: impl FnMut(&str, Place) -> Result<(), Error>,
) -> Result<(), Error> {
    let text = read_unpacked_text(file, MemoryLimit::default())?;
    let mut num_lines = 0;
    for (line, content) in (1..).zip(text.trim_end().lines()) {
        if content.split(',').any(|number| number.trim().parse::<i64>().is_err()) {
            return Err(Error::malformed(Place::line(file, line), "whole numbers", quoted(content)));
        }
        take(content.trim(), Place::line(file, line))?;
        num_lines = line;
    }
    check_count(file, num_lines, items)
}

fn check_count(file: &Path, num_lines: usize, (count, what): (usize, &str)) -> Result<(), Error> {
    if num_lines == count {
        return Ok(());
    }
    let expected = format!("{count} lines, one for each {what}");
    Err(Error::malformed(Place::whole(file), expected, num_lines.to_string()))
}

fn read_arcs(file: &Path, graph_of_node: &[u32], read: &mut Read) -> Result<(), Error> {
    let text = read_unpacked_text(file, MemoryLimit::default())?;
    read.arcs.meaning = ArcMeaning::Directed;
    let node = |field: &str| {
        let node = field.trim().parse::<u32>().ok()?.checked_sub(1)?;
        ((node as usize) < graph_of_node.len()).then_some(node)
    };
    for (line, content) in (1..).zip(text.trim_end().lines()) {
        let ends = content.split_once(',').and_then(|(from, to)| node(from).zip(node(to)));
        let Some((from, to)) = ends else {
            let expected = format!("two nodes from 1 to {} with a comma between", graph_of_node.len());
            return Err(Error::malformed(Place::line(file, line), expected, quoted(content)));
        };
        let [one, other] = [from, to].map(|node| graph_of_node[node as usize] + 1);
        if one != other {
            let found = format!("{} of graph {one} and {} of graph {other}", from + 1, to + 1);
            return Err(Error::malformed(Place::line(file, line), "two nodes of one graph", found));
        }
        read.arcs.from.push(from);
        read.arcs.to.push(to);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{is_graph_set, read_graph_set};
    use super::*;
    use ndarray::array;

    /// An edge and a path of three nodes.
    const FILES: [(&str, &str); 5] = [
        ("A", "1, 2\n2, 1\n3, 4\n4, 3\n4,5\n5,4\n"),
        ("graph_indicator", "1\n1\n2\n2\n2\n"),
        ("graph_labels", "1\n-1\n"),
        ("node_labels", "6\n8\n6\n6\n10\n"),
        ("node_attributes", "0.5, 1\n1, 2\n1, -3\n1, 4\n1, 5e1\n"),
    ];

    fn set_with(changed: &[(&str, &str)]) -> Result<GraphSet, Error> {
        let folder = tempfile::tempdir().unwrap();
        for (what, content) in FILES.iter().chain(changed) {
            std::fs::write(folder.path().join(format!("DS_{what}.txt")), content).unwrap();
        }
        assert!(is_graph_set(folder.path()).unwrap());
        read_graph_set(folder.path())
    }

    fn message(what: &str, content: &str) -> String {
        set_with(&[(what, content)]).unwrap_err().to_string()
    }

    #[test]
    fn every_file_is_read() {
        let set = set_with(&[]).unwrap();
        assert_eq!((set.name(), set.starts()), ("DS", &[0, 2, 5][..]));
        assert_eq!(set.graph(0).edges().collect::<Vec<_>>(), [(0, 1)]);
        assert_eq!(set.graph(1).edges().collect::<Vec<_>>(), [(0, 1), (1, 2)]);
        assert_eq!(set.labels().class_names(), ["-1", "1"]);
        assert_eq!(set.labels().classes(), [Some(1), Some(0)]);
        assert_eq!(set.tags().unwrap().class_names(), ["6", "8", "10"]);
        let attributes = array![[0.5, 1.0], [1.0, 2.0], [1.0, -3.0], [1.0, 4.0], [1.0, 50.0]];
        assert_eq!(set.attributes(), Some(&attributes));
        assert_eq!((set.report().edges.arcs_read, set.report().edges.reverses_added), (6, 0));
    }

    #[test]
    fn a_file_of_the_folder_stands_for_all_and_two_sets_are_too_many() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            for (what, content) in &FILES[..3] {
                std::fs::write(folder.path().join(format!("{name}_{what}.txt")), content).unwrap();
            }
        };
        write("A");
        let set = read_graph_set(&folder.path().join("A_A.txt")).unwrap();
        assert_eq!((set.name(), set.num_graphs()), ("A", 2));
        assert_eq!((set.tags(), set.attributes()), (None, None));
        write("B");
        let several = read_graph_set(folder.path()).unwrap_err().to_string();
        assert!(several.ends_with("of one DS, or one file of graphs, found several"), "{several}");
    }

    #[test]
    fn bad_lines_are_named() {
        for (what, content, expected) in [
            ("A", "1, 2\n1 2\n", ":2: expected two nodes from 1 to 5 with a comma between, found \"1 2\""),
            ("A", "0, 2\n", ":1: expected two nodes from 1 to 5 with a comma between, found \"0, 2\""),
            ("A", "6, 2\n", ":1: expected two nodes from 1 to 5 with a comma between, found \"6, 2\""),
            ("A", "1, 2\n2, 3\n", ":2: expected two nodes of one graph, found 2 of graph 1 and 3 of graph 2"),
            ("graph_indicator", "", ": expected at least one node, found an empty file"),
            ("graph_indicator", "2\n", ":1: expected 1, the first graph, found \"2\""),
            ("graph_indicator", "0\n", ":1: expected 1, the first graph, found \"0\""),
            (
                "graph_indicator",
                "1\n3\n",
                ":2: expected 1 or 2, the graph of the node before or the next, found \"3\"",
            ),
            ("graph_labels", "1\n", ": expected 2 lines, one for each graph, found 1"),
            ("graph_labels", "1\nx\n", ":2: expected whole numbers, found \"x\""),
            ("node_labels", "1\n2\n", ": expected 5 lines, one for each node, found 2"),
            ("node_attributes", "1\n2, 3\n", ":2: expected 1 attributes, as the first node has, found 2"),
            ("node_attributes", "1\nnan\n", ":2: expected finite numbers as attributes, found \"nan\""),
            ("node_attributes", "1\n2\n", ": expected 5 lines, one for each node, found 2"),
        ] {
            assert_eq!(message(what, content), format!("DS_{what}.txt{expected}"));
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for (what, content) in &FILES[..2] {
            std::fs::write(folder.path().join(format!("DS_{what}.txt")), content).unwrap();
        }
        let missing = read_graph_set(folder.path()).unwrap_err().to_string();
        assert!(
            missing.starts_with("cannot access") && missing.ends_with("DS_graph_labels.txt"),
            "{missing}"
        );
    }
}
