//! Compare methods on the same splits, by the same probe, over the same seeds, beside the baselines.
//!
//! ```sh
//! cargo run --release --example compare_methods
//! ```

use g2r::burn::tensor::Device;
use g2r::embedders::Registry;
use g2r::harness::bench::{
    BenchCallback, BenchConfig, JobRecord, Machine, Plan, Progress, ResultsFile, Tables, Variant, run_bench,
    summarize,
};

/// A few seeds of two methods, small enough to take a second; without the tables it would be the presets.
const CONFIG: &str = "
datasets = ['cora']
methods = ['g2r', 'dgi']
tasks = ['classification', 'clustering']
seeds = 3

[g2r]
encoder.d_hidden = [64]
d_output = 32
epochs = 8

[dgi]
d_output = 64
epochs = 60
";

struct Lines;

impl BenchCallback for Lines {
    fn run_finished(&self, record: &JobRecord, progress: &Progress) {
        let JobRecord { key, .. } = record;
        println!("{}/{}  {}, seed {}", progress.done, progress.total, key.method, key.seed);
    }
}

/// Runs the example.
pub fn main() -> anyhow::Result<()> {
    let registry = Registry::builtin();
    let config = BenchConfig::from_layers(&registry, None, CONFIG.parse()?)?;
    let load = |name: &str| Ok(g2r::graph::load(name, None)?);
    let plan = Plan::new(&config, &load)?;
    // The finished runs are in this file: the same program resumes a comparison that was stopped.
    let folder = tempfile::tempdir()?;
    let mut results = ResultsFile::open(&folder.path().join("results.jsonl"))?;
    let machine = Machine { device: &Device::flex(), ..Machine::cpu() };
    run_bench(&config, &plan, &load, &machine, &mut results, &Lines)?;

    let reference = Variant::parse("g2r", &registry)?;
    let groups = summarize(plan.jobs(), &results, &reference);
    let tables = Tables {
        groups: &groups,
        reference: &reference,
        command: "compare_methods",
        device: "cpu",
        out: "memory",
    };
    println!("\n{}", tables.to_markdown());
    anyhow::ensure!(groups.len() == 7 && groups.iter().all(|group| group.failures.is_empty()));
    Ok(())
}
