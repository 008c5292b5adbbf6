//! Numbers as text: coordinates as short as they can be, figures with the digits that mean something.

use std::fmt;

/// A coordinate with at most `decimals` digits after the point and no zeros that say nothing: `12.5`, `3`, `-.2` not.
pub(crate) struct Rounded {
    value: f64,
    decimals: usize,
}

/// A coordinate of a figure, to a tenth of a unit.
pub(crate) fn coordinate(value: f64) -> Rounded {
    Rounded { value, decimals: 1 }
}

/// A value with at most `decimals` digits after the point.
pub(crate) fn rounded(value: f64, decimals: usize) -> Rounded {
    Rounded { value, decimals }
}

impl fmt::Display for Rounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.*}", self.decimals, self.value);
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        f.write_str(if text == "-0" { "0" } else { text })
    }
}

/// `value` to `digits` after the point, with a true minus sign; `–` where it is not a number.
pub(crate) fn fixed(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let text = format!("{value:.digits$}");
    match text.strip_prefix('-') {
        Some(magnitude) if magnitude.chars().all(|c| matches!(c, '0' | '.')) => magnitude.to_owned(),
        Some(magnitude) => format!("\u{2212}{magnitude}"),
        None => text,
    }
}

/// A share between 0 and 1 as a percentage with two digits: `82.31`.
pub(crate) fn percent(share: f64) -> String {
    fixed(100.0 * share, 2)
}

/// A count with its thousands apart: `19 717` with a thin space that no line breaks at.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) && digits.len() > 4 {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// `value` for a reader who asks what a curve's height is: four significant digits.
pub(crate) fn significant(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-3..1e6).contains(&magnitude) {
        return format!("{value:.2e}").replace('-', "\u{2212}");
    }
    let before_point = if magnitude < 1.0 { 1 } else { magnitude.log10() as usize + 1 };
    fixed(value, 4_usize.saturating_sub(before_point))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_written_short() {
        let written: Vec<_> =
            [1.0, 1.04, 1.25, -0.01, 100.0, -3.16].map(|x| coordinate(x).to_string()).into();
        assert_eq!(written, ["1", "1", "1.2", "0", "100", "-3.2"]);
        assert_eq!(rounded(200.0, 0).to_string(), "200");
    }

    #[test]
    fn figures_have_their_digits_and_a_true_minus() {
        assert_eq!(percent(0.82314), "82.31");
        assert_eq!(fixed(-1.5, 2), "\u{2212}1.50");
        assert_eq!(fixed(-0.001, 2), "0.00");
        assert_eq!(fixed(f64::NAN, 2), "–");
        assert_eq!(significant(123.456), "123.5");
        assert_eq!(significant(0.012_34), "0.012");
        assert_eq!(significant(1.2e-7), "1.20e\u{2212}7");
        assert_eq!(significant(0.0), "0.000");
    }

    #[test]
    fn thousands_stand_apart_from_five_digits_on() {
        assert_eq!(
            [count(2708), count(19717), count(1_166_243)].join(" "),
            "2708 19\u{202f}717 1\u{202f}166\u{202f}243"
        );
    }
}
