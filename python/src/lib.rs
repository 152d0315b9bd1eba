//! The part of the Python package that computes: `liplate::run::Driver` as a class.
//!
//! Everything else, reading runs and studies, is Python, in `python/liplate`. The documentation of the classes is here, where Python
//! finds it; their types stand in `python/liplate/_liplate.pyi`, and a test holds one against the other.

mod changes;
mod errors;
mod parts;
mod simulation;

use pyo3::prelude::*;

/// The part of liplate that computes.
#[pymodule]
mod _liplate {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::parts::{Grid, Step};
    #[pymodule_export]
    use super::simulation::Simulation;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", liplate::io::provenance::VERSION)?;
        module.add("__commit__", liplate::io::provenance::commit())
    }
}
