//! Orthogonal weight normalization.

use burn::tensor::Tensor;

use super::inverse_root::inverse_root;

/// Added to the diagonal of `V_cᵀ V_c`, as a part of its mean.
const RIDGE: f64 = 1e-6;
/// The least that is added: of a parameter of zeros the root and its gradient are finite in f32.
const LEAST_RIDGE: f64 = 1e-12;

/// `W = s V_c (V_cᵀ V_c)^-½` of a parameter V `[d_input, d_output]`, where V_c is V less the mean of each column: columns of W
/// sum to 0, have length s, and are orthogonal to each other within a group of at most `group_size`, and fewer than `d_input`,
/// columns. Groups differ by at most one column in size. O(d_input · d_output · group_size).
///
/// With one input feature the columns are 0: their mean is all there is.
pub(super) fn orthogonal_columns(parameter: Tensor<2>, scale: f64, group_size: usize) -> Tensor<2> {
    let [d_input, d_output] = parameter.dims();
    let largest = group_size.min(d_input - 1).max(1);
    let num_groups = d_output.div_ceil(largest);
    let centered = parameter.clone() - parameter.mean_dim(0);
    let bounds: Vec<usize> = (0..=num_groups).map(|group| group * d_output / num_groups).collect();
    let groups = bounds.windows(2).map(|bounds| {
        let columns = centered.clone().slice([0..d_input, bounds[0]..bounds[1]]);
        let gram = columns.clone().transpose().matmul(columns.clone());
        columns.matmul(normalizer(gram)) * scale
    });
    Tensor::cat(groups.collect(), 1)
}

/// `(G + r I)^-½`, with r a small part of the mean of G's diagonal.
fn normalizer(gram: Tensor<2>) -> Tensor<2> {
    let size = gram.dims()[0];
    let identity = Tensor::<2>::eye(size, &gram.device());
    let trace: f32 = (gram.clone().detach() * identity.clone()).sum().into_scalar();
    let ridge = (RIDGE * f64::from(trace) / size as f64).max(LEAST_RIDGE);
    inverse_root(gram + identity * ridge, ridge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, Tolerance};
    use testkit::gradients::assert_gradient;
    use testkit::numbers::{matrix, wavy_matrix};

    /// Numbers in which no column depends on others.
    fn parameter(rows: usize, columns: usize, device: &Device) -> Tensor<2> {
        wavy_matrix(rows, columns, 0.3, device) + Tensor::eye(rows, device).slice([0..rows, 0..columns])
    }

    #[test]
    fn columns_of_a_group_are_orthogonal_have_the_length_and_sum_to_nothing() {
        let device = Device::flex();
        let weight = orthogonal_columns(parameter(12, 7, &device), 1.5, 4);
        let sums = weight.clone().sum_dim(0);
        sums.into_data().assert_approx_eq::<f32>(
            &Tensor::<2>::zeros([1, 7], &device).into_data(),
            Tolerance::absolute(1e-5),
        );
        for columns in [0..3, 3..7] {
            let group = weight.clone().slice([0..12, columns]);
            let gram = group.clone().transpose().matmul(group);
            let expected = Tensor::<2>::eye(gram.dims()[0], &device) * 2.25;
            gram.into_data().assert_approx_eq::<f32>(&expected.into_data(), Tolerance::absolute(1e-4));
        }
    }

    #[test]
    fn more_columns_than_input_features_make_groups_that_can_be_orthogonal() {
        let device = Device::flex();
        let wide = matrix((0..36u32).map(|k| ((k * k * 7 + 3 * k) % 23) as f32).collect(), [4, 9], &device);
        let weight = orthogonal_columns(wide, 1.0, 128);
        let lengths = (weight.clone() * weight).sum_dim(0);
        lengths.into_data().assert_approx_eq::<f32>(
            &Tensor::<2>::ones([1, 9], &device).into_data(),
            Tolerance::absolute(1e-3),
        );
        let single = orthogonal_columns(wavy_matrix(1, 2, 0.7, &device), 1.0, 128);
        assert!(single.into_data().iter::<f32>().all(|value| value == 0.0));
    }

    #[test]
    fn the_gradient_reaches_the_parameter() {
        let device = Device::flex();
        let weights = wavy_matrix(8, 5, 1.3, &device);
        let loss = |parameter: Tensor<2>| {
            let weights = Tensor::from_data(weights.clone().into_data(), &parameter.device());
            (orthogonal_columns(parameter, 1.4, 3) * weights).sum()
        };
        assert_gradient(loss, parameter(8, 5, &device), 1e-2, 5e-3);
    }
}
