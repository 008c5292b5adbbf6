//! Tests of the whole: the examples run, the loss is right on real groups, and threads change no bit.

mod determinism;
mod examples;
mod real_groups;
