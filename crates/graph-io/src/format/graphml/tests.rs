use super::*;
use crate::{ArcMeaning, Features, Graph, Labels, NodeDatasetParts, NodeIds, ReadNotes, Split};
use crate::{EdgePolicy, Loops, MissingFeatures};
use ndarray::array;

fn raw(text: &str) -> Result<RawDataset, Error> {
    raw_with(text, UnknownIds::Refuse)
}

fn raw_with(text: &str, unknown_ids: UnknownIds) -> Result<RawDataset, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.graphml");
    std::fs::write(&path, text).unwrap();
    GraphMl::read_raw(&path, unknown_ids)
}

fn message(text: &str) -> String {
    raw(text).unwrap_err().to_string()
}

/// A file of a graph behind some keys, the graph's content from line 3.
fn file(keys: &str, content: &str) -> String {
    format!("<graphml>{keys}\n<graph edgedefault=\"undirected\">\n{content}\n</graph></graphml>")
}

const KEYS: &str = r#"
<key id="w" for="edge" attr.name="weight" attr.type="double"><default>2</default></key>
<key id="c" for="node" attr.name="class" attr.type="string"/>
<key id="s" for="node" attr.name="split" attr.type="string"/>
<key id="n" for="node" attr.name="name" attr.type="string"/>
<key id="b" for="node" attr.name="old" attr.type="boolean"><desc>?</desc><default>true</default></key>
<key id="i" for="node" attr.name="age" attr.type="int"/>
<key id="j" for="node" attr.name="age" attr.type="double"/>
<key id="x" for="all" attr.name="shared" attr.type="int"/>
<key id="e" for="node" yfiles.type="nodegraphics"/>"#;

const CONTENT: &str = r#"<edge source="b&amp;b" target="a"><data key="w">0.5</data></edge>
<node id="b&amp;b"><data key="c">x &lt;<![CDATA[<&]]>&#x21;</data><data key="i">-3</data><data key="b">False</data></node>
<!-- a comment --><node id=" a"><data key="j"> 1.5e0 </data><data key="c"/><data key="n">left out</data>
<data key="e"><y:ShapeNode><y:Fill color="red"/></y:ShapeNode></data></node>
<node id="a"><data key="c">w</data><data key="i">7</data><data key="s">test</data></node>
<edge source="a" target="a"/>"#;

#[test]
fn ids_edges_weights_classes_splits_and_features_are_read() {
    let read = raw(&file(KEYS, CONTENT)).unwrap();
    assert_eq!((read.name.as_str(), read.arcs.meaning), ("a", ArcMeaning::Undirected));
    assert_eq!(read.node_ids, NodeIds::from_names(["b&b", " a", "a"]));
    assert_eq!((read.arcs.from, read.arcs.to), (vec![0, 2], vec![2, 2]));
    assert_eq!(read.arcs.weights, Some(vec![0.5, 2.0]));
    let labels = read.labels.unwrap();
    assert_eq!(labels.class_names(), ["w", "x <<&!"]);
    assert_eq!(labels.classes(), [Some(1), None, Some(0)]);
    assert_eq!(read.splits, [Split::from_nodes(vec![], vec![], vec![2], &labels).unwrap()]);
    assert_eq!(read.features, Some(Features::Dense(array![[0.0, -3.0], [1.0, 1.5], [1.0, 7.0]])));
}

#[test]
fn directions_are_those_of_the_graph_or_of_every_edge() {
    let meaning = |graph: &str, edge: &str| {
        let graph = format!(
            "<graphml><graph edgedefault=\"{graph}\"><node id=\"1\"/>\n<edge source=\"1\" target=\"1\"/>\n\
             <edge source=\"1\" target=\"1\" {edge}/></graph></graphml>"
        );
        raw(&graph).map(|read| read.arcs.meaning).map_err(|error| error.to_string())
    };
    assert_eq!(meaning("directed", ""), Ok(ArcMeaning::Directed));
    assert_eq!(meaning("undirected", "directed=\"false\""), Ok(ArcMeaning::Undirected));
    let mixed = "a.graphml:3: expected undirected edges, as those before, found a directed one";
    assert_eq!(meaning("undirected", "directed=\"true\""), Err(mixed.to_string()));
    let all = file("", "<node id=\"1\"/><edge source=\"1\" target=\"1\" directed=\"true\"/>");
    assert_eq!(raw(&all).unwrap().arcs.meaning, ArcMeaning::Directed);
}

