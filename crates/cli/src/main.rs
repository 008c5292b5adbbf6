//! The `g2r` program: node embeddings of graphs without labels, by rate reduction.

mod args;
mod commands;
mod device;
mod duration;
mod failure;
mod input_args;
mod interrupt;
mod program;
mod progress;
mod stdout;
mod threads;

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: tensor_memory::TensorAllocator = tensor_memory::TensorAllocator;

fn main() -> ExitCode {
    let started = Instant::now();
    // Slower without it, and nothing else.
    let _ = tensor_memory::keep_freed_blocks();
    tensor_memory::exit_where_memory_fails();
    interrupt::ignore_file_size_limit();
    match commands::run(args::Args::parse(), &harness::Registry::builtin(), started) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
