//! What a fuzz target does with its bytes; the tests of this folder do the same with their samples.
//!
//! Bytes stand for a file, or, where they begin with [`FILE`], for a folder: `FILE`, a name, a line end and the
//! content, once for each file.

use std::path::{Path, PathBuf};

use graph_io::format::{self, ReadConfig};
use graph_io::{
    CleaningPolicy, Error, Labels, NodeIds, embedding, read_graph_set, read_node_table, read_split,
};

/// What stands before each file of a folder.
pub(crate) const FILE: &[u8] = b"\n=== file ";

/// The longest message that an error may have.
pub(crate) const MAX_MESSAGE: usize = 2000;

/// The name of a reader, how its files end, and what it does.
type Other = (&'static str, &'static str, fn(&Path) -> Result<(), Error>);

/// Readers that are no formats and have a fuzz target.
pub(crate) const OTHERS: [Other; 4] = [
    // As each of its formats.
    ("embedding", ".csv", |path| {
        let read = embedding::formats().iter().map(|format| format.read(path).map(drop));
        read.fold(embedding::read(path).map(drop), Result::or)
    }),
    ("graph-set", ".txt", |path| read_graph_set(path).map(drop)),
    ("node-table", ".csv", |path| read_node_table(path).map(drop)),
    ("split", ".csv", |path| {
        let labels = Labels::from_classes(vec![Some(0); NUM_NODES], vec!["a".into()])?;
        read_split(path, &NodeIds::counted(NUM_NODES), &labels).map(drop)
    }),
];

/// How many nodes there are to split.
const NUM_NODES: usize = 1000;

/// Reads bytes as a file or folder of a format, and cleans what comes out of it, or as another reader does.
///
/// # Errors
/// As the reader.
///
/// # Panics
/// When an error has no message or one of a length nobody reads.
pub(crate) fn read(reader: &str, bytes: &[u8]) -> Result<(), Error> {
    let shared = Path::new("/dev/shm");
    let root = if shared.is_dir() { shared.to_path_buf() } else { std::env::temp_dir() };
    let folder = tempfile::tempdir_in(root).expect("a new folder for what is read");
    let said = |error: Error| {
        let len = error.to_string().len();
        assert!((1..MAX_MESSAGE).contains(&len), "a message of {len} bytes");
        error
    };
    if let Some((_, ending, read)) = OTHERS.iter().find(|(name, ..)| *name == reader) {
        // The form of a table is told by its name alone.
        let ending = if bytes.starts_with(b"PAR1") { ".parquet" } else { ending };
        return read(&unpack(folder.path(), ending, bytes)).map_err(said);
    }
    let format = format::all().iter().find(|known| known.name == reader).expect("a format of this name");
    let path = unpack(folder.path(), format.endings.first().copied().unwrap_or(".txt"), bytes);
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
        if let Some(name) = inner(name) {
            let file = folder.join(name);
            // A name may be that of a file and of a folder.
            let made = file.parent().map_or(Ok(()), std::fs::create_dir_all);
            let _ = made.and_then(|()| std::fs::write(file, content));
        }
    }
    folder
}

/// The name of a file at most two folders deep: nothing is written outside of the folder, whatever a name says.
fn inner(name: &[u8]) -> Option<&str> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    let fits = |part: &[u8]| !part.is_empty() && part.iter().all(plain) && part != b"." && part != b"..";
    let is_short = name.len() < 100 && name.iter().filter(|&&byte| byte == b'/').count() < 3;
    let is_inner = is_short && name.split(|&byte| byte == b'/').all(fits);
    std::str::from_utf8(name).ok().filter(|_| is_inner)
}
