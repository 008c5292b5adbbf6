use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::Array2;
use rayon::prelude::*;

use crate::class_subspaces::Members;
use crate::error::Error;
use crate::finite_rows::FiniteRows;
use crate::rows::Rows;

/// About so many nodes are compared with all others by one task.
const NODES_PER_TASK: usize = 128;
/// Nodes compared with at one time.
const BLOCK: usize = 512;

/// |cosine| of all pairs of nodes, in the mean over pairs of classes, and as a picture with the nodes sorted by class:
/// dark blocks along the diagonal where classes are apart.
#[derive(Debug, Clone, PartialEq)]
pub struct CosineMap {
    /// The labels, ascending.
    pub classes: Vec<usize>,
    /// Where each class starts among the sorted nodes, and last their number: class c has the pixels from
    /// `class_starts[c] · pixels / nodes` on.
    pub class_starts: Vec<usize>,
    /// The mean of |cosine| over the pairs of two different nodes, `[classes, classes]`; 0 for a class of a single node,
    /// which has none with itself.
    pub class_means: Array2<f64>,
    /// The mean of |cosine| over the pairs of nodes of each pixel, `[pixels, pixels]`; a node's cosine with itself is
    /// among them.
    pub pixels: Array2<f32>,
}

impl CosineMap {
    /// Compares all nodes, block by block: O(nodes² · d_input) time, and memory for a block and the picture only. The
    /// picture has at most `max_pixels` rows and columns, with at most one node more in one than in another; inside a
    /// class the nodes keep their order. The bits do not depend on the number of threads.
    ///
    /// # Shapes
    /// rows `[nodes, d_input]`, labels `[nodes]`
    ///
    /// # Errors
    /// `max_pixels` zero, no rows, labels not one for each row, a value that is not finite.
    pub fn of(rows: &Rows, labels: &[usize], max_pixels: usize) -> Result<Self, Error> {
        if max_pixels == 0 {
            return Err(Error::Setting { name: "max_pixels", expected: "at least 1", found: 0.0 });
        }
        let rows = FiniteRows::check(&rows.scaled_to_unit_length())?;
        let Members { classes, nodes } = Members::of(&rows, labels)?;
        let n = rows.num_rows();
        if n == 0 {
            return Err(Error::TooFewRows { purpose: "a map of cosines", expected: 1, found: 0 });
        }
        let mut class_starts = vec![0];
        for nodes in &nodes {
            class_starts.push(class_starts.last().expect("it starts with 0") + nodes.len());
        }
        let order = nodes.concat();
        let class_of: Vec<usize> =
            nodes.iter().enumerate().flat_map(|(c, nodes)| vec![c; nodes.len()]).collect();

        let num_pixels = max_pixels.min(n);
        let pixel_starts: Vec<usize> = (0..=num_pixels).map(|pixel| pixel * n / num_pixels).collect();
        let pixels_per_task = (NODES_PER_TASK * num_pixels / n).max(1);
        let sorted = Sorted { rows, order, class_of, num_classes: classes.len(), pixel_starts };
        let mut pixels = vec![0.0; num_pixels * num_pixels];
        let sums: Vec<Vec<f64>> = pixels
            .par_chunks_mut(pixels_per_task * num_pixels)
            .enumerate()
            .map(|(task, pixels)| sorted.compare(task * pixels_per_task, pixels))
            .collect();
        let mut class_means = Array2::zeros((classes.len(), classes.len()));
        for sums in &sums {
            class_means.iter_mut().zip(sums).for_each(|(mean, sum)| *mean += sum);
        }
        for ((a, b), mean) in class_means.indexed_iter_mut() {
            let others = nodes[b].len() - usize::from(a == b);
            *mean /= (nodes[a].len() * others).max(1) as f64;
        }
        let pixels = Array2::from_shape_vec((num_pixels, num_pixels), pixels).expect("a square of pixels");
        Ok(Self { classes, class_starts, class_means, pixels })
    }
}

/// Rows of length 1, sorted by class.
struct Sorted<'a> {
    rows: FiniteRows<'a>,
    order: Vec<usize>,
    class_of: Vec<usize>,
    num_classes: usize,
    pixel_starts: Vec<usize>,
}

