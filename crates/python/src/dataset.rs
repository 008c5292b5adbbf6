//! A graph with everything known of its nodes, as Python holds it.

use std::path::PathBuf;
use std::sync::Arc;

use graph_io::{
    ArcMeaning, Arcs, CleaningPolicy, CsrMatrix, DataFingerprint, Duplicates, EdgePolicy, EdgeReport,
    FeatureNames, Features, Graph, GraphSummary, Labels, LoadConfig, Loops, NodeDataset, NodeIds, RawDataset,
    Split, Weights,
};
use harness::InputConfig;
use numpy::{PyArray1, PyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use toml::Table;

use crate::arrays::{CsrArrays, FloatTable, Floats, IntegerSlice, Integers, csr_arrays};
use crate::exceptions::exception;
use crate::settings::table;
use crate::threads::in_pool;

/// A graph with what is known of its nodes, cleaned and checked once.
#[pyclass(frozen, module = "g2r._g2r")]
pub(crate) struct Dataset {
    pub(crate) data: Arc<NodeDataset>,
    /// The name or the path that it was read from; empty for a graph that was made in memory.
    pub(crate) source: String,
    /// How it was read: the table `input` of a run.
    pub(crate) input: Table,
}

/// What is known of nodes, taken from Python.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Nodes<'py> {
    name: String,
    ids: Option<Ids<'py>>,
    features: Option<FeatureArrays<'py>>,
    feature_names: Option<Vec<String>>,
    labels: Option<Integers<'py>>,
    class_names: Option<Vec<String>>,
    splits: Vec<[Integers<'py>; 3]>,
}

#[derive(FromPyObject)]
enum Ids<'py> {
    #[pyo3(transparent)]
    Numbers(Integers<'py>),
    #[pyo3(transparent)]
    Names(Vec<String>),
}

#[derive(FromPyObject)]
enum FeatureArrays<'py> {
    #[pyo3(transparent)]
    Dense(FloatTable<'py>),
    /// Row pointers, columns, values and the number of columns.
    Sparse(Integers<'py>, Integers<'py>, Floats<'py>, usize),
}

#[pymethods]
impl Dataset {
    /// Reads a data set known by name, or the files at a path.
    #[staticmethod]
    fn load(
        py: Python<'_>,
        name: String,
        input: &Bound<'_, PyDict>,
        raw_dirs: Vec<PathBuf>,
    ) -> PyResult<Self> {
        let input = table(input)?;
        let config: LoadConfig = input_config(&input)?.load_config(raw_dirs);
        let read = || in_pool(0, || graph_io::load_with(&name, &config));
        let data = py.detach(read).map_err(exception)?.map_err(exception)?;
        Ok(Self { data: Arc::new(data), source: name, input })
    }

    /// The graph of arcs between nodes; each is an edge, whichever its order, where `undirected`.
    #[staticmethod]
    #[pyo3(signature = (num_nodes, source, target, weights, undirected, nodes, input))]
    #[allow(clippy::too_many_arguments, reason = "they are the keywords of one call from Python")]
    fn from_arcs(
        py: Python<'_>,
        num_nodes: usize,
        source: Integers<'_>,
        target: Integers<'_>,
        weights: Option<Floats<'_>>,
        undirected: bool,
        nodes: Nodes<'_>,
        input: &Bound<'_, PyDict>,
    ) -> PyResult<Self> {
        let meaning = if undirected { ArcMeaning::Undirected } else { ArcMeaning::Directed };
        let (source, target) = (source.slice()?, target.slice()?);
        let weights = weights.map(|weights| weights.to_f32());
        let input = table(input)?;
        let policy = input_config(&input)?.load_config(Vec::new()).cleaning;
        let parts = NodeParts::of(&nodes, num_nodes, input.contains_key("missing_values"))?;
        let ends = py.detach(|| Ok((source.to_indices(num_nodes)?, target.to_indices(num_nodes)?))).map_err(
            |(edge, node): (usize, i64)| {
                let text = format!("edge {edge}: expected nodes from 0 to below {num_nodes}, found {node}");
                PyValueError::new_err(text)
            },
        )?;
        let (from, to) = ends;
        if from.len() != to.len() || weights.as_ref().is_some_and(|weights| weights.len() != to.len()) {
            let found = format!("{} sources and {} targets", from.len(), to.len());
            return Err(PyValueError::new_err(format!(
                "edges: expected two ends and one weight each, found {found}"
            )));
        }
        let arcs = Arcs { from, to, weights, meaning };
        let build = || in_pool(0, || parts.with_arcs(arcs, &policy));
        let data = py.detach(build).map_err(exception)?.map_err(exception)?;
        Ok(Self { data: Arc::new(data), source: String::new(), input })
    }

    /// The graph of an adjacency matrix in compressed rows. One that is symmetric, sorted, without loops and with positive weights
    /// is taken as it is; of another one each entry is an arc.
    #[staticmethod]
    fn from_csr(
        py: Python<'_>,
        pointers: Integers<'_>,
        columns: Integers<'_>,
        weights: Option<Floats<'_>>,
        nodes: Nodes<'_>,
        input: &Bound<'_, PyDict>,
    ) -> PyResult<Self> {
        let pointers = pointers.slice()?.to_sizes().map_err(|(row, found)| {
            PyValueError::new_err(format!("row pointer {row}: expected at least 0, found {found}"))
        })?;
        let num_nodes = pointers.len().saturating_sub(1);
        let columns = columns.slice()?;
        let input = table(input)?;
        let policy = input_config(&input)?.load_config(Vec::new()).cleaning;
        let parts = NodeParts::of(&nodes, num_nodes, input.contains_key("missing_values"))?;
        let indices = |columns: IntegerSlice<'_>| columns.to_indices(num_nodes);
        let columns = py.detach(|| indices(columns)).map_err(|(entry, found)| {
            let expected = format!("columns from 0 to below {num_nodes}");
            PyValueError::new_err(format!("adjacency, entry {entry}: expected {expected}, found {found}"))
        })?;
        let weights = match weights {
            Some(weights) => weights.to_f32(),
            None => vec![1.0; columns.len()],
        };
        if pointers.last() != Some(&columns.len()) || columns.len() != weights.len() || !pointers.is_sorted()
        {
            let found = format!("{} columns and {} weights", columns.len(), weights.len());
            return Err(PyValueError::new_err(format!(
                "adjacency: expected entries as row pointers say, found {found}"
            )));
        }
        let build = || in_pool(0, || parts.with_rows(Rows { pointers, columns, weights }, &policy));
        let data = py.detach(build).map_err(exception)?.map_err(exception)?;
        Ok(Self { data: Arc::new(data), source: String::new(), input })
    }

    #[getter]
    fn name(&self) -> &str {
        self.data.name()
    }

    #[getter]
    fn source(&self) -> &str {
        &self.source
    }

    #[getter]
    fn num_nodes(&self) -> usize {
        self.data.graph().num_nodes()
    }

    #[getter]
    fn num_edges(&self) -> usize {
        self.data.graph().num_edges()
    }

    #[getter]
    fn num_features(&self) -> usize {
        self.data.features().d_input()
    }

    /// Whether features were made because the source has none.
    #[getter]
    fn features_made(&self) -> bool {
        self.data.own_features().is_none()
    }

    fn adjacency<'py>(&self, py: Python<'py>) -> CsrArrays<'py> {
        csr_arrays(py, self.data.graph().adjacency())
    }

    fn dense_features<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyArray2<f32>>> {
        match self.data.features() {
            Features::Dense(matrix) => Some(PyArray2::from_owned_array(py, matrix.clone())),
            Features::Sparse(_) => None,
        }
    }

    fn sparse_features<'py>(&self, py: Python<'py>) -> Option<CsrArrays<'py>> {
        match self.data.features() {
            Features::Sparse(matrix) => Some(csr_arrays(py, matrix)),
            Features::Dense(_) => None,
        }
    }

    #[getter]
    fn feature_names(&self) -> Option<Vec<String>> {
        Some(self.data.feature_names()?.iter().map(str::to_string).collect())
    }

    /// The class of each node, −1 where it has none.
    fn labels<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyArray1<i64>>> {
        let classes = self.data.labels()?.classes().iter();
        Some(PyArray1::from_vec(py, classes.map(|class| class.map_or(-1, i64::from)).collect()))
    }

    #[getter]
    fn class_names(&self) -> Option<Vec<String>> {
        Some(self.data.labels()?.class_names().to_vec())
    }

    fn splits<'py>(&self, py: Python<'py>) -> Vec<[Bound<'py, PyArray1<i64>>; 3]> {
        let nodes =
            |nodes: &[u32]| PyArray1::from_vec(py, nodes.iter().map(|node| i64::from(*node)).collect());
        let arrays = |split: &Split| [split.train(), split.val(), split.test()].map(nodes);
        self.data.splits().iter().map(arrays).collect()
    }

    /// The ids as numbers, where all are below 2⁶³.
    fn id_numbers<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyArray1<i64>>> {
        let numbers = self.data.node_ids().numbers()?;
        let numbers: Option<Vec<i64>> = numbers.map(|number| i64::try_from(number).ok()).collect();
        Some(PyArray1::from_vec(py, numbers?))
    }

    fn id_names(&self) -> Vec<String> {
        self.data.node_ids().iter().map(|id| id.into_owned()).collect()
    }

    /// What tells its data from others.
    fn fingerprint(&self) -> String {
        DataFingerprint::of(&self.data).combined()
    }

    /// What cleaning did and what was not used, in words.
    fn notes(&self) -> String {
        format!("{}{}", self.data.report(), self.data.notes())
    }

    fn summary(&self) -> String {
        GraphSummary::of(&self.data).to_string()
    }
}