#[test]
fn which_key_is_the_class_goes_by_name_and_type() {
    let classes = |names: [(&str, &str); 2]| {
        let key = |(name, kind)| {
            format!("<key id=\"{name}\" for=\"node\" attr.name=\"{name}\" attr.type=\"{kind}\"/>")
        };
        let data = |(name, _): (&str, &str)| format!("<data key=\"{name}\">{}</data>", name.len());
        let node = format!("<node id=\"1\">{}</node>", names.map(data).concat());
        let read = raw(&file(&names.map(key).concat(), &node)).unwrap();
        (
            read.labels.map(|labels| labels.class_names().concat()),
            read.features.map(|features| features.d_input()),
        )
    };
    assert_eq!(classes([("label", "string"), ("class", "int")]), (Some("5".into()), None));
    assert_eq!(classes([("label", "int"), ("y", "int")]), (Some("1".into()), None));
    // Where a node is drawn.
    assert_eq!(classes([("x", "float"), ("y", "float")]), (None, None));
}

#[test]
fn edges_of_unknown_nodes_are_refused_or_skipped() {
    let weight = "<key id=\"w\" for=\"edge\" attr.name=\"weight\" attr.type=\"int\"/>";
    let edge = |from, weight| {
        format!("<edge source=\"{from}\" target=\"b\"><data key=\"w\">{weight}</data></edge>\n")
    };
    let text = file(weight, &[edge("ghost", 1), edge("b", 2), "<node id=\"b\"/>".into()].concat());
    assert_eq!(message(&text), "a.graphml:3: expected ids of the nodes, found the unknown id \"ghost\"");
    let skipped = raw_with(&text, UnknownIds::Skip).unwrap();
    assert_eq!((skipped.node_ids, skipped.unknown_ends_skipped), (NodeIds::from_names(["b"]), 1));
    assert_eq!((skipped.arcs.from, skipped.arcs.weights), (vec![0], Some(vec![2.0])));
}

#[test]
fn what_is_no_graphml_is_named_with_its_line() {
    let bomb = "<!DOCTYPE a [<!ENTITY a \"aa\">]>\n<graphml/>";
    let deep = format!("<graphml>\n<desc>{}", "<a>".repeat(100));
    for (text, expected) in [
        ("", ":1: expected the root element graphml, found no element"),
        ("<gexf/>", ":1: expected the root element graphml, found \"gexf\""),
        ("<graphml/>", ":1: expected a graph, found none"),
        ("words", ":1: expected an XML document, found \"words\""),
        (
            "<graphml>\n<graph",
            ":2: expected well-formed XML, found syntax error: tag not closed: `>` not found before end of input",
        ),
        ("<graphml>\n", ":2: expected well-formed XML, found the end of the file inside an element"),
        (
            "<graphml>\n</gml>",
            ":2: expected well-formed XML, found ill-formed document: expected `</graphml>`, but `</gml>` was found",
        ),
        ("<graphml>\nwords</graphml>", ":1: expected an element, found \"words\""),
        ("<graphml>\n<nodes/></graphml>", ":2: expected a key or a graph, found \"nodes\""),
        (
            "<graphml><graph edgedefault=\"directed\"/>\n<key id=\"a\"/></graphml>",
            ":2: expected keys before the graph, found one behind it",
        ),
        ("<graphml><graph edgedefault=\"directed\"/>\n<graph/></graphml>", ":2: refused a second graph"),
        (
            "<graphml><graph edgedefault=\"directed\"/></graphml>\n<more/>",
            ":2: expected the end of the file, found \"more\"",
        ),
        ("<graphml>\n<graph/></graphml>", ":2: expected the attribute \"edgedefault\" of graph, found none"),
        (
            "<graphml>\n<graph edgedefault=\"both\"/></graphml>",
            ":2: expected edgedefault directed or undirected, found \"both\"",
        ),
        (bomb, ":1: refused a document type definition"),
        (&deep, ":2: refused elements more than 64 deep"),
        (
            "<?xml version=\"1.0\" encoding=\"latin1\"?><graphml>ä",
            ":1: expected the encoding UTF-8, found \"latin1\"",
        ),
    ] {
        assert_eq!(message(text), format!("a.graphml{expected}"));
    }
}

