//! What an objective trains: a module that embeds the nodes of a batch.

use burn::store::ModuleSnapshot;
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

use crate::batch::Batch;

/// A module that embeds nodes: features and graph in, one row a target node out.
///
/// [`gnn::encoder::Encoder`] is one; so is any Burn module of yours that implements this.
pub trait Encoder: ModuleSnapshot + Sync + 'static {
    /// Embeds the target nodes of a batch.
    ///
    /// # Shapes
    /// The output is `[targets, d_output]`.
    fn forward(&self, batch: &Batch, mode: Mode<'_>) -> Tensor<2>;

    /// Whether training draws random numbers in [`forward`](Self::forward), as dropout does.
    fn is_stochastic(&self) -> bool {
        false
    }

    /// What a step adds to the loss, `[1]`, whatever the objective: a penalty on the weights.
    fn penalty(&self, _rng: &mut ChaCha8Rng) -> Option<Tensor<1>> {
        None
    }

    /// The encoder after a step, of which `steps_done` came before: with its weights within their bounds, where it has any.
    #[must_use]
    fn constrained(self, _steps_done: usize) -> Self
    where
        Self: Sized,
    {
        self
    }
}

/// What an embedding is made for.
pub enum Mode<'a> {
    /// The result: nothing is random.
    Inference,
    /// A step of training, with dropout drawn from this generator.
    Training(&'a mut ChaCha8Rng),
}

impl Encoder for gnn::encoder::Encoder {
    fn forward(&self, batch: &Batch, mode: Mode<'_>) -> Tensor<2> {
        match mode {
            Mode::Inference => gnn::encoder::Encoder::forward(self, batch.features(), batch.graph()),
            Mode::Training(rng) => self.forward_training(batch.features(), batch.graph(), rng),
        }
    }

    fn is_stochastic(&self) -> bool {
        self.has_dropout()
    }

    fn penalty(&self, rng: &mut ChaCha8Rng) -> Option<Tensor<1>> {
        gnn::encoder::Encoder::penalty(self, rng)
    }

    fn constrained(self, steps_done: usize) -> Self {
        gnn::encoder::Encoder::constrained(self, steps_done)
    }
}

/// What makes an encoder for a number of input features.
///
/// [`EncoderSettings`](crate::EncoderSettings) with a width is one; so is any closure of these arguments.
pub trait InitEncoder {
    /// What it makes.
    type Encoder: Encoder;

    /// Draws the parameters of an encoder of `d_input` features on a device.
    fn init(&self, d_input: usize, device: &Device, rng: &mut ChaCha8Rng) -> Self::Encoder;

    /// Width of the embedding, where it is known without making one.
    fn d_output(&self) -> Option<usize> {
        None
    }
}

impl<E: Encoder, F: Fn(usize, &Device, &mut ChaCha8Rng) -> E> InitEncoder for F {
    type Encoder = E;

