//! Files that appear whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::Builder;

use crate::error::Error;

/// Writes a file under a temporary name in its folder, then moves it to its place; whatever fails, what was there before
/// stays. For what is not packed: a name that ends in .gz is refused.
pub(crate) fn write_file(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
) -> Result<(), Error> {
    if is_packed(path) {
        let what = path.display().to_string();
        return Err(Error::invalid(what, "a name without .gz, as only text is packed", "one with it"));
    }
    write_whole(path, write)
}

fn is_packed(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz"))
}

fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
) -> Result<(), Error> {
    let fault = |source| Error::io(path, source);
    let mut file = staging(FILE_MODE).tempfile_in(parent(path)).map_err(fault)?;
    let mut out = BufWriter::with_capacity(1 << 16, file.as_file_mut());
    write(&mut out).and_then(|()| out.flush()).map_err(fault)?;
    drop(out);
    file.persist(path).map(drop).map_err(|error| fault(error.error))
}

/// Writes text as [`write_file`] does a file, packed by gzip if the path ends in .gz.
pub(crate) fn write_text_file(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    write_whole(path, |out| {
        if !is_packed(path) {
            return write(out);
        }
        let mut packed = BufWriter::with_capacity(1 << 16, GzEncoder::new(out, Compression::default()));
        write(&mut packed)?;
        packed.into_inner().map_err(|error| error.into_error())?.finish().map(drop)
    })
}

/// Fills a folder under a temporary name, then moves it to its place, where there must be nothing or an empty folder.
pub(crate) fn write_folder(path: &Path, fill: impl FnOnce(&Path) -> Result<(), Error>) -> Result<(), Error> {
    let fault = |source| Error::io(path, source);
    if path.exists() && (!path.is_dir() || path.read_dir().map_err(fault)?.next().is_some()) {
        return Err(Error::invalid(
            path.display().to_string(),
            "a new or empty folder to write to",
            "something else",
        ));
    }
    let staging = staging(FOLDER_MODE).tempdir_in(parent(path)).map_err(fault)?;
    fill(staging.path())?;
    std::fs::rename(staging.path(), path).map_err(fault)
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What anyone may do with a new file, less what the user's mask takes away.
const FILE_MODE: u32 = 0o666;
const FOLDER_MODE: u32 = 0o777;

/// A name that says what it is while it is written. Temporary files are usually their owner's alone; results are as any
/// other file.
fn staging(mode: u32) -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(".writing-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write_file(&path, |out| out.write_all(b"first")).unwrap();
        let failed = write_file(&path, |out| {
            out.write_all(b"second")?;
            Err(io::Error::other("no more"))
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    }

    #[test]
    fn every_format_of_text_is_packed_where_the_name_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let is_gzip = |path: &Path| std::fs::read(path).unwrap().starts_with(&[0x1f, 0x8b]);
        let karate = crate::load("karate", None).unwrap();
        let format_of = |name: &str| crate::format::all().iter().find(|format| format.name == name).unwrap();
        for (format, name) in [
            ("edge-list", "karate.tsv.gz"),
            ("edge-list", "karate.csv.gz"),
            ("matrix-market", "karate.mtx.GZ"),
            ("graphml", "karate.graphml.gz"),
            ("metis", "karate.graph.gz"),
        ] {
            let path = folder.path().join(name);
            format_of(format).write(&karate, &path).unwrap();
            assert!(is_gzip(&path), "{name}");
            let read = crate::load(path.to_str().unwrap(), None).unwrap();
            assert_eq!(read.graph().num_edges(), karate.graph().num_edges(), "{name}");
        }

        let path = folder.path().join("nodes.tsv.gz");
        crate::write_node_table(&karate, &path).unwrap();
        assert!(is_gzip(&path));
        assert_eq!(&crate::read_node_table(&path).unwrap().node_ids, karate.node_ids());

        let labels = karate.labels().unwrap();
        let split = crate::Split::from_nodes(vec![0], vec![1], vec![2], labels).unwrap();
        let path = folder.path().join("split.tsv.gz");
        crate::write_split(&split, karate.node_ids(), &path).unwrap();
        assert!(is_gzip(&path));
        assert_eq!(crate::read_split(&path, karate.node_ids(), labels).unwrap(), split);

        let rows = ndarray::array![[0.5, -1.0], [2.0, 3e-9]];
        let two = crate::Embedding::from_rows(crate::NodeIds::from_names(["a", "b"]), rows).unwrap();
        for name in ["z.csv.gz", "z.tsv.gz", "z.vec.gz", "z.txt.gz"] {
            let path = folder.path().join(name);
            crate::embedding::write(&two, &path).unwrap();
            assert!(is_gzip(&path), "{name}");
            assert_eq!(crate::embedding::read(&path).unwrap(), two, "{name}");
        }
    }

    #[test]
    fn what_is_no_text_is_not_written_under_the_name_of_a_packed_file() {
        let karate = crate::load("karate", None).unwrap();
        let npz = crate::format::all().iter().find(|format| format.name == "npz").unwrap();
        assert_eq!(
            npz.write(&karate, Path::new("missing/karate.npz.gz")).unwrap_err().to_string(),
            "missing/karate.npz.gz: expected a name without .gz, as only text is packed, found one with it"
        );
    }

    #[test]
    fn a_folder_is_filled_whole_or_not_at_all() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("out");
        let failed = write_folder(&path, |_| Err(Error::invalid("x", "y", "z")));
        assert!(failed.is_err());
        assert_eq!(root.path().read_dir().unwrap().count(), 0);
        write_folder(&path, |folder| write_file(&folder.join("a"), |out| out.write_all(b"a"))).unwrap();
        assert_eq!(std::fs::read(path.join("a")).unwrap(), b"a");
        let message = write_folder(&path, |_| Ok(())).unwrap_err().to_string();
        assert!(message.ends_with("expected a new or empty folder to write to, found something else"));
    }
}
