//! The inner loops of sparse products, of attention and of coding rates, on `f32` rows.
//!
//! Each is compiled for AVX-512, for AVX2 with FMA, and for the target's baseline, and chosen at run time. The
//! order of the additions is part of the contract and the same in all three, and every multiply-add rounds
//! once, so a result has the same bits on every processor and with any number of threads.

mod dot;
mod gram;
mod largest;
mod magnitudes;
mod multiversion;
mod weighted_sum;

pub use dot::dot;
pub use gram::gram_of_rows;
pub use largest::{largest_of_rows, sum_where_won};
pub use magnitudes::sum_of_magnitudes;
pub use weighted_sum::{add_weighted_rows, weighted_row_sum, weighted_row_sums};
