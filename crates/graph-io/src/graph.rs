//! An undirected graph, checked once when it is built.

use rayon::prelude::*;

use crate::arcs::{ArcMeaning, Arcs};
use crate::assemble::{Refusal, symmetric_rows};
use crate::csr::{CsrMatrix, row};
use crate::edge_policy::{Duplicates, EdgePolicy, EdgeReport, Loops, Weights};
use crate::error::Error;

/// Nodes and arcs stay below this, so that every index fits an `i32` on any device.
const INDEX_LIMIT: usize = 1 << 31;

/// An undirected graph: a square symmetric adjacency matrix in compressed rows.
///
/// An edge between two nodes is two stored entries, its arcs; a loop is one edge and one arc. Every row is sorted
/// and free of duplicates, every weight is finite and positive, and there are fewer than 2³¹ nodes and arcs: all
/// checked when the graph is built, so no reader of it checks again.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    adjacency: CsrMatrix,
    num_loops: usize,
}

impl Graph {
    /// Builds the undirected graph of a list of node pairs; each pair stands for an edge with weight 1, whichever
    /// its order. O(m log m) for m pairs.
    ///
    /// ```
    /// use graph_io::{EdgePolicy, Graph};
    ///
    /// let (graph, report) = Graph::from_edges(4, &[(0, 1), (1, 0), (2, 1), (3, 3)], EdgePolicy::default())?;
    /// assert_eq!(graph.neighbors(1), [0, 2]);
    /// assert_eq!((graph.num_edges(), report.loops_dropped, report.reverses_added), (2, 1, 1));
    /// # Ok::<(), graph_io::Error>(())
    /// ```
    ///
    /// # Errors
    /// No nodes; a pair with a node that is not below `num_nodes`; a loop under [`Loops::Refuse`]; 2³¹ nodes or arcs.
    pub fn from_edges(
        num_nodes: usize,
        edges: &[(u32, u32)],
        policy: EdgePolicy,
    ) -> Result<(Self, EdgeReport), Error> {
        Self::from_arcs(num_nodes, Arcs::from_pairs(edges, ArcMeaning::Directed), policy)
    }

    /// Builds the undirected graph of arcs. O(nodes + arcs), beside the sorting of each row; the result does not depend on
    /// the number of threads.
    ///
    /// # Errors
    /// No nodes; an arc with a node that is not below `num_nodes`; a weight that is not finite and positive; whatever
    /// the policy refuses; 2³¹ nodes or arcs.
    ///
    /// # Panics
    /// When the lists of the arcs differ in length.
    pub fn from_arcs(num_nodes: usize, arcs: Arcs, policy: EdgePolicy) -> Result<(Self, EdgeReport), Error> {
        check_counts(num_nodes, arcs.len())?;
        let mut report = EdgeReport { arcs_read: arcs.len(), ..EdgeReport::default() };
        let directed = arcs.meaning == ArcMeaning::Directed;
        let Arcs { from, to, weights, .. } = arcs;
        check_ends(num_nodes, &from, &to, policy.loops)?;
        if let Some(weights) = &weights
            && policy.weights == Weights::Keep
            && let Some(place) = weights.iter().position(|weight| !(weight.is_finite() && *weight > 0.0))
        {
            let expected =
                "a finite positive number; `--weights ignore` takes edges of any weight or sign as 1";
            let num_negative = weights.iter().filter(|weight| **weight < 0.0).count();
            let found = match weights[place] {
                weight if weight < 0.0 => {
                    format!("{weight}, {num_negative} of {} being negative", weights.len())
                }
                weight => weight.to_string(),
            };
            return Err(Error::invalid(format!("weight of edge {place}"), expected, found));
        }
        let weights = weights.filter(|weights| {
            let ignored = policy.weights == Weights::Ignore;
            report.weights_ignored = if ignored { weights.len() } else { 0 };
            !ignored
        });
        let how = (policy, directed);
        let counts_pairs = policy.duplicates == Duplicates::Sum;
        let (pointers, columns, weights, num_loops) = match weights {
            None if !counts_pairs => {
                let none = vec![(); from.len()];
                let rows = symmetric_rows(num_nodes, from, to, none, how, &mut report).map_err(refused)?;
                let weights = vec![1.0; rows.columns.len()];
                (rows.pointers, rows.columns, weights, rows.num_loops)
            }
            weights => {
                let weights = weights.unwrap_or_else(|| vec![1.0f32; from.len()]);
                let rows = symmetric_rows(num_nodes, from, to, weights, how, &mut report).map_err(refused)?;
                (rows.pointers, rows.columns, rows.weights, rows.num_loops)
            }
        };
        if let Some(place) = weights.iter().position(|weight| !weight.is_finite()) {
            let what = format!("weight of the edges to node {}", columns[place]);
            return Err(Error::invalid(what, "a finite sum", "infinity"));
        }
        let row_pointers: Vec<usize> = pointers.into_iter().map(|pointer| pointer as usize).collect();
        let adjacency = CsrMatrix::try_new((num_nodes, num_nodes), row_pointers, columns, weights)
            .expect("sorted distinct arcs between known nodes make valid rows");
        Ok((Self { adjacency, num_loops }, report))
    }

