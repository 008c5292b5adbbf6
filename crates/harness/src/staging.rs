//! Files and folders under a temporary name, and what killed processes left of them.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile, TempDir};

/// The lock in a folder.
const LOCK: &str = "lock";
/// What a folder is filled with.
const CONTENTS: &str = "contents";
/// The prefix of temporary names within the folder that is written.
pub(crate) const INSIDE: &str = ".writing-";
/// How many random letters and digits follow the prefix of a temporary name.
const RANDOM: usize = 6;
/// How often a new temporary name is tried when another process has removed the last.
const TRIES: usize = 10;

/// A folder under a temporary name; it is removed when it is dropped.
///
/// The process that made it holds a lock on the file `lock` in it. The system gives the lock back whenever the process ends,
/// so a folder whose lock nobody holds is what a killed process left, and [`remove_leftovers`] takes it away.
pub(crate) struct Staging {
    folder: TempDir,
    _lock: Option<File>,
}

/// Whose a temporary file or folder is.
enum Owner {
    /// Ours, now.
    This(File),
    /// That of another process, or removed by one.
    Another,
    /// The file system has no locks.
    Unknown,
}

impl Staging {
    /// Makes a folder in another; its name begins with a prefix.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub(crate) fn new_in(parent: &Path, prefix: &OsStr) -> io::Result<Self> {
        for _ in 0..TRIES {
            let folder = builder(prefix, 0o777).tempdir_in(parent)?;
            let lock = match lock_of_folder(folder.path()) {
                Ok(Owner::This(lock)) => Some(lock),
                Ok(Owner::Unknown) => None,
                // Another process has removed it, before it was locked, as a leftover.
                Ok(Owner::Another) => continue,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            fs::create_dir(folder.path().join(CONTENTS))?;
            return Ok(Self { folder, _lock: lock });
        }
        Err(io::Error::other("another process removes every temporary folder"))
    }

    /// The folder to fill, without the lock.
    pub(crate) fn contents(&self) -> PathBuf {
        self.folder.path().join(CONTENTS)
    }
}

/// Makes an empty file in a folder, locked like a [`Staging`]; its name begins with a prefix.
///
/// # Errors
/// A file that cannot be made.
pub(crate) fn file_in(parent: &Path, prefix: &OsStr) -> io::Result<NamedTempFile> {
    for _ in 0..TRIES {
        let file = builder(prefix, 0o666).tempfile_in(parent)?;
        // Without locks it is as good, only nobody removes it after a kill.
        let removed = matches!(file.as_file().try_lock(), Err(TryLockError::WouldBlock));
        if !removed && is_at(file.as_file(), file.path()) {
            return Ok(file);
        }
    }
    Err(io::Error::other("another process removes every temporary file"))
}

/// Removes the files and folders of a prefix in a folder whose process has ended. What cannot be removed stays.
pub(crate) fn remove_leftovers(parent: &Path, prefix: &OsStr) {
    remove_unheld(staged_in(parent, |name| is_staged(name, prefix)));
}

/// The same for every prefix that this program uses in the folder of a run.
pub(crate) fn remove_all_leftovers(folder: &Path) {
    let mut staged = staged_in(folder, |name| {
        let name = name.as_encoded_bytes();
        let prefix = name.len().saturating_sub(RANDOM);
        name.starts_with(b".") && name[..prefix].ends_with(INSIDE.as_bytes()) && is_random(&name[prefix..])
    });
    // Files of that name alone are graphs that are being written, which hold no lock.
    staged.retain(|path| {
        let name = path.file_name().unwrap_or_default();
        path.is_dir() || !is_staged(name, OsStr::new(INSIDE))
    });
    remove_unheld(staged);
}

fn remove_unheld(paths: Vec<PathBuf>) {
    for path in paths {
        if path.is_dir() {
            // Held while it is removed, so that no other process takes it for its own.
            if let Ok(Owner::This(_lock)) = lock_of_folder(&path) {
                let _ = fs::remove_dir_all(&path);
            }
        } else if let Ok(Owner::This(_lock)) = File::open(&path).map(|file| lock(file, &path)) {
            let _ = fs::remove_file(&path);
        }
    }
}

/// Whether a folder holds a temporary name that a running process uses, or may use.
pub(crate) fn is_staged_in(parent: &Path, prefix: &OsStr) -> bool {
    let is_used = |path: PathBuf| !matches!(lock_of_folder(&path), Ok(Owner::This(_)));
    let staged = staged_in(parent, |name| is_staged(name, prefix));
    staged.into_iter().filter(|path| path.is_dir()).any(is_used)
}

