use crate::error::Error;
use crate::graph::Graph;
use crate::placement::{Placement, matrix};

/// What a layout says of one component.
pub(crate) struct Placed {
    pub(crate) points: Vec<[f64; 2]>,
    pub(crate) objective: f64,
    pub(crate) history: Vec<(usize, f64)>,
}

/// A component with its own numbers of nodes, in compressed rows.
struct Component {
    nodes: Vec<u32>,
    starts: Vec<usize>,
    neighbors: Vec<u32>,
    lengths: Vec<f32>,
}

/// Space between two components, as the longer side of a component with one node would be.
const GAP: f64 = 1.0;

/// Places each component by itself, and all of them in rows below the largest: no path says how far they are from each
/// other. A component of n nodes is scaled to a longer side of √n, the whole to the scale of the largest. The
/// objective and its history are those of the largest, the first of equals.
pub(crate) fn place_each(
    graph: Graph,
    mut place: impl FnMut(Graph) -> Result<Placed, Error>,
) -> Result<Placement, Error> {
    let components = components(graph);
    if components.len() <= 1 {
        let Placed { points, objective, history } =
            if graph.num_nodes() == 0 { single() } else { place(graph)? };
        return Ok(Placement { points: matrix(&points[..graph.num_nodes()]), objective, history });
    }
    let mut boxes = Vec::with_capacity(components.len());
    let mut points = vec![[0.0; 2]; graph.num_nodes()];
    let (mut objective, mut history, mut unit) = (0.0, Vec::new(), 1.0);
    for (rank, component) in components.iter().enumerate() {
        let found = if component.nodes.len() == 1 {
            single()
        } else {
            let own = Graph::from_csr(&component.starts, &component.neighbors)?;
            place(if graph.has_lengths() { own.with_lengths(&component.lengths)? } else { own })?
        };
        let (low, size) = extent(&found.points);
        let longer = size[0].max(size[1]);
        let scale = if longer > 0.0 { (component.nodes.len() as f64).sqrt() / longer } else { 1.0 };
        for (&node, point) in component.nodes.iter().zip(&found.points) {
            points[node as usize] = [0, 1].map(|axis| (point[axis] - low[axis]) * scale);
        }
        boxes.push(size.map(|side| side * scale + GAP));
        if rank == 0 {
            (objective, history, unit) = (found.objective, found.history, scale.recip());
        }
    }
    for (component, corner) in components.iter().zip(shelves(&boxes)) {
        for &node in &component.nodes {
            (0..2).for_each(|axis| points[node as usize][axis] += corner[axis]);
        }
    }
    points.iter_mut().flatten().for_each(|value| *value *= unit);
    Ok(Placement { points: matrix(&points), objective, history })
}

fn single() -> Placed {
    Placed { points: vec![[0.0; 2]], objective: 0.0, history: Vec::new() }
}

/// The lower left corner and the sides of the rectangle about points.
pub(crate) fn extent(points: &[[f64; 2]]) -> ([f64; 2], [f64; 2]) {
    let bound = |axis: usize, better: fn(f64, f64) -> f64| {
        points.iter().map(|point| point[axis]).reduce(better).unwrap_or(0.0)
    };
    let low = [0, 1].map(|axis| bound(axis, f64::min));
    (low, [0, 1].map(|axis| bound(axis, f64::max) - low[axis]))
}

/// The largest first; of as large ones that with the lower node first.
fn components(graph: Graph) -> Vec<Component> {
    let mut number = vec![u32::MAX; graph.num_nodes()];
    let mut components = Vec::new();
    for root in 0..graph.num_nodes() as u32 {
        if number[root as usize] != u32::MAX {
            continue;
        }
        number[root as usize] = 0;
        let mut nodes = vec![root];
        let mut next = 0;
        while let Some(&node) = nodes.get(next) {
            next += 1;
            for &neighbor in graph.neighbors(node) {
                if number[neighbor as usize] == u32::MAX {
                    number[neighbor as usize] = 0;
                    nodes.push(neighbor);
                }
            }
        }
        nodes.sort_unstable();
        (0u32..).zip(&nodes).for_each(|(own, &node)| number[node as usize] = own);
        let (mut starts, mut neighbors, mut lengths) = (vec![0], Vec::new(), Vec::new());
        for &node in &nodes {
            for (neighbor, length) in graph.arcs(node) {
                neighbors.push(number[neighbor as usize]);
                lengths.push(length);
            }
            starts.push(neighbors.len());
        }
        components.push(Component { nodes, starts, neighbors, lengths });
    }
    components.sort_by_key(|component| std::cmp::Reverse(component.nodes.len()));
    components
}

