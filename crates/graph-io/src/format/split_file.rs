//! A split in a file of its own.

use std::io;
use std::path::Path;

use csv::WriterBuilder;

use super::node_table::{Columns, Role, Set, set_names};
use super::output::write_text_file;
use super::quoted::quoted;
use super::text_table::{HeaderHints, TextTable, kind_of, shown};
use crate::column_config::{ColumnConfig, Header};
use crate::error::{Error, Place};
use crate::labels::Labels;
use crate::memory_limit::MemoryLimit;
use crate::node_ids::NodeIds;
use crate::split::Split;

/// Reads a split from text between commas or tabs below a header line: a column of ids (`id`, `node_id`, `node`, `name`), or
/// without one a column `row` that counts nodes from 0, and a column `split` or `set` that is `train`, `val` (`valid`,
/// `validation`), `test` or empty. Other columns count for nothing; nodes without a row are in no set.
///
/// ```
/// use graph_io::{Labels, NodeIds, read_split};
///
/// let folder = tempfile::tempdir().expect("a place for files");
/// let path = folder.path().join("split.csv");
/// std::fs::write(&path, "id,split\nBen,test\nAna,train\n").expect("room for a file");
/// let labels = Labels::from_classes(vec![Some(0), Some(0)], vec!["people".into()])?;
/// let split = read_split(&path, &NodeIds::from_names(["Ana", "Ben"]), &labels)?;
/// assert_eq!((split.train(), split.test()), (&[0][..], &[1][..]));
/// # Ok::<(), graph_io::Error>(())
/// ```
///
/// # Errors
/// A file that cannot be read; no such columns, or several; a node that is unknown, listed twice, or in a set without a
/// label.
///
/// # Panics
/// When there are labels for another number of nodes than ids.
pub fn read_split(path: &Path, node_ids: &NodeIds, labels: &Labels) -> Result<Split, Error> {
    assert_eq!(node_ids.len(), labels.num_nodes(), "a node has one id and one label");
    let is_name = |_: &str| true;
    let table = TextTable::read(
        path,
        &HeaderHints { header: Header::Yes, ids: None, is_name: &is_name, limit: MemoryLimit::default() },
    )?;
    let header = table.header().unwrap_or_default();
    let columns = Columns::of(header.iter().map(|name| &**name), &ColumnConfig::default(), path)?;
    let missing = |expected| Error::malformed(Place::line(path, 1), expected, shown(header));
    let id_column = columns.position(Role::Id);
    let node_column =
        id_column.or(columns.position(Role::RowNumber)).ok_or_else(|| missing("a column id or row"))?;
    let split_column = columns.position(Role::Split(0)).ok_or_else(|| missing("a column split"))?;
    if columns.num_splits > 1 {
        return Err(missing("the column of one split"));
    }
    let index = node_ids.index()?;
    let rows = NodeIds::counted(node_ids.len());
    let row_index = rows.index()?;
    let mut lists: [Vec<u32>; 3] = Default::default();
    let mut is_listed = vec![false; node_ids.len()];
    table.for_each_row(|line, row| {
        let place = || Place::line(path, line);
        let name = &row[node_column];
        let node = if id_column.is_some() { index.get(name) } else { row_index.get(name) };
        let Some(node) = node else {
            return Err(Error::malformed(place(), "a node of the graph", quoted(name)));
        };
        if std::mem::replace(&mut is_listed[node as usize], true) {
            return Err(Error::malformed(place(), "a node not listed yet", quoted(name)));
        }
        if let Some(set) = Set::named(&row[split_column]).map_err(|fault| fault.at(place()))? {
            if labels.class(node).is_none() {
                return Err(Error::malformed(place(), "a node with a label", quoted(name)));
            }
            lists[set as usize].push(node);
        }
        Ok(())
    })?;
    let [train, val, test] = lists;
    Split::from_nodes(train, val, test, labels).map_err(|error| error.in_file(path))
}

