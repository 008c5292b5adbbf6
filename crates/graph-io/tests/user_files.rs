//! Files as people have them: each is read as it is meant, or refused with the flag that helps.

#![expect(clippy::unwrap_used, reason = "all of it is tests")]

use std::path::{Path, PathBuf};

use graph_io::{
    CleaningPolicy, ColumnConfig, ColumnPolicy, EdgeSource, Features, Header, LoadConfig, MissingValues,
    NodeDataset, embedding, load_with,
};

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

fn ids(dataset: &NodeDataset) -> Vec<String> {
    dataset.node_ids().iter().map(|id| id.into_owned()).collect()
}

/// The class of each node by its name.
#[track_caller]
fn classes(dataset: &NodeDataset) -> Vec<Option<&str>> {
    let labels = dataset.labels().expect("labels");
    labels.classes().iter().map(|class| Some(&*labels.class_names()[(*class)? as usize])).collect()
}

fn feature_names(dataset: &NodeDataset) -> Vec<&str> {
    dataset.feature_names().map(|names| names.iter().collect()).unwrap_or_default()
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

#[test]
fn ids_of_a_table_are_found_by_what_they_are() {
    let path = "0 1\n1 2\n2 3\n";
    let rows = "3,7\n1,5\n2,7\n0,5\n";
    let expected = [Some("7"), Some("5"), Some("7"), Some("5")];
    for (name, content) in [
        ("n.csv", rows.to_string()),
        ("n.txt", rows.replace(',', " ")),
        ("n.txt", rows.replace(',', "  ")),
        ("n.csv", format!("id,label\n{rows}")),
    ] {
        let read = table(path, name, &content).unwrap();
        assert_eq!(
            (ids(&read), classes(&read)),
            (["3", "1", "2", "0"].map(String::from).to_vec(), expected.to_vec())
        );
        assert_eq!(edges(&read), pairs(&[("3", "2"), ("1", "2"), ("1", "0")]));
    }
    // A column that no name makes one of ids.
    let read = table(path, "n.csv", &format!("paper,year\n{rows}")).unwrap();
    assert_eq!((ids(&read)[0].as_str(), feature_names(&read)), ("3", vec!["year"]));
    let remark = "column \"paper\" read as the ids of nodes, as its cells are (`--id` names another)";
    assert_eq!(read.notes().remarks, [remark]);
    let read = table("a b\nb c\n", "n.csv", "age,who\n3,c\n4,b\n5,a\n").unwrap();
    assert_eq!((ids(&read).concat().as_str(), feature_names(&read)), ("cba", vec!["age"]));
    // Numbers that are nodes but come twice are values.
    let read = table(path, "n.csv", "1,0,1\n0,1,1\n1,1,0\n0,0,1\n").unwrap();
    assert_eq!((ids(&read).concat().as_str(), read.own_features().unwrap().d_input()), ("0123", 3));
    let told =
        "no names of columns in the first line (`--header yes` says otherwise); columns 1 to 3: features";
    assert_eq!(read.notes().remarks, [told]);
    let read = table(path, "n.csv", "0,0.5\n1,0.25\n2,1\n3,2\n").unwrap();
    assert_eq!((read.labels(), read.own_features().unwrap().d_input()), (None, 1));
    let told =
        "no names of columns in the first line (`--header yes` says otherwise); columns 1: ids, 2: features";
    assert_eq!(read.notes().remarks, [told]);
    // Rows in the order of nodes that are counted from 1.
    let read = table("1 2\n2 3\n3 4\n", "labels.txt", "a\nb\na\nb\n").unwrap();
    assert_eq!((ids(&read).concat().as_str(), classes(&read)[3]), ("1234", Some("b")));
    assert_eq!(
        table(path, "n.csv", "kind\na\nb\na\nb\n").unwrap_err(),
        "n.csv:1: expected names of columns, or a row of values, as `--header yes` or `--header no` says, found \"kind\""
    );
    assert_eq!(
        table("a b\nb c\n", "n.csv", "who,age\nd,3\ne,4\n").unwrap_err(),
        "n.csv: expected nodes of the node table, whose rows are numbered from 0 where no column of ids is found (`--id`); \
         `--unknown-ids skip` leaves out other edges (edge 0), found \"a\""
    );
    let chosen = ColumnConfig { id: Some("2".into()), label: Some("age".into()), ..ColumnConfig::default() };
    let read = table_by(chosen, "a b\n", "n.csv", "age,who\n3,b\n3,a\n").unwrap();
    assert_eq!((ids(&read).concat().as_str(), classes(&read)), ("ba", vec![Some("3"), Some("3")]));
}

#[test]
fn where_nodes_are_drawn_is_no_feature_and_no_class() {
    let reason = "how nodes are drawn; `--use-columns` uses it";
    let unused = |read: &NodeDataset| {
        let of_reason = read.notes().unused_columns.iter().filter(|column| column.reason == reason);
        of_reason.map(|column| column.name.clone()).collect::<Vec<_>>()
    };
    let nodes = "id,x,y,size,age\na,1,2,3,30\nb,2,3,4,40\n";
    let read = table("a b\n", "n.csv", nodes).unwrap();
    assert_eq!(
        (feature_names(&read), read.labels(), unused(&read)),
        (vec!["age"], None, names(["x", "y", "size"]))
    );
    let chosen = ColumnConfig { use_columns: names(["x", "y"]), ..ColumnConfig::default() };
    assert_eq!(feature_names(&table_by(chosen, "a b\n", "n.csv", nodes).unwrap()), ["x", "y"]);
    // Beside a list of features, or without x, y is the class.
    for nodes in ["id,x,y\na,\"[1, 2]\",0\nb,\"[3, 4]\",0\n", "id,size,y\na,1,0\nb,3,0\n"] {
        let read = table("a b\n", "n.csv", nodes).unwrap();
        assert_eq!(classes(&read), [Some("0"), Some("0")]);
    }
    let keys = ["x", "y", "size", "r", "g", "b", "age"];
    let header: String = keys.iter().map(|key| key_of(key, "double")).collect();
    let values: String = keys.iter().map(|key| format!("<data key=\"{key}\">1</data>")).collect();
    let bio = format!("{}{}", key_of("bio", "string"), key_of("label", "string"));
    let node = |id: &str| {
        format!(
            "<node id=\"{id}\">{values}<data key=\"bio\">hi</data><data key=\"label\">{id}!</data></node>"
        )
    };
    let content =
        graphml(&(header + &bio), &format!("{}{}<edge source=\"a\" target=\"b\"/>", node("a"), node("b")));
    let read = file("a.graphml", &content).unwrap();
    assert_eq!(
        (feature_names(&read), unused(&read)),
        (vec!["age"], names(["x", "y", "size", "r", "g", "b"]))
    );
    assert!(read.notes().to_string().contains("not used: \"bio\" (text; `--text-columns one-hot` uses it)"));
    let is_label = |line: &&str| line.contains("\"label\"");
    assert_eq!(read.notes().to_string().lines().filter(is_label).count(), 1, "said once");
    let other = ColumnConfig { ignore_columns: names(["agee"]), ..ColumnConfig::default() };
    assert!(
        file_by(other, "a.graphml", &content).unwrap_err().contains("called \"agee\" (`--ignore-columns`)")
    );
}

fn names<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(String::from).to_vec()
}

