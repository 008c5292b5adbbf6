//! Products over the entries of a pattern, by heads: a sparse matrix whose values have a gradient, and its dual.

mod backward;
mod cpu;
#[cfg(feature = "cube")]
mod cube;
mod plain;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;

pub(in crate::ops) use plain::rows_of_entries;
pub use plain::{sampled_matmul_plain, weighted_matmul_plain};

use crate::SparsePattern;
use crate::sparse::PatternTensors;

/// Product of a sparse matrix a head with its part of a dense one, `out[i, h, :] = Σ_{e = (i, j)} values[e, h] · dense[j, h, :]`.
///
/// Both have gradients: [`sampled_matmul`] of output and `dense` for `values`, the transposed product for `dense`.
/// O(non-zeros · width). The CPU gives the same bits for any number of threads.
///
/// # Shapes
/// `values` is `[nonzeros, heads]`, `dense` is `[columns, heads · d]`, the output `[rows, heads · d]`.
///
/// # Panics
/// If shapes do not fit the pattern, or there is no head.
pub fn weighted_matmul(pattern: &SparsePattern, values: Tensor<2>, dense: Tensor<2>) -> Tensor<2> {
    assert_weighted_fits(pattern, &values, &dense);
    let output = <Dispatch as EdgeProductBackend>::weighted_matmul(
        pattern.clone().into_dispatch(),
        values.into_dispatch(),
        dense.into_dispatch(),
    );
    Tensor::from_dispatch(output)
}

/// Dot products of rows at the entries of a pattern, `out[e, h] = ⟨a[i, h, :], b[j, h, :]⟩` for e = (i, j): a dense product of which
/// only these entries are wanted.
///
/// The gradients are [`weighted_matmul`] of the output's with `b`, and its transpose with `a`. O(non-zeros · width).
///
/// # Shapes
/// `a` is `[rows, heads · d]`, `b` is `[columns, heads · d]`, the output `[nonzeros, heads]`.
///
/// # Panics
/// If shapes do not fit the pattern or each other, or there is no head.
pub fn sampled_matmul(pattern: &SparsePattern, a: Tensor<2>, b: Tensor<2>, heads: usize) -> Tensor<2> {
    assert_sampled_fits(pattern, &a, &b, heads);
    let output = <Dispatch as EdgeProductBackend>::sampled_matmul(
        pattern.clone().into_dispatch(),
        a.into_dispatch(),
        b.into_dispatch(),
        heads,
    );
    Tensor::from_dispatch(output)
}

