use rayon::prelude::*;
use row_kernels::multiversion;

/// Points that share one walk down the tree.
const LEAF: usize = 16;
/// Halvings of the square that holds all points.
const MAX_DEPTH: u32 = 21;
/// Leaves that one task evaluates.
const LEAVES_PER_TASK: usize = 8;
/// Partial sums side by side.
const LANES: usize = 8;

/// The repulsive side of the t-SNE gradient by Barnes and Hut, with wᵢⱼ = 1 / (1 + ‖yᵢ − yⱼ‖²).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Repulsion {
    /// Σⱼ wᵢⱼ² (yᵢ − yⱼ) for each point.
    pub(crate) forces: Vec<[f64; 2]>,
    /// Z = Σ wᵢⱼ over i ≠ j.
    pub(crate) total: f64,
}

impl Repulsion {
    /// Builds a quadtree and walks down it once for each leaf: a cell stands for its points where its side is below
    /// `theta` times its distance to the leaf. Sums are taken in an order that depends on the points only. About O(n
    /// log n).
    pub(crate) fn of(points: &[[f64; 2]], theta: f64) -> Self {
        let tree = Quadtree::build(points);
        let mut sums = vec![[0.0; 3]; points.len()];
        let mut tasks = Vec::new();
        let mut rest = sums.as_mut_slice();
        for leaves in tree.leaves.chunks(LEAVES_PER_TASK) {
            let size = leaves.iter().map(|&leaf| tree.cells[leaf].len()).sum();
            let (own, others) = rest.split_at_mut(size);
            tasks.push((leaves, own));
            rest = others;
        }
        tasks.into_par_iter().for_each(|(leaves, mut sums)| {
            let mut near = Sources::default();
            for &leaf in leaves {
                let (own, others) = sums.split_at_mut(tree.cells[leaf].len());
                tree.gather(leaf, theta, &mut near);
                for (sums, point) in own.iter_mut().zip(&tree.points[tree.cells[leaf].range()]) {
                    *sums = attract(*point, &near.x, &near.y, &near.mass);
                }
                sums = others;
            }
        });
        let mut forces = vec![[0.0; 2]; points.len()];
        let mut total = 0.0;
        for (&point, [x, y, w]) in tree.order.iter().zip(&sums) {
            forces[point as usize] = [*x, *y];
            // A point is among its own sources, with w = 1 and no force.
            total += w - 1.0;
        }
        Self { forces, total }
    }
}

/// Points and cells that act on a leaf.
#[derive(Default)]
struct Sources {
    x: Vec<f64>,
    y: Vec<f64>,
    mass: Vec<f64>,
}

impl Sources {
    fn push(&mut self, [x, y]: [f64; 2], mass: f64) {
        self.x.push(x);
        self.y.push(y);
        self.mass.push(mass);
    }
}

multiversion! {
    /// Σ m w² (p − q) in both axes and Σ m w over the sources q, whose number is a multiple of [`LANES`].
    fn attract(point: [f64; 2], x: &[f64], y: &[f64], mass: &[f64]) -> [f64; 3] = attract_body
}

#[inline(always)]
fn attract_body(point: [f64; 2], x: &[f64], y: &[f64], mass: &[f64]) -> [f64; 3] {
    let mut sums = [[0.0; LANES]; 3];
    let (x, y, mass) = (x.as_chunks::<LANES>().0, y.as_chunks::<LANES>().0, mass.as_chunks::<LANES>().0);
    for ((x, y), mass) in x.iter().zip(y).zip(mass) {
        for lane in 0..LANES {
            let (dx, dy) = (point[0] - x[lane], point[1] - y[lane]);
            let w = 1.0 / dx.mul_add(dx, dy.mul_add(dy, 1.0));
            let weight = mass[lane] * w;
            let force = weight * w;
            sums[0][lane] = force.mul_add(dx, sums[0][lane]);
            sums[1][lane] = force.mul_add(dy, sums[1][lane]);
            sums[2][lane] += weight;
        }
    }
    let mut totals = [0.0; 3];
    for (total, sums) in totals.iter_mut().zip(sums) {
        *total = ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
    }
    totals
}

