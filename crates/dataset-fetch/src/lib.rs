//! Downloads of the data sets that [`graph_io`] knows by name.
//!
//! The one library here that asks the network. [`Fetch::fetch`] brings the files of a data set into a folder, laid out
//! as [`graph_io::datasets::DatasetInfo::locate`] looks for them. A file stands under its name only when it is whole and
//! its checksum is right, or, where none is known, when the data set read from it has its published counts.
//!
//! ```no_run
//! use dataset_fetch::{Fetch, Quiet};
//!
//! let folder = std::path::PathBuf::from("data");
//! let pubmed = graph_io::datasets::named("pubmed")?;
//! Fetch::into_folder(&folder).fetch(pubmed, &mut Quiet)?;
//! let pubmed = pubmed.load(&[folder])?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod address;
mod checksum;
mod download;
mod error;
mod fetch;
mod lock;
mod progress;
mod unpack;

pub use crate::error::Error;
pub use crate::fetch::{Fetch, FetchReport, FetchedFile, Outcome, Proxies};
pub use crate::progress::{Progress, Quiet};
