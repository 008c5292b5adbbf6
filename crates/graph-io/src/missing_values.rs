//! Feature columns with missing values or with texts, and what is done with them.

use serde::{Deserialize, Serialize};

use crate::csr::{CsrMatrix, row};
use crate::error::Error;
use crate::feature_names::FeatureNames;
use crate::features::Features;
use crate::labels::Labels;
use crate::node_ids::NodeIds;
use crate::read_notes::ReadNotes;

/// What is done with columns of a source that are not a number for every node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ColumnPolicy {
    /// Columns of numbers in which some nodes have no value.
    pub missing_values: MissingValues,
    /// Whether each column that [`MissingValues::Mean`] or [`MissingValues::Zero`] completes gets a second one,
    /// `NAME_missing`, with a 1 for each node whose value was missing.
    pub missing_indicators: bool,
    /// Columns of texts.
    pub text_columns: TextColumns,
}

/// What is done with a column of numbers in which some nodes have no value: an empty cell, NaN, an attribute that a node
/// does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MissingValues {
    /// Give an error.
    Error,
    /// Leave out the column and report it.
    #[default]
    DropColumn,
    /// Take the mean of the values that are there.
    Mean,
    /// Take 0.
    Zero,
}

/// What is done with a column of texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextColumns {
    /// Give an error.
    Error,
    /// Leave out the column and report it.
    #[default]
    Drop,
    /// A column of zeros and ones for each different text, `NAME=TEXT`; a node without a text has zeros only.
    OneHot,
}

/// A column of texts in a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextColumn {
    /// Its name.
    pub name: String,
    /// The text of each node, where it has one: a class for each different text.
    pub texts: Labels,
}

/// The columns of a source as it has them: a missing value is NaN.
pub(crate) struct SourceColumns {
    pub(crate) features: Option<Features>,
    pub(crate) names: Option<FeatureNames>,
    pub(crate) texts: Vec<TextColumn>,
}

/// Columns with a number for every node.
pub(crate) struct CleanColumns {
    pub(crate) features: Option<Features>,
    pub(crate) names: Option<FeatureNames>,
}

impl ColumnPolicy {
    /// The columns that the policy makes of those of a source, with a note of each change; no features where it leaves
    /// out every column.
    ///
    /// # Errors
    /// Whatever the policy refuses.
    pub(crate) fn apply(
        &self,
        source: SourceColumns,
        node_ids: &NodeIds,
        notes: &mut ReadNotes,
    ) -> Result<CleanColumns, Error> {
        let SourceColumns { mut features, names, texts } = source;
        let mut names: Option<Vec<String>> = names.map(|names| names.iter().map(String::from).collect());
        let mut ones = Ones::default();
        if let Some(given) = features.take_if(|features| has_missing(features)) {
            let columns = Columns::of(&given, names.as_deref());
            let fills = self.fills(&columns, node_ids, notes)?;
            if self.missing_indicators {
                columns.indicate(&given, &fills, &mut ones);
            }
            features = filled(given, &fills);
            names = names.map(|names| kept(names, &fills));
        }
        for TextColumn { name, texts } in texts {
            let num_texts = texts.num_classes();
            match self.text_columns {
                TextColumns::Drop => notes.unused(&name, "text; `--text-columns one-hot` uses it"),
                TextColumns::Error => {
                    return Err(Error::invalid(
                        format!("features, column {name:?}"),
                        "numbers; `--text-columns drop` or `one-hot` takes texts",
                        format!("texts such as {:?}", texts.class_names()[0]),
                    ));
                }
                TextColumns::OneHot => {
                    notes.remarks.push(format!("column {name:?}: {num_texts} columns for its texts"));
                    ones.push_texts(&name, &texts);
                }
            }
        }
        if !ones.names.is_empty() {
            let num_new = ones.names.len();
            if features.is_none() {
                names = Some(Vec::new());
            }
            if let Some(names) = &mut names {
                names.append(&mut ones.names);
            }
            features = Some(ones.after(features, node_ids.len(), num_new));
        }
        // A new column may have the name of another.
        let names = names.filter(|_| features.is_some());
        let names = names.map(|names| FeatureNames::of_columns(names.into_iter().map(Box::from).collect()));
        Ok(CleanColumns { features, names })
    }

