//! Networks against NumPy, on the golden numbers that `tests/scripts/redunet.py` writes.

use ndarray::{Array2, ArrayD, Dimension, Ix2, Ix3, Ix4};
use redunet::{
    Constructed, FourierReduNet, GroupReduNetConfig, LabelRates, NamedMatrices, ReduNetConfig, SampleGroups,
};
use serde::Deserialize;
use serde_json::Value;

const TOLERANCE: f64 = 1e-8;

fn cases(name: &str) -> Vec<Value> {
    let golden: Value =
        serde_json::from_str(include_str!("golden/redunet.json")).expect("the script writes an object");
    let cases = golden[name].as_array().expect("of lists").clone();
    assert!(!cases.is_empty());
    cases
}

fn of<'a, T: Deserialize<'a>>(value: &'a Value) -> T {
    T::deserialize(value).expect("the script writes it so")
}

fn array<D: Dimension>(value: &Value) -> ndarray::Array<f64, D> {
    let shape: Vec<usize> = of(&value["shape"]);
    let array = ArrayD::from_shape_vec(shape, of(&value["values"])).expect("as many values");
    array.into_dimensionality().expect("of so many axes")
}

fn assert_near<D: Dimension>(found: &ndarray::Array<f64, D>, case: &Value, field: &str) {
    let expected: ndarray::Array<f64, D> = array(&case[field]);
    assert_eq!(found.shape(), expected.shape(), "{}: {field}", case["name"]);
    let largest =
        found.iter().zip(&expected).map(|(a, b)| (a - b).abs() / b.abs().max(1.0)).fold(0.0, f64::max);
    assert!(largest < TOLERANCE, "{}: {field} differs by {largest}", case["name"]);
}

fn rates_of(rates: &[LabelRates]) -> Array2<f64> {
    let row = |rates: &LabelRates| [rates.expansion, rates.compression, rates.predicted_compression];
    Array2::from(rates.iter().map(row).collect::<Vec<_>>())
}

/// A matrix by its name, or α(I − WᵀW) if it is stored as such.
fn matrix(matrices: &NamedMatrices, name: &str) -> Array2<f64> {
    if let Some(matrix) = matrices.get(name) {
        return matrix.clone();
    }
    let part = |part: &str| matrices.get(&format!("{name}.{part}")).expect("a matrix in one of two forms");
    let factor = part("factor");
    (Array2::eye(factor.ncols()) - factor.t().dot(factor)) * part("alpha")[[0, 0]]
}

#[test]
fn vectors_are_those_of_numpy() {
    for case in cases("vector") {
        let (config, labels): (ReduNetConfig, Vec<usize>) = (of(&case["config"]), of(&case["labels"]));
        let num_classes = labels.iter().max().unwrap() + 1;
        let samples: Array2<f64> = array(&case["samples"]);
        let Constructed { network, output } = config.construct(samples.view(), &labels, num_classes).unwrap();
        assert_near(&output, &case, "output");
        let unseen = network.transform(array::<Ix2>(&case["unseen"]).view()).unwrap();
        assert_near(&unseen, &case, "output_of_unseen");
        assert_eq!(network.rates().len(), config.num_layers + 1);
        if case.get("last_expansion").is_none() {
            assert_near(&rates_of(&network.rates()[config.num_layers..]), &case, "rates");
            continue;
        }
        assert_near(&rates_of(network.rates()), &case, "rates");
        let (matrices, last) = (network.to_matrices(), config.num_layers - 1);
        assert_near(&matrix(&matrices, &format!("layer.{last}.expansion")), &case, "last_expansion");
        assert_near(&matrix(&matrices, &format!("layer.{last}.class.1")), &case, "last_class_1");
    }
}

fn assert_fourier_near(network: &FourierReduNet, channels: usize, case: &Value) {
    assert_near(&rates_of(network.rates()), case, "rates");
    let matrices = network.to_matrices();
    for part in ["re", "im"] {
        let name = format!("layer.{}.expansion.{part}", network.config().num_layers - 1);
        let stored = matrices.get(&name).expect("each layer has one");
        let of_frequency_1 = stored.slice(ndarray::s![channels..2 * channels, ..]).to_owned();
        assert_near(&of_frequency_1, case, &format!("last_expansion_1_{part}"));
    }
}

#[test]
fn signals_are_those_of_numpy() {
    for case in cases("fourier_1d") {
        let (config, labels): (ReduNetConfig, Vec<usize>) = (of(&case["config"]), of(&case["labels"]));
        let samples = array::<Ix3>(&case["samples"]);
        let Constructed { network, output } = config.construct_1d(samples.view(), &labels, 2).unwrap();
        assert_near(&output, &case, "output");
        let unseen = network.transform_1d(array::<Ix3>(&case["unseen"]).view()).unwrap();
        assert_near(&unseen, &case, "output_of_unseen");
        assert_fourier_near(&network, samples.dim().1, &case);
    }
}

#[test]
fn images_are_those_of_numpy() {
    for case in cases("fourier_2d") {
        let (config, labels): (ReduNetConfig, Vec<usize>) = (of(&case["config"]), of(&case["labels"]));
        let samples = array::<Ix4>(&case["samples"]);
        let Constructed { network, output } = config.construct_2d(samples.view(), &labels, 2).unwrap();
        assert_near(&output, &case, "output");
        let unseen = network.transform_2d(array::<Ix4>(&case["unseen"]).view()).unwrap();
        assert_near(&unseen, &case, "output_of_unseen");
        assert_fourier_near(&network, samples.dim().1, &case);
    }
}

#[test]
fn groups_are_those_of_numpy() {
    for case in cases("groups") {
        let config: GroupReduNetConfig = of(&case["config"]);
        let (samples, unseen) = (array::<Ix2>(&case["samples"]), array::<Ix2>(&case["unseen"]));
        let groups = |field: &str, samples: &Array2<f64>| {
            SampleGroups::from_lists(samples.nrows(), of::<Vec<Vec<(usize, f64)>>>(&case[field])).unwrap()
        };
        let Constructed { network, output } =
            config.construct(samples.view(), &groups("groups", &samples)).unwrap();
        assert_near(&output, &case, "output");
        let unseen = network.transform(unseen.view(), &groups("unseen_groups", &unseen)).unwrap();
        assert_near(&unseen, &case, "output_of_unseen");
        let row = |rates: &redunet::Rates| [rates.expansion, rates.compression];
        assert_near(&Array2::from(network.rates().iter().map(row).collect::<Vec<_>>()), &case, "rates");
    }
}
