//! The two text files of a LINQS citation data set.

use std::path::Path;

use super::attributes::Ids;
use super::file::read_text;
use super::node_table::ClassColumn;
use super::quoted::quoted;
use super::registry::{Format, Sample};
use crate::arcs::{ArcMeaning, Arcs};
use crate::cleaning::CleaningPolicy;
use crate::csr::CsrMatrix;
use crate::error::{Error, Place};
use crate::features::Features;
use crate::labels::Labels;
use crate::node_dataset::NodeDataset;
use crate::raw_dataset::{RawDataset, UnknownIds};

const MAX_BYTES: usize = 1 << 30;

/// The format of Sen and others' citation data sets (2008): `NAME.content` has a line a node, its id, its features and
/// its class; `NAME.cites` a line a citation, the cited id and the citing id. Fields stand between tabs; lines end in
/// LF or CR LF.
///
/// Nodes are in the order of `NAME.content`, classes in the order of their names, or of their numbers where all are numbers. There is no split.
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
            ..RawDataset::from_arcs(name, content.ids.into_node_ids(), arcs)
        })
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
        let num_lines = memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1;
        let mut classes = ClassColumn::with_room(num_lines);
        let mut num_fields = None;
        let mut row_pointers = Vec::with_capacity(num_lines + 1);
        row_pointers.push(0);
        let (mut columns, mut values) = (Vec::new(), Vec::new());
        for (line, content) in text.lines().enumerate() {
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
                    if !ids.list(field) {
                        return malformed("an id not listed yet".into(), quoted(field));
                    }
                } else if index + 1 == count {
                    classes.push_text(field).map_err(|fault| fault.at(Place::line(file, line + 1)))?;
                } else if field != "0" {
                    let value = if field == "1" { Ok(1.0) } else { field.parse::<f32>() };
                    let Some(value) = value.ok().filter(|value| value.is_finite()) else {
                        return malformed(format!("a finite number as feature {}", index - 1), quoted(field));
                    };
                    if value != 0.0 {
                        columns.push((index - 1) as u32);
                        values.push(value);
                    }
                }
            }
            row_pointers.push(columns.len());
        }
        let Some(num_fields) = num_fields else {
            return Err(Error::malformed(Place::whole(file), "at least one node", "an empty file"));
        };
        let matrix = CsrMatrix::try_new((ids.num_listed(), num_fields - 2), row_pointers, columns, values)
            .expect("columns were pushed in order");
        let labels = classes.into_labels()?.expect("every line has a class");
        Ok(Self { ids, labels, features: Features::from_sparse(matrix)? })
    }
}

/// The citations, and how many lines were left out for an unknown id.
fn read_cites(file: &Path, ids: &Ids, unknown_ids: UnknownIds) -> Result<(Arcs, usize), Error> {
    let text = read_text(file, MAX_BYTES)?;
    let mut arcs = Arcs { meaning: ArcMeaning::Directed, ..Arcs::default() };
    let mut num_skipped = 0;
    for (line, content) in text.lines().enumerate() {
        let place = || Place::line(file, line + 1);
        let Some((cited, citing)) = content.split_once('\t').filter(|(_, citing)| !citing.contains('\t'))
        else {
            return Err(Error::malformed(place(), "two ids with a tab between", quoted(content)));
        };
        match (ids.get(citing), ids.get(cited), unknown_ids) {
            (Some(from), Some(to), _) => {
                arcs.from.push(from);
                arcs.to.push(to);
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
    use crate::node_ids::NodeIds;
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
