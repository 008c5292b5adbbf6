//! The loss of DGI and its gradient, as one operation of Burn's backends.
//!
//! Value and gradient share the activations and the scores of every node, so they are computed together, in the forward
//! pass. On the CPU the gradient takes the place of the input, in its own memory where nobody else holds it.

mod backward;
mod cpu;
mod plain;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, ExtensionType, backend_extension};
use burn::tensor::Tensor;

/// Loss of Deep Graph Infomax of the sums x that a graph convolution hands over, of n nodes and of their corrupted copies.
///
/// With hᵢ = PReLU(xᵢ + b), the summary s = σ(1/n Σ_{i<n} hᵢ) and the scores tᵢ = hᵢᵀ W s + c, the loss is
/// −1/n Σ_{i<n} log σ(tᵢ) − 1/n Σ_{i≥n} log(1 − σ(tᵢ)), in nats; lower is better, 2 log 2 where W and c are zero.
/// Veličković et al. 2019, arXiv 1809.10341, eq. 1 without its factor of ½.
///
/// O(n d + d²); the parameters' gradients need no matrix product.
///
/// # Shapes
/// `x` is `[2 n, d]`, first the nodes as they are; `bias` and `slope` are `[d]`, `weight` (W) is `[d, d]`, `score_bias` (c)
/// and the loss are `[1]`.
///
/// # Panics
/// If the shapes do not fit each other, or there are no nodes.
pub(crate) fn infomax_loss(
    x: Tensor<2>,
    bias: Tensor<1>,
    slope: Tensor<1>,
    weight: Tensor<2>,
    score_bias: Tensor<1>,
) -> Tensor<1> {
    let [rows, width] = x.dims();
    assert!(
        rows > 0 && rows % 2 == 0 && width > 0,
        "infomax_loss: nodes and copies of them, not {rows} rows"
    );
    let dims = (bias.dims(), slope.dims(), weight.dims(), score_bias.dims());
    assert_eq!(
        dims,
        ([width], [width], [width, width], [1]),
        "infomax_loss: bias, slope, weight, bias of the scores for [{rows}, {width}]"
    );
    let infomax = <Dispatch as InfomaxBackend>::infomax(
        x.into_dispatch(),
        bias.into_dispatch(),
        slope.into_dispatch(),
        weight.into_dispatch(),
        score_bias.into_dispatch(),
    );
    Tensor::from_dispatch(infomax.loss)
}

/// The loss `[1]` and its gradients with respect to all that it is made of, each in the shape of its input.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct Infomax<B: Backend> {
    pub(crate) loss: FloatTensor<B>,
    pub(crate) x: FloatTensor<B>,
    pub(crate) bias: FloatTensor<B>,
    pub(crate) slope: FloatTensor<B>,
    pub(crate) weight: FloatTensor<B>,
    pub(crate) score_bias: FloatTensor<B>,
}

/// A backend that computes the loss of DGI; [`infomax_loss`] calls it.
#[backend_extension(Autodiff, Flex, Cube: cfg(feature = "cube"))]
pub(crate) trait InfomaxBackend: Backend {
    /// Loss and gradients; shapes are those of [`infomax_loss`].
    fn infomax(
        x: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        slope: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        score_bias: FloatTensor<Self>,
    ) -> Infomax<Self> {
        plain::infomax::<Self>(x, bias, slope, weight, score_bias)
    }
}

