//! The rates on a device, held to the CPU: values, gradients, errors, and the same bits in every run.

use burn::tensor::{Device, Tensor};
use g2r_loss::{Batch, Groups, RateReductionConfig, Weighting, coding_rate, log_det};
use graph_io::CsrMatrix;
use testkit::{gradients, numbers};

use super::assert_close;

pub(crate) fn rates_agree(wgpu: &Device, cpu: &Device) {
    log_dets_of_every_size_agree(wgpu, cpu);
    coding_rates_agree_on_both_sides(wgpu, cpu);
    rates_of_ragged_groups_agree_and_repeat(wgpu, cpu);
    groups_of_several_chunks_agree(wgpu, cpu);
    errors_are_those_of_the_cpu(wgpu, cpu);
    a_group_beyond_single_precision_is_named(wgpu);
}

/// I + X Xᵀ / size with as many rows as asked.
fn positive_definite(size: usize) -> Vec<f32> {
    let x = numbers::wavy(size * 8, 0.3);
    let entry = |i: usize, j: usize| {
        let dot: f32 = (0..8).map(|c| x[i * 8 + c] * x[j * 8 + c]).sum();
        dot + if i == j { 1.0 } else { 0.0 }
    };
    (0..size * size).map(|at| entry(at / size, at % size)).collect()
}

fn log_dets_of_every_size_agree(wgpu: &Device, cpu: &Device) {
    for size in [1, 2, 3, 8, 9, 40, 64, 65, 130] {
        let values = positive_definite(size);
        let value = |device: &Device| -> f32 {
            log_det(numbers::matrix(values.clone(), [size, size], device)).expect("definite").into_scalar()
        };
        let gradient = |device: &Device| {
            gradients::gradient_of(|s| log_det(s).expect("definite"), &values, [size, size], device)
        };
        assert_close(&format!("log det, side {size}"), &[value(wgpu)], &[value(cpu)]);
        assert_close(&format!("inverse, side {size}"), &gradient(wgpu), &gradient(cpu));
    }
}

fn coding_rates_agree_on_both_sides(wgpu: &Device, cpu: &Device) {
    for (n, d) in [(90, 30), (30, 90)] {
        let values = numbers::wavy(n * d, 0.4);
        let rate = |z: Tensor<2>| coding_rate(z, 0.5).expect("finite");
        let value =
            |device: &Device| -> f32 { rate(numbers::matrix(values.clone(), [n, d], device)).into_scalar() };
        let gradient = |device: &Device| gradients::gradient_of(rate, &values, [n, d], device);
        assert_close(&format!("coding rate of [{n}, {d}]"), &[value(wgpu)], &[value(cpu)]);
        assert_close(&format!("its gradient, [{n}, {d}]"), &gradient(wgpu), &gradient(cpu));
    }
}

/// Groups of the given sizes over `nodes` nodes; every seventh weight is zero.
fn groups_of_sizes(sizes: &[usize], nodes: usize) -> Groups {
    let mut row_ptr = vec![0];
    let (mut members, mut weights) = (Vec::new(), Vec::new());
    for (group, size) in sizes.iter().enumerate() {
        // A stretch of the nodes taken as a cycle, from another node on for each group.
        let mut stretch: Vec<usize> = (0..*size).map(|place| (group * 31 + place) % nodes).collect();
        stretch.sort_unstable();
        for node in stretch {
            members.push(node as u32);
            weights.push(if members.len() % 7 == 0 { 0.0 } else { 0.1 + (members.len() % 5) as f32 });
        }
        row_ptr.push(members.len());
    }
    let matrix = CsrMatrix::new((sizes.len(), nodes), row_ptr, members, weights);
    Groups::from_matrix(matrix).expect("weights are at least 0")
}

fn assert_reductions_agree(groups: &Groups, d: usize, batch: &Batch, wgpu: &Device, cpu: &Device) {
    let dims = [groups.num_nodes(), d];
    let values: Vec<f32> = numbers::wavy(dims[0] * d, 0.7).iter().map(|value| value / d as f32).collect();
    for weighting in [Weighting::G2r, Weighting::Mcr2] {
        let config = RateReductionConfig { eps_sq: 0.05, gamma1: 0.5, gamma2: 0.5, weighting };
        let loss = config.init(groups.clone()).expect("settings in their range");
        let rates = |device: &Device| {
            let z = numbers::matrix(values.clone(), dims, device);
            let reduction = loss.forward(z, batch).expect("a finite embedding");
            let value: f32 = reduction.loss.into_scalar();
            [value, reduction.expansion as f32, reduction.compression as f32]
        };
        let gradient = |device: &Device| {
            let f = |z: Tensor<2>| loss.forward(z, batch).expect("a finite embedding").loss;
            gradients::gradient_of(f, &values, dims, device)
        };
        let (on_wgpu, what) = (gradient(wgpu), format!("{dims:?}, {weighting:?}"));
        assert_close(&format!("rates of {what}"), &rates(wgpu), &rates(cpu));
        assert_close(&format!("gradient of {what}"), &on_wgpu, &gradient(cpu));
        assert_eq!(gradient(wgpu), on_wgpu, "{what}: the same gradient in every run");
    }
}