/// Writes a split as the columns `id` and `split` of the nodes that are in a set, between tabs where the path ends in
/// `.tsv` and between commas elsewhere. [`read_split`] reads it.
///
/// # Errors
/// A path that cannot be written.
///
/// # Panics
/// When a node of the split has no id.
pub fn write_split(split: &Split, node_ids: &NodeIds, path: &Path) -> Result<(), Error> {
    let delimiter = kind_of(path).unwrap_or(b',');
    let sets = set_names(split, node_ids.len());
    write_text_file(path, |out| {
        let mut table = WriterBuilder::new().delimiter(delimiter).from_writer(out);
        table.write_record(["id", "split"])?;
        for (id, set) in node_ids.iter().zip(sets).filter(|(_, set)| !set.is_empty()) {
            table.write_record([id.as_ref(), set]).map_err(io::Error::from)?;
        }
        table.flush()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> NodeIds {
        NodeIds::from_names(["a", "b,c", "d", "e"])
    }

    /// The last node has none.
    fn labels() -> Labels {
        Labels::from_classes(vec![Some(0), Some(0), Some(0), None], vec!["x".into()]).unwrap()
    }

    fn read(content: &str) -> Result<Split, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.csv");
        std::fs::write(&path, content).unwrap();
        read_split(&path, &ids(), &labels()).map_err(|error| error.to_string())
    }

    #[test]
    fn sets_are_read_by_id_or_row_in_any_order() {
        let expected = Split::from_nodes(vec![2], vec![1], vec![0], &labels()).unwrap();
        assert_eq!(
            read("split,weight,id\nvalid,0,\"b,c\"\ntrain,0,d\n,0,e\ntest,0,a\n"),
            Ok(expected.clone())
        );
        assert_eq!(read("row\tset\n0\ttest\n1\tval\n2\ttrain\n"), Ok(expected.clone()));
        assert_eq!(
            read("row,node_id,label,split\n0,d,x,train\n1,a,x,test\n2,\"b,c\",x,val\n3,e,,\n"),
            Ok(expected)
        );
    }

    #[test]
    fn what_is_written_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let split = Split::from_nodes(vec![2], vec![], vec![1], &labels()).unwrap();
        for (name, expected) in
            [("s.csv", "id,split\n\"b,c\",test\nd,train\n"), ("s.tsv", "id\tsplit\nb,c\ttest\nd\ttrain\n")]
        {
            let path = folder.path().join(name);
            write_split(&split, &ids(), &path).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
            assert_eq!(read_split(&path, &ids(), &labels()).unwrap(), split);
        }
    }

    #[test]
    fn bad_lines_are_named() {
        let message = |content| read(content).unwrap_err();
        assert_eq!(
            message("id,split\na,train\nz,test\n"),
            "s.csv:3: expected a node of the graph, found \"z\""
        );
        assert_eq!(message("row,split\n4,train\n"), "s.csv:2: expected a node of the graph, found \"4\"");
        assert_eq!(
            message("id,split\na,train\na,\n"),
            "s.csv:3: expected a node not listed yet, found \"a\""
        );
        assert_eq!(message("id,split\ne,test\n"), "s.csv:2: expected a node with a label, found \"e\"");
        assert_eq!(
            message("id,split\na,tset\n"),
            "s.csv:2: expected train, val, test or nothing, found \"tset\""
        );
        assert_eq!(message("id,split\na\n"), "s.csv:2: expected 2 cells, as in the header, found 1");
        assert_eq!(
            message("vertex,split\n"),
            "s.csv:1: expected a column id or row, found \"vertex, split\""
        );
        assert_eq!(message("id,part\n"), "s.csv:1: expected a column split, found \"id, part\"");
        assert_eq!(
            message("id,split,split_1\n"),
            "s.csv:1: expected the column of one split, found \"id, split, split_1\""
        );
    }
}
