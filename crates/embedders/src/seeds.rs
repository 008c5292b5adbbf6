//! One seed, many streams: what one purpose draws never shifts what another draws.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What randomness is for.
/// The number of each is its stream of ChaCha: it may never change, or a seed would no longer give the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Stream {
    /// Initial weights of an encoder.
    Parameters = 0,
    /// Groups or nodes of each training step.
    Sampling = 1,
    /// Random splits.
    Split = 2,
    /// Generated graphs.
    Synthetic = 3,
    /// Dropout of each training step.
    Dropout = 4,
    /// Shuffled features that an embedder tells from the true ones.
    Corruption = 5,
    /// Random views of a graph: edges that are dropped, features that are masked.
    Augmentation = 6,
    /// What an embedding is evaluated by: centers of clusters, held-out edges, samples of nodes.
    Evaluation = 7,
    /// Random walks.
    Walks = 8,
    /// Nodes of noise that skip-gram tells from contexts.
    Negatives = 9,
    /// Closed forms: where the search for eigenvectors starts, views, lifts.
    ClosedForm = 10,
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
