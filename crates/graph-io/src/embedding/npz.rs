//! NumPy's archive with the arrays `ids` and `embedding`, which `numpy.load` reads without pickle.

use std::io::{Cursor, Read};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::columns::NodeColumn;
use super::matrix::Embedding;
use super::npy_array::{self, NpyArray, longest_word};
use super::numbers::shown;
use super::registry::EmbeddingFormat;
use crate::error::{Error, Place};
use crate::format::{Sample, max_unpacked, output, read_unpacked};
use crate::node_ids::NodeIds;

const IDS: &str = "ids.npy";
const EMBEDDING: &str = "embedding.npy";

pub(super) const FORMAT: EmbeddingFormat = EmbeddingFormat {
    name: "npz",
    title: "NumPy's archive of the arrays ids and embedding",
    endings: &[".npz"],
    recognizes,
    read,
    check,
    write,
};

fn recognizes(sample: &Sample) -> bool {
    if !FORMAT.has_ending_of(&sample.name) || !sample.head.starts_with(b"PK") {
        return false;
    }
    // Other archives are of graphs: the names at the end of the file tell.
    let archive = std::fs::File::open(&sample.path).ok().and_then(|file| ZipArchive::new(file).ok());
    archive.is_some_and(|archive| archive.index_for_name(EMBEDDING).is_some())
}

fn read(path: &Path) -> Result<Embedding, Error> {
    let packed = read_unpacked(path)?;
    let wrong = |found: String| Error::malformed(Place::whole(path), "an archive as NumPy writes it", found);
    let mut archive = ZipArchive::new(Cursor::new(&packed)).map_err(|error| wrong(error.to_string()))?;
    let max_bytes = max_unpacked(packed.len() as u64);
    let mut unpacked = |name: &str| -> Result<Option<Vec<u8>>, Error> {
        let Some(place) = archive.index_for_name(name) else {
            return Ok(None);
        };
        let entry = archive.by_index(place).map_err(|error| wrong(format!("{name}: {error}")))?;
        let mut bytes = Vec::new();
        let read = entry.take(max_bytes + 1).read_to_end(&mut bytes);
        read.map_err(|error| wrong(format!("{name}: {error}")))?;
        if bytes.len() as u64 > max_bytes {
            let what = format!("more than {max_bytes} bytes unpacked from {}", packed.len());
            return Err(Error::refused(Place::whole(path), what));
        }
        Ok(Some(bytes))
    };
    let array = |name: &str, expected: &str, found: String| {
        Error::malformed(Place::whole(path), format!("{expected} in {name}"), found)
    };
    let of_rows = |found| array(EMBEDDING, "a matrix of 32 or 64 bit floats", found);
    let bytes = unpacked(EMBEDDING)?.ok_or_else(|| of_rows("none".to_string()))?;
    let rows = NpyArray::parse(&bytes).and_then(|array| array.matrix()).map_err(of_rows)?;
    drop(bytes);
    let ids = match unpacked(IDS)? {
        Some(bytes) => NpyArray::parse(&bytes)
            .and_then(|array| array.ids())
            .map_err(|found| array(IDS, "words or whole numbers", found))?,
        None => NodeIds::counted(rows.nrows()),
    };
    Embedding::from_rows(ids, rows).map_err(|error| error.in_file(path))
}

