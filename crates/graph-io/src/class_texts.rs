//! Classes that a file gives as texts.

use std::cmp::Ordering;

use hashbrown::HashMap;

use crate::error::Error;
use crate::labels::Labels;

/// The different texts that classes are given as, numbered as they come.
#[derive(Default)]
pub(crate) struct ClassTexts {
    number_of_text: HashMap<String, u32>,
}

impl ClassTexts {
    /// The number of a text.
    pub(crate) fn number(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.number_of_text.get(text) {
            return number;
        }
        let number = self.number_of_text.len() as u32;
        self.number_of_text.insert(text.to_string(), number);
        number
    }

    /// How many different texts.
    pub(crate) fn len(&self) -> usize {
        self.number_of_text.len()
    }

    /// Labels from the number of each item's text: classes are called by their texts, first those that are numbers in
    /// ascending order, then the others in the order of their characters.
    ///
    /// # Errors
    /// No text at all.
    pub(crate) fn into_labels(self, mut numbers: Vec<Option<u32>>) -> Result<Labels, Error> {
        let mut texts: Vec<(String, u32)> = self.number_of_text.into_iter().collect();
        texts.sort_unstable_by(|a, b| order(&a.0, &b.0));
        let mut class_of_number = vec![0; texts.len()];
        texts.iter().zip(0..).for_each(|((_, number), class)| class_of_number[*number as usize] = class);
        numbers.iter_mut().flatten().for_each(|number| *number = class_of_number[*number as usize]);
        Labels::from_classes(numbers, texts.into_iter().map(|(text, _)| text).collect())
    }
}

fn order(a: &str, b: &str) -> Ordering {
    let value = |text: &str| text.parse::<f64>().ok().filter(|value| value.is_finite());
    match (value(a), value(b)) {
        (Some(x), Some(y)) => x.total_cmp(&y).then_with(|| a.cmp(b)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_first_and_by_size() {
        let mut texts = ClassTexts::default();
        let numbers: Vec<Option<u32>> = ["b", "10", "-1", "9", "nan", "9"]
            .iter()
            .map(|text| Some(texts.number(text)))
            .chain([None])
            .collect();
        let labels = texts.into_labels(numbers).unwrap();
        assert_eq!(labels.class_names(), ["-1", "9", "10", "b", "nan"]);
        assert_eq!(labels.classes(), [Some(3), Some(2), Some(0), Some(1), Some(4), Some(1), None]);
    }
}
