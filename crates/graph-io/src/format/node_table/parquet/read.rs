//! Reads a node table from Parquet.

use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};

use crate::error::{Error, Place};
use crate::format::node_table::KnownOfNodes;
use crate::format::node_table::builder::TableBuilder;
use crate::format::node_table::cells::Fault;
use crate::format::node_table::columns::{Columns, Role};
use crate::format::node_table::feature_rows::Room;
use crate::format::parquet_file::{is_number, is_text, numbers, open, text, unpanicked};
use crate::format::quoted::cut;
use crate::format::registry::ReadConfig;
use crate::raw_dataset::NodeTable;

/// The names of a column of lists that is a block of features.
const BLOCKS: [&str; 4] = ["features", "feature", "x", "embedding"];

pub(in crate::format::node_table) fn read(
    file: &Path,
    config: &ReadConfig,
    known: KnownOfNodes<'_>,
) -> Result<NodeTable, Error> {
    unpanicked(file, || read_checked(file, config, known))
}

fn read_checked(file: &Path, config: &ReadConfig, known: KnownOfNodes<'_>) -> Result<NodeTable, Error> {
    let (limit, config) = (config.max_memory, &config.columns);
    let source = open(file, limit)?;
    let schema = source.schema();
    let mut columns = Columns::of(schema.fields().iter().map(|field| field.name().as_str()), config, file)?;
    if let Some(column) = columns.position(Role::RowNumber) {
        let mut counts = is_text(schema.field(column).data_type());
        let mut next = 0u64;
        if counts {
            for rows in source.batches([column])? {
                let rows = rows?;
                let cells = rows.column(0);
                counts &=
                    (0..cells.len()).zip(next..).all(|(row, count)| text(cells, row).parse() == Ok(count));
                next += cells.len() as u64;
            }
        }
        columns.roles[column] = if counts { Role::Unused } else { Role::Feature };
    }
    set_types(&mut columns, schema, file)?;

    // Rows of few bytes each come as they are read: what is asked for at once stays below the length of the file.
    let room = Room { rows: source.num_rows().min(source.len() as usize / 32 + (1 << 16)), cells: 0 };
    let mut table: Option<Table<'_>> = None;
    for rows in source.batches(0..columns.names.len())? {
        let rows = rows?;
        let table = match &mut table {
            Some(table) => table,
            none => none.insert(Table::new(&columns, &rows, room, limit.max_unpacked(source.len()))),
        };
        table.take(&rows, file)?;
    }
    let builder =
        table.map_or_else(|| TableBuilder::new(&columns, 0, Room::default()), |table| table.builder);
    builder.finish(columns, known, file)
}

/// Checks that every column is of a type that its role can be read from. Features that are neither numbers nor text are not
/// used.
fn set_types(columns: &mut Columns, schema: &Schema, file: &Path) -> Result<(), Error> {
    for (column, field) in schema.fields().iter().enumerate() {
        let kind = field.data_type();
        let (fits, expected) = match columns.roles[column] {
            Role::Unused | Role::RowNumber | Role::Text(_) => continue,
            Role::Id | Role::Label | Role::Split(_) => (is_text(kind), "text or whole numbers"),
            Role::Mask(..) => (is_number(kind), "true and false"),
            Role::Feature if is_block(field) || is_text(kind) => continue,
            Role::Feature => {
                columns.roles[column] = Role::Unused;
                columns.notes.unused(field.name(), format!("of the type {}", cut(&kind.to_string(), 120)));
                continue;
            }
        };
        if !fits {
            let found =
                if kind == &DataType::Utf8View { "text".to_string() } else { cut(&kind.to_string(), 120) };
            return Err(columns.fault(column, Fault::new(expected, found)).at(Place::whole(file)));
        }
    }
    columns.make_texts(|column| schema.field(column).data_type() == &DataType::Utf8View);
    Ok(())
}

