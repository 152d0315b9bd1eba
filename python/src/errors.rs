//! What Python raises: the sentences of the program, by what is to blame.

use std::any::Any;

use liplate::config::ConfigError;
use liplate::run::DriveError;
use liplate::sim::SimulationError;
use pyo3::prelude::*;

/// The classes, which are Python's.
pub mod raised {
    pyo3::import_exception!(liplate._errors, ConfigError);
    pyo3::import_exception!(liplate._errors, RunError);
    pyo3::import_exception!(liplate._errors, ConfigWarning);
}

/// An error of what was given.
pub fn of_what_was_given(sentence: impl Into<String>) -> PyErr {
    raised::ConfigError::new_err(sentence.into())
}

/// Why a call did not give what it should.
pub enum Fault {
    /// the driver says why
    Drive(DriveError),
    /// a panic, and what it said
    Panic(String),
    /// a panic has broken the simulation before
    Broken,
}

impl From<DriveError> for Fault {
    fn from(error: DriveError) -> Self {
        Self::Drive(error)
    }
}

impl From<Fault> for PyErr {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Drive(DriveError::Simulation(error @ (SimulationError::Copper(_) | SimulationError::Device(_)))) => {
                of_what_was_given(error.to_string())
            }
            Fault::Drive(error @ DriveError::Taken(_)) => of_what_was_given(error.to_string()),
            Fault::Drive(error) => raised::RunError::new_err(error.to_string()),
            Fault::Panic(said) => raised::RunError::new_err(format!(
                "this is a fault of liplate, not of what it was given: {said}; the simulation is lost"
            )),
            Fault::Broken => raised::RunError::new_err("the simulation is lost: a call before this one has failed"),
        }
    }
}

/// An error of the config as Python raises it.
pub fn of_config(error: &ConfigError) -> PyErr {
    of_what_was_given(error.to_string())
}

/// What a panic said.
pub fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic").into()
}
