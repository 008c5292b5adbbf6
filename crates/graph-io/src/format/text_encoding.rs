//! Texts as other systems write them: in UTF-16, or with lines that end in a carriage return.

use std::path::Path;

use crate::error::{Error, Place};

/// Whether bytes start with the mark of UTF-16.
pub(super) fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff")
}

/// A text that starts with the mark of UTF-16, without the mark.
pub(super) fn utf8_of_utf16(bytes: &[u8], path: &Path) -> Result<String, Error> {
    let fault = |at: usize, found: String| {
        Error::malformed(Place::byte(path, at), "text in UTF-16, as its first two bytes say", found)
    };
    let mut text = String::with_capacity(bytes.len() / 2);
    let mut at = 2;
    for unit in char::decode_utf16(units(bytes)) {
        let letter = unit
            .map_err(|error| fault(at, format!("the half of a pair 0x{:04x}", error.unpaired_surrogate())))?;
        at += 2 * letter.len_utf16();
        text.push(letter);
    }
    if bytes.len() % 2 == 1 {
        return Err(fault(bytes.len() - 1, "a single byte at the end".to_string()));
    }
    Ok(text)
}

/// The start of a text that starts with the mark of UTF-16; what is cut at its end becomes another sign.
pub(super) fn head_of_utf16(bytes: &[u8]) -> String {
    char::decode_utf16(units(bytes)).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

fn units(bytes: &[u8]) -> impl Iterator<Item = u16> {
    let unit = if bytes.starts_with(b"\xff\xfe") { u16::from_le_bytes } else { u16::from_be_bytes };
    bytes[2..].as_chunks::<2>().0.iter().map(move |pair| unit(*pair))
}

/// Makes carriage returns that end lines by themselves line feeds, those in quotes apart; whether there are any.
pub(super) fn unify_line_ends(text: &mut [u8]) -> bool {
    let is_alone = |text: &[u8], at: usize| text.get(at + 1) != Some(&b'\n');
    if !memchr::memchr_iter(b'\r', text).any(|at| is_alone(text, at)) {
        return false;
    }
    let mut in_quotes = false;
    for at in 0..text.len() {
        match text[at] {
            b'"' => in_quotes = !in_quotes,
            b'\r' if !in_quotes && is_alone(text, at) => text[at] = b'\n',
            _ => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_of_a_line_becomes_one() {
        let unified = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            (unify_line_ends(&mut bytes), String::from_utf8(bytes).unwrap())
        };
        assert_eq!(unified("1 2\r2 3\r\n3 4\n4 5\r"), (true, "1 2\n2 3\r\n3 4\n4 5\n".into()));
        assert_eq!(unified("a,\"b\rc\"\rd\r"), (true, "a,\"b\rc\"\nd\n".into()));
        assert_eq!(unified("1\r\n2\n"), (false, "1\r\n2\n".into()));
    }

    #[test]
    fn both_orders_of_bytes_are_read_and_halves_refused() {
        let encoded = |text: &str, order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            format!("\u{feff}{text}").encode_utf16().flat_map(order).collect()
        };
        for order in [u16::to_le_bytes, u16::to_be_bytes] {
            let bytes = encoded("ä 😀\n", order);
            assert!(is_utf16(&bytes));
            assert_eq!(utf8_of_utf16(&bytes, Path::new("a.txt")).unwrap(), "ä 😀\n");
            assert_eq!(head_of_utf16(&bytes[..8]), "ä \u{fffd}");
            let message = |bytes: &[u8]| utf8_of_utf16(bytes, Path::new("a.txt")).unwrap_err().to_string();
            assert_eq!(
                message(&bytes[..8]),
                "a.txt, byte 6: expected text in UTF-16, as its first two bytes say, found the half of a pair 0xd83d"
            );
            assert!(message(&bytes[..11]).ends_with("found a single byte at the end"));
        }
    }
}
