//! Lists of edges in text: two ids a line, and a weight where edges have one.

mod attributes;
pub(super) mod digits;
mod inline_names;
mod layout;
pub(crate) mod line;
mod names;
pub(super) mod numbers;
mod ranks;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub(super) use self::read::FORMAT;
