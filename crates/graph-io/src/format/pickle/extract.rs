//! From parsed values to the three things these pickles hold: a sparse matrix, a one-hot table, neighbor lists.

use super::heap::Object;
use super::machine::Pickle;
use super::value::Value;
use crate::csr::CsrMatrix;
use crate::error::{Error, Place};
use crate::format::npy::NpyArray;
use crate::format::npz::compressed::{Compressed, Names};

impl Pickle<'_> {
    /// The pickle as a sparse matrix; rows come out sorted.
    ///
    /// # Errors
    /// Not such a matrix; arrays of one that do not fit together; a column twice in a row; a value that is not finite.
    pub(in crate::format) fn csr_matrix(&self) -> Result<CsrMatrix, Error> {
        const NAMES: Names =
            Names { values: "data", indices: "indices", pointers: "indptr", shape: "_shape" };
        let Some(&Object::CsrMatrix(Some(state))) = self.heap.object(self.root) else {
            return Err(self.unexpected("a sparse matrix", self.root));
        };
        let shape = self.shape(state, NAMES.shape)?;
        // As scipy writes them; a pointer of one byte in the file would take eight in memory.
        let whole_numbers = |name: &str| {
            let array = self.vector(state, name)?;
            let is_wide = array.element().is_integer() && array.element().size >= 4;
            let expected = || format!("{name} of 32 or 64 bit whole numbers");
            if is_wide { Ok(array) } else { Err(array.wrong(expected())) }
        };
        let pointers = whole_numbers(NAMES.pointers)?.to_vector()?;
        let indices = whole_numbers(NAMES.indices)?.to_vector()?;
        let values = self.vector(state, NAMES.values)?.to_vector()?;
        let wrong = |name: &str, expected: String, found: String| {
            Error::malformed(Place::whole(self.heap.file), format!("{expected} in {name}"), found)
        };
        let matrix = Compressed::of_parts(NAMES, shape, (pointers, indices, values), &wrong)?;
        matrix.into_matrix().map_err(|error| error.in_file(self.heap.file))
    }

    /// The pickle as one class for each row of a table, and the number of columns, which are the classes.
    ///
    /// # Errors
    /// Not a table; a row that is not one 1 among zeros.
    pub(in crate::format) fn one_hot(&self) -> Result<(Vec<u32>, usize), Error> {
        const MAX_CLASSES: usize = 1 << 16;
        let array = self.array(self.root).ok_or_else(|| self.unexpected("an array", self.root))?;
        // Each class gets a name, and the columns of a table without rows are not held to the bytes there are.
        let num_classes = match *array.shape() {
            [rows, columns] if rows > 0 && (1..=MAX_CLASSES).contains(&columns) => columns,
            _ => {
                let expected = format!("a table of some rows and 1 to {MAX_CLASSES} columns");
                return Err(array.wrong(expected));
            }
        };
        let table = array.to_matrix::<f32>()?;
        let mut classes = Vec::with_capacity(table.nrows());
        for (row, values) in table.rows().into_iter().enumerate() {
            let mut others = values.iter().enumerate().filter(|(_, value)| **value != 0.0);
            let found = match (others.next(), others.next()) {
                (Some((class, 1.0)), None) => {
                    classes.push(class as u32);
                    continue;
                }
                (None, _) => "zeros only".to_string(),
                (Some((_, 1.0)), Some((column, value))) | (Some((column, value)), _) => {
                    format!("{value} in column {column}")
                }
            };
            let place = Place::whole(self.heap.file);
            return Err(Error::malformed(place, format!("one 1 among zeros in row {row}"), found));
        }
        Ok((classes, num_classes))
    }

    /// The pickle as the neighbor lists of nodes 0, 1, …: the number of nodes, and for each entry where the arc starts and
    /// where it ends.
    ///
    /// # Errors
    /// Not a dict of lists; keys that are not 0, 1, … each once; a neighbor that is not a node.
    pub(in crate::format) fn neighbor_lists(&self) -> Result<(usize, Vec<u32>, Vec<u32>), Error> {
        let heap = &self.heap;
        let Some(Object::Dict(items)) = heap.object(self.root) else {
            return Err(self.unexpected("a dict of neighbor lists", self.root));
        };
        let lists = items.as_chunks().0;
        let num_nodes = lists.len();
        let node_of = |value: Value| match value {
            Value::Int(node) => {
                usize::try_from(node).ok().filter(|&node| node < num_nodes).map(|node| node as u32)
            }
            _ => None,
        };
        let malformed =
            |expected: String, found: String| Err(Error::malformed(Place::whole(heap.file), expected, found));
        let mut num_arcs = 0;
        let mut seen = vec![false; num_nodes];
        for &[key, value] in lists {
            let Some(node) = node_of(key) else {
                return malformed(format!("a list for each node below {num_nodes}"), self.show(key));
            };
            if std::mem::replace(&mut seen[node as usize], true) {
                return malformed("one list for each node".into(), format!("two for node {node}"));
            }
            let Some(Object::List(neighbors)) = heap.object(value) else {
                return malformed(format!("a list of neighbors for node {node}"), self.show(value));
            };
            for &neighbor in neighbors {
                if node_of(neighbor).is_none() {
                    let expected = format!("neighbors of node {node} below {num_nodes}");
                    return malformed(expected, self.show(neighbor));
                }
                // One list may stand for the neighbors of many nodes: honest files never do so, and it would let a small
                // file ask for time and memory in the square of its size.
                num_arcs += 1;
                if num_arcs > self.num_values {
                    let what = "more neighbors than the file has values";
                    return Err(Error::refused(Place::whole(heap.file), what));
                }
            }
        }
        drop(seen);
        let (mut from, mut to) = (Vec::with_capacity(num_arcs), Vec::with_capacity(num_arcs));
        for &[key, value] in lists {
            if let Some(Object::List(neighbors)) = heap.object(value) {
                to.extend(neighbors.iter().copied().filter_map(node_of));
            }
            from.resize(to.len(), node_of(key).expect("every key was looked at"));
        }
        Ok((num_nodes, from, to))
    }

    fn get(&self, state: Value, name: &str) -> Result<Value, Error> {
        let items: &[Value] = match self.heap.object(state) {
            Some(Object::Dict(items)) => items,
            _ => &[],
        };
        let mut pairs = items.as_chunks().0.iter();
        let found = pairs.rfind(|[key, _]| self.heap.text(*key) == Some(name.as_bytes()));
        found.map(|&[_, value]| value).ok_or_else(|| {
            Error::malformed(Place::whole(self.heap.file), format!("{name:?} in a sparse matrix"), "none")
        })
    }

    fn shape(&self, state: Value, name: &str) -> Result<[usize; 2], Error> {
        let shape = self.get(state, name)?;
        let axis = |axis: i64| usize::try_from(axis).ok().filter(|&axis| axis < 1 << 31);
        if let Some(&[Value::Int(rows), Value::Int(cols)]) = self.heap.tuple(shape)
            && let (Some(rows), Some(cols)) = (axis(rows), axis(cols))
        {
            return Ok([rows, cols]);
        }
        Err(Error::malformed(
            Place::whole(self.heap.file),
            "a shape of two axes below 2147483648",
            self.show(shape),
        ))
    }

    fn vector(&self, state: Value, name: &str) -> Result<NpyArray<'_>, Error> {
        let value = self.get(state, name)?;
        let array = self.array(value).filter(|array| array.shape().len() == 1);
        array.ok_or_else(|| self.unexpected(&format!("an array with one axis as {name:?}"), value))
    }

    fn array(&self, value: Value) -> Option<NpyArray<'_>> {
        match self.heap.object(value) {
            Some(&Object::Array(Some(state))) => self.heap.array(state, &Place::whole(self.heap.file)).ok(),
            _ => None,
        }
    }

    /// A value as a message shows it.
    fn show(&self, value: Value) -> String {
        let number = |value: Value| match value {
            Value::Int(number) => number.to_string(),
            _ => self.heap.kind(value).to_string(),
        };
        match self.heap.tuple(value) {
            Some(items) => {
                let shown: Vec<String> = items.iter().take(3).map(|&item| number(item)).collect();
                format!("({})", shown.join(", "))
            }
            None => number(value),
        }
    }

    fn unexpected(&self, expected: &str, found: Value) -> Error {
        Error::malformed(Place::whole(self.heap.file), expected, self.show(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::pickle::Pickler;
    use ndarray::array;
    use proptest::prelude::*;
    use std::path::Path;

    fn with<T>(pickler: Pickler, extract: impl Fn(&Pickle<'_>) -> Result<T, Error>) -> Result<T, String> {
        let bytes = pickler.finish();
        let pickle = Pickle::parse(&bytes, Path::new("ind.tiny.x")).unwrap();
        extract(&pickle).map_err(|error| error.to_string())
    }

    /// What is wrong with a 2 × 3 matrix of these parts, without the place.
    fn csr_message(indptr: &[i32], indices: &[i32], data: &[f32]) -> String {
        let pickler = Pickler::new().csr([2, 3], indptr, indices, data);
        let message = with(pickler, |pickle| pickle.csr_matrix()).unwrap_err();
        let (place, complaint) = message.split_once(": ").unwrap();
        assert!(place.starts_with("ind.tiny.x"), "{place}");
        complaint.to_string()
    }

    #[test]
    fn a_sparse_matrix_is_read() {
        let matrix = with(Pickler::tiny_csr(), |pickle| pickle.csr_matrix()).unwrap();
        assert_eq!(matrix.to_dense(), array![[0.0, 1.0, 0.0], [0.5, 0.0, 2.0]]);
    }

    #[test]
    fn rows_are_sorted_on_the_way() {
        let pickler = Pickler::new().csr([1, 3], &[0, 2], &[2, 0], &[5.0, 6.0]);
        let matrix = with(pickler, |pickle| pickle.csr_matrix()).unwrap();
        assert_eq!(matrix.to_dense(), array![[6.0, 0.0, 5.0]]);
    }

    #[test]
    fn a_sparse_matrix_that_contradicts_itself_is_refused() {
        let one = [1.0, 1.0];
        assert_eq!(
            csr_message(&[0, 1], &[0], &[1.0]),
            "expected one pointer more than 2 rows in indptr, found 2"
        );
        assert_eq!(
            csr_message(&[0, 2, 1], &[0, 1], &one),
            "expected pointers that do not descend in indptr, found 1 behind 2 at row 1"
        );
        assert_eq!(csr_message(&[1, 1, 2], &[0, 1], &one), "expected pointers from 0 in indptr, found 1");
        assert_eq!(csr_message(&[0, -1, 2], &[0, 1], &one), "expected a whole number from 0, found -1");
        assert_eq!(csr_message(&[0, 1, 3], &[0, 1], &one), "expected 3 numbers in indices, found 2");
        assert_eq!(
            csr_message(&[0, 1, 2], &[0, 3], &one),
            "expected indices below 3 in indices, found 3 at place 1"
        );
        assert_eq!(
            csr_message(&[0, 1, 2], &[-1, 2], &one),
            "expected a whole number from 0 to 4294967295, found -1"
        );
        assert_eq!(
            csr_message(&[0, 0, 2], &[2, 2], &one),
            "expected each column of a row once (features), found column 2 twice in row 1"
        );
        let bytes = Pickler::new().csr_of_bytes();
        let message = with(bytes, |pickle| pickle.csr_matrix()).unwrap_err();
        assert_eq!(
            message,
            "ind.tiny.x: expected indptr of 32 or 64 bit whole numbers, found int8 of shape (3,)"
        );
        assert_eq!(csr_message(&[0, 1, 2], &[0, 1], &[1.0]), "expected 2 numbers in data, found 1");
        assert_eq!(
            csr_message(&[0, 1, 2], &[0, 1], &[1.0, f32::NAN]),
            "expected finite numbers of 32 bits in data, found NaN at place 1"
        );
    }

    #[test]
    fn a_pickle_of_another_kind_is_refused() {
        let graph = || Pickler::new().graph(&[(0, &[])]);
        assert_eq!(
            with(graph(), |pickle| pickle.csr_matrix()).unwrap_err(),
            "ind.tiny.x: expected a sparse matrix, found a dict"
        );
        assert_eq!(
            with(graph(), |pickle| pickle.one_hot()).unwrap_err(),
            "ind.tiny.x: expected an array, found a dict"
        );
        assert_eq!(
            with(Pickler::new().int(7), |pickle| pickle.neighbor_lists()).unwrap_err(),
            "ind.tiny.x: expected a dict of neighbor lists, found 7"
        );
        let shape = Pickler::new().csr([-2, 3], &[0], &[], &[]);
        assert_eq!(
            with(shape, |pickle| pickle.csr_matrix()).unwrap_err(),
            "ind.tiny.x: expected a shape of two axes below 2147483648, found (-2, 3)"
        );
    }

    #[test]
    fn one_hot_rows_become_classes() {
        let classes = with(Pickler::new().table(&[&[0, 1], &[1, 0]]), |pickle| pickle.one_hot());
        assert_eq!(classes, Ok((vec![1, 0], 2)));
        let message = |rows: &[&[i32]]| {
            let message = with(Pickler::new().table(rows), |pickle| pickle.one_hot()).unwrap_err();
            message.split_once(": ").unwrap().1.to_string()
        };
        assert_eq!(message(&[&[0, 1], &[0, 0]]), "expected one 1 among zeros in row 1, found zeros only");
        assert_eq!(message(&[&[1, 1]]), "expected one 1 among zeros in row 0, found 1 in column 1");
        let shape = "expected a table of some rows and 1 to 65536 columns, found int32 of shape";
        assert_eq!(message(&[]), format!("{shape} (0, 0)"));
        assert_eq!(message(&[&[], &[]]), format!("{shape} (2, 0)"));
        let wide = |cols: i32| Pickler::new().array("i4", "<", &[0, cols], &[]);
        let message_of = |pickler| with(pickler, |pickle: &Pickle<'_>| pickle.one_hot()).unwrap_err();
        assert!(message_of(wide(i32::MAX)).ends_with(&format!("{shape} (0, 2147483647)")));
        assert_eq!(message(&[&[0, 2]]), "expected one 1 among zeros in row 0, found 2 in column 1");
    }

    #[test]
    fn neighbor_lists_become_pairs() {
        let lists = with(Pickler::new().graph(&[(1, &[0, 0]), (0, &[1])]), |pickle| pickle.neighbor_lists());
        assert_eq!(lists, Ok((2, vec![1, 1, 0], vec![0, 0, 1])));
        let message = |lists: &[(i32, &[i32])]| {
            with(Pickler::new().graph(lists), |pickle| pickle.neighbor_lists()).unwrap_err()
        };
        assert_eq!(
            message(&[(0, &[]), (1, &[2])]),
            "ind.tiny.x: expected neighbors of node 1 below 2, found 2"
        );
        assert_eq!(message(&[(0, &[-1])]), "ind.tiny.x: expected neighbors of node 0 below 1, found -1");
        assert_eq!(message(&[(5, &[])]), "ind.tiny.x: expected a list for each node below 1, found 5");
        assert_eq!(
            message(&[(0, &[]), (0, &[])]),
            "ind.tiny.x: expected one list for each node, found two for node 0"
        );
    }

    #[test]
    fn a_list_shared_by_many_nodes_does_not_multiply_the_memory() {
        let mut bytes = b"\x80\x02}(K\x00](".to_vec();
        bytes.extend(b"K\x00".repeat(500));
        bytes.extend(b"eq\x00");
        (1..100u8).for_each(|node| bytes.extend([b'K', node, b'h', 0]));
        bytes.extend(b"u.");
        let pickle = Pickle::parse(&bytes, Path::new("ind.bomb.graph")).unwrap();
        assert_eq!(
            pickle.neighbor_lists().unwrap_err().to_string(),
            "ind.bomb.graph: refused more neighbors than the file has values"
        );
    }

    fn parse(bytes: &[u8]) -> Result<Pickle<'_>, Error> {
        Pickle::parse(bytes, Path::new("ind.tiny.x"))
    }

    #[test]
    fn a_truncated_pickle_is_an_error_at_every_byte() {
        let whole = Pickler::tiny_csr().finish();
        assert!(parse(&whole).is_ok());
        for len in 0..whole.len() {
            assert!(parse(&whole[..len]).is_err(), "{len} bytes passed");
        }
    }

    proptest! {
        #[test]
        fn random_known_opcodes_never_panic(
            picks in proptest::collection::vec((0usize..30, any::<u8>()), 0..200),
        ) {
            let known = b".(N\x88\x89KKK]]}}ttuesab)\x85\x86\x87\x81RqqhhU";
            let mut bytes = vec![0x80, 2];
            for (pick, operand) in picks {
                bytes.push(known[pick]);
                if b"KqhU".contains(&known[pick]) {
                    bytes.push(operand % 8);
                }
            }
            if let Ok(pickle) = parse(&bytes) {
                let _ = (pickle.csr_matrix(), pickle.one_hot(), pickle.neighbor_lists());
            }
        }
    }
}
