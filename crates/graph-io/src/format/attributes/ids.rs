//! Ids of nodes, which edges may name before the nodes are listed.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::arcs::Arcs;
use crate::node_ids::NodeIds;

const NOT_LISTED: u32 = u32::MAX;

/// Different ids in the order in which they were first met, all in one text.
#[derive(Default)]
pub(in crate::format) struct Ids {
    text: String,
    ends: Vec<usize>,
    hasher: DefaultHashBuilder,
    places: HashTable<u32>,
    /// The node of each id, as far as it is listed.
    nodes: Vec<u32>,
    num_listed: u32,
    /// The ids that an edge named first, each with where.
    named_by_edges: Vec<(u32, usize)>,
}

impl Ids {
    /// Lists a node; tells whether it was not listed before.
    pub(in crate::format) fn list(&mut self, id: &str) -> bool {
        let (place, _) = self.place(id);
        let node = &mut self.nodes[place as usize];
        let is_new = *node == NOT_LISTED;
        if is_new {
            *node = self.num_listed;
            self.num_listed += 1;
        }
        is_new
    }

    /// The place of an id that an edge at this byte names.
    pub(in crate::format) fn name(&mut self, id: &str, at: usize) -> u32 {
        let (place, is_new) = self.place(id);
        if is_new {
            self.named_by_edges.push((place, at));
        }
        place
    }

    fn place(&mut self, id: &str) -> (u32, bool) {
        let Self { text, ends, hasher, places, .. } = self;
        let id_at = |place: u32| {
            let start = if place == 0 { 0 } else { ends[place as usize - 1] };
            &text[start..ends[place as usize]]
        };
        let hash = hasher.hash_one(id);
        if let Some(&place) = places.find(hash, |&place| id_at(place) == id) {
            return (place, false);
        }
        // A file of 2³² ids has more than 50 GB; the graph refuses half as many.
        let place = ends.len() as u32;
        places.insert_unique(hash, place, |&place| hasher.hash_one(id_at(place)));
        text.push_str(id);
        ends.push(text.len());
        self.nodes.push(NOT_LISTED);
        (place, true)
    }

    /// The node of an id, where it is listed.
    pub(in crate::format) fn get(&self, id: &str) -> Option<u32> {
        let place = self.places.find(self.hasher.hash_one(id), |&place| self.id_at(place) == id)?;
        self.node(*place)
    }

    /// How many nodes are listed.
    pub(in crate::format) fn num_listed(&self) -> usize {
        self.num_listed as usize
    }

    /// The first id that an edge names and no node has, with where.
    pub(in crate::format) fn unknown(&self) -> Option<(&str, usize)> {
        let &(place, at) = self.named_by_edges.iter().find(|(place, _)| self.node(*place).is_none())?;
        Some((self.id_at(place), at))
    }

    fn id_at(&self, place: u32) -> &str {
        let start = if place == 0 { 0 } else { self.ends[place as usize - 1] };
        &self.text[start..self.ends[place as usize]]
    }

    /// The node of a place, where it is listed.
    fn node(&self, place: u32) -> Option<u32> {
        Some(self.nodes[place as usize]).filter(|&node| node != NOT_LISTED)
    }

    /// Whether each id is the node of its own number.
    fn are_in_order(&self) -> bool {
        self.nodes.iter().zip(0..).all(|(&node, place)| node == place)
    }

    /// The ids of the nodes.
    pub(in crate::format) fn into_node_ids(self) -> NodeIds {
        if self.are_in_order() {
            return NodeIds::from_text(self.text, self.ends);
        }
        let mut place_of_node = vec![0; self.num_listed()];
        for (place, node) in self.nodes.iter().enumerate().filter(|(_, node)| **node != NOT_LISTED) {
            place_of_node[*node as usize] = place as u32;
        }
        NodeIds::from_names(place_of_node.into_iter().map(|place| self.id_at(place)))
    }

    /// Turns places of ids into nodes; leaves out arcs with an end that is none and counts them.
    pub(in crate::format) fn number_ends(&self, arcs: &mut Arcs) -> usize {
        if self.are_in_order() {
            return 0;
        }
        let num_arcs = arcs.len();
        let mut end = 0;
        for place in 0..num_arcs {
            if let (Some(from), Some(to)) = (self.node(arcs.from[place]), self.node(arcs.to[place])) {
                (arcs.from[end], arcs.to[end]) = (from, to);
                if let Some(weights) = &mut arcs.weights {
                    weights[end] = weights[place];
                }
                end += 1;
            }
        }
        arcs.from.truncate(end);
        arcs.to.truncate(end);
        if let Some(weights) = &mut arcs.weights {
            weights.truncate(end);
        }
        num_arcs - end
    }
}
