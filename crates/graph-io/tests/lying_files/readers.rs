//! Everything that reads what it did not write.

use std::path::Path;

use graph_io::format::{self, ReadConfig};
use graph_io::{Error, MappedDataset, NodeDataset, RawDataset, embedding};

use crate::entry;

/// What came out of a file.
pub(crate) enum Read {
    /// To be cleaned.
    Raw(RawDataset),
    /// Clean.
    Dataset(NodeDataset),
    /// Anything that is no graph.
    Other,
}

type ReadFn = dyn Fn(&Path) -> Result<Read, Error>;
type Other = (&'static str, fn(&Path) -> Result<Read, Error>);

/// A reader and the folder of `corpus` with its samples, of one name.
pub(crate) struct Reader {
    pub(crate) name: String,
    pub(crate) read: Box<ReadFn>,
}

/// The readers that are no formats: one line each, here or, where they have a fuzz target, in `entry.rs`.
const OTHERS: [Other; 3] = [
    ("features", |path| format::read_features(path).map(|_| Read::Other)),
    ("matrix", |path| format::read_matrix(path).map(|_| Read::Other)),
    ("mapped", |path| {
        let mapped = MappedDataset::open(path)?;
        mapped.check()?;
        mapped.to_dataset().map(Read::Dataset)
    }),
];

/// Every reader: the formats, and those that are none.
pub(crate) fn all() -> Vec<Reader> {
    let formats = format::all().iter().map(|format| {
        let read = |path: &Path| format.read(path, &ReadConfig::default()).map(Read::Raw);
        Reader { name: format.name.to_string(), read: Box::new(read) }
    });
    // Those that this build does not have refuse everything.
    let is_built = |name: &str| name != "parquet" || cfg!(feature = "parquet");
    let embeddings = embedding::formats().iter().filter(|format| is_built(format.name)).map(|format| {
        let read = |path: &Path| {
            embedding::is_embedding(path)?;
            format.read(path).map(|_| Read::Other)
        };
        Reader { name: format!("embedding-{}", format.name), read: Box::new(read) }
    });
    let others = OTHERS.iter().map(|&(name, read)| Reader { name: name.to_string(), read: Box::new(read) });
    // The formats of embeddings are here one by one.
    let fuzzed = entry::OTHERS.iter().filter(|(name, ..)| *name != "embedding").map(|&(name, _, read)| {
        let read = move |path: &Path| read(path).map(|()| Read::Other);
        Reader { name: name.to_string(), read: Box::new(read) }
    });
    formats.chain(embeddings).chain(others).chain(fuzzed).collect()
}
