//! Layouts of graphs whose shape is known: distances of points must be near those in the graph, and far nearer than at random.

use layout::{
    Forces, Graph, Layout, PivotMdsConfig, Placement, Stress, TsnetConfig, neighborhood_preservation,
    trustworthiness_of_graph,
};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Compressed rows that own their memory.
struct Csr {
    starts: Vec<usize>,
    neighbors: Vec<u32>,
}

impl Csr {
    fn of(n: u32, edges: impl Iterator<Item = (u32, u32)>) -> Self {
        let mut rows = vec![Vec::new(); n as usize];
        for (a, b) in edges {
            rows[a as usize].push(b);
            rows[b as usize].push(a);
        }
        let mut starts = vec![0];
        starts.extend(rows.iter().scan(0, |end, row| {
            *end += row.len();
            Some(*end)
        }));
        Self { starts, neighbors: rows.concat() }
    }

    fn graph(&self) -> Graph<'_> {
        Graph::from_csr(&self.starts, &self.neighbors).expect("rows that were made are right")
    }
}

fn grid(side: u32) -> Csr {
    let right = (0..side * side).filter(move |node| node % side + 1 < side).map(|node| (node, node + 1));
    let down = (0..side * (side - 1)).map(move |node| (node, node + side));
    Csr::of(side * side, right.chain(down))
}

fn cycle(n: u32) -> Csr {
    Csr::of(n, (0..n).map(move |node| (node, (node + 1) % n)))
}

/// A binary tree.
fn tree(n: u32) -> Csr {
    Csr::of(n, (1..n).map(|node| (node, (node - 1) / 2)))
}

fn place(layout: &impl for<'a> Layout<Graph<'a>>, graph: &Graph, seed: u64) -> Placement {
    layout.place(graph, &mut ChaCha8Rng::seed_from_u64(seed)).expect("the graph can be placed")
}

fn stress(graph: &Graph, placement: &Placement) -> f64 {
    Stress::of(graph, placement.points.view()).normalized
}

fn random_points(n: usize) -> Placement {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let points = Array2::from_shape_simple_fn((n, 2), || rng.random::<f64>());
    Placement { points, objective: 0.0, history: Vec::new() }
}

fn tsnet(perplexity: f64) -> TsnetConfig {
    TsnetConfig { perplexity, ..TsnetConfig::default() }
}

fn star(perplexity: f64) -> TsnetConfig {
    TsnetConfig { perplexity, ..TsnetConfig::star() }
}

#[test]
fn known_graphs_are_laid_out_with_little_stress_by_each_layout() {
    for (name, csr, most) in [
        ("grid", grid(10), [0.05, 0.05]),
        ("cycle", cycle(60), [0.03, 0.12]),
        ("tree", tree(63), [0.25, 0.14]),
    ] {
        let graph = csr.graph();
        let at_random = stress(&graph, &random_points(graph.num_nodes()));
        let found = [
            stress(&graph, &place(&PivotMdsConfig::default(), &graph, 0)),
            stress(&graph, &place(&star(20.0), &graph, 0)),
        ];
        println!("{name}: PivotMDS, tsNET* {found:.4?}, at random {at_random:.4}");
        for (found, most) in found.into_iter().zip(most) {
            assert!(found < most && 2.0 * most <= at_random, "{name}: {found}, at random {at_random}");
        }
    }
}

#[test]
fn neighbors_of_a_grid_stay_near_each_other() {
    let csr = grid(10);
    let graph = csr.graph();
    let random = random_points(100);
    let quality = |placement: &Placement| {
        let points = placement.points.view();
        let trust = trustworthiness_of_graph(&graph, points, 10).expect("k is in range");
        [neighborhood_preservation(&graph, points, 2), trust]
    };
    let [kept_at_random, trust_at_random] = quality(&random);
    for config in [tsnet(20.0), star(20.0)] {
        let [kept, trust] = quality(&place(&config, &graph, 3));
        println!(
            "kept {kept:.3}, at random {kept_at_random:.3}; trust {trust:.3}, at random {trust_at_random:.3}"
        );
        assert!(kept > 0.6 && kept_at_random < 0.15);
        assert!(trust > 0.95 && trust_at_random < 0.65);
    }
}

