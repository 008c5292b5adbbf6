//! Workspaces of MATLAB.

mod array;
mod elements;
mod read;

use super::registry::{Format, Sample};

/// A MAT-file of level 5, as MATLAB's `save -v6` and `-v7` and `scipy.io.savemat` write it, packed or not.
///
/// What a variable is goes by its name, whatever its case:
/// - `network`, `adj`, `adjacency`, `net`, `A`, `W` or `graph`, a square matrix, sparse or full: the adjacency, with an arc from row
///   to column for each value that is not zero; also the field `A` of the structure `Problem` of the SuiteSparse collection. Where
///   there is none of these, the only square matrix.
/// - `attributes`, `attrb`, `features`, `feature`, `feat`, `fea` or `X`, a row a node: the features.
/// - `class`, `gnd`, `group`, `labels`, `label` or `y`: a number a node, or a row a node with a column a class, in which a value that
///   is not zero says that the node is of it; a node may be of several.
///
/// Other variables count for nothing. Files of level 7.3 are HDF5 and refused.
pub(super) const FORMAT: Format = Format {
    name: "mat",
    title: "MATLAB's MAT-file of level 5: sparse or full adjacency, attributes, labels",
    endings: &[".mat"],
    keeps: "",
    recognizes: |sample| !sample.is_folder && (sample.name.ends_with(".mat") || starts_so(sample)),
    read: read::read,
    write: None,
};

fn starts_so(sample: &Sample) -> bool {
    sample.head.starts_with(b"MATLAB 5.0 MAT-file")
}
