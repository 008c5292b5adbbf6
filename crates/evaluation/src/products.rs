use row_kernels::multiversion;

/// Class scores are held in tiles of this many lanes; a row of scores is padded with zeros to a multiple of
/// it.
pub(crate) const LANES: usize = 8;

/// Rows that share each load of the weights: 4 rows of 8 lanes fill half of the AVX2 registers.
const BLOCK: usize = 4;

// No `mul_add` in these: each product is rounded before it is added, as in plain loops.

multiversion! {
    /// Σ aᵢ bᵢ, summed in eight lanes.
    pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 = dot_body
}

#[inline(always)]
fn dot_body(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len(), "a dot product needs vectors of one length");
    let (a_tiles, a_rest) = a.as_chunks::<LANES>();
    let (b_tiles, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (x, y) in a_tiles.iter().zip(b_tiles) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7])) + rest
}

multiversion! {
    /// y ← y + scale · x.
    pub(crate) fn add_scaled(y: &mut [f64], scale: f64, x: &[f64]) = add_scaled_body
}

#[inline(always)]
fn add_scaled_body(y: &mut [f64], scale: f64, x: &[f64]) {
    assert_eq!(x.len(), y.len(), "a vector sum needs vectors of one length");
    for (y, x) in y.iter_mut().zip(x) {
        *y += scale * x;
    }
}

multiversion! {
    /// L ← L + X W for rows X.
    ///
    /// # Shapes
    /// x `[rows, d_input]`, weights `[d_input, width]`, logits `[rows, width]`; `width` a multiple of
    /// [`LANES`].
    pub(crate) fn add_logits(x: &[f64], d_input: usize, weights: &[f64], width: usize, logits: &mut [f64]) = add_logits_body
}

#[inline(always)]
fn add_logits_body(x: &[f64], d_input: usize, weights: &[f64], width: usize, logits: &mut [f64]) {
    let num_rows = logits.len() / width;
    assert!(width.is_multiple_of(LANES) && logits.len() == num_rows * width);
    assert!(x.len() == num_rows * d_input && weights.len() == d_input * width);
    for tile in (0..width).step_by(LANES) {
        let mut row = 0;
        while row + BLOCK <= num_rows {
            add_logits_block::<BLOCK>(x, d_input, weights, width, tile, row, logits);
            row += BLOCK;
        }
        while row < num_rows {
            add_logits_block::<1>(x, d_input, weights, width, tile, row, logits);
            row += 1;
        }
    }
}

multiversion! {
    /// G ← G + Xᵀ R for rows X and the residuals R of their scores.
    ///
    /// # Shapes
    /// x `[rows, d_input]`, residuals `[rows, width]`, gradient `[d_input, width]`; `width` a multiple of
    /// [`LANES`].
    pub(crate) fn add_gradient(x: &[f64], d_input: usize, residuals: &[f64], width: usize, gradient: &mut [f64]) = add_gradient_body
}

#[inline(always)]
fn add_gradient_body(x: &[f64], d_input: usize, residuals: &[f64], width: usize, gradient: &mut [f64]) {
    let num_rows = residuals.len() / width;
    assert!(width.is_multiple_of(LANES) && residuals.len() == num_rows * width);
    assert!(x.len() == num_rows * d_input && gradient.len() == d_input * width);
    for tile in (0..width).step_by(LANES) {
        let mut row = 0;
        while row + BLOCK <= num_rows {
            add_gradient_block::<BLOCK>(x, d_input, residuals, width, tile, row, gradient);
            row += BLOCK;
        }
        while row < num_rows {
            add_gradient_block::<1>(x, d_input, residuals, width, tile, row, gradient);
            row += 1;
        }
    }
}

/// y ← y + scale · x for whole tiles: one entry of a sparse row.
#[inline]
pub(crate) fn add_tiles(y: &mut [f64], scale: f64, x: &[f64]) {
    let (y, x) = (y.as_chunks_mut::<LANES>().0, x.as_chunks::<LANES>().0);
    for (y, x) in y.iter_mut().zip(x) {
        for lane in 0..LANES {
            y[lane] += scale * x[lane];
        }
    }
}

#[inline(always)]
fn tile_of(values: &[f64], start: usize) -> &[f64; LANES] {
    values[start..].first_chunk().expect("a padded row of scores ends on a whole tile")
}

#[inline(always)]
fn tile_of_mut(values: &mut [f64], start: usize) -> &mut [f64; LANES] {
    values[start..].first_chunk_mut().expect("a padded row of scores ends on a whole tile")
}

