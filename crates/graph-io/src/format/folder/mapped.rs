//! A folder mapped into memory: open at once, whatever its size.

use std::borrow::Cow;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use bytemuck::Pod;
use memmap2::Mmap;

use super::contents::{ArraySource, check_row, class_of, read_dataset};
use super::folder_of;
use super::metadata::{Metadata, Storage};
use super::part::Part;
use crate::error::{Error, Place};
use crate::format::npy::NpyArray;
use crate::node_dataset::NodeDataset;

/// A data set in a folder of the format `graph-folder`, mapped into memory: opening it reads its description and the
/// headers of its arrays, and a row is read from the disk when it is asked for.
///
/// What is in a row is checked each time it is asked for, in O(row), so that a damaged file gives errors and nothing
/// else; [`check`](Self::check) checks all of it.
///
/// ```
/// use graph_io::MappedDataset;
///
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("cora");
/// let format = graph_io::format::all().iter().find(|format| format.name == "graph-folder").unwrap();
/// format.write(&graph_io::load("cora", None)?, &path)?;
///
/// // SAFETY: no one changes the folder that was just written here.
/// let cora = unsafe { MappedDataset::open(&path) }?;
/// assert_eq!(cora.num_nodes(), 2708);
/// assert_eq!(cora.neighbors(0)?, [633, 1862, 2582]);
/// assert_eq!(cora.to_dataset()?.graph().num_edges(), 5278);
/// # Ok::<(), graph_io::Error>(())
/// ```
#[derive(Debug)]
pub struct MappedDataset {
    folder: PathBuf,
    metadata: Metadata,
    // In the order of `Part::ALL`.
    arrays: [Option<MappedArray>; Part::ALL.len()],
}

/// The features of one node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FeatureRow<'a> {
    /// As many as there are columns.
    Dense(&'a [f32]),
    /// Those that are stored; the others are 0.
    Sparse {
        /// Their columns, ascending.
        columns: &'a [u32],
        /// Their values, as many.
        values: &'a [f32],
    },
}

#[derive(Debug)]
struct MappedArray {
    map: Mmap,
    data_start: usize,
}

impl MappedDataset {
    /// Maps the arrays of a folder: O(1), whatever is in them.
    ///
    /// # Safety
    /// No file of the folder may be changed or cut short, by this process or another, as long as this value lives: the
    /// rows that it gives are slices of the files. Writers here keep to that, they put a new folder into place. Where it
    /// cannot be promised, [`load`](crate::load()) reads the folder into memory.
    ///
    /// # Errors
    /// A file that is missing or cannot be mapped; a description that does not fit together; an array of another type,
    /// shape or length than it says, or in another order of bytes than this machine's.
    pub unsafe fn open(path: &Path) -> Result<Self, Error> {
        let folder = folder_of(path).to_path_buf();
        let metadata = Metadata::read(&folder)?;
        let mut arrays = [const { None }; Part::ALL.len()];
        for (part, place) in Part::ALL.into_iter().zip(&mut arrays) {
            if metadata.has(part) {
                // SAFETY: the caller promises what the map asks for.
                *place = Some(unsafe { MappedArray::open(part, &metadata, &part.path(&folder)) }?);
            }
        }
        Ok(Self { folder, metadata, arrays })
    }

    /// A short name for tables and files.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// How many nodes.
    pub fn num_nodes(&self) -> usize {
        self.metadata.num_nodes
    }

    /// How many arcs: two an edge between two nodes, one a loop.
    pub fn num_arcs(&self) -> usize {
        self.metadata.num_arcs
    }

    /// How many edges go from a node to itself, as the description says.
    pub fn num_loops(&self) -> usize {
        self.metadata.num_loops
    }

    /// How many columns the features have.
    pub fn d_input(&self) -> usize {
        self.metadata.d_input
    }

    /// The names of the classes; none where there are no labels.
    pub fn class_names(&self) -> &[String] {
        self.metadata.class_names.as_deref().unwrap_or_default()
    }

    /// How many splits belong to the data set.
    pub fn num_splits(&self) -> usize {
        self.metadata.num_splits()
    }

    /// The neighbors of a node in ascending order; the node itself is among them if it has a loop.
    ///
    /// # Errors
    /// No such node; a row that is damaged.
    pub fn neighbors(&self, node: u32) -> Result<&[u32], Error> {
        let range = self.row(Part::RowPointers, node, self.num_arcs())?;
        let columns = self.slice(Part::Columns, range)?;
        check_row(node as usize, columns, self.num_nodes(), || self.path(Part::Columns))?;
        Ok(columns)
    }

