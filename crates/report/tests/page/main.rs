//! The page and its plots as a whole: what is in them.

#![allow(clippy::unwrap_used)]

mod files;
mod hostile;
mod sample;
