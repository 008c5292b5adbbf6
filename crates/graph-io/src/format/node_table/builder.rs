//! A table put together row by row.

use std::path::Path;

use super::KnownOfNodes;
use super::cells::{Fault, Set, flag, is_missing_number, list, number};
use super::classes::{ClassColumn, MAX_CLASSES};
use super::columns::{Columns, Role};
use super::feature_rows::{FeatureRows, Room};
use crate::error::{Error, Place};
use crate::feature_names::FeatureNames;
use crate::format::quoted::quoted;
use crate::labels::Labels;
use crate::missing_values::TextColumn;
use crate::node_ids::{NodeIds, whole_number};
use crate::raw_dataset::NodeTable;
use crate::split::Split;

/// The rows so far. A row is given cell by cell, features in the order of their columns, then ended.
pub(super) struct TableBuilder {
    num_rows: usize,
    ids: Ids,
    classes: Option<ClassColumn>,
    splits: Vec<SetLists>,
    /// The set of the row that is being read, in each split.
    sets: Vec<Option<Set>>,
    features: FeatureRows,
    feature_names: Option<FeatureNames>,
    next_feature: usize,
    texts: Vec<Texts>,
}

/// A column of texts so far; none once there are more different ones than classes may be.
struct Texts {
    name: String,
    column: Option<ClassColumn>,
}

/// The train, val and test nodes of a split.
type SetLists = [Vec<u32>; 3];

/// Why labels are not used that are names.
const NAMES: &str =
    "names, as more than half of them differ; `--label` with the name of the column takes them for classes";

enum Ids {
    /// The table names no node.
    Counted,
    /// Whole numbers up to here: a third of what they take as text.
    Numbers(Vec<u64>),
    Names {
        text: String,
        ends: Vec<usize>,
    },
}

impl TableBuilder {
    /// No row yet. The number of features is that of their columns, or of the block that holds them all.
    pub(super) fn new(columns: &Columns, d_input: usize, room: Room) -> Self {
        let has = |role| columns.position(role).is_some();
        Self {
            num_rows: 0,
            ids: if has(Role::Id) { Ids::Numbers(Vec::with_capacity(room.rows)) } else { Ids::Counted },
            classes: has(Role::Label).then(|| ClassColumn::with_room(room.rows)),
            splits: vec![SetLists::default(); columns.num_splits],
            sets: vec![None; columns.num_splits],
            features: FeatureRows::new(d_input, room),
            feature_names: columns.feature_names(d_input),
            next_feature: 0,
            texts: columns.text_names().into_iter().map(Texts::new).collect(),
        }
    }

    /// A cell of the row, as text.
    pub(super) fn text_cell(&mut self, role: Role, cell: &str) -> Result<(), Fault> {
        match role {
            Role::Feature => match number(cell) {
                Ok(value) => self.value(value),
                Err(fault) if fault.is_text && !is_missing_number(cell) => return Err(fault),
                // A number that is not finite is no value either.
                Err(_) => self.value(f32::NAN),
            },
            Role::Text(text) => self.texts[text].push(cell),
            Role::Id => self.id(cell)?,
            Role::Label => self.label(cell)?,
            Role::Split(split) => self.set(split, Set::named(cell)?)?,
            Role::Mask(split, set) => self.set(split, flag(cell)?.then_some(set))?,
            Role::RowNumber | Role::Unused => {}
        }
        Ok(())
    }

    /// The next features of the row, a list of so many in one cell, or none of them.
    pub(super) fn list_cell(&mut self, cell: &str, width: usize) -> Result<(), Fault> {
        if is_missing_number(cell) || list(cell).is_some_and(|elements| elements.is_empty()) {
            (0..width).for_each(|_| self.value(f32::NAN));
            return Ok(());
        }
        let elements = list(cell).filter(|elements| elements.len() == width);
        let elements =
            elements.ok_or_else(|| Fault::new(format!("a list of {width} numbers"), quoted(cell)))?;
        elements.into_iter().try_for_each(|element| number(element).map(|value| self.value(value)))
    }

    /// The next feature of the row.
    pub(super) fn value(&mut self, value: f32) {
        self.features.push(self.next_feature, value);
        self.next_feature += 1;
    }

    /// The id of the row.
    pub(super) fn id(&mut self, id: &str) -> Result<(), Fault> {
        if id.is_empty() {
            return Err(Fault::new("an id", "an empty cell"));
        }
        if let Ids::Numbers(numbers) = &mut self.ids {
            if let Some(number) = whole_number(id) {
                numbers.push(number);
                return Ok(());
            }
            let (mut text, mut ends) = (String::new(), Vec::with_capacity(numbers.capacity()));
            for number in numbers.iter() {
                text.push_str(&number.to_string());
                ends.push(text.len());
            }
            self.ids = Ids::Names { text, ends };
        }
        if let Ids::Names { text, ends } = &mut self.ids {
            text.push_str(id);
            ends.push(text.len());
        }
        Ok(())
    }

    /// The label of the row, where the cell is not empty.
    pub(super) fn label(&mut self, cell: &str) -> Result<(), Fault> {
        self.classes.as_mut().map_or(Ok(()), |classes| classes.push(cell))
    }

