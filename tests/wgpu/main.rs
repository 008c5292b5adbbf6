//! The encoder and the loss on a WGPU device, held to the CPU. One test in one process: compiling shaders is slow.

#[path = "../operators/mod.rs"]
mod operators;

use burn::tensor::{Device, DeviceKind, Tensor};
use embedders::{
    Dgi, EncoderSettings, FitOptions, G2r, G2rLinear, OptimizerSettings, PreparationSettings, Settings,
    TrainingData, trainer,
};
use g2r_loss::{Batch, Membership, RateReductionConfig};
use gnn::encoder::{EncoderConfig, EncoderKind, Layer, RowNorm};
use gnn::{GraphOperators, NodeFeatures, SparseMatrix};
use graph_io::{CsrMatrix, NodeDataset};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use testkit::graphs::two_blocks;
use testkit::numbers;

mod rates;

/// Largest difference to the CPU, relative to the largest entry.
const TOLERANCE: f32 = 1e-4;

#[test]
fn a_wgpu_device_computes_what_the_cpu_computes() {
    let wgpu = any_adapter();
    println!("adapter: {:?}", wgpu.identity().map(|identity| identity.name));
    let cpu = Device::flex();

    for (name, check) in operators::CHECKS {
        println!("{name}");
        check(&wgpu);
    }
    the_sparse_product_agrees(&wgpu, &cpu);
    more_elements_than_one_launch_has_units_are_all_computed(&wgpu, &cpu);
    let cora = graph_io::load("cora", None).expect("Cora is embedded");
    encoder_and_loss_agree_and_repeat(&cora, &wgpu, &cpu);
    every_encoder_embeds_and_trains(&wgpu, &cpu);
    infomax_trains(&wgpu, &cpu);
    the_closed_form_is_that_of_the_host(&wgpu, &cpu);
    errors_come_back_from_the_device(&wgpu);
    rates::rates_agree(&wgpu, &cpu);
}

fn any_adapter() -> Device {
    [DeviceKind::DiscreteGpu(0), DeviceKind::IntegratedGpu(0), DeviceKind::VirtualGpu(0), DeviceKind::Cpu]
        .into_iter()
        .find_map(|kind| Device::wgpu_options().device_kind(kind).init().ok())
        .expect("this test needs a Vulkan, Metal or DX12 adapter, if only Mesa's in software")
}

fn the_sparse_product_agrees(wgpu: &Device, cpu: &Device) {
    // An empty row, an empty column, and a dense operand that is not contiguous.
    let columns = vec![0, 3, 1, 0, 1, 3, 3];
    let values = vec![0.5, -1.0, 2.0, 1.5, -0.25, 3.0, 0.75];
    let matrix = CsrMatrix::new((5, 4), vec![0, 2, 2, 3, 6, 7], columns, values);
    let product = |device: &Device| {
        let x = numbers::wavy_matrix(37, 4, 0.4, device).transpose();
        to_host(SparseMatrix::new(&matrix, device).matmul(x))
    };
    assert_close("sparse product", &product(wgpu), &product(cpu));
}

fn more_elements_than_one_launch_has_units_are_all_computed(wgpu: &Device, cpu: &Device) {
    // 65 535 workgroups of 64 units make 4.2 million; this product has 4.8 million elements.
    let (nodes, width) = (600_000u32, 8);
    let row_ptr = (0..=nodes as usize).collect();
    let columns = (0..nodes).map(|row| (row * 7 + 1) % nodes).collect();
    let values = numbers::wavy(nodes as usize, 0.8);
    let matrix = CsrMatrix::new((nodes as usize, nodes as usize), row_ptr, columns, values);
    let product = |device: &Device| {
        let x = numbers::wavy_matrix(nodes as usize, width, 0.3, device);
        to_host(SparseMatrix::new(&matrix, device).matmul(x))
    };
    assert_close("large sparse product", &product(wgpu), &product(cpu));
}

fn encoder_and_loss_agree_and_repeat(cora: &NodeDataset, wgpu: &Device, cpu: &Device) {
    let on_cpu = encode_and_reduce(cora, cpu);
    let on_wgpu = encode_and_reduce(cora, wgpu);
    assert_close("embedding", &on_wgpu.embedding, &on_cpu.embedding);
    assert_close("rates", &on_wgpu.rates, &on_cpu.rates);
    for (on_wgpu, on_cpu) in on_wgpu.gradients.iter().zip(&on_cpu.gradients) {
        assert_close("gradient of a weight", on_wgpu, on_cpu);
    }
    let again = encode_and_reduce(cora, wgpu);
    assert_eq!(again.embedding, on_wgpu.embedding, "the same embedding in every run");
    assert_eq!(again.gradients, on_wgpu.gradients, "the same gradients in every run");
}

struct Reduced {
    embedding: Vec<f32>,
    rates: Vec<f32>,
    gradients: Vec<Vec<f32>>,
}

