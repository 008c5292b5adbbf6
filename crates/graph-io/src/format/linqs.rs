//! The two text files of a LINQS citation data set.

use std::hash::BuildHasher;
use std::path::Path;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::file::read_text;
use super::growth::push_within;
use super::quoted::quoted;
use super::registry::{Format, Sample};
use crate::arcs::{ArcMeaning, Arcs};
use crate::cleaning::CleaningPolicy;
use crate::csr::CsrMatrix;
use crate::error::{Error, Place};
use crate::features::Features;
use crate::labels::Labels;
use crate::node_dataset::NodeDataset;
use crate::node_ids::NodeIds;
use crate::raw_dataset::{RawDataset, UnknownIds};

const MAX_BYTES: usize = 1 << 30;

/// The format of Sen and others' citation data sets (2008): `NAME.content` has a line a node, its id, its features and
/// its class; `NAME.cites` a line a citation, the cited id and the citing id. Fields stand between tabs; lines end in
/// LF or CR LF.
///
/// Nodes are in the order of `NAME.content`, classes in the order of their names. There is no split.
#[derive(Clone, Copy, Debug)]
pub struct Linqs;

/// A folder with the two files of one data set, or one of them.
pub(super) const FORMAT: Format = Format {
    name: "linqs",
    title: "NAME.content and NAME.cites of the LINQS citation data sets",
    endings: &[],
    keeps: "",
    recognizes: |sample| !names(sample).is_empty(),
    read: |path, config| {
        let sample = Sample::of(path)?;
        let folder = if sample.is_folder { path } else { path.parent().unwrap_or(Path::new("")) };
        match &names(&sample)[..] {
            [name] => Linqs::read_raw(folder, name, config.unknown_ids),
            names => {
                let found = if names.is_empty() { "none".to_string() } else { names.join(", ") };
                let expected = "the files NAME.content and NAME.cites of one NAME";
                Err(Error::malformed(Place::whole(path), expected, found))
            }
        }
    },
    write: None,
};

/// The data sets that a folder or a file's name speaks of.
fn names(sample: &Sample) -> Vec<String> {
    let mut names: Vec<String> = sample
        .file_names()
        .filter_map(|file| file.strip_suffix(".content").or_else(|| file.strip_suffix(".cites")))
        .filter(|name| !name.is_empty())
        .map(String::from)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

impl Linqs {
    /// Reads `NAME.content` and `NAME.cites` of a folder; unknown ids are refused, loops dropped and counted.
    ///
    /// # Errors
    /// As [`Linqs::read_raw`].
    pub fn read(folder: &Path, name: &str) -> Result<NodeDataset, Error> {
        Self::read_raw(folder, name, UnknownIds::Refuse)?.clean(&CleaningPolicy::default())
    }

    /// Reads `NAME.content` and `NAME.cites` of a folder, citations as they are; those of ids that `NAME.content` does not
    /// have are skipped for the LINQS form of CiteSeer.
    ///
    /// # Errors
    /// A missing file; a line with the wrong number of fields, a feature that is not a finite number, an id that was
    /// there before, or one that is unknown.
    pub fn read_raw(folder: &Path, name: &str, unknown_ids: UnknownIds) -> Result<RawDataset, Error> {
        let content_file = folder.join(format!("{name}.content"));
        let content = Content::read(&content_file)?;
        let cites_file = folder.join(format!("{name}.cites"));
        let (arcs, num_skipped) = read_cites(&cites_file, &content.ids, unknown_ids)?;
        Ok(RawDataset {
            features: Some(content.features),
            labels: Some(content.labels),
            unknown_ends_skipped: num_skipped,
            ..RawDataset::from_arcs(name, NodeIds::from_text(content.ids.text, content.ids.ends), arcs)
        })
    }
}

/// The ids of the nodes, one text, and what finds them: names and a map of their own would take twenty times the bytes of
/// a file of short lines.
#[derive(Default)]
struct Ids {
    text: String,
    /// Where each id ends.
    ends: Vec<usize>,
    nodes: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Ids {
    fn name<'a>(text: &'a str, ends: &[usize], node: u32) -> &'a str {
        let node = node as usize;
        let start = if node == 0 { 0 } else { ends[node - 1] };
        &text[start..ends[node]]
    }

    fn get(&self, id: &str) -> Option<u32> {
        let is = |&node: &u32| Self::name(&self.text, &self.ends, node) == id;
        self.nodes.find(self.hasher.hash_one(id), is).copied()
    }

    /// Adds an id that is not there yet.
    fn add(&mut self, id: &str, max: usize) {
        let Self { text, ends, nodes, hasher } = self;
        let node = ends.len() as u32;
        text.push_str(id);
        push_within(ends, text.len(), max);
        let hash_of = |&node: &u32| hasher.hash_one(Self::name(text, ends, node));
        nodes.insert_unique(hasher.hash_one(id), node, hash_of);
    }
}

