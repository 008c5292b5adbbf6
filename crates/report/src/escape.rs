//! Text from outside made harmless where it stands: in markup, in a script's data.

use std::fmt;

/// Text as content or as a double-quoted attribute of HTML and of SVG.
///
/// Characters that XML 1.0 does not have (most control characters, U+FFFE, U+FFFF) become U+FFFD: an SVG file that
/// held one could not be read at all.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut written = 0;
        for (at, c) in self.0.char_indices() {
            let replacement = match c {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                '\'' => "&#39;",
                '\t' | '\n' | '\r' => continue,
                '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => "\u{fffd}",
                _ => continue,
            };
            f.write_str(&self.0[written..at])?;
            f.write_str(replacement)?;
            written = at + c.len_utf8();
        }
        f.write_str(&self.0[written..])
    }
}

/// JSON that may stand in a `<script>` element.
///
/// `<`, `>` and `&` are written as escapes, so that neither `</script>` nor `<!--` can occur; so are U+2028 and U+2029,
/// which end a line of JavaScript, and U+FFFE and U+FFFF, which are no characters. In JSON all of these stand in strings only, where an escape means the same.
pub(crate) fn json_for_script(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}' => {
                escaped.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_text_is_shown_and_not_obeyed() {
        let text = r#"<img src=x onerror="f('&')">"#;
        assert_eq!(Escaped(text).to_string(), "&lt;img src=x onerror=&quot;f(&#39;&amp;&#39;)&quot;&gt;");
    }

    #[test]
    fn characters_that_xml_does_not_have_are_replaced() {
        assert_eq!(Escaped("a\0b\u{1b}c\u{ffff}\td\né").to_string(), "a\u{fffd}b\u{fffd}c\u{fffd}\td\né");
    }

    #[test]
    fn data_cannot_end_its_script() {
        let json = serde_json::to_string("</script><!-- & \u{2028}\u{2029} \\").unwrap();
        let escaped = json_for_script(&json);
        assert!(!escaped.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{escaped}");
        assert_eq!(
            serde_json::from_str::<String>(&escaped).unwrap(),
            "</script><!-- & \u{2028}\u{2029} \\",
            "the text is the same when it is read"
        );
    }
}
