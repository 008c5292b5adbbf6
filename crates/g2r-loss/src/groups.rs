//! Groups: weighted sets of nodes.

use sprs::CsMatI;

use crate::error::Error;

/// Weighted groups of nodes, the rows of a matrix Π `[groups, nodes]` with entries π ≥ 0.
///
/// In MCR² the groups are the classes; in G2R they are the nodes' neighborhoods. Groups may overlap, and may be empty.
#[derive(Clone, Debug)]
pub struct Groups {
    matrix: CsMatI<f32, u32, usize>,
    totals: Vec<f64>,
}

/// One group: its members, ascending, and their weights.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group<'a> {
    pub(crate) members: &'a [u32],
    pub(crate) weights: &'a [f32],
    /// Sum of the weights, t.
    pub(crate) total: f64,
}

impl Groups {
    /// Takes the rows of a matrix Π as groups.
    ///
    /// # Errors
    /// [`Error::Weight`] for a weight that is negative, NaN or infinite.
    ///
    /// # Panics
    /// If the matrix is not in compressed sparse rows.
    pub fn from_matrix(matrix: CsMatI<f32, u32, usize>) -> Result<Self, Error> {
        assert!(matrix.is_csr(), "Groups::from_matrix: the matrix is not in compressed sparse rows");
        let bad = matrix.iter().find(|(weight, _)| !(weight.is_finite() && **weight >= 0.0));
        if let Some((weight, (group, node))) = bad {
            return Err(Error::Weight { group: group as usize, node: node as usize, weight: *weight });
        }
        let totals = matrix
            .outer_iterator()
            .map(|row| row.data().iter().map(|weight| f64::from(*weight)).sum())
            .collect();
        Ok(Self { matrix, totals })
    }

    /// One group a class, each member with weight 1; nodes of class `None` are in no group.
    ///
    /// # Panics
    /// If a class is not below `num_classes`.
    pub fn from_classes(classes: &[Option<usize>], num_classes: usize) -> Self {
        let mut members = vec![Vec::new(); num_classes];
        for (node, class) in classes.iter().enumerate() {
            if let Some(class) = class {
                members[*class].push(node as u32);
            }
        }
        let mut row_ptr = vec![0];
        row_ptr.extend(members.iter().scan(0, |end, members| {
            *end += members.len();
            Some(*end)
        }));
        let columns: Vec<u32> = members.concat();
        let weights = vec![1.0; columns.len()];
        let matrix = CsMatI::new((num_classes, classes.len()), row_ptr, columns, weights);
        Self::from_matrix(matrix).expect("ones are weights")
    }

    /// Number of groups.
    pub fn num_groups(&self) -> usize {
        self.matrix.rows()
    }

    /// Number of nodes that the groups are drawn from.
    pub fn num_nodes(&self) -> usize {
        self.matrix.cols()
    }

    /// The matrix Π, `[groups, nodes]`.
    pub fn matrix(&self) -> &CsMatI<f32, u32, usize> {
        &self.matrix
    }

    pub(crate) fn group(&self, group: usize) -> Group<'_> {
        let range = self.matrix.indptr().outer_inds_sz(group);
        Group {
            members: &self.matrix.indices()[range.clone()],
            weights: &self.matrix.data()[range],
            total: self.totals[group],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_become_groups_of_their_nodes() {
        let groups = Groups::from_classes(&[Some(1), None, Some(0), Some(1)], 3);
        assert_eq!((groups.num_groups(), groups.num_nodes()), (3, 4));
        assert_eq!(groups.group(0).members, [2]);
        assert_eq!(groups.group(1).members, [0, 3]);
        assert_eq!(groups.group(1).total, 2.0);
        assert_eq!(groups.group(2).members, [0u32; 0]);
    }

    #[test]
    fn a_negative_weight_is_an_error_that_names_group_and_node() {
        let matrix = CsMatI::new((2, 3), vec![0, 1, 2], vec![0, 2], vec![1.0, -0.5]);
        let error = Groups::from_matrix(matrix).unwrap_err();
        assert_eq!(error.to_string(), "group 1, node 2: expected a weight of at least 0, found -0.5");
    }
}
