//! The native module of the Python package `g2r`: what needs the library's types. Names, defaults and conventions of Python are in
//! the package around it, `python/g2r`.

mod arrays;
mod bench;
mod dataset;
mod evaluate;
mod exceptions;
mod export;
mod fit;
mod fitted;
mod methods;
mod rates;
mod settings;
mod threads;
mod worker;

use pyo3::prelude::*;
use tensor_memory::TensorAllocator;

#[global_allocator]
static ALLOCATOR: TensorAllocator = TensorAllocator;

/// The native part of g2r.
#[pymodule]
mod _g2r {
    #[pymodule_export]
    use super::bench::bench;
    #[pymodule_export]
    use super::dataset::Dataset;
    #[pymodule_export]
    use super::evaluate::evaluate;
    #[pymodule_export]
    use super::export::write_embedding;
    #[pymodule_export]
    use super::fit::fit;
    #[pymodule_export]
    use super::fitted::Fitted;
    #[pymodule_export]
    use super::rates::{coding_rate, rate_reduction};
    use pyo3::prelude::*;

    /// Every method of the registry, as JSON.
    #[pyfunction]
    fn methods() -> String {
        super::methods::describe()
    }

    /// The version of the package.
    #[pyfunction]
    fn version() -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}
