//! The values of nodes, a column a name, and what becomes of each column.

use hashbrown::HashMap;

use super::feature_matrix::{FeatureColumn, feature_matrix};
use super::graph_builder::Conventions;
use super::value::{Kind, Value};
use crate::column_config::ColumnConfig;
use crate::error::Error;
use crate::feature_names::FeatureNames;
use crate::features::Features;
use crate::format::node_table::{ClassColumn, Fault, MAX_CLASSES, Set};
use crate::format::quoted::quoted;
use crate::labels::Labels;
use crate::missing_values::TextColumn;
use crate::node_ids::NodeIds;
use crate::read_notes::ReadNotes;

/// The columns so far, in the order in which a file names them.
pub(super) struct Columns {
    conventions: Conventions,
    config: ColumnConfig,
    columns: Vec<Column>,
    index_of_name: HashMap<Box<str>, u32>,
    /// The sets of a split, by node, ascending.
    sets: Vec<(u32, Set)>,
    default_set: Option<Set>,
    keeps_ids: bool,
}

struct Column {
    name: Box<str>,
    kept: Kept,
    /// The node of each value, ascending.
    nodes: Vec<u32>,
    is_whole: bool,
    num_texts: usize,
    /// Of the first column of a list: where the last element of the last node is.
    last_element: u32,
    /// The column of the next element of a list.
    next_element: Option<u32>,
    /// The place in a list, where it is one.
    element: Option<u32>,
}

/// How nodes are drawn, and what programs that draw them keep for themselves: no features.
const LAYOUT: [&str; 22] = [
    "z", "vx", "vy", "fx", "fy", "px", "py", "r", "g", "b", "a", "size", "color", "colour", "shape", "width",
    "height", "fixed", "index", "SUID", "selected", "visible",
];

/// What is kept of the values.
enum Kept {
    Numbers {
        values: Vec<f32>,
        default: Option<f32>,
    },
    /// Each value by the number of its text.
    Texts {
        numbers: Vec<u32>,
        texts: ClassColumn,
        default: Option<u32>,
    },
    /// As [`Kept::Texts`], of a column that is neither a class nor a name; nothing once it is a list, or has more
    /// different texts than classes may be.
    FreeTexts(Option<(Vec<u32>, ClassColumn)>),
    /// Whether a node is in a set; kept with the sets.
    Mask(Set),
    /// The name of a set; kept with the sets.
    SetName,
    Nothing,
}

/// What the columns say of the nodes.
#[derive(Default)]
pub(super) struct NodeColumns {
    pub(super) features: Option<(Features, FeatureNames)>,
    pub(super) labels: Option<Labels>,
    /// The train, val and test nodes.
    pub(super) sets: [Vec<u32>; 3],
    /// What the nodes are called, where a column has a name of its own for each.
    pub(super) names: Option<NodeIds>,
    /// Columns of texts that are neither classes nor names.
    pub(super) text_columns: Vec<TextColumn>,
    pub(super) notes: ReadNotes,
}

impl Columns {
    pub(super) fn new(conventions: Conventions, config: &ColumnConfig) -> Self {
        Self {
            conventions,
            config: config.clone(),
            columns: Vec::new(),
            index_of_name: HashMap::new(),
            sets: Vec::new(),
            default_set: None,
            keeps_ids: false,
        }
    }

    /// No column is the names of the nodes, unless the settings say so.
    pub(super) fn keep_ids(&mut self) {
        self.keeps_ids = true;
    }

