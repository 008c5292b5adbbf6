//! Lists of neighbors by id.

use std::path::Path;

use super::attributes::Ids;
use super::file::{name_of, read_unpacked_text};
use super::registry::{Format, ReadConfig};
use crate::arcs::{ArcMeaning, Arcs};
use crate::error::{Error, Place};
use crate::raw_dataset::RawDataset;

/// A line a node, its id and then those of its neighbors, as `networkx.write_adjlist` and DeepWalk have it.
///
/// Between the ids stand tabs, or commas, or blanks: the first of these that the first line has. Lines that begin with `#` are
/// comments, and so is what follows a `#` behind a blank. Arcs go from the first node of a line to the others. Ids that are whole
/// numbers are put in their order, others come as the file names them.
pub(super) const FORMAT: Format = Format {
    name: "adjacency-list",
    title: "a line a node: its id and those of its neighbors",
    endings: &[".adjlist", ".adj"],
    keeps: "",
    recognizes: |sample| {
        !sample.is_folder && FORMAT.endings.iter().any(|ending| sample.name.ends_with(ending))
    },
    read,
    write: None,
};

fn read(path: &Path, config: &ReadConfig) -> Result<RawDataset, Error> {
    let text = read_unpacked_text(path, config.max_memory)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    // All three ends of lines.
    let lines = || text.split(['\n', '\r']).map(without_comment).filter(|line| !line.is_empty());
    let first = lines().next().unwrap_or_default();
    let delimiter = ['\t', ','].into_iter().find(|&delimiter| first.contains(delimiter));
    let (mut ids, mut arcs) = (Ids::default(), Arcs::default());
    for line in lines() {
        let mut node = None;
        for id in fields(line, delimiter) {
            let place = ids.name(id, 0);
            ids.list(id);
            match node {
                None => node = Some(place),
                Some(node) => {
                    arcs.from.push(node);
                    arcs.to.push(place);
                }
            }
        }
    }
    if ids.num_listed() == 0 {
        return Err(Error::malformed(Place::whole(path), "a line of ids", "none"));
    }
    arcs.meaning = ArcMeaning::Directed;
    let node_ids = ids.into_node_ids();
    // Whole numbers come in their order.
    let Some(numbers) = node_ids.numbers() else {
        return Ok(RawDataset::from_arcs(&name_of(path), node_ids, arcs));
    };
    let mut order: Vec<(u64, u32)> = numbers.zip(0..).collect();
    order.sort_unstable();
    let mut rank = vec![0; order.len()];
    order.iter().zip(0..).for_each(|((_, node), new)| rank[*node as usize] = new);
    arcs.from.iter_mut().chain(&mut arcs.to).for_each(|end| *end = rank[*end as usize]);
    let order: Vec<u32> = order.into_iter().map(|(_, node)| node).collect();
    Ok(RawDataset::from_arcs(&name_of(path), node_ids.select(&order), arcs))
}

fn without_comment(line: &str) -> &str {
    let line = line.trim();
    if line.starts_with('#') {
        return "";
    }
    line.split_once(" #").map_or(line, |(line, _)| line).trim_end()
}

fn fields(line: &str, delimiter: Option<char>) -> impl Iterator<Item = &str> {
    let is_between = move |c: char| delimiter.map_or(c.is_ascii_whitespace(), |delimiter| c == delimiter);
    line.split(is_between).map(str::trim).filter(|field| !field.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node_ids::NodeIds;

    fn raw(text: &str) -> Result<RawDataset, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.adjlist");
        std::fs::write(&path, text).unwrap();
        read(&path, &ReadConfig::default())
    }

    #[test]
    fn numbers_are_put_in_order_and_a_line_of_one_id_is_a_node() {
        let read = raw("# made by hand\n10 2 3 # more\r\n2 3\r7\n").unwrap();
        assert_eq!(read.node_ids, NodeIds::from_numbers(vec![2, 3, 7, 10]));
        assert_eq!(read.arcs, Arcs::from_pairs(&[(3, 0), (3, 1), (0, 1)], ArcMeaning::Directed));
    }

    #[test]
    fn ids_of_text_may_have_blanks_between_tabs_or_commas() {
        for text in ["New York\tRome\tOslo\nRome\tOslo\n", "New York,Rome, Oslo\nRome,Oslo\n"] {
            let read = raw(text).unwrap();
            assert_eq!(read.node_ids, NodeIds::from_names(["New York", "Rome", "Oslo"]));
            assert_eq!(read.arcs, Arcs::from_pairs(&[(0, 1), (0, 2), (1, 2)], ArcMeaning::Directed));
        }
    }

    #[test]
    fn a_file_without_ids_is_refused() {
        assert_eq!(
            raw("# nothing\n").unwrap_err().to_string(),
            "a.adjlist: expected a line of ids, found none"
        );
    }
}
