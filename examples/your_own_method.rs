//! A method of your own in the registry, which `bench` then compares with the others.

use g2r::embedders::*;
use g2r::graph::{Features, NodeDataset};
use g2r::harness::bench::{BenchConfig, Machine, Plan, ResultsFile, run_bench};

#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Degrees {} // It has no settings.

fn degrees(dataset: &NodeDataset, _features: Features) -> Features {
    let degree_of = |(node, _)| dataset.graph().degree(node as u32) as f32;
    Features::Dense(g2r::ndarray::Array2::from_shape_fn((dataset.graph().num_nodes(), 1), degree_of))
}

impl MethodSettings for Degrees {
    const INFO: MethodInfo = MethodInfo::unsupervised("degrees", "degrees", "this example");

    fn bind(&self, data: &TrainingData<'_>) -> Result<Box<dyn Fit>, Error> {
        Ok(fixed(data, degrees))
    }
    fn restore(&self, _: &ModelShape, _: &std::path::Path) -> Result<Box<dyn EmbedNodes>, Error> {
        Ok(computed(degrees))
    }
}

/// Runs the example.
pub fn main() -> anyhow::Result<()> {
    let registry = Registry::builtin().with::<Degrees>();
    let settings = "datasets = ['cora']\nmethods = ['degrees']\nseeds = 1".parse()?;
    let config = BenchConfig::from_layers(&registry, None, settings)?;
    let load = |name: &str| Ok(g2r::graph::load(name, None)?);
    let plan = Plan::new(&config, &load)?;
    let folder = tempfile::tempdir()?;
    let mut results = ResultsFile::open(&folder.path().join("results.jsonl"))?;
    run_bench(&config, &plan, &load, &Machine::cpu(), &mut results, &())?;
    results.records().iter().for_each(|record| println!("{}: {:?}", record.key.method, record.scores));
    anyhow::ensure!(results.records().len() == 6, "the method and five baselines");
    Ok(())
}