struct Content {
    ids: Ids,
    features: Features,
    labels: Labels,
}

impl Content {
    fn read(file: &Path) -> Result<Self, Error> {
        let text = read_text(file, MAX_BYTES)?;
        let mut ids = Ids::default();
        let mut class_starts: Vec<u32> = Vec::new();
        let mut num_fields = None;
        let (mut row_pointers, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        // A line takes an id, a feature, two tabs and an end, a feature a digit and a tab.
        let (max_lines, max_values) = (text.len() / 4 + 1, text.len() / 2);
        let mut next_start = 0;
        for (line, whole_line) in text.split_inclusive('\n').enumerate() {
            let start = next_start;
            next_start += whole_line.len();
            let content = without_end(whole_line);
            let malformed = |expected: String, found: String| {
                Err(Error::malformed(Place::line(file, line + 1), expected, found))
            };
            let count = content.split('\t').count();
            if count < 3 {
                return malformed(
                    "an id, features and a class between tabs".into(),
                    format!("{count} fields"),
                );
            }
            let expected = *num_fields.get_or_insert(count);
            if count != expected {
                return malformed(format!("{expected} fields, as in line 1"), count.to_string());
            }
            for (index, field) in content.split('\t').enumerate() {
                if index == 0 {
                    if ids.get(field).is_some() {
                        return malformed("an id not listed yet".into(), quoted(field));
                    }
                    ids.add(field, max_lines);
                } else if index + 1 == count {
                    let class_start = start + content.len() - field.len();
                    push_within(&mut class_starts, class_start as u32, max_lines);
                } else if field != "0" {
                    let value = if field == "1" { Ok(1.0) } else { field.parse::<f32>() };
                    let Some(value) = value.ok().filter(|value| value.is_finite()) else {
                        return malformed(format!("a finite number as feature {}", index - 1), quoted(field));
                    };
                    if value != 0.0 {
                        push_within(&mut columns, (index - 1) as u32, max_values);
                        push_within(&mut values, value, max_values);
                    }
                }
            }
            push_within(&mut row_pointers, columns.len(), max_lines + 1);
        }
        let Some(num_fields) = num_fields else {
            return Err(Error::malformed(Place::whole(file), "at least one node", "an empty file"));
        };
        let matrix = CsrMatrix::try_new((ids.ends.len(), num_fields - 2), row_pointers, columns, values)
            .expect("columns were pushed in order");
        Ok(Self { ids, labels: classes(&text, &class_starts)?, features: Features::from_sparse(matrix)? })
    }
}

fn without_end(line: &str) -> &str {
    line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line))
}

/// The classes that start at these bytes of a text and end with their lines, in the order of their names.
fn classes(text: &str, starts: &[u32]) -> Result<Labels, Error> {
    let name_of = |node: u32| {
        let rest = &text[starts[node as usize] as usize..];
        without_end(&rest[..rest.find('\n').map_or(rest.len(), |end| end + 1)])
    };
    let mut nodes: Vec<u32> = (0..starts.len() as u32).collect();
    nodes.sort_unstable_by_key(|&node| name_of(node));
    let mut names: Vec<String> = Vec::new();
    let mut classes = vec![None; starts.len()];
    for node in nodes {
        let name = name_of(node);
        if names.last().is_none_or(|last| last != name) {
            push_within(&mut names, name.to_string(), starts.len());
        }
        classes[node as usize] = Some(names.len() as u32 - 1);
    }
    Labels::from_classes(classes, names)
}

