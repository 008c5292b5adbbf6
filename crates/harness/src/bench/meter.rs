//! How the memory of runs is counted.

/// How the program that runs a comparison counts memory; a library has no allocator of its own to ask.
#[derive(Clone, Copy, Debug)]
pub struct MemoryMeter {
    /// Begins a new count for the calling thread.
    pub start: fn(),
    /// The most bytes that the calling thread held at a time since.
    pub peak: fn() -> u64,
    /// Bytes of the process that were freed and are kept for the next allocation.
    pub freed: fn() -> u64,
}