    /// The column of this name.
    pub(super) fn column(&mut self, name: &str) -> u32 {
        if let Some(&index) = self.index_of_name.get(name) {
            return index;
        }
        let index = self.columns.len() as u32;
        let kept = self.kept(name);
        self.columns.push(Column::new(name.into(), kept, index));
        self.index_of_name.insert(name.into(), index);
        index
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
            _ if is_called(label, classes) || is_called(id, names) => Kept::texts(),
            _ if is_called(split, &["split"]) => Kept::SetName,
            "train_mask" if split.is_none() => Kept::Mask(Set::Train),
            "val_mask" if split.is_none() => Kept::Mask(Set::Val),
            "test_mask" if split.is_none() => Kept::Mask(Set::Test),
            _ if !use_columns.is_empty() && !is_named(use_columns) => Kept::Nothing,
            _ => Kept::Numbers { values: Vec::new(), default: None },
        }
    }

    /// The value of nodes for which a column has none; a text says nothing of numbers.
    pub(super) fn set_default(&mut self, column: u32, kind: Kind, text: &str) -> Result<(), Fault> {
        let column = &mut self.columns[column as usize];
        match &mut column.kept {
            Kept::Numbers { default, .. } if kind != Kind::Text => {
                *default = default.or(Some(kind.number(text)?));
            }
            Kept::Texts { texts, default, .. } if !text.is_empty() => {
                column.is_whole &= kind != Kind::Real;
                *default = default.or_else(|| Some(texts.number(text)));
            }
            Kept::SetName => self.default_set = Set::named(text)?,
            Kept::Numbers { .. }
            | Kept::Texts { .. }
            | Kept::FreeTexts(_)
            | Kept::Mask(_)
            | Kept::Nothing => {}
        }
        Ok(())
    }

    /// A value of the last node; of a list the next element.
    pub(super) fn push(&mut self, column: u32, node: u32, value: Value<'_>) -> Result<(), Fault> {
        let head = &mut self.columns[column as usize];
        let is_again = head.nodes.last() == Some(&node);
        if is_again && !self.conventions.lists {
            return Err(Fault::new(format!("one value of {} for a node", quoted(&head.name)), "two"));
        }
        let set = match head.kept {
            Kept::Numbers { .. } => {
                let at = if is_again { self.next_element(column) } else { column };
                self.columns[column as usize].last_element = at;
                return self.columns[at as usize].push_number(node, value);
            }
            Kept::Texts { .. } => return head.push_text(node, value),
            Kept::FreeTexts(_) => return head.push_free_text(node, value),
            Kept::Nothing => return Ok(()),
            Kept::Mask(set) => (value.number()? != 0.0).then_some(set),
            Kept::SetName => match value {
                Value::Written(_, text) => Set::named(text)?,
                Value::Number(number) => {
                    return Err(Fault::new("train, val, test or nothing", number.to_string()));
                }
            },
        };
        let Some(set) = set else { return Ok(()) };
        if self.sets.last().is_some_and(|(before, _)| *before == node) {
            return Err(Fault::new("a node in one set of a split", "another set"));
        }
        self.sets.push((node, set));
        Ok(())
    }

    /// The column of the element behind the last one of a list.
    fn next_element(&mut self, head: u32) -> u32 {
        let last = self.columns[head as usize].last_element as usize;
        if let Some(next) = self.columns[last].next_element {
            return next;
        }
        let next = self.columns.len() as u32;
        let kept = Kept::Numbers { values: Vec::new(), default: None };
        let name = self.columns[head as usize].name.clone();
        let element = self.columns[last].element.get_or_insert(0).checked_add(1);
        self.columns.push(Column { element, ..Column::new(name, kept, next) });
        self.columns[last].next_element = Some(next);
        next
    }

    /// What the columns say of the nodes, the features in at most `max_bytes`.
    ///
    /// # Errors
    /// A setting for a column that is not there; a class too many.
    pub(super) fn finish(mut self, node_ids: &NodeIds, max_bytes: usize) -> Result<NodeColumns, Error> {
        self.check_settings()?;
        let num_nodes = node_ids.len();
        let mut read = NodeColumns { sets: self.sets(num_nodes), ..NodeColumns::default() };
        let named = self.naming_column(num_nodes)?;
        read.names = named.and_then(|index| self.columns[index].names());
        let class = self.class_column(named, &mut read.notes);
        if let Some(index) = class {
            read.labels = self.columns[index].labels(num_nodes)?;
        }
        let has_positions = self.has_positions();
        let mut features = Vec::new();
        for (index, column) in self.columns.into_iter().enumerate() {
            let is_used = self.config.use_columns.iter().any(|called| **called == *column.name);
            let is_place = has_positions && matches!(&*column.name, "x" | "y");
            let is_drawing = LAYOUT.contains(&&*column.name) || is_place;
            let is_class = self.conventions.classes.contains(&&*column.name) && self.config.label.is_none();
            if Some(index) == class || Some(index) == named || column.is_empty() {
                continue;
            }
            let reason = match column.kept {
                _ if is_drawing && !is_used => "how nodes are drawn",
                Kept::Texts { .. } if is_class && column.is_whole && !is_used => "another class or name",
                _ => match column.feature() {
                    Ok(feature) => {
                        features.extend(feature);
                        continue;
                    }
                    Err(column) => {
                        let name = column.name.to_string();
                        match column.free_texts(num_nodes)? {
                            Some(texts) => read.text_columns.push(TextColumn { name, texts }),
                            None => read.notes.unused(&name, "text"),
                        }
                        continue;
                    }
                },
            };
            read.notes.unused(&column.name, reason);
        }
        read.features = feature_matrix(features, node_ids, max_bytes, &mut read.notes)?;
        Ok(read)
    }

    /// Columns that the settings name are there.
    fn check_settings(&self) -> Result<(), Error> {
        let ColumnConfig { label, id, split, use_columns, .. } = &self.config;
        let flags = [("--label", label), ("--id", id), ("--split", split)];
        let called = flags.iter().filter_map(|(flag, called)| Some((*flag, called.as_ref()?)));
        for (flag, called) in called.chain(use_columns.iter().map(|called| ("--use-columns", called))) {
            if !self.index_of_name.contains_key(&**called) {
                let names: Vec<String> =
                    self.columns.iter().take(20).map(|column| quoted(&column.name)).collect();
                let expected = format!("an attribute of nodes called {}, as {flag} says", quoted(called));
                let found = if names.is_empty() { "none".to_string() } else { names.join(", ") };
                return Err(Error::invalid("attributes", expected, found));
            }
        }
        Ok(())
    }

    fn sets(&mut self, num_nodes: usize) -> [Vec<u32>; 3] {
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

    /// Whether `x` and `y` are where a node is drawn: both are numbers, not lists of them.
    fn has_positions(&self) -> bool {
        let is_place = |name: &str| {
            let column = self.index_of_name.get(name).map(|&index| &self.columns[index as usize]);
            column.is_some_and(|column| column.element.is_none() && column.num_texts == 0)
        };
        is_place("x") && is_place("y")
    }

    /// The column that is the class of nodes.
    fn class_column(&self, named: Option<usize>, notes: &mut ReadNotes) -> Option<usize> {
        let index_of = |name: &str| self.index_of_name.get(name).map(|&index| index as usize);
        if let Some(label) = &self.config.label {
            return index_of(label);
        }
        let is_place = |name: &str| name == "y" && self.has_positions();
        let candidates = self.conventions.classes.iter().filter(|name| !is_place(name));
        let mut candidates =
            candidates.filter_map(|name| index_of(name)).filter(|&index| Some(index) != named);
        let class = candidates.find(|&index| self.columns[index].may_be_class())?;
        let Column { name, kept, nodes, .. } = &self.columns[class];
        if let Kept::Texts { texts, .. } = kept {
            // Of a hundred nodes with sixty labels, most are called so and not sorted so.
            if &**name == "label" && 2 * texts.num_texts() > nodes.len() {
                notes.unused(
                    name,
                    "nearly every node has another: a name and no class; `--label label` overrules",
                );
                return None;
            }
        }
        Some(class)
    }

    /// The column that calls every node by another name.
    fn naming_column(&self, num_nodes: usize) -> Result<Option<usize>, Error> {
        let names_all = |name: &str| {
            let index = *self.index_of_name.get(name)? as usize;
            let column = &self.columns[index];
            let Kept::Texts { texts, .. } = &column.kept else { return None };
            let is_name = column.nodes.len() == num_nodes && texts.num_texts() == num_nodes;
            (num_nodes > 0 && is_name).then_some(index)
        };
        match &self.config.id {
            Some(id) => names_all(id).map(Some).ok_or_else(|| {
                let expected = format!("{} of each node, all different", quoted(id));
                Error::invalid("attributes", expected, "nodes without one, or two of one")
            }),
            None if self.keeps_ids => Ok(None),
            None => Ok(self.conventions.names.iter().find_map(|name| names_all(name))),
        }
    }
}

