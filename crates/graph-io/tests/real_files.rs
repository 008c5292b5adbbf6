//! Holds the embedded data sets and the readers to the public files, in the folder that `GRAPH_IO_DATA` names:
//! `planetoid/`, `cora_lbc/`, `amazon/`, `coauthor/` and `tu/` in it, and `cora_planetoid_order.tsv`. Without it these tests
//! say so and pass.

use std::path::PathBuf;

use sha2::{Digest, Sha256};

use graph_io::datasets::{self, Origin, Task};
use graph_io::{
    Features, GraphSummary, Linqs, NodeDataset, Planetoid, Split, is_graph_set, load, load_graph_set,
    read_graph_set,
};

/// The folder of public files, or a line on stderr that says why the test is skipped.
fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("GRAPH_IO_DATA").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: GRAPH_IO_DATA does not name a folder with the public files");
    }
    folder
}

fn words(dataset: &NodeDataset) -> &graph_io::CsrMatrix {
    match dataset.features() {
        Features::Sparse(matrix) => matrix,
        Features::Dense(_) => panic!("bags of words are sparse"),
    }
}

#[test]
fn embedded_cora_equals_its_planetoid_files() {
    let Some(data) = data() else { return };
    let embedded = load("cora", None).unwrap();
    let read = Planetoid::read(&data.join("planetoid"), "cora").unwrap();
    assert_eq!(embedded.features(), read.features());
    assert_eq!(embedded.graph(), read.graph());
    assert_eq!(embedded.labels().unwrap().classes(), read.labels().unwrap().classes());
    assert_eq!(embedded.split(), read.split());
}

#[test]
fn embedded_cora_equals_its_linqs_files_in_planetoid_order() {
    let Some(data) = data() else { return };
    let embedded = load("cora", None).unwrap();
    let linqs = Linqs::read(&data.join("cora_lbc"), "cora").unwrap();
    assert_eq!(embedded.report(), linqs.report());
    let order = std::fs::read_to_string(data.join("cora_planetoid_order.tsv")).unwrap();
    let (mut old_nodes, mut sets) = (Vec::new(), [vec![], vec![], vec![]]);
    for (node, line) in (0u32..).zip(order.lines().skip(1)) {
        let fields: Vec<&str> = line.split('\t').collect();
        assert_eq!(fields[0], node.to_string());
        assert_eq!(embedded.node_ids().get(node), fields[1]);
        let old = linqs.node_ids().iter().position(|id| id == fields[1]).unwrap() as u32;
        for dataset in [(&embedded, node), (&linqs, old)] {
            let labels = dataset.0.labels().unwrap();
            let class = labels.class(dataset.1).unwrap();
            assert_eq!(labels.class_names()[class as usize], fields[2]);
        }
        if let Some(set) = ["train", "val", "test"].iter().position(|&set| set == fields[3]) {
            sets[set].push(node);
        }
        old_nodes.push(old);
    }
    assert_eq!(old_nodes.len(), 2708);
    let [train, val, test] = sets;
    let split = Split::from_nodes(train, val, test, embedded.labels().unwrap()).unwrap();
    assert_eq!(embedded.split(), Some(&split));

    let row = |dataset: &NodeDataset, node: u32| {
        let range = words(dataset).indptr().outer_inds_sz(node as usize);
        (words(dataset).indices()[range.clone()].to_vec(), words(dataset).data()[range].to_vec())
    };
    for (node, &old) in (0u32..).zip(&old_nodes) {
        assert_eq!(row(&embedded, node), row(&linqs, old), "words of node {node}");
        let mut neighbors: Vec<u32> =
            embedded.graph().neighbors(node).iter().map(|&to| old_nodes[to as usize]).collect();
        neighbors.sort_unstable();
        assert_eq!(neighbors, linqs.graph().neighbors(old), "neighbors of node {node}");
    }
}

#[test]
fn embedded_citeseer_equals_its_planetoid_files_in_every_part() {
    let Some(data) = data() else { return };
    let read = Planetoid::read(&data.join("planetoid"), "citeseer").unwrap();
    assert_eq!(load("citeseer", None).unwrap(), read);
}

