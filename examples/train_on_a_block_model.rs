//! Train G2R on a random graph with known blocks, and see what training adds to the features and to the graph.
//!
//! ```sh
//! cargo run --release --example train_on_a_block_model
//! ```

use g2r::burn::tensor::Device;
use g2r::embedders::seeds::{Stream, generator};
use g2r::embedders::{Decision, EpochReport, G2r, G2rConfig, Observer, propagated};
use g2r::evaluation::{self, Probe, Rows};
use g2r::graph::synthetic::{BlockFeatures, BlockModelConfig, stochastic_block_model};
use g2r::graph::{Features, NodeDataset, SplitSizes};
use g2r::ndarray::Array2;

/// Accuracy on `nodes` of a linear probe that learned from the training nodes.
fn accuracy(rows: &Rows, dataset: &NodeDataset, nodes: &[u32]) -> Result<f64, evaluation::Error> {
    let (labels, split) = (dataset.labels().expect("blocks are labels"), dataset.split().expect("drawn"));
    let labels: Vec<usize> = labels.classes().iter().map(|class| class.expect("labelled") as usize).collect();
    let indices = |nodes: &[u32]| nodes.iter().map(|&node| node as usize).collect::<Vec<_>>();
    let probe = Probe::default().fit(rows, &labels, &indices(split.train()))?;
    Ok(probe.scores(rows, &labels, &indices(nodes))?.accuracy)
}

/// Keeps the epoch with the best validation accuracy; test nodes are not looked at while there is a choice to make.
struct BestValidation<'a>(&'a NodeDataset, f64);

impl Observer for BestValidation<'_> {
    fn epoch(
        &mut self,
        report: &EpochReport,
        embedding: &mut dyn FnMut() -> Array2<f32>,
    ) -> Result<Decision, Box<dyn std::error::Error + Send + Sync>> {
        let val = self.0.split().expect("drawn").val();
        let found = accuracy(&Rows::dense(embedding().view()), self.0, val)?;
        if report.epoch.is_multiple_of(10) {
            println!("epoch {:2}  loss {:8.3}  validation {found:.3}", report.epoch, report.loss);
        }
        let better = found > self.1;
        self.1 = self.1.max(found);
        Ok(if better { Decision::Keep } else { Decision::Discard })
    }
}

/// Runs the example.
pub fn main() -> anyhow::Result<()> {
    // Four blocks. Edges within a block are likelier than between; words hardly tell the blocks apart.
    let model = BlockModelConfig {
        block_sizes: vec![150; 4],
        edge_prob_within: 0.03,
        edge_prob_between: 0.004,
        features: BlockFeatures::Binary { d_input: 200, one_prob_own: 0.1, one_prob_other: 0.05 },
        split: SplitSizes { train_per_class: 5, val: 100, test: 400 },
    };
    let dataset = stochastic_block_model(&model, &mut generator(0, Stream::Synthetic))?;
    // The default is the authors' recipe for Cora. This graph is small and noisy: fewer units, a coarser code, longer steps,
    // found by validation accuracy.
    let recipe = G2rConfig { d_hidden: vec![64], d_output: 32, groups_per_step: 300, ..G2rConfig::default() };
    let recipe =
        G2rConfig { eps_sq: 0.5, gamma1: 1.0, gamma2: 1.0, learning_rate: 0.01, epochs: 40, ..recipe };
    let g2r = G2r::new(recipe, &dataset, &Device::flex())?;
    let trained = g2r.train(0, &mut BestValidation(&dataset, f64::NEG_INFINITY))?;

    println!("\ntest accuracy with 5 labels a block; chance is 0.25");
    let test = dataset.split().expect("drawn").test();
    for (name, hops) in [("the features alone", 0), ("propagated twice", 2)] {
        let Features::Sparse(features) = propagated(&dataset, hops) else { anyhow::bail!("expected words") };
        println!("  {name:20} {:.3}", accuracy(&Rows::sparse(features.view()), &dataset, test)?);
    }
    let [untrained, trained_z] = [&g2r.init(0), &trained.encoder].map(|encoder| g2r.embed(encoder));
    let random = accuracy(&Rows::dense(untrained.view()), &dataset, test)?;
    let found = accuracy(&Rows::dense(trained_z.view()), &dataset, test)?;
    println!("  {:20} {random:.3}\n  {:20} {found:.3}", "encoder, untrained", "encoder, by G2R");
    println!("Kept is epoch {}, the first with the best validation accuracy.", trained.epoch);
    anyhow::ensure!(found > random + 0.1, "training makes of the same encoder a better one");
    Ok(())
}
