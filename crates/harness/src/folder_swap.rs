//! A folder that takes another's place by one rename.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::staging::{
    INSIDE, Staging, is_staged, is_staged_in, prefix_beside, remove_all_leftovers, remove_leftovers,
};

/// With more files than these that are to stay, links would take longer than writing.
const MOST_OTHERS: usize = 10_000;

/// A folder whose files are to be replaced.
pub(crate) struct SwapTarget {
    /// As the user named it.
    path: PathBuf,
    /// Where it is, links followed: its parent and its name; `None` for a root folder or one that cannot be found.
    place: Option<(PathBuf, OsString)>,
}

/// Whether a folder took another's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Swap {
    /// It did.
    Done,
    /// It cannot: nothing has changed.
    Impossible,
}

/// What fills a folder.
type Fill<'a> = &'a dyn Fn(&Path) -> Result<(), Error>;

impl SwapTarget {
    /// A folder that is there, or may be made.
    pub(crate) fn of(path: &Path) -> Self {
        let place = || {
            // A link is the user's: what it leads to is replaced.
            if let Ok(real) = fs::canonicalize(path) {
                return Some((real.parent()?.to_path_buf(), real.file_name()?.to_os_string()));
            }
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            let parent = fs::canonicalize(parent.unwrap_or(Path::new("."))).ok()?;
            Some((parent, path.file_name()?.to_os_string()))
        };
        Self { path: path.to_path_buf(), place: place() }
    }

    /// Removes what killed processes left of this folder, beside it and within.
    pub(crate) fn remove_leftovers(&self) {
        if let Some((parent, name)) = &self.place {
            remove_leftovers(parent, &prefix_beside(name));
        }
        remove_all_leftovers(&self.path);
    }

    /// Finds out whether a folder can be made beside this one.
    ///
    /// # Errors
    /// It cannot.
    pub(crate) fn prove_beside(&self) -> io::Result<()> {
        let (parent, name) = self.place.as_ref().ok_or(io::ErrorKind::NotFound)?;
        let staging = Staging::new_in(parent, &prefix_beside(name))?;
        File::create(staging.contents().join("file")).map(drop)
    }

    /// Finds out whether files can be made in a folder.
    ///
    /// # Errors
    /// They cannot.
    pub(crate) fn prove_inside(folder: &Path) -> io::Result<()> {
        let staging = Staging::new_in(folder, OsStr::new(INSIDE))?;
        File::create(staging.contents().join("file")).map(drop)
    }

    /// Fills a new folder beside this one and puts it in its place; other files stay, but for those of some names.
    ///
    /// # Errors
    /// The folder cannot be filled.
    pub(crate) fn replace_beside(&self, fill: Fill<'_>, dropped: &[&str]) -> Result<Swap, Error> {
        let fault = |source| Error::write(&self.path, source);
        let Some((parent, name)) = &self.place else { return Ok(Swap::Impossible) };
        let target = parent.join(name);
        let Ok(staging) = Staging::new_in(parent, &prefix_beside(name)) else { return Ok(Swap::Impossible) };
        let new = staging.contents();
        let others = Self::others_if_replaceable(&target, &new, dropped);
        let Some(others) = others else { return Ok(Swap::Impossible) };
        fill(&new)?;
        sync(&new).map_err(fault)?;
        if link_others(&others, &target, &new).and_then(|()| as_open(&target, &new)).is_err() {
            return Ok(Swap::Impossible);
        }
        sync_folder(&new);
        let is_empty = fs::read_dir(&target).map_or(true, |mut entries| entries.next().is_none());
        let swapped = if is_empty { fs::rename(&new, &target) } else { exchange(&new, &target) };
        if swapped.is_err() {
            return Ok(Swap::Impossible);
        }
        sync_folder(parent);
        // The old folder, with what was put into it after the links were made. Then it goes, with the staging.
        if let Some(late) = others_in(&new, dropped) {
            let _ = link_others(&late, &new, &target);
        }
        Ok(Swap::Done)
    }

    /// Fills a new folder within this one, and moves file after file to its place.
    ///
    /// # Errors
    /// A file that cannot be written or moved.
    pub(crate) fn replace_inside(&self, fill: Fill<'_>, dropped: &[&str]) -> Result<(), Error> {
        let fault = |source| Error::write(&self.path, source);
        fs::create_dir_all(&self.path).map_err(fault)?;
        let staging = Staging::new_in(&self.path, OsStr::new(INSIDE)).map_err(fault)?;
        let new = staging.contents();
        fill(&new)?;
        sync(&new).map_err(fault)?;
        for name in dropped {
            let earlier = self.path.join(name);
            if earlier.exists() && !new.join(name).exists() {
                fs::remove_file(&earlier).map_err(|source| Error::write(&earlier, source))?;
            }
        }
        move_files(&new, &self.path)
    }

