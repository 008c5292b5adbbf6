//! Matrices in compressed rows or columns, as three arrays.

use crate::arcs::{ArcMeaning, Arcs};
use crate::csr::CsrMatrix;
use crate::error::Error;
use crate::features::Features;
use crate::format::zip_archive::ArrayArchive;

/// What may only be declared, nodes or columns, without bytes that show it.
pub(super) const MAX_DECLARED: u64 = 1 << 20;

/// The names of the arrays of one matrix.
#[derive(Clone, Copy, Debug)]
pub(in crate::format) struct Names {
    pub(in crate::format) values: &'static str,
    pub(in crate::format) indices: &'static str,
    pub(in crate::format) pointers: &'static str,
    pub(in crate::format) shape: &'static str,
}

/// A matrix in compressed rows: `indices[pointers[i]..pointers[i + 1]]` are the columns of row i, in any order, all below
/// `num_columns`.
#[derive(Debug)]
pub(in crate::format) struct Compressed {
    pub(super) num_columns: usize,
    pub(super) pointers: Vec<usize>,
    pub(super) indices: Vec<u32>,
    pub(super) values: Vec<f32>,
}

impl Compressed {
    /// Reads the arrays of a matrix and checks them against each other.
    ///
    /// # Errors
    /// A missing array; one of another type or length; pointers that do not ascend from 0 to the number of values; an
    /// index that is not below the number of columns.
    pub(super) fn read(archive: &mut ArrayArchive, names: Names) -> Result<Self, Error> {
        let [num_rows, num_columns] = read_shape(archive, names.shape)?;
        Self::read_of_shape(archive, names, [num_rows, num_columns])
    }

    /// Reads a matrix that is stored as the rows of another shape than its own, as a transposed one is.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub(super) fn read_of_shape(
        archive: &mut ArrayArchive,
        names: Names,
        shape: [usize; 2],
    ) -> Result<Self, Error> {
        let pointers: Vec<usize> = archive.read(names.pointers, |array| array.to_vector())?;
        let indices: Vec<u32> = archive.read(names.indices, |array| array.to_vector())?;
        let values: Vec<f32> = archive.read(names.values, |array| array.to_vector())?;
        Self::of_parts(names, shape, (pointers, indices, values), &wrong_in(archive))
    }

    /// The matrix of three arrays, checked against each other.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub(in crate::format) fn of_parts(
        names: Names,
        [num_rows, num_columns]: [usize; 2],
        (pointers, indices, values): (Vec<usize>, Vec<u32>, Vec<f32>),
        wrong: Wrong<'_>,
    ) -> Result<Self, Error> {
        let pointers_wrong = |expected: String, found: String| Err(wrong(names.pointers, expected, found));
        if pointers.len() != num_rows.saturating_add(1) {
            return pointers_wrong(
                format!("one pointer more than {num_rows} rows"),
                pointers.len().to_string(),
            );
        }
        if pointers[0] != 0 {
            return pointers_wrong("pointers from 0".into(), pointers[0].to_string());
        }
        if let Some(row) = pointers.windows(2).position(|pair| pair[0] > pair[1]) {
            let found = format!("{} behind {} at row {row}", pointers[row + 1], pointers[row]);
            return pointers_wrong("pointers that do not descend".into(), found);
        }
        let num_entries = pointers[num_rows];
        check_len(names.indices, indices.len(), num_entries, wrong)?;
        check_below(names.indices, &indices, num_columns, wrong)?;
        check_values(names.values, &values, num_entries, wrong)?;
        Ok(Self { num_columns, pointers, indices, values })
    }

    /// The matrix of entries in any order: rows by counting, entries of a row in the order given.
    pub(super) fn from_entries(
        [num_rows, num_columns]: [usize; 2],
        rows: &[u32],
        columns: &[u32],
        values: &[f32],
    ) -> Self {
        let mut pointers = vec![0; num_rows + 1];
        rows.iter().for_each(|&row| pointers[row as usize] += 1);
        let mut start = 0;
        pointers.iter_mut().for_each(|pointer| start += std::mem::replace(pointer, start));
        let (mut indices, mut placed) = (vec![0; columns.len()], vec![0.0; columns.len()]);
        for ((&row, &column), &value) in rows.iter().zip(columns).zip(values) {
            let place = pointers[row as usize];
            (indices[place], placed[place]) = (column, value);
            pointers[row as usize] += 1;
        }
        // Each is now where its row ends, which is where the next one starts.
        pointers.rotate_right(1);
        pointers[0] = 0;
        Self { num_columns, pointers, indices, values: placed }
    }

    /// The row of each entry.
    pub(super) fn rows(&self) -> Vec<u32> {
        let mut rows = Vec::with_capacity(self.indices.len());
        for (row, pair) in (0u32..).zip(self.pointers.windows(2)) {
            rows.resize(rows.len() + pair[1] - pair[0], row);
        }
        rows
    }

    /// The entries of a square matrix as arcs from row to column.
    pub(super) fn into_arcs(self) -> Arcs {
        arcs(self.rows(), self.indices, self.values)
    }

    /// The matrix as features, sparse, with its zeros as they are stored; rows are sorted by column.
    ///
    /// # Errors
    /// A column twice in a row; no columns.
    pub(super) fn into_features(self) -> Result<Features, Error> {
        Features::from_sparse(self.into_matrix()?)
    }

    /// The matrix with its zeros as they are stored; rows are sorted by column.
    ///
    /// # Errors
    /// A column twice in a row.
    pub(in crate::format) fn into_matrix(mut self) -> Result<CsrMatrix, Error> {
        let mut entries: Vec<(u32, f32)> = Vec::new();
        for (row, pair) in self.pointers.windows(2).enumerate() {
            let (indices, values) = (&mut self.indices[pair[0]..pair[1]], &mut self.values[pair[0]..pair[1]]);
            if indices.is_sorted_by(|a, b| a < b) {
                continue;
            }
            entries.clear();
            entries.extend(indices.iter().copied().zip(values.iter().copied()));
            entries.sort_unstable_by_key(|entry| entry.0);
            if let Some(twice) = entries.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                let found = format!("column {} twice in row {row}", twice[0].0);
                return Err(Error::invalid("features", "each column of a row once", found));
            }
            for (place, &(index, value)) in entries.iter().enumerate() {
                (indices[place], values[place]) = (index, value);
            }
        }
        let shape = (self.pointers.len() - 1, self.num_columns);
        let matrix = CsrMatrix::try_new(shape, self.pointers, self.indices, self.values);
        Ok(matrix.expect("sorted distinct columns below their number make valid rows"))
    }
}

