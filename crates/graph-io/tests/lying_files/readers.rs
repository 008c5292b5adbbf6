//! Everything that reads what it did not write.

use std::io::Write;
use std::path::Path;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use graph_io::format::{self, ReadConfig};
use graph_io::{Compact, Error, MappedDataset, NodeDataset, RawDataset, embedding};

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
const OTHERS: [Other; 5] = [
    ("compact", |path| Compact::from_bytes(&bytes_of(path)?, path).map(Read::Dataset)),
    ("compact-payload", |path| Compact::from_bytes(&compact(&bytes_of(path)?), path).map(Read::Dataset)),
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

fn bytes_of(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::Io { path: path.to_path_buf(), source })
}

/// The file of a payload, so that what is changed in it is not caught by the checksum.
fn compact(payload: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(payload);
    let header = [b"G2R-DATA\x01", &(payload.len() as u32).to_le_bytes()[..], &crc.sum().to_le_bytes()];
    let mut encoder = DeflateEncoder::new(header.concat(), Compression::fast());
    encoder.write_all(payload).and_then(|()| encoder.finish()).unwrap()
}