    /// What stands for the missing values of each column; nothing for a column that is left out.
    fn fills(
        &self,
        columns: &Columns<'_>,
        node_ids: &NodeIds,
        notes: &mut ReadNotes,
    ) -> Result<Vec<Option<f32>>, Error> {
        let num_nodes = node_ids.len();
        let mut fills = Vec::with_capacity(columns.stats.len());
        for (column, stats) in columns.stats.iter().enumerate() {
            let num_missing = stats.num_missing;
            let fill = match self.missing_values {
                _ if num_missing == 0 => Some(0.0),
                MissingValues::Error => {
                    let first = node_ids.get(stats.first_missing);
                    return Err(Error::invalid(
                        format!("features, column {}", columns.shown(column)),
                        "a number for every node; `--missing-values drop-column`, `mean` or `zero` goes on",
                        format!("none for {num_missing} of {num_nodes}, the first of them node {first:?}"),
                    ));
                }
                MissingValues::Mean if num_missing < num_nodes => {
                    Some((stats.sum / (num_nodes - num_missing) as f64) as f32)
                }
                MissingValues::Zero if num_missing < num_nodes => Some(0.0),
                _ => None,
            };
            let share = format!("{num_missing} of {num_nodes} nodes");
            match fill {
                None if num_missing == num_nodes => notes.unused(&columns.name(column), "no value in it"),
                None => notes.unused(&columns.name(column), missing_reason(self.missing_values, &share)),
                Some(fill) if num_missing > 0 => {
                    let name = columns.shown(column);
                    notes.remarks.push(format!("column {name}: {fill} for {share} without a value"));
                }
                Some(_) => {}
            }
            fills.push(fill);
        }
        Ok(fills)
    }
}

/// Why a column is left out: in words of their own only where another policy would keep it.
fn missing_reason(policy: MissingValues, share: &str) -> String {
    match policy {
        MissingValues::DropColumn => {
            format!("no value for {share}; `--missing-values mean` or `zero` fills them")
        }
        _ => format!("no value for {share}"),
    }
}

/// Calls `visit` with the row, the column and the value of each stored value, row by row.
fn for_each_value(features: &Features, mut visit: impl FnMut(u32, u32, f32)) {
    for node in 0..features.num_nodes() {
        match features {
            Features::Dense(matrix) => {
                (0..).zip(matrix.row(node)).for_each(|(column, &value)| visit(node as u32, column, value));
            }
            Features::Sparse(matrix) => {
                let (columns, values) = row(matrix, node);
                columns.iter().zip(values).for_each(|(&column, &value)| visit(node as u32, column, value));
            }
        }
    }
}

fn has_missing(features: &Features) -> bool {
    match features {
        Features::Dense(matrix) => matrix.iter().any(|value| value.is_nan()),
        Features::Sparse(matrix) => matrix.data().iter().any(|value| value.is_nan()),
    }
}

/// What is known of the columns of features with missing values.
struct Columns<'a> {
    stats: Vec<ColumnStats>,
    names: Option<&'a [String]>,
}

#[derive(Clone, Default)]
struct ColumnStats {
    num_missing: usize,
    first_missing: u32,
    /// Of the values that are there.
    sum: f64,
}

impl<'a> Columns<'a> {
    fn of(features: &Features, names: Option<&'a [String]>) -> Self {
        let mut stats = vec![ColumnStats::default(); features.d_input()];
        for_each_value(features, |node, column, value| {
            let stats = &mut stats[column as usize];
            if value.is_nan() {
                if stats.num_missing == 0 {
                    stats.first_missing = node;
                }
                stats.num_missing += 1;
            } else {
                stats.sum += f64::from(value);
            }
        });
        Self { stats, names }
    }

