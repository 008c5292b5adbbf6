//! How the lines of a file are to be read, found from its first lines.

use std::borrow::Cow;

use super::attributes;
use super::line::{Fault, Fields, Layout, Separator, Single, line_at};
use super::numbers::whole_number;
use crate::column_config::{ColumnConfig, Header, LoneIds};
use crate::format::quoted::{quoted, quoted_bytes};

/// What a line of comment starts with.
pub(super) const COMMENT_SIGNS: &[&str] = &["#", "%", "//"];

/// What has more columns is no list of edges.
const MAX_COLUMNS: usize = 1 << 10;

/// Names of the columns of the two ids, in lower case and without signs between words.
const ENDS: [(&str, &str); 14] = [
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
    // Neo4j's.
    ("startid", "endid"),
    // Between blanks these are more likely to be nodes.
    ("u", "v"),
];
const WEIGHTS: [&str; 3] = ["weight", "w", "weights"];

/// What may stand between two ids of a line.
const ARROWS: [&[u8]; 7] = [b"->", b"-->", b"=>", b"--", b"<->", b"<-->", b"\xe2\x86\x92"];

/// How lines are to be read, and where the first of them starts.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) layout: Layout,
    pub(super) start: usize,
    pub(super) has_header: bool,
    /// Whether that is so because of what stands in it, not because of known names or of a setting.
    pub(super) is_guessed: bool,
    /// What the weights are read from.
    pub(super) weights_from: Option<String>,
    /// Whether that has no name and was not chosen.
    pub(super) has_no_name: bool,
}

/// A fault in the line that starts at a byte.
pub(in crate::format) type FaultAt = (usize, Fault);

/// Finds how to read a file; none where no line says anything.
pub(super) fn find(bytes: &[u8], columns: &ColumnConfig) -> Result<Option<Found>, FaultAt> {
    let silent = Layout {
        single: single(columns, Single::Letters),
        expected: "two ids between blanks, tabs, commas, semicolons or bars".into(),
        ..layout_of(Separator::Blanks, columns)
    };
    let mut next = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut start = None;
    while next < bytes.len() {
        let here = next;
        let line;
        (line, next) = line_at(bytes, here);
        let separator = separator_of(line);
        if layout_of(separator.unwrap_or(Separator::Blanks), columns).is_silent(line) {
            continue;
        }
        let is_first = start.is_none();
        let start = *start.get_or_insert(here);
        let Some(separator) = separator else { continue };
        if let Some(found) = with_attributes(line, start, columns).map_err(|fault| (here, fault))? {
            return Ok(Some(found));
        }
        let mut fields = fields_of(line, separator).map_err(|fault| (here, fault))?;
        check_edge(line, &fields, separator).map_err(|fault| (here, fault))?;
        let (header, is_guessed) = if is_first { header(&fields, separator, columns) } else { (None, false) };
        let has_header = header.is_some();
        while !has_header && fields.len() > 2 && fields.last().is_some_and(|field| field.is_empty()) {
            fields.pop();
        }
        let found = match header {
            Some(names) => with_header(&names, separator, columns),
            None => without_header(&fields, separator, columns),
        };
        let (layout, weights_from) = found.map_err(|fault| (here, fault))?;
        let start = if has_header { next } else { start };
        let has_no_name = !has_header && columns.weight.is_none();
        return Ok(Some(Found { layout, start, has_header, is_guessed, weights_from, has_no_name }));
    }
    Ok(start.map(|start| Found {
        layout: silent,
        start,
        has_header: false,
        is_guessed: false,
        weights_from: None,
        has_no_name: false,
    }))
}

fn fields_of(line: &[u8], separator: Separator) -> Result<Vec<Cow<'_, [u8]>>, Fault> {
    // A field takes many times the bytes of an empty one: a line may be as long as the file.
    let fields: Vec<Cow<'_, [u8]>> =
        Fields::of(line, separator).take(MAX_COLUMNS + 1).collect::<Result<_, Fault>>()?;
    if fields.len() > MAX_COLUMNS {
        return Err(Fault::new(format!("at most {MAX_COLUMNS} columns"), "more"));
    }
    Ok(fields)
}

