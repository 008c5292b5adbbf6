//! The inner loops that sparse products, graph attention and coding rates share, on `f32` rows.
//!
//! Each is compiled for AVX-512, for AVX2 with FMA, and for the target's baseline, and chosen at run time. The
//! order of the additions is part of the contract and the same in all three, and every multiply-add rounds
//! once, so a result has the same bits on every processor and with any number of threads.

mod dot;
mod dropout;
mod exp;
mod heads;
mod leaky;
mod multiversion;
mod softmax;
mod weighted_sum;

pub use dot::dot;
pub use dropout::{DropoutMask, dropout_factors_of_column, dropout_factors_of_row, mix, multiply};
pub use exp::exp_nonpositive;
pub use heads::{add_head_weighted_rows, head_dots, scale_heads};
pub use leaky::{LeakyScore, add_leaky_rows, add_leaky_slope_rows, add_leaky_slopes, leaky_dots, leaky_sums};
pub use softmax::{
    BLOCK, add_head_products, attention_of_column, attention_of_row, score_gradient_of_column,
    score_gradient_of_row, softmax, softmax_block, softmax_gradient,
};
pub use weighted_sum::{add_weighted_rows, weighted_row_sum};
