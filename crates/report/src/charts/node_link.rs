//! A graph: edges below, nodes above.

use super::Chart;
use super::map::{Placement, draw_classes, draw_nodes};
use crate::node_link::NodeLink;
use crate::palette::Ink;
use crate::scale;
use crate::scene::{Area, Marker, Scene, Shape};

const WIDTH: f64 = 760.0;
/// The figure is as high as the layout asks for, within these.
const HEIGHTS: [f64; 2] = [320.0, 860.0];
const MARGIN: f64 = 8.0;
/// More are not drawn: an editor of SVG could not open them.
const MOST_EDGES: usize = 60_000;
/// Edges of one path: within it, crossings are not darker; from path to path they are, which shows where edges are many.
const EDGES_PER_PATH: usize = 64;

/// How a graph of some size looks.
struct Look {
    diameter: f64,
    /// The ring of paper about a node, which parts it from edges.
    halo: f64,
    edge_width: f64,
    edge_opacity: f64,
}

impl Look {
    fn of(num_nodes: usize, num_edges: usize) -> Self {
        let (diameter, halo) = match num_nodes {
            0..=60 => (13.0, 1.6),
            61..=300 => (8.0, 1.0),
            301..=1500 => (5.5, 0.6),
            1501..=5000 => (4.2, 0.4),
            5001..=20_000 => (2.6, 0.0),
            _ => (1.8, 0.0),
        };
        let (edge_width, edge_opacity) = match num_edges {
            0..=300 => (1.2, 0.5),
            301..=2000 => (0.9, 0.42),
            2001..=10_000 => (0.6, 0.3),
            10_001..=60_000 => (0.4, 0.13),
            _ => (0.35, 0.1),
        };
        Self { diameter, halo, edge_width, edge_opacity }
    }
}

pub(crate) fn chart(graph: &NodeLink) -> Option<Chart> {
    let area =
        Area { x: MARGIN, y: MARGIN, width: WIDTH - 2.0 * MARGIN, height: height(graph) - 2.0 * MARGIN };
    let place = Placement::of(graph.nodes.iter().map(|node| node.position), &area)?;
    let look = Look::of(graph.nodes.len(), graph.edges.len());
    let mut scene = Scene::new(WIDTH, area.bottom() + MARGIN);

    let segments: Vec<[[f64; 2]; 2]> =
        drawn(graph).filter_map(|ends| segment(ends.map(|end| place.position(end)))).collect();
    for segments in segments.chunks(EDGES_PER_PATH) {
        let paint = Ink::Muted.at(look.edge_opacity);
        scene.shapes.push(Shape::Segments { segments: segments.to_vec(), width: look.edge_width, paint });
    }
    let nodes: Vec<_> =
        graph.nodes.iter().filter_map(|node| Some((node.class, place.position(node.position)?))).collect();
    if look.halo > 0.0 {
        let points = nodes.iter().map(|(_, point)| *point).collect();
        scene.marks(points, Marker::Circle, look.diameter + 2.0 * look.halo, Ink::Surface);
    }
    let name =
        |class: u32| graph.classes.get(class as usize).cloned().unwrap_or_else(|| format!("class {class}"));
    let entries = draw_nodes(&mut scene, &nodes, look.diameter, name);
    if nodes.iter().any(|(class, _)| class.is_some()) {
        scene.height = draw_classes(&mut scene, &entries, &area);
    }
    let num_drawn = segments.len();
    let left_out = if num_drawn < graph.edges.len() {
        format!(" {num_drawn} of {} edges are drawn.", graph.edges.len())
    } else {
        String::new()
    };
    Some(Chart {
        name: "layout",
        title: graph.title.clone(),
        caption: format!("A mark is a node, its colour its class; a line is an edge.{left_out}"),
        scene,
        hover: None,
    })
}

