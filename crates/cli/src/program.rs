//! What this program is.

use harness::ProgramInfo;

/// Version, revision and the optional features that are compiled in.
pub(crate) fn info() -> ProgramInfo {
    let features = [
        ("wgpu", cfg!(feature = "wgpu")),
        ("cuda", cfg!(feature = "cuda")),
        ("parquet", cfg!(feature = "parquet")),
        ("lapack", cfg!(feature = "lapack")),
    ];
    ProgramInfo {
        version: env!("CARGO_PKG_VERSION").to_string(),
        revision: option_env!("G2R_REVISION").map(str::to_string),
        features: features
            .into_iter()
            .filter(|(_, is_in)| *is_in)
            .map(|(name, _)| name.to_string())
            .collect(),
    }
}
