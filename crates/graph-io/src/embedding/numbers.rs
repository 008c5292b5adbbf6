//! Numbers of 32 bits as text that reads back to the same bits.

use std::fmt;

use crate::error::{Error, Place};
use crate::format::quoted;

/// The shortest text that reads back to the same 32 bits, such as `0.1` or `3e-9`.
pub(super) struct Shortest(pub(super) f32);

impl fmt::Display for Shortest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without an exponent the smallest would take 47 characters.
        match self.0.abs() {
            magnitude if magnitude == 0.0 || (1e-4..1e16).contains(&magnitude) => write!(out, "{}", self.0),
            _ => write!(out, "{:e}", self.0),
        }
    }
}

/// The finite number that a field is.
pub(super) fn parse(field: &str, place: impl Fn() -> Place) -> Result<f32, Error> {
    match field.trim().parse::<f32>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(Error::malformed(place(), "a finite number", quoted(field))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_number_reads_back_to_its_bits() {
        let mut bits = 0u32;
        for _ in 0..200_000 {
            bits = bits.wrapping_add(0x9e37_79b9);
            let value = f32::from_bits(bits);
            if value.is_finite() {
                let read = parse(&Shortest(value).to_string(), || unreachable!()).unwrap();
                assert_eq!(read.to_bits(), bits, "{value:e}");
            }
        }
        for (value, text) in [
            (0.1, "0.1"),
            (-0.0, "-0"),
            (1.0, "1"),
            (3e-9, "3e-9"),
            (1e-45, "1e-45"),
            (f32::MAX, "3.4028235e38"),
        ] {
            assert_eq!(Shortest(value).to_string(), text);
            assert_eq!(parse(text, || unreachable!()).unwrap().to_bits(), value.to_bits());
        }
    }

    #[test]
    fn what_is_no_finite_number_is_shown_cut() {
        let message =
            |field: &str| parse(field, || Place::line(Path::new("z.csv"), 3)).unwrap_err().to_string();
        for field in ["NaN", "-inf", "1e39", "", "1,5", "0x10"] {
            assert_eq!(message(field), format!("z.csv:3: expected a finite number, found {field:?}"));
        }
        assert_eq!(
            message(&"ä".repeat(41)),
            format!("z.csv:3: expected a finite number, found \"{}\"…", "ä".repeat(40))
        );
    }
}
