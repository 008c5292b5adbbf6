//! One seed, many streams: what one purpose draws never shifts what another draws.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What randomness is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Initial weights of an encoder.
    Parameters,
    /// Groups or nodes of each training step.
    Sampling,
    /// Random splits.
    Split,
    /// Generated graphs.
    Synthetic,
    /// Dropout of each training step.
    Dropout,
    /// Shuffled features that an embedder tells from the true ones.
    Corruption,
    /// Random views of a graph: edges that are dropped, features that are masked.
    Augmentation,
    /// What an embedding is judged by: centers of clusters, held-out edges, samples of nodes.
    Evaluation,
    /// Random walks.
    Walks,
    /// Nodes of noise that skip-gram tells from contexts.
    Negatives,
}

/// The generator of a stream of a seed.
pub fn generator(seed: u64, stream: Stream) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream as u64);
    rng
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn streams_of_a_seed_and_seeds_of_a_stream_differ() {
        let first = |seed, stream| generator(seed, stream).next_u64();
        assert_eq!(first(1, Stream::Split), first(1, Stream::Split));
        assert_ne!(first(1, Stream::Split), first(1, Stream::Sampling));
        assert_ne!(first(1, Stream::Split), first(2, Stream::Split));
    }
}
