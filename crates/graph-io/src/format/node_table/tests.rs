//! Tables as text, worked by hand.

use ndarray::{Array2, array};

use super::*;
use crate::column_config::ColumnConfig;
use crate::csr::CsrMatrix;
use crate::edge_policy::EdgePolicy;
use crate::features::Features;
use crate::graph::Graph;
use crate::labels::Labels;
use crate::node_dataset::NodeDatasetParts;
use crate::node_ids::NodeIds;
use crate::split::Split;

fn read_as(name: &str, content: &[u8]) -> Result<NodeTable, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    read_node_table(&path).map_err(|error| error.to_string())
}

fn read(content: &str) -> Result<NodeTable, String> {
    read_as("t.csv", content.as_bytes())
}

fn message(content: &str) -> String {
    read(content).unwrap_err()
}

#[test]
fn every_kind_of_column_is_read() {
    let table =
        read("age,Name,y,split,member\n31,Ana,b,train,true\n27,Ben,a,Valid,false\n-1e2,\"C, D\",,,1\n")
            .unwrap();
    assert_eq!(table.node_ids, NodeIds::from_names(["Ana", "Ben", "C, D"]));
    assert_eq!(table.features, Some(Features::Dense(array![[31.0, 1.0], [27.0, 0.0], [-100.0, 1.0]])));
    assert_eq!(table.feature_names.unwrap().iter().collect::<Vec<_>>(), ["age", "member"]);
    let labels = table.labels.unwrap();
    assert_eq!(labels.class_names(), ["a", "b"]);
    assert_eq!(labels.classes(), [Some(1), Some(0), None]);
    let [split] = &table.splits[..] else { panic!("one column, one split") };
    assert_eq!((split.train(), split.val(), split.test()), (&[0][..], &[1][..], &[][..]));
}

#[test]
fn masks_make_several_splits() {
    let content =
        "train_mask_0,test_mask_0,train_mask_1,val_mask_1,label\n1,0,True,False,7\n0,1,False,True,8\n";
    let table = read(content).unwrap();
    assert_eq!((table.node_ids.len(), table.features), (2, None));
    let sets: Vec<_> = table.splits.iter().map(|split| (split.train(), split.val(), split.test())).collect();
    assert_eq!(sets, [(&[0][..], &[][..], &[1][..]), (&[0][..], &[1][..], &[][..])]);
}

#[test]
fn the_nodes_of_a_run_are_read_back() {
    let run = "row,node_id,label,split\n0,x,\"a, b\",train\n1,y,c,\n2,z,,\n3,\"\"\"w\"\"\",c,test\n";
    let table = read(run).unwrap();
    assert_eq!(table.node_ids, NodeIds::from_names(["x", "y", "z", "\"w\""]));
    assert_eq!((table.features, table.splits[0].test()), (None, &[3][..]));
    let bare = read("row,node_id,label,split\n0,5,,\n1,3,,\n").unwrap();
    assert_eq!((bare.node_ids, bare.labels, bare.splits), (NodeIds::from_numbers(vec![5, 3]), None, vec![]));
}

#[test]
fn a_column_of_rows_that_does_not_count_is_a_feature() {
    let table = read("row,col\n0,5\n0,6\n").unwrap();
    assert_eq!(table.features, Some(Features::Dense(array![[0.0, 5.0], [0.0, 6.0]])));
    // The index that pandas writes has no name.
    let table = read(",col\n0,5\n1,6\n").unwrap();
    assert_eq!(table.features, Some(Features::Dense(array![[5.0], [6.0]])));
}

#[test]
fn mostly_zeros_are_sparse() {
    let columns: Vec<String> = (0..21).map(|column| format!("w{column}")).collect();
    let mut cells = ["0"; 21];
    cells[4] = "0.5";
    let table =
        read(&format!("{}\n{}\n{}\n", columns.join(","), cells.join(","), ["0"; 21].join(","))).unwrap();
    let expected = CsrMatrix::new((2, 21), vec![0, 1, 1], vec![4], vec![0.5]);
    assert_eq!(table.features, Some(Features::Sparse(expected)));
}

