//! A parser for the few pickles graph data sets are kept in: protocol 2, as Python 2 wrote it.
//!
//! A pickle is a program for a stack machine that may call any function. This parser runs nothing: it knows the
//! opcodes and the six names those files use, builds plain values from them, and refuses everything else with file
//! and byte offset. What it holds is bounded by the file's size, whatever sizes the file declares: a value in two bytes, an
//! object in six.

mod extract;
mod heap;
mod machine;
mod objects;
#[cfg(test)]
mod pickler;
mod value;

pub(super) use machine::{MAX_BYTES, Pickle};
#[cfg(test)]
pub(super) use pickler::Pickler;