    /// Takes an adjacency matrix as it is, weights and loops included. O(nodes + arcs).
    ///
    /// # Errors
    /// Not square; no nodes; stored by columns, or with row pointers that do not start at 0; a weight that is not
    /// finite and positive; not symmetric; 2³¹ nodes or arcs. (Rows of a `CsrMatrix` are sorted and free of
    /// duplicates by its own rules.)
    pub fn from_adjacency(adjacency: CsrMatrix) -> Result<Self, Error> {
        let invalid = |expected: &str, found: String| Err(Error::invalid("adjacency", expected, found));
        if adjacency.rows() != adjacency.cols() {
            return invalid("a square matrix", format!("{} × {}", adjacency.rows(), adjacency.cols()));
        }
        if !adjacency.is_csr() {
            return invalid("storage by rows", "storage by columns".to_string());
        }
        if !adjacency.indptr().is_proper() {
            return invalid("row pointers from 0", "a slice of a larger matrix".to_string());
        }
        check_counts(adjacency.rows(), adjacency.nnz())?;
        let adjacency = match Self::try_from_adjacency(adjacency) {
            Ok(graph) => return Ok(graph),
            Err(adjacency) => adjacency,
        };
        // What is wrong is looked for entry by entry.
        let mut num_loops = 0;
        // Rows are visited in ascending order and are sorted, so what must lead back is always the next entry of its row.
        let mut next: Vec<usize> = adjacency.indptr().iter_outer_sz().map(|row| row.start).collect();
        for from in 0..adjacency.rows() {
            let (columns, weights) = row(&adjacency, from);
            for (&to, &weight) in columns.iter().zip(weights) {
                if !(weight.is_finite() && weight > 0.0) {
                    return invalid(
                        "finite positive weights",
                        format!("{weight} at row {from}, column {to}"),
                    );
                }
                let place = next[to as usize];
                let is_next = place < adjacency.indptr().outer_inds_sz(to as usize).end
                    && adjacency.indices()[place] as usize == from
                    && adjacency.data()[place] == weight;
                if !is_next {
                    return invalid("a symmetric matrix", asymmetry(&adjacency, from, to as usize, place));
                }
                next[to as usize] += 1;
                num_loops += usize::from(to as usize == from);
            }
        }
        Ok(Self { adjacency, num_loops })
    }

    /// Takes an adjacency matrix as it is, or gives it back where it is no graph as it is: not square, not in compressed rows from 0, without
    /// nodes, with 2³¹ nodes or arcs, not symmetric, or with a weight that is not finite and positive. O(nodes + arcs).
    pub fn try_from_adjacency(adjacency: CsrMatrix) -> Result<Self, CsrMatrix> {
        let has_form = adjacency.rows() == adjacency.cols()
            && adjacency.is_csr()
            && adjacency.indptr().is_proper()
            && check_counts(adjacency.rows(), adjacency.nnz()).is_ok();
        match has_form.then(|| loops_if_symmetric(&adjacency)).flatten() {
            Some(num_loops) => Ok(Self { adjacency, num_loops }),
            None => Err(adjacency),
        }
    }

