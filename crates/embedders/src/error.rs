//! What can go wrong between a data set and its embedding.

use std::path::{Path, PathBuf};

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting outside its range.
    #[error("`{name}` must be {expected}, got {found}")]
    Setting {
        /// Name of the setting.
        name: &'static str,
        /// What it may be.
        expected: String,
        /// What it was.
        found: f64,
    },
    /// The loss could not be computed.
    #[error("epoch {epoch}: the loss could not be computed")]
    Loss {
        /// Epoch, from 1.
        epoch: usize,
        /// Why.
        source: g2r_loss::Error,
    },
    /// The loss is not a number, or infinite.
    #[error("epoch {epoch}: expected a finite loss, found {found}")]
    LossNotFinite {
        /// Epoch, from 1.
        epoch: usize,
        /// What it was.
        found: f64,
    },
    /// The graph is too small for the method.
    #[error("expected a graph of at least {expected} nodes, found {found}")]
    TooFewNodes {
        /// How many there must be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// The graph makes no groups.
    #[error("the groups of the graph could not be made")]
    Groups {
        /// Why.
        source: g2r_loss::Error,
    },
    /// The closed form of linear rate reduction has no solution on this graph.
    #[error("linear rate reduction has no solution here")]
    ClosedForm {
        /// Why.
        source: g2r_loss::Error,
    },
    /// The layers of a ReduNet cannot be constructed.
    #[error("the layers cannot be constructed")]
    Construction {
        /// Why.
        source: redunet::Error,
    },
    /// A callback failed.
    #[error("epoch {epoch}: the embedding could not be evaluated")]
    Callback {
        /// Epoch, from 1.
        epoch: usize,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A callback ended the work.
    #[error("interrupted")]
    Interrupted,
    /// Feature columns that are not those of the model.
    #[error("features: expected {expected}, found {found}")]
    Columns {
        /// The columns of the model, in words.
        expected: String,
        /// The columns of the data set, in words.
        found: String,
    },
    /// A node that a method without features never saw.
    #[error("{method} knows the nodes of its training graph only: expected one of them, found {id:?}")]
    UnseenNode {
        /// The method's name.
        method: &'static str,
        /// The id of the node.
        id: String,
    },
    /// A method that the registry does not have.
    #[error("unknown method `{name}`, expected one of {}", known.join(", "))]
    UnknownMethod {
        /// The name.
        name: String,
        /// The names of the methods that there are.
        known: Vec<&'static str>,
    },
    /// A preset that the method does not have.
    #[error("unknown preset `{name}` of {method}, expected {}", one_of(known))]
    UnknownPreset {
        /// The method's name.
        method: &'static str,
        /// The name.
        name: String,
        /// The names of the presets that there are.
        known: Vec<String>,
    },
    /// A data set or an embedding whose parts do not fit together.
    #[error(transparent)]
    Graph(#[from] graph_io::Error),
    /// Settings with an unknown key, or a value of another type.
    #[error("the settings of {method} cannot be read")]
    Settings {
        /// The method's name.
        method: &'static str,
        /// Why.
        source: Box<toml::de::Error>,
    },
    /// A supervised method was given no labels to learn from.
    #[error("a supervised method: expected training nodes with labels, found none")]
    NoTrainingLabels,
    /// Weights were asked of a method that has none.
    #[error("`{method}` has no weights to load")]
    NoWeights {
        /// The method's name.
        method: &'static str,
    },
    /// A file of a model could not be written or read.
    #[error("cannot {action} {}", path.display())]
    ModelFile {
        /// The file.
        path: PathBuf,
        /// "read" or "write".
        action: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Weights could not be made a file of.
    #[error("the weights could not be written")]
    WeightsToBytes {
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file of weights could not be written or read.
    #[error("{}: the weights could not be {action}", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// "written" or "read".
        action: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A graph that has nothing to be walked or diffused over.
    #[error("expected a graph with edges, found none; `mcr2`, `redunet` and `supervised` need none")]
    NoEdges,
    /// Eigenvectors could not be found.
    #[error(transparent)]
    NotConverged(sparse_eigen::NotConverged),
}

impl From<sparse_eigen::Error> for Error {
    fn from(error: sparse_eigen::Error) -> Self {
        match error {
            sparse_eigen::Error::NotConverged(error) => Self::NotConverged(error),
            sparse_eigen::Error::Interrupted => Self::Interrupted,
        }
    }
}

impl Error {
    /// A file of a model that cannot be written.
    pub(crate) fn writing(path: &Path, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::ModelFile { path: path.to_path_buf(), action: "write", source: source.into() }
    }

    /// A file of a model that cannot be read.
    pub(crate) fn reading(path: &Path, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::ModelFile { path: path.to_path_buf(), action: "read", source: source.into() }
    }
}

fn one_of(names: &[String]) -> String {
    match names {
        [] => "none: it has a single one".to_string(),
        names => format!("one of {}", names.join(", ")),
    }
}
