//! Whole files, with a bound on what they may unpack to.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use memmap2::MmapMut;

use super::text_encoding;
use crate::error::{Error, Place};
use crate::memory_limit::MemoryLimit;

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

/// The content of a file, unpacked if it is gzip by its first bytes.
pub(crate) fn read_unpacked(path: &Path, limit: MemoryLimit) -> Result<Vec<u8>, Error> {
    read_opened(File::open(path).map_err(|source| Error::io(path, source))?, path, limit)
}

/// The rest of an open file.
fn read_opened(mut file: File, path: &Path, limit: MemoryLimit) -> Result<Vec<u8>, Error> {
    let fault = |source| Error::io(path, source);
    let len = file.metadata().map_err(fault)?.len();
    let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or(0).min(1 << 40));
    file.read_to_end(&mut bytes).map_err(fault)?;
    if bytes.starts_with(&[0x1f, 0x8b]) { unpack_gzip(&bytes, path, limit) } else { Ok(bytes) }
}

/// As [`read_unpacked`], for large files whose text is not kept: a file that is not packed lies in large pages where the
/// system has them, which takes a third of the time.
pub(crate) fn read_text_to_parse(path: &Path, limit: MemoryLimit) -> Result<TextToParse, Error> {
    let fault = |source| Error::io(path, source);
    let mut file = File::open(path).map_err(fault)?;
    let metadata = file.metadata().map_err(fault)?;
    let len = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    if !metadata.is_file() {
        // A pipe is opened once.
        return read_opened(file, path, limit).map(TextToParse::Bytes);
    }
    let mut magic = [0; 2];
    if !(LARGE..1 << 40).contains(&len) || file.read_exact(&mut magic).is_err() || magic == [0x1f, 0x8b] {
        return read_unpacked(path, limit).map(TextToParse::Bytes);
    }
    let mut map = MmapMut::map_anon(len).map_err(fault)?;
    #[cfg(target_os = "linux")]
    let _ = map.advise(memmap2::Advice::HugePage);
    map[..2].copy_from_slice(&magic);
    file.read_exact(&mut map[2..]).map_err(fault)?;
    // A file that grew since is read as any other.
    if file.read(&mut [0]).map_err(fault)? > 0 {
        return read_unpacked(path, limit).map(TextToParse::Bytes);
    }
    Ok(TextToParse::Pages(map))
}

/// From how many bytes on a file is worth pages of its own.
const LARGE: usize = 4 << 20;

/// The bytes of a text.
pub(crate) enum TextToParse {
    Bytes(Vec<u8>),
    Pages(MmapMut),
}

impl TextToParse {
    /// The same as UTF-8, with lines that end in a line feed.
    pub(crate) fn into_lines(self, path: &Path) -> Result<Self, Error> {
        let mut text = self.into_utf8(path)?;
        text.unify_line_ends();
        Ok(text)
    }

    /// The same as UTF-8, if it starts with the mark of UTF-16.
    pub(crate) fn into_utf8(self, path: &Path) -> Result<Self, Error> {
        match text_encoding::is_utf16(&self) {
            true => Ok(Self::Bytes(text_encoding::utf8_of_utf16(&self, path)?.into_bytes())),
            false => Ok(self),
        }
    }

    /// Makes lines end in a line feed; whether some did not.
    pub(crate) fn unify_line_ends(&mut self) -> bool {
        text_encoding::unify_line_ends(match self {
            Self::Bytes(bytes) => bytes,
            Self::Pages(map) => map,
        })
    }
}

impl std::ops::Deref for TextToParse {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Pages(map) => map,
        }
    }
}

/// What is packed in the members of a gzip file.
fn unpack_gzip(packed: &[u8], path: &Path, limit: MemoryLimit) -> Result<Vec<u8>, Error> {
    let max_bytes = limit.max_unpacked(packed.len() as u64);
    let mut bytes = Vec::new();
    let unpacked = MultiGzDecoder::new(packed).take(max_bytes + 1).read_to_end(&mut bytes);
    unpacked.map_err(|error| Error::malformed(Place::whole(path), "gzip data", error.to_string()))?;
    if bytes.len() as u64 > max_bytes {
        return Err(too_large(path, max_bytes, packed.len() as u64));
    }
    Ok(bytes)
}

