//! A loss of your own, trained with any encoder: neighbors embed alike, and all embeddings together keep their spread.

use g2r::embedders::*;

/// Mean ‖z − Âz‖², less the mean logarithm of the columns' variances.
struct Smoothness;

impl<E: Encoder> Objective<E> for Smoothness {
    type Heads = NoHeads;
    type State = ();

    fn init(&self, _start: Start<'_, E>) -> Result<(NoHeads, ()), Error> {
        Ok((NoHeads {}, ()))
    }

    fn loss(&self, step: &mut Step<'_, E, NoHeads>, _state: &mut ()) -> Result<Loss, Error> {
        let z = step.embed();
        let neighbors = step.batch.graph().layer(0).gcn().propagate(z.clone());
        let spread = z.clone().var(0).add_scalar(1e-3).log().mean();
        Ok(((z - neighbors).square().mean() - spread).into())
    }
}

/// Runs the example.
pub fn main() -> anyhow::Result<()> {
    let karate = g2r::graph::load("karate", None)?;
    let encoder = EncoderSettings::with_hidden(&[32]).with_output(8);
    let trainer = Trainer::of(&TrainingData::of(&karate), encoder, Smoothness, 60);
    let trained = trainer.train(&FitOptions::seed(0), &mut ())?;
    let (first, last) = (trained.history[0].loss, trained.history[59].loss);
    println!("loss {first:.3} to {last:.3}, embedding {:?}", trainer.embed(&trained.encoder).dim());
    anyhow::ensure!(last < first);
    Ok(())
}