#[cfg(feature = "cube")]
impl InfomaxBackend for burn_cubecl::CubeBackend {}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::Flex;
    use burn::backend::ops::FloatTensorOps;
    use burn::tensor::{DType, Device, TensorData};
    use testkit::operators::{Input, assert_close, assert_operator};

    /// x, bias, slope, weight and the scores' bias for some nodes; slopes in (0.1, 0.9).
    fn inputs(nodes: usize, width: usize) -> [Input; 5] {
        let mut slope = Input::wavy([1, width], 0.3);
        slope.values.iter_mut().for_each(|slope| *slope = 0.5 + 0.4 * *slope);
        [
            Input::wavy([2 * nodes, width], 0.1),
            Input::wavy([1, width], 0.2),
            slope,
            Input::wavy([width, width], 0.4),
            Input::wavy([1, 1], 0.5),
        ]
    }

    fn reference(inputs: &[Vec<f64>], width: usize) -> f64 {
        let [x, bias, slope, weight, score_bias] = inputs else { panic!("five inputs") };
        let sigmoid = |t: f64| 1.0 / (1.0 + (-t).exp());
        let hidden: Vec<Vec<f64>> = x
            .chunks(width)
            .map(|row| {
                let sums = row.iter().zip(bias).map(|(x, b)| x + b);
                sums.zip(slope).map(|(z, slope)| if z < 0.0 { slope * z } else { z }).collect()
            })
            .collect();
        let nodes = hidden.len() / 2;
        let summary: Vec<f64> = (0..width)
            .map(|c| sigmoid(hidden[..nodes].iter().map(|row| row[c]).sum::<f64>() / nodes as f64))
            .collect();
        let score = |row: &[f64]| -> f64 {
            let entries = (0..width).flat_map(|a| (0..width).map(move |b| (a, b)));
            entries.map(|(a, b)| row[a] * weight[a * width + b] * summary[b]).sum::<f64>() + score_bias[0]
        };
        let right: f64 = hidden[..nodes].iter().map(|row| -sigmoid(score(row)).ln()).sum();
        let wrong: f64 = hidden[nodes..].iter().map(|row| -(1.0 - sigmoid(score(row))).ln()).sum();
        (right + wrong) / nodes as f64
    }

    #[test]
    fn the_value_and_every_gradient_agree_with_f64_loops() {
        // Once with fewer nodes than a task takes, once with more; widths that do not fill a vector.
        for (nodes, width) in [(5, 3), (1, 6), (150, 5)] {
            assert_operator(
                &format!("infomax, {nodes} nodes, width {width}"),
                &Device::flex(),
                &inputs(nodes, width),
                |inputs| {
                    let [x, bias, slope, weight, score_bias] = inputs else { panic!("five inputs") };
                    let [bias, slope] = [bias, slope].map(|row| row.clone().reshape([width]));
                    let score_bias = score_bias.clone().reshape([1]);
                    infomax_loss(x.clone(), bias, slope, weight.clone(), score_bias).reshape([1, 1])
                },
                |inputs| vec![reference(inputs, width)],
            );
        }
    }

    #[test]
    fn the_form_in_a_backends_own_operations_agrees() {
        let (nodes, width) = (140, 70);
        let tensors = || {
            let [x, bias, slope, weight, score_bias] = inputs(nodes, width);
            let tensor = |values, dims: &[usize]| {
                Flex::float_from_data(TensorData::new(values, dims.to_vec()), &Default::default())
            };
            (
                tensor(x.values, &x.dims),
                tensor(bias.values, &[width]),
                tensor(slope.values, &[width]),
                tensor(weight.values, &weight.dims),
                tensor(score_bias.values, &[1]),
            )
        };
        let (x, bias, slope, weight, score_bias) = tensors();
        let fast = Flex::infomax(x, bias, slope, weight, score_bias);
        let (x, bias, slope, weight, score_bias) = tensors();
        let plain = plain::infomax::<Flex>(x, bias, slope, weight, score_bias);
        for (what, fast, plain) in [
            ("loss", fast.loss, plain.loss),
            ("x", fast.x, plain.x),
            ("bias", fast.bias, plain.bias),
            ("slope", fast.slope, plain.slope),
            ("weight", fast.weight, plain.weight),
            ("bias of the scores", fast.score_bias, plain.score_bias),
        ] {
            assert_eq!((fast.dtype(), fast.layout().shape()), (DType::F32, plain.layout().shape()), "{what}");
            let (fast, plain) = (fast.to_contiguous(), plain.to_contiguous());
            let plain: Vec<f64> = plain.as_slice::<f32>().unwrap().iter().map(|x| f64::from(*x)).collect();
            assert_close(what, fast.as_slice::<f32>().unwrap(), &plain, 1e-5);
        }
    }

    #[test]
    fn a_weight_of_zero_gives_twice_log_two_and_what_others_hold_is_not_written() {
        let device = Device::flex().autodiff();
        let [x, bias, slope, ..] =
            inputs(4, 3).map(|input| testkit::numbers::matrix(input.values, input.dims, &device));
        let before = x.to_data();
        let [bias, slope] = [bias, slope].map(|row| row.reshape([3]));
        let (weight, score_bias) = (Tensor::zeros([3, 3], &device), Tensor::zeros([1], &device));
        let loss = infomax_loss(x.clone(), bias, slope, weight, score_bias);
        assert!((loss.into_scalar::<f32>() - 2.0 * 2.0f32.ln()).abs() < 1e-6);
        x.into_data().assert_eq(&before, true);
    }

    #[test]
    fn scores_far_from_zero_neither_overflow_nor_vanish() {
        // The summary of h = 200 is 1, so the scores are ±200 · 200: the loss is that of the copy alone, 40 000.
        let device = Device::flex();
        let x = Tensor::from_floats([[200.0], [200.0]], &device);
        let loss = infomax_loss(
            x,
            Tensor::zeros([1], &device),
            Tensor::zeros([1], &device),
            Tensor::from_floats([[200.0]], &device),
            Tensor::zeros([1], &device),
        );
        assert_eq!(loss.into_scalar::<f32>(), 40_000.0);
    }

    #[test]
    #[should_panic(expected = "infomax_loss: nodes and copies of them, not 3 rows")]
    fn refuses_an_odd_number_of_rows() {
        let device = Device::flex();
        let row = || Tensor::zeros([2], &device);
        let x = Tensor::zeros([3, 2], &device);
        infomax_loss(x, row(), row(), Tensor::zeros([2, 2], &device), Tensor::zeros([1], &device));
    }
}
