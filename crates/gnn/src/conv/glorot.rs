//! Where layers start.

use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, RngExt};

/// A matrix uniform in ±√(6 / (rows + columns)) (Glorot & Bengio 2010), drawn row by row on the host.
pub(super) fn glorot(dims: [usize; 2], device: &Device, rng: &mut impl Rng) -> Param<Tensor<2>> {
    let [rows, columns] = dims;
    let bound = (6.0 / (rows + columns) as f64).sqrt();
    let values: Vec<f32> =
        (0..rows * columns).map(|_| (bound * (2.0 * rng.random::<f64>() - 1.0)) as f32).collect();
    Param::from_data(TensorData::new(values, dims), device)
}

/// A bias of zeros.
pub(super) fn zeros(length: usize, device: &Device) -> Param<Tensor<1>> {
    Param::from_data(TensorData::new(vec![0.0f32; length], [length]), device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn weights_stay_within_the_bound_and_fill_it() {
        let weight = glorot([20, 30], &Device::flex(), &mut ChaCha8Rng::seed_from_u64(5));
        let largest: f32 = weight.val().abs().max().into_scalar();
        let bound = (6.0f32 / 50.0).sqrt();
        assert!(largest <= bound && largest > 0.98 * bound, "largest weight {largest}, bound {bound}");
    }
}
