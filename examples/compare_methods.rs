//! Compare methods on the same splits, by the same probe, over the same seeds, beside the baselines.
//!
//! ```sh
//! cargo run --release --example compare_methods
//! ```

use g2r::burn::tensor::Device;
use g2r::harness::bench::{
    BenchConfig, BenchWatcher, CellRecord, Machine, Plan, Progress, ResultsFile, Tables, run_bench, summarize,
};

/// A few seeds of two methods, small enough to take a second; without the tables it would be the papers' recipes.
const CONFIG: &str = "
datasets = ['cora']
methods = ['g2r', 'dgi']
tasks = ['classification', 'clustering']
seeds = 3

[g2r]
d_hidden = [64]
d_output = 32
epochs = 8

[dgi]
d_output = 64
epochs = 60
";

struct Lines;

impl BenchWatcher for Lines {
    fn run_finished(&self, record: &CellRecord, progress: &Progress) {
        let CellRecord { cell, .. } = record;
        println!("{}/{}  {}, seed {}", progress.done, progress.total, cell.variant, cell.seed);
    }
}

/// Runs the example.
pub fn main() -> anyhow::Result<()> {
    let config = BenchConfig::from_layers(None, CONFIG.parse()?)?;
    let load = |name: &str| Ok(g2r::graph::load(name, None)?);
    let plan = Plan::new(&config, &load)?;
    // Whatever ends the process, the finished runs are in this file, and the same program goes on from there.
    let folder = tempfile::tempdir()?;
    let mut results = ResultsFile::open(&folder.path().join("results.jsonl"))?;
    let machine = Machine { device: &Device::flex(), meter: None };
    run_bench(&config, &plan, &load, &machine, &mut results, &Lines)?;

    let reference = "g2r".parse().map_err(anyhow::Error::msg)?;
    let groups = summarize(plan.cells(), &results, reference);
    let tables =
        Tables { groups: &groups, reference, command: "compare_methods", device: "cpu", out: "memory" };
    println!("\n{}", tables.to_markdown());
    anyhow::ensure!(groups.len() == 5 && groups.iter().all(|group| group.failures.is_empty()));
    Ok(())
}