/// The lower left corner of each box: rows from the top down, a row as high as the highest box in it. A first box that is most
/// of all has a row for itself.
fn shelves(boxes: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let area: f64 = boxes.iter().map(|[width, height]| width * height).sum();
    let widest = boxes.iter().fold(0.0f64, |most, [width, _]| most.max(*width));
    let first_is_most = 2.0 * boxes[0][0] * boxes[0][1] >= area;
    let room = if first_is_most { widest } else { widest.max(1.1 * area.sqrt()) };
    let (mut x, mut top, mut row_height) = (0.0, 0.0, 0.0f64);
    let mut corners = Vec::with_capacity(boxes.len());
    for &[width, height] in boxes {
        // A little more than the room: sums of widths are rounded.
        if x > 0.0 && x + width > room * (1.0 + 1e-9) {
            (x, top, row_height) = (0.0, top - row_height, 0.0);
        }
        corners.push([x, top - height]);
        x += width;
        row_height = row_height.max(height);
    }
    corners
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_lie_apart_and_their_density_is_the_same() {
        // Two triangles, the second larger in the layout's eyes, a pair and a single node.
        let starts = [0, 2, 4, 6, 8, 10, 12, 13, 14, 14];
        let neighbors = [1, 2, 0, 2, 0, 1, 4, 5, 3, 5, 3, 4, 7, 6];
        let graph = Graph::from_csr(&starts, &neighbors).unwrap();
        let mut sizes = Vec::new();
        let placement = place_each(graph, |own| {
            let n = own.num_nodes();
            sizes.push(n);
            let points = (0..n).map(|node| [node as f64 * sizes.len() as f64, 0.0]).collect();
            Ok(Placed { points, objective: sizes.len() as f64, history: vec![(1, 2.0)] })
        })
        .unwrap();
        assert_eq!(sizes, [3, 3, 2]);
        assert_eq!((placement.objective, placement.history), (1.0, vec![(1, 2.0)]));
        let points = placement.points;
        let distance =
            |a: usize, b: usize| (points[[a, 0]] - points[[b, 0]]).hypot(points[[a, 1]] - points[[b, 1]]);
        // The largest keeps its scale.
        approx::assert_relative_eq!(distance(0, 2), 2.0, max_relative = 1e-12);
        approx::assert_relative_eq!(distance(3, 5), 2.0, max_relative = 1e-12);
        approx::assert_relative_eq!(distance(6, 7), (8.0f64 / 3.0).sqrt(), max_relative = 1e-12);
        let component = |node: usize| [0, 0, 0, 1, 1, 1, 2, 2, 3][node];
        for a in 0..9 {
            for b in (0..9).filter(|&b| component(b) != component(a)) {
                assert!(distance(a, b) > 0.99 * 2.0 / 3.0f64.sqrt(), "{a} and {b}");
            }
        }
    }

    #[test]
    fn boxes_do_not_overlap() {
        let boxes: Vec<[f64; 2]> =
            (0..60).map(|i| [1.0 + f64::from(i * i % 7), 12.0 / (1.0 + f64::from(i % 5))]).collect();
        let corners = shelves(&boxes);
        for i in 0..60 {
            for j in 0..i {
                let apart = |axis: usize| {
                    corners[i][axis] + boxes[i][axis] <= corners[j][axis] + 1e-9
                        || corners[j][axis] + boxes[j][axis] <= corners[i][axis] + 1e-9
                };
                assert!(apart(0) || apart(1), "{i} and {j}");
            }
        }
    }

    #[test]
    fn a_graph_without_nodes_has_no_points() {
        let graph = Graph::from_csr(&[0], &[]).unwrap();
        let placement = place_each(graph, |_| panic!("nothing to place")).unwrap();
        assert_eq!(placement.points.dim(), (0, 2));
    }
}
