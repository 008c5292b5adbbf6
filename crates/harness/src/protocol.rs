//! Which nodes a probe learns from, chooses by, and is evaluated on.

use std::fmt;

use embedders::seeds::{self, Stream};
use graph_io::{NodeDataset, PerClassSizes, Split, SplitFractions, SplitSizes};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::probe_config::ProbeConfig;

/// How the labelled nodes are split into training, validation and test, and which probe evaluates by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    /// The split that belongs to the data set; of several, seed s has number s modulo how many there are.
    #[serde(rename = "public")]
    Public,
    /// 20 training nodes of each class, 500 for validation, 1000 for the test; another draw for each seed.
    #[serde(rename = "random-20-500-1000", alias = "random-20")]
    Random20,
    /// 20 training and 30 validation nodes of each class, the rest for the test; another draw for each seed.
    #[serde(rename = "20-30-rest")]
    TwentyThirtyRest,
    /// A tenth for training, a tenth for validation, the rest for the test; another draw for each seed.
    #[serde(rename = "10-10-80")]
    TenTenEighty,
    /// Of each class three fifths for training, a fifth for validation, a fifth for the test; another draw for each
    /// seed.
    #[serde(rename = "60-20-20")]
    SixtyTwentyTwenty,
    /// The twenty splits that belong to Wiki-CS (Mernyei & Cangea 2020, arXiv 2007.02901), seed s with number s modulo 20,
    /// evaluated as 10-10-80.
    #[serde(rename = "wiki-cs-20")]
    WikiCs20,
    /// The split that belongs to a data set of the Open Graph Benchmark (Hu et al. 2020, arXiv 2005.00687), evaluated as
    /// 10-10-80.
    #[serde(rename = "ogb")]
    Ogb,
    /// Not at all: no label is read, and nothing is evaluated.
    #[serde(rename = "none")]
    NotEvaluated,
}

impl Protocol {
    /// Every protocol, in the order that lists name them.
    pub const ALL: &[Self] = &[
        Self::Public,
        Self::Random20,
        Self::TwentyThirtyRest,
        Self::TenTenEighty,
        Self::SixtyTwentyTwenty,
        Self::WikiCs20,
        Self::Ogb,
        Self::NotEvaluated,
    ];

