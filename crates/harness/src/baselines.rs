//! Baselines that train nothing: what features and graph are worth by themselves.

use embedders::{DataSize, FeatureKind, Ppr, Preparation, PreparationSettings, Registry, Settings, Target};
use graph_io::{Features, MissingFeatures, NodeDataset};
use serde::{Deserialize, Serialize};
use toml::Table;

use crate::error::Error;
use crate::evaluator::Scores;

/// K of the baseline Âᴷ X.
pub const PROPAGATED_HOPS: usize = 2;

/// More numbers than these are not diffused: a gigabyte.
const MOST_NUMBERS: usize = 1 << 28;

/// One value for each baseline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Baselines<T> {
    /// The prepared features.
    pub raw: T,
    /// Âᴷ X.
    pub propagated: T,
    /// Personalised PageRank of the features, where they are the graph's own.
    #[serde(default)]
    pub ppr: T,
    /// Personalised PageRank of centered TF-IDF, where the features are counts.
    #[serde(default)]
    pub ppr_tf_idf: T,
    /// The encoder before training, where the method has one.
    pub random_init: T,
}

impl<T: Copy> Baselines<T> {
    /// The values with their titles, as tables show them; `random` is that of the encoder before training.
    pub(crate) fn titled<'a>(&self, random: &'a str) -> [(&'a str, T); 5] {
        [
            ("raw features", self.raw),
            ("Â²X, no training", self.propagated),
            ("PPR of X", self.ppr),
            ("PPR of TF-IDF", self.ppr_tf_idf),
            (random, self.random_init),
        ]
    }

    /// The same with each value changed.
    pub fn map<U>(self, mut change: impl FnMut(T) -> U) -> Baselines<U> {
        Baselines {
            raw: change(self.raw),
            propagated: change(self.propagated),
            ppr: change(self.ppr),
            ppr_tf_idf: change(self.ppr_tf_idf),
            random_init: change(self.random_init),
        }
    }
}

/// Bytes that the baselines hold at a time at least, beside the data set: the largest of them, with the features it is made of.
pub(crate) fn memory(dataset: &NodeDataset) -> u64 {
    let size = DataSize::of(dataset, &PreparationSettings::default());
    let settings = Settings::new(Ppr::default()).expect("the default is in range");
    if is_diffused(dataset) { settings.memory(&size) } else { size.features() }
}

/// Whether the features are diffused: they are the graph's own, and what comes of it is not too large.
fn is_diffused(dataset: &NodeDataset) -> bool {
    let made = dataset.report().features_made == Some(MissingFeatures::Identity);
    let numbers = dataset.features().num_nodes().saturating_mul(dataset.features().d_input());
    !made && numbers <= MOST_NUMBERS
}

/// A baseline that is made of features alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FeatureBaseline {
    Raw,
    Propagated,
    Ppr,
    PprTfIdf,
}

impl FeatureBaseline {
    pub(crate) const ALL: [Self; 4] = [Self::Raw, Self::Propagated, Self::Ppr, Self::PprTfIdf];

    /// Its rows; `None` where it says nothing of this data set, or would not fit in memory.
    pub(crate) fn rows(
        self,
        dataset: &NodeDataset,
        preparation: &Preparation,
    ) -> Result<Option<Features>, Error> {
        let prepared = || preparation.without_projection().apply(dataset);
        match self {
            Self::Raw => Ok(Some(prepared()?)),
            Self::Propagated => {
                Ok(Some(embedders::propagated(dataset.graph(), prepared()?, PROPAGATED_HOPS)))
            }
            _ if !is_diffused(dataset) => Ok(None),
            Self::Ppr => Ok(Some(Ppr::default().diffuse(dataset.graph(), &prepared()?))),
            Self::PprTfIdf => {
                let target = Target::of(dataset).with_preset(Some("tf-idf"));
                if target.features != FeatureKind::Counts {
                    return Ok(None);
                }
                let settings = Registry::builtin().method("ppr")?.preparation(&target, Table::new())?;
                let (_, features) = Preparation::fit_and_apply(&settings, dataset)?;
                Ok(Some(Ppr::default().diffuse(dataset.graph(), &features)))
            }
        }
    }

    /// Where its scores go.
    pub(crate) fn place(self, baselines: &mut Baselines<Option<Scores>>) -> &mut Option<Scores> {
        match self {
            Self::Raw => &mut baselines.raw,
            Self::Propagated => &mut baselines.propagated,
            Self::Ppr => &mut baselines.ppr,
            Self::PprTfIdf => &mut baselines.ppr_tf_idf,
        }
    }
}
