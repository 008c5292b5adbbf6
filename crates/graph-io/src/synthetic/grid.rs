//! Grids, open or closed to a torus.

use crate::arcs::{ArcMeaning, Arcs};
use crate::error::Error;
use crate::graph::check_counts;
use crate::node_ids::NodeIds;
use crate::raw_dataset::RawDataset;

/// The settings of a [`grid`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GridConfig {
    /// Rows, at least 1, on a torus 3.
    pub rows: usize,
    /// Columns, at least 1, on a torus 3.
    pub columns: usize,
    /// What lies beyond the last row and the last column.
    pub border: Border,
}

/// What lies beyond the last row and the last column of a [`grid`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Border {
    /// Nothing.
    #[default]
    Open,
    /// The first row and the first column: every node has four neighbors.
    Torus,
}

/// The grid of rows r and columns c, each node joined to those beside, above and below it.
///
/// Node i · c + j stands in row i and column j. There are r (c − 1) + c (r − 1) edges, on a torus 2 r c. Nothing is random.
/// O(nodes).
///
/// ```
/// use graph_io::CleaningPolicy;
/// use graph_io::synthetic::{Border, GridConfig, grid};
///
/// let torus = grid(&GridConfig { rows: 3, columns: 5, border: Border::Torus })?;
/// let graph = torus.clean(&CleaningPolicy::default())?.into_parts().graph;
/// assert_eq!((graph.num_edges(), graph.neighbors(0)), (30, &[1, 4, 5, 10][..]));
/// # Ok::<(), graph_io::Error>(())
/// ```
///
/// # Errors
/// A setting out of its range; 2³¹ nodes or 2³⁰ edges.
pub fn grid(config: &GridConfig) -> Result<RawDataset, Error> {
    let GridConfig { rows, columns, border } = *config;
    // A torus of two rows would have each edge between them twice, one of a single row loops.
    let least = if border == Border::Torus { 3 } else { 1 };
    for (what, count) in [("`rows`", rows), ("`columns`", columns)] {
        if count < least {
            return Err(Error::invalid(what, format!("at least {least}"), count.to_string()));
        }
    }
    let num_nodes = rows.saturating_mul(columns);
    check_counts(num_nodes, 0)?;
    let num_edges = match border {
        Border::Open => 2 * num_nodes - rows - columns,
        Border::Torus => 2 * num_nodes,
    };
    check_counts(num_nodes, 2 * num_edges)?;

    let (mut from, mut to) = (Vec::with_capacity(num_edges), Vec::with_capacity(num_edges));
    let beyond = |index: usize, count: usize| match border {
        Border::Open => (index + 1 < count).then_some(index + 1),
        Border::Torus => Some((index + 1) % count),
    };
    for row in 0..rows {
        for column in 0..columns {
            let right = beyond(column, columns).map(|column| row * columns + column);
            let below = beyond(row, rows).map(|row| row * columns + column);
            for neighbor in [right, below].into_iter().flatten() {
                from.push((row * columns + column) as u32);
                to.push(neighbor as u32);
            }
        }
    }
    let arcs = Arcs { from, to, weights: None, meaning: ArcMeaning::Undirected };
    Ok(RawDataset::from_arcs("grid", NodeIds::counted(num_nodes), arcs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Graph;

    fn graph(rows: usize, columns: usize, border: Border) -> Graph {
        let arcs = grid(&GridConfig { rows, columns, border }).unwrap().arcs;
        let (graph, report) = Graph::from_arcs(rows * columns, arcs, Default::default()).unwrap();
        assert_eq!((report.duplicates_merged, report.loops_dropped), (0, 0));
        graph
    }

    #[test]
    fn two_rows_of_three_are_those_worked_by_hand() {
        let edges: Vec<(u32, u32)> = graph(2, 3, Border::Open).edges().collect();
        assert_eq!(edges, [(0, 1), (0, 3), (1, 2), (1, 4), (2, 5), (3, 4), (4, 5)]);
    }

    #[test]
    fn an_open_grid_has_its_edges_and_one_component() {
        for (rows, columns) in [(1, 1), (1, 9), (9, 1), (7, 11)] {
            let graph = graph(rows, columns, Border::Open);
            assert_eq!(graph.num_edges(), rows * (columns - 1) + columns * (rows - 1));
            assert_eq!(graph.num_components(), 1);
        }
    }

    #[test]
    fn every_node_of_a_torus_has_four_neighbors() {
        for (rows, columns) in [(3, 3), (3, 8), (6, 4)] {
            let graph = graph(rows, columns, Border::Torus);
            assert_eq!(graph.num_edges(), 2 * rows * columns);
            assert!((0..(rows * columns) as u32).all(|node| graph.degree(node) == 4));
        }
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let message =
            |rows, columns, border| grid(&GridConfig { rows, columns, border }).unwrap_err().to_string();
        assert_eq!(message(0, 3, Border::Open), "`rows`: expected at least 1, found 0");
        assert_eq!(message(3, 2, Border::Torus), "`columns`: expected at least 3, found 2");
        assert_eq!(
            message(1 << 16, 1 << 15, Border::Open),
            "graph: expected fewer than 2147483648 nodes, found 2147483648"
        );
        assert_eq!(
            message(1 << 15, 1 << 14, Border::Torus),
            "graph: expected fewer than 2147483648 arcs, found 2147483648"
        );
        assert!(message(usize::MAX, usize::MAX, Border::Torus).starts_with("graph: expected fewer than"));
    }
}
