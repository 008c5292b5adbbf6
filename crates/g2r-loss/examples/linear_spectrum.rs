//! Writes the spectrum of linear rate reduction on Cora with its water level as a figure:
//! `cargo run --release -p g2r-loss --example linear_spectrum -- FILE.svg`.

use std::error::Error;
use std::{env, fs};

use g2r_loss::linear::prepare::{ColumnWeighting, ColumnWeights, RowNorm, scale_sparse_rows};
use g2r_loss::linear::{
    LinearConfig, NormalizedAdjacency, Pairs, PersonalizedPageRank, Solver, SparseFeatures, Width, fit,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use report::WaterFilling;

fn main() -> Result<(), Box<dyn Error>> {
    let file = env::args().nth(1).ok_or("expected the file to write, such as linear-spectrum.svg")?;
    let cora = graph_io::load("cora", None)?;
    let graph_io::Features::Sparse(words) = cora.features() else {
        return Err("cora: expected sparse features, found dense ones".into());
    };
    let binary = ColumnWeights::from_sparse(ColumnWeighting::Binary, words).apply_to_sparse(words.clone());
    let rows = scale_sparse_rows(binary, RowNorm::L2);

    let x = SparseFeatures::from_csr(&rows)?;
    let adjacency = cora.graph().adjacency();
    let normalized = NormalizedAdjacency::from_symmetric(adjacency)?;
    let propagation = PersonalizedPageRank::new(&normalized, 0.2, 10)?;
    let pairs = Pairs::degree_normalized(adjacency)?;
    let config =
        LinearConfig { ridge: 1.0, width: Width::Reduced(24), solver: Solver::Dense, tolerance: 1e-3 };
    let fitted = fit(&x, &propagation, &pairs, &config, &mut ChaCha8Rng::seed_from_u64(0))?;

    let spectrum = fitted.spectrum.ok_or("a reduced width has a spectrum")?;
    let rates = spectrum.rates().ok_or("expected a water level above 0")?;
    println!("s_1 = {:.4}, s_cut = s_25 = {:.4}", spectrum.eigenvalues[0], spectrum.water_level);
    println!("R(Z) = {:.2} nats, R_c ≤ {:.2} nats", rates.expansion, rates.compression);
    let figure = WaterFilling { eigenvalues: spectrum.eigenvalues, water_level: spectrum.water_level };
    let plot = figure.plot().ok_or("expected an eigenvalue above 0")?;
    fs::write(file, plot.svg())?;
    Ok(())
}
