//! Normal draws.

use std::f64::consts::TAU;

use rand::{Rng, RngExt};

/// A draw from the normal distribution with mean 0 and variance 1 (Box and Muller).
pub(crate) fn standard_normal(rng: &mut impl Rng) -> f64 {
    let (radius, angle): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
    (-2.0 * radius.ln()).sqrt() * (TAU * angle).cos()
}
