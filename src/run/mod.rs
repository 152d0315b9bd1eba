//! The conductor of a run: device, schedule, outputs, guard, progress and the ways a run ends.

mod conductor;
pub(crate) mod cycles;
pub mod device;
mod end;
mod fields;
mod keep;
pub(crate) mod outputs;
mod progress;
mod schedule;
mod short;
mod stage;
pub mod start;
mod stop;
pub mod surface;

pub use conductor::{Outcome, Request, Resume, resume, run};
pub use end::Ending;
pub(crate) use end::LEDGER_LIMITS;
pub use fields::{Measured, measure_frame};

use std::path::PathBuf;

use crate::io::IoError;
use crate::solver::backend::BackendError;

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A file.
    #[error(transparent)]
    Io(#[from] IoError),
    /// The device.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The copper of the config cannot be had.
    #[error("collector: {0}")]
    Copper(IoError),
    /// The device could not be opened.
    #[error("{0}")]
    Device(String),
    /// The directory holds a run already.
    #[error("{directory} already holds a run; resume it with `liplate resume {directory}` or give another --out")]
    Taken {
        /// the directory
        directory: PathBuf,
    },
    /// There is nothing to go on from.
    #[error("{directory} holds no run to resume: {reason}")]
    NothingToResume {
        /// the directory
        directory: PathBuf,
        /// what was missing
        reason: String,
    },
    /// An output or the device failed; there is a checkpoint.
    #[error("{error}; the last checkpoint is kept, `liplate resume {directory}` goes on from it")]
    Saved {
        /// the directory
        directory: PathBuf,
        /// what failed
        error: Box<RunError>,
    },
}
