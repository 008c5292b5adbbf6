//! What each column of a node table is, by its name.

use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasher;
use std::path::Path;

use hashbrown::DefaultHashBuilder;

use super::KnownOfNodes;
use super::cells::{Fault, Set, finite_number, is_missing};
use crate::column_config::ColumnConfig;
use crate::error::{Error, Place};
use crate::feature_names::FeatureNames;
use crate::format::attributes::LAYOUT;
use crate::format::quoted::quoted;
use crate::format::text_table::{MAX_COLUMNS, TextTable, shown};
use crate::node_ids::NodeIds;
use crate::read_notes::ReadNotes;

const IDS: [&str; 4] = ["id", "node_id", "node", "name"];
const CLASSES: [&str; 3] = ["class", "y", "target"];
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
    /// How many features a cell of each column holds; empty where none holds a list.
    pub(super) widths: Vec<usize>,
    /// A column of labels that may be the names of nodes, as editors show them.
    pub(super) may_be_names: Option<usize>,
    /// Columns that are not used.
    pub(super) notes: ReadNotes,
}

impl Columns {
    /// The columns of these names, as a user says or as the names do.
    ///
    /// # Errors
    /// Two columns for the same thing; a column that a user names and that is not there; too many columns.
    pub(crate) fn of<'a>(
        names: impl Iterator<Item = &'a str>,
        config: &ColumnConfig,
        file: &Path,
    ) -> Result<Self, Error> {
        let names: Vec<Box<str>> = names.take(MAX_COLUMNS + 1).map(Box::from).collect();
        if names.len() > MAX_COLUMNS {
            return Err(Error::refused(Place::line(file, 1), format!("more than {MAX_COLUMNS} columns")));
        }
        let keys = names.iter().map(|name| key(name)).collect();
        Self::of_keys(names, keys, config, file)
    }

    /// The columns of a table that names them. Where it says where nodes are drawn, by numbers `x` and `y`, these and their
    /// kin are no features.
    pub(super) fn of_table(
        table: &TextTable,
        names: &[Box<str>],
        config: &ColumnConfig,
        file: &Path,
    ) -> Result<Self, Error> {
        let mut keys: Vec<Key> = names.iter().map(|name| key(name)).collect();
        let column = |called: &str| names.iter().position(|name| name.trim().eq_ignore_ascii_case(called));
        if let (Some(x), Some(y)) = (column("x"), column("y"))
            && table.first_row()?.is_some_and(|row| [x, y].iter().all(|&at| finite_number(&row[at]).is_ok()))
        {
            for (key, name) in keys.iter_mut().zip(names) {
                let name = name.trim().to_ascii_lowercase();
                if ["x", "y"].contains(&&*name) || LAYOUT.contains(&&*name) {
                    *key = Key::Drawing;
                }
            }
        }
        Self::of_keys(names.to_vec(), keys, config, file)
    }

    /// The columns of a table that does not name them, called "1", "2", …. The first is ids where its cells differ and have no
    /// fraction: of two columns always, of more where one of the cells is a node. What stands beside the ids of two columns is
    /// labels, unless it has a fraction; so is a single column. Others are features.
    pub(super) fn unnamed(
        table: &TextTable,
        known: KnownOfNodes<'_>,
        config: &ColumnConfig,
        file: &Path,
    ) -> Result<Self, Error> {
        let num_columns = table.num_columns();
        let names = (1..=num_columns).map(|number| number.to_string().into()).collect();
        let mut keys: Vec<Key> = (0..num_columns).map(|_| Key::Feature).collect();
        let index = known.ids.map(NodeIds::index).transpose()?;
        let [mut has_node, mut differ] = [false, true];
        let [mut fractions, mut texts] = [[false; 2]; 2];
        let (hasher, mut seen) = (DefaultHashBuilder::default(), HashSet::new());
        table.for_each_row(|_, row| {
            has_node |= index.as_ref().is_some_and(|index| index.get(&row[0]).is_some());
            for (column, cell) in row.iter().take(2).enumerate() {
                let value = cell.parse::<f32>();
                texts[column] |= value.is_err() && !is_missing(cell);
                fractions[column] |= value.is_ok_and(|value| value.fract() != 0.0);
            }
            // What is kept of the cells goes as soon as two are the same.
            if num_columns > 1 && differ && !seen.insert(hasher.hash_one(&row[0])) {
                (differ, seen) = (false, HashSet::new());
            }
            Ok(())
        })?;
        drop(seen);
        let are_ids = differ && !fractions[0] && (has_node || num_columns == 2 && !known.are_features);
        if are_ids && num_columns > 1 {
            keys[0] = Key::Id(0);
        }
        let labels = if num_columns == 1 { Some(0) } else { (num_columns == 2 && are_ids).then_some(1) };
        let labels = labels.filter(|&column| !fractions[column] && !known.are_features);
        if let Some(column) = labels {
            keys[column] = if texts[column] { Key::Label } else { Key::Class(0) };
        }
        let mut columns = Self::of_keys(names, keys, config, file)?;
        let roles = [(Role::Id, "ids"), (Role::Label, "classes"), (Role::Feature, "features")];
        let told = roles.iter().filter_map(|(role, what)| {
            let first = columns.roles.iter().position(|other| other == role)?;
            let last = columns.roles.iter().rposition(|other| other == role)?;
            let numbers = if first == last { String::new() } else { format!(" to {}", last + 1) };
            Some(format!("{}{numbers}: {what}", first + 1))
        });
        let told = told.collect::<Vec<String>>().join(", ");
        let remark =
            format!("no names of columns in the first line (`--header yes` says otherwise); columns {told}");
        columns.notes.remarks.push(remark);
        Ok(columns)
    }

    fn of_keys(
        names: Vec<Box<str>>,
        mut keys: Vec<Key>,
        config: &ColumnConfig,
        file: &Path,
    ) -> Result<Self, Error> {
        let mut notes = ReadNotes::default();
        let find = |called: &String, flag: &str| {
            ColumnConfig::find(called, names.iter().map(|name| &**name)).ok_or_else(|| {
                let expected = format!("a column {} (`{flag}`)", quoted(called));
                Error::malformed(Place::line(file, 1), expected, shown(&names))
            })
        };
        let find_all = |called: &[String], flag| {
            called.iter().map(|called| find(called, flag)).collect::<Result<Vec<_>, _>>()
        };
        let used = find_all(&config.use_columns, "--use-columns")?;
        let is_usable = |column: usize| used.is_empty() || used.contains(&column);
        for (key, name) in keys
            .iter_mut()
            .zip(&names)
            .enumerate()
            .filter(|(column, _)| !is_usable(*column))
            .map(|(_, pair)| pair)
        {
            if matches!(key, Key::Feature | Key::Drawing) {
                *key = Key::Unused;
                notes.unused(name, "not in `--use-columns`");
            }
        }
        used.iter().for_each(|&column| keys[column] = Key::Feature);
        for column in find_all(&config.ignore_columns, "--ignore-columns")? {
            keys[column] = Key::Unused;
            notes.unused(&names[column], "in `--ignore-columns`");
        }
        for (key, name) in keys.iter_mut().zip(&names).filter(|(key, _)| matches!(key, Key::Drawing)) {
            *key = Key::Unused;
            notes.unused(name, "how nodes are drawn; `--use-columns` uses it");
        }
        let mut chosen = [None; 3];
        let flags = [(&config.id, "--id"), (&config.label, "--label"), (&config.split, "--split")];
        for ((called, flag), chosen) in flags.into_iter().zip(&mut chosen) {
            *chosen = called.as_ref().map(|called| find(called, flag)).transpose()?;
        }
        // Of several columns the one that a user chose counts, else the one of the surest name.
        let rank = |key: &Key| match key {
            Key::Id(rank) => Some((0, *rank)),
            Key::Label => Some((1, 3)),
            Key::Class(rank) => Some((1, *rank)),
            _ => None,
        };
        for (kind, what) in [(0, "ids"), (1, "labels")] {
            let ranked = keys.iter().enumerate().filter_map(|(column, key)| Some((rank(key)?, column)));
            let of_kind: Vec<_> = ranked.filter(|((other, _), _)| *other == kind).collect();
            let first = chosen[kind].or(of_kind.iter().min().map(|(_, column)| *column));
            for (_, column) in of_kind.into_iter().filter(|(_, column)| Some(*column) != first) {
                keys[column] = Key::Unused;
                let other = first.map_or_else(String::new, |first| quoted(&names[first]));
                notes.unused(&names[column], format!("the {what} are in {other}"));
            }
        }
        if let [Some(id), _, _] = chosen {
            keys[id] = Key::Id(0);
        }
        if let [_, Some(label), _] = chosen {
            keys[label] = Key::Class(0);
        }
        if let [_, _, Some(split)] = chosen {
            let is_split = |key: &Key| matches!(key, Key::Split(_) | Key::Mask(..));
            keys.iter_mut().filter(|key| is_split(key)).for_each(|key| *key = Key::Unused);
            keys[split] = Key::Split(None);
        }
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
            Key::Unused | Key::Drawing => Role::Unused,
            Key::Id(_) => Role::Id,
            Key::Label | Key::Class(_) => Role::Label,
            Key::Split(number) => Role::Split(splits[number]),
            Key::Mask(number, set) => Role::Mask(splits[number], *set),
            Key::Feature => Role::Feature,
        };
        let may_be_names =
            keys.iter().position(|key| matches!(key, Key::Label)).filter(|_| splits.is_empty());
        let roles = keys.iter().map(role).collect();
        let (num_splits, widths) = (splits.len(), Vec::new());
        let columns = Self { names, roles, num_splits, widths, may_be_names, notes };
        columns.check(file)?;
        Ok(columns)
    }

    /// Makes ids of a column that no name makes one, if its cells are the nodes of the graph, each of them once: of whole
    /// numbers only the first column, as others may be counts.
    pub(super) fn find_ids(&mut self, table: &TextTable, ids: &NodeIds) -> Result<(), Error> {
        /// More columns of nodes than a table has.
        const MAX_CANDIDATES: usize = 8;
        let index = ids.index()?;
        let are_numbers = ids.numbers().is_some();
        let Some(row) = table.first_row()? else { return Ok(()) };
        let may_be_ids = |column: &usize| {
            self.roles[*column] == Role::Feature
                && (*column == 0 || !are_numbers)
                && index.get(&row[*column]).is_some()
        };
        let candidates: Vec<usize> = (0..self.roles.len()).filter(may_be_ids).take(MAX_CANDIDATES).collect();
        let mut seen: Vec<Vec<bool>> = candidates.iter().map(|_| vec![false; ids.len()]).collect();
        let mut are_nodes = vec![true; candidates.len()];
        if !candidates.is_empty() {
            table.for_each_row(|_, row| {
                for ((column, seen), are_nodes) in candidates.iter().zip(&mut seen).zip(&mut are_nodes) {
                    let node = index.get(&row[*column]);
                    *are_nodes &= node.is_some_and(|node| !std::mem::replace(&mut seen[node as usize], true));
                }
                Ok(())
            })?;
        }
        if let Some((&column, _)) = candidates.iter().zip(are_nodes).find(|(_, are_nodes)| *are_nodes) {
            self.roles[column] = Role::Id;
            let name = quoted(&self.names[column]);
            let remark =
                format!("column {name} read as the ids of nodes, as its cells are (`--id` names another)");
            self.notes.remarks.push(remark);
        }
        Ok(())
    }

    /// Only one column says what something is.
    fn check(&self, file: &Path) -> Result<(), Error> {
        let mut first: BTreeMap<(u8, usize), usize> = BTreeMap::new();
        for (column, role) in self.roles.iter().enumerate() {
            let (slots, what): (&[(u8, usize)], _) = match *role {
                Role::RowNumber => (&[(0, 0)], "row numbers"),
                Role::Split(split) => (&[(3, split), (4, split), (5, split)], "a split"),
                Role::Mask(split, set) => (&[(3 + set as u8, split)], "a set of a split"),
                Role::Id | Role::Label | Role::Feature | Role::Text(_) | Role::Unused => continue,
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

    /// How many features a cell of a column holds.
    pub(super) fn width(&self, column: usize) -> usize {
        self.widths.get(column).copied().unwrap_or(1)
    }

    /// How many features there are.
    pub(super) fn num_features(&self) -> usize {
        let roles = self.roles.iter().enumerate();
        roles.filter(|(_, role)| **role == Role::Feature).map(|(column, _)| self.width(column)).sum()
    }

    /// The names of the features, where each is a column; a block of them has one name for all.
    pub(super) fn feature_names(&self, d_input: usize) -> Option<FeatureNames> {
        if d_input == 0 || self.num_features() != d_input {
            return None;
        }
        let mut names = Vec::with_capacity(d_input);
        for (column, name) in self.names.iter().enumerate() {
            match self.width(column) {
                _ if self.roles[column] != Role::Feature => {}
                1 => names.push(name.clone()),
                width => names.extend((0..width).map(|element| format!("{name}_{element}").into())),
            }
        }
        Some(FeatureNames::of_columns(names))
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

/// What a name means, a split by its number.
enum Key {
    RowNumber,
    Unused,
    /// The lower, the surer.
    Id(usize),
    /// Classes, or what editors show beside a node.
    Label,
    /// The lower, the surer.
    Class(usize),
    /// How a node is drawn.
    Drawing,
    Split(Option<u32>),
    Mask(Option<u32>, Set),
    Feature,
}

/// Whether a column of this name is a feature.
pub(super) fn is_feature(name: &str) -> bool {
    matches!(key(name), Key::Feature)
}

/// What stands behind the colon in a header of Neo4j for a value of a type.
const NEO4J_TYPES: [&str; 8] = ["int", "long", "float", "double", "boolean", "byte", "short", "string"];

fn key(name: &str) -> Key {
    let mut name = name.trim().to_ascii_lowercase();
    // As Neo4j names columns for its import: `personId:ID(Person)`, `:LABEL`, `age:int`.
    if let Some((base, kind)) = name.split_once(':') {
        match kind.split('(').next().unwrap_or_default() {
            "id" => return Key::Id(0),
            "label" => return Key::Class(CLASSES.len()),
            "ignore" => return Key::Unused,
            kind if NEO4J_TYPES.contains(&kind.trim_end_matches("[]")) => name = base.to_string(),
            _ => {}
        }
    }
    let numbered = |base: &str| match name.strip_prefix(base) {
        Some("") => Some(None),
        Some(end) => end.strip_prefix('_')?.parse().ok().map(Some),
        None => None,
    };
    if ROW_NUMBERS.contains(&name.as_str()) {
        Key::RowNumber
    } else if let Some(rank) = IDS.iter().position(|id| *id == name) {
        Key::Id(rank)
    } else if name == "label" {
        Key::Label
    } else if let Some(rank) = CLASSES.iter().position(|class| *class == name) {
        Key::Class(rank)
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
        Columns::of(names.iter().copied(), &ColumnConfig::default(), Path::new("t.csv"))
            .map_err(|error| error.to_string())
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
    fn headers_of_neo4j_are_understood() {
        let columns =
            columns(&["personId:ID(Person)", "name:string", "age:int", ":LABEL", "x:IGNORE", "v:float[]"]);
        let roles = columns.unwrap().roles;
        let expected = [Role::Id, Role::Unused, Role::Feature, Role::Label, Role::Unused, Role::Feature];
        assert_eq!(roles, expected);
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

    #[test]
    fn of_several_columns_of_ids_or_labels_the_surest_counts() {
        let columns = columns(&["Name", "id", "x", "Label", "class", "y"]).unwrap();
        let [unused, id, feature, label] = [Role::Unused, Role::Id, Role::Feature, Role::Label];
        assert_eq!(columns.roles, [unused, id, feature, unused, label, unused]);
        assert_eq!(
            columns.notes.to_string(),
            "not used: \"Name\" (the ids are in \"id\")\nnot used: \"Label\", \"y\" (the labels are in \"class\")\n"
        );
    }

    #[test]
    fn a_user_says_what_columns_are() {
        let names = ["key", "Group", "fold", "age", "size", "y"];
        let of = |config: &ColumnConfig| {
            Columns::of(names.into_iter(), config, Path::new("t.csv")).map_err(|error| error.to_string())
        };
        let config = ColumnConfig {
            id: Some("key".into()),
            label: Some("2".into()),
            split: Some("fold".into()),
            use_columns: vec!["age".into(), "y".into()],
            ..ColumnConfig::default()
        };
        let columns = of(&config).unwrap();
        let [feature, unused] = [Role::Feature, Role::Unused];
        assert_eq!(columns.roles, [Role::Id, Role::Label, Role::Split(0), feature, unused, feature]);
        let ignored =
            of(&ColumnConfig { ignore_columns: vec!["size".into(), "y".into()], ..config }).unwrap();
        assert_eq!(ignored.roles[3..], [feature, unused, unused]);
        assert_eq!(
            of(&ColumnConfig { label: Some("group".into()), ..ColumnConfig::default() }).unwrap_err(),
            "t.csv:1: expected a column \"group\" (`--label`), found \"key, Group, fold, age, size, y\""
        );
    }
}