/// Whether a column is a block of features: lists of numbers under a name for them.
fn is_block(field: &Field) -> bool {
    let is_named = BLOCKS.iter().any(|name| field.name().eq_ignore_ascii_case(name));
    matches!(field.data_type(), DataType::List(item) if is_named && is_number(item.data_type()))
}

/// The table so far, and where features of a batch go before they are taken row by row.
struct Table<'a> {
    columns: &'a Columns,
    builder: TableBuilder,
    /// The first of the features of each column, and how many they are; none for columns that are no features.
    spans: Vec<(usize, usize)>,
    d_input: usize,
    num_rows: usize,
    max_bytes: u64,
}

impl<'a> Table<'a> {
    /// A table with blocks of features as wide as in the first row.
    fn new(columns: &'a Columns, first: &RecordBatch, room: Room, max_bytes: u64) -> Self {
        let mut d_input = 0;
        let mut spans = Vec::with_capacity(columns.roles.len());
        for (column, role) in columns.roles.iter().enumerate() {
            let array = first.column(column);
            let width = match (role, array.as_list_opt::<i32>()) {
                (Role::Feature, Some(lists)) if !lists.is_empty() => lists.value_length(0).max(0) as usize,
                (Role::Feature, _) => 1,
                _ => 0,
            };
            spans.push((d_input, width));
            d_input += width;
        }
        Self {
            columns,
            builder: TableBuilder::new(columns, d_input, room),
            spans,
            d_input,
            num_rows: 0,
            max_bytes,
        }
    }

    fn take(&mut self, rows: &RecordBatch, file: &Path) -> Result<(), Error> {
        let mut features = vec![0.0; rows.num_rows() * self.d_input];
        for (column, array) in rows.columns().iter().enumerate() {
            if self.columns.roles[column] == Role::Feature {
                self.spread(column, array, &mut features)
                    .map_err(|(row, f)| self.at(column, row, f, file))?;
            }
        }
        let others: Vec<usize> =
            (0..rows.num_columns()).filter(|&column| self.columns.roles[column] != Role::Feature).collect();
        for row in 0..rows.num_rows() {
            for &column in &others {
                let role = self.columns.roles[column];
                let cell = text(rows.column(column), row);
                self.builder.text_cell(role, &cell).map_err(|f| self.at(column, row, f, file))?;
            }
            for &value in &features[row * self.d_input..][..self.d_input] {
                self.builder.value(value);
            }
            self.builder.end_row().map_err(|fault| fault.at(Place::whole(file)))?;
            if self.builder.num_bytes() > self.max_bytes {
                let what = format!("a table that takes more than {} bytes", self.max_bytes);
                return Err(Error::refused(Place::whole(file), what));
            }
        }
        self.num_rows += rows.num_rows();
        Ok(())
    }

    /// Puts the values of a column, or of the lists in it, to their places in rows.
    fn spread(&self, column: usize, array: &ArrayRef, out: &mut [f32]) -> Result<(), (usize, Fault)> {
        let (first, width) = self.spans[column];
        let Some(lists) = array.as_list_opt::<i32>() else {
            for (row, value) in numbers(array)?.into_iter().enumerate() {
                out[row * self.d_input + first] = value;
            }
            return Ok(());
        };
        for row in 0..lists.len() {
            let len = if lists.is_null(row) { 0 } else { lists.value_length(row).max(0) as usize };
            if len != width || len == 0 {
                let expected = format!("a list of {} numbers, as in the first row", width.max(1));
                return Err((row, Fault::new(expected, len.to_string())));
            }
            let values = numbers(&lists.value(row)).map_err(|(_, fault)| (row, fault))?;
            out[row * self.d_input + first..][..width].copy_from_slice(&values);
        }
        Ok(())
    }

    /// A fault with its column and row.
    fn at(&self, column: usize, row: usize, fault: Fault, file: &Path) -> Error {
        let fault = self.columns.fault(column, fault);
        let expected = format!("{} of row {}", fault.expected, self.num_rows + row);
        Fault { expected, ..fault }.at(Place::whole(file))
    }
}
