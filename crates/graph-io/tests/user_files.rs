//! Files as people have them: each is read as it is meant, or refused with the flag that helps.

use std::path::{Path, PathBuf};

use graph_io::{ColumnConfig, Header, LoadConfig, NodeDataset, load_with};

/// Files in a folder.
struct Files(tempfile::TempDir);

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        files.iter().for_each(|(name, content)| folder.write(name, content.as_bytes()));
        folder
    }

    fn write(&self, name: &str, content: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

fn load(path: &Path, config: &LoadConfig) -> Result<NodeDataset, String> {
    load_with(path.to_str().unwrap(), config).map_err(|error| error.to_string())
}

/// A file, read by what is said of its columns.
fn file_by(columns: ColumnConfig, name: &str, content: &str) -> Result<NodeDataset, String> {
    let files = Files::new(&[(name, content)]);
    load(&files.path(name), &LoadConfig { columns, ..LoadConfig::default() })
}

fn file(name: &str, content: &str) -> Result<NodeDataset, String> {
    file_by(ColumnConfig::default(), name, content)
}

/// Edges in `e.tsv` with a table of nodes.
fn table_by(columns: ColumnConfig, edges: &str, name: &str, table: &str) -> Result<NodeDataset, String> {
    let files = Files::new(&[("e.tsv", edges), (name, table)]);
    let nodes = Some(files.path(name));
    load(&files.path("e.tsv"), &LoadConfig { nodes, columns, ..LoadConfig::default() })
}

fn table(edges: &str, name: &str, content: &str) -> Result<NodeDataset, String> {
    table_by(ColumnConfig::default(), edges, name, content)
}

/// The edges, by the ids of the nodes, in the order of the nodes.
fn edges(dataset: &NodeDataset) -> Vec<(String, String)> {
    let id = |node| dataset.node_ids().get(node).into_owned();
    dataset.graph().edges().map(|(from, to)| (id(from), id(to))).collect()
}

fn pairs(edges: &[(&str, &str)]) -> Vec<(String, String)> {
    edges.iter().map(|(from, to)| (from.to_string(), to.to_string())).collect()
}

/// The class of each node by its name.
fn classes(dataset: &NodeDataset) -> Vec<Option<&str>> {
    let labels = dataset.labels().expect("labels");
    labels.classes().iter().map(|class| Some(&*labels.class_names()[(*class)? as usize])).collect()
}

fn with(header: Header) -> ColumnConfig {
    ColumnConfig { header, ..ColumnConfig::default() }
}

#[test]
fn labels_without_a_header_are_labels_from_the_first_on() {
    for edges in ["0 1\n1 2\n", "0 1\n1 2\n2 3\n"] {
        let four = table(edges, "labels.csv", "7\n5\n6\n9\n").unwrap();
        assert_eq!(classes(&four), [Some("7"), Some("5"), Some("6"), Some("9")]);
        assert_eq!(four.own_features(), None);
    }
}

#[test]
fn a_line_is_never_turned_into_a_node_in_silence() {
    let message = |content: &str| file("a.txt", content).unwrap_err();
    let lone = "(`--lone-ids node` takes such a line for a node), found 1 field";
    assert_eq!(
        file("a.tsv", "a\tb\nb c\nc\td\n").unwrap_err(),
        format!("a.tsv:2: expected two ids, as in the first edge {lone}, \"b c\"")
    );
    assert_eq!(edges(&file("a.txt", "a|b\nb|c\n").unwrap()), pairs(&[("a", "b"), ("b", "c")]));
    let signs = file("a.csv", "source,target\n#x,#y\nz,#x\n").unwrap();
    assert_eq!(edges(&signs), pairs(&[("#x", "#y"), ("#x", "z")]));
    assert_eq!(edges(&file("a.txt", "1 -> 2\n2 -> 3\n").unwrap()), pairs(&[("1", "2"), ("2", "3")]));
    assert_eq!(
        message("12 follows 34\n"),
        "a.txt:1: expected two ids and a weight; `--source 1 --target 3` passes over what stands between two ids, \
         found the word \"follows\" between two numbers"
    );
    for line in ["1->2", "a--b", "a:b", "a/b"] {
        let expected = "a.txt:1: expected two ids between blanks, tabs, commas, semicolons or bars";
        assert_eq!(message(&format!("{line}\n")), format!("{expected} {lone}, \"{line}\""));
    }
    for line in ["(0,1)", "[0, 1]", "( a b )", "[0, 1, 2]"] {
        let expected = "a.txt:1: expected two ids without brackets around them";
        assert_eq!(message(&format!("{line}\n")), format!("{expected}, found \"{line}\""));
    }
    assert_eq!(
        message("0: 1 2\n1: 2\n"),
        "a.txt:1: expected two ids; `--input-format adjacency-list` reads a node and its neighbors, found \"0: 1 2\""
    );
    assert_eq!(
        file("a.csv", "source,target\n").unwrap_err(),
        "a.csv: expected at least one edge, found a header and nothing below it"
    );
}

#[test]
fn names_of_columns_that_are_not_known_are_no_edge() {
    for (header, rows) in [
        ("citing,cited", "W1,W2\nW2,W3\n"),
        ("author1,author2", "ann,ben\nben,cy\n"),
        ("0,1", "ann,ben\nben,cy\n"),
        ("0,1", "W1,W2\nW2,W3\n"),
        ("follower,followee", "1,2\n2,3\n"),
    ] {
        let read = file("a.csv", &format!("{header}\n{rows}")).unwrap();
        assert_eq!((read.graph().num_nodes(), read.graph().num_edges()), (3, 2), "{header}");
        let remark = format!(
            "the first line, \"{header}\", read as names of columns (`--header no` reads it as an edge)"
        );
        assert_eq!(read.notes().remarks, [remark]);
    }
    let either = "expected an edge, or the names of columns, as `--header no` or `--header yes` says";
    for content in ["citing,cited\nann,ben\nben,cy\n", "author1,author2\nann,r2\nr2,cy\n"] {
        let first = content.lines().next().unwrap();
        assert_eq!(
            file("a.csv", content).unwrap_err(),
            format!("a.csv:1: {either}, found \"{first}\", whose words do not come again")
        );
        assert_eq!(file_by(with(Header::Yes), "a.csv", content).unwrap().graph().num_nodes(), 3);
        assert_eq!(file_by(with(Header::No), "a.csv", content).unwrap().graph().num_nodes(), 5);
    }
    for content in ["n1,n2\nn3,n4\n", "ann7,ben3\ncy2,dora1\n"] {
        assert_eq!(file("a.csv", content).unwrap().graph().num_nodes(), 4);
    }
    let chosen = ColumnConfig {
        source: Some("1".into()),
        target: Some("2".into()),
        weight: Some("3".into()),
        ..ColumnConfig::default()
    };
    let read = file_by(chosen, "a.csv", "citing,cited,year\nW1,W2,1999\nW2,W3,2000\n").unwrap();
    assert_eq!(edges(&read), pairs(&[("W1", "W2"), ("W2", "W3")]));
    assert!(read.notes().remarks[0].starts_with("the first line, \"citing,cited,year\", read as names"));
}

#[test]
fn weights_that_look_like_times_are_warned_of() {
    let warned = "the weights, from the third column, which has no name, look like times: `--weights ignore` passes over \
                  them";
    for content in ["1 2 1082040961\n", "1 2 2004\n2 3 1999\n", "1 2 20040131\n2 3 20051224\n"] {
        assert_eq!(file("a.txt", content).unwrap().notes().warnings, [warned], "{content}");
    }
    for content in ["1 2 2500\n2 3 1999\n", "1 2 20041331\n2 3 20051224\n", "1 2 0.5\n"] {
        assert!(file("a.txt", content).unwrap().notes().warnings.is_empty(), "{content}");
    }
}

#[test]
fn attributes_in_braces_are_read_by_name() {
    let weighted = |columns: ColumnConfig, content| {
        file_by(columns, "a.edgelist", content)
            .map(|read| read.graph().weighted_edges().map(|(_, _, weight)| weight).collect::<Vec<_>>())
    };
    let called = |name: &str| ColumnConfig { weight: Some(name.into()), ..ColumnConfig::default() };
    let none = ColumnConfig::default;
    assert_eq!(weighted(none(), "0 1 {}\n1 2 {}\n"), Ok(vec![1.0, 1.0]));
    assert_eq!(weighted(none(), "0 1 {'weight': 4}\n1 2 {'weight': 0.5}\n"), Ok(vec![4.0, 0.5]));
    let capacities = "0 1 {'capacity': 4}\n1 2 {'capacity': 3}\n";
    assert_eq!(weighted(none(), capacities), Ok(vec![1.0, 1.0]));
    assert_eq!(weighted(called("capacity"), capacities), Ok(vec![4.0, 3.0]));
    assert_eq!(
        weighted(called("cap"), capacities).unwrap_err(),
        "a.edgelist:1: expected an attribute \"cap\" (`--weight`), found \"{'capacity': 4}\""
    );
    let some = "0 1 {'weight': 4}\n1 2 {}\n";
    assert_eq!(
        weighted(none(), some).unwrap_err(),
        "a.edgelist:2: expected two ids and attributes in braces with a weight, as in the first edge; \
         `--ignore-columns weight` reads none, found \"1 2 {}\""
    );
    let ignore = ColumnConfig { ignore_columns: vec!["weight".into()], ..ColumnConfig::default() };
    assert_eq!(weighted(ignore, some), Ok(vec![1.0, 1.0]));
}
