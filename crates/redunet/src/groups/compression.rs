//! The compression of groups and its gradient.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::Array2;
use rayon::prelude::*;

use super::sample_groups::{Group, SampleGroups};
use crate::cholesky::Cholesky;
use crate::error::Error;
use crate::gram::gram;
use crate::rate_matrix::gram_of_rows;

/// Numbers of the members' rows that are in memory at one time (64 MB), or one group if it has more.
const NUMBERS: usize = 1 << 23;
/// Samples that one task adds rows of groups to.
const SAMPLES: usize = 64;

/// The sum over groups of t_g times the group's rate, and its gradient.
pub(crate) struct Compression {
    /// Row i is Σ_g t_g π_gi C_g z_i, `[samples, d]`.
    pub(crate) gradient: Array2<f64>,
    /// Σ_g t_g ½ log det(I + α_g Z_gᵀ D_g Z_g).
    pub(crate) rate: f64,
}

/// The compression of all groups, the same bits on any number of threads. O(Σ_g k · d · min(k, d)) for groups of k members.
///
/// # Shapes
/// z `[samples, d]`, row-major
pub(crate) fn compression(z: &Array2<f64>, groups: &SampleGroups, eps_sq: f64) -> Result<Compression, Error> {
    let width = z.ncols();
    let (mut gradient, mut rate) = (Array2::zeros(z.dim()), 0.0);
    let mut first = 0;
    while first < groups.num_groups() {
        let batch = batch_from(first, groups, width);
        first = batch.end;
        let found: Vec<Result<GroupCompression, Error>> =
            batch.clone().into_par_iter().map(|group| of_group(z, groups.group(group), eps_sq)).collect();
        let found = found.into_iter().collect::<Result<Vec<_>, Error>>()?;
        rate += found.iter().map(|group| group.rate).sum::<f64>();
        let values: &mut [f64] = gradient.as_slice_mut().expect("a new array is row-major");
        values.par_chunks_mut(SAMPLES * width).enumerate().for_each(|(block, values)| {
            for (sample, sum) in values.chunks_exact_mut(width).enumerate() {
                let places = groups.places_of(block * SAMPLES + sample);
                let begin = places.partition_point(|place| place.group < batch.start);
                for place in places[begin..].iter().take_while(|place| place.group < batch.end) {
                    let row = &found[place.group - batch.start].gradient[place.position * width..][..width];
                    sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
                }
            }
        });
    }
    Ok(Compression { gradient, rate })
}

/// As many groups as memory is taken for, at least one.
fn batch_from(first: usize, groups: &SampleGroups, width: usize) -> Range<usize> {
    let (mut end, mut numbers) = (first, 0);
    while end < groups.num_groups() {
        numbers += groups.group(end).members.len() * width;
        if end > first && numbers > NUMBERS {
            break;
        }
        end += 1;
    }
    first..end
}

struct GroupCompression {
    /// Row i is t π_i C z_i, `[members, d]` row-major.
    gradient: Vec<f64>,
    rate: f64,
}

