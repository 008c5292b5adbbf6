//! What others have published, to be shown beside our own numbers and marked as theirs.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use embedders::EncoderKind;
use evaluation::MeanStd;
use serde::Deserialize;

use super::variant::Variant;
use crate::protocol::Protocol;

const TABLE: &str = include_str!("published.toml");

/// A row of published test accuracies.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    method: String,
    encoder: Option<EncoderKind>,
    /// Who has published it, and where.
    pub source: String,
    /// Whether the number was read in a public repository; else it is remembered from the paper, not checked.
    pub seen: bool,
    /// How nodes were split.
    pub protocol: Protocol,
    values: BTreeMap<String, Vec<f64>>,
}

#[derive(Deserialize)]
struct File {
    published: Vec<Published>,
}

impl Published {
    /// The accuracy on a data set in percent, if there is one.
    pub fn accuracy(&self, dataset: &str) -> Option<MeanStd> {
        let values = self.values.get(dataset)?;
        Some(MeanStd { mean: *values.first()?, std: values.get(1).copied() })
    }

    fn is_of(&self, variant: &Variant) -> bool {
        let encoder = self.encoder.or(variant.method.default_encoder());
        self.method == variant.method.name() && encoder == variant.encoder
    }
}

/// What was published of a method under a protocol.
pub fn published(variant: &Variant, protocol: Protocol) -> Option<&'static Published> {
    static PUBLISHED: OnceLock<Vec<Published>> = OnceLock::new();
    let all = PUBLISHED.get_or_init(|| {
        let file: File = toml::from_str(TABLE).expect("the table is tested");
        file.published
    });
    all.iter().find(|row| row.protocol == protocol && row.is_of(variant))
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedders::Registry;

    #[test]
    fn every_row_is_of_a_method_that_there_is_and_of_data_sets_known_by_name() {
        let file: File = toml::from_str(TABLE).unwrap();
        for row in &file.published {
            let method = Registry::builtin().method(&row.method).unwrap();
            assert!(row.encoder.is_none() || method.default_encoder().is_some(), "{}", row.method);
            for (dataset, values) in &row.values {
                assert!(graph_io::datasets::named(dataset).is_ok(), "{dataset}");
                assert!((1..=2).contains(&values.len()) && (20.0..100.0).contains(&values[0]));
            }
        }
    }

    #[test]
    fn a_number_is_found_by_method_encoder_protocol_and_data_set() {
        let accuracy = |variant: &str, protocol, dataset: &str| {
            published(&Variant::parse(variant, &Registry::builtin()).unwrap(), protocol)?.accuracy(dataset)
        };
        let dgi = accuracy("dgi", Protocol::Public, "cora");
        assert_eq!(dgi, Some(MeanStd { mean: 82.3, std: Some(0.6) }));
        assert_eq!(accuracy("supervised:gat", Protocol::Public, "cora").unwrap().mean, 83.0);
        assert_eq!(accuracy("g2r", Protocol::TwentyThirtyRest, "amazon-photo").unwrap().mean, 90.7);
        assert_eq!(accuracy("g2r:gat", Protocol::Public, "cora"), None);
        assert_eq!(accuracy("g2r", Protocol::TenTenEighty, "cora"), None);
    }
}