fn key_of(name: &str, kind: &str) -> String {
    format!("<key id=\"{name}\" for=\"node\" attr.name=\"{name}\" attr.type=\"{kind}\"/>")
}

fn graphml(keys: &str, content: &str) -> String {
    format!(
        "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">{keys}<graph edgedefault=\"undirected\">{content}</graph>\
         </graphml>"
    )
}

#[test]
fn a_weight_that_some_edges_lack_is_refused_with_the_flag_that_helps() {
    let key = "<key id=\"weight\" for=\"edge\" attr.name=\"weight\" attr.type=\"double\"/>";
    let content = graphml(
        key,
        "<node id=\"a\"/><node id=\"b\"/><edge source=\"a\" target=\"b\"><data key=\"weight\">2</data></edge>\
         <edge source=\"b\" target=\"b\"/>",
    );
    assert_eq!(
        file("a.graphml", &content).unwrap_err(),
        "a.graphml:1: expected a weight, as other edges have; `--ignore-columns weight` reads no weights, found none and no \
         default"
    );
    let ignore = ColumnConfig { ignore_columns: names(["weight"]), ..ColumnConfig::default() };
    assert!(file_by(ignore, "a.graphml", &content).unwrap().graph().is_unweighted());
}

#[test]
fn a_name_or_a_banner_that_says_a_format_decides() {
    let single = "%MatrixMarket matrix coordinate real general\n3 3 2\n1 2 1\n2 3 1\n";
    for name in ["a.mtx", "a.txt", "a.edges"] {
        assert_eq!(
            file(name, single).unwrap_err(),
            format!(
                "{name}:1: expected %%MatrixMarket matrix, a storage, a field and a symmetry, found \"%MatrixMarket matrix \
                 coordinate real gen\"…"
            )
        );
    }
    for name in ["a.graphml", "a.gexf", "a.gml", "a.graph", "a.net", "a.mat", "a.npz", "a.npy", "a.json"] {
        let message = file(name, "1 2\n2 3\n").unwrap_err();
        assert!(message.starts_with(name) && !message.contains("no known format"), "{message}");
    }
    assert_eq!(
        file("a.data", "a b\n").unwrap_err(),
        "a.data: expected a graph in a format of `g2r data formats`, which `--input-format NAME` says where no name does, \
         found a file of no known format"
    );
}

