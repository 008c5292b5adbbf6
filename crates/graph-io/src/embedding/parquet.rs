//! Apache Parquet: a column `id` of words or whole numbers and a column `embedding` of lists of f32, all of one length.

#[cfg(feature = "parquet")]
use super::parquet_file as file;
use super::registry::EmbeddingFormat;
use crate::format::Sample;

pub(super) const FORMAT: EmbeddingFormat = EmbeddingFormat {
    name: "parquet",
    title: "Apache Parquet with the columns id and embedding, a list of 32 bit floats",
    endings: &[".parquet"],
    is_text: false,
    recognizes: |sample: &Sample| {
        FORMAT.has_ending_of(&sample.name)
            && sample.head.starts_with(b"PAR1")
            && file::recognizes(&sample.path)
    },
    read: file::read,
    check: file::check,
    write: file::write,
};

#[cfg(not(feature = "parquet"))]
mod file {
    use std::path::Path;

    use super::super::columns::NodeColumn;
    use super::super::matrix::Embedding;
    use crate::error::Error;
    use crate::node_ids::NodeIds;

    fn missing() -> Error {
        Error::invalid(
            "embedding format parquet",
            "a program built with it, by `cargo build --release --features parquet`",
            "one without",
        )
    }

    /// That Parquet is missing is told to who wants to read it, whatever its columns.
    pub(super) fn recognizes(_: &Path) -> bool {
        true
    }

    pub(super) fn read(_: &Path) -> Result<Embedding, Error> {
        Err(missing())
    }

    pub(super) fn check(_: &NodeIds, _: &[NodeColumn<'_>]) -> Result<(), Error> {
        Err(missing())
    }

    pub(super) fn write(_: &Embedding, _: &[NodeColumn<'_>], _: &Path) -> Result<(), Error> {
        Err(missing())
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn without_parquet_it_is_told_how_to_build() {
            assert_eq!(
                check(&NodeIds::counted(1), &[]).unwrap_err().to_string(),
                "embedding format parquet: expected a program built with it, \
                 by `cargo build --release --features parquet`, found one without"
            );
        }
    }
}
