use crate::error::Error;
use crate::finite_rows::FiniteRows;
use crate::nearest::k_largest;
use crate::rows::Rows;

/// A node near another one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbor {
    /// Its row.
    pub node: usize,
    /// The cosine x·y / (‖x‖ ‖y‖) of the two rows, in [−1, 1] but for rounding; 0 where a row is zero.
    pub cosine: f64,
}

/// The nodes whose rows point in nearly the same direction, found exactly by comparing with all.
///
/// ```
/// use evaluation::{Rows, SimilaritySearch};
/// use ndarray::array;
///
/// let embedding = array![[1.0, 0.0], [0.0, 2.0], [5.0, 0.1], [1.0, 1.0]];
/// let search = SimilaritySearch::from_rows(&Rows::dense(embedding.view()))?;
/// let nearest: Vec<usize> = search.nearest(0, 2)?.iter().map(|neighbor| neighbor.node).collect();
/// assert_eq!(nearest, [2, 3]);
/// # Ok::<(), evaluation::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct SimilaritySearch<'a> {
    rows: FiniteRows<'a>,
    no_shifts: Vec<f64>,
}

impl<'a> SimilaritySearch<'a> {
    /// Looks at every row once; the rows are not copied.
    ///
    /// # Shapes
    /// rows `[nodes, d_input]`
    ///
    /// # Errors
    /// A value that is not finite.
    pub fn from_rows(rows: &Rows<'a>) -> Result<Self, Error> {
        let rows = FiniteRows::check(&rows.scaled_to_unit_length())?;
        Ok(Self { no_shifts: vec![0.0; rows.num_rows()], rows })
    }

    /// The k nodes other than `node` with the largest cosine, largest first, the lower index first of equals.
    /// `O(nodes · d_input)`.
    ///
    /// # Errors
    /// An index out of range; k zero, or not below the number of nodes.
    pub fn nearest(&self, node: usize, k: usize) -> Result<Vec<Neighbor>, Error> {
        Ok(self.nearest_of_each(&[node], k)?.pop().expect("one query has one answer"))
    }

    /// [`nearest`](Self::nearest) of many nodes, with the same bits on any number of threads. `O(queries · nodes ·
    /// d_input)` time; memory beyond the rows is `O(queries · k + d_input)`.
    ///
    /// # Errors
    /// As [`nearest`](Self::nearest).
    pub fn nearest_of_each(&self, nodes: &[usize], k: usize) -> Result<Vec<Vec<Neighbor>>, Error> {
        let num_rows = self.rows.num_rows();
        if k == 0 {
            return Err(Error::Setting { name: "k", expected: "at least 1", found: 0.0 });
        }
        if let Some(position) = nodes.iter().position(|&node| node >= num_rows) {
            return Err(Error::NodeOutOfRange { position, node: nodes[position], num_rows });
        }
        if k >= num_rows {
            let expected = k.saturating_add(1);
            return Err(Error::TooFewRows { purpose: "k other nodes", expected, found: num_rows });
        }
        let neighbor = |(node, cosine)| Neighbor { node, cosine };
        let found = k_largest(&self.rows, &self.no_shifts, nodes, k);
        Ok(found.into_iter().map(|nearest| nearest.into_iter().map(neighbor).collect()).collect())
    }

    /// Sim@k for each of `ks`: the part of a node's k nearest that have its label, in the mean over the queries; in [0, 1],
    /// higher is better (Zhu et al. 2021, arXiv 2010.14945, and the papers after them, with k = 5 and 10).
    ///
    /// All nodes are candidates; `queries` can be a sample where they are too many.
    ///
    /// # Shapes
    /// labels `[nodes]`, output `[ks]`
    ///
    /// # Errors
    /// Labels not one for each row, no queries, and as [`nearest`](Self::nearest).
    pub fn same_label_rates(
        &self,
        labels: &[usize],
        queries: &[usize],
        ks: &[usize],
    ) -> Result<Vec<f64>, Error> {
        let (expected, found) = (self.rows.num_rows(), labels.len());
        if expected != found {
            return Err(Error::LabelsLength { expected, found });
        }
        if queries.is_empty() {
            return Err(Error::NoNodes { purpose: "query" });
        }
        if ks.contains(&0) {
            return Err(Error::Setting { name: "k", expected: "at least 1", found: 0.0 });
        }
        let Some(&largest) = ks.iter().max() else { return Ok(Vec::new()) };
        let nearest = self.nearest_of_each(queries, largest)?;
        let rate = |&k: &usize| {
            let same = |(query, nearest): (&usize, &Vec<Neighbor>)| {
                nearest[..k].iter().filter(|neighbor| labels[neighbor.node] == labels[*query]).count()
            };
            queries.iter().zip(&nearest).map(same).sum::<usize>() as f64 / (k * queries.len()) as f64
        };
        Ok(ks.iter().map(rate).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    fn embedding() -> Array2<f32> {
        array![[1.0, 0.0], [3.0, 0.3], [0.0, 2.0], [0.1, 1.0], [0.0, 0.0]]
    }

    #[test]
    fn the_length_of_a_row_does_not_matter_and_a_zero_row_has_cosine_zero() {
        let embedding = embedding();
        let search = SimilaritySearch::from_rows(&Rows::dense(embedding.view())).unwrap();
        let nearest = search.nearest(0, 4).unwrap();
        assert_eq!(nearest.iter().map(|neighbor| neighbor.node).collect::<Vec<_>>(), [1, 3, 2, 4]);
        approx::assert_relative_eq!(nearest[0].cosine, 1.0 / 1.01f64.sqrt(), max_relative = 1e-6);
        assert_eq!((nearest[2].cosine, nearest[3].cosine), (0.0, 0.0));
    }

    #[test]
    fn rates_match_the_case_worked_by_hand() {
        let embedding = embedding();
        let search = SimilaritySearch::from_rows(&Rows::dense(embedding.view())).unwrap();
        // Nearest: 0 → 1, 3; 1 → 0, 3; 2 → 3, 1; 3 → 2, 1.
        let labels = [0, 0, 1, 1, 9];
        assert_eq!(search.same_label_rates(&labels, &[0, 1, 2, 3], &[1, 2]).unwrap(), [1.0, 0.5]);
        assert_eq!(search.same_label_rates(&[0, 0, 1, 0, 9], &[2, 3], &[2, 1]).unwrap(), [0.25, 0.0]);
    }

    #[test]
    fn refuses_what_it_cannot_search() {
        let embedding = embedding();
        let search = SimilaritySearch::from_rows(&Rows::dense(embedding.view())).unwrap();
        let message = |node, k| search.nearest(node, k).unwrap_err().to_string();
        assert_eq!(message(0, 0), "`k` must be at least 1, got 0");
        assert_eq!(message(5, 1), "nodes[0]: expected an index below 5, found 5");
        assert_eq!(message(0, 5), "rows: expected at least 6 for k other nodes, found 5");
        let rates = |labels: &[usize], queries: &[usize]| {
            search.same_label_rates(labels, queries, &[1]).unwrap_err().to_string()
        };
        assert_eq!(rates(&[0; 4], &[0]), "labels: expected 5, one for each row, found 4");
        assert_eq!(rates(&[0; 5], &[]), "query nodes: expected at least one, found none");
        let mut embedding = embedding.clone();
        embedding[[3, 1]] = f32::NAN;
        assert_eq!(
            SimilaritySearch::from_rows(&Rows::dense(embedding.view())).unwrap_err().to_string(),
            "row 3, column 1: expected a finite number, found NaN"
        );
    }
}
