//! How the lines of a file are to be read, found from its first lines.

use std::borrow::Cow;

use super::line::{Fault, Fields, Layout, Separator, Single, line_at};

/// What a line of comment starts with.
pub(super) const COMMENT_SIGNS: &[&str] = &["#", "%", "//"];

/// What has more columns is no list of edges.
const MAX_COLUMNS: usize = 1 << 10;

/// Names of the columns of the two ids, in lower case and without signs between words.
const ENDS: [(&str, &str); 13] = [
    ("source", "target"),
    ("src", "dst"),
    ("from", "to"),
    ("node1", "node2"),
    ("id1", "id2"),
    ("sourceid", "targetid"),
    ("fromnodeid", "tonodeid"),
    ("fromid", "toid"),
    ("srcid", "dstid"),
    ("source", "destination"),
    ("src", "dest"),
    ("start", "end"),
    // Between blanks these are more likely to be nodes.
    ("u", "v"),
];
const WEIGHTS: [&str; 3] = ["weight", "w", "weights"];

/// How lines are to be read, and where the first of them starts.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) layout: Layout,
    pub(super) start: usize,
    pub(super) has_header: bool,
}

/// A fault in the line that starts at a byte.
pub(in crate::format) type FaultAt = (usize, Fault);

/// Finds how to read a file; none where no line says anything.
pub(super) fn find(bytes: &[u8]) -> Result<Option<Found>, FaultAt> {
    let silent = layout_of(Separator::Blanks, 2);
    let mut next = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut start = None;
    while next < bytes.len() {
        let here = next;
        let line;
        (line, next) = line_at(bytes, here);
        if silent.is_silent(line) {
            continue;
        }
        let is_first = start.is_none();
        let start = *start.get_or_insert(here);
        let Some(separator) = separator_of(line) else { continue };
        // A field takes many times the bytes of an empty one: a line may be as long as the file.
        let fields = Fields::of(line, separator).take(MAX_COLUMNS + 1);
        let fields: Result<Vec<Cow<'_, [u8]>>, Fault> = fields.collect();
        let mut fields = fields.map_err(|fault| (here, fault))?;
        if fields.len() > MAX_COLUMNS {
            let expected = format!("at most {MAX_COLUMNS} columns");
            return Err((here, Fault { expected, found: "more".into() }));
        }
        if is_first && let Some(layout) = layout_of_header(&fields, separator) {
            return Ok(Some(Found { layout, start: next, has_header: true }));
        }
        while fields.len() > 2 && fields.last().is_some_and(|field| field.is_empty()) {
            fields.pop();
        }
        if fields.len() > 3 {
            let expected = "two ids and at most a weight, or a first line that names the columns source, target and weight";
            return Err((
                here,
                Fault { expected: expected.into(), found: format!("{} fields", fields.len()) },
            ));
        }
        return Ok(Some(Found { layout: layout_of(separator, fields.len()), start, has_header: false }));
    }
    Ok(start.map(|start| Found { layout: silent, start, has_header: false }))
}

/// The layout of lines of two or three fields.
fn layout_of(separator: Separator, num_fields: usize) -> Layout {
    let weighted = num_fields == 3;
    let expected =
        if weighted { "two ids and a weight, as in the first edge" } else { "two ids, as in the first edge" };
    Layout {
        separator,
        comment_signs: COMMENT_SIGNS,
        from: 0,
        to: 1,
        weight: weighted.then_some(2),
        num_fields: if weighted { 3 } else { 2 },
        single: Single::Node,
        expected: expected.into(),
    }
}

fn layout_of_header(fields: &[Cow<'_, [u8]>], separator: Separator) -> Option<Layout> {
    let plain = |field: &Cow<'_, [u8]>| -> String {
        let letters = field.iter().filter(|byte| !b"_- .".contains(byte));
        letters.map(|byte| byte.to_ascii_lowercase() as char).collect()
    };
    let names: Vec<String> = fields.iter().map(plain).collect();
    let column = |name: &str| names.iter().position(|other| other == name);
    let num_pairs = if separator == Separator::Blanks { ENDS.len() - 1 } else { ENDS.len() };
    let mut pairs = ENDS[..num_pairs].iter();
    let (from, to) = pairs.find_map(|(from, to)| Some((column(from)?, column(to)?)))?;
    let num_fields = fields.len();
    Some(Layout {
        from,
        to,
        weight: WEIGHTS.iter().find_map(|name| column(name)),
        num_fields,
        expected: format!("{num_fields} fields, as the header has").into(),
        ..layout_of(separator, 2)
    })
}

