//! The same seed gives the same bits, whatever the number of threads.

use g2r::embedders::{EncoderKind, EncoderSettings, G2r, Registry, Settings, Target};
use g2r::graph::{self, Features};

/// The bits of Cora's embedding after training, and of the losses on the way.
fn bits(settings: &G2r, seed: u64, num_threads: usize) -> (Vec<u32>, Vec<u64>) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(num_threads).build().expect("threads can be had");
    pool.install(|| {
        assert_eq!(rayon::current_num_threads(), num_threads);
        let cora = graph::load("cora", None).expect("Cora is embedded");
        let settings = Settings::new(settings.clone()).expect("settings in their ranges");
        let fitted = settings.fit(&cora, seed).expect("losses are finite");
        let Features::Dense(embedding) = &fitted.rows else { panic!("an encoder gives dense rows") };
        let losses = fitted.history.iter().map(|epoch| epoch.loss.to_bits()).collect();
        (embedding.iter().map(|value| value.to_bits()).collect(), losses)
    })
}

fn assert_threads_change_nothing(settings: &G2r) {
    let one = bits(settings, 0, 1);
    assert_eq!(one.0.len(), 2708 * settings.d_output);
    for num_threads in [2, 3] {
        assert!(bits(settings, 0, num_threads) == one, "{num_threads} threads give other bits than one");
    }
}

fn with_hidden(width: usize) -> EncoderSettings {
    EncoderSettings { d_hidden: vec![width], ..G2r::default().encoder }
}

#[test]
fn threads_change_no_bit_of_a_training_with_small_widths() {
    let settings = G2r { d_output: 32, epochs: 2, encoder: with_hidden(64), ..G2r::default() };
    assert_threads_change_nothing(&settings);
    assert!(bits(&settings, 1, 1) != bits(&settings, 0, 1), "another seed gives other bits");
}

#[test]
fn threads_change_no_bit_whatever_the_encoder_is_made_of() {
    for &kind in EncoderKind::ALL {
        println!("{kind}");
        let encoder = EncoderSettings { kind, attention_dropout_prob: 0.5, ..with_hidden(24) };
        assert_threads_change_nothing(&G2r { d_output: 16, epochs: 1, encoder, ..G2r::default() });
    }
}

#[test]
fn threads_change_no_bit_of_a_step_with_the_widths_of_the_recipe() {
    let target = Target { dataset: "cora", num_nodes: 2708, ..Target::general() };
    let settings = Registry::builtin().method("g2r").unwrap().preset(&target);
    let recipe = settings.get::<G2r>().unwrap();
    assert_eq!((&recipe.encoder.d_hidden[..], recipe.d_output), (&[1024][..], 512));
    assert_threads_change_nothing(&G2r { epochs: 1, ..recipe.clone() });
}
