use crate::error::Error;

/// An undirected graph as compressed rows that belong to the caller, each edge once from either end. Loops and arcs that are
/// there twice do no harm.
#[derive(Debug, Clone, Copy)]
pub struct Graph<'a> {
    starts: &'a [usize],
    neighbors: &'a [u32],
    lengths: Option<&'a [f32]>,
}

impl<'a> Graph<'a> {
    /// The graph in which node i has the neighbors `neighbors[starts[i]..starts[i + 1]]`. A path is as long as it has edges.
    /// O(edges · log degree).
    ///
    /// # Shapes
    /// starts `[nodes + 1]`, neighbors `[arcs]`
    ///
    /// # Errors
    /// Starts that do not rise from 0 to the number of arcs, a neighbor that is no node, an arc without one back.
    pub fn from_csr(starts: &'a [usize], neighbors: &'a [u32]) -> Result<Self, Error> {
        let wrong = |position, expected| {
            let found = starts.get(position).copied().unwrap_or(0);
            Err(Error::Starts { position, expected, found })
        };
        if starts.first() != Some(&0) {
            return wrong(0, "0");
        }
        if let Some(position) = (1..starts.len()).find(|&position| starts[position] < starts[position - 1]) {
            return wrong(position, "no less than the start before it");
        }
        if starts[starts.len() - 1] != neighbors.len() {
            return wrong(starts.len() - 1, "the number of neighbors");
        }
        let num_nodes = starts.len() - 1;
        if let Some(position) = neighbors.iter().position(|&node| node as usize >= num_nodes) {
            return Err(Error::Neighbor { position, num_nodes, found: neighbors[position] });
        }
        let graph = Self { starts, neighbors, lengths: None };
        graph.check_symmetry()?;
        Ok(graph)
    }

    /// The same graph in which an arc is as long as given: the length of a path is the sum of theirs.
    ///
    /// # Shapes
    /// lengths `[arcs]`, as the neighbors of [`from_csr`](Self::from_csr)
    ///
    /// # Errors
    /// Lengths that are not one an arc, not finite and above 0, or not the same each way.
    pub fn with_lengths(self, lengths: &'a [f32]) -> Result<Self, Error> {
        let (expected, found) = (self.neighbors.len(), lengths.len());
        if expected != found {
            return Err(Error::LengthsLength { expected, found });
        }
        if let Some(position) = lengths.iter().position(|length| !(*length > 0.0 && length.is_finite())) {
            return Err(Error::Length { position, found: lengths[position] });
        }
        let graph = Self { lengths: Some(lengths), ..self };
        graph.check_symmetry()?;
        Ok(graph)
    }

    fn check_symmetry(&self) -> Result<(), Error> {
        let mut arcs: Vec<(u32, u32, u32)> = Vec::with_capacity(self.neighbors.len());
        for from in 0..self.num_nodes() as u32 {
            // Lengths are above 0, so their bits are in their order.
            arcs.extend(self.arcs(from).map(|(to, length)| (from, to, length.to_bits())));
        }
        arcs.sort_unstable();
        arcs.dedup();
        for &(from, to, length) in &arcs {
            if arcs.binary_search(&(to, from, length)).is_err() {
                return Err(Error::NotSymmetric { from, to });
            }
        }
        Ok(())
    }

    /// The number of nodes.
    pub fn num_nodes(&self) -> usize {
        self.starts.len() - 1
    }

    pub(crate) fn has_lengths(&self) -> bool {
        self.lengths.is_some()
    }

    pub(crate) fn neighbors(&self, node: u32) -> &'a [u32] {
        &self.neighbors[self.starts[node as usize]..self.starts[node as usize + 1]]
    }

    /// The neighbors of a node with the lengths of the arcs.
    pub(crate) fn arcs(&self, node: u32) -> impl Iterator<Item = (u32, f32)> + 'a {
        let (neighbors, lengths) = (self.neighbors, self.lengths);
        let length = move |arc: usize| lengths.map_or(1.0, |lengths| lengths[arc]);
        (self.starts[node as usize]..self.starts[node as usize + 1])
            .map(move |arc| (neighbors[arc], length(arc)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_rows_are_named() {
        let message =
            |starts: &[usize], neighbors: &[u32]| Graph::from_csr(starts, neighbors).unwrap_err().to_string();
        assert_eq!(message(&[], &[]), "starts[0]: expected 0, found 0");
        assert_eq!(message(&[1, 1], &[0]), "starts[0]: expected 0, found 1");
        assert_eq!(
            message(&[0, 2, 1], &[1]),
            "starts[2]: expected no less than the start before it, found 1"
        );
        assert_eq!(message(&[0, 1, 1], &[1, 0]), "starts[2]: expected the number of neighbors, found 1");
        assert_eq!(message(&[0, 1, 2], &[1, 7]), "neighbors[1]: expected a node below 2, found 7");
        assert_eq!(
            message(&[0, 1, 1], &[1]),
            "nodes 0 and 1: expected an arc of the same length each way, as in an undirected graph"
        );
    }

    #[test]
    fn lengths_are_checked_too() {
        let graph = Graph::from_csr(&[0, 1, 2], &[1, 0]).unwrap();
        let message = |lengths: &[f32]| graph.with_lengths(lengths).unwrap_err().to_string();
        assert_eq!(message(&[1.0]), "lengths: expected 2, one for each arc, found 1");
        assert_eq!(message(&[1.0, 0.0]), "lengths[1]: expected a finite number above 0, found 0");
        assert!(message(&[1.0, 2.0]).starts_with("nodes 0 and 1: expected an arc of the same length"));
        assert!(graph.with_lengths(&[2.0, 2.0]).is_ok());
    }
}
