use std::collections::VecDeque;

use crate::line_search::{Trial, more_thuente};
use crate::products::{add_scaled, dot};

/// How many pairs of steps and gradient changes stand for the curvature.
const HISTORY: usize = 10;
const MAX_LINE_EVALUATIONS: usize = 50;

/// When a minimisation ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StopRule {
    /// At most this many iterations.
    pub(crate) max_iter: usize,
    /// Enough when no entry of the gradient is larger.
    pub(crate) gradient_tol: f64,
    /// Enough when an iteration lowers the value by no more than this part of max(|f|, 1).
    pub(crate) decrease_tol: f64,
}

/// Why a minimisation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The gradient is as small as was asked for.
    Gradient,
    /// The objective no longer falls by more than rounding.
    Decrease,
    /// The iterations allowed are used up before either.
    MaxIterations,
    /// No step downhill was found, not even against the gradient.
    LineSearch,
}

/// Where a minimisation ended.
#[derive(Debug)]
pub(crate) struct Minimum {
    pub(crate) point: Vec<f64>,
    pub(crate) value: f64,
    pub(crate) num_iterations: usize,
    pub(crate) stop: Stop,
}

/// Minimises a smooth function from `point` by L-BFGS (Nocedal, "Updating quasi-Newton matrices with limited
/// storage", Math. Comp. 35, 1980), with the line search, first step, restarts and stopping of L-BFGS-B
/// without bounds, so that the iterates are those of scipy's `minimize(method="L-BFGS-B")` up to rounding.
///
/// `evaluate` gives the value at a point and writes the gradient there. An iteration costs `O(40 ·
/// parameters)` beside its evaluations, one of them mostly.
pub(crate) fn minimize(
    mut point: Vec<f64>,
    rule: StopRule,
    mut evaluate: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Minimum {
    let mut gradient = vec![0.0; point.len()];
    let mut value = evaluate(&point, &mut gradient);
    let mut curvature = Curvature::default();
    let mut direction = vec![0.0; point.len()];
    let (mut point_before, mut gradient_before) = (point.clone(), gradient.clone());
    let mut num_iterations = 0;

    let stop = loop {
        if largest(&gradient) <= rule.gradient_tol {
            break Stop::Gradient;
        }
        if num_iterations == rule.max_iter {
            break Stop::MaxIterations;
        }
        curvature.descend(&gradient, &mut direction);
        let start = Trial { step: 0.0, value, slope: dot(&gradient, &direction) };
        point_before.copy_from_slice(&point);
        gradient_before.copy_from_slice(&gradient);
        let first_step = if num_iterations == 0 { dot(&direction, &direction).sqrt().recip() } else { 1.0 };

        let found = (start.slope < 0.0).then(|| {
            more_thuente(start, first_step, MAX_LINE_EVALUATIONS, |step| {
                point.copy_from_slice(&point_before);
                add_scaled(&mut point, step, &direction);
                let value = evaluate(&point, &mut gradient);
                Trial { step, value, slope: dot(&gradient, &direction) }
            })
        });
        let Some(found) = found.flatten() else {
            point.copy_from_slice(&point_before);
            gradient.copy_from_slice(&gradient_before);
            if curvature.pairs.is_empty() {
                break Stop::LineSearch;
            }
            curvature.pairs.clear();
            continue;
        };

        num_iterations += 1;
        value = found.value;
        if largest(&gradient) <= rule.gradient_tol {
            break Stop::Gradient;
        }
        if start.value - value <= rule.decrease_tol * start.value.abs().max(value.abs()).max(1.0) {
            break Stop::Decrease;
        }
        // Where the slope hardly rose along the step there is no curvature to learn.
        let change = found.step * (found.slope - start.slope);
        if change > f64::EPSILON * -start.slope * found.step {
            curvature.learn(&direction, found.step, &gradient, &gradient_before, change);
        }
    };
    Minimum { point, value, num_iterations, stop }
}

/// The largest entry in absolute value; NaN where there is one, so that it never passes for small.
fn largest(values: &[f64]) -> f64 {
    values.iter().fold(
        0.0,
        |largest: f64, value| if value.abs() > largest || value.is_nan() { value.abs() } else { largest },
    )
}

/// What the last steps say of the inverse Hessian.
#[derive(Debug, Default)]
struct Curvature {
    pairs: VecDeque<Pair>,
}

#[derive(Debug)]
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    step_dot_change: f64,
    change_sq: f64,
}