#[test]
fn the_planetoid_files_have_the_published_counts() {
    let Some(data) = data() else { return };
    // nodes, columns, nonzeros, classes, list entries, duplicates, loops, edges, components, training nodes
    for (name, counts) in [
        ("cora", [2708, 1433, 49_216, 7, 10_858, 302, 0, 5278, 78, 140]),
        ("citeseer", [3327, 3703, 105_165, 6, 9464, 236, 124, 4552, 438, 120]),
        ("pubmed", [19_717, 500, 988_031, 3, 88_676, 25, 3, 44_324, 1, 60]),
    ] {
        let summary = GraphSummary::of(&Planetoid::read(&data.join("planetoid"), name).unwrap());
        let split = summary.split.unwrap();
        let found = [
            summary.num_nodes,
            summary.features.d_input,
            summary.features.num_nonzeros,
            summary.labels.unwrap().classes.len(),
            summary.report.edges.arcs_read,
            summary.report.edges.duplicates_merged,
            summary.report.edges.loops_dropped,
            summary.num_edges,
            summary.num_components,
            split.train,
        ];
        assert_eq!(found, counts, "{name}");
        assert_eq!((split.val, split.test, summary.report.edges.reverses_added), (500, 1000, 0), "{name}");
    }
}

#[test]
fn pubmed_keeps_its_raw_weights_and_is_found_in_the_raw_folder() {
    let Some(data) = data() else { return };
    let pubmed = load("pubmed", Some(&data)).unwrap();
    assert_eq!(pubmed, load("pubmed", Some(&data.join("planetoid"))).unwrap());
    let largest = words(&pubmed).data().iter().copied().fold(0.0, f32::max);
    assert!((largest - 1.263).abs() < 1e-3, "{largest}");
}

#[test]
fn a_path_to_one_file_reads_the_whole_data_set() {
    let Some(data) = data() else { return };
    let path = data.join("planetoid/ind.citeseer.ally");
    assert_eq!(load(path.to_str().unwrap(), None).unwrap(), load("citeseer", None).unwrap());
    let several = load(data.join("planetoid").to_str().unwrap(), None).unwrap_err().to_string();
    assert!(several.ends_with("found citeseer, cora, pubmed"), "{several}");
    let linqs = load(data.join("cora_lbc").to_str().unwrap(), None).unwrap();
    assert_eq!((linqs.graph().num_edges(), linqs.split()), (5278, None));
}

#[test]
fn every_cut_of_a_real_pickle_is_refused() {
    let Some(data) = data() else { return };
    let folder = tempfile::tempdir().unwrap();
    for suffix in Planetoid::SUFFIXES {
        let file = format!("ind.cora.{suffix}");
        std::fs::copy(data.join("planetoid").join(&file), folder.path().join(file)).unwrap();
    }
    assert!(Planetoid::read(folder.path(), "cora").is_ok());
    let path = folder.path().join("ind.cora.x");
    let whole = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    for len in (0..whole.len()).step_by(1009).chain(whole.len() - 40..whole.len()) {
        std::fs::write(&path, &whole[..len]).unwrap();
        let message = Planetoid::read(folder.path(), "cora").unwrap_err().to_string();
        assert!(message.starts_with("ind.cora.x, byte "), "{len}: {message}");
    }
}

#[test]
fn the_npz_files_have_the_published_counts() {
    let Some(data) = data() else { return };
    // nodes, columns, classes, stored entries, edges, isolated nodes
    for (file, counts) in [
        ("amazon/amazon_electronics_computers.npz", [13_752, 767, 10, 287_209, 245_861, 281]),
        ("amazon/amazon_electronics_photo.npz", [7650, 745, 8, 143_663, 119_081, 115]),
        ("coauthor/ms_academic_cs.npz", [18_333, 6805, 15, 163_788, 81_894, 0]),
        ("coauthor/ms_academic_phy.npz", [34_493, 8415, 5, 495_924, 247_962, 0]),
    ] {
        let dataset = load(data.join(file).to_str().unwrap(), None).unwrap();
        let graph = dataset.graph();
        let found = [
            graph.num_nodes(),
            words(&dataset).cols(),
            dataset.labels().unwrap().num_classes(),
            dataset.report().edges.arcs_read,
            graph.num_edges(),
            graph.num_isolated(),
        ];
        assert_eq!(found, counts, "{file}");
        assert!(graph.is_unweighted(), "{file}");
        let reverses_added = dataset.report().edges.reverses_added;
        assert_eq!(reverses_added == 0, file.starts_with("coauthor"), "{file}");
        assert_eq!(dataset.node_ids().are_counted(), file.starts_with("amazon"), "{file}");
    }
}

