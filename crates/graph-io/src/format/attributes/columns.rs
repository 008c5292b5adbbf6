//! The values of nodes, a column a name, as a file lists them.

use hashbrown::HashMap;

use super::column::{Column, Kept};
use super::graph_builder::Conventions;
use super::value::{Kind, Value};
use crate::column_config::ColumnConfig;
use crate::format::node_table::{Fault, Set};

/// More columns than this must be at most a 64th of the bytes of a file.
const MAX_COLUMNS: usize = 1 << 14;

/// The columns so far, in the order in which a file names them.
pub(super) struct Columns {
    pub(super) conventions: Conventions,
    pub(super) config: ColumnConfig,
    pub(super) columns: Vec<Column>,
    index_of_name: HashMap<Box<str>, u32>,
    max_columns: usize,
    /// The sets of a split, by node, ascending.
    sets: Vec<(u32, Set)>,
    default_set: Option<Set>,
    pub(super) keeps_ids: bool,
}

impl Columns {
    /// No column yet, of a file of so many bytes.
    pub(super) fn new(conventions: Conventions, config: &ColumnConfig, num_bytes: usize) -> Self {
        Self {
            conventions,
            config: config.clone(),
            columns: Vec::new(),
            index_of_name: HashMap::new(),
            max_columns: MAX_COLUMNS + num_bytes / 64,
            sets: Vec::new(),
            default_set: None,
            keeps_ids: false,
        }
    }

    /// The column of this name, if there is one.
    pub(super) fn index_of(&self, name: &str) -> Option<usize> {
        self.index_of_name.get(name).map(|&index| index as usize)
    }

    /// The column of this name, a new one if there is none.
    pub(super) fn column(&mut self, name: &str) -> Result<u32, Fault> {
        if let Some(&index) = self.index_of_name.get(name) {
            return Ok(index);
        }
        let index = self.new_column(Column::new(name.into(), self.kept(name), 0))?;
        self.columns[index as usize].last_element = index;
        self.index_of_name.insert(name.into(), index);
        Ok(index)
    }

    fn new_column(&mut self, column: Column) -> Result<u32, Fault> {
        if self.columns.len() == self.max_columns {
            let expected = format!("at most {} different values of nodes", self.max_columns);
            return Err(Fault::new(expected, "one more"));
        }
        self.columns.push(column);
        Ok(self.columns.len() as u32 - 1)
    }

    /// What is kept of a column of this name.
    fn kept(&self, name: &str) -> Kept {
        let Conventions { classes, names, .. } = self.conventions;
        let ColumnConfig { label, id, split, use_columns, ignore_columns, .. } = &self.config;
        let is_called = |setting: &Option<String>, usual: &[&str]| match setting {
            Some(called) => called == name,
            None => usual.contains(&name),
        };
        let is_named = |list: &[String]| list.iter().any(|called| called == name);
        match name {
            _ if is_named(ignore_columns) => Kept::Nothing,
            _ if is_called(label, classes) || is_called(id, names) => Kept::Texts(Box::default()),
            _ if is_called(split, &["split"]) => Kept::SetName,
            "train_mask" if split.is_none() => Kept::Mask(Set::Train),
            "val_mask" if split.is_none() => Kept::Mask(Set::Val),
            "test_mask" if split.is_none() => Kept::Mask(Set::Test),
            _ if !use_columns.is_empty() && !is_named(use_columns) => Kept::Nothing,
            _ => Kept::Numbers(Vec::new()),
        }
    }

    /// The value of nodes for which a column has none.
    pub(super) fn set_default(&mut self, column: u32, kind: Kind, text: &str) -> Result<(), Fault> {
        let column = &mut self.columns[column as usize];
        if let Kept::SetName = column.kept {
            self.default_set = Set::named(text)?;
        }
        column.set_default(kind, text)
    }

    /// A value of the last node; of a list the next element.
    pub(super) fn push(&mut self, column: u32, node: u32, value: Value<'_>) -> Result<(), Fault> {
        let head = &mut self.columns[column as usize];
        let is_again = self.conventions.lists && head.nodes.last() == Some(&node);
        let set = match &head.kept {
            Kept::Mask(set) => (value.number()? != 0.0).then_some(*set),
            Kept::SetName => match value {
                Value::Written(_, text) => Set::named(text)?,
                Value::Number(number) => {
                    return Err(Fault::new("train, val, test or nothing", number.to_string()));
                }
            },
            Kept::Numbers(_) if is_again => {
                let next = self.next_element(column)?;
                self.columns[column as usize].last_element = next;
                return self.columns[next as usize].push(node, value);
            }
            _ => {
                head.last_element = column;
                return head.push(node, value);
            }
        };
        let Some(set) = set else { return Ok(()) };
        if self.sets.last().is_some_and(|(before, _)| *before == node) {
            return Err(Fault::new("a node in one set of a split", "another set"));
        }
        self.sets.push((node, set));
        Ok(())
    }

    /// The column of the element behind the last one of a list.
    fn next_element(&mut self, head: u32) -> Result<u32, Fault> {
        let last = self.columns[head as usize].last_element as usize;
        if let Some(next) = self.columns[last].next_element {
            return Ok(next);
        }
        let name = self.columns[head as usize].name.clone();
        let element = self.columns[last].element.get_or_insert(0).checked_add(1);
        let next = self.new_column(Column { element, ..Column::new(name, Kept::Numbers(Vec::new()), 0) })?;
        self.columns[last].next_element = Some(next);
        Ok(next)
    }

    /// The nodes of each set.
    pub(super) fn take_sets(&mut self, num_nodes: usize) -> [Vec<u32>; 3] {
        let mut sets: [Vec<u32>; 3] = Default::default();
        let given = std::mem::take(&mut self.sets);
        let mut given = given.iter().peekable();
        for node in 0..num_nodes as u32 {
            let set = given.next_if(|(of, _)| *of == node).map(|(_, set)| *set).or(self.default_set);
            if let Some(set) = set {
                sets[set as usize].push(node);
            }
        }
        sets
    }
}
