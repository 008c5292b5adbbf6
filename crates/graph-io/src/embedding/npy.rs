//! NumPy's file of one array: the matrix in `NAME.npy`, the ids in `NAME.nodes.csv` beside it.
//!
//! Writing makes both. Reading takes the ids from `NAME.nodes.csv` where it is there; else from a `nodes.csv`, as a run
//! writes it, with as many rows; else the rows are counted. A folder of a run is read as its `embedding.npy`.

use std::path::{Path, PathBuf};

use super::columns::NodeColumn;
use super::matrix::Embedding;
use super::registry::{EmbeddingFormat, takes_all};
use crate::error::{Error, Place};
use crate::format::{
    Fields, Sample, Separator, is_edge_index, name_of, output, read_matrix, read_unpacked_text, write_matrix,
};
use crate::memory_limit::MemoryLimit;
use crate::node_ids::NodeIds;

const EMBEDDING: &str = "embedding.npy";
const NODES: &str = "nodes.csv";
const ID: &str = "node_id";

pub(super) const FORMAT: EmbeddingFormat = EmbeddingFormat {
    name: "npy",
    title: "NumPy's file of a matrix, with the ids in NAME.nodes.csv beside it; also the folder of a run",
    endings: &[".npy"],
    is_text: false,
    recognizes,
    read,
    check: takes_all,
    write,
};

fn recognizes(sample: &Sample) -> bool {
    if sample.is_folder {
        return sample.has_file(EMBEDDING) && sample.has_file(NODES);
    }
    let is_array = FORMAT.has_ending_of(&sample.name) && sample.head.starts_with(b"\x93NUMPY");
    // Two columns of whole numbers are edges.
    is_array && !is_edge_index(sample)
}

fn read(path: &Path) -> Result<Embedding, Error> {
    let in_folder = path.join(EMBEDDING);
    let path = if path.is_dir() { &in_folder } else { path };
    let rows = read_matrix(path)?;
    let ids = read_ids(path, rows.nrows())?;
    Embedding::from_rows(ids, rows).map_err(|error| error.in_file(path))
}