#[test]
fn settings_of_columns_that_say_nothing_about_a_file_are_refused() {
    let columns = |name: &str| ColumnConfig { label: Some(name.into()), ..ColumnConfig::default() };
    assert_eq!(
        file_by(columns("team"), "a.csv", "source,target,team\na,b,x\n").unwrap_err(),
        "`--label`: expected a table of nodes (`--nodes`) that it is a column of, found edge-list alone"
    );
    let columns = ColumnConfig { source: Some("a".into()), ..ColumnConfig::default() };
    assert_eq!(
        file_by(columns, "a.adjlist", "a b\n").unwrap_err(),
        "`--source`: expected a list of edges that it is a column of, found adjacency-list"
    );
}

#[test]
fn names_that_editors_show_are_no_classes() {
    let edges = "0 1\n1 2\n2 3\n";
    let people = "0,Ann\n1,Ben\n2,Cy\n3,Dora\n";
    let by = |label: Option<&str>, content: &str| {
        let columns = ColumnConfig { label: label.map(String::from), ..ColumnConfig::default() };
        table_by(columns, edges, "n.csv", content).unwrap()
    };
    let named = format!("Id,Label\n{people}");
    for content in [&named, people] {
        let read = by(None, content);
        assert_eq!(read.labels(), None);
        assert!(
            read.notes().unused_columns[0]
                .reason
                .starts_with("names, as more than half of them differ; `--label`")
        );
    }
    for (label, content) in [("Label", &*named), ("2", people)] {
        assert_eq!(classes(&by(Some(label), content))[3], Some("Dora"));
    }
    assert_eq!(by(None, "Id,Label\n0,a\n1,b\n2,a\n3,b\n").labels().unwrap().num_classes(), 2);
}

