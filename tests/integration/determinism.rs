//! The same seed gives the same bits, whatever the number of threads.

use g2r::burn::tensor::Device;
use g2r::embedders::{EncoderKind, G2r, G2rConfig, KeepLast};
use g2r::graph;

/// The bits of Cora's embedding after training, and of the losses on the way.
fn bits(config: &G2rConfig, seed: u64, num_threads: usize) -> (Vec<u32>, Vec<u64>) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(num_threads).build().expect("threads can be had");
    pool.install(|| {
        assert_eq!(rayon::current_num_threads(), num_threads);
        let cora = graph::load("cora", None).expect("Cora is embedded");
        let g2r = G2r::new(config.clone(), &cora, &Device::flex()).expect("settings in their ranges");
        let trained = g2r.train(seed, &mut KeepLast).expect("losses are finite");
        let embedding = g2r.embed(&trained.encoder);
        let losses = trained.history.iter().map(|epoch| epoch.loss.to_bits()).collect();
        (embedding.iter().map(|value| value.to_bits()).collect(), losses)
    })
}

fn assert_threads_change_nothing(config: &G2rConfig) {
    let one = bits(config, 0, 1);
    assert_eq!(one.0.len(), 2708 * config.d_output);
    for num_threads in [2, 3] {
        assert!(bits(config, 0, num_threads) == one, "{num_threads} threads give other bits than one");
    }
}

#[test]
fn threads_change_no_bit_of_a_training_with_small_widths() {
    let config = G2rConfig { d_hidden: vec![64], d_output: 32, epochs: 2, ..G2rConfig::default() };
    assert_threads_change_nothing(&config);
    assert!(bits(&config, 1, 1) != bits(&config, 0, 1), "another seed gives other bits");
}

#[test]
fn threads_change_no_bit_whatever_the_encoder_is_made_of() {
    for &encoder in EncoderKind::ALL {
        println!("{encoder}");
        let small = G2rConfig { d_hidden: vec![24], d_output: 16, epochs: 1, ..G2rConfig::default() };
        assert_threads_change_nothing(&G2rConfig { encoder, attention_dropout_prob: 0.5, ..small });
    }
}

#[test]
fn threads_change_no_bit_of_a_step_with_the_widths_of_the_recipe() {
    let recipe = G2rConfig::preset("cora").unwrap();
    assert_eq!((&recipe.d_hidden[..], recipe.d_output), (&[1024][..], 512));
    assert_threads_change_nothing(&G2rConfig { epochs: 1, ..recipe });
}