/// One group. With Y = diag(√(π / t)) Z and a = d / ε² its rate is ½ t log det(I + a YᵀY), and the rows of
/// t diag(√(π / t)) a (I + a YYᵀ)⁻¹ Y are the gradient: the smaller of YYᵀ and YᵀY is factorized, and nothing overflows where t is
/// small.
fn of_group(z: &Array2<f64>, group: Group<'_>, eps_sq: f64) -> Result<GroupCompression, Error> {
    let (count, width, total) = (group.members.len(), z.ncols(), group.total());
    if total == 0.0 {
        return Ok(GroupCompression { gradient: vec![0.0; count * width], rate: 0.0 });
    }
    let roots: Vec<f64> = group.weights.iter().map(|weight| (weight / total).sqrt()).collect();
    let mut scaled = Vec::with_capacity(count * width);
    for (&member, root) in group.members.iter().zip(&roots) {
        scaled.extend(z.row(member).iter().map(|value| root * value));
    }
    let y = MatRef::from_row_major_slice(&scaled, count, width);
    let factor = width as f64 / eps_sq;
    let mut gradient = vec![0.0; count * width];
    let out = MatMut::from_row_major_slice_mut(&mut gradient, count, width);
    let cholesky = Cholesky::of_identity_plus(factor, if count < width { gram_of_rows(y) } else { gram(y) })?;
    let inverse = cholesky.inverse();
    let (left, right) = if count < width { (inverse.as_ref(), y) } else { (y, inverse.as_ref()) };
    matmul(out, Accum::Replace, left, right, total * factor, Par::Seq);
    for (row, root) in gradient.chunks_exact_mut(width).zip(&roots) {
        row.iter_mut().for_each(|value| *value *= root);
    }
    Ok(GroupCompression { gradient, rate: 0.5 * total * cholesky.log_det() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(n: usize, d: usize) -> Array2<f64> {
        Array2::from_shape_fn((n, d), |(i, j)| ((i * d + j) as f64 * 0.77).sin() / (d as f64).sqrt())
    }

    /// Overlapping groups: of fewer members than d = 3, of more, of one, of none, and one without weight.
    fn groups() -> SampleGroups {
        SampleGroups::from_lists(
            6,
            [
                vec![(0, 1.0), (3, 0.25)],
                vec![(1, 0.5), (2, 1.0), (3, 2.0), (4, 0.0), (5, 1.0)],
                vec![(5, 1e-3)],
                vec![],
                vec![(0, 0.0)],
            ],
        )
        .unwrap()
    }

    #[test]
    fn the_gradient_is_that_of_the_rate_by_central_differences() {
        let (z, groups, h) = (samples(6, 3), groups(), 1e-5);
        let rate = |z: &Array2<f64>| compression(z, &groups, 0.3).unwrap().rate;
        let gradient = compression(&z, &groups, 0.3).unwrap().gradient;
        for (place, found) in gradient.indexed_iter() {
            let (mut up, mut down) = (z.clone(), z.clone());
            up[place] += h;
            down[place] -= h;
            let expected = (rate(&up) - rate(&down)) / (2.0 * h);
            approx::assert_relative_eq!(*found, expected, epsilon = 1e-8, max_relative = 1e-7);
        }
        assert_eq!(gradient.row(4).to_vec(), [0.0; 3], "a sample of weight 0 is not compressed");
    }

    #[test]
    fn a_group_of_one_sample_has_the_rate_of_its_length() {
        let z = samples(6, 3);
        let groups = SampleGroups::from_lists(6, [[(2, 0.5)]]).unwrap();
        let length_sq: f64 = z.row(2).iter().map(|value| value * value).sum();
        let rate = compression(&z, &groups, 0.3).unwrap().rate;
        approx::assert_relative_eq!(rate, 0.25 * (1.0 + 3.0 / 0.3 * length_sq).ln(), max_relative = 1e-14);
    }

    #[test]
    fn batches_cover_all_groups_and_change_no_bit_on_any_number_of_threads() {
        let (n, d) = (700, 600);
        let lists = (0..n).map(|i| (0..40).map(move |k| ((i + k * 7) % n, 1.0 + k as f64)));
        let groups = SampleGroups::from_lists(n, lists).unwrap();
        assert!(n * 40 * d > NUMBERS, "one batch");
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| compression(&samples(n, d), &groups, 0.3).unwrap().gradient)
        };
        let gradient = on(1);
        assert_eq!(gradient, on(3));
        // A sample of the first and the last batch.
        let z = samples(n, d);
        let mut expected = vec![0.0; d];
        for place in groups.places_of(5) {
            let found = of_group(&z, groups.group(place.group), 0.3).unwrap();
            let row = &found.gradient[place.position * d..][..d];
            expected.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        assert_eq!(gradient.row(5).to_vec(), expected);
    }
}
