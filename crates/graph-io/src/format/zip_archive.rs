//! Zip archives of arrays, with a bound on what they may unpack to.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::file::too_large;
use super::npy::{Header, NpyArray};
use super::quoted::quoted;
use crate::error::{Error, Place};
use crate::memory_limit::MemoryLimit;

/// An archive of NumPy arrays, `NAME.npy` for each NAME; each is unpacked when it is asked for.
///
/// An array is unpacked to the length that its own header gives it, and all of them to what a [`MemoryLimit`] allows; the
/// sizes that the archive declares are not believed.
pub(crate) struct ArrayArchive {
    archive: zip::ZipArchive<Box<dyn Source>>,
    path: PathBuf,
    packed_len: u64,
    num_left: u64,
    max_unpacked: u64,
}

/// Where an archive is read from.
trait Source: Read + Seek {}

impl<S: Read + Seek> Source for S {}

impl ArrayArchive {
    /// Opens an archive and reads the list of what is in it.
    ///
    /// # Errors
    /// A path that cannot be read; no zip archive; two entries of one name, or one whose name leads out of the archive.
    pub(crate) fn open(path: &Path, limit: MemoryLimit) -> Result<Self, Error> {
        let fault = |source| Error::io(path, source);
        let file = File::open(path).map_err(fault)?;
        let packed_len = file.metadata().map_err(fault)?.len();
        Self::of(Box::new(BufReader::new(file)), packed_len, path, limit)
    }

    /// An archive that is embedded in the program; `path` is for messages.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(crate) fn embedded(bytes: &'static [u8], path: &Path) -> Result<Self, Error> {
        Self::of(Box::new(Cursor::new(bytes)), bytes.len() as u64, path, MemoryLimit::default())
    }

    fn of(
        mut source: Box<dyn Source>,
        packed_len: u64,
        path: &Path,
        limit: MemoryLimit,
    ) -> Result<Self, Error> {
        check_num_entries(&mut source, packed_len, path)?;
        let archive = zip::ZipArchive::new(source).map_err(|error| zip_error(path, error))?;
        let malformed =
            |expected: &str, found: &str| Err(Error::malformed(Place::whole(path), expected, found));
        if archive.has_duplicate_names() {
            return malformed("entries of different names", "a name twice");
        }
        for name in archive.file_names() {
            let name = name.map_err(|error| zip_error(path, error))?;
            let leads_out = name.starts_with(['/', '\\']) || name.split(['/', '\\']).any(|part| part == "..");
            if leads_out || name.contains([':', '\0']) {
                return malformed("names within the archive", &quoted(&name));
            }
        }
        let max_unpacked = limit.max_unpacked(packed_len);
        Ok(Self { archive, path: path.to_path_buf(), packed_len, num_left: max_unpacked, max_unpacked })
    }

    /// Whether there is an array of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.archive.index_for_name(&format!("{name}.npy")).is_some()
    }

    /// A complaint about an array of this name.
    pub(crate) fn wrong(&self, name: &str, expected: impl Into<String>, found: impl Into<String>) -> Error {
        Error::malformed(Place::whole(&self.place(name)), expected, found)
    }

    /// What messages call an array of this name.
    pub(crate) fn place(&self, name: &str) -> PathBuf {
        let archive = self.path.file_name().unwrap_or_default().to_string_lossy();
        self.path.with_file_name(format!("{archive}[{name}]"))
    }

    /// How many bytes the archive has.
    pub(crate) fn packed_len(&self) -> u64 {
        self.packed_len
    }

    /// The path of the archive.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Unpacks the array of this name and hands it to `convert`.
    ///
    /// # Errors
    /// No such array; one that is encrypted, packed in another way than deflated, damaged, or too large unpacked; no
    /// NumPy array; whatever `convert` finds.
    pub(crate) fn read<T>(
        &mut self,
        name: &str,
        convert: impl FnOnce(&NpyArray) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let bytes = self.unpack(name)?;
        convert(&NpyArray::parse(&bytes, &self.place(name))?)
    }

    /// As [`read`](Self::read), but nothing for an array that is not there, or holds pickled Python objects: those are never
    /// read.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub(crate) fn read_plain<T>(
        &mut self,
        name: &str,
        convert: impl FnOnce(&NpyArray) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        if !self.has(name) {
            return Ok(None);
        }
        let bytes = self.unpack(name)?;
        match NpyArray::parse(&bytes, &self.place(name)) {
            Err(Error::Refused { .. }) => Ok(None),
            array => convert(&array?).map(Some),
        }
    }

    fn unpack(&mut self, name: &str) -> Result<Vec<u8>, Error> {
        let place = self.place(name);
        let entry = self.archive.by_name(&format!("{name}.npy"));
        let entry = entry.map_err(|error| match error {
            ZipError::FileNotFound => {
                Error::malformed(Place::whole(&self.path), format!("an array {name}"), "none")
            }
            error => zip_error(&place, error),
        })?;
        let damaged =
            |error: io::Error| Error::malformed(Place::whole(&place), "zip data", error.to_string());
        let mut bytes = Vec::new();
        let mut entry = entry.take(Header::MAX_BYTES);
        entry.read_to_end(&mut bytes).map_err(damaged)?;
        // What has no header of an array is refused when it is parsed: no more of it is unpacked.
        if let Ok(header) = Header::parse(&bytes, &place) {
            let Some(left) = header.file_len().and_then(|needed| self.num_left.checked_sub(needed)) else {
                return Err(too_large(&self.path, self.max_unpacked, self.packed_len));
            };
            let needed = self.num_left - left;
            let more = needed.saturating_sub(bytes.len() as u64);
            bytes.reserve_exact(more as usize + 1);
            // The end is read too: only there the checksum is compared.
            entry.set_limit(more + 1);
            entry.read_to_end(&mut bytes).map_err(damaged)?;
            if bytes.len() as u64 > needed {
                return Err(Error::malformed(
                    Place::whole(&place),
                    format!("{needed} bytes by its header"),
                    "more",
                ));
            }
            self.num_left = left;
        }
        Ok(bytes)
    }
}