#[test]
fn the_objective_falls_in_each_stage() {
    let csr = grid(10);
    let placement = place(&star(20.0), &csr.graph(), 0);
    let value = |step: usize| placement.history.iter().find(|(at, _)| *at == step).map(|(_, value)| *value);
    let (first, last) =
        (value(50).expect("there are steps"), placement.history.last().expect("there are steps"));
    assert!(last.1 < first && placement.objective <= last.1 + 1e-6, "{:?}", placement.history);
}

#[test]
fn the_tree_of_cells_is_as_good_as_all_pairs() {
    let csr = grid(20);
    let graph = csr.graph();
    let found = [Forces::Exact, Forces::BarnesHut { theta: 0.5 }].map(|forces| {
        let placement = place(&TsnetConfig { forces, ..TsnetConfig::star() }, &graph, 0);
        [stress(&graph, &placement), neighborhood_preservation(&graph, placement.points.view(), 2)]
    });
    println!("stress and neighborhoods: exact {:.4?}, by cells {:.4?}", found[0], found[1]);
    assert!(found[1][0] < 1.5 * found[0][0] + 0.01 && found[1][1] > found[0][1] - 0.08);
}

#[test]
fn the_bits_depend_on_the_seed_and_not_on_the_number_of_threads() {
    let csr = grid(12);
    for forces in [Forces::Exact, Forces::BarnesHut { theta: 0.5 }] {
        let config = TsnetConfig { forces, max_iterations: 120, perplexity: 20.0, ..TsnetConfig::default() };
        let on = |threads: usize, seed: u64| {
            let pool = rayon_pool(threads);
            pool.install(|| place(&config, &csr.graph(), seed))
        };
        let one = on(1, 5);
        assert_eq!(one, on(3, 5));
        assert_ne!(one.points, on(3, 6).points);
    }
}

fn rayon_pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be had")
}

#[test]
fn any_graph_has_finite_points_in_the_unit_square() {
    let star_graph = Csr::of(200, (1..200).map(|leaf| (0, leaf)));
    let parts = Csr::of(
        120,
        (0..40).map(|node| (node, (node + 1) % 40)).chain([(50, 51), (60, 60), (70, 71), (71, 72)]),
    );
    // Small components, where a step of the whole graph's size is too large.
    let small = Csr::of(
        66,
        (0..66).flat_map(|node| (0..node).map(move |other| (other, node))).filter(|(a, b)| {
            let root = |node: u32| f64::from(8 * node + 1).sqrt() as u32;
            root(*a) == root(*b)
        }),
    );
    let no_edges = Csr::of(50, std::iter::empty());
    for csr in [star_graph, parts, small, no_edges] {
        let graph = csr.graph();
        for forces in [Forces::Exact, Forces::BarnesHut { theta: 0.5 }] {
            for config in [tsnet(20.0), star(20.0)] {
                let placement = place(&TsnetConfig { forces, max_iterations: 300, ..config }, &graph, 1);
                assert!(placement.points.iter().all(|value| (-1e-9..=1.0 + 1e-9).contains(value)));
            }
        }
        assert!(place(&PivotMdsConfig::default(), &graph, 1).points.iter().all(|value| value.is_finite()));
    }
}

#[test]
fn settings_out_of_range_are_refused() {
    let csr = grid(6);
    let message = |config: TsnetConfig| {
        config
            .place(&csr.graph(), &mut ChaCha8Rng::seed_from_u64(0))
            .expect_err("a setting is wrong")
            .to_string()
    };
    let fine = tsnet(20.0);
    assert_eq!(message(TsnetConfig::default()), "`perplexity` must be below the number of nodes, 36, got 40");
    assert_eq!(message(tsnet(1.0)), "`perplexity` must be finite and above 1, got 1");
    assert_eq!(
        message(TsnetConfig { learning_rate: 0.0, ..fine }),
        "`learning_rate` must be finite and above 0, got 0"
    );
    assert_eq!(message(TsnetConfig { momentum: 1.0, ..fine }), "`momentum` must be in [0, 1), got 1");
    assert_eq!(
        message(TsnetConfig { max_iterations: 0, ..fine }),
        "`max_iterations` must be at least 1, got 0"
    );
    assert_eq!(
        message(TsnetConfig { learning_rate: 1e9, ..fine }),
        "the points have flown apart: expected a `learning_rate` below 1000000000"
    );
    let mut weights = fine.first_stage;
    weights.compression = -1.0;
    assert_eq!(
        message(TsnetConfig { first_stage: weights, ..fine }),
        "`weights` must be finite and not negative, got -1"
    );
}
