//! What a fuzz target does with its bytes; the tests of this folder do the same with their samples.
//!
//! Bytes stand for a file, or, where they begin with [`FILE`], for a folder: `FILE`, a name, a line end and the
//! content, once for each file.

use std::path::{Path, PathBuf};

use graph_io::format::{self, ReadConfig};
use graph_io::{CleaningPolicy, Error};

/// What stands before each file of a folder.
pub(crate) const FILE: &[u8] = b"\n=== file ";

/// The longest message that an error may have.
pub(crate) const MAX_MESSAGE: usize = 2000;

/// Reads bytes as a file or folder of the format, and cleans what comes out of it.
///
/// # Errors
/// As the format.
///
/// # Panics
/// When an error has no message or one of a length nobody reads.
pub(crate) fn read(format: &str, bytes: &[u8]) -> Result<(), Error> {
    let formats = format::all();
    let format = formats.iter().find(|known| known.name == format).expect("a format of this name");
    let shared = Path::new("/dev/shm");
    let root = if shared.is_dir() { shared.to_path_buf() } else { std::env::temp_dir() };
    let folder = tempfile::tempdir_in(root).expect("a new folder for what is read");
    let path = unpack(folder.path(), format.endings.first().copied().unwrap_or(".txt"), bytes);
    let said = |error: Error| {
        let len = error.to_string().len();
        assert!((1..MAX_MESSAGE).contains(&len), "a message of {len} bytes");
        error
    };
    let raw = format.read(&path, &ReadConfig::default()).map_err(said)?;
    // What is read may still be refused, such as a negative weight.
    let _ = raw.clean(&CleaningPolicy::default()).map_err(said);
    Ok(())
}

/// Writes the file or folder that bytes stand for, and gives back its path.
fn unpack(root: &Path, ending: &str, bytes: &[u8]) -> PathBuf {
    if !bytes.starts_with(FILE) {
        let path = root.join(format!("input{ending}"));
        std::fs::write(&path, bytes).expect("a new file");
        return path;
    }
    let folder = root.join("input");
    std::fs::create_dir(&folder).expect("a new folder");
    let mut rest = bytes;
    while let Some(named) = rest.strip_prefix(FILE) {
        let end = named.windows(FILE.len()).position(|window| window == FILE).unwrap_or(named.len());
        let (file, next) = named.split_at(end);
        rest = next;
        let (name, content) = match file.iter().position(|&byte| byte == b'\n') {
            Some(at) => (&file[..at], &file[at + 1..]),
            None => (file, &[][..]),
        };
        // Nothing is written outside of the folder, whatever a name says.
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
        let fits = (1..100).contains(&name.len()) && name.iter().all(plain) && !name.starts_with(b"..");
        if let (true, Ok(name)) = (fits && name != b".", std::str::from_utf8(name)) {
            std::fs::write(folder.join(name), content).expect("a new file in a new folder");
        }
    }
    folder
}
