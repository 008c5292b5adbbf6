/// Sufficient decrease: the value must fall by this part of what the first slope promises.
const DECREASE: f64 = 1e-3;
/// Curvature: the slope must shrink to this part of the first slope.
const CURVATURE: f64 = 0.9;
/// The search ends when its bracket is this narrow, relative to its upper end.
const INTERVAL_TOL: f64 = 0.1;
const STEP_MAX: f64 = 1e10;

/// The objective along the search direction at one step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trial {
    pub(crate) step: f64,
    pub(crate) value: f64,
    pub(crate) slope: f64,
}

/// The line search of Moré and Thuente ("Line search algorithms with guaranteed sufficient decrease", ACM
/// TOMS 20, 1994), with the constants of L-BFGS-B: looks for a step with the strong Wolfe conditions f(s) ≤
/// f(0) + 10⁻³ s f'(0) and |f'(s)| ≤ 0.9 |f'(0)|.
///
/// `evaluate` gives value and slope at a step. The step returned is the one evaluated last; `None` when
/// `max_evaluations` did not suffice. A bracket that has shrunk to a tenth ends the search at its best step,
/// which then may be too steep.
///
/// # Panics
/// When the direction does not descend or the first step is not positive.
pub(crate) fn more_thuente(
    start: Trial,
    first_step: f64,
    max_evaluations: usize,
    mut evaluate: impl FnMut(f64) -> Trial,
) -> Option<Trial> {
    assert!(start.slope < 0.0 && first_step > 0.0, "a line search starts downhill, with a positive step");
    let promised = DECREASE * start.slope;
    let mut interval = Interval { best: start, other: start, bracketed: false };
    let (mut lower, mut upper) = (0.0, 5.0 * first_step);
    let (mut width, mut width_before) = (STEP_MAX, 2.0 * STEP_MAX);
    let mut looking_for_decrease = true;
    let mut step = first_step.min(STEP_MAX);

    for _ in 0..max_evaluations {
        let trial = evaluate(step);
        let allowed = start.value + step * promised;
        let decreased = trial.value <= allowed;
        looking_for_decrease &= !(decreased && trial.slope >= 0.0);

        let stuck =
            interval.bracketed && (step <= lower || step >= upper || upper - lower <= INTERVAL_TOL * upper);
        let at_end = step == STEP_MAX && decreased && trial.slope <= promised;
        let wolfe = decreased && trial.slope.abs() <= CURVATURE * -start.slope;
        if stuck || at_end || wolfe {
            return Some(trial);
        }

        // Until a step decreases enough, the interval is moved by f(s) - 10⁻³ s f'(0), whose minimum is sure
        // to do so.
        if looking_for_decrease && trial.value <= interval.best.value && !decreased {
            interval = interval.tilted(-promised);
            step = interval.take(trial.tilted(-promised), lower, upper);
            interval = interval.tilted(promised);
        } else {
            step = interval.take(trial, lower, upper);
        }

        let (best, other) = (interval.best.step, interval.other.step);
        if interval.bracketed {
            if (other - best).abs() >= 0.66 * width_before {
                step = best + 0.5 * (other - best);
            }
            width_before = width;
            width = (other - best).abs();
            (lower, upper) = (best.min(other), best.max(other));
        } else {
            (lower, upper) = (step + 1.1 * (step - best), step + 4.0 * (step - best));
        }
        step = step.clamp(0.0, STEP_MAX);
        if interval.bracketed && (step <= lower || step >= upper || upper - lower <= INTERVAL_TOL * upper) {
            step = best;
        }
    }
    None
}

impl Trial {
    fn tilted(self, slope: f64) -> Self {
        Self { step: self.step, value: self.value + slope * self.step, slope: self.slope + slope }
    }
}

/// Where the step is sought: between `best`, the lowest value so far, and `other`, once a minimum is
/// bracketed.
#[derive(Debug, Clone, Copy)]
struct Interval {
    best: Trial,
    other: Trial,
    bracketed: bool,
}

impl Interval {
    fn tilted(self, slope: f64) -> Self {
        Self { best: self.best.tilted(slope), other: self.other.tilted(slope), ..self }
    }

    /// Shrinks the interval by one trial and returns the next step to try, in the four cases of the paper's
    /// section 4.
    fn take(&mut self, trial: Trial, lower: f64, upper: f64) -> f64 {
        let best = self.best;
        let turned = (trial.slope > 0.0 && best.slope < 0.0) || (trial.slope < 0.0 && best.slope > 0.0);
        let secant = trial.step + trial.slope / (trial.slope - best.slope) * (best.step - trial.step);
        let further = |a: f64, b: f64| if (a - trial.step).abs() > (b - trial.step).abs() { a } else { b };

        let next = if trial.value > best.value {
            let cubic = Cubic::through(best, trial).minimum();
            let along = trial.step - best.step;
            let chord = (best.value - trial.value) / along;
            let quadratic = best.step + best.slope / (chord + best.slope) / 2.0 * along;
            self.bracketed = true;
            if (cubic - best.step).abs() <= (quadratic - best.step).abs() {
                cubic
            } else {
                cubic + (quadratic - cubic) / 2.0
            }
        } else if turned {
            self.bracketed = true;
            further(Cubic::through(trial, best).minimum(), secant)
        } else if trial.slope.abs() < best.slope.abs() {
            let end = if trial.step > best.step { upper } else { lower };
            let cubic = Cubic::through(trial, best);
            let cubic = if cubic.rises_beyond_start() { cubic.minimum() } else { end };
            if self.bracketed {
                let nearer =
                    if (cubic - trial.step).abs() < (secant - trial.step).abs() { cubic } else { secant };
                let limit = trial.step + 0.66 * (self.other.step - trial.step);
                if trial.step > best.step { nearer.min(limit) } else { nearer.max(limit) }
            } else {
                further(cubic, secant).max(lower).min(upper)
            }
        } else if self.bracketed {
            Cubic::through(trial, self.other).minimum()
        } else if trial.step > best.step {
            upper
        } else {
            lower
        };

        if trial.value > best.value {
            self.other = trial;
        } else {
            if turned {
                self.other = best;
            }
            self.best = trial;
        }
        next
    }
}

