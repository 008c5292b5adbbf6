//! What can fail when a plot is rasterised.

/// Why a plot could not be rasterised.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The scale is not a number of pixels per unit that can be drawn.
    #[error("`scale` must be above 0 and at most {limit}, got {scale}")]
    Scale {
        /// The largest scale there is.
        limit: f32,
        /// The scale that was asked for.
        scale: f32,
    },
    /// The pixels could not be written as PNG.
    #[error("the plot `{name}` could not be encoded as PNG")]
    Png {
        /// The plot's name.
        name: String,
        /// What the encoder said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
