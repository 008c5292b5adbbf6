//! A fitted method: the model, and all that a run writes about itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use embedders::{Model, Registry};
use graph_io::format::{read_matrix, write_matrix};
use graph_io::{Embedding, Features, NodeDataset, Split};
use harness::page::{PageConfig, page_of};
use harness::{Contents, Error, Experiment, OutputFolder, Report, write_whole_file};
use ndarray::Array2;
use numpy::PyArray2;
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;

use crate::arrays::f32_table;
use crate::dataset::Dataset;
use crate::exceptions::exception;
use crate::settings::dictionary;
use crate::threads::in_pool;

/// The name of the file that holds the embedding.
const EMBEDDING: &str = "embedding.npy";
const REPORT: &str = "report.json";

/// Name, title and SVG.
type Figure = (String, String, String);

/// A fitted method.
#[pyclass(frozen, module = "g2r._g2r")]
pub(crate) struct Fitted {
    model: Model,
    /// The embedding until Python takes it.
    embedding: Mutex<Option<Array2<f32>>>,
    origin: Origin,
}

/// What a folder is written from.
pub(crate) enum Origin {
    /// A run of this process.
    Run(Box<FinishedRun>),
    /// The files of a folder, but for the embedding.
    Files(BTreeMap<String, Vec<u8>>),
}

/// What a run leaves beside its model.
pub(crate) struct FinishedRun {
    pub(crate) dataset: Arc<NodeDataset>,
    pub(crate) experiment: Experiment,
    pub(crate) split: Option<Split>,
    pub(crate) predicted: Option<Vec<usize>>,
    pub(crate) report: Report,
}

impl Fitted {
    pub(crate) fn new(model: Model, embedding: Array2<f32>, run: FinishedRun) -> Self {
        Self { model, embedding: Mutex::new(Some(embedding)), origin: Origin::Run(Box::new(run)) }
    }

    fn write(&self, folder: &Path, rows: Array2<f32>) -> Result<(), Error> {
        match &self.origin {
            Origin::Run(run) => {
                let embedding = Embedding::from_rows(run.dataset.node_ids().clone(), rows)?;
                OutputFolder::prepare(folder)?.write(&Contents {
                    dataset: &run.dataset,
                    split: run.split.as_ref(),
                    embedding: &embedding,
                    predicted: run.predicted.as_deref(),
                    model: &self.model,
                    settings: &run.experiment,
                    report: &run.report,
                })
            }
            Origin::Files(files) => {
                fs::create_dir_all(folder).map_err(graph_error(folder))?;
                for (name, bytes) in files {
                    write_whole_file(&folder.join(name), bytes)?;
                }
                Ok(write_matrix(&rows, &folder.join(EMBEDDING))?)
            }
        }
    }

    fn read(folder: &Path) -> Result<Self, Error> {
        let model = Model::load(folder)?;
        let mut files = BTreeMap::new();
        let mut embedding = None;
        for entry in fs::read_dir(folder).map_err(graph_error(folder))? {
            let path = entry.map_err(graph_error(folder))?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| is_of_a_run(name))
            else {
                continue;
            };
            if name == EMBEDDING {
                embedding = Some(read_matrix(&path)?);
            } else {
                files.insert(name.to_string(), fs::read(&path).map_err(graph_error(&path))?);
            }
        }
        Ok(Self { model, embedding: Mutex::new(embedding), origin: Origin::Files(files) })
    }
}

/// Whether a file of a folder is written by a run.
fn is_of_a_run(name: &str) -> bool {
    [EMBEDDING, REPORT, "config.toml", "nodes.csv"].contains(&name) || Model::file_names().contains(&name)
}

fn graph_error(path: &Path) -> impl Fn(std::io::Error) -> graph_io::Error + use<> {
    let path = path.to_path_buf();
    move |source| graph_io::Error::Io { path: path.clone(), source }
}

#[pymethods]
impl Fitted {
    /// Reads a folder that `save`, or `g2r train`, has written.
    #[staticmethod]
    fn load(py: Python<'_>, folder: PathBuf) -> PyResult<Self> {
        py.detach(|| Self::read(&folder)).map_err(exception)
    }

    /// The same of the files as `to_files` gives them.
    #[staticmethod]
    fn from_files(py: Python<'_>, files: BTreeMap<String, Vec<u8>>) -> PyResult<Self> {
        py.detach(|| {
            let folder = tempfile::tempdir().map_err(graph_error(Path::new("a temporary folder")))?;
            for (name, bytes) in files.iter().filter(|(name, _)| is_of_a_run(name)) {
                fs::write(folder.path().join(name), bytes).map_err(graph_error(folder.path()))?;
            }
            Self::read(folder.path())
        })
        .map_err(exception)
    }

