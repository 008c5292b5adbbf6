//! Lists of edges in text: two ids a line, and a weight where edges have one.

pub(super) mod digits;
mod layout;
pub(super) mod line;
mod names;
pub(super) mod numbers;
mod ranks;
mod read;
mod write;

pub(super) use self::read::FORMAT;
