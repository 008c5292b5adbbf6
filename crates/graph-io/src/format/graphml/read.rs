//! GraphML, read element by element in one pass.

use std::path::Path;

use super::keys::Keys;
use crate::error::Error;
use crate::format::attributes::{Conventions, GraphBuilder, Source, Value};
use crate::format::file::read_unpacked_text;
use crate::format::quoted::quoted;
use crate::format::registry::ReadConfig;
use crate::format::xml::{Element, Item, Xml};
use crate::raw_dataset::RawDataset;

const CONVENTIONS: Conventions = Conventions {
    weights: &["weight"],
    classes: &["class", "y", "label"],
    names: &[],
    lists: false,
    missing_weight: None,
};

pub(super) fn read(path: &Path, config: &ReadConfig) -> Result<RawDataset, Error> {
    let text = read_unpacked_text(path, config.max_memory)?;
    let mut xml = Xml::new(&text, path);
    let mut content =
        Content { graph: GraphBuilder::new(CONVENTIONS, &config.columns, text.len()), keys: Keys::default() };
    let is_directed = content.read(&mut xml)?;
    let place = |at| xml.place(at);
    let unknown_ids = config.unknown_ids;
    content.graph.finish(&Source { file: path, unknown_ids, is_directed, place: &place })
}

struct Content {
    graph: GraphBuilder,
    keys: Keys,
}

impl Content {
    /// Reads the document; tells whether edges are directed that do not say.
    fn read(&mut self, xml: &mut Xml<'_>) -> Result<bool, Error> {
        match xml.child()? {
            Some(root) if root.name() == "graphml" => {}
            Some(root) => {
                return Err(xml.malformed(root.at, "the root element graphml", quoted(root.name())));
            }
            None => return Err(xml.malformed(0, "the root element graphml", "no element")),
        }
        let mut is_directed = None;
        while let Some(element) = xml.child()? {
            match (element.name(), is_directed) {
                ("key", None) => self.keys.read(xml, &element, &mut self.graph)?,
                ("key", Some(_)) => {
                    return Err(xml.malformed(element.at, "keys before the graph", "one behind it"));
                }
                ("graph", None) => is_directed = Some(self.read_graph(xml, &element)?),
                ("graph", Some(_)) => return Err(xml.refused(element.at, "a second graph")),
                ("desc" | "data", _) => xml.skip()?,
                (other, _) => return Err(xml.malformed(element.at, "a key or a graph", quoted(other))),
            }
        }
        let Some(is_directed) = is_directed else { return Err(xml.malformed(0, "a graph", "none")) };
        match xml.next()? {
            Item::Open(root) => Err(xml.malformed(root.at, "the end of the file", quoted(root.name()))),
            _ => Ok(is_directed),
        }
    }

    fn read_graph(&mut self, xml: &mut Xml<'_>, graph: &Element<'_>) -> Result<bool, Error> {
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
        Ok(is_directed)
    }

    fn read_node(&mut self, xml: &mut Xml<'_>, node: &Element<'_>, text: &mut String) -> Result<(), Error> {
        let [id] = xml.attributes(node, ["id"])?;
        let id = xml.required(node, "id", id)?;
        while let Some(element) = xml.child()? {
            match element.name() {
                "data" => {}
                "desc" => {
                    xml.skip()?;
                    continue;
                }
                other => return Err(inside(xml, &element, other, "a node")),
            }
            let key = self.keys.of_data(xml, &element)?;
            let Some(column) = key.column else {
                xml.skip()?;
                continue;
            };
            xml.text(text)?;
            let read = self.graph.node_value(column, Value::Written(key.kind, text));
            read.map_err(|fault| fault.at(xml.place(element.at)))?;
        }
        self.graph.end_node(&id).map_err(|fault| fault.at(xml.place(node.at)))
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
        while let Some(element) = xml.child()? {
            match element.name() {
                "data" => {
                    let key = self.keys.of_data(xml, &element)?;
                    if !key.is_weight {
                        xml.skip()?;
                        continue;
                    }
                    xml.text(text)?;
                    let read = self.graph.edge_weight(Value::Written(key.kind, text));
                    read.map_err(|fault| fault.at(xml.place(element.at)))?;
                }
                "desc" => xml.skip()?,
                other => return Err(inside(xml, &element, other, "an edge")),
            }
        }
        let ended = self.graph.end_edge([&source, &target], Some(is_directed), edge.at);
        ended.map_err(|fault| fault.at(xml.place(edge.at)))
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
