//! Weights as files of safetensors.

use std::path::Path;

use burn::module::Module;
use burn::store::{ModuleSnapshot, SafetensorsStore};

use crate::Error;

/// The weights of a module as the bytes of a file.
pub(crate) fn to_bytes(module: &impl ModuleSnapshot) -> Result<Vec<u8>, Error> {
    // Burn's own metadata comes in another order in every process: the same weights must give the same bytes.
    let store = SafetensorsStore::from_bytes(None).clear_metadata().metadata("format", "safetensors");
    let mut store = store.skip_enum_variants(true);
    let saved = module.save_into(&mut store).and_then(|_| store.get_bytes());
    saved.map_err(|source| Error::WeightsToBytes { source: source.into() })
}

/// Puts the weights of a file in place of a module's.
///
/// # Errors
/// [`Error::Weights`] if the file cannot be read, or holds tensors of other names or shapes.
pub(crate) fn load<M: ModuleSnapshot + Module>(mut module: M, path: &Path) -> Result<M, Error> {
    let error = |source: Box<dyn std::error::Error + Send + Sync>| Error::Weights {
        path: path.to_owned(),
        action: "read",
        source,
    };
    let bytes = std::fs::read(path).map_err(|source| error(source.into()))?;
    let mut store = SafetensorsStore::from_bytes(Some(bytes)).skip_enum_variants(true);
    module.load_from(&mut store).map_err(|source| error(source.into()))?;
    Ok(module)
}