#[test]
fn bad_content_of_a_graph_is_named_with_its_line() {
    for (content, expected) in [
        ("<node/>", "expected the attribute \"id\" of node, found none"),
        ("<node id=\"a\"/><node id=\"a\"/>", "expected an id not listed yet, found \"a\""),
        (
            "<node id=\"a\" id=\"b\"/>",
            "expected well-formed XML, found error while parsing attribute: position 12: duplicated attribute, previous declaration at position 5",
        ),
        ("<node id=\"&b;\"/>", "refused the entity \"b\""),
        ("<node id=\"a\"><port name=\"p\"/></node>", "refused a port"),
        ("<node id=\"a\"><graph/></node>", "refused a graph inside a node"),
        ("<node id=\"a\"><x/></node>", "expected data of a node, found \"x\""),
        ("<node id=\"a\">x</node>", "expected an element, found \"x\""),
        ("<node id=\"a\"><data/></node>", "expected the attribute \"key\" of data, found none"),
        ("<node id=\"a\"><data key=\"z\"/></node>", "expected a declared key, found \"z\""),
        ("<node id=\"a\"><data key=\"i\">1.5</data></node>", "expected a whole number, found \"1.5\""),
        ("<node id=\"a\"><data key=\"j\">inf</data></node>", "expected a finite number, found \"inf\""),
        ("<node id=\"a\"><data key=\"j\">1e39</data></node>", "expected a finite number, found \"1e39\""),
        ("<node id=\"a\"><data key=\"b\">yes</data></node>", "expected true or false, found \"yes\""),
        (
            "<node id=\"a\"><data key=\"i\"><i>1</i></data></node>",
            "expected text alone, found the element \"i\"",
        ),
        ("<node id=\"a\"><data key=\"i\">&b;</data></node>", "refused the entity \"b\""),
        (
            "<node id=\"a\"><data key=\"i\">1</data><data key=\"j\">1</data></node>",
            "expected one value of \"age\" for a node, found two",
        ),
        (
            "<node id=\"a\"><data key=\"c\">1</data><data key=\"c\">1</data></node>",
            "expected one value of \"class\" for a node, found two",
        ),
        (
            "<node id=\"a\"><data key=\"s\">dev</data></node>",
            "expected train, val, test or nothing, found \"dev\"",
        ),
        ("<edge target=\"a\"/>", "expected the attribute \"source\" of edge, found none"),
        ("<edge source=\"a\" target=\"a\" sourceport=\"p\"/>", "refused an edge between ports"),
        (
            "<edge source=\"a\" target=\"a\" directed=\"no\"/>",
            "expected directed true or false, found \"no\"",
        ),
        (
            "<edge source=\"a\" target=\"a\"><data key=\"w\">inf</data></edge>",
            "expected a finite number, found \"inf\"",
        ),
        (
            "<edge source=\"a\" target=\"a\"><data key=\"w\">1</data><data key=\"w\">1</data></edge>",
            "expected one weight of an edge, found a second",
        ),
        ("<edge source=\"a\" target=\"a\"><graph/></edge>", "refused a graph inside an edge"),
        ("<hyperedge/>", "refused a hyperedge"),
        ("<locator/>", "refused a locator of a graph elsewhere"),
        ("<vertex/>", "expected a node or an edge, found \"vertex\""),
    ] {
        assert_eq!(message(&file(KEYS, content)), format!("a.graphml:12: {expected}"), "{content}");
    }
}

