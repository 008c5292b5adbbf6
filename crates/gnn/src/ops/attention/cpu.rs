//! Attention on the CPU, whatever its scores: rows in parallel forwards, rows and then columns backwards.
//!
//! A row's scores are met in blocks of [`BLOCK`] entries, so that no `[nonzeros, heads]` is ever made. Kept for the gradient
//! are only each row's largest score and the inverse of its sum, from which weights are computed anew. (Not the logarithm of the sum:
//! added to a large score it would lose the digits that the weights need.)

use rayon::prelude::*;
use row_kernels::{
    BLOCK, DropoutMask, add_head_products, add_head_weighted_rows, attention_of_column, attention_of_row,
    dropout_factors_of_column, dropout_factors_of_row, head_dots, multiply, scale_heads,
    score_gradient_of_column, score_gradient_of_row, softmax_block,
};

use crate::ops::flex::entries;
use crate::ops::row_tasks::rows_per_task;

/// The sums `out[i, h, :] = Σ_j α′_ij[h] · values[j, h, :]` that an attention is taken over.
#[derive(Clone, Copy)]
pub(in crate::ops) struct Attention<'a> {
    pub(in crate::ops) heads: usize,
    /// Width of a row of values, all heads.
    pub(in crate::ops) width: usize,
    /// `[columns, heads · d]`.
    pub(in crate::ops) values: &'a [f32],
    pub(in crate::ops) mask: Option<DropoutMask>,
}

/// What each row of the output is a sum over.
#[derive(Clone, Copy)]
pub(in crate::ops) struct Rows<'a> {
    pub(in crate::ops) row_ptr: &'a [u32],
    pub(in crate::ops) columns: &'a [u32],
}

/// The same column by column.
#[derive(Clone, Copy)]
pub(in crate::ops) struct Columns<'a> {
    pub(in crate::ops) column_ptr: &'a [u32],
    pub(in crate::ops) rows: &'a [u32],
}

/// Room for a block of entries, `[entries, heads]`.
struct Room {
    scores: Vec<f32>,
    attention: Vec<f32>,
    gradient: Vec<f32>,
    factors: Vec<f32>,
}

/// A block's numbers, `[entries, heads]`.
struct Block<'a> {
    scores: &'a mut [f32],
    attention: &'a mut [f32],
    gradient: &'a mut [f32],
    factors: &'a mut [f32],
}

impl Room {
    fn new(heads: usize) -> Self {
        let room = || vec![0.0; BLOCK * heads];
        Self { scores: room(), attention: room(), gradient: room(), factors: room() }
    }

    fn block(&mut self, numbers: usize) -> Block<'_> {
        Block {
            scores: &mut self.scores[..numbers],
            attention: &mut self.attention[..numbers],
            gradient: &mut self.gradient[..numbers],
            factors: &mut self.factors[..numbers],
        }
    }
}

/// Scores of a block and their gradients, `[entries, heads]`.
#[derive(Clone, Copy)]
pub(in crate::ops) struct Scored<'a> {
    pub(in crate::ops) scores: &'a [f32],
    pub(in crate::ops) gradient: &'a [f32],
}

/// Gradients that belong to rows.
pub(in crate::ops) struct RowGradients {
    /// Σ_j α_ij ∂α_ij of each row, `[rows, heads]`.
    pub(in crate::ops) means: Vec<f32>,
    /// What was added up for each row, `[rows, width of it]`.
    pub(in crate::ops) rows: Vec<f32>,
    /// What was added up over all rows.
    pub(in crate::ops) total: Vec<f32>,
}

