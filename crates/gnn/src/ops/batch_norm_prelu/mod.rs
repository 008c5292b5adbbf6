//! Batch norm over the nodes and PReLU in one pass.

mod backward;
mod cpu;
mod plain;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, ExtensionType, backend_extension};
use burn::tensor::Tensor;

/// Added to the variance of a column before its root is taken, as in torch.
pub(crate) const EPSILON: f32 = 1e-5;

/// Batch norm of each column over all nodes and PReLU, y = f(γ (x − μ) / √(σ² + 10⁻⁵) + β), with f(t) = t where t > 0, else a t.
///
/// Mean μ and variance σ² are those of the rows that are there (Ioffe & Szegedy 2015, arXiv 1502.03167; He et al. 2015,
/// arXiv 1502.01852): every node is in the batch, so there are no running means to keep. O(nodes · width).
///
/// # Shapes
/// `x` and the output are `[nodes, width]`, `scale` γ and `shift` β are `[width]`, `slope` a is `[1]`.
///
/// # Panics
/// If the shapes do not fit each other, or there are no nodes.
pub fn batch_norm_prelu(x: Tensor<2>, scale: Tensor<1>, shift: Tensor<1>, slope: Tensor<1>) -> Tensor<2> {
    let [nodes, width] = x.dims();
    let dims = (scale.dims(), shift.dims(), slope.dims());
    assert!(nodes > 0, "batch_norm_prelu: no nodes");
    assert_eq!(
        dims,
        ([width], [width], [1]),
        "batch_norm_prelu: scale, shift and slope for [{nodes}, {width}]"
    );
    let normed = <Dispatch as BatchNormPreluBackend>::batch_norm_prelu(
        x.into_dispatch(),
        scale.into_dispatch(),
        shift.into_dispatch(),
        slope.into_dispatch(),
    );
    Tensor::from_dispatch(normed.output)
}

/// The output of [`batch_norm_prelu`] and the moments that its gradient needs again.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct Normed<B: Backend> {
    /// y, `[nodes, width]`.
    pub(crate) output: FloatTensor<B>,
    /// μ, `[width]`.
    pub(crate) mean: FloatTensor<B>,
    /// 1 / √(σ² + 10⁻⁵), `[width]`.
    pub(crate) inverse_deviation: FloatTensor<B>,
}

/// What a step of the gradient of [`batch_norm_prelu`] starts from.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct NormedInputs<B: Backend> {
    /// x, `[nodes, width]`.
    pub(crate) x: FloatTensor<B>,
    /// γ, `[width]`.
    pub(crate) scale: FloatTensor<B>,
    /// β, `[width]`.
    pub(crate) shift: FloatTensor<B>,
    /// a, `[1]`.
    pub(crate) slope: FloatTensor<B>,
    /// μ, `[width]`.
    pub(crate) mean: FloatTensor<B>,
    /// 1 / √(σ² + 10⁻⁵), `[width]`.
    pub(crate) inverse_deviation: FloatTensor<B>,
}

/// Gradients of [`batch_norm_prelu`], each in the shape of its input.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct NormedGradients<B: Backend> {
    /// With respect to x.
    pub(crate) x: FloatTensor<B>,
    /// With respect to γ.
    pub(crate) scale: FloatTensor<B>,
    /// With respect to β.
    pub(crate) shift: FloatTensor<B>,
    /// With respect to a.
    pub(crate) slope: FloatTensor<B>,
}

/// A backend that normalises columns; [`batch_norm_prelu`] calls it.
#[backend_extension(Autodiff, Flex, Cube: cfg(feature = "cube"))]
pub(crate) trait BatchNormPreluBackend: Backend {
    /// Output and moments; shapes are those of [`batch_norm_prelu`].
    fn batch_norm_prelu(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        slope: FloatTensor<Self>,
    ) -> Normed<Self> {
        plain::forward::<Self>(x, scale, shift, slope)
    }

    /// The gradients where `grad` `[nodes, width]` flows into the output.
    fn batch_norm_prelu_backward(
        #[extension_type] inputs: NormedInputs<Self>,
        grad: FloatTensor<Self>,
    ) -> NormedGradients<Self> {
        plain::backward::<Self>(inputs, grad)
    }
}

