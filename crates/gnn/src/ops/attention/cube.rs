//! What the CubeCL kernels of both kinds of attention share.

use cubecl::prelude::*;
use row_kernels::DropoutMask;

use super::AttentionDropout;

/// Below every score; shaders have no literal for −∞.
pub(in crate::ops) const LOWEST: f32 = -3.0e38;

/// A [`DropoutMask`] as kernels take it.
pub(in crate::ops) struct Mask {
    /// Whether there is one: compiled in or left out.
    pub(in crate::ops) drops: bool,
    pub(in crate::ops) key: u32,
    pub(in crate::ops) threshold: u32,
    pub(in crate::ops) scale: f32,
}

impl Mask {
    pub(in crate::ops) fn new(dropout: &AttentionDropout) -> Self {
        let mask = dropout.mask();
        let drops = mask.is_some();
        let DropoutMask { key, threshold, scale } =
            mask.unwrap_or(DropoutMask { key: 0, threshold: 0, scale: 1.0 });
        Self { drops, key, threshold, scale }
    }
}

/// `row_kernels::mix`.
#[cube]
fn mix(x: u32) -> u32 {
    let a = (x ^ (x >> 16u32)) * 0x7feb_352du32;
    let b = (a ^ (a >> 15u32)) * 0x846c_a68bu32;
    b ^ (b >> 16u32)
}

/// `DropoutMask::factor`.
#[cube]
pub(in crate::ops) fn dropout_factor(
    row: u32,
    column: u32,
    head: u32,
    key: u32,
    threshold: u32,
    scale: f32,
) -> f32 {
    let entry = mix(mix(key ^ row) ^ column);
    select(mix(entry ^ head) < threshold, f32::new(0.0), scale)
}

/// LeakyReLU.
#[cube]
pub(in crate::ops) fn leaky(x: f32, slope: f32) -> f32 {
    x * leaky_slope(x, slope)
}

/// Its derivative.
#[cube]
pub(in crate::ops) fn leaky_slope(x: f32, slope: f32) -> f32 {
    select(x > 0.0, f32::new(1.0), slope)
}

/// The weight of a score in its row, from the row's statistics `[rows, 2, heads]`.
#[cube]
pub(in crate::ops) fn weight_of(score: f32, statistics: &[f32], row: u32, head: u32, heads: u32) -> f32 {
    let of_row = row * 2 * heads + head;
    (score - statistics[of_row as usize]).exp() * statistics[(of_row + heads) as usize]
}

/// The dot product of d numbers of each of two tensors.
#[cube]
pub(in crate::ops) fn dot(a: &[f32], of_a: u32, b: &[f32], of_b: u32, d: u32) -> f32 {
    let mut sum = f32::new(0.0);
    for c in 0..d {
        sum += a[(of_a + c) as usize] * b[(of_b + c) as usize];
    }
    sum
}