impl Attention<'_> {
    /// Output `[rows, heads · d]`, and each row's largest scores and inverse sums, `[rows, 2, heads]`.
    ///
    /// `score` writes the scores of a row's entries, `[entries, heads]`.
    pub(in crate::ops) fn forward(
        &self,
        Rows { row_ptr, columns }: Rows<'_>,
        score: impl Fn(usize, &[u32], &mut [f32]) + Sync,
    ) -> (Vec<f32>, Vec<f32>) {
        let &Self { heads, width, values, mask } = self;
        let rows = row_ptr.len() - 1;
        let task_rows = rows_per_task(rows);
        let mut output = vec![0.0f32; rows * width];
        let mut statistics = vec![0.0f32; rows * 2 * heads];
        let room = || (Room::new(heads), vec![0.0f32; heads]);
        let tasks =
            output.par_chunks_mut(task_rows * width).zip(statistics.par_chunks_mut(task_rows * 2 * heads));
        tasks.enumerate().for_each_init(room, |(room, rescale), (task, (output, statistics))| {
            let rows = output.chunks_exact_mut(width).zip(statistics.chunks_exact_mut(2 * heads));
            for (offset, (output, statistics)) in rows.enumerate() {
                let row = task * task_rows + offset;
                let columns = &columns[entries(row_ptr, row)];
                let (maxima, sums) = statistics.split_at_mut(heads);
                maxima.fill(f32::NEG_INFINITY);
                for (number, columns) in columns.chunks(BLOCK).enumerate() {
                    let Block { scores, factors, .. } = room.block(columns.len() * heads);
                    score(row, columns, scores);
                    softmax_block(scores, maxima, sums, rescale);
                    if number > 0 {
                        scale_heads(output, rescale);
                    }
                    if let Some(mask) = &mask {
                        dropout_factors_of_row(factors, mask, row as u32, columns);
                        multiply(scores, factors);
                    }
                    add_head_weighted_rows(output, scores, columns, values, heads);
                }
                // Nobody reads the statistics of a row without entries, whose sums are zero.
                for sum in sums.iter_mut() {
                    *sum = 1.0 / *sum;
                }
                if !columns.is_empty() {
                    scale_heads(output, sums);
                }
            }
        });
        (output, statistics)
    }

    /// Gradients of what belongs to rows, into whose output `grad` flows.
    ///
    /// `add` is given a block of a row: its columns, its scores and their gradients, and adds to the row's `row_width` numbers
    /// and to a total of `total_width`.
    pub(in crate::ops) fn back_to_rows(
        &self,
        Rows { row_ptr, columns }: Rows<'_>,
        statistics: &[f32],
        grad: &[f32],
        [row_width, total_width]: [usize; 2],
        score: impl Fn(usize, &[u32], &mut [f32]) + Sync,
        add: impl Fn(usize, &[u32], Scored<'_>, &mut [f32], &mut [f32]) + Sync,
    ) -> RowGradients {
        let &Self { heads, width, values, mask } = self;
        let rows = row_ptr.len() - 1;
        let task_rows = rows_per_task(rows);
        let mut means = vec![0.0f32; rows * heads];
        let mut gradients = vec![0.0f32; rows * row_width];

        let weights = |row: usize, columns: &[u32], block: &mut Block<'_>| {
            let (maxima, inverse_sums) = statistics[row * 2 * heads..][..2 * heads].split_at(heads);
            score(row, columns, block.scores);
            block.attention.copy_from_slice(block.scores);
            attention_of_row(block.attention, maxima, inverse_sums);
            head_dots(block.gradient, &grad[row * width..(row + 1) * width], columns, values, heads);
            if let Some(mask) = &mask {
                dropout_factors_of_row(block.factors, mask, row as u32, columns);
                multiply(block.gradient, block.factors);
            }
        };
        let tasks =
            means.par_chunks_mut(task_rows * heads).zip(gradients.par_chunks_mut(task_rows * row_width));
        let totals = tasks.enumerate().map_init(
            || Room::new(heads),
            |room, (task, (means, gradients))| {
                let mut total = vec![0.0f32; total_width];
                let rows = means.chunks_exact_mut(heads).zip(gradients.chunks_exact_mut(row_width));
                for (offset, (means, gradients)) in rows.enumerate() {
                    let row = task * task_rows + offset;
                    let columns = &columns[entries(row_ptr, row)];
                    for columns in columns.chunks(BLOCK) {
                        let mut block = room.block(columns.len() * heads);
                        weights(row, columns, &mut block);
                        add_head_products(means, block.attention, block.gradient);
                    }
                    for block_columns in columns.chunks(BLOCK) {
                        let mut block = room.block(block_columns.len() * heads);
                        // A single block still lies where it was.
                        if columns.len() > BLOCK {
                            weights(row, block_columns, &mut block);
                        }
                        score_gradient_of_row(block.gradient, block.attention, means);
                        let scored = Scored { scores: block.scores, gradient: block.gradient };
                        add(row, block_columns, scored, gradients, &mut total);
                    }
                }
                total
            },
        );
        let totals: Vec<Vec<f32>> = totals.collect();
        let mut total = vec![0.0f32; total_width];
        for part in &totals {
            for (total, part) in total.iter_mut().zip(part) {
                *total += part;
            }
        }
        RowGradients { means, rows: gradients, total }
    }

    /// Gradients of the values, `[columns, heads · d]`, and of what else belongs to columns, `[columns, heads]`.
    ///
    /// `add` is given a block of a column: its rows, its scores and their gradients, and adds to the gradient of the column's values
    /// and to its number a head.
    pub(in crate::ops) fn back_to_columns(
        &self,
        Columns { column_ptr, rows }: Columns<'_>,
        (statistics, means): (&[f32], &[f32]),
        grad: &[f32],
        score: impl Fn(usize, &[u32], &mut [f32]) + Sync,
        add: impl Fn(usize, &[u32], Scored<'_>, &mut [f32], &mut [f32]) + Sync,
    ) -> (Vec<f32>, Vec<f32>) {
        let &Self { heads, width, values, mask } = self;
        let columns = column_ptr.len() - 1;
        let task_columns = rows_per_task(columns);
        let mut of_values = vec![0.0f32; columns * width];
        let mut gradients = vec![0.0f32; columns * heads];
        let tasks = of_values
            .par_chunks_mut(task_columns * width)
            .zip(gradients.par_chunks_mut(task_columns * heads));
        tasks.enumerate().for_each_init(
            || Room::new(heads),
            |room, (task, (of_values, gradients))| {
                let columns = of_values.chunks_exact_mut(width).zip(gradients.chunks_exact_mut(heads));
                for (offset, (of_values, gradients)) in columns.enumerate() {
                    let column = task * task_columns + offset;
                    let own = &values[column * width..(column + 1) * width];
                    for rows in rows[entries(column_ptr, column)].chunks(BLOCK) {
                        let block = room.block(rows.len() * heads);
                        score(column, rows, block.scores);
                        block.attention.copy_from_slice(block.scores);
                        attention_of_column(block.attention, rows, statistics, heads);
                        head_dots(block.gradient, own, rows, grad, heads);
                        if let Some(mask) = &mask {
                            dropout_factors_of_column(block.factors, mask, rows, column as u32);
                            multiply(block.gradient, block.factors);
                        }
                        score_gradient_of_column(block.gradient, block.attention, rows, means, heads);
                        if mask.is_some() {
                            multiply(block.attention, block.factors);
                        }
                        add_head_weighted_rows(of_values, block.attention, rows, grad, heads);
                        let scored = Scored { scores: block.scores, gradient: block.gradient };
                        add(column, rows, scored, of_values, gradients);
                    }
                }
            },
        );
        (of_values, gradients)
    }
}
