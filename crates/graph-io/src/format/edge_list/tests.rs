//! Lists of edges as people write them, worked by hand.

use std::path::Path;

use super::read::{read, recognizes};
use crate::arcs::ArcMeaning;
use crate::column_config::{ColumnConfig, Header, LoneIds};
use crate::error::Error;
use crate::format::file::TextToParse;
use crate::format::registry::Sample;
use crate::node_ids::NodeIds;
use crate::raw_dataset::RawDataset;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::io::Write;

fn raw(text: impl AsRef<[u8]>) -> RawDataset {
    cut_every(text, None).unwrap()
}

fn cut_every(text: impl AsRef<[u8]>, chunk_len: Option<usize>) -> Result<RawDataset, Error> {
    read(TextToParse::Bytes(text.as_ref().to_vec()), Path::new("a.txt"), &ColumnConfig::default(), chunk_len)
}

fn read_by(columns: &ColumnConfig, text: &str) -> Result<RawDataset, String> {
    let bytes = TextToParse::Bytes(text.as_bytes().to_vec());
    read(bytes, Path::new("a.txt"), columns, None).map_err(|error| error.to_string())
}

fn edges_of(raw: &RawDataset) -> Vec<(String, String)> {
    let id = |node: u32| raw.node_ids.get(node).into_owned();
    pairs_of(raw).into_iter().map(|(from, to)| (id(from), id(to))).collect()
}

fn edges<const N: usize>(edges: [(&str, &str); N]) -> Vec<(String, String)> {
    edges.map(|(from, to)| (from.to_string(), to.to_string())).to_vec()
}

fn message(text: &str) -> String {
    let message = cut_every(text, None).unwrap_err().to_string();
    for chunk_len in [1, 5, 20] {
        assert_eq!(cut_every(text, Some(chunk_len)).unwrap_err().to_string(), message);
    }
    message
}

fn ids(raw: &RawDataset) -> Vec<String> {
    raw.node_ids.iter().map(|id| id.into_owned()).collect()
}

fn pairs_of(raw: &RawDataset) -> Vec<(u32, u32)> {
    raw.arcs.from.iter().copied().zip(raw.arcs.to.iter().copied()).collect()
}

#[test]
fn numbers_become_rows_in_their_order() {
    let raw = raw("\u{feff}# SNAP\r\n# FromNodeId\tToNodeId\r\n30\t4\r\n\r\n4\t4\r\n  % x\r\n7\r\n4\t900");
    assert_eq!(raw.node_ids, NodeIds::from_numbers(vec![4, 7, 30, 900]));
    assert_eq!(pairs_of(&raw), [(2, 0), (0, 0), (0, 3)]);
    assert_eq!((raw.arcs.weights, raw.arcs.meaning, raw.name), (None, ArcMeaning::Directed, "a".into()));
}

#[test]
fn numbers_of_any_width_are_kept() {
    let wide = raw("18446744073709551615 3\n3 4294967296\n");
    assert_eq!(wide.node_ids, NodeIds::from_numbers(vec![3, 1 << 32, u64::MAX]));
    assert_eq!(pairs_of(&wide), [(2, 0), (0, 1)]);
    let sparse = raw("4294967295 0\n");
    assert_eq!(sparse.node_ids, NodeIds::from_numbers(vec![0, u32::MAX.into()]));
    let beyond = raw("18446744073709551616 3\n3 4\n");
    assert_eq!(ids(&beyond), ["18446744073709551616", "3", "4"]);
}

#[test]
fn many_names_are_told_apart_in_the_order_of_their_appearance() {
    let names: Vec<String> = (0..5000).map(|node| format!("n{}", node * 7919 % 5000)).collect();
    let lines = |names: &[String]| names.chunks(2).map(|ends| ends.join(" ") + "\n").collect::<String>();
    let text = lines(&names) + &lines(&names);
    for chunk_len in [None, Some(300)] {
        let raw = cut_every(&text, chunk_len).unwrap();
        assert_eq!(ids(&raw), names);
        let expected: Vec<(u32, u32)> = (0..2500).map(|edge| (2 * edge, 2 * edge + 1)).collect();
        assert_eq!(pairs_of(&raw), [&expected[..], &expected[..]].concat());
    }
}

