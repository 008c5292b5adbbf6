//! From text to the nodes and edges that it says.

use std::path::Path;

use super::layout::{self, FaultAt, Found};
use super::line::{Layout, Record, line_at};
use super::numbers::{Pairs, Passed, Stop, pairs, usual_chunk_len, whole_number};
use super::ranks::{IntoRows, ranked};
use super::{names, write};
use crate::arcs::{ArcMeaning, Arcs};
use crate::column_config::{ColumnConfig, Header};
use crate::error::{Error, Place};
use crate::format::file::{TextToParse, name_of, read_text_to_parse};
use crate::format::quoted::quoted_bytes;
use crate::format::registry::{Format, Sample};
use crate::node_ids::NodeIds;
use crate::raw_dataset::RawDataset;
use crate::read_notes::ReadNotes;

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
    read: |path, config| {
        read(read_text_to_parse(path, config.max_memory)?.into_utf8(path)?, path, &config.columns, None)
    },
    write: Some(write::write),
};

/// By the ending of its name, or by what it says: lines of two ids that are numbers.
pub(super) fn recognizes(sample: &Sample) -> bool {
    if sample.is_folder || sample.head.contains(&0) {
        return false;
    }
    if FORMAT.has_ending_of(&sample.name) {
        return true;
    }
    // The last line may be cut.
    let end = sample.head.iter().rposition(|&byte| byte == b'\n').map_or(sample.head.len(), |last| last + 1);
    let head = &sample.head[..end];
    let Ok(Some(found)) = layout::find(head, &ColumnConfig::default()) else { return false };
    pairs::<u64>(head, found.start, &found.layout, usize::MAX).is_ok_and(|pairs| !pairs.from.is_empty())
}

/// Reads text that is cut into chunks of about this length, or as fits its length and the number of threads.
pub(super) fn read(
    mut bytes: TextToParse,
    path: &Path,
    columns: &ColumnConfig,
    chunk_len: Option<usize>,
) -> Result<RawDataset, Error> {
    // Elsewhere they are found when a line is no edge of numbers: looking for them in every file takes time.
    if memchr::memchr(b'\r', line_at(&bytes, 0).0).is_some() {
        bytes.unify_line_ends();
    }
    let found = layout::find(&bytes, columns).map_err(|fault| malformed(&bytes, path, fault))?;
    let Some(found) = found else {
        return Err(Error::malformed(Place::whole(path), "at least one edge", "none"));
    };
    let mut notes = ReadNotes::default();
    if found.is_guessed {
        let header = bytes[..found.start].trim_ascii_end();
        let line = header.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        note_header(&header[line..], &mut notes);
    }
    let chunk_len = chunk_len.unwrap_or_else(|| usual_chunk_len(bytes.len()));
    let (node_ids, arcs, passed) = edges(bytes, path, (&found, columns), chunk_len, &mut notes)?;
    if arcs.is_empty() && node_ids.is_empty() {
        return Err(Error::malformed(
            Place::whole(path),
            "at least one edge",
            "a header and nothing below it",
        ));
    }
    note_lines(passed, &mut notes);
    if let (Some(source), Some(weights)) = (found.weights_from, &arcs.weights) {
        if found.has_no_name && look_like_times(weights) {
            let text =
                format!("the weights, from {source}, look like times: `--weights ignore` passes over them");
            notes.warnings.push(text);
        }
        notes.weights_from = Some(source);
    }
    Ok(RawDataset { notes, ..RawDataset::from_arcs(&name_of(path), node_ids, arcs) })
}