    /// The name of a column, its number where the source has no names.
    fn name(&self, column: usize) -> String {
        self.names.map_or_else(|| column.to_string(), |names| names[column].clone())
    }

    /// A column as a message shows it.
    fn shown(&self, column: usize) -> String {
        self.names.map_or_else(|| column.to_string(), |names| format!("{:?}", names[column]))
    }

    /// Adds a column of ones for each completed column, where its value is missing.
    fn indicate(&self, features: &Features, fills: &[Option<f32>], ones: &mut Ones) {
        let mut indicators = vec![None; self.stats.len()];
        for (column, stats) in self.stats.iter().enumerate() {
            if stats.num_missing > 0 && fills[column].is_some() {
                indicators[column] = Some(ones.names.len() as u32);
                ones.names.push(format!("{}_missing", self.name(column)));
            }
        }
        for_each_value(features, |node, column, value| {
            if let Some(indicator) = indicators[column as usize].filter(|_| value.is_nan()) {
                ones.entries.push((node, indicator));
            }
        });
    }
}

fn kept<T>(items: Vec<T>, fills: &[Option<f32>]) -> Vec<T> {
    items.into_iter().zip(fills).filter(|(_, fill)| fill.is_some()).map(|(item, _)| item).collect()
}

/// The features without the columns that have no fill, and with the fill for each missing value; none without columns.
fn filled(features: Features, fills: &[Option<f32>]) -> Option<Features> {
    let columns: Vec<usize> = kept((0..fills.len()).collect(), fills);
    if columns.is_empty() {
        return None;
    }
    match features {
        Features::Dense(matrix) => {
            let mut matrix = matrix.select(ndarray::Axis(1), &columns);
            for (mut values, fill) in matrix.columns_mut().into_iter().zip(fills.iter().flatten()) {
                values.iter_mut().filter(|value| value.is_nan()).for_each(|value| *value = *fill);
            }
            Some(Features::Dense(matrix))
        }
        Features::Sparse(matrix) => {
            let mut new_columns = vec![None; fills.len()];
            (0u32..).zip(&columns).for_each(|(new, &old)| new_columns[old] = Some(new));
            let (mut pointers, mut indices, mut data) = (vec![0], Vec::new(), Vec::new());
            for node in 0..matrix.rows() {
                let (columns, values) = row(&matrix, node);
                for (&column, &value) in columns.iter().zip(values) {
                    let (Some(new), Some(fill)) = (new_columns[column as usize], fills[column as usize])
                    else {
                        continue;
                    };
                    indices.push(new);
                    data.push(if value.is_nan() { fill } else { value });
                }
                pointers.push(indices.len());
            }
            let matrix = CsrMatrix::try_new((matrix.rows(), columns.len()), pointers, indices, data);
            Some(Features::Sparse(matrix.expect("the columns that are kept stay in their order")))
        }
    }
}

/// New columns of zeros and ones.
#[derive(Default)]
struct Ones {
    names: Vec<String>,
    /// The node and the new column of each one.
    entries: Vec<(u32, u32)>,
}

impl Ones {
    fn push_texts(&mut self, name: &str, texts: &Labels) {
        let first = self.names.len() as u32;
        self.names.extend(texts.class_names().iter().map(|text| format!("{name}={text}")));
        let of_nodes = (0..).zip(texts.classes());
        self.entries.extend(of_nodes.filter_map(|(node, text)| Some((node, first + (*text)?))));
    }

