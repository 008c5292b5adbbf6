//! The description of a folder: `graph.json`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::part::Part;
use crate::error::{Error, Place};
use crate::features::Features;
use crate::format::file::read_bytes;
use crate::format::npy::NpyArray;
use crate::format::quoted::{cut, quoted};
use crate::node_dataset::NodeDataset;

pub(super) const FILE: &str = "graph.json";

const FORMAT: &str = "graph-folder";
const VERSION: u32 = 1;

/// Names of classes are most of it.
const MAX_BYTES: usize = 1 << 28;

/// Indices stay below this on any device.
const INDEX_LIMIT: usize = 1 << 31;

/// More columns of sparse features than this must be at most as many as their array has bytes.
const MAX_D_INPUT: usize = 1 << 20;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Metadata {
    pub(super) format: String,
    pub(super) version: u32,
    pub(super) name: String,
    pub(super) num_nodes: usize,
    pub(super) num_arcs: usize,
    pub(super) num_loops: usize,
    pub(super) d_input: usize,
    pub(super) features: Storage,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) class_names: Option<Vec<String>>,
    /// What was done to the source, for people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) cleaning: Vec<String>,
    pub(super) arrays: BTreeMap<String, Shape>,
}

/// How features are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Storage {
    Dense,
    Sparse,
}

/// An array in NumPy's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shape {
    dtype: String,
    shape: Vec<usize>,
}

/// What a description of any version says of itself.
#[derive(Deserialize)]
struct Kind {
    format: String,
    version: u32,
}

impl Metadata {
    /// Describes a data set.
    pub(super) fn of(dataset: &NodeDataset) -> Self {
        let graph = dataset.graph();
        let (num_nodes, num_arcs) = (graph.num_nodes(), graph.num_arcs());
        let mut arrays = BTreeMap::new();
        let mut add = |part: Part, shape: &[usize]| {
            let shape = Shape { dtype: part.element().to_string(), shape: shape.to_vec() };
            arrays.insert(part.name().to_string(), shape);
        };
        add(Part::RowPointers, &[num_nodes + 1]);
        add(Part::Columns, &[num_arcs]);
        if !graph.is_unweighted() {
            add(Part::Weights, &[num_arcs]);
        }
        let features = match dataset.features() {
            Features::Dense(matrix) => {
                add(Part::Features, matrix.shape());
                Storage::Dense
            }
            Features::Sparse(matrix) => {
                add(Part::FeatureRowPointers, &[num_nodes + 1]);
                add(Part::FeatureColumns, &[matrix.nnz()]);
                add(Part::FeatureValues, &[matrix.nnz()]);
                Storage::Sparse
            }
        };
        if dataset.labels().is_some() {
            add(Part::Labels, &[num_nodes]);
        }
        if !dataset.splits().is_empty() {
            add(Part::Splits, &[dataset.splits().len(), num_nodes]);
        }
        let ids = dataset.node_ids();
        if ids.numbers().is_none() {
            add(Part::NodeIdBytes, &[ids.iter().map(|id| id.len()).sum()]);
            add(Part::NodeIdEnds, &[num_nodes]);
        } else if !ids.are_counted() {
            add(Part::NodeIds, &[num_nodes]);
        }
        Self {
            format: FORMAT.to_string(),
            version: VERSION,
            name: dataset.name().to_string(),
            num_nodes,
            num_arcs,
            num_loops: graph.num_loops(),
            d_input: dataset.features().d_input(),
            features,
            class_names: dataset.labels().map(|labels| labels.class_names().to_vec()),
            cleaning: dataset.report().to_string().lines().map(String::from).collect(),
            arrays,
        }
    }

    /// Reads the description of a folder and checks that its counts and its arrays belong together.
    ///
    /// # Errors
    /// A file that cannot be read; another format or version; no nodes, or 2³¹ of them or of arcs; arrays that are
    /// missing, too many, or of another type or shape than the counts ask for.
    pub(super) fn read(folder: &Path) -> Result<Self, Error> {
        let file = &folder.join(FILE);
        let bytes = read_bytes(file, MAX_BYTES)?;
        let malformed = |error: serde_json::Error| {
            let place = Place::line(file, error.line());
            Error::malformed(place, "the description of a graph folder", error.to_string())
        };
        let kind: Kind = serde_json::from_slice(&bytes).map_err(malformed)?;
        if kind.format != FORMAT || kind.version != VERSION {
            let found = format!("{} of version {}", quoted(&kind.format), kind.version);
            let expected = format!("{FORMAT:?} of version {VERSION}");
            return Err(Error::malformed(Place::whole(file), expected, found));
        }
        let metadata: Self = serde_json::from_slice(&bytes).map_err(malformed)?;
        metadata.check().map_err(|error| error.in_file(file))?;
        Ok(metadata)
    }

