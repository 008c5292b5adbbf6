//! From text to the nodes and edges that it says.

use std::path::Path;

use super::layout::{self, FaultAt, Found};
use super::line::{Fault, line_at};
use super::numbers::{Pairs, Stop, pairs, usual_chunk_len, whole_number};
use super::ranks::{IntoRows, ranked};
use super::{names, write};
use crate::arcs::{ArcMeaning, Arcs};
use crate::error::{Error, Place};
use crate::format::file::{TextToParse, name_of, read_text_to_parse};
use crate::format::quoted::quoted_bytes;
use crate::format::registry::{Format, Sample};
use crate::node_ids::NodeIds;
use crate::raw_dataset::RawDataset;

/// An edge a line: two ids and, if the first edge has one, a weight.
///
/// - Fields stand between single tabs, commas or semicolons, or any number of blanks, whichever the first edge has (in
///   this order); a field may be in double quotes. A line with one id is a node without edges.
/// - Lines that are empty or start with `#`, `%` or `//` say nothing.
/// - A first line may name the columns: `source` and `target`, or `src` and `dst`, `from` and `to`, `node1` and `node2`,
///   and others alike, with `weight` where there is one. Columns of other names are passed over.
/// - Where all ids are whole numbers, the nodes ascend by them; else nodes are in the order of their first appearance.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("friends.csv");
/// std::fs::write(&path, "source,target,weight\nAnn,Ben,2\n\"Cy, the younger\",Ann,0.5\nDora\n")?;
/// let dataset = graph_io::load(path.to_str().expect("a name in UTF-8"), None)?;
/// assert_eq!(dataset.graph().weighted_edges().collect::<Vec<_>>(), [(0, 1, 2.0), (0, 2, 0.5)]);
/// assert_eq!(dataset.node_ids().iter().collect::<Vec<_>>(), ["Ann", "Ben", "Cy, the younger", "Dora"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub(in crate::format) const FORMAT: Format = Format {
    name: "edge-list",
    title: "two ids and perhaps a weight a line, between tabs, commas, semicolons or blanks",
    endings: &[".tsv", ".txt", ".csv", ".edges", ".edgelist", ".el"],
    keeps: "ids, edges and weights",
    recognizes,
    read: |path, config| read(read_text_to_parse(path, config.max_memory)?, path, None),
    write: Some(write::write),
};

/// By the ending of its name, or by what it says: lines of two ids that are numbers.
fn recognizes(sample: &Sample) -> bool {
    if sample.is_folder || sample.head.contains(&0) {
        return false;
    }
    if FORMAT.has_ending_of(&sample.name) {
        return true;
    }
    // The last line may be cut.
    let end = sample.head.iter().rposition(|&byte| byte == b'\n').map_or(sample.head.len(), |last| last + 1);
    let head = &sample.head[..end];
    let Ok(Some(found)) = layout::find(head) else { return false };
    pairs::<u64>(head, found.start, &found.layout, usize::MAX).is_ok_and(|pairs| !pairs.from.is_empty())
}

/// Reads text that is cut into chunks of about this length, or as fits its length and the number of threads.
fn read(bytes: TextToParse, path: &Path, chunk_len: Option<usize>) -> Result<RawDataset, Error> {
    let Some(found) = layout::find(&bytes).map_err(|fault| malformed(&bytes, path, fault))? else {
        return Err(Error::malformed(Place::whole(path), "at least one edge", "none"));
    };
    let chunk_len = chunk_len.unwrap_or_else(|| usual_chunk_len(bytes.len()));
    let (node_ids, arcs) = edges(bytes, path, &found, chunk_len)?;
    Ok(RawDataset::from_arcs(&name_of(path), node_ids, arcs))
}