    /// The files that stay, where another folder can take this one's place.
    fn others_if_replaceable(target: &Path, new: &Path, dropped: &[&str]) -> Option<Vec<Other>> {
        if !target.exists() {
            return Some(Vec::new());
        }
        // Whoever stands in it would stand in a folder that is gone.
        let current = std::env::current_dir().and_then(fs::canonicalize).ok()?;
        if current.starts_with(target) || !is_ours(target, new) || is_staged_in(target, OsStr::new(INSIDE)) {
            return None;
        }
        others_in(target, dropped)
    }
}

/// A file or folder that stays.
struct Other {
    /// Its path within the folder.
    path: PathBuf,
    is_folder: bool,
}

/// What a folder holds but for some names and what is temporary, each folder before its files; `None` where it is too much or
/// cannot be read.
fn others_in(folder: &Path, dropped: &[&str]) -> Option<Vec<Other>> {
    let mut others = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(within) = folders.pop() {
        for entry in fs::read_dir(folder.join(&within)).ok()? {
            let entry = entry.ok()?;
            let name = entry.file_name();
            let is_dropped = within.as_os_str().is_empty() && dropped.iter().any(|dropped| name == **dropped);
            if is_dropped || is_staged(&name, OsStr::new(INSIDE)) {
                continue;
            }
            let path = within.join(name);
            let is_folder = entry.file_type().ok()?.is_dir();
            if is_folder {
                folders.push(path.clone());
            }
            others.push(Other { path, is_folder });
            if others.len() > MOST_OTHERS {
                return None;
            }
        }
    }
    Some(others)
}

/// Links what stays from one folder into another, but for what the other has already.
fn link_others(others: &[Other], from: &Path, to: &Path) -> io::Result<()> {
    for Other { path, is_folder } in others {
        let (old, new) = (from.join(path), to.join(path));
        let found = fs::symlink_metadata(&new);
        match (is_folder, found) {
            (true, Ok(found)) if !found.is_dir() => return Err(io::ErrorKind::NotADirectory.into()),
            (_, Ok(_)) => {}
            (true, Err(_)) => {
                fs::create_dir(&new)?;
                as_open(&old, &new)?;
            }
            (false, Err(_)) => fs::hard_link(&old, &new)?,
        }
    }
    Ok(())
}

/// Whether a folder is on the file system of a new one, and of the same user.
#[cfg(unix)]
fn is_ours(folder: &Path, new: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let of = |folder| fs::metadata(folder).map(|metadata| (metadata.dev(), metadata.uid()));
    matches!((of(folder), of(new)), (Ok(old), Ok(new)) if old == new)
}

#[cfg(not(unix))]
fn is_ours(_: &Path, _: &Path) -> bool {
    true
}

/// Gives a new folder the group and the permissions of an old one, where there is one.
#[cfg(unix)]
fn as_open(old: &Path, new: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, chown};

    let Ok(old) = fs::metadata(old) else { return Ok(()) };
    if fs::metadata(new)?.gid() != old.gid() {
        chown(new, None, Some(old.gid()))?;
    }
    fs::set_permissions(new, old.permissions())
}

#[cfg(not(unix))]
fn as_open(_: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}

/// Puts each of two folders in the place of the other, at once.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};

    Ok(renameat2(AT_FDCWD, one, AT_FDCWD, other, RenameFlags::RENAME_EXCHANGE)?)
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Flushes the files of a folder, and of the folders in it, to the disk.
fn sync(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sync(&path)?;
        } else {
            // Windows flushes only what may be written.
            File::options().read(true).write(cfg!(windows)).open(&path)?.sync_all()?;
        }
    }
    sync_folder(folder);
    Ok(())
}