#[test]
fn every_end_of_a_line_is_one_everywhere() {
    for end in ["\n", "\r\n", "\r"] {
        let lines = |lines: &[&str]| lines.concat().replace('|', end);
        for (name, content) in [
            ("a.txt", "0 1|1 2|"),
            ("a.txt", "0 1|1 2"),
            ("a.csv", "source,target|0,1|1,2|"),
            ("a.mtx", "%%MatrixMarket matrix coordinate pattern general|3 3 2|1 2|2 3|"),
            ("a.graph", "3 2|2|1 3|2|"),
            ("a.net", "*Vertices 3|1 \"a\"|2 \"b\"|3 \"c\"|*Edges|1 2|2 3|"),
            (
                "a.gml",
                "graph [| node [ id 1 ]| node [ id 2 ]| node [ id 3 ]|edge [ source 1 target 2 ]|edge [ source 2 target 3 ]|]|",
            ),
            ("a.adjlist", "a b|b c|"),
        ] {
            let read = file(name, &lines(&[content])).unwrap();
            assert_eq!((read.graph().num_nodes(), read.graph().num_edges()), (3, 2), "{name} {end:?}");
        }
        let read = table("0 1\n1 2\n", "n.csv", &lines(&["id,class|0,a|1,a|2,b|"])).unwrap();
        assert_eq!(classes(&read), [Some("a"), Some("a"), Some("b")]);
        let folder =
            Files::new(&[("t.content", &*lines(&["a\t1\tX|b\t0\tY|"])), ("t.cites", &*lines(&["a\tb|"]))]);
        assert_eq!(load(folder.0.path(), &LoadConfig::default()).unwrap().graph().num_edges(), 1);
        for (name, content) in [("z.csv", "id,e0,e1|a,1,2|b,3,4|"), ("z.vec", "2 2|a 1 2|b 3 4|")] {
            let files = Files::new(&[(name, &*lines(&[content]))]);
            let read = embedding::read(&files.path(name)).unwrap();
            assert_eq!((read.ids().get(1).into_owned(), read.rows()[[1, 1]]), ("b".into(), 4.0));
        }
    }
}

#[test]
fn one_rule_trims_ids_of_edges_and_tables() {
    for (edges, nodes) in [
        ("source,target\na,b \nb ,c\n", "id,label\na,x\nb ,x\n c,y\n"),
        ("source,target\na,\"b\"\n\"b\" ,c\n", "id,label\na,x\n\"b\" ,x\n c,y\n"),
    ] {
        let read = table(edges, "n.csv", nodes).unwrap();
        assert_eq!(ids(&read).concat(), "abc");
    }
    let quoted =
        table("source,target\na,\"b \"\n\"b \",c\n", "n.csv", "id,label\na,x\n\"b \",x\nc,y\n").unwrap();
    assert_eq!(ids(&quoted), names(["a", "b ", "c"]));
}

#[test]
fn one_column_that_cannot_be_used_refuses_no_file() {
    let nodes =
        "id,class,age,city,far,list,odd\n0,a,1,x,1,\"[1, 2]\",21 6\n1,b,,y,inf,,6\n2,a,3,,2,\"[3, 4]\",7\n";
    let edges = "0 1\n1 2\n";
    let read = table(edges, "n.csv", nodes).unwrap();
    assert_eq!((read.own_features(), classes(&read)), (None, vec![Some("a"), Some("b"), Some("a")]));
    let notes = read.notes().to_string();
    assert!(
        notes.contains("not used: \"age\", \"far\", \"list_0\", \"list_1\" (no value for 1 of 3 nodes; "),
        "{notes}"
    );
    assert!(
        notes.contains("not used: \"city\", \"odd\" (text; `--text-columns one-hot` uses it)"),
        "{notes}"
    );
    let files = Files::new(&[("e.tsv", edges), ("n.csv", nodes)]);
    let columns = ColumnPolicy { missing_values: MissingValues::Mean, ..ColumnPolicy::default() };
    let config = LoadConfig {
        nodes: Some(files.path("n.csv")),
        cleaning: CleaningPolicy { columns, ..CleaningPolicy::default() },
        ..LoadConfig::default()
    };
    let read = load(&files.path("e.tsv"), &config).unwrap();
    let Some(Features::Dense(features)) = read.own_features() else { panic!("few zeros") };
    assert_eq!(features.row(1).to_vec(), [2.0, 1.5, 2.0, 3.0]);
}

