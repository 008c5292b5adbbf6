//! A coding rate worked by hand, beside the library's: what the loss counts, and where its gradient pulls.
//!
//! ```sh
//! cargo run --release --example coding_rate_by_hand
//! ```

use g2r::burn::tensor::{Device, Tensor};
use g2r::loss::{Batch, Groups, RateReductionConfig, Weighting};

const EPS_SQ: f64 = 0.5;

/// Four embeddings of width 2. The first two point one way, the last two another.
const Z: [[f64; 2]; 4] = [[1.0, 0.0], [0.8, 0.2], [0.0, 1.0], [-0.2, 0.6]];

/// R(Z) = ½ log det(I + c ZᵀZ) with c = d / (n ε²), by the formula of a 2 × 2 determinant.
fn rate(rows: &[[f64; 2]]) -> f64 {
    let c = 2.0 / (rows.len() as f64 * EPS_SQ);
    let sum = |i: usize, j: usize| rows.iter().map(|row| row[i] * row[j]).sum::<f64>();
    let det = (1.0 + c * sum(0, 0)) * (1.0 + c * sum(1, 1)) - (c * sum(0, 1)).powi(2);
    0.5 * det.ln()
}

/// −R(Z) + R_c(Z): each group's rate counts by the part of the nodes that is in it.
fn loss_by_hand(z: &[[f64; 2]; 4]) -> f64 {
    -rate(z) + 0.5 * rate(&z[..2]) + 0.5 * rate(&z[2..])
}

/// Runs the example.
pub fn main() -> anyhow::Result<()> {
    // The same by the library: two groups, and every group in the batch.
    let groups = Groups::from_classes(&[Some(0), Some(0), Some(1), Some(1)], 2);
    let config = RateReductionConfig { eps_sq: EPS_SQ, gamma1: 1.0, gamma2: 1.0, weighting: Weighting::Mcr2 };
    let loss = config.init(groups)?;
    // A gradient needs a device that records what was done, and a tensor that asks for one.
    let device = Device::flex().autodiff();
    let z = Tensor::<2>::from_floats(Z.map(|row| row.map(|value| value as f32)), &device).require_grad();
    let reduction = loss.forward(z.clone(), &Batch::all(2))?;
    let value = f64::from(reduction.loss.clone().into_scalar::<f32>());

    println!("in nats                         by hand   library");
    println!("R(Z), all rows together       {:9.6} {:9.6}", rate(&Z), reduction.expansion);
    let compression = 0.5 * rate(&Z[..2]) + 0.5 * rate(&Z[2..]);
    println!("R_c(Z), each group by itself  {compression:9.6} {:9.6}", reduction.compression);
    println!("loss −R + R_c                 {:9.6} {value:9.6}", loss_by_hand(&Z));
    anyhow::ensure!((value - loss_by_hand(&Z)).abs() < 1e-6, "by hand and by library they are the same");

    // The gradient comes with the value. By hand: move an entry a little, see what the loss does.
    let gradients = reduction.loss.backward();
    let gradient: Vec<f32> =
        z.grad(&gradients).expect("z takes part in the loss").into_data().iter().collect();
    println!("\nthe loss falls fastest along        differences of the loss by hand");
    for (row, found) in gradient.chunks(2).enumerate() {
        let by_hand: Vec<f64> = (0..2)
            .map(|column| {
                let (mut up, mut down) = (Z, Z);
                up[row][column] += 1e-4;
                down[row][column] -= 1e-4;
                (loss_by_hand(&down) - loss_by_hand(&up)) / 2e-4
            })
            .collect();
        let step: Vec<f64> = found.iter().map(|entry| -f64::from(*entry)).collect();
        println!(
            "  node {row}: ({:7.4}, {:7.4})           ({:7.4}, {:7.4})",
            step[0], step[1], by_hand[0], by_hand[1]
        );
        anyhow::ensure!(
            step.iter().zip(&by_hand).all(|(a, b)| (a - b).abs() < 1e-5),
            "they are the same too"
        );
    }
    println!(
        "\nNodes 1 and 3 are pulled towards the axis of their own group: groups become narrow, together they stay wide."
    );
    Ok(())
}
