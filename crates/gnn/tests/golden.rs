//! Layers against PyTorch Geometric, by the numbers that `tests/scripts/pyg_layers_golden.py` wrote.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use gnn::conv::{
    GatConvConfig, Gatv2ConvConfig, GcnConvConfig, GinConvConfig, Heads, SageConvConfig, SagePoolConvConfig,
    SgcConvConfig,
};
use gnn::{GraphOperators, NodeFeatures, SparseMatrix};
use graph_io::{CsrMatrix, EdgePolicy, Graph};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use testkit::operators::assert_close;

#[derive(Deserialize)]
struct Golden {
    num_nodes: usize,
    edges: Vec<(u32, u32)>,
    x: Numbers,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    params: BTreeMap<String, Numbers>,
    coefficients: Numbers,
    output: Numbers,
    gradients: BTreeMap<String, Numbers>,
}

#[derive(Deserialize)]
struct Numbers {
    shape: Vec<usize>,
    values: Vec<f64>,
}

impl Numbers {
    fn in_f32(&self) -> Vec<f32> {
        self.values.iter().map(|value| *value as f32).collect()
    }

    fn tensor<const D: usize>(&self, device: &Device) -> Tensor<D> {
        Tensor::from_data(TensorData::new(self.in_f32(), self.shape.clone()), device)
    }

    fn sparse(&self) -> CsrMatrix {
        let [rows, columns] = self.shape[..] else { panic!("a matrix") };
        let row_ptr = (0..=rows).map(|row| row * columns).collect();
        let indices = (0..rows).flat_map(|_| 0..columns as u32).collect();
        CsrMatrix::new((rows, columns), row_ptr, indices, self.in_f32())
    }
}

/// Gives a layer's parameters the numbers of a case, by their names.
struct Load<'a> {
    case: &'a Case,
    name: String,
}

impl ModuleMapper for Load<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.name = name.to_string();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let numbers = &self.case.params[&self.name];
        assert_eq!(param.dims().to_vec(), numbers.shape, "{}: {}", self.case.name, self.name);
        let device = param.device();
        Param::from_tensor(numbers.tensor(&device))
    }
}

/// Holds the gradients of a layer's parameters to those of a case.
struct Check<'a> {
    case: &'a Case,
    gradients: &'a Gradients,
    name: String,
    checked: usize,
}

impl ModuleVisitor for Check<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.name = name.to_string();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = param.val().grad(self.gradients).expect("every parameter takes part");
        assert_gradient(self.case, &self.name, gradient);
        self.checked += 1;
    }
}

fn assert_gradient<const D: usize>(case: &Case, name: &str, gradient: Tensor<D>) {
    let found: Vec<f32> = gradient.into_data().iter().collect();
    assert_close(&format!("{}: gradient of {name}", case.name), &found, &case.gradients[name].values, 1e-4);
}

/// Holds the output of a layer and the gradients of Σ output ⊙ coefficients to a case, for dense features and for sparse ones.
fn assert_case<M: Module>(
    name: &str,
    layer: impl FnOnce(&Device, &mut ChaCha8Rng) -> M,
    forward: impl Fn(&M, &NodeFeatures, &GraphOperators) -> Tensor<2>,
) {
    let golden: Golden =
        serde_json::from_str(include_str!("golden/pyg_layers.json")).expect("as the script wrote it");
    let case = golden.cases.iter().find(|case| case.name == name).expect("a case of this name");
    let device = Device::flex().autodiff();
    let edges = EdgePolicy::default();
    let graph = Graph::from_edges(golden.num_nodes, &golden.edges, edges).expect("a valid graph").0;
    let graph = GraphOperators::new(graph, &Device::flex());
    let layer =
        layer(&device, &mut ChaCha8Rng::seed_from_u64(0)).map(&mut Load { case, name: String::new() });

    let x = golden.x.tensor(&device).require_grad();
    let sparse = SparseMatrix::new(&golden.x.sparse(), &Device::flex());
    for features in [NodeFeatures::Dense(x), NodeFeatures::Sparse(sparse)] {
        let output = forward(&layer, &features, &graph);
        let found: Vec<f32> = output.to_data().iter().collect();
        assert_close(&format!("{name}: output"), &found, &case.output.values, 1e-5);
        let gradients = (output * case.coefficients.tensor(&device)).sum().backward();
        let mut check = Check { case, gradients: &gradients, name: String::new(), checked: 0 };
        layer.visit(&mut check);
        assert_eq!(
            check.checked,
            case.params.len(),
            "{name}: every parameter of the case is one of the layer"
        );
        if let NodeFeatures::Dense(x) = features {
            assert_gradient(case, "x", x.grad(&gradients).expect("x takes part"));
        }
    }
}

#[test]
fn graph_convolution() {
    assert_case(
        "gcn",
        |device, rng| GcnConvConfig::new(3, 4).init(device, rng),
        |layer, features, graph| layer.forward_features(features, graph.layer(0).gcn()),
    );
}

#[test]
fn graphsage_with_means() {
    assert_case(
        "sage-mean",
        |device, rng| SageConvConfig::new(3, 4).init(device, rng),
        |layer, features, graph| layer.forward_features(features, graph.layer(0).mean()),
    );
}

#[test]
fn graphsage_with_pooling() {
    assert_case(
        "sage-pool",
        |device, rng| SagePoolConvConfig::new(3, 4).init(device, rng),
        |layer, features, graph| layer.forward_features(features, graph.layer(0).neighbors()),
    );
}

#[test]
fn graph_isomorphism_convolution() {
    assert_case(
        "gin",
        |device, rng| GinConvConfig::new(3, 5, 4).init(device, rng),
        |layer, features, graph| layer.forward_features(features, graph.layer(0).sum()),
    );
}

#[test]
fn simple_graph_convolution() {
    assert_case(
        "sgc",
        |device, rng| SgcConvConfig::new(3, 4).with_hops(2).init(device, rng),
        |layer, features, graph| layer.forward_features(features, graph.layer(0).gcn()),
    );
}

#[test]
fn graph_attention() {
    // The slopes are those of the script.
    for (name, combine, slope) in [("gat-concat", Heads::Concat, 0.2), ("gat-mean", Heads::Mean, 0.1)] {
        let config = GatConvConfig::new(3, 2, 3).with_combine(combine).with_negative_slope(slope);
        assert_case(
            name,
            |device, rng| config.init(device, rng),
            |layer, features, graph| layer.forward_features(features, graph.layer(0).attention()),
        );
    }
}

#[test]
fn graph_attention_of_the_second_version() {
    for (name, combine, slope) in [("gatv2-concat", Heads::Concat, 0.2), ("gatv2-mean", Heads::Mean, 0.1)] {
        let config = Gatv2ConvConfig::new(3, 2, 3).with_combine(combine).with_negative_slope(slope);
        assert_case(
            name,
            |device, rng| config.init(device, rng),
            |layer, features, graph| layer.forward_features(features, graph.layer(0).attention()),
        );
    }
}