impl Column {
    fn new(name: Box<str>, kept: Kept, index: u32) -> Self {
        Self {
            name,
            kept,
            nodes: Vec::new(),
            is_whole: true,
            num_texts: 0,
            last_element: index,
            next_element: None,
            element: None,
        }
    }

    fn push_number(&mut self, node: u32, value: Value<'_>) -> Result<(), Fault> {
        if value.is_missing() {
            return Ok(());
        }
        if value.is_text() {
            self.make_free_texts();
            return self.push_free_text(node, value);
        }
        let number = value.number()?;
        if let Kept::Numbers { values, .. } = &mut self.kept {
            values.push(number);
            self.nodes.push(node);
        }
        Ok(())
    }

    /// Takes the numbers so far for texts, as one that is none came.
    fn make_free_texts(&mut self) {
        let mut texts = ClassColumn::default();
        if let Kept::Numbers { values, .. } = &self.kept {
            let numbers = values.iter().map(|value| texts.number(&value.to_string())).collect();
            // An element of a list is no column of its own.
            self.kept = Kept::FreeTexts(self.element.is_none().then_some((numbers, texts)));
        }
    }

    fn push_free_text(&mut self, node: u32, value: Value<'_>) -> Result<(), Fault> {
        self.num_texts += 1;
        let Kept::FreeTexts(kept) = &mut self.kept else { return Ok(()) };
        let Some((numbers, texts)) = kept else { return Ok(()) };
        let number = match value {
            Value::Written(_, "") => return Ok(()),
            Value::Written(_, text) => texts.number(text),
            Value::Number(number) => texts.number(&number.to_string()),
        };
        numbers.push(number);
        if self.nodes.last() == Some(&node) || number as usize >= MAX_CLASSES {
            *kept = None;
        } else {
            self.nodes.push(node);
        }
        Ok(())
    }

