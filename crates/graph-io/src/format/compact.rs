//! The small binary form of the embedded data sets.

use std::io::{Read, Write};
use std::path::Path;

use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use super::file::max_unpacked;
use crate::cleaning::CleaningReport;
use crate::csr::{CsrMatrix, row};
use crate::edge_policy::{EdgePolicy, EdgeReport, Loops};
use crate::error::{Error, Place};
use crate::features::Features;
use crate::graph::Graph;
use crate::labels::Labels;
use crate::node_dataset::{NodeDataset, NodeDatasetParts};
use crate::node_ids::NodeIds;
use crate::read_notes::ReadNotes;
use crate::split::Split;

const MAGIC: [u8; 8] = *b"G2R-DATA";
const VERSION: u8 = 1;
const HEADER_LEN: usize = MAGIC.len() + 1 + 4 + 4;
const MAX_PAYLOAD: usize = 64 << 20;

/// A data set with features of zeros and ones in one small file.
///
/// A header of 17 bytes: `G2R-DATA`, the version (1), the length of the payload and its CRC-32, both as `u32` in little
/// endian. Then the payload, deflated (RFC 1951). It is a row of numbers in LEB128, seven bits a byte, least significant
/// first, and of strings, a length and UTF-8. *Ascending* lists are a count, the first number, and the
/// differences to the number before, less one.
///
/// 1. the name; the number of nodes; the edge report, five numbers in the order of [`EdgeReport`];
/// 2. node ids: 0 for "0", "1", …, or 1 and a string a node;
/// 3. for each node the ascending list of its larger neighbors;
/// 4. the number of feature columns, and for each node the ascending list of the columns that hold a one;
/// 5. the number of classes and their names, and for each node its class plus one, or 0; 0 classes for no labels;
/// 6. 1 and the ascending lists of training, validation and test nodes, or 0 for no split.
#[derive(Clone, Copy, Debug)]
pub struct Compact;

impl Compact {
    /// The bytes of a data set.
    ///
    /// # Errors
    /// Features that are not sparse zeros and ones; a graph with loops or weights other than 1: the form has no place
    /// for them.
    pub fn to_bytes(dataset: &NodeDataset) -> Result<Vec<u8>, Error> {
        let graph = dataset.graph();
        if graph.num_loops() > 0 || graph.adjacency().data().iter().any(|&weight| weight != 1.0) {
            return Err(Error::invalid("compact form", "edges of weight 1 and no loops", "others"));
        }
        let features = match dataset.features() {
            Features::Sparse(matrix) if matrix.data().iter().all(|&value| value == 1.0) => matrix,
            _ => return Err(Error::invalid("compact form", "sparse features of zeros and ones", "others")),
        };
        let mut out = Payload::default();
        out.string(dataset.name());
        out.number(graph.num_nodes());
        let report = dataset.report().edges;
        for count in [
            report.arcs_read,
            report.duplicates_merged,
            report.loops_dropped,
            report.reverses_added,
            report.unknown_ends_skipped,
        ] {
            out.number(count);
        }
        let ids = dataset.node_ids();
        let named = !ids.are_counted();
        out.number(usize::from(named));
        if named {
            ids.iter().for_each(|id| out.string(&id));
        }
        for node in 0..graph.num_nodes() as u32 {
            let neighbors = graph.neighbors(node);
            out.ascending(&neighbors[neighbors.partition_point(|&to| to < node)..]);
        }
        out.number(features.cols());
        (0..features.rows()).for_each(|node| out.ascending(row(features, node).0));
        match dataset.labels() {
            None => out.number(0),
            Some(labels) => {
                out.number(labels.num_classes());
                labels.class_names().iter().for_each(|name| out.string(name));
                for class in labels.classes() {
                    out.number(class.map_or(0, |class| class as usize + 1));
                }
            }
        }
        out.number(usize::from(dataset.split().is_some()));
        if let Some(split) = dataset.split() {
            [split.train(), split.val(), split.test()].into_iter().for_each(|nodes| out.ascending(nodes));
        }
        Ok(out.pack())
    }

    /// Reads a data set from its bytes; `file` is for messages only.
    ///
    /// # Errors
    /// Bytes that are not this form, were changed or cut, or hold parts that do not fit together. Places are bytes of
    /// the payload.
    pub fn from_bytes(bytes: &[u8], file: &Path) -> Result<NodeDataset, Error> {
        let payload = unpack(bytes, file)?;
        let mut source = Source { bytes: &payload, next: 0, file };
        let dataset = source.dataset()?;
        let left = payload.len() - source.next;
        if left > 0 {
            return Err(source.malformed("the end of the data", format!("{left} more bytes")));
        }
        Ok(dataset)
    }
}

#[derive(Default)]
struct Payload(Vec<u8>);

