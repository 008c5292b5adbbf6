//! Files taken out of a zip archive that is not trusted.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Component, Path};

use zip::ZipArchive;

use crate::error::Error;

/// More entries than an archive of a data set has.
const MAX_ENTRIES: usize = 10_000;

/// How many bytes may come out of an archive of `packed_len` bytes: what is packed well is packed to a twentieth.
fn max_unpacked(packed_len: u64) -> u64 {
    (16 << 20) + 20 * packed_len
}

/// Takes the members of these names out of an archive into a folder. Nothing is written for any other; one entry that
/// would lie outside the folder, or is a link, makes the whole archive refused.
pub(crate) fn unpack(archive: &Path, members: &[&str], folder: &Path) -> Result<(), Error> {
    let io_fault = |source| Error::io(archive, source);
    let name = archive.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let malformed = |expected: &str, found: String| Error::Archive {
        archive: name.clone(),
        expected: expected.to_string(),
        found,
    };
    let file = File::open(archive).map_err(io_fault)?;
    let packed_len = file.metadata().map_err(io_fault)?.len();
    let mut zip = ZipArchive::new(BufReader::new(file))
        .map_err(|error| malformed("a zip archive", error.to_string()))?;
    if zip.len() > MAX_ENTRIES {
        return Err(malformed("at most 10000 entries", zip.len().to_string()));
    }
    if zip.has_duplicate_names() {
        return Err(malformed("entries of different names", "a name twice".to_string()));
    }
    let mut num_left = max_unpacked(packed_len);
    let mut is_written = vec![false; members.len()];
    for index in 0..zip.len() {
        let fault = |error: zip::result::ZipError| malformed("a readable entry", error.to_string());
        let mut entry = zip.by_index(index).map_err(fault)?;
        let path = entry.name().map_err(fault)?.into_owned();
        if !stays_inside(&path) {
            return Err(malformed("entries inside the folder", format!("{path:?}")));
        }
        if entry.is_symlink() {
            return Err(malformed("no links", format!("{path:?}")));
        }
        let Some(member) = members.iter().position(|&member| member == path) else { continue };
        is_written[member] = true;
        let declared = entry.size();
        if declared > num_left {
            let found = format!("{declared} more in {path:?}");
            return Err(malformed(&format!("at most {} bytes unpacked", max_unpacked(packed_len)), found));
        }
        num_left -= declared;
        let target = folder.join(&path);
        let write_fault = |source| Error::io(&target, source);
        std::fs::create_dir_all(target.parent().unwrap_or(folder)).map_err(write_fault)?;
        let mut out = File::create_new(&target).map_err(write_fault)?;
        // One byte more, so that an entry that declares too little is seen.
        let copied = std::io::copy(&mut (&mut entry).take(declared + 1), &mut out);
        let num_bytes = copied.map_err(|error| malformed("a whole entry", format!("{path:?}: {error}")))?;
        if num_bytes != declared {
            return Err(malformed(&format!("{declared} bytes in {path:?}"), "another number".to_string()));
        }
        out.sync_all().map_err(write_fault)?;
    }
    match is_written.iter().position(|&is_written| !is_written) {
        Some(missing) => Err(malformed("the files of the data set", format!("no {:?}", members[missing]))),
        None => Ok(()),
    }
}