    fn init(&self, d_input: usize, device: &Device, rng: &mut ChaCha8Rng) -> E {
        self(d_input, device, rng)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder_method::{EncoderMethod, trainer};
    use crate::methods::{Dgi, G2r};
    use crate::{EncoderSettings, FitOptions, TrainingData};
    use burn::tensor::TensorData;
    use faer::{Mat, Side};
    use gnn::encoder::Orthogonality;
    use testkit::graphs::two_blocks;

    /// WᵀW of each weight matrix of an encoder, or WWᵀ where that is smaller.
    fn grams(encoder: &gnn::encoder::Encoder) -> Vec<Mat<f64>> {
        let gram = |weight: Tensor<2>| {
            let [rows, columns] = weight.dims();
            let values: Vec<f32> = weight.into_data().try_into_vec().expect("weights are f32");
            let weight = Mat::from_fn(rows, columns, |i, j| f64::from(values[i * columns + j]));
            if rows >= columns { weight.transpose() * &weight } else { &weight * weight.transpose() }
        };
        encoder.weights().into_iter().map(gram).collect()
    }

    /// Least and greatest singular value of all weight matrices.
    fn singular_values(encoder: &gnn::encoder::Encoder) -> (f64, f64) {
        let squares =
            grams(encoder).into_iter().flat_map(|gram| gram.self_adjoint_eigenvalues(Side::Lower).unwrap());
        let (least, greatest) = squares
            .fold((f64::MAX, 0.0f64), |(least, greatest), value| (least.min(value), greatest.max(value)));
        (least.sqrt(), greatest.sqrt())
    }

    /// Σ ‖WᵀW − I‖².
    fn deviation(encoder: &gnn::encoder::Encoder) -> f64 {
        let of = |gram: Mat<f64>| {
            let size = gram.nrows();
            (gram - Mat::<f64>::identity(size, size)).squared_norm_l2()
        };
        grams(encoder).into_iter().map(of).sum()
    }

    fn small_g2r(orthogonal: Orthogonality) -> G2r {
        let mut settings = G2r { d_output: 8, groups_per_step: 20, epochs: 40, ..G2r::default() };
        settings.encoder = EncoderSettings { orthogonal, ..EncoderSettings::with_hidden(&[12]) };
        settings.optimizer.learning_rate = 0.05;
        settings
    }

    /// Sees the encoder before the first epoch and after each.
    fn train_g2r(orthogonal: Orthogonality, mut see: impl FnMut(&gnn::encoder::Encoder)) {
        let dataset = two_blocks();
        let data = TrainingData::of(&dataset);
        let settings = small_g2r(orthogonal);
        let trainer = trainer(&settings, &data).unwrap();
        let options = FitOptions::seed(1);
        let mut training = trainer.start(&options).unwrap();
        see(training.encoder());
        for _ in 0..settings.epochs {
            training.epoch().unwrap();
            see(training.encoder());
        }
    }

    #[test]
    fn normalized_weights_are_orthogonal_after_each_step_and_singular_values_stay_in_their_bounds() {
        let scale = 1.5;
        train_g2r(Orthogonality::Own { scale, group_size: 64 }, |encoder| {
            let (least, greatest) = singular_values(encoder);
            assert!((least - scale).abs() < 1e-3 && (greatest - scale).abs() < 1e-3, "{least} to {greatest}");
        });
        train_g2r(Orthogonality::Svb { bound: 0.1, every: 1 }, |encoder| {
            let (least, greatest) = singular_values(encoder);
            assert!(least > 1.0 / 1.1 - 1e-5 && greatest < 1.1 + 1e-5, "{least} to {greatest}");
        });
        let mut free = (f64::MAX, 0.0);
        train_g2r(Orthogonality::None, |encoder| free = singular_values(encoder));
        assert!(free.0 < 0.8 && free.1 > 1.6, "without a bound they leave it: {free:?}");
    }

    #[test]
    fn penalties_hold_weights_near_orthogonal_ones() {
        let last = |orthogonal| {
            let mut last = 0.0;
            train_g2r(orthogonal, |encoder| last = deviation(encoder));
            last
        };
        let free = last(Orthogonality::None);
        for strength in [0.1, 1.0] {
            for penalty in [Orthogonality::So { strength }, Orthogonality::Srip { strength }] {
                let found = last(penalty);
                assert!(found < free / 10.0, "{penalty:?}: deviation {found}, without it {free}");
            }
        }
    }

    #[test]
    fn dgi_trains_normalized_weights_through_their_parameters() {
        let dataset = two_blocks();
        let data = TrainingData::of(&dataset);
        let mut settings = Dgi { d_output: 8, ..Dgi::default() };
        settings.encoder.orthogonal = Orthogonality::named("own").unwrap();
        let trainer = trainer(&settings, &data).unwrap();
        let options = FitOptions::seed(1);
        let mut training = trainer.start(&options).unwrap();
        let data_of = |encoder: &<<Dgi as EncoderMethod>::Init as InitEncoder>::Encoder| -> TensorData {
            encoder.encoder.weights().remove(0).into_data()
        };
        let before = data_of(training.encoder());
        for _ in 0..3 {
            training.epoch().unwrap();
        }
        assert_ne!(before, data_of(training.encoder()), "the gradient reaches V");
        let (least, greatest) = singular_values(&training.encoder().encoder);
        assert!((least - 2f64.sqrt()).abs() < 1e-3 && (greatest - 2f64.sqrt()).abs() < 1e-3);
    }
}
