//! A graph put together node by node and edge by edge.

use std::path::Path;

use super::columns::Columns;
use super::ids::Ids;
use super::value::{Kind, Value};
use crate::arcs::{ArcMeaning, Arcs};
use crate::column_config::ColumnConfig;
use crate::error::{Error, Place};
use crate::format::file::name_of;
use crate::format::node_table::Fault;
use crate::format::quoted::quoted;
use crate::raw_dataset::{RawDataset, UnknownIds};
use crate::read_notes::ReadNotes;
use crate::split::Split;

/// What a format means by the names of its values.
///
/// Of nodes, `split` is a set of a split, and so are `train_mask`, `val_mask` and `test_mask`; a value of another name is a
/// feature if it is a number and left out if it is a text.
#[derive(Clone, Copy, Debug)]
pub(in crate::format) struct Conventions {
    /// What the weight of an edge is called, the first that a file has.
    pub(in crate::format) weights: &'static [&'static str],
    /// What the class of a node is called, the first that a file has; a number with a fraction is no class.
    pub(in crate::format) classes: &'static [&'static str],
    /// What names a node: where all nodes have one and all are different, they are the ids.
    pub(in crate::format) names: &'static [&'static str],
    /// Whether values given again are elements of a list, each a column of its own.
    pub(in crate::format) lists: bool,
    /// The weight of an edge without one, where others have one.
    pub(in crate::format) missing_weight: Option<f32>,
}

/// A graph so far.
pub(in crate::format) struct GraphBuilder {
    conventions: Conventions,
    ids: Ids,
    // Between places of ids.
    arcs: Arcs,
    weights: Vec<f32>,
    /// Which of the names of a weight is read.
    weight_name: usize,
    weight: Option<f32>,
    missing_weight: Option<f32>,
    first_without_weight: Option<usize>,
    is_directed: Option<bool>,
    columns: Columns,
    /// What the settings call the weight.
    weight_called: Option<String>,
    num_bytes: usize,
}

/// What a reader knows of its source when all is read.
pub(in crate::format) struct Source<'a> {
    pub(in crate::format) file: &'a Path,
    pub(in crate::format) unknown_ids: UnknownIds,
    /// Whether edges that do not say are arcs.
    pub(in crate::format) is_directed: bool,
    /// The place of a spot that the reader named.
    pub(in crate::format) place: &'a dyn Fn(usize) -> Place,
}

impl GraphBuilder {
    pub(in crate::format) fn new(conventions: Conventions, config: &ColumnConfig, num_bytes: usize) -> Self {
        Self {
            conventions,
            ids: Ids::default(),
            arcs: Arcs::default(),
            weights: Vec::new(),
            weight_name: conventions.weights.len(),
            weight: None,
            missing_weight: conventions.missing_weight,
            first_without_weight: None,
            is_directed: None,
            columns: Columns::new(conventions, config, num_bytes),
            weight_called: config.weight.clone(),
            num_bytes,
        }
    }

    /// The ids of the nodes are their names, whatever else names them.
    pub(in crate::format) fn keep_ids(&mut self) {
        self.columns.keeps_ids = true;
    }

    /// The column of the values of nodes of this name.
    pub(in crate::format) fn column(&mut self, name: &str) -> Result<u32, Fault> {
        self.columns.column(name)
    }

    /// The value of nodes without one.
    pub(in crate::format) fn set_default(
        &mut self,
        column: u32,
        kind: Kind,
        text: &str,
    ) -> Result<(), Fault> {
        self.columns.set_default(column, kind, text)
    }

    /// Which of the names of a weight this is.
    fn weight_rank(&self, name: &str) -> Option<usize> {
        if self.columns.config.ignore_columns.iter().any(|ignored| ignored == name) {
            return None;
        }
        match &self.weight_called {
            Some(called) => (called == name).then_some(0),
            None => self.conventions.weights.iter().position(|weight| *weight == name),
        }
    }

    /// Whether values of edges of this name may be weights.
    pub(in crate::format) fn may_be_weight(&self, name: &str) -> bool {
        self.weight_rank(name).is_some()
    }

    /// The weight of edges without one.
    pub(in crate::format) fn set_missing_weight(&mut self, weight: f32) {
        self.missing_weight = self.missing_weight.or(Some(weight));
        self.weight_name = 0;
    }

    /// How many nodes have ended.
    pub(in crate::format) fn num_nodes(&self) -> usize {
        self.ids.num_listed()
    }

    /// A value of the node that ends next.
    pub(in crate::format) fn node_value(&mut self, column: u32, value: Value<'_>) -> Result<(), Fault> {
        self.columns.push(column, self.ids.num_listed() as u32, value)
    }

    /// Ends a node.
    pub(in crate::format) fn end_node(&mut self, id: &str) -> Result<(), Fault> {
        if self.ids.list(id) { Ok(()) } else { Err(Fault::new("an id not listed yet", quoted(id))) }
    }

