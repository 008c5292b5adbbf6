//! Node tables as text: read, and written.

use std::io::{self, Write};
use std::path::Path;

use csv::WriterBuilder;

use super::KnownOfNodes;
use super::builder::TableBuilder;
use super::cells::{is_missing_number, list, number};
use super::columns::{Columns, Role, is_feature};
use super::feature_rows::Room;
use crate::csr::row;
use crate::error::{Error, Place};
use crate::features::Features;
use crate::format::output::write_text_file;
use crate::format::registry::ReadConfig;
use crate::format::text_table::{HeaderHints, TextTable, kind_of};
use crate::node_dataset::NodeDataset;
use crate::raw_dataset::NodeTable;
use crate::split::Split;

/// A table, and whether it names its nodes.
pub(super) fn read(
    file: &Path,
    config: &ReadConfig,
    known: KnownOfNodes<'_>,
) -> Result<(NodeTable, bool), Error> {
    let (limit, config) = (config.max_memory, &config.columns);
    let ids = known.ids;
    let chosen = [&config.id, &config.label, &config.split];
    let is_name = |word: &str| {
        !is_feature(word) && !word.is_empty() || chosen.iter().any(|name| name.as_deref() == Some(word))
    };
    let table = TextTable::read(file, &HeaderHints { header: config.header, ids, is_name: &is_name, limit })?;
    let mut columns = match table.header() {
        Some(names) => Columns::of_table(&table, names, config, file)?,
        None => Columns::unnamed(&table, known, config, file)?,
    };
    if let Some(ids) = ids.filter(|_| table.header().is_some() && columns.position(Role::Id).is_none()) {
        columns.find_ids(&table, ids)?;
    }
    if let Some(column) = columns.position(Role::RowNumber) {
        let counts = counts_rows(&table, column)?;
        columns.roles[column] = if counts { Role::Unused } else { Role::Feature };
    }
    columns.widths = widths(&table, &columns);
    let builder = match read_rows(&table, &columns, file)? {
        Some(builder) => builder,
        None => {
            let has_text = text_columns(&table)?;
            let widths = std::mem::take(&mut columns.widths);
            columns
                .make_texts(|column| has_text[column] && widths.get(column).is_none_or(|&width| width == 1));
            columns.widths = widths;
            // Only a cell of text stops the reading, and now no such column is one of numbers.
            read_rows(&table, &columns, file)?.expect("columns of texts are known")
        }
    };
    drop(table);
    let has_ids = columns.position(Role::Id).is_some();
    Ok((builder.finish(columns, known, file)?, has_ids))
}

/// The rows of a table; nothing where a column of numbers has a text.
fn read_rows(table: &TextTable, columns: &Columns, file: &Path) -> Result<Option<TableBuilder>, Error> {
    // A row takes a byte for each column at least, and the cell of a single column is not empty.
    let max_rows = table.len() / columns.roles.len().max(2) + 1;
    // A value takes two bytes at least, itself and what ends it.
    let room = Room { rows: table.num_lines().min(max_rows), cells: table.len() / 2 + 1 };
    let mut builder = TableBuilder::new(columns, columns.num_features(), room);
    let mut has_text = false;
    let read = table.for_each_row(|line, row| {
        let place = || Place::line(file, line);
        for (column, cell) in row.iter().enumerate() {
            let read = match columns.width(column) {
                1 => builder.text_cell(columns.roles[column], cell),
                width => builder.list_cell(cell, width),
            };
            read.map_err(|fault| {
                has_text = fault.is_text;
                columns.fault(column, fault).at(place())
            })?;
        }
        builder.end_row().map_err(|fault| fault.at(place()))
    });
    if has_text { Ok(None) } else { read.map(|()| Some(builder)) }
}

/// Whether each column has a text in it, which is no number and not missing.
fn text_columns(table: &TextTable) -> Result<Vec<bool>, Error> {
    let mut has_text = vec![false; table.num_columns()];
    table.for_each_row(|_, row| {
        for (has_text, cell) in has_text.iter_mut().zip(row).filter(|(has_text, _)| !**has_text) {
            *has_text = !is_missing_number(cell) && number(cell).is_err_and(|fault| fault.is_text);
        }
        Ok(())
    })?;
    Ok(has_text)
}