#[test]
fn a_node_named_alone_over_and_over_is_one_node() {
    let text = "5\n5\n7\n".repeat(100) + "3 4294967296\n" + &"5\n9\n".repeat(100);
    let raw = raw(text);
    assert_eq!(raw.node_ids, NodeIds::from_numbers(vec![3, 5, 7, 9, 1 << 32]));
    assert_eq!(pairs_of(&raw), [(0, 4)]);
}

#[test]
fn other_ids_are_in_the_order_of_their_appearance() {
    let raw = raw("b\ta c\n07\t7\nb\t07\nalone\n");
    assert_eq!(ids(&raw), ["b", "a c", "07", "7", "alone"]);
    assert_eq!(pairs_of(&raw), [(0, 1), (2, 3), (0, 2)]);
}

#[test]
fn weights_are_numbers_of_any_form() {
    let raw = raw("0 1 2\n1 2 0.25\n2 0 1e-3\n0 2 -1.50\n1 1 .1234567890123\n");
    assert_eq!(raw.arcs.weights, Some(vec![2.0, 0.25, 0.001, -1.5, 0.123_456_79]));
    assert_eq!(raw.node_ids, NodeIds::counted(3));
}

#[test]
fn a_header_names_the_columns() {
    let raw = raw("Id,Weight,Target,Source,Label\n9,0.5,2,1,\"a, b\"\n8,2,1,0,\n");
    assert_eq!(pairs_of(&raw), [(1, 2), (0, 1)]);
    assert_eq!(raw.arcs.weights, Some(vec![0.5, 2.0]));
}

#[test]
fn quotes_hold_any_id() {
    let raw = raw("source,target\n\"Doe, Ann\",\"the \"\"one\"\"\"\n\"#1\" , x\n");
    assert_eq!(ids(&raw), ["Doe, Ann", "the \"one\"", "#1", "x"]);
}

#[test]
fn bad_lines_are_named() {
    for (text, expected) in [
        ("", "a.txt: expected at least one edge, found none"),
        ("# only\n\n", "a.txt: expected at least one edge, found none"),
        ("1 2\n1 2 3\n", "a.txt:2: expected two ids, as in the first edge, found 3 fields"),
        ("1 2 3\n\n1 2\n", "a.txt:3: expected two ids and a weight, as in the first edge, found 2 fields"),
        ("1 2 3\n1 2 x\n", "a.txt:2: expected a finite number as weight, found \"x\""),
        ("0 1 1\n1 2 inf\n", "a.txt:2: expected a finite number as weight, found \"inf\""),
        ("1 2 1e99\n", "a.txt:1: expected a finite number as weight, found \"1e99\""),
        ("a,b,1\na,b,\n", "a.txt:2: expected a finite number as weight, found \"\""),
        ("a\tb\na\t\n", "a.txt:2: expected an id, found an empty field"),
        ("a\tb\n\tb\n", "a.txt:2: expected an id, found an empty field"),
        ("a b\n\"c d\n", "a.txt:2: expected a quote at the end of the field, found \"c d\""),
        ("source,target,weight\n1,2\n", "a.txt:2: expected 3 fields, as the header has, found 2 fields"),
        (
            "1 2 3 4\n",
            "a.txt:1: expected two ids and at most a weight, or a first line that names the columns source, target \
             and weight, or `--source`, `--target` and `--weight` with their names or numbers, found 4 fields",
        ),
        (
            "Ann,Ben\nCy,Dora\n",
            "a.txt:1: expected an edge, or the names of columns, as `--header no` or `--header yes` says, found \
             \"Ann,Ben\", whose words do not come again",
        ),
        (
            "a\tb\nb c\nc\td\n",
            "a.txt:2: expected two ids, as in the first edge (`--lone-ids node` takes such a line for a node), \
             found 1 field, \"b c\"",
        ),
        (
            "1->2\n2->3\n",
            "a.txt:1: expected two ids between blanks, tabs, commas, semicolons or bars (`--lone-ids node` takes such a line for a node), \
             found 1 field, \"1->2\"",
        ),
        (
            "12 follows 34\n",
            "a.txt:1: expected two ids and a weight; `--source 1 --target 3` passes over what stands between two \
             ids, found the word \"follows\" between two numbers",
        ),
        (
            "ann likes bob\n",
            "a.txt:1: expected a finite number as weight, or columns that are named by `--source`, `--target` and \
             `--weight`, found \"bob\"",
        ),
        ("1 -> 2\n2 <- 3\n", "a.txt:2: expected \"->\" between two ids, as in the first edge, found \"<-\""),
        (
            "0 1 {'weight': 4}\n1 2 {}\n",
            "a.txt:2: expected two ids and attributes in braces with a weight, as in the first edge; \
             `--ignore-columns weight` reads none, found \"1 2 {}\"",
        ),
    ] {
        assert_eq!(message(text), expected);
    }
    let long = format!("a b\n{} b\n", "x".repeat(4097));
    assert_eq!(message(&long), "a.txt:2: expected an id of at most 4096 bytes, found 4097 bytes");
    assert_eq!(
        cut_every(b"a b\nb \xff\n", None).unwrap_err().to_string(),
        "a.txt:2: expected UTF-8 text, found the byte 0xff"
    );
}

