//! Graphs with hubs and communities at every scale.

use rand::Rng;
use rayon::prelude::*;

use crate::arcs::{ArcMeaning, Arcs};
use crate::chance::{NumberedDraws, unit_of};
use crate::error::Error;
use crate::graph::check_counts;
use crate::node_ids::NodeIds;
use crate::raw_dataset::RawDataset;

/// The settings of an [`rmat`] graph.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RmatConfig {
    /// The graph has 2^scale nodes; from 1 to 30.
    pub scale: u32,
    /// Arcs drawn, duplicates and loops included; fewer than 2³⁰.
    pub num_edges: usize,
    /// Where an arc falls.
    pub quadrants: Quadrants,
}

/// The probability of each quadrant of the adjacency matrix; the sum is 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quadrants {
    /// From the first half of the nodes to the first half.
    pub a: f64,
    /// From the first half to the second.
    pub b: f64,
    /// From the second half to the first.
    pub c: f64,
    /// From the second half to the second.
    pub d: f64,
}

impl Quadrants {
    /// The probabilities of the Graph500 benchmark: 0.57, 0.19, 0.19 and 0.05.
    pub const GRAPH500: Self = Self { a: 0.57, b: 0.19, c: 0.19, d: 0.05 };

    /// Every pair of nodes as likely as any other.
    pub const EVEN: Self = Self { a: 0.25, b: 0.25, c: 0.25, d: 0.25 };
}

/// Draws arcs by choosing a quadrant of the adjacency matrix, then a quadrant of that, down to one entry (R-MAT;
/// Chakrabarti, Zhan and Faloutsos, 2004).
///
/// The probabilities are the same at every level: no noise is added to them. Each arc is drawn by itself, so some
/// are drawn again and some are loops, and a node may have none; cleaning counts what it leaves out. Node ids are not
/// shuffled: with a large `a` the hubs are the first nodes. An arc stands for an edge, whichever its order.
///
/// One draw of the generator is the key of SplitMix64 draws by number (Steele, Lea and Flood, 2014), number e · scale + l
/// for level l of arc e: arcs are drawn on every core, and the result does not depend on how many there are.
/// O(scale · edges).
///
/// ```
/// use graph_io::CleaningPolicy;
/// use graph_io::synthetic::{Quadrants, RmatConfig, rmat};
/// use rand::SeedableRng;
///
/// let config = RmatConfig { scale: 10, num_edges: 8000, quadrants: Quadrants::GRAPH500 };
/// let source = rmat(&config, &mut rand_chacha::ChaCha8Rng::seed_from_u64(0))?;
/// let dataset = source.clean(&CleaningPolicy::default())?;
/// assert_eq!(dataset.graph().num_nodes(), 1024);
/// assert_eq!(dataset.report().edges.arcs_read, 8000);
/// # Ok::<(), graph_io::Error>(())
/// ```
///
/// # Errors
/// A setting out of its range; probabilities that do not sum to 1 within 10⁻⁶.
pub fn rmat(config: &RmatConfig, rng: &mut (impl Rng + ?Sized)) -> Result<RawDataset, Error> {
    check(config)?;
    let RmatConfig { scale, num_edges, quadrants } = *config;
    let draws = NumberedDraws::from_rng(rng);
    let (mut from, mut to) = (vec![0u32; num_edges], vec![0u32; num_edges]);
    let ends = from.par_iter_mut().zip(&mut to).enumerate().with_min_len(1 << 12);
    ends.for_each(|(edge, (from, to))| {
        let first = edge as u64 * u64::from(scale);
        for level in 0..u64::from(scale) {
            let (row, column) = quadrants.of(unit_of(draws.bits(first + level)));
            (*from, *to) = (*from << 1 | row, *to << 1 | column);
        }
    });
    let arcs = Arcs { from, to, weights: None, meaning: ArcMeaning::Undirected };
    Ok(RawDataset::from_arcs("r-mat", NodeIds::counted(1 << scale), arcs))
}

fn check(config: &RmatConfig) -> Result<(), Error> {
    if !(1..=30).contains(&config.scale) {
        return Err(Error::invalid("`scale`", "from 1 to 30", config.scale.to_string()));
    }
    check_counts(1 << config.scale, config.num_edges.saturating_mul(2))?;
    let Quadrants { a, b, c, d } = config.quadrants;
    for (what, prob) in [("`a`", a), ("`b`", b), ("`c`", c), ("`d`", d)] {
        if !(0.0..=1.0).contains(&prob) {
            return Err(Error::invalid(what, "a probability from 0 to 1", prob.to_string()));
        }
    }
    let sum = config.quadrants.sum();
    if (sum - 1.0).abs() > 1e-6 {
        return Err(Error::invalid("`a` + `b` + `c` + `d`", "a sum of 1", sum.to_string()));
    }
    Ok(())
}

