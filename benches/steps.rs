//! Whole training steps on Cora.
//!
//! ```text
//! cargo bench --workspace --bench steps
//! ```
//!
//! The step of the authors' recipe (2708 nodes, 1433 → 1024 → 512, 768 groups) has 2 · 2708 · 1024 · 512 operations in each of
//! the three dense products of its second convolution and 2708 · 512² · (1 + 2) in the expansion: 10.6 · 10⁹ in all.

mod measure;
#[path = "steps/mod.rs"]
mod steps;

use criterion::{Criterion, criterion_group, criterion_main};
use embedders::{Dgi, FitOptions, G2r, TrainingData, trainer};
use measure::{Machine, Work, operator};
use steps::Input;
use steps::gat::GatStep;
use steps::gcn::GcnStep;

/// Dense products of the second convolution and of the expansion, in operations.
const ENCODER_FLOPS: f64 = 3.0 * 2.0 * 2708.0 * 1024.0 * 512.0;
const EXPANSION_FLOPS: f64 = 3.0 * 2708.0 * 512.0 * 512.0;

fn steps(c: &mut Criterion) {
    let machine = Machine::measure();
    let cora = graph_io::load("cora", None).expect("Cora is embedded");

    let data = TrainingData::of(&cora);
    // The default is the authors' recipe for Cora.
    let g2r = trainer(&G2r { epochs: 5, ..G2r::default() }, &data).expect("a valid recipe");
    let work = Work::Flops(5.0 * (ENCODER_FLOPS + EXPANSION_FLOPS));
    operator(c, &machine, "G2R, 5 steps of the recipe", work, || {
        g2r.train(&FitOptions::seed(0), &mut ()).expect("training runs");
    });

    let mut gcn = GcnStep::new(&Input::cora(), 1024, 512);
    operator(c, &machine, "GCN encoder step, 1433 to 1024 to 512", Work::Flops(ENCODER_FLOPS), || gcn.step());

    let dgi = trainer(&Dgi::default(), &data).expect("settings in their range");
    let options = FitOptions::seed(0);
    let mut training = dgi.start(&options).expect("a graph with features");
    // The features' product and Â of the true and of the shuffled rows, each with its gradient: what they read and write once.
    let work = Work::Bytes(4.0 * 512.0 * (2.0 * (1433.0 + 2708.0) + 2.0 * (2708.0 + 2.0 * 2708.0)));
    operator(c, &machine, "DGI step, 512 columns", work, || {
        training.epoch().expect("a finite loss");
    });

    let mut gat = GatStep::new(&Input::cora(), 7, 0.6);
    // Its largest dense side is written and read once each way; that counts for less than the exponentials.
    let work = Work::Bytes(4.0 * 4.0 * 2708.0 * 64.0);
    operator(c, &machine, "GAT step, 8 heads of 8", work, || gat.step());
}

criterion_group!(benches, steps);
criterion_main!(benches);
