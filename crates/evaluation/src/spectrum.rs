use faer::{Mat, MatRef};

use crate::eigen::Eigen;
use crate::error::Error;
use crate::finite_rows::FiniteRows;
use crate::gram::{gram_of_columns, product_of_rows};
use crate::rows::Rows;

/// The singular values σ of a matrix of rows, largest first: how many dimensions an embedding really uses.
///
/// They are the roots of the eigenvalues of the Gram matrix of the smaller side, in f64: values below about 10⁻⁸ of the
/// largest are noise.
#[derive(Debug, Clone, PartialEq)]
pub struct Spectrum {
    /// σ, min(nodes, d_input) of them.
    pub singular_values: Vec<f64>,
}

impl Spectrum {
    /// The spectrum of all rows. O(nodes · d_input · m + m³) with m = min(nodes, d_input).
    ///
    /// # Shapes
    /// rows `[nodes, d_input]`
    ///
    /// # Errors
    /// A value that is not finite.
    pub fn of(rows: &Rows) -> Result<Self, Error> {
        let rows = FiniteRows::check(rows)?;
        let nodes: Vec<usize> = (0..rows.num_rows()).collect();
        Ok(RightVectors::of(&rows, &nodes, 0.0)?.spectrum)
    }

    /// The effective rank exp(−Σ pᵢ log pᵢ) with pᵢ = σᵢ / Σ σ (Roy and Vetterli 2007): r for r equal singular values
    /// and zeros beside them; 0 for zero rows.
    pub fn effective_rank(&self) -> f64 {
        let total: f64 = self.singular_values.iter().sum();
        if total == 0.0 {
            return 0.0;
        }
        let parts = self.singular_values.iter().map(|sigma| sigma / total).filter(|part| *part > 0.0);
        (-parts.map(|part| part * part.ln()).sum::<f64>()).exp()
    }

    /// The least number of dimensions that hold this part of the energy Σ σ²; 0 for zero rows.
    pub fn dimensions_of_energy(&self, part: f64) -> usize {
        let total: f64 = self.singular_values.iter().map(|sigma| sigma * sigma).sum();
        let mut held = 0.0;
        let mut dimensions = 0;
        while dimensions < self.singular_values.len() && held < part * total {
            held += self.singular_values[dimensions].powi(2);
            dimensions += 1;
        }
        dimensions
    }
}

/// A spectrum with the right singular vectors of its largest values.
pub(crate) struct RightVectors {
    pub(crate) spectrum: Spectrum,
    /// `[d_input, dimensions]`, orthonormal columns.
    pub(crate) basis: Mat<f64>,
}

impl RightVectors {
    /// As many vectors as hold this part of the energy.
    pub(crate) fn of(rows: &FiniteRows, nodes: &[usize], energy: f64) -> Result<Self, Error> {
        let d = rows.d_input();
        if d <= nodes.len() {
            let (spectrum, vectors) = roots(Eigen::of(&gram_of_columns(rows, nodes))?);
            let dimensions = spectrum.dimensions_of_energy(energy);
            return Ok(Self { spectrum, basis: vectors.subcols(0, dimensions).to_owned() });
        }
        let mut values = vec![0.0; nodes.len() * d];
        rows.read_all(nodes.iter().copied(), &mut values);
        let x = MatRef::from_row_major_slice(&values, nodes.len(), d);
        let (spectrum, left) = roots(Eigen::of(&product_of_rows(x, x))?);
        let dimensions = spectrum.dimensions_of_energy(energy);
        // v = Xᵀ u / σ.
        let mut basis = product_of_rows(x.transpose(), left.subcols(0, dimensions).transpose());
        for (column, sigma) in spectrum.singular_values[..dimensions].iter().enumerate() {
            (0..d).for_each(|row| basis[(row, column)] /= sigma);
        }
        Ok(Self { spectrum, basis })
    }
}

fn roots(eigen: Eigen) -> (Spectrum, Mat<f64>) {
    let singular_values = eigen.values.iter().map(|value| value.max(0.0).sqrt()).collect();
    (Spectrum { singular_values }, eigen.vectors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn a_diagonal_has_its_entries_on_both_sides() {
        let wide = array![[0.0f32, 3.0, 0.0], [-4.0, 0.0, 0.0]];
        for rows in [Rows::dense(wide.view()), Rows::dense(wide.t())] {
            let spectrum = Spectrum::of(&rows).unwrap();
            approx::assert_relative_eq!(spectrum.singular_values[..], [4.0, 3.0], max_relative = 1e-12);
            assert_eq!([0.0, 0.5, 0.65, 1.0].map(|part| spectrum.dimensions_of_energy(part)), [0, 1, 2, 2]);
        }
    }

    #[test]
    fn the_effective_rank_of_equal_values_is_their_number() {
        let identity = Array2::<f32>::from_diag_elem(5, 2.0);
        let spectrum = Spectrum::of(&Rows::dense(identity.view())).unwrap();
        approx::assert_relative_eq!(spectrum.effective_rank(), 5.0, max_relative = 1e-12);
        let zeros = Array2::<f32>::zeros((3, 4));
        let spectrum = Spectrum::of(&Rows::dense(zeros.view())).unwrap();
        assert_eq!((spectrum.effective_rank(), spectrum.dimensions_of_energy(0.9)), (0.0, 0));
    }
}