#[test]
fn the_first_of_several_bad_lines_is_named() {
    let text: String =
        (0..1000).map(|line| format!("{line} {}\n", if line > 700 { "7 x" } else { "7" })).collect();
    assert_eq!(message(&text), "a.txt:702: expected two ids, as in the first edge, found 3 fields");
}

#[test]
fn lists_are_recognized_by_name_or_by_lines_of_two_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let recognized = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        recognizes(&Sample::of(&path).unwrap())
    };
    assert!(recognized("a.edges", b"anything"));
    assert!(recognized("out.moreno", b"% sym\n1 2 \n3 4\n5 "));
    assert!(!recognized("README", b"# Graphs\n\nread me\n"));
    assert!(!recognized("matrix", b"1 2 3 4\n"));
    assert!(!recognized("a.txt", b"\x00\x01"));
    assert!(!recognized("empty", b""));
}

#[test]
fn names_of_columns_that_are_not_known_are_told_from_ids() {
    let raw = cut_every("citing,cited\nW1,W2\nW2,W3\n", Some(1)).unwrap();
    assert_eq!(edges_of(&raw), edges([("W1", "W2"), ("W2", "W3")]));
    let remark =
        "the first line, \"citing,cited\", read as names of columns (`--header no` reads it as an edge)";
    assert_eq!(raw.notes.remarks, [remark]);
    let numbers = cut_every("# c\nuser,item\n1,2\n", Some(1)).unwrap();
    assert_eq!((edges_of(&numbers), numbers.notes.remarks.len()), (edges([("1", "2")]), 1));
    // Ids with digits, a single edge and words that come again are no names.
    for (text, first) in [("n1 n2\nn3 n4\n", "n1"), ("a b\n", "a"), ("a b\nc b\n", "a")] {
        let raw = cut_every(text, Some(1)).unwrap();
        assert_eq!((raw.node_ids.get(0).as_ref(), raw.notes.remarks.len()), (first, 0), "{text}");
    }
    let with = |header| ColumnConfig { header, ..ColumnConfig::default() };
    let no = read_by(&with(Header::No), "Ann,Ben\nCy,Dora\n").unwrap();
    assert_eq!(edges_of(&no), edges([("Ann", "Ben"), ("Cy", "Dora")]));
    let yes = read_by(&with(Header::Yes), "Ann,Ben\nCy,Dora\n").unwrap();
    assert_eq!(edges_of(&yes), edges([("Cy", "Dora")]));
}