/// Cells in the order of a walk, each before its children; points in the order of the cells.
struct Quadtree {
    cells: Vec<Cell>,
    /// The cells without children, in order: together they hold all points.
    leaves: Vec<usize>,
    points: Vec<[f64; 2]>,
    order: Vec<u32>,
}

struct Cell {
    first: usize,
    end: usize,
    /// The cell after this one and all below it.
    next: usize,
    side: f64,
    center: [f64; 2],
    low: [f64; 2],
    high: [f64; 2],
}

impl Cell {
    fn len(&self) -> usize {
        self.end - self.first
    }

    fn range(&self) -> std::ops::Range<usize> {
        self.first..self.end
    }
}

impl Quadtree {
    fn build(points: &[[f64; 2]]) -> Self {
        let bound = |axis: usize, start: f64, better: fn(f64, f64) -> f64| {
            points.iter().map(|point| point[axis]).fold(start, better)
        };
        let low = [0, 1].map(|axis| bound(axis, f64::INFINITY, f64::min));
        let high = [0, 1].map(|axis| bound(axis, f64::NEG_INFINITY, f64::max));
        let side = (high[0] - low[0]).max(high[1] - low[1]).max(f64::MIN_POSITIVE);
        let num_steps = f64::from(1u32 << MAX_DEPTH);
        let place =
            |value: f64, low: f64| (((value - low) / side * num_steps) as u64).min((1 << MAX_DEPTH) - 1);
        let mut codes: Vec<(u64, u32)> = (0u32..)
            .zip(points)
            .map(|(point, [x, y])| (spread(place(*x, low[0])) | spread(place(*y, low[1])) << 1, point))
            .collect();
        // No two are the same, so the order is one only.
        codes.sort_unstable();
        let order: Vec<u32> = codes.iter().map(|(_, point)| *point).collect();
        let sorted = order.iter().map(|&point| points[point as usize]).collect();
        let mut tree = Self { cells: Vec::new(), leaves: Vec::new(), points: sorted, order };
        if !points.is_empty() {
            tree.add(&codes, 0, side, 0);
        }
        tree
    }

    /// Adds the cell of these points, at a depth, and all below it.
    fn add(&mut self, codes: &[(u64, u32)], first: usize, side: f64, depth: u32) {
        let own = &self.points[first..first + codes.len()];
        let mut cell = Cell {
            first,
            end: first + codes.len(),
            next: 0,
            side,
            center: [0.0; 2],
            low: own[0],
            high: own[0],
        };
        for point in own {
            for (axis, &value) in point.iter().enumerate() {
                cell.center[axis] += value / own.len() as f64;
                cell.low[axis] = cell.low[axis].min(value);
                cell.high[axis] = cell.high[axis].max(value);
            }
        }
        let place = self.cells.len();
        self.cells.push(cell);
        if codes.len() <= LEAF || depth == MAX_DEPTH {
            self.leaves.push(place);
        } else {
            let shift = 2 * (MAX_DEPTH - 1 - depth);
            let mut first = first;
            for quarter in codes.chunk_by(|a, b| a.0 >> shift == b.0 >> shift) {
                self.add(quarter, first, side / 2.0, depth + 1);
                first += quarter.len();
            }
        }
        self.cells[place].next = self.cells.len();
    }

    /// What acts on the points of a leaf, filled up to a multiple of [`LANES`] with sources of mass 0.
    fn gather(&self, leaf: usize, theta: f64, near: &mut Sources) {
        near.x.clear();
        near.y.clear();
        near.mass.clear();
        let target = &self.cells[leaf];
        let mut place = 0;
        while let Some(cell) = self.cells.get(place) {
            // To the nearest place in the leaf's box, so that the rule holds for all of its points.
            let gap = |axis: usize| {
                (target.low[axis] - cell.center[axis]).max(cell.center[axis] - target.high[axis]).max(0.0)
            };
            let distance_sq = gap(0).powi(2) + gap(1).powi(2);
            // A cell that holds the leaf never stands for its own points.
            let holds_leaf = cell.first <= target.first && target.end <= cell.end;
            if !holds_leaf && cell.side * cell.side < theta * theta * distance_sq {
                near.push(cell.center, cell.len() as f64);
                place = cell.next;
            } else if cell.next == place + 1 {
                self.points[cell.range()].iter().for_each(|point| near.push(*point, 1.0));
                place = cell.next;
            } else {
                place += 1;
            }
        }
        while !near.x.len().is_multiple_of(LANES) {
            near.push([0.0; 2], 0.0);
        }
    }
}