fn rates_of_ragged_groups_agree_and_repeat(wgpu: &Device, cpu: &Device) {
    let groups = groups_of_sizes(&[1, 2, 3, 0, 17, 64, 100, 150, 8, 9, 1], 200);
    let batch = Batch::of(&[0, 1, 2, 2, 3, 4, 5, 5, 5, 6, 7, 8, 9]);
    // 128 columns make one group wide, 260 none and the expansion too has more columns than rows, 5 make nearly all wide.
    for d in [128, 260, 5] {
        assert_reductions_agree(&groups, d, &batch, wgpu, cpu);
    }
}

fn groups_of_several_chunks_agree(wgpu: &Device, cpu: &Device) {
    // Blocks of 96 × 96, narrow ones and wide ones in turn: 4.6 million numbers, more than a chunk of 4.2 million.
    let sizes: Vec<usize> = (0..500).map(|group| 96 + group % 2).collect();
    let groups = groups_of_sizes(&sizes, 160);
    assert_reductions_agree(&groups, 96, &Batch::all(500), wgpu, cpu);
}

fn errors_are_those_of_the_cpu(wgpu: &Device, cpu: &Device) {
    let same = |what: &str, message: &dyn Fn(&Device) -> String, expected: &str| {
        assert_eq!(message(cpu), expected, "{what}, on the CPU");
        assert_eq!(message(wgpu), expected, "{what}, on the device");
    };

    // One factorisation by a unit, two by workgroups of either size.
    for size in [2, 20, 70] {
        let mut indefinite = positive_definite(size);
        indefinite[size * size - 1] = -1.0;
        let message = |device: &Device| {
            log_det(numbers::matrix(indefinite.clone(), [size, size], device))
                .expect_err("indefinite")
                .to_string()
        };
        let pivot = size - 1;
        let expected = format!(
            "the matrix of the input is not positive definite: pivot {pivot} is not a positive number"
        );
        same("an indefinite matrix", &message, &expected);
    }
    // In either triangle: the upper one is not read by the factorisation.
    for at in [1, 2] {
        let mut values = vec![1.0, 0.0, 0.0, 1.0];
        values[at] = f32::NAN;
        let message = |device: &Device| {
            log_det(numbers::matrix(values.clone(), [2, 2], device)).expect_err("not finite").to_string()
        };
        let (row, column) = (at / 2, at % 2);
        let expected =
            format!("row {row}, column {column} of the input: expected a finite number, found NaN");
        same("a matrix that is not finite", &message, &expected);
    }

    let loss =
        RateReductionConfig::default().init(groups_of_sizes(&[2, 3, 9], 9)).expect("settings in their range");
    let message = |values: &[f32], device: &Device| {
        let z = numbers::matrix(values.to_vec(), [9, 2], device);
        loss.forward(z, &Batch::all(3)).expect_err("no embedding to reduce").to_string()
    };
    for bad in [f32::NAN, f32::INFINITY] {
        let mut values = numbers::wavy(18, 0.1);
        values[5] = bad;
        let expected = format!("row 2, column 1 of the input: expected a finite number, found {bad}");
        same("an embedding that is not finite", &|device| message(&values, device), &expected);
    }
    same(
        "an embedding that overflows",
        &|device| message(&[1e30; 18], device),
        "the matrix of the expansion is not positive definite: pivot 0 is not a positive number",
    );
}

fn a_group_beyond_single_precision_is_named(wgpu: &Device) {
    // Entries of 1e18 have finite squares; the group's factor of 4000 makes them infinite. The expansion's matrix
    // is scaled in f64.
    let config = RateReductionConfig { eps_sq: 1e-3, ..Default::default() };
    let loss = config.init(groups_of_sizes(&[0, 0, 3], 9)).expect("settings in their range");
    let z = numbers::matrix(vec![1e18; 36], [9, 4], wgpu);
    assert_eq!(
        loss.forward(z, &Batch::all(3)).expect_err("too large for f32").to_string(),
        "the matrix of group 2 is not positive definite: pivot 0 is not a positive number"
    );
}
