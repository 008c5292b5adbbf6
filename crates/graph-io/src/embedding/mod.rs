//! Embeddings with the ids of their nodes, read and written: one file a format, one line each in [`formats`].
//!
//! ```
//! use graph_io::embedding::{self, Embedding};
//! use graph_io::NodeIds;
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("people.csv");
//! let rows = ndarray::array![[0.5, -1.0], [0.25, 3e-9]];
//! let people = Embedding::from_rows(NodeIds::from_names(["Ana", "Ben"]), rows)?;
//! embedding::write(&people, &path)?;
//! assert_eq!(std::fs::read_to_string(&path)?, "id,e0,e1\nAna,0.5,-1\nBen,0.25,3e-9\n");
//! assert_eq!(embedding::read(&path)?, people);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod columns;
mod delimited;
mod matrix;
mod npy;
mod npz;
mod numbers;
mod parquet;
#[cfg(feature = "parquet")]
mod parquet_file;
mod projector;
mod registry;
mod word2vec;

pub use columns::NodeColumn;
pub use matrix::{Embedding, check_rows};
pub use registry::{EmbeddingFormat, is_embedding, read, write};

/// Every format. A path is read as the first that recognizes it, so stricter ones stand before looser ones.
static ALL: [EmbeddingFormat; 7] = [
    npy::FORMAT,
    npz::FORMAT,
    parquet::FORMAT,
    delimited::CSV,
    delimited::TSV,
    projector::FORMAT,
    word2vec::FORMAT,
];

/// Every format of embeddings there is.
pub fn formats() -> &'static [EmbeddingFormat] {
    &ALL
}
