//! The sparse matrices of the Matrix Market.

use std::path::Path;

use rayon::prelude::*;

use super::edge_list::line::{Fault, Layout, Separator, Single, line_at};
use super::edge_list::numbers::{pairs, usual_chunk_len, whole_number};
use super::file::{name_of, read_text_to_parse};
use super::output::write_text_file;
use super::quoted::quoted_bytes;
use super::registry::Format;
use crate::arcs::{ArcMeaning, Arcs};
use crate::error::{Error, Place};
use crate::node_dataset::NodeDataset;
use crate::node_ids::NodeIds;
use crate::raw_dataset::RawDataset;

/// The coordinate format of square matrices (Boisvert, Pozo and Remington, NISTIR 5935, 1996), real, integer or pattern,
/// general or symmetric: an entry of row i and column j is an arc from node i to node j, or in a symmetric matrix an edge.
/// An explicit zero is an arc of weight 0.
///
/// Nodes are called as rows are counted: 1, 2, ….
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("path.mtx");
/// std::fs::write(&path, "%%MatrixMarket matrix coordinate pattern symmetric\n3 3 2\n2 1\n3 2\n")?;
/// let dataset = graph_io::load(path.to_str().expect("a name in UTF-8"), None)?;
/// assert_eq!(dataset.graph().neighbors(1), [0, 2]);
/// assert_eq!(dataset.node_ids().get(1), "2");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub(super) const FORMAT: Format = Format {
    name: "matrix-market",
    title: "the entries of a square sparse matrix, a row, a column and perhaps a value a line",
    endings: &[".mtx"],
    keeps: "edges and weights",
    // With fewer signs before its name it is a faulty file of this format, not a list of edges.
    recognizes: |sample| {
        let name = BANNER.trim_start_matches('%');
        let head = sample.first_line().unwrap_or_default().trim_start_matches(['\u{feff}', ' ', '%']);
        head.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name))
    },
    read: |path, config| read(&read_text_to_parse(path, config.max_memory)?.into_lines(path)?, path, None),
    write: Some(write),
};

const BANNER: &str = "%%MatrixMarket";
/// So many nodes may be declared by any file, beside as many as it has bytes.
const MAX_DECLARED: usize = 1 << 20;

fn read(bytes: &[u8], path: &Path, chunk_len: Option<usize>) -> Result<RawDataset, Error> {
    let header = Header::parse(bytes, path)?;
    let chunk_len = chunk_len.unwrap_or_else(|| usual_chunk_len(bytes.len()));
    let layout = header.layout();
    let fault = || Err(header.fault(bytes, path));
    let Ok(entries) = pairs::<u32>(bytes, header.start, &layout, chunk_len) else { return fault() };
    let (mut from, mut to) = (entries.from, entries.to);
    let is_zero = |place: &u32| *place == 0;
    let is_outside = entries.max > header.num_nodes as u64 || from.par_iter().chain(&to).any(is_zero);
    if is_outside || from.len() != header.num_entries {
        return fault();
    }
    from.par_iter_mut().zip(&mut to).for_each(|(from, to)| {
        (*from, *to) = (*from - 1, *to - 1);
        // So that an edge given in both orders is given twice.
        if header.meaning == ArcMeaning::Undirected && *from < *to {
            std::mem::swap(from, to);
        }
    });
    let arcs = Arcs { from, to, weights: entries.weights, meaning: header.meaning };
    let node_ids = NodeIds::from_numbers((1..=header.num_nodes as u64).collect());
    Ok(RawDataset::from_arcs(&name_of(path), node_ids, arcs))
}

/// What comes before the entries.
struct Header {
    has_values: bool,
    meaning: ArcMeaning,
    num_nodes: usize,
    num_entries: usize,
    /// Where the entries start.
    start: usize,
}

