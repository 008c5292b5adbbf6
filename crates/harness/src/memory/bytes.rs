//! Numbers of bytes in words.

use std::fmt;

/// A number of bytes; as text in MB or GB of 10⁶ and 10⁹ bytes: `312 MB`, `4.3 GB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millions = self.0 as f64 / 1e6;
        match millions {
            ..999.5 => write!(out, "{millions:.0} MB"),
            ..99_950.0 => write!(out, "{:.1} GB", millions / 1e3),
            _ => write!(out, "{:.0} GB", millions / 1e3),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_follows_the_size() {
        let text = |bytes| Bytes(bytes).to_string();
        assert_eq!(text(312_400_000), "312 MB");
        assert_eq!(text(999_600_000), "1.0 GB");
        assert_eq!(text(4_310_000_000), "4.3 GB");
        assert_eq!(text(163_840_000_000), "164 GB");
    }
}
