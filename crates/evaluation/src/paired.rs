use crate::error::Error;
use crate::statistics::MeanStd;
use crate::student_t::two_sided_p;

/// Up to this many pairs every choice of signs is tried: 2²⁰ sums, a few milliseconds.
const MAX_SIGN_FLIP_PAIRS: usize = 20;

/// Whether two methods differ, judged by their results on the same seeds: two tests of the differences
/// dᵢ = aᵢ − bᵢ, both two-sided.
///
/// The t-test asks how far the mean lies from zero, t = mean / (std / √n), and takes the differences to be
/// normally distributed. The sign-flip test takes them to be symmetric about zero only: its p is the part of
/// the 2ⁿ choices of signs with |Σ ±dᵢ| ≥ |Σ dᵢ|, so never less than 2 / 2ⁿ.
///
/// ```
/// use evaluation::PairedTest;
///
/// let test = PairedTest::of(&[0.84, 0.86, 0.83, 0.85], &[0.82, 0.83, 0.82, 0.84])?;
/// assert_eq!(format!("{:.4} {:.3}", test.mean, test.p_of_t), "0.0175 0.035");
/// assert_eq!(test.p_of_sign_flips, Some(0.125));
/// # Ok::<(), evaluation::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedTest {
    /// n.
    pub num_pairs: usize,
    /// The mean of the differences; positive where the first method's results are the larger ones.
    pub mean: f64,
    /// The sample standard deviation of the differences.
    pub std: f64,
    /// t; 0 when all differences are zero, infinite when they are all the same otherwise.
    pub t: f64,
    /// P(|T| ≥ |t|) for Student's T with n − 1 degrees of freedom; 1 when all differences are zero, 0 when they
    /// are all the same otherwise.
    pub p_of_t: f64,
    /// p of the sign-flip test, exact; `None` for more than 20 pairs.
    pub p_of_sign_flips: Option<f64>,
}

impl PairedTest {
    /// Tests the differences `first[i] − second[i]`, where both have the same seed. O(2ⁿ) for up to 20 pairs,
    /// O(n) beyond.
    ///
    /// # Errors
    /// Lists of different lengths, fewer than two pairs, a result that is not finite.
    pub fn of(first: &[f64], second: &[f64]) -> Result<Self, Error> {
        if first.len() != second.len() {
            return Err(Error::ResultsLength { expected: first.len(), found: second.len() });
        }
        let num_pairs = first.len();
        if num_pairs < 2 {
            return Err(Error::TooFewResults { found: num_pairs });
        }
        check_finite("results of the first method", first)?;
        check_finite("results of the second method", second)?;

        let differences: Vec<f64> = first.iter().zip(second).map(|(a, b)| a - b).collect();
        let MeanStd { mean, std } = MeanStd::of(&differences);
        let std = std.expect("there are two pairs at least");
        let all_zero = differences.iter().all(|&difference| difference == 0.0);
        let t = if all_zero { 0.0 } else { mean / (std / (num_pairs as f64).sqrt()) };
        Ok(Self {
            num_pairs,
            mean,
            std,
            t,
            p_of_t: two_sided_p(t, num_pairs - 1),
            p_of_sign_flips: (num_pairs <= MAX_SIGN_FLIP_PAIRS).then(|| sign_flip_p(&differences)),
        })
    }
}

pub(crate) fn check_finite(list: &'static str, values: &[f64]) -> Result<(), Error> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(position) => Err(Error::ValueNotFinite { list, position, value: values[position] }),
        None => Ok(()),
    }
}

fn sign_flip_p(differences: &[f64]) -> f64 {
    let observed = differences.iter().sum::<f64>().abs();
    // Sums that are equal but for rounding count as equal: the signs given are one of the choices.
    let slack = 1e-12 * differences.iter().map(|difference| difference.abs()).sum::<f64>();
    // The first sign stays: flipping all of them leaves |Σ| as it is.
    let count = count_at_least(observed - slack, differences[0], &differences[1..]);
    count as f64 / 2f64.powi(differences.len() as i32 - 1)
}

