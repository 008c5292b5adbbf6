//! NumPy's arrays as files: read without knowing beforehand what is in them, and written.
//!
//! `ndarray-npy` reads no text, wants the type known before the file is opened, and parses headers by recursion; a
//! header has one shape, so it is parsed here by hand.

mod array;
mod element;
mod header;
mod write;

pub(crate) use array::NpyArray;
pub(crate) use element::{Element, Kind};
pub(crate) use header::Header;
pub(crate) use write::{check_texts, write_array, write_texts, write_vector};
