//! Short ids, found by what they are: a look-up touches one place in memory, where one by hash touches three.

use std::hash::{BuildHasher, Hasher};

use hashbrown::DefaultHashBuilder;
use memmap2::MmapMut;

/// Nodes by ids of at most `4 * WORDS` bytes, each id filled up with bytes that no text has.
///
/// An id stands at the place of its hash or behind it. Who looks for several ids asks for all their places first, so that
/// the memory fetches them at the same time.
#[derive(Default)]
pub(super) struct InlineNames<const WORDS: usize> {
    places: Places,
    /// A power of two.
    num_places: usize,
    num_taken: usize,
}

/// Of each place the words of an id, then one more than its node; 0 where it is free.
enum Places {
    Small(Vec<u32>),
    /// In large pages where the system has them: to find the page of a place takes longer than to read the place.
    Large(MmapMut),
}

/// From how many bytes on places are worth pages of their own.
const LARGE: usize = 4 << 20;

impl Default for Places {
    fn default() -> Self {
        Self::Small(Vec::new())
    }
}

impl Places {
    fn with_len(num_words: usize) -> Self {
        let num_bytes = num_words * size_of::<u32>();
        match MmapMut::map_anon(num_bytes) {
            Ok(map) if num_bytes >= LARGE => {
                #[cfg(target_os = "linux")]
                let _ = map.advise(memmap2::Advice::HugePage);
                Self::Large(map)
            }
            _ => Self::Small(vec![0; num_words]),
        }
    }

    #[inline]
    fn words(&self) -> &[u32] {
        match self {
            Self::Small(words) => words,
            Self::Large(map) => bytemuck::cast_slice(map),
        }
    }

    #[inline]
    fn words_mut(&mut self) -> &mut [u32] {
        match self {
            Self::Small(words) => words,
            Self::Large(map) => bytemuck::cast_slice_mut(map),
        }
    }
}

/// An id that is looked for.
#[derive(Clone, Copy)]
pub(super) struct Sought<const WORDS: usize> {
    key: [u32; WORDS],
    hash: u64,
}

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
        // Without a place yet there is none to look at.
        let at = sought.hash as usize & self.num_places.saturating_sub(1);
        self.places.words().get(at * (WORDS + 1)).copied().unwrap_or_default()
    }

    /// The node of an id, or the given one from now on.
    #[inline]
    pub(super) fn node_or(&mut self, sought: &Sought<WORDS>, new: u32, hasher: &DefaultHashBuilder) -> u32 {
        if 6 * self.num_taken >= 5 * self.num_places {
            self.grow(hasher);
        }
        let place = self.place(sought);
        if place[WORDS] > 0 {
            return place[WORDS] - 1;
        }
        place[..WORDS].copy_from_slice(&sought.key);
        place[WORDS] = new + 1;
        self.num_taken += 1;
        new
    }

    /// The place of an id, or the free one where it belongs.
    #[inline]
    fn place(&mut self, sought: &Sought<WORDS>) -> &mut [u32] {
        let mask = self.num_places - 1;
        let words = self.places.words_mut();
        let mut at = sought.hash as usize & mask;
        loop {
            let place = &words[at * (WORDS + 1)..][..WORDS + 1];
            if place[WORDS] == 0 || place[..WORDS] == sought.key {
                break;
            }
            at = (at + 1) & mask;
        }
        &mut words[at * (WORDS + 1)..][..WORDS + 1]
    }

    fn grow(&mut self, hasher: &DefaultHashBuilder) {
        self.num_places = (2 * self.num_places).max(64);
        let places = Places::with_len(self.num_places * (WORDS + 1));
        let before = std::mem::replace(&mut self.places, places);
        for place in before.words().chunks_exact(WORDS + 1).filter(|place| place[WORDS] > 0) {
            let mut key = [0; WORDS];
            key.copy_from_slice(&place[..WORDS]);
            self.place(&Sought { key, hash: Self::hash(&key, hasher) }).copy_from_slice(place);
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
