//! Which tiles of a symmetric matrix are worked on side by side.

/// All tiles (row, column) of one half of a symmetric matrix of `strips` × `strips` tiles, in rounds in which no strip comes twice.
///
/// First the diagonal, then a tournament in which everyone meets everyone, by the circle method: one stays, the others move on
/// by a place a round.
pub(super) fn rounds(strips: usize) -> Vec<Vec<(usize, usize)>> {
    let diagonal = (0..strips).map(|strip| (strip, strip)).collect();
    // With an odd number one of them rests: whoever meets the one that is not there.
    let even = strips.next_multiple_of(2);
    let mut rounds = vec![diagonal];
    for round in 0..even.saturating_sub(1) {
        let at = |place: usize| if place == 0 { 0 } else { 1 + (place - 1 + round) % (even - 1) };
        let pairs = (0..even / 2).map(|place| (at(place), at(even - 1 - place)));
        let pairs = pairs.map(|(a, b)| (a.max(b), a.min(b))).filter(|(a, _)| *a < strips);
        rounds.push(pairs.collect());
    }
    rounds
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_tile_comes_once_and_no_strip_twice_in_a_round() {
        for strips in 0..12 {
            let rounds = rounds(strips);
            let tiles: Vec<(usize, usize)> = rounds.iter().flatten().copied().collect();
            let distinct: BTreeSet<(usize, usize)> = tiles.iter().copied().collect();
            let half: BTreeSet<(usize, usize)> =
                (0..strips).flat_map(|row| (0..=row).map(move |column| (row, column))).collect();
            assert_eq!((tiles.len(), &distinct), (half.len(), &half), "{strips} strips");
            for round in rounds {
                let mut seen = BTreeSet::new();
                let repeated = round
                    .iter()
                    .any(|(row, column)| !seen.insert(*row) || (row != column && !seen.insert(*column)));
                assert!(!repeated, "{strips} strips: {round:?}");
            }
        }
    }
}