    /// The new columns after those of the features. Dense features stay dense unless fewer than a tenth of all values
    /// are not zero.
    fn after(mut self, features: Option<Features>, num_nodes: usize, num_new: usize) -> Features {
        self.entries.sort_unstable();
        let d_before = features.as_ref().map_or(0, Features::d_input);
        let mut ones = self.entries.into_iter().peekable();
        let (mut pointers, mut indices, mut data) = (vec![0], Vec::new(), Vec::new());
        for node in 0..num_nodes {
            match &features {
                Some(Features::Dense(matrix)) => {
                    for (column, &value) in (0..).zip(matrix.row(node)).filter(|(_, value)| **value != 0.0) {
                        indices.push(column);
                        data.push(value);
                    }
                }
                Some(Features::Sparse(matrix)) => {
                    let (columns, values) = row(matrix, node);
                    indices.extend_from_slice(columns);
                    data.extend_from_slice(values);
                }
                None => {}
            }
            while let Some((_, column)) = ones.next_if(|entry| entry.0 as usize == node) {
                indices.push(d_before as u32 + column);
                data.push(1.0);
            }
            pointers.push(indices.len());
        }
        let d_input = d_before + num_new;
        let stays_dense =
            matches!(features, Some(Features::Dense(_))) && 10 * indices.len() >= num_nodes * d_input;
        let matrix = CsrMatrix::try_new((num_nodes, d_input), pointers, indices, data);
        let matrix = matrix.expect("columns of a row ascend: the old ones, then the new ones in order");
        if stays_dense { Features::Dense(matrix.to_dense()) } else { Features::Sparse(matrix) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    const NAN: f32 = f32::NAN;

    fn texts(values: &[Option<u32>], names: &[&str]) -> TextColumn {
        let texts =
            Labels::from_classes(values.to_vec(), names.iter().map(|name| name.to_string()).collect());
        TextColumn { name: "city".into(), texts: texts.unwrap() }
    }

    /// What becomes of columns, their names, and the notes.
    type Applied = (Option<Features>, Vec<String>, String);

    fn apply(
        policy: ColumnPolicy,
        features: Option<Features>,
        texts: Vec<TextColumn>,
    ) -> Result<Applied, String> {
        let d_input = features.as_ref().map_or(0, Features::d_input);
        let names = ["age", "size", "sum"].iter().take(d_input);
        let names = (d_input > 0).then(|| FeatureNames::from_names(names).unwrap());
        let mut notes = ReadNotes::default();
        let ids = NodeIds::from_names(["a", "b", "c"]);
        let clean = policy.apply(SourceColumns { features, names, texts }, &ids, &mut notes);
        let CleanColumns { features, names } = clean.map_err(|error| error.to_string())?;
        let names = names.map(|names| names.iter().map(String::from).collect());
        Ok((features, names.unwrap_or_default(), notes.to_string()))
    }

    fn holes() -> Array2<f32> {
        array![[NAN, 1.0, NAN], [2.0, 0.0, NAN], [4.0, 5.0, NAN]]
    }

    fn both_forms() -> [Features; 2] {
        let sparse = CsrMatrix::new(
            (3, 3),
            vec![0, 3, 5, 8],
            vec![0, 1, 2, 0, 2, 0, 1, 2],
            vec![NAN, 1.0, NAN, 2.0, NAN, 4.0, 5.0, NAN],
        );
        [Features::Dense(holes()), Features::Sparse(sparse)]
    }

    fn dense(features: &Features) -> Array2<f32> {
        match features {
            Features::Dense(matrix) => matrix.clone(),
            Features::Sparse(matrix) => matrix.to_dense(),
        }
    }

    fn policy(missing_values: MissingValues) -> ColumnPolicy {
        ColumnPolicy { missing_values, ..ColumnPolicy::default() }
    }

    #[test]
    fn columns_with_missing_values_are_left_out_and_noted() {
        for features in both_forms() {
            let (features, names, notes) = apply(ColumnPolicy::default(), Some(features), vec![]).unwrap();
            assert_eq!(
                (dense(&features.unwrap()), names),
                (array![[1.0], [0.0], [5.0]], vec!["size".into()])
            );
            assert_eq!(
                notes,
                "not used: \"age\" (no value for 1 of 3 nodes; `--missing-values mean` or `zero` fills them)\n\
                 not used: \"sum\" (no value in it)\n"
            );
        }
    }

    #[test]
    fn missing_values_are_replaced_by_the_mean_of_the_others_or_by_zero() {
        for (missing_values, expected) in [(MissingValues::Mean, 3.0), (MissingValues::Zero, 0.0)] {
            for features in both_forms() {
                let (features, _, notes) = apply(policy(missing_values), Some(features), vec![]).unwrap();
                let matrix = array![[expected, 1.0], [2.0, 0.0], [4.0, 5.0]];
                assert_eq!(dense(&features.unwrap()), matrix);
                let filled = format!("column \"age\": {expected} for 1 of 3 nodes without a value\n");
                assert_eq!(notes, format!("not used: \"sum\" (no value in it)\n{filled}"));
            }
        }
    }

    #[test]
    fn indicators_say_which_values_were_missing() {
        let policy = ColumnPolicy { missing_indicators: true, ..policy(MissingValues::Mean) };
        for features in both_forms() {
            let (features, names, _) = apply(policy, Some(features), vec![]).unwrap();
            let expected = array![[3.0, 1.0, 1.0], [2.0, 0.0, 0.0], [4.0, 5.0, 0.0]];
            assert_eq!(dense(&features.unwrap()), expected);
            assert_eq!(names, ["age", "size", "age_missing"]);
        }
    }

    #[test]
    fn texts_are_left_out_or_become_columns_of_zeros_and_ones() {
        let city = || texts(&[Some(1), None, Some(0)], &["Oslo", "Rome"]);
        let (features, _, notes) = apply(ColumnPolicy::default(), None, vec![city()]).unwrap();
        assert_eq!(features, None);
        assert_eq!(notes, "not used: \"city\" (text; `--text-columns one-hot` uses it)\n");
        let policy = ColumnPolicy { text_columns: TextColumns::OneHot, ..ColumnPolicy::default() };
        let (features, names, notes) = apply(policy, None, vec![city()]).unwrap();
        assert_eq!(dense(&features.unwrap()), array![[0.0, 1.0], [0.0, 0.0], [1.0, 0.0]]);
        assert_eq!(names, ["city=Oslo", "city=Rome"]);
        assert_eq!(notes, "column \"city\": 2 columns for its texts\n");
        let ages = Features::Dense(array![[7.0], [8.0], [9.0]]);
        let (features, names, _) = apply(policy, Some(ages), vec![city()]).unwrap();
        let expected = array![[7.0, 0.0, 1.0], [8.0, 0.0, 0.0], [9.0, 1.0, 0.0]];
        assert_eq!(features, Some(Features::Dense(expected)));
        assert_eq!(names, ["age", "city=Oslo", "city=Rome"]);
    }

    #[test]
    fn many_new_columns_make_features_sparse() {
        let policy = ColumnPolicy { text_columns: TextColumns::OneHot, ..ColumnPolicy::default() };
        let names: Vec<String> = (0..90).map(|name| name.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let ages = Features::Dense(array![[7.0], [8.0], [9.0]]);
        let (features, ..) =
            apply(policy, Some(ages), vec![texts(&[Some(0), None, Some(89)], &names)]).unwrap();
        let Some(Features::Sparse(matrix)) = features else { panic!("5 of 273 values are not zero") };
        assert_eq!((matrix.cols(), matrix.nnz(), matrix.get(2, 90)), (91, 5, Some(&1.0)));
    }

    #[test]
    fn columns_that_are_refused_are_named_with_the_flag_that_helps() {
        let [features, _] = both_forms();
        assert_eq!(
            apply(policy(MissingValues::Error), Some(features), vec![]).unwrap_err(),
            "features, column \"age\": expected a number for every node; `--missing-values drop-column`, `mean` \
             or `zero` goes on, found none for 1 of 3, the first of them node \"a\""
        );
        let policy = ColumnPolicy { text_columns: TextColumns::Error, ..ColumnPolicy::default() };
        assert_eq!(
            apply(policy, None, vec![texts(&[Some(0), None, None], &["Oslo"])]).unwrap_err(),
            "features, column \"city\": expected numbers; `--text-columns drop` or `one-hot` takes texts, \
             found texts such as \"Oslo\""
        );
    }
}