    /// The texts of the nodes, where all are kept.
    fn free_texts(self, num_nodes: usize) -> Result<Option<Labels>, Error> {
        match self.kept {
            Kept::FreeTexts(Some((numbers, texts))) => {
                of_nodes(num_nodes, &self.nodes, &numbers, texts, None).into_labels()
            }
            _ => Ok(None),
        }
    }

    fn push_text(&mut self, node: u32, value: Value<'_>) -> Result<(), Fault> {
        self.is_whole &= value.is_whole();
        self.num_texts += usize::from(value.is_text());
        let Kept::Texts { numbers, texts, .. } = &mut self.kept else { return Ok(()) };
        let number = match value {
            Value::Written(_, "") => return Ok(()),
            Value::Written(_, text) => texts.number(text),
            Value::Number(number) => texts.number(&number.to_string()),
        };
        if self.nodes.last() == Some(&node) {
            return Err(Fault::new(format!("one value of {} for a node", quoted(&self.name)), "two"));
        }
        numbers.push(number);
        self.nodes.push(node);
        Ok(())
    }

    /// Numbers with a fraction are no classes.
    fn may_be_class(&self) -> bool {
        let Kept::Texts { default, .. } = &self.kept else { return false };
        self.is_whole && (!self.nodes.is_empty() || default.is_some())
    }

    /// The names in the order of the nodes, of a column that has one for each.
    fn names(&self) -> Option<NodeIds> {
        let Kept::Texts { numbers, texts, .. } = &self.kept else { return None };
        Some(NodeIds::from_names(numbers.iter().map(|&number| texts.text(number))))
    }

    fn labels(&mut self, num_nodes: usize) -> Result<Option<Labels>, Error> {
        let nodes = std::mem::take(&mut self.nodes);
        let Kept::Texts { numbers, texts, default } = &mut self.kept else { return Ok(None) };
        of_nodes(num_nodes, &nodes, numbers, std::mem::take(texts), *default).finish()
    }

    /// Whether nothing is kept of it.
    fn is_empty(&self) -> bool {
        match &self.kept {
            Kept::Numbers { default, .. } => {
                self.nodes.is_empty() && default.is_none() && self.num_texts == 0
            }
            Kept::Texts { .. } => self.nodes.is_empty(),
            Kept::FreeTexts(_) => self.num_texts == 0,
            Kept::Mask(_) | Kept::SetName | Kept::Nothing => true,
        }
    }

    /// The column as a feature.
    ///
    /// # Errors
    /// The column itself, where a value is no number.
    fn feature(self) -> Result<Option<FeatureColumn>, Self> {
        let parsed: Option<Vec<f32>> = match &self.kept {
            Kept::Texts { numbers, texts, .. } => {
                numbers.iter().map(|&number| Kind::Real.number(texts.text(number)).ok()).collect()
            }
            _ => Some(Vec::new()),
        };
        let (values, default) = match (self.kept, parsed) {
            (kept, parsed) if self.num_texts > 0 || parsed.is_none() => return Err(Self { kept, ..self }),
            (Kept::Numbers { values, default }, _) => (values, default),
            (Kept::Texts { .. }, parsed) => (parsed.unwrap_or_default(), None),
            _ => return Ok(None),
        };
        let Self { name, nodes, element, .. } = self;
        let list = element.filter(|&element| element > 0).map(|_| name.clone());
        let name = element.map_or(name.clone(), |element| format!("{name}_{element}").into());
        Ok(Some(FeatureColumn { name, nodes, values, default, list }))
    }
}

/// The number of each node's text, where the nodes that have one ascend.
fn of_nodes(
    num_nodes: usize,
    nodes: &[u32],
    numbers: &[u32],
    mut texts: ClassColumn,
    default: Option<u32>,
) -> ClassColumn {
    let mut given = nodes.iter().zip(numbers).peekable();
    for node in 0..num_nodes as u32 {
        let number = given.next_if(|(of, _)| **of == node).map(|(_, &number)| number);
        texts.push_number(number.or(default));
    }
    texts
}

impl Kept {
    fn texts() -> Self {
        Self::Texts { numbers: Vec::new(), texts: ClassColumn::default(), default: None }
    }
}
