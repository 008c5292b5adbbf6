use crate::samples::cholesky;

/// Sweeps of coordinate descent before the exact solution on the non-zero coefficients is tried, and between two tries.
const SWEEPS: usize = 4;
/// The most rounds of sweeps and a try.
const MAX_ROUNDS: usize = 500;
/// Largest violation of the conditions of the optimum, as a share of λ₁.
const TOLERANCE: f64 = 1e-10;
/// Weight of the squared step that is added to the quadratic of a step: of rows that are linearly dependent it leads, far away, to
/// where the first of them can be left out.
const PROXIMITY: f64 = 1e-10;

/// The elastic net min_c ½ ‖x − Aᵀc‖² + λ₁ ‖c‖₁ + λ₂/2 ‖c‖², by the products of the rows of A with one another and with x.
pub(crate) struct ElasticNet<'a> {
    /// A Aᵀ, `[atoms, atoms]`.
    pub(crate) gram: &'a [f64],
    /// A x, `[atoms]`.
    pub(crate) products: &'a [f64],
    pub(crate) l1: f64,
    pub(crate) l2: f64,
}

impl ElasticNet<'_> {
    /// Improves `c` to the optimum; whether it was reached.
    ///
    /// Coordinate descent finds the signs; with signs fixed, the coefficients are the solution of a linear system, and a step to it
    /// ends at the first coefficient that would change its sign, which becomes zero (feature-sign search, Lee et al. 2006). Each lowers
    /// the objective.
    /// So even a lasso of nearly dependent rows, for which coordinate descent alone needs many thousand sweeps, is solved exactly.
    pub(crate) fn solve(&self, c: &mut [f64]) -> bool {
        let mut slack = self.slack(c);
        if self.violation(c, &slack) <= TOLERANCE * self.l1 {
            return true;
        }
        for _ in 0..MAX_ROUNDS {
            for _ in 0..SWEEPS {
                self.sweep(c, &mut slack);
            }
            while !self.step_with_fixed_signs(c) {}
            // Computed again: the updates of the sweeps leave rounding.
            slack = self.slack(c);
            if self.violation(c, &slack) <= TOLERANCE * self.l1 {
                return true;
            }
        }
        false
    }

    /// A (x − Aᵀc).
    fn slack(&self, c: &[f64]) -> Vec<f64> {
        let mut slack = self.products.to_vec();
        for (row, &value) in c.iter().enumerate().filter(|(_, value)| **value != 0.0) {
            slack.iter_mut().zip(self.gram_row(row)).for_each(|(slack, gram)| *slack -= value * gram);
        }
        slack
    }

    fn sweep(&self, c: &mut [f64], slack: &mut [f64]) {
        for atom in 0..c.len() {
            let own = self.gram_row(atom)[atom];
            let pull = slack[atom] + own * c[atom];
            let next = (pull.abs() - self.l1).max(0.0).copysign(pull) / (own + self.l2);
            let step = next - c[atom];
            if step != 0.0 {
                c[atom] = next;
                slack.iter_mut().zip(self.gram_row(atom)).for_each(|(slack, gram)| *slack -= step * gram);
            }
        }
    }

    /// Moves the non-zero coefficients towards the optimum for their signs, as far as they keep them; whether all of the way.
    fn step_with_fixed_signs(&self, c: &mut [f64]) -> bool {
        let active: Vec<usize> = (0..c.len()).filter(|&atom| c[atom] != 0.0).collect();
        let size = active.len();
        let mut system = vec![0.0; size * size];
        for (i, &row) in active.iter().enumerate() {
            for (j, &column) in active.iter().enumerate() {
                system[i * size + j] = self.gram_row(row)[column];
            }
            system[i * size + i] += self.l2 + PROXIMITY;
        }
        let Ok(lower) = cholesky(&system, size) else { return true };
        let slack = self.slack(c);
        let descent = |&atom: &usize| slack[atom] - self.l2 * c[atom] - self.l1.copysign(c[atom]);
        let mut step: Vec<f64> = active.iter().map(descent).collect();
        for i in 0..size {
            let known: f64 = (0..i).map(|j| lower[(i, j)] * step[j]).sum();
            step[i] = (step[i] - known) / lower[(i, i)];
        }
        for i in (0..size).rev() {
            let known: f64 = (i + 1..size).map(|j| lower[(j, i)] * step[j]).sum();
            step[i] = (step[i] - known) / lower[(i, i)];
        }
        let (mut share, mut first) = (1.0, None);
        for (&atom, step) in active.iter().zip(&step) {
            if (c[atom] + step) * c[atom] <= 0.0 && -c[atom] / step < share {
                (share, first) = (-c[atom] / step, Some(atom));
            }
        }
        active.iter().zip(&step).for_each(|(&atom, step)| c[atom] += share * step);
        if let Some(atom) = first {
            c[atom] = 0.0;
        }
        first.is_none()
    }

    /// How far the subgradient of the objective is from 0.
    fn violation(&self, c: &[f64], slack: &[f64]) -> f64 {
        let of_atom = |(&c, &slack): (&f64, &f64)| {
            if c == 0.0 {
                (slack.abs() - self.l1).max(0.0)
            } else {
                (slack - self.l2 * c - self.l1.copysign(c)).abs()
            }
        };
        c.iter().zip(slack).map(of_atom).fold(0.0, f64::max)
    }

    fn gram_row(&self, atom: usize) -> &[f64] {
        &self.gram[atom * self.products.len()..][..self.products.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::dot;

    /// The products of rows with one another, `[rows, rows]`.
    fn gram(rows: &[&[f64]]) -> Vec<f64> {
        let size = rows.len();
        let mut gram = vec![0.0; size * size];
        for i in 0..size {
            for j in 0..=i {
                let product = dot(rows[i], rows[j]);
                gram[i * size + j] = product;
                gram[j * size + i] = product;
            }
        }
        gram
    }

    fn solve(gram: &[f64], products: &[f64], l1: f64, l2: f64) -> Vec<f64> {
        let mut c = vec![0.0; products.len()];
        assert!(ElasticNet { gram, products, l1, l2 }.solve(&mut c));
        c
    }

    #[test]
    fn orthonormal_atoms_shrink_each_product_on_its_own() {
        let c = solve(&[1.0, 0.0, 0.0, 1.0], &[0.9, -0.2], 0.3, 0.5);
        assert!((c[0] - 0.6 / 1.5).abs() < 1e-12 && c[1] == 0.0, "{c:?}");
    }

    #[test]
    fn nearly_dependent_atoms_are_solved_to_the_conditions_of_the_optimum() {
        // Twelve atoms in the plane, a degree apart.
        let atoms: Vec<[f64; 2]> =
            (0..12).map(|i| [(f64::from(i)).to_radians().cos(), (f64::from(i)).to_radians().sin()]).collect();
        let rows: Vec<&[f64]> = atoms.iter().map(<[f64; 2]>::as_slice).collect();
        let x = [35f64.to_radians().cos(), 35f64.to_radians().sin()];
        let products: Vec<f64> = rows.iter().map(|row| dot(row, &x)).collect();
        let c = solve(&gram(&rows), &products, 1e-3, 0.0);
        // The lasso takes the atom nearest to x, at 11 degrees, and one far away with a negative sign.
        let back: Vec<f64> = (0..2).map(|d| c.iter().zip(&rows).map(|(c, row)| c * row[d]).sum()).collect();
        assert!((back[0] - x[0]).abs() < 0.1 && (back[1] - x[1]).abs() < 0.1);
        assert!(c[11] > 0.0 && c[0] < 0.0 && c[1..11].iter().all(|value| *value == 0.0), "{c:?}");
    }

    #[test]
    fn equal_atoms_are_no_trouble() {
        let c = solve(&[1.0; 9], &[0.8; 3], 0.1, 0.0);
        assert!((c.iter().sum::<f64>() - 0.7).abs() < 1e-10, "{c:?}");
    }
}