#[test]
fn bad_keys_are_named_with_their_line() {
    for (key, expected) in [
        ("<key/>", "expected the attribute \"id\" of key, found none"),
        ("<key id=\"a\"/><key id=\"a\"/>", "expected a key not declared yet, found \"a\""),
        ("<key id=\"a\" for=\"nodes\"/>", "expected a key for node, edge or all, found \"nodes\""),
        (
            "<key id=\"a\" attr.type=\"byte\"/>",
            "expected attr.type boolean, int, long, float, double or string, found \"byte\"",
        ),
        (
            "<key id=\"weight\" attr.type=\"string\"/>",
            "expected a weight of attr.type int, long, float or double, found string",
        ),
        (
            "<key id=\"a\" attr.type=\"int\"><default>x</default></key>",
            "expected a whole number, found \"x\"",
        ),
    ] {
        assert_eq!(message(&file(&format!("\n{key}"), "")), format!("a.graphml:2: {expected}"), "{key}");
    }
}

#[test]
fn a_weight_that_others_have_is_missed_and_a_value_is_not_a_number() {
    let keys = "<key id=\"w\" for=\"edge\" attr.name=\"weight\" attr.type=\"int\"/>\
                <key id=\"f\" for=\"node\" attr.name=\"f\" attr.type=\"int\"/>";
    let edges = "<node id=\"1\"/><edge source=\"1\" target=\"1\"/>\n\
                 <edge source=\"1\" target=\"1\"><data key=\"w\">1</data></edge>";
    assert_eq!(
        message(&file(keys, edges)),
        "a.graphml:3: expected a weight, as other edges have; `--ignore-columns weight` reads no weights, found none and no default"
    );
    let value = "<node id=\"1\"/><node id=\"2\"><data key=\"f\">3</data></node>\
                 <node id=\"3\"><data key=\"f\">nan</data></node>";
    let Some(Features::Dense(features)) = raw(&file(keys, value)).unwrap().features else {
        panic!("a column")
    };
    assert!(features[[0, 0]].is_nan() && features[[1, 0]] == 3.0 && features[[2, 0]].is_nan());
    let split = "<key id=\"s\" for=\"node\" attr.name=\"split\" attr.type=\"string\"/>";
    assert_eq!(
        message(&file(split, "<node id=\"1\"><data key=\"s\">val</data></node>")),
        "a.graphml: expected classes beside a split, found none"
    );
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let text = file(KEYS, CONTENT);
    for end in (0..text.len()).filter(|&end| text.is_char_boundary(end)) {
        let message = message(&text[..end]);
        assert!(message.starts_with("a.graphml:"), "{message}");
    }
}

#[test]
fn many_defaults_in_a_small_file_take_no_memory() {
    let keys: String = (0..3000)
        .map(|key| format!("<key id=\"{key}\" for=\"node\" attr.type=\"int\"><default>1</default></key>"))
        .collect();
    let nodes: String = (0..20_000).map(|node| format!("<node id=\"{node}\"/>")).collect();
    let message = message(&file(&keys, &nodes));
    assert_eq!(
        message,
        "a.graphml: expected about as many values as the 0 of the file (features), found 60000000, most of them defaults"
    );
}

fn dataset(features: Features, loops: Loops) -> NodeDataset {
    let arcs = crate::Arcs {
        weights: Some(vec![0.1, 3.0, 1e-30]),
        ..crate::Arcs::from_pairs(&[(0, 2), (1, 1), (2, 3)], ArcMeaning::Undirected)
    };
    let (graph, _) = Graph::from_arcs(4, arcs, EdgePolicy { loops, ..EdgePolicy::default() }).unwrap();
    let classes = vec![Some(1), None, Some(0), Some(1)];
    let labels = Labels::from_classes(classes, vec!["\tcats & \"dogs\"\r\n".into(), "mäuse".into()]).unwrap();
    let split = Split::from_nodes(vec![0], vec![2], vec![3], &labels).unwrap();
    NodeDataset::from_parts(NodeDatasetParts {
        name: "four".into(),
        labels: Some(labels),
        splits: vec![split],
        node_ids: NodeIds::from_names(["a\tb", "<'c'>", " d\n", "ü"]),
        ..NodeDatasetParts::new(graph, features)
    })
    .unwrap()
}

