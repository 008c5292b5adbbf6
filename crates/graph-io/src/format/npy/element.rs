//! What one element of an array is.

use std::fmt;

/// The type of an array's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element {
    /// What the bytes of one stand for.
    pub(crate) kind: Kind,
    /// How many bytes one takes.
    pub(crate) size: usize,
    /// Whether the most significant byte stands first.
    pub(crate) is_big_endian: bool,
}

/// What the bytes of an element stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// 0 or 1.
    Bool,
    /// A whole number in two's complement.
    Signed,
    /// A whole number from 0.
    Unsigned,
    /// An IEEE 754 number of 16, 32 or 64 bits.
    Float,
    /// Characters of 4 bytes each, filled up with NUL.
    Unicode,
    /// Bytes, filled up with NUL.
    Bytes,
}

impl Element {
    /// Reads a type as NumPy describes it: `<f4`, `|u1`, `<U20`; nothing for any other.
    pub(crate) fn parse(descr: &str) -> Option<Self> {
        let mut chars = descr.chars();
        let (order, kind) = (chars.next()?, chars.next()?);
        let digits = chars.as_str();
        if digits.is_empty() || digits.len() > 9 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let count: usize = digits.parse().ok()?;
        let (kind, size, sizes) = match kind {
            'b' => (Kind::Bool, count, &[1][..]),
            'i' => (Kind::Signed, count, &[1, 2, 4, 8][..]),
            'u' => (Kind::Unsigned, count, &[1, 2, 4, 8][..]),
            'f' => (Kind::Float, count, &[2, 4, 8][..]),
            'U' => (Kind::Unicode, count.checked_mul(4)?, &[][..]),
            'S' => (Kind::Bytes, count, &[][..]),
            _ => return None,
        };
        let is_big_endian = match order {
            '<' => false,
            '>' => true,
            '|' if kind == Kind::Bytes || size == 1 => false,
            _ => return None,
        };
        (sizes.is_empty() || sizes.contains(&size)).then_some(Self { kind, size, is_big_endian })
    }

    /// Whether it is a whole number; truth values count as 0 and 1.
    pub(crate) fn is_integer(self) -> bool {
        matches!(self.kind, Kind::Bool | Kind::Signed | Kind::Unsigned)
    }

    /// Whether it is text.
    pub(crate) fn is_text(self) -> bool {
        matches!(self.kind, Kind::Unicode | Kind::Bytes)
    }
}

impl fmt::Display for Element {
    /// In NumPy's words: int32, float64, str, bytes.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = 8 * self.size;
        match self.kind {
            Kind::Bool => write!(out, "bool"),
            Kind::Signed => write!(out, "int{bits}"),
            Kind::Unsigned => write!(out, "uint{bits}"),
            Kind::Float => write!(out, "float{bits}"),
            Kind::Unicode => write!(out, "str"),
            Kind::Bytes => write!(out, "bytes"),
        }
    }
}

/// A type that numbers of any kind are turned into, as far as it has a place for them.
pub(crate) trait Number: num_traits::NumCast + Copy {
    /// What it takes, for messages.
    const EXPECTED: &'static str;
    /// Whether it takes numbers that are not whole: the nearest one.
    const TAKES_FLOATS: bool = false;
}

impl Number for f32 {
    const EXPECTED: &'static str = "a number";
    const TAKES_FLOATS: bool = true;
}

impl Number for u8 {
    const EXPECTED: &'static str = "a whole number from 0 to 255";
}

impl Number for u32 {
    const EXPECTED: &'static str = "a whole number from 0 to 4294967295";
}

impl Number for u64 {
    const EXPECTED: &'static str = "a whole number from 0";
}

impl Number for usize {
    const EXPECTED: &'static str = "a whole number from 0";
}

impl Number for i64 {
    const EXPECTED: &'static str = "a whole number below 2^63";
}

/// The number of a 16-bit float: sign, 5 bits of exponent, 10 of fraction.
pub(super) fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_as_numpy_describes_them() {
        let element = |descr: &str| Element::parse(descr).map(|element| (element.to_string(), element.size));
        assert_eq!(element("<f4"), Some(("float32".into(), 4)));
        assert_eq!(element("|b1"), Some(("bool".into(), 1)));
        assert_eq!(element("<U19"), Some(("str".into(), 76)));
        assert_eq!(element("|S3"), Some(("bytes".into(), 3)));
        assert!(Element::parse(">i8").unwrap().is_big_endian);
        for other in ["", "<", "<f", "<f3", "|i4", "=f4", "<c8", "<M8[ns]", "<i-4", "<U99999999999", "f4"] {
            assert_eq!(Element::parse(other), None, "{other}");
        }
    }

    #[test]
    fn half_floats_have_the_values_of_ieee_754() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 2f64.powi(-24)),
            (0x3555, 0.333_251_953_125),
            (0xfc00, f64::NEG_INFINITY),
        ] {
            assert_eq!(half(bits), value, "{bits:x}");
        }
        assert!(half(0x7e00).is_nan());
    }
}
