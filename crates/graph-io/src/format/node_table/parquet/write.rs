//! Writes a node table as Parquet.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Int32Array, StringArray};
use arrow_schema::{DataType, Field};
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use crate::csr::row;
use crate::error::Error;
use crate::features::Features;
use crate::format::node_table::text::{set_names, split_name};
use crate::format::parquet_file::{self, list_array, list_field};
use crate::node_dataset::NodeDataset;

pub(in crate::format::node_table) fn write(dataset: &NodeDataset, path: &Path) -> Result<(), Error> {
    let d_input = dataset.own_features().map_or(0, Features::d_input);
    let num_nodes = dataset.graph().num_nodes();
    let sets: Vec<Vec<&str>> = dataset.splits().iter().map(|split| set_names(split, num_nodes)).collect();
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let fields = fields(dataset, d_input)?;
    parquet_file::write(path, properties, dataset.node_ids(), fields, d_input, |nodes| {
        columns(dataset, &sets, nodes)
    })
}

fn fields(dataset: &NodeDataset, d_input: usize) -> Result<Vec<Field>, Error> {
    let mut fields = Vec::new();
    if dataset.labels().is_some() {
        let classes = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        fields.push(Field::new("label", classes, true));
    }
    for split in 0..dataset.splits().len() {
        fields.push(Field::new(split_name(split), DataType::Utf8, true));
    }
    if d_input > 0 {
        fields.push(list_field("features", d_input)?);
    }
    Ok(fields)
}

fn columns(dataset: &NodeDataset, sets: &[Vec<&str>], nodes: Range<usize>) -> Vec<ArrayRef> {
    let mut columns: Vec<ArrayRef> = Vec::new();
    if let Some(labels) = dataset.labels() {
        let classes: Int32Array =
            labels.classes()[nodes.clone()].iter().map(|class| class.map(|class| class as i32)).collect();
        let names = StringArray::from_iter_values(labels.class_names());
        columns.push(Arc::new(DictionaryArray::<Int32Type>::new(classes, Arc::new(names))));
    }
    for set in sets {
        let own = set[nodes.clone()].iter().map(|set| Some(*set).filter(|set| !set.is_empty()));
        columns.push(Arc::new(own.collect::<StringArray>()));
    }
    let Some(features) = dataset.own_features() else {
        return columns;
    };
    let d_input = features.d_input();
    let mut values = vec![0.0; nodes.len() * d_input];
    for (node, out) in nodes.zip(values.chunks_exact_mut(d_input)) {
        match features {
            Features::Dense(matrix) => {
                matrix.row(node).iter().zip(out).for_each(|(value, out)| *out = *value);
            }
            Features::Sparse(matrix) => {
                let (columns, values) = row(matrix, node);
                columns.iter().zip(values).for_each(|(&column, &value)| out[column as usize] = value);
            }
        }
    }
    columns.push(list_array(values, d_input));
    columns
}
