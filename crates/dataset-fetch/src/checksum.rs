//! Checksums, and where those are written down that nobody knew before.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::error::Error;

/// The SHA-256 of a file, in small hexadecimal digits.
pub(crate) fn sha256_of(path: &Path) -> Result<String, Error> {
    let fault = |source| Error::io(path, source);
    let mut file = File::open(path).map_err(fault)?;
    let mut sum = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).map_err(fault)? {
            0 => break,
            len => sum.update(&buffer[..len]),
        }
    }
    Ok(sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Beside a file, the file with its checksum, in the form of `sha256sum`.
pub(crate) fn record_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(".sha256");
    name.into()
}

/// What was written down for a file, if anything.
pub(crate) fn recorded(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(record_path(path)).ok()?;
    let sum = text.split_whitespace().next()?;
    let is_sum = sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_sum.then(|| sum.to_ascii_lowercase())
}

/// Writes down what was found.
pub(crate) fn record(path: &Path, sha256: &str) -> Result<(), Error> {
    let record = record_path(path);
    let fault = |source| Error::io(&record, source);
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder).map_err(fault)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    writeln!(file, "{sha256}  {name}").map_err(fault)?;
    file.persist(&record).map(drop).map_err(|error| fault(error.error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_of_nothing_is_the_published_one_and_can_be_written_down() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        std::fs::write(&path, "").unwrap();
        let sum = sha256_of(&path).unwrap();
        assert_eq!(sum, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(recorded(&path), None);
        record(&path, &sum).unwrap();
        assert_eq!(recorded(&path), Some(sum.clone()));
        assert_eq!(std::fs::read_to_string(record_path(&path)).unwrap(), format!("{sum}  a.bin\n"));
        std::fs::write(record_path(&path), "no sum").unwrap();
        assert_eq!(recorded(&path), None);
    }
}
