//! XML: read as a row of elements, texts and ends, each with the line it starts in; and what its writers share.

use std::borrow::Cow;
use std::path::Path;

use quick_xml::XmlVersion;
use quick_xml::errors::Error as XmlError;
use quick_xml::escape::{EscapeError, resolve_predefined_entity};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::error::{Error, Place};
use crate::format::quoted::quoted;
use crate::node_dataset::NodeDataset;

/// Editors nest what they keep in `data` a dozen deep.
const MAX_DEPTH: usize = 64;

pub(super) struct Xml<'a> {
    reader: Reader<&'a [u8]>,
    text: &'a str,
    file: &'a Path,
    depth: usize,
    // Where the last item starts.
    at: usize,
}

/// What comes next in a document; comments and instructions do not come up.
pub(super) enum Item<'a> {
    Open(Element<'a>),
    Text(Cow<'a, str>),
    Close,
    End,
}

/// An element that has just been opened.
pub(super) struct Element<'a> {
    start: BytesStart<'a>,
    /// The byte where it starts.
    pub(super) at: usize,
}

impl Element<'_> {
    /// The name without its prefix.
    pub(super) fn name(&self) -> &str {
        self.start.local_name().into_inner()
    }
}

impl<'a> Xml<'a> {
    pub(super) fn new(text: &'a str, file: &'a Path) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        Self { reader, text, file, depth: 0, at: 0 }
    }

    /// The line of a byte. O(bytes before it), for errors alone.
    pub(super) fn place(&self, at: usize) -> Place {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        Place::line(self.file, 1 + memchr::memchr_iter(b'\n', before).count())
    }

    pub(super) fn malformed(
        &self,
        at: usize,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Error {
        Error::malformed(self.place(at), expected, found)
    }

    pub(super) fn refused(&self, at: usize, what: impl Into<String>) -> Error {
        Error::refused(self.place(at), what)
    }

    pub(super) fn next(&mut self) -> Result<Item<'a>, Error> {
        loop {
            self.at = self.reader.buffer_position() as usize;
            let event = self.reader.read_event();
            let event =
                event.map_err(|error| self.ill_formed(self.reader.error_position() as usize, error))?;
            let text = match event {
                Event::Start(start) => {
                    self.depth += 1;
                    if self.depth > MAX_DEPTH {
                        return Err(self.refused(self.at, format!("elements more than {MAX_DEPTH} deep")));
                    }
                    return Ok(Item::Open(Element { start, at: self.at }));
                }
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(Item::Close);
                }
                Event::Eof if self.depth > 0 => {
                    let found = "the end of the file inside an element";
                    return Err(self.malformed(self.text.len(), "well-formed XML", found));
                }
                Event::Eof => return Ok(Item::End),
                Event::Text(text) => text.xml10_content(),
                Event::CData(text) => text.xml10_content(),
                Event::GeneralRef(name) => {
                    let resolved =
                        name.resolve_char_ref().map_err(|error| self.ill_formed(self.at, error))?;
                    match (resolved, resolve_predefined_entity(&name)) {
                        (Some(character), _) => Cow::Owned(character.to_string()),
                        (None, Some(text)) => Cow::Borrowed(text),
                        (None, None) => {
                            return Err(self.refused(self.at, format!("the entity {}", quoted(&name))));
                        }
                    }
                }
                Event::DocType(_) => return Err(self.refused(self.at, "a document type definition")),
                Event::Decl(declaration) => {
                    let encoding = declaration.encoding().transpose();
                    let encoding = encoding.map_err(|error| self.ill_formed(self.at, error.into()))?;
                    let is_utf8 = |name: &str| ["utf-8", "utf8", "us-ascii"].contains(&&*name.to_lowercase());
                    match encoding {
                        // In plain ASCII all of them are one.
                        Some(name) if !is_utf8(&name) && !self.text.is_ascii() => {
                            return Err(self.malformed(self.at, "the encoding UTF-8", quoted(&name)));
                        }
                        _ => continue,
                    }
                }
                Event::Comment(_) | Event::PI(_) => continue,
                Event::Empty(_) => unreachable!("expanded, by the reader's settings"),
            };
            if self.depth > 0 {
                return Ok(Item::Text(text));
            }
            if !is_blank(&text) {
                return Err(self.malformed(self.at, "an XML document", quoted(text.trim())));
            }
        }
    }

    /// The next element inside the current one; none at its end. Text between the elements must be blank.
    pub(super) fn child(&mut self) -> Result<Option<Element<'a>>, Error> {
        loop {
            match self.next()? {
                Item::Open(element) => return Ok(Some(element)),
                Item::Close | Item::End => return Ok(None),
                Item::Text(text) if is_blank(&text) => {}
                Item::Text(text) => return Err(self.malformed(self.at, "an element", quoted(text.trim()))),
            }
        }
    }

    /// Passes over what is left of the current element.
    pub(super) fn skip(&mut self) -> Result<(), Error> {
        let outside = self.depth - 1;
        while self.depth > outside {
            self.next()?;
        }
        Ok(())
    }

    /// The text of the current element, which holds nothing else, to its end.
    pub(super) fn text(&mut self, into: &mut String) -> Result<(), Error> {
        into.clear();
        loop {
            match self.next()? {
                Item::Text(text) => into.push_str(&text),
                Item::Open(element) => {
                    return Err(self.malformed(
                        self.at,
                        "text alone",
                        format!("the element {}", quoted(element.name())),
                    ));
                }
                Item::Close | Item::End => return Ok(()),
            }
        }
    }

    /// The values of some attributes.
    pub(super) fn attributes<'e, const N: usize>(
        &self,
        element: &'e Element<'a>,
        names: [&str; N],
    ) -> Result<[Option<Cow<'e, str>>; N], Error> {
        let mut values = [const { None }; N];
        for attribute in element.start.attributes() {
            let attribute = attribute.map_err(|error| self.ill_formed(element.at, error.into()))?;
            if let Some(index) = names.iter().position(|name| *name == attribute.key.into_inner()) {
                let value = attribute.normalized_value(XmlVersion::Implicit1_0);
                values[index] = Some(value.map_err(|error| self.ill_formed(element.at, error))?);
            }
        }
        Ok(values)
    }

    /// The value of an attribute that must be there.
    pub(super) fn required<'e>(
        &self,
        element: &Element<'_>,
        name: &str,
        value: Option<Cow<'e, str>>,
    ) -> Result<Cow<'e, str>, Error> {
        value.ok_or_else(|| {
            self.malformed(element.at, format!("the attribute {name:?} of {}", element.name()), "none")
        })
    }

    fn ill_formed(&self, at: usize, error: XmlError) -> Error {
        if let XmlError::Escape(EscapeError::UnrecognizedEntity(_, name)) = &error {
            return self.refused(at, format!("the entity {}", quoted(name)));
        }
        let mut message = error.to_string();
        // It may show a name of any length.
        if let Some((end, _)) = message.char_indices().nth(120) {
            message.truncate(end);
        }
        self.malformed(at, "well-formed XML", message)
    }
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_whitespace())
}

