//! How weights are kept orthogonal, as a setting.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How the weights of an encoder are kept orthogonal, or near it.
///
/// In a file or on the command line it is the name of a kind, or a table of the kind and its settings:
/// `{ kind = "svb", bound = 0.1 }`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Orthogonality {
    /// They are free.
    #[default]
    None,
    /// Orthogonal weight normalization (Huang et al. 2018, arXiv 1709.06079): the parameter is V, and each pass computes
    /// `W = s V_c (V_cᵀ V_c)^-½` from it, where V_c is V less the mean of each column. So `WᵀW = s² I`, and columns sum to 0.
    Own {
        /// s, above 0.
        scale: f64,
        /// Columns that are orthogonal to each other, at most; at least 1. There are always fewer than input features: so many are
        /// the independent columns whose mean is 0.
        group_size: usize,
    },
    /// Singular value bounding (Jia et al. 2017, arXiv 1611.06013): the weights start orthogonal, and singular values are cut to
    /// `[1 / (1 + ε), 1 + ε]`.
    Svb {
        /// ε, above 0.
        bound: f64,
        /// The steps from one cut to the next, at least 1.
        every: usize,
    },
    /// Spectral restricted isometry (Bansal et al. 2018, arXiv 1810.09102): the penalty `λ Σ σ²` with σ the spectral norm of
    /// `WᵀW − I`, estimated by one step of the power method from a random vector.
    Srip {
        /// λ, above 0.
        strength: f64,
    },
    /// Soft orthogonality: the penalty `λ Σ ‖WᵀW − I‖²`, the squared Frobenius norm.
    So {
        /// λ, above 0.
        strength: f64,
    },
}

/// What a table of settings has.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
enum Table {
    None {},
    Own {
        #[serde(default = "scale")]
        scale: f64,
        #[serde(default = "group_size")]
        group_size: usize,
    },
    Svb {
        #[serde(default = "bound")]
        bound: f64,
        #[serde(default = "every")]
        every: usize,
    },
    Srip {
        #[serde(default = "strength")]
        strength: f64,
    },
    So {
        #[serde(default = "strength")]
        strength: f64,
    },
}

/// √2: what ReLU needs to keep the variance.
fn scale() -> f64 {
    std::f64::consts::SQRT_2
}

fn group_size() -> usize {
    128
}

fn bound() -> f64 {
    0.5
}

fn every() -> usize {
    1
}

fn strength() -> f64 {
    0.01
}

impl Orthogonality {
    /// The names of the kinds.
    pub const KINDS: &[&str] = &["none", "own", "svb", "srip", "so"];

    /// Whether weights are free.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }

    /// The kind of a name, with the settings of its authors.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "none" => Self::None,
            "own" => Self::Own { scale: scale(), group_size: group_size() },
            "svb" => Self::Svb { bound: bound(), every: every() },
            "srip" => Self::Srip { strength: strength() },
            "so" => Self::So { strength: strength() },
            _ => return None,
        })
    }
}

impl From<Table> for Orthogonality {
    fn from(table: Table) -> Self {
        match table {
            Table::None {} => Self::None,
            Table::Own { scale, group_size } => Self::Own { scale, group_size },
            Table::Svb { bound, every } => Self::Svb { bound, every },
            Table::Srip { strength } => Self::Srip { strength },
            Table::So { strength } => Self::So { strength },
        }
    }
}

impl Serialize for Orthogonality {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::None => Table::None {},
            Self::Own { scale, group_size } => Table::Own { scale, group_size },
            Self::Svb { bound, every } => Table::Svb { bound, every },
            Self::Srip { strength } => Table::Srip { strength },
            Self::So { strength } => Table::So { strength },
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Orthogonality {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrTable;

        impl<'de> Visitor<'de> for NameOrTable {
            type Value = Orthogonality;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "one of {}, or a table with it as `kind`", Orthogonality::KINDS.join(", "))
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Orthogonality, E> {
                Orthogonality::named(name).ok_or_else(|| E::unknown_variant(name, Orthogonality::KINDS))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Orthogonality, A::Error> {
                Table::deserialize(MapAccessDeserializer::new(map)).map(Orthogonality::from)
            }
        }

        deserializer.deserialize_any(NameOrTable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, from_value, json, to_value};

    #[test]
    fn a_name_and_a_table_of_it_are_the_same_kind() {
        for name in Orthogonality::KINDS {
            let named: Orthogonality = from_value(json!(name)).unwrap();
            assert_eq!(Orthogonality::named(name), Some(named));
            assert_eq!(from_value::<Orthogonality>(json!({ "kind": name })).unwrap(), named);
            let written: Value = to_value(named).unwrap();
            assert_eq!(written["kind"], *name);
            assert_eq!(from_value::<Orthogonality>(written).unwrap(), named);
        }
        let svb: Orthogonality = from_value(json!({ "kind": "svb", "bound": 0.25 })).unwrap();
        assert_eq!(svb, Orthogonality::Svb { bound: 0.25, every: 1 });
    }

    #[test]
    fn unknown_kinds_and_keys_are_refused() {
        let message = |value| from_value::<Orthogonality>(value).unwrap_err().to_string();
        assert_eq!(
            message(json!("orthogonal")),
            "unknown variant `orthogonal`, expected one of `none`, `own`, `svb`, `srip`, `so`"
        );
        assert_eq!(
            message(json!({ "kind": "so", "scale": 1.0 })),
            "unknown field `scale`, expected `strength`"
        );
        assert_eq!(
            message(json!(3)),
            "invalid type: integer `3`, expected one of none, own, svb, srip, so, or a table with it as `kind`"
        );
    }
}
