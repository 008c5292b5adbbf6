//! The method `g2r-linear` on Cora against `linear_rate.py`, a plain form of it in f64 that was written apart: eigenvalues, the
//! size of the embedding, and accuracies on the public split.

use g2r::burn::tensor::Device;
use g2r::graph;
use g2r::harness::{Draft, NoCallback, Registry, Run};

struct Case {
    settings: &'static str,
    eigenvalues: &'static [f64],
    frobenius: f64,
    /// Validation and test.
    accuracies: [f64; 2],
}

const CASES: [Case; 3] = [
    Case {
        settings: "d_output = 64\nridge = 1.0\nteleport_prob = 0.2",
        eigenvalues: &[2.672178, 2.143937, 1.976004, 1.754139, 1.617691, 1.46179],
        frobenius: 240.367216,
        accuracies: [0.812, 0.842],
    },
    Case {
        settings: "d_output = 256\nridge = 3.0\nteleport_prob = 0.1",
        eigenvalues: &[1.407272, 1.127723, 1.011731, 0.859965, 0.781407, 0.681214],
        frobenius: 278.751818,
        accuracies: [0.824, 0.846],
    },
    Case {
        settings: "full_width = true\nridge = 3.0\nteleport_prob = 0.2",
        eigenvalues: &[],
        frobenius: 415.532946,
        accuracies: [0.812, 0.852],
    },
];

#[test]
fn eigenvalues_embedding_and_accuracies_on_cora_are_those_of_the_plain_form() {
    let cora = graph::load("cora", None).unwrap();
    for case in CASES {
        let preparation = "[preparation]\nfeature_weighting = 'binary'\nfeature_scaling = 'row-l2'\n";
        let text = format!(
            "dataset = 'cora'\nmethod = 'g2r-linear'\nseeds = 1\n{preparation}[settings]\nsolver = 'dense'\n{}",
            case.settings
        );
        let draft = Draft::from_layers(&Registry::builtin(), None, toml::from_str(&text).unwrap()).unwrap();
        let run = Run::prepare(draft, &cora, &Device::flex()).unwrap();
        let outcome = run.execute(&mut NoCallback).unwrap();
        let result = &outcome.seeds[0];
        let spectrum = result.spectrum.iter().flat_map(|spectrum| &spectrum.eigenvalues);
        for (found, expected) in spectrum.zip(case.eigenvalues) {
            assert!((found - expected).abs() < 2e-6, "{}: {found} and {expected}", case.settings);
        }
        let rows = outcome.best.as_ref().unwrap().embedding();
        let frobenius = rows.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
        assert!((frobenius / case.frobenius - 1.0).abs() < 1e-6, "{}: {frobenius}", case.settings);
        let scores = result.scores.as_ref().unwrap().trained;
        // A node whose two likeliest classes are within rounding may go to either: one of 500, one of 1000.
        for (found, expected, node) in [
            (scores.val_acc, case.accuracies[0], 1.0 / 500.0),
            (scores.test_acc, case.accuracies[1], 1.0 / 1000.0),
        ] {
            assert!((found - expected).abs() < 1.001 * node, "{}: {found} and {expected}", case.settings);
        }
    }
}