#[test]
fn columns_are_called_by_name_or_number() {
    let columns = |source: &str, target: &str, weight: Option<&str>| ColumnConfig {
        source: Some(source.into()),
        target: Some(target.into()),
        weight: weight.map(String::from),
        ..ColumnConfig::default()
    };
    let text = "year,citing,cited,count\n1999,W1,W2,3\n2001,W2,W3,0.5\n";
    let raw = read_by(&columns("citing", "cited", Some("count")), text).unwrap();
    assert_eq!(edges_of(&raw), edges([("W1", "W2"), ("W2", "W3")]));
    assert_eq!(
        (raw.arcs.weights, raw.notes.weights_from),
        (Some(vec![3.0, 0.5]), Some("the column \"count\"".into()))
    );
    let raw = read_by(&columns("1", "3", None), "12 follows 34\n34 blocks 56\n").unwrap();
    assert_eq!((edges_of(&raw), raw.arcs.weights), (edges([("12", "34"), ("34", "56")]), None));
    assert_eq!(
        read_by(&columns("citing", "x", None), text).unwrap_err(),
        "a.txt:1: expected a column \"x\" (`--target`), found \"year, citing, cited, count\""
    );
    assert_eq!(
        read_by(&columns("1", "4", None), "1 2 3\n").unwrap_err(),
        "a.txt:1: expected a column \"4\" (`--target`), found 3 columns without names"
    );
    assert_eq!(
        read_by(&columns("1", "1", None), "1 2 3\n").unwrap_err(),
        "a.txt:1: expected two different columns by `--source` and `--target`, found columns 1 and 1 of 3"
    );
}

#[test]
fn arrows_and_bars_stand_between_ids() {
    assert_eq!(edges_of(&raw("1 -> 2\n2 -> 3\n")), edges([("1", "2"), ("2", "3")]));
    assert_eq!(edges_of(&raw("a|b\nb|c\n")), edges([("a", "b"), ("b", "c")]));
}

#[test]
fn ids_that_start_with_a_comment_sign_are_kept_and_comments_are_counted() {
    let signs = raw("source,target\n#x,#y\nz,#x\n# note, here\n#w,z\n");
    assert_eq!(edges_of(&signs), edges([("#x", "#y"), ("z", "#x")]));
    assert_eq!(signs.notes.remarks, ["2 comments after the first edge passed over"]);
    assert_eq!(edges_of(&raw("#x,#y\nz,#x\n")), edges([("#x", "#y"), ("z", "#x")]));
    let numbers = raw("1,2\n#3,4\n5,6\n7\n");
    assert_eq!(edges_of(&numbers), edges([("1", "2"), ("5", "6")]));
    assert_eq!(
        numbers.notes.remarks,
        [
            "1 lines of one id read as nodes (`--lone-ids error` refuses them)",
            "1 comments after the first edge passed over"
        ]
    );
}

#[test]
fn every_end_of_a_line_is_one() {
    for text in ["1 2\r2 3\r", "1 2\r2 3\n", "1 2\n2 3\r", "1 2\r\n2 3\r\n", "1 2\n\n2 3"] {
        assert_eq!(edges_of(&raw(text)), edges([("1", "2"), ("2", "3")]), "{text:?}");
    }
    assert_eq!(edges_of(&raw("a b\nb c\rc d\n")), edges([("a", "b"), ("b", "c"), ("c", "d")]));
}

#[test]
fn lines_of_one_id_are_what_is_asked_for() {
    let by = |lone_ids, text| read_by(&ColumnConfig { lone_ids, ..ColumnConfig::default() }, text);
    assert_eq!(by(LoneIds::Node, "a\tb\nb c\n").unwrap().node_ids.len(), 3);
    assert_eq!(
        by(LoneIds::Error, "1 2\n7\n").unwrap_err(),
        "a.txt:2: expected two ids, as in the first edge, found 1 field"
    );
    assert_eq!(by(LoneIds::Auto, "a\tb\n\"b c\"\n").unwrap().node_ids.len(), 3);
    assert_eq!(by(LoneIds::Auto, "7\n8\n").unwrap().node_ids.len(), 2);
}