/// The cubic with the values and slopes of two trials; its minimum lies at `ratio` of the way between their
/// steps.
#[derive(Debug)]
struct Cubic {
    start: f64,
    along: f64,
    ratio: f64,
    root: f64,
}

impl Cubic {
    fn through(start: Trial, end: Trial) -> Self {
        let along = end.step - start.step;
        let theta = 3.0 * (start.value - end.value) / along + start.slope + end.slope;
        // Divided by the largest of the three, so that no square overflows.
        let scale = theta.abs().max(start.slope.abs()).max(end.slope.abs());
        let radicand = (theta / scale).powi(2) - (start.slope / scale) * (end.slope / scale);
        let root = scale * radicand.max(0.0).sqrt() * along.signum();
        let ratio = (root - start.slope + theta) / (root - start.slope + root + end.slope);
        Self { start: start.step, along, ratio, root }
    }

    fn minimum(&self) -> f64 {
        self.start + self.ratio * self.along
    }

    /// Whether the cubic has a minimum on the far side of its start, away from its end.
    fn rises_beyond_start(&self) -> bool {
        self.ratio < 0.0 && self.root != 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(f: impl Fn(f64) -> (f64, f64), first_step: f64) -> (Option<Trial>, Vec<f64>) {
        let mut steps = Vec::new();
        let at = |step: f64| {
            let (value, slope) = f(step);
            Trial { step, value, slope }
        };
        let found = more_thuente(at(0.0), first_step, 50, |step| {
            steps.push(step);
            at(step)
        });
        (found, steps)
    }

    #[test]
    fn a_good_first_step_is_taken_at_once() {
        let (found, steps) = search(|s| ((s - 1.0).powi(2), 2.0 * (s - 1.0)), 1.0);
        assert_eq!(found.unwrap().step, 1.0);
        assert_eq!(steps, [1.0]);
    }

    #[test]
    fn finds_the_minimum_of_a_parabola_from_far_beyond_in_two_steps() {
        let (found, steps) = search(|s| ((s - 1.0).powi(2), 2.0 * (s - 1.0)), 100.0);
        approx::assert_relative_eq!(found.unwrap().step, 1.0, max_relative = 1e-9);
        assert_eq!(steps.len(), 2);
    }

    #[test]
    fn takes_the_steps_of_scipy_on_hard_curves_from_any_first_step() {
        type Curve = fn(f64) -> (f64, f64);
        // Two functions of the paper's section 5, the first with its beta = 2, and a narrow hole far away.
        // Beside each first step: the evaluations and the step found by scipy 1.17.1's DCSRCH(ftol=1e-3,
        // gtol=0.9, xtol=0.1).
        let one: Curve = |s| (-s / (s * s + 2.0), (s * s - 2.0) / (s * s + 2.0).powi(2));
        let two: Curve = |s| {
            let t = s + 0.004;
            (t.powi(5) - 2.0 * t.powi(4), 5.0 * t.powi(4) - 8.0 * t.powi(3))
        };
        let hole: Curve = |s| {
            let depth = (-(s - 3.0).powi(2)).exp();
            (-depth + 0.001 * s * s, 2.0 * (s - 3.0) * depth + 0.002 * s)
        };
        for (curve, first_step, num_evaluations, step) in [
            (one, 1e-3, 5, 0.341),
            (one, 0.1, 2, 0.5),
            (one, 1.0, 1, 1.0),
            (one, 10.0, 1, 10.0),
            (one, 1e3, 4, 36.88760696396662),
            (two, 1e-3, 11, 1.5975830448985595),
            (two, 0.1, 7, 1.6024085266778738),
            (two, 1.0, 7, 1.5961295989208408),
            (two, 10.0, 6, 1.6123738059384738),
            (two, 1e3, 10, 1.5950402760316598),
            (hole, 1e-3, 11, 2.979867018872802),
            (hole, 0.1, 7, 2.9966751555881253),
            (hole, 1.0, 5, 3.0306999124857787),
            (hole, 10.0, 8, 2.973777321769136),
            (hole, 1e3, 13, 2.997002969047553),
        ] {
            let (found, steps) = search(curve, first_step);
            approx::assert_relative_eq!(found.unwrap().step, step, max_relative = 1e-6);
            assert_eq!(steps.len(), num_evaluations, "from {first_step}");
        }
    }

    #[test]
    fn gives_up_after_the_evaluations_allowed() {
        let start = Trial { step: 0.0, value: 0.0, slope: -1.0 };
        let mut count = 0;
        let found = more_thuente(start, 1.0, 7, |step| {
            count += 1;
            Trial { step, value: -step, slope: -1.0 }
        });
        assert!(found.is_none());
        assert_eq!(count, 7);
    }

    #[test]
    #[should_panic(expected = "a line search starts downhill")]
    fn refuses_to_search_uphill() {
        search(|s| (s, 1.0), 1.0);
    }
}
