//! Splits as arrays, and as a list of nodes for each set.

use std::path::Path;

use super::file::{file_names, read_unpacked, read_unpacked_text};
use super::node_table::Set;
use super::npy::NpyArray;
use super::npz::read_split_archive;
use super::quoted::quoted;
use super::split_file::read_split;
use crate::error::{Error, Place};
use crate::labels::Labels;
use crate::memory_limit::MemoryLimit;
use crate::node_ids::{NodeIds, NodeIndex};
use crate::split::Split;

/// Reads the splits of a path: an archive `.npz` of masks (`train_mask`, `val_mask`, `test_mask`, with a row or column for each of
/// several splits) or of lists of row numbers (`idx_train`, …); a folder with a file for each set, called `train`, `val` (`valid`,
/// `validation`) and `test`; or a table as [`read_split`] has it.
///
/// A file of a set lists ids, a line each or between commas (`.txt`, `.csv`), or is an array of row numbers, or of a flag a node
/// (`.npy`).
pub(super) fn read_splits(path: &Path, node_ids: &NodeIds, labels: &Labels) -> Result<Vec<Split>, Error> {
    if path.is_dir() {
        return read_folder(path, node_ids, labels).map(|split| vec![split]);
    }
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("npz")) {
        return read_split_archive(path, labels);
    }
    read_split(path, node_ids, labels).map(|split| vec![split])
}

fn read_folder(folder: &Path, node_ids: &NodeIds, labels: &Labels) -> Result<Split, Error> {
    let index = node_ids.index()?;
    let mut lists: [Option<Vec<u32>>; 3] = Default::default();
    for name in file_names(folder)? {
        let stem = name.split('.').next().unwrap_or_default();
        let Ok(Some(set)) = Set::named(stem) else { continue };
        let file = folder.join(&name);
        let nodes = if name.ends_with(".npy") {
            read_array(&file, node_ids.len())?
        } else {
            read_ids(&file, &index)?
        };
        if lists[set as usize].replace(nodes).is_some() {
            return Err(Error::malformed(Place::whole(folder), format!("one file called {stem}.*"), "two"));
        }
    }
    if lists.iter().all(Option::is_none) {
        return Err(Error::malformed(
            Place::whole(folder),
            "files train.*, val.* and test.*",
            "none of them",
        ));
    }
    let [train, val, test] = lists.map(Option::unwrap_or_default);
    Split::from_nodes(train, val, test, labels).map_err(|error| error.in_file(folder))
}

/// The nodes whose ids a text lists.
fn read_ids(file: &Path, index: &NodeIndex<'_>) -> Result<Vec<u32>, Error> {
    let text = read_unpacked_text(file, MemoryLimit::default())?;
    let mut nodes = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        for id in line.split(',').map(str::trim).filter(|id| !id.is_empty()) {
            let node = index.get(id);
            let place = || Place::line(file, number);
            nodes.push(node.ok_or_else(|| Error::malformed(place(), "a node of the graph", quoted(id)))?);
        }
    }
    Ok(nodes)
}

/// The nodes that an array lists, or marks.
fn read_array(file: &Path, num_nodes: usize) -> Result<Vec<u32>, Error> {
    let bytes = read_unpacked(file, MemoryLimit::default())?;
    let array = NpyArray::parse(&bytes, file)?;
    let numbers: Vec<u32> = array.to_vector()?;
    // A flag for each node; a list of all nodes has numbers above 1.
    if numbers.len() == num_nodes && num_nodes > 2 && numbers.iter().all(|&flag| flag <= 1) {
        return Ok((0..).zip(numbers).filter(|(_, flag)| *flag == 1).map(|(node, _)| node).collect());
    }
    match numbers.iter().find(|&&node| node as usize >= num_nodes) {
        Some(node) => {
            let expected = format!("row numbers below {num_nodes}");
            Err(Error::malformed(Place::whole(file), expected, node.to_string()))
        }
        None => Ok(numbers),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::npy::write_array;
    use tempfile::TempDir;

    fn folder(files: &[(&str, &[u8])]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, bytes)| std::fs::write(folder.path().join(name), bytes).unwrap());
        folder
    }

    fn read(files: &[(&str, &[u8])]) -> Result<Split, String> {
        let ids = NodeIds::from_names(["a", "b", "c", "d"]);
        let labels = Labels::from_classes(vec![Some(0); 4], vec!["x".into()]).unwrap();
        let folder = folder(files);
        let name = folder.path().file_name().unwrap().to_str().unwrap().to_string();
        let read = read_splits(folder.path(), &ids, &labels);
        read.map(|mut splits| splits.remove(0)).map_err(|error| error.to_string().replace(&name, "FOLDER"))
    }

    fn npy(numbers: &[i64]) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_array(&mut bytes, &[numbers.len()], numbers).unwrap();
        bytes
    }

    #[test]
    fn each_set_is_a_list_of_ids_or_an_array() {
        let (rows, flags) = (npy(&[3, 1]), npy(&[0, 0, 1, 0]));
        let files: [(&str, &[u8]); 4] =
            [("train.txt", b"a\n"), ("valid.npy", &rows), ("test.npy", &flags), ("notes.md", b"?")];
        let split = read(&files).unwrap();
        assert_eq!((split.train(), split.val(), split.test()), (&[0][..], &[1, 3][..], &[2][..]));
        let split = read(&[("train.csv", b"c,b\n\na\n")]).unwrap();
        assert_eq!((split.train(), split.val().len()), (&[0, 1, 2][..], 0));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        assert_eq!(
            read(&[("train.txt", b"a\nz\n")]).unwrap_err(),
            "train.txt:2: expected a node of the graph, found \"z\""
        );
        assert_eq!(
            read(&[("test.npy", &npy(&[7]))]).unwrap_err(),
            "test.npy: expected row numbers below 4, found 7"
        );
        assert_eq!(
            read(&[]).unwrap_err(),
            "FOLDER: expected files train.*, val.* and test.*, found none of them"
        );
        let twice: [(&str, &[u8]); 2] = [("val.txt", b"a"), ("valid.txt", b"b")];
        assert_eq!(read(&twice).unwrap_err(), "FOLDER: expected one file called valid.*, found two");
    }
}
