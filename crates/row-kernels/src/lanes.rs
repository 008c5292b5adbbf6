//! Partial sums, side by side.

/// Adds partial sums pairwise: the first half to the second until one is left. Their number is a power of two.
///
/// For kernels under [`multiversion!`](crate::multiversion): the order is fixed, and each round is a vector addition.
#[inline(always)]
pub fn add_pairwise<const LANES: usize>(mut sums: [f32; LANES]) -> f32 {
    const { assert!(LANES.is_power_of_two()) };
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            sums[lane] += sums[lane + width];
        }
        width /= 2;
    }
    sums[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lane_is_added_once() {
        assert_eq!(add_pairwise([1.0, 2.0, 4.0, 8.0]), 15.0);
        assert_eq!(add_pairwise([3.0]), 3.0);
    }
}