#[cfg(feature = "cube")]
impl BatchNormPreluBackend for burn_cubecl::CubeBackend {}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::backend::Flex;
    use burn::backend::ops::FloatTensorOps;
    use burn::tensor::{Device, TensorData};
    use testkit::operators::{Input, assert_close, assert_operator};

    fn inputs(nodes: usize, width: usize) -> [Input; 4] {
        let slope = Input { values: vec![0.3], dims: [1, 1] };
        [Input::wavy([nodes, width], 0.1), Input::wavy([1, width], 0.2), Input::wavy([1, width], 0.6), slope]
    }

    fn reference(inputs: &[Vec<f64>], width: usize) -> Vec<f64> {
        let [x, scale, shift, slope] = inputs else { panic!("four inputs") };
        let nodes = (x.len() / width) as f64;
        let mut output = x.clone();
        for c in 0..width {
            let column = || x.iter().skip(c).step_by(width);
            let mean = column().sum::<f64>() / nodes;
            let variance = column().map(|x| (x - mean).powi(2)).sum::<f64>() / nodes;
            for y in output.iter_mut().skip(c).step_by(width) {
                let t = scale[c] * (*y - mean) / (variance + 1e-5).sqrt() + shift[c];
                *y = if t > 0.0 { t } else { slope[0] * t };
            }
        }
        output
    }

    #[test]
    fn the_value_and_every_gradient_agree_with_f64_loops() {
        // Once with fewer nodes than a task takes, once with more.
        for (nodes, width) in [(6, 3), (150, 5)] {
            assert_operator(
                &format!("batch norm and PReLU, {nodes} nodes, width {width}"),
                &Device::flex(),
                &inputs(nodes, width),
                |inputs| {
                    let [x, scale, shift, slope] = inputs else { panic!("four inputs") };
                    let [scale, shift] = [scale, shift].map(|row| row.clone().reshape([width]));
                    batch_norm_prelu(x.clone(), scale, shift, slope.clone().reshape([1]))
                },
                |inputs| reference(inputs, width),
            );
        }
    }

    #[test]
    fn the_form_in_a_backends_own_operations_agrees() {
        let (nodes, width) = (140, 7);
        let tensor = |input: &Input, dims: &[usize]| {
            Flex::float_from_data(TensorData::new(input.values.clone(), dims.to_vec()), &Default::default())
        };
        let inputs = inputs(nodes, width);
        let tensors = || {
            let [x, scale, shift, slope] = &inputs;
            let [scale, shift] = [scale, shift].map(|row| tensor(row, &[width]));
            (tensor(x, &[nodes, width]), scale, shift, tensor(slope, &[1]))
        };
        let (x, scale, shift, slope) = tensors();
        let fast = Flex::batch_norm_prelu(x, scale, shift, slope);
        let (x, scale, shift, slope) = tensors();
        let plain = plain::forward::<Flex>(x, scale, shift, slope);
        let (x, scale, shift, slope) = tensors();
        let grad = tensor(&Input::wavy([nodes, width], 0.9), &[nodes, width]);
        let (mean, inverse_deviation) = (plain.mean.clone(), plain.inverse_deviation.clone());
        let at = NormedInputs { x, scale, shift, slope, mean, inverse_deviation };
        let fast_gradients = Flex::batch_norm_prelu_backward(at.clone(), grad.clone());
        let plain_gradients = plain::backward::<Flex>(at, grad);
        for (what, fast, plain) in [
            ("output", fast.output, plain.output),
            ("mean", fast.mean, plain.mean),
            ("inverse deviation", fast.inverse_deviation, plain.inverse_deviation),
            ("gradient of x", fast_gradients.x, plain_gradients.x),
            ("gradient of the scale", fast_gradients.scale, plain_gradients.scale),
            ("gradient of the shift", fast_gradients.shift, plain_gradients.shift),
            ("gradient of the slope", fast_gradients.slope, plain_gradients.slope),
        ] {
            assert_eq!(fast.layout().shape(), plain.layout().shape(), "{what}");
            let (fast, plain) = (fast.to_contiguous(), plain.to_contiguous());
            let plain: Vec<f64> = plain.as_slice::<f32>().unwrap().iter().map(|x| f64::from(*x)).collect();
            assert_close(what, fast.as_slice::<f32>().unwrap(), &plain, 1e-5);
        }
    }

    #[test]
    fn a_column_that_is_the_same_everywhere_becomes_its_shift() {
        let device = Device::flex();
        let x = Tensor::<2>::from_floats([[3.0, 1.0], [3.0, -1.0]], &device);
        let one = Tensor::from_floats([1.0, 1.0], &device);
        let shift = Tensor::from_floats([0.5, 0.0], &device);
        let slope = Tensor::from_floats([0.25], &device);
        let found: Vec<f32> = batch_norm_prelu(x, one, shift, slope).into_data().iter().collect();
        for (found, expected) in found.iter().zip([0.5, 1.0, 0.5, -0.25]) {
            assert!((found - expected).abs() < 1e-4, "{found}, expected {expected}");
        }
    }

    #[test]
    #[should_panic(expected = "batch_norm_prelu: scale, shift and slope for [2, 4]")]
    fn refuses_a_scale_of_another_length() {
        let device = Device::flex();
        let row = |length| Tensor::zeros([length], &device);
        batch_norm_prelu(Tensor::zeros([2, 4], &device), row(3), row(4), row(1));
    }
}
