//! What a file declares about its nodes and edges, and what becomes of it.

use hashbrown::HashMap;

use super::xml::{Element, Xml};
use crate::error::Error;
use crate::format::quoted::quoted;

/// The keys of a file.
#[derive(Default)]
pub(super) struct Keys {
    keys: Vec<Key>,
    place_of_id: HashMap<Box<str>, u32>,
}

struct Key {
    /// `attr.name`, the id where there is none; empty for a key that says nothing.
    name: Box<str>,
    target: Target,
    kind: Kind,
    default: Option<Box<str>>,
    at: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Nodes,
    Edges,
    All,
    Others,
}

/// What the values of a key are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Boolean,
    Whole,
    Real,
    Text,
}

/// What a key is to nodes or edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Weight,
    Class,
    Split,
    /// A column of features.
    Feature(u32),
    LeftOut,
}

/// A column of features.
#[derive(Debug, PartialEq)]
pub(super) struct Column {
    pub(super) name: Box<str>,
    pub(super) default: Option<f32>,
    /// Whether it may be that only edges have it.
    pub(super) is_shared: bool,
}

/// What became of the keys.
#[derive(Default)]
pub(super) struct Roles {
    place_of_id: HashMap<Box<str>, u32>,
    // Of nodes, of edges.
    roles: Vec<(Role, Role, Kind)>,
    pub(super) columns: Vec<Column>,
    pub(super) weight: Option<f32>,
    pub(super) class: Option<Box<str>>,
    pub(super) split: Option<Box<str>>,
}

impl Keys {
    /// Reads a key that has just been opened, to its end.
    pub(super) fn read(&mut self, xml: &mut Xml<'_>, element: &Element<'_>) -> Result<(), Error> {
        let [id, target, name, kind] = xml.attributes(element, ["id", "for", "attr.name", "attr.type"])?;
        let id = xml.required(element, "id", id)?;
        let target = match target.as_deref() {
            None | Some("all") => Target::All,
            Some("node") => Target::Nodes,
            Some("edge") => Target::Edges,
            Some("graph" | "graphml" | "port" | "endpoint" | "hyperedge") => Target::Others,
            Some(other) => {
                return Err(xml.malformed(element.at, "a key for node, edge or all", quoted(other)));
            }
        };
        // Without either it belongs to an editor, which keeps elements of its own in it.
        let is_value = name.is_some() || kind.is_some();
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
        let (name, target) = match is_value {
            true => (name.as_deref().unwrap_or(&id), target),
            false => ("", Target::Others),
        };
        let mut key = Key { name: name.into(), target, kind, default: None, at: element.at };
        if self.place_of_id.insert((*id).into(), self.keys.len() as u32).is_some() {
            return Err(xml.malformed(element.at, "a key not declared yet", quoted(&id)));
        }
        while let Some(child) = xml.child()? {
            if child.name() == "default" && is_value {
                let mut text = String::new();
                xml.text(&mut text)?;
                key.default = Some(text.into());
            } else {
                xml.skip()?;
            }
        }
        self.keys.push(key);
        Ok(())
    }

    /// What becomes of the keys, when all are read.
    pub(super) fn roles(self, xml: &Xml<'_>) -> Result<Roles, Error> {
        let of_nodes = |key: &Key| matches!(key.target, Target::Nodes | Target::All);
        let of_edges = |key: &Key| matches!(key.target, Target::Edges | Target::All);
        let may_be_class = |key: &&Key| of_nodes(key) && (&*key.name != "y" || key.kind != Kind::Real);
        let class = ["class", "y", "label"]
            .into_iter()
            .find(|name| self.keys.iter().filter(may_be_class).any(|key| &*key.name == *name));
        let mut roles = Roles { place_of_id: self.place_of_id, ..Roles::default() };
        let mut column_of_name: HashMap<&str, u32> = HashMap::new();
        for key in &self.keys {
            let weight = of_edges(key) && &*key.name == "weight";
            if weight && !matches!(key.kind, Kind::Whole | Kind::Real) {
                let found = if key.kind == Kind::Text { "string" } else { "boolean" };
                return Err(xml.malformed(key.at, "a weight of attr.type int, long, float or double", found));
            }
            let number = match &key.default {
                Some(default) if key.kind != Kind::Text => Some(key.kind.number(xml, key.at, default)?),
                _ => None,
            };
            let role = match &*key.name {
                _ if !of_nodes(key) => Role::LeftOut,
                "weight" if weight => Role::LeftOut,
                "split" if key.kind == Kind::Text => Role::Split,
                "split" => return Err(xml.malformed(key.at, "a split of attr.type string", "a number")),
                name if Some(name) == class && may_be_class(&key) => Role::Class,
                "class" | "label" => Role::LeftOut,
                _ if key.kind == Kind::Text => Role::LeftOut,
                name => Role::Feature(*column_of_name.entry(name).or_insert_with(|| {
                    let name = name.into();
                    roles.columns.push(Column { name, default: None, is_shared: true });
                    roles.columns.len() as u32 - 1
                })),
            };
            let text = || key.default.clone().filter(|text| !text.is_empty());
            match role {
                Role::Class => roles.class = roles.class.take().or_else(text),
                Role::Split => roles.split = roles.split.take().or_else(text),
                Role::Feature(column) => {
                    let column = &mut roles.columns[column as usize];
                    column.default = column.default.or(number);
                    column.is_shared &= key.target == Target::All;
                }
                Role::Weight | Role::LeftOut => {}
            }
            if weight {
                roles.weight = roles.weight.or(number);
            }
            let of_edges = if weight { Role::Weight } else { Role::LeftOut };
            roles.roles.push((role, of_edges, key.kind));
        }
        Ok(roles)
    }
}

impl Roles {
    /// What a `data` element of a node says.
    pub(super) fn of_node_data(&self, xml: &Xml<'_>, data: &Element<'_>) -> Result<(Role, Kind), Error> {
        let (of_nodes, _, kind) = self.of_data(xml, data)?;
        Ok((of_nodes, kind))
    }

    /// What a `data` element of an edge says.
    pub(super) fn of_edge_data(&self, xml: &Xml<'_>, data: &Element<'_>) -> Result<(Role, Kind), Error> {
        let (_, of_edges, kind) = self.of_data(xml, data)?;
        Ok((of_edges, kind))
    }

    fn of_data(&self, xml: &Xml<'_>, data: &Element<'_>) -> Result<(Role, Role, Kind), Error> {
        let [key] = xml.attributes(data, ["key"])?;
        let key = xml.required(data, "key", key)?;
        match self.place_of_id.get(&*key) {
            Some(&place) => Ok(self.roles[place as usize]),
            None => Err(xml.malformed(data.at, "a declared key", quoted(&key))),
        }
    }
}

impl Kind {
    /// The number that a text of this kind stands for.
    pub(super) fn number(self, xml: &Xml<'_>, at: usize, text: &str) -> Result<f32, Error> {
        let text = text.trim();
        let (number, expected) = match self {
            Self::Boolean => {
                let is = |word: &str, digit: &str| text.eq_ignore_ascii_case(word) || text == digit;
                let number = if is("true", "1") { Some(1.0) } else { is("false", "0").then_some(0.0) };
                (number, "true or false")
            }
            Self::Whole => (text.parse::<i128>().ok().map(|number| number as f32), "a whole number"),
            Self::Real | Self::Text => (text.parse().ok(), "a finite number"),
        };
        let number = number.filter(|number: &f32| number.is_finite());
        number.ok_or_else(|| xml.malformed(at, expected, quoted(text)))
    }
}
