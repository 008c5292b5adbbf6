//! One process at a time for each data set.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::error::Error;
use crate::progress::Progress;

/// Held while a data set is fetched into a folder; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits until no other process holds it. The file stays: to remove it would let two in.
    pub(crate) fn take(folder: &Path, name: &str, progress: &mut dyn Progress) -> Result<Self, Error> {
        let path = folder.join(format!(".{name}.lock"));
        let fault = |source| Error::io(&path, source);
        let file = File::options().create(true).append(true).open(&path).map_err(fault)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                progress.waiting();
                file.lock().map_err(fault)?;
            }
            Err(TryLockError::Error(error)) => return Err(fault(error)),
        }
        Ok(Self { _file: file })
    }
}