#[inline(always)]
fn add_logits_block<const ROWS: usize>(
    x: &[f64],
    d_input: usize,
    weights: &[f64],
    width: usize,
    tile: usize,
    first_row: usize,
    logits: &mut [f64],
) {
    let x: [&[f64]; ROWS] = std::array::from_fn(|r| &x[(first_row + r) * d_input..][..d_input]);
    let mut sums = [[0.0; LANES]; ROWS];
    for (column, weights) in weights.chunks_exact(width).enumerate().take(d_input) {
        let weights = tile_of(weights, tile);
        for r in 0..ROWS {
            let value = x[r][column];
            for lane in 0..LANES {
                sums[r][lane] += value * weights[lane];
            }
        }
    }
    for (r, sums) in sums.iter().enumerate() {
        let logits = tile_of_mut(logits, (first_row + r) * width + tile);
        for lane in 0..LANES {
            logits[lane] += sums[lane];
        }
    }
}

#[inline(always)]
fn add_gradient_block<const ROWS: usize>(
    x: &[f64],
    d_input: usize,
    residuals: &[f64],
    width: usize,
    tile: usize,
    first_row: usize,
    gradient: &mut [f64],
) {
    let x: [&[f64]; ROWS] = std::array::from_fn(|r| &x[(first_row + r) * d_input..][..d_input]);
    let residuals: [[f64; LANES]; ROWS] =
        std::array::from_fn(|r| *tile_of(residuals, (first_row + r) * width + tile));
    for (column, gradient) in gradient.chunks_exact_mut(width).enumerate().take(d_input) {
        let gradient = tile_of_mut(gradient, tile);
        let mut sums = *gradient;
        for r in 0..ROWS {
            let value = x[r][column];
            for lane in 0..LANES {
                sums[lane] += value * residuals[r][lane];
            }
        }
        *gradient = sums;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, seed: usize) -> Vec<f64> {
        (0..count).map(|i| ((i * 37 + seed * 101) % 97) as f64 / 97.0 - 0.5).collect()
    }

    #[test]
    fn dot_has_the_bits_of_eight_running_sums_at_every_length() {
        for length in 0..40 {
            let (a, b) = (numbers(length, 1), numbers(length, 2));
            let whole = length / LANES * LANES;
            let lane = |lane: usize| (lane..whole).step_by(LANES).fold(0.0, |sum, i| sum + a[i] * b[i]);
            let rest = (whole..length).fold(0.0, |sum, i| sum + a[i] * b[i]);
            let pair = |first: usize| lane(first) + lane(first + 4);
            assert_eq!(dot(&a, &b), ((pair(0) + pair(1)) + (pair(2) + pair(3))) + rest);
        }
    }

    #[test]
    fn add_scaled_adds_at_every_length() {
        for length in 0..40 {
            let (a, b) = (numbers(length, 1), numbers(length, 2));
            let mut sum = a.clone();
            add_scaled(&mut sum, 0.3, &b);
            assert_eq!(sum, a.iter().zip(&b).map(|(a, b)| a + 0.3 * b).collect::<Vec<_>>());
        }
    }

    #[test]
    fn products_have_the_bits_of_plain_loops_for_every_remainder_of_rows() {
        let (d_input, width) = (5, 2 * LANES);
        for num_rows in 1..10 {
            let (x, weights) = (numbers(num_rows * d_input, 1), numbers(d_input * width, 2));
            let residuals = numbers(num_rows * width, 3);
            let mut logits = vec![1.0; num_rows * width];
            let mut gradient = vec![2.0; d_input * width];
            add_logits(&x, d_input, &weights, width, &mut logits);
            add_gradient(&x, d_input, &residuals, width, &mut gradient);
            for class in 0..width {
                for row in 0..num_rows {
                    let term = |f: usize| x[row * d_input + f] * weights[f * width + class];
                    let plain = 1.0 + (0..d_input).fold(0.0, |sum, f| sum + term(f));
                    assert_eq!(logits[row * width + class], plain);
                }
                for f in 0..d_input {
                    let term = |row: usize| x[row * d_input + f] * residuals[row * width + class];
                    let plain = (0..num_rows).fold(2.0, |sum, row| sum + term(row));
                    assert_eq!(gradient[f * width + class], plain);
                }
            }
        }
    }

    #[test]
    fn a_row_has_the_same_bits_in_a_block_and_alone() {
        let (d_input, width) = (33, LANES);
        let (x, weights) = (numbers(BLOCK * d_input, 1), numbers(d_input * width, 2));
        let mut together = vec![0.5; BLOCK * width];
        add_logits(&x, d_input, &weights, width, &mut together);
        for row in 0..BLOCK {
            let mut alone = vec![0.5; width];
            add_logits(&x[row * d_input..][..d_input], d_input, &weights, width, &mut alone);
            assert_eq!(alone, together[row * width..][..width]);
        }
    }
}
