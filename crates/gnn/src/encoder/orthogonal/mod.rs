//! Weights that are kept orthogonal, or near it.
//!
//! A weight W of a layer is `[d_input, d_output]`, `X W`; in the papers it is the transpose. Attention vectors and biases stay as
//! they are.

mod inverse_root;
mod penalty;
mod settings;
mod singular_values;
mod weight_normalization;
mod weights;

pub use settings::Orthogonality;

use burn::module::Module;
use burn::tensor::Tensor;
use rand::Rng;

impl Orthogonality {
    /// Whether weights are computed from the parameters in each pass.
    pub(crate) fn is_parametrization(&self) -> bool {
        matches!(self, Self::Own { .. })
    }

    /// A module whose parameters were just drawn: with bounds on the singular values it starts from orthogonal weights.
    pub(crate) fn init<M: Module>(&self, module: M) -> M {
        match self {
            Self::Svb { .. } => weights::replace(module, singular_values::nearest_orthogonal),
            _ => module,
        }
    }

    /// The module with the weights that its parameters stand for; gradients flow to the parameters.
    pub(crate) fn parametrized<M: Module>(&self, module: M) -> M {
        match *self {
            Self::Own { scale, group_size } => weights::map(module, |parameter| {
                weight_normalization::orthogonal_columns(parameter, scale, group_size)
            }),
            _ => module,
        }
    }

    /// The weight matrices of a module, as its layers multiply with them.
    pub(crate) fn weights<M: Module>(&self, module: &M) -> Vec<Tensor<2>> {
        weights::of(&self.parametrized(module.clone()), |weight| weight)
    }

    /// The module after step number `steps_done` + 1.
    pub(crate) fn constrained<M: Module>(&self, module: M, steps_done: usize) -> M {
        match *self {
            Self::Svb { bound, every } if (steps_done + 1).is_multiple_of(every) => {
                weights::replace(module, |weight| singular_values::clamped(weight, bound))
            }
            _ => module,
        }
    }

    /// What is added to the loss, `[1]`; nothing for a method without a penalty.
    pub(crate) fn penalty<M: Module>(&self, module: &M, rng: &mut impl Rng) -> Option<Tensor<1>> {
        let sum = |penalties: Vec<Tensor<1>>, strength: f64| {
            penalties.into_iter().reduce(|sum, penalty| sum + penalty).map(|sum| sum * strength)
        };
        match *self {
            Self::So { strength } => sum(weights::of(module, penalty::frobenius), strength),
            Self::Srip { strength } => {
                sum(weights::of(module, |weight| penalty::spectral(weight, rng)), strength)
            }
            _ => None,
        }
    }
}