fn input_config(input: &Table) -> PyResult<InputConfig> {
    let config: Result<InputConfig, toml::de::Error> = input.clone().try_into();
    config.map_err(|error| PyValueError::new_err(format!("reading a graph: {}", error.message())))
}

/// What is known of nodes, as the library takes it.
struct NodeParts {
    name: String,
    ids: NodeIds,
    features: Option<Features>,
    feature_names: Option<FeatureNames>,
    labels: Option<Labels>,
    splits: Vec<Split>,
}

impl NodeParts {
    fn of(nodes: &Nodes<'_>, num_nodes: usize, missing: bool) -> PyResult<Self> {
        let ids = match &nodes.ids {
            None => NodeIds::counted(num_nodes),
            Some(Ids::Names(names)) => NodeIds::from_names(names),
            Some(Ids::Numbers(numbers)) => {
                let numbers = numbers.slice()?;
                match numbers.to_sizes() {
                    Ok(sizes) => NodeIds::from_numbers(sizes.into_iter().map(|size| size as u64).collect()),
                    Err(_) => NodeIds::from_names(numbers.to_i64().iter().map(ToString::to_string)),
                }
            }
        };
        let feature_names = nodes.feature_names.as_ref().map(FeatureNames::from_names).transpose();
        let labels = match (&nodes.labels, &nodes.class_names) {
            (Some(labels), Some(names)) => Some(labels_of(labels, names)?),
            _ => None,
        };
        let splits = match &labels {
            None if !nodes.splits.is_empty() => {
                return Err(PyValueError::new_err("split: expected labels with it, found none"));
            }
            None => Vec::new(),
            Some(labels) => {
                nodes.splits.iter().map(|sets| split_of(sets, labels)).collect::<PyResult<_>>()?
            }
        };
        Ok(Self {
            name: nodes.name.clone(),
            ids,
            features: nodes
                .features
                .as_ref()
                .map(|features| features.to_features(num_nodes, missing))
                .transpose()?,
            feature_names: feature_names.map_err(exception)?,
            labels,
            splits,
        })
    }

