//! What a page's script is told of a figure, so that it can say what lies under the pointer.

use serde::{Serialize, Serializer};

use crate::scene::Area;

/// What lies where on a figure; lengths in units of its sheet.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Hover {
    /// Curves over a common linear axis: the values at the nearest step are shown.
    Lines {
        area: Area,
        /// What the axis counts: "epoch".
        axis: &'static str,
        /// The first and the last value of the axis.
        range: [f64; 2],
        steps: Vec<f64>,
        curves: Vec<HoverCurve>,
    },
    /// Cells in rows and columns.
    Grid {
        area: Area,
        /// What a row is: "true".
        row: &'static str,
        /// What a column is.
        column: &'static str,
        columns: usize,
        names: Vec<String>,
        /// The number of the name of each row and column, where they are not the names one by one.
        #[serde(skip_serializing_if = "Option::is_none")]
        name_of: Option<Vec<usize>>,
        values: Vec<Short>,
        /// What stands after a value.
        unit: &'static str,
    },
}

/// A curve's name, colour and values.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct HoverCurve {
    pub(crate) name: String,
    pub(crate) ink: &'static str,
    pub(crate) values: Vec<Short>,
}

/// A value with three digits after the point, or five significant ones; what is not a number is null.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Short(pub(crate) f64);

impl Serialize for Short {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !self.0.is_finite() {
            return serializer.serialize_none();
        }
        let short = if self.0.abs() >= 1.0 || self.0 == 0.0 {
            (self.0 * 1e3).round() / 1e3
        } else {
            // Read back from its text: so it is the number with the fewest digits.
            format!("{:.3e}", self.0).parse().unwrap_or(self.0)
        };
        if short.fract() == 0.0 && short.abs() < 1e15 {
            return serializer.serialize_i64(short as i64);
        }
        serializer.serialize_f64(short)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_with_the_digits_that_are_shown() {
        let values = [0.123_456, 12.0, 1_234.567_89, 1.23456e-9, f64::NAN, 0.0, -0.5].map(Short);
        assert_eq!(serde_json::to_string(&values).unwrap(), "[0.1235,12,1234.568,1.235e-9,null,0,-0.5]");
    }
}