impl Curvature {
    fn learn(
        &mut self,
        direction: &[f64],
        length: f64,
        gradient: &[f64],
        before: &[f64],
        step_dot_change: f64,
    ) {
        let reused = if self.pairs.len() == HISTORY { self.pairs.pop_front() } else { None };
        let (mut step, mut change) = reused.map_or_else(Default::default, |pair| (pair.step, pair.change));
        step.clear();
        step.extend(direction.iter().map(|direction| length * direction));
        change.clear();
        change.extend(gradient.iter().zip(before).map(|(gradient, before)| gradient - before));
        let change_sq = dot(&change, &change);
        self.pairs.push_back(Pair { step, change, step_dot_change, change_sq });
    }

    /// Minus the approximate inverse Hessian times the gradient, by the two loops over the pairs.
    fn descend(&self, gradient: &[f64], direction: &mut [f64]) {
        for (direction, gradient) in direction.iter_mut().zip(gradient) {
            *direction = -gradient;
        }
        let mut parts = [0.0; HISTORY];
        for (part, pair) in parts.iter_mut().zip(self.pairs.iter().rev()) {
            *part = dot(&pair.step, direction) / pair.step_dot_change;
            add_scaled(direction, -*part, &pair.change);
        }
        if let Some(last) = self.pairs.back() {
            let scale = last.step_dot_change / last.change_sq;
            direction.iter_mut().for_each(|direction| *direction *= scale);
        }
        for (part, pair) in parts[..self.pairs.len()].iter().rev().zip(&self.pairs) {
            let other = dot(&pair.change, direction) / pair.step_dot_change;
            add_scaled(direction, part - other, &pair.step);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXACT: StopRule = StopRule { max_iter: 1000, gradient_tol: 1e-10, decrease_tol: 0.0 };

    fn rosenbrock(x: &[f64], gradient: &mut [f64]) -> f64 {
        let (valley, slope) = (x[1] - x[0] * x[0], 1.0 - x[0]);
        gradient[0] = -400.0 * x[0] * valley - 2.0 * slope;
        gradient[1] = 200.0 * valley;
        100.0 * valley * valley + slope * slope
    }

    #[test]
    fn finds_the_minimum_of_rosenbrocks_valley() {
        let found = minimize(vec![-1.2, 1.0], EXACT, rosenbrock);
        assert_eq!(found.stop, Stop::Gradient);
        for x in found.point {
            approx::assert_abs_diff_eq!(x, 1.0, epsilon = 1e-9);
        }
    }

    #[test]
    fn takes_as_many_iterations_and_evaluations_as_scipy_on_rosenbrocks_valley() {
        // scipy 1.17.1: minimize(rosen, [-1.2, 1], jac=rosen_der, method="L-BFGS-B", options={"gtol": 1e-5,
        // "ftol": 0})
        let mut num_evaluations = 0;
        let rule = StopRule { gradient_tol: 1e-5, ..EXACT };
        let found = minimize(vec![-1.2, 1.0], rule, |x, gradient| {
            num_evaluations += 1;
            rosenbrock(x, gradient)
        });
        assert_eq!((found.num_iterations, num_evaluations), (37, 45));
    }

    #[test]
    fn solves_a_badly_scaled_quadratic_of_more_directions_than_it_remembers() {
        let scale = |i: usize| 10f64.powi(i as i32 % 5 - 2);
        let found = minimize(vec![0.0; 30], EXACT, |x, gradient| {
            let mut value = 0.0;
            for (i, (x, gradient)) in x.iter().zip(gradient).enumerate() {
                *gradient = scale(i) * (x - i as f64);
                value += 0.5 * scale(i) * (x - i as f64).powi(2);
            }
            value
        });
        assert_eq!(found.stop, Stop::Gradient);
        for (i, x) in found.point.iter().enumerate() {
            approx::assert_abs_diff_eq!(*x, i as f64, epsilon = 1e-7);
        }
    }

    #[test]
    fn says_why_it_stopped() {
        let start = vec![-1.2, 1.0];
        let after_two = minimize(start.clone(), StopRule { max_iter: 2, ..EXACT }, rosenbrock);
        assert_eq!((after_two.stop, after_two.num_iterations), (Stop::MaxIterations, 2));
        let soon = minimize(start, StopRule { decrease_tol: 0.5, ..EXACT }, rosenbrock);
        assert_eq!(soon.stop, Stop::Decrease);
        let at_minimum = minimize(vec![1.0, 1.0], EXACT, rosenbrock);
        assert_eq!((at_minimum.stop, at_minimum.num_iterations), (Stop::Gradient, 0));
        let lost = minimize(vec![1.0], EXACT, |_, gradient| {
            gradient[0] = f64::NAN;
            f64::NAN
        });
        assert_eq!((lost.stop, lost.point), (Stop::LineSearch, vec![1.0]));
    }

    #[test]
    fn a_nan_in_the_gradient_does_not_pass_for_convergence() {
        assert!(largest(&[1.0, f64::NAN, 2.0]).is_nan());
        assert_eq!(largest(&[1.0, -3.0, 2.0]), 3.0);
    }
}
