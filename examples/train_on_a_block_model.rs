//! Train G2R on a random graph with known blocks, and see what training adds to the features and to the graph.
//!
//! ```sh
//! cargo run --release --example train_on_a_block_model
//! ```

use g2r::burn::tensor::Device;
use g2r::embedders::seeds::{Stream, generator};
use g2r::embedders::{
    BestValidation, EncoderSettings, FitOptions, G2r, OptimizerSettings, PreparationSettings, Settings,
    propagated,
};
use g2r::evaluation::{self, Probe, Rows};
use g2r::gnn::encoder::RowNorm;
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

/// Features or an embedding as rows of a probe.
fn rows(features: &Features) -> Rows<'_> {
    match features {
        Features::Sparse(matrix) => Rows::sparse(matrix.view()),
        Features::Dense(matrix) => Rows::dense(matrix.view()),
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
    // Found by validation accuracy: few units for a small graph, long steps for a noisy one.
    let settings = Settings::new(G2r {
        d_output: 32,
        groups_per_step: 300,
        eps_sq: 0.5,
        gamma1: 1.0,
        gamma2: 1.0,
        epochs: 40,
        encoder: EncoderSettings { row_norm: RowNorm::L1, ..EncoderSettings::with_hidden(&[64]) },
        optimizer: OptimizerSettings { learning_rate: 0.01, weight_decay: 1e-4 },
        ..G2r::default()
    })?;
    let estimator = settings.prepare(&dataset, &PreparationSettings::default(), &Device::flex())?;
    // The epoch with the best validation accuracy is kept; test nodes are read once, for that one.
    let val = dataset.split().expect("drawn").val();
    let mut best = BestValidation::new(1, |embedding: &Array2<f32>| {
        Ok(accuracy(&Rows::dense(embedding.view()), &dataset, val)?)
    });
    let trained = estimator.fit(&FitOptions::seed(0), &mut best)?;

    println!("\ntest accuracy with 5 labels a block; chance is 0.25");
    let test = dataset.split().expect("drawn").test();
    for (name, hops) in [("the features alone", 0), ("propagated twice", 2)] {
        let features = propagated(dataset.graph(), dataset.features().row_normalized(), hops);
        println!("  {name:20} {:.3}", accuracy(&rows(&features), &dataset, test)?);
    }
    let untrained = estimator.random_init(0).expect("it has an encoder");
    let random = accuracy(&Rows::dense(untrained.view()), &dataset, test)?;
    let found = accuracy(&rows(&trained.rows), &dataset, test)?;
    println!("  {:20} {random:.3}\n  {:20} {found:.3}", "encoder, untrained", "encoder, by G2R");
    println!("Epoch {} is kept, the first with the best validation accuracy.", trained.epoch);
    anyhow::ensure!(found > random + 0.1, "training makes of the same encoder a better one");
    Ok(())
}
