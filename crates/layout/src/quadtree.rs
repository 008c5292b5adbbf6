/// Points that share one walk down the tree.
const LEAF: usize = 16;
/// Halvings of the square that holds all points.
const MAX_DEPTH: u32 = 21;
/// Sources are filled up to a multiple of this number.
pub(crate) const LANES: usize = 16;

/// Points and cells that act on a leaf, seen from the middle of the leaf: so that f32 has digits for what is near.
#[derive(Default)]
pub(crate) struct Sources {
    pub(crate) x: Vec<f32>,
    pub(crate) y: Vec<f32>,
    /// How many points a source stands for; 0 for what fills up.
    pub(crate) mass: Vec<f32>,
}

impl Sources {
    fn clear(&mut self) {
        self.x.clear();
        self.y.clear();
        self.mass.clear();
    }

    fn push(&mut self, [x, y]: [f32; 2], mass: f32) {
        self.x.push(x);
        self.y.push(y);
        self.mass.push(mass);
    }
}

/// Cells in the order of a walk, each before its children; points in the order of the cells.
pub(crate) struct Quadtree {
    pub(crate) cells: Vec<Cell>,
    /// The cells without children, in order: together they hold all points.
    pub(crate) leaves: Vec<usize>,
    pub(crate) points: Vec<[f64; 2]>,
    pub(crate) order: Vec<u32>,
}

pub(crate) struct Cell {
    first: u32,
    end: u32,
    /// The cell after this one and all below it.
    next: u32,
    side: f64,
    center: [f64; 2],
    low: [f64; 2],
    high: [f64; 2],
}

impl Cell {
    pub(crate) fn len(&self) -> usize {
        (self.end - self.first) as usize
    }

    pub(crate) fn range(&self) -> std::ops::Range<usize> {
        self.first as usize..self.end as usize
    }

    /// The place from which sources are seen.
    pub(crate) fn middle(&self) -> [f64; 2] {
        [0, 1].map(|axis| f64::midpoint(self.low[axis], self.high[axis]))
    }
}

impl Quadtree {
    /// Halves the square that holds the points until a cell has few of them. O(n log n).
    pub(crate) fn build(points: &[[f64; 2]]) -> Self {
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
        let (place, end) = (self.cells.len(), first + codes.len());
        let (low, high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        let (first_u32, end_u32) = (first as u32, end as u32);
        self.cells.push(Cell { first: first_u32, end: end_u32, next: 0, side, center: [0.0; 2], low, high });
        let mut merged = (low, high, [0.0; 2]);
        let mut merge = |low: [f64; 2], high: [f64; 2], sum: [f64; 2]| {
            for axis in 0..2 {
                merged.0[axis] = merged.0[axis].min(low[axis]);
                merged.1[axis] = merged.1[axis].max(high[axis]);
                merged.2[axis] += sum[axis];
            }
        };
        if codes.len() <= LEAF || depth == MAX_DEPTH {
            self.leaves.push(place);
            self.points[first..end].iter().for_each(|&point| merge(point, point, point));
        } else {
            let shift = 2 * (MAX_DEPTH - 1 - depth);
            let mut first = first;
            for quarter in codes.chunk_by(|a, b| a.0 >> shift == b.0 >> shift) {
                let child = self.cells.len();
                self.add(quarter, first, side / 2.0, depth + 1);
                let Cell { low, high, center, .. } = self.cells[child];
                merge(low, high, center.map(|center| center * quarter.len() as f64));
                first += quarter.len();
            }
        }
        let next = self.cells.len() as u32;
        let cell = &mut self.cells[place];
        (cell.next, cell.low, cell.high) = (next, merged.0, merged.1);
        cell.center = merged.2.map(|sum| sum / codes.len() as f64);
    }

    /// What acts on the points of a leaf, the leaf's own points among it, filled up to a multiple of [`LANES`] with sources of
    /// mass 0.
    pub(crate) fn gather(&self, leaf: usize, theta: f64, sources: &mut Sources) {
        sources.clear();
        let target = &self.cells[leaf];
        let middle = target.middle();
        let seen = |point: [f64; 2]| [0, 1].map(|axis| (point[axis] - middle[axis]) as f32);
        let half = [0, 1].map(|axis| (target.high[axis] - target.low[axis]) / 2.0);
        let theta_sq = theta * theta;
        let mut place = 0;
        while let Some(cell) = self.cells.get(place) {
            // To the nearest place in the leaf's box, so that the rule holds for all of its points.
            let gap = |axis: usize| ((cell.center[axis] - middle[axis]).abs() - half[axis]).max(0.0);
            let (gap_x, gap_y) = (gap(0), gap(1));
            // A cell that holds the leaf never stands for its own points.
            let holds_leaf = cell.first <= target.first && target.end <= cell.end;
            if !holds_leaf && cell.side * cell.side < theta_sq * (gap_x * gap_x + gap_y * gap_y) {
                sources.push(seen(cell.center), cell.len() as f32);
                place = cell.next as usize;
            } else if cell.next as usize == place + 1 {
                self.points[cell.range()].iter().for_each(|point| sources.push(seen(*point), 1.0));
                place = cell.next as usize;
            } else {
                place += 1;
            }
        }
        while !sources.x.len().is_multiple_of(LANES) {
            sources.push([0.0; 2], 0.0);
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

    #[test]
    fn each_leaf_sees_every_point_once_and_fewer_sources_with_a_coarser_rule() {
        let points: Vec<[f64; 2]> =
            (0..2000).map(|i| [(f64::from(i) * 0.7).sin() * 9.0, f64::from(i % 83)]).collect();
        let tree = Quadtree::build(&points);
        let mut sources = Sources::default();
        let held: usize = tree.leaves.iter().map(|&leaf| tree.cells[leaf].len()).sum();
        assert_eq!(held, 2000);
        for &leaf in &tree.leaves {
            let counts = [0.0, 0.5, 1.0].map(|theta| {
                tree.gather(leaf, theta, &mut sources);
                assert_eq!(sources.mass.iter().sum::<f32>(), 2000.0);
                sources.mass.iter().filter(|mass| **mass > 0.0).count()
            });
            assert_eq!(counts[0], 2000);
            assert!(counts[1] < 1500 && counts[2] < counts[1], "{counts:?}");
        }
    }

    #[test]
    fn a_cell_lies_about_its_points() {
        let points: Vec<[f64; 2]> = (0..500).map(|i| [f64::from(i * i % 97), f64::from(i % 31)]).collect();
        let tree = Quadtree::build(&points);
        for cell in &tree.cells {
            let own = &tree.points[cell.range()];
            for axis in 0..2 {
                let values = own.iter().map(|point| point[axis]);
                assert_eq!(values.clone().fold(f64::INFINITY, f64::min), cell.low[axis]);
                assert_eq!(values.clone().fold(f64::NEG_INFINITY, f64::max), cell.high[axis]);
                let mean = values.sum::<f64>() / own.len() as f64;
                approx::assert_relative_eq!(mean, cell.center[axis], max_relative = 1e-12);
            }
        }
    }
}