    /// How many nodes.
    pub fn num_nodes(&self) -> usize {
        self.adjacency.rows()
    }

    /// How many edges; an edge counts once, and so does a loop.
    pub fn num_edges(&self) -> usize {
        (self.num_arcs() + self.num_loops) / 2
    }

    /// How many arcs, the stored entries: two an edge between two nodes, one a loop.
    pub fn num_arcs(&self) -> usize {
        self.adjacency.nnz()
    }

    /// How many edges go from a node to itself.
    pub fn num_loops(&self) -> usize {
        self.num_loops
    }

    /// The neighbors of a node in ascending order; the node itself is among them if it has a loop.
    ///
    /// # Panics
    /// When `node` is not below [`num_nodes`](Self::num_nodes).
    pub fn neighbors(&self, node: u32) -> &[u32] {
        row(&self.adjacency, node as usize).0
    }

    /// How many neighbors a node has; a loop counts once.
    ///
    /// # Panics
    /// When `node` is not below [`num_nodes`](Self::num_nodes).
    pub fn degree(&self, node: u32) -> usize {
        self.neighbors(node).len()
    }

    /// The edges in ascending order, each once with its smaller node first.
    pub fn edges(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        (0..self.num_nodes() as u32).flat_map(|from| {
            self.neighbors(from).iter().filter(move |&&to| to >= from).map(move |&to| (from, to))
        })
    }

    /// The edges in ascending order with their weights, each once with its smaller node first.
    pub fn weighted_edges(&self) -> impl Iterator<Item = (u32, u32, f32)> + '_ {
        (0..self.num_nodes() as u32).flat_map(move |from| {
            let (columns, weights) = row(&self.adjacency, from as usize);
            let entries = columns.iter().zip(weights);
            entries.filter(move |entry| *entry.0 >= from).map(move |(&to, &weight)| (from, to, weight))
        })
    }

    /// Whether every weight is 1.
    pub fn is_unweighted(&self) -> bool {
        self.adjacency.data().iter().all(|&weight| weight == 1.0)
    }

    /// The adjacency matrix A, symmetric: `[nodes, nodes]`.
    pub fn adjacency(&self) -> &CsrMatrix {
        &self.adjacency
    }

    /// Whether a node has no neighbor other than itself.
    ///
    /// # Panics
    /// When `node` is not below [`num_nodes`](Self::num_nodes).
    pub fn is_isolated(&self, node: u32) -> bool {
        self.neighbors(node).iter().all(|&to| to == node)
    }

    /// How many nodes have no neighbor; a loop does not make its node less isolated.
    pub fn num_isolated(&self) -> usize {
        (0..self.num_nodes() as u32).filter(|&node| self.is_isolated(node)).count()
    }

    /// The graph of some nodes and the edges between them; node i is `nodes[i]` of this graph.
    ///
    /// # Errors
    /// No nodes.
    ///
    /// # Panics
    /// When a node is not below [`num_nodes`](Self::num_nodes), or `nodes` does not ascend.
    pub fn subgraph(&self, nodes: &[u32]) -> Result<Self, Error> {
        assert!(nodes.is_sorted_by(|a, b| a < b), "nodes of a subgraph ascend");
        check_counts(nodes.len(), 0)?;
        let mut new_of_old = vec![u32::MAX; self.num_nodes()];
        nodes.iter().zip(0..).for_each(|(&old, new)| new_of_old[old as usize] = new);
        let (mut row_pointers, mut columns, mut weights) = (vec![0], Vec::new(), Vec::new());
        for &old in nodes {
            let (old_columns, old_weights) = row(&self.adjacency, old as usize);
            for (&column, &weight) in old_columns.iter().zip(old_weights) {
                if new_of_old[column as usize] != u32::MAX {
                    columns.push(new_of_old[column as usize]);
                    weights.push(weight);
                }
            }
            row_pointers.push(columns.len());
        }
        let adjacency = CsrMatrix::try_new((nodes.len(), nodes.len()), row_pointers, columns, weights)
            .expect("ascending nodes leave rows sorted");
        let num_loops =
            nodes.iter().filter(|&&node| self.neighbors(node).binary_search(&node).is_ok()).count();
        Ok(Self { adjacency, num_loops })
    }
}

