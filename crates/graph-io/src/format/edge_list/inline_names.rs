//! Short ids, found by what they are: a look-up touches one place in memory, where one by hash touches three.

use std::hash::{BuildHasher, Hasher};

use hashbrown::{DefaultHashBuilder, HashTable};

/// Nodes by ids of at most `4 * WORDS` bytes, each id filled up with bytes that no text has.
pub(super) struct InlineNames<const WORDS: usize> {
    table: HashTable<([u32; WORDS], u32)>,
}

impl<const WORDS: usize> Default for InlineNames<WORDS> {
    fn default() -> Self {
        Self { table: HashTable::new() }
    }
}

impl<const WORDS: usize> InlineNames<WORDS> {
    /// The longest id that fits.
    pub(super) const MAX_LEN: usize = 4 * WORDS;

    /// The node of an id, or the given one from now on.
    #[inline]
    pub(super) fn node_or(&mut self, id: &[u8], new: u32, hasher: &DefaultHashBuilder) -> u32 {
        let key = Self::key(id);
        let hash = Self::hash(&key, hasher);
        if let Some(&(_, node)) = self.table.find(hash, |(other, _)| *other == key) {
            return node;
        }
        self.table.insert_unique(hash, (key, new), |(key, _)| Self::hash(key, hasher));
        new
    }

    #[inline]
    fn key(id: &[u8]) -> [u32; WORDS] {
        let mut words = [u32::MAX; WORDS];
        let (whole, rest) = id.as_chunks::<4>();
        for (word, bytes) in words.iter_mut().zip(whole) {
            *word = u32::from_le_bytes(*bytes);
        }
        // Byte by byte, as a copy of any length is a call.
        if let Some(word) = words.get_mut(whole.len()) {
            for &byte in rest.iter().rev() {
                *word = *word << 8 | u32::from(byte);
            }
        }
        words
    }

    #[inline]
    fn hash(key: &[u32; WORDS], hasher: &DefaultHashBuilder) -> u64 {
        let mut state = hasher.build_hasher();
        for pair in key.as_chunks::<2>().0 {
            state.write_u64(u64::from(pair[0]) << 32 | u64::from(pair[1]));
        }
        state.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_every_length_are_told_apart() {
        let hasher = DefaultHashBuilder::default();
        let mut names = InlineNames::<2>::default();
        let ids = ["a", "aa", "aaa", "aaaa", "aaaaa", "aaaaaaa", "aaaaaaaa", "ä", "aä", "\u{ff}a", "b", ""];
        for _ in 0..2 {
            for (node, id) in ids.iter().enumerate() {
                assert_eq!(names.node_or(id.as_bytes(), node as u32, &hasher), node as u32, "{id}");
            }
        }
    }
}
