//! The inner loops of sparse products, of attention and of coding rates, on `f32` rows.
//!
//! Each is compiled for AVX-512, for AVX2 with FMA, and for the target's baseline, and chosen at run time. The
//! order of the additions is part of the contract and the same in all three, and every multiply-add rounds
//! once, so a result has the same bits on every processor and with any number of threads.

mod dot;
mod dropout;
mod exp;
mod gram;
mod heads;
mod lanes;
mod largest;
mod leaky;
mod magnitudes;
mod multiversion;
mod softmax;
mod weighted_sum;

pub use dot::{dot, row_dots};
pub use dropout::{DropoutMask, dropout_factors_of_column, dropout_factors_of_row, mix, multiply};
pub use exp::{add_and_elu, exp_nonpositive};
pub use gram::gram_of_rows;
pub use heads::{add_head_weighted_rows, head_dots, scale_heads};
pub use lanes::add_pairwise;
pub use largest::{largest_of_rows, sum_where_won};
pub use leaky::{LeakyScore, add_leaky_rows, add_leaky_slope_rows, add_leaky_slopes, leaky_dots, leaky_sums};
pub use magnitudes::sum_of_magnitudes;
pub use softmax::{
    BLOCK, add_head_products, attention_of_column, attention_of_row, score_gradient_of_column,
    score_gradient_of_row, softmax, softmax_block, softmax_gradient,
};
pub use weighted_sum::{add_weighted_rows, weighted_row_sum, weighted_row_sums};
