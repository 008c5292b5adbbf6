//! Node-link JSON, read value by value without a tree of them.

use std::fmt;
use std::path::Path;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::error::{Error, Place};
use crate::format::attributes::{Conventions, GraphBuilder, Kind, Source, Value};
use crate::format::file::read_unpacked;
use crate::format::json::{json_error, seed, spot_of};
use crate::format::node_table::Fault;
use crate::format::registry::ReadConfig;
use crate::raw_dataset::RawDataset;

const CONVENTIONS: Conventions = Conventions {
    weights: &["weight", "value"],
    classes: &["class", "y", "label", "group"],
    names: &["name"],
    lists: true,
    missing_weight: None,
};

pub(super) fn read(path: &Path, config: &ReadConfig) -> Result<RawDataset, Error> {
    let bytes = read_unpacked(path, config.max_memory)?;
    let content = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut reader = Reader {
        graph: GraphBuilder::new(CONVENTIONS, &config.columns, bytes.len()),
        is_directed: false,
        has_nodes: false,
        num_edges: 0,
        fault: None,
    };
    let mut json = serde_json::Deserializer::from_slice(content);
    let read = Object(&mut reader, Part::Root).deserialize(&mut json).and_then(|()| json.end());
    if let Err(error) = read {
        return Err(match reader.fault {
            Some(fault) => fault.at(Place::byte(path, spot_of(&error, content))),
            None => json_error(&error, content, path, "JSON with nodes and links"),
        });
    }
    if !reader.has_nodes {
        return Err(Error::malformed(Place::whole(path), "the key \"nodes\"", "an object without"));
    }
    let (is_directed, unknown_ids) = (reader.is_directed, config.unknown_ids);
    let place = |_| Place::whole(path);
    reader.graph.finish(&Source { file: path, unknown_ids, is_directed, place: &place })
}

struct Reader {
    graph: GraphBuilder,
    is_directed: bool,
    has_nodes: bool,
    num_edges: usize,
    /// What is wrong, where the parser stopped for it.
    fault: Option<Fault>,
}

impl Reader {
    fn check<T, E: serde::de::Error>(&mut self, result: Result<T, Fault>) -> Result<T, E> {
        result.map_err(|fault| {
            self.fault = Some(fault);
            E::custom("a fault that was kept")
        })
    }
}

/// What an object or a list of them is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The whole file, or the elements of Cytoscape's form.
    Root,
    Node,
    Edge,
}

struct Object<'a>(&'a mut Reader, Part);

seed!(Object<'_> => (), deserialize_map);

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self.1 {
            Part::Root => "an object with nodes and links",
            Part::Node => "the object of a node",
            Part::Edge => "the object of an edge",
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let Self(reader, part) = self;
        match part {
            Part::Root => reader.root(map),
            Part::Node => {
                let mut id = None;
                reader.node(map, &mut id)?;
                let id = id.unwrap_or_else(|| reader.graph.num_nodes().to_string());
                let ended = reader.graph.end_node(&id);
                reader.check(ended)
            }
            Part::Edge => {
                let mut ends = [None, None];
                reader.edge(map, &mut ends)?;
                let [Some(source), Some(target)] = ends else {
                    let missing = Fault::new("a source and a target of the edge", "none");
                    return reader.check(Err(missing));
                };
                let ended = reader.graph.end_edge([&source, &target], None, reader.num_edges);
                reader.num_edges += 1;
                reader.check(ended)
            }
        }
    }
}

