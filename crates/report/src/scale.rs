//! From values to lengths on paper, and the marks on an axis.

use std::ops::RangeInclusive;

use crate::number;

/// How values become positions on an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScaleKind {
    /// Equal steps are equally long.
    Linear,
    /// Equal ratios are equally long; for values above 0.
    Logarithmic,
}

/// A mark on an axis: its value and what is written there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    pub(crate) value: f64,
    pub(crate) label: String,
}

/// The map from the values `low..=high` to the positions `from..=to`.
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    kind: ScaleKind,
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    /// The distance of marks where it is given.
    step: Option<f64>,
}

impl Scale {
    /// The linear scale over `low..=high`; a range without width is widened, so that its value lies in the middle.
    pub(crate) fn linear(low: f64, high: f64) -> Self {
        let (low, high) = widened(low, high);
        Self { kind: ScaleKind::Linear, low, high, from: 0.0, to: 1.0, step: None }
    }

    /// The linear scale over the finite values among `values`, out to the next marks of about `count` of them.
    pub(crate) fn nice(values: impl Iterator<Item = f64>, count: usize) -> Self {
        let (low, high) = widened_range(range_of(values).unwrap_or((0.0, 1.0)));
        let step = nice_step(high - low, count);
        Self::linear((low / step).floor() * step, (high / step).ceil() * step).marked_every(step)
    }

    /// The logarithmic scale over `low..=high`.
    ///
    /// # Panics
    ///
    /// If `low` is not above 0.
    pub(crate) fn logarithmic(low: f64, high: f64) -> Self {
        assert!(low > 0.0, "a logarithmic scale starts above 0, not at {low}");
        let high = if high > low { high } else { low * 10.0 };
        Self { kind: ScaleKind::Logarithmic, low, high, from: 0.0, to: 1.0, step: None }
    }

    /// The same scale onto the positions `from..=to`.
    pub(crate) fn onto(self, from: f64, to: f64) -> Self {
        Self { from, to, ..self }
    }

    /// The same scale with a mark at every multiple of `step`, such as 30 for angles.
    pub(crate) fn marked_every(self, step: f64) -> Self {
        Self { step: Some(step), ..self }
    }

    /// The position of `value`; what lies outside of the range is put at its end.
    pub(crate) fn position(&self, value: f64) -> f64 {
        let share = match self.kind {
            ScaleKind::Linear => (value - self.low) / (self.high - self.low),
            ScaleKind::Logarithmic => (value.max(self.low) / self.low).ln() / (self.high / self.low).ln(),
        };
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }

    /// About `count` marks: multiples of 1, 2 or 5 times a power of ten, or powers of ten, with twice and five times
    /// those of a range that has few.
    pub(crate) fn ticks(&self, count: usize) -> Vec<Tick> {
        match self.kind {
            ScaleKind::Linear => self.linear_ticks(count),
            ScaleKind::Logarithmic => self.logarithmic_ticks(count),
        }
    }

    /// As [`Self::ticks`], on whole numbers only: for an axis that counts.
    pub(crate) fn whole_ticks(&self, count: usize) -> Vec<Tick> {
        self.ticks(count.min((self.high - self.low) as usize).max(1))
    }

    fn linear_ticks(&self, count: usize) -> Vec<Tick> {
        let step = self.step.unwrap_or_else(|| nice_step(self.high - self.low, count));
        let digits = (-step.log10().floor()).clamp(0.0, 12.0) as usize;
        // Counted, not added up: a sum of tenths misses its end.
        let (first, last) =
            ((self.low / step - 1e-6).ceil() as i64, (self.high / step + 1e-6).floor() as i64);
        (first..=last)
            .map(|i| {
                let value = i as f64 * step;
                let label = if value.abs() >= 1e6 {
                    format!("{value:.0e}").replace('-', "\u{2212}")
                } else {
                    number::fixed(value, digits)
                };
                Tick { value, label }
            })
            .collect()
    }

    fn logarithmic_ticks(&self, count: usize) -> Vec<Tick> {
        let (first, last) =
            ((self.low.log10() - 1e-9).ceil() as i32, (self.high.log10() + 1e-9).floor() as i32);
        let powers = usize::try_from(last - first + 1).unwrap_or(0);
        if powers < 3 {
            return self.ticks_within_decades(first - 1..=last);
        }
        let stride = (powers - 1).div_ceil(count.max(1)).max(1);
        (first..=last)
            .rev()
            .step_by(stride)
            .map(|power| Tick { value: 10_f64.powi(power), label: multiple_of_power(1.0, power) })
            .collect()
    }

    /// Marks at 1, 2 and 5 times these powers of ten, as far as they are in the range: one or two marks say little of an axis.
    fn ticks_within_decades(&self, powers: RangeInclusive<i32>) -> Vec<Tick> {
        powers
            .rev()
            .flat_map(|power| [5.0, 2.0, 1.0].map(|m| (m, power)))
            .map(|(m, power)| Tick { value: m * 10_f64.powi(power), label: multiple_of_power(m, power) })
            .filter(|tick| (self.low * (1.0 - 1e-9)..=self.high * (1.0 + 1e-9)).contains(&tick.value))
            .collect()
    }
}