fn edges(
    mut bytes: TextToParse,
    path: &Path,
    (found, columns): (&Found, &ColumnConfig),
    chunk_len: usize,
    notes: &mut ReadNotes,
) -> Result<(NodeIds, Arcs, Passed), Error> {
    let Found { layout, start, .. } = found;
    let mut numbers = Numbers::parse(&bytes, *start, layout, chunk_len);
    if numbers.is_err() && bytes.unify_line_ends() {
        numbers = Numbers::parse(&bytes, *start, layout, chunk_len);
    }
    match numbers {
        Ok(numbers) => return Ok(numbers.in_rows(bytes)),
        Err(Stop::Fault(fault)) => return Err(malformed(&bytes, path, fault)),
        Err(Stop::Text | Stop::Wide) => {}
    }
    let may_have_header = !found.has_header && columns.header == Header::Auto;
    let first = line_at(&bytes, *start);
    if may_have_header
        && has_words(first.0, layout)
        && let Ok(numbers) = Numbers::parse(&bytes, first.1, layout, chunk_len)
        && !numbers.is_empty()
    {
        note_header(first.0, notes);
        return Ok(numbers.in_rows(bytes));
    }
    // Few chunks, as each numbers its ids anew, but several a core: what finds the ids of a chunk goes with it.
    let chunk_len = chunk_len.saturating_mul(4);
    let chunks =
        names::parse(&bytes, *start, layout, chunk_len).map_err(|fault| malformed(&bytes, path, fault))?;
    let first_line = first.0.get(..first.0.len().min(200)).unwrap_or_default().to_vec();
    let line_number = number_of_line(&bytes, *start);
    // The chunks have copies of the ids.
    drop(bytes);
    let (node_ids, arcs, passed) = names::put_together(chunks, layout);
    if !may_have_header {
        return Ok((node_ids, arcs, passed));
    }
    match first_row(&node_ids, &arcs) {
        FirstRow::Edge => Ok((node_ids, arcs, passed)),
        FirstRow::Header => {
            note_header(&first_line, notes);
            let (node_ids, arcs) = without_first(&node_ids, arcs);
            Ok((node_ids, arcs, passed))
        }
        FirstRow::Either => {
            let expected = "an edge, or the names of columns, as `--header no` or `--header yes` says";
            let found = format!("{}, whose words do not come again", quoted_bytes(&first_line));
            Err(Error::malformed(Place::line(path, line_number), expected, found))
        }
    }
}

/// Lines of whole numbers, in as few bytes as they need.
enum Numbers {
    Narrow(Pairs<u32>),
    Wide(Pairs<u64>),
}

impl Numbers {
    fn parse(bytes: &[u8], start: usize, layout: &Layout, chunk_len: usize) -> Result<Self, Stop> {
        match pairs::<u32>(bytes, start, layout, chunk_len) {
            Err(Stop::Wide) => pairs::<u64>(bytes, start, layout, chunk_len).map(Self::Wide),
            narrow => narrow.map(Self::Narrow),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Narrow(pairs) => pairs.from.is_empty(),
            Self::Wide(pairs) => pairs.from.is_empty(),
        }
    }

    /// The nodes and edges. The text they were read from is not needed any more.
    fn in_rows(self, bytes: TextToParse) -> (NodeIds, Arcs, Passed) {
        let max_bytes = bytes.len().max(1 << 20);
        drop(bytes);
        match self {
            Self::Narrow(pairs) => in_rows(pairs, max_bytes),
            Self::Wide(pairs) => in_rows(pairs, max_bytes),
        }
    }
}

fn in_rows<T: IntoRows>(mut pairs: Pairs<T>, max_bytes: usize) -> (NodeIds, Arcs, Passed) {
    let (weights, passed) = (pairs.weights.take(), pairs.passed);
    let (node_ids, from, to) = ranked(pairs, max_bytes);
    (node_ids, Arcs { from, to, weights, meaning: ArcMeaning::Directed }, passed)
}

/// Whether neither end of the edge on a line is a number.
fn has_words(line: &[u8], layout: &Layout) -> bool {
    let Ok(Record { from, to: Some(to), .. }) = layout.record(line) else { return false };
    whole_number(&from).is_none() && whole_number(&to).is_none()
}

/// What the first row of a file of text is.
#[derive(Debug, PartialEq)]
enum FirstRow {
    Edge,
    Header,
    Either,
}

/// What an id is made of.
#[derive(Clone, Copy, PartialEq)]
enum IdKind {
    Number,
    /// With a digit among other signs.
    Numbered,
    Word,
}

impl IdKind {
    fn of(id: &str) -> Self {
        match id {
            _ if id.parse::<f64>().is_ok() => Self::Number,
            _ if id.bytes().any(|byte| byte.is_ascii_digit()) => Self::Numbered,
            _ => Self::Word,
        }
    }
}

