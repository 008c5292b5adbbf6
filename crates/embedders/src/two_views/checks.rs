//! What the tests of these embedders hold each of them to.

use burn::tensor::Device;
use gnn::encoder::EncoderKind;
use graph_io::Features;
use ndarray::Array2;
use testkit::graphs::two_blocks;

use crate::{Embedded, Embedder, MethodConfig, OwnRule, Task};

fn task(seed: u64) -> Task {
    Task { seed, labels: None }
}

fn embedder(config: &impl MethodConfig) -> Box<dyn Embedder> {
    config.init(&two_blocks(), &Device::flex()).unwrap()
}

fn rows(embedded: &Embedded) -> &Array2<f32> {
    match &embedded.rows {
        Features::Dense(rows) => rows,
        Features::Sparse(_) => panic!("an encoder's output is dense"),
    }
}

/// The last tenth of the losses lies below the first tenth.
pub(crate) fn lowers_the_loss(config: &impl MethodConfig) {
    let history = embedder(config).embed(&task(0), &mut OwnRule).unwrap().history;
    let part = history.len() / 10;
    let mean =
        |epochs: &[crate::EpochReport]| epochs.iter().map(|epoch| epoch.loss).sum::<f64>() / part as f64;
    let (first, last) = (mean(&history[..part]), mean(&history[history.len() - part..]));
    assert!(last < first - 0.1 * first.abs(), "{first} and {last}");
}

/// Each encoder learns something finite, by chance that is the seed's alone.
pub(crate) fn every_kind_trains<C: MethodConfig>(config: impl Fn(EncoderKind) -> C) {
    for &encoder in EncoderKind::ALL {
        let embedder = embedder(&config(encoder));
        let embed = |seed| embedder.embed(&task(seed), &mut OwnRule).unwrap();
        let embedded = embed(0);
        assert!(embedded.history.iter().all(|epoch| epoch.loss.is_finite()), "{encoder}");
        assert_eq!(embedded.epoch, embedded.history.len(), "{encoder}: the last epoch is kept");
        assert!(rows(&embedded).iter().all(|value| value.is_finite()), "{encoder}");
        assert_ne!(
            Some(rows(&embedded)),
            embedder.untrained(0).as_ref(),
            "{encoder}: training changes the embedding"
        );
        assert_eq!(rows(&embedded), rows(&embed(0)), "{encoder}");
        assert_ne!(rows(&embedded), rows(&embed(1)), "{encoder}");
    }
}

/// Three steps on Cora, whose products are cut into several tasks, have the same bits with one thread and with two.
pub(crate) fn threads_change_no_bit(config: &(impl MethodConfig + Sync)) {
    let dataset = graph_io::load("cora", None).unwrap();
    let run = |threads: usize| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
            let embedder = config.init(&dataset, &Device::flex()).unwrap();
            let embedded = embedder.embed(&task(5), &mut OwnRule).unwrap();
            let losses: Vec<f64> = embedded.history.iter().map(|epoch| epoch.loss).collect();
            (losses, rows(&embedded).clone())
        })
    };
    assert_eq!(run(1), run(2));
}

/// What was saved gives the embedding that came with it.
pub(crate) fn weights_come_back(config: &impl MethodConfig) {
    let embedder = embedder(config);
    let embedded = embedder.embed(&task(3), &mut OwnRule).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    std::fs::write(&path, embedded.weights.as_ref().unwrap()).unwrap();
    assert_eq!(&embedder.restore(&path).unwrap(), rows(&embedded));
    assert_eq!(embedder.embed(&task(3), &mut OwnRule).unwrap().weights, embedded.weights);
}
