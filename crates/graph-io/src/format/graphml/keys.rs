//! What a file declares about its nodes and edges.

use hashbrown::HashMap;

use crate::error::Error;
use crate::format::attributes::{GraphBuilder, Kind};
use crate::format::quoted::quoted;
use crate::format::xml::{Element, Xml};

/// The keys of a file, by their ids.
#[derive(Default)]
pub(super) struct Keys {
    of_id: HashMap<Box<str>, Key>,
}

/// Where the values of a key go.
#[derive(Clone, Copy)]
pub(super) struct Key {
    /// The column of the values of nodes; none where they are left out.
    pub(super) column: Option<u32>,
    /// Whether values of edges are their weights.
    pub(super) is_weight: bool,
    pub(super) kind: Kind,
}

impl Keys {
    /// Reads a key that has just been opened, to its end.
    pub(super) fn read(
        &mut self,
        xml: &mut Xml<'_>,
        element: &Element<'_>,
        graph: &mut GraphBuilder,
    ) -> Result<(), Error> {
        let [id, target, name, kind] = xml.attributes(element, ["id", "for", "attr.name", "attr.type"])?;
        let id = xml.required(element, "id", id)?;
        let (mut of_nodes, mut of_edges) = match target.as_deref() {
            None | Some("all") => (true, true),
            Some("node") => (true, false),
            Some("edge") => (false, true),
            Some("graph" | "graphml" | "port" | "endpoint" | "hyperedge") => (false, false),
            Some(other) => {
                return Err(xml.malformed(element.at, "a key for node, edge or all", quoted(other)));
            }
        };
        // Without either it belongs to an editor, which keeps elements of its own in it.
        let is_value = name.is_some() || kind.is_some();
        (of_nodes, of_edges) = (of_nodes && is_value, of_edges && is_value);
        let kind = match kind.as_deref() {
            Some("boolean") => Kind::Boolean,
            Some("int" | "long") => Kind::Whole,
            Some("float" | "double") => Kind::Real,
            None | Some("string") => Kind::Text,
            Some(other) => {
                let expected = "attr.type boolean, int, long, float, double or string";
                return Err(xml.malformed(element.at, expected, quoted(other)));
            }
        };
        // `attr.name`, the id where there is none.
        let name = name.as_deref().unwrap_or(&id);
        let is_weight = of_edges && graph.may_be_weight(name);
        if is_weight && !matches!(kind, Kind::Whole | Kind::Real) {
            let found = if kind == Kind::Text { "string" } else { "boolean" };
            return Err(xml.malformed(element.at, "a weight of attr.type int, long, float or double", found));
        }
        // A weight for "all" says nothing of nodes.
        let column = (of_nodes && !is_weight).then(|| graph.column(name)).transpose();
        let column = column.map_err(|fault| fault.at(xml.place(element.at)))?;
        if self.of_id.insert((*id).into(), Key { column, is_weight, kind }).is_some() {
            return Err(xml.malformed(element.at, "a key not declared yet", quoted(&id)));
        }
        let mut text = String::new();
        while let Some(child) = xml.child()? {
            if child.name() != "default" || !is_value {
                xml.skip()?;
                continue;
            }
            xml.text(&mut text)?;
            let mut set = column.map_or(Ok(()), |column| graph.set_default(column, kind, &text));
            if is_weight && set.is_ok() {
                set = kind.number(&text).map(|weight| graph.set_missing_weight(weight));
            }
            set.map_err(|fault| fault.at(xml.place(element.at)))?;
        }
        Ok(())
    }

    /// The key of a `data` element.
    pub(super) fn of_data(&self, xml: &Xml<'_>, data: &Element<'_>) -> Result<Key, Error> {
        let [key] = xml.attributes(data, ["key"])?;
        let key = xml.required(data, "key", key)?;
        let known = self.of_id.get(&*key).copied();
        known.ok_or_else(|| xml.malformed(data.at, "a declared key", quoted(&key)))
    }
}