/// Whether a name is a temporary one of this prefix.
pub(crate) fn is_staged(name: &OsStr, prefix: &OsStr) -> bool {
    name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes()).is_some_and(is_random)
}

fn is_random(bytes: &[u8]) -> bool {
    bytes.len() == RANDOM && bytes.iter().all(u8::is_ascii_alphanumeric)
}

/// The prefix of temporary names beside a file or folder: `.NAME.writing-`.
pub(crate) fn prefix_beside(name: &OsStr) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(INSIDE);
    prefix
}

fn staged_in(parent: &Path, is_staged: impl Fn(&OsStr) -> bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().filter_map(Result::ok);
    // A link is not followed, a pipe not waited for.
    let is_plain = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir() || kind.is_file());
    let staged = entries.filter(|entry| is_staged(&entry.file_name()) && is_plain(entry));
    staged.map(|entry| entry.path()).collect()
}

fn lock_of_folder(folder: &Path) -> io::Result<Owner> {
    let path = folder.join(LOCK);
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path)?;
    Ok(lock(file, &path))
}

fn lock(file: File, path: &Path) -> Owner {
    match file.try_lock() {
        // A lock on what is no longer there is worth nothing.
        Ok(()) if is_at(&file, path) => Owner::This(file),
        Ok(()) | Err(TryLockError::WouldBlock) => Owner::Another,
        Err(TryLockError::Error(_)) => Owner::Unknown,
    }
}

/// Whether an open file is still the one at its path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let (open, named) = (file.metadata(), fs::symlink_metadata(path));
    let of = |metadata: &fs::Metadata| (metadata.dev(), metadata.ino());
    matches!((open, named), (Ok(open), Ok(named)) if of(&open) == of(&named))
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

/// Temporary files are usually their owner's alone; results are as any other file: the user's mask decides.
fn builder(prefix: &OsStr, mode: u32) -> Builder<'_, 'static> {
    let mut builder = Builder::new();
    builder.prefix(prefix).rand_bytes(RANDOM);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFIX: &str = ".run.writing-";

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_nobody_holds_is_removed_and_what_is_held_stays() {
        let root = tempfile::tempdir().unwrap();
        let prefix = prefix_beside(OsStr::new("run"));
        assert_eq!(prefix, PREFIX);
        let held = Staging::new_in(root.path(), &prefix).unwrap();
        let held_file = file_in(root.path(), &prefix).unwrap();
        // As a killed process leaves them: with a lock that nobody holds, and without one.
        for folder in ["aaaaaa/contents", "bbbbbb/contents"] {
            fs::create_dir_all(root.path().join(format!("{PREFIX}{folder}"))).unwrap();
        }
        fs::write(root.path().join(format!("{PREFIX}aaaaaa/lock")), "").unwrap();
        fs::write(root.path().join(format!("{PREFIX}cccccc")), "text").unwrap();
        assert!(is_staged_in(root.path(), &prefix));
        remove_leftovers(root.path(), &prefix);
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_string();
        let mut expected = vec![name(held.folder.path()), name(held_file.path())];
        expected.sort();
        assert_eq!(names(root.path()), expected);
        assert!(held.contents().is_dir());
        drop((held, held_file));
        assert_eq!(names(root.path()), [""; 0]);
        assert!(!is_staged_in(root.path(), &prefix));
    }

    #[test]
    fn names_that_only_look_alike_stay() {
        let root = tempfile::tempdir().unwrap();
        // The second is a temporary name of a folder `run.writing-a`.
        let alike = [".run.writing-12345", ".run.writing-a.writing-123456", "run.writing-123456"];
        alike.iter().for_each(|name| fs::create_dir(root.path().join(name)).unwrap());
        remove_leftovers(root.path(), OsStr::new(PREFIX));
        assert_eq!(names(root.path()).len(), alike.len());
        remove_all_leftovers(root.path());
        assert_eq!(names(root.path()), [alike[0], alike[2]]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_never_followed() {
        let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(other.path().join("mine"), "").unwrap();
        let link = root.path().join(format!("{PREFIX}dddddd"));
        std::os::unix::fs::symlink(other.path(), &link).unwrap();
        remove_leftovers(root.path(), OsStr::new(PREFIX));
        assert!(link.join("mine").exists());
    }
}