impl Payload {
    fn number(&mut self, mut number: usize) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn string(&mut self, text: &str) {
        self.number(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn ascending(&mut self, numbers: &[u32]) {
        self.number(numbers.len());
        let mut least = 0;
        for &number in numbers {
            self.number((number - least) as usize);
            least = number + 1;
        }
    }

    fn pack(self) -> Vec<u8> {
        let mut crc = Crc::new();
        crc.update(&self.0);
        let mut out = MAGIC.to_vec();
        out.push(VERSION);
        out.extend((self.0.len() as u32).to_le_bytes());
        out.extend(crc.sum().to_le_bytes());
        let mut encoder = DeflateEncoder::new(out, Compression::best());
        encoder.write_all(&self.0).and_then(|()| encoder.finish()).expect("writing to memory cannot fail")
    }
}

/// The payload of a file whose header, length and checksum are right.
fn unpack(bytes: &[u8], file: &Path) -> Result<Vec<u8>, Error> {
    let malformed =
        |byte, expected: &str, found: String| Err(Error::malformed(Place::byte(file, byte), expected, found));
    if bytes.len() < HEADER_LEN {
        return malformed(0, "a header of 17 bytes", bytes.len().to_string());
    }
    let (header, deflated) = bytes.split_at(HEADER_LEN);
    if header[..MAGIC.len()] != MAGIC {
        return malformed(0, "\"G2R-DATA\"", format!("\"{}\"", header[..MAGIC.len()].escape_ascii()));
    }
    if header[MAGIC.len()] != VERSION {
        return malformed(MAGIC.len(), "version 1", header[MAGIC.len()].to_string());
    }
    let field = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let (len, checksum) = (field(9) as usize, field(13));
    if len > MAX_PAYLOAD || len as u64 > max_unpacked(bytes.len() as u64) {
        return Err(Error::refused(Place::byte(file, 9), format!("a payload of {len} bytes")));
    }
    let mut payload = Vec::new();
    let inflated = DeflateDecoder::new(deflated).take(len as u64 + 1).read_to_end(&mut payload);
    if let Err(source) = inflated {
        return malformed(HEADER_LEN, "deflated data", source.to_string());
    }
    if payload.len() != len {
        let found = if payload.len() > len { "more".to_string() } else { payload.len().to_string() };
        return malformed(HEADER_LEN, &format!("{len} bytes when inflated"), found);
    }
    let mut crc = Crc::new();
    crc.update(&payload);
    if crc.sum() != checksum {
        return malformed(
            13,
            &format!("data with the checksum {checksum:08x}"),
            format!("{:08x}", crc.sum()),
        );
    }
    Ok(payload)
}

struct Source<'a> {
    bytes: &'a [u8],
    next: usize,
    file: &'a Path,
}

impl Source<'_> {
    fn dataset(&mut self) -> Result<NodeDataset, Error> {
        let name = self.string()?;
        let num_nodes = self.count("nodes")?;
        let edge_report = EdgeReport {
            arcs_read: self.number()? as usize,
            duplicates_merged: self.number()? as usize,
            loops_dropped: self.number()? as usize,
            reverses_added: self.number()? as usize,
            unknown_ends_skipped: self.number()? as usize,
            ..EdgeReport::default()
        };
        let node_ids = match self.flag()? {
            true => (0..num_nodes).map(|_| self.string()).collect::<Result<NodeIds, _>>()?,
            false => NodeIds::counted(num_nodes),
        };
        let graph = self.graph(num_nodes)?;
        let features = self.features(num_nodes)?;
        let labels = self.labels(num_nodes)?;
        let splits = match (self.flag()?, &labels) {
            (false, _) => Vec::new(),
            (true, None) => return Err(self.malformed("labels beside a split", "none")),
            (true, Some(labels)) => {
                let mut nodes = || self.ascending(num_nodes);
                let (train, val, test) = (nodes()?, nodes()?, nodes()?);
                vec![Split::from_nodes(train, val, test, labels).map_err(|error| error.in_file(self.file))?]
            }
        };
        NodeDataset::from_parts(NodeDatasetParts {
            multi_labels: None,
            name,
            graph,
            features,
            feature_names: None,
            labels,
            splits,
            node_ids,
            report: CleaningReport { edges: edge_report, ..CleaningReport::default() },
            notes: ReadNotes::default(),
        })
        .map_err(|error| error.in_file(self.file))
    }

    fn graph(&mut self, num_nodes: usize) -> Result<Graph, Error> {
        let mut edges = Vec::new();
        for node in 0..num_nodes as u32 {
            edges.extend(self.ascending(num_nodes)?.into_iter().map(|to| (node, to)));
            if let Some(&(_, to)) = edges.last().filter(|(from, to)| *from == node && *to <= node) {
                return Err(self.malformed("neighbors larger than their node", format!("{to} after {node}")));
            }
        }
        let policy = EdgePolicy { loops: Loops::Refuse, ..EdgePolicy::default() };
        Ok(Graph::from_edges(num_nodes, &edges, policy).map_err(|error| error.in_file(self.file))?.0)
    }

