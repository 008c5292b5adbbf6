//! Operators against plain loops in `f64`.

use burn::tensor::{Device, Tensor};

use crate::numbers;

/// One tensor that an operator takes, row-major.
#[derive(Clone, Debug)]
pub struct Input {
    /// The numbers.
    pub values: Vec<f32>,
    /// Their shape.
    pub dims: [usize; 2],
}

impl Input {
    /// An input of numbers that look random.
    pub fn wavy(dims: [usize; 2], phase: f64) -> Self {
        Self { values: numbers::wavy(dims[0] * dims[1], phase), dims }
    }
}

/// Asserts that an operator's value agrees with plain `f64` loops within 10⁻⁵, and its gradient with respect to each input,
/// of Σ output ⊙ C for fixed numbers C, within 10⁻⁴ of their central differences; both relative to the largest entry. A
/// second run must give the same bits.
///
/// # Panics
/// If an entry disagrees, a second run differs, or a gradient is zero everywhere, so that nothing would be checked.
pub fn assert_operator(
    what: &str,
    device: &Device,
    inputs: &[Input],
    operator: impl Fn(&[Tensor<2>]) -> Tensor<2>,
    reference: impl Fn(&[Vec<f64>]) -> Vec<f64>,
) {
    let in_f64: Vec<Vec<f64>> =
        inputs.iter().map(|input| input.values.iter().map(|value| f64::from(*value)).collect()).collect();
    let on = |device: &Device| -> Vec<Tensor<2>> {
        inputs.iter().map(|input| numbers::matrix(input.values.clone(), input.dims, device)).collect()
    };

    let output = operator(&on(device));
    let dims = output.dims();
    let found: Vec<f32> = output.into_data().iter().collect();
    assert_close(&format!("{what}: value"), &found, &reference(&in_f64), 1e-5);

    let coefficients = numbers::wavy(found.len(), 0.123);
    let autodiff = device.clone().autodiff();
    let gradients = || -> Vec<Vec<f32>> {
        let tracked: Vec<Tensor<2>> = on(&autodiff).into_iter().map(Tensor::require_grad).collect();
        let weighted = operator(&tracked) * numbers::matrix(coefficients.clone(), dims, &autodiff);
        let gradients = weighted.sum().backward();
        let of = |input: &Tensor<2>| input.grad(&gradients).expect("every input takes part");
        tracked.iter().map(|input| of(input).into_data().iter().collect()).collect()
    };
    let loss = |inputs: &[Vec<f64>]| -> f64 {
        reference(inputs).iter().zip(&coefficients).map(|(value, c)| value * f64::from(*c)).sum()
    };
    let found_gradients = gradients();
    for (place, found) in found_gradients.iter().enumerate() {
        let expected = central_differences(loss, &in_f64, place);
        assert_close(&format!("{what}: gradient of input {place}"), found, &expected, 1e-4);
    }

    let again: Vec<f32> = operator(&on(device)).into_data().iter().collect();
    assert!(again == found && gradients() == found_gradients, "{what}: other bits in a second run");
}

/// ∂f/∂x of every entry of one of the inputs.
fn central_differences(f: impl Fn(&[Vec<f64>]) -> f64, inputs: &[Vec<f64>], place: usize) -> Vec<f64> {
    const STEP: f64 = 1e-6;
    let mut inputs = inputs.to_vec();
    (0..inputs[place].len())
        .map(|entry| {
            let value = inputs[place][entry];
            inputs[place][entry] = value + STEP;
            let above = f(&inputs);
            inputs[place][entry] = value - STEP;
            let below = f(&inputs);
            inputs[place][entry] = value;
            (above - below) / (2.0 * STEP)
        })
        .collect()
}

/// Asserts that numbers agree within a tolerance relative to the largest of them.
///
/// # Panics
/// If one disagrees, their number differs, or all that is expected is zero.
pub fn assert_close(what: &str, found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}: another number of entries");
    let largest = expected.iter().fold(0.0f64, |largest, entry| largest.max(entry.abs()));
    assert!(largest > 0.0, "{what}: zero everywhere, nothing is checked");
    for (entry, (found, expected)) in found.iter().zip(expected).enumerate() {
        let apart = (f64::from(*found) - expected).abs();
        assert!(
            apart <= tolerance * largest,
            "{what}, entry {entry}: {found}, expected {expected} of {largest}"
        );
    }
}
