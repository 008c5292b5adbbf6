//! GEXF, read element by element in one pass.

use std::path::Path;

use hashbrown::HashMap;

use crate::error::Error;
use crate::format::attributes::{Conventions, GraphBuilder, Kind, Source, Value};
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
    missing_weight: Some(1.0),
};

pub(super) fn read(path: &Path, config: &ReadConfig) -> Result<RawDataset, Error> {
    let text = read_unpacked_text(path, config.max_memory)?;
    let mut xml = Xml::new(&text, path);
    let mut content = Content {
        graph: GraphBuilder::new(CONVENTIONS, &config.columns, text.len()),
        attributes: HashMap::new(),
    };
    let is_directed = content.read(&mut xml)?;
    let place = |at| xml.place(at);
    let unknown_ids = config.unknown_ids;
    content.graph.finish(&Source { file: path, unknown_ids, is_directed, place: &place })
}

struct Content {
    graph: GraphBuilder,
    /// Where values of a declared attribute of nodes go, by its id.
    attributes: HashMap<Box<str>, (u32, Kind)>,
}

impl Content {
    /// Reads the document; tells whether edges are directed that do not say.
    fn read(&mut self, xml: &mut Xml<'_>) -> Result<bool, Error> {
        match xml.child()? {
            Some(root) if root.name() == "gexf" => {}
            Some(root) => return Err(xml.malformed(root.at, "the root element gexf", quoted(root.name()))),
            None => return Err(xml.malformed(0, "the root element gexf", "no element")),
        }
        let mut is_directed = None;
        while let Some(element) = xml.child()? {
            match element.name() {
                "graph" if is_directed.is_none() => is_directed = Some(self.read_graph(xml, &element)?),
                "graph" => return Err(xml.refused(element.at, "a second graph")),
                _ => xml.skip()?,
            }
        }
        if let Item::Open(root) = xml.next()? {
            return Err(xml.malformed(root.at, "the end of the file", quoted(root.name())));
        }
        is_directed.ok_or_else(|| xml.malformed(0, "a graph", "none"))
    }

    fn read_graph(&mut self, xml: &mut Xml<'_>, graph: &Element<'_>) -> Result<bool, Error> {
        let [edge_type, mode] = xml.attributes(graph, ["defaultedgetype", "mode"])?;
        if mode.as_deref() == Some("dynamic") {
            return Err(xml.refused(graph.at, "a graph that changes in time, mode=\"dynamic\""));
        }
        let is_directed = direction(xml, graph, edge_type.as_deref())?.unwrap_or(false);
        while let Some(element) = xml.child()? {
            match element.name() {
                "attributes" => self.read_attributes(xml, &element)?,
                "nodes" => self.read_each(xml, "node", Self::read_node)?,
                "edges" => self.read_each(xml, "edge", Self::read_edge)?,
                _ => xml.skip()?,
            }
        }
        Ok(is_directed)
    }

    fn read_each(
        &mut self,
        xml: &mut Xml<'_>,
        name: &str,
        read: fn(&mut Self, &mut Xml<'_>, &Element<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        while let Some(element) = xml.child()? {
            if element.name() != name {
                return Err(xml.malformed(element.at, format!("the element {name}"), quoted(element.name())));
            }
            read(self, xml, &element)?;
        }
        Ok(())
    }

    fn read_attributes(&mut self, xml: &mut Xml<'_>, list: &Element<'_>) -> Result<(), Error> {
        let [class, mode] = xml.attributes(list, ["class", "mode"])?;
        if mode.as_deref() == Some("dynamic") {
            return Err(xml.refused(list.at, "attributes that change in time, mode=\"dynamic\""));
        }
        if class.as_deref() != Some("node") {
            return xml.skip();
        }
        while let Some(element) = xml.child()? {
            let [id, title, kind] = xml.attributes(&element, ["id", "title", "type"])?;
            let id = xml.required(&element, "id", id)?;
            let kind = match &*xml.required(&element, "type", kind)? {
                "boolean" => Kind::Boolean,
                "integer" | "long" | "short" | "byte" | "biginteger" => Kind::Whole,
                "float" | "double" | "bigdecimal" => Kind::Real,
                _ => Kind::Text,
            };
            let column = self.graph.column(title.as_deref().unwrap_or(&id));
            let column = column.map_err(|fault| fault.at(xml.place(element.at)))?;
            if self.attributes.insert((*id).into(), (column, kind)).is_some() {
                return Err(xml.malformed(element.at, "an attribute not declared yet", quoted(&id)));
            }
            let mut text = String::new();
            while let Some(child) = xml.child()? {
                if child.name() == "default" {
                    xml.text(&mut text)?;
                    let set = self.graph.set_default(column, kind, &text);
                    set.map_err(|fault| fault.at(xml.place(child.at)))?;
                } else {
                    xml.skip()?;
                }
            }
        }
        Ok(())
    }

    fn read_node(&mut self, xml: &mut Xml<'_>, node: &Element<'_>) -> Result<(), Error> {
        let [id] = xml.attributes(node, ["id"])?;
        let id = xml.required(node, "id", id)?;
        while let Some(element) = xml.child()? {
            match element.name() {
                "attvalues" => self.read_values(xml)?,
                "nodes" => return Err(xml.refused(element.at, "nodes inside a node")),
                _ => xml.skip()?,
            }
        }
        self.graph.end_node(&id).map_err(|fault| fault.at(xml.place(node.at)))
    }

