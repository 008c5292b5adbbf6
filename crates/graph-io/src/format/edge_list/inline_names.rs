//! Short ids, found by what they are: a look-up touches one place in memory, where one by hash touches three.

use std::hash::{BuildHasher, Hasher};

use hashbrown::DefaultHashBuilder;

/// Nodes by ids of at most `4 * WORDS` bytes, each id filled up with bytes that no text has.
///
/// An id stands at the place of its hash or behind it. Who looks for several ids asks for all their places first, so that
/// the memory fetches them at the same time.
#[derive(Default)]
pub(super) struct InlineNames<const WORDS: usize> {
    /// A power of two of places.
    places: Vec<([u32; WORDS], u32)>,
    num_taken: usize,
}

/// An id that is looked for.
#[derive(Clone, Copy)]
pub(super) struct Sought<const WORDS: usize> {
    key: [u32; WORDS],
    hash: u64,
}

/// No node has this number.
const FREE: u32 = u32::MAX;

impl<const WORDS: usize> InlineNames<WORDS> {
    /// The longest id that fits.
    pub(super) const MAX_LEN: usize = 4 * WORDS;

    #[inline]
    pub(super) fn sought(id: &[u8], hasher: &DefaultHashBuilder) -> Sought<WORDS> {
        let key = Self::key(id);
        Sought { key, hash: Self::hash(&key, hasher) }
    }

    /// Looks at the place of an id, so that it is near.
    #[inline]
    pub(super) fn touch(&self, sought: &Sought<WORDS>) -> u32 {
        self.places
            .get(sought.hash as usize & self.places.len().wrapping_sub(1))
            .map_or(FREE, |place| place.1)
    }

    /// The node of an id, or the given one from now on.
    #[inline]
    pub(super) fn node_or(&mut self, sought: &Sought<WORDS>, new: u32, hasher: &DefaultHashBuilder) -> u32 {
        if 6 * self.num_taken >= 5 * self.places.len() {
            self.grow(hasher);
        }
        let place = self.place(sought);
        if place.1 != FREE {
            return place.1;
        }
        *place = (sought.key, new);
        self.num_taken += 1;
        new
    }

    /// The place of an id, or the free one where it belongs.
    #[inline]
    fn place(&mut self, sought: &Sought<WORDS>) -> &mut ([u32; WORDS], u32) {
        let mask = self.places.len() - 1;
        let mut at = sought.hash as usize & mask;
        while self.places[at].1 != FREE && self.places[at].0 != sought.key {
            at = (at + 1) & mask;
        }
        &mut self.places[at]
    }

    fn grow(&mut self, hasher: &DefaultHashBuilder) {
        let len = (2 * self.places.len()).max(64);
        let taken = std::mem::replace(&mut self.places, vec![([u32::MAX; WORDS], FREE); len]);
        for (key, node) in taken.into_iter().filter(|place| place.1 != FREE) {
            *self.place(&Sought { key, hash: Self::hash(&key, hasher) }) = (key, node);
        }
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
        let others: Vec<String> = (0..500).map(|number| format!("n{number}")).collect();
        let ids = ["a", "aa", "aaa", "aaaa", "aaaaa", "aaaaaaa", "aaaaaaaa", "ä", "aä", "\u{ff}a", "b", ""];
        for _ in 0..2 {
            for (node, id) in (0..).zip(ids.into_iter().chain(others.iter().map(String::as_str))) {
                let sought = InlineNames::sought(id.as_bytes(), &hasher);
                assert_eq!(names.node_or(&sought, node, &hasher), node, "{id}");
            }
        }
        assert_eq!(names.num_taken, 512);
    }
}
