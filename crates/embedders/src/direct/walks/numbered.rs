//! Generators by number: what is drawn for one thing does not depend on what was drawn before for others.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::seeds::{Stream, generator};

/// Independent generators of one stream of a seed, one for each pair of numbers.
///
/// ChaCha8 under a key that the stream draws once, with the pair as its nonce: so a walk or a node is given the same chance
/// whichever thread comes to it, and whenever.
#[derive(Clone, Debug)]
pub(super) struct Numbered {
    key: [u8; 32],
}

impl Numbered {
    pub(super) fn new(seed: u64, stream: Stream) -> Self {
        Self { key: generator(seed, stream).random() }
    }

    /// The generator of a pair of numbers, such as an epoch and a node.
    pub(super) fn of(&self, high: u32, low: u32) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::from_seed(self.key);
        rng.set_stream(u64::from(high) << 32 | u64::from(low));
        rng
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn pairs_seeds_and_streams_differ_and_order_does_not_matter() {
        let first = |seed, stream, high, low| Numbered::new(seed, stream).of(high, low).next_u64();
        let of_pair = first(1, Stream::Walks, 2, 3);
        for other in [
            first(1, Stream::Walks, 3, 2),
            first(1, Stream::Walks, 2, 4),
            first(2, Stream::Walks, 2, 3),
            first(1, Stream::Negatives, 2, 3),
        ] {
            assert_ne!(other, of_pair);
        }
        let numbered = Numbered::new(1, Stream::Walks);
        numbered.of(7, 7).next_u64();
        assert_eq!(numbered.of(2, 3).next_u64(), of_pair);
    }
}