impl Header {
    fn parse(bytes: &[u8], path: &Path) -> Result<Self, Error> {
        let (banner, mut start) = line_at(bytes, 0);
        let words = String::from_utf8_lossy(&banner[..banner.len().min(200)]).to_lowercase();
        let words: Vec<&str> = words.split_ascii_whitespace().collect();
        let malformed = |line: usize, expected: &str, found: String| {
            Err(Error::malformed(Place::line(path, line), expected, found))
        };
        let ["%%matrixmarket", "matrix", storage, field, symmetry] = words[..] else {
            let expected = "%%MatrixMarket matrix, a storage, a field and a symmetry";
            return malformed(1, expected, quoted_bytes(banner));
        };
        if storage != "coordinate" {
            return malformed(1, "a sparse matrix in coordinate format", format!("{storage:?}"));
        }
        let has_values = match field {
            "real" | "integer" => true,
            "pattern" => false,
            _ => return malformed(1, "a real, integer or pattern matrix", format!("{field:?}")),
        };
        let meaning = match symmetry {
            "general" => ArcMeaning::Directed,
            "symmetric" => ArcMeaning::Undirected,
            _ => return malformed(1, "a general or symmetric matrix", format!("{symmetry:?}")),
        };
        let mut number = 1;
        while start < bytes.len() {
            let line;
            (line, start) = line_at(bytes, start);
            number += 1;
            if line.trim_ascii_start().starts_with(b"%") || line.trim_ascii().is_empty() {
                continue;
            }
            let sizes: Option<Vec<usize>> = line
                .split(u8::is_ascii_whitespace)
                .filter(|word| !word.is_empty())
                .take(4)
                .map(|word| usize::try_from(whole_number(word)?).ok())
                .collect();
            let Some(&[num_rows, num_columns, num_entries]) = sizes.as_deref() else {
                return malformed(number, "how many rows, columns and entries there are", quoted_bytes(line));
            };
            if num_rows != num_columns {
                return malformed(number, "a square matrix", format!("{num_rows} × {num_columns}"));
            }
            let max_nodes = bytes.len().max(MAX_DECLARED);
            if num_rows == 0 || num_rows > max_nodes {
                let expected = format!("from 1 to {max_nodes} rows in a file of {} bytes", bytes.len());
                return malformed(number, &expected, num_rows.to_string());
            }
            return Ok(Self { has_values, meaning, num_nodes: num_rows, num_entries, start });
        }
        let expected = "how many rows, columns and entries there are";
        Err(Error::malformed(Place::whole(path), expected, "the end of the file"))
    }

    fn layout(&self) -> Layout {
        Layout {
            separator: Separator::Blanks,
            comment_signs: &["%"],
            from: 0,
            to: 1,
            weight: self.has_values.then_some(2),
            num_fields: if self.has_values { 3 } else { 2 },
            single: Single::Fault,
            arrow: None,
            has_attributes: false,
            attribute: None,
            expected: if self.has_values { "a row, a column and a value" } else { "a row and a column" }
                .into(),
        }
    }

    /// What is wrong with entries that are known to be faulty.
    fn fault(&self, bytes: &[u8], path: &Path) -> Error {
        let layout = self.layout();
        let mut num_entries = 0;
        let mut next = self.start;
        while next < bytes.len() {
            let here = next;
            let line;
            (line, next) = line_at(bytes, here);
            if layout.is_silent(line) {
                continue;
            }
            num_entries += 1;
            if let Err(fault) = self.check(&layout, line, num_entries) {
                let line = 1 + memchr::memchr_iter(b'\n', &bytes[..here]).count();
                return Error::malformed(Place::line(path, line), fault.expected, fault.found);
            }
        }
        let expected = format!("{} entries, as its size line says", self.num_entries);
        Error::malformed(Place::whole(path), expected, num_entries.to_string())
    }

    fn check(&self, layout: &Layout, line: &[u8], num_entries: usize) -> Result<(), Fault> {
        let record = layout.record(line)?;
        for place in [&record.from].into_iter().chain(&record.to) {
            if !whole_number(place).is_some_and(|place| (1..=self.num_nodes as u64).contains(&place)) {
                let expected = format!("a row and a column from 1 to {}", self.num_nodes);
                return Err(Fault { expected, found: quoted_bytes(place) });
            }
        }
        if num_entries > self.num_entries {
            let expected = format!("{} entries, as its size line says", self.num_entries);
            return Err(Fault { expected, found: "another".into() });
        }
        Ok(())
    }
}

