//! Data sets as folders.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::metadata::{self, Metadata};
use super::part::Part;
use crate::csr::CsrMatrix;
use crate::error::Error;
use crate::features::Features;
use crate::format::npy::{write_array, write_vector};
use crate::format::output::{write_file, write_folder};
use crate::node_dataset::NodeDataset;
use crate::split::Split;

/// Writes a data set as a new folder.
///
/// # Errors
/// Sparse features of far more columns than entries; a path where there is something, or that cannot be written.
pub(super) fn write(dataset: &NodeDataset, path: &Path) -> Result<(), Error> {
    let metadata = Metadata::of(dataset);
    metadata.check()?;
    write_folder(path, |folder| fill(dataset, &metadata, folder))
}

fn fill(dataset: &NodeDataset, metadata: &Metadata, folder: &Path) -> Result<(), Error> {
    let num_nodes = metadata.num_nodes;
    let adjacency = dataset.graph().adjacency();
    write_pointers(folder, Part::RowPointers, adjacency)?;
    write_part(folder, Part::Columns, |out| write_array(out, &[adjacency.nnz()], adjacency.indices()))?;
    if metadata.has(Part::Weights) {
        write_part(folder, Part::Weights, |out| write_array(out, &[adjacency.nnz()], adjacency.data()))?;
    }
    match dataset.features() {
        Features::Dense(matrix) => {
            let matrix = matrix.as_standard_layout();
            let elements = matrix.as_slice().expect("a standard layout is one slice");
            write_part(folder, Part::Features, |out| write_array(out, matrix.shape(), elements))?;
        }
        Features::Sparse(matrix) => {
            let len = matrix.nnz();
            write_pointers(folder, Part::FeatureRowPointers, matrix)?;
            write_part(folder, Part::FeatureColumns, |out| write_array(out, &[len], matrix.indices()))?;
            write_part(folder, Part::FeatureValues, |out| write_array(out, &[len], matrix.data()))?;
        }
    }
    if let Some(labels) = dataset.labels() {
        let classes = labels.classes().iter().map(|class| class.map_or(-1, |class| class as i32));
        write_part(folder, Part::Labels, |out| write_vector(out, num_nodes, classes))?;
    }
    if !dataset.splits().is_empty() {
        let sets: Vec<u8> = dataset.splits().iter().flat_map(|split| sets(split, num_nodes)).collect();
        let shape = [dataset.splits().len(), num_nodes];
        write_part(folder, Part::Splits, |out| write_array(out, &shape, &sets))?;
    }
    let ids = dataset.node_ids();
    if metadata.has(Part::NodeIds) {
        let numbers = ids.numbers().into_iter().flatten();
        write_part(folder, Part::NodeIds, |out| write_vector(out, num_nodes, numbers))?;
    } else if metadata.has(Part::NodeIdEnds) {
        let text: String = ids.iter().collect();
        write_part(folder, Part::NodeIdBytes, |out| write_array(out, &[text.len()], text.as_bytes()))?;
        let ends = ids.iter().scan(0, |end, id| {
            *end += id.len() as u64;
            Some(*end)
        });
        write_part(folder, Part::NodeIdEnds, |out| write_vector(out, num_nodes, ends))?;
    }
    write_file(&folder.join(metadata::FILE), |out| {
        serde_json::to_writer_pretty(&mut *out, metadata)?;
        out.write_all(b"\n")
    })
}

fn write_part(
    folder: &Path,
    part: Part,
    write: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
) -> Result<(), Error> {
    write_file(&part.path(folder), write)
}

fn write_pointers(folder: &Path, part: Part, matrix: &CsrMatrix) -> Result<(), Error> {
    let pointers = matrix.indptr();
    let pointers = pointers.raw_storage();
    let numbers = pointers.iter().map(|&pointer| pointer as u64);
    write_part(folder, part, |out| write_vector(out, pointers.len(), numbers))
}

/// The set of each node: 0 none, 1 train, 2 val, 3 test.
fn sets(split: &Split, num_nodes: usize) -> Vec<u8> {
    let mut sets = vec![0; num_nodes];
    for (set, nodes) in (1..).zip([split.train(), split.val(), split.test()]) {
        nodes.iter().for_each(|&node| sets[node as usize] = set);
    }
    sets
}
