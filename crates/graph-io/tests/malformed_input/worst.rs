//! Files of a few MiB made to take as much memory as they can: no reader may hold more than ten times their bytes, with
//! nothing beside; what builds a graph too, as what reads sets of them, may hold as much again.

use std::fmt::Write as _;
use std::io::Write;

use crate::memory;
use crate::readers;
use crate::sample::{Sample, Stage};

/// How long the long file of each case is.
const LEN: usize = 2 << 20;

/// A case: its reader, what is in it, and its files, the first of which is read where they are no folder.
type Case = (&'static str, &'static str, Vec<(&'static str, String)>);

/// Lines of a count, up to [`LEN`] bytes.
fn lines(line: impl Fn(&mut String, usize) -> std::fmt::Result) -> String {
    let mut text = String::with_capacity(LEN + 64);
    for count in 0.. {
        line(&mut text, count).unwrap();
        if text.len() >= LEN {
            break;
        }
    }
    text
}

fn same(line: &str) -> String {
    line.repeat(LEN / line.len())
}

/// One to four letters, different for each count.
fn word(mut count: usize) -> String {
    let mut word = String::new();
    loop {
        word.push(char::from(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[count % 52]));
        count /= 52;
        if count == 0 {
            return word;
        }
    }
}

fn two_words(text: &mut String, count: usize) -> std::fmt::Result {
    writeln!(text, "{} {}", word(2 * count), word(2 * count + 1))
}

fn edge_lists() -> Vec<Case> {
    let case = |what, text| ("edge-list", what, vec![("a.txt", text)]);
    vec![
        case("0 1 over and over", same("0 1\n")),
        case("a number a line", "0 1\n".to_string() + &lines(|text, count| writeln!(text, "{count}"))),
        case(
            "a far number a line",
            "0 1\n".to_string() + &lines(|text, count| writeln!(text, "{}", 7 * count)),
        ),
        case("one digit a line", "0 1\n".to_string() + &same("1\n")),
        case("one digit a line and a wide one", "0 4294967296\n".to_string() + &same("1\n")),
        case("far numbers", lines(|text, count| writeln!(text, "{} {}", 9 * count, 9 * count + 4))),
        case("numbers and a wide one", "0 4294967296\n".to_string() + &same("0 1\n")),
        case("weights", same("0 1 1\n")),
        case("short words", lines(two_words)),
        case("a word a line", "a b\n".to_string() + &lines(|text, count| writeln!(text, "{}", word(count)))),
        case("the same words", same("a b\n")),
        case("one long line of commas", same(",")),
        case("one long line of words", same("a ")),
        case("one long line of quotes", same("\"\",")),
        case("one long id", same("a") + " b\n"),
    ]
}

fn matrices_and_metis() -> Vec<Case> {
    let matrix = |what, head: &str, line: &str| {
        let count = LEN / line.len();
        let text = format!("%%MatrixMarket matrix coordinate {head}\n9 9 {count}\n{}", line.repeat(count));
        ("matrix-market", what, vec![("a.mtx", text)])
    };
    let metis = |what, text| ("metis", what, vec![("a.graph", text)]);
    vec![
        matrix("1 1 over and over", "pattern general", "1 1\n"),
        matrix("mirrored", "pattern symmetric", "2 1\n"),
        matrix("values", "real general", "1 1 1\n"),
        metis("neighbors", format!("2 {}\n{}\n{}\n", LEN / 4, "2 ".repeat(LEN / 4), "1 ".repeat(LEN / 4))),
        metis(
            "weights",
            format!("2 {} 1\n{}\n{}\n", LEN / 8, "2 1 ".repeat(LEN / 8), "1 1 ".repeat(LEN / 8)),
        ),
        metis("no neighbors", format!("{LEN} 0\n{}", "\n".repeat(LEN))),
        metis("two nodes an edge", format!("{} {}\n{}", 8, LEN / 4, "2 ".repeat(LEN / 2))),
        metis("one long line", same("1 ")),
    ]
}

fn markup() -> Vec<Case> {
    let plain = |what, inner: String| {
        (
            "graphml",
            what,
            vec![(
                "a.graphml",
                format!("<graphml><graph edgedefault=\"directed\">{inner}</graph></graphml>"),
            )],
        )
    };
    let graph = |what, inner: String| {
        let head = "<graphml><key id=\"k\" for=\"node\" attr.name=\"k\" attr.type=\"int\"/><graph edgedefault=\"directed\">";
        ("graphml", what, vec![("a.graphml", format!("{head}{inner}</graph></graphml>"))])
    };
    let wiki = |what, features: &str, links: String| {
        let count = links.matches(']').count();
        let list = |item: &str| vec![item; count].join(",");
        let text = format!(
            "{{\"features\":[{}],\"labels\":[{}],\"links\":[{links}],\"train_masks\":[],\"val_masks\":[],\"test_mask\":[{}]}}",
            list(features),
            list("0"),
            list("true"),
        );
        ("wiki-cs", what, vec![("a.json", text)])
    };
    vec![
        plain("nodes", lines(|text, count| write!(text, "<node id=\"{}\"/>", word(count)))),
        graph(
            "nodes with data",
            lines(|text, count| write!(text, "<node id=\"{count}\"><data key=\"k\">1</data></node>")),
        ),
        plain("edges", "<node id=\"1\"/>".to_string() + &same("<edge source=\"1\" target=\"1\"/>")),
        graph("open elements", same("<a>")),
        plain(
            "attributes",
            "<node ".to_string() + &lines(|text, count| write!(text, "{}='' ", word(count))) + "/>",
        ),
        plain("entities", "<node id=\"".to_string() + &same("&lt;") + "\"/>"),
        wiki("nodes", "[1]", vec!["[]"; LEN / 16].join(",")),
        wiki("features", "[1,1]", vec!["[]"; LEN / 16].join(",")),
        wiki("links", "[1]", format!("[{}0]", "0,".repeat(LEN / 2))),
        wiki("rows of a link", "[1]", vec!["[0]"; LEN / 16].join(",")),
    ]
}

fn ogb() -> Vec<Case> {
    let folder = |what, nodes: usize, arcs: usize, others: Vec<(&'static str, String)>| {
        let counts =
            [("raw/num-node-list.csv", nodes.to_string()), ("raw/num-edge-list.csv", arcs.to_string())];
        ("ogb", what, counts.into_iter().chain(others).collect())
    };
    vec![
        folder("arcs", 2, LEN / 4, vec![("raw/edge.csv", same("0,1\n"))]),
        folder(
            "features",
            LEN / 2,
            1,
            vec![("raw/edge.csv", "0,1\n".into()), ("raw/node-feat.csv", same("1\n"))],
        ),
        folder(
            "wide features",
            1,
            1,
            vec![("raw/edge.csv", "0,0\n".into()), ("raw/node-feat.csv", same("1,") + "1\n")],
        ),
        folder(
            "labels",
            LEN / 2,
            1,
            vec![("raw/edge.csv", "0,1\n".into()), ("raw/node-label.csv", same("1\n"))],
        ),
        folder(
            "no labels",
            LEN,
            1,
            vec![("raw/edge.csv", "0,1\n".into()), ("raw/node-label.csv", same("\n"))],
        ),
    ]
}

fn tables() -> Vec<Case> {
    let table = |what, text| ("node-table", what, vec![("a.csv", text)]);
    let split = |what, text| ("split", what, vec![("a.csv", text)]);
    let head = |head: &str, rest: String| format!("{head}\n{rest}");
    vec![
        table("an id a row", head("id", same("1\n"))),
        table("a number a row", head("id", lines(|text, count| writeln!(text, "{count}")))),
        table("a word a row", head("id", lines(|text, count| writeln!(text, "{}", word(count))))),
        table("a label a row", head("label", same("a\n"))),
        table(
            "a word and a label",
            head("id,label", lines(|text, count| writeln!(text, "{},1", word(count)))),
        ),
        table(
            "ids, labels and splits",
            head("id,label,split", lines(|text, count| writeln!(text, "{count},1,val"))),
        ),
        table("one feature", head("f", same("1\n"))),
        table("zeros", head("f", same("0\n"))),
        table("features", head("f,g", same("1,1\n"))),
        table("empty lines", head("id,label", same("\n"))),
        table("a row of commas", head("id,label", same(","))),
        table("rows of quoted line ends", head("id,label", same("\"\n\","))),
        table("a cell of quotes", head("id,label", "\"".to_string() + &same("\"\""))),
        split("rows", head("row,split", same("1,val\n"))),
        split("a row of commas", head("row,split", same(","))),
    ]
}

fn graph_sets() -> Vec<Case> {
    let folder = |what, indicator, labels, arcs: &str, others: Vec<(&'static str, String)>| {
        let files = [
            ("a_graph_indicator.txt", indicator),
            ("a_graph_labels.txt", labels),
            ("a_A.txt", arcs.to_string()),
        ];
        ("graph-set", what, files.into_iter().chain(others).collect())
    };
    let one = |what, text| ("graph-set", what, vec![("a.txt", text)]);
    let count = |text: &mut String, count: usize| writeln!(text, "{}", count + 1);
    let graphs = lines(count);
    let num_nodes = LEN / 2;
    vec![
        folder("graphs of one node", graphs.clone(), "1\n".repeat(graphs.lines().count()), "1,1", vec![]),
        folder("a class a graph", graphs.clone(), graphs.clone(), "1,1", vec![]),
        folder(
            "a tag a node",
            "1\n".repeat(graphs.lines().count()),
            "1\n".into(),
            "1,1",
            vec![("a_node_labels.txt", graphs)],
        ),
        folder("nodes", same("1\n"), "1\n".into(), "1,1", vec![]),
        folder("arcs", "1\n".into(), "1\n".into(), &same("1,1\n"), vec![]),
        folder(
            "attributes",
            "1\n".repeat(num_nodes),
            "1\n".into(),
            "1,1",
            vec![("a_node_attributes.txt", "1\n".repeat(num_nodes))],
        ),
        one("nodes", format!("1\n{} 1\n{}", LEN / 4, same("1 0\n"))),
        one("tags", {
            let nodes = lines(|text, count| writeln!(text, "{count} 0"));
            format!("1\n{} 1\n{nodes}", nodes.lines().count())
        }),
        one("graphs", format!("{}\n{}", LEN / 8, "1 1\n1 0\n".repeat(LEN / 8))),
        one("classes", {
            let graphs = lines(|text, count| writeln!(text, "1 {count}\n1 0"));
            format!("{}\n{graphs}", graphs.lines().count() / 2)
        }),
        one("neighbors", format!("1\n1 1\n1 {} {}\n", LEN / 2, same("0 "))),
    ]
}

fn embeddings() -> Vec<Case> {
    let head = |head: &str, rest: String| format!("{head}\n{rest}");
    let word_row = |text: &mut String, count: usize| writeln!(text, "{},1", word(count));
    let csv = |what, text| ("embedding-csv", what, vec![("a.csv", text)]);
    vec![
        csv("rows", head("id,e0", lines(word_row))),
        csv("counted rows", head("id,e0", lines(|text, count| writeln!(text, "{count},1")))),
        csv("a row of commas", head("id,e0", same(","))),
        csv("a header of commas", "id,".to_string() + &same(",")),
        csv("far numbers", head("id,e0", lines(|text, count| writeln!(text, "{},1", 3 * count)))),
        (
            "embedding-word2vec",
            "rows",
            vec![("a.vec", {
                let rows = lines(|text, count| writeln!(text, "{} 1", word(count)));
                format!("{} 1\n{rows}", rows.lines().count())
            })],
        ),
        ("embedding-word2vec", "one long row", vec![("a.vec", format!("1 {}\na {}\n", LEN / 2, same("1 ")))]),
        ("embedding-projector", "rows", {
            let words = lines(|text, count| writeln!(text, "{}", word(count)));
            vec![("vectors.tsv", "1\n".repeat(words.lines().count())), ("metadata.tsv", words)]
        }),
        (
            "embedding-projector",
            "empty lines",
            vec![("vectors.tsv", "1\n".into()), ("metadata.tsv", same("\n"))],
        ),
        (
            "embedding-projector",
            "one digit a line",
            vec![("vectors.tsv", "1\n".into()), ("metadata.tsv", same("1\n"))],
        ),
        (
            "embedding-projector",
            "one value a line",
            vec![("vectors.tsv", same("1\n")), ("metadata.tsv", "1\n".into())],
        ),
    ]
}

#[test]
fn files_made_to_be_worst_take_at_most_ten_times_their_bytes() {
    let _alone = memory::alone();
    let readers = readers::all();
    let cases = [edge_lists(), matrices_and_metis(), markup(), ogb(), tables(), graph_sets(), embeddings()];
    let (mut table, mut worse) = (String::new(), Vec::new());
    for (name, what, files) in cases.into_iter().flatten() {
        let reader = readers.iter().find(|reader| reader.name == name).unwrap();
        let is_folder = files.len() > 1;
        let sample = Sample {
            name: if is_folder { "a".into() } else { files[0].0.into() },
            is_folder,
            files: files.into_iter().map(|(name, text)| (name.to_string(), text.into_bytes())).collect(),
        };
        let stage = Stage::new(sample);
        let (read, peak) = memory::peak_of(|| (reader.read)(&stage.path()).map(drop));
        let ratio = peak as f64 / stage.sample.num_bytes() as f64;
        let said = read.map_or_else(|error| error.to_string(), |()| "read".to_string());
        let line = format!("{name:<20}{ratio:>6.1}  {what}: {said}\n");
        table += &line;
        if ratio > if name == "graph-set" { 20.0 } else { 10.0 } {
            worse.push(line);
        }
    }
    std::io::stderr().write_all(table.as_bytes()).unwrap();
    assert!(worse.is_empty(), "more than ten times the bytes of the file:\n{}", worse.concat());
}
