use crate::affinities::Affinities;
use crate::forces::Pairs;
use crate::repulsion::{Repulsion, log_forces, log_sum};

/// ε_r: points that coincide have a finite logarithm.
const EPS: f64 = 0.05;

/// How much each term of tsNET's objective counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// λ_KL: neighbors stay near each other.
    pub divergence: f64,
    /// λ_c: points stay near the origin.
    pub compression: f64,
    /// λ_r: points keep their distance from each other.
    pub repulsion: f64,
}

impl Weights {
    pub(crate) fn total(&self) -> f64 {
        self.divergence + self.compression + self.repulsion
    }
}

/// tsNET's objective (Kruiger et al. 2017):
/// C = [λ_KL KL(P ‖ Q) + λ_c/(2N) Σ‖yᵢ‖² − λ_r/(2N²) Σ_{i≠j} log(‖yᵢ − yⱼ‖ + ε_r)] / (λ_KL + λ_c + λ_r), ε_r = 0.05.
pub(crate) struct Objective<'a> {
    pub(crate) affinities: &'a Affinities,
    pub(crate) pairs: Pairs,
    pub(crate) weights: Weights,
}

impl Objective<'_> {
    pub(crate) fn cost(&self, points: &[[f64; 2]]) -> f64 {
        let (n, weights) = (points.len() as f64, self.weights);
        let mut cost = 0.0;
        if weights.divergence > 0.0 {
            let total = Repulsion::of(points, self.pairs).total;
            cost += weights.divergence * self.affinities.divergence(points, total);
        }
        let length_sq: f64 = points.iter().map(|[x, y]| x * x + y * y).sum();
        cost += weights.compression / (2.0 * n) * length_sq;
        if weights.repulsion > 0.0 {
            cost -= weights.repulsion / (2.0 * n * n) * log_sum(points, EPS, self.pairs);
        }
        cost / weights.total()
    }

    /// The gradient by each point.
    pub(crate) fn gradient(&self, points: &[[f64; 2]]) -> Vec<[f64; 2]> {
        let (n, weights) = (points.len() as f64, self.weights);
        let compression = weights.compression / n / weights.total();
        let mut gradient: Vec<[f64; 2]> = points.iter().map(|point| point.map(|y| compression * y)).collect();
        let mut add = |factor: f64, forces: &[[f64; 2]]| {
            for (gradient, force) in gradient.iter_mut().flatten().zip(forces.iter().flatten()) {
                *gradient += factor / weights.total() * force;
            }
        };
        if weights.divergence > 0.0 {
            let factor = 4.0 * weights.divergence;
            let Repulsion { forces, total } = Repulsion::of(points, self.pairs);
            add(factor, &self.affinities.attraction(points));
            add(-factor / total, &forces);
        }
        if weights.repulsion > 0.0 {
            add(-weights.repulsion / (n * n), &log_forces(points, EPS, self.pairs));
        }
        gradient
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Graph;
    use serde_json::Value;

    fn golden() -> Value {
        serde_json::from_str(include_str!("../tests/golden/tsnet.json")).unwrap()
    }

    fn numbers(list: &Value) -> Vec<f64> {
        list.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    }

    fn points(list: &Value) -> Vec<[f64; 2]> {
        list.as_array().unwrap().iter().map(|point| numbers(point).try_into().unwrap()).collect()
    }

    fn affinities(golden: &Value, pairs: Pairs) -> Affinities {
        let starts: Vec<usize> = numbers(&golden["starts"]).iter().map(|&start| start as usize).collect();
        let neighbors: Vec<u32> = numbers(&golden["neighbors"]).iter().map(|&node| node as u32).collect();
        let graph = Graph::from_csr(&starts, &neighbors).unwrap();
        Affinities::of_graph(graph, golden["perplexity"].as_f64().unwrap(), pairs)
    }

    #[test]
    fn cost_and_gradient_are_those_of_numpy() {
        let golden = golden();
        let (points, affinities) = (points(&golden["points"]), affinities(&golden, Pairs::All));
        for case in golden["cases"].as_array().unwrap() {
            let weights = numbers(&case["weights"]);
            let weights = Weights { divergence: weights[0], compression: weights[1], repulsion: weights[2] };
            let objective = Objective { affinities: &affinities, pairs: Pairs::All, weights };
            let cost = case["cost"].as_f64().unwrap();
            approx::assert_relative_eq!(objective.cost(&points), cost, max_relative = 1e-9);
            let expected = self::points(&case["gradient"]);
            for (found, expected) in objective.gradient(&points).iter().zip(&expected) {
                for axis in 0..2 {
                    approx::assert_relative_eq!(
                        found[axis],
                        expected[axis],
                        max_relative = 1e-7,
                        epsilon = 1e-10
                    );
                }
            }
        }
    }

    #[test]
    fn the_gradient_is_that_of_central_differences() {
        let golden = golden();
        let (points, affinities) = (points(&golden["points"]), affinities(&golden, Pairs::All));
        let weights = Weights { divergence: 1.0, compression: 0.3, repulsion: 0.6 };
        let objective = Objective { affinities: &affinities, pairs: Pairs::All, weights };
        let gradient = objective.gradient(&points);
        for node in 0..points.len() {
            for axis in 0..2 {
                let at = |shift: f64| {
                    let mut points = points.clone();
                    points[node][axis] += shift;
                    objective.cost(&points)
                };
                let found = (at(1e-5) - at(-1e-5)) / 2e-5;
                approx::assert_relative_eq!(gradient[node][axis], found, max_relative = 1e-5, epsilon = 1e-8);
            }
        }
    }

    #[test]
    fn the_tree_is_near_all_pairs() {
        let golden = golden();
        let (points, affinities) = (points(&golden["points"]), affinities(&golden, Pairs::All));
        let weights = Weights { divergence: 1.0, compression: 0.3, repulsion: 0.6 };
        let objective = |pairs| Objective { affinities: &affinities, pairs, weights };
        let (exact, tree) = (objective(Pairs::All), objective(Pairs::Tree { theta: 0.5 }));
        approx::assert_relative_eq!(exact.cost(&points), tree.cost(&points), max_relative = 1e-3);
    }
}
