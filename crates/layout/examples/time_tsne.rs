//! Time of t-SNE on the rows of an .npy file: `cargo run --release -p layout --example time_tsne -- ROWS.npy [ITERATIONS]`.

use std::error::Error;
use std::time::Instant;

use evaluation::Rows;
use layout::{Layout, TsneConfig};
use ndarray::Array2;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let rows: Array2<f32> = ndarray_npy::read_npy(arguments.next().ok_or("expected ROWS.npy [ITERATIONS]")?)?;
    let num_iterations = arguments.next().map_or(Ok(1000), |text| text.parse())?;
    let config = TsneConfig { num_iterations, ..TsneConfig::default() };
    let start = Instant::now();
    let rng = &mut ChaCha8Rng::seed_from_u64(0);
    let found = config.place(&Rows::dense(rows.view()).scaled_to_unit_length(), rng)?;
    println!(
        "{:?}, {num_iterations} steps: {:.1} s, divergence {:.5}",
        rows.dim(),
        start.elapsed().as_secs_f64(),
        found.objective
    );
    Ok(())
}
