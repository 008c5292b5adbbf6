//! A file that is replaced as a whole or not at all.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::Path;

use crate::error::Error;
use crate::staging::{file_in, prefix_beside, remove_leftovers};

/// Writes a file under a temporary name in its folder, `.NAME.writing-XXXXXX`, flushes it to the disk and moves it to its
/// place. Whatever fails, what was there before stays.
///
/// Temporary files that killed processes left for the same file are removed.
///
/// # Errors
/// A file that cannot be written.
pub fn write_whole_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write(path, bytes).map_err(|source| Error::write(path, source))
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::IsADirectory))?;
    let parent = path.parent().filter(|folder| *folder != OsStr::new("")).unwrap_or(Path::new("."));
    let prefix = prefix_beside(name);
    remove_leftovers(parent, &prefix);
    let mut file = file_in(parent, &prefix)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.md");
        fs::write(folder.path().join(".table.md.writing-abcdef"), "of a killed process").unwrap();
        for text in ["first", "second"] {
            write_whole_file(&path, text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing/table.md");
        let message = write_whole_file(&path, b"").unwrap_err().to_string();
        assert_eq!(message, format!("cannot write {}", path.display()));
    }

    #[cfg(unix)]
    #[test]
    fn its_readers_are_those_of_any_new_file() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        write_whole_file(&folder.path().join("whole"), b"").unwrap();
        fs::write(folder.path().join("plain"), b"").unwrap();
        assert_eq!(mode("whole"), mode("plain"));
    }
}
