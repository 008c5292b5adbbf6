//! What stands in a file, as a message shows it.

const MAX_CHARS: usize = 40;

/// A text between quotes with its odd characters escaped, cut to 40 characters.
pub(crate) fn quoted(text: &str) -> String {
    let (text, end) = first_chars(text, MAX_CHARS);
    format!("{text:?}{end}")
}

/// Bytes that should be text, as [`quoted`] has them.
pub(super) fn quoted_bytes(bytes: &[u8]) -> String {
    quoted(&String::from_utf8_lossy(&bytes[..bytes.len().min(4 * (MAX_CHARS + 1))]))
}

/// A text of so many characters at most, as it is.
pub(super) fn cut(text: &str, max_chars: usize) -> String {
    let (text, end) = first_chars(text, max_chars);
    format!("{text}{end}")
}

/// The start of a text, and what stands for the rest.
fn first_chars(text: &str, max_chars: usize) -> (&str, &'static str) {
    text.char_indices().nth(max_chars).map_or((text, ""), |(end, _)| (&text[..end], "…"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(quoted("a\tb"), "\"a\\tb\"");
        assert_eq!(quoted(&"ä".repeat(40)), format!("{:?}", "ä".repeat(40)));
        assert_eq!(quoted(&"ä".repeat(41)), format!("{:?}…", "ä".repeat(40)));
        assert_eq!((cut("ääb", 2), cut("ää", 2)), ("ää…".to_string(), "ää".to_string()));
    }

    #[test]
    fn bytes_are_shown_as_far_as_they_are_text() {
        assert_eq!(quoted_bytes(b"a\xffb"), "\"a\u{fffd}b\"");
        assert_eq!(quoted_bytes("😀".repeat(41).as_bytes()), format!("\"{}\"…", "😀".repeat(40)));
    }
}
