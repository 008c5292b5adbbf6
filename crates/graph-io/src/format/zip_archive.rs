//! Zip archives of arrays, with a bound on what they may unpack to.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use zip::result::ZipError;

use super::file::max_unpacked;
use super::npy::{Header, NpyArray};
use crate::error::{Error, Place};

/// An archive of NumPy arrays, `NAME.npy` for each NAME; each is unpacked when it is asked for.
///
/// All that is unpacked may come to [`max_unpacked`] bytes of the archive's own; the sizes that it declares are not
/// believed.
pub(crate) struct ArrayArchive {
    archive: zip::ZipArchive<BufReader<File>>,
    path: PathBuf,
    packed_len: u64,
    num_unpacked: u64,
}

impl ArrayArchive {
    /// Opens an archive and reads the list of what is in it.
    ///
    /// # Errors
    /// A path that cannot be read; no zip archive; two entries of one name, or one whose name leads out of the archive.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let fault = |source| Error::io(path, source);
        let file = File::open(path).map_err(fault)?;
        let packed_len = file.metadata().map_err(fault)?.len();
        let archive = zip::ZipArchive::new(BufReader::new(file)).map_err(|error| zip_error(path, error))?;
        let malformed =
            |expected: &str, found: &str| Err(Error::malformed(Place::whole(path), expected, found));
        if archive.has_duplicate_names() {
            return malformed("entries of different names", "a name twice");
        }
        for name in archive.file_names() {
            let name = name.map_err(|error| zip_error(path, error))?;
            let leads_out = name.starts_with(['/', '\\']) || name.split(['/', '\\']).any(|part| part == "..");
            if leads_out || name.contains([':', '\0']) {
                let shown: String = name.chars().take(40).collect();
                return malformed("names within the archive", &format!("{shown:?}"));
            }
        }
        Ok(Self { archive, path: path.to_path_buf(), packed_len, num_unpacked: 0 })
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

    /// Whether the array of this name holds pickled Python objects, which are never read.
    ///
    /// # Errors
    /// As [`read`](Self::read) up to its header.
    pub(crate) fn is_pickled(&mut self, name: &str) -> Result<bool, Error> {
        let bytes = self.unpack(name)?;
        match Header::parse(&bytes, &self.place(name)) {
            Err(Error::Refused { .. }) => Ok(true),
            other => other.map(|_| false),
        }
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

    fn unpack(&mut self, name: &str) -> Result<Vec<u8>, Error> {
        let place = self.place(name);
        let max_bytes = max_unpacked(self.packed_len);
        let entry = self.archive.by_name(&format!("{name}.npy"));
        let entry = entry.map_err(|error| match error {
            ZipError::FileNotFound => {
                Error::malformed(Place::whole(&self.path), format!("an array {name}"), "none")
            }
            error => zip_error(&place, error),
        })?;
        let mut bytes = Vec::new();
        let left = max_bytes.saturating_sub(self.num_unpacked);
        let unpacked = entry.take(left + 1).read_to_end(&mut bytes);
        unpacked.map_err(|error| Error::malformed(Place::whole(&place), "zip data", error.to_string()))?;
        self.num_unpacked += bytes.len() as u64;
        if self.num_unpacked > max_bytes {
            let what = format!("more than {max_bytes} bytes unpacked from {}", self.packed_len);
            return Err(Error::refused(Place::whole(&self.path), what));
        }
        Ok(bytes)
    }
}

fn zip_error(path: &Path, error: ZipError) -> Error {
    match error {
        ZipError::Io(source) if source.kind() != std::io::ErrorKind::UnexpectedEof => Error::io(path, source),
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            Error::refused(Place::whole(path), "encrypted data")
        }
        error => Error::malformed(Place::whole(path), "a zip archive", format!("{:?}", error.to_string())),
    }
}
