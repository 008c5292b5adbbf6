use std::fmt;

/// The mean and the sample standard deviation √(Σ (x − mean)² / (n − 1)) of repeats, such as accuracies over
/// seeds.
///
/// Displayed as `82.8 ± 0.8`, with one decimal unless the format says how many; without the second part for a
/// single value, which tells nothing of its spread.
///
/// ```
/// use evaluation::MeanStd;
///
/// let accuracies = MeanStd::of(&[0.82, 0.83, 0.84]);
/// assert_eq!(accuracies.percent().to_string(), "83.0 ± 1.0");
/// assert_eq!(format!("{accuracies:.2}"), "0.83 ± 0.01");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanStd {
    /// The mean.
    pub mean: f64,
    /// The sample standard deviation; `None` for a single value.
    pub std: Option<f64>,
}

impl MeanStd {
    /// Sums up values.
    ///
    /// # Panics
    /// When there are no values.
    pub fn of(values: &[f64]) -> Self {
        assert!(!values.is_empty(), "a mean needs at least one value");
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let std = (values.len() > 1).then(|| (squares / (values.len() - 1) as f64).sqrt());
        Self { mean, std }
    }

    /// The same in percent, for fractions of 1.
    pub fn percent(self) -> Self {
        Self { mean: 100.0 * self.mean, std: self.std.map(|std| 100.0 * std) }
    }
}

impl fmt::Display for MeanStd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = f.precision().unwrap_or(1);
        let text = match self.std {
            Some(std) => format!("{:.decimals$} ± {std:.decimals$}", self.mean),
            None => format!("{:.decimals$}", self.mean),
        };
        // Not `pad`: it takes the precision for the longest text allowed.
        let missing = f.width().unwrap_or(0).saturating_sub(text.chars().count());
        match f.align() {
            Some(fmt::Alignment::Right) => write!(f, "{:missing$}{text}", ""),
            _ => write!(f, "{text}{:missing$}", ""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_the_case_worked_by_hand() {
        let summary = MeanStd::of(&[2.0, 4.0, 4.0, 6.0]);
        assert_eq!(summary.mean, 4.0);
        approx::assert_relative_eq!(summary.std.unwrap(), (8f64 / 3.0).sqrt());
    }

    #[test]
    fn does_not_lose_a_small_spread_on_a_large_mean() {
        let summary = MeanStd::of(&[1e9, 1e9 + 1.0, 1e9 + 2.0]);
        assert_eq!(summary, MeanStd { mean: 1e9 + 1.0, std: Some(1.0) });
    }

    #[test]
    fn a_single_value_has_no_spread() {
        let summary = MeanStd::of(&[0.828]);
        assert_eq!(summary, MeanStd { mean: 0.828, std: None });
        assert_eq!(summary.percent().to_string(), "82.8");
    }

    #[test]
    fn is_written_as_mean_and_spread() {
        let summary = MeanStd { mean: 0.8284, std: Some(0.0076) };
        assert_eq!(summary.percent().to_string(), "82.8 ± 0.8");
        assert_eq!(format!("{:.2}", summary.percent()), "82.84 ± 0.76");
        assert_eq!(format!("[{:>12}]", summary.percent()), "[  82.8 ± 0.8]");
        assert_eq!(format!("[{:12}]", summary.percent()), "[82.8 ± 0.8  ]");
    }

    #[test]
    #[should_panic(expected = "a mean needs at least one value")]
    fn refuses_no_values() {
        MeanStd::of(&[]);
    }
}
