//! Linear maps of the features' columns, learned from the training graph.

use std::fmt;

use g2r_loss::linear::prepare::whiten;
use g2r_loss::linear::{
    LinearConfig, LinearEncoder, NormalizedAdjacency, Pairs, PersonalizedPageRank, Width, fit,
};
use graph_io::{Features, Graph};
use serde::{Deserialize, Serialize};

use crate::feature_matrix::{closed_form, feature_matrix, row_major};
use crate::seeds::{Stream, generator};
use crate::{Error, ranges};

/// Which linear map of the columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Projection {
    /// None.
    #[default]
    None,
    /// Whitening of the covariance of all nodes.
    Whiten,
    /// Whitening of the scatter between neighbors.
    WhitenWithin,
    /// X W with the weights of linear rate reduction, before it is propagated: what `g2r-linear` learns.
    LinearRate,
}

impl Projection {
    /// Every projection.
    pub const ALL: &[Self] = &[Self::None, Self::Whiten, Self::WhitenWithin, Self::LinearRate];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Whiten => "whiten",
            Self::WhitenWithin => "whiten-within",
            Self::LinearRate => "linear-rate",
        }
    }
}

/// The table `preparation.projection` of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProjectionSettings {
    /// Which map.
    pub kind: Projection,
    /// τ above 0: isotropic noise, as a multiple of the mean scatter of a column.
    pub ridge: f64,
    /// Width of `linear-rate`, at least 1; at most the columns that there are.
    pub d_output: usize,
    /// α of the PageRank whose expansion `linear-rate` maximizes, from 0 to 1.
    pub teleport_prob: f64,
    /// Steps of that PageRank.
    pub iterations: usize,
}

impl Default for ProjectionSettings {
    fn default() -> Self {
        Self { kind: Projection::None, ridge: 1.0, d_output: 64, teleport_prob: 0.2, iterations: 10 }
    }
}

impl ProjectionSettings {
    /// Whether there is no map.
    pub(crate) fn is_none(&self) -> bool {
        self.kind == Projection::None
    }

    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`Error::Setting`] for the first that is not.
    pub fn check(&self) -> Result<(), Error> {
        ranges::positive("ridge", self.ridge)?;
        ranges::width("d_output", self.d_output)?;
        ranges::probability("teleport_prob", self.teleport_prob)?;
        ranges::count("iterations", self.iterations, 10_000)
    }

    /// Learns the map from features and graph.
    pub(super) fn fit(&self, features: &Features, graph: &Graph) -> Result<Option<LinearEncoder>, Error> {
        if self.is_none() {
            return Ok(None);
        }
        let features = row_major(features.clone());
        let x = feature_matrix(&features)?;
        let pairs = match self.kind {
            Projection::Whiten => Pairs::all(x.num_nodes()),
            _ => Pairs::degree_normalized(graph.adjacency()).map_err(closed_form)?,
        };
        if self.kind != Projection::LinearRate {
            return Ok(Some(whiten(&*x, &pairs, self.ridge).map_err(closed_form)?));
        }
        let normalized = NormalizedAdjacency::from_symmetric(graph.adjacency()).map_err(closed_form)?;
        let propagation = PersonalizedPageRank::new(&normalized, self.teleport_prob, self.iterations);
        let width = Width::Reduced(self.d_output.min(x.num_features()));
        let config = LinearConfig { ridge: self.ridge, width, ..LinearConfig::default() };
        let mut rng = generator(0, Stream::ClosedForm);
        let found = fit(&*x, &propagation.map_err(closed_form)?, &pairs, &config, &mut rng);
        Ok(Some(found.map_err(closed_form)?.encoder))
    }
}

/// In words.
impl fmt::Display for ProjectionSettings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.kind.name())
    }
}

/// The features through a map.
pub(super) fn projected(features: Features, projector: Option<&LinearEncoder>) -> Result<Features, Error> {
    let Some(projector) = projector else { return Ok(features) };
    let features = row_major(features);
    Ok(Features::Dense(projector.project(&*feature_matrix(&features)?)))
}
