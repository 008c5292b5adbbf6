//! Labels, checked, and the memberships that a network predicts.

use faer::MatRef;

use crate::error::Error;
use crate::rate_matrix::log_det;
use crate::scalar::Scalar;

/// The samples of each class.
pub(crate) struct Classes {
    pub(crate) members: Vec<Vec<usize>>,
}

impl Classes {
    pub(crate) fn of(labels: &[usize], num_classes: usize, num_samples: usize) -> Result<Self, Error> {
        if labels.len() != num_samples {
            return Err(Error::LabelsLength { expected: num_samples, found: labels.len() });
        }
        let mut members = vec![Vec::new(); num_classes.min(num_samples)];
        for (sample, &label) in labels.iter().enumerate() {
            if label >= num_classes {
                return Err(Error::LabelOutOfRange { sample, label, num_classes });
            }
            // A class beyond the number of samples leaves another one empty.
            if let Some(members) = members.get_mut(label) {
                members.push(sample);
            }
        }
        match members.iter().position(Vec::is_empty) {
            Some(class) => Err(Error::EmptyClass { class }),
            None if num_classes > num_samples => Err(Error::EmptyClass { class: num_samples }),
            None => Ok(Self { members }),
        }
    }

    /// γⱼ = mⱼ / m.
    pub(crate) fn weights(&self) -> Vec<f64> {
        let num_samples: usize = self.members.iter().map(Vec::len).sum();
        self.members.iter().map(|members| members.len() as f64 / num_samples as f64).collect()
    }
}

/// Turns the norms ‖Cⱼz‖ of a sample into its memberships π̂ = softmax(−λ‖Cⱼz‖).
pub(crate) fn memberships_of_norms(norms: &mut [f64], lambda: f64) {
    let smallest = norms.iter().fold(f64::INFINITY, |smallest, norm| smallest.min(*norm));
    norms.iter_mut().for_each(|norm| *norm = (-lambda * (*norm - smallest)).exp());
    let sum: f64 = norms.iter().sum();
    norms.iter_mut().for_each(|norm| *norm /= sum);
}

/// The rate ½ t log det(I + d/(t ε²) Zᴴ diag(π) Z) of one group with t = Σ π, before it is divided by the number of samples.
///
/// # Shapes
/// z `[samples, d]`, memberships `[samples]`
pub(crate) fn group_rate<T: Scalar>(
    z: MatRef<'_, T>,
    memberships: impl Iterator<Item = f64> + Clone,
    eps_sq: f64,
) -> Result<f64, Error> {
    let total: f64 = memberships.clone().sum();
    let width = z.ncols();
    // The rate of less is below the rounding of any other; and d / (t ε²) overflows.
    if total < 1e-30 {
        return Ok(0.0);
    }
    let mut rows = Vec::new();
    for (sample, membership) in memberships.enumerate().filter(|(_, membership)| *membership > 0.0) {
        let factor = membership.sqrt();
        rows.extend((0..width).map(|column| z[(sample, column)].scaled(factor)));
    }
    let rows = MatRef::from_row_major_slice(&rows, rows.len() / width, width);
    Ok(0.5 * total * log_det(rows, width as f64 / (total * eps_sq))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_members_and_wrong_ones_are_named() {
        let classes = Classes::of(&[1, 0, 1, 1], 2, 4).unwrap();
        assert_eq!(classes.members, [vec![1], vec![0, 2, 3]]);
        assert_eq!(classes.weights(), [0.25, 0.75]);
        let message = |labels: &[usize], classes| Classes::of(labels, classes, 3).err().unwrap().to_string();
        assert_eq!(message(&[0], 1), "labels: expected 3, one for each sample, found 1");
        assert_eq!(message(&[0, 2, 0], 2), "labels[1]: expected a class below 2, found 2");
        assert_eq!(message(&[0, 2, 0], 3), "class 1: expected at least one sample, found none");
        assert_eq!(message(&[0, 1, 2], usize::MAX), "class 3: expected at least one sample, found none");
    }

    #[test]
    fn the_shortest_has_the_largest_membership_and_lambda_zero_makes_all_equal() {
        let mut norms = [1.0, 1.0 + 2f64.ln(), 1e9];
        memberships_of_norms(&mut norms, 1.0);
        approx::assert_relative_eq!(norms[..], [2.0 / 3.0, 1.0 / 3.0, 0.0], max_relative = 1e-12);
        memberships_of_norms(&mut norms, 0.0);
        approx::assert_relative_eq!(norms[..], [1.0 / 3.0; 3], max_relative = 1e-12);
    }
}
