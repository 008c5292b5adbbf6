//! How near an operator comes to what the machine can do.

use std::hint::black_box;
use std::time::{Duration, Instant};

use burn::tensor::{Device, Tensor};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion};
use rayon::prelude::*;

// As the program has it.
#[global_allocator]
static ALLOCATOR: tensor_memory::TensorAllocator = tensor_memory::TensorAllocator;

/// What an operator cannot do without.
#[derive(Clone, Copy)]
pub(crate) enum Work {
    /// Bytes that must come from memory or go there: each input read once, each output written once.
    Bytes(f64),
    /// Floating-point operations of dense products.
    Flops(f64),
}

/// The limits of this machine with all threads, measured when the benchmark starts.
pub(crate) struct Machine {
    /// Bytes a second of a triad a = b + s · c over arrays far larger than the caches, 12 bytes an element.
    bandwidth: f64,
    /// Operations a second of a product of two 2048 × 2048 matrices of f32 on Burn's CPU backend.
    product_rate: f64,
}

impl Machine {
    pub(crate) fn measure() -> Self {
        tensor_memory::keep_freed_blocks();
        let machine = Self { bandwidth: triad(), product_rate: dense_product() };
        println!(
            "machine: triad {:.1} GB/s, dense product {:.0} GFLOP/s, {} threads\n",
            machine.bandwidth / 1e9,
            machine.product_rate / 1e9,
            rayon::current_num_threads()
        );
        machine
    }

    fn limit(&self, work: Work) -> f64 {
        match work {
            Work::Bytes(bytes) => bytes / self.bandwidth,
            Work::Flops(flops) => flops / self.product_rate,
        }
    }
}

/// Times an operator with criterion, then prints its roofline.
pub(crate) fn operator(c: &mut Criterion, machine: &Machine, name: &str, work: Work, mut run: impl FnMut()) {
    let mut group = c.benchmark_group("operators");
    configure(&mut group);
    let mut seconds = Vec::new();
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|iterations| {
            let start = Instant::now();
            (0..iterations).for_each(|_| run());
            let elapsed = start.elapsed();
            seconds.push(elapsed.as_secs_f64() / iterations as f64);
            elapsed
        });
    });
    group.finish();
    if seconds.is_empty() {
        return; // A filter on the command line left this one out.
    }
    let (median, limit) = (median(&mut seconds), machine.limit(work));
    let what = match work {
        Work::Bytes(bytes) => format!("{:.1} MB", bytes / 1e6),
        Work::Flops(flops) => format!("{:.2} GFLOP", flops / 1e9),
    };
    println!(
        "    roofline: {what}, at best {:.3} ms; median {:.3} ms; {:.0} % of the limit\n",
        1e3 * limit,
        1e3 * median,
        100.0 * limit / median
    );
}

fn configure(group: &mut BenchmarkGroup<'_, WallTime>) {
    group.sample_size(10);
    group.warm_up_time(Duration::from_millis(300));
    group.measurement_time(Duration::from_secs(2));
}

fn triad() -> f64 {
    const LENGTH: usize = 1 << 26;
    const TASK: usize = 1 << 16;
    // Arrays that begin at the same place of a page would get in each other's way.
    const APART: usize = 400;
    let (b, c) = (vec![1.0f32; LENGTH + APART], vec![2.0f32; LENGTH + 2 * APART]);
    let (b, c, mut a) = (&b[APART..], &c[2 * APART..], vec![0.0f32; LENGTH]);
    let seconds = median_of(9, || {
        a.par_chunks_mut(TASK).zip(b.par_chunks(TASK).zip(c.par_chunks(TASK))).for_each(|(a, (b, c))| {
            for (a, (b, c)) in a.iter_mut().zip(b.iter().zip(c)) {
                *a = b + 3.0 * c;
            }
        });
        black_box(&mut a);
    });
    12.0 * LENGTH as f64 / seconds
}

fn dense_product() -> f64 {
    const SIDE: usize = 2048;
    let matrix = Tensor::<2>::ones([SIDE, SIDE], &Device::flex());
    let seconds = median_of(5, || {
        black_box(matrix.clone().matmul(matrix.clone()));
    });
    2.0 * (SIDE as f64).powi(3) / seconds
}

fn median_of(runs: usize, mut run: impl FnMut()) -> f64 {
    run();
    let mut seconds: Vec<f64> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64()
        })
        .collect();
    median(&mut seconds)
}

pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
