use ndarray::Array2;
use rand::Rng;

use crate::normal::standard_normal;

/// Mixtures of Gaussians around centers, the samples then scaled to length 1: the demonstrations of the authors' code.
#[derive(Clone, Debug, PartialEq)]
pub struct GaussianMixture {
    /// The center of each class, all of one width.
    pub centers: Vec<Vec<f64>>,
    /// Standard deviation of each coordinate around the center.
    pub noise_std: f64,
    /// Samples of each class.
    pub samples_per_class: usize,
}

/// Samples with their labels.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledSamples {
    /// `[samples, d]`, rows of length 1.
    pub samples: Array2<f64>,
    /// The class of each sample, ascending.
    pub labels: Vec<usize>,
}

impl GaussianMixture {
    /// Angles, in degrees, of the centers of the demonstrations in the plane.
    pub const PLANE_ANGLES: [&[f64]; 8] = [
        &[0.0, 90.0],
        &[60.0, 0.0],
        &[45.0, 0.0],
        &[135.0, 0.0],
        &[120.0, 0.0],
        &[135.0, 240.0, 0.0],
        &[135.0, 240.0, 45.0],
        &[30.0, 90.0, 135.0, 225.0, 315.0, 270.0],
    ];

    /// Centers of length 1 in the plane at these angles, in degrees; σ = 0.1 and 100 samples a class.
    pub fn plane(angles: &[f64]) -> Self {
        Self::around(angles.iter().map(|angle| on_the_circle(*angle).to_vec()).collect())
    }

    /// The axes of space as centers; σ = 0.1 and 100 samples a class.
    pub fn axes() -> Self {
        Self::around((0..3).map(|axis| (0..3).map(|i| f64::from(u8::from(i == axis))).collect()).collect())
    }

    /// Centers (cos a, sin a, 1) in space with a = 45°, 120° and 180°; σ = 0.1 and 100 samples a class.
    pub fn cone() -> Self {
        let center = |angle: f64| {
            let [x, y] = on_the_circle(angle);
            vec![x, y, 1.0]
        };
        Self::around([45.0, 120.0, 180.0].map(center).to_vec())
    }

    fn around(centers: Vec<Vec<f64>>) -> Self {
        Self { centers, noise_std: 0.1, samples_per_class: 100 }
    }

    /// Number of classes.
    pub fn num_classes(&self) -> usize {
        self.centers.len()
    }

    /// Draws the samples, class after class.
    ///
    /// # Panics
    /// If the centers have different widths.
    pub fn draw(&self, rng: &mut impl Rng) -> LabelledSamples {
        let width = self.centers.first().map_or(0, Vec::len);
        let labels: Vec<usize> = (0..self.num_classes() * self.samples_per_class)
            .map(|sample| sample / self.samples_per_class)
            .collect();
        let mut samples = Array2::zeros((labels.len(), width));
        for (mut row, &label) in samples.rows_mut().into_iter().zip(&labels) {
            let center = &self.centers[label];
            assert_eq!(center.len(), width, "GaussianMixture: centers of different widths");
            row.iter_mut()
                .zip(center)
                .for_each(|(value, c)| *value = c + self.noise_std * standard_normal(rng));
            let length = row.dot(&row).sqrt();
            row /= length;
        }
        LabelledSamples { samples, labels }
    }
}

fn on_the_circle(angle: f64) -> [f64; 2] {
    [angle.to_radians().cos(), angle.to_radians().sin()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn samples_lie_on_the_sphere_around_their_centers() {
        for mixture in
            [GaussianMixture::plane(&[135.0, 240.0]), GaussianMixture::axes(), GaussianMixture::cone()]
        {
            let LabelledSamples { samples, labels } = mixture.draw(&mut ChaCha8Rng::seed_from_u64(7));
            assert_eq!((labels.len(), labels[99], labels[100]), (100 * mixture.num_classes(), 0, 1));
            for (row, label) in samples.rows().into_iter().zip(labels) {
                assert!((row.dot(&row) - 1.0).abs() < 1e-12);
                let center = &mixture.centers[label];
                let length = center.iter().map(|value| value * value).sum::<f64>().sqrt();
                let cosine = row.iter().zip(center).map(|(a, b)| a * b).sum::<f64>() / length;
                // Six standard deviations away.
                assert!(cosine > 0.8, "{cosine}");
            }
        }
    }

    #[test]
    fn the_noise_has_its_standard_deviation() {
        let mixture = GaussianMixture { samples_per_class: 20_000, ..GaussianMixture::plane(&[0.0]) };
        let drawn = mixture.draw(&mut ChaCha8Rng::seed_from_u64(7));
        // Of the angles: σ but for terms of the order of σ³.
        let std = (drawn.samples.column(1).mapv(|y| y * y).mean().unwrap()).sqrt();
        assert!((std - 0.1).abs() < 0.003, "{std}");
    }
}