/// A first line that shows edges to be written in another way: in brackets, as Python writes pairs, or with a colon behind the
/// node whose neighbors follow.
fn check_edge(line: &[u8], fields: &[Cow<'_, [u8]>], separator: Separator) -> Result<(), Fault> {
    let line = line.trim_ascii();
    let [first, .., last] = fields else { return Ok(()) };
    let is_bracketed = |open: &[u8], close: &[u8]| {
        first.starts_with(open) && !first.ends_with(close) && last.ends_with(close) && !last.starts_with(open)
    };
    if is_bracketed(b"(", b")") || is_bracketed(b"[", b"]") {
        return Err(Fault::new("two ids without brackets around them", quoted_bytes(line)));
    }
    let is_list = separator == Separator::Blanks && first.len() > 1 && first.ends_with(b":");
    if is_list && !fields[1..].iter().any(|field| field.ends_with(b":")) {
        let expected = "two ids; `--input-format adjacency-list` reads a node and its neighbors";
        return Err(Fault::new(expected, quoted_bytes(line)));
    }
    Ok(())
}

/// The names of the columns, where the first line is or may be of names that are known; and whether only what stands in
/// it says so.
fn header(
    fields: &[Cow<'_, [u8]>],
    separator: Separator,
    columns: &ColumnConfig,
) -> (Option<Vec<String>>, bool) {
    let names = || fields.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect::<Vec<_>>();
    match columns.header {
        Header::Yes => (Some(names()), false),
        Header::No => (None, false),
        Header::Auto => {
            let names = names();
            let is_named = |called: &Option<String>| {
                called.as_ref().is_some_and(|called| {
                    called.parse::<usize>().is_err() && names.iter().any(|name| name.trim() == called)
                })
            };
            let is_header = known_ends(&names, separator).is_some()
                || [&columns.source, &columns.target, &columns.weight].into_iter().any(is_named);
            // A weight that is chosen by its number is a number below the names of columns.
            let weight = columns.weight.as_ref().and_then(|called| called.parse::<usize>().ok());
            let weight = weight.and_then(|number| fields.get(number.checked_sub(1)?));
            let is_guessed = !is_header && weight.is_some_and(|field| !field.is_empty() && !is_number(field));
            ((is_header || is_guessed).then_some(names), is_guessed)
        }
    }
}

fn is_number(field: &[u8]) -> bool {
    std::str::from_utf8(field).is_ok_and(|text| text.parse::<f64>().is_ok())
}

/// The columns of the two ids by their usual names.
fn known_ends(names: &[String], separator: Separator) -> Option<(usize, usize)> {
    let names = plain_names(names);
    let column = |name: &str| names.iter().position(|other| other == name);
    let num_pairs = if separator == Separator::Blanks { ENDS.len() - 1 } else { ENDS.len() };
    ENDS[..num_pairs].iter().find_map(|(from, to)| Some((column(from)?, column(to)?)))
}

/// Names in lower case and without signs between words.
fn plain_names(names: &[String]) -> Vec<String> {
    let plain = |name: &String| -> String {
        // Neo4j has a type or a role behind a colon, and a group in brackets: `:START_ID(Person)`, `weight:float`.
        let name = name.split('(').next().unwrap_or_default();
        let name = match name.split_once(':') {
            Some(("", role)) => role,
            Some((name, _)) => name,
            None => name,
        };
        name.chars().filter(|letter| !"_- .".contains(*letter)).flat_map(char::to_lowercase).collect()
    };
    names.iter().map(plain).collect()
}

/// The columns of a file whose first line names them.
fn with_header(
    names: &[String],
    separator: Separator,
    columns: &ColumnConfig,
) -> Result<(Layout, Option<String>), Fault> {
    let chosen = Chosen::of(columns, names)?;
    let known = known_ends(names, separator);
    let (from, to) = match (chosen.source, chosen.target) {
        (Some(from), Some(to)) => (from, to),
        (Some(from), None) => (from, known.map_or(usize::from(from == 0), |known| known.1)),
        (None, Some(to)) => (known.map_or(usize::from(to == 0), |known| known.0), to),
        (None, None) => match known {
            Some(known) => known,
            None if names.len() == 2 => (0, 1),
            None => return Err(unknown_names(&quoted(&names.join(", ")))),
        },
    };
    check_ends(from, to, names.len())?;
    let plain = plain_names(names);
    let by_name = || WEIGHTS.iter().find_map(|name| plain.iter().position(|other| other == name));
    let weight = chosen.weight.or_else(by_name).filter(|weight| !chosen.ignored.contains(weight));
    let num_fields = names.len();
    let layout = Layout {
        from,
        to,
        weight,
        num_fields,
        expected: format!("{num_fields} fields, as the header has").into(),
        ..layout_of(separator, columns)
    };
    Ok((layout, weight.map(|weight| format!("the column {}", quoted(&names[weight])))))
}

/// The columns of a file by its first edge.
fn without_header(
    fields: &[Cow<'_, [u8]>],
    separator: Separator,
    columns: &ColumnConfig,
) -> Result<(Layout, Option<String>), Fault> {
    let layout = layout_of(separator, columns);
    let num_fields = fields.len();
    let chosen = Chosen::of(columns, &vec![String::new(); num_fields])?;
    if chosen.source.is_some() || chosen.target.is_some() || chosen.weight.is_some() {
        let (from, to) = (chosen.source.unwrap_or(0), chosen.target.unwrap_or(1));
        check_ends(from, to, num_fields)?;
        let expected = format!("{num_fields} fields, as in the first edge").into();
        let weights_from = chosen.weight.map(|weight| format!("column {}", weight + 1));
        return Ok((
            Layout { from, to, weight: chosen.weight, num_fields, expected, ..layout },
            weights_from,
        ));
    }
    match fields {
        [_, _] => Ok((layout, None)),
        [_, arrow, _] if ARROWS.contains(&&**arrow) => {
            let expected = format!("two ids with {} between them, as in the first edge", quoted_bytes(arrow));
            let arrow = Some(arrow.as_ref().into());
            Ok((Layout { to: 2, num_fields: 3, arrow, expected: expected.into(), ..layout }, None))
        }
        [from, word, to]
            if whole_number(from).is_some() && !is_number(word) && whole_number(to).is_some() =>
        {
            let expected =
                "two ids and a weight; `--source 1 --target 3` passes over what stands between two ids";
            Err(Fault::new(expected, format!("the word {} between two numbers", quoted_bytes(word))))
        }
        [_, _, weight] => {
            let is_ignored = chosen.ignored.contains(&2);
            if !is_ignored && !is_number(weight) {
                let expected = "a finite number as weight, or columns that are named by `--source`, `--target` and `--weight`";
                return Err(Fault::new(expected, quoted_bytes(weight)));
            }
            let expected = "two ids and a weight, as in the first edge".into();
            let weight = (!is_ignored).then_some(2);
            let layout = Layout { weight, num_fields: 3, expected, ..layout };
            Ok((layout, weight.map(|_| "the third column, which has no name".to_string())))
        }
        _ => Err(unknown_names(&format!("{num_fields} fields"))),
    }
}

/// The layout of a file whose first edge has attributes in braces.
///
/// The weight is the attribute of this name, unless a user names another one, or passes it over.
fn with_attributes(line: &[u8], start: usize, columns: &ColumnConfig) -> Result<Option<Found>, Fault> {
    let Some((ids, attributes)) = attributes::split(line) else { return Ok(None) };
    let Some(separator) = separator_of(ids) else { return Ok(None) };
    let name = columns.weight.as_deref().unwrap_or("weight");
    let is_ignored = columns.ignore_columns.iter().any(|ignored| ignored == name);
    let is_weighted = !is_ignored && attributes::weight(attributes, name)?.is_some();
    if let Some(weight) = columns.weight.as_ref().filter(|_| !is_weighted) {
        let expected = format!("an attribute {} (`--weight`)", quoted(weight));
        return Err(Fault::new(expected, quoted_bytes(attributes)));
    }
    let expected = match is_weighted {
        true => "with a weight, as in the first edge; `--ignore-columns weight` reads none",
        false if is_ignored => "as in the first edge",
        false => "without a weight, as in the first edge; `--ignore-columns weight` reads none",
    };
    let layout = Layout {
        weight: is_weighted.then_some(2),
        attribute: Some(name.into()).filter(|_| !is_ignored),
        has_attributes: true,
        expected: format!("two ids and attributes in braces {expected}").into(),
        ..layout_of(separator, columns)
    };
    let weights_from = is_weighted.then(|| format!("the attribute {}", quoted(name)));
    let (has_header, is_guessed, has_no_name) = (false, false, false);
    Ok(Some(Found { layout, start, has_header, is_guessed, weights_from, has_no_name }))
}

/// The columns that a user chose.
struct Chosen {
    source: Option<usize>,
    target: Option<usize>,
    weight: Option<usize>,
    ignored: Vec<usize>,
}

impl Chosen {
    fn of(columns: &ColumnConfig, names: &[String]) -> Result<Self, Fault> {
        let names = || names.iter().map(String::as_str);
        let find = |called: &str, flag: &str| {
            ColumnConfig::find(called, names()).ok_or_else(|| {
                let shown: Vec<&str> = names().filter(|name| !name.is_empty()).collect();
                let found = if shown.is_empty() {
                    format!("{} columns without names", names().len())
                } else {
                    quoted(&shown.join(", "))
                };
                Fault::new(format!("a column {} (`{flag}`)", quoted(called)), found)
            })
        };
        let chosen =
            |called: &Option<String>, flag| called.as_deref().map(|called| find(called, flag)).transpose();
        Ok(Self {
            source: chosen(&columns.source, "--source")?,
            target: chosen(&columns.target, "--target")?,
            weight: chosen(&columns.weight, "--weight")?,
            // They may be of the table of nodes.
            ignored: columns
                .ignore_columns
                .iter()
                .filter_map(|called| ColumnConfig::find(called, names()))
                .collect(),
        })
    }
}

fn check_ends(from: usize, to: usize, num_fields: usize) -> Result<(), Fault> {
    if from == to || from.max(to) >= num_fields {
        let expected = "two different columns by `--source` and `--target`";
        return Err(Fault::new(expected, format!("columns {} and {} of {num_fields}", from + 1, to + 1)));
    }
    Ok(())
}

fn unknown_names(found: &str) -> Fault {
    let expected = "two ids and at most a weight, or a first line that names the columns source, target and weight, or \
                    `--source`, `--target` and `--weight` with their names or numbers";
    Fault::new(expected, found)
}

/// What a line with a single id is, as is asked for or else as this.
fn single(columns: &ColumnConfig, otherwise: Single) -> Single {
    match columns.lone_ids {
        LoneIds::Auto => otherwise,
        LoneIds::Node => Single::Node,
        LoneIds::Error => Single::Fault,
    }
}

/// The layout of lines of two ids.
fn layout_of(separator: Separator, columns: &ColumnConfig) -> Layout {
    Layout {
        separator,
        comment_signs: COMMENT_SIGNS,
        from: 0,
        to: 1,
        weight: None,
        num_fields: 2,
        single: single(columns, Single::OneWord),
        arrow: None,
        has_attributes: false,
        attribute: None,
        expected: "two ids, as in the first edge".into(),
    }
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
    let bytes = [b',', b';', b'|'].into_iter().find(|&byte| has(byte)).map(Separator::Byte);
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
        let found = find(text.as_bytes(), &ColumnConfig::default()).unwrap().unwrap();
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
            ("a|b", Separator::Byte(b'|')),
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
            assert_eq!(find(line.as_bytes(), &ColumnConfig::default()).unwrap_err(), (0, fault));
        }
        let most = "source,target".to_string() + &",x".repeat((1 << 10) - 2);
        assert_eq!(layout(&most).0.num_fields, 1 << 10);
    }

    #[test]
    fn silent_lines_and_single_ids_come_before() {
        let (found, start) = layout("# a b c d e\n\n % x\r\n//y\n7\n1;2;0.5;;\n");
        assert_eq!((found.separator, found.weight, start), (Separator::Byte(b';'), Some(2), 23));
        assert!(find(b"\n# a\n", &ColumnConfig::default()).unwrap().is_none());
        assert_eq!(layout("7").0.separator, Separator::Blanks);
    }
}
