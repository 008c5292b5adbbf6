//! What a format of embeddings can do, and which one a path is of.

use std::path::Path;

use super::columns::NodeColumn;
use super::delimited;
use super::formats;
use super::matrix::Embedding;
use crate::error::{Error, Place};
use crate::format::{Sample, quoted};
use crate::node_ids::NodeIds;

/// A way to write down an embedding.
pub struct EmbeddingFormat {
    /// The name to ask for it by.
    pub name: &'static str,
    /// What it is, in a line.
    pub title: &'static str,
    /// How the names of its files end, most usual first, each with its dot; empty for a folder.
    pub endings: &'static [&'static str],
    /// Whether it is one file of text, which may be packed by gzip, with ".gz" after its ending.
    pub(super) is_text: bool,
    /// Whether a path looks like this format.
    pub(super) recognizes: fn(&Sample) -> bool,
    pub(super) read: fn(&Path) -> Result<Embedding, Error>,
    /// Whether such ids and columns have a place in it, and whether this build can write it.
    pub(super) check: fn(&NodeIds, &[NodeColumn<'_>]) -> Result<(), Error>,
    pub(super) write: fn(&Embedding, &[NodeColumn<'_>], &Path) -> Result<(), Error>,
}

impl EmbeddingFormat {
    /// The format of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        formats().iter().find(|format| format.name == name)
    }

    /// The most usual name of a file in this format: `embedding.npy` for the stem "embedding"; a folder is called as
    /// the format.
    pub fn file_name(&self, stem: &str) -> String {
        self.endings.first().map_or_else(|| self.name.to_string(), |ending| format!("{stem}{ending}"))
    }

    /// Reads a path as this format.
    ///
    /// # Errors
    /// A path that cannot be read, or does not hold what the format asks for; a format that this build does not have.
    pub fn read(&self, path: &Path) -> Result<Embedding, Error> {
        (self.read)(path)
    }

    /// Checks, before there is an embedding, that one of these nodes can be written with these columns.
    ///
    /// # Errors
    /// Ids or words that the format has no place for; a format that this build does not have.
    pub fn check(&self, ids: &NodeIds, columns: &[NodeColumn<'_>]) -> Result<(), Error> {
        (self.check)(ids, columns)
    }

    /// Writes an embedding: under another name first, then moved to its place.
    ///
    /// # Errors
    /// As [`check`](Self::check); a path that cannot be written.
    pub fn write(&self, embedding: &Embedding, path: &Path) -> Result<(), Error> {
        self.write_with(embedding, &[], path)
    }

    /// Writes an embedding as [`write`](Self::write) does, and columns beside it where the format has a place for them.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    ///
    /// # Panics
    /// When a column has not one word for each row.
    pub fn write_with(
        &self,
        embedding: &Embedding,
        columns: &[NodeColumn<'_>],
        path: &Path,
    ) -> Result<(), Error> {
        let num_rows = embedding.ids().len();
        for NodeColumn { title, words } in columns {
            assert_eq!(words.len(), num_rows, "column {title}: one word for each row");
        }
        self.check(embedding.ids(), columns)?;
        (self.write)(embedding, columns, path)
    }

    /// Whether a name ends as this format's do.
    pub fn has_ending_of(&self, name: &str) -> bool {
        let name = name.strip_suffix(".gz").filter(|_| self.is_text).unwrap_or(name);
        self.endings.iter().any(|ending| name.len() > ending.len() && name.ends_with(ending))
    }
}

/// Ids and columns have a place whatever they are.
pub(super) fn takes_all(_: &NodeIds, _: &[NodeColumn<'_>]) -> Result<(), Error> {
    Ok(())
}

/// Whether a path looks like an embedding in one of [`formats`].
///
/// # Errors
/// A path that cannot be read.
pub fn is_embedding(path: &Path) -> Result<bool, Error> {
    Ok(recognized(&Sample::of(path)?).is_some())
}

/// Reads an embedding in whichever of [`formats`] a path is.
///
/// # Errors
/// A path that no format recognizes or that cannot be read; one that does not hold what its format asks for.
pub fn read(path: &Path) -> Result<Embedding, Error> {
    let sample = Sample::of(path)?;
    let is_text = || !sample.is_folder && !sample.head.contains(&0);
    let may_be_table = || TABLES.iter().any(|ending| sample.name.ends_with(ending)) && is_text();
    match recognized(&sample) {
        Some(format) => format.read(path),
        None if may_be_table() => delimited::read(path),
        None => {
            let names: Vec<&str> = formats().iter().map(|format| format.name).collect();
            let expected = format!("an embedding as {}", names.join(", "));
            let found = if path.is_dir() { "a folder of other files" } else { "a file of no such format" };
            Err(Error::malformed(Place::whole(path), expected, found))
        }
    }
}

/// Writes an embedding in the format that the path's ending names; text is packed by gzip if ".gz" follows.
///
/// # Errors
/// An ending that is no format's; as [`EmbeddingFormat::write`].
pub fn write(embedding: &Embedding, path: &Path) -> Result<(), Error> {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    match formats().iter().find(|format| format.has_ending_of(&name)) {
        Some(format) => format.write(embedding, path),
        None => {
            let endings: Vec<&str> = formats().iter().flat_map(|format| format.endings).copied().collect();
            let expected = format!("a name that ends in {}", endings.join(", "));
            Err(Error::invalid("file to write an embedding to", expected, quoted(&name)))
        }
    }
}

fn recognized(sample: &Sample) -> Option<&'static EmbeddingFormat> {
    formats().iter().find(|format| (format.recognizes)(sample))
}

/// How files of tables of numbers end that are asked for as an embedding, whatever they start with.
const TABLES: [&str; 6] = [".csv", ".tsv", ".emb", ".embeddings", ".vec", ".w2v"];

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    /// Bits that a careless writer would lose, and ids that have a place in every format.
    fn embeddings() -> Vec<Embedding> {
        let values = [0.1, -0.0, 1e-45, f32::MAX, -3.3e-12, 16_777_217.0, 0.0, 1.0 / 3.0, f32::MIN_POSITIVE];
        let rows = Array2::from_shape_vec((3, 3), values.to_vec()).unwrap();
        [
            NodeIds::counted(3),
            NodeIds::from_numbers(vec![7, 3, u64::MAX]),
            NodeIds::from_names(["Ana", "id,e0", "\"ö\"😀"]),
            NodeIds::from_names(["007", "-1", "x"]),
        ]
        .map(|ids| Embedding::from_rows(ids, rows.clone()).unwrap())
        .into_iter()
        .chain([Embedding::from_rows(NodeIds::from_names(["one"]), array![[2.5]]).unwrap()])
        .collect()
    }

    fn bits(embedding: &Embedding) -> Vec<u32> {
        embedding.rows().iter().map(|value| value.to_bits()).collect()
    }

    #[test]
    fn every_format_gives_back_ids_and_bits_and_is_recognized() {
        for format in formats().iter().filter(|format| format.check(&NodeIds::counted(1), &[]).is_ok()) {
            for (number, embedding) in embeddings().iter().enumerate() {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join(format.file_name("z"));
                format.write(embedding, &path).unwrap();
                assert!(is_embedding(&path).unwrap(), "{} {number}", format.name);
                for read in [format.read(&path).unwrap(), read(&path).unwrap()] {
                    assert_eq!(read.ids(), embedding.ids(), "{} {number}", format.name);
                    assert_eq!(bits(&read), bits(embedding), "{} {number}", format.name);
                }
            }
        }
    }

    #[test]
    fn names_and_endings_are_of_one_format_each() {
        let mut names: Vec<&str> = formats().iter().map(|format| format.name).collect();
        assert_eq!(names, ["npy", "npz", "parquet", "csv", "tsv", "projector", "word2vec"]);
        names.extend(formats().iter().flat_map(|format| format.endings).copied());
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn a_path_that_is_no_embedding_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let edges = folder.path().join("edges.txt");
        // An edge list whose first edge looks like a header.
        std::fs::write(&edges, "2 1\n0 1\n1 0\n").unwrap();
        assert!(!is_embedding(&edges).unwrap());
        let expected = "edges.txt: expected an embedding as npy, npz, parquet, csv, tsv, projector, word2vec, \
             found a file of no such format";
        assert_eq!(read(&edges).unwrap_err().to_string(), expected);
        assert!(read(folder.path()).unwrap_err().to_string().ends_with("found a folder of other files"));
        let embedding = &embeddings()[0];
        assert_eq!(
            write(embedding, &folder.path().join("Z.xlsx")).unwrap_err().to_string(),
            "file to write an embedding to: expected a name that ends in \
             .npy, .npz, .parquet, .csv, .tsv, .vec, .w2v, .emb, .embeddings, .txt, found \"z.xlsx\""
        );
    }
}