/// What is not symmetric where the entry at `place` of row `to` does not lead back to `from`.
/// How many loops a square matrix has that is symmetric with finite positive weights; none for another one.
///
/// Each entry below the diagonal must be the next one above it in the row that it leads to, which leaves none: half of
/// the entries are looked up, the only thing here that does not go from front to back.
fn loops_if_symmetric(adjacency: &CsrMatrix) -> Option<usize> {
    let (columns, weights) = (adjacency.indices(), adjacency.data());
    if !weights.iter().all(|&weight| weight.is_finite() && weight > 0.0) {
        return None;
    }
    let is_unweighted = weights.iter().all(|&weight| weight == 1.0);
    let (mut next, mut ends) = (Vec::with_capacity(adjacency.rows()), Vec::with_capacity(adjacency.rows()));
    let (mut num_loops, mut num_below, mut num_above) = (0, 0, 0);
    for (row, range) in (0u32..).zip(adjacency.indptr().iter_outer_sz()) {
        let below = columns[range.clone()].partition_point(|&column| column < row);
        let is_loop = columns[range.clone()].get(below) == Some(&row);
        let above = range.start + below + usize::from(is_loop);
        // Fewer than 2³¹ entries.
        next.push(above as u32);
        ends.push(range.end as u32);
        num_loops += usize::from(is_loop);
        num_below += below;
        num_above += range.end - above;
        for (place, &column) in columns[range.start..][..below].iter().enumerate() {
            let mirrored = &mut next[column as usize];
            let at = *mirrored as usize;
            let is_mirrored = *mirrored < ends[column as usize]
                && columns[at] == row
                && (is_unweighted || weights[at] == weights[range.start + place]);
            if !is_mirrored {
                return None;
            }
            *mirrored += 1;
        }
    }
    (num_below == num_above).then_some(num_loops)
}

fn asymmetry(adjacency: &CsrMatrix, from: usize, to: usize, place: usize) -> String {
    let weight = |from: usize, to: usize| adjacency.get(from, to).copied();
    let (row, column) = match weight(from, to) == weight(to, from) {
        false => (from, to),
        // It is there, behind an entry that nothing led to.
        true => (to, adjacency.indices()[place] as usize),
    };
    let words =
        |weight: Option<f32>| weight.map_or_else(|| "nothing".to_string(), |weight| weight.to_string());
    let (forth, back) = (words(weight(row, column)), words(weight(column, row)));
    format!("{forth} at row {row}, column {column} and {back} at row {column}, column {row}")
}

fn check_ends(num_nodes: usize, from: &[u32], to: &[u32], loops: Loops) -> Result<(), Error> {
    let is_fine = |(&from, &to): (&u32, &u32)| {
        (from.max(to) as usize) < num_nodes && (loops != Loops::Refuse || from != to)
    };
    if from.par_iter().zip(to).with_min_len(1 << 14).all(is_fine) {
        return Ok(());
    }
    for (index, (&from, &to)) in from.iter().zip(to).enumerate() {
        if from.max(to) as usize >= num_nodes {
            let expected = format!("two nodes below {num_nodes}");
            return Err(Error::invalid(format!("edge {index}"), expected, format!("({from}, {to})")));
        }
        if from == to && loops == Loops::Refuse {
            let found = format!("a loop at {from}");
            return Err(Error::invalid(format!("edge {index}"), "two different nodes", found));
        }
    }
    Ok(())
}

