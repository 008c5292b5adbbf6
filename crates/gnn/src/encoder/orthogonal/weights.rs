//! The weight matrices of a module.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::Tensor;

/// Whether a parameter of this many dimensions with this name is a weight matrix: an attention vector is not.
fn is_weight(dims: usize, field: Option<&String>) -> bool {
    dims == 2 && field.is_some_and(|field| field.starts_with("weight"))
}

/// The module with its weight matrices mapped; gradients flow back through the map.
pub(super) fn map<M: Module>(module: M, map: impl FnMut(Tensor<2>) -> Tensor<2>) -> M {
    module.map(&mut Mapper { path: Vec::new(), map, becomes: Becomes::Dependent })
}

/// The module with the values of its weight matrices replaced, outside of any gradient.
pub(super) fn replace<M: Module>(module: M, map: impl FnMut(Tensor<2>) -> Tensor<2>) -> M {
    module.map(&mut Mapper { path: Vec::new(), map, becomes: Becomes::Parameter })
}

/// A value of each weight matrix, in the order of the parameters.
pub(super) fn of<M: Module, T>(module: &M, value: impl FnMut(Tensor<2>) -> T) -> Vec<T> {
    let mut visitor = Values { path: Vec::new(), value, found: Vec::new() };
    module.visit(&mut visitor);
    visitor.found
}

/// What a mapped weight is.
#[derive(PartialEq)]
enum Becomes {
    /// A function of the parameter.
    Dependent,
    /// The parameter itself.
    Parameter,
}

struct Mapper<F> {
    path: Vec<String>,
    map: F,
    becomes: Becomes,
}

impl<F: FnMut(Tensor<2>) -> Tensor<2>> ModuleMapper for Mapper<F> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_string());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if !is_weight(D, self.path.last()) {
            return param;
        }
        param.map(|weight| {
            let shape = weight.shape();
            let mut mapped =
                |weight: Tensor<D>| (self.map)(weight.reshape([shape[0], shape[1]])).reshape(shape.clone());
            if self.becomes == Becomes::Dependent {
                return mapped(weight);
            }
            match weight.is_require_grad() {
                true => Tensor::from_inner(mapped(weight.inner())).require_grad(),
                false => mapped(weight),
            }
        })
    }
}

struct Values<F, T> {
    path: Vec<String>,
    value: F,
    found: Vec<T>,
}

impl<F: FnMut(Tensor<2>) -> T, T> ModuleVisitor for Values<F, T> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_string());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if is_weight(D, self.path.last()) {
            let weight = param.val();
            let shape = weight.shape();
            self.found.push((self.value)(weight.reshape([shape[0], shape[1]])));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::{EncoderConfig, EncoderKind, RowNorm};
    use burn::tensor::Device;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_weights_of_every_kind_are_its_matrices_without_attention_vectors() {
        for &kind in EncoderKind::ALL {
            let config = EncoderConfig::new(kind, 5, vec![8], 4, RowNorm::None).with_heads(2);
            let encoder = config.init(&Device::flex(), &mut ChaCha8Rng::seed_from_u64(3));
            let shapes = of(&encoder, |weight| weight.dims());
            let expected: &[[usize; 2]] = match kind {
                EncoderKind::Gcn => &[[5, 8], [8, 4]],
                EncoderKind::Gat => &[[5, 8], [8, 8]],
                EncoderKind::Gatv2 => &[[5, 8], [5, 8], [8, 8], [8, 8]],
                EncoderKind::Sage => &[[5, 8], [5, 8], [8, 4], [8, 4]],
                EncoderKind::SagePool => &[[5, 5], [5, 8], [5, 8], [8, 8], [8, 4], [8, 4]],
                EncoderKind::Gin => &[[5, 8], [8, 8], [8, 4], [4, 4]],
                EncoderKind::Sgc => &[[5, 4]],
            };
            assert_eq!(shapes, expected, "{kind}");
            let doubled = map(encoder.clone(), |weight| weight * 2.0);
            let sums = |encoder| of(encoder, |weight| weight.sum());
            for (sum, twice) in sums(&encoder).into_iter().zip(sums(&doubled)) {
                assert_eq!(sum.into_scalar::<f32>() * 2.0, twice.into_scalar::<f32>(), "{kind}");
            }
        }
    }
}
