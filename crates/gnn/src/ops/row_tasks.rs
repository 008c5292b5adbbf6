//! How rows are cut into tasks: by their number alone, never by that of the threads.

use rayon::prelude::*;

use super::flex::entries;

/// Tasks at most.
const MAX_TASKS: usize = 256;
/// Rows of a task at least.
const MIN_ROWS: usize = 16;

/// Rows that one task computes; at least one.
pub(super) fn rows_per_task(rows: usize) -> usize {
    rows.div_ceil(MAX_TASKS).max(MIN_ROWS)
}

/// Calls a function with the values of each row's entries, of `values` `[nonzeros, width]`, and with what a task keeps between rows.
pub(super) fn for_rows_of_entries<S>(
    values: &mut [f32],
    row_ptr: &[u32],
    width: usize,
    init: impl Fn() -> S + Sync + Send,
    each: impl Fn(&mut S, usize, &mut [f32]) + Sync,
) {
    let rows = row_ptr.len() - 1;
    let task_rows = rows_per_task(rows);
    let mut tasks = Vec::with_capacity(rows.div_ceil(task_rows));
    let mut rest = values;
    for first in (0..rows).step_by(task_rows) {
        let end = rows.min(first + task_rows);
        let (task, after) = rest.split_at_mut((row_ptr[end] - row_ptr[first]) as usize * width);
        tasks.push((first..end, task));
        rest = after;
    }
    tasks.into_par_iter().for_each_init(init, |kept, (rows, mut values)| {
        for row in rows {
            let (own, after) = values.split_at_mut(entries(row_ptr, row).len() * width);
            each(kept, row, own);
            values = after;
        }
    });
}
