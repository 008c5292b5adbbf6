//! The names of the feature columns.

use std::collections::HashSet;
use std::sync::Arc;

use crate::error::Error;

/// The name of every feature column, in the order of the columns; all different.
///
/// A model that was trained on one source finds its columns in another by them. A clone costs nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureNames(Arc<[Box<str>]>);

impl FeatureNames {
    /// The names of columns.
    ///
    /// # Errors
    /// Two columns of one name.
    pub fn from_names<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Result<Self, Error> {
        let names: Vec<Box<str>> = names.into_iter().map(|name| name.as_ref().into()).collect();
        let mut seen = HashSet::with_capacity(names.len());
        if let Some(twice) = names.iter().find(|name| !seen.insert(&***name)) {
            return Err(Error::invalid("feature names", "different names", format!("{twice:?} twice")));
        }
        Ok(Self(names.into()))
    }

    /// The names of columns of a file, in which a name may be there several times: each later one gets a number after
    /// it, `x.1`, `x.2`, as pandas has it.
    pub(crate) fn of_columns(names: Vec<Box<str>>) -> Self {
        let mut seen: HashSet<Box<str>> = HashSet::with_capacity(names.len());
        let mut free: std::collections::HashMap<Box<str>, u32> = std::collections::HashMap::new();
        let different = names.into_iter().map(|name| {
            let mut unique = name.clone();
            while !seen.insert(unique.clone()) {
                let number = free.entry(name.clone()).or_default();
                *number += 1;
                unique = format!("{name}.{number}").into();
            }
            unique
        });
        Self(different.collect())
    }

    /// How many columns.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no column.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name of a column.
    ///
    /// # Panics
    /// When `column` is not below [`len`](Self::len).
    pub fn get(&self, column: usize) -> &str {
        &self.0[column]
    }

    /// The names in the order of the columns.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|name| &**name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_different() {
        let names = FeatureNames::from_names(["age", "size"]).unwrap();
        assert_eq!((names.len(), names.get(1), names.is_empty()), (2, "size", false));
        assert_eq!(
            FeatureNames::from_names(["x", "y", "x"]).unwrap_err().to_string(),
            "feature names: expected different names, found \"x\" twice"
        );
    }

    #[test]
    fn a_name_that_is_there_again_gets_a_number_that_no_column_has() {
        let names = ["x", "x.1", "x", "x", "", ""].map(Box::from).to_vec();
        let names = FeatureNames::of_columns(names);
        assert_eq!(names.iter().collect::<Vec<_>>(), ["x", "x.1", "x.2", "x.3", "", ".1"]);
    }
}
