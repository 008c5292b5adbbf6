//! NumPy's archive with the arrays `ids` and `embedding`, which `numpy.load` reads without pickle.

use std::path::Path;

use super::columns::NodeColumn;
use super::matrix::Embedding;
use super::registry::EmbeddingFormat;
use crate::error::Error;
use crate::format::npy::{check_texts, write_texts, write_vector};
use crate::format::zip_archive::{ArrayArchive, ArrayArchiveWriter};
use crate::format::{Sample, output, to_rows, write_rows};
use crate::memory_limit::MemoryLimit;
use crate::node_ids::NodeIds;

const IDS: &str = "ids";
const EMBEDDING: &str = "embedding";

pub(super) const FORMAT: EmbeddingFormat = EmbeddingFormat {
    name: "npz",
    title: "NumPy's archive of the arrays ids and embedding",
    endings: &[".npz"],
    is_text: false,
    recognizes,
    read,
    check,
    write,
};

fn recognizes(sample: &Sample) -> bool {
    // Other archives are of graphs: the names at the end of the file tell.
    FORMAT.has_ending_of(&sample.name)
        && sample.head.starts_with(b"PK")
        && ArrayArchive::open(&sample.path, MemoryLimit::default())
            .is_ok_and(|archive| archive.has(EMBEDDING))
}

fn read(path: &Path) -> Result<Embedding, Error> {
    let mut archive = ArrayArchive::open(path, MemoryLimit::default())?;
    let rows = archive.read(EMBEDDING, to_rows)?;
    let ids = match archive.has(IDS) {
        true => archive.read(IDS, |array| array.to_node_ids())?,
        false => NodeIds::counted(rows.nrows()),
    };
    Embedding::from_rows(ids, rows).map_err(|error| error.in_file(path))
}

fn check(ids: &NodeIds, _: &[NodeColumn<'_>]) -> Result<(), Error> {
    if ids.numbers().is_some() { Ok(()) } else { check_texts("node ids", || ids.iter()) }
}

fn write(embedding: &Embedding, _: &[NodeColumn<'_>], path: &Path) -> Result<(), Error> {
    let ids = embedding.ids();
    output::write_file(path, |out| {
        let mut archive = ArrayArchiveWriter::new(out);
        // As NumPy has whole numbers, where they have a place in it.
        let signed: Option<Vec<i64>> =
            ids.numbers().and_then(|numbers| numbers.map(|number| number.try_into().ok()).collect());
        archive.add(IDS, |out| match (signed, ids.numbers()) {
            (Some(numbers), _) => write_vector(out, ids.len(), numbers.into_iter()),
            (None, Some(numbers)) => write_vector(out, ids.len(), numbers),
            (None, None) => write_texts(out, || ids.iter()),
        })?;
        archive.add(EMBEDDING, |out| write_rows(embedding.rows(), out))?;
        archive.finish()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use std::io::Write;
    use std::path::PathBuf;
    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    fn archive(folder: &Path, entries: &[(&str, &[u8])], method: CompressionMethod) -> PathBuf {
        let path = folder.join("z.npz");
        let mut archive = ZipWriter::new(std::fs::File::create(&path).unwrap());
        for (name, bytes) in entries {
            archive
                .start_file(format!("{name}.npy"), SimpleFileOptions::default().compression_method(method))
                .unwrap();
            archive.write_all(bytes).unwrap();
        }
        archive.finish().unwrap();
        path
    }

    fn matrix() -> Vec<u8> {
        let mut bytes = Vec::new();
        write_rows(&array![[1.5], [-2.0]], &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn an_archive_without_ids_is_counted_and_may_be_packed() {
        let folder = tempfile::tempdir().unwrap();
        let path = archive(folder.path(), &[(EMBEDDING, &matrix())], CompressionMethod::Deflated);
        let read = super::super::read(&path).unwrap();
        assert_eq!((read.ids(), read.rows()), (&NodeIds::counted(2), &array![[1.5], [-2.0]]));
        let other = archive(folder.path(), &[("adj_data", &matrix())], CompressionMethod::Stored);
        assert!(!super::super::is_embedding(&other).unwrap());
    }

    #[test]
    fn arrays_of_other_kinds_and_cut_archives_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let message = |entries: &[(&str, &[u8])]| {
            let path = archive(folder.path(), entries, CompressionMethod::Deflated);
            FORMAT.read(&path).unwrap_err().to_string()
        };
        assert_eq!(
            message(&[(EMBEDDING, b"x")]),
            "z.npz[embedding], byte 0: expected an array as NumPy writes it, found another kind of file"
        );
        assert_eq!(message(&[("other", b"x")]), "z.npz: expected an array embedding, found none");
        assert_eq!(
            message(&[(EMBEDDING, &matrix()), (IDS, &matrix())]),
            "z.npz[ids]: expected a vector of texts, found float32 of shape (2, 1)"
        );
        let path = archive(folder.path(), &[(EMBEDDING, &matrix())], CompressionMethod::Stored);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
        let message = FORMAT.read(&path).unwrap_err().to_string();
        assert!(message.starts_with("z.npz: expected a zip archive, found "), "{message}");
    }

    #[test]
    fn ids_that_numpy_would_change_or_blow_up_have_no_place() {
        let message = |ids: NodeIds| FORMAT.check(&ids, &[]).unwrap_err().to_string();
        assert_eq!(
            message(NodeIds::from_names(["a\0"])),
            "node ids: expected texts that do not end in NUL, found \"a\\0\""
        );
        let long = "x".repeat(100_000);
        let names = (0..1000).map(|node| if node == 0 { long.clone() } else { format!("n{node}") });
        assert_eq!(
            message(names.collect()),
            "node ids: expected texts of like lengths; other formats take any, found one of 100000 characters"
        );
    }
}
