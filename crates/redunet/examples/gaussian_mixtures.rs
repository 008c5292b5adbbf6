//! Networks constructed from mixtures of Gaussians in 2-D and 3-D: rates by layer, angles between classes before and after.
//!
//! ```sh
//! cargo run --release -p redunet --example gaussian_mixtures
//! ```

use ndarray::{Array1, Array2};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use redunet::{Error, GaussianMixture, LabelledSamples, ReduNetConfig};

/// The mean of a class, and the direction v that maximizes ‖Zv‖ over its rows Z: by power iteration on ZᵀZ.
fn directions(z: &Array2<f64>, labels: &[usize], class: usize) -> [Array1<f64>; 2] {
    let rows: Vec<_> = z.rows().into_iter().zip(labels).filter(|(_, label)| **label == class).collect();
    let mean: Array1<f64> = rows.iter().fold(Array1::zeros(z.ncols()), |sum, (row, _)| sum + row);
    let mut principal = z.row(class * rows.len()).to_owned();
    for _ in 0..200 {
        let next: Array1<f64> =
            rows.iter().fold(Array1::zeros(z.ncols()), |sum, (row, _)| sum + &(row * row.dot(&principal)));
        principal = &next / next.dot(&next).sqrt();
    }
    [mean, principal]
}

fn cosine(a: &Array1<f64>, b: &Array1<f64>) -> f64 {
    a.dot(b) / (a.dot(a) * b.dot(b)).sqrt()
}

/// For each pair of classes the angle between means, in [0°, 180°], and between lines along the principal directions, in [0°, 90°].
fn angles(z: &Array2<f64>, labels: &[usize], num_classes: usize) -> String {
    let directions: Vec<_> = (0..num_classes).map(|class| directions(z, labels, class)).collect();
    let mut out = String::new();
    for (class, a) in directions.iter().enumerate() {
        for b in &directions[class + 1..] {
            let mean = cosine(&a[0], &b[0]).clamp(-1.0, 1.0).acos().to_degrees();
            let line = cosine(&a[1], &b[1]).abs().min(1.0).acos().to_degrees();
            out += &format!("  {mean:6.2}° ({line:5.2}°)");
        }
    }
    out
}

fn main() -> Result<(), Error> {
    let mut mixtures: Vec<(String, GaussianMixture)> = GaussianMixture::PLANE_ANGLES
        .iter()
        .map(|angles| (format!("plane, centers at {angles:?} degrees"), GaussianMixture::plane(angles)))
        .collect();
    mixtures.push(("space, centers on the axes".to_owned(), GaussianMixture::axes()));
    mixtures.push(("space, centers on a cone".to_owned(), GaussianMixture::cone()));
    let config = ReduNetConfig { lambda: 200.0, ..ReduNetConfig::new(600) };
    for (name, mixture) in mixtures {
        let LabelledSamples { samples, labels } = mixture.draw(&mut ChaCha8Rng::seed_from_u64(0));
        let num_classes = mixture.num_classes();
        let constructed = config.construct(samples.view(), &labels, num_classes)?;
        println!("{name}\n  layer       R     R_c  R_c(π̂)      ΔR");
        for layer in [0, 20, 50, 100, 200, 600] {
            let rates = constructed.network.rates()[layer];
            let [r, c, p] = [rates.expansion, rates.compression, rates.predicted_compression];
            println!("  {layer:5} {r:7.4} {c:7.4} {p:7.4} {:7.4}", rates.reduction());
        }
        println!("  angles of means (of principal directions)");
        println!("  before{}", angles(&samples, &labels, num_classes));
        println!("  after {}\n", angles(&constructed.output, &labels, num_classes));
    }
    Ok(())
}