impl Reader {
    fn root<'de, A: MapAccess<'de>>(&mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "directed" => self.is_directed = map.next_value()?,
                "nodes" => {
                    self.has_nodes = true;
                    map.next_value_seed(List(self, Part::Node))?;
                }
                "links" | "edges" => map.next_value_seed(List(self, Part::Edge))?,
                "elements" => map.next_value_seed(Object(self, Part::Root))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn node<'de, A: MapAccess<'de>>(&mut self, mut map: A, id: &mut Option<String>) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "id" => {
                    // What has ids is not called by its names.
                    self.graph.keep_ids();
                    *id = Some(map.next_value_seed(Name)?);
                }
                "data" => map.next_value_seed(Data(self, &mut |reader, key, value| match (key, value) {
                    ("id", value) => {
                        reader.graph.keep_ids();
                        *id = Some(text_of(value));
                        Ok(())
                    }
                    (key, value) => {
                        let column = reader.graph.column(key)?;
                        reader.graph.node_value(column, value)
                    }
                }))?,
                key => {
                    let column = self.graph.column(key);
                    let column = self.check(column)?;
                    map.next_value_seed(Attribute(self, &mut |reader, value| {
                        reader.graph.node_value(column, value)
                    }))?;
                }
            }
        }
        Ok(())
    }

    fn edge<'de, A: MapAccess<'de>>(
        &mut self,
        mut map: A,
        ends: &mut [Option<String>; 2],
    ) -> Result<(), A::Error> {
        let at = self.num_edges;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "source" => ends[0] = Some(map.next_value_seed(Name)?),
                "target" => ends[1] = Some(map.next_value_seed(Name)?),
                "data" => map.next_value_seed(Data(self, &mut |reader, key, value| match key {
                    "source" => {
                        ends[0] = Some(text_of(value));
                        Ok(())
                    }
                    "target" => {
                        ends[1] = Some(text_of(value));
                        Ok(())
                    }
                    key => reader.graph.edge_value(key, value, at),
                }))?,
                key => map.next_value_seed(Attribute(self, &mut |reader, value| {
                    reader.graph.edge_value(key, value, at)
                }))?,
            }
        }
        Ok(())
    }
}

fn text_of(value: Value<'_>) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        Value::Written(_, text) => text.to_string(),
    }
}

/// A list of objects.
struct List<'a>(&'a mut Reader, Part);

seed!(List<'_> => (), deserialize_seq);

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.1 == Part::Node { "a list of nodes" } else { "a list of edges" })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Object(self.0, self.1))?.is_some() {}
        Ok(())
    }
}

/// What takes a value of a node or an edge.
type Take<'a> = dyn FnMut(&mut Reader, Value<'_>) -> Result<(), Fault> + 'a;
type TakeNamed<'a> = dyn FnMut(&mut Reader, &str, Value<'_>) -> Result<(), Fault> + 'a;

/// The object `data` of Cytoscape's form.
struct Data<'a, 'b>(&'a mut Reader, &'a mut TakeNamed<'b>);

seed!(Data<'_, '_> => (), deserialize_any);

impl<'de> Visitor<'de> for Data<'_, '_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object of values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(reader, take) = self;
        while let Some(key) = map.next_key::<String>()? {
            map.next_value_seed(Attribute(reader, &mut |reader, value| take(reader, &key, value)))?;
        }
        Ok(())
    }
}

/// A value, or a list of values one by one; an object, or a list inside a list, counts for nothing.
struct Attribute<'a, 'b>(&'a mut Reader, &'a mut Take<'b>);

impl Attribute<'_, '_> {
    fn take<E: serde::de::Error>(&mut self, value: Value<'_>) -> Result<(), E> {
        let taken = (self.1)(self.0, value);
        self.0.check(taken)
    }
}

seed!(Attribute<'_, '_> => (), deserialize_any);

impl<'de> Visitor<'de> for Attribute<'_, '_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value")
    }

    fn visit_bool<E: serde::de::Error>(mut self, flag: bool) -> Result<(), E> {
        self.take(Value::Written(Kind::Boolean, if flag { "true" } else { "false" }))
    }

    fn visit_i64<E: serde::de::Error>(mut self, number: i64) -> Result<(), E> {
        self.take(Value::Number(number as f64))
    }

    fn visit_u64<E: serde::de::Error>(mut self, number: u64) -> Result<(), E> {
        self.take(Value::Number(number as f64))
    }

    fn visit_f64<E: serde::de::Error>(mut self, number: f64) -> Result<(), E> {
        self.take(Value::Number(number))
    }

    fn visit_str<E: serde::de::Error>(mut self, text: &str) -> Result<(), E> {
        self.take(Value::Written(Kind::Text, text))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Attribute(self.0, self.1))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