fn write(dataset: &NodeDataset, path: &Path) -> Result<(), Error> {
    let graph = dataset.graph();
    let (n, m, is_weighted) = (graph.num_nodes(), graph.num_edges(), !graph.is_unweighted());
    write_text_file(path, |out| {
        let field = if is_weighted { "real" } else { "pattern" };
        writeln!(out, "{BANNER} matrix coordinate {field} symmetric")?;
        writeln!(out, "{n} {n} {m}")?;
        for (column, row, weight) in graph.weighted_edges() {
            write!(out, "{} {}", u64::from(row) + 1, u64::from(column) + 1)?;
            match is_weighted {
                true => writeln!(out, " {weight}")?,
                false => writeln!(out)?,
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cleaning::CleaningPolicy;
    use crate::format::registry::{ReadConfig, Sample};
    use proptest::prelude::*;

    fn raw(text: &str) -> Result<RawDataset, Error> {
        read(text.as_bytes(), Path::new("a.mtx"), Some(20))
    }

    fn message(banner: &str, rest: &str) -> String {
        raw(&format!("%%MatrixMarket matrix {banner}\n{rest}")).unwrap_err().to_string()
    }

    #[test]
    fn entries_of_a_general_matrix_are_arcs() {
        let text = "%%matrixmarket MATRIX coordinate Integer general\r\n% made by hand\n\n 4 4  3\r\n1 2 5\n% x\n\
                    4 1 0\n2 1 -7";
        let raw = raw(text).unwrap();
        assert_eq!(raw.node_ids, NodeIds::from_numbers(vec![1, 2, 3, 4]));
        assert_eq!((raw.arcs.from, raw.arcs.to), (vec![0, 3, 1], vec![1, 0, 0]));
        assert_eq!((raw.arcs.weights, raw.arcs.meaning), (Some(vec![5.0, 0.0, -7.0]), ArcMeaning::Directed));
    }

    #[test]
    fn entries_of_a_symmetric_matrix_are_edges_whichever_their_order() {
        let raw = raw("%%MatrixMarket matrix coordinate pattern symmetric\n3 3 3\n2 1\n1 2\n2 3\n").unwrap();
        assert_eq!((&raw.arcs.from, &raw.arcs.to), (&vec![1, 1, 2], &vec![0, 0, 1]));
        let dataset = raw.clean(&CleaningPolicy::default()).unwrap();
        assert_eq!(dataset.graph().edges().collect::<Vec<_>>(), [(0, 1), (1, 2)]);
        assert_eq!(dataset.report().edges.duplicates_merged, 1);
    }

    #[test]
    fn what_is_no_graph_is_refused() {
        for (banner, expected) in [
            ("array real general", "a sparse matrix in coordinate format, found \"array\""),
            ("coordinate complex general", "a real, integer or pattern matrix, found \"complex\""),
            ("coordinate real skew-symmetric", "a general or symmetric matrix, found \"skew-symmetric\""),
            ("coordinate real hermitian", "a general or symmetric matrix, found \"hermitian\""),
            (
                "coordinate real",
                "%%MatrixMarket matrix, a storage, a field and a symmetry, found \
                 \"%%MatrixMarket matrix coordinate real\"",
            ),
        ] {
            assert_eq!(message(banner, "1 1 0\n"), format!("a.mtx:1: expected {expected}"));
        }
    }

    #[test]
    fn bad_lines_are_named() {
        for (rest, expected) in [
            ("", "a.mtx: expected how many rows, columns and entries there are, found the end of the file"),
            ("3 3\n", "a.mtx:2: expected how many rows, columns and entries there are, found \"3 3\""),
            ("%\n3 4 1\n", "a.mtx:3: expected a square matrix, found 3 × 4"),
            ("0 0 0\n", "a.mtx:2: expected from 1 to 1048576 rows in a file of 52 bytes, found 0"),
            ("3 3 1\n1 2\n", "a.mtx:3: expected a row, a column and a value, found 2 fields"),
            ("3 3 1\n7\n", "a.mtx:3: expected a row, a column and a value, found 1 field"),
            ("3 3 1\n1 2 NaN\n", "a.mtx:3: expected a finite number as weight, found \"NaN\""),
            ("3 3 1\n1 4 1\n", "a.mtx:3: expected a row and a column from 1 to 3, found \"4\""),
            ("3 3 2\n1 1 1\n\n0 1 1\n", "a.mtx:5: expected a row and a column from 1 to 3, found \"0\""),
            ("3 3 1\n1 x 1\n", "a.mtx:3: expected a row and a column from 1 to 3, found \"x\""),
            (
                "3 3 1\n1 99999999999 1\n",
                "a.mtx:3: expected a row and a column from 1 to 3, found \"99999999999\"",
            ),
            ("3 3 1\n1 2 1\n2 3 1\n", "a.mtx:4: expected 1 entries, as its size line says, found another"),
            ("3 3 2\n1 2 1\n", "a.mtx: expected 2 entries, as its size line says, found 1"),
        ] {
            assert_eq!(message("coordinate real general", rest), expected);
        }
        assert_eq!(
            message("coordinate pattern general", "9999999 9999999 0\n"),
            "a.mtx:2: expected from 1 to 1048576 rows in a file of 67 bytes, found 9999999"
        );
    }

    #[test]
    fn a_matrix_is_recognized_by_its_banner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        for (content, expected) in [("%%matrixMarket matrix", true), ("%%", false)] {
            std::fs::write(&path, content).unwrap();
            assert_eq!((FORMAT.recognizes)(&Sample::of(&path).unwrap()), expected);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            edges in prop::collection::vec((0u32..6, 0u32..6, prop::sample::select(vec![1.0f32, 0.1])), 0..8),
            name in prop::sample::select(vec!["a.mtx", "a.mtx.gz"]),
        ) {
            let mut policy = CleaningPolicy::default();
            policy.edges.loops = crate::Loops::Keep;
            let arcs = Arcs {
                from: edges.iter().map(|edge| edge.0).collect(),
                to: edges.iter().map(|edge| edge.1).collect(),
                weights: Some(edges.iter().map(|edge| edge.2).collect()),
                meaning: ArcMeaning::Undirected,
            };
            let dataset = RawDataset::from_arcs("a", NodeIds::counted(6), arcs).clean(&policy).unwrap();
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(name);
            FORMAT.write(&dataset, &path).unwrap();
            let back = FORMAT.read(&path, &ReadConfig::default()).unwrap().clean(&policy).unwrap();
            prop_assert_eq!(back.graph(), dataset.graph());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes, Path::new("a.mtx"), Some(30));
        }
    }
}