    fn read_values(&mut self, xml: &mut Xml<'_>) -> Result<(), Error> {
        while let Some(element) = xml.child()? {
            let [attribute, old_name, value] = xml.attributes(&element, ["for", "id", "value"])?;
            let attribute = xml.required(&element, "for", attribute.or(old_name))?;
            let value = xml.required(&element, "value", value)?;
            let Some(&(column, kind)) = self.attributes.get(&*attribute) else {
                return Err(xml.malformed(element.at, "a declared attribute", quoted(&attribute)));
            };
            // NetworkX declares the type of the first value that it meets.
            let has_fraction = kind == Kind::Whole && value.trim().parse::<i128>().is_err();
            let kind = if has_fraction { Kind::Real } else { kind };
            let read = self.graph.node_value(column, Value::Written(kind, &value));
            read.map_err(|fault| fault.at(xml.place(element.at)))?;
            xml.skip()?;
        }
        Ok(())
    }

    fn read_edge(&mut self, xml: &mut Xml<'_>, edge: &Element<'_>) -> Result<(), Error> {
        let [source, target, edge_type, weight] =
            xml.attributes(edge, ["source", "target", "type", "weight"])?;
        let source = xml.required(edge, "source", source)?;
        let target = xml.required(edge, "target", target)?;
        let is_directed = direction(xml, edge, edge_type.as_deref())?;
        let mut read = Ok(());
        if let Some(weight) = weight {
            read = self.graph.edge_value("weight", Value::Written(Kind::Real, &weight), edge.at);
        }
        let read = read.and_then(|()| self.graph.end_edge([&source, &target], is_directed, edge.at));
        read.map_err(|fault| fault.at(xml.place(edge.at)))?;
        xml.skip()
    }
}

/// Whether a type of edges is directed, where it says.
fn direction(xml: &Xml<'_>, element: &Element<'_>, edge_type: Option<&str>) -> Result<Option<bool>, Error> {
    match edge_type {
        None => Ok(None),
        Some("directed") => Ok(Some(true)),
        Some("undirected" | "mutual") => Ok(Some(false)),
        Some(other) => Err(xml.malformed(element.at, "edges directed, undirected or mutual", quoted(other))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arcs::{ArcMeaning, Arcs};
    use crate::features::Features;
    use ndarray::array;

    fn raw(text: &str) -> Result<RawDataset, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.gexf");
        std::fs::write(&path, text).unwrap();
        read(&path, &ReadConfig::default())
    }

    fn message(graph: &str) -> String {
        raw(&format!("<gexf>\n{graph}</gexf>")).unwrap_err().to_string()
    }

    #[test]
    fn a_file_of_gephi_is_read_without_its_drawing() {
        let read = raw(
            r##"<?xml version="1.0"?><gexf xmlns:viz="http://v"><meta><creator>Gephi</creator></meta>
            <graph defaultedgetype="directed" mode="static"><attributes class="node">
              <attribute id="c" title="class" type="string"/>
              <attribute id="d" title="degree" type="integer"><default>2</default></attribute>
              <attribute id="s" title="size" type="float"/></attributes>
            <attributes class="edge"><attribute id="c" title="kind" type="string"/></attributes>
            <nodes><node id="n1" label="A"><attvalues><attvalue for="c" value="x"/><attvalue for="s" value="4"/></attvalues>
              <viz:size value="3.0"/><viz:color r="1" g="2" b="3"/></node>
            <node id="n2" label="A"><attvalues><attvalue id="c" value="y"/><attvalue for="d" value="5"/></attvalues></node></nodes>
            <edges><edge id="0" source="n1" target="n2"><attvalues><attvalue for="c" value="?"/></attvalues></edge>
            <edge id="1" source="n2" target="n1" weight="2.5"/></edges></graph></gexf>"##,
        )
        .unwrap();
        let arcs = Arcs::from_pairs(&[(0, 1), (1, 0)], ArcMeaning::Directed);
        assert_eq!(read.arcs, Arcs { weights: Some(vec![1.0, 2.5]), ..arcs });
        assert_eq!(read.labels.unwrap().class_names(), ["x", "y"]);
        assert_eq!(read.features, Some(Features::Dense(array![[2.0], [5.0]])));
    }

    #[test]
    fn what_is_no_such_graph_is_refused_in_words() {
        for (graph, expected) in [
            ("", "a.gexf:1: expected a graph, found none"),
            ("<graph mode=\"dynamic\"/>", "a.gexf:2: refused a graph that changes in time, mode=\"dynamic\""),
            (
                "<graph><nodes><node id=\"a\"><nodes/></node></nodes></graph>",
                "a.gexf:2: refused nodes inside a node",
            ),
            (
                "<graph><edges><edge source=\"a\" target=\"b\"/></edges></graph>",
                "a.gexf:2: expected ids of the nodes, found the unknown id \"a\"",
            ),
            (
                "<graph defaultedgetype=\"both\"/>",
                "a.gexf:2: expected edges directed, undirected or mutual, found \"both\"",
            ),
            (
                "<graph><nodes><node id=\"a\"><attvalues><attvalue for=\"q\" value=\"1\"/></attvalues></node></nodes></graph>",
                "a.gexf:2: expected a declared attribute, found \"q\"",
            ),
            ("<graph><nodes><edge/></nodes></graph>", "a.gexf:2: expected the element node, found \"edge\""),
            ("<graph/><graph/>", "a.gexf:2: refused a second graph"),
        ] {
            assert_eq!(message(graph), expected);
        }
    }
}