    /// The weights of a node's arcs, in the order of its neighbors.
    ///
    /// # Errors
    /// As [`neighbors`](Self::neighbors); a weight that is not finite and positive.
    pub fn weights(&self, node: u32) -> Result<Cow<'_, [f32]>, Error> {
        let range = self.row(Part::RowPointers, node, self.num_arcs())?;
        if !self.metadata.has(Part::Weights) {
            return Ok(Cow::Owned(vec![1.0; range.len()]));
        }
        let weights: &[f32] = self.slice(Part::Weights, range)?;
        match weights.iter().find(|weight| !(weight.is_finite() && **weight > 0.0)) {
            Some(weight) => {
                Err(self.wrong(Part::Weights, node, "finite positive weights", weight.to_string()))
            }
            None => Ok(Cow::Borrowed(weights)),
        }
    }

    /// The features of a node.
    ///
    /// # Errors
    /// No such node; a row that is damaged, or has a value that is not finite.
    pub fn features(&self, node: u32) -> Result<FeatureRow<'_>, Error> {
        let (part, row, values) = match self.metadata.features {
            Storage::Dense => {
                self.check_node(node)?;
                let start = node as usize * self.d_input();
                let values: &[f32] = self.slice(Part::Features, start..start + self.d_input())?;
                (Part::Features, FeatureRow::Dense(values), values)
            }
            Storage::Sparse => {
                let num_entries = self.metadata.len_of(Part::FeatureColumns);
                let range = self.row(Part::FeatureRowPointers, node, num_entries)?;
                let columns = self.slice(Part::FeatureColumns, range.clone())?;
                check_row(node as usize, columns, self.d_input(), || self.path(Part::FeatureColumns))?;
                let values: &[f32] = self.slice(Part::FeatureValues, range)?;
                (Part::FeatureValues, FeatureRow::Sparse { columns, values }, values)
            }
        };
        match values.iter().find(|value| !value.is_finite()) {
            Some(value) => Err(self.wrong(part, node, "finite numbers", value.to_string())),
            None => Ok(row),
        }
    }

    /// The class of a node, if it has one.
    ///
    /// # Errors
    /// No such node; a number that is no class.
    pub fn class(&self, node: u32) -> Result<Option<u32>, Error> {
        self.check_node(node)?;
        if !self.metadata.has(Part::Labels) {
            return Ok(None);
        }
        let class: &[i32] = self.slice(Part::Labels, node as usize..node as usize + 1)?;
        class_of(node as usize, class[0].into(), self.class_names().len(), || self.path(Part::Labels))
    }

    /// What the source calls a node.
    ///
    /// # Errors
    /// No such node; an id that is damaged.
    pub fn node_id(&self, node: u32) -> Result<Cow<'_, str>, Error> {
        self.check_node(node)?;
        let index = node as usize;
        if self.metadata.has(Part::NodeIds) {
            let number: &[u64] = self.slice(Part::NodeIds, index..index + 1)?;
            return Ok(Cow::Owned(number[0].to_string()));
        }
        if !self.metadata.has(Part::NodeIdEnds) {
            return Ok(Cow::Owned(node.to_string()));
        }
        let ends: &[u64] = self.slice(Part::NodeIdEnds, index.saturating_sub(1)..index + 1)?;
        let (start, end) = match *ends {
            [start, end] => (start, end),
            _ => (0, ends[0]),
        };
        let range =
            self.range(Part::NodeIdEnds, node, start, end, self.metadata.len_of(Part::NodeIdBytes))?;
        let bytes: &[u8] = self.slice(Part::NodeIdBytes, range)?;
        let text = std::str::from_utf8(bytes);
        text.map(Cow::Borrowed)
            .map_err(|_| self.wrong(Part::NodeIdBytes, node, "UTF-8 text", "other bytes".to_string()))
    }

    /// Checks everything in the folder, as [`to_dataset`](Self::to_dataset) does. O(size).
    ///
    /// # Errors
    /// Whatever is wrong.
    pub fn check(&self) -> Result<(), Error> {
        self.to_dataset().map(drop)
    }

    /// Copies everything, checked. O(size).
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn to_dataset(&self) -> Result<NodeDataset, Error> {
        let parts = read_dataset(self, &self.metadata).and_then(NodeDataset::from_parts);
        parts.map_err(|error| error.in_file(&self.folder))
    }

    fn check_node(&self, node: u32) -> Result<(), Error> {
        if (node as usize) < self.num_nodes() {
            return Ok(());
        }
        Err(Error::invalid("node", format!("one below {}", self.num_nodes()), node.to_string()))
    }

    /// The entries of a row.
    fn row(&self, part: Part, node: u32, num_entries: usize) -> Result<Range<usize>, Error> {
        self.check_node(node)?;
        let pointers: &[u64] = self.slice(part, node as usize..node as usize + 2)?;
        self.range(part, node, pointers[0], pointers[1], num_entries)
    }

    fn range(&self, part: Part, node: u32, start: u64, end: u64, len: usize) -> Result<Range<usize>, Error> {
        if start <= end && end <= len as u64 {
            return Ok(start as usize..end as usize);
        }
        Err(self.wrong(part, node, &format!("pointers that ascend to {len}"), format!("{start} and {end}")))
    }

    fn slice<T: Pod>(&self, part: Part, range: Range<usize>) -> Result<&[T], Error> {
        let elements = self.arrays[part as usize].as_ref().and_then(|array| {
            let elements: &[T] = bytemuck::try_cast_slice(array.map.get(array.data_start..)?).ok()?;
            elements.get(range.clone())
        });
        elements.ok_or_else(|| {
            let place = Place::whole(&self.path(part));
            Error::malformed(place, format!("elements {} to {}", range.start, range.end), "fewer")
        })
    }

    fn wrong(&self, part: Part, node: u32, expected: &str, found: String) -> Error {
        let place = Place::whole(&self.path(part));
        Error::malformed(place, format!("{expected} at node {node}"), found)
    }
}

