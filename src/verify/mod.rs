//! `liplate verify`: the solver against exact results.
//!
//! A case reads one or more configs of `configs/verification/`, runs them on a device and compares what comes out with
//! what the sharp-interface equations say. A comparison is a [`Check`]; where an error must fall with the grid, the check
//! carries the observed order too.

mod check;
mod copper;
mod lab;
mod nucleation;
mod planar;
mod symmetry;

pub use check::Check;
pub use lab::{Lab, Specimen};

use std::path::Path;

use crate::config::ConfigError;
use crate::io::IoError;
use crate::run::RunError;
use crate::solver::backend::BackendError;
use crate::solver::step::StepFailure;

/// One case of the ladder.
pub struct Case {
    /// name on the command line
    pub name: &'static str,
    /// what is compared, for people
    pub about: &'static str,
    /// where the exact values come from
    pub source: &'static str,
    /// runs it
    pub run: fn(&Lab) -> Result<Vec<Check>, VerifyError>,
}

/// The ladder, from the simplest to the whole.
pub const CASES: &[Case] = &[planar::CASE, symmetry::CASE, nucleation::CASE, copper::CASE];

/// Why a case could not be run. A case that runs and misses its tolerance is no error.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// There is no such case.
    #[error("--case {name}: there is no such case; there are {}", names())]
    UnknownCase {
        /// what was asked for
        name: String,
    },
    /// A config.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A step.
    #[error(transparent)]
    Step(#[from] StepFailure),
    /// The device.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// What a case needed was not in its result.
    #[error("{0}")]
    Case(String),
}

fn names() -> String {
    CASES.iter().map(|case| case.name).collect::<Vec<_>>().join(", ")
}

/// Runs the named cases, or all, and hands each part of the report to `tell` as soon as it is there.
///
/// # Errors
/// If there is no such case, or one cannot be run.
pub fn run(lab: &Lab, wanted: &[String], tell: impl Fn(&str)) -> Result<Vec<Check>, VerifyError> {
    if let Some(name) = wanted.iter().find(|name| CASES.iter().all(|case| case.name != **name)) {
        return Err(VerifyError::UnknownCase { name: name.clone() });
    }
    let mut all = Vec::new();
    tell(&check::heading());
    for case in CASES.iter().filter(|case| wanted.is_empty() || wanted.iter().any(|name| name == case.name)) {
        let mut checks = (case.run)(lab)?;
        checks.iter_mut().for_each(|check| check.case = case.name.into());
        checks.iter().for_each(|check| tell(&check.line()));
        tell(&format!("{:24}exact: {}\n", "", case.source));
        all.append(&mut checks);
    }
    let failed = all.iter().filter(|check| !check.pass).count();
    tell(&format!("{} checks, {failed} failed\n", all.len()));
    Ok(all)
}

/// Writes checks as a JSON list.
///
/// # Errors
/// If the file cannot be written.
pub fn write_json(path: &Path, checks: &[Check]) -> Result<(), IoError> {
    let text = serde_json::to_string_pretty(checks).map_err(|e| IoError::content(path, e.to_string()))?;
    std::fs::write(path, text + "\n").map_err(IoError::system(path))
}
