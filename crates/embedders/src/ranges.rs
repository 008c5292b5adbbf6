//! Ranges of settings.

use crate::Error;

/// The largest width of a layer; larger ones would only exhaust memory.
const WIDEST: usize = 1 << 16;
/// The most epochs.
const MOST_EPOCHS: usize = 1_000_000;

/// A setting outside its range.
pub(crate) fn outside(name: &'static str, expected: impl Into<String>, found: f64) -> Result<(), Error> {
    Err(Error::Setting { name, expected: expected.into(), found })
}

/// From 1 to `most`.
pub(crate) fn count(name: &'static str, found: usize, most: usize) -> Result<(), Error> {
    if (1..=most).contains(&found) {
        return Ok(());
    }
    outside(name, format!("from 1 to {most}"), found as f64)
}

/// The width of a layer.
pub(crate) fn width(name: &'static str, found: usize) -> Result<(), Error> {
    count(name, found, WIDEST)
}

/// The number of epochs.
pub(crate) fn epochs(found: usize) -> Result<(), Error> {
    count("epochs", found, MOST_EPOCHS)
}

/// Above 0.
pub(crate) fn positive(name: &'static str, found: f64) -> Result<(), Error> {
    if found > 0.0 && found.is_finite() { Ok(()) } else { outside(name, "positive", found) }
}

/// At least 0.
pub(crate) fn not_negative(name: &'static str, found: f64) -> Result<(), Error> {
    if found >= 0.0 && found.is_finite() { Ok(()) } else { outside(name, "at least 0", found) }
}

/// The probability that something is dropped.
pub(crate) fn dropout(name: &'static str, found: f64) -> Result<(), Error> {
    if (0.0..1.0).contains(&found) { Ok(()) } else { outside(name, "from 0 to below 1", found) }
}

/// From 0 to 1.
pub(crate) fn probability(name: &'static str, found: f64) -> Result<(), Error> {
    if (0.0..=1.0).contains(&found) { Ok(()) } else { outside(name, "from 0 to 1", found) }
}
