//! Scalar functions of a matrix whose gradient comes with the value, as an operation of Burn's backends.
//!
//! A rate and its gradient share a factorisation, so they are computed together, in the forward pass; the backward pass
//! only scales the gradient. Each function has two bodies: one for the CPU, which reads the tensor's own memory, and one
//! for devices, made of kernels.

use std::fmt::Debug;
use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, Dispatch, ExtensionType, Flex, backend_extension};
use burn::tensor::{Bytes, DType, Tensor};
#[cfg(feature = "cube")]
use burn_cubecl::tensor::CubeTensor;
use burn_flex::{FlexTensor, Layout};

use crate::error::Error;

/// A function from a row-major matrix to a number.
pub(crate) trait ScalarFunction: Debug + Send + Sync {
    /// The value with its terms; `gradient`, where given, holds zeros and is filled.
    fn evaluate(&self, x: &[f32], dims: [usize; 2], gradient: Option<&mut [f32]>) -> Result<Terms, Error>;

    /// The same of a contiguous matrix on a device, with the gradient where it is wanted.
    ///
    /// Entries that are NaN or infinite are any error at all: the caller looks for them then.
    #[cfg(feature = "cube")]
    fn evaluate_on_device(
        &self,
        x: &CubeTensor,
        wanted: Wanted,
    ) -> Result<(Terms, Option<CubeTensor>), Error>;
}

/// A value and the terms it is the sum of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Terms {
    pub(crate) value: f64,
    pub(crate) terms: Vec<f64>,
}

/// What the backends hand back: the value as a tensor `[1]`, its gradient (empty where not wanted), the outcome.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct Evaluation<B: Backend> {
    pub(crate) value: FloatTensor<B>,
    pub(crate) gradient: FloatTensor<B>,
    pub(crate) outcome: Result<Terms, Error>,
}

/// The function as it crosses the backends.
#[derive(Clone, Debug)]
pub(crate) struct Function(Arc<dyn ScalarFunction>);

/// Whether the gradient is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Value,
    ValueAndGradient,
}

#[backend_extension(Autodiff, Flex, Cube: cfg(feature = "cube"))]
pub(crate) trait ScalarFunctionBackend: Backend {
    fn evaluate(x: FloatTensor<Self>, function: Function, wanted: Wanted) -> Evaluation<Self>;
}

impl ScalarFunctionBackend for Flex {
    fn evaluate(x: FloatTensor<Self>, function: Function, wanted: Wanted) -> Evaluation<Self> {
        let x = x.to_contiguous();
        let dims = [x.layout().shape()[0], x.layout().shape()[1]];
        let host =
            function.on_host(x.as_slice().expect("made contiguous, and embeddings are f32"), dims, wanted);
        Evaluation {
            value: flex_tensor(vec![host.value], &[1]),
            gradient: flex_tensor(host.gradient, &host.gradient_dims),
            outcome: host.outcome,
        }
    }
}

fn flex_tensor(values: Vec<f32>, dims: &[usize]) -> FlexTensor {
    FlexTensor::new(Bytes::from_elems(values), Layout::contiguous(dims.to_vec().into()), DType::F32)
}

struct HostEvaluation {
    value: f32,
    gradient: Vec<f32>,
    gradient_dims: [usize; 2],
    outcome: Result<Terms, Error>,
}

impl Function {
    #[cfg(feature = "cube")]
    pub(crate) fn on_device(
        &self,
        x: &CubeTensor,
        wanted: Wanted,
    ) -> Result<(Terms, Option<CubeTensor>), Error> {
        self.0.evaluate_on_device(x, wanted)
    }

    fn on_host(&self, x: &[f32], dims: [usize; 2], wanted: Wanted) -> HostEvaluation {
        let gradient_dims = if wanted == Wanted::ValueAndGradient { dims } else { [0, 0] };
        let mut gradient = vec![0.0f32; gradient_dims[0] * gradient_dims[1]];
        let wanted = (wanted == Wanted::ValueAndGradient).then_some(gradient.as_mut_slice());
        let outcome = check_finite(x, dims).and_then(|()| self.0.evaluate(x, dims, wanted));
        // After an error nobody sees the tensors: `evaluate` below returns the error in their place.
        let value = outcome.as_ref().map_or(f32::NAN, |terms| terms.value as f32);
        HostEvaluation { value, gradient, gradient_dims, outcome }
    }
}

/// Names the first entry that is not finite, if there is one.
pub(crate) fn check_finite(x: &[f32], [_, columns]: [usize; 2]) -> Result<(), Error> {
    // No early exit: so it vectorises.
    if x.iter().fold(true, |finite, value| finite & value.is_finite()) {
        return Ok(());
    }
    let at = x.iter().position(|value| !value.is_finite()).expect("one was seen");
    Err(Error::NotFinite { row: at / columns, column: at % columns, value: x[at] })
}

#[derive(Debug)]
struct KnownGradient;

impl<B: Backend> Backward<B, 1> for KnownGradient {
    type State = FloatTensor<B>;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let gradient = ops.state;
        unary::<B, _>(ops.parents, ops.node, grads, |upstream| {
            B::float_mul(gradient, B::float_reshape(upstream, [1, 1].into()))
        });
    }
}

impl<B: ScalarFunctionBackend, C: CheckpointStrategy> ScalarFunctionBackend for Autodiff<B, C> {
    fn evaluate(x: FloatTensor<Self>, function: Function, _wanted: Wanted) -> Evaluation<Self> {
        let (x, node) = x.into_parts();
        let (value, gradient, outcome) = match KnownGradient.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let inner = B::evaluate(x, function, Wanted::ValueAndGradient);
                (prep.finish(inner.gradient.clone(), inner.value), inner.gradient, inner.outcome)
            }
            OpsKind::UnTracked(prep) => {
                let inner = B::evaluate(x, function, Wanted::Value);
                (prep.finish(inner.value), inner.gradient, inner.outcome)
            }
        };
        Evaluation { value, gradient: <Self as AutodiffBackend>::from_inner(gradient), outcome }
    }
}

/// Evaluates a function at a matrix: the value as a tensor `[1]` that knows its gradient, and the terms it is made of.
pub(crate) fn evaluate(
    x: Tensor<2>,
    function: impl ScalarFunction + 'static,
) -> Result<(Tensor<1>, Terms), Error> {
    let function = Function(Arc::new(function));
    let evaluation =
        <Dispatch as ScalarFunctionBackend>::evaluate(x.into_dispatch(), function, Wanted::Value);
    let terms = evaluation.outcome?;
    Ok((Tensor::from_dispatch(evaluation.value), terms))
}
