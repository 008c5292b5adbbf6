//! Lists that grow by little.
//!
//! A list that doubles takes three times its items while it grows, the old and the new half as large again: too much for
//! one that may hold several bytes for each byte of a file.

/// Makes room for `more` items, by a quarter of what there is, but up to `max` not for more than that in all.
pub(super) fn reserve_within<T>(list: &mut Vec<T>, more: usize, max: usize) {
    if list.capacity() - list.len() >= more {
        return;
    }
    let quarter = (list.len() / 4).max(64);
    let step = if list.len() < max { quarter.min(max - list.len()) } else { quarter };
    list.reserve_exact(step.max(more));
}

/// Pushes onto a list that grows as [`reserve_within`] lets it.
pub(super) fn push_within<T>(list: &mut Vec<T>, value: T, max: usize) {
    reserve_within(list, 1, max);
    list.push(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_grow_by_a_quarter_up_to_their_bound() {
        let mut list: Vec<u32> = Vec::new();
        let mut capacities = Vec::new();
        for value in 0..500 {
            push_within(&mut list, value, 450);
            capacities.push(list.capacity());
        }
        capacities.dedup();
        assert_eq!(capacities, [64, 128, 192, 256, 320, 400, 450, 562]);
    }
}