    /// The set of the row in a split.
    pub(super) fn set(&mut self, split: usize, set: Option<Set>) -> Result<(), Fault> {
        let Some(set) = set else { return Ok(()) };
        match self.sets[split].replace(set) {
            None => Ok(()),
            Some(_) => Err(Fault::new("a node in one set of a split", "another set")),
        }
    }

    /// Every column of the row has its cell.
    pub(super) fn end_row(&mut self) -> Result<(), Fault> {
        let node =
            u32::try_from(self.num_rows).map_err(|_| Fault::new("fewer than 2^32 rows", "one more"))?;
        for (lists, set) in self.splits.iter_mut().zip(&mut self.sets) {
            if let Some(set) = set.take() {
                lists[set as usize].push(node);
            }
        }
        self.features.end_row();
        self.next_feature = 0;
        self.num_rows += 1;
        Ok(())
    }

    /// About how many bytes the features and ids take.
    #[cfg(feature = "parquet")]
    pub(super) fn num_bytes(&self) -> u64 {
        let ids = match &self.ids {
            Ids::Counted => 0,
            Ids::Numbers(numbers) => 8 * numbers.len(),
            Ids::Names { text, ends } => text.len() + 8 * ends.len(),
        };
        self.features.num_bytes() + ids as u64
    }

    /// The table.
    pub(super) fn finish(
        self,
        columns: Columns,
        known: KnownOfNodes<'_>,
        file: &Path,
    ) -> Result<NodeTable, Error> {
        if self.num_rows == 0 {
            return Err(Error::malformed(Place::whole(file), "at least one row", "none"));
        }
        let node_ids = match self.ids {
            Ids::Counted => counted_as(known.ids, self.num_rows),
            Ids::Numbers(numbers) => NodeIds::from_numbers(numbers),
            Ids::Names { text, ends } => NodeIds::from_text(text, ends),
        };
        node_ids.index().map_err(|error| error.in_file(file))?;
        let mut notes = columns.notes;
        let multi_labels = self.classes.as_ref().map_or(Ok(None), ClassColumn::multi_labels);
        let multi_labels = multi_labels.map_err(|error| error.in_file(file))?;
        let classes = self.classes.filter(|_| multi_labels.is_none()).filter(|classes| {
            let names = columns.may_be_names.filter(|_| !known.has_split && classes.are_names());
            if let Some(column) = names {
                notes.unused(&columns.names[column], NAMES);
            }
            names.is_none()
        });
        let labels = match classes {
            Some(classes) => classes.finish().map_err(|error| error.in_file(file))?,
            None => None,
        };
        let mut text_columns = Vec::new();
        for Texts { name, column } in self.texts {
            match column.map(ClassColumn::into_labels).transpose().map_err(|error| error.in_file(file))? {
                Some(Some(texts)) => text_columns.push(TextColumn { name, texts }),
                Some(None) => notes.unused(&name, "nothing in it"),
                None => notes.unused(&name, format!("more than {MAX_CLASSES} different texts")),
            }
        }
        Ok(NodeTable {
            multi_labels,
            splits: splits(self.splits, &node_ids, labels.as_ref(), file)?,
            features: self.features.finish(),
            feature_names: self.feature_names,
            text_columns,
            labels,
            notes,
            node_ids,
        })
    }
}

impl Texts {
    fn new(name: &str) -> Self {
        Self { name: name.to_string(), column: Some(ClassColumn::default()) }
    }

    /// The text of the next row, where the cell has one.
    fn push(&mut self, cell: &str) {
        // What has too many is kept no further: it is a name or a sentence, and no kind of node.
        self.column.take_if(|column| column.push(cell).is_err());
    }
}

/// The ids of rows that name no node: their numbers, from 1 where the graph has all the numbers from 1 to the number of rows.
fn counted_as(ids: Option<&NodeIds>, num_rows: usize) -> NodeIds {
    let last = num_rows as u64;
    let from_one =
        |ids: &&NodeIds| ids.len() == num_rows && ids.numbers().is_some_and(|ids| ids.eq(1..=last));
    match ids.filter(from_one) {
        Some(_) => NodeIds::from_numbers((1..=last).collect()),
        None => NodeIds::counted(num_rows),
    }
}

/// The splits, whose nodes have labels; none where no node is in a set.
fn splits(
    lists: Vec<SetLists>,
    node_ids: &NodeIds,
    labels: Option<&Labels>,
    file: &Path,
) -> Result<Vec<Split>, Error> {
    if lists.iter().flatten().all(Vec::is_empty) {
        return Ok(Vec::new());
    }
    let Some(labels) = labels else {
        let expected = "a column of labels beside that of a split";
        return Err(Error::malformed(Place::whole(file), expected, "none, or one without a label"));
    };
    let mut splits = Vec::with_capacity(lists.len());
    for [train, val, test] in lists {
        let mut nodes = train.iter().chain(&val).chain(&test);
        if let Some(&node) = nodes.find(|&&node| labels.class(node).is_none()) {
            let found = format!("node {} without", quoted(&node_ids.get(node)));
            return Err(Error::malformed(Place::whole(file), "a label for every node of a split", found));
        }
        splits.push(Split::from_nodes(train, val, test, labels).map_err(|error| error.in_file(file))?);
    }
    Ok(splits)
}
