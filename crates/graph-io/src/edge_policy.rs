//! How arcs become edges, as a policy and a report of what it did.

use serde::{Deserialize, Serialize};

/// What is done with an edge from a node to itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loops {
    /// Leave it out and count it.
    #[default]
    Drop,
    /// Keep it as one arc.
    Keep,
    /// Give an error.
    Refuse,
}

/// What is done with the direction of arcs, where the source has directions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// An arc in either direction makes an edge.
    #[default]
    Either,
    /// Only arcs in both directions make an edge; the others are left out and counted.
    Both,
    /// An arc without its reverse gives an error.
    Refuse,
}

/// What is done with an ordered pair of nodes that is given again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Duplicates {
    /// The first weight counts.
    #[default]
    First,
    /// The weights are added.
    Sum,
    /// Give an error.
    Refuse,
}

/// What is done with weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weights {
    /// Keep them; each must be finite and positive.
    #[default]
    Keep,
    /// Every edge has weight 1, or under [`Duplicates::Sum`] as much as it has pairs.
    Ignore,
}

/// How a list of arcs becomes a graph. Where the two directions of an edge have different weights, the larger counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EdgePolicy {
    /// What is done with directions.
    pub direction: Direction,
    /// What is done with pairs that are given again.
    pub duplicates: Duplicates,
    /// What is done with loops.
    pub loops: Loops,
    /// What is done with weights.
    pub weights: Weights,
}

/// What was done to the arcs of a source to make an undirected graph without duplicates.
///
/// `num_arcs = arcs_read - duplicates_merged - loops_dropped - one_way_dropped + reverses_added`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EdgeReport {
    /// Ordered pairs of nodes that were given.
    pub arcs_read: usize,
    /// Pairs left out because the same pair, in the same order, was given before.
    pub duplicates_merged: usize,
    /// Loops left out, each counted once however often it was given.
    pub loops_dropped: usize,
    /// Arcs left out because only their direction was given, under [`Direction::Both`].
    pub one_way_dropped: usize,
    /// Arcs added because only the other direction was given.
    pub reverses_added: usize,
    /// Lines of a file left out, before any of the above, because they name an unknown node.
    pub unknown_ends_skipped: usize,
    /// Weights that were read and not kept, under [`Weights::Ignore`].
    pub weights_ignored: usize,
}
