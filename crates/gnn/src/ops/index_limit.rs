//! How many numbers a tensor may have that a kernel reads or writes.

/// Numbers of a tensor stay below this: kernels count them in `u32`, indices are `i32`.
const INDEX_LIMIT: u128 = 1 << 31;

/// # Panics
/// If a tensor of these dimensions has 2³¹ numbers or more.
pub(super) fn assert_indexable(dims: &[usize]) {
    let numbers = dims.iter().map(|dim| *dim as u128).product::<u128>();
    assert!(
        numbers < INDEX_LIMIT,
        "a tensor {dims:?} has {numbers} numbers; kernels index fewer than 2³¹: use fewer rows, a smaller width, or the CPU"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_tensor_has_one_number_less_than_the_limit() {
        assert_indexable(&[i32::MAX as usize]);
        assert_indexable(&[1 << 20, (1 << 11) - 1]);
        assert_indexable(&[1 << 40, 0]);
    }

    #[test]
    #[should_panic(
        expected = "a tensor [1048576, 2048] has 2147483648 numbers; kernels index fewer than 2³¹: use fewer rows, a smaller width, or \
                    the CPU"
    )]
    fn a_tensor_of_the_limit_is_refused() {
        assert_indexable(&[1 << 20, 1 << 11]);
    }

    #[test]
    #[should_panic(expected = "has 340282366920938463426481119284349108225 numbers")]
    fn a_product_beyond_the_hosts_integers_is_refused_too() {
        assert_indexable(&[usize::MAX, usize::MAX]);
    }
}
