use evaluation::{Rows, principal_coordinates};
use ndarray::{Array2, ArrayView1};
use rand::{Rng, RngExt};

use crate::affinities::Affinities;
use crate::error::Error;
use crate::forces::{Forces, Pairs};
use crate::placement::{Layout, Placement, matrix};
use crate::repulsion::Repulsion;

/// Components of the rows that distances are taken in.
const NUM_COMPONENTS: usize = 50;
/// The spread of the map at the start: so small that the points repel each other into place.
const INITIAL_STD: f64 = 1e-4;
/// Noise on top, as a part of it: parts rows that are equal.
const INITIAL_NOISE: f64 = 0.1;
/// The divergence is looked at after so many iterations.
const EVALUATE_EVERY: usize = 50;

/// Settings of t-SNE (van der Maaten and Hinton 2008), a map of the rows into the plane that keeps neighbors together.
///
/// The rows' first 50 principal components are used; the first two, shrunk, and a little noise are the start. As in
/// scikit-learn's defaults: learning rate max(n / exaggeration / 4, 50), gains, momentum 0.5 while P is exaggerated and
/// 0.8 after.
///
/// The objective is the Kullback–Leibler divergence KL(P ‖ Q) = Σ pᵢⱼ log(pᵢⱼ / qᵢⱼ) of the points, in nats, up to the
/// approximations of P and of the repulsion. The points' mean is zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TsneConfig {
    /// About how many neighbors a point has; above 1 and below the number of rows. For rows few enough that 3 ·
    /// perplexity are not there, the neighbors are all.
    pub perplexity: f64,
    /// Steps of the descent; at least 1.
    pub num_iterations: usize,
    /// P is multiplied by this at the start; at least 1.
    pub early_exaggeration: f64,
    /// For so many of the first steps.
    pub num_exaggerated: usize,
    /// How the repulsion is added up.
    pub forces: Forces,
}

impl Default for TsneConfig {
    fn default() -> Self {
        Self {
            perplexity: 30.0,
            num_iterations: 1000,
            early_exaggeration: 12.0,
            num_exaggerated: 250,
            forces: Forces::BarnesHut { theta: 0.5 },
        }
    }
}

impl Layout<Rows<'_>> for TsneConfig {
    /// O(nodes²) once, for the nearest rows.
    ///
    /// # Shapes
    /// rows `[nodes, d_input]`
    ///
    /// # Errors
    /// A setting out of range, no more rows than the perplexity, more than 5000 rows with [`Forces::Exact`], a value that is not
    /// finite.
    fn place(&self, rows: &Rows<'_>, rng: &mut dyn Rng) -> Result<Placement, Error> {
        let pairs = self.check(rows.num_rows())?;
        let mut coordinates = principal_coordinates(rows, NUM_COMPONENTS)?;
        // P does not depend on the scale, and f32 could overflow in another one.
        let largest = coordinates.iter().fold(f64::MIN_POSITIVE, |most: f64, value| most.max(value.abs()));
        coordinates.mapv_inplace(|value| value / largest);
        let reduced = coordinates.mapv(|value| value as f32);
        let affinities = Affinities::of_rows(&Rows::dense(reduced.view()), self.perplexity, pairs)?;
        Ok(self.descend(&affinities, pairs, start(&coordinates, rng)))
    }
}

impl TsneConfig {
    fn check(&self, num_nodes: usize) -> Result<Pairs, Error> {
        let setting = |name, expected, found| Err(Error::Setting { name, expected, found });
        if !(self.perplexity > 1.0 && self.perplexity.is_finite()) {
            return setting("perplexity", "finite and above 1", self.perplexity);
        }
        if self.num_iterations == 0 {
            return setting("num_iterations", "at least 1", 0.0);
        }
        if !(self.early_exaggeration >= 1.0 && self.early_exaggeration.is_finite()) {
            return setting("early_exaggeration", "finite and at least 1", self.early_exaggeration);
        }
        if self.perplexity >= num_nodes as f64 {
            return Err(Error::Perplexity { num_nodes, found: self.perplexity });
        }
        self.forces.of_size(num_nodes)
    }

    fn descend(&self, affinities: &Affinities, pairs: Pairs, mut points: Vec<[f64; 2]>) -> Placement {
        let n = points.len();
        let learning_rate = (n as f64 / self.early_exaggeration / 4.0).max(50.0);
        let mut steps = vec![[0.0; 2]; n];
        let mut gains = vec![[1.0f64; 2]; n];
        let mut history = Vec::new();
        for iteration in 0..self.num_iterations {
            let exaggerated = iteration < self.num_exaggerated;
            let exaggeration = if exaggerated { self.early_exaggeration } else { 1.0 };
            let momentum = if exaggerated { 0.5 } else { 0.8 };
            if iteration == self.num_exaggerated {
                // The forces are others from here on, so nothing is known of their course.
                steps.fill([0.0; 2]);
                gains.fill([1.0; 2]);
            }
            let repulsion = Repulsion::of(&points, pairs);
            if iteration > 0 && iteration.is_multiple_of(EVALUATE_EVERY) {
                history.push((iteration, affinities.divergence(&points, repulsion.total)));
            }
            let attraction = affinities.attraction(&points);
            let mut mean = [0.0; 2];
            for node in 0..n {
                for axis in 0..2 {
                    let repulsive = repulsion.forces[node][axis] / repulsion.total;
                    let gradient = 4.0 * (exaggeration * attraction[node][axis] - repulsive);
                    let (step, gain) = (&mut steps[node][axis], &mut gains[node][axis]);
                    // A gain grows as long as the gradient goes on downhill.
                    *gain = if *step * gradient < 0.0 { *gain + 0.2 } else { (*gain * 0.8).max(0.01) };
                    *step = momentum * *step - learning_rate * *gain * gradient;
                    points[node][axis] += *step;
                    mean[axis] += points[node][axis] / n as f64;
                }
            }
            points.iter_mut().for_each(|point| (0..2).for_each(|axis| point[axis] -= mean[axis]));
        }
        let total = Repulsion::of(&points, pairs).total;
        let objective = affinities.divergence(&points, total);
        Placement { points: matrix(&points), objective, history }
    }
}