/// Whether a name in an archive is a path below the folder it is unpacked to, on every system.
fn stays_inside(path: &str) -> bool {
    let is_plain = |part: Component| matches!(part, Component::Normal(_) | Component::CurDir);
    !path.contains(['\\', '\0', ':']) && !path.is_empty() && Path::new(path).components().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use tempfile::TempDir;
    use zip::write::SimpleFileOptions;

    struct Archive {
        folder: TempDir,
    }

    impl Archive {
        fn of(entries: &[(&str, &[u8])]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let mut zip = zip::ZipWriter::new(File::create(folder.path().join("a.zip")).unwrap());
            for (name, content) in entries {
                zip.start_file(*name, SimpleFileOptions::default()).unwrap();
                zip.write_all(content).unwrap();
            }
            zip.finish().unwrap();
            Self { folder }
        }

        fn unpack(&self, members: &[&str]) -> Result<(), String> {
            let out = self.folder.path().join("out");
            unpack(&self.folder.path().join("a.zip"), members, &out).map_err(|error| error.to_string())
        }

        fn change(&self, change: impl Fn(&mut Vec<u8>)) {
            let path = self.folder.path().join("a.zip");
            let mut bytes = std::fs::read(&path).unwrap();
            change(&mut bytes);
            std::fs::write(path, bytes).unwrap();
        }
    }

    #[test]
    fn the_members_that_are_asked_for_come_out_and_nothing_else() {
        let archive = Archive::of(&[("d/one", b"1"), ("d/two", b"22"), ("three", b"333")]);
        archive.unpack(&["d/two", "d/one"]).unwrap();
        let out = archive.folder.path().join("out");
        assert_eq!(std::fs::read(out.join("d/two")).unwrap(), b"22");
        assert!(out.join("d/one").is_file() && !out.join("three").exists());
    }

    #[test]
    fn an_archive_without_a_member_is_refused() {
        let message = Archive::of(&[("one", b"1")]).unpack(&["one", "two"]).unwrap_err();
        assert_eq!(message, "a.zip: expected the files of the data set, found no \"two\"");
    }

    #[test]
    fn entries_that_lead_out_of_the_folder_are_refused_even_when_not_asked_for() {
        for evil in ["../x", "d/../../x", "/x", "..\\x", "c:x"] {
            // The writer refuses or mends some of these names: a name as long is put over a harmless one.
            let harmless = "z".repeat(evil.len());
            let archive = Archive::of(&[(harmless.as_str(), b"evil"), ("one", b"1")]);
            archive.change(|bytes| {
                for at in 0..bytes.len() - evil.len() {
                    if bytes[at..].starts_with(harmless.as_bytes()) {
                        bytes[at..at + evil.len()].copy_from_slice(evil.as_bytes());
                    }
                }
            });
            let message = archive.unpack(&["one"]).unwrap_err();
            assert_eq!(message, format!("a.zip: expected entries inside the folder, found {evil:?}"));
            assert!(!archive.folder.path().join("x").exists());
            assert!(!archive.folder.path().join("out").exists());
        }
    }

    #[test]
    fn a_name_that_is_given_twice_is_refused() {
        let archive = Archive::of(&[("one", b"1"), ("eno", b"2")]);
        archive.change(|bytes| {
            for at in 0..bytes.len() - 3 {
                if &bytes[at..at + 3] == b"eno" {
                    bytes[at..at + 3].copy_from_slice(b"one");
                }
            }
        });
        let message = archive.unpack(&["one"]).unwrap_err();
        assert_eq!(message, "a.zip: expected entries of different names, found a name twice");
    }

    #[test]
    fn links_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut zip = zip::ZipWriter::new(File::create(folder.path().join("a.zip")).unwrap());
        zip.add_symlink("one", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        zip.finish().unwrap();
        let message = Archive { folder }.unpack(&["one"]).unwrap_err();
        assert_eq!(message, "a.zip: expected no links, found \"one\"");
    }

    #[test]
    fn bombs_cut_archives_and_other_files_are_refused() {
        let bomb = Archive::of(&[("one", &vec![0; 40 << 20])]);
        let message = bomb.unpack(&["one"]).unwrap_err();
        assert!(message.starts_with("a.zip: expected at most "), "{message}");
        assert!(message.ends_with("bytes unpacked, found 41943040 more in \"one\""), "{message}");

        let cut = Archive::of(&[("one", b"1")]);
        cut.change(|bytes| bytes.truncate(20));
        let message = cut.unpack(&["one"]).unwrap_err();
        assert!(message.starts_with("a.zip: expected a zip archive, found "), "{message}");

        let damaged = Archive::of(&[("one", &[7; 1000])]);
        damaged.change(|bytes| bytes[36] ^= 0x5a);
        assert!(damaged.unpack(&["one"]).is_err());
    }
}