/// An archive of NumPy arrays in the making. Nothing is packed: what packs too well would be taken for a bomb.
pub(crate) struct ArrayArchiveWriter<W: Write + Seek>(ZipWriter<W>);

impl<W: Write + Seek> ArrayArchiveWriter<W> {
    /// An archive without arrays yet.
    pub(crate) fn new(out: W) -> Self {
        Self(ZipWriter::new(out))
    }

    /// Adds the array that `write` makes under this name.
    pub(crate) fn add(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut BufWriter<&mut ZipWriter<W>>) -> io::Result<()>,
    ) -> io::Result<()> {
        // Sizes of more than 4 GiB are allowed for, as NumPy does.
        let options =
            SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(true);
        self.0.start_file(format!("{name}.npy"), options)?;
        let mut out = BufWriter::with_capacity(1 << 16, &mut self.0);
        write(&mut out)?;
        out.flush()
    }

    /// Ends the archive with the list of what is in it.
    pub(crate) fn finish(self) -> io::Result<()> {
        self.0.finish()?;
        Ok(())
    }
}

fn zip_error(path: &Path, error: ZipError) -> Error {
    match error {
        ZipError::Io(source) if source.kind() != std::io::ErrorKind::UnexpectedEof => Error::io(path, source),
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            Error::refused(Place::whole(path), "encrypted data")
        }
        error => Error::malformed(Place::whole(path), "a zip archive", error.to_string()),
    }
}

