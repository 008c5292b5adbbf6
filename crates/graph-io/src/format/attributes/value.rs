//! A value of a node or an edge, as a file gives it.

use crate::format::node_table::{Fault, is_missing};
use crate::format::quoted::quoted;

/// A value as it is written, or as a number that was parsed already.
#[derive(Clone, Copy, Debug)]
pub(in crate::format) enum Value<'a> {
    /// A number.
    Number(f64),
    /// A text that stands for a value of a kind.
    Written(Kind, &'a str),
}

/// What a written value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::format) enum Kind {
    /// True or false.
    Boolean,
    /// A whole number.
    Whole,
    /// Any number.
    Real,
    /// A text.
    Text,
}

impl Kind {
    /// The number that a text of this kind stands for.
    pub(in crate::format) fn number(self, text: &str) -> Result<f32, Fault> {
        let word = text.trim();
        let (number, expected) = match self {
            Self::Boolean => {
                let is = |name: &str, digit: &str| word.eq_ignore_ascii_case(name) || word == digit;
                let number = if is("true", "1") { Some(1.0) } else { is("false", "0").then_some(0.0) };
                (number, "true or false")
            }
            Self::Whole => (word.parse::<i128>().ok().map(|number| number as f32), "a whole number"),
            Self::Real | Self::Text => (word.parse().ok(), "a finite number"),
        };
        let number = number.filter(|number: &f32| number.is_finite());
        number.ok_or_else(|| Fault::new(expected, quoted(word)))
    }
}

impl Value<'_> {
    /// The number that the value is.
    pub(super) fn number(self) -> Result<f32, Fault> {
        match self {
            Self::Written(kind, text) => kind.number(text),
            Self::Number(number) if (number as f32).is_finite() => Ok(number as f32),
            Self::Number(number) => Err(Fault::new("a finite number", number.to_string())),
        }
    }

    /// Whether it is a text, or a number with a fraction or of a kind that may have one.
    pub(super) fn is_whole(self) -> bool {
        match self {
            Self::Number(number) => number.fract() == 0.0,
            Self::Written(kind, _) => kind != Kind::Real,
        }
    }

    /// Whether it says that there is no number: nothing or "nan" where a number should be.
    pub(super) fn is_missing(self) -> bool {
        match self {
            Self::Number(number) => number.is_nan(),
            Self::Written(Kind::Text, text) => text.is_empty(),
            Self::Written(_, text) => is_missing(text),
        }
    }

    /// Whether it is a text.
    pub(super) fn is_text(self) -> bool {
        matches!(self, Self::Written(Kind::Text, _))
    }
}
