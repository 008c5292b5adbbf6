//! The values of nodes of one name.

use super::feature_matrix::FeatureColumn;
use super::value::{Kind, Value};
use crate::error::Error;
use crate::format::growth::push_within;
use crate::format::node_table::{ClassColumn, Fault, MAX_CLASSES, Set};
use crate::format::quoted::quoted;
use crate::labels::Labels;
use crate::missing_values::TextColumn;
use crate::node_ids::NodeIds;

/// A column in the making.
pub(super) struct Column {
    pub(super) name: Box<str>,
    pub(super) kept: Kept,
    /// The node of each value, ascending.
    pub(super) nodes: Vec<u32>,
    pub(super) default: Option<f32>,
    pub(super) is_whole: bool,
    /// Whether a value is a text.
    pub(super) has_text: bool,
    /// Of the first column of a list: where the last element of the last node is.
    pub(super) last_element: u32,
    /// The column of the next element of a list.
    pub(super) next_element: Option<u32>,
    /// The place in a list, where it is one.
    pub(super) element: Option<u32>,
}

/// What is kept of the values.
pub(super) enum Kept {
    Numbers(Vec<f32>),
    Texts(Box<Texts>),
    /// Whether a node is in a set; kept with the sets.
    Mask(Set),
    /// The name of a set; kept with the sets.
    SetName,
    Nothing,
}

/// Values by the numbers of their texts.
#[derive(Default)]
pub(super) struct Texts {
    numbers: Vec<u32>,
    texts: ClassColumn,
    default: Option<u32>,
}

/// What a column is to nodes where it is no class, split or name.
pub(super) enum Use {
    Feature(FeatureColumn),
    /// A text or none for each node.
    Texts(TextColumn),
    /// More different texts than classes may be.
    TooManyTexts,
    Nothing,
}

impl Column {
    pub(super) fn new(name: Box<str>, kept: Kept, index: u32) -> Self {
        Self {
            name,
            kept,
            nodes: Vec::new(),
            default: None,
            is_whole: true,
            has_text: false,
            last_element: index,
            next_element: None,
            element: None,
        }
    }

    /// Keeps a value of a node, the last one.
    pub(super) fn push(&mut self, node: u32, value: Value<'_>) -> Result<(), Fault> {
        if self.nodes.last() == Some(&node) {
            return Err(Fault::new(format!("one value of {} for a node", quoted(&self.name)), "two"));
        }
        if value.is_missing() {
            return Ok(());
        }
        self.is_whole &= value.is_whole();
        self.has_text |= value.is_text();
        if value.is_text() && matches!(self.kept, Kept::Numbers(_)) {
            // Of a list only the first texts are kept.
            let is_later = self.element.is_some_and(|element| element > 0);
            if is_later { self.kept = Kept::Nothing } else { self.keep_texts() }
        }
        match &mut self.kept {
            Kept::Numbers(values) => push_within(values, value.number()?, usize::MAX),
            Kept::Texts(kept) => {
                let number = match value {
                    Value::Written(_, text) => kept.texts.number(text),
                    Value::Number(number) => kept.texts.number(&number.to_string()),
                };
                push_within(&mut kept.numbers, number, usize::MAX);
            }
            Kept::Mask(_) | Kept::SetName | Kept::Nothing => return Ok(()),
        }
        push_within(&mut self.nodes, node, usize::MAX);
        Ok(())
    }

    /// What were numbers until now are texts.
    fn keep_texts(&mut self) {
        let mut kept = Texts::default();
        if let Kept::Numbers(values) = &self.kept {
            kept.numbers = values.iter().map(|value| kept.texts.number(&value.to_string())).collect();
        }
        self.kept = Kept::Texts(Box::new(kept));
    }

    /// The value of nodes without one; a text says nothing of numbers.
    pub(super) fn set_default(&mut self, kind: Kind, text: &str) -> Result<(), Fault> {
        match &mut self.kept {
            Kept::Numbers(_) if kind != Kind::Text => {
                self.default = self.default.or(Some(kind.number(text)?));
            }
            Kept::Texts(kept) if !text.is_empty() => {
                self.is_whole &= kind != Kind::Real;
                kept.default = kept.default.or_else(|| Some(kept.texts.number(text)));
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether it says nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.default.is_none()
    }

    /// Numbers with a fraction are no classes.
    pub(super) fn may_be_class(&self) -> bool {
        let Kept::Texts(kept) = &self.kept else { return false };
        self.is_whole && (!self.nodes.is_empty() || kept.default.is_some())
    }

    /// Whether more than half of the values differ: a name of each node and no class.
    pub(super) fn are_names(&self) -> bool {
        matches!(&self.kept, Kept::Texts(kept) if 2 * kept.texts.num_texts() > self.nodes.len())
    }

    /// What the nodes are called, where each of so many has a text of its own.
    pub(super) fn names(&self, num_nodes: usize) -> Option<NodeIds> {
        let Kept::Texts(kept) = &self.kept else { return None };
        let is_name = self.nodes.len() == num_nodes && kept.texts.num_texts() == num_nodes;
        let names = || NodeIds::from_names(kept.numbers.iter().map(|&number| kept.texts.text(number)));
        (num_nodes > 0 && is_name).then(names)
    }

    /// The texts as the classes of so many nodes.
    pub(super) fn labels(&mut self, num_nodes: usize) -> Result<Option<Labels>, Error> {
        let Kept::Texts(kept) = std::mem::replace(&mut self.kept, Kept::Nothing) else { return Ok(None) };
        let Texts { numbers, mut texts, default } = *kept;
        let mut given = self.nodes.iter().zip(&numbers).peekable();
        for node in 0..num_nodes as u32 {
            let number = given.next_if(|(of, _)| **of == node).map(|(_, &number)| number);
            texts.push_number(number.or(default));
        }
        texts.finish()
    }

    /// What the column is where it is nothing else, its texts those of so many nodes.
    pub(super) fn into_use(mut self, num_nodes: usize) -> Result<Use, Error> {
        if self.has_text {
            if matches!(&self.kept, Kept::Texts(kept) if kept.texts.num_texts() > MAX_CLASSES) {
                return Ok(Use::TooManyTexts);
            }
            let texts = self.labels(num_nodes)?;
            let name = self.name.into();
            return Ok(texts.map_or(Use::Nothing, |texts| Use::Texts(TextColumn { name, texts })));
        }
        let values = match self.kept {
            Kept::Numbers(values) => values,
            Kept::Texts(kept) => {
                let number = |&number: &u32| Kind::Real.number(kept.texts.text(number)).unwrap_or(f32::NAN);
                kept.numbers.iter().map(number).collect()
            }
            Kept::Mask(_) | Kept::SetName | Kept::Nothing => return Ok(Use::Nothing),
        };
        let Self { name, nodes, default, element, .. } = self;
        let list = element.filter(|&element| element > 0).map(|_| name.clone());
        let name = element.map_or(name.clone(), |element| format!("{name}_{element}").into());
        Ok(Use::Feature(FeatureColumn { name, nodes, values, default, list }))
    }
}