#[test]
fn missing_numbers_are_nan_and_columns_of_texts_stand_apart() {
    let table = read("id,city,age,size,note\na,Rome,3,1,\nb,,,2,\nc,Oslo,N/A,x7,\n").unwrap();
    let Some(Features::Dense(features)) = table.features else { panic!("4 of 6 values are not zero") };
    assert_eq!(features.column(0)[0], 3.0);
    assert!(features.iter().skip(1).all(|value| value.is_nan()), "{features}");
    assert_eq!(table.feature_names.unwrap().iter().collect::<Vec<_>>(), ["age", "note"]);
    // A text after numbers makes all of its column texts.
    let [city, size] = &table.text_columns[..] else { panic!("two columns of texts") };
    assert_eq!((&*city.name, city.texts.classes()), ("city", &[Some(1), None, Some(0)][..]));
    assert_eq!((&*size.name, size.texts.class_names()), ("size", &["1", "2", "x7"].map(String::from)[..]));
}

#[test]
fn a_column_with_more_texts_than_classes_may_be_is_not_used() {
    let rows: Vec<String> = (0..=1 << 16).map(|row| format!("{row},t{row}")).collect();
    let table = read(&format!("id,title\n{}\n", rows.join("\n"))).unwrap();
    assert_eq!((table.features, table.text_columns.len()), (None, 0));
    assert_eq!(table.notes.to_string(), "not used: \"title\" (more than 65536 different texts)\n");
}

#[test]
fn bad_cells_are_named_by_line_and_column() {
    assert_eq!(message("id,y\na,1\n,2\n"), "t.csv:3: expected an id in column \"id\", found an empty cell");
    assert_eq!(
        message("y,set\n1,trian\n"),
        "t.csv:2: expected train, val, test or nothing in column \"set\", found \"trian\""
    );
    assert_eq!(
        message("y,train_mask\n1,x\n"),
        "t.csv:2: expected true or false in column \"train_mask\", found \"x\""
    );
    assert_eq!(
        message("y,train_mask,val_mask\n1,1,1\n"),
        "t.csv:2: expected a node in one set of a split in column \"val_mask\", found another set"
    );
}

#[test]
fn bad_rows_and_tables_are_named() {
    assert_eq!(message(""), "t.csv: expected a header line, found an empty file");
    assert_eq!(message("id,y\n"), "t.csv: expected at least one row, found none");
    assert_eq!(message("id,y\na,1,2\n"), "t.csv:2: expected 2 cells, as in the header, found 3");
    assert_eq!(message("id,y\na,1\na,2\n"), "t.csv: expected different ids (node ids), found \"a\" twice");
    assert_eq!(
        message("id,split\na,train\n"),
        "t.csv: expected a column of labels beside that of a split, found none, or one without a label"
    );
    assert_eq!(
        message("id,y,split\na,1,train\nb,,test\n"),
        "t.csv: expected a label for every node of a split, found node \"b\" without"
    );
    assert_eq!(
        read_as("t.csv", b"id\n\xff\n").unwrap_err(),
        "t.csv, byte 3: expected UTF-8 text, found the byte 0xff"
    );
    assert!(
        read_as("t.xlsx", b"PK\x03\x04\xff")
            .unwrap_err()
            .ends_with("expected UTF-8 text, found the byte 0xff")
    );
}

#[test]
fn a_packed_table_that_is_cut_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv.gz");
    write_node_table(&dataset(), &path).unwrap();
    let packed = std::fs::read(&path).unwrap();
    for len in [3, packed.len() / 2, packed.len() - 1] {
        let message = read_as("t.csv.gz", &packed[..len]).unwrap_err();
        assert!(message.starts_with("t.csv.gz: expected gzip data, found "), "{message}");
    }
}

#[cfg(not(feature = "parquet"))]
#[test]
fn a_build_without_parquet_says_so() {
    let expected =
        "t.parquet: expected a build with the feature `parquet` for this kind of table, found one without";
    assert_eq!(read_as("t.parquet", b"PAR1").unwrap_err(), expected);
    let path = std::path::Path::new("t.parquet");
    assert_eq!(write_node_table(&dataset(), path).unwrap_err().to_string(), expected);
}