#[test]
fn embeddings_of_other_programs_are_read() {
    let read = |name: &str, content: &str| {
        let files = Files::new(&[(name, content)]);
        let read = embedding::read(&files.path(name)).unwrap();
        (read.ids().iter().map(|id| id.into_owned()).collect::<Vec<_>>(), read.rows().dim())
    };
    let two = |ids: [&str; 2]| (names(ids), (2, 2));
    for (name, content) in [
        ("z.emb", "2 2\n0 1 2\n1 3 4\n"),
        ("z.embeddings", "0 1 2\n1 3 4\n"),
        ("z.csv", "id,x_0,x_1\n0,1,2\n1,3,4\n"),
        ("z.csv", ",0,1\n0,.1,.2\n1,.3,.4\n"),
        ("z.csv", "0.1,0.2\n0.3,0.4\n"),
        ("z.tsv", "0\t0.1\t0.2\n1\t0.3\t0.4\n"),
        ("z.txt", "0 0.1 0.2\n1 0.3 0.4\n"),
    ] {
        assert_eq!(read(name, content), two(["0", "1"]), "{content}");
    }
    assert_eq!(read("z.txt", "2 2\nNew York 1 2\nb 3 4\n"), two(["New York", "b"]));
    assert_eq!(read("z.vec", "2 2\nNew York 1 2\nb 3 4\n"), two(["New York", "b"]));
}

#[test]
fn nodes_without_a_line_and_texts_in_utf_16_are_read() {
    let with_nodes = |num_nodes| ColumnConfig { num_nodes: Some(num_nodes), ..ColumnConfig::default() };
    assert_eq!(file_by(with_nodes(5), "a.txt", "0 1\n1 2\n").unwrap().graph().num_isolated(), 2);
    assert_eq!(ids(&file_by(with_nodes(4), "a.txt", "1 2\n2 4\n").unwrap()).concat(), "1234");
    let utf16 =
        |text: &str| format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let files = Files::new(&[]);
    files.write("a.csv", &utf16("source,target\r\nä,b\r\n"));
    files.write("n.csv", &utf16("id,class\nb,x\nä,x\n"));
    let config = LoadConfig { nodes: Some(files.path("n.csv")), ..LoadConfig::default() };
    assert_eq!(ids(&load(&files.path("a.csv"), &config).unwrap()).concat(), "bä");
}

#[test]
fn parts_of_a_folder_are_text_too() {
    let edges = ("edges.tsv", "0 1\n1 2\n2 3\n");
    let read = |files: &[(&str, &str)]| {
        let folder = Files::new(&[&[edges], files].concat());
        load(folder.0.path(), &LoadConfig::default())
    };
    let features = "0.1 0.2\n0.3 0.4\n0.5 0.6\n0.7 0.8\n";
    let lists = [("train.txt", "0\n"), ("val.txt", "1\n"), ("test.txt", "2\n3\n")];
    let whole =
        read(&[&[("features.txt", features), ("labels.txt", "7\n5\n7\n5\n")], &lists[..]].concat()).unwrap();
    assert_eq!(classes(&whole), [Some("7"), Some("5"), Some("7"), Some("5")]);
    assert_eq!(whole.own_features().unwrap().d_input(), 2);
    let split = whole.split().unwrap();
    assert_eq!((split.train(), split.val(), split.test()), (&[0][..], &[1][..], &[2, 3][..]));
    // By id, in any order, of some of the nodes.
    let some = read(&[("labels.csv", "2,b\n0,a\n"), ("features.csv", "id,f\n3,9\n2,8\n1,7\n0,6\n")]).unwrap();
    assert_eq!(ids(&some).concat(), "3210");
    assert_eq!(classes(&some), [None, Some("b"), None, Some("a")]);
    let nodes = ("nodes.csv", "id,age\n1,10\n0,20\n3,30\n2,40\n");
    let both = read(&[nodes, ("features.csv", "id,f\n3,9\n2,8\n1,7\n0,6\n"), ("labels.csv", "a\nb\na\nb\n")])
        .unwrap();
    assert_eq!((ids(&both).concat().as_str(), feature_names(&both)), ("1032", vec!["f"]));
    let Some(Features::Dense(values)) = both.own_features() else { panic!("few zeros") };
    assert_eq!(values.column(0).to_vec(), [7.0, 6.0, 9.0, 8.0]);
    assert_eq!(
        read(&[nodes, ("features.csv", "id,f\n3,9\n2,8\n")]).unwrap_err(),
        "features.csv: expected a row for each node of the table of nodes, found none for \"1\""
    );
}

