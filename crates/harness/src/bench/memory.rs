//! How much memory a run takes: measured where it can be, else estimated from sizes.

use embedders::Settings;
use graph_io::{Features, NodeDataset};

/// How the program that runs a comparison counts the memory of a thread; a library has no allocator of its own to ask.
#[derive(Clone, Copy, Debug)]
pub struct MemoryMeter {
    /// Begins a new count for the calling thread.
    pub start: fn(),
    /// The most bytes that the calling thread held at a time since.
    pub peak: fn() -> u64,
}

/// Copies of a layer's output that a training step holds: forward, gradient, optimiser, a second view.
const COPIES: u64 = 14;
/// What a run takes however small its graph.
const FLOOR: u64 = 64 << 20;

/// About how many bytes a run holds beside its data set, before any run of its kind was measured.
pub(super) fn guess(dataset: &NodeDataset, settings: &Settings) -> u64 {
    let nodes = dataset.graph().num_nodes() as u64;
    let hidden: usize = settings.encoder().map_or(0, |encoder| encoder.d_hidden.iter().sum());
    let widths = (hidden + settings.d_output().unwrap_or(0)) as u64;
    let weights = dataset.features().d_input() as u64 * widths;
    let features = match dataset.features() {
        Features::Sparse(matrix) => 24 * matrix.nnz() as u64,
        Features::Dense(matrix) => 8 * matrix.len() as u64,
    };
    FLOOR + 4 * COPIES * (nodes * widths + weights) + features
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedders::{G2r, Raw};

    #[test]
    fn a_wider_method_is_guessed_to_take_more() {
        let cora = graph_io::load("cora", None).unwrap();
        let guess = |settings: Settings| guess(&cora, &settings);
        let g2r = |d_output| Settings::new(G2r { d_output, ..G2r::default() }).unwrap();
        let recipe = guess(g2r(512));
        // 2708 × 1536 numbers and 1433 × 1536 weights, fourteen times, and 49216 words.
        assert_eq!(recipe, (64 << 20) + 56 * (2708 + 1433) * 1536 + 24 * 49216);
        let raw = guess(Settings::new(Raw {}).unwrap());
        assert!(raw < guess(g2r(8)) && guess(g2r(8)) < recipe);
    }
}