/// The smallest and the largest of the finite values; nothing where there is none.
pub(crate) fn range_of(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|x| x.is_finite()).fold(None, |range, x| match range {
        None => Some((x, x)),
        Some((low, high)) => Some((low.min(x), high.max(x))),
    })
}

fn widened_range((low, high): (f64, f64)) -> (f64, f64) {
    widened(low, high)
}

fn widened(low: f64, high: f64) -> (f64, f64) {
    // Relative: around a loss of 10⁶ a width of 1 would be lost.
    let room = (low.abs().max(high.abs()) * 1e-9).max(1e-12);
    if high - low > room {
        (low, high)
    } else {
        (low - 500.0 * room.max(1e-3), high + 500.0 * room.max(1e-3))
    }
}

/// The smallest of 1, 2, 5 times a power of ten that cuts `width` into no more than `count` parts.
fn nice_step(width: f64, count: usize) -> f64 {
    let least = width / count.max(1) as f64;
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|&step| step >= least * 0.999_999)
        .unwrap_or(least)
}

fn multiple_of_power(multiple: f64, power: i32) -> String {
    if (-2..=4).contains(&power) {
        return number::rounded(multiple * 10_f64.powi(power), 2).to_string();
    }
    format!("{multiple}e{power}").replace('-', "\u{2212}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: &Scale, count: usize) -> Vec<String> {
        scale.ticks(count).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_are_multiples_of_one_two_or_five() {
        assert_eq!(labels(&Scale::linear(0.0, 1.0), 5), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(&Scale::linear(0.0, 100.0), 4), ["0", "50", "100"]);
        assert_eq!(labels(&Scale::linear(-0.03, 0.021), 5), ["\u{2212}0.02", "0.00", "0.02"]);
        assert_eq!(labels(&Scale::linear(0.0, 200.0), 4), ["0", "50", "100", "150", "200"]);
    }

    #[test]
    fn an_axis_that_counts_has_whole_numbers() {
        let written = |low, high| {
            Scale::linear(low, high).whole_ticks(6).into_iter().map(|tick| tick.label).collect::<Vec<_>>()
        };
        assert_eq!(written(1.0, 3.0), ["1", "2", "3"]);
        assert_eq!(written(1.0, 200.0), ["50", "100", "150", "200"]);
    }

    #[test]
    fn marks_may_be_given() {
        assert_eq!(labels(&Scale::linear(0.0, 90.0).marked_every(30.0), 5), ["0", "30", "60", "90"]);
        assert_eq!(labels(&Scale::linear(0.0, 1.0).marked_every(0.5), 9), ["0.0", "0.5", "1.0"]);
    }

    #[test]
    fn a_nice_scale_ends_at_marks() {
        let scale = Scale::nice([3.2, f64::NAN, 18.7].into_iter(), 5).onto(0.0, 100.0);
        assert_eq!(labels(&scale, 5), ["0", "5", "10", "15", "20"]);
        assert_eq!((scale.position(0.0), scale.position(20.0)), (0.0, 100.0));
    }

    #[test]
    fn a_value_that_never_changes_lies_in_the_middle() {
        for value in [0.0, 0.7, -3e8] {
            let scale = Scale::linear(value, value).onto(0.0, 10.0);
            assert!((scale.position(value) - 5.0).abs() < 1e-6, "{value}");
            assert!(!Scale::nice(std::iter::once(value), 5).ticks(5).is_empty());
        }
        assert!(!Scale::nice(std::iter::empty(), 5).ticks(5).is_empty());
    }

    #[test]
    fn positions_run_either_way_and_stop_at_the_ends() {
        let scale = Scale::linear(0.0, 2.0).onto(100.0, 0.0);
        assert_eq!([0.0, 0.5, 3.0].map(|x| scale.position(x)), [100.0, 75.0, 0.0]);
    }

    #[test]
    fn a_logarithmic_scale_has_powers_of_ten() {
        let scale = Scale::logarithmic(1e-4, 1.0).onto(0.0, 4.0);
        assert!((scale.position(1e-3) - 1.0).abs() < 1e-12);
        assert_eq!(scale.position(0.0), 0.0);
        assert_eq!(labels(&scale, 5), ["1", "0.1", "0.01", "1e\u{2212}3", "1e\u{2212}4"]);
        assert_eq!(
            labels(&Scale::logarithmic(1e-8, 1.0), 4),
            ["1", "0.01", "1e\u{2212}4", "1e\u{2212}6", "1e\u{2212}8"]
        );
    }

    #[test]
    fn a_logarithmic_scale_with_few_powers_has_marks_between_them() {
        assert_eq!(labels(&Scale::logarithmic(0.03, 1.0), 5), ["1", "0.5", "0.2", "0.1", "0.05"]);
        assert_eq!(labels(&Scale::logarithmic(3.0, 7.0), 5), ["5"]);
        assert_eq!(labels(&Scale::logarithmic(2e-5, 1e-4), 5), ["1e\u{2212}4", "5e\u{2212}5", "2e\u{2212}5"]);
    }
}
