//! A bound on the memory that reading a packed file may take.

/// A bound on the memory that reading a packed file may take, in bytes.
///
/// A small packed file may unpack to any size. What comes out of one may take a tenth of the limit, as parsing it takes
/// up to ten times as much; or 16 MiB and 20 times the size of the packed file, where that is more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryLimit(u64);

impl MemoryLimit {
    /// A limit of so many bytes.
    pub const fn bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// How many bytes may come out of a packed file of `packed_len` bytes.
    pub(crate) fn max_unpacked(self, packed_len: u64) -> u64 {
        (self.0 / 10).max(packed_len.saturating_mul(20).saturating_add(16 << 20))
    }
}

impl Default for MemoryLimit {
    /// 8 GiB.
    fn default() -> Self {
        Self(8 << 30)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_files_unpack_to_a_tenth_of_the_limit_and_large_ones_to_twenty_times_their_size() {
        let limit = MemoryLimit::bytes(10 << 30);
        assert_eq!(limit.max_unpacked(27_000), 1 << 30);
        assert_eq!(limit.max_unpacked(1 << 30), (16 << 20) + (20 << 30));
        assert_eq!(MemoryLimit::bytes(0).max_unpacked(0), 16 << 20);
        assert_eq!(limit.max_unpacked(u64::MAX), u64::MAX);
    }
}
