//! GraphML, read element by element in one pass.

use std::path::Path;

use super::columns::Rows;
use super::ids::Ids;
use super::keys::{Keys, Role, Roles};
use super::xml::{Element, Item, Xml};
use crate::arcs::{ArcMeaning, Arcs};
use crate::error::{Error, Place};
use crate::format::file::{name_of, read_unpacked_text};
use crate::format::node_table::ClassColumn;
use crate::format::quoted::quoted;
use crate::raw_dataset::{RawDataset, UnknownIds};
use crate::split::Split;

pub(super) fn read(path: &Path, unknown_ids: UnknownIds) -> Result<RawDataset, Error> {
    let text = read_unpacked_text(path)?;
    let max_feature_bytes = (16 << 20) + 4 * text.len();
    let mut content = Content::default();
    content.read(&mut Xml::new(&text, path), unknown_ids)?;
    drop(text);
    content.into_dataset(path, max_feature_bytes)
}

#[derive(Default)]
struct Content {
    roles: Roles,
    ids: Ids,
    // Between places of ids.
    arcs: Arcs,
    weights: Vec<f32>,
    first_without_weight: Option<usize>,
    is_directed: Option<bool>,
    rows: Rows,
    classes: ClassColumn,
    sets: [Vec<u32>; 3],
}

impl Content {
    fn read(&mut self, xml: &mut Xml<'_>, unknown_ids: UnknownIds) -> Result<(), Error> {
        match xml.child()? {
            Some(root) if root.name() == "graphml" => {}
            Some(root) => {
                return Err(xml.malformed(root.at, "the root element graphml", quoted(root.name())));
            }
            None => return Err(xml.malformed(0, "the root element graphml", "no element")),
        }
        let mut keys = Some(Keys::default());
        while let Some(element) = xml.child()? {
            match (element.name(), &mut keys) {
                ("key", Some(keys)) => keys.read(xml, &element)?,
                ("key", None) => {
                    return Err(xml.malformed(element.at, "keys before the graph", "one behind it"));
                }
                ("graph", Some(_)) => {
                    self.roles = keys.take().map_or_else(|| Ok(Roles::default()), |keys| keys.roles(xml))?;
                    self.read_graph(xml, &element)?;
                }
                ("graph", None) => return Err(xml.refused(element.at, "a second graph")),
                ("desc" | "data", _) => xml.skip()?,
                (other, _) => return Err(xml.malformed(element.at, "a key or a graph", quoted(other))),
            }
        }
        if keys.is_some() {
            return Err(xml.malformed(0, "a graph", "none"));
        }
        if let Item::Open(root) = xml.next()? {
            return Err(xml.malformed(root.at, "the end of the file", quoted(root.name())));
        }
        if let Some((id, at)) = self.ids.unknown().filter(|_| unknown_ids == UnknownIds::Refuse) {
            return Err(xml.malformed(at, "ids of the nodes", format!("the unknown id {}", quoted(id))));
        }
        if let Some(at) = self.first_without_weight.filter(|_| !self.weights.is_empty()) {
            return Err(xml.malformed(at, "a weight, as other edges have", "none and no default"));
        }
        Ok(())
    }

    fn read_graph(&mut self, xml: &mut Xml<'_>, graph: &Element<'_>) -> Result<(), Error> {
        let [default] = xml.attributes(graph, ["edgedefault"])?;
        let is_directed = match &*xml.required(graph, "edgedefault", default)? {
            "directed" => true,
            "undirected" => false,
            other => {
                return Err(xml.malformed(graph.at, "edgedefault directed or undirected", quoted(other)));
            }
        };
        let mut text = String::new();
        while let Some(element) = xml.child()? {
            match element.name() {
                "node" => self.read_node(xml, &element, &mut text)?,
                "edge" => self.read_edge(xml, &element, is_directed, &mut text)?,
                "desc" | "data" => xml.skip()?,
                "hyperedge" => return Err(xml.refused(element.at, "a hyperedge")),
                "locator" => return Err(xml.refused(element.at, "a locator of a graph elsewhere")),
                other => return Err(xml.malformed(element.at, "a node or an edge", quoted(other))),
            }
        }
        let is_directed = self.is_directed.unwrap_or(is_directed);
        self.arcs.meaning = if is_directed { ArcMeaning::Directed } else { ArcMeaning::Undirected };
        Ok(())
    }

    fn read_node(&mut self, xml: &mut Xml<'_>, node: &Element<'_>, text: &mut String) -> Result<(), Error> {
        let [id] = xml.attributes(node, ["id"])?;
        let id = xml.required(node, "id", id)?;
        let number = self.ids.num_listed() as u32;
        if !self.ids.list(&id) {
            return Err(xml.malformed(node.at, "an id not listed yet", quoted(&id)));
        }
        let (mut class, mut set) = (None, None);
        while let Some(element) = xml.child()? {
            let role = match element.name() {
                "data" => self.roles.of_node_data(xml, &element)?,
                "desc" => {
                    xml.skip()?;
                    continue;
                }
                other => return Err(inside(xml, &element, other, "a node")),
            };
            if matches!(role.0, Role::LeftOut | Role::Weight) {
                xml.skip()?;
                continue;
            }
            xml.text(text)?;
            let is_second = match role {
                (Role::Feature(column), kind) => {
                    self.rows.push(column, kind.number(xml, element.at, text)?);
                    false
                }
                (Role::Class, _) => class.replace(self.class_number(text)).is_some(),
                _ => set.replace(set_number(xml, element.at, text)?).is_some(),
            };
            if is_second {
                return Err(xml.malformed(element.at, "one class and one set of a node", "a second"));
            }
        }
        if let Some(column) = self.rows.end_row() {
            let name = quoted(&self.roles.columns[column as usize].name);
            return Err(xml.malformed(node.at, format!("one value of {name} for a node"), "two"));
        }
        let class = match (class.flatten(), &self.roles.class) {
            (None, Some(default)) => Some(self.classes.number(default)),
            (class, _) => class,
        };
        self.classes.push_number(class);
        let set = match (set.flatten(), &self.roles.split) {
            (None, Some(default)) => set_number(xml, node.at, default)?,
            (set, _) => set,
        };
        if let Some(set) = set {
            self.sets[set].push(number);
        }
        Ok(())
    }