fn check(ids: &NodeIds, _: &[NodeColumn<'_>]) -> Result<(), Error> {
    if ids.numbers().is_some() {
        return Ok(());
    }
    let refuse = |expected: &str, id: &str| Err(Error::invalid("embedding format npz", expected, shown(id)));
    if let Some(id) = ids.iter().find(|id| id.ends_with('\0')) {
        return refuse("node ids that do not end with the character 0", &id);
    }
    // NumPy's words are all as long as the longest, four bytes a character.
    let text_len: usize = ids.iter().map(|id| id.len()).sum();
    let padded = longest_word(ids).saturating_mul(4 * ids.len());
    if padded > (16 << 20) + 100 * text_len {
        let longest = ids.iter().max_by_key(|id| id.len()).unwrap_or_default();
        return refuse("node ids of about one length", &longest);
    }
    Ok(())
}

fn write(embedding: &Embedding, _: &[NodeColumn<'_>], path: &Path) -> Result<(), Error> {
    output::write_file(path, |out| {
        let mut archive = ZipWriter::new(out);
        let options =
            SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(true);
        archive.start_file(IDS, options)?;
        npy_array::write_ids(embedding.ids(), &mut archive)?;
        archive.start_file(EMBEDDING, options)?;
        npy_array::write_matrix(embedding.rows(), &mut archive)?;
        archive.finish()?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use std::io::Write;
    use std::path::PathBuf;

    fn archive(folder: &Path, entries: &[(&str, &[u8])], method: CompressionMethod) -> PathBuf {
        let path = folder.join("z.npz");
        let mut archive = ZipWriter::new(std::fs::File::create(&path).unwrap());
        for (name, bytes) in entries {
            archive.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
            archive.write_all(bytes).unwrap();
        }
        archive.finish().unwrap();
        path
    }

    fn matrix() -> Vec<u8> {
        let mut bytes = Vec::new();
        npy_array::write_matrix(&array![[1.5], [-2.0]], &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn an_archive_without_ids_is_counted_and_may_be_packed() {
        let folder = tempfile::tempdir().unwrap();
        let path = archive(folder.path(), &[(EMBEDDING, &matrix())], CompressionMethod::Deflated);
        let read = super::super::read(&path).unwrap();
        assert_eq!((read.ids(), read.rows()), (&NodeIds::counted(2), &array![[1.5], [-2.0]]));
        let other = archive(folder.path(), &[("adj_data.npy", &matrix())], CompressionMethod::Stored);
        assert!(!super::super::is_embedding(&other).unwrap());
    }

    #[test]
    fn arrays_of_other_kinds_and_bombs_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let message = |entries: &[(&str, &[u8])]| {
            let path = archive(folder.path(), entries, CompressionMethod::Deflated);
            FORMAT.read(&path).unwrap_err().to_string()
        };
        assert_eq!(
            message(&[(EMBEDDING, b"x")]),
            "z.npz: expected a matrix of 32 or 64 bit floats in embedding.npy, found another kind of file"
        );
        assert_eq!(
            message(&[("other.npy", b"x")]),
            "z.npz: expected a matrix of 32 or 64 bit floats in embedding.npy, found none"
        );
        assert_eq!(
            message(&[(EMBEDDING, &matrix()), (IDS, &matrix())]),
            "z.npz: expected words or whole numbers in ids.npy, found an array of 2 dimensions"
        );
        let bomb = message(&[(EMBEDDING, &vec![0; 40 << 20])]);
        assert!(bomb.starts_with("z.npz: refused more than ") && bomb.contains(" unpacked from "), "{bomb}");
        let path = archive(folder.path(), &[(EMBEDDING, &matrix())], CompressionMethod::Stored);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
        let message = FORMAT.read(&path).unwrap_err().to_string();
        assert!(message.starts_with("z.npz: expected an archive as NumPy writes it, found "), "{message}");
    }

    #[test]
    fn ids_that_numpy_would_change_or_blow_up_have_no_place() {
        let message = |ids: NodeIds| FORMAT.check(&ids, &[]).unwrap_err().to_string();
        assert_eq!(
            message(NodeIds::from_names(["a\0"])),
            "embedding format npz: expected node ids that do not end with the character 0, found \"a\\0\""
        );
        let long = "x".repeat(100_000);
        let names = (0..1000).map(|node| if node == 0 { long.clone() } else { format!("n{node}") });
        assert!(message(names.collect()).contains("expected node ids of about one length, found \"xxx"));
    }
}