fn refused(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Duplicate(from, to) => {
            Error::invalid("edges", "each pair of nodes once", format!("({from}, {to}) twice"))
        }
        Refusal::OneWay(from, to) => {
            Error::invalid("edges", "each in both directions", format!("({from}, {to}) without its reverse"))
        }
        Refusal::TooMany(num_arcs) => {
            Error::invalid("graph", format!("fewer than {INDEX_LIMIT} arcs"), num_arcs.to_string())
        }
    }
}

/// Refuses a graph without nodes or with 2³¹ nodes or arcs.
pub(crate) fn check_counts(num_nodes: usize, num_arcs: usize) -> Result<(), Error> {
    if num_nodes == 0 {
        return Err(Error::invalid("graph", "at least one node", "none: the graph is empty"));
    }
    for (what, count) in [("nodes", num_nodes), ("arcs", num_arcs)] {
        if count >= INDEX_LIMIT {
            return Err(Error::invalid(
                "graph",
                format!("fewer than {INDEX_LIMIT} {what}"),
                count.to_string(),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge_policy::Direction;
    use proptest::prelude::*;

    fn message(edges: &[(u32, u32)], num_nodes: usize, loops: Loops) -> String {
        Graph::from_edges(num_nodes, edges, EdgePolicy { loops, ..EdgePolicy::default() })
            .unwrap_err()
            .to_string()
    }

    fn square<const N: usize>(columns: [&[u32]; N], weights: &[f32]) -> CsrMatrix {
        let pointers = (0..=N).map(|row| columns[..row].iter().map(|row| row.len()).sum()).collect();
        CsrMatrix::new((N, N), pointers, columns.concat(), weights.to_vec())
    }

    #[test]
    fn edges_are_mirrored_merged_and_counted() {
        let edges = [(0, 1), (1, 0), (0, 1), (2, 1), (2, 2), (2, 2)];
        let (graph, report) = Graph::from_edges(4, &edges, EdgePolicy::default()).unwrap();
        assert_eq!((graph.num_nodes(), graph.num_edges(), graph.num_arcs()), (4, 2, 4));
        assert_eq!(graph.neighbors(1), [0, 2]);
        assert_eq!((graph.degree(3), graph.num_isolated()), (0, 1));
        let expected = EdgeReport {
            arcs_read: 6,
            duplicates_merged: 2,
            loops_dropped: 1,
            reverses_added: 1,
            ..EdgeReport::default()
        };
        assert_eq!(report, expected);
    }

    #[test]
    fn a_kept_loop_is_one_edge_and_one_arc() {
        let policy = EdgePolicy { loops: Loops::Keep, ..EdgePolicy::default() };
        let (graph, report) = Graph::from_edges(3, &[(0, 1), (1, 1), (1, 1), (2, 2)], policy).unwrap();
        assert_eq!((graph.num_edges(), graph.num_arcs(), graph.num_loops()), (3, 4, 2));
        assert_eq!((graph.num_isolated(), graph.neighbors(1)), (1, &[0, 1][..]));
        assert_eq!((report.duplicates_merged, report.loops_dropped), (1, 0));
        assert_eq!(graph.edges().collect::<Vec<_>>(), [(0, 1), (1, 1), (2, 2)]);
    }

    fn weighted(arcs: &[(u32, u32, f32)], policy: EdgePolicy) -> Result<(Graph, EdgeReport), Error> {
        let pairs: Vec<(u32, u32)> = arcs.iter().map(|arc| (arc.0, arc.1)).collect();
        let weights = Some(arcs.iter().map(|arc| arc.2).collect());
        Graph::from_arcs(3, Arcs { weights, ..Arcs::from_pairs(&pairs, ArcMeaning::Directed) }, policy)
    }

    const WEIGHTED: [(u32, u32, f32); 5] = [(0, 1, 2.0), (0, 1, 3.0), (1, 0, 4.0), (2, 1, 0.5), (2, 2, 1.0)];

    fn weights_of(policy: EdgePolicy) -> (Vec<(u32, u32, f32)>, EdgeReport) {
        let (graph, report) = weighted(&WEIGHTED, policy).unwrap();
        let weight = |from: u32, to: u32| *graph.adjacency().get(from as usize, to as usize).unwrap();
        (graph.edges().map(|(from, to)| (from, to, weight(from, to))).collect(), report)
    }

    #[test]
    fn weights_of_pairs_given_again_are_the_first_or_the_sum_and_of_two_directions_the_larger() {
        let policy = EdgePolicy::default();
        assert_eq!(weights_of(policy).0, [(0, 1, 4.0), (1, 2, 0.5)]);
        let sum = EdgePolicy { duplicates: Duplicates::Sum, ..policy };
        assert_eq!(weights_of(sum).0, [(0, 1, 5.0), (1, 2, 0.5)]);
        let ignored = EdgePolicy { weights: Weights::Ignore, ..sum };
        let (edges, report) = weights_of(ignored);
        assert_eq!((edges, report.weights_ignored), (vec![(0, 1, 2.0), (1, 2, 1.0)], 5));
        let both = EdgePolicy { direction: Direction::Both, ..policy };
        let (edges, report) = weights_of(both);
        assert_eq!((edges, report.one_way_dropped, report.reverses_added), (vec![(0, 1, 4.0)], 1, 0));
    }

    #[test]
    fn what_the_policy_refuses_is_named() {
        let message = |policy| weighted(&WEIGHTED, policy).unwrap_err().to_string();
        let policy = EdgePolicy::default();
        assert_eq!(
            message(EdgePolicy { duplicates: Duplicates::Refuse, ..policy }),
            "edges: expected each pair of nodes once, found (0, 1) twice"
        );
        assert_eq!(
            message(EdgePolicy { direction: Direction::Refuse, ..policy }),
            "edges: expected each in both directions, found (2, 1) without its reverse"
        );
        let message = |weight| weighted(&[(0, 1, weight)], policy).unwrap_err().to_string();
        for (weight, found) in
            [(0.0, "0"), (-1.0, "-1, 1 of 1 being negative"), (f32::NAN, "NaN"), (f32::INFINITY, "inf")]
        {
            let expected =
                "a finite positive number; `--weights ignore` takes edges of any weight or sign as 1";
            assert_eq!(message(weight), format!("weight of edge 0: expected {expected}, found {found}"));
        }
        let sum = EdgePolicy { duplicates: Duplicates::Sum, ..policy };
        let error = weighted(&[(0, 1, f32::MAX), (0, 1, f32::MAX)], sum).unwrap_err();
        assert_eq!(error.to_string(), "weight of the edges to node 1: expected a finite sum, found infinity");
    }

    #[test]
    fn an_undirected_source_has_no_missing_directions() {
        let policy = EdgePolicy { direction: Direction::Refuse, ..EdgePolicy::default() };
        let arcs = Arcs::from_pairs(&[(0, 1), (2, 1)], ArcMeaning::Undirected);
        assert_eq!(Graph::from_arcs(3, arcs, policy).unwrap().0.num_edges(), 2);
    }

    proptest! {
        #[test]
        fn rows_are_those_of_a_plain_symmetrised_set(
            pairs in proptest::collection::vec((0u32..40, 0u32..40), 0..300),
        ) {
            let (graph, report) = Graph::from_edges(40, &pairs, EdgePolicy::default()).unwrap();
            let distinct: std::collections::BTreeSet<_> = pairs.iter().copied().collect();
            let mut arcs: std::collections::BTreeSet<_> =
                distinct.iter().copied().filter(|(from, to)| from != to).collect();
            let num_distinct = arcs.len();
            arcs.extend(arcs.clone().into_iter().map(|(from, to)| (to, from)));
            let found: Vec<(u32, u32)> = (0..40)
                .flat_map(|from| graph.neighbors(from).iter().map(move |&to| (from, to)))
                .collect();
            prop_assert_eq!(found, arcs.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(report.duplicates_merged, pairs.len() - distinct.len());
            prop_assert_eq!(report.loops_dropped, distinct.len() - num_distinct);
            prop_assert_eq!(report.reverses_added, arcs.len() - num_distinct);
        }
    }

    #[test]
    fn a_bad_edge_is_named() {
        assert_eq!(
            message(&[(0, 1), (1, 5)], 5, Loops::Drop),
            "edge 1: expected two nodes below 5, found (1, 5)"
        );
        assert_eq!(
            message(&[(1, 1)], 5, Loops::Refuse),
            "edge 0: expected two different nodes, found a loop at 1"
        );
    }

    #[test]
    fn a_graph_without_nodes_or_with_too_many_arcs_is_refused() {
        assert_eq!(
            message(&[], 0, Loops::Drop),
            "graph: expected at least one node, found none: the graph is empty"
        );
        assert_eq!(
            check_counts(10, 1 << 31).unwrap_err().to_string(),
            "graph: expected fewer than 2147483648 arcs, found 2147483648"
        );
        assert!(check_counts(10, (1 << 31) - 1).is_ok());
        assert!(Graph::from_edges(1 << 31, &[], EdgePolicy::default()).is_err());
    }

    #[test]
    fn an_adjacency_keeps_its_weights_and_must_be_symmetric_and_positive() {
        let graph = Graph::from_adjacency(square([&[0, 1], &[0]], &[2.0, 0.5, 0.5])).unwrap();
        assert_eq!((graph.num_edges(), graph.num_loops(), graph.adjacency().data()[1]), (2, 1, 0.5));

        let message = |matrix| Graph::from_adjacency(matrix).unwrap_err().to_string();
        assert_eq!(
            message(square([&[1], &[]], &[1.0])),
            "adjacency: expected a symmetric matrix, found 1 at row 0, column 1 and nothing at row 1, column 0"
        );
        assert_eq!(
            message(square([&[1], &[0]], &[1.0, 2.0])),
            "adjacency: expected a symmetric matrix, found 1 at row 0, column 1 and 2 at row 1, column 0"
        );
        assert_eq!(
            message(square([&[], &[2], &[0, 1]], &[1.0, 3.0, 1.0])),
            "adjacency: expected a symmetric matrix, found 3 at row 2, column 0 and nothing at row 0, column 2"
        );
        assert_eq!(
            message(square([&[1], &[0]], &[f32::NAN, 1.0])),
            "adjacency: expected finite positive weights, found NaN at row 0, column 1"
        );
        assert_eq!(message(CsrMatrix::zero((2, 3))), "adjacency: expected a square matrix, found 2 × 3");
        assert_eq!(
            message(square([&[1], &[0]], &[1.0, 1.0]).transpose_into()),
            "adjacency: expected storage by rows, found storage by columns"
        );
        assert_eq!(
            message(CsrMatrix::new((2, 2), vec![5, 6, 7], vec![1, 0], vec![1.0, 1.0])),
            "adjacency: expected row pointers from 0, found a slice of a larger matrix"
        );
    }

    proptest! {
        #[test]
        fn whatever_the_edges_the_graph_passes_its_own_check_and_the_report_adds_up(
            edges in proptest::collection::vec((0u32..12, 0u32..12), 0..60),
            keep in any::<bool>(),
        ) {
            let policy = EdgePolicy { loops: if keep { Loops::Keep } else { Loops::Drop }, ..EdgePolicy::default() };
            let (graph, report) = Graph::from_edges(12, &edges, policy).unwrap();
            prop_assert_eq!(&Graph::from_adjacency(graph.adjacency().clone()).unwrap(), &graph);
            let left = report.arcs_read - report.duplicates_merged - report.loops_dropped + report.reverses_added;
            prop_assert_eq!(graph.num_arcs(), left);
            let pairs: Vec<_> = graph.edges().collect();
            prop_assert_eq!(Graph::from_edges(12, &pairs, policy).unwrap().0, graph);
        }
    }
}
