//! Sharing out a number of things as nearly as whole things allow.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Whole numbers of a sum nearest to quotas whose sum is near it: by largest remainder, within `least` and each number's
/// `most`.
///
/// Of the numbers within these bounds they have the least sum of squared distances from the quotas; of equal ones the
/// first gets more. One step of a heap for each unit by which the rounded quotas miss the sum.
///
/// # Panics
/// When the bounds leave no numbers of this sum.
pub(super) fn apportion(sum: usize, quotas: &[f64], least: usize, most: &[usize]) -> Vec<usize> {
    let mut numbers: Vec<usize> =
        quotas.iter().zip(most).map(|(&quota, &most)| (quota as usize).clamp(least, most)).collect();
    let mut now: usize = numbers.iter().sum();
    // In steps of 2⁻³², so that equal remainders stay equal where the quotas were rounded.
    let lack = |index: usize, number: usize| ((quotas[index] - number as f64) * (1u64 << 32) as f64) as i64;

    let open = (0..numbers.len()).filter(|&index| numbers[index] < most[index]);
    let mut gaining: BinaryHeap<(i64, Reverse<usize>)> =
        open.map(|index| (lack(index, numbers[index]), Reverse(index))).collect();
    while now < sum {
        let (_, Reverse(index)) = gaining.pop().expect("the bounds allow the sum");
        numbers[index] += 1;
        now += 1;
        if numbers[index] < most[index] {
            gaining.push((lack(index, numbers[index]), Reverse(index)));
        }
    }

    let open = (0..numbers.len()).filter(|&index| numbers[index] > least);
    let mut giving: BinaryHeap<(i64, usize)> =
        open.map(|index| (-lack(index, numbers[index]), index)).collect();
    while now > sum {
        let (_, index) = giving.pop().expect("the bounds allow the sum");
        numbers[index] -= 1;
        now -= 1;
        if numbers[index] > least {
            giving.push((-lack(index, numbers[index]), index));
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_goes_to_the_largest_remainders_and_of_equal_ones_to_the_first() {
        assert_eq!(apportion(10, &[4.2, 3.6, 2.2], 0, &[9, 9, 9]), [4, 4, 2]);
        assert_eq!(apportion(3, &[0.5, 0.5, 0.5, 1.5], 0, &[9; 4]), [1, 1, 0, 1]);
        // 0.1 · 3 and 0.1 · 13 differ in their last bits after the point.
        assert_eq!(apportion(2, &[0.1 * 3.0, 0.1 * 13.0], 0, &[9; 2]), [1, 1]);
    }

    #[test]
    fn a_bound_shifts_what_is_left_to_others() {
        assert_eq!(apportion(4, &[0.9, 1.8, 1.3], 0, &[0, 2, 9]), [0, 2, 2]);
        assert_eq!(apportion(6, &[0.1, 0.1, 5.8], 1, &[9; 3]), [1, 1, 4]);
        assert_eq!(apportion(7, &[0.1, 2.6, 3.4], 1, &[9; 3]), [1, 3, 3]);
    }
}
