//! faer and LAPACK agree on the neighborhoods of Cora, and the single precision of training agrees with both.

use burn::tensor::{Device, Tensor, TensorData};
use g2r_loss::oracle::{self, RateAnswers};
use g2r_loss::{Groups, Membership, coding_rate};
use graph_io::{Features, NodeDataset};
use testkit::numbers;

/// Width of the embedding; a few neighborhoods have more members, most have fewer.
const D: usize = 64;
const EPS_SQ: f64 = 0.05;
/// Degrees of nodes whose neighborhoods are compared, from one neighbor to the largest hub.
const DEGREES: [usize; 8] = [168, 78, 36, 12, 5, 3, 2, 1];

/// An embedding of Cora without training: word counts times a fixed matrix of waves, added up over neighbors, rows of length 1.
fn embedding(cora: &NodeDataset) -> Vec<f64> {
    let Features::Sparse(words) = cora.features() else { panic!("Cora's words are sparse") };
    let mixture = numbers::wavy(words.cols() * D, 0.3);
    let mut own = vec![0.0f64; words.rows() * D];
    for (count, (node, word)) in words.iter() {
        for (sum, mixed) in own[node as usize * D..][..D].iter_mut().zip(&mixture[word as usize * D..]) {
            *sum += f64::from(count * mixed);
        }
    }
    let mut embedding = own.clone();
    for node in 0..words.rows() {
        for neighbor in cora.graph().neighbors(node as u32) {
            for column in 0..D {
                embedding[node * D + column] += own[*neighbor as usize * D + column];
            }
        }
        let row = &mut embedding[node * D..][..D];
        let length = row.iter().map(|entry| entry * entry).sum::<f64>().sqrt();
        row.iter_mut().for_each(|entry| *entry /= length.max(1e-12));
    }
    embedding
}

/// The two libraries' answers differ by no more than some units in the last place of the largest number they come from.
fn assert_agree(what: &str, answers: &RateAnswers) {
    let RateAnswers { rate, eigenvalues, singular_values, inverse_difference } = answers;
    assert!((rate.faer - rate.lapack).abs() <= 1e-12 * rate.lapack.max(1.0), "{what}: {rate:?}");
    assert!(*inverse_difference <= 1e-13, "{what}: inverses differ by {inverse_difference}");
    for (name, answers) in [("eigenvalue", eigenvalues), ("singular value", singular_values)] {
        assert_eq!(answers.faer.len(), answers.lapack.len(), "{what}: {name}s");
        let largest = answers.lapack.iter().fold(0.0f64, |largest, value| largest.max(*value));
        for (place, (faer, lapack)) in answers.faer.iter().zip(&answers.lapack).enumerate() {
            let apart = (faer - lapack).abs();
            assert!(apart <= 1e-13 * largest, "{what}: {name} {place}: {faer} by faer, {lapack} by LAPACK");
        }
    }
    // The answers belong together: log det S is the sum of the logarithms of its eigenvalues.
    let by_eigenvalues = 0.5 * eigenvalues.lapack.iter().map(|value| value.ln()).sum::<f64>();
    assert!((rate.lapack - by_eigenvalues).abs() <= 1e-12 * rate.lapack.max(1.0), "{what}: {by_eigenvalues}");
}

#[test]
fn both_libraries_agree_on_the_expansion_and_the_neighborhoods_of_cora() {
    let cora = graph_io::load("cora", None).unwrap();
    let z = embedding(&cora);
    let nodes = cora.graph().num_nodes();
    let expansion = oracle::expansion(&z, [nodes, D], EPS_SQ).unwrap();
    assert_agree("expansion", &expansion);
    assert!(expansion.rate.lapack > 10.0, "{:?}", expansion.rate);

    let groups = Membership::default().groups(cora.graph().adjacency()).unwrap();
    for degree in DEGREES {
        let node = (0..nodes as u32).find(|node| cora.graph().degree(*node) == degree).expect("there is one");
        let answers = oracle::group(&z, D, &groups, node as usize, EPS_SQ).unwrap();
        assert_eq!(answers.eigenvalues.lapack.len(), degree.min(D));
        assert_agree(&format!("the neighborhood of a node of degree {degree}"), &answers);
    }
}

#[test]
fn a_class_of_cora_is_as_wide_as_the_embedding_and_agrees_too() {
    let cora = graph_io::load("cora", None).unwrap();
    let z = embedding(&cora);
    // Every fourth node, as a class would be.
    let classes: Vec<Option<usize>> = (0..cora.graph().num_nodes()).map(|node| Some(node % 4)).collect();
    let groups = Groups::from_classes(&classes, 4);
    for class in 0..4 {
        assert_agree("a class", &oracle::group(&z, D, &groups, class, EPS_SQ).unwrap());
    }
}

#[test]
fn the_rate_of_training_agrees_with_lapack_to_single_precision() {
    let cora = graph_io::load("cora", None).unwrap();
    let z = embedding(&cora);
    let dims = [cora.graph().num_nodes(), D];
    let answers = oracle::expansion(&z, dims, EPS_SQ).unwrap();
    let single: Vec<f32> = z.iter().map(|entry| *entry as f32).collect();
    let trained = Tensor::<2>::from_data(TensorData::new(single, dims), &Device::flex());
    let found = f64::from(coding_rate(trained, EPS_SQ).unwrap().into_scalar::<f32>());
    let expected = answers.rate.lapack;
    assert!((found - expected).abs() <= 1e-6 * expected, "{found} in training, {expected} by LAPACK");
}
