//! What stands in a cell.

use crate::error::{Error, Place};
use crate::format::quoted::quoted;

/// What is wrong with a cell, without its place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) expected: String,
    pub(crate) found: String,
    /// Whether text stands where a number should.
    pub(crate) is_text: bool,
}

impl Fault {
    pub(crate) fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { expected: expected.into(), found: found.into(), is_text: false }
    }

    pub(crate) fn at(self, place: Place) -> Error {
        Error::malformed(place, self.expected, self.found)
    }
}

/// A set of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Set {
    Train,
    Val,
    Test,
}

impl Set {
    /// The set that a cell names; none for an empty cell.
    pub(crate) fn named(cell: &str) -> Result<Option<Self>, Fault> {
        let word = cell.trim();
        let is = |names: &[&str]| names.iter().any(|name| word.eq_ignore_ascii_case(name));
        match () {
            () if is(&["train"]) => Ok(Some(Self::Train)),
            () if is(&["val", "valid", "validation"]) => Ok(Some(Self::Val)),
            () if is(&["test"]) => Ok(Some(Self::Test)),
            () if is(&["none"]) || is_missing(word) => Ok(None),
            () => Err(Fault::new("train, val, test or nothing", quoted(cell))),
        }
    }
}

/// Whether a cell of a mask is set; an empty one is not.
pub(super) fn flag(cell: &str) -> Result<bool, Fault> {
    match cell.trim() {
        word if is_missing(word) => Ok(false),
        "1" => Ok(true),
        "0" => Ok(false),
        word if word.eq_ignore_ascii_case("true") => Ok(true),
        word if word.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(Fault::new("true or false", quoted(cell))),
    }
}

/// The value of a feature.
pub(super) fn number(cell: &str) -> Result<f32, Fault> {
    let word = cell.trim();
    match word.parse::<f32>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err(Fault::new(FINITE, quoted(cell))),
        Err(_) if word.eq_ignore_ascii_case("true") => Ok(1.0),
        Err(_) if word.eq_ignore_ascii_case("false") => Ok(0.0),
        Err(_) => Err(Fault { is_text: true, ..Fault::new(FINITE, quoted(cell)) }),
    }
}

/// The value of a cell that is a finite number, and not a word for one.
pub(crate) fn finite_number(cell: &str) -> Result<f32, Fault> {
    let number = cell.trim().parse().ok().filter(|number: &f32| number.is_finite());
    number.ok_or_else(|| Fault::new(FINITE, quoted(cell)))
}

/// The elements of a list of numbers in a cell, between brackets or bare; none where the cell is something else. Two bare
/// numbers with a comma and no blank between them are none: in half of the world `0,5` is one number.
pub(super) fn list(cell: &str) -> Option<Vec<&str>> {
    let word = cell.trim();
    let inner = [('[', ']'), ('(', ')')]
        .iter()
        .find_map(|(open, close)| word.strip_prefix(*open)?.strip_suffix(*close));
    let is_between = |letter: char| letter.is_whitespace() || ",;|".contains(letter);
    let elements: Vec<&str> =
        inner.unwrap_or(word).split(is_between).filter(|element| !element.is_empty()).collect();
    let is_list = match elements.len() {
        0 | 1 => inner.is_some(),
        2 => inner.is_some() || word.contains([' ', ';', '|']),
        _ => true,
    };
    (is_list && elements.iter().all(|element| finite_number(element).is_ok())).then_some(elements)
}

const FINITE: &str = "a finite number";

/// Whether a cell of a feature has no value: as a missing label, or in another word for it that is no number.
pub(super) fn is_missing_number(cell: &str) -> bool {
    let word = cell.trim();
    is_missing(word) || ["na", "n/a", "none", "?"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Whether a cell says that there is nothing.
pub(crate) fn is_missing(cell: &str) -> bool {
    let word = cell.trim();
    word.is_empty() || word.eq_ignore_ascii_case("nan") || word.eq_ignore_ascii_case("null")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_have_several_names_and_nothing_is_a_set_too() {
        assert_eq!(Set::named("Train"), Ok(Some(Set::Train)));
        for name in ["val", "valid", " Validation"] {
            assert_eq!(Set::named(name), Ok(Some(Set::Val)), "{name}");
        }
        for name in ["", "none", "NaN"] {
            assert_eq!(Set::named(name), Ok(None), "{name}");
        }
        assert_eq!(Set::named("dev"), Err(Fault::new("train, val, test or nothing", "\"dev\"")));
    }

    #[test]
    fn lists_are_between_brackets_or_bare() {
        assert_eq!(list("[0.5, -1]"), Some(vec!["0.5", "-1"]));
        assert_eq!((list("1, 2"), list("1;2|3")), (Some(vec!["1", "2"]), Some(vec!["1", "2", "3"])));
        for cell in ["0,5", "7", "", "Rio 7", "2024-01-02", "[a]"] {
            assert_eq!(list(cell), None, "{cell}");
        }
    }

    #[test]
    fn numbers_are_finite_and_truth_counts() {
        assert_eq!((number(" -1.5e3 "), number("True"), number("false")), (Ok(-1500.0), Ok(1.0), Ok(0.0)));
        for cell in ["nan", "-inf", "1e39"] {
            assert_eq!(number(cell), Err(Fault::new("a finite number", format!("{cell:?}"))));
        }
        for cell in ["", " NaN", "N/A", "?", "none"] {
            assert!(is_missing_number(cell), "{cell:?}");
        }
        assert!(!is_missing_number("0") && !is_missing_number("inf"));
        assert!(number("Paris").unwrap_err().is_text);
    }
}
