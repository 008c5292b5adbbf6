//! Weights that follow those of another module.

use std::collections::VecDeque;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::Tensor;

/// The weights of `target` moved towards those of `online`, θ' ← m θ' + (1 − m) θ: their exponential moving average.
///
/// # Panics
/// If the modules do not have the same parameters.
pub(super) fn moved_towards<M: Module>(target: M, online: &M, momentum: f64) -> M {
    let mut weights = Weights(VecDeque::new());
    online.visit(&mut weights);
    let mut average = Average { online: weights.0, momentum };
    let target = target.map(&mut average);
    assert!(average.online.is_empty(), "moved_towards: parameters are left over");
    target
}

/// The parameters of a module in their order, flat and without gradients.
struct Weights(VecDeque<Tensor<1>>);

impl ModuleVisitor for Weights {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.push_back(param.val().inner().flatten(0, D - 1));
    }
}

struct Average {
    online: VecDeque<Tensor<1>>,
    momentum: f64,
}

impl ModuleMapper for Average {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let online = self.online.pop_front().expect("moved_towards: the same parameters");
        let online: Tensor<D> = online.reshape(tensor.shape());
        let moved = tensor.inner() * self.momentum + online * (1.0 - self.momentum);
        Param::from_mapped_value(id, moved, mapper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::Linear;
    use crate::seeds::{Stream, generator};
    use burn::tensor::{Device, Tolerance};

    #[test]
    fn every_weight_is_the_mean_that_the_momentum_asks_for() {
        let device = Device::flex();
        let rng = &mut generator(0, Stream::Parameters);
        let online = Linear::init(3, 2, &device.clone().autodiff(), rng);
        let target = Linear::init(3, 2, &device, rng);
        let expected = target.weight.val() * 0.75 + online.weight.val().inner() * 0.25;
        let bias = target.bias.val() * 0.75 + online.bias.val().inner() * 0.25;
        let moved = moved_towards(target.clone(), &online, 0.75);
        moved
            .weight
            .val()
            .into_data()
            .assert_approx_eq::<f32>(&expected.into_data(), Tolerance::absolute(1e-7));
        moved.bias.val().into_data().assert_approx_eq::<f32>(&bias.into_data(), Tolerance::absolute(1e-7));
        let stayed = moved_towards(target.clone(), &online, 1.0);
        stayed.weight.val().into_data().assert_eq(&target.weight.val().into_data(), true);
        let jumped = moved_towards(target, &online, 0.0);
        jumped.weight.val().into_data().assert_eq(&online.weight.val().into_data(), true);
    }
}