fn edges(bytes: TextToParse, path: &Path, found: &Found, chunk_len: usize) -> Result<(NodeIds, Arcs), Error> {
    let Found { layout, start, .. } = found;
    let max_bytes = bytes.len().max(1 << 20);
    let stop = match pairs::<u32>(&bytes, *start, layout, chunk_len) {
        Ok(pairs) => return Ok(in_rows(pairs, bytes, max_bytes)),
        Err(Stop::Wide) => match pairs::<u64>(&bytes, *start, layout, chunk_len) {
            Ok(pairs) => return Ok(in_rows(pairs, bytes, max_bytes)),
            Err(stop) => stop,
        },
        Err(stop) => stop,
    };
    if let Stop::Fault(fault) = stop {
        return Err(malformed(&bytes, path, fault));
    }
    if let Some(line) = unknown_header(&bytes, found, chunk_len) {
        let expected =
            "numbers as below, or names of columns that are known, such as source and target".into();
        return Err(malformed(&bytes, path, (*start, Fault { expected, found: quoted_bytes(line) })));
    }
    // Few chunks: each numbers its ids anew.
    let chunk_len = chunk_len.saturating_mul(8);
    let chunks =
        names::parse(&bytes, *start, layout, chunk_len).map_err(|fault| malformed(&bytes, path, fault))?;
    // The chunks have copies of the ids.
    drop(bytes);
    Ok(names::put_together(chunks, layout))
}

/// The nodes and edges of pairs of ids. The text they were read from is not needed any more.
fn in_rows<T: IntoRows>(mut pairs: Pairs<T>, bytes: TextToParse, max_bytes: usize) -> (NodeIds, Arcs) {
    drop(bytes);
    let weights = pairs.weights.take();
    let (node_ids, from, to) = ranked(pairs, max_bytes);
    (node_ids, Arcs { from, to, weights, meaning: ArcMeaning::Directed })
}

/// The first line, if its ids are no numbers and all below are: names of columns that are not known, most likely.
fn unknown_header<'a>(bytes: &'a [u8], found: &Found, chunk_len: usize) -> Option<&'a [u8]> {
    let Found { layout, start, has_header } = found;
    let (line, next) = line_at(bytes, *start);
    let record = layout.record(line).ok()?;
    let is_text = |id: &[u8]| whole_number(id).is_none();
    if *has_header || !is_text(&record.from) || !is_text(&record.to?) {
        return None;
    }
    pairs::<u64>(bytes, next, layout, chunk_len).is_ok_and(|below| !below.from.is_empty()).then_some(line)
}

fn malformed(bytes: &[u8], path: &Path, (start, fault): FaultAt) -> Error {
    let line = 1 + memchr::memchr_iter(b'\n', &bytes[..start]).count();
    Error::malformed(Place::line(path, line), fault.expected, fault.found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;
    use std::io::Write;

    fn raw(text: impl AsRef<[u8]>) -> RawDataset {
        cut_every(text, None).unwrap()
    }

    fn cut_every(text: impl AsRef<[u8]>, chunk_len: Option<usize>) -> Result<RawDataset, Error> {
        read(TextToParse::Bytes(text.as_ref().to_vec()), Path::new("a.txt"), chunk_len)
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
        let raw =
            raw("\u{feff}# SNAP\r\n# FromNodeId\tToNodeId\r\n30\t4\r\n\r\n4\t4\r\n  % x\r\n7\r\n4\t900");
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
            (
                "1 2 3\n\n1 2\n",
                "a.txt:3: expected two ids and a weight, as in the first edge, found 2 fields",
            ),
            ("1 2 3\n1 2 x\n", "a.txt:2: expected a finite number as weight, found \"x\""),
            ("1 2 inf\n", "a.txt:1: expected a finite number as weight, found \"inf\""),
            ("1 2 1e99\n", "a.txt:1: expected a finite number as weight, found \"1e99\""),
            ("a,b,1\na,b,\n", "a.txt:2: expected a finite number as weight, found \"\""),
            ("a\tb\na\t\n", "a.txt:2: expected an id, found an empty field"),
            ("a\tb\n\tb\n", "a.txt:2: expected an id, found an empty field"),
            ("a b\n\"c d\n", "a.txt:2: expected a quote at the end of the field, found \"c d\""),
            ("source,target,weight\n1,2\n", "a.txt:2: expected 3 fields, as the header has, found 2 fields"),
            (
                "1 2 3 4\n",
                "a.txt:1: expected two ids and at most a weight, or a first line that names the columns source, \
                 target and weight, found 4 fields",
            ),
            (
                "# c\nuser,item\n1,2\n",
                "a.txt:2: expected numbers as below, or names of columns that are known, such as source and \
                 target, found \"user,item\"",
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
    fn a_packed_file_is_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ring.edges.gz");
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(b"0 1\n1 2\n2 0\n").unwrap();
        std::fs::write(&path, encoder.finish().unwrap()).unwrap();
        let ring = crate::load(path.to_str().unwrap(), None).unwrap();
        assert_eq!((ring.name(), ring.graph().num_edges()), ("ring", 3));
    }
}
