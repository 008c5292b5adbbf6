//! An embedding and whose rows it has.

use ndarray::{Array2, ArrayView2, Axis};

use crate::error::Error;
use crate::node_ids::NodeIds;

/// The embedding of some nodes: an id and a row of finite numbers for each.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    ids: NodeIds,
    rows: Array2<f32>,
}

impl Embedding {
    /// An embedding of its rows, `[nodes, d_output]`, and the id of each.
    ///
    /// # Errors
    /// Another number of ids than rows; two equal ids; no rows or no columns; a value that is NaN or infinite.
    pub fn from_rows(ids: NodeIds, rows: Array2<f32>) -> Result<Self, Error> {
        if ids.len() != rows.nrows() {
            let expected = format!("{}, one for each row of the embedding", rows.nrows());
            return Err(Error::invalid("node ids", expected, ids.len().to_string()));
        }
        if ids.is_empty() {
            return Err(Error::invalid("embedding", "at least one row", "none"));
        }
        if u32::try_from(ids.len()).is_err() {
            return Err(Error::invalid("embedding", "fewer than 2³² rows", ids.len().to_string()));
        }
        check_rows(rows.view())?;
        ids.index()?;
        let rows = if rows.is_standard_layout() { rows } else { rows.as_standard_layout().into_owned() };
        Ok(Self { ids, rows })
    }

    /// The id of each row; all different.
    pub fn ids(&self) -> &NodeIds {
        &self.ids
    }

    /// The numbers, `[nodes, d_output]`, row after row.
    pub fn rows(&self) -> &Array2<f32> {
        &self.rows
    }

    /// The rows in the order of other ids, such as those of a data set's nodes.
    ///
    /// # Errors
    /// An id that has no row, or a row whose id is not asked for.
    pub fn rows_of(&self, node_ids: &NodeIds) -> Result<Array2<f32>, Error> {
        if node_ids.len() != self.ids.len() {
            let expected = format!("{} rows, one for each node", node_ids.len());
            return Err(Error::invalid("embedding", expected, self.ids.len().to_string()));
        }
        let index = self.ids.index()?;
        let order: Vec<usize> = node_ids
            .iter()
            .map(|id| {
                let row = index.get(&id).map(|row| row as usize);
                row.ok_or_else(|| Error::invalid("embedding", format!("a row of the node {id:?}"), "none"))
            })
            .collect::<Result<_, _>>()?;
        Ok(self.rows.select(Axis(0), &order))
    }

    /// Which of some nodes have a row, in ascending order, and their rows: an embedding of a part of a graph is evaluated on
    /// that part, see [`NodeDataset::subgraph`](crate::NodeDataset::subgraph).
    ///
    /// # Errors
    /// No node that has a row.
    pub fn rows_of_some(&self, node_ids: &NodeIds) -> Result<(Vec<u32>, Array2<f32>), Error> {
        let index = self.ids.index()?;
        let found =
            (0u32..).zip(node_ids.iter()).filter_map(|(node, id)| Some((node, index.get(&id)? as usize)));
        let (nodes, order): (Vec<u32>, Vec<usize>) = found.unzip();
        if nodes.is_empty() {
            return Err(Error::invalid("embedding", "a row of some node", "rows of other ids"));
        }
        Ok((nodes, self.rows.select(Axis(0), &order)))
    }

    /// The ids and the numbers.
    pub fn into_parts(self) -> (NodeIds, Array2<f32>) {
        (self.ids, self.rows)
    }

    /// Each id with its numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (std::borrow::Cow<'_, str>, &[f32])> {
        let width = self.rows.ncols();
        let values = self.rows.as_slice().expect("rows stand one after the other since `from_rows`");
        self.ids.iter().zip(values.chunks_exact(width))
    }
}

/// Checks that numbers can be an embedding: at least one column, and each of them finite.
///
/// # Errors
/// No columns; a value that is NaN or infinite.
pub fn check_rows(rows: ArrayView2<f32>) -> Result<(), Error> {
    if rows.ncols() == 0 {
        return Err(Error::invalid("embedding", "at least one column", "none"));
    }
    let not_finite = rows.indexed_iter().find(|(_, value)| !value.is_finite());
    not_finite.map_or(Ok(()), |((row, column), value)| {
        let what = format!("embedding, row {row}, column {column}");
        Err(Error::invalid(what, "a finite number", value.to_string()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{ShapeBuilder, array};

    fn message(ids: NodeIds, rows: Array2<f32>) -> String {
        Embedding::from_rows(ids, rows).unwrap_err().to_string()
    }

    #[test]
    fn an_embedding_of_some_nodes_has_rows_of_those() {
        let embedding =
            Embedding::from_rows(NodeIds::from_names(["c", "x", "a"]), array![[1.0], [2.0], [3.0]]).unwrap();
        let some = embedding.rows_of_some(&NodeIds::from_names(["a", "b", "c"])).unwrap();
        assert_eq!(some, (vec![0, 2], array![[3.0], [1.0]]));
        assert_eq!(
            embedding.rows_of_some(&NodeIds::counted(2)).unwrap_err().to_string(),
            "embedding: expected a row of some node, found rows of other ids"
        );
    }

    #[test]
    fn ids_and_rows_that_do_not_fit_are_refused() {
        let two = || array![[1.0f32, 2.0], [3.0, 4.0]];
        assert_eq!(
            message(NodeIds::counted(3), two()),
            "node ids: expected 2, one for each row of the embedding, found 3"
        );
        assert_eq!(
            message(NodeIds::from_names(["a", "a"]), two()),
            "node ids: expected different ids, found \"a\" twice"
        );
        assert_eq!(
            message(NodeIds::counted(0), Array2::zeros((0, 2))),
            "embedding: expected at least one row, found none"
        );
        assert_eq!(
            message(NodeIds::counted(2), Array2::zeros((2, 0))),
            "embedding: expected at least one column, found none"
        );
        assert_eq!(
            message(NodeIds::counted(2), array![[1.0, 2.0], [f32::NEG_INFINITY, 0.0]]),
            "embedding, row 1, column 0: expected a finite number, found -inf"
        );
    }

    #[test]
    fn rows_in_fortran_order_are_put_in_order() {
        let mut rows = Array2::zeros((2, 3).f());
        rows.assign(&array![[1.0f32, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        let embedding = Embedding::from_rows(NodeIds::counted(2), rows.clone()).unwrap();
        assert_eq!(embedding.rows(), rows);
        assert_eq!(embedding.iter().nth(1).unwrap(), ("1".into(), &[4.0f32, 5.0, 6.0][..]));
    }

    #[test]
    fn rows_are_found_by_the_ids_of_a_data_set() {
        let rows = Array2::from_shape_vec((2, 1), vec![1.0, 2.0]).unwrap();
        let embedding = Embedding::from_rows(NodeIds::from_names(["b", "a"]), rows).unwrap();
        let found = embedding.rows_of(&NodeIds::from_names(["a", "b"])).unwrap();
        assert_eq!(found.into_raw_vec_and_offset().0, [2.0, 1.0]);
        let message = |ids: &[&str]| embedding.rows_of(&NodeIds::from_names(ids)).unwrap_err().to_string();
        assert_eq!(message(&["a", "c"]), "embedding: expected a row of the node \"c\", found none");
        assert_eq!(message(&["a"]), "embedding: expected 1 rows, one for each node, found 2");
    }
}