/// The first two components, scaled to a spread of the first of [`INITIAL_STD`], with noise.
fn start(coordinates: &Array2<f64>, rng: &mut dyn Rng) -> Vec<[f64; 2]> {
    let n = coordinates.nrows() as f64;
    let spread = coordinates.columns().into_iter().next().map_or(0.0, |first| (first.dot(&first) / n).sqrt());
    let scale = if spread > 0.0 { INITIAL_STD / spread } else { 0.0 };
    let place = |row: ArrayView1<f64>| {
        [0, 1].map(|axis| {
            let noise = 2.0 * rng.random::<f64>() - 1.0;
            scale * row.get(axis).copied().unwrap_or(0.0) + INITIAL_NOISE * INITIAL_STD * noise
        })
    };
    coordinates.rows().into_iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn blobs(n: usize) -> Array2<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        Array2::from_shape_fn((n, 60), |(i, j)| {
            rng.random::<f32>() + if j == 7 { 6.0 * (i % 2) as f32 } else { 0.0 }
        })
    }

    fn fit(matrix: &Array2<f32>, config: TsneConfig, seed: u64) -> Placement {
        config.place(&Rows::dense(matrix.view()), &mut ChaCha8Rng::seed_from_u64(seed)).unwrap()
    }

    #[test]
    fn two_blobs_that_lie_apart_stay_apart() {
        let map = fit(&blobs(300), TsneConfig::default(), 0);
        let center = |parity: usize| {
            let own = map.points.rows().into_iter().skip(parity).step_by(2);
            let sum = own.fold([0.0; 2], |sum, point| [sum[0] + point[0], sum[1] + point[1]]);
            sum.map(|sum| sum / 150.0)
        };
        let distance = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
        for (node, point) in map.points.rows().into_iter().enumerate() {
            let point = [point[0], point[1]];
            assert!(2.0 * distance(point, center(node % 2)) < distance(point, center(1 - node % 2)));
        }
    }

    #[test]
    fn the_divergence_falls_once_nothing_is_exaggerated() {
        let map = fit(&blobs(400), TsneConfig::default(), 1);
        let after: Vec<f64> =
            map.history.iter().filter(|(step, _)| *step >= 250).map(|(_, value)| *value).collect();
        assert!(after.is_sorted_by(|a, b| a >= b), "{after:?}");
        assert!(map.objective < 0.9 * after[0] && map.objective > 0.0, "{after:?}");
    }

    #[test]
    fn the_bits_depend_on_the_seed_and_not_on_the_number_of_threads() {
        let (matrix, config) = (blobs(1000), TsneConfig { num_iterations: 100, ..TsneConfig::default() });
        let on = |threads: usize, seed: u64| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| fit(&matrix, config, seed))
        };
        let one = on(1, 5);
        assert_eq!(one, on(2, 5));
        assert_ne!(one.points, on(2, 6).points);
    }

    #[test]
    fn equal_rows_and_rows_without_columns_are_no_trouble() {
        for matrix in [Array2::ones((40, 3)), Array2::zeros((40, 0)), Array2::from_elem((40, 2), f32::MAX)] {
            let config = TsneConfig { num_iterations: 300, ..TsneConfig::default() };
            assert!(fit(&matrix, config, 0).points.iter().all(|value| value.is_finite()));
        }
    }

    #[test]
    fn refuses_settings_and_rows_that_cannot_be() {
        let message = |config: TsneConfig, n| {
            let matrix = Array2::<f32>::zeros((n, 2));
            let rng = &mut ChaCha8Rng::seed_from_u64(0);
            config.place(&Rows::dense(matrix.view()), rng).unwrap_err().to_string()
        };
        let default = TsneConfig::default();
        let with = |perplexity| TsneConfig { perplexity, ..default };
        assert_eq!(message(with(f64::NAN), 40), "`perplexity` must be finite and above 1, got NaN");
        assert_eq!(message(with(1.0), 40), "`perplexity` must be finite and above 1, got 1");
        let forces = Forces::BarnesHut { theta: -0.5 };
        assert_eq!(message(TsneConfig { forces, ..default }, 40), "`theta` must be in [0, 1], got -0.5");
        assert_eq!(message(default, 30), "`perplexity` must be below the number of nodes, 30, got 30");
        let exact = TsneConfig { forces: Forces::Exact, ..default };
        assert!(message(exact, 5001).starts_with("exact forces: expected at most 5000 nodes, found 5001"));
    }
}
