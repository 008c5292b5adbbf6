//! A method with what its encoder is made of.

use std::fmt;

use embedders::{EncoderKind, Method, MethodKind, Registry, Target};
use toml::Table;

use crate::error::Error;

/// A row of a comparison: a method, the encoder where another than its own is asked for, and the preset where another than the
/// default is; written `g2r`, `g2r:gat`, `g2r@authors` or `g2r:gat@authors`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// The method.
    pub method: Method,
    /// What its encoder is made of, where it has one.
    pub encoder: Option<EncoderKind>,
    /// Which of the method's presets, where it is not the default one.
    pub preset: Option<String>,
}

impl Variant {
    /// A method with its own encoder.
    pub fn of(method: Method) -> Self {
        Self { method, encoder: method.default_encoder(), preset: None }
    }

    /// Its name in tables, such as `DGI`, `G2R, GAT` or `Supervised GCN`.
    pub fn title(&self) -> String {
        let info = self.method.info();
        let encoder = self.encoder.map(|encoder| encoder.to_string().to_uppercase());
        let title = match encoder {
            Some(encoder) if info.kind != MethodKind::Unsupervised => format!("{} {encoder}", info.title),
            Some(encoder) if self.encoder != self.method.default_encoder() => {
                format!("{}, {encoder}", info.title)
            }
            _ => info.title.to_string(),
        };
        match &self.preset {
            Some(preset) => format!("{title}, {preset}"),
            None => title,
        }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.method)?;
        if let Some(encoder) = self.encoder.filter(|_| self.encoder != self.method.default_encoder()) {
            write!(out, ":{encoder}")?;
        }
        match &self.preset {
            Some(preset) => write!(out, "@{preset}"),
            None => Ok(()),
        }
    }
}

impl Variant {
    /// Reads a variant as it is written.
    ///
    /// # Errors
    /// A method or a preset that there is not; an encoder that there is not, or for a method that has none.
    pub fn parse(text: &str, registry: &Registry) -> Result<Self, Error> {
        let split =
            |text: &'_ str, at: char| text.split_once(at).map(|(a, b)| (a.to_string(), b.to_string()));
        let (rest, preset) =
            split(text, '@').map_or((text.to_string(), None), |(rest, name)| (rest, Some(name)));
        let (name, encoder) = split(&rest, ':').map_or((rest, None), |(name, kind)| (name, Some(kind)));
        let method = registry.method(&name)?;
        // Refused here when there is none of that name.
        method.preparation(&Target::general().with_preset(preset.as_deref()), Table::new())?;
        let Some(kind) = encoder else { return Ok(Self { preset, ..Self::of(method) }) };
        if method.default_encoder().is_none() {
            return Err(Error::invalid(
                "methods",
                format!("{name} alone: it has no encoder to choose"),
                text,
            ));
        }
        let found = EncoderKind::ALL.iter().copied().find(|known| known.name() == kind);
        let encoder = found.ok_or_else(|| {
            let known: Vec<&str> = EncoderKind::ALL.iter().map(|kind| kind.name()).collect();
            Error::invalid("encoder", format!("one of {}", known.join(", ")), format!("{kind:?}"))
        })?;
        Ok(Self { method, encoder: Some(encoder), preset })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Variant, Error> {
        Variant::parse(text, &Registry::builtin())
    }

    #[test]
    fn a_variant_reads_back_as_it_is_written() {
        for (text, title) in [
            ("g2r", "G2R"),
            ("g2r:gat", "G2R, GAT"),
            ("deepwalk", "DeepWalk"),
            ("g2r:gat@authors", "G2R, GAT, authors"),
        ] {
            let variant = parse(text).unwrap();
            assert_eq!((variant.to_string(), variant.title()), (text.to_string(), title.to_string()));
        }
        assert_eq!(parse("g2r:gcn").unwrap().to_string(), "g2r");
        assert_eq!(parse("supervised:gat").unwrap().title(), "Supervised GAT");
    }

    #[test]
    fn what_there_is_not_is_refused_with_what_there_is() {
        let message = |text: &str| parse(text).unwrap_err().to_string();
        assert!(message("word2vec").starts_with("unknown method `word2vec`, expected one of raw, "));
        assert_eq!(message("g2r@ours"), "unknown preset `ours` of g2r, expected one of authors");
        assert!(message("g2r:mlp").starts_with("encoder: expected one of gcn, gat"));
        assert_eq!(
            message("deepwalk:gcn"),
            "methods: expected deepwalk alone: it has no encoder to choose, found deepwalk:gcn"
        );
    }
}