impl ArraySource for MappedDataset {
    fn bytes(&self, part: Part) -> Result<Cow<'_, [u8]>, Error> {
        let array = self.arrays[part as usize].as_ref();
        Ok(Cow::Borrowed(array.map_or(&[][..], |array| &array.map[..])))
    }

    fn path(&self, part: Part) -> PathBuf {
        part.path(&self.folder)
    }
}

impl MappedArray {
    /// # Safety
    /// The file must not change while it is mapped.
    unsafe fn open(part: Part, metadata: &Metadata, path: &Path) -> Result<Self, Error> {
        let fault = |source| Error::io(path, source);
        let file = File::open(path).map_err(fault)?;
        // SAFETY: the caller promises that the file does not change; the map is only read.
        let map = unsafe { Mmap::map(&file) }.map_err(fault)?;
        let array = NpyArray::parse(&map, path)?;
        metadata.check_array(part, &array)?;
        let is_aligned = map[array.data_start()..].as_ptr().addr().is_multiple_of(part.element().size);
        if array.element().is_big_endian != part.element().is_big_endian || !is_aligned {
            return Err(array.wrong("elements in this machine's order of bytes at multiples of their size"));
        }
        let data_start = array.data_start();
        Ok(Self { map, data_start })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csr::CsrMatrix;
    use crate::edge_policy::EdgePolicy;
    use crate::features::Features;
    use crate::graph::Graph;
    use crate::node_dataset::NodeDatasetParts;
    use ndarray::array;

    fn mapped(features: Features) -> (tempfile::TempDir, MappedDataset) {
        let (graph, _) = Graph::from_edges(3, &[(0, 2), (1, 2)], EdgePolicy::default()).unwrap();
        let dataset = NodeDataset::from_parts(NodeDatasetParts::new(graph, features)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("graph");
        super::super::FORMAT.write(&dataset, &path).unwrap();
        // SAFETY: the folder is the test's own.
        let mapped = unsafe { MappedDataset::open(&path) }.unwrap();
        (folder, mapped)
    }

    #[test]
    fn rows_are_given_as_they_are() {
        let (_folder, mapped) = mapped(Features::Dense(array![[1.0], [2.0], [3.0]]));
        assert_eq!((mapped.num_nodes(), mapped.num_arcs(), mapped.d_input()), (3, 4, 1));
        assert_eq!(
            (mapped.neighbors(2).unwrap(), mapped.weights(2).unwrap()),
            (&[0, 1][..], [1.0, 1.0][..].into())
        );
        assert_eq!(mapped.features(1).unwrap(), FeatureRow::Dense(&[2.0]));
        assert_eq!((mapped.class(1).unwrap(), mapped.node_id(1).unwrap().as_ref()), (None, "1"));
        assert_eq!((mapped.num_splits(), mapped.class_names().len(), mapped.name()), (0, 0, "graph"));
    }

    #[test]
    fn sparse_features_are_given_as_they_are_stored() {
        let matrix = CsrMatrix::new((3, 5), vec![0, 0, 2, 2], vec![1, 4], vec![0.5, 2.0]);
        let (_folder, mapped) = mapped(Features::Sparse(matrix));
        assert_eq!(mapped.features(1).unwrap(), FeatureRow::Sparse { columns: &[1, 4], values: &[0.5, 2.0] });
        assert_eq!(mapped.features(2).unwrap(), FeatureRow::Sparse { columns: &[], values: &[] });
    }

    #[test]
    fn a_node_that_is_not_there_is_an_error_everywhere() {
        let (_folder, mapped) = mapped(Features::Dense(array![[1.0], [2.0], [3.0]]));
        let errors = [
            mapped.neighbors(3).map(drop),
            mapped.weights(3).map(drop),
            mapped.features(u32::MAX).map(drop),
            mapped.class(3).map(drop),
            mapped.node_id(3).map(drop),
        ];
        for error in errors {
            assert!(error.unwrap_err().to_string().starts_with("node: expected one below 3, found "));
        }
    }
}
