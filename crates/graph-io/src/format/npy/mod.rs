//! NumPy's arrays as files: read without knowing beforehand what is in them, and written.
//!
//! `ndarray-npy` reads no text, and it and `npyz` want the type known before the file is opened, name no byte in their
//! errors, and parse headers by a grammar of all Python literals, with a dozen crates behind it.

mod array;
mod element;
mod header;
mod write;

pub(crate) use array::NpyArray;
pub(crate) use element::{Element, Kind};
pub(crate) use header::Header;
pub(crate) use write::{check_texts, write_array, write_texts, write_vector};
