//! `liplate bench`: how fast the program is on this machine, in a unit that does not depend on the machine.
//!
//! The unit is one copy: the time in which 8 bytes a cell, one f32 read and one written, move at the copy rate that is measured
//! in the same process, before and after. Cells per second depend on the machine; copies tell how far the code is from what
//! the machine can do. Everything is measured on a tortuous deposit that real steps have settled, the operators on noise too.

mod copy;
mod fields;
mod markdown;
mod measure;
#[cfg(feature = "gpu")]
pub mod model;
pub mod operators;
mod output;
mod peers;
pub mod report;
mod sizes;
mod solver;
mod stopwatch;

use std::path::{Path, PathBuf};

use crate::config::ConfigError;
use crate::io::{IoError, write_json};
use crate::run::RunError;
use crate::sim::device::{self, DeviceChoice};
use crate::solver::backend::BackendError;
use crate::solver::newton::NewtonError;
use crate::solver::step::StepFailure;

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct Request {
    /// on which device
    pub device: DeviceChoice,
    /// cells along a side, or the sizes that the device is usually measured with
    pub side: Option<usize>,
    /// where the JSON goes
    pub json: Option<PathBuf>,
}

/// Why there are no numbers.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The cube is too small for copper and deposit, or has more cells than are counted.
    #[error("--cells {0}: a side has {least} to {most} cells", least = fields::SIDES.start(), most = fields::SIDES.end())]
    Side(usize),
    /// The model counts on a cube and on one of half its sides.
    #[cfg(feature = "gpu")]
    #[error("--cells {0}: the model tells of {least} to {most} cells along a side", least = model::FEWEST, most = fields::SIDES.end())]
    ModelSide(usize),
    /// The peers run on the CPU.
    #[error("--peers compares solvers on the CPU; give --device cpu")]
    PeersOnGpu,
    /// No size fits.
    #[error("none of the sizes fits: {0}")]
    NothingFits(String),
    /// The device could not be opened, or the copper not be made.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The config.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A step could not be taken.
    #[error("a step of the benchmark fails: {0}")]
    Step(#[from] StepFailure),
    /// Newton's method did not converge.
    #[error("a step of the benchmark fails: {0}")]
    Newton(#[from] NewtonError),
    /// The device failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// A file.
    #[error(transparent)]
    Io(#[from] IoError),
}

/// Measures all sizes; `tell` hears of the progress, `print` gets the report of each size as soon as it is there. The JSON is
/// the report of the size that was asked for, or a list of those of the usual sizes.
///
/// # Errors
/// If no size fits, the device or a step fails, or a file cannot be written.
pub fn run(request: &Request, tell: impl Fn(&str), print: impl Fn(&str)) -> Result<(), BenchError> {
    if let Some(side) = request.side.filter(|side| !fields::SIDES.contains(side)) {
        return Err(BenchError::Side(side));
    }
    let mut reports = Vec::new();
    let mut skipped = Vec::new();
    for sides in request.side.map_or_else(|| sizes::sides(request.device), |side| vec![vec![side]]) {
        // the first that fits
        for &side in &sides {
            let setup = fields::setup(side)?;
            let report = match device::fits(request.device, &setup.grid) {
                Err(sentence) => Err(RunError::Device(sentence).into()),
                Ok(()) => measure::measure(request.device, &setup, &tell),
            };
            let sentence = match report {
                Ok(report) => {
                    print(&report.markdown());
                    reports.push(report);
                    break;
                }
                Err(BenchError::Run(RunError::Device(sentence))) if request.side.is_none() => sentence,
                // memory may run out at any time where the largest is sought
                Err(BenchError::Backend(error)) if sides.len() > 1 => error.to_string(),
                Err(error) => return Err(error),
            };
            tell(&format!("{side}³: skipped; {sentence}"));
            skipped.push(sentence);
        }
        // after each size: what is measured is kept, whatever happens to the next
        if let Some(path) = &request.json {
            match (request.side, &reports[..]) {
                (Some(_), [report]) => write_json(path, report)?,
                _ => write_json(path, &reports)?,
            }
        }
    }
    match reports.is_empty() {
        true => Err(BenchError::NothingFits(skipped.pop().unwrap_or_default())),
        false => Ok(()),
    }
}

/// Writes what other solvers are held against, for a cube of `side` cells, into `directory`/N; see `scripts/bench_peers`.
///
/// # Errors
/// If the device is a GPU, the side out of range, a step fails, or a file cannot be written.
pub fn peers(device: DeviceChoice, side: usize, directory: &Path, tell: impl Fn(&str)) -> Result<(), BenchError> {
    if matches!(device, DeviceChoice::Gpu(_)) {
        return Err(BenchError::PeersOnGpu);
    }
    if !fields::SIDES.contains(&side) {
        return Err(BenchError::Side(side));
    }
    let setup = fields::setup(side)?;
    device::fits(DeviceChoice::Cpu, &setup.grid).map_err(RunError::Device)?;
    peers::write(&setup, directory, &tell)
}
