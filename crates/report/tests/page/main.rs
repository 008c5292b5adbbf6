//! The page and its plots as a whole: what is in them, and how the page behaves in a browser.

#![allow(clippy::unwrap_used)]

mod browser;
mod files;
mod hostile;
mod sample;
mod script;
