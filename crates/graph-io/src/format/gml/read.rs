//! GML, read key by key in one pass.

use std::borrow::Cow;
use std::path::Path;

use super::tokens::{Item, Tokens};
use crate::error::{Error, Place};
use crate::format::attributes::{Conventions, GraphBuilder, Source, Value};
use crate::format::file::read_unpacked_text;
use crate::format::quoted::quoted;
use crate::format::registry::ReadConfig;
use crate::raw_dataset::RawDataset;

const CONVENTIONS: Conventions = Conventions {
    weights: &["weight", "value"],
    classes: &["class", "y", "label", "value"],
    names: &["label", "name"],
    lists: true,
    missing_weight: None,
};

pub(super) fn read(path: &Path, config: &ReadConfig) -> Result<RawDataset, Error> {
    let text = read_unpacked_text(path, config.max_memory)?;
    let mut tokens = Tokens::new(&text, path);
    while let Some(key) = tokens.key(true)? {
        match (key, tokens.value()?) {
            ("graph", Item::Open) => {
                let mut graph = GraphBuilder::new(CONVENTIONS, &config.columns, text.len());
                let is_directed = read_graph(&mut tokens, &mut graph)?;
                no_second_graph(&mut tokens)?;
                let place = |at| tokens.place(at);
                let unknown_ids = config.unknown_ids;
                let source = Source { file: path, unknown_ids, is_directed, place: &place };
                return graph.finish(&source);
            }
            (_, Item::Open) => tokens.skip_list()?,
            (_, Item::Scalar(..)) => {}
        }
    }
    Err(Error::malformed(Place::whole(path), "graph [ … ]", "none"))
}

fn no_second_graph(tokens: &mut Tokens<'_>) -> Result<(), Error> {
    while let Some(key) = tokens.key(true)? {
        if let Item::Open = tokens.value()? {
            if key == "graph" {
                return Err(Error::refused(tokens.place(tokens.at()), "a second graph"));
            }
            tokens.skip_list()?;
        }
    }
    Ok(())
}

/// Reads the graph that was just opened; tells whether it is directed.
fn read_graph(tokens: &mut Tokens<'_>, graph: &mut GraphBuilder) -> Result<bool, Error> {
    let mut is_directed = false;
    while let Some(key) = tokens.key(false)? {
        let at = tokens.at();
        match (key, tokens.value()?) {
            ("node", Item::Open) => read_node(tokens, graph, at)?,
            ("edge", Item::Open) => read_edge(tokens, graph, at)?,
            ("node" | "edge", Item::Scalar(_, text)) => {
                return Err(tokens.malformed(at, format!("{key} [ … ]"), quoted(&text)));
            }
            ("directed", Item::Scalar(_, text)) => match &*text {
                "0" => is_directed = false,
                "1" => is_directed = true,
                _ => return Err(tokens.malformed(at, "directed 0 or 1", quoted(&text))),
            },
            (_, Item::Open) => tokens.skip_list()?,
            (_, Item::Scalar(..)) => {}
        }
    }
    Ok(is_directed)
}

fn read_node(tokens: &mut Tokens<'_>, graph: &mut GraphBuilder, start: usize) -> Result<(), Error> {
    let mut id = None;
    while let Some(key) = tokens.key(false)? {
        let at = tokens.at();
        match tokens.value()? {
            Item::Open => tokens.skip_list()?,
            Item::Scalar(_, text) if key == "id" => set_once(tokens, &mut id, "id of a node", text, at)?,
            Item::Scalar(kind, text) => {
                let column = graph.column(key);
                let value = column.and_then(|column| graph.node_value(column, Value::Written(kind, &text)));
                value.map_err(|fault| fault.at(tokens.place(at)))?;
            }
        }
    }
    let Some(id) = id else { return Err(tokens.malformed(start, "an id of the node", "none")) };
    graph.end_node(&id).map_err(|fault| fault.at(tokens.place(start)))
}