fn encode_and_reduce(dataset: &NodeDataset, device: &Device) -> Reduced {
    let graph = GraphOperators::new(dataset.graph().clone(), device);
    let features = NodeFeatures::new(&dataset.features().row_normalized(), device);
    let d_input = dataset.features().d_input();
    let config = EncoderConfig::new(EncoderKind::Gcn, d_input, vec![32], 16, RowNorm::L1);
    let encoder = config.init(&device.clone().autodiff(), &mut ChaCha8Rng::seed_from_u64(4));
    let groups = Membership::default().groups(dataset.graph().adjacency()).expect("a graph makes groups");
    let config = RateReductionConfig { eps_sq: 0.05, gamma1: 0.5, gamma2: 0.5, ..Default::default() };
    let loss = config.init(groups).expect("settings in their range");

    let embedding = encoder.forward(&features, &graph);
    let batch: Vec<u32> = (0..2708).step_by(5).collect();
    let reduction = loss.forward(embedding.clone(), &Batch::of(&batch)).expect("a finite embedding");
    let rates =
        vec![reduction.expansion as f32, reduction.compression as f32, reduction.loss.clone().into_scalar()];
    let gradients = reduction.loss.backward();
    let gradients = encoder
        .layers()
        .iter()
        .map(|layer| {
            let Layer::Gcn(layer) = layer else { panic!("graph convolutions") };
            to_host(layer.weight.val().grad(&gradients).expect("every weight takes part"))
        })
        .collect();
    Reduced { embedding: to_host(embedding.inner()), rates, gradients }
}

fn every_encoder_embeds_and_trains(wgpu: &Device, cpu: &Device) {
    let dataset = two_blocks();
    for kind in EncoderKind::ALL {
        let encoder = EncoderSettings {
            kind: *kind,
            heads: 2,
            attention_dropout_prob: 0.3,
            d_hidden: vec![12],
            ..G2r::default().encoder
        };
        let g2r = G2r { d_output: 8, groups_per_step: 20, epochs: 2, encoder, ..G2r::default() };
        let settings = Settings::new(g2r).expect("settings in their range");
        let run = |device: &Device| {
            let bound = settings.prepare(&dataset, &PreparationSettings::default(), device);
            let bound = bound.expect("a graph of two blocks");
            let embedding = bound.random_init(0).expect("it has an encoder");
            let fitted = bound.fit(&FitOptions::seed(0), &mut ()).expect("training runs");
            (embedding.iter().copied().collect::<Vec<f32>>(), fitted.history)
        };
        let ((embedding, history), (expected, on_cpu)) = (run(wgpu), run(cpu));
        assert_close(&format!("embedding by {kind}"), &embedding, &expected);
        assert_close(&format!("loss by {kind}"), &[history[0].loss as f32], &[on_cpu[0].loss as f32]);
        // Adam's first steps follow the signs of gradients, also of those that are almost zero: no digits to compare.
        assert!(history[1].loss.is_finite(), "{kind}: {}", history[1].loss);
    }
}

fn infomax_trains(wgpu: &Device, cpu: &Device) {
    let dataset = two_blocks();
    let optimizer = OptimizerSettings { learning_rate: 0.01, ..OptimizerSettings::default() };
    let settings = Dgi { d_output: 16, optimizer, ..Dgi::default() };
    let losses = |device: &Device| -> Vec<f32> {
        let data = TrainingData::new(&dataset, dataset.features().row_normalized(), device);
        let trainer = trainer(&settings, &data).expect("a graph of two blocks");
        let options = FitOptions::seed(0);
        let mut training = trainer.start(&options).expect("a graph of two blocks");
        (0..60).map(|_| training.epoch().expect("a finite loss").loss as f32).collect()
    };
    let (found, expected) = (losses(wgpu), losses(cpu));
    assert_close("loss of infomax", &found[..1], &expected[..1]);
    for losses in [&found, &expected] {
        assert!(losses[59] < 0.95 * losses[0], "sixty steps lower the loss: {losses:?}");
    }
}

fn the_closed_form_is_that_of_the_host(wgpu: &Device, cpu: &Device) {
    let dataset = two_blocks();
    let linear = G2rLinear { d_output: 4, extra_hops: vec![1], ..G2rLinear::default() };
    let settings = Settings::new(linear).expect("settings in their range");
    let run = |device: &Device| {
        let bound = settings.prepare(&dataset, &PreparationSettings::default(), device).expect("two blocks");
        let fitted = bound.fit(&FitOptions::seed(0), &mut ()).expect("a closed form");
        fitted
            .spectrum
            .expect("it has a width")
            .eigenvalues
            .iter()
            .map(|value| *value as f32)
            .collect::<Vec<f32>>()
    };
    assert_close("eigenvalues", &run(wgpu), &run(cpu));
}

fn errors_come_back_from_the_device(wgpu: &Device) {
    let matrix = Tensor::<2>::from_floats([[1.0, 2.0], [2.0, 1.0]], wgpu);
    assert_eq!(
        g2r_loss::log_det(matrix).expect_err("the matrix is indefinite").to_string(),
        "the matrix of the input is not positive definite: pivot 1 is not a positive number"
    );
}

fn to_host(tensor: Tensor<2>) -> Vec<f32> {
    tensor.into_data().iter().collect()
}

fn assert_close(what: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{what}: another number of entries");
    let largest = expected.iter().fold(0.0f32, |largest, entry| largest.max(entry.abs()));
    assert!(largest > 0.0, "{what}: zero everywhere, nothing is checked");
    for (entry, (found, expected)) in found.iter().zip(expected).enumerate() {
        let difference = (found - expected).abs();
        assert!(difference <= TOLERANCE * largest, "{what}, entry {entry}: {found}, on the CPU {expected}");
    }
}