impl Sorted<'_> {
    /// Fills rows of pixels from `first_pixel` on, and returns what their nodes add to the sums of the classes.
    fn compare(&self, first_pixel: usize, pixels: &mut [f32]) -> Vec<f64> {
        let (n, d) = (self.rows.num_rows(), self.rows.d_input());
        let num_pixels = self.pixel_starts.len() - 1;
        let starts = &self.pixel_starts[first_pixel..=first_pixel + pixels.len() / num_pixels];
        let own = starts[0]..starts[starts.len() - 1];
        let mut left = vec![0.0; own.len() * d];
        self.rows.read_all(self.order[own.clone()].iter().copied(), &mut left);
        let mut right = vec![0.0; BLOCK.min(n) * d];
        let mut products = vec![0.0; own.len() * BLOCK.min(n)];
        let mut class_sums = vec![0.0; self.num_classes * self.num_classes];
        let mut pixel_sums = vec![0.0; pixels.len()];
        for first in (0..n).step_by(BLOCK) {
            let width = BLOCK.min(n - first);
            let (right, products) = (&mut right[..width * d], &mut products[..own.len() * width]);
            self.rows.read_all(self.order[first..first + width].iter().copied(), right);
            matmul(
                MatMut::from_row_major_slice_mut(products, own.len(), width),
                Accum::Replace,
                MatRef::from_row_major_slice(&left, own.len(), d),
                MatRef::from_row_major_slice(right, width, d).transpose(),
                1.0,
                Par::Seq,
            );
            let first_column = self.pixel_starts.partition_point(|&start| start <= first) - 1;
            let mut pixel_row = 0;
            for (position, products) in own.clone().zip(products.chunks_exact(width)) {
                while starts[pixel_row + 1] <= position {
                    pixel_row += 1;
                }
                let pixel_sums = &mut pixel_sums[pixel_row * num_pixels..][..num_pixels];
                let class_sums = &mut class_sums[self.class_of[position] * self.num_classes..];
                let mut pixel_column = first_column;
                for (other, product) in (first..).zip(products) {
                    if self.pixel_starts[pixel_column + 1] <= other {
                        pixel_column += 1;
                    }
                    pixel_sums[pixel_column] += product.abs();
                    if other != position {
                        class_sums[self.class_of[other]] += product.abs();
                    }
                }
            }
        }
        for (row, (pixels, sums)) in
            pixels.chunks_exact_mut(num_pixels).zip(pixel_sums.chunks_exact(num_pixels)).enumerate()
        {
            let height = starts[row + 1] - starts[row];
            for (column, (pixel, sum)) in pixels.iter_mut().zip(sums).enumerate() {
                let width = self.pixel_starts[column + 1] - self.pixel_starts[column];
                *pixel = (sum / (height * width) as f64) as f32;
            }
        }
        class_sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn wavy(n: usize) -> (Array2<f32>, Vec<usize>) {
        let matrix = Array2::from_shape_fn((n, 6), |(i, j)| ((i * 6 + j) as f32 * 0.53).sin());
        (matrix, (0..n).map(|i| i * 7 % 5).collect())
    }

    #[test]
    fn matches_the_case_worked_by_hand() {
        let rows = array![[2.0f32, 0.0], [0.0, 1.0], [-3.0, 0.0], [0.0, 0.0]];
        let map = CosineMap::of(&Rows::dense(rows.view()), &[5, 7, 5, 7], 10).unwrap();
        assert_eq!((map.classes, map.class_starts), (vec![5, 7], vec![0, 2, 4]));
        assert_eq!(map.class_means, array![[1.0, 0.0], [0.0, 0.0]]);
        let pixels =
            array![[1.0f32, 1.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]];
        assert_eq!(map.pixels, pixels);
    }

    #[test]
    fn pixels_are_means_of_the_whole_matrix() {
        let (matrix, labels) = wavy(1200);
        let rows = Rows::dense(matrix.view());
        let (whole, small) =
            (CosineMap::of(&rows, &labels, 1200).unwrap(), CosineMap::of(&rows, &labels, 7).unwrap());
        assert_eq!(small.pixels.dim(), (7, 7));
        let bounds: Vec<usize> = (0..=7).map(|pixel| pixel * 1200 / 7).collect();
        for ((i, j), &pixel) in small.pixels.indexed_iter() {
            let block = whole.pixels.slice(ndarray::s![bounds[i]..bounds[i + 1], bounds[j]..bounds[j + 1]]);
            approx::assert_relative_eq!(pixel, block.mean().unwrap(), max_relative = 1e-4);
        }
        for (a, b) in whole.class_means.iter().zip(&small.class_means) {
            approx::assert_relative_eq!(a, b, max_relative = 1e-12);
        }
    }

    #[test]
    fn the_bits_do_not_depend_on_the_number_of_threads() {
        let (matrix, labels) = wavy(1000);
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| CosineMap::of(&Rows::dense(matrix.view()), &labels, 100).unwrap())
        };
        assert_eq!(on(1), on(3));
    }

    #[test]
    fn refuses_no_pixels_and_no_rows() {
        let none = Array2::<f32>::zeros((0, 3));
        let message = |pixels| CosineMap::of(&Rows::dense(none.view()), &[], pixels).unwrap_err().to_string();
        assert_eq!(message(0), "`max_pixels` must be at least 1, got 0");
        assert_eq!(message(5), "rows: expected at least 1 for a map of cosines, found 0");
    }
}
