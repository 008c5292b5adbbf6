use faer::{Mat, MatRef};
use rayon::prelude::*;

use crate::error::Error;
use crate::finite_rows::FiniteRows;
use crate::gram::product_of_rows;
use crate::logistic_regression::check_labels;
use crate::metrics::Scores;
use crate::rows::Rows;
use crate::spectrum::RightVectors;

/// Singular values below this part of a class's largest are noise: their directions are not used.
const NOISE: f64 = 1e-7;
/// Rows that are predicted in one piece of work.
const ROWS: usize = 256;

/// Predicts the class whose subspace is nearest: arg min over classes j of ‖(I − Vⱼ Vⱼᵀ) z‖, of equals the lower one.
///
/// Rows are scaled to length 1; Vⱼ are the right singular vectors of the largest singular values of the class's training rows, not
/// centered. A class of lower rank has fewer. Chan et al. 2021 (arXiv 2105.10446) evaluate ReduNet so, with 10 directions.
///
/// ```
/// use evaluation::{NearestSubspace, Rows};
/// use ndarray::array;
///
/// let embedding = array![[1.0, 0.1], [-0.9, 0.0], [0.1, 1.0], [0.0, -2.0], [-3.0, 0.2], [0.1, 0.8]];
/// let rows = Rows::dense(embedding.view());
/// let fitted = NearestSubspace::new(1).fit(&rows, &[0, 0, 1, 1, 0, 1], &[0, 1, 2, 3])?;
/// assert_eq!(fitted.predict(&rows, &[4, 5])?, [0, 1]);
/// # Ok::<(), evaluation::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NearestSubspace {
    /// Number of directions of each class, at least 1.
    pub directions: usize,
}

impl Default for NearestSubspace {
    /// Ten directions, as the authors have.
    fn default() -> Self {
        Self { directions: 10 }
    }
}

impl NearestSubspace {
    /// A classifier by this many directions of each class.
    pub fn new(directions: usize) -> Self {
        Self { directions }
    }

    /// Finds the subspaces of the training nodes' classes; of `labels` only theirs are looked at.
    /// O(Σ n · d_input · m + m³) with n nodes of a class and m = min(n, d_input).
    ///
    /// # Shapes
    /// rows `[nodes, d_input]`, labels `[nodes]`
    ///
    /// # Errors
    /// No directions; no training nodes; labels not one for each row; an index out of range; a value that is not finite.
    pub fn fit(
        &self,
        rows: &Rows,
        labels: &[usize],
        train: &[usize],
    ) -> Result<FittedNearestSubspace, Error> {
        check_labels(rows, labels)?;
        if self.directions == 0 {
            return Err(Error::Setting { name: "directions", expected: "at least 1", found: 0.0 });
        }
        if train.is_empty() {
            return Err(Error::NoNodes { purpose: "training" });
        }
        check_nodes(rows, train)?;
        let rows = FiniteRows::check(&rows.scaled_to_unit_length())?;
        let mut train = train.to_vec();
        train.sort_by_key(|&node| labels[node]);
        let classes: Vec<&[usize]> = train.chunk_by(|&a, &b| labels[a] == labels[b]).collect();
        let subspace = |nodes: &&[usize]| {
            let RightVectors { spectrum, basis } = RightVectors::of(&rows, nodes, 1.0)?;
            let sigma = &spectrum.singular_values;
            let rank = sigma.iter().take_while(|value| **value > NOISE * sigma[0]).count();
            let directions = rank.min(self.directions).min(basis.ncols());
            Ok(Subspace { class: labels[nodes[0]], basis: basis.subcols(0, directions).to_owned() })
        };
        let found: Vec<Result<Subspace, Error>> = classes.par_iter().map(subspace).collect();
        let subspaces = found.into_iter().collect::<Result<_, _>>()?;
        Ok(FittedNearestSubspace { d_input: rows.d_input(), subspaces })
    }
}

#[derive(Debug, Clone)]
struct Subspace {
    class: usize,
    /// `[d_input, directions]`, orthonormal columns.
    basis: Mat<f64>,
}

/// The subspaces of the classes of training nodes.
#[derive(Debug, Clone)]
pub struct FittedNearestSubspace {
    d_input: usize,
    /// By ascending classes.
    subspaces: Vec<Subspace>,
}

impl FittedNearestSubspace {
    /// The label predicted for each node. O(nodes · d_input · directions · classes).
    ///
    /// # Errors
    /// Rows of another width than at the fit; an index out of range; a value that is not finite.
    pub fn predict(&self, rows: &Rows, nodes: &[usize]) -> Result<Vec<usize>, Error> {
        let (expected, found) = (self.d_input, rows.d_input());
        if expected != found {
            return Err(Error::NumColumns { expected, found });
        }
        check_nodes(rows, nodes)?;
        let rows = FiniteRows::check(&rows.scaled_to_unit_length())?;
        Ok(nodes.par_chunks(ROWS).flat_map_iter(|nodes| self.predict_block(&rows, nodes)).collect())
    }

    /// How well these nodes are predicted; of `labels` only theirs are looked at.
    ///
    /// # Shapes
    /// rows `[nodes, d_input]`, labels `[nodes]`
    ///
    /// # Errors
    /// No nodes to score; labels not one for each row; and as [`predict`](Self::predict).
    pub fn scores(&self, rows: &Rows, labels: &[usize], nodes: &[usize]) -> Result<Scores, Error> {
        check_labels(rows, labels)?;
        if nodes.is_empty() {
            return Err(Error::NoNodes { purpose: "scored" });
        }
        let predicted = self.predict(rows, nodes)?;
        let truth: Vec<usize> = nodes.iter().map(|&node| labels[node]).collect();
        Ok(Scores::new(&truth, &predicted))
    }

