//! Adam, with its state updated in place.

use std::collections::{HashMap, HashSet};

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, ExtensionType, Flex, backend_extension};
use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use burn_flex::FlexTensor;
use rayon::prelude::*;
use row_kernels::multiversion;

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// Numbers that one task updates.
const TASK: usize = 1 << 14;

/// How weights decay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WeightDecay {
    /// An L2 penalty: so much of each weight is added to its gradient.
    Penalty(f64),
    /// Apart from the gradient: each step takes the learning rate times so much off each weight, as AdamW does (Loshchilov &
    /// Hutter 2019, arXiv 1711.05101).
    Decoupled(f64),
}

/// Adam (Kingma & Ba 2015, arXiv 1412.6980) as torch has it: β = (0.9, 0.999), ε = 10⁻⁸; AdamW where the weight decay is
/// [`Decoupled`](WeightDecay::Decoupled).
///
/// Burn's own optimiser makes a new tensor for each operation. This one reads and writes each parameter and its two
/// moments once a step, in their own memory where nobody else holds them.
pub struct Adam {
    learning_rate: f64,
    decay: WeightDecay,
    steps: i32,
    moments: HashMap<ParamId, [Tensor<1>; 2]>,
}

impl Adam {
    /// An optimiser that has taken no step, with an L2 penalty: `learning_rate` above 0, `weight_decay` at least 0.
    pub fn new(learning_rate: f64, weight_decay: f64) -> Self {
        Self::with_decay(learning_rate, WeightDecay::Penalty(weight_decay))
    }

    /// An optimiser that has taken no step: `learning_rate` above 0, the decay at least 0.
    pub fn with_decay(learning_rate: f64, decay: WeightDecay) -> Self {
        Self { learning_rate, decay, steps: 0, moments: HashMap::new() }
    }

    /// Sets the learning rate of the steps to come, at least 0: what a schedule does between two steps.
    pub fn set_learning_rate(&mut self, learning_rate: f64) {
        self.learning_rate = learning_rate;
    }

    /// The module after one step along its gradients; a parameter without a gradient stays.
    pub fn step<M: Module>(&mut self, module: M, gradients: GradientsParams) -> M {
        self.step_without_decay_of(&HashSet::new(), module, gradients)
    }

    /// The same where some parameters have no weight decay.
    pub(crate) fn step_without_decay_of<M: Module>(
        &mut self,
        undecayed: &HashSet<ParamId>,
        module: M,
        gradients: GradientsParams,
    ) -> M {
        self.steps += 1;
        let correction = (1.0 - BETA2.powi(self.steps)).sqrt();
        let (penalty, kept) = match self.decay {
            WeightDecay::Penalty(decay) => (decay, 1.0),
            WeightDecay::Decoupled(decay) => (0.0, 1.0 - self.learning_rate * decay),
        };
        let step = AdamStep {
            rate: (self.learning_rate * correction / (1.0 - BETA1.powi(self.steps))) as f32,
            epsilon: (EPSILON * correction) as f32,
            penalty: penalty as f32,
            kept: kept as f32,
        };
        module.map(&mut Mapper { step, undecayed, moments: &mut self.moments, gradients })
    }
}

/// The numbers of a step: p ← kept · p − rate · m / (√v + epsilon), with both corrections of the bias in rate and epsilon.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct AdamStep {
    rate: f32,
    epsilon: f32,
    penalty: f32,
    kept: f32,
}

struct Mapper<'a> {
    step: AdamStep,
    undecayed: &'a HashSet<ParamId>,
    moments: &'a mut HashMap<ParamId, [Tensor<1>; 2]>,
    gradients: GradientsParams,
}