impl Quadrants {
    fn sum(&self) -> f64 {
        self.a + self.b + self.c + self.d
    }

    /// The quadrant that a draw from [0, 1) falls in: its row and its column.
    fn of(&self, unit: f64) -> (u32, u32) {
        // Times the sum, so that a sum a little off 1 shifts no probability, and one of 0 stays 0.
        let place = unit * self.sum();
        let row = place >= self.a + self.b;
        // No branch: which way it goes cannot be foreseen.
        let column = (place >= self.a) ^ row ^ (place >= self.a + self.b + self.c);
        (row.into(), column.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::fingerprint;
    use crate::graph::Graph;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const CONFIG: RmatConfig = RmatConfig { scale: 12, num_edges: 30_000, quadrants: Quadrants::GRAPH500 };

    fn draw(config: RmatConfig, seed: u64) -> Arcs {
        rmat(&config, &mut ChaCha8Rng::seed_from_u64(seed)).unwrap().arcs
    }

    fn pairs(arcs: &Arcs) -> impl Iterator<Item = (u32, u32)> + '_ {
        arcs.from.iter().copied().zip(arcs.to.iter().copied())
    }

    #[test]
    fn entries_come_as_often_as_the_products_of_their_quadrants() {
        let quadrants = Quadrants { a: 0.4, b: 0.3, c: 0.2, d: 0.1 };
        let arcs = draw(RmatConfig { scale: 2, num_edges: 100_000, quadrants }, 3);
        let probs = [[quadrants.a, quadrants.b], [quadrants.c, quadrants.d]];
        for row in 0..4usize {
            for column in 0..4usize {
                let prob = probs[row / 2][column / 2] * probs[row % 2][column % 2];
                let (mean, deviation) = (1e5 * prob, (1e5 * prob * (1.0 - prob)).sqrt());
                let count = pairs(&arcs).filter(|&pair| pair == (row as u32, column as u32)).count();
                assert!((count as f64 - mean).abs() < 4.0 * deviation, "({row}, {column}): {count}");
            }
        }
    }

    #[test]
    fn a_quadrant_of_probability_zero_is_never_taken() {
        let corner = Quadrants { a: 0.0, b: 1.0, c: 0.0, d: 0.0 };
        let arcs = draw(RmatConfig { scale: 5, num_edges: 1000, quadrants: corner }, 0);
        assert!(pairs(&arcs).all(|pair| pair == (0, 31)));
        // The largest draw there is, where the probabilities sum to just below 1 and to just above.
        for c in [0.1, 0.1 - 1e-7, 0.1 + 1e-7] {
            let quadrants = Quadrants { a: 0.7, b: 0.2, c, d: 0.0 };
            assert_eq!(quadrants.of(unit_of(u64::MAX)), (1, 0));
        }
    }

    #[test]
    fn hubs_arise_where_the_quadrants_are_uneven() {
        let largest_degree = |quadrants| {
            let arcs = draw(RmatConfig { quadrants, ..CONFIG }, 1);
            let (graph, _) = Graph::from_arcs(1 << 12, arcs, Default::default()).unwrap();
            (0..1 << 12).map(|node| graph.degree(node)).max().unwrap()
        };
        let (uneven, even) = (largest_degree(Quadrants::GRAPH500), largest_degree(Quadrants::EVEN));
        assert!(uneven > 10 * even, "{uneven} {even}");
    }

    #[test]
    fn a_seed_gives_the_same_arcs_today_and_later_on_any_number_of_threads() {
        let on_threads = |num_threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(num_threads).build().unwrap();
            pool.install(|| fingerprint(pairs(&draw(CONFIG, 1))))
        };
        assert_eq!((on_threads(1), on_threads(2)), (PINNED, PINNED));
        assert_ne!(fingerprint(pairs(&draw(CONFIG, 2))), PINNED);
    }

    const PINNED: u64 = 4_047_444_778_703_018_447;

    #[test]
    fn settings_out_of_range_are_refused() {
        let message = |config| rmat(&config, &mut ChaCha8Rng::seed_from_u64(0)).unwrap_err().to_string();
        assert_eq!(message(RmatConfig { scale: 31, ..CONFIG }), "`scale`: expected from 1 to 30, found 31");
        assert_eq!(
            message(RmatConfig { num_edges: 1 << 30, ..CONFIG }),
            "graph: expected fewer than 2147483648 arcs, found 2147483648"
        );
        let quadrants = |a| RmatConfig { quadrants: Quadrants { a, ..Quadrants::EVEN }, ..CONFIG };
        assert_eq!(message(quadrants(0.5)), "`a` + `b` + `c` + `d`: expected a sum of 1, found 1.25");
        assert_eq!(message(quadrants(-0.25)), "`a`: expected a probability from 0 to 1, found -0.25");
        assert_eq!(message(quadrants(f64::NAN)), "`a`: expected a probability from 0 to 1, found NaN");
    }
}