/// The height at which the layout fills the width.
fn height(graph: &NodeLink) -> f64 {
    let range = |axis: usize| {
        let positions = graph.nodes.iter().map(|node| node.position);
        let finite = positions.filter(|position| position.iter().all(|x| x.is_finite()));
        scale::range_of(finite.map(|position| position[axis])).map(|(low, high)| high - low)
    };
    let ratio = match (range(0), range(1)) {
        (Some(width), Some(height)) if width > 0.0 => height / width,
        _ => 1.0,
    };
    (WIDTH * ratio).clamp(HEIGHTS[0], HEIGHTS[1])
}

/// The positions of both ends of the edges that are drawn.
fn drawn(graph: &NodeLink) -> impl Iterator<Item = [[f64; 2]; 2]> + '_ {
    let position = |node: u32| {
        let node = graph.nodes.get(node as usize);
        node.expect("an edge of a layout must have nodes at its ends").position
    };
    let count = graph.edges.len().min(MOST_EDGES);
    let chosen = (0..count).map(move |place| graph.edges[place * graph.edges.len() / count]);
    chosen.map(move |ends| ends.map(position))
}

fn segment([from, to]: [Option<[f64; 2]>; 2]) -> Option<[[f64; 2]; 2]> {
    Some([from?, to?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node_link::LinkedNode;

    fn node(x: f64, y: f64, class: Option<u32>) -> LinkedNode {
        LinkedNode { position: [x, y], class }
    }

    fn segments(chart: &Chart) -> usize {
        let count = |shape: &Shape| match shape {
            Shape::Segments { segments, .. } => segments.len(),
            _ => 0,
        };
        chart.scene.shapes.iter().map(count).sum()
    }

    #[test]
    fn edges_lie_below_nodes_and_classes_have_a_legend() {
        let graph = NodeLink {
            title: "Triangle".to_owned(),
            nodes: vec![node(0.0, 0.0, Some(0)), node(4.0, 0.0, Some(1)), node(2.0, 2.0, None)],
            edges: vec![[0, 1], [1, 2], [2, 0]],
            classes: vec!["first".to_owned()],
        };
        let chart = chart(&graph).unwrap();
        assert_eq!(segments(&chart), 3);
        let last_edge = chart.scene.shapes.iter().rposition(|shape| matches!(shape, Shape::Segments { .. }));
        let first_node = chart.scene.shapes.iter().position(|shape| matches!(shape, Shape::Marks { .. }));
        assert!(last_edge < first_node);
        let texts: Vec<&str> = chart
            .scene
            .shapes
            .iter()
            .filter_map(
                |shape| if let Shape::Text(text) = shape { Some(text.content.as_str()) } else { None },
            )
            .collect();
        assert_eq!(texts, ["no class", "first", "class 1"]);
        assert!(chart.scene.height > WIDTH / 2.0 && chart.scene.height < WIDTH / 2.0 + 40.0);
    }

    #[test]
    fn nodes_without_a_place_are_left_out_with_their_edges() {
        let nodes = vec![node(0.0, 0.0, None), node(f64::NAN, 0.0, None), node(1.0, 3.0, None)];
        let graph = NodeLink { nodes, edges: vec![[0, 1], [0, 2]], ..NodeLink::default() };
        let chart = chart(&graph).unwrap();
        assert_eq!(segments(&chart), 1);
        assert!(chart.caption.ends_with("1 of 2 edges are drawn."), "{}", chart.caption);
        assert_eq!(chart.scene.height, HEIGHTS[1]);
        assert!(super::chart(&NodeLink::default()).is_none());
    }

    #[test]
    fn of_many_edges_some_are_drawn() {
        let nodes = (0..400).map(|i| node(f64::from(i % 20), f64::from(i / 20), None)).collect();
        let edges = (0..80_000).map(|i| [i % 400, i / 200]).collect();
        let graph = NodeLink { nodes, edges, ..NodeLink::default() };
        assert_eq!(segments(&chart(&graph).unwrap()), MOST_EDGES);
    }

    #[test]
    #[should_panic(expected = "must have nodes at its ends")]
    fn an_edge_to_no_node_is_a_callers_slip() {
        let graph =
            NodeLink { nodes: vec![node(0.0, 0.0, None)], edges: vec![[0, 7]], ..NodeLink::default() };
        chart(&graph);
    }
}