#[test]
fn an_array_of_pairs_of_whole_numbers_is_a_graph_and_no_embedding() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/numpy");
    for name in ["pairs.npy", "ends.npy"] {
        let path = fixtures.join(name);
        assert!(!embedding::is_embedding(&path).unwrap());
        assert_eq!(load(&path, &LoadConfig::default()).unwrap().graph().num_edges(), 2);
    }
    assert!(embedding::is_embedding(&fixtures.join("features_fortran.npy")).unwrap());
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_once_or_refused() {
    let files = Files::new(&[]);
    let pipe = files.path("edges.txt");
    let make = || assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    make();
    let name = pipe.to_str().unwrap();
    assert_eq!(
        load(&pipe, &LoadConfig::default()).unwrap_err(),
        "edges.txt: expected a file, or a pipe of edges with `--input-format edge-list`, found what can be read only once"
    );
    assert!(graph_io::names_graph_set(name).is_err() && embedding::is_embedding(&pipe).is_err());
    for content in ["0 1\n1 2\n", "a b\nb c\n"] {
        let (path, text) = (pipe.clone(), content.to_string());
        let writer = std::thread::spawn(move || std::fs::write(path, text).unwrap());
        let config = LoadConfig { format: Some("edge-list".into()), ..LoadConfig::default() };
        assert_eq!(load(&pipe, &config).unwrap().graph().num_edges(), 2);
        writer.join().unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_utf_8_are_read() {
    use std::os::unix::ffi::OsStrExt;
    let files = Files::new(&[("e.tsv", "0 1\n1 2\n")]);
    let nodes = files.0.path().join(std::ffi::OsStr::from_bytes(b"n\xff.csv"));
    std::fs::write(&nodes, "id,class\n0,a\n1,b\n2,a\n").unwrap();
    let config = LoadConfig { nodes: Some(nodes), ..LoadConfig::default() };
    assert_eq!(classes(&load(&files.path("e.tsv"), &config).unwrap()), [Some("a"), Some("b"), Some("a")]);
    // A folder with such a name in it.
    let folder = Files::new(&[("edges.tsv", "0 1\n1 2\n")]);
    std::fs::write(folder.0.path().join(std::ffi::OsStr::from_bytes(b"x\xff.csv")), "?").unwrap();
    assert_eq!(load(folder.0.path(), &LoadConfig::default()).unwrap().graph().num_edges(), 2);
}

#[test]
fn a_table_or_an_array_of_samples_is_a_graph_without_edges() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/samples");
    let without_edges = LoadConfig { edges: EdgeSource::None, ..LoadConfig::default() };
    let iris = load(&samples.join("iris.csv"), &without_edges).unwrap();
    assert_eq!((iris.name(), iris.graph().num_nodes(), iris.graph().num_edges()), ("iris", 150, 0));
    assert_eq!(iris.features().d_input(), 4);
    assert_eq!(iris.labels().unwrap().class_names(), ["setosa", "versicolor", "virginica"]);
    let digits = load(&samples.join("digits.csv.gz"), &without_edges).unwrap();
    assert_eq!((digits.graph().num_nodes(), digits.features().d_input()), (1797, 64));
    assert_eq!(digits.labels().unwrap().num_classes(), 10);

    let files = Files::new(&[("labels.csv", "id,label\n1,b\n0,a\n")]);
    let matrix = ndarray::array![[1.0, 0.5], [2.0, 0.0]];
    graph_io::format::write_matrix(&matrix, &files.path("x.npy")).unwrap();
    let config = LoadConfig { nodes: Some(files.path("labels.csv")), ..without_edges.clone() };
    let array = load(&files.path("x.npy"), &config).unwrap();
    let Features::Dense(rows) = array.features() else { panic!("an array stays dense") };
    assert_eq!(*rows, ndarray::array![[2.0, 0.0], [1.0, 0.5]], "rows follow the ids of the table");

    let config = LoadConfig { format: Some("edge-list".into()), ..without_edges.clone() };
    let message = load(&samples.join("iris.csv"), &config).unwrap_err();
    assert_eq!(message, "`--input-format`: expected a graph to read, found `--edges none`");
    let message = load_with("karate", &without_edges).unwrap_err().to_string();
    assert!(message.contains("`edges` = \"none\"") && message.contains("karate"), "{message}");
}