    /// Checks that counts and arrays belong together.
    pub(super) fn check(&self) -> Result<(), Error> {
        for (what, count, least) in [
            ("nodes", self.num_nodes, 1),
            ("arcs", self.num_arcs, 0),
            ("columns of features", self.d_input, 1),
        ] {
            if !(least..INDEX_LIMIT).contains(&count) {
                let expected = format!("{least} to {} {what}", INDEX_LIMIT - 1);
                return Err(Error::invalid("counts", expected, count.to_string()));
            }
        }
        let entries = self.len_of(Part::FeatureColumns);
        if self.features == Storage::Sparse && self.d_input > MAX_D_INPUT.max(entries.saturating_mul(4)) {
            let expected = format!("at most {MAX_D_INPUT} columns of features beside {entries} entries");
            return Err(Error::invalid("counts", expected, self.d_input.to_string()));
        }
        for part in Part::ALL {
            let found = self.arrays.get(part.name()).map(|array| (array.dtype.as_str(), &array.shape[..]));
            let dtype = part.element().to_string();
            let shape = self.shape_of(part);
            if found != shape.as_ref().map(|shape| (dtype.as_str(), &shape[..])) {
                let words = |dtype: &str, shape: &[usize]| format!("{dtype} of shape {shape:?}");
                let expected = shape.map_or("none".to_string(), |shape| words(&dtype, &shape));
                let found = found.map_or("none".to_string(), |(dtype, shape)| words(dtype, shape));
                return Err(Error::invalid(format!("array {}", part.name()), expected, cut(&found, 60)));
            }
        }
        let is_known = |name: &&String| Part::ALL.iter().any(|part| part.name() == *name);
        match self.arrays.keys().find(|name| !is_known(name)) {
            Some(unknown) => Err(Error::invalid("arrays", "those of this format", quoted(unknown))),
            None => Ok(()),
        }
    }

    /// How many splits there are.
    pub(super) fn num_splits(&self) -> usize {
        self.len_of(Part::Splits)
    }

    /// Whether a folder has an array.
    pub(super) fn has(&self, part: Part) -> bool {
        self.arrays.contains_key(part.name())
    }

    /// How long the first axis of an array is; 0 for one that is not there.
    pub(super) fn len_of(&self, part: Part) -> usize {
        self.arrays.get(part.name()).and_then(|array| array.shape.first()).copied().unwrap_or(0)
    }

    /// The shape that an array must have by the counts; none for one that must not be there. What may be there or not
    /// counts as there when it is.
    fn shape_of(&self, part: Part) -> Option<Vec<usize>> {
        let nodes = self.num_nodes;
        let (is_sparse, has_names) = (self.features == Storage::Sparse, self.has(Part::NodeIdEnds));
        let (is_there, shape) = match part {
            Part::RowPointers => (true, vec![nodes + 1]),
            Part::Columns => (true, vec![self.num_arcs]),
            Part::Weights => (self.has(part), vec![self.num_arcs]),
            Part::Features => (!is_sparse, vec![nodes, self.d_input]),
            Part::FeatureRowPointers => (is_sparse, vec![nodes + 1]),
            Part::FeatureColumns | Part::FeatureValues => {
                (is_sparse, vec![self.len_of(Part::FeatureColumns)])
            }
            Part::Labels => (self.class_names.is_some(), vec![nodes]),
            Part::Splits => (self.has(part), vec![self.len_of(part), nodes]),
            Part::NodeIds => (self.has(part) && !has_names, vec![nodes]),
            Part::NodeIdBytes => (has_names, vec![self.len_of(part)]),
            Part::NodeIdEnds => (has_names, vec![nodes]),
        };
        is_there.then_some(shape)
    }

    /// Checks the array in a file against its description.
    ///
    /// # Errors
    /// Another type or shape, or the order of Fortran.
    pub(super) fn check_array(&self, part: Part, array: &NpyArray) -> Result<(), Error> {
        let shape = self.shape_of(part).unwrap_or_default();
        let (found, wanted) = (array.element(), part.element());
        if (found.kind, found.size) != (wanted.kind, wanted.size)
            || array.shape() != shape
            || array.is_fortran()
        {
            return Err(array.wrong(format!("{wanted} of shape {shape:?}, row by row")));
        }
        Ok(())
    }
}
