//! Durations in words.

/// Seconds as people say them, such as `1 min 00 s`.
pub(crate) fn time_in_words(seconds: f64) -> String {
    let seconds = seconds.max(0.0).round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds:02} s"),
        (hours, minutes, _) => format!("{hours} h {minutes:02} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_two_units_are_said() {
        assert_eq!(
            [0.4, 59.6, 3599.0, 7260.0].map(time_in_words),
            ["0 s", "1 min 00 s", "59 min 59 s", "2 h 01 min"]
        );
    }
}
