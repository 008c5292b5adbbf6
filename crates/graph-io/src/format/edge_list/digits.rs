//! Digits to numbers, eight at a time.

const TENS: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// The whole number that starts at a byte, and where it ends.
///
/// None where there is no digit, where a zero stands before other digits, beyond 64 bits, and, so that eight bytes can be
/// looked at together, near the end of the bytes: a caller must have a slower way.
#[inline(always)]
pub(in crate::format) fn number_at(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let (mut value, mut num_digits) = eight_digits(bytes, at)?;
    if num_digits == 0 || (bytes[at] == b'0' && num_digits > 1) {
        return None;
    }
    let mut end = at + num_digits;
    while num_digits == 8 {
        let more;
        (more, num_digits) = eight_digits(bytes, end)?;
        value = value.checked_mul(TENS[num_digits])?.checked_add(more)?;
        end += num_digits;
    }
    Some((value, end))
}

/// The number that up to eight digits make, and how many they are.
#[inline(always)]
fn eight_digits(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let word = u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
    let values = word ^ 0x3030_3030_3030_3030;
    // The high bit of a byte above 9 is set; a carry can only reach bytes behind the first of these.
    let others = (values.wrapping_add(0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080;
    let num_digits = (others.trailing_zeros() / 8) as usize;
    if num_digits == 0 {
        return Some((0, 0));
    }
    // Zeros come before the digits, then neighbors are joined to numbers of two, four and eight digits.
    let values = values << (8 * (8 - num_digits));
    let twos = (values * 10).wrapping_add(values >> 8);
    let upper = (twos & 0x0000_00ff_0000_00ff).wrapping_mul(0x000f_4240_0000_0064);
    let lower = ((twos >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001);
    Some((upper.wrapping_add(lower) >> 32, num_digits))
}

/// The weight without sign or exponent that starts at a byte, and where it ends, where a division of two exact `f32` gives
/// it correctly rounded (Clinger, 1990); none elsewhere.
#[inline(always)]
pub(super) fn short_weight_at(bytes: &[u8], at: usize) -> Option<(f32, usize)> {
    let (whole, end) = eight_digits(bytes, at)?;
    if end == 0 || end == 8 {
        return None;
    }
    let point = at + end;
    let (mantissa, end, num_decimals) = match bytes.get(point) {
        Some(b'.') => {
            let (decimals, num_decimals) = eight_digits(bytes, point + 1)?;
            if num_decimals == 0 || num_decimals == 8 {
                return None;
            }
            (whole * TENS[num_decimals] + decimals, point + 1 + num_decimals, num_decimals)
        }
        _ => (whole, point, 0),
    };
    (mantissa < 1 << 24).then(|| (mantissa as f32 / TENS[num_decimals] as f32, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> Option<(u64, usize)> {
        number_at(format!("{text}\t         ").as_bytes(), 0)
    }

    #[test]
    fn what_is_no_plain_number_is_left_to_a_slower_way() {
        for text in ["", "-1", "01", "00", "x", "18446744073709551616", "99999999999999999999999999"] {
            assert_eq!(number(text), None, "{text}");
        }
        assert_eq!(number_at(b"1234567", 0), None);
        assert_eq!(number_at(b"12", 5), None);
        assert_eq!(number("18446744073709551615"), Some((u64::MAX, 20)));
    }

    proptest! {
        #[test]
        fn numbers_are_as_the_standard_library_reads_them(value: u64, shift in 0u32..64, end: u8) {
            let value = value >> shift;
            let text = value.to_string();
            let mut bytes = text.clone().into_bytes();
            bytes.push(if end.is_ascii_digit() { b'\n' } else { end });
            bytes.extend([0xff, b'0', 0, b'9', 0x7f, b'5', b' ', b'1']);
            prop_assert_eq!(number_at(&bytes, 0), Some((value, text.len())));
        }

        #[test]
        fn weights_are_as_the_standard_library_reads_them(text in "[0-9]{1,9}(\\.[0-9]{0,9})?") {
            let bytes = format!("{text}\n         ");
            if let Some((weight, end)) = short_weight_at(bytes.as_bytes(), 0) {
                prop_assert_eq!(&bytes[..end], &text);
                prop_assert_eq!(weight, text.parse::<f32>().unwrap());
            }
        }
    }

    #[test]
    fn usual_weights_are_read_the_fast_way() {
        for text in ["1", "0.5", "2.0", "10.25", "0.123456"] {
            assert_eq!(
                short_weight_at(format!("{text}\n         ").as_bytes(), 0).unwrap().0,
                text.parse::<f32>().unwrap()
            );
        }
    }
}