/// The bits of a number below 2³², each followed by a zero.
fn spread(value: u64) -> u64 {
    let masks = [
        0x0000_ffff_0000_ffff,
        0x00ff_00ff_00ff_00ff,
        0x0f0f_0f0f_0f0f_0f0f,
        0x3333_3333_3333_3333,
        0x5555_5555_5555_5555,
    ];
    masks.iter().zip([16, 8, 4, 2, 1]).fold(value, |value, (mask, shift)| (value | value << shift) & mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spiral(n: usize) -> Vec<[f64; 2]> {
        let at = |i: usize| (i as f64 * 0.05, (i as f64 / n as f64).sqrt() * 30.0);
        (0..n).map(at).map(|(angle, radius)| [radius * angle.cos(), radius * (1.3 * angle).sin()]).collect()
    }

    fn exact(points: &[[f64; 2]]) -> Repulsion {
        let (mut forces, mut total) = (vec![[0.0; 2]; points.len()], 0.0);
        for (i, a) in points.iter().enumerate() {
            for (_, b) in points.iter().enumerate().filter(|(j, _)| *j != i) {
                let (dx, dy) = (a[0] - b[0], a[1] - b[1]);
                let w = 1.0 / (1.0 + dx * dx + dy * dy);
                total += w;
                forces[i][0] += w * w * dx;
                forces[i][1] += w * w * dy;
            }
        }
        Repulsion { forces, total }
    }

    fn largest_error(found: &Repulsion, exact: &Repulsion) -> f64 {
        let size = exact.forces.iter().flatten().fold(0.0f64, |most, force| most.max(force.abs()));
        let errors = found.forces.iter().flatten().zip(exact.forces.iter().flatten());
        errors.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / size
    }

    #[test]
    fn without_cells_it_is_exact_and_with_cells_near() {
        for n in [1, 2, 16, 17, 700] {
            let points = spiral(n);
            let exact = exact(&points);
            let found = Repulsion::of(&points, 0.0);
            approx::assert_relative_eq!(found.total, exact.total, epsilon = 1e-9);
            assert!(n == 1 || largest_error(&found, &exact) < 1e-12);
        }
        let (points, exact) = (spiral(3000), exact(&spiral(3000)));
        let found = Repulsion::of(&points, 0.5);
        approx::assert_relative_eq!(found.total, exact.total, max_relative = 1e-2);
        assert!(largest_error(&found, &exact) < 1e-2, "{}", largest_error(&found, &exact));
    }

    #[test]
    fn points_on_one_place_are_no_trouble() {
        let mut points = vec![[2.0, -1.0]; 100];
        for theta in [0.0, 0.5, 1.0] {
            let expected = Repulsion { forces: vec![[0.0; 2]; 100], total: 9900.0 };
            assert_eq!(Repulsion::of(&points, theta), expected);
        }
        points.extend(spiral(50));
        let found = Repulsion::of(&points, 0.0);
        assert!(largest_error(&found, &exact(&points)) < 1e-12);
        assert_eq!(Repulsion::of(&[], 0.5).total, 0.0);
    }

    #[test]
    fn the_chosen_version_and_the_baseline_give_the_same_bits() {
        let points = spiral(64);
        let (x, y): (Vec<f64>, Vec<f64>) = points.iter().map(|[x, y]| (*x, *y)).unzip();
        assert_eq!(attract([0.3, 0.4], &x, &y, &y), attract_body([0.3, 0.4], &x, &y, &y));
    }
}