#[test]
fn the_tu_sets_have_the_published_counts() {
    let Some(data) = data() else { return };
    // graphs, classes with their sizes, mean nodes and edges, tags
    for (file, num_graphs, classes, mean_nodes, mean_edges, num_tags) in [
        ("mutag/MUTAG.txt", 188, "0 63, 2 125", "17.93", "19.79", 7),
        ("proteins/PROTEINS.txt", 1113, "0 663, 1 450", "39.06", "72.82", 3),
        ("nci1/NCI1.txt", 4110, "0 2053, 1 2057", "29.87", "32.30", 37),
        ("imdbbinary/IMDBBINARY.txt", 1000, "0 500, 1 500", "19.77", "96.53", 1),
    ] {
        let path = data.join("tu").join(file);
        assert!(is_graph_set(&path).unwrap(), "{file}");
        let set = read_graph_set(&path).unwrap();
        let summary = set.summary();
        let names: Vec<String> =
            summary.classes.iter().map(|class| format!("{} {}", class.name, class.num_graphs)).collect();
        assert_eq!(names.join(", "), classes, "{file}");
        assert_eq!(
            (summary.num_graphs, summary.num_tags, summary.num_attributes),
            (num_graphs, Some(num_tags), None)
        );
        let means = (format!("{:.2}", summary.mean_nodes), format!("{:.2}", summary.mean_edges));
        assert_eq!(means, (mean_nodes.to_string(), mean_edges.to_string()), "{file}");
        let edges = summary.report.edges;
        assert_eq!((edges.duplicates_merged, edges.loops_dropped, edges.reverses_added), (0, 0, 0), "{file}");
        assert_eq!(
            (0..num_graphs).map(|index| set.graph(index).num_edges()).sum::<usize>(),
            summary.num_edges
        );
        assert_eq!(read_graph_set(path.parent().unwrap()).unwrap(), set);
    }
}

#[test]
fn no_single_graph_is_taken_for_a_set() {
    let Some(data) = data() else { return };
    for path in
        ["planetoid", "cora_lbc", "cora_lbc/cora.content", "cora_lbc/cora.cites", "cora_planetoid_order.tsv"]
    {
        assert!(!is_graph_set(&data.join(path)).unwrap(), "{path}");
    }
}

#[test]
fn data_sets_known_by_name_have_their_checksums_and_their_counts() {
    let Some(data) = data() else { return };
    let mut found = Vec::new();
    for info in datasets::all().iter().filter(|info| info.origin == Origin::RawFiles) {
        let Ok(located) = info.locate(std::slice::from_ref(&data)) else { continue };
        found.push(info.name);
        for (file, path) in info.files.iter().zip(&located.paths) {
            let Some(sha256) = file.sha256 else { continue };
            let bytes = std::fs::read(path).unwrap();
            let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!((digest.as_str(), bytes.len() as u64), (sha256, file.max_bytes), "{}", file.path);
        }
        if info.task() == Task::GraphClassification {
            assert_eq!(load_graph_set(info.name, std::slice::from_ref(&data)).unwrap().name(), info.name);
        } else {
            // Its counts are compared where it is loaded.
            let dataset = load(info.name, Some(&data)).unwrap();
            assert_eq!((dataset.name(), dataset.splits().is_empty()), (info.name, info.split.is_none()));
        }
    }
    let held = ["pubmed", "amazon-computers", "amazon-photo", "coauthor-cs", "coauthor-physics"];
    assert!(
        held.iter().chain(&["mutag", "proteins", "nci1", "imdb-binary"]).all(|name| found.contains(name))
    );
}

#[test]
fn a_name_and_its_file_give_the_same_graph() {
    let Some(data) = data() else { return };
    let named = load("amazon-photo", Some(&data)).unwrap();
    let flat = load("amazon-photo", Some(&data.join("amazon"))).unwrap();
    let read = load(data.join("amazon/amazon_electronics_photo.npz").to_str().unwrap(), None).unwrap();
    assert_eq!(named, flat);
    assert_eq!((named.graph(), named.features()), (read.graph(), read.features()));
    let report = named.report().edges;
    assert_eq!((report.arcs_read, report.loops_dropped, report.reverses_added), (143_663, 1, 94_500));
}
