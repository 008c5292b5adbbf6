//! A bound on the memory that reading a packed file may take.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A bound on the memory that reading a packed file may take, in bytes.
///
/// A small packed file may unpack to any size. What comes out of one may take a tenth of the limit, as parsing it takes
/// up to ten times as much; or 16 MiB and 20 times the size of the packed file, where that is more.
///
/// As text it is a whole number and K, M or G: `"8G"` is 8 · 2³⁰ bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MemoryLimit(u64);

impl MemoryLimit {
    /// A limit of so many bytes.
    pub const fn bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// How many bytes may come out of a packed file of `packed_len` bytes.
    pub(crate) fn max_unpacked(self, packed_len: u64) -> u64 {
        (self.0 / 10).max(packed_len.saturating_mul(20).saturating_add(16 << 20))
    }
}

impl Default for MemoryLimit {
    /// 8 GiB.
    fn default() -> Self {
        Self(8 << 30)
    }
}

/// The letters of the units, each with its power of two.
const UNITS: [(char, u32); 3] = [('G', 30), ('M', 20), ('K', 10)];

impl TryFrom<String> for MemoryLimit {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        let unit = UNITS.iter().find(|(letter, _)| text.ends_with(*letter));
        let digits = unit.map_or(&*text, |_| &text[..text.len() - 1]);
        let bytes = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << unit?.1));
        bytes.map(Self).ok_or_else(|| {
            Error::invalid("memory limit", "a whole number and K, M or G, such as 8G", format!("{text:?}"))
        })
    }
}

impl From<MemoryLimit> for String {
    fn from(limit: MemoryLimit) -> Self {
        limit.to_string()
    }
}

impl fmt::Display for MemoryLimit {
    /// In the largest unit that gives a whole number, less than a whole K left out.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = UNITS.iter().find(|(_, power)| self.0.is_multiple_of(1 << power));
        let (letter, power) = unit.unwrap_or(&UNITS[2]);
        write!(out, "{}{letter}", self.0 >> power)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_with_a_unit() {
        for (text, bytes) in [("8G", 8 << 30), ("512M", 512 << 20), ("1536K", 1536 << 10)] {
            let limit = MemoryLimit::try_from(text.to_string()).unwrap();
            assert_eq!((limit, limit.to_string()), (MemoryLimit::bytes(bytes), text.to_string()));
        }
        for text in ["", "8", "G", "-1G", "8 G", "8g", "99999999999999999999G", "18446744073709551615G"] {
            assert_eq!(
                MemoryLimit::try_from(text.to_string()).unwrap_err().to_string(),
                format!("memory limit: expected a whole number and K, M or G, such as 8G, found {text:?}")
            );
        }
    }

    #[test]
    fn small_files_unpack_to_a_tenth_of_the_limit_and_large_ones_to_twenty_times_their_size() {
        let limit = MemoryLimit::bytes(10 << 30);
        assert_eq!(limit.max_unpacked(27_000), 1 << 30);
        assert_eq!(limit.max_unpacked(1 << 30), (16 << 20) + (20 << 30));
        assert_eq!(MemoryLimit::bytes(0).max_unpacked(0), 16 << 20);
        assert_eq!(limit.max_unpacked(u64::MAX), u64::MAX);
    }
}
