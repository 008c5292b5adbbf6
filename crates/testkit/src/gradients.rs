//! Gradients against central differences.

use burn::tensor::{Device, Tensor, TensorData};

/// Asserts that the gradient which Burn finds for `f` at `x` agrees with central differences of `f` in every entry.
///
/// `f` maps a matrix to a tensor with one element. `step` is the half-width of the difference and `tolerance` the
/// largest allowed error relative to the largest entry of the gradient.
///
/// # Panics
/// If an entry disagrees.
pub fn assert_gradient(f: impl Fn(Tensor<2>) -> Tensor<1>, x: Tensor<2>, step: f32, tolerance: f32) {
    let [rows, columns] = x.dims();
    let values: Vec<f32> = x.to_data().iter().collect();
    let device = x.device().inner();
    let gradient = gradient_of(&f, &values, [rows, columns], &device);
    let largest = gradient.iter().fold(0.0f32, |largest, entry| largest.max(entry.abs()));
    assert!(largest > 0.0, "the gradient is zero everywhere: nothing is checked");

    let value_at = |values: Vec<f32>| -> f64 {
        f64::from(
            f(Tensor::from_data(TensorData::new(values, [rows, columns]), &device)).into_scalar::<f32>(),
        )
    };
    for (entry, gradient) in gradient.iter().enumerate() {
        let shifted = |by: f32| {
            let mut shifted = values.clone();
            shifted[entry] += by;
            value_at(shifted)
        };
        let difference = ((shifted(step) - shifted(-step)) / (2.0 * f64::from(step))) as f32;
        assert!(
            (gradient - difference).abs() <= tolerance * largest,
            "entry {entry} of [{rows}, {columns}]: gradient {gradient}, central difference {difference}"
        );
    }
}

/// The gradient of `f` with respect to a matrix, row-major.
pub fn gradient_of(
    f: impl Fn(Tensor<2>) -> Tensor<1>,
    values: &[f32],
    shape: [usize; 2],
    device: &Device,
) -> Vec<f32> {
    let device = device.clone().autodiff();
    let x = Tensor::<2>::from_data(TensorData::new(values.to_vec(), shape), &device).require_grad();
    let gradients = f(x.clone()).backward();
    x.grad(&gradients).expect("x takes part in f").into_data().iter().collect()
}