fn write(embedding: &Embedding, _: &[NodeColumn<'_>], path: &Path) -> Result<(), Error> {
    output::write_file(&own_nodes(path), |out| {
        let mut table = csv::Writer::from_writer(out);
        table.write_record(["row", ID])?;
        for (row, id) in embedding.ids().iter().enumerate() {
            table.write_record([row.to_string().as_str(), id.as_ref()])?;
        }
        table.flush()
    })?;
    write_matrix(embedding.rows(), path)
}

fn own_nodes(path: &Path) -> PathBuf {
    path.with_file_name(format!("{}.{NODES}", name_of(path)))
}

fn read_ids(path: &Path, num_rows: usize) -> Result<NodeIds, Error> {
    let own = own_nodes(path);
    if own.exists() {
        let ids = read_id_column(&own)?;
        let ids = ids.ok_or_else(|| Error::malformed(Place::line(&own, 1), "a column node_id", "none"))?;
        if ids.len() != num_rows {
            let expected = format!("{num_rows} nodes, one for each row of the matrix");
            return Err(Error::malformed(Place::whole(&own), expected, ids.len().to_string()));
        }
        return Ok(ids);
    }
    let shared = path.with_file_name(NODES);
    let ids = if shared.exists() { read_id_column(&shared)? } else { None };
    // The nodes of another matrix say nothing of this one.
    Ok(ids.filter(|ids| ids.len() == num_rows).unwrap_or_else(|| NodeIds::counted(num_rows)))
}

/// The ids of a table of nodes, where it has a column of them.
fn read_id_column(path: &Path) -> Result<Option<NodeIds>, Error> {
    let text = read_unpacked_text(path, MemoryLimit::default())?;
    let mut fields = Fields::new(&text, Separator::Byte(b','), path);
    let (mut place, mut column) = (0, None);
    if fields.next_row() {
        loop {
            let field = fields.next()?;
            if field.text == ID {
                column = Some(place);
            }
            if field.is_last {
                break;
            }
            place += 1;
        }
    }
    let Some(column) = column else {
        return Ok(None);
    };
    let (mut ids, mut ends) = (String::new(), Vec::new());
    while fields.next_row() {
        for place in 0.. {
            let field = fields.next()?;
            if place == column {
                ids.push_str(&field.text);
                ends.push(ids.len());
            }
            if field.is_last && place < column {
                let expected = format!("a field {}, the node_id", column + 1);
                return Err(Error::malformed(fields.place(), expected, (place + 1).to_string()));
            }
            if field.is_last {
                break;
            }
        }
    }
    Ok(Some(NodeIds::from_text(ids, ends)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use std::fs;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn with_matrix(name: &str) -> Self {
            let folder = Self(tempfile::tempdir().unwrap());
            write_matrix(&array![[1.0], [2.0]], &folder.path(name)).unwrap();
            folder
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn ids(&self, name: &str) -> Vec<String> {
            let read = super::super::read(&self.path(name)).unwrap();
            read.ids().iter().map(|id| id.into_owned()).collect()
        }
    }

    #[test]
    fn ids_come_from_the_files_own_table_else_from_that_of_a_run_else_they_are_counted() {
        let folder = Folder::with_matrix("z.npy");
        assert_eq!(folder.ids("z.npy"), ["0", "1"]);
        fs::write(folder.path("nodes.csv"), "row,node_id,label,split\n0,a,\"x, y\",train\n1,b,,\n").unwrap();
        assert_eq!(folder.ids("z.npy"), ["a", "b"]);
        fs::write(folder.path("z.nodes.csv"), "row,node_id\n0,\"c, d\"\n1,e\n").unwrap();
        assert_eq!(folder.ids("z.npy"), ["c, d", "e"]);
        fs::remove_file(folder.path("z.nodes.csv")).unwrap();
        for of_something_else in ["row,node_id\n0,a\n", "id;name\n1;a\n2;b\n", ""] {
            fs::write(folder.path("nodes.csv"), of_something_else).unwrap();
            assert_eq!(folder.ids("z.npy"), ["0", "1"], "{of_something_else:?}");
        }
    }

    #[test]
    fn the_folder_of_a_run_is_read_as_its_embedding() {
        let folder = Folder::with_matrix("embedding.npy");
        assert!(!super::super::is_embedding(folder.0.path()).unwrap());
        fs::write(folder.path("nodes.csv"), "row,node_id,label,split\n0,a,,\n1,b,,\n").unwrap();
        assert_eq!(folder.ids(""), ["a", "b"]);
    }

    #[test]
    fn a_table_of_its_own_that_does_not_fit_is_refused() {
        let folder = Folder::with_matrix("z.npy");
        let message = |nodes: &str| {
            fs::write(folder.path("z.nodes.csv"), nodes).unwrap();
            super::super::read(&folder.path("z.npy")).unwrap_err().to_string()
        };
        assert_eq!(
            message("row,node_id\n0,a\n"),
            "z.nodes.csv: expected 2 nodes, one for each row of the matrix, found 1"
        );
        assert_eq!(message("row,id\n0,a\n"), "z.nodes.csv:1: expected a column node_id, found none");
        assert_eq!(
            message("row,node_id\n0,a\n1\n"),
            "z.nodes.csv:3: expected a field 2, the node_id, found 1"
        );
        assert_eq!(
            message("row,node_id\n0,a\n1,a\n"),
            "z.npy: expected different ids (node ids), found \"a\" twice"
        );
    }

    #[test]
    fn what_is_no_matrix_is_told_with_the_file() {
        let folder = Folder::with_matrix("z.npy");
        fs::write(folder.path("z.npy"), b"\x93NUMPY\x01\x00").unwrap();
        assert_eq!(
            super::super::read(&folder.path("z.npy")).unwrap_err().to_string(),
            "z.npy, byte 8: expected a header, found the end of the file"
        );
        write_matrix(&array![[1.0], [f32::NAN]], &folder.path("z.npy")).unwrap();
        assert_eq!(
            super::super::read(&folder.path("z.npy")).unwrap_err().to_string(),
            "z.npy: expected a finite number (embedding, row 1, column 0), found NaN"
        );
    }
}
