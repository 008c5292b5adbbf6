//! Walks as the text that skip-gram reads.

use std::ops::Range;

use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::walker::Walker;

/// Some walks, and where in them each node stands.
#[derive(Clone, Debug)]
pub(super) struct Corpus {
    /// Row-major `[walks, length]`; behind the end of a walk stands what is not looked at.
    walks: Vec<u32>,
    length: usize,
    /// How many nodes each walk has.
    lengths: Vec<usize>,
    /// The places in `walks` of node i are `places[place_ptr[i]..place_ptr[i + 1]]`, ascending.
    place_ptr: Vec<usize>,
    places: Vec<u32>,
}

impl Corpus {
    /// One walk of `length` nodes from each of `starts`, each with the generator that `chance` gives for its start.
    ///
    /// # Panics
    /// If a start is not below `num_nodes`.
    pub(super) fn walk(
        walker: &Walker,
        num_nodes: usize,
        starts: &[u32],
        length: usize,
        chance: impl Fn(u32) -> ChaCha8Rng + Sync,
    ) -> Self {
        let mut walks = vec![0; starts.len() * length];
        let lengths: Vec<usize> = walks
            .par_chunks_mut(length)
            .zip(starts)
            .with_min_len(64)
            .map(|(walk, start)| walker.walk(*start, walk, &mut chance(*start)))
            .collect();
        Self::from_walks(walks, length, lengths, num_nodes)
    }

    fn from_walks(walks: Vec<u32>, length: usize, lengths: Vec<usize>, num_nodes: usize) -> Self {
        let mut place_ptr = vec![0; num_nodes + 1];
        let stand = |(walk, len): (usize, &usize)| walk * length..walk * length + len;
        let places_of_walks = || lengths.iter().enumerate().flat_map(stand);
        places_of_walks().for_each(|place| place_ptr[walks[place] as usize + 1] += 1);
        for node in 0..num_nodes {
            place_ptr[node + 1] += place_ptr[node];
        }
        let mut next = place_ptr.clone();
        let mut places = vec![0; place_ptr[num_nodes]];
        for place in places_of_walks() {
            let next = &mut next[walks[place] as usize];
            places[*next] = place as u32;
            *next += 1;
        }
        Self { walks, length, lengths, place_ptr, places }
    }

    /// How many nodes the graph has, walked over or not.
    pub(super) fn num_nodes(&self) -> usize {
        self.place_ptr.len() - 1
    }

    /// What stands within `window` steps of each place of a node, the place itself left out: one item a place, the nodes before and
    /// the nodes behind.
    pub(super) fn contexts(&self, node: u32, window: usize) -> impl Iterator<Item = [&[u32]; 2]> {
        let places = self.place_ptr[node as usize]..self.place_ptr[node as usize + 1];
        self.places[places].iter().map(move |place| {
            let place = *place as usize;
            let walk = self.walk_of(place);
            let before = place.saturating_sub(window).max(walk.start)..place;
            let behind = place + 1..(place + 1 + window).min(walk.end);
            [&self.walks[before], &self.walks[behind]]
        })
    }

    fn walk_of(&self, place: usize) -> Range<usize> {
        let walk = place / self.length;
        let start = walk * self.length;
        start..start + self.lengths[walk]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_stay_within_window_and_walk() {
        // The second walk ends after its first node.
        let corpus = Corpus::from_walks(vec![2, 0, 1, 0, 3, 9, 9, 9], 4, vec![4, 1], 5);
        let contexts = |node, window| {
            corpus.contexts(node, window).map(|sides| sides.map(<[u32]>::to_vec)).collect::<Vec<_>>()
        };
        assert_eq!(contexts(0, 1), [[vec![2], vec![1]], [vec![1], vec![]]]);
        assert_eq!(contexts(0, 9), [[vec![2], vec![1, 0]], [vec![2, 0, 1], vec![]]]);
        assert_eq!(contexts(2, 2), [[vec![], vec![0, 1]]]);
        assert_eq!(contexts(3, 2), [[Vec::<u32>::new(), vec![]]]);
        assert!(contexts(4, 2).is_empty());
    }
}