/// What stands between the fields of a line; none where it has a single one.
fn separator_of(line: &[u8]) -> Option<Separator> {
    let mut in_quotes = false;
    let outside: Vec<u8> = line
        .iter()
        .map(|&byte| {
            in_quotes ^= byte == b'"';
            if in_quotes { b'"' } else { byte }
        })
        .collect();
    let text = outside.trim_ascii();
    let has = |byte: u8| memchr::memchr(byte, if byte == b' ' { text } else { &outside }).is_some();
    if has(b'\t') && !mixes_blanks(text) {
        return Some(Separator::Byte(b'\t'));
    }
    let bytes = [b',', b';'].into_iter().find(|&byte| has(byte)).map(Separator::Byte);
    bytes.or_else(|| (has(b' ') || has(b'\t')).then_some(Separator::Blanks))
}

/// Whether a line is of numbers between tabs here and spaces there.
fn mixes_blanks(text: &[u8]) -> bool {
    let is_number = |word: &[u8]| word.iter().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(byte));
    let has_inner_space = text.split(|&byte| byte == b'\t').any(|field| field.trim_ascii().contains(&b' '));
    has_inner_space && text.split(|byte| byte.is_ascii_whitespace()).all(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(text: &str) -> (Layout, usize) {
        let found = find(text.as_bytes()).unwrap().unwrap();
        (found.layout, found.start)
    }

    #[test]
    fn the_separator_is_found_from_the_first_edge() {
        for (line, separator) in [
            ("1 2", Separator::Blanks),
            ("1\t2", Separator::Byte(b'\t')),
            ("Doe, Ann\tRoe; Ben", Separator::Byte(b'\t')),
            ("1 2\t3", Separator::Blanks),
            ("1, 2", Separator::Byte(b',')),
            ("1;2", Separator::Byte(b';')),
            ("\"a,b\" \"c;d\"", Separator::Blanks),
            ("\"a b\"\n\"c d\",\"e\"", Separator::Byte(b',')),
        ] {
            assert_eq!(layout(line).0.separator, separator, "{line}");
        }
    }

    #[test]
    fn columns_are_found_by_the_names_of_a_header() {
        let columns = |text| {
            let (layout, start) = layout(text);
            (layout.from, layout.to, layout.weight, layout.num_fields, start)
        };
        assert_eq!(columns("Source,Target,Type,Id,Label,Weight\n"), (0, 1, Some(5), 6, 35));
        assert_eq!(columns("w;to_node_id;From Node-ID\n"), (2, 1, Some(0), 3, 26));
        assert_eq!(columns("# c\nu\tv\n1\t2\n"), (0, 1, None, 2, 8));
        assert_eq!(columns("u v\n1 2\n"), (0, 1, None, 2, 0));
        assert_eq!(columns("\u{feff}src dst\n1 2\n"), (0, 1, None, 2, 11));
        assert_eq!(columns("x y\nsource target\n"), (0, 1, None, 2, 0));
    }

    #[test]
    fn a_line_of_very_many_columns_is_refused() {
        for line in [",".repeat(1 << 10), "source,target".to_string() + &",x".repeat(1 << 10)] {
            let fault = Fault { expected: "at most 1024 columns".into(), found: "more".into() };
            assert_eq!(find(line.as_bytes()).unwrap_err(), (0, fault));
        }
        let most = "source,target".to_string() + &",x".repeat((1 << 10) - 2);
        assert_eq!(layout(&most).0.num_fields, 1 << 10);
    }

    #[test]
    fn silent_lines_and_single_ids_come_before() {
        let (found, start) = layout("# a b c d e\n\n % x\r\n//y\n7\n1;2;0.5;;\n");
        assert_eq!((found.separator, found.weight, start), (Separator::Byte(b';'), Some(2), 23));
        assert!(find(b"\n# a\n").unwrap().is_none());
        assert_eq!(layout("7").0.separator, Separator::Blanks);
    }
}