/// How many choices of signs have |sum ± rest₀ ± rest₁ …| ≥ bound.
fn count_at_least(bound: f64, sum: f64, rest: &[f64]) -> u64 {
    match rest {
        [] => u64::from(sum.abs() >= bound),
        [first, rest @ ..] => {
            count_at_least(bound, sum + first, rest) + count_at_least(bound, sum - first, rest)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    fn of_differences(differences: &[f64]) -> PairedTest {
        PairedTest::of(differences, &vec![0.0; differences.len()]).unwrap()
    }

    #[test]
    fn one_degree_of_freedom_has_the_closed_form() {
        // Student's T with ν = 1 is Cauchy's: P(|T| ≥ t) = 1 − 2/π atan t. Here t = 2 / (√2 / √2) = 2.
        let test = of_differences(&[1.0, 3.0]);
        assert_relative_eq!(test.t, 2.0, max_relative = 1e-15);
        assert_relative_eq!(
            test.p_of_t,
            1.0 - std::f64::consts::FRAC_2_PI * 2f64.atan(),
            max_relative = 1e-13
        );
        assert_eq!(test.p_of_sign_flips, Some(0.5));
    }

    #[test]
    fn all_differences_zero_tell_nothing() {
        let test = of_differences(&[0.0; 5]);
        assert_eq!((test.t, test.p_of_t, test.p_of_sign_flips), (0.0, 1.0, Some(1.0)));
    }

    #[test]
    fn all_differences_the_same_have_no_spread() {
        let test = of_differences(&[-0.5; 4]);
        assert_eq!((test.mean, test.std, test.t, test.p_of_t), (-0.5, 0.0, f64::NEG_INFINITY, 0.0));
        assert_eq!(test.p_of_sign_flips, Some(0.125));
    }

    #[test]
    fn choices_that_tie_with_the_one_given_count_in_spite_of_rounding() {
        // ±0.1 ±0.2 ±0.3: the sums with |Σ| ≥ 0 are all of them, those with |Σ| ≥ 0.6 two.
        assert_eq!(of_differences(&[0.1, 0.2, -0.3]).p_of_sign_flips, Some(1.0));
        assert_eq!(of_differences(&[0.1, 0.2, 0.3]).p_of_sign_flips, Some(0.25));
        assert_eq!(of_differences(&[0.3, 0.2, 0.1]).p_of_sign_flips, Some(0.25));
    }

    #[test]
    fn signs_are_flipped_up_to_twenty_pairs_only() {
        let (mut twenty, mut more) = (vec![1.0; 20], vec![1.0; 21]);
        (twenty[3], more[3]) = (0.5, 0.5);
        assert_eq!(of_differences(&twenty).p_of_sign_flips, Some(2f64.powi(-19)));
        let test = of_differences(&more);
        assert_eq!(test.p_of_sign_flips, None);
        assert!(test.p_of_t < 1e-15);
    }

    #[test]
    fn refuses_what_are_not_pairs_of_results() {
        let message = |first: &[f64], second: &[f64]| PairedTest::of(first, second).unwrap_err().to_string();
        assert_eq!(
            message(&[1.0, 2.0], &[1.0]),
            "results: expected 2 of each method, one for each seed, found 1"
        );
        assert_eq!(message(&[1.0], &[1.0]), "results: expected at least two seeds, found 1");
        assert_eq!(
            message(&[1.0, 2.0], &[1.0, f64::NAN]),
            "results of the second method[1]: expected a finite number, found NaN"
        );
    }

    proptest! {
        #[test]
        fn the_order_of_the_methods_turns_only_the_sign(pairs in prop::collection::vec((-1.0..1.0, -1.0..1.0), 2..12)) {
            let (first, second): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let (test, turned) = (PairedTest::of(&first, &second).unwrap(), PairedTest::of(&second, &first).unwrap());
            prop_assert_eq!((test.mean, test.t), (-turned.mean, -turned.t));
            prop_assert_eq!((test.std, test.p_of_t), (turned.std, turned.p_of_t));
            prop_assert_eq!(test.p_of_sign_flips, turned.p_of_sign_flips);
            prop_assert!((0.0..=1.0).contains(&test.p_of_t));
        }
    }
}