/// Arcs with their weights, which are left out where all are 1.
pub(super) fn arcs(from: Vec<u32>, to: Vec<u32>, weights: Vec<f32>) -> Arcs {
    let is_weighted = weights.iter().any(|&weight| weight != 1.0);
    Arcs { from, to, weights: is_weighted.then_some(weights), meaning: ArcMeaning::Directed }
}

/// Reads the two numbers of a shape, both small enough for indices of 32 bits.
pub(super) fn read_shape(archive: &mut ArrayArchive, name: &str) -> Result<[usize; 2], Error> {
    let shape: Vec<usize> = archive.read(name, |array| array.to_vector())?;
    match shape[..] {
        [rows, columns] if rows.max(columns) < 1 << 31 => Ok([rows, columns]),
        [rows, columns] => Err(archive.wrong(name, "a shape below 2^31", format!("{rows} × {columns}"))),
        _ => Err(archive.wrong(name, "the 2 numbers of a shape", shape.len().to_string())),
    }
}

/// Makes the error of an array of this name: what was expected and what was found.
pub(in crate::format) type Wrong<'a> = &'a dyn Fn(&str, String, String) -> Error;

/// The errors of arrays in an archive.
pub(super) fn wrong_in(archive: &ArrayArchive) -> impl Fn(&str, String, String) -> Error {
    |name, expected, found| archive.wrong(name, expected, found)
}

pub(super) fn check_len(name: &str, len: usize, expected: usize, wrong: Wrong<'_>) -> Result<(), Error> {
    if len == expected { Ok(()) } else { Err(wrong(name, format!("{expected} numbers"), len.to_string())) }
}

pub(super) fn check_below(name: &str, indices: &[u32], bound: usize, wrong: Wrong<'_>) -> Result<(), Error> {
    match indices.iter().position(|&index| index as usize >= bound) {
        Some(place) => {
            let found = format!("{} at place {place}", indices[place]);
            Err(wrong(name, format!("indices below {bound}"), found))
        }
        None => Ok(()),
    }
}

/// There are `len` values, all finite.
pub(super) fn check_values(name: &str, values: &[f32], len: usize, wrong: Wrong<'_>) -> Result<(), Error> {
    check_len(name, values.len(), len, wrong)?;
    match values.iter().position(|value| !value.is_finite()) {
        Some(place) => {
            let found = format!("{} at place {place}", values[place]);
            Err(wrong(name, "finite numbers of 32 bits".into(), found))
        }
        None => Ok(()),
    }
}

/// Refuses a number of nodes or columns that nothing but its declaration speaks for.
pub(super) fn check_declared(archive: &ArrayArchive, name: &str, count: usize) -> Result<(), Error> {
    let max = MAX_DECLARED.max(archive.packed_len());
    if count as u64 <= max {
        return Ok(());
    }
    Err(archive.wrong(name, format!("at most {max} for an archive of its size"), count.to_string()))
}
