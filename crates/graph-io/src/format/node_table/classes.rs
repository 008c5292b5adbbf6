//! Labels gathered cell by cell, their classes put in order at the end.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::cells::{Fault, is_missing};
use crate::error::Error;
use crate::labels::Labels;

/// What is no more a class than an id.
const MAX_CLASSES: usize = 1 << 16;
const NO_CLASS: u32 = u32::MAX;

/// The classes of nodes in the order of their first node.
pub(crate) struct ClassColumn {
    /// The name of each node's class, [`NO_CLASS`] where it has none.
    names_of_nodes: Vec<u32>,
    names: Vec<Box<str>>,
    hasher: DefaultHashBuilder,
    index: HashTable<u32>,
}

impl ClassColumn {
    /// No node yet; room for so many.
    pub(crate) fn with_room(num_nodes: usize) -> Self {
        Self {
            names_of_nodes: Vec::with_capacity(num_nodes),
            names: Vec::new(),
            hasher: DefaultHashBuilder::default(),
            index: HashTable::new(),
        }
    }

    /// The label of the next node, none where the cell is empty, "nan" or "null".
    pub(crate) fn push(&mut self, cell: &str) -> Result<(), Fault> {
        if is_missing(cell) {
            self.push_none();
            return Ok(());
        }
        let Self { names, hasher, index, .. } = self;
        let hash = hasher.hash_one(cell);
        let known = index.find(hash, |&name| &*names[name as usize] == cell).copied();
        let name = match known {
            Some(name) => name,
            None if names.len() == MAX_CLASSES => {
                return Err(Fault::new(format!("at most {MAX_CLASSES} classes"), "one more"));
            }
            None => {
                let name = names.len() as u32;
                names.push(cell.into());
                index.insert_unique(hash, name, |&name| hasher.hash_one(&*names[name as usize]));
                name
            }
        };
        self.names_of_nodes.push(name);
        Ok(())
    }

    /// The next node has no label.
    pub(crate) fn push_none(&mut self) {
        self.names_of_nodes.push(NO_CLASS);
    }

    /// How many nodes.
    pub(crate) fn len(&self) -> usize {
        self.names_of_nodes.len()
    }

    /// The labels; none where no node has one. Classes that are all whole numbers are in the order of the numbers, -1
    /// being no label; others are in the order of their names.
    pub(crate) fn finish(self) -> Result<Option<Labels>, Error> {
        let Self { names_of_nodes, names, index, .. } = self;
        drop(index);
        let order = ordered(&names);
        if order.is_empty() {
            return Ok(None);
        }
        let mut class_of_name = vec![None; names.len()];
        order.iter().zip(0..).for_each(|(&name, class)| class_of_name[name as usize] = Some(class));
        let class_names = order.iter().map(|&name| names[name as usize].to_string()).collect();
        let mut classes = Vec::with_capacity(names_of_nodes.len());
        classes.extend(names_of_nodes.iter().map(|&name| *class_of_name.get(name as usize)?));
        Labels::from_classes(classes, class_names).map(Some)
    }
}

/// The names that are classes, in their order.
fn ordered(names: &[Box<str>]) -> Vec<u32> {
    let numbers: Option<Vec<f64>> = names.iter().map(|name| whole_value(name)).collect();
    let mut order: Vec<u32> = (0..names.len() as u32).collect();
    let text = |name: u32| &*names[name as usize];
    match numbers {
        Some(numbers) => {
            let value = |name: u32| numbers[name as usize];
            order.retain(|&name| value(name) != -1.0);
            // The same number written twice, as 1 and 1.0, is two classes: their names tell them apart.
            order.sort_unstable_by(|&a, &b| value(a).total_cmp(&value(b)).then(text(a).cmp(text(b))));
        }
        None => order.sort_unstable_by(|&a, &b| text(a).cmp(text(b))),
    }
    order
}

/// The whole number that a label is, written as an integer or as pandas writes one in a column with gaps: 3.0.
fn whole_value(name: &str) -> Option<f64> {
    let value: f64 = name.trim().parse().ok()?;
    (value.is_finite() && value.fract() == 0.0).then_some(value)
}

/// Whether these names come back as the classes they are when they are read as labels.
pub(super) fn first_lost(names: &[String]) -> Option<&String> {
    let all_whole = names.iter().all(|name| whole_value(name).is_some());
    names.iter().find(|name| is_missing(name) || all_whole && whole_value(name) == Some(-1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(cells: &[&str]) -> Option<Labels> {
        let mut column = ClassColumn::with_room(0);
        cells.iter().for_each(|cell| column.push(cell).unwrap());
        assert_eq!(column.len(), cells.len());
        column.finish().unwrap()
    }

    #[test]
    fn whole_numbers_are_in_the_order_of_numbers_and_minus_one_is_no_label() {
        let labels = labels(&["10", "-1", "9", "", "10", "-2"]).unwrap();
        assert_eq!(labels.class_names(), ["-2", "9", "10"]);
        assert_eq!(labels.classes(), [Some(2), None, Some(1), None, Some(2), Some(0)]);
    }

    #[test]
    fn whole_numbers_with_a_fraction_of_zero_are_numbers_too() {
        assert_eq!(labels(&["10.0", "nan", "-1.0", "2.0"]).unwrap().class_names(), ["2.0", "10.0"]);
    }

    #[test]
    fn words_are_in_the_order_of_letters_and_minus_one_is_a_word_among_them() {
        let labels = labels(&["b", "-1", "NULL", "10", "9"]).unwrap();
        assert_eq!(labels.class_names(), ["-1", "10", "9", "b"]);
        assert_eq!(labels.classes(), [Some(3), Some(0), None, Some(1), Some(2)]);
    }

    #[test]
    fn nothing_but_gaps_is_no_labels() {
        assert_eq!(labels(&["", "nan", "-1"]), None);
        assert_eq!(labels(&[]), None);
    }

    #[test]
    fn more_classes_than_any_task_has_are_refused() {
        let mut column = ClassColumn::with_room(0);
        (0..MAX_CLASSES).for_each(|class| column.push(&class.to_string()).unwrap());
        assert_eq!(column.push("x"), Err(Fault::new("at most 65536 classes", "one more")));
        assert_eq!(column.push("65535"), Ok(()));
    }
}