/// How many features a cell of each column holds: of lists as many as each of them has. Lists of different lengths are texts.
fn widths(table: &TextTable, columns: &Columns) -> Vec<usize> {
    let is_feature = |column: &usize| columns.roles[*column] == Role::Feature;
    // Lists start in the first cell that is not empty.
    let mut open: Vec<usize> = (0..columns.roles.len()).filter(is_feature).collect();
    let mut lists: Vec<(usize, usize)> = Vec::new();
    let mut widths = vec![1; columns.roles.len()];
    // What is wrong in a row is found when all are read.
    let _ = table.for_each_row(|_, row| {
        open.retain(|&column| match elements(&row[column]) {
            None => false,
            Some(elements) if elements.is_empty() => true,
            Some(elements) => {
                lists.push((column, elements.len()));
                false
            }
        });
        if lists.is_empty() && open.is_empty() {
            return Err(Error::invalid("rows", "lists", "none"));
        }
        lists.retain(|&(column, width)| {
            elements(&row[column]).is_some_and(|elements| elements.is_empty() || elements.len() == width)
        });
        Ok(())
    });
    lists.into_iter().for_each(|(column, width)| widths[column] = width);
    widths
}

/// The elements of a list in a cell, empty where the cell has no value; none where it is something else.
fn elements(cell: &str) -> Option<Vec<&str>> {
    if is_missing_number(cell) { Some(Vec::new()) } else { list(cell) }
}

/// Whether a column is 0, 1, 2, ….
fn counts_rows(table: &TextTable, column: usize) -> Result<bool, Error> {
    let (mut counts, mut next) = (true, 0u64);
    table.for_each_row(|_, row| {
        counts &= row[column].parse() == Ok(next);
        next += 1;
        Ok(())
    })?;
    Ok(counts)
}

pub(super) fn write(dataset: &NodeDataset, path: &Path) -> Result<(), Error> {
    let delimiter = kind_of(path).unwrap_or(b',');
    write_text_file(path, |out| write_rows(dataset, delimiter, out))
}

fn write_rows(dataset: &NodeDataset, delimiter: u8, out: &mut dyn Write) -> io::Result<()> {
    let mut table = WriterBuilder::new().delimiter(delimiter).from_writer(out);
    let features = dataset.own_features();
    table.write_field("id")?;
    if dataset.labels().is_some() {
        table.write_field("label")?;
    }
    for split in 0..dataset.splits().len() {
        table.write_field(split_name(split))?;
    }
    // A name that says something else would not be read as a feature.
    let names = dataset.feature_names().filter(|names| names.iter().all(is_feature));
    for column in 0..features.map_or(0, Features::d_input) {
        match names {
            Some(names) => table.write_field(names.get(column))?,
            None => table.write_field(format!("f{column}"))?,
        }
    }
    table.write_record(None::<&[u8]>)?;
    let num_nodes = dataset.graph().num_nodes();
    let sets: Vec<Vec<&str>> = dataset.splits().iter().map(|split| set_names(split, num_nodes)).collect();
    let mut value = Vec::new();
    for node in 0..num_nodes {
        table.write_field(dataset.node_ids().get(node as u32).as_bytes())?;
        if let Some(labels) = dataset.labels() {
            let class = labels.class(node as u32);
            table.write_field(class.map_or("", |class| &labels.class_names()[class as usize]))?;
        }
        for set in &sets {
            table.write_field(set[node])?;
        }
        let mut write = |number: f32| -> io::Result<()> {
            value.clear();
            write_number(number, &mut value)?;
            table.write_field(&value).map_err(io::Error::from)
        };
        match features {
            None => {}
            Some(Features::Dense(matrix)) => matrix.row(node).iter().try_for_each(|&number| write(number))?,
            Some(Features::Sparse(matrix)) => {
                let (columns, values) = row(matrix, node);
                let mut next = columns.iter().zip(values).peekable();
                for column in 0..matrix.cols() as u32 {
                    write(next.next_if(|entry| *entry.0 == column).map_or(0.0, |entry| *entry.1))?;
                }
            }
        }
        table.write_record(None::<&[u8]>)?;
    }
    table.flush()
}

/// The name of the column of a split.
pub(super) fn split_name(split: usize) -> String {
    if split == 0 { "split".to_string() } else { format!("split_{split}") }
}

/// The set of each node, empty where it is in none.
pub(crate) fn set_names(split: &Split, num_nodes: usize) -> Vec<&'static str> {
    let mut names = vec![""; num_nodes];
    for (set, nodes) in [("train", split.train()), ("val", split.val()), ("test", split.test())] {
        nodes.iter().for_each(|&node| names[node as usize] = set);
    }
    names
}

/// The fewest digits that give the number back.
fn write_number(number: f32, out: &mut Vec<u8>) -> io::Result<()> {
    let magnitude = number.abs();
    if magnitude == 0.0 || (1e-5..1e9).contains(&magnitude) {
        write!(out, "{number}")
    } else {
        write!(out, "{number:e}")
    }
}