    /// A value of the edge that ends next, at this spot of the source.
    pub(in crate::format) fn edge_value(
        &mut self,
        name: &str,
        value: Value<'_>,
        at: usize,
    ) -> Result<(), Fault> {
        let Some(rank) = self.weight_rank(name).filter(|&rank| rank <= self.weight_name) else {
            return Ok(());
        };
        // Only what is called a weight must be a number.
        if rank > 0 && value.is_text() {
            return Ok(());
        }
        if rank < self.weight_name && self.weight_name < self.conventions.weights.len() {
            // What was read as weights before was something else.
            self.weights.clear();
            self.first_without_weight = (!self.arcs.is_empty()).then_some(at);
            self.weight = None;
        }
        self.edge_weight(value)?;
        self.weight_name = rank;
        Ok(())
    }

    /// The weight of the edge that ends next.
    pub(in crate::format) fn edge_weight(&mut self, value: Value<'_>) -> Result<(), Fault> {
        self.weight_name = 0;
        let weight = value.number()?;
        match self.weight.replace(weight) {
            None => Ok(()),
            Some(_) => Err(Fault::new("one weight of an edge", "a second")),
        }
    }

    /// Ends an edge that is at this spot of the source and says whether it is directed.
    pub(in crate::format) fn end_edge(
        &mut self,
        [source, target]: [&str; 2],
        is_directed: Option<bool>,
        at: usize,
    ) -> Result<(), Fault> {
        if let Some(is_directed) = is_directed
            && *self.is_directed.get_or_insert(is_directed) != is_directed
        {
            let [before, this] =
                if is_directed { ["undirected", "directed"] } else { ["directed", "undirected"] };
            return Err(Fault::new(format!("{before} edges, as those before"), format!("a {this} one")));
        }
        let source = self.ids.name(source, at);
        self.arcs.from.push(source);
        let target = self.ids.name(target, at);
        self.arcs.to.push(target);
        match self.weight.take().or(self.missing_weight) {
            Some(weight) => self.weights.push(weight),
            None => self.first_without_weight = self.first_without_weight.or(Some(at)),
        }
        Ok(())
    }

    /// The graph.
    ///
    /// # Errors
    /// Edges of unknown nodes, unless they are to be skipped; a weight that only some edges have; columns that do not fit.
    pub(in crate::format) fn finish(mut self, source: &Source<'_>) -> Result<RawDataset, Error> {
        let Source { file, unknown_ids, is_directed, place } = *source;
        if let Some((id, at)) = self.ids.unknown().filter(|_| unknown_ids == UnknownIds::Refuse) {
            let found = format!("the unknown id {}", quoted(id));
            return Err(Error::malformed(place(at), "ids of the nodes", found));
        }
        let has_weights = self.weight_name < self.conventions.weights.len() && !self.weights.is_empty();
        if let Some(at) = self.first_without_weight.filter(|_| has_weights) {
            let name = self.weight_called.as_deref().unwrap_or(self.conventions.weights[self.weight_name]);
            let expected =
                format!("a weight, as other edges have; `--ignore-columns {name}` reads no weights");
            return Err(Error::malformed(place(at), expected, "none and no default"));
        }
        let mut weights_from = None;
        if has_weights {
            let usual = || self.conventions.weights[self.weight_name].to_string();
            let name = self.weight_called.clone().unwrap_or_else(usual);
            weights_from = Some(format!("attribute {}", quoted(&name)));
        } else if let Some(called) = self.weight_called.as_ref() {
            let expected = format!("an attribute of edges called {}, as --weight says", quoted(called));
            return Err(Error::malformed(Place::whole(file), expected, "none"));
        }
        self.arcs.weights = has_weights.then_some(self.weights);
        let is_directed = self.is_directed.unwrap_or(is_directed);
        self.arcs.meaning = if is_directed { ArcMeaning::Directed } else { ArcMeaning::Undirected };
        let unknown_ends_skipped = self.ids.number_ends(&mut self.arcs);
        let node_ids = self.ids.into_node_ids();
        let max_bytes = (16 << 20) + 4 * self.num_bytes;
        let columns = self.columns.finish(&node_ids, max_bytes).map_err(|error| error.in_file(file))?;
        let notes = ReadNotes { weights_from, ..columns.notes };
        let mut splits = Vec::new();
        if columns.sets.iter().any(|set| !set.is_empty()) {
            let Some(labels) = &columns.labels else {
                return Err(Error::malformed(Place::whole(file), "classes beside a split", "none"));
            };
            let [train, val, test] = columns.sets;
            splits.push(Split::from_nodes(train, val, test, labels).map_err(|error| error.in_file(file))?);
        }
        let dataset = RawDataset::from_arcs(&name_of(file), columns.names.unwrap_or(node_ids), self.arcs);
        let (features, feature_names) = columns.features.unzip();
        Ok(RawDataset {
            features,
            feature_names,
            text_columns: columns.texts,
            labels: columns.labels,
            splits,
            unknown_ends_skipped,
            notes,
            ..dataset
        })
    }
}