    fn features(&mut self, num_nodes: usize) -> Result<Features, Error> {
        let d_input = self.number()? as usize;
        let (mut row_pointers, mut columns) = (vec![0], Vec::new());
        for _ in 0..num_nodes {
            columns.extend(self.ascending(d_input)?);
            row_pointers.push(columns.len());
        }
        let values = vec![1.0; columns.len()];
        let matrix = CsrMatrix::try_new((num_nodes, d_input), row_pointers, columns, values)
            .expect("ascending lists make valid rows");
        Features::from_sparse(matrix).map_err(|error| error.in_file(self.file))
    }

    fn labels(&mut self, num_nodes: usize) -> Result<Option<Labels>, Error> {
        let num_classes = self.count("classes")?;
        if num_classes == 0 {
            return Ok(None);
        }
        let names = (0..num_classes).map(|_| self.string()).collect::<Result<_, _>>()?;
        let mut classes = Vec::new();
        for _ in 0..num_nodes {
            classes.push(self.number()?.checked_sub(1));
        }
        Labels::from_classes(classes, names).map(Some).map_err(|error| error.in_file(self.file))
    }

    fn flag(&mut self) -> Result<bool, Error> {
        match self.number()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.malformed("0 or 1", other.to_string())),
        }
    }

    /// A number of things that take at least a byte each: more than there are bytes is a lie.
    fn count(&mut self, what: &str) -> Result<usize, Error> {
        let count = self.number()? as usize;
        let left = self.bytes.len() - self.next;
        if count > left {
            return Err(self.malformed(&format!("at most {left} {what}"), count.to_string()));
        }
        Ok(count)
    }

    fn number(&mut self) -> Result<u32, Error> {
        let mut number = 0u64;
        for shift in (0..35).step_by(7) {
            let Some(&byte) = self.bytes.get(self.next) else {
                return Err(self.malformed("a number", "the end of the data"));
            };
            self.next += 1;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return u32::try_from(number)
                    .map_err(|_| self.malformed("a number below 2³²", number.to_string()));
            }
        }
        Err(self.malformed("a number of at most 5 bytes", "a longer one"))
    }

    fn string(&mut self) -> Result<String, Error> {
        let len = self.count("bytes of text")?;
        let text = &self.bytes[self.next..self.next + len];
        let Ok(text) = std::str::from_utf8(text) else {
            return Err(self.malformed("UTF-8 text", format!("\"{}\"", text.escape_ascii())));
        };
        self.next += len;
        Ok(text.to_string())
    }

    fn ascending(&mut self, bound: usize) -> Result<Vec<u32>, Error> {
        let len = self.count("numbers of a list")?;
        let mut numbers = Vec::with_capacity(len);
        let mut least = 0u64;
        for _ in 0..len {
            let number = least + u64::from(self.number()?);
            if number >= bound as u64 {
                return Err(self.malformed(&format!("numbers below {bound}"), number.to_string()));
            }
            numbers.push(number as u32);
            least = number + 1;
        }
        Ok(numbers)
    }

    fn malformed(&self, expected: &str, found: impl Into<String>) -> Error {
        Error::malformed(Place::byte(self.file, self.next), expected, found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tiny() -> NodeDatasetParts {
        let edges = [(0, 1), (1, 0), (3, 1), (2, 2)];
        let (graph, edge_report) = Graph::from_edges(4, &edges, EdgePolicy::default()).unwrap();
        let matrix = CsrMatrix::new((4, 300), vec![0, 2, 2, 3, 4], vec![0, 299, 7, 200], vec![1.0; 4]);
        let names = vec!["a".to_string(), "b".into()];
        let labels = Labels::from_classes(vec![Some(0), None, Some(1), Some(1)], names).unwrap();
        let split = Split::from_nodes(vec![3], vec![], vec![0, 2], &labels).unwrap();
        NodeDatasetParts {
            multi_labels: None,
            name: "tiny".into(),
            graph,
            features: Features::Sparse(matrix),
            feature_names: None,
            labels: Some(labels),
            splits: vec![split],
            node_ids: NodeIds::from_names(["p", "q", "r", "s"]),
            report: CleaningReport { edges: edge_report, ..CleaningReport::default() },
            notes: ReadNotes::default(),
        }
    }

    fn read(bytes: &[u8]) -> Result<NodeDataset, Error> {
        Compact::from_bytes(bytes, Path::new("tiny.bin"))
    }

    fn message(bytes: &[u8]) -> String {
        read(bytes).unwrap_err().to_string()
    }

    #[test]
    fn a_data_set_comes_back_as_it_went() {
        let full = tiny();
        let bare = NodeDatasetParts { labels: None, splits: vec![], node_ids: NodeIds::counted(4), ..tiny() };
        for parts in [full, bare] {
            let dataset = NodeDataset::from_parts(parts).unwrap();
            assert_eq!(read(&Compact::to_bytes(&dataset).unwrap()).unwrap(), dataset);
        }
    }

    #[test]
    fn what_the_form_has_no_place_for_is_refused() {
        let message =
            |parts| Compact::to_bytes(&NodeDataset::from_parts(parts).unwrap()).unwrap_err().to_string();
        let features = tiny().features.row_normalized();
        assert_eq!(
            message(NodeDatasetParts { features, ..tiny() }),
            "compact form: expected sparse features of zeros and ones, found others"
        );
        let (graph, _) =
            Graph::from_edges(4, &[(1, 1)], EdgePolicy { loops: Loops::Keep, ..EdgePolicy::default() })
                .unwrap();
        assert_eq!(
            message(NodeDatasetParts { graph, ..tiny() }),
            "compact form: expected edges of weight 1 and no loops, found others"
        );
    }

    #[test]
    fn a_wrong_header_is_named() {
        let bytes = Compact::to_bytes(&NodeDataset::from_parts(tiny()).unwrap()).unwrap();
        let changed = |at: usize, byte: u8| {
            let mut bytes = bytes.clone();
            bytes[at] = byte;
            message(&bytes)
        };
        assert_eq!(message(b"G2R"), "tiny.bin, byte 0: expected a header of 17 bytes, found 3");
        assert_eq!(changed(0, b'H'), "tiny.bin, byte 0: expected \"G2R-DATA\", found \"H2R-DATA\"");
        assert_eq!(changed(8, 9), "tiny.bin, byte 8: expected version 1, found 9");
        assert_eq!(
            changed(12, 0xff),
            format!("tiny.bin, byte 9: refused a payload of {} bytes", 0xff00_0000u32 + u32::from(bytes[9]))
        );
        assert!(changed(9, bytes[9] - 1).ends_with("bytes when inflated, found more"));
        assert!(
            changed(13, bytes[13] ^ 1).starts_with("tiny.bin, byte 13: expected data with the checksum ")
        );
    }

    #[test]
    fn a_truncated_file_is_an_error_at_every_byte() {
        let bytes = Compact::to_bytes(&NodeDataset::from_parts(tiny()).unwrap()).unwrap();
        for len in 0..bytes.len() {
            assert!(read(&bytes[..len]).is_err(), "{len} bytes passed");
        }
    }

    #[test]
    fn a_payload_that_lies_is_refused() {
        let message = |payload: &[usize]| {
            let mut out = Payload::default();
            payload.iter().for_each(|&number| out.number(number));
            message(&out.pack())
        };
        let head = |rest: &[usize]| [&[0, 2, 0, 0, 0, 0, 0, 0], rest].concat();
        assert_eq!(message(&[0, 1 << 31]), "tiny.bin, byte 6: expected at most 0 nodes, found 2147483648");
        assert_eq!(
            message(&head(&[1, 0, 0])),
            "tiny.bin, byte 10: expected neighbors larger than their node, found 0 after 0"
        );
        assert_eq!(message(&head(&[1, 2, 0])), "tiny.bin, byte 10: expected numbers below 2, found 2");
        assert_eq!(
            message(&head(&[0, 0, 3, 1, 3, 0])),
            "tiny.bin, byte 13: expected numbers below 3, found 3"
        );
        assert_eq!(
            message(&head(&[0, 0, 3, 0, 0, 0, 1, 1, 0])),
            "tiny.bin, byte 15: expected labels beside a split, found none"
        );
        assert_eq!(
            message(&[0, 0, 0, 0, 0, 0, 0, 0]),
            "tiny.bin: expected at least one node (graph), found none: the graph is empty"
        );
        assert_eq!(
            message(&head(&[0, 0, 3, 0, 0, 0, 0, 7])),
            "tiny.bin, byte 15: expected the end of the data, found 1 more bytes"
        );
    }

    proptest! {
        #[test]
        fn random_payloads_never_panic(payload in proptest::collection::vec(0u8..12, 0..200)) {
            let _ = read(&Payload(payload).pack());
        }
    }

    #[test]
    fn a_payload_far_longer_than_its_file_is_refused() {
        let bytes = Payload(vec![0; 20 << 20]).pack();
        assert!(bytes.len() < 1 << 16);
        assert_eq!(
            Compact::from_bytes(&bytes, Path::new("tiny.bin")).unwrap_err().to_string(),
            "tiny.bin, byte 9: refused a payload of 20971520 bytes"
        );
    }
}
