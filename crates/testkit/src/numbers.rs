//! Numbers that look random and are the same everywhere.

use burn::tensor::{Device, Tensor, TensorData};

/// `count` numbers in (−1, 1).
pub fn wavy(count: usize, phase: f64) -> Vec<f32> {
    (0..count).map(|i| ((i as f64 * 12.9898 + phase).sin() * 43_758.545_3).fract() as f32).collect()
}

/// A matrix of such numbers, `[rows, columns]`.
pub fn wavy_matrix(rows: usize, columns: usize, phase: f64, device: &Device) -> Tensor<2> {
    matrix(wavy(rows * columns, phase), [rows, columns], device)
}

/// A matrix of given numbers, row-major.
pub fn matrix(values: Vec<f32>, dims: [usize; 2], device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values, dims), device)
}
