//! Draws by fixed algorithms, so that a seed means the same with every version of the generator's library.

use rand::Rng;

/// A whole number drawn evenly from `0..bound`, by Lemire's multiplication with rejection (2019, arXiv
/// 1805.10941).
///
/// # Panics
/// When `bound` is 0.
pub(crate) fn below(bound: usize, rng: &mut (impl Rng + ?Sized)) -> usize {
    assert!(bound > 0, "a draw below 0 has no outcome");
    let bound = bound as u64;
    let threshold = bound.wrapping_neg() % bound;
    loop {
        let product = u128::from(rng.next_u64()) * u128::from(bound);
        if product as u64 >= threshold {
            return (product >> 64) as usize;
        }
    }
}

/// A number drawn evenly from [0, 1), a multiple of 2⁻⁵³.
pub(crate) fn unit(rng: &mut (impl Rng + ?Sized)) -> f64 {
    unit_of(rng.next_u64())
}

/// The number from [0, 1) that 64 random bits stand for, a multiple of 2⁻⁵³.
pub(crate) fn unit_of(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// Draws that are asked for by number, in any order and from any thread: SplitMix64 (Steele, Lea and Flood, 2014).
pub(crate) struct NumberedDraws {
    key: u64,
}

impl NumberedDraws {
    /// The draws whose key is the next draw of a generator.
    pub(crate) fn from_rng(rng: &mut (impl Rng + ?Sized)) -> Self {
        Self { key: rng.next_u64() }
    }

    /// The 64 bits of a draw.
    pub(crate) fn bits(&self, number: u64) -> u64 {
        // The state of SplitMix64 is a sum, so that any of its draws can be had without those before it.
        let state = self.key.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^ (state >> 31)
    }
}

/// A number drawn from the normal distribution with mean 0 and variance 1, by Box and Muller's cosine.
pub(crate) fn normal(rng: &mut (impl Rng + ?Sized)) -> f64 {
    let radius = (-2.0 * (1.0 - unit(rng)).ln()).sqrt();
    radius * (std::f64::consts::TAU * unit(rng)).cos()
}

/// Puts the items in an order drawn evenly from all orders, by Fisher and Yates.
pub(crate) fn shuffle<T>(items: &mut [T], rng: &mut (impl Rng + ?Sized)) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(last + 1, rng));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn every_outcome_below_the_bound_comes_up_about_equally_often() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut counts = [0usize; 6];
        (0..6000).for_each(|_| counts[below(6, &mut rng)] += 1);
        assert!(counts.iter().all(|&count| (850..1150).contains(&count)), "{counts:?}");
    }

    #[test]
    fn numbered_draws_are_those_of_the_published_generator() {
        let draws = NumberedDraws { key: 1234567 };
        let published = [6457827717110365317, 3203168211198807973, 9817491932198370423];
        assert_eq!([draws.bits(0), draws.bits(1), draws.bits(2)], published);
    }

    #[test]
    fn a_shuffle_keeps_the_items_and_repeats_with_its_seed() {
        let shuffled = |seed| {
            let mut items: Vec<u32> = (0..10).collect();
            shuffle(&mut items, &mut ChaCha8Rng::seed_from_u64(seed));
            items
        };
        assert_eq!(shuffled(7), shuffled(7));
        assert_ne!(shuffled(7), shuffled(8));
        let mut sorted = shuffled(7);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn normal_draws_have_mean_zero_and_variance_one() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let draws: Vec<f64> = (0..20_000).map(|_| normal(&mut rng)).collect();
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04, "{mean} {variance}");
    }
}
