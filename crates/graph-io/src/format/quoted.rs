//! What stands in a file, as a message shows it.

const MAX_CHARS: usize = 40;

/// A text between quotes with its odd characters escaped, cut to 40 characters.
pub(super) fn quoted(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(quoted("a\tb"), "\"a\\tb\"");
        assert_eq!(quoted(&"ä".repeat(40)), format!("{:?}", "ä".repeat(40)));
        assert_eq!(quoted(&"ä".repeat(41)), format!("{:?}…", "ä".repeat(40)));
    }
}
