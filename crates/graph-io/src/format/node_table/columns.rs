//! What each column of a node table is, by its name.

use std::collections::BTreeMap;
use std::path::Path;

use super::cells::{Fault, Set};
use crate::error::{Error, Place};
use crate::feature_names::FeatureNames;
use crate::format::quoted::quoted;

/// More columns than any table of features has; what is kept of a column is longer than its name may be.
pub(super) const MAX_COLUMNS: usize = 1 << 18;

const IDS: [&str; 4] = ["id", "node_id", "node", "name"];
const LABELS: [&str; 4] = ["label", "class", "y", "target"];
const SPLITS: [&str; 2] = ["split", "set"];
const MASKS: [(&str, Set); 4] =
    [("train_mask", Set::Train), ("val_mask", Set::Val), ("valid_mask", Set::Val), ("test_mask", Set::Test)];
/// The number of a row, as runs of this program and pandas (an index without a name) write it.
const ROW_NUMBERS: [&str; 3] = ["row", "", "__index_level_0__"];

/// What a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A row number if it counts from 0, a feature otherwise.
    RowNumber,
    /// Nothing that is kept.
    Unused,
    Id,
    Label,
    /// The name of a set in a split.
    Split(usize),
    /// Whether a node is in a set of a split.
    Mask(usize, Set),
    Feature,
    /// A feature that is texts, by its number among those.
    Text(usize),
}

/// The columns of a table.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    pub(crate) names: Vec<Box<str>>,
    pub(crate) roles: Vec<Role>,
    pub(crate) num_splits: usize,
}

impl Columns {
    /// The columns of these names.
    ///
    /// # Errors
    /// Two columns for the same thing; too many columns.
    pub(crate) fn of<'a>(names: impl Iterator<Item = &'a str>, file: &Path) -> Result<Self, Error> {
        let names: Vec<Box<str>> = names.take(MAX_COLUMNS + 1).map(Box::from).collect();
        if names.len() > MAX_COLUMNS {
            return Err(too_many(file));
        }
        let keys: Vec<Key> = names.iter().map(|name| key(name)).collect();
        // Splits come in the order of their numbers, one without a number first.
        let mut splits: BTreeMap<Option<u32>, usize> = BTreeMap::new();
        for key in &keys {
            if let Key::Split(number) | Key::Mask(number, _) = key {
                splits.insert(*number, 0);
            }
        }
        splits.values_mut().enumerate().for_each(|(slot, place)| *place = slot);
        let role = |key: &Key| match key {
            Key::RowNumber => Role::RowNumber,
            Key::Id => Role::Id,
            Key::Label => Role::Label,
            Key::Split(number) => Role::Split(splits[number]),
            Key::Mask(number, set) => Role::Mask(splits[number], *set),
            Key::Feature => Role::Feature,
        };
        let roles = keys.iter().map(role).collect();
        let columns = Self { names, roles, num_splits: splits.len() };
        columns.check(file)?;
        Ok(columns)
    }

    /// Only one column says what something is.
    fn check(&self, file: &Path) -> Result<(), Error> {
        let mut first: BTreeMap<(u8, usize), usize> = BTreeMap::new();
        for (column, role) in self.roles.iter().enumerate() {
            let (slots, what): (&[(u8, usize)], _) = match *role {
                Role::RowNumber => (&[(0, 0)], "row numbers"),
                Role::Id => (&[(1, 0)], "ids"),
                Role::Label => (&[(2, 0)], "labels"),
                Role::Split(split) => (&[(3, split), (4, split), (5, split)], "a split"),
                Role::Mask(split, set) => (&[(3 + set as u8, split)], "a set of a split"),
                Role::Feature | Role::Text(_) | Role::Unused => continue,
            };
            for slot in slots {
                if let Some(other) = first.insert(*slot, column).filter(|other| *other != column) {
                    let found = format!("{} and {}", quoted(&self.names[other]), quoted(&self.names[column]));
                    let expected = format!("one column of {what}");
                    return Err(Error::malformed(Place::line(file, 1), expected, found));
                }
            }
        }
        Ok(())
    }

    /// The column of this role.
    pub(crate) fn position(&self, role: Role) -> Option<usize> {
        self.roles.iter().position(|&other| other == role)
    }

    /// How many columns are features.
    pub(super) fn num_features(&self) -> usize {
        self.roles.iter().filter(|&&role| role == Role::Feature).count()
    }

    /// The names of the features, where each is a column; a block of them has one name for all.
    pub(super) fn feature_names(&self, d_input: usize) -> Option<FeatureNames> {
        if d_input == 0 || self.num_features() != d_input {
            return None;
        }
        let names = self.names.iter().zip(&self.roles).filter(|(_, role)| **role == Role::Feature);
        Some(FeatureNames::of_columns(names.map(|(name, _)| name.clone()).collect()))
    }

    /// Makes columns of texts of some of the features.
    pub(super) fn make_texts(&mut self, is_text: impl Fn(usize) -> bool) {
        let mut num_texts = 0;
        for (column, role) in self.roles.iter_mut().enumerate() {
            if *role == Role::Feature && is_text(column) {
                *role = Role::Text(num_texts);
                num_texts += 1;
            }
        }
    }

    /// The names of the columns of texts.
    pub(super) fn text_names(&self) -> Vec<&str> {
        let columns = self.names.iter().zip(&self.roles);
        columns.filter(|(_, role)| matches!(role, Role::Text(_))).map(|(name, _)| &**name).collect()
    }

    /// A fault in a cell, with the name of its column.
    pub(super) fn fault(&self, column: usize, fault: Fault) -> Fault {
        let expected = format!("{} in column {}", fault.expected, quoted(&self.names[column]));
        Fault { expected, ..fault }
    }
}

