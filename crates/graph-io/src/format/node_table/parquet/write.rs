//! Writes a node table as Parquet.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, FixedSizeListArray, Float32Array, Int32Array, RecordBatch, StringArray,
    UInt64Array,
};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use crate::csr::row;
use crate::error::Error;
use crate::features::Features;
use crate::format::node_table::text::{set_names, split_name};
use crate::format::output::write_file;
use crate::node_dataset::NodeDataset;

/// About how many values are made at a time.
const BATCH_VALUES: usize = 1 << 20;
const MAX_BATCH_ROWS: usize = 1 << 16;

pub(in crate::format::node_table) fn write(dataset: &NodeDataset, path: &Path) -> Result<(), Error> {
    let d_input = dataset.own_features().map_or(0, Features::d_input);
    let Ok(list_len) = i32::try_from(d_input) else {
        return Err(Error::invalid("features of a table", "fewer than 2^31 columns", d_input.to_string()));
    };
    write_file(path, |out| {
        let schema = Arc::new(schema(dataset, list_len));
        let mut numbers = dataset.node_ids().numbers();
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let mut writer =
            ArrowWriter::try_new(out, schema.clone(), Some(properties)).map_err(io::Error::other)?;
        let num_nodes = dataset.graph().num_nodes();
        let sets: Vec<Vec<&str>> = dataset.splits().iter().map(|split| set_names(split, num_nodes)).collect();
        let batch_rows = (BATCH_VALUES / d_input.max(1)).clamp(1, MAX_BATCH_ROWS);
        for start in (0..num_nodes).step_by(batch_rows) {
            let nodes = start..(start + batch_rows).min(num_nodes);
            let ids: ArrayRef = match &mut numbers {
                Some(numbers) => Arc::new(UInt64Array::from_iter_values(numbers.take(nodes.len()))),
                None => Arc::new(StringArray::from_iter_values(
                    nodes.clone().map(|node| dataset.node_ids().get(node as u32)),
                )),
            };
            let batch = RecordBatch::try_new(schema.clone(), columns(dataset, ids, &sets, nodes))
                .map_err(io::Error::other)?;
            writer.write(&batch).map_err(io::Error::other)?;
        }
        writer.close().map(drop).map_err(io::Error::other)
    })
}

fn schema(dataset: &NodeDataset, list_len: i32) -> Schema {
    let id = if dataset.node_ids().numbers().is_some() { DataType::UInt64 } else { DataType::Utf8 };
    let mut fields = vec![Field::new("id", id, false)];
    if dataset.labels().is_some() {
        let classes = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        fields.push(Field::new("label", classes, true));
    }
    for split in 0..dataset.splits().len() {
        fields.push(Field::new(split_name(split), DataType::Utf8, true));
    }
    if list_len > 0 {
        fields.push(Field::new("features", DataType::FixedSizeList(item(), list_len), false));
    }
    Schema::new(fields)
}

fn item() -> Arc<Field> {
    Arc::new(Field::new("item", DataType::Float32, false))
}

fn columns(dataset: &NodeDataset, ids: ArrayRef, sets: &[Vec<&str>], nodes: Range<usize>) -> Vec<ArrayRef> {
    let mut columns = vec![ids];
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
    let values = Arc::new(Float32Array::from(values));
    columns.push(Arc::new(FixedSizeListArray::new(item(), d_input as i32, values, None)));
    columns
}
