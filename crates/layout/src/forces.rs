use crate::error::Error;

/// The most nodes whose pairs are all held and evaluated: their affinities are 200 MB.
pub(crate) const MOST_EXACT: usize = 5000;
/// Up to so many nodes all pairs are no slower than the tree.
const AUTO_EXACT: usize = 1000;
const AUTO_THETA: f64 = 0.5;

/// How the forces between all pairs of points are added up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Forces {
    /// [`Exact`](Self::Exact) up to 1000 nodes, [`BarnesHut`](Self::BarnesHut) with θ = 0.5 for more.
    Auto,
    /// All pairs, with the affinities of all pairs: O(nodes²) time a step, and memory. At most 5000 nodes.
    Exact,
    /// Barnes and Hut's tree (van der Maaten 2014, arXiv 1301.3342) for the repulsion, about O(nodes log nodes) a step,
    /// and affinities of the nearest 3 · perplexity nodes only.
    BarnesHut {
        /// A cell of points counts as one point where its side is below θ times its distance; in [0, 1], 0 opens every cell.
        theta: f64,
    },
}

/// [`Forces`] once the number of nodes is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Pairs {
    All,
    Tree { theta: f64 },
}

impl Forces {
    pub(crate) fn of_size(self, num_nodes: usize) -> Result<Pairs, Error> {
        match self {
            Self::Exact if num_nodes > MOST_EXACT => {
                Err(Error::TooManyNodes { limit: MOST_EXACT, num_nodes })
            }
            Self::Exact => Ok(Pairs::All),
            Self::Auto if num_nodes <= AUTO_EXACT => Ok(Pairs::All),
            Self::Auto => Ok(Pairs::Tree { theta: AUTO_THETA }),
            Self::BarnesHut { theta } if (0.0..=1.0).contains(&theta) => Ok(Pairs::Tree { theta }),
            Self::BarnesHut { theta } => {
                Err(Error::Setting { name: "theta", expected: "in [0, 1]", found: theta })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_decides_where_nothing_else_does() {
        assert_eq!(Forces::Auto.of_size(1000), Ok(Pairs::All));
        assert_eq!(Forces::Auto.of_size(1001), Ok(Pairs::Tree { theta: 0.5 }));
        assert_eq!(
            Forces::Exact.of_size(5001).unwrap_err().to_string(),
            "exact forces: expected at most 5000 nodes, found 5001; Barnes–Hut has no limit"
        );
        let message = Forces::BarnesHut { theta: f64::NAN }.of_size(9).unwrap_err().to_string();
        assert_eq!(message, "`theta` must be in [0, 1], got NaN");
    }
}