/// What a node is called: a text or a number.
struct Name;

seed!(Name => String, deserialize_any);

impl Visitor<'_> for Name {
    type Value = String;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an id, a text or a number")
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arcs::{ArcMeaning, Arcs};
    use crate::features::Features;
    use crate::node_ids::NodeIds;
    use ndarray::array;

    fn raw(text: &str) -> Result<RawDataset, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        std::fs::write(&path, text).unwrap();
        read(&path, &ReadConfig::default())
    }

    #[test]
    fn a_file_of_d3_names_nodes_by_their_places_and_classes_groups() {
        let read = raw(
            r#"{"links": [{"source": 1, "target": 0, "value": 2}, {"source": 0, "target": 2, "value": 1}],
                "nodes": [{"name": "Ana", "group": 1, "x": 3.5, "y": 4}, {"name": "Ben", "group": 2, "x": 1, "y": 2},
                          {"name": "Cid", "group": 1, "x": 0, "y": 0, "deep": {"a": [1]}}]}"#,
        )
        .unwrap();
        assert_eq!(read.node_ids, NodeIds::from_names(["Ana", "Ben", "Cid"]));
        let arcs = Arcs::from_pairs(&[(1, 0), (0, 2)], ArcMeaning::Undirected);
        assert_eq!(read.arcs, Arcs { weights: Some(vec![2.0, 1.0]), ..arcs });
        assert_eq!(read.labels.unwrap().classes(), [Some(0), Some(1), Some(0)]);
        assert_eq!(read.features, None, "x and y are where nodes are drawn");
    }

    #[test]
    fn lists_are_features_and_a_class_may_be_missing() {
        let read = raw(
            r#"{"directed": true, "nodes": [{"id": 5, "x": [1, 2.5], "y": 0}, {"id": "b", "x": [-1, 0], "y": null}],
                "edges": [{"source": 5, "target": "b"}]}"#,
        )
        .unwrap();
        assert_eq!(read.arcs.meaning, ArcMeaning::Directed);
        assert_eq!(read.labels.unwrap().classes(), [Some(0), None]);
        assert_eq!(read.features, Some(Features::Dense(array![[1.0, 2.5], [-1.0, 0.0]])));
    }

    #[test]
    fn what_does_not_fit_is_named_by_its_byte() {
        for (text, message) in [
            ("{\"links\": []}", "a.json: expected the key \"nodes\", found an object without"),
            ("{\"nodes\": 3}", "a.json, byte 10: expected a list of nodes, found integer `3`"),
            ("{\"nodes\": [3]}", "a.json, byte 11: expected the object of a node, found integer `3`"),
            (
                "{\"nodes\": [{\"id\": 1}, {\"id\": 1}]}",
                "a.json, byte 30: expected an id not listed yet, found \"1\"",
            ),
            (
                "{\"nodes\": [], \"edges\": [{\"source\": 1}]}",
                "a.json, byte 36: expected a source and a target of the edge, found none",
            ),
            (
                "{\"nodes\": [{\"id\": 1}], \"edges\": [{\"source\": 1, \"target\": 2}]}",
                "a.json: expected ids of the nodes, found the unknown id \"2\"",
            ),
            (
                "{\"nodes\": [{\"id\": 1}",
                "a.json, byte 19: expected JSON with nodes and links, found EOF while parsing a list",
            ),
            (
                "{\"nodes\": [], \"edges\": [{\"source\": 1, \"target\": 1, \"weight\": \"big\"}]}",
                "a.json, byte 65: expected a finite number, found \"big\"",
            ),
        ] {
            assert_eq!(raw(text).unwrap_err().to_string(), message);
        }
    }
}
