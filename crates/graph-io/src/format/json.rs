//! JSON that is read value by value: what hands values over, and complaints in this crate's words.

use std::path::Path;

use super::quoted::cut;
use crate::error::{Error, Place};

/// The complaint at its byte; `what` is what the file should be.
pub(super) fn json_error(error: &serde_json::Error, bytes: &[u8], path: &Path, what: &str) -> Error {
    let place = Place::byte(path, spot_of(error, bytes));
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    match message.rsplit_once(", expected ") {
        Some((found, expected)) => {
            let found = found.trim_start_matches("invalid type: ").trim_start_matches("invalid value: ");
            Error::malformed(place, expected, cut(found, 60))
        }
        None => Error::malformed(place, what, cut(message, 60)),
    }
}

/// The byte where the parser stopped.
pub(super) fn spot_of(error: &serde_json::Error, bytes: &[u8]) -> usize {
    let line_start = match error.line() {
        0 | 1 => 0,
        line => memchr::memchr_iter(b'\n', bytes).nth(line - 2).map_or(0, |end| end + 1),
    };
    (line_start + error.column().saturating_sub(1)).min(bytes.len())
}

/// A visitor that takes a value in place, as [`serde::de::DeserializeSeed`] asks for it.
macro_rules! seed {
    ($visitor:ty => $value:ty, $deserialize:ident $(, $param:ident: $bound:path)?) => {
        impl<'de $(, $param: $bound)?> serde::de::DeserializeSeed<'de> for $visitor {
            type Value = $value;

            fn deserialize<D: serde::de::Deserializer<'de>>(self, from: D) -> Result<$value, D::Error> {
                from.$deserialize(self)
            }
        }
    };
}
pub(super) use seed;
