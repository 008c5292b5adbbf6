//! Paths that are not what a reader is for.

use std::path::Path;

use crate::readers::Reader;
use crate::sample::{Sample, Stage, scratch};
use crate::verdict::{Case, Tally};

/// Empty files, folders for files, files for folders, names at their limits.
pub(crate) fn try_all(tally: &mut Tally, reader: &Reader, sample: &Sample) {
    let folder = scratch();
    let mut try_path = |path: &Path, what: &str| {
        let num_bytes = sample.num_bytes();
        tally.judge(reader, &Case { path, num_bytes, what: &|| what.to_string() });
    };
    let content = &sample.files[0].1;
    try_path(&folder.path().join("missing"), "a path to nothing");
    try_path(&folder.path().join("missing").join("too"), "a path in a folder that is not there");
    for (name, content) in [("empty", &b""[..]), ("sample", content)] {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        try_path(&path, "a file whose name has no ending");
        try_path(&path.join("below"), "a path below a file");
    }
    for byte in [0, b'\n', b' ', b'0', b'-', b'"', b'{', b'[', b'<', b'%', b'#', 0x1f, 0x80, 0x89, 0xff] {
        let path = folder.path().join(last(&sample.files[0].0));
        std::fs::write(&path, [byte]).unwrap();
        try_path(&path, &format!("the one byte 0x{byte:02x}"));
    }
    let path = folder.path().join(format!("{}.txt", "n".repeat(250)));
    std::fs::write(&path, content).unwrap();
    try_path(&path, "a name of 254 bytes");
    let path = folder.path().join("a folder");
    std::fs::create_dir(&path).unwrap();
    try_path(&path, "an empty folder");
    std::fs::write(path.join("other"), b"other").unwrap();
    try_path(&path, "a folder of something else");
    #[cfg(unix)]
    odd_names(folder.path(), content, &mut try_path);

    for file in 0..sample.files.len() {
        let stage = Stage::new(sample.clone());
        let path = stage.path_of(file);
        std::fs::remove_file(&path).unwrap();
        try_path(&stage.path(), "a file that is missing");
        try_path(&path, "the path of a file that is missing");
        std::fs::create_dir(&path).unwrap();
        try_path(&stage.path(), "a folder in place of a file");
        try_path(&path, "the path of a folder in place of a file");
    }
    for (name, content) in &sample.files {
        let path = scratch();
        std::fs::write(path.path().join(last(name)), content).unwrap();
        try_path(path.path(), "one file in a folder");
        try_path(&path.path().join(last(name)), "one file, by its path");
    }
}

fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

#[cfg(unix)]
fn odd_names(folder: &Path, content: &[u8], try_path: &mut impl FnMut(&Path, &str)) {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;

    let path = folder.join(std::ffi::OsStr::from_bytes(b"n\xff.txt"));
    if std::fs::write(&path, content).is_ok() {
        try_path(&path, "a name that is not UTF-8");
    }
    let path = folder.join("line\nend.txt");
    std::fs::write(&path, content).unwrap();
    try_path(&path, "a name with a line end");
    let path = folder.join("locked");
    std::fs::write(&path, content).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    try_path(&path, "a file that may not be read");
    let path = folder.join("circle");
    std::os::unix::fs::symlink(&path, &path).unwrap();
    try_path(&path, "a link to itself");
}