/// The citations, and how many lines were left out for an unknown id.
fn read_cites(file: &Path, ids: &Ids, unknown_ids: UnknownIds) -> Result<(Arcs, usize), Error> {
    let text = read_text(file, MAX_BYTES)?;
    let mut arcs = Arcs { meaning: ArcMeaning::Directed, ..Arcs::default() };
    // Two ids, a tab and a line end.
    let max_arcs = text.len() / 4 + 1;
    let mut num_skipped = 0;
    for (line, content) in text.lines().enumerate() {
        let place = || Place::line(file, line + 1);
        let Some((cited, citing)) = content.split_once('\t').filter(|(_, citing)| !citing.contains('\t'))
        else {
            return Err(Error::malformed(place(), "two ids with a tab between", quoted(content)));
        };
        match (ids.get(citing), ids.get(cited), unknown_ids) {
            (Some(from), Some(to), _) => {
                push_within(&mut arcs.from, from, max_arcs);
                push_within(&mut arcs.to, to, max_arcs);
            }
            (_, _, UnknownIds::Skip) => num_skipped += 1,
            (from, _, UnknownIds::Refuse) => {
                let unknown = if from.is_none() { citing } else { cited };
                let expected = "ids of the nodes";
                return Err(Error::malformed(
                    place(),
                    expected,
                    format!("the unknown id {}", quoted(unknown)),
                ));
            }
        }
    }
    Ok((arcs, num_skipped))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    const CONTENT: &str = "p3\t0\t1\tTheory\r\np1\t0.5\t0\tAgents\r\nnew97\t0\t0\tTheory\r\n";
    const CITES: &str = "p1\tp3\r\np3\tp1\r\np1\tp1\r\nnew97\tp1\r\n";

    fn read(content: &str, cites: &str, unknown_ids: UnknownIds) -> Result<NodeDataset, Error> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("tiny.content"), content).unwrap();
        std::fs::write(folder.path().join("tiny.cites"), cites).unwrap();
        Linqs::read_raw(folder.path(), "tiny", unknown_ids)?.clean(&CleaningPolicy::default())
    }

    fn message(content: &str, cites: &str) -> String {
        read(content, cites, UnknownIds::default()).unwrap_err().to_string()
    }

    #[test]
    fn nodes_keep_their_order_and_classes_are_sorted_by_name() {
        let tiny = read(CONTENT, CITES, UnknownIds::default()).unwrap();
        assert_eq!(tiny.node_ids(), &NodeIds::from_names(["p3", "p1", "new97"]));
        let Features::Sparse(features) = tiny.features() else { panic!("bags of words are sparse") };
        assert_eq!(features.to_dense(), array![[0.0, 1.0], [0.5, 0.0], [0.0, 0.0]]);
        let labels = tiny.labels().unwrap();
        assert_eq!(labels.class_names(), ["Agents", "Theory"]);
        assert_eq!(labels.classes(), [Some(1), Some(0), Some(1)]);
        assert_eq!(tiny.graph().edges().collect::<Vec<_>>(), [(0, 1), (1, 2)]);
        let report = tiny.report().edges;
        assert_eq!((report.arcs_read, report.duplicates_merged), (4, 0));
        assert_eq!((report.loops_dropped, report.reverses_added), (1, 1));
        assert_eq!(tiny.split(), None);
    }

    #[test]
    fn line_ends_of_unix_give_the_same() {
        let unix = |text: &str| text.replace("\r\n", "\n");
        let unknown_ids = UnknownIds::default();
        assert_eq!(
            read(&unix(CONTENT), &unix(CITES), unknown_ids).unwrap(),
            read(CONTENT, CITES, unknown_ids).unwrap()
        );
    }

    #[test]
    fn bad_lines_of_content_are_named() {
        assert_eq!(message("", ""), "tiny.content: expected at least one node, found an empty file");
        assert_eq!(
            message("a\t1\tX\nb\tX\n", ""),
            "tiny.content:2: expected an id, features and a class between tabs, found 2 fields"
        );
        assert_eq!(
            message("a\t1\tX\nb\t1\t0\tX\n", ""),
            "tiny.content:2: expected 3 fields, as in line 1, found 4"
        );
        assert_eq!(
            message("a\t1\t0\tX\nb\t1\tyes\tX\n", ""),
            "tiny.content:2: expected a finite number as feature 1, found \"yes\""
        );
        assert_eq!(
            message("a\tNaN\tX\n", ""),
            "tiny.content:1: expected a finite number as feature 0, found \"NaN\""
        );
        assert_eq!(
            message("a\t1\tX\na\t1\tX\n", ""),
            "tiny.content:2: expected an id not listed yet, found \"a\""
        );
    }

    #[test]
    fn bad_lines_of_cites_are_named() {
        assert_eq!(
            message(CONTENT, "p1\tp3\nghost\tp1\n"),
            "tiny.cites:2: expected ids of the nodes, found the unknown id \"ghost\""
        );
        assert_eq!(
            message(CONTENT, "p1 p3\n"),
            "tiny.cites:1: expected two ids with a tab between, found \"p1 p3\""
        );
    }

    #[test]
    fn long_texts_are_cut_in_messages() {
        let long = "x".repeat(1 << 20);
        let shown = format!("\"{}\"…", "x".repeat(40));
        for (content, cites) in [
            (CONTENT.to_string(), long.clone()),
            (CONTENT.to_string(), format!("p1\t{long}")),
            (format!("a\t{long}\tX\n"), String::new()),
            (format!("{long}\t1\tX\n{long}\t1\tX\n"), String::new()),
        ] {
            let message = message(&content, &cites);
            assert!(message.ends_with(&shown) && message.len() < 120, "{message}");
        }
    }

    #[test]
    fn unknown_ids_can_be_left_out_and_are_counted() {
        let unknown_ids = UnknownIds::Skip;
        let tiny = read(CONTENT, "p1\tp3\nghost\tp1\np1\tghost\n", unknown_ids).unwrap();
        assert_eq!((tiny.graph().num_edges(), tiny.report().edges.unknown_ends_skipped), (1, 2));
        assert_eq!(tiny.report().edges.arcs_read, 1);
    }
}