/// Three nodes in two splits, one of them without a label.
pub(super) fn dataset() -> NodeDataset {
    let (graph, _) = Graph::from_edges(3, &[(0, 1)], EdgePolicy::default()).unwrap();
    let class_names = vec!["\"c\"".into(), "a\tb".into()];
    let labels = Labels::from_classes(vec![Some(1), None, Some(0)], class_names).unwrap();
    let splits = vec![
        Split::from_nodes(vec![0], vec![], vec![2], &labels).unwrap(),
        Split::from_nodes(vec![2], vec![0], vec![], &labels).unwrap(),
    ];
    let features =
        array![[0.1, -0.0, 1e30], [f32::MIN_POSITIVE, 16_777_217.0, 3.0], [0.0, -1e-6, 0.333_333_34]];
    NodeDataset::from_parts(NodeDatasetParts {
        labels: Some(labels),
        splits,
        node_ids: NodeIds::from_names(["x,\t;y", "two\nlines", "ü"]),
        ..NodeDatasetParts::new(graph, Features::Dense(features))
    })
    .unwrap()
}

/// Forty words, of which each of 5 nodes has one; nothing else is known.
pub(super) fn sparse_dataset() -> NodeDataset {
    let (graph, _) = Graph::from_edges(5, &[(0, 1)], EdgePolicy::default()).unwrap();
    let matrix = CsrMatrix::new((5, 40), (0..=5).collect(), vec![39, 0, 7, 7, 20], vec![0.25; 5]);
    NodeDataset::from_parts(NodeDatasetParts::new(graph, Features::Sparse(matrix))).unwrap()
}

/// What is written comes back.
pub(super) fn assert_round_trip(dataset: &NodeDataset, name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    write_node_table(dataset, &path).unwrap();
    let table = read_node_table(&path).unwrap();
    assert_eq!(&table.node_ids, dataset.node_ids(), "{name}");
    assert_eq!(table.features.as_ref(), Some(dataset.features()), "{name}");
    assert_eq!(table.labels.as_ref(), dataset.labels(), "{name}");
    assert_eq!(table.splits, dataset.splits(), "{name}");
}

#[test]
fn what_is_written_as_text_comes_back() {
    for name in ["t.csv", "t.tsv", "t.txt", "t.csv.gz"] {
        assert_round_trip(&dataset(), name);
        assert_round_trip(&sparse_dataset(), name);
    }
}

#[test]
fn a_written_table_has_known_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.tsv");
    write_node_table(&dataset(), &path).unwrap();
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        "id\tlabel\tsplit\tsplit_1\tf0\tf1\tf2\n\
         \"x,\t;y\"\t\"a\tb\"\ttrain\tval\t0.1\t-0\t1e30\n\
         \"two\nlines\"\t\t\t\t1.1754944e-38\t16777216\t3\n\
         ü\t\"\"\"c\"\"\"\ttest\ttrain\t0\t-1e-6\t0.33333334\n"
    );
}

#[test]
fn names_that_would_not_come_back_are_refused() {
    let refused = |change: &dyn Fn(&mut NodeDatasetParts)| {
        let mut parts = dataset().into_parts();
        change(&mut parts);
        let path = std::path::Path::new("t.csv");
        write_node_table(&NodeDataset::from_parts(parts).unwrap(), path).unwrap_err().to_string()
    };
    assert_eq!(
        refused(&|parts| parts.node_ids = NodeIds::from_names(["a", "", "b"])),
        "node ids of a table: expected ids that are not empty, found \"\""
    );
    for names in [["nan", "a"], ["-1", "3"]] {
        assert_eq!(
            refused(&|parts| {
                let classes = parts.labels.as_ref().unwrap().classes().to_vec();
                let names = names.iter().map(|name| name.to_string()).collect();
                parts.labels = Some(Labels::from_classes(classes, names).unwrap());
            }),
            format!(
                "class names of a table: expected names that are not read as no class, found {:?}",
                names[0]
            )
        );
    }
}

#[test]
fn a_large_table_is_read_as_it_was_written() {
    let features = Array2::from_shape_fn((9000, 9), |(row, column)| (row * 31 + column) as f32 / 7.0);
    let (graph, _) = Graph::from_edges(9000, &[(0, 1)], EdgePolicy::default()).unwrap();
    let parts = NodeDatasetParts::new(graph, Features::Dense(features));
    assert_round_trip(&NodeDataset::from_parts(parts).unwrap(), "t.csv");
}

