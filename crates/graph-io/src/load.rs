//! A data set by name or by path.

use std::path::Path;

use crate::datasets;
use crate::error::{Error, Place};
use crate::format::{Linqs, Planetoid, file_names};
use crate::node_dataset::NodeDataset;

/// Loads a data set: one known by name (see [`datasets::all`]), or the files at a path.
///
/// A path is a folder with the files of just one data set, Planetoid's `ind.NAME.*` or LINQS's `NAME.content` and
/// `NAME.cites`, or one of those files. A name wins over a path: write `./cora` for a folder. `raw_dir` is where
/// the raw files of data sets that are not embedded lie.
///
/// ```
/// let citeseer = graph_io::load("citeseer", None)?;
/// assert_eq!(citeseer.graph().num_isolated(), 48);
///
/// let slip = graph_io::load("citeser", None).unwrap_err();
/// assert!(slip.to_string().contains("closest is \"citeseer\""));
/// # Ok::<(), graph_io::Error>(())
/// ```
///
/// # Errors
/// A name that is no data set and no path; a folder with none or several; files that are missing or malformed.
pub fn load(name_or_path: &str, raw_dir: Option<&Path>) -> Result<NodeDataset, Error> {
    if let Some(info) = datasets::all().iter().find(|info| info.name.eq_ignore_ascii_case(name_or_path)) {
        return info.load(raw_dir);
    }
    let path = Path::new(name_or_path);
    if path.is_dir() {
        load_folder(path)
    } else if path.exists() {
        load_file(path)
    } else {
        let known: Vec<&'static str> = datasets::all().iter().map(|info| info.name).collect();
        Err(Error::UnknownDataset {
            name: name_or_path.to_string(),
            closest: closest(name_or_path, &known),
            known,
        })
    }
}

const EXPECTED: &str = "the files of one data set, ind.NAME.* or NAME.content and NAME.cites";

/// The files of one data set: their folder and its name.
#[derive(Debug, PartialEq)]
enum Files {
    Planetoid(String),
    Linqs(String),
}

impl Files {
    /// The data set a file belongs to, by the file's name.
    fn of(file_name: &str) -> Option<Self> {
        if let Some(rest) = file_name.strip_prefix("ind.") {
            let name =
                Planetoid::SUFFIXES.iter().find_map(|suffix| rest.strip_suffix(suffix)?.strip_suffix('.'))?;
            return (!name.is_empty()).then(|| Self::Planetoid(name.to_string()));
        }
        let name = file_name.strip_suffix(".content").or_else(|| file_name.strip_suffix(".cites"))?;
        (!name.is_empty()).then(|| Self::Linqs(name.to_string()))
    }

    fn read(&self, folder: &Path) -> Result<NodeDataset, Error> {
        match self {
            Self::Planetoid(name) => Planetoid::read(folder, name),
            Self::Linqs(name) => Linqs::read(folder, name),
        }
    }
}

fn load_file(path: &Path) -> Result<NodeDataset, Error> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match Files::of(&name) {
        Some(files) => files.read(path.parent().unwrap_or(Path::new("."))),
        None => Err(Error::malformed(Place::whole(path), EXPECTED, "a file of another name")),
    }
}

fn load_folder(folder: &Path) -> Result<NodeDataset, Error> {
    let mut found: Vec<Files> = Vec::new();
    for files in file_names(folder)?.iter().filter_map(|name| Files::of(name)) {
        if !found.contains(&files) {
            found.push(files);
        }
    }
    if let [files] = &found[..] {
        return files.read(folder);
    }
    let shown: Vec<String> = found
        .iter()
        .map(|files| match files {
            Files::Planetoid(name) => format!("ind.{name}.*"),
            Files::Linqs(name) => format!("{name}.content"),
        })
        .collect();
    let shown = if shown.is_empty() { "none".to_string() } else { shown.join(", ") };
    Err(Error::malformed(Place::whole(folder), EXPECTED, shown))
}

/// The known name fewest edits away, if those are at most a third of it.
fn closest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    let name = name.to_lowercase();
    let (distance, closest) = known.iter().map(|known| (edit_distance(&name, known), *known)).min()?;
    (3 * distance <= closest.len()).then_some(closest)
}

/// How many characters must be put in, taken out or changed to make one word of the other.
fn edit_distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, from) in from.chars().enumerate() {
        let mut next = vec![row + 1];
        for (column, to) in to.iter().enumerate() {
            let change = last[column] + usize::from(from != *to);
            next.push(change.min(last[column + 1] + 1).min(next[column] + 1));
        }
        last = next;
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(name: &str) -> String {
        load(name, None).unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_name_gets_the_known_ones_and_the_closest() {
        assert_eq!(
            message("Coro"),
            "no data set and no path is called \"Coro\"; closest is \"cora\"; \
             known data sets: cora, citeseer, pubmed"
        );
        assert_eq!(
            message("reddit"),
            "no data set and no path is called \"reddit\"; known data sets: cora, citeseer, pubmed"
        );
    }

    #[test]
    fn names_do_not_depend_on_case() {
        assert_eq!(load("CORA", None).unwrap().name(), "cora");
    }

    #[test]
    fn a_folder_or_one_of_its_files_is_read_by_what_the_names_say() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("tiny.content"), "a\t1\tX\nb\t0\tY\n").unwrap();
        std::fs::write(folder.path().join("tiny.cites"), "a\tb\n").unwrap();
        std::fs::write(folder.path().join("README"), "").unwrap();
        for path in [folder.path().to_path_buf(), folder.path().join("tiny.cites")] {
            let tiny = load(path.to_str().unwrap(), None).unwrap();
            assert_eq!((tiny.name(), tiny.graph().num_edges()), ("tiny", 1));
        }
        let readme = folder.path().join("README");
        assert_eq!(
            message(readme.to_str().unwrap()),
            "README: expected the files of one data set, ind.NAME.* or NAME.content and NAME.cites, \
             found a file of another name"
        );
    }

    #[test]
    fn a_folder_with_no_data_set_or_several_is_refused_with_a_list() {
        let folder = tempfile::tempdir().unwrap();
        let here = || message(folder.path().to_str().unwrap());
        assert!(here().ends_with("ind.NAME.* or NAME.content and NAME.cites, found none"));
        for name in ["ind.b.x", "ind.b.test.index", "ind.a.graph", "c.cites", "c.content", ".content"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        assert!(here().ends_with("found c.content, ind.a.*, ind.b.*"), "{}", here());
    }

    #[test]
    fn edits_are_counted() {
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
    }
}
