//! The rates of an embedding by faer and by LAPACK, which share no code.
//!
//! The program factorises with faer. Here each number of a rate, of the expansion or of one group, is computed in `f64` twice, the
//! second time by LAPACK out of the system's OpenBLAS, so that anyone can see that the first is right. For checks, not for
//! training: every call factorises several times and keeps whole inverses.

mod by_faer;
mod by_lapack;
mod compare;

pub use compare::{Answers, OracleError, RateAnswers, expansion, group};
