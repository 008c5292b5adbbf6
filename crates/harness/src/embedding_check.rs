//! Whether an embedding is one of a data set.

use std::path::Path;

use graph_io::{DataFingerprint, NodeDataset, embedding};
use ndarray::Array2;

use crate::error::Error;
use crate::outputs::{EMBEDDING, REPORT};
use crate::provenance::WithProvenance;

/// Checks that an embedding has one row a node and nothing but finite numbers.
///
/// # Errors
/// Another number of rows; no columns; a value that is NaN or infinite.
pub fn check_embedding(embedding: &Array2<f32>, dataset: &NodeDataset) -> Result<(), Error> {
    let num_nodes = dataset.graph().num_nodes();
    if embedding.nrows() != num_nodes {
        let expected = format!("{num_nodes} rows, one for each node of {}", dataset.name());
        return Err(Error::invalid("embedding", expected, embedding.nrows().to_string()));
    }
    Ok(embedding::check_rows(embedding.view())?)
}

/// Checks an array that lies in a folder of a run: that it is the embedding that the run has written, and that its rows are in
/// the order of the data set's nodes. An array elsewhere says nothing of its rows, and passes.
///
/// # Errors
/// A report that cannot be read; another embedding; nodes in another order.
pub fn check_written(file: &Path, embedding: &Array2<f32>, dataset: &NodeDataset) -> Result<(), Error> {
    let report = file.with_file_name(REPORT);
    if file.file_name() != Some(EMBEDDING.as_ref()) || !report.is_file() {
        return Ok(());
    }
    let text = std::fs::read_to_string(&report).map_err(|source| Error::read(&report, source))?;
    let written: WithProvenance =
        serde_json::from_str(&text).map_err(|source| Error::read(&report, source))?;
    let Some(provenance) = written.provenance else { return Ok(()) };
    provenance.check_embedding(file, embedding)?;
    if provenance.data.fingerprint.nodes != DataFingerprint::of(dataset).nodes {
        let expected = format!("rows in the order of the nodes of {}", dataset.name());
        return Err(Error::invalid(
            file.display().to_string(),
            expected,
            "those of other nodes or of another order",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_embedding_that_does_not_fit_its_data_set_is_refused() {
        let cora = graph_io::load("cora", None).unwrap();
        let message = |embedding: Array2<f32>| check_embedding(&embedding, &cora).unwrap_err().to_string();
        assert_eq!(
            message(Array2::zeros((3, 4))),
            "embedding: expected 2708 rows, one for each node of cora, found 3"
        );
        assert_eq!(message(Array2::zeros((2708, 0))), "embedding: expected at least one column, found none");
        let mut embedding = Array2::zeros((2708, 4));
        embedding[[7, 2]] = f32::NAN;
        assert_eq!(message(embedding), "embedding, row 7, column 2: expected a finite number, found NaN");
    }
}
