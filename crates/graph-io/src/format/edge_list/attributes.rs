//! Attributes of an edge in braces, as NetworkX writes them: a dictionary of Python.

use super::line::{Fault, number};
use crate::format::quoted::quoted_bytes;

/// The ids of a line, and what stands behind them in braces; none where nothing does.
pub(super) fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = line.trim_ascii_end();
    let start = memchr::memchr(b'{', line)?;
    let (ids, attributes) = line.split_at(start);
    let is_apart = ids.last().is_some_and(|byte| b" \t,;|".contains(byte));
    (is_apart && attributes.ends_with(b"}")).then_some((ids, attributes))
}

/// The number under the key of this name; none without this key. What stands under other keys counts for nothing.
pub(super) fn weight(attributes: &[u8], name: &str) -> Result<Option<f32>, Fault> {
    let mut rest = attributes.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}")).unwrap_or_default();
    let mut weight = None;
    while !rest.trim_ascii().is_empty() {
        let fault = || Fault::new("attributes as 'name': value, ...", quoted_bytes(attributes));
        let key_len = value_len(rest, b':').filter(|&len| len < rest.len()).ok_or_else(fault)?;
        let (key, value) = (rest[..key_len].trim_ascii(), &rest[key_len + 1..]);
        let value_len = value_len(value, b',').ok_or_else(fault)?;
        let is_in = |quote: &[u8]| key.strip_prefix(quote).and_then(|key| key.strip_suffix(quote));
        if is_in(b"'").or_else(|| is_in(b"\"")) == Some(name.as_bytes()) {
            weight = Some(number(value[..value_len].trim_ascii())?);
        }
        rest = value.get(value_len + 1..).unwrap_or_default();
    }
    Ok(weight)
}

/// How many bytes come before an end, or before the end of the text, that is neither in quotes nor in brackets; none where
/// quotes or brackets do not close.
fn value_len(text: &[u8], end: u8) -> Option<usize> {
    let (mut depth, mut quote, mut at) = (0usize, None, 0);
    while let Some(&byte) = text.get(at) {
        match (quote, byte) {
            (Some(_), b'\\') => at += 1,
            (Some(opened), _) if byte == opened => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'{' | b'[' | b'(') => depth += 1,
            (None, b'}' | b']' | b')') => depth = depth.checked_sub(1)?,
            (None, _) if byte == end && depth == 0 => return Some(at),
            (None, _) => {}
        }
        at += 1;
    }
    (depth == 0 && quote.is_none()).then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weight_is_found_among_other_attributes() {
        for (attributes, expected) in [
            ("{}", None),
            ("{'weight': 4}", Some(4.0)),
            ("{'weight': 0.5, 'color': 'red'}", Some(0.5)),
            ("{'a': [1, (2, 3)], 'b': {'weight': 9}, 'weight': 2e-3}", Some(0.002)),
            ("{'note': \"it's, 'weight': 7\", 'other': 'a\\'b'}", None),
        ] {
            assert_eq!(weight(attributes.as_bytes(), "weight"), Ok(expected), "{attributes}");
        }
        let found = |text: &str| weight(text.as_bytes(), "weight").unwrap_err().found;
        assert_eq!(found("{'weight': None}"), "\"None\"");
        assert_eq!(found("{'weight'}"), "\"{'weight'}\"");
        assert_eq!(found("{'a': (1}"), "\"{'a': (1}\"");
    }

    #[test]
    fn braces_stand_behind_the_ids() {
        assert_eq!(split(b"0 1 {'a': 2} "), Some((&b"0 1 "[..], &b"{'a': 2}"[..])));
        assert_eq!(split(b"0,1,{}"), Some((&b"0,1,"[..], &b"{}"[..])));
        assert_eq!((split(b"0 1{}"), split(b"{} 0 1"), split(b"0 1")), (None, None, None));
    }
}
