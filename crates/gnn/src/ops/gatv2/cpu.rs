//! Graph attention of the second kind on the CPU.

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;
use row_kernels::{LeakyScore, add_leaky_rows, add_leaky_slope_rows, leaky_dots};

use super::{Gatv2Backend, Gatv2Gradients, Gatv2State};
use crate::ops::attention::AttentionSettings;
use crate::ops::attention::cpu::{Attention, Columns, Rows};
use crate::ops::flex::{floats, indices, tensor};
use crate::ops::gat::Attended;
use crate::sparse::PatternTensors;

impl Gatv2Backend for Flex {
    fn gatv2(
        pattern: PatternTensors<Self>,
        target: FloatTensor<Self>,
        source: FloatTensor<Self>,
        att: FloatTensor<Self>,
        settings: AttentionSettings,
    ) -> Attended<Self> {
        let (target, source, att) = (target.to_contiguous(), source.to_contiguous(), att.to_contiguous());
        let (width, heads) = (target.layout().shape()[1], att.layout().shape()[0]);
        let (target, source, a) = (floats(&target), floats(&source), floats(&att));
        let slope = settings.negative_slope as f32;

        let attention = Attention { heads, width, values: source, mask: settings.dropout.mask() };
        let rows = Rows { row_ptr: indices(&pattern.row_ptr), columns: indices(&pattern.columns) };
        let (output, statistics) = attention.forward(rows, |row, columns, scores| {
            let node = LeakyScore { a, fixed: &target[row * width..(row + 1) * width], slope, heads };
            leaky_dots(scores, &node, columns, source);
        });
        let rows = rows.row_ptr.len() - 1;
        Attended { output: tensor(output, [rows, width]), statistics: tensor(statistics, [rows, 2 * heads]) }
    }

    fn gatv2_backward(
        pattern: PatternTensors<Self>,
        state: Gatv2State<Self>,
        grad: FloatTensor<Self>,
        settings: AttentionSettings,
    ) -> Gatv2Gradients<Self> {
        let (target, source) = (state.target.to_contiguous(), state.source.to_contiguous());
        let (att, grad) = (state.att.to_contiguous(), grad.to_contiguous());
        let (width, heads) = (target.layout().shape()[1], att.layout().shape()[0]);
        let (target, source, a) = (floats(&target), floats(&source), floats(&att));
        let (statistics, grad) = (floats(&state.statistics), floats(&grad));
        let slope = settings.negative_slope as f32;
        let of_target =
            |row: usize| LeakyScore { a, fixed: &target[row * width..(row + 1) * width], slope, heads };
        let of_source = |column: usize| LeakyScore {
            a,
            fixed: &source[column * width..(column + 1) * width],
            slope,
            heads,
        };

        let attention = Attention { heads, width, values: source, mask: settings.dropout.mask() };
        let rows = Rows { row_ptr: indices(&pattern.row_ptr), columns: indices(&pattern.columns) };
        let of_rows = attention.back_to_rows(
            rows,
            statistics,
            grad,
            [width, width],
            |row, columns, scores| leaky_dots(scores, &of_target(row), columns, source),
            |row, columns, block, of_row, of_att| {
                add_leaky_slope_rows(of_row, block.gradient, &of_target(row), columns, source);
                add_leaky_rows(of_att, block.gradient, &of_target(row), columns, source);
            },
        );
        let columns = Columns { column_ptr: indices(&pattern.column_ptr), rows: indices(&pattern.rows) };
        // The scores' part of the gradient is added to the values': a source row is both.
        let (source_gradient, _) = attention.back_to_columns(
            columns,
            (statistics, &of_rows.means),
            grad,
            |column, rows, scores| leaky_dots(scores, &of_source(column), rows, target),
            |column, rows, block, of_values, _| {
                add_leaky_slope_rows(of_values, block.gradient, &of_source(column), rows, target);
            },
        );
        let (rows, columns) = (rows.row_ptr.len() - 1, columns.column_ptr.len() - 1);
        Gatv2Gradients {
            target: tensor(of_rows.rows, [rows, width]),
            source: tensor(source_gradient, [columns, width]),
            att: tensor(of_rows.total, [heads, width / heads]),
        }
    }
}
