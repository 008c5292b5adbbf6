//! How many numbers a tensor may have that a kernel reads or writes.

use crate::Error;

/// Kernels count a tensor's numbers in `u32`, and indices are `i32`: numbers stay below 2³¹.
///
/// # Errors
/// [`Error::TooManyNumbers`], naming the tensor of these dimensions.
pub(crate) fn check_kernel_size(what: &'static str, dims: [usize; 2]) -> Result<(), Error> {
    let numbers = dims[0].saturating_mul(dims[1]);
    if i32::try_from(numbers).is_ok() { Ok(()) } else { Err(Error::TooManyNumbers { what, numbers }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_tensor_has_one_number_less_than_the_limit() {
        assert_eq!(check_kernel_size("the embedding", [i32::MAX as usize, 1]), Ok(()));
        assert_eq!(check_kernel_size("the embedding", [usize::MAX, 0]), Ok(()));
        let error = check_kernel_size("the embedding", [1 << 20, 1 << 11]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the embedding: expected fewer than 2147483648 numbers, which is what kernels on a GPU index, found 2147483648; `--device cpu` \
             has no such limit"
        );
        assert!(check_kernel_size("the embedding", [usize::MAX, 2]).is_err());
    }
}
