//! The archives of `scipy.sparse.save_npz`: one matrix in compressed rows, compressed columns, or as a list of entries.

use super::compressed::{
    Compressed, Names, arcs, check_below, check_declared, check_len, check_values, read_shape, wrong_in,
};
use crate::arcs::Arcs;
use crate::error::Error;
use crate::features::Features;
use crate::format::name_of;
use crate::format::quoted::quoted;
use crate::format::zip_archive::ArrayArchive;
use crate::node_ids::NodeIds;
use crate::raw_dataset::RawDataset;

const NAMES: Names = Names { values: "data", indices: "indices", pointers: "indptr", shape: "shape" };

/// A matrix as it is stored.
enum Stored {
    Rows(Compressed),
    /// The rows of the transposed matrix.
    Columns(Compressed),
    Entries {
        rows: Vec<u32>,
        columns: Vec<u32>,
        values: Vec<f32>,
    },
}

/// Reads a square matrix as the adjacency of a graph, with an arc from row to column for each stored entry.
///
/// # Errors
/// Another shape; another way of storage; arrays that do not fit together.
pub(super) fn read_graph(archive: &mut ArrayArchive) -> Result<RawDataset, Error> {
    let (shape, stored) = read(archive)?;
    if shape[0] != shape[1] {
        let found = format!("{} × {}", shape[0], shape[1]);
        return Err(archive.wrong(NAMES.shape, "a square matrix, the adjacency of a graph", found));
    }
    let arcs = match stored {
        Stored::Rows(matrix) => matrix.into_arcs(),
        Stored::Columns(matrix) => {
            let Arcs { from, to, weights, meaning } = matrix.into_arcs();
            Arcs { from: to, to: from, weights, meaning }
        }
        Stored::Entries { rows, columns, values } => arcs(rows, columns, values),
    };
    Ok(RawDataset::from_arcs(&name_of(archive.path()), NodeIds::counted(shape[0]), arcs))
}

/// Reads a matrix as features, a row a node.
pub(super) fn read_features(archive: &mut ArrayArchive) -> Result<Features, Error> {
    let (shape, stored) = read(archive)?;
    check_declared(archive, NAMES.shape, shape[1])?;
    let by_rows = match stored {
        Stored::Rows(matrix) => matrix,
        Stored::Columns(matrix) => {
            let columns = matrix.rows();
            Compressed::from_entries(shape, &matrix.indices, &columns, &matrix.values)
        }
        Stored::Entries { rows, columns, values } => {
            Compressed::from_entries(shape, &rows, &columns, &values)
        }
    };
    by_rows.into_features()
}

fn read(archive: &mut ArrayArchive) -> Result<([usize; 2], Stored), Error> {
    let shape = read_shape(archive, NAMES.shape)?;
    let format = archive.read("format", |array| array.to_text())?;
    let stored = match format.as_str() {
        "csr" => Stored::Rows(Compressed::read_of_shape(archive, NAMES, shape)?),
        "csc" => {
            check_declared(archive, NAMES.shape, shape[0])?;
            Stored::Columns(Compressed::read_of_shape(archive, NAMES, [shape[1], shape[0]])?)
        }
        "coo" => {
            check_declared(archive, NAMES.shape, shape[0].max(shape[1]))?;
            let rows: Vec<u32> = archive.read("row", |array| array.to_vector())?;
            let columns: Vec<u32> = archive.read("col", |array| array.to_vector())?;
            let values: Vec<f32> = archive.read(NAMES.values, |array| array.to_vector())?;
            let wrong = &wrong_in(archive);
            check_below("row", &rows, shape[0], wrong)?;
            check_len("col", columns.len(), rows.len(), wrong)?;
            check_below("col", &columns, shape[1], wrong)?;
            check_values(NAMES.values, &values, rows.len(), wrong)?;
            Stored::Entries { rows, columns, values }
        }
        other => return Err(archive.wrong("format", "csr, csc or coo", quoted(other))),
    };
    Ok((shape, stored))
}
