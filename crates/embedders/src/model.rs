//! A trained model as a value: it embeds any graph with the same feature columns.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use burn::tensor::Device;
use graph_io::{DataFingerprint, Embedding, Features, NodeDataset, NodeIds};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::encoder::{Encoder, Mode};
use crate::preparation::Preparation;
use crate::registry::{Registry, Settings};
use crate::tensors::Tensors;
use crate::trainer::{Checkpoint, to_host};
use crate::{Batch, Error, weights};

/// What a model is, but for its weights.
const MODEL: &str = "model.json";
/// The weights.
const WEIGHTS: &str = "model.safetensors";
/// The linear map that a preparation has learned.
const PROJECTION: &str = "preparation.safetensors";
/// The vectors of a method that has no weights but those.
const VECTORS: &str = "model.npz";
/// The version of the form of these files.
const FORM: u32 = 1;

/// A trained method: weights, settings, preparation of the features, and provenance. A clone shares everything.
#[derive(Clone)]
pub struct Model {
    parts: Arc<ModelParts>,
}

pub(crate) struct ModelParts {
    pub(crate) settings: Settings,
    pub(crate) preparation: Preparation,
    pub(crate) d_output: usize,
    pub(crate) provenance: Provenance,
    pub(crate) embedder: Arc<dyn EmbedNodes>,
    pub(crate) device: Device,
}

/// Where a model comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The program that trained it, with its version.
    pub program: String,
    /// The name of the data set.
    pub dataset: String,
    /// Nodes of the training graph.
    pub num_nodes: usize,
    /// Edges of the training graph.
    pub num_edges: usize,
    /// What tells the training data from others; `None` in models of older programs.
    #[serde(default)]
    pub data: Option<DataFingerprint>,
    /// The seed.
    pub seed: u64,
    /// The epoch that was kept, from 1; 0 where nothing was trained.
    pub epoch: usize,
    /// How it was chosen.
    pub checkpoint: Checkpoint,
}

/// `model.json`.
#[derive(Serialize, Deserialize)]
struct Stored {
    form: u32,
    method: String,
    settings: toml::Table,
    preparation: Preparation,
    d_output: usize,
    provenance: Provenance,
}

/// What embeds the nodes of a graph.
pub trait EmbedNodes: Send + Sync {
    /// Embeds every node, `[nodes, d_output]`.
    ///
    /// # Errors
    /// Feature columns or nodes that it does not know.
    fn embed(&self, dataset: &NodeDataset, preparation: &Preparation) -> Result<Features, Error>;

    /// What a saved model stores of it.
    ///
    /// # Errors
    /// [`Error::WeightsToBytes`].
    fn state(&self) -> Result<State<'_>, Error>;
}

/// What is stored of a model in addition to its settings.
pub enum State<'a> {
    /// Nothing: settings and preparation are all.
    Stateless,
    /// Weights, as the bytes of a file of safetensors.
    Weights(Vec<u8>),
    /// One vector a node of the training graph.
    Vectors(&'a Embedding),
}

impl Model {
    pub(crate) fn from_parts(parts: ModelParts) -> Self {
        Self { parts: Arc::new(parts) }
    }

    /// The settings of the method.
    pub fn settings(&self) -> &Settings {
        &self.parts.settings
    }

    /// How features are prepared.
    pub fn preparation(&self) -> &Preparation {
        &self.parts.preparation
    }

    /// Where it comes from.
    pub fn provenance(&self) -> &Provenance {
        &self.parts.provenance
    }

    /// Width of the embedding.
    pub fn d_output(&self) -> usize {
        self.parts.d_output
    }

    /// Embeds every node of a graph: the training graph, or another with the same feature columns, in whatever order.
    ///
    /// # Errors
    /// [`Error::Columns`] for columns that are missing or unknown; [`Error::UnseenNode`] for a node that a method without
    /// features never saw.
    pub fn embed(&self, dataset: &NodeDataset) -> Result<Embedding, Error> {
        let rows = dense(self.embed_rows(dataset)?);
        Ok(Embedding::from_rows(dataset.node_ids().clone(), rows)?)
    }

    /// The rows of [`embed`](Self::embed), sparse where the method keeps them so.
    ///
    /// # Errors
    /// As [`embed`](Self::embed).
    pub fn embed_rows(&self, dataset: &NodeDataset) -> Result<Features, Error> {
        self.parts.embedder.embed(dataset, &self.parts.preparation)
    }