    /// Its name on the command line and in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Random20 => "random-20-500-1000",
            Self::TwentyThirtyRest => "20-30-rest",
            Self::TenTenEighty => "10-10-80",
            Self::SixtyTwentyTwenty => "60-20-20",
            Self::WikiCs20 => "wiki-cs-20",
            Self::Ogb => "ogb",
            Self::NotEvaluated => "none",
        }
    }

    /// The protocol of this name; `random-20` is short for `random-20-500-1000`.
    pub fn named(name: &str) -> Option<Self> {
        let name = if name == "random-20" { "random-20-500-1000" } else { name };
        Self::ALL.iter().copied().find(|protocol| protocol.name() == name)
    }

    /// The settings of the probe that belong to it: C = 1, as the G2R authors', where few nodes are learned from; where many
    /// are, C chosen on the validation nodes, as the contrastive methods are evaluated.
    pub fn probe(self) -> ProbeConfig {
        match self {
            Self::Public | Self::Random20 | Self::TwentyThirtyRest | Self::NotEvaluated => {
                ProbeConfig::default()
            }
            Self::TenTenEighty | Self::SixtyTwentyTwenty | Self::WikiCs20 | Self::Ogb => {
                ProbeConfig::with_grid()
            }
        }
    }

    /// The data set's own split where it has one, else 20 training nodes of each class; without labels, none.
    pub fn default_for(dataset: &NodeDataset) -> Self {
        match (dataset.labels(), dataset.split()) {
            (None, _) => Self::NotEvaluated,
            (Some(_), Some(_)) => Self::Public,
            (Some(_), None) => Self::Random20,
        }
    }

    /// Whether embeddings are evaluated.
    pub fn evaluates(self) -> bool {
        self != Self::NotEvaluated
    }

    /// Whether each seed has a split of its own: drawn, or one of several that belong to the data set.
    pub fn splits_by_seed(self, dataset: &NodeDataset) -> bool {
        match self {
            Self::Public | Self::WikiCs20 | Self::Ogb => dataset.splits().len() > 1,
            Self::NotEvaluated => false,
            _ => true,
        }
    }

    /// The split of a seed.
    ///
    /// # Errors
    /// A data set without labels, or without a split of its own where the protocol takes that; too few labelled nodes;
    /// [`Protocol::NotEvaluated`], which has no split.
    pub fn split(self, dataset: &NodeDataset, seed: u64) -> Result<Split, Error> {
        let labels = dataset.labels().ok_or_else(|| {
            Error::invalid(format!("data set {}", dataset.name()), "labels to evaluate by", "none")
        })?;
        let mut rng = seeds::generator(seed, Stream::Split);
        match self {
            // One split is every seed's; of several each seed has its own in turn.
            Self::Public | Self::WikiCs20 | Self::Ogb => {
                let num_splits = dataset.splits().len();
                if self == Self::WikiCs20 && num_splits != 20 {
                    let expected = "a data set with 20 splits of its own, such as wiki-cs";
                    return Err(Error::invalid(
                        "protocol wiki-cs-20",
                        expected,
                        format!("{num_splits} splits"),
                    ));
                }
                let place = seed as usize % dataset.splits().len().max(1);
                dataset.splits().get(place).cloned().ok_or_else(|| {
                    Error::invalid(
                        format!("protocol {self}"),
                        format!("a split that belongs to {}", dataset.name()),
                        "none; choose random-20 or 10-10-80",
                    )
                })
            }
            Self::Random20 => {
                let sizes = SplitSizes { train_per_class: 20, val: 500, test: 1000 };
                Ok(Split::random(labels, sizes, &mut rng)?)
            }
            Self::TenTenEighty => {
                let fractions = SplitFractions { train: 0.1, val: 0.1 };
                Ok(Split::random_fractions(labels, fractions, &mut rng)?)
            }
            Self::TwentyThirtyRest => {
                Ok(Split::random_per_class(labels, PerClassSizes { train: 20, val: 30 }, &mut rng)?)
            }
            Self::SixtyTwentyTwenty => {
                let fractions = SplitFractions { train: 0.6, val: 0.2 };
                Ok(Split::random_fractions_stratified(labels, fractions, &mut rng)?)
            }
            Self::NotEvaluated => Err(Error::invalid(
                "protocol none",
                "one that splits the nodes, such as public or random-20",
                "one that evaluates nothing",
            )),
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cora() -> NodeDataset {
        graph_io::load("cora", None).unwrap()
    }

    #[test]
    fn the_public_split_is_the_data_sets_own_for_every_seed() {
        let cora = cora();
        assert_eq!(Protocol::default_for(&cora), Protocol::Public);
        assert_eq!(Protocol::Public.split(&cora, 3).unwrap(), *cora.split().unwrap());
    }

    #[test]
    fn of_several_public_splits_each_seed_has_its_own_in_turn() {
        let (drawn, other) =
            (cora().split().unwrap().clone(), Protocol::TenTenEighty.split(&cora(), 0).unwrap());
        let mut parts = cora().into_parts();
        assert!(!Protocol::Public.splits_by_seed(&cora()));
        parts.splits = vec![drawn.clone(), other.clone()];
        let several = NodeDataset::from_parts(parts).unwrap();
        assert!(Protocol::Public.splits_by_seed(&several));
        assert_eq!(Protocol::Public.split(&several, 2).unwrap(), drawn);
        assert_eq!(Protocol::Public.split(&several, 3).unwrap(), other);
    }

    #[test]
    fn random_splits_differ_by_seed_and_repeat() {
        let cora = cora();
        for (protocol, sizes) in [
            (Protocol::Random20, (140, 500, 1000)),
            (Protocol::TenTenEighty, (271, 271, 2166)),
            (Protocol::TwentyThirtyRest, (140, 210, 2358)),
            (Protocol::SixtyTwentyTwenty, (1625, 542, 541)),
        ] {
            let split = protocol.split(&cora, 1).unwrap();
            assert_eq!((split.train().len(), split.val().len(), split.test().len()), sizes);
            assert_eq!(protocol.split(&cora, 1).unwrap(), split);
            assert_ne!(protocol.split(&cora, 2).unwrap(), split);
        }
    }

    #[test]
    fn a_data_set_without_a_split_or_without_labels_is_refused() {
        let bare = |with_labels| {
            let mut parts = cora().into_parts();
            parts.splits.clear();
            parts.labels = parts.labels.filter(|_| with_labels);
            NodeDataset::from_parts(parts).unwrap()
        };
        assert_eq!(Protocol::default_for(&bare(true)), Protocol::Random20);
        assert_eq!(Protocol::default_for(&bare(false)), Protocol::NotEvaluated);
        assert_eq!(
            Protocol::NotEvaluated.split(&cora(), 0).unwrap_err().to_string(),
            "protocol none: expected one that splits the nodes, such as public or random-20, \
             found one that evaluates nothing"
        );
        assert_eq!(
            Protocol::Public.split(&bare(true), 0).unwrap_err().to_string(),
            "protocol public: expected a split that belongs to cora, found none; choose random-20 or 10-10-80"
        );
        assert_eq!(
            Protocol::TenTenEighty.split(&bare(false), 0).unwrap_err().to_string(),
            "data set cora: expected labels to evaluate by, found none"
        );
    }

    #[test]
    fn is_shown_as_it_is_written_in_files() {
        for protocol in [
            Protocol::Public,
            Protocol::Random20,
            Protocol::TenTenEighty,
            Protocol::TwentyThirtyRest,
            Protocol::SixtyTwentyTwenty,
            Protocol::NotEvaluated,
        ] {
            assert_eq!(serde_json::to_value(protocol).unwrap(), protocol.to_string());
        }
    }
}
