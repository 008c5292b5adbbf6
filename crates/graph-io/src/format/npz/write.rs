//! Data sets as archives in the layout of Shchur and others, for NumPy without pickles.

use std::io::{self, Seek, Write};
use std::path::Path;

use crate::csr::CsrMatrix;
use crate::error::Error;
use crate::features::Features;
use crate::format::npy::{check_texts, write_array, write_texts, write_vector};
use crate::format::output::write_file;
use crate::format::zip_archive::ArrayArchiveWriter;
use crate::node_dataset::NodeDataset;
use crate::split::Split;

/// Writes an archive of the arrays adj_data, adj_indices, adj_indptr, adj_shape; attr_data and its like, or attr_matrix;
/// labels and class_names; node_names unless nodes are counted, as numbers where they are; idx_train, idx_val and
/// idx_test, or train_masks and its like where there are several splits.
///
/// Nothing is packed: what packs too well would be taken for a bomb.
///
/// # Errors
/// A name that ends in NUL, or names of such lengths that filled up to the longest they take 16 times their bytes; a
/// path that cannot be written.
pub(super) fn write(dataset: &NodeDataset, path: &Path) -> Result<(), Error> {
    let ids = dataset.node_ids();
    if ids.numbers().is_none() {
        check_texts("node ids", || ids.iter())?;
    }
    if let Some(labels) = dataset.labels() {
        check_texts("class names", || labels.class_names().iter().map(|name| name.into()))?;
    }
    write_file(path, |out| {
        let mut archive = ArrayArchiveWriter::new(out);
        add_matrix(&mut archive, "adj", dataset.graph().adjacency())?;
        match dataset.own_features() {
            None => {}
            Some(Features::Sparse(matrix)) => add_matrix(&mut archive, "attr", matrix)?,
            Some(Features::Dense(matrix)) => {
                let matrix = matrix.as_standard_layout();
                let elements = matrix.as_slice().expect("a standard layout is one slice");
                archive.add("attr_matrix", |out| write_array(out, matrix.shape(), elements))?;
            }
        }
        if let Some(labels) = dataset.labels() {
            let classes = labels.classes().iter().map(|class| class.map_or(-1, i64::from));
            archive.add("labels", |out| write_vector(out, labels.num_nodes(), classes))?;
            archive.add("class_names", |out| write_texts(out, || labels.class_names().iter()))?;
        }
        match ids.numbers() {
            _ if ids.are_counted() => {}
            Some(numbers) => archive.add("node_names", |out| write_vector(out, ids.len(), numbers))?,
            None => archive.add("node_names", |out| write_texts(out, || ids.iter()))?,
        }
        add_splits(&mut archive, dataset.splits(), ids.len())?;
        archive.finish()
    })
}

fn add_matrix<W: Write + Seek>(
    archive: &mut ArrayArchiveWriter<W>,
    prefix: &str,
    matrix: &CsrMatrix,
) -> io::Result<()> {
    let pointers = matrix.indptr();
    let pointers = pointers.raw_storage();
    let num_entries = matrix.nnz();
    let indices = matrix.indices().iter().map(|&index| index as i32);
    archive.add(&format!("{prefix}_data"), |out| write_array(out, &[num_entries], matrix.data()))?;
    archive.add(&format!("{prefix}_indices"), |out| write_vector(out, num_entries, indices))?;
    // SciPy wants both kinds of indices of one width, and turns them if it must.
    let pointers_out = pointers.iter().map(|&pointer| pointer as i64);
    archive.add(&format!("{prefix}_indptr"), |out| write_vector(out, pointers.len(), pointers_out))?;
    let shape = [matrix.rows() as i64, matrix.cols() as i64];
    archive.add(&format!("{prefix}_shape"), |out| write_array(out, &[2], &shape))
}

fn add_splits<W: Write + Seek>(
    archive: &mut ArrayArchiveWriter<W>,
    splits: &[Split],
    num_nodes: usize,
) -> io::Result<()> {
    type Set = (&'static str, fn(&Split) -> &[u32]);
    let sets: [Set; 3] = [("train", Split::train), ("val", Split::val), ("test", Split::test)];
    for (set, nodes) in sets {
        if let [split] = splits {
            let nodes = nodes(split);
            let numbers = nodes.iter().map(|&node| i64::from(node));
            archive.add(&format!("idx_{set}"), |out| write_vector(out, nodes.len(), numbers))?;
        } else if !splits.is_empty() {
            let mut masks = vec![0u8; splits.len() * num_nodes];
            for (split, mask) in splits.iter().zip(masks.chunks_exact_mut(num_nodes)) {
                nodes(split).iter().for_each(|&node| mask[node as usize] = 1);
            }
            archive
                .add(&format!("{set}_masks"), |out| write_array(out, &[splits.len(), num_nodes], &masks))?;
        }
    }
    Ok(())
}
