//! Layers against PyTorch Geometric's, value and every gradient; `tests/scripts/pyg_layers_golden.py` wrote the numbers.

use burn::module::Param;
use burn::tensor::{Device, Tensor};
use gnn::AttentionAdjacency;
use gnn::conv::{GatConvConfig, Gatv2ConvConfig, Heads};
use graph_io::{EdgePolicy, Graph};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use testkit::numbers;
use testkit::operators::assert_close;

const GOLDEN: &str = include_str!("golden/pyg_layers.json");

/// A layer's case: inputs as tracked tensors, and what is expected.
struct Case {
    name: String,
    graph: Graph,
    json: Value,
    x: Tensor<2>,
    /// Parameters that were taken, by name.
    tracked: Vec<(String, Tracked)>,
}

enum Tracked {
    Matrix(Tensor<2>),
    Vector(Tensor<1>),
}

impl Case {
    fn load(name: &str) -> Self {
        let golden: Value = serde_json::from_str(GOLDEN).expect("the golden file is JSON");
        let edges: Vec<(u32, u32)> =
            serde_json::from_value(golden["edges"].clone()).expect("edges are pairs of nodes");
        let nodes = golden["num_nodes"].as_u64().expect("a number of nodes") as usize;
        let cases = golden["cases"].as_array().expect("a list of cases");
        let json = cases.iter().find(|case| case["name"] == name).expect("the case is in the file").clone();
        let x = matrix(&golden["x"]).require_grad();
        Self {
            name: name.to_owned(),
            graph: Graph::from_edges(nodes, &edges, EdgePolicy::default()).expect("a graph").0,
            tracked: vec![("x".to_owned(), Tracked::Matrix(x.clone()))],
            json,
            x,
        }
    }

    /// A setting of the case.
    fn setting(&self, name: &str) -> f64 {
        self.json[name].as_f64().expect("a number")
    }

    fn matrix(&mut self, name: &str) -> Param<Tensor<2>> {
        let parameter = Param::from_tensor(matrix(&self.json["params"][name]));
        self.tracked.push((name.to_owned(), Tracked::Matrix(parameter.val())));
        parameter
    }

    fn vector(&mut self, name: &str) -> Option<Param<Tensor<1>>> {
        let values = f32s(&self.json["params"][name]["values"]);
        let parameter = Param::from_tensor(Tensor::from_floats(values.as_slice(), &device()));
        self.tracked.push((name.to_owned(), Tracked::Vector(parameter.val())));
        Some(parameter)
    }
}

/// Asserts the value of a layer's output and the gradients of Σ output ⊙ coefficients, of the features and of every parameter.
fn assert_case(case: &Case, output: Tensor<2>) {
    let Case { name, json, tracked, .. } = case;
    let expected = &json["output"];
    assert_eq!(output.dims().to_vec(), dims(expected), "{name}: shape of the output");
    let found: Vec<f32> = output.to_data().iter().collect();
    assert_close(&format!("{name}: output"), &found, &f64s(&expected["values"]), 1e-5);

    let gradients = (output * matrix(&json["coefficients"])).sum().backward();
    let expected = json["gradients"].as_object().expect("gradients by name");
    assert_eq!(expected.len(), tracked.len(), "{name}: every parameter is read");
    for (parameter, tensor) in tracked {
        let found: Vec<f32> = match tensor {
            Tracked::Matrix(tensor) => to_host(tensor.grad(&gradients)),
            Tracked::Vector(tensor) => to_host(tensor.grad(&gradients)),
        };
        let expected = f64s(&expected[parameter]["values"]);
        assert_close(&format!("{name}: gradient of {parameter}"), &found, &expected, 1e-4);
    }
}

fn device() -> Device {
    Device::flex().autodiff()
}

fn matrix(json: &Value) -> Tensor<2> {
    let dims = dims(json).try_into().expect("a matrix");
    numbers::matrix(f32s(&json["values"]), dims, &device())
}

fn dims(json: &Value) -> Vec<usize> {
    serde_json::from_value(json["shape"].clone()).expect("a shape")
}

fn f64s(json: &Value) -> Vec<f64> {
    serde_json::from_value(json.clone()).expect("a list of numbers")
}

fn f32s(json: &Value) -> Vec<f32> {
    serde_json::from_value(json.clone()).expect("a list of numbers")
}

fn to_host<const D: usize>(gradient: Option<Tensor<D>>) -> Vec<f32> {
    gradient.expect("every parameter takes part").into_data().iter().collect()
}

#[test]
fn gat() {
    for (name, combine) in [("gat-concat", Heads::Concat), ("gat-mean", Heads::Mean)] {
        let mut case = Case::load(name);
        let config = GatConvConfig::new(3, 2, 3)
            .with_combine(combine)
            .with_negative_slope(case.setting("negative_slope"));
        let mut layer = config.init(&device(), &mut ChaCha8Rng::seed_from_u64(0));
        layer.weight = case.matrix("weight");
        layer.att_source = case.matrix("att_src");
        layer.att_target = case.matrix("att_dst");
        layer.bias = case.vector("bias");
        let adjacency = AttentionAdjacency::new(&case.graph, &Device::flex());
        assert_case(&case, layer.forward(case.x.clone(), &adjacency));
    }
}

#[test]
fn gatv2() {
    for (name, combine) in [("gatv2-concat", Heads::Concat), ("gatv2-mean", Heads::Mean)] {
        let mut case = Case::load(name);
        let config = Gatv2ConvConfig::new(3, 2, 3)
            .with_combine(combine)
            .with_negative_slope(case.setting("negative_slope"));
        let mut layer = config.init(&device(), &mut ChaCha8Rng::seed_from_u64(0));
        layer.weight_source = case.matrix("weight_source");
        layer.bias_source = case.vector("bias_source");
        layer.weight_target = case.matrix("weight_target");
        layer.bias_target = case.vector("bias_target");
        layer.att = case.matrix("att");
        layer.bias = case.vector("bias");
        let adjacency = AttentionAdjacency::new(&case.graph, &Device::flex());
        assert_case(&case, layer.forward(case.x.clone(), &adjacency));
    }
}
