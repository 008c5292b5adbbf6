use faer::Mat;
use rayon::prelude::*;

use crate::clustering::numbered;
use crate::eigen::Eigen;
use crate::error::Error;
use crate::finite_rows::FiniteRows;
use crate::gram::product_of_rows;
use crate::rows::Rows;
use crate::spectrum::{RightVectors, Spectrum};

/// The subspace that each class spans, and the angles between them: rate reduction is to make them orthogonal.
///
/// The subspace of a class is spanned by the right singular vectors of its rows, as many as hold a given part of their
/// energy Σ σ².
#[derive(Debug, Clone)]
pub struct ClassSubspaces {
    classes: Vec<usize>,
    spectra: Vec<Spectrum>,
    bases: Vec<Mat<f64>>,
}

impl ClassSubspaces {
    /// The subspaces of the rows of each label. `energy`, in (0, 1], says how much of a class its subspace holds; 0.95
    /// leaves the noise out. O(Σ n · d_input · m + m³) with n nodes of a class and m = min(n, d_input).
    ///
    /// # Shapes
    /// rows `[nodes, d_input]`, labels `[nodes]`
    ///
    /// # Errors
    /// `energy` out of range, labels not one for each row, a value that is not finite.
    pub fn of(rows: &Rows, labels: &[usize], energy: f64) -> Result<Self, Error> {
        if !(energy > 0.0 && energy <= 1.0) {
            return Err(Error::Setting { name: "energy", expected: "in (0, 1]", found: energy });
        }
        let rows = FiniteRows::check(rows)?;
        let members = Members::of(&rows, labels)?;
        let found: Vec<Result<RightVectors, Error>> =
            members.nodes.par_iter().map(|nodes| RightVectors::of(&rows, nodes, energy)).collect();
        let (mut spectra, mut bases) = (Vec::new(), Vec::new());
        for found in found {
            let RightVectors { spectrum, basis } = found?;
            spectra.push(spectrum);
            bases.push(basis);
        }
        Ok(Self { classes: members.classes, spectra, bases })
    }

    /// The labels, ascending: the order of everything else here.
    pub fn classes(&self) -> &[usize] {
        &self.classes
    }

    /// The whole spectrum of each class's rows.
    pub fn spectra(&self) -> &[Spectrum] {
        &self.spectra
    }

    /// The dimension of each class's subspace.
    pub fn dimensions(&self) -> Vec<usize> {
        self.bases.iter().map(Mat::ncols).collect()
    }

    /// The principal angles between the subspaces of two classes, given by their places in
    /// [`classes`](Self::classes): in radians from 0 to π/2, smallest first, as many as the smaller dimension. All π/2
    /// for orthogonal classes. The cosines are the singular values of Vₐᵀ V_b, here by their squares: angles below
    /// about 10⁻⁸ are noise.
    ///
    /// # Errors
    /// Eigenvalues that do not converge.
    ///
    /// # Panics
    /// When there is no class at a place.
    pub fn principal_angles(&self, first: usize, second: usize) -> Result<Vec<f64>, Error> {
        let (mut a, mut b) = (&self.bases[first], &self.bases[second]);
        if a.ncols() > b.ncols() {
            (a, b) = (b, a);
        }
        let cosines = product_of_rows(a.transpose(), b.transpose());
        let squares = Eigen::of(&product_of_rows(cosines.as_ref(), cosines.as_ref()))?;
        Ok(squares.values.iter().map(|square| square.clamp(0.0, 1.0).sqrt().acos()).collect())
    }
}

/// The nodes of each class.
pub(crate) struct Members {
    /// The labels, ascending.
    pub(crate) classes: Vec<usize>,
    /// The nodes of each, ascending.
    pub(crate) nodes: Vec<Vec<usize>>,
}

impl Members {
    pub(crate) fn of(rows: &FiniteRows, labels: &[usize]) -> Result<Self, Error> {
        let (expected, found) = (rows.num_rows(), labels.len());
        if expected != found {
            return Err(Error::LabelsLength { expected, found });
        }
        let (places, num_classes) = numbered(labels);
        let mut nodes = vec![Vec::new(); num_classes];
        places.iter().enumerate().for_each(|(node, &place)| nodes[place].push(node));
        let classes = nodes.iter().map(|nodes| labels[nodes[0]]).collect();
        Ok(Self { classes, nodes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};

    #[test]
    fn lines_and_a_plane_meet_at_the_angles_drawn() {
        let rows =
            array![[1.0f32, 0.0, 0.0], [2.0, 2.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 5.0], [-3.0, 0.0, 0.0],];
        let subspaces = ClassSubspaces::of(&Rows::dense(rows.view()), &[4, 2, 9, 9, 4], 1.0).unwrap();
        assert_eq!(subspaces.classes(), [2, 4, 9]);
        assert_eq!(subspaces.dimensions(), [1, 1, 2]);
        approx::assert_relative_eq!(
            subspaces.spectra()[1].singular_values[0],
            10f64.sqrt(),
            max_relative = 1e-12
        );
        let angles = |a, b| subspaces.principal_angles(a, b).unwrap();
        approx::assert_relative_eq!(angles(0, 1)[..], [FRAC_PI_4], epsilon = 1e-7);
        approx::assert_relative_eq!(angles(2, 0)[..], [FRAC_PI_4], epsilon = 1e-7);
        approx::assert_relative_eq!(angles(1, 2)[..], [FRAC_PI_2], epsilon = 1e-7);
        approx::assert_relative_eq!(angles(2, 2)[..], [0.0, 0.0], epsilon = 1e-7);
    }

    #[test]
    fn a_class_of_zero_rows_spans_nothing() {
        let rows = array![[0.0f32, 0.0], [1.0, 0.0]];
        let subspaces = ClassSubspaces::of(&Rows::dense(rows.view()), &[0, 1], 0.95).unwrap();
        assert_eq!(subspaces.dimensions(), [0, 1]);
        assert_eq!(subspaces.principal_angles(0, 1).unwrap(), []);
    }

    #[test]
    fn refuses_an_energy_out_of_range_and_labels_of_other_rows() {
        let rows = array![[1.0f32, 0.0]];
        let message = |labels: &[usize], energy| {
            ClassSubspaces::of(&Rows::dense(rows.view()), labels, energy).unwrap_err().to_string()
        };
        assert_eq!(message(&[0], 0.0), "`energy` must be in (0, 1], got 0");
        assert_eq!(message(&[0], f64::NAN), "`energy` must be in (0, 1], got NaN");
        assert_eq!(message(&[0, 1], 0.9), "labels: expected 1, one for each row, found 2");
    }
}