    /// The weights as the bytes of a file of safetensors; `None` for a method without weights.
    ///
    /// # Errors
    /// [`Error::WeightsToBytes`].
    pub fn weights(&self) -> Result<Option<Vec<u8>>, Error> {
        match self.parts.embedder.state()? {
            State::Weights(bytes) => Ok(Some(bytes)),
            State::Stateless | State::Vectors(_) => Ok(None),
        }
    }

    /// Writes the model into a folder, which is made where it is missing: `model.json` with settings, preparation and
    /// provenance, and `model.safetensors` with the weights, or `model.npz` with the vectors of a method without weights; and
    /// `preparation.safetensors` where the features are projected.
    ///
    /// # Errors
    /// [`Error::ModelFile`] for a file that cannot be written.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<(), Error> {
        let folder = folder.as_ref();
        fs::create_dir_all(folder).map_err(|source| Error::writing(folder, source))?;
        let ModelParts { settings, preparation, d_output, provenance, embedder, .. } = &*self.parts;
        let stored = Stored {
            form: FORM,
            method: settings.info().name.to_string(),
            settings: settings.to_table(),
            preparation: preparation.clone(),
            d_output: *d_output,
            provenance: provenance.clone(),
        };
        match embedder.state()? {
            State::Stateless => {}
            State::Weights(bytes) => write(&folder.join(WEIGHTS), &bytes)?,
            State::Vectors(vectors) => {
                let path = folder.join(VECTORS);
                let format = graph_io::embedding::EmbeddingFormat::named("npz").expect("npz is always there");
                format.write(vectors, &path).map_err(|source| Error::writing(&path, source))?;
            }
        }
        if let Some(tensors) = preparation.tensors() {
            let bytes = tensors.to_bytes().map_err(|source| Error::WeightsToBytes { source })?;
            write(&folder.join(PROJECTION), &bytes)?;
        }
        let mut text = serde_json::to_string_pretty(&stored).expect("a model is numbers, words and lists");
        text.push('\n');
        write(&folder.join(MODEL), text.as_bytes())
    }

    /// Reads a model that [`save`](Self::save) or `g2r train` has written, with the methods of this crate, on the CPU.
    ///
    /// # Errors
    /// As [`load_with`](Self::load_with).
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, Error> {
        Self::load_with(folder, &Registry::builtin(), &Device::flex())
    }

    /// Reads a model that [`save`](Self::save) or `g2r train` has written.
    ///
    /// # Errors
    /// [`Error::ModelFile`] for a file that is missing or is not what it should be; [`Error::UnknownMethod`] for a method that
    /// the registry does not have.
    pub fn load_with(folder: impl AsRef<Path>, registry: &Registry, device: &Device) -> Result<Self, Error> {
        let folder = folder.as_ref();
        let path = folder.join(MODEL);
        let text = fs::read(&path).map_err(|source| Error::reading(&path, source))?;
        let stored: Stored = serde_json::from_slice(&text).map_err(|source| Error::reading(&path, source))?;
        let Stored { form, method, settings, mut preparation, d_output, provenance } = stored;
        if form != FORM {
            return Err(Error::reading(&path, format!("expected form {FORM}, found form {form}")));
        }
        if preparation.has_tensors() {
            let path = folder.join(PROJECTION);
            let bytes = fs::read(&path).map_err(|source| Error::reading(&path, source))?;
            let tensors = Tensors::from_bytes(&bytes).map_err(|source| Error::reading(&path, source))?;
            preparation =
                preparation.with_tensors(&tensors).map_err(|source| Error::reading(&path, source))?;
        }
        let settings = registry.method(&method)?.parse(settings)?;
        let vectors = folder.join(VECTORS);
        let embedder: Arc<dyn EmbedNodes> = if vectors.exists() {
            Arc::new(Vectors::read(&vectors, settings.info().name)?)
        } else {
            let weights = folder.join(WEIGHTS);
            let shape = ModelShape { d_input: preparation.d_input(), d_output, device: device.clone() };
            settings.restore(&shape, &weights)?.into()
        };
        Ok(Self::from_parts(ModelParts {
            settings,
            preparation,
            d_output,
            provenance,
            embedder,
            device: device.clone(),
        }))
    }

    /// Whether a folder holds a model.
    pub fn is_in(folder: &Path) -> bool {
        folder.join(MODEL).is_file()
    }

    /// The device that it computes on.
    pub fn device(&self) -> &Device {
        &self.parts.device
    }

    /// The names of the files that [`save`](Self::save) may write.
    pub fn file_names() -> [&'static str; 4] {
        [MODEL, WEIGHTS, VECTORS, PROJECTION]
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ModelParts { settings, preparation, d_output, provenance, .. } = &*self.parts;
        out.debug_struct("Model")
            .field("method", &settings.info().name)
            .field("preparation", &preparation.scaling())
            .field("d_output", d_output)
            .field("provenance", provenance)
            .finish_non_exhaustive()
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    fs::write(path, bytes).map_err(|source| Error::writing(path, source))
}

