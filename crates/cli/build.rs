//! Tells the program which revision of the source it is built from.

use std::path::Path;
use std::process::Command;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    // Outside of a repository there is no revision. `logs/HEAD` changes with every commit.
    for file in ["HEAD", "logs/HEAD", "index"] {
        let path = root.join(".git").join(file);
        if path.exists() {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    println!("cargo::rerun-if-changed=build.rs");
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(&root).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
    };
    let own = git(&["rev-parse", "--show-prefix"]).is_some_and(|prefix| prefix.is_empty());
    let revision = git(&["rev-parse", "--short=12", "HEAD"]).filter(|revision| own && !revision.is_empty());
    if let Some(revision) = revision {
        let differs =
            git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|text| !text.is_empty());
        println!("cargo::rustc-env=G2R_REVISION={revision}{}", if differs { "+" } else { "" });
    }
}
