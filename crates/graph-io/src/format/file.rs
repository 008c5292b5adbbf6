//! Whole files, read with a cap on their size.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::{Error, Place};

/// The content of a file of at most `max_bytes`.
pub(super) fn read_bytes(path: &Path, max_bytes: usize) -> Result<Vec<u8>, Error> {
    let file = File::open(path).map_err(|source| Error::io(path, source))?;
    let mut bytes = Vec::new();
    // The length a file system tells may be wrong or missing: the cap is on what is read.
    file.take(max_bytes as u64 + 1).read_to_end(&mut bytes).map_err(|source| Error::io(path, source))?;
    if bytes.len() > max_bytes {
        return Err(Error::refused(Place::whole(path), format!("a file of more than {max_bytes} bytes")));
    }
    Ok(bytes)
}

/// The content of a text file of at most `max_bytes`.
pub(super) fn read_text(path: &Path, max_bytes: usize) -> Result<String, Error> {
    String::from_utf8(read_bytes(path, max_bytes)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let byte = error.as_bytes().get(at).copied().unwrap_or_default();
        Error::malformed(Place::byte(path, at), "UTF-8 text", format!("the byte 0x{byte:02x}"))
    })
}

/// The names of what lies in a folder, sorted.
pub(crate) fn file_names(folder: &Path) -> Result<Vec<String>, Error> {
    let fault = |source| Error::io(folder, source);
    let mut names = Vec::new();
    for entry in folder.read_dir().map_err(fault)? {
        names.push(entry.map_err(fault)?.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_missing_too_long_or_no_text_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let missing = read_bytes(&path, 10).unwrap_err();
        assert_eq!(missing.to_string(), format!("cannot access {}", path.display()));
        assert!(std::error::Error::source(&missing).is_some());
        std::fs::write(&path, b"ab\xffd").unwrap();
        assert_eq!(read_bytes(&path, 4).unwrap(), b"ab\xffd");
        assert_eq!(
            read_bytes(&path, 3).unwrap_err().to_string(),
            "a.txt: refused a file of more than 3 bytes"
        );
        assert_eq!(
            read_text(&path, 4).unwrap_err().to_string(),
            "a.txt, byte 2: expected UTF-8 text, found the byte 0xff"
        );
    }
}