#[test]
fn tables_of_people_are_read_by_the_nodes_of_the_graph() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("labels.csv");
    let by = |config: &ColumnConfig, content: &str, ids: &[&str]| {
        std::fs::write(&path, content).unwrap();
        let config = ReadConfig { columns: config.clone(), ..ReadConfig::default() };
        read_table(
            &path,
            &config,
            KnownOfNodes { ids: Some(&NodeIds::from_names(ids)), ..KnownOfNodes::default() },
        )
        .map_err(|error| error.to_string())
    };
    let read = |content: &str, ids: &[&str]| by(&ColumnConfig::default(), content, ids).unwrap();
    // Labels of the nodes in their order: the first is none of three names of columns.
    let labels = read("7\n5\n6\n7\n", &["0", "1", "2"]);
    assert_eq!((labels.node_ids, labels.features), (NodeIds::counted(4), None));
    assert_eq!(labels.labels.unwrap().classes(), [Some(2), Some(0), Some(1), Some(2)]);
    let pairs = read("b  x\na\tx\nc y\nd y\n", &["a", "b", "c", "d"]);
    assert_eq!(pairs.node_ids, NodeIds::from_names(["b", "a", "c", "d"]));
    assert_eq!(pairs.labels.unwrap().class_names(), ["x", "y"]);
    let rows = read("b,0.5,1\na,2,3\n", &["a", "b"]);
    assert_eq!((rows.node_ids, rows.feature_names.unwrap().len()), (NodeIds::from_names(["b", "a"]), 2));
    // Blanks around an id are no part of it, unless it is in quotes.
    assert_eq!(read("id,age\nb ,1\n\" c\",2\n", &["b"]).node_ids, NodeIds::from_names(["b", " c"]));
    // What an editor shows is no class.
    let shown = read("Id,Label,age\na,Ann,1\nb,Ben,2\nc,Cy,3\n", &["a"]);
    assert_eq!(shown.labels, None);
    assert_eq!(
        shown.notes.to_string(),
        "not used: \"Label\" (names, as more than half of them differ; `--label` with the name of the column takes them for \
         classes)\n"
    );
    let chosen = ColumnConfig { label: Some("Label".into()), ..ColumnConfig::default() };
    assert_eq!(by(&chosen, "Id,Label\na,Ann\nb,Ben\n", &[]).unwrap().labels.unwrap().num_classes(), 2);
    assert_eq!(
        by(&ColumnConfig::default(), "Cy,red\nDora,blue\n", &["a"]).unwrap_err(),
        "labels.csv:1: expected names of columns, or a row of values, as `--header yes` or `--header no` says, found \
         \"Cy, red\""
    );
}

#[test]
fn a_cell_of_several_numbers_gives_a_node_several_classes() {
    let table = read("id,label\na,21 6\nb,6\nc,\n").unwrap();
    let classes = table.multi_labels.unwrap();
    assert_eq!(classes.class_names(), ["6", "21"]);
    let of_nodes: Vec<&[u32]> = (0..3).map(|node| classes.of_node(node)).collect();
    assert_eq!((of_nodes, table.labels), (vec![&[0, 1][..], &[0], &[]], None));
    // Words are one class, whatever is between them.
    assert!(read("id,label\na,New York\nb,Rome 2\nc,Rome 2\nd,Rome 2\n").unwrap().multi_labels.is_none());
}

#[test]
fn a_cell_may_hold_a_list_of_features() {
    let table = read("id,x,age,y\na,\"[0.5, 1, 2]\",7,0\nb,3 4 5,8,1\n").unwrap();
    let features = array![[0.5, 1.0, 2.0, 7.0], [3.0, 4.0, 5.0, 8.0]];
    assert_eq!(table.features, Some(Features::Dense(features)));
    assert_eq!(table.feature_names.unwrap().iter().collect::<Vec<_>>(), ["x_0", "x_1", "x_2", "age"]);
    let ragged = read("id,x,age\na,\"[1, 2]\",7\nb,[1],8\n").unwrap();
    assert_eq!(ragged.features, Some(Features::Dense(array![[7.0], [8.0]])));
    assert_eq!(ragged.text_columns[0].name, "x");
    let Some(Features::Dense(gaps)) = read("id,x\na,\nb,1 2\nc,[]\n").unwrap().features else { panic!() };
    assert_eq!((gaps.dim(), gaps.row(1).to_vec()), ((3, 2), vec![1.0, 2.0]));
    assert_eq!(gaps.iter().filter(|value| value.is_nan()).count(), 4);
}

#[test]
fn a_number_that_is_not_finite_is_no_value() {
    let Some(Features::Dense(ages)) = read("id,age\na,inf\nb,2\nc,1e39\n").unwrap().features else {
        panic!()
    };
    assert!(ages[[0, 0]].is_nan() && ages[[1, 0]] == 2.0 && ages[[2, 0]].is_nan());
}