/// The complaint about a table that is too wide.
pub(super) fn too_many(file: &Path) -> Error {
    Error::refused(Place::line(file, 1), format!("more than {MAX_COLUMNS} columns"))
}

/// What a name means, a split by its number.
enum Key {
    RowNumber,
    Id,
    Label,
    Split(Option<u32>),
    Mask(Option<u32>, Set),
    Feature,
}

/// Whether a column of this name is a feature.
pub(super) fn is_feature(name: &str) -> bool {
    matches!(key(name), Key::Feature)
}

fn key(name: &str) -> Key {
    let name = name.trim().to_ascii_lowercase();
    let numbered = |base: &str| match name.strip_prefix(base) {
        Some("") => Some(None),
        Some(end) => end.strip_prefix('_')?.parse().ok().map(Some),
        None => None,
    };
    if ROW_NUMBERS.contains(&name.as_str()) {
        Key::RowNumber
    } else if IDS.contains(&name.as_str()) {
        Key::Id
    } else if LABELS.contains(&name.as_str()) {
        Key::Label
    } else if let Some(number) = SPLITS.iter().find_map(|base| numbered(base)) {
        Key::Split(number)
    } else if let Some((number, set)) = MASKS.iter().find_map(|&(base, set)| Some((numbered(base)?, set))) {
        Key::Mask(number, set)
    } else {
        Key::Feature
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Result<Columns, String> {
        Columns::of(names.iter().copied(), Path::new("t.csv")).map_err(|error| error.to_string())
    }

    #[test]
    fn names_say_what_a_column_is_whatever_their_case() {
        let columns = columns(&["Row", " Node_ID", "age", "Class", "split_2", "split", "identity"]).unwrap();
        assert_eq!(
            columns.roles,
            [
                Role::RowNumber,
                Role::Id,
                Role::Feature,
                Role::Label,
                Role::Split(1),
                Role::Split(0),
                Role::Feature
            ]
        );
        assert_eq!((columns.num_splits, columns.num_features()), (2, 2));
    }

    #[test]
    fn masks_of_one_number_are_one_split() {
        let columns = columns(&["test_mask_10", "train_mask_9", "val_mask_9", "train_mask_x"]).unwrap();
        assert_eq!(
            columns.roles,
            [Role::Mask(1, Set::Test), Role::Mask(0, Set::Train), Role::Mask(0, Set::Val), Role::Feature]
        );
    }

    #[test]
    fn two_columns_for_one_thing_are_named() {
        let message = |names: &[&str]| columns(names).unwrap_err();
        assert_eq!(
            message(&["id", "x", "Name"]),
            "t.csv:1: expected one column of ids, found \"id\" and \"Name\""
        );
        assert_eq!(
            message(&["y", "label"]),
            "t.csv:1: expected one column of labels, found \"y\" and \"label\""
        );
        assert_eq!(
            message(&["train_mask", "set"]),
            "t.csv:1: expected one column of a split, found \"train_mask\" and \"set\""
        );
        assert_eq!(
            message(&["val_mask_1", "valid_mask_1"]),
            "t.csv:1: expected one column of a set of a split, found \"val_mask_1\" and \"valid_mask_1\""
        );
        let many = vec!["x"; MAX_COLUMNS + 1];
        assert_eq!(message(&many), "t.csv:1: refused more than 262144 columns");
    }
}