fn dense(rows: Features) -> Array2<f32> {
    match rows {
        Features::Sparse(matrix) => matrix.to_dense(),
        Features::Dense(matrix) => matrix,
    }
}

/// The shape of what is read again, and where it goes.
#[derive(Clone, Debug)]
pub struct ModelShape {
    /// Number of input features of a node.
    pub d_input: usize,
    /// Width of the embedding.
    pub d_output: usize,
    /// Device.
    pub device: Device,
}

/// An encoder without gradients.
pub(crate) struct TrainedEncoder<E> {
    pub(crate) encoder: E,
    pub(crate) device: Device,
}

impl<E: Encoder> TrainedEncoder<E> {
    /// The encoder of a shape with the weights of a file.
    pub(crate) fn read(
        init: &impl crate::InitEncoder<Encoder = E>,
        shape: &ModelShape,
        path: &Path,
    ) -> Result<Self, Error> {
        let mut rng = crate::seeds::generator(0, crate::seeds::Stream::Parameters);
        let encoder = init.init(shape.d_input, &shape.device, &mut rng);
        Ok(Self { encoder: weights::load(encoder, path)?, device: shape.device.clone() })
    }
}

impl<E: Encoder> EmbedNodes for TrainedEncoder<E> {
    fn embed(&self, dataset: &NodeDataset, preparation: &Preparation) -> Result<Features, Error> {
        let batch = Batch::whole(&preparation.apply(dataset)?, dataset.graph(), &self.device);
        Ok(Features::Dense(to_host(self.encoder.forward(&batch, Mode::Inference))))
    }

    fn state(&self) -> Result<State<'_>, Error> {
        Ok(State::Weights(weights::to_bytes(&self.encoder)?))
    }
}

/// What a method without weights computes of any graph.
pub(crate) struct Computed<F>(pub(crate) F);

impl<F: Fn(&NodeDataset, Features) -> Features + Send + Sync> EmbedNodes for Computed<F> {
    fn embed(&self, dataset: &NodeDataset, preparation: &Preparation) -> Result<Features, Error> {
        Ok((self.0)(dataset, preparation.apply(dataset)?))
    }

    fn state(&self) -> Result<State<'_>, Error> {
        Ok(State::Stateless)
    }
}

/// One vector a node: all that a method learns which knows nodes by their ids alone.
pub(crate) struct Vectors {
    method: &'static str,
    embedding: Embedding,
}

impl Vectors {
    pub(crate) fn new(method: &'static str, ids: NodeIds, rows: Array2<f32>) -> Result<Self, Error> {
        Ok(Self { method, embedding: Embedding::from_rows(ids, rows)? })
    }

    fn read(path: &Path, method: &'static str) -> Result<Self, Error> {
        let embedding = graph_io::embedding::read(path).map_err(|source| Error::reading(path, source))?;
        Ok(Self { method, embedding })
    }
}

impl EmbedNodes for Vectors {
    fn embed(&self, dataset: &NodeDataset, _preparation: &Preparation) -> Result<Features, Error> {
        let index = self.embedding.ids().index()?;
        let row = |id: std::borrow::Cow<'_, str>| {
            let row = index.get(&id).map(|row| row as usize);
            row.ok_or_else(|| Error::UnseenNode { method: self.method, id: id.into_owned() })
        };
        let order = dataset.node_ids().iter().map(row).collect::<Result<Vec<usize>, Error>>()?;
        Ok(Features::Dense(self.embedding.rows().select(ndarray::Axis(0), &order)))
    }

    fn state(&self) -> Result<State<'_>, Error> {
        Ok(State::Vectors(&self.embedding))
    }
}