/// Ids of a first edge that never come again are names of columns if they are made of something else than all other ids.
/// If they are not, words may be either, and so may names that are numbered alike, as `author1` and `author2` are, where
/// no other id is called so. Others are ids, and so are those of a single edge.
fn first_row(ids: &NodeIds, arcs: &Arcs) -> FirstRow {
    let (Some(&from), Some(&to)) = (arcs.from.first(), arcs.to.first()) else { return FirstRow::Edge };
    let comes_again = |ends: &[u32]| ends[1..].iter().any(|&end| end == from || end == to);
    // A node that is named alone before them is no name of a column.
    if (from, to) != (0, 1) || arcs.len() == 1 || comes_again(&arcs.from) || comes_again(&arcs.to) {
        return FirstRow::Edge;
    }
    let names = [ids.get(0), ids.get(1)];
    let kinds = [IdKind::of(&names[0]), IdKind::of(&names[1])];
    if kinds[0] != kinds[1] {
        return FirstRow::Edge;
    }
    if ids.iter().skip(2).all(|id| IdKind::of(&id) != kinds[0]) {
        return FirstRow::Header;
    }
    let stem = |name: &str| name.trim_end_matches(|letter: char| letter.is_ascii_digit()).to_string();
    let stems = [stem(&names[0]), stem(&names[1])];
    let is_called_so = || ids.iter().skip(2).any(|id| id.starts_with(&*stems[0]));
    match kinds[0] {
        IdKind::Word => FirstRow::Either,
        IdKind::Numbered if stems[0] == stems[1] && !is_called_so() => FirstRow::Either,
        _ => FirstRow::Edge,
    }
}

/// The rest without the first edge and its two ids.
fn without_first(ids: &NodeIds, mut arcs: Arcs) -> (NodeIds, Arcs) {
    for ends in [&mut arcs.from, &mut arcs.to] {
        ends.remove(0);
        ends.iter_mut().for_each(|end| *end -= 2);
    }
    if let Some(weights) = &mut arcs.weights {
        weights.remove(0);
    }
    (NodeIds::from_names(ids.iter().skip(2)), arcs)
}

fn note_header(line: &[u8], notes: &mut ReadNotes) {
    let text = format!(
        "the first line, {}, read as names of columns (`--header no` reads it as an edge)",
        quoted_bytes(line)
    );
    notes.remarks.push(text);
}

fn note_lines(passed: Passed, notes: &mut ReadNotes) {
    let Passed { num_singles, num_comments } = passed;
    if num_singles > 0 {
        let text = format!("{num_singles} lines of one id read as nodes (`--lone-ids error` refuses them)");
        notes.remarks.push(text);
    }
    if num_comments > 0 {
        notes.remarks.push(format!("{num_comments} comments after the first edge passed over"));
    }
}

/// Whether numbers are whole and all of them seconds or milliseconds since 1970, from 1973 on, or years from 1900 to 2100, or
/// days of these as 20040131; or growing and nearly all different.
fn look_like_times(weights: &[f32]) -> bool {
    let all = |test: fn(f32) -> bool| weights.iter().all(|&weight| test(weight));
    if !all(|weight| weight.fract() == 0.0 && weight > 0.0) {
        return false;
    }
    let is_day = |weight: f32| {
        // The last digit of so large a number may be rounded.
        let (day, month) = (weight as u32 % 100, weight as u32 / 100 % 100);
        (19_000_100.0..21_010_000.0).contains(&weight) && (1..=12).contains(&month) && day <= 32
    };
    let num_steps = weights.windows(2).filter(|pair| pair[0] < pair[1]).count();
    all(|weight| (1e8..1e10).contains(&weight))
        || all(|weight| (1e11..1e13).contains(&weight))
        || all(|weight| (1900.0..=2100.0).contains(&weight))
        || weights.iter().all(|&weight| is_day(weight))
        || weights.len() >= 10 && weights.is_sorted() && 10 * num_steps >= 9 * (weights.len() - 1)
}

fn number_of_line(bytes: &[u8], start: usize) -> usize {
    1 + memchr::memchr_iter(b'\n', &bytes[..start]).count()
}

fn malformed(bytes: &[u8], path: &Path, (start, fault): FaultAt) -> Error {
    Error::malformed(Place::line(path, number_of_line(bytes, start)), fault.expected, fault.found)
}