fn read_edge(tokens: &mut Tokens<'_>, graph: &mut GraphBuilder, start: usize) -> Result<(), Error> {
    let (mut source, mut target) = (None, None);
    while let Some(key) = tokens.key(false)? {
        let at = tokens.at();
        match (key, tokens.value()?) {
            (_, Item::Open) => tokens.skip_list()?,
            ("source", Item::Scalar(_, text)) => {
                set_once(tokens, &mut source, "source of an edge", text, at)?;
            }
            ("target", Item::Scalar(_, text)) => {
                set_once(tokens, &mut target, "target of an edge", text, at)?;
            }
            (key, Item::Scalar(kind, text)) => {
                let read = graph.edge_value(key, Value::Written(kind, &text), start);
                read.map_err(|fault| fault.at(tokens.place(at)))?;
            }
        }
    }
    let (Some(source), Some(target)) = (source, target) else {
        return Err(tokens.malformed(start, "a source and a target of the edge", "none"));
    };
    graph.end_edge([&source, &target], None, start).map_err(|fault| fault.at(tokens.place(start)))
}

fn set_once<'a>(
    tokens: &Tokens<'_>,
    of: &mut Option<Cow<'a, str>>,
    what: &str,
    text: Cow<'a, str>,
    at: usize,
) -> Result<(), Error> {
    match of.replace(text) {
        None => Ok(()),
        Some(_) => Err(tokens.malformed(at, format!("one {what}"), "a second")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arcs::{ArcMeaning, Arcs};
    use crate::features::Features;
    use crate::node_ids::NodeIds;
    use ndarray::array;

    fn raw(text: &str) -> Result<RawDataset, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.gml");
        std::fs::write(&path, text).unwrap();
        read(&path, &ReadConfig::default())
    }

    #[test]
    fn a_file_of_newman_has_its_classes_and_weights_in_values() {
        let read = raw(
            "Creator \"Mark\"\ngraph\n[\n  directed 1\n  node [ id 7 label \"Ana\" value 1 source \"b,c\" ]\n\
             node [ id 3 label \"Ben\" value 0 graphics [ x 1.0 line [ y 2 ] ] ]\n  # a comment ]\n\
             edge [ source 3 target 7 value 2.5 ]\n edge [ source 7 target 3 value 1 ]\n]\n",
        )
        .unwrap();
        assert_eq!(read.node_ids, NodeIds::from_names(["Ana", "Ben"]));
        let arcs = Arcs::from_pairs(&[(1, 0), (0, 1)], ArcMeaning::Directed);
        assert_eq!(read.arcs, Arcs { weights: Some(vec![2.5, 1.0]), ..arcs });
        let labels = read.labels.unwrap();
        assert_eq!(
            (labels.class_names(), labels.classes()),
            (&["0".into(), "1".into()][..], &[Some(1), Some(0)][..])
        );
        assert_eq!(read.features, None);
    }

    #[test]
    fn labels_that_come_again_are_classes_and_keys_that_come_again_are_lists() {
        let read = raw(
            "graph [ node [ id 1 label \"c\" f 1 f 2.5 old 1 ] node [ id 2 label \"c\" f 0 f -1 old 0 ]\n\
             node [ id 4 label \"d\" f 1 f 1 old 1 ] node [ id 5 label \"c\" f 0 f 0 old 0 ] edge [ source 1 target 2 ] ]",
        )
        .unwrap();
        assert_eq!(read.node_ids, NodeIds::from_numbers(vec![1, 2, 4, 5]));
        assert_eq!(read.labels.unwrap().classes(), [Some(0), Some(0), Some(1), Some(0)]);
        let features = array![[1.0, 1.0, 2.5], [0.0, 0.0, -1.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]];
        // The second element is a column behind those that were there before.
        let names: Vec<String> = read.feature_names.unwrap().iter().map(String::from).collect();
        let order: Vec<usize> = ["f_0", "old", "f_1"]
            .iter()
            .map(|name| names.iter().position(|other| other == name).unwrap())
            .collect();
        let Some(Features::Dense(read)) = read.features else { panic!("{:?}", read.features) };
        for (column, &index) in order.iter().enumerate() {
            let expected = features.column([0, 1, 2][column]);
            assert_eq!(read.column(index), expected, "{}", names[index]);
        }
    }

    #[test]
    fn the_same_graph_comes_out_of_the_files_of_networkx() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
        for file in
            ["gml/networkx.gml", "gexf/networkx.gexf", "node-link/networkx.json", "node-link/cytoscape.cyjs"]
        {
            let path = corpus.join(file);
            let read = crate::load(path.to_str().unwrap(), None).unwrap();
            assert_eq!(read.node_ids(), &NodeIds::from_names(["ana", "ben & co", "cléo"]), "{file}");
            let edges: Vec<_> = read.graph().weighted_edges().collect();
            assert_eq!(edges, [(0, 1, 0.5), (1, 2, 2.0)], "{file}");
            let labels = read.labels().unwrap();
            assert_eq!(labels.classes(), [Some(0), Some(1), Some(0)], "{file}");
            assert_eq!(read.split().unwrap().train(), [0], "{file}");
            let names: Vec<&str> = read.feature_names().unwrap().iter().collect();
            let Features::Dense(features) = read.features() else { panic!("{file}") };
            let column = |name: &str| names.iter().position(|other| *other == name).unwrap();
            assert_eq!(features.column(column("age")).to_vec(), [31.0, 27.5, -2.0], "{file}");
            if file.ends_with("networkx.json") {
                assert_eq!(names, ["age", "x_0", "x_1", "x_2"]);
                assert_eq!(features.column(3).to_vec(), [1e-3; 3]);
            } else {
                assert_eq!(names, ["age"], "{file}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_named_by_its_line() {
        for (text, message) in [
            ("", "a.gml: expected graph [ … ], found none"),
            ("graph [\n node [ label \"a\" ] ]", "a.gml:2: expected an id of the node, found none"),
            (
                "graph [\nnode [ id 1 ]\nnode [ id 1 ] ]",
                "a.gml:3: expected an id not listed yet, found \"1\"",
            ),
            ("graph [\nnode [ id 1 id 2 ] ]", "a.gml:2: expected one id of a node, found a second"),
            ("graph [\nnode 3 ]", "a.gml:2: expected node [ … ], found \"3\""),
            (
                "graph [\nnode [ id 1 ] edge [ source 1 ] ]",
                "a.gml:2: expected a source and a target of the edge, found none",
            ),
            (
                "graph [ node [ id 1 ]\nedge [ source 1 target 2 ] ]",
                "a.gml:2: expected ids of the nodes, found the unknown id \"2\"",
            ),
            ("graph [ directed 2 ]", "a.gml:1: expected directed 0 or 1, found \"2\""),
            ("graph [\n\"a\" 1 ]", "a.gml:2: expected a key, found \"\\\"a\\\" 1 ]\""),
            ("graph [\na b ]", "a.gml:2: expected a number, a text in quotes or a list, found \"b\""),
            ("graph [\na \"b ]", "a.gml:2: expected a quote that closes the text, found the end of the file"),
            ("graph [\n node [ id 1\n", "a.gml:3: expected a key or ], found the end of the file"),
            ("graph [ ] graph [ ]", "a.gml:1: refused a second graph"),
            ("graph [ node [ id 1 a 1e99 ] ]", "a.gml:1: expected a finite number, found \"1e99\""),
            (
                "graph [ node [ id 1 ] edge [ source 1 target 1 ]\nedge [ source 1 target 1 weight 3 ] ]",
                "a.gml:1: expected a weight, as other edges have; `--ignore-columns weight` reads no weights, found none and no default",
            ),
            (
                "graph [ node [ id 1 f 1 f 2 ] node [ id 2 f 1 ] ]",
                "a.gml: expected lists of \"f\" of one length (features), found a shorter one for node \"2\"",
            ),
        ] {
            assert_eq!(raw(text).unwrap_err().to_string(), message);
        }
    }
}
