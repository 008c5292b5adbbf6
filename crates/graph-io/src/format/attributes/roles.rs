//! What becomes of each column of the values of nodes.

use super::column::{Column, Kept, Use};
use super::columns::Columns;
use super::feature_matrix::feature_matrix;
use crate::column_config::ColumnConfig;
use crate::error::Error;
use crate::feature_names::FeatureNames;
use crate::features::Features;
use crate::format::quoted::quoted;
use crate::labels::Labels;
use crate::missing_values::TextColumn;
use crate::node_ids::NodeIds;
use crate::read_notes::ReadNotes;

/// How nodes are drawn, and what programs that draw them keep for themselves: no features.
pub(in crate::format) const LAYOUT: [&str; 22] = [
    "z", "vx", "vy", "fx", "fy", "px", "py", "r", "g", "b", "a", "size", "color", "colour", "shape", "width",
    "height", "fixed", "index", "SUID", "selected", "visible",
];

/// What the columns say of the nodes.
#[derive(Default)]
pub(super) struct NodeColumns {
    pub(super) features: Option<(Features, FeatureNames)>,
    pub(super) texts: Vec<TextColumn>,
    pub(super) labels: Option<Labels>,
    /// The train, val and test nodes.
    pub(super) sets: [Vec<u32>; 3],
    /// What the nodes are called, where a column has a name of its own for each.
    pub(super) names: Option<NodeIds>,
    pub(super) notes: ReadNotes,
}

impl Columns {
    /// What the columns say of the nodes, the features in at most `max_bytes`, and the texts in as many.
    ///
    /// # Errors
    /// A setting for a column that is not there; lists of different lengths.
    pub(super) fn finish(mut self, node_ids: &NodeIds, max_bytes: usize) -> Result<NodeColumns, Error> {
        self.check_settings()?;
        let num_nodes = node_ids.len();
        let mut read = NodeColumns { sets: self.take_sets(num_nodes), ..NodeColumns::default() };
        let named = self.naming_column(num_nodes)?;
        read.names = named.and_then(|index| self.columns[index].names(num_nodes));
        let has_split = read.sets.iter().any(|set| !set.is_empty());
        let class = self.class_column(named, has_split, &mut read.notes);
        if let Some(index) = class {
            read.labels = self.columns[index].labels(num_nodes)?;
        }
        let has_positions = self.has_positions();
        let max_texts = max_bytes / (8 * num_nodes.max(1));
        let mut features = Vec::new();
        for (index, column) in self.columns.into_iter().enumerate() {
            if Some(index) == class || Some(index) == named || column.is_empty() {
                continue;
            }
            let is_used = self.config.use_columns.iter().any(|called| **called == *column.name);
            let is_class = self.conventions.classes.contains(&&*column.name) && self.config.label.is_none();
            if !is_used && is_drawing(&column.name, has_positions) {
                read.notes.unused(&column.name, "how nodes are drawn; `--use-columns` uses it");
            } else if !is_used && is_class && column.is_whole && matches!(column.kept, Kept::Texts(_)) {
                if read.notes.unused_columns.iter().any(|unused| *unused.name == *column.name) {
                    continue;
                }
                read.notes.unused(&column.name, "another class or name; `--label` takes it");
            } else if column.has_text && read.texts.len() == max_texts {
                read.notes.unused(&column.name, "text, more of it than memory is taken for");
            } else {
                let name = column.name.clone();
                match column.into_use(num_nodes)? {
                    Use::Feature(feature) => features.push(feature),
                    Use::Texts(texts) => read.texts.push(texts),
                    Use::TooManyTexts => read.notes.unused(&name, "too many different texts"),
                    Use::Nothing => {}
                }
            }
        }
        read.features = feature_matrix(features, node_ids, max_bytes, &mut read.notes)?;
        Ok(read)
    }

    /// Columns that the settings name are there.
    fn check_settings(&self) -> Result<(), Error> {
        let ColumnConfig { label, id, split, use_columns, ignore_columns, .. } = &self.config;
        let flags = [("--label", label), ("--id", id), ("--split", split)];
        let called = flags.iter().filter_map(|(flag, called)| Some((*flag, called.as_ref()?)));
        let called = called.chain(use_columns.iter().map(|called| ("--use-columns", called)));
        // Of edges the weight can be passed over.
        let is_of_nodes = |called: &&String| !self.conventions.weights.contains(&called.as_str());
        let ignored = ignore_columns.iter().filter(is_of_nodes).map(|called| ("--ignore-columns", called));
        for (flag, called) in called.chain(ignored) {
            if self.index_of(called).is_none() {
                let names: Vec<String> =
                    self.columns.iter().take(20).map(|column| quoted(&column.name)).collect();
                let expected = format!("an attribute of nodes called {} (`{flag}`)", quoted(called));
                let found = if names.is_empty() { "none".to_string() } else { names.join(", ") };
                return Err(Error::invalid("attributes", expected, found));
            }
        }
        Ok(())
    }

    /// Whether `x` and `y` are where a node is drawn: both are numbers, not lists of them.
    fn has_positions(&self) -> bool {
        let is_place = |name: &str| {
            let column = self.index_of(name).map(|index| &self.columns[index]);
            column.is_some_and(|column| column.element.is_none() && !column.has_text)
        };
        is_place("x") && is_place("y")
    }

    /// The column that is the class of nodes.
    fn class_column(&self, named: Option<usize>, has_split: bool, notes: &mut ReadNotes) -> Option<usize> {
        if let Some(label) = &self.config.label {
            return self.index_of(label);
        }
        let has_positions = self.has_positions();
        let names = self.conventions.classes.iter().filter(|name| !is_drawing(name, has_positions));
        let mut candidates = names.filter_map(|name| self.index_of(name));
        let class = candidates.find(|&index| Some(index) != named && self.columns[index].may_be_class())?;
        let Column { name, .. } = &self.columns[class];
        // What is split is a class.
        if &**name == "label" && !has_split && self.columns[class].are_names() {
            notes.unused(
                name,
                "names, as more than half of them differ; `--label label` takes them for classes",
            );
            return None;
        }
        Some(class)
    }

    /// The column that calls every node by another name.
    fn naming_column(&self, num_nodes: usize) -> Result<Option<usize>, Error> {
        let names_all =
            |name: &str| self.index_of(name).filter(|&index| self.columns[index].names(num_nodes).is_some());
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

fn is_drawing(name: &str, has_positions: bool) -> bool {
    LAYOUT.contains(&name) || has_positions && matches!(name, "x" | "y")
}
