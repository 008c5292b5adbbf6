//! Graph attention on the CPU.

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;
use row_kernels::{add_leaky_slopes, leaky_sums};

use super::{Attended, GatBackend, GatGradients, GatState};
use crate::ops::attention::AttentionSettings;
use crate::ops::attention::cpu::{Attention, Columns, Rows};
use crate::ops::flex::{floats, indices, tensor};
use crate::sparse::PatternTensors;

impl GatBackend for Flex {
    fn gat(
        pattern: PatternTensors<Self>,
        x: FloatTensor<Self>,
        target_scores: FloatTensor<Self>,
        source_scores: FloatTensor<Self>,
        settings: AttentionSettings,
    ) -> Attended<Self> {
        let (x, targets, sources) =
            (x.to_contiguous(), target_scores.to_contiguous(), source_scores.to_contiguous());
        let (width, heads) = (x.layout().shape()[1], targets.layout().shape()[1]);
        let (targets, sources) = (floats(&targets), floats(&sources));
        let slope = settings.negative_slope as f32;

        let attention = Attention { heads, width, values: floats(&x), mask: settings.dropout.mask() };
        let rows = Rows { row_ptr: indices(&pattern.row_ptr), columns: indices(&pattern.columns) };
        let (output, statistics) = attention.forward(rows, |row, columns, scores| {
            leaky_sums(scores, &targets[row * heads..(row + 1) * heads], columns, sources, slope);
        });
        let rows = rows.row_ptr.len() - 1;
        Attended { output: tensor(output, [rows, width]), statistics: tensor(statistics, [rows, 2 * heads]) }
    }

    fn gat_backward(
        pattern: PatternTensors<Self>,
        state: GatState<Self>,
        grad: FloatTensor<Self>,
        settings: AttentionSettings,
    ) -> GatGradients<Self> {
        let (x, grad) = (state.x.to_contiguous(), grad.to_contiguous());
        let (targets, sources) = (state.target_scores.to_contiguous(), state.source_scores.to_contiguous());
        let (width, heads) = (x.layout().shape()[1], targets.layout().shape()[1]);
        let (targets, sources) = (floats(&targets), floats(&sources));
        let (statistics, grad) = (floats(&state.statistics), floats(&grad));
        let slope = settings.negative_slope as f32;

        let attention = Attention { heads, width, values: floats(&x), mask: settings.dropout.mask() };
        let rows = Rows { row_ptr: indices(&pattern.row_ptr), columns: indices(&pattern.columns) };
        let of_rows = attention.back_to_rows(
            rows,
            statistics,
            grad,
            [heads, 0],
            |row, columns, scores| {
                leaky_sums(scores, &targets[row * heads..(row + 1) * heads], columns, sources, slope);
            },
            |_, _, block, of_target, _| add_leaky_slopes(of_target, block.gradient, block.scores, slope),
        );
        let columns = Columns { column_ptr: indices(&pattern.column_ptr), rows: indices(&pattern.rows) };
        let (of_x, of_sources) = attention.back_to_columns(
            columns,
            (statistics, &of_rows.means),
            grad,
            |column, rows, scores| {
                leaky_sums(scores, &sources[column * heads..(column + 1) * heads], rows, targets, slope);
            },
            |_, _, block, _, of_source| add_leaky_slopes(of_source, block.gradient, block.scores, slope),
        );
        let (rows, columns) = (rows.row_ptr.len() - 1, columns.column_ptr.len() - 1);
        GatGradients {
            x: tensor(of_x, [columns, width]),
            target_scores: tensor(of_rows.rows, [rows, heads]),
            source_scores: tensor(of_sources, [columns, heads]),
        }
    }
}