/// Ids and classes that XML has a place for.
pub(super) fn check_texts(dataset: &NodeDataset) -> Result<(), Error> {
    let check = |what: &str, text: &str| match text.chars().find(|&character| !is_of_xml(character)) {
        Some(odd) => {
            let found = format!("U+{:04X} in {}", u32::from(odd), quoted(text));
            Err(Error::invalid(what, "characters that XML has a place for", found))
        }
        None => Ok(()),
    };
    dataset.node_ids().iter().try_for_each(|id| check("node ids", &id))?;
    for name in dataset.labels().map_or(&[][..], |labels| labels.class_names()) {
        check("class names", name)?;
        if name.is_empty() {
            return Err(Error::invalid("class names", "a name for each, since no text is no class", "\"\""));
        }
    }
    Ok(())
}

/// Whether a character may stand in an XML 1.0 document, as it is or by its number.
pub(super) fn is_of_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// A text for an attribute or between tags; what a reader would make a space or a line end of goes by its number.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    let escape = |character| match character {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\t' => Some("&#9;"),
        '\n' => Some("&#10;"),
        '\r' => Some("&#13;"),
        _ => None,
    };
    if !text.chars().any(|character| escape(character).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match escape(character) {
            Some(escaped) => out.push_str(escaped),
            None => out.push(character),
        }
    }
    Cow::Owned(out)
}
