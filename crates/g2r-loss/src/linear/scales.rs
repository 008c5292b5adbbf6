//! Several scales side by side: the features at different distances in the graph, each with an encoder.

use ndarray::{Array2, Axis, concatenate};
use rand::Rng;

use super::config::LinearConfig;
use super::encoder::LinearEncoder;
use super::features::FeatureMatrix;
use super::fit::fit;
use super::pairs::Pairs;
use super::prepare::{RowNorm, scale_dense_rows};
use super::propagation::Propagation;
use super::sparse_product::CsrMatrix;
use crate::error::Error;

/// A node's degree stands beside scales of length 1 as ln(1 + degree) over this.
const DEGREE_SCALE: f64 = 5.0;

/// One linear encoder for each of several propagations, such as no propagation, one hop, two hops and PageRank.
#[derive(Clone, Debug, PartialEq)]
pub struct MultiScaleEncoder {
    scales: Vec<LinearEncoder>,
}

impl MultiScaleEncoder {
    /// Fits an encoder for each propagation, with the same pairs and settings.
    ///
    /// # Errors
    /// As [`fit`].
    ///
    /// # Panics
    /// As [`fit`], or if there is no propagation.
    pub fn fit(
        x: &dyn FeatureMatrix,
        propagations: &[&dyn Propagation],
        pairs: &Pairs,
        config: &LinearConfig,
        rng: &mut impl Rng,
    ) -> Result<Self, Error> {
        assert!(!propagations.is_empty(), "several scales: no propagation");
        let encoder = |propagation: &&dyn Propagation| Ok(fit(x, *propagation, pairs, config, rng)?.encoder);
        Ok(Self { scales: propagations.iter().map(encoder).collect::<Result<_, Error>>()? })
    }

    /// The encoders of the propagations, in their order.
    pub fn new(scales: Vec<LinearEncoder>) -> Self {
        Self { scales }
    }

    /// The encoders, in the order of the propagations.
    pub fn scales(&self) -> &[LinearEncoder] {
        &self.scales
    }

    /// The embeddings of all scales, each with rows of length 1, then `extra` columns, and these joined rows scaled to length 1.
    ///
    /// # Shapes
    /// extra `[nodes, width]`, which may be 0 wide; output `[nodes, Σ d_output + width]`
    ///
    /// # Panics
    /// If there are not as many propagations as in the fit, or shapes differ from those of the fit.
    pub fn embed(
        &self,
        x: &dyn FeatureMatrix,
        propagations: &[&dyn Propagation],
        extra: &Array2<f32>,
    ) -> Array2<f32> {
        assert_eq!(propagations.len(), self.scales.len(), "several scales: another number of propagations");
        let embed = |(encoder, propagation): (&LinearEncoder, &&dyn Propagation)| {
            scale_dense_rows(encoder.embed(x, *propagation), RowNorm::L2)
        };
        let scales: Vec<Array2<f32>> = self.scales.iter().zip(propagations).map(embed).collect();
        let mut blocks: Vec<_> = scales.iter().map(|scale| scale.view()).collect();
        blocks.push(extra.view());
        let joined =
            concatenate(Axis(1), &blocks).expect("scales and extra columns have a row for each node");
        scale_dense_rows(joined.as_standard_layout().into_owned(), RowNorm::L2)
    }
}

/// The column ln(1 + degree) / 5, `[nodes, 1]`, with the sum of a row's weights as degree.
///
/// # Panics
/// If the matrix is not in compressed sparse rows.
pub fn degree_column(adjacency: &CsrMatrix) -> Array2<f32> {
    assert!(adjacency.is_csr(), "degree column: the matrix is not in compressed sparse rows");
    let degrees = adjacency.outer_iterator().map(|row| row.data().iter().map(|w| f64::from(*w)).sum::<f64>());
    let column: Vec<f32> = degrees.map(|degree| (degree.ln_1p() / DEGREE_SCALE) as f32).collect();
    Array2::from_shape_vec((column.len(), 1), column).expect("one column")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::{DenseFeatures, Hops, NoPropagation, NormalizedAdjacency, Width};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use sprs::CsMatI;

    #[test]
    fn scales_stand_side_by_side_in_rows_of_length_one() {
        let path = CsMatI::new((4, 4), vec![0, 1, 3, 5, 6], vec![1, 0, 2, 1, 3, 2], vec![1.0; 6]);
        let x = Array2::from_shape_vec((4, 3), testkit::numbers::wavy(12, 0.5)).unwrap();
        let features = DenseFeatures::from_array(x.view()).unwrap();
        let adjacency = NormalizedAdjacency::from_symmetric(&path).unwrap();
        let (still, hop) = (NoPropagation { num_nodes: 4 }, Hops::new(&adjacency, 1));
        let (propagations, pairs) =
            ([&still as &dyn Propagation, &hop], Pairs::degree_normalized(&path).unwrap());
        let config = LinearConfig { width: Width::Reduced(2), ..LinearConfig::default() };
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let encoder = MultiScaleEncoder::fit(&features, &propagations, &pairs, &config, &mut rng).unwrap();
        let extra = degree_column(&path);
        assert!((extra[[1, 0]] - 3.0f32.ln() / 5.0).abs() < 1e-7);
        let z = encoder.embed(&features, &propagations, &extra);
        assert_eq!(z.dim(), (4, 5));
        for (node, row) in z.rows().into_iter().enumerate() {
            assert!((row.dot(&row) - 1.0).abs() < 1e-6);
            // Two scales of length 1 and the column: their shares of the row are known.
            let length = (2.0 + extra[[node, 0]].powi(2)).sqrt();
            assert!((row[4] - extra[[node, 0]] / length).abs() < 1e-6);
            assert!((row[0].hypot(row[1]) - 1.0 / length).abs() < 1e-6);
        }
    }
}
