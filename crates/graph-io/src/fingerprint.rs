//! A number that tells lists of pairs apart, to pin what a seed gives.

/// The pairs in their order, each mixed in by a product and a turn of the bits.
pub(crate) fn fingerprint(pairs: impl IntoIterator<Item = (u32, u32)>) -> u64 {
    pairs.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, (from, to)| {
        (hash ^ (u64::from(from) << 32 | u64::from(to))).wrapping_mul(0x0100_0000_01b3).rotate_left(29)
    })
}
