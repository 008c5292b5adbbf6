//! A graph with places for its nodes: the data of a figure.

use serde::Serialize;

use crate::charts;
use crate::plot::Plot;

/// A node with its place.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LinkedNode {
    /// Where it lies, y upwards, in any unit. A node whose place is not of numbers is left out, with its edges.
    pub position: [f64; 2],
    /// Its class, where it has one.
    pub class: Option<u32>,
}

/// A graph to be drawn.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NodeLink {
    /// What it shows, in a line.
    pub title: String,
    /// The nodes.
    pub nodes: Vec<LinkedNode>,
    /// The edges, each once, by the numbers of its ends.
    pub edges: Vec<[u32; 2]>,
    /// The names of the classes, as far as they have one.
    pub classes: Vec<String>,
}

/// Edges as thin lines and nodes as marks in the colour of their class, with a legend of the classes; nothing where no node has a
/// place. Of a large graph edges are lighter, and of more than 60 000 only so many are drawn, at equal steps in their order.
///
/// # Panics
/// If an edge has an end that is no node.
pub fn node_link_plot(graph: &NodeLink) -> Option<Plot> {
    charts::node_link(graph).map(Plot::from)
}