    fn predict_block(&self, rows: &FiniteRows, nodes: &[usize]) -> Vec<usize> {
        let mut values = vec![0.0; nodes.len() * self.d_input];
        rows.read_all(nodes.iter().copied(), &mut values);
        let z = MatRef::from_row_major_slice(&values, nodes.len(), self.d_input);
        // ‖(I − V Vᵀ) z‖² = ‖z‖² − ‖Vᵀz‖²: the smallest residual is the largest projection.
        let mut largest = vec![(f64::NEG_INFINITY, 0); nodes.len()];
        for Subspace { class, basis } in &self.subspaces {
            let coordinates = product_of_rows(z, basis.transpose());
            for (row, largest) in largest.iter_mut().enumerate() {
                let length_sq = coordinates.row(row).iter().map(|value| value * value).sum::<f64>();
                if length_sq > largest.0 {
                    *largest = (length_sq, *class);
                }
            }
        }
        largest.into_iter().map(|(_, class)| class).collect()
    }
}

fn check_nodes(rows: &Rows, nodes: &[usize]) -> Result<(), Error> {
    let num_rows = rows.num_rows();
    match nodes.iter().position(|&node| node >= num_rows) {
        Some(position) => Err(Error::NodeOutOfRange { position, node: nodes[position], num_rows }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    /// Class 5 is near a plane, class 2 near a line; node 6 is between.
    fn embedding() -> Array2<f32> {
        array![
            [1.0, 0.0, 0.0],
            [0.0, -4.0, 0.1],
            [0.0, 0.0, 1.0],
            [0.1, 0.0, -2.0],
            [1.0, -1.0, 0.2],
            [0.2, 0.1, 1.0],
            [1.0, 0.0, 1.0],
            [0.0, 0.0, 0.0]
        ]
    }

    const LABELS: [usize; 8] = [5, 5, 2, 2, 5, 2, 99, 99];

    #[test]
    fn the_nearest_subspace_is_that_of_the_largest_projection() {
        let embedding = embedding();
        let rows = Rows::dense(embedding.view());
        let fit = |directions| NearestSubspace::new(directions).fit(&rows, &LABELS, &[0, 1, 2, 3]).unwrap();
        assert_eq!(fit(2).predict(&rows, &[4, 5, 0, 7]).unwrap(), [5, 2, 5, 2]);
        assert_eq!(fit(2).scores(&rows, &LABELS, &[4, 5]).unwrap().accuracy, 1.0);
        // The plane, z minus its projection, against the line: by the residuals as they are written.
        let fitted = fit(10);
        let residual = |subspace: &Subspace, node: usize| {
            let z: Vec<f64> = embedding.row(node).iter().map(|value| f64::from(*value)).collect();
            let z = Mat::from_fn(3, 1, |i, _| z[i]);
            (&z - &subspace.basis * (subspace.basis.transpose() * &z)).norm_l2()
        };
        for (node, predicted) in
            fitted.predict(&rows, &[0, 1, 2, 3, 4, 5, 6]).unwrap().into_iter().enumerate()
        {
            let nearest =
                fitted.subspaces.iter().min_by(|a, b| residual(a, node).total_cmp(&residual(b, node)));
            assert_eq!(predicted, nearest.unwrap().class, "node {node}");
        }
    }

    #[test]
    fn a_class_of_lower_rank_has_fewer_directions() {
        let embedding =
            array![[1.0f32, 1.0, 0.0], [2.0, 2.0, 0.0], [-3.0, -3.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]];
        let rows = Rows::dense(embedding.view());
        let fitted = NearestSubspace::new(10).fit(&rows, &[0, 0, 0, 1, 2], &[0, 1, 2, 3, 4]).unwrap();
        let directions: Vec<usize> = fitted.subspaces.iter().map(|subspace| subspace.basis.ncols()).collect();
        assert_eq!(directions, [1, 1, 0]);
    }

    #[test]
    fn refuses_what_it_cannot_fit_or_predict() {
        let embedding = embedding();
        let rows = Rows::dense(embedding.view());
        let message = |directions, labels: &[usize], train: &[usize]| {
            NearestSubspace::new(directions).fit(&rows, labels, train).unwrap_err().to_string()
        };
        assert_eq!(message(0, &LABELS, &[0]), "`directions` must be at least 1, got 0");
        assert_eq!(message(1, &LABELS, &[]), "training nodes: expected at least one, found none");
        assert_eq!(message(1, &LABELS, &[8]), "nodes[0]: expected an index below 8, found 8");
        assert_eq!(message(1, &[0; 3], &[0]), "labels: expected 8, one for each row, found 3");
        let fitted = NearestSubspace::default().fit(&rows, &LABELS, &[0, 1]).unwrap();
        let narrow = array![[1.0f32]];
        let message = |rows: &Rows, nodes: &[usize]| fitted.predict(rows, nodes).unwrap_err().to_string();
        assert_eq!(
            message(&Rows::dense(narrow.view()), &[0]),
            "rows: expected 3 columns as in the fit, found 1"
        );
        assert_eq!(message(&rows, &[0, 9]), "nodes[1]: expected an index below 8, found 9");
    }
}