    /// The files of the folder that `save` writes.
    fn to_files(&self, py: Python<'_>, embedding: &Bound<'_, PyAny>) -> PyResult<BTreeMap<String, Vec<u8>>> {
        let rows = f32_table("embedding", embedding)?.as_array().to_owned();
        py.detach(|| {
            let folder = tempfile::tempdir().map_err(graph_error(Path::new("a temporary folder")))?;
            // Beside it a new folder is filled.
            let folder = folder.path().join("run");
            self.write(&folder, rows)?;
            let mut files = BTreeMap::new();
            for entry in fs::read_dir(&folder).map_err(graph_error(&folder))? {
                let path = entry.map_err(graph_error(&folder))?.path();
                let name = path.file_name().expect("an entry has a name").to_string_lossy().into_owned();
                files.insert(name, fs::read(&path).map_err(graph_error(&path))?);
            }
            Ok::<_, Error>(files)
        })
        .map_err(exception)
    }

    /// Writes the folder that `g2r train` writes.
    fn save(&self, py: Python<'_>, folder: PathBuf, embedding: &Bound<'_, PyAny>) -> PyResult<()> {
        let rows = f32_table("embedding", embedding)?.as_array().to_owned();
        py.detach(|| self.write(&folder, rows)).map_err(exception)
    }

    /// Hands the embedding over without a copy; the second time there is none.
    fn take_embedding<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyArray2<f32>>> {
        let rows = self.embedding.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(PyArray2::from_owned_array(py, rows))
    }

    /// Embeds the nodes of any graph with the same feature columns.
    #[pyo3(signature = (dataset, n_jobs = 0))]
    fn transform<'py>(
        &self,
        py: Python<'py>,
        dataset: &Dataset,
        n_jobs: usize,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let rows = py.detach(|| in_pool(n_jobs, || self.model.embed_rows(&dataset.data)));
        let rows = match rows.map_err(exception)?.map_err(exception)? {
            Features::Dense(rows) => rows,
            Features::Sparse(rows) => rows.to_dense(),
        };
        Ok(PyArray2::from_owned_array(py, rows))
    }

    #[getter]
    fn method(&self) -> &'static str {
        self.model.settings().info().name
    }

    #[getter]
    fn epoch(&self) -> usize {
        self.model.provenance().epoch
    }

    #[getter]
    fn checkpoint(&self) -> String {
        self.model.provenance().checkpoint.to_string()
    }

    #[getter]
    fn seed(&self) -> u64 {
        self.model.provenance().seed
    }

    /// Every setting that the method was fitted with.
    fn settings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        dictionary(py, &self.model.settings().to_table())
    }

    /// `report.json`; `None` for a model that was saved without one.
    fn report(&self) -> Option<String> {
        match &self.origin {
            Origin::Run(run) => {
                Some(serde_json::to_string(&run.report).expect("a report is numbers, words and lists"))
            }
            Origin::Files(files) => Some(String::from_utf8_lossy(files.get(REPORT)?).into_owned()),
        }
    }

    /// `nodes.csv` of a loaded run.
    fn node_table(&self) -> Option<String> {
        match &self.origin {
            Origin::Run(_) => None,
            Origin::Files(files) => Some(String::from_utf8_lossy(files.get("nodes.csv")?).into_owned()),
        }
    }

    /// The page of the run, and its figures as name, title and SVG.
    #[pyo3(signature = (embedding, dataset, map_nodes = 5000))]
    fn page(
        &self,
        py: Python<'_>,
        embedding: &Bound<'_, PyAny>,
        dataset: &Dataset,
        map_nodes: usize,
    ) -> PyResult<(String, Vec<Figure>)> {
        if map_nodes == 0 {
            return Err(PyValueError::new_err("map_nodes: expected at least 1, found 0"));
        }
        let rows = f32_table("embedding", embedding)?.as_array().to_owned();
        let data = dataset.data.clone();
        py.detach(|| {
            let folder = tempfile::tempdir().map_err(|error| PyOSError::new_err(error.to_string()))?;
            let folder = folder.path().join("run");
            self.write(&folder, rows).map_err(exception)?;
            let config = PageConfig { map_nodes, allow_changed_data: false };
            let page = in_pool(0, || page_of(&Registry::builtin(), &folder, &data, &config));
            let mut page = page.map_err(exception)?.map_err(exception)?;
            // There is no folder to make it of again.
            page.command = None;
            let plots = page.plots();
            let plots =
                plots.iter().map(|plot| (plot.name().to_string(), plot.title().to_string(), plot.svg()));
            Ok((page.to_html(), plots.collect()))
        })
    }

    /// The data set that it was fitted on, where this process did that.
    fn dataset(&self) -> Option<Dataset> {
        match &self.origin {
            Origin::Run(run) => Some(Dataset {
                data: run.dataset.clone(),
                source: run.experiment.run.dataset.clone(),
                input: toml::Table::new(),
            }),
            Origin::Files(_) => None,
        }
    }
}