fn written_and_read(dataset: &NodeDataset, name: &str) -> NodeDataset {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    FORMAT.write(dataset, &path).unwrap();
    assert!((FORMAT.recognizes)(&Sample::of(&path).unwrap()));
    let mut policy = CleaningPolicy::default();
    policy.edges.loops = Loops::Keep;
    let mut parts =
        GraphMl::read_raw(&path, UnknownIds::Refuse).unwrap().clean(&policy).unwrap().into_parts();
    parts.report = *dataset.report();
    (parts.feature_names, parts.notes) = (None, ReadNotes::default());
    NodeDataset::from_parts(parts).unwrap()
}

#[test]
fn what_is_written_comes_back() {
    let dense = Features::Dense(array![[0.1, -0.0], [f32::MAX, 1e-45], [3.0, 0.0], [-7.25, 1.0]]);
    let sparse = crate::CsrMatrix::new((4, 3), vec![0, 1, 1, 3, 3], vec![2, 0, 1], vec![1.0, 0.0, -2.5]);
    for features in [dense, Features::Sparse(sparse)] {
        let four = dataset(features, Loops::Keep);
        for name in ["four.graphml", "four.graphml.gz", "four.xml"] {
            let read = NodeDatasetParts { feature_names: None, ..written_and_read(&four, name).into_parts() };
            assert_eq!(NodeDataset::from_parts(read).unwrap(), four);
        }
    }
}

#[test]
fn features_that_were_made_up_are_not_written() {
    let bare = raw(&file("", "<node id=\"1\"/><node id=\"2\"/>"))
        .unwrap()
        .clean(&CleaningPolicy::default())
        .unwrap();
    assert_eq!(bare.report().features_made, Some(MissingFeatures::Identity));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.graphml");
    GraphMl::write(&bare, &path).unwrap();
    assert_eq!(GraphMl::read(&path).unwrap(), bare);
    assert!(!std::fs::read_to_string(&path).unwrap().contains("<key"));
}

#[test]
fn texts_that_xml_has_no_place_for_are_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let message = |change: fn(&mut NodeDatasetParts)| {
        let mut parts = dataset(Features::Dense(ndarray::Array2::ones((4, 1))), Loops::Drop).into_parts();
        change(&mut parts);
        let dataset = NodeDataset::from_parts(parts).unwrap();
        GraphMl::write(&dataset, &folder.path().join("a.graphml")).unwrap_err().to_string()
    };
    assert_eq!(
        message(|parts| parts.node_ids = NodeIds::from_names(["a", "b\u{1}", "c", "d"])),
        "node ids: expected characters that XML has a place for, found U+0001 in \"b\\u{1}\""
    );
    assert_eq!(
        message(|parts| {
            parts.splits.clear();
            parts.labels = Some(Labels::from_classes(vec![None; 4], vec![String::new()]).unwrap());
        }),
        "class names: expected a name for each, since no text is no class, found \"\""
    );
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn a_file_is_recognized_by_its_root_or_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let recognized = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        (FORMAT.recognizes)(&Sample::of(&path).unwrap())
    };
    assert!(recognized("a.xml", "\u{feff}<?xml version=\"1.0\"?>\n<!-- x --><graphml>"));
    assert!(recognized("a.txt", "<g:graphml xmlns:g=\"x\">"));
    assert!(recognized("a.graphml", ""));
    assert!(!recognized("a.xml", "<gexf/>") && !recognized("a.txt", "1 <graphml>"));
}

proptest::proptest! {
    #[test]
    fn changed_bytes_never_panic(changes in proptest::collection::vec((0usize..4096, 0u8..=255), 1..6)) {
        let mut bytes = file(KEYS, CONTENT).into_bytes();
        for (place, byte) in changes {
            let place = place % bytes.len();
            bytes[place] = byte;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.graphml");
        std::fs::write(&path, bytes).unwrap();
        if let Err(error) = GraphMl::read_raw(&path, UnknownIds::Skip) {
            proptest::prop_assert!(error.to_string().starts_with("a.graphml"), "{}", error);
        }
    }
}