    fn class_number(&mut self, text: &str) -> Option<u32> {
        (!text.is_empty()).then(|| self.classes.number(text))
    }

    fn read_edge(
        &mut self,
        xml: &mut Xml<'_>,
        edge: &Element<'_>,
        is_directed: bool,
        text: &mut String,
    ) -> Result<(), Error> {
        let names = ["source", "target", "directed", "sourceport", "targetport"];
        let [source, target, directed, source_port, target_port] = xml.attributes(edge, names)?;
        let source = xml.required(edge, "source", source)?;
        let target = xml.required(edge, "target", target)?;
        if source_port.or(target_port).is_some() {
            return Err(xml.refused(edge.at, "an edge between ports"));
        }
        let is_directed = match directed.as_deref() {
            None => is_directed,
            Some("true" | "1") => true,
            Some("false" | "0") => false,
            Some(other) => return Err(xml.malformed(edge.at, "directed true or false", quoted(other))),
        };
        if *self.is_directed.get_or_insert(is_directed) != is_directed {
            let [before, this] =
                if is_directed { ["undirected", "directed"] } else { ["directed", "undirected"] };
            return Err(xml.malformed(
                edge.at,
                format!("{before} edges, as those before"),
                format!("a {this} one"),
            ));
        }
        let source = self.ids.name(&source, edge.at);
        self.arcs.from.push(source);
        let target = self.ids.name(&target, edge.at);
        self.arcs.to.push(target);
        let mut weight = None;
        while let Some(element) = xml.child()? {
            match element.name() {
                "data" => match self.roles.of_edge_data(xml, &element)? {
                    (Role::Weight, kind) => {
                        xml.text(text)?;
                        if weight.replace(kind.number(xml, element.at, text)?).is_some() {
                            return Err(xml.malformed(element.at, "one weight of an edge", "a second"));
                        }
                    }
                    _ => xml.skip()?,
                },
                "desc" => xml.skip()?,
                other => return Err(inside(xml, &element, other, "an edge")),
            }
        }
        match weight.or(self.roles.weight) {
            Some(weight) => self.weights.push(weight),
            None => self.first_without_weight = self.first_without_weight.or(Some(edge.at)),
        }
        Ok(())
    }

    fn into_dataset(mut self, path: &Path, max_feature_bytes: usize) -> Result<RawDataset, Error> {
        // Either every edge has a weight or none has, by now.
        self.arcs.weights = (!self.weights.is_empty()).then_some(self.weights);
        let unknown_ends_skipped = number_ends(&mut self.arcs, &self.ids);
        let node_ids = self.ids.into_node_ids();
        let features = self.rows.into_features(self.roles.columns, &node_ids, (path, max_feature_bytes))?;
        let (features, feature_names) = features.unzip();
        let labels = self.classes.into_labels()?;
        let mut splits = Vec::new();
        if self.sets.iter().any(|set| !set.is_empty()) {
            let Some(labels) = &labels else {
                return Err(Error::malformed(Place::whole(path), "classes beside a split", "none"));
            };
            let [train, val, test] = self.sets;
            let split = Split::from_nodes(train, val, test, labels).map_err(|error| error.in_file(path))?;
            splits.push(split);
        }
        let dataset = RawDataset::from_arcs(&name_of(path), node_ids, self.arcs);
        Ok(RawDataset { features, feature_names, labels, splits, unknown_ends_skipped, ..dataset })
    }
}

/// What is not read inside a node or an edge.
fn inside(xml: &Xml<'_>, element: &Element<'_>, name: &str, parent: &str) -> Error {
    match name {
        "graph" => xml.refused(element.at, format!("a graph inside {parent}")),
        "port" => xml.refused(element.at, "a port"),
        "locator" => xml.refused(element.at, "a locator of a graph elsewhere"),
        other => xml.malformed(element.at, format!("data of {parent}"), quoted(other)),
    }
}

/// The number of a set of a split, none for an empty text.
fn set_number(xml: &Xml<'_>, at: usize, text: &str) -> Result<Option<usize>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    let set = ["train", "val", "test"].iter().position(|set| *set == text);
    set.map(Some).ok_or_else(|| xml.malformed(at, "train, val, test or nothing", quoted(text)))
}

/// Turns places of ids into nodes; leaves out arcs with an end that is none and counts them.
fn number_ends(arcs: &mut Arcs, ids: &Ids) -> usize {
    if ids.are_in_order() {
        return 0;
    }
    let num_arcs = arcs.len();
    let mut end = 0;
    for place in 0..num_arcs {
        if let (Some(from), Some(to)) = (ids.node(arcs.from[place]), ids.node(arcs.to[place])) {
            (arcs.from[end], arcs.to[end]) = (from, to);
            if let Some(weights) = &mut arcs.weights {
                weights[end] = weights[place];
            }
            end += 1;
        }
    }
    arcs.from.truncate(end);
    arcs.to.truncate(end);
    if let Some(weights) = &mut arcs.weights {
        weights.truncate(end);
    }
    num_arcs - end
}