impl ModuleMapper for Mapper<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let Some(gradient) = self.gradients.remove::<D>(id) else {
            return Param::from_mapped_value(id, tensor, mapper);
        };
        let (shape, tensor) = (tensor.shape(), tensor.inner());
        let [moment1, moment2] = self.moments.remove(&id).unwrap_or_else(|| {
            let zeros = || Tensor::zeros([shape.num_elements()], &tensor.device());
            [zeros(), zeros()]
        });
        let state = AdamState {
            parameter: tensor.flatten::<1>(0, D - 1).into_dispatch(),
            moment1: moment1.into_dispatch(),
            moment2: moment2.into_dispatch(),
        };
        let gradient = gradient.flatten::<1>(0, D - 1).into_dispatch();
        let step = match self.undecayed.contains(&id) {
            true => AdamStep { penalty: 0.0, kept: 1.0, ..self.step },
            false => self.step,
        };
        let state = <Dispatch as AdamBackend>::adam_step(state, gradient, step);
        self.moments.insert(id, [Tensor::from_dispatch(state.moment1), Tensor::from_dispatch(state.moment2)]);
        let updated = Tensor::<1>::from_dispatch(state.parameter).reshape(shape);
        Param::from_mapped_value(id, Tensor::from_inner(updated).require_grad(), mapper)
    }
}

/// A parameter and the running means of its gradient and of its gradient's square, each `[numbers]`.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct AdamState<B: Backend> {
    pub(crate) parameter: FloatTensor<B>,
    pub(crate) moment1: FloatTensor<B>,
    pub(crate) moment2: FloatTensor<B>,
}

/// A backend that takes steps of Adam. Parameters are taken out of the autodiff graph before.
#[backend_extension(Flex, Cube: cfg(feature = "cube"))]
pub(crate) trait AdamBackend: Backend {
    fn adam_step(
        #[extension_type] state: AdamState<Self>,
        gradient: FloatTensor<Self>,
        step: AdamStep,
    ) -> AdamState<Self> {
        let scaled = |tensor, factor: f64| Self::float_mul_scalar(tensor, (factor as f32).into());
        let AdamState { parameter, moment1, moment2 } = state;
        let penalty = scaled(parameter.clone(), f64::from(step.penalty));
        let gradient = Self::float_add(gradient, penalty);
        let square = Self::float_mul(gradient.clone(), gradient.clone());
        let moment1 = Self::float_add(scaled(moment1, BETA1), scaled(gradient, 1.0 - BETA1));
        let moment2 = Self::float_add(scaled(moment2, BETA2), scaled(square, 1.0 - BETA2));
        let root = Self::float_add_scalar(Self::float_sqrt(moment2.clone()), step.epsilon.into());
        let update = scaled(Self::float_div(moment1.clone(), root), f64::from(step.rate));
        let parameter = scaled(parameter, f64::from(step.kept));
        AdamState { parameter: Self::float_sub(parameter, update), moment1, moment2 }
    }
}

#[cfg(feature = "cube")]
impl AdamBackend for burn_cubecl::CubeBackend {}

impl AdamBackend for Flex {
    fn adam_step(state: AdamState<Self>, gradient: FloatTensor<Self>, step: AdamStep) -> AdamState<Self> {
        let gradient = gradient.to_contiguous();
        let [mut parameter, mut moment1, mut moment2] =
            [state.parameter, state.moment1, state.moment2].map(|tensor| tensor.to_contiguous());
        let moments =
            numbers(&mut moment1).par_chunks_mut(TASK).zip(numbers(&mut moment2).par_chunks_mut(TASK));
        let gradients = gradient.as_slice::<f32>().expect("made contiguous, and gradients are f32");
        numbers(&mut parameter).par_chunks_mut(TASK).zip(gradients.par_chunks(TASK)).zip(moments).for_each(
            |((parameter, gradient), (moment1, moment2))| update(parameter, gradient, moment1, moment2, step),
        );
        AdamState { parameter, moment1, moment2 }
    }
}

fn numbers(tensor: &mut FlexTensor) -> &mut [f32] {
    let (start, end) = tensor.layout().contiguous_offsets().expect("made contiguous");
    &mut tensor.storage_mut()[start..end]
}

