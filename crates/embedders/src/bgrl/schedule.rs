//! Numbers that a cosine leads down over a training.

use std::f64::consts::PI;

/// A number that rises from 0 over a warm-up, in a straight line, and then falls to 0 along half a cosine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cosine {
    /// The number after the warm-up.
    pub(super) highest: f64,
    /// Steps of the warm-up, fewer than `steps`.
    pub(super) warmup: usize,
    /// Steps of the whole, at the end of which the number is 0.
    pub(super) steps: usize,
}

impl Cosine {
    /// The number of a step, from 0.
    pub(super) fn at(&self, step: usize) -> f64 {
        if step < self.warmup {
            return self.highest * step as f64 / self.warmup as f64;
        }
        let way = (step - self.warmup) as f64 / (self.steps - self.warmup) as f64;
        self.highest * (1.0 + (PI * way).cos()) / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_in_a_line_and_falls_along_a_cosine() {
        let cosine = Cosine { highest: 4.0, warmup: 10, steps: 30 };
        for (step, expected) in [(0, 0.0), (5, 2.0), (10, 4.0), (20, 2.0), (30, 0.0)] {
            assert!((cosine.at(step) - expected).abs() < 1e-12, "step {step}");
        }
        assert_eq!(Cosine { highest: 0.01, warmup: 0, steps: 7 }.at(0), 0.01);
    }
}