/// Refuses an archive whose end declares more entries than its bytes have room for: the library makes a table of the
/// declared size before it reads the first entry.
fn check_num_entries(source: &mut (impl Read + Seek), packed_len: u64, path: &Path) -> Result<(), Error> {
    /// The end of the directory with its longest comment, and the larger one before it.
    const TAIL: u64 = 22 + 0xffff + 20 + 56;
    const SMALLEST_ENTRY: u64 = 46;
    let fault = |source| Error::io(path, source);
    let start = packed_len.saturating_sub(TAIL);
    let mut tail = Vec::new();
    source.seek(SeekFrom::Start(start)).map_err(fault)?;
    source.take(TAIL).read_to_end(&mut tail).map_err(fault)?;
    source.rewind().map_err(fault)?;
    let malformed =
        |expected: String, found: String| Err(Error::malformed(Place::whole(path), expected, found));
    let number = |from: usize, len: usize| {
        let bytes = tail.get(from..from + len)?;
        Some(bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    };
    let most = packed_len / SMALLEST_ENTRY;
    for place in 0..tail.len().saturating_sub(3) {
        let declared = match &tail[place..place + 4] {
            b"PK\x05\x06" => number(place + 10, 2),
            b"PK\x06\x06" => number(place + 32, 8),
            // Where the larger end lies: where this looks, or it was not looked at.
            b"PK\x06\x07" => match number(place + 8, 8) {
                Some(at) if at < start => {
                    return malformed("the end of the directory at the end".into(), format!("byte {at}"));
                }
                _ => None,
            },
            _ => None,
        };
        // A short count of 0xffff says that the long one counts.
        if let Some(declared) = declared.filter(|&declared| declared > most && declared != 0xffff) {
            return malformed(format!("at most {most} entries in {packed_len} bytes"), declared.to_string());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_declares_more_entries_than_there_is_room_for_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lie.npz");
        let message = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            ArrayArchive::open(&path, MemoryLimit::default()).err().unwrap().to_string()
        };
        let mut short = [0; 22];
        short[..4].copy_from_slice(b"PK\x05\x06");
        short[8..12].copy_from_slice(&[9, 0, 9, 0]);
        assert_eq!(message(&short), "lie.npz: expected at most 0 entries in 22 bytes, found 9");
        let mut long = [0; 56];
        long[..4].copy_from_slice(b"PK\x06\x06");
        long[24..40].copy_from_slice(&[0xff; 16]);
        short[8..12].copy_from_slice(&[0xff; 4]);
        let lie = [&long[..], &short].concat();
        assert!(message(&lie).ends_with("found 18446744073709551615"), "{}", message(&lie));
        let before = vec![b'x'; 100_000];
        let moved = [&before[..], &lie].concat();
        let expected = "lie.npz: expected at most 2175 entries in 100078 bytes, found 18446744073709551615";
        assert_eq!(message(&moved), expected);
        // The larger end out of sight of this look at the file's end.
        let locator = [&b"PK\x06\x07\0\0\0\0"[..], &[0; 8], &[1, 0, 0, 0]].concat();
        let far = [&long[..], &before, &locator, &short].concat();
        assert_eq!(message(&far), "lie.npz: expected the end of the directory at the end, found byte 0");
    }
    use crate::format::npy::write_vector;

    fn npy(len: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_vector(&mut bytes, len, std::iter::repeat_n(7u8, len)).unwrap();
        bytes
    }

    fn archive(names: &[&str], content: &[u8], method: zip::CompressionMethod) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for name in names {
            zip.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn stored(names: &[&str]) -> Vec<u8> {
        archive(names, &npy(3), zip::CompressionMethod::Stored)
    }

    fn read(bytes: &[u8], name: &str) -> Result<Vec<u8>, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npz");
        std::fs::write(&path, bytes).unwrap();
        ArrayArchive::open(&path, MemoryLimit::default())?.read(name, |array| array.to_vector())
    }

    fn message(bytes: &[u8]) -> String {
        read(bytes, "x").unwrap_err().to_string()
    }

    fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        let places: Vec<usize> =
            (0..=bytes.len() - old.len()).filter(|&at| bytes[at..].starts_with(old)).collect();
        assert!(!places.is_empty());
        places.into_iter().for_each(|at| bytes[at..at + new.len()].copy_from_slice(new));
        bytes
    }

    #[test]
    fn arrays_are_read_by_name_stored_or_deflated() {
        for method in [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated] {
            assert_eq!(read(&archive(&["y.npy", "x.npy"], &npy(3), method), "x").unwrap(), [7; 3]);
        }
        assert_eq!(message(&stored(&["y.npy"])), "a.npz: expected an array x, found none");
    }

    #[test]
    fn names_that_come_twice_or_lead_out_are_refused() {
        let twice = replaced(&stored(&["x.npy", "y.npy"]), b"y.npy", b"x.npy");
        assert_eq!(message(&twice), "a.npz: expected entries of different names, found a name twice");
        for name in ["../x.npy", "/x.npy", "a/../x.npy", "c:x.npy", "..\\x.npy"] {
            let expected = format!("a.npz: expected names within the archive, found {name:?}");
            // The writer itself mends some of these names.
            let plain = "z".repeat(name.len());
            let bytes = replaced(&stored(&[&plain]), plain.as_bytes(), name.as_bytes());
            assert_eq!(message(&bytes), expected);
        }
    }

    #[test]
    fn what_is_encrypted_packed_otherwise_or_damaged_is_refused() {
        let whole = stored(&["x.npy"]);
        let mut encrypted = whole.clone();
        let central = whole.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
        (encrypted[6], encrypted[central + 8]) = (1, 1);
        assert_eq!(message(&encrypted), "a.npz[x]: refused encrypted data");
        let mut other = whole.clone();
        (other[8], other[central + 10]) = (14, 14);
        assert_eq!(
            message(&other),
            "a.npz[x]: expected zip data, found compression method not supported: 14"
        );
        let damaged = replaced(&whole, &[7, 7, 7], &[7, 8, 7]);
        assert!(
            message(&damaged).starts_with("a.npz[x]: expected zip data, found "),
            "{}",
            message(&damaged)
        );
        assert!(message(b"PK\x03\x04").starts_with("a.npz: expected a zip archive, found "));
    }

    #[test]
    fn every_cut_is_refused() {
        let whole = archive(&["x.npy"], &npy(300), zip::CompressionMethod::Deflated);
        for len in 0..whole.len() {
            assert!(message(&whole[..len]).starts_with("a.npz"), "{len}");
        }
    }

    #[test]
    fn a_bomb_is_refused_however_it_is_shared_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npz");
        let bytes = archive(&["x.npy", "y.npy"], &npy(9 << 20), zip::CompressionMethod::Deflated);
        std::fs::write(&path, &bytes).unwrap();
        let limit = MemoryLimit::bytes(0);
        let mut archive = ArrayArchive::open(&path, limit).unwrap();
        let len = |array: &NpyArray| Ok(array.shape()[0]);
        assert_eq!(archive.read("x", len).unwrap(), 9 << 20);
        let max_bytes = limit.max_unpacked(bytes.len() as u64);
        assert_eq!(
            archive.read("y", len).unwrap_err().to_string(),
            format!(
                "a.npz: refused more than {max_bytes} bytes unpacked from {}; `--max-memory` raises the limit",
                bytes.len()
            )
        );
        let mut archive = ArrayArchive::open(&path, MemoryLimit::bytes(200 << 20)).unwrap();
        assert_eq!((archive.read("x", len).unwrap(), archive.read("y", len).unwrap()), (9 << 20, 9 << 20));
    }

    #[test]
    fn features_that_pack_to_a_thousandth_are_read() {
        // One-hot floats of 2300 nodes: 18 MB that pack to some kB.
        let mut bytes = Vec::new();
        let values: Vec<f32> = (0..2300 * 2000).map(|place| f32::from(u8::from(place % 2001 == 0))).collect();
        crate::format::npy::write_array(&mut bytes, &[2300, 2000], &values).unwrap();
        let packed = archive(&["x.npy"], &bytes, zip::CompressionMethod::Deflated);
        assert!(packed.len() < bytes.len() / 200, "{}", packed.len());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npz");
        std::fs::write(&path, packed).unwrap();
        let mut archive = ArrayArchive::open(&path, MemoryLimit::default()).unwrap();
        let matrix = archive.read("x", |array| array.to_matrix::<f32>()).unwrap();
        assert_eq!((matrix.dim(), matrix.sum()), ((2300, 2000), 2299.0));
    }

    #[test]
    fn more_bytes_than_the_header_says_are_not_unpacked() {
        let long = [npy(3), vec![0; 32 << 20]].concat();
        let bytes = archive(&["x.npy"], &long, zip::CompressionMethod::Deflated);
        assert_eq!(message(&bytes), "a.npz[x]: expected 131 bytes by its header, found more");
    }
}