/// Flushes the names in a folder to the disk, where the system can.
fn sync_folder(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

/// Moves the files of a folder, and of the folders in it, to their places in another.
fn move_files(from: &Path, to: &Path) -> Result<(), Error> {
    let fault = |source| Error::write(to, source);
    for entry in fs::read_dir(from).map_err(fault)? {
        let entry = entry.map_err(fault)?;
        let place = to.join(entry.file_name());
        // What else lies in a folder is not ours to take away.
        if entry.path().is_dir() {
            fs::create_dir_all(&place).map_err(|source| Error::write(&place, source))?;
            move_files(&entry.path(), &place)?;
        } else {
            fs::rename(entry.path(), &place).map_err(|source| Error::write(&place, source))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    /// A folder `run` with files of a run, of another run, and of the user.
    fn old_run() -> (TempDir, PathBuf) {
        let root = tempfile::tempdir().unwrap();
        let run = root.path().join("run");
        for (name, text) in [
            ("embedding.npy", "old"),
            ("model.npz", "old"),
            ("embedding.csv", "old"),
            ("notes/mine.txt", "mine"),
            ("projector/a.tsv", "old"),
            ("projector/mine.txt", "mine"),
            (".writing-AbCd12/embedding.npy", "of a killed process"),
        ] {
            write(&run, name, text);
        }
        (root, run)
    }

    fn write(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn fill(folder: &Path) -> Result<(), Error> {
        write(folder, "embedding.npy", "new");
        write(folder, "projector/a.tsv", "new");
        Ok(())
    }

    /// Every file of a folder with its text.
    fn texts(folder: &Path) -> Vec<(String, String)> {
        let others = others_in(folder, &[]).unwrap();
        let files = others.iter().filter(|other| !other.is_folder);
        let text = |other: &Other| fs::read_to_string(folder.join(&other.path)).unwrap();
        let name = |other: &Other| other.path.to_str().unwrap().to_string();
        let mut texts: Vec<_> = files.map(|other| (name(other), text(other))).collect();
        texts.sort();
        texts
    }

    fn expected() -> Vec<(String, String)> {
        [
            ("embedding.csv", "old"),
            ("embedding.npy", "new"),
            ("notes/mine.txt", "mine"),
            ("projector/a.tsv", "new"),
            ("projector/mine.txt", "mine"),
        ]
        .map(|(name, text)| (name.to_string(), text.to_string()))
        .to_vec()
    }

    const DROPPED: [&str; 1] = ["model.npz"];

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn a_new_folder_takes_the_place_and_other_files_stay() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};

        let (root, run) = old_run();
        fs::set_permissions(&run, PermissionsExt::from_mode(0o750)).unwrap();
        let inode = || fs::metadata(&run).unwrap().ino();
        let before = inode();
        let target = SwapTarget::of(&run);
        target.remove_leftovers();
        assert_eq!(target.replace_beside(&fill, &DROPPED).unwrap(), Swap::Done);
        assert_eq!(texts(&run), expected());
        assert_ne!(inode(), before);
        assert_eq!(fs::metadata(&run).unwrap().permissions().mode() & 0o777, 0o750);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_not_there_or_empty_is_put_in_place() {
        let root = tempfile::tempdir().unwrap();
        let run = root.path().join("run");
        for _ in 0..2 {
            assert_eq!(SwapTarget::of(&run).replace_beside(&fill, &DROPPED).unwrap(), Swap::Done);
            assert_eq!(texts(&run).len(), 2);
            fs::remove_dir_all(&run).unwrap();
            fs::create_dir(&run).unwrap();
        }
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[test]
    fn within_the_folder_other_files_stay_too() {
        let (root, run) = old_run();
        let target = SwapTarget::of(&run);
        target.remove_leftovers();
        target.replace_inside(&fill, &DROPPED).unwrap();
        assert_eq!(texts(&run), expected());
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
        assert!(!run.join(".writing-AbCd12").exists());
    }

    #[test]
    fn what_cannot_be_filled_leaves_the_old_folder_as_it_was() {
        let (root, run) = old_run();
        let before = texts(&run);
        let target = SwapTarget::of(&run);
        let fail = |folder: &Path| {
            fill(folder)?;
            Err(Error::NoDataset)
        };
        assert!(target.replace_beside(&fail, &DROPPED).is_err());
        assert!(target.replace_inside(&fail, &DROPPED).is_err());
        assert_eq!(texts(&run), before);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_current_folder_and_one_that_holds_it_keep_their_place() {
        let current = std::env::current_dir().unwrap();
        for folder in [current.as_path(), current.parent().unwrap(), Path::new("."), Path::new("/")] {
            let target = SwapTarget::of(folder);
            let refused = |_: &Path| panic!("nothing is written");
            assert_eq!(target.replace_beside(&refused, &[]).unwrap(), Swap::Impossible);
        }
    }

    #[test]
    fn a_folder_that_another_process_writes_within_keeps_its_place() {
        let (_root, run) = old_run();
        let target = SwapTarget::of(&run);
        target.remove_leftovers();
        let held = Staging::new_in(&run, OsStr::new(INSIDE)).unwrap();
        target.remove_leftovers();
        assert!(held.contents().is_dir());
        assert_eq!(target.replace_beside(&fill, &DROPPED).unwrap(), Swap::Impossible);
        drop(held);
        assert!(SwapTarget::others_if_replaceable(&run, &run, &DROPPED).is_some());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_the_folder_stays_a_link() {
        let (root, run) = old_run();
        let link = root.path().join("latest");
        std::os::unix::fs::symlink(&run, &link).unwrap();
        let target = SwapTarget::of(&link);
        target.remove_leftovers();
        if target.replace_beside(&fill, &DROPPED).unwrap() == Swap::Impossible {
            target.replace_inside(&fill, &DROPPED).unwrap();
        }
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(texts(&run), expected());
    }
}
