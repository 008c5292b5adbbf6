//! What the layouts of archives say of nodes in the same way: classes and splits.

use ndarray::Array2;

use crate::error::Error;
use crate::format::zip_archive::ArrayArchive;
use crate::labels::Labels;
use crate::split::Split;

/// More classes than this must be at most as many as nodes: each gets a name.
const MAX_CLASSES: usize = 1 << 10;

const SETS: [&str; 3] = ["train", "val", "test"];

pub(super) fn check_rows(
    archive: &ArrayArchive,
    name: &str,
    num_rows: usize,
    num_nodes: usize,
) -> Result<(), Error> {
    if num_rows == num_nodes {
        return Ok(());
    }
    Err(archive.wrong(name, format!("{num_nodes} rows, one for each node"), num_rows.to_string()))
}

/// The class of each node, -1 for none; classes without names are called by their numbers.
pub(super) fn read_labels(
    archive: &mut ArrayArchive,
    name: &str,
    num_nodes: usize,
    class_names: Option<Vec<String>>,
) -> Result<Option<Labels>, Error> {
    if !archive.has(name) {
        return Ok(None);
    }
    let numbers: Vec<i64> = archive.read(name, |array| match array.shape() {
        // A column is a vector too.
        [_, 1] => Ok(array.to_matrix()?.into_iter().collect()),
        _ => array.to_vector(),
    })?;
    check_rows(archive, name, numbers.len(), num_nodes)?;
    let num_classes = match &class_names {
        Some(names) => names.len(),
        None => num_nodes.max(MAX_CLASSES),
    };
    if let Some(node) = numbers.iter().position(|&class| !(-1..num_classes as i64).contains(&class)) {
        let expected = format!("-1 or a class below {num_classes}");
        return Err(archive.wrong(name, expected, format!("{} at node {node}", numbers[node])));
    }
    let classes: Vec<Option<u32>> = numbers.into_iter().map(|class| u32::try_from(class).ok()).collect();
    let class_names = class_names.unwrap_or_else(|| {
        let num_classes = classes.iter().flatten().max().map_or(0, |&last| last + 1);
        (0..num_classes).map(|class| class.to_string()).collect()
    });
    let labels = Labels::from_classes(classes, class_names);
    labels.map(Some).map_err(|error| error.in_file(&archive.place(name)))
}

/// The splits: idx_train, idx_val and idx_test list the nodes of one; train_mask and its like mark the nodes of one,
/// and a matrix of them those of as many as it has rows, or columns where its rows are nodes.
pub(super) fn read_splits(archive: &mut ArrayArchive, labels: &Labels) -> Result<Vec<Split>, Error> {
    if archive.has("idx_train") {
        let sets = SETS.map(|set| {
            let name = format!("idx_{set}");
            if archive.has(&name) {
                archive.read(&name, |array| array.to_vector::<u32>())
            } else {
                Ok(Vec::new())
            }
        });
        let [train, val, test] = sets;
        let split = Split::from_nodes(train?, val?, test?, labels);
        return split.map(|split| vec![split]).map_err(|error| error.in_file(archive.path()));
    }
    let Some(ending) = ["_mask", "_masks"].into_iter().find(|ending| archive.has(&format!("train{ending}")))
    else {
        return Ok(Vec::new());
    };
    let num_nodes = labels.num_nodes();
    let masks = SETS.map(|set| read_masks(archive, &format!("{set}{ending}"), num_nodes));
    let [train, val, test] = masks;
    let masks = [train?, val?, test?];
    for (set, mask) in SETS.iter().zip(&masks) {
        if mask.nrows() != masks[0].nrows() {
            let name = format!("{set}{ending}");
            let expected = format!("{} splits, as in train{ending}", masks[0].nrows());
            return Err(archive.wrong(&name, expected, mask.nrows().to_string()));
        }
    }
    let nodes = |set: usize, split: usize| {
        let row = masks[set].row(split);
        (0u32..).zip(row).filter(|(_, is_in)| **is_in == 1).map(|(node, _)| node).collect::<Vec<u32>>()
    };
    let splits = (0..masks[0].nrows())
        .map(|split| Split::from_nodes(nodes(0, split), nodes(1, split), nodes(2, split), labels));
    splits.collect::<Result<_, _>>().map_err(|error: Error| error.in_file(archive.path()))
}

/// Masks with a row a split.
fn read_masks(archive: &mut ArrayArchive, name: &str, num_nodes: usize) -> Result<Array2<u8>, Error> {
    let masks: Array2<u8> = archive.read(name, |array| match array.shape() {
        [len] => {
            let len = *len;
            Ok(Array2::from_shape_vec((1, len), array.to_vector()?).expect("a vector is one row"))
        }
        _ => array.to_matrix(),
    })?;
    if let Some(&other) = masks.iter().find(|&&value| value > 1) {
        return Err(archive.wrong(name, "a mask of 0 and 1", other.to_string()));
    }
    match masks.dim() {
        (_, columns) if columns == num_nodes => Ok(masks),
        (rows, _) if rows == num_nodes => Ok(masks.reversed_axes()),
        (rows, columns) => {
            Err(archive.wrong(name, format!("an axis of {num_nodes} nodes"), format!("{rows} × {columns}")))
        }
    }
}
