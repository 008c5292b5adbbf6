//! Labels gathered cell by cell, their classes put in order at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::cells::{Fault, is_missing};
use crate::error::Error;
use crate::labels::Labels;
use crate::multi_labels::MultiLabels;

/// What is no more a class than an id.
pub(crate) const MAX_CLASSES: usize = 1 << 16;
const NO_CLASS: u32 = u32::MAX;

/// The classes of nodes, or of graphs, as they come.
#[derive(Default)]
pub(crate) struct ClassColumn {
    /// The number of each item's text, [`NO_CLASS`] where it has none.
    numbers: Vec<u32>,
    /// The different texts as they came.
    texts: Vec<Box<str>>,
    hasher: DefaultHashBuilder,
    index: HashTable<u32>,
}

impl ClassColumn {
    /// No item yet; room for so many.
    pub(crate) fn with_room(num_items: usize) -> Self {
        Self { numbers: Vec::with_capacity(num_items), ..Self::default() }
    }

    /// The label of the next item as a cell, none where the cell is empty, "nan" or "null".
    pub(crate) fn push(&mut self, cell: &str) -> Result<(), Fault> {
        if is_missing(cell) {
            self.push_number(None);
            return Ok(());
        }
        self.push_text(cell)
    }

    /// The class of the next item is this text, whatever it is.
    pub(crate) fn push_text(&mut self, text: &str) -> Result<(), Fault> {
        let number = self.number(text);
        if number as usize >= MAX_CLASSES {
            return Err(Fault::new(format!("at most {MAX_CLASSES} classes"), "one more"));
        }
        self.push_number(Some(number));
        Ok(())
    }

    /// The class of the next item by [`number`](Self::number); none where it has none.
    pub(crate) fn push_number(&mut self, number: Option<u32>) {
        self.numbers.push(number.unwrap_or(NO_CLASS));
    }

    /// The number of a text, counted as they come.
    pub(crate) fn number(&mut self, text: &str) -> u32 {
        let Self { texts, hasher, index, .. } = self;
        let hash = hasher.hash_one(text);
        if let Some(&number) = index.find(hash, |&number| &*texts[number as usize] == text) {
            return number;
        }
        let number = texts.len() as u32;
        texts.push(text.into());
        index.insert_unique(hash, number, |&number| hasher.hash_one(&*texts[number as usize]));
        number
    }

    /// How many different texts.
    pub(crate) fn num_texts(&self) -> usize {
        self.texts.len()
    }

    /// The text of a number.
    pub(crate) fn text(&self, number: u32) -> &str {
        &self.texts[number as usize]
    }

    /// Whether texts are names of items and no classes: more than half of the items that have one differ.
    pub(crate) fn are_names(&self) -> bool {
        let num_labelled = self.numbers.iter().filter(|&&number| number != NO_CLASS).count();
        2 * self.texts.len() > num_labelled
    }

    /// How many items.
    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Any number of classes for each item, where every text is whole numbers and one has several, as `21 6`.
    pub(crate) fn multi_labels(&self) -> Result<Option<MultiLabels>, Error> {
        fn numbers(text: &str) -> impl Iterator<Item = Option<u64>> {
            let words = text.split([' ', ';', '|', ',']).filter(|word| !word.is_empty());
            words.map(|word| word.parse().ok())
        }
        let is_several = self.texts.iter().any(|text| numbers(text).nth(1).is_some())
            && self.texts.iter().all(|text| numbers(text).all(|number| number.is_some()));
        if !is_several {
            return Ok(None);
        }
        let all: BTreeSet<u64> = self.texts.iter().flat_map(|text| numbers(text).flatten()).collect();
        let classes: BTreeMap<u64, u32> = all.into_iter().zip(0..).collect();
        let lists = self.numbers.iter().map(|&number| match number {
            NO_CLASS => Vec::new(),
            number => {
                numbers(&self.texts[number as usize]).flatten().map(|number| classes[&number]).collect()
            }
        });
        let class_names = classes.keys().map(u64::to_string).collect();
        MultiLabels::from_lists(lists, class_names).map(Some)
    }

    /// The labels; none where no item has one. Classes that are all numbers are in the order of the numbers; others are in
    /// the order of their names.
    pub(crate) fn into_labels(self) -> Result<Option<Labels>, Error> {
        let order = self.order();
        self.labels(&order)
    }

    /// As [`into_labels`](Self::into_labels), but -1 is no label where all are whole numbers.
    pub(crate) fn finish(self) -> Result<Option<Labels>, Error> {
        let mut order = self.order();
        if self.texts.iter().all(|text| whole_value(text).is_some()) {
            order.retain(|&number| whole_value(&self.texts[number as usize]) != Some(-1.0));
        }
        self.labels(&order)
    }

    /// The numbers of the texts in the order of the classes.
    fn order(&self) -> Vec<u32> {
        let values: Option<Vec<f64>> = self.texts.iter().map(|text| value(text)).collect();
        let mut order: Vec<u32> = (0..self.texts.len() as u32).collect();
        let text = |number: u32| &*self.texts[number as usize];
        // The same number written twice, as 1 and 1.0, is two classes: their names tell them apart.
        match values {
            Some(values) => order.sort_unstable_by(|&a, &b| {
                values[a as usize].total_cmp(&values[b as usize]).then(text(a).cmp(text(b)))
            }),
            None => order.sort_unstable_by(|&a, &b| text(a).cmp(text(b))),
        }
        order
    }

    fn labels(self, order: &[u32]) -> Result<Option<Labels>, Error> {
        let Self { numbers, texts, index, .. } = self;
        drop(index);
        if order.is_empty() {
            return Ok(None);
        }
        let mut class_of_number = vec![None; texts.len()];
        order.iter().zip(0..).for_each(|(&number, class)| class_of_number[number as usize] = Some(class));
        let class_names = order.iter().map(|&number| texts[number as usize].to_string()).collect();
        let mut classes = Vec::with_capacity(numbers.len());
        classes.extend(numbers.iter().map(|&number| *class_of_number.get(number as usize)?));
        Labels::from_classes(classes, class_names).map(Some)
    }
}

/// The number that a label is.
fn value(name: &str) -> Option<f64> {
    name.trim().parse().ok().filter(|value: &f64| value.is_finite())
}

/// The whole number that a label is, written as an integer or as pandas writes one in a column with gaps: 3.0.
fn whole_value(name: &str) -> Option<f64> {
    value(name).filter(|value| value.fract() == 0.0)
}

/// Whether these names come back as the classes they are when they are read as labels.
pub(crate) fn first_lost(names: &[String]) -> Option<&String> {
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

    #[test]
    fn where_every_text_is_a_class_minus_one_and_nan_are_too() {
        let labels = |texts: &[&str]| {
            let mut column = ClassColumn::default();
            texts.iter().for_each(|text| column.push_text(text).unwrap());
            column.push_number(None);
            column.into_labels().unwrap()
        };
        let numbers = labels(&["10", "-1", "0.5", "-1"]).unwrap();
        assert_eq!(numbers.class_names(), ["-1", "0.5", "10"]);
        assert_eq!(numbers.classes(), [Some(2), Some(0), Some(1), Some(0), None]);
        assert_eq!(labels(&["b", "10", "nan", "9"]).unwrap().class_names(), ["10", "9", "b", "nan"]);
        assert_eq!(labels(&[]), None);
    }
}