multiversion! {
    /// One step of Adam over slices of equal length.
    fn update(parameter: &mut [f32], gradient: &[f32], moment1: &mut [f32], moment2: &mut [f32], step: AdamStep) = update_body
}

#[inline(always)]
fn update_body(
    parameter: &mut [f32],
    gradient: &[f32],
    moment1: &mut [f32],
    moment2: &mut [f32],
    step: AdamStep,
) {
    let (beta1, beta2) = (BETA1 as f32, BETA2 as f32);
    let (rest1, rest2) = ((1.0 - BETA1) as f32, (1.0 - BETA2) as f32);
    let moments = moment1.iter_mut().zip(moment2);
    for ((p, gradient), (m, v)) in parameter.iter_mut().zip(gradient).zip(moments) {
        let gradient = step.penalty.mul_add(*p, *gradient);
        *m = beta1.mul_add(*m, rest1 * gradient);
        *v = beta2.mul_add(*v, rest2 * gradient * gradient);
        *p = step.kept * *p - step.rate * *m / (v.sqrt() + step.epsilon);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::nn::{Linear, LinearConfig};
    use burn::optim::decay::WeightDecayConfig;
    use burn::optim::{AdamConfig, AdamWConfig};
    use burn::tensor::{Device, Tolerance};
    use testkit::numbers::wavy_matrix;

    fn gradients(layer: &Linear, step: usize) -> GradientsParams {
        let x = wavy_matrix(7, 5, step as f64, &Device::flex().autodiff());
        GradientsParams::from_grads(layer.forward(x).square().sum().backward(), layer)
    }

    #[test]
    fn takes_the_steps_of_burns_own_adam() {
        let start = LinearConfig::new(5, 3).init(&Device::flex().autodiff());
        let (mut ours, mut theirs) = (start.clone(), start);
        let mut adam = Adam::new(0.05, 0.1);
        let mut reference =
            AdamConfig::new().with_epsilon(1e-8).with_weight_decay(Some(WeightDecayConfig::new(0.1))).init();
        for step in 0..12 {
            let gradient = gradients(&ours, step);
            ours = adam.step(ours, gradient);
            let gradient = gradients(&theirs, step);
            theirs = reference.step(0.05, theirs, gradient);
        }
        let (ours, theirs) = (ours.weight.val().into_data(), theirs.weight.val().into_data());
        ours.assert_approx_eq::<f32>(&theirs, Tolerance::absolute(1e-5));
    }

    #[test]
    fn takes_the_steps_of_burns_own_adam_w_with_a_rate_that_moves() {
        let start = LinearConfig::new(5, 3).init(&Device::flex().autodiff());
        let (mut ours, mut theirs) = (start.clone(), start);
        let mut adam = Adam::with_decay(0.05, WeightDecay::Decoupled(0.1));
        let mut reference = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(0.1).init();
        for step in 0..12 {
            let rate = 0.01 * step as f64;
            adam.set_learning_rate(rate);
            let gradient = gradients(&ours, step);
            ours = adam.step(ours, gradient);
            let gradient = gradients(&theirs, step);
            theirs = reference.step(rate, theirs, gradient);
        }
        let (ours, theirs) = (ours.weight.val().into_data(), theirs.weight.val().into_data());
        ours.assert_approx_eq::<f32>(&theirs, Tolerance::absolute(1e-5));
    }

    #[test]
    fn what_others_hold_is_not_written() {
        let layer = LinearConfig::new(5, 3).init(&Device::flex().autodiff());
        let (kept, before) = (layer.clone(), layer.weight.val().into_data());
        let gradient = gradients(&layer, 0);
        let stepped = Adam::new(0.05, 0.0).step(layer, gradient);
        kept.weight.val().into_data().assert_eq(&before, true);
        assert_ne!(stepped.weight.val().into_data().iter::<f32>().next(), before.iter::<f32>().next());
    }
}