/// A backend that multiplies over the entries of a pattern; [`weighted_matmul`] and [`sampled_matmul`] call it.
#[backend_extension(Autodiff, Flex, Cube: cfg(feature = "cube"))]
pub(crate) trait EdgeProductBackend: Backend {
    /// `out[i, h, :] = Σ_{e = (i, j)} values[e, h] · dense[j, h, :]`, `[rows, heads · d]`.
    fn weighted_matmul(
        #[extension_type] pattern: PatternTensors<Self>,
        values: FloatTensor<Self>,
        dense: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    /// `out[j, h, :] = Σ_{e = (i, j)} values[e, h] · dense[i, h, :]`, `[columns, heads · d]`.
    fn transposed_weighted_matmul(
        #[extension_type] pattern: PatternTensors<Self>,
        values: FloatTensor<Self>,
        dense: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    /// `out[e, h] = ⟨a[i, h, :], b[j, h, :]⟩` for e = (i, j), `[nonzeros, heads]`.
    fn sampled_matmul(
        #[extension_type] pattern: PatternTensors<Self>,
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        heads: usize,
    ) -> FloatTensor<Self>;
}

fn assert_weighted_fits(pattern: &SparsePattern, values: &Tensor<2>, dense: &Tensor<2>) {
    let ([_, columns], nonzeros) = (pattern.dims(), pattern.nonzeros());
    let ([entries, heads], [rows, width]) = (values.dims(), dense.dims());
    assert!(
        entries == nonzeros && rows == columns && heads > 0 && width > 0 && width.is_multiple_of(heads),
        "weighted_matmul: values [{entries}, {heads}] and dense [{rows}, {width}] do not fit {nonzeros} entries in {columns} \
         columns"
    );
}

fn assert_sampled_fits(pattern: &SparsePattern, a: &Tensor<2>, b: &Tensor<2>, heads: usize) {
    let ([rows, columns], [a_rows, a_width], [b_rows, b_width]) = (pattern.dims(), a.dims(), b.dims());
    assert!(
        a_rows == rows && b_rows == columns && a_width == b_width,
        "sampled_matmul: [{a_rows}, {a_width}] and [{b_rows}, {b_width}] do not fit a pattern [{rows}, {columns}]"
    );
    assert!(
        heads > 0 && a_width > 0 && a_width.is_multiple_of(heads),
        "sampled_matmul: rows of {a_width} do not divide into {heads} heads"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, Tolerance};
    use graph_io::CsrMatrix;
    use testkit::{gradients, numbers};

    /// [[·, ·], [], [·, 0]]: two entries in the first row, none in the second, one in the third.
    fn three_entries() -> SparsePattern {
        let matrix = CsrMatrix::new((3, 2), vec![0, 2, 2, 3], vec![0, 1, 0], vec![1.0; 3]);
        SparsePattern::new(&matrix, &Device::flex())
    }

    #[test]
    fn products_worked_by_hand() {
        let device = Device::flex();
        let values = Tensor::<2>::from_floats([[1.0, 2.0], [3.0, -1.0], [0.5, 4.0]], &device);
        let dense = Tensor::<2>::from_floats([[1.0, 10.0], [2.0, 20.0]], &device);
        let expected = Tensor::<2>::from_floats([[7.0, 0.0], [0.0, 0.0], [0.5, 40.0]], &device);
        weighted_matmul(&three_entries(), values, dense.clone())
            .into_data()
            .assert_eq(&expected.into_data(), true);

        let a = Tensor::<2>::from_floats([[1.0, 2.0], [9.0, 9.0], [3.0, 4.0]], &device);
        let expected = Tensor::<2>::from_floats([[21.0], [42.0], [43.0]], &device);
        let one_head = sampled_matmul(&three_entries(), a.clone(), dense.clone(), 1);
        one_head.into_data().assert_eq(&expected.into_data(), true);
        let expected = Tensor::<2>::from_floats([[1.0, 20.0], [2.0, 40.0], [3.0, 40.0]], &device);
        sampled_matmul(&three_entries(), a, dense, 2).into_data().assert_eq(&expected.into_data(), true);
    }

    #[test]
    fn values_and_gradients_agree_with_the_plain_forms() {
        let device = Device::flex();
        let values = numbers::wavy_matrix(3, 2, 0.7, &device);
        let dense = numbers::wavy_matrix(2, 6, 0.2, &device);
        let a = numbers::wavy_matrix(3, 6, 1.9, &device);
        let close = |found: Vec<f32>, expected: Vec<f32>| {
            for (found, expected) in found.iter().zip(&expected) {
                assert!((found - expected).abs() < 1e-5, "{found:?}, expected {expected:?}");
            }
        };
        let host = |tensor: &Tensor<2>| tensor.to_data().iter().collect::<Vec<f32>>();
        let gradient = |f: &dyn Fn(Tensor<2>) -> Tensor<2>, x: &Tensor<2>| {
            gradients::gradient_of(|x| f(x).square().sum(), &host(x), x.dims(), &device)
        };
        let on = |tensor: &Tensor<2>, like: &Tensor<2>| tensor.clone().to_device(&like.device());
        let pattern = three_entries();
        type Product = fn(&SparsePattern, Tensor<2>, Tensor<2>) -> Tensor<2>;
        let sampled: [Product; 2] =
            [|p, a, b| sampled_matmul(p, a, b, 2), |p, a, b| sampled_matmul_plain(p, a, b, 2)];
        for ([fast, plain], first) in
            [([weighted_matmul, weighted_matmul_plain] as [Product; 2], &values), (sampled, &a)]
        {
            let output = fast(&pattern, first.clone(), dense.clone()).into_data();
            let expected = plain(&pattern, first.clone(), dense.clone()).into_data();
            output.assert_approx_eq::<f32>(&expected, Tolerance::absolute(1e-6));
            close(
                gradient(&|x| fast(&pattern, x.clone(), on(&dense, &x)), first),
                gradient(&|x| plain(&pattern, x.clone(), on(&dense, &x)), first),
            );
            close(
                gradient(&|x| fast(&pattern, on(first, &x), x), &dense),
                gradient(&|x| plain(&pattern, on(first, &x), x), &dense),
            );
        }
    }

    #[test]
    fn a_row_of_a_hundred_thousand_entries_is_as_accurate_as_a_short_one() {
        let (entries, device) = (100_000, Device::flex());
        let columns = (0..entries as u32).collect();
        let matrix = CsrMatrix::new((1, entries), vec![0, entries], columns, vec![1.0; entries]);
        let [values, dense] = [0.3, 1.7]
            .map(|phase| numbers::wavy(entries, phase).iter().map(|v| v.abs()).collect::<Vec<f32>>());
        let expected: f64 = values.iter().zip(&dense).map(|(v, x)| f64::from(*v) * f64::from(*x)).sum();
        let output = weighted_matmul(
            &SparsePattern::new(&matrix, &device),
            numbers::matrix(values, [entries, 1], &device),
            numbers::matrix(dense, [entries, 1], &device),
        );
        let found = f64::from(output.into_scalar::<f32>());
        assert!((found / expected - 1.0).abs() < 1e-5, "{found}, expected {expected}");
    }

    #[test]
    #[should_panic(
        expected = "weighted_matmul: values [3, 2] and dense [2, 3] do not fit 3 entries in 2 columns"
    )]
    fn refuses_a_width_that_heads_do_not_divide() {
        let device = Device::flex();
        weighted_matmul(&three_entries(), Tensor::zeros([3, 2], &device), Tensor::zeros([2, 3], &device));
    }

    #[test]
    #[should_panic(expected = "sampled_matmul: [3, 4] and [3, 4] do not fit a pattern [3, 2]")]
    fn refuses_other_rows_than_the_pattern_has_columns() {
        let device = Device::flex();
        sampled_matmul(&three_entries(), Tensor::zeros([3, 4], &device), Tensor::zeros([3, 4], &device), 1);
    }
}
