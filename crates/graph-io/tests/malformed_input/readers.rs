//! Everything that reads what it did not write.

use std::path::Path;

use graph_io::format::{self, ReadConfig};
use graph_io::{Error, MappedDataset, MemoryLimit, NodeDataset, RawDataset, embedding};

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
    pub(crate) has_limit: bool,
}

impl Reader {
    /// How many bytes may come out of packed ones: 16 MiB and 20 times their own, or where no limit is given to the
    /// reader, a tenth of the usual one, 8 GiB.
    pub(crate) fn max_unpacked(&self, packed_len: usize) -> usize {
        let least = (16 << 20) + 20 * packed_len;
        if self.has_limit { least } else { least.max((8 << 30) / 10) }
    }
}

/// The readers that are no formats: one line each, here or, where they have a fuzz target, in `entry.rs`.
const OTHERS: [Other; 3] = [
    ("features", |path| format::read_features(path).map(|_| Read::Other)),
    ("matrix", |path| format::read_matrix(path).map(|_| Read::Other)),
    ("mapped", |path| {
        // SAFETY: the file is the test's own, and changes only between two readings.
        let mapped = unsafe { MappedDataset::open(path) }?;
        mapped.check()?;
        mapped.to_dataset().map(Read::Dataset)
    }),
];

/// Every reader: the formats, and those that are none.
pub(crate) fn all() -> Vec<Reader> {
    let formats = format::all().iter().map(|format| {
        let config = ReadConfig { max_memory: MemoryLimit::bytes(0), ..ReadConfig::default() };
        let read = move |path: &Path| format.read(path, &config).map(Read::Raw);
        Reader { name: format.name.to_string(), read: Box::new(read), has_limit: true }
    });
    // Those that this build does not have refuse everything.
    let is_built = |name: &str| name != "parquet" || cfg!(feature = "parquet");
    let embeddings = embedding::formats().iter().filter(|format| is_built(format.name)).map(|format| {
        let read = |path: &Path| {
            embedding::is_embedding(path)?;
            format.read(path).map(|_| Read::Other)
        };
        Reader { name: format!("embedding-{}", format.name), read: Box::new(read), has_limit: false }
    });
    let others = OTHERS.iter().map(|&(name, read)| {
        let read = Box::new(read);
        Reader { name: name.to_string(), read, has_limit: false }
    });
    // The formats of embeddings are here one by one.
    let fuzzed = entry::OTHERS.iter().filter(|(name, ..)| *name != "embedding").map(|&(name, _, read)| {
        let read = move |path: &Path| read(path).map(|()| Read::Other);
        Reader { name: name.to_string(), read: Box::new(read), has_limit: false }
    });
    formats.chain(embeddings).chain(others).chain(fuzzed).collect()
}