/// The refusal of what unpacks to more than its limit.
pub(super) fn too_large(path: &Path, max_bytes: u64, packed_len: u64) -> Error {
    let what =
        format!("more than {max_bytes} bytes unpacked from {packed_len}; `--max-memory` raises the limit");
    Error::refused(Place::whole(path), what)
}

/// The content of a text file, unpacked if it is gzip.
pub(crate) fn read_unpacked_text(path: &Path, limit: MemoryLimit) -> Result<String, Error> {
    text(read_unpacked(path, limit)?, path)
}

/// The content of a text file of at most `max_bytes`.
pub(super) fn read_text(path: &Path, max_bytes: usize) -> Result<String, Error> {
    text(read_bytes(path, max_bytes)?, path)
}

fn text(mut bytes: Vec<u8>, path: &Path) -> Result<String, Error> {
    if text_encoding::is_utf16(&bytes) {
        bytes = text_encoding::utf8_of_utf16(&bytes, path)?.into_bytes();
    }
    text_encoding::unify_line_ends(&mut bytes);
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let byte = error.as_bytes().get(at).copied().unwrap_or_default();
        Error::malformed(Place::byte(path, at), "UTF-8 text", format!("the byte 0x{byte:02x}"))
    })
}

/// A name for what is in a path: its last component without the endings of formats.
pub(crate) fn name_of(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    if stem.is_empty() { "graph".to_string() } else { stem.to_string() }
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
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

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

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn gzip_is_unpacked_member_by_member_whatever_the_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("edges.txt");
        std::fs::write(&path, [gzip(b"1 2\n"), gzip(b"3 4\n")].concat()).unwrap();
        assert_eq!(read_unpacked_text(&path, MemoryLimit::default()).unwrap(), "1 2\n3 4\n");
        let cut = gzip(b"1 2\n");
        std::fs::write(&path, &cut[..cut.len() - 5]).unwrap();
        let message = read_unpacked_text(&path, MemoryLimit::default()).unwrap_err().to_string();
        assert!(message.starts_with("edges.txt: expected gzip data, found "), "{message}");
    }

    #[test]
    fn a_gzip_bomb_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bomb.gz");
        let bomb = gzip(&vec![b'\n'; 40 << 20]);
        std::fs::write(&path, &bomb).unwrap();
        let limit = MemoryLimit::bytes(0);
        assert_eq!(
            read_unpacked(&path, limit).unwrap_err().to_string(),
            format!(
                "bomb.gz: refused more than {} bytes unpacked from {}; `--max-memory` raises the limit",
                limit.max_unpacked(bomb.len() as u64),
                bomb.len()
            )
        );
        assert_eq!(read_unpacked(&path, MemoryLimit::bytes(400 << 20)).unwrap().len(), 40 << 20);
    }

    #[test]
    fn a_text_to_parse_is_the_same_however_large_it_is_and_packed_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("edges.txt");
        for len in [0, 1, 100, LARGE - 1, LARGE, LARGE + 1] {
            let content: Vec<u8> = (0..len).map(|place| (place % 251) as u8).collect();
            for written in [content.clone(), gzip(&content)] {
                std::fs::write(&path, written).unwrap();
                assert!(
                    read_text_to_parse(&path, MemoryLimit::default()).unwrap()[..] == content[..],
                    "{len} bytes"
                );
            }
        }
        let missing = read_text_to_parse(&folder.path().join("none.txt"), MemoryLimit::default());
        assert!(missing.err().unwrap().to_string().starts_with("cannot access "));
    }

    #[test]
    fn names_lose_their_folder_and_endings() {
        assert_eq!(name_of(Path::new("a/roads.tsv.gz")), "roads");
        assert_eq!(
            (name_of(Path::new("roads")), name_of(Path::new(".gz"))),
            ("roads".into(), "graph".into())
        );
    }
}
