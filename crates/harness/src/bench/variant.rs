//! A method with what its encoder is made of.

use std::fmt;
use std::str::FromStr;

use embedders::{EncoderKind, METHODS, Method, MethodKind};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A row of a comparison: a method, and the encoder where another than its own is asked for, written `g2r` or `g2r:gat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    /// The method.
    pub method: Method,
    /// What its encoder is made of, where it has one.
    pub encoder: Option<EncoderKind>,
}

impl Variant {
    /// A method with its own encoder.
    pub fn of(method: Method) -> Self {
        Self { method, encoder: method.info().encoder }
    }

    /// Its name in tables, such as `DGI`, `G2R, GAT` or `Supervised GCN`.
    pub fn title(&self) -> String {
        let info = self.method.info();
        let encoder = self.encoder.map(|encoder| encoder.to_string().to_uppercase());
        match encoder {
            Some(encoder) if info.kind != MethodKind::Unsupervised => format!("{} {encoder}", info.title),
            Some(encoder) if self.encoder != info.encoder => format!("{}, {encoder}", info.title),
            _ => info.title.to_string(),
        }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.encoder {
            Some(encoder) if self.encoder != self.method.info().encoder => {
                write!(out, "{}:{encoder}", self.method)
            }
            _ => write!(out, "{}", self.method),
        }
    }
}

impl FromStr for Variant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, encoder) = text.split_once(':').map_or((text, None), |(name, kind)| (name, Some(kind)));
        let method = Method::named(name).ok_or_else(|| {
            let known: Vec<&str> = METHODS.iter().map(Method::name).collect();
            format!("unknown method {name:?}, expected one of {}", known.join(", "))
        })?;
        let Some(kind) = encoder else { return Ok(Self::of(method)) };
        if method.info().encoder.is_none() {
            return Err(format!("{name} has no encoder to choose, found {text:?}"));
        }
        let found = EncoderKind::ALL.iter().copied().find(|known| known.name() == kind);
        let encoder = found.ok_or_else(|| {
            let known: Vec<&str> = EncoderKind::ALL.iter().map(|kind| kind.name()).collect();
            format!("unknown encoder {kind:?}, expected one of {}", known.join(", "))
        })?;
        Ok(Self { method, encoder: Some(encoder) })
    }
}

impl Serialize for Variant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Variant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_reads_back_as_it_is_written() {
        for (text, title) in [("g2r", "G2R"), ("g2r:gat", "G2R, GAT"), ("deepwalk", "DeepWalk")] {
            let variant: Variant = text.parse().unwrap();
            assert_eq!((variant.to_string(), variant.title()), (text.to_string(), title.to_string()));
        }
        assert_eq!("g2r:gcn".parse::<Variant>().unwrap().to_string(), "g2r");
        assert_eq!("supervised:gat".parse::<Variant>().unwrap().title(), "Supervised GAT");
    }

    #[test]
    fn what_there_is_not_is_refused_with_what_there_is() {
        let message = |text: &str| text.parse::<Variant>().unwrap_err();
        assert!(message("word2vec").starts_with("unknown method \"word2vec\", expected one of raw, "));
        assert!(message("g2r:mlp").starts_with("unknown encoder \"mlp\", expected one of gcn, gat"));
        assert_eq!(message("deepwalk:gcn"), "deepwalk has no encoder to choose, found \"deepwalk:gcn\"");
    }
}
