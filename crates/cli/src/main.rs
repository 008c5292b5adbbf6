//! The g2r program.
fn main() {}
