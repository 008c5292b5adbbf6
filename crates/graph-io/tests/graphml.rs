//! GraphML against NetworkX, whose files and reading are held by `tests/scripts/graphml_golden.py`.

use std::path::PathBuf;

use graph_io::{
    ArcMeaning, Arcs, EdgePolicy, Features, Graph, GraphMl, Labels, NodeDataset, NodeDatasetParts, NodeIds,
    Split, UnknownIds, load,
};
use ndarray::array;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/graphml").join(name)
}

#[test]
fn an_undirected_graph_of_networkx_is_read() {
    let read = GraphMl::read_raw(&fixture("networkx_undirected.graphml"), UnknownIds::Refuse).unwrap();
    assert_eq!(read.node_ids, NodeIds::from_names(["n & m", "Zoë", "3"]));
    assert_eq!(
        (read.arcs.meaning, &read.arcs.from, &read.arcs.to),
        (ArcMeaning::Undirected, &vec![0, 1], &vec![1, 2])
    );
    assert_eq!(read.arcs.weights, Some(vec![2.5, 3.0]));
    let labels = read.labels.unwrap();
    assert_eq!((labels.class_names().concat(), labels.counts()), ("catdog".to_string(), vec![2, 1]));
    // The keys stand in the order that NetworkX gives them: score, old, age.
    assert_eq!(
        read.features,
        Some(Features::Dense(array![[1.5, 1.0, 7.0], [1.0, 0.0, 2.0], [0.25, 0.0, -4.0]]))
    );
}

#[test]
fn a_directed_graph_of_networkx_is_read_and_recognized() {
    let path = fixture("networkx_directed.graphml");
    let read = GraphMl::read_raw(&path, UnknownIds::Refuse).unwrap();
    assert_eq!(
        (read.arcs.meaning, read.arcs.weights, read.features.is_none()),
        (ArcMeaning::Directed, None, true)
    );
    let dataset = load(path.to_str().unwrap(), None).unwrap();
    assert_eq!((dataset.name(), dataset.graph().num_edges()), ("networkx_directed", 2));
    let labels = dataset.labels().unwrap();
    assert_eq!(labels.class_names(), ["9", "10"]);
    assert_eq!(labels.classes(), [Some(1), Some(0), None]);
}

#[test]
fn what_is_written_is_what_networkx_was_seen_to_read() {
    let arcs =
        Arcs { weights: Some(vec![0.1, 3.0]), ..Arcs::from_pairs(&[(0, 1), (1, 2)], ArcMeaning::Undirected) };
    let (graph, _) = Graph::from_arcs(3, arcs, EdgePolicy::default()).unwrap();
    let labels = Labels::from_classes(vec![Some(0), Some(1), None], vec!["<x>".into(), "y".into()]).unwrap();
    let split = Split::from_nodes(vec![0], vec![], vec![1], &labels).unwrap();
    let features = Features::Dense(array![[0.5, 1.0], [-2.0, 0.0], [1e-45, f32::MAX]]);
    let dataset = NodeDataset::from_parts(NodeDatasetParts {
        labels: Some(labels),
        splits: vec![split],
        node_ids: NodeIds::from_names(["a & b", "Zoë", " \n"]),
        ..NodeDatasetParts::new(graph, features)
    })
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ours.graphml");
    GraphMl::write(&dataset, &path).unwrap();
    let expected = std::fs::read_to_string(fixture("ours.graphml")).unwrap();
    assert_eq!(std::fs::read_to_string(path).unwrap(), expected);
}

#[test]
fn the_samples_of_the_corpus_are_valid() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/graphml");
    let undirected = load(folder.join("undirected.graphml").to_str().unwrap(), None).unwrap();
    assert_eq!(undirected.graph().weighted_edges().collect::<Vec<_>>(), [(0, 1, 0.25), (1, 2, 1.0)]);
    assert_eq!(undirected.node_ids(), &NodeIds::from_names(["Ana & Eva", "Ben", "C"]));
    let directed = load(folder.join("directed.xml").to_str().unwrap(), None).unwrap();
    let Features::Sparse(features) = directed.features() else { panic!("every default is 0") };
    assert_eq!(features.to_dense(), array![[0.0, 0.0], [0.0, 1.5], [0.03, 0.0]]);
    assert_eq!(directed.report().edges.reverses_added, 2);
}