    /// The source around these arcs.
    fn raw(self, arcs: Arcs) -> RawDataset {
        RawDataset {
            features: self.features,
            feature_names: self.feature_names,
            labels: self.labels,
            splits: self.splits,
            ..RawDataset::from_arcs(&self.name, self.ids, arcs)
        }
    }

    fn with_arcs(self, arcs: Arcs, policy: &CleaningPolicy) -> Result<NodeDataset, graph_io::Error> {
        self.raw(arcs).clean(policy)
    }

    fn with_rows(self, rows: Rows, policy: &CleaningPolicy) -> Result<NodeDataset, graph_io::Error> {
        let arcs_read = rows.columns.len();
        match rows.into_graph(policy.edges) {
            Ok(graph) => {
                let edges = EdgeReport { arcs_read, ..EdgeReport::default() };
                self.raw(Arcs::default()).clean_around(graph, edges, policy)
            }
            Err(rows) => self.with_arcs(rows.into_arcs(), policy),
        }
    }
}

/// An adjacency matrix in compressed rows, as it was given.
struct Rows {
    pointers: Vec<usize>,
    columns: Vec<u32>,
    weights: Vec<f32>,
}

impl Rows {
    /// The graph without another copy, where a policy would change nothing: rows are sorted, the matrix is symmetric with positive
    /// weights, and has no loops or keeps them.
    fn into_graph(self, policy: EdgePolicy) -> Result<Graph, Self> {
        if policy.weights != Weights::Keep || policy.duplicates == Duplicates::Sum {
            return Err(self);
        }
        let Self { pointers, columns, weights } = self;
        let num_nodes = pointers.len() - 1;
        let matrix = CsrMatrix::try_new((num_nodes, num_nodes), pointers, columns, weights)
            .map_err(|(pointers, columns, weights, _)| Self { pointers, columns, weights })?;
        let has_loops = (0..num_nodes).any(|node| matrix.get(node, node).is_some());
        let matrix = match has_loops && policy.loops != Loops::Keep {
            true => Err(matrix),
            false => Graph::try_from_adjacency(matrix),
        };
        matrix.map_err(|matrix| {
            let (pointers, columns, weights) = matrix.into_raw_storage();
            Self { pointers, columns, weights }
        })
    }

