//! Files that appear whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::NamedTempFile;

use crate::error::Error;

/// Writes a file under a temporary name in its folder, then moves it to its place; whatever fails, what was there before
/// stays.
pub(crate) fn write_file(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
) -> Result<(), Error> {
    let fault = |source| Error::io(path, source);
    let mut file = NamedTempFile::with_prefix_in(".writing-", parent(path)).map_err(fault)?;
    let mut out = BufWriter::with_capacity(1 << 16, file.as_file_mut());
    write(&mut out).and_then(|()| out.flush()).map_err(fault)?;
    drop(out);
    readable(file.path()).map_err(fault)?;
    file.persist(path).map(drop).map_err(|error| fault(error.error))
}

/// As [`write_file`], packed by gzip if the path ends in .gz.
pub(crate) fn write_text_file(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    let is_packed = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz"));
    write_file(path, |out| {
        if !is_packed {
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
    let staging = tempfile::Builder::new().prefix(".writing-").tempdir_in(parent(path)).map_err(fault)?;
    fill(staging.path())?;
    folder_readable(staging.path()).map_err(fault)?;
    std::fs::rename(staging.path(), path).map_err(fault)
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Temporary files are their owner's alone; results are as any other file.
#[cfg(unix)]
fn readable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))
}

#[cfg(unix)]
fn folder_readable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn readable(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn folder_readable(_: &Path) -> io::Result<()> {
    Ok(())
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