#[test]
fn attributes_of_networkx_are_read() {
    let bare = raw("0 1 {}\n1 2 {'color': 'red, green'}\n");
    assert_eq!((edges_of(&bare), &bare.arcs.weights), (edges([("0", "1"), ("1", "2")]), &None));
    let weighted = raw("0 1 {'weight': 4}\n1 2 {'weight': 0.5}\n");
    assert_eq!(weighted.arcs.weights, Some(vec![4.0, 0.5]));
    assert_eq!(weighted.notes.weights_from.unwrap(), "the attribute \"weight\"");
    let text = raw("Ann,Ben,{'weight': 2}\nBen,\"Cy, jr\",{'weight': 1}\n");
    assert_eq!(edges_of(&text), edges([("Ann", "Ben"), ("Ben", "Cy, jr")]));
}

#[test]
fn a_third_column_that_looks_like_times_is_warned_of() {
    let warnings = |text: &str| raw(text).notes.warnings;
    let expected = "the weights, from the third column, which has no name, look like times: `--weights ignore` passes \
                    over them";
    assert_eq!(warnings("1 2 1082040961\n"), [expected]);
    assert_eq!(warnings("1 2 1082040961123\n2 3 1082040961000\n"), [expected]);
    let growing: String = (0..20).map(|step| format!("1 {step} {}\n", 3 * step + 1)).collect();
    assert_eq!(warnings(&growing), [expected]);
    for text in ["1 2 5\n2 3 1\n", "1 2 0.5\n", "source,target,weight\n1,2,1082040961\n"] {
        assert_eq!(warnings(text), [""; 0], "{text}");
    }
    assert_eq!(raw("1 2 5\n").notes.weights_from.unwrap(), "the third column, which has no name");
}

#[test]
fn text_ids_of_every_length_keep_their_order() {
    let id = |number: usize| format!("{}{number}", "é".repeat(number % 13));
    let lines: String =
        (0..3000).map(|line| format!("{} {} {line}\n", id(line % 700), id(line % 900))).collect();
    let raw = cut_every(&lines, Some(1000)).unwrap();
    let expected: Vec<_> = (0..3000).map(|line| (id(line % 700), id(line % 900))).collect();
    assert_eq!((edges_of(&raw), raw.node_ids.len()), (expected, 900));
    assert_eq!(raw.arcs.weights.unwrap()[2999], 2999.0);
}

proptest! {
    #[test]
    fn where_the_file_is_cut_makes_no_difference(
        lines in prop::collection::vec("[0-9]{1,3} [0-9]{1,2}|[0-9]{1,2}|[ab]{1,3}\t[0-9]|# x|", 0..30),
        end in "\r?\n?",
        chunk_len in 1usize..40,
    ) {
        let text = lines.join("\n") + &end;
        let show = |read: Result<RawDataset, Error>| read.map_err(|error| error.to_string());
        prop_assert_eq!(show(cut_every(&text, Some(chunk_len))), show(cut_every(&text, Some(usize::MAX))));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), chunk_len in 1usize..40) {
        let _ = cut_every(bytes, Some(chunk_len));
    }
}

#[test]
fn a_file_in_utf_16_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ring.csv");
    let bytes: Vec<u8> =
        "\u{feff}source,target\r\nä,b\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(&path, bytes).unwrap();
    let pair = crate::load(path.to_str().unwrap(), None).unwrap();
    assert_eq!((pair.node_ids().get(0).as_ref(), pair.graph().num_edges()), ("ä", 1));
}

#[test]
fn a_packed_file_is_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ring.edges.gz");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(b"0 1\n1 2\n2 0\n").unwrap();
    std::fs::write(&path, encoder.finish().unwrap()).unwrap();
    let ring = crate::load(path.to_str().unwrap(), None).unwrap();
    assert_eq!((ring.name(), ring.graph().num_edges()), ("ring", 3));
}