    /// Each entry that is not 0 as an arc.
    fn into_arcs(self) -> Arcs {
        let Self { pointers, mut columns, mut weights } = self;
        let mut from = Vec::with_capacity(columns.len());
        for (row, pair) in (0u32..).zip(pointers.windows(2)) {
            from.resize(pair[1], row);
        }
        if weights.contains(&0.0) {
            let kept: Vec<bool> = weights.iter().map(|weight| *weight != 0.0).collect();
            let keep = |values: &mut Vec<u32>| {
                let mut kept = kept.iter();
                values.retain(|_| kept.next() == Some(&true));
            };
            keep(&mut from);
            keep(&mut columns);
            weights.retain(|weight| *weight != 0.0);
        }
        let weights = Some(weights).filter(|weights| weights.iter().any(|weight| *weight != 1.0));
        Arcs { from, to: columns, weights, meaning: ArcMeaning::Directed }
    }
}

impl FeatureArrays<'_> {
    /// The features, all finite unless `missing` says that NaN stands for a missing value.
    fn to_features(&self, num_nodes: usize, missing: bool) -> PyResult<Features> {
        let features = match self {
            Self::Dense(table) => Features::Dense(table.to_f32()),
            Self::Sparse(pointers, columns, values, d_input) => {
                let place = |(entry, found): (usize, i64)| {
                    let expected = format!("columns from 0 to below {d_input}");
                    PyValueError::new_err(format!(
                        "features, entry {entry}: expected {expected}, found {found}"
                    ))
                };
                let pointers = pointers.slice()?.to_sizes().map_err(place)?;
                let columns = columns.slice()?.to_indices(*d_input).map_err(place)?;
                let shape = (pointers.len().saturating_sub(1), *d_input);
                let matrix = CsrMatrix::try_new(shape, pointers, columns, values.to_f32());
                Features::Sparse(matrix.map_err(|(.., error)| {
                    PyValueError::new_err(format!(
                        "features: expected sorted rows without duplicates: {error}"
                    ))
                })?)
            }
        };
        if features.num_nodes() != num_nodes {
            let found = features.num_nodes();
            let text = format!("features: expected {num_nodes} rows, one for each node, found {found}");
            return Err(PyValueError::new_err(text));
        }
        match (features, missing) {
            (features, true) => Ok(features),
            (Features::Dense(matrix), false) => Features::from_dense(matrix).map_err(exception),
            (Features::Sparse(matrix), false) => Features::from_sparse(matrix).map_err(exception),
        }
    }
}

fn labels_of(labels: &Integers<'_>, names: &[String]) -> PyResult<Labels> {
    // A class without a name is found there.
    let class = |class: i64| (class >= 0).then(|| u32::try_from(class).unwrap_or(u32::MAX));
    let classes = labels.slice()?.to_i64().into_iter().map(class).collect();
    Labels::from_classes(classes, names.to_vec()).map_err(exception)
}

fn split_of(sets: &[Integers<'_>; 3], labels: &Labels) -> PyResult<Split> {
    let [train, val, test] = sets;
    let nodes = |set: &Integers<'_>| {
        set.slice()?.to_indices(labels.num_nodes()).map_err(|(place, found)| {
            let expected = format!("nodes from 0 to below {}", labels.num_nodes());
            PyValueError::new_err(format!("split, node {place}: expected {expected}, found {found}"))
        })
    };
    Split::from_nodes(nodes(train)?, nodes(val)?, nodes(test)?, labels).map_err(exception)
}
