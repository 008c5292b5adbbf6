/// The assignment of rows to columns, one to one, with the largest sum of weights: the column of each row. Hungarian
/// method with potentials by shortest augmenting paths (Jonker and Volgenant 1987), O(rows² · columns).
///
/// # Shapes
/// `weight(row, column)` for rows below `num_rows` and columns below `num_columns`, no fewer columns than rows.
pub(crate) fn best_assignment(
    num_rows: usize,
    num_columns: usize,
    weight: impl Fn(usize, usize) -> i64,
) -> Vec<usize> {
    assert!(num_rows <= num_columns, "{num_rows} rows have no place in {num_columns} columns");
    // Column `num_columns` is where a search starts: it holds the row that has no place yet.
    let mut row_of_column: Vec<Option<usize>> = vec![None; num_columns + 1];
    let (mut row_potentials, mut column_potentials) = (vec![0i64; num_rows], vec![0i64; num_columns + 1]);
    for row in 0..num_rows {
        row_of_column[num_columns] = Some(row);
        let mut distances = vec![i64::MAX; num_columns];
        let mut previous = vec![num_columns; num_columns];
        let mut seen = vec![false; num_columns + 1];
        let mut column = num_columns;
        while let Some(reached) = row_of_column[column] {
            seen[column] = true;
            let (mut nearest, mut step) = (num_columns, i64::MAX);
            for next in (0..num_columns).filter(|&next| !seen[next]) {
                let cost = -weight(reached, next) - row_potentials[reached] - column_potentials[next];
                if cost < distances[next] {
                    (distances[next], previous[next]) = (cost, column);
                }
                if distances[next] < step {
                    (step, nearest) = (distances[next], next);
                }
            }
            for (place, &seen) in seen.iter().enumerate() {
                match row_of_column[place].filter(|_| seen) {
                    Some(row) => {
                        row_potentials[row] += step;
                        column_potentials[place] -= step;
                    }
                    None if place < num_columns => distances[place] -= step,
                    None => {}
                }
            }
            column = nearest;
        }
        while column != num_columns {
            row_of_column[column] = row_of_column[previous[column]];
            column = previous[column];
        }
    }
    let mut column_of_row = vec![0; num_rows];
    for (column, row) in row_of_column[..num_columns].iter().enumerate() {
        if let Some(row) = *row {
            column_of_row[row] = column;
        }
    }
    column_of_row
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum(weights: &[Vec<i64>], columns: &[usize]) -> i64 {
        weights.iter().zip(columns).map(|(weights, &column)| weights[column]).sum()
    }

    /// The largest sum by trying every assignment.
    fn largest_sum(weights: &[Vec<i64>], taken: &mut [bool]) -> i64 {
        let [first, rest @ ..] = weights else { return 0 };
        let free: Vec<usize> = (0..first.len()).filter(|&column| !taken[column]).collect();
        free.into_iter()
            .map(|column| {
                taken[column] = true;
                let sum = first[column] + largest_sum(rest, taken);
                taken[column] = false;
                sum
            })
            .max()
            .unwrap()
    }

    #[test]
    fn the_largest_entries_are_left_where_the_sum_gains() {
        let weights = [vec![10, 9], vec![9, 1]];
        assert_eq!(best_assignment(2, 2, |row, column| weights[row][column]), [1, 0]);
        assert_eq!(best_assignment(0, 3, |_, _| 0), [0; 0]);
    }

    proptest! {
        #[test]
        fn no_assignment_has_a_larger_sum(
            weights in (1usize..5, 0usize..3).prop_flat_map(|(rows, more)| {
                prop::collection::vec(prop::collection::vec(-20i64..50, rows + more), rows)
            }),
        ) {
            let num_columns = weights[0].len();
            let columns = best_assignment(weights.len(), num_columns, |row, column| weights[row][column]);
            let mut distinct = columns.clone();
            distinct.sort_unstable();
            distinct.dedup();
            prop_assert_eq!(distinct.len(), weights.len());
            prop_assert_eq!(sum(&weights, &columns), largest_sum(&weights, &mut vec![false; num_columns]));
        }
    }
}
