//! The conductor of a run: schedule, outputs, guard, progress and the ways a run ends.

mod branch;
mod conductor;
pub(crate) mod cycles;
mod end;
mod fields;
pub(crate) mod filling;
mod grains;
pub(crate) mod keep;
pub(crate) mod lock;
pub(crate) mod outputs;
mod progress;
pub(crate) mod rehearsal;
mod schedule;
mod stop;
pub mod surface;
pub(crate) mod tips;

pub use conductor::{Outcome, Request, Resume, resume, run};
pub use end::Ending;
pub(crate) use end::LEDGER_LIMITS;
pub use fields::{Measured, measure_frame};
pub use progress::Voice;
pub(crate) use stop::Stop;
pub use stop::{end_with_parent, outlive_full_files};

use std::path::{Path, PathBuf};

use crate::io::IoError;
use crate::io::provenance::RunFile;
use crate::sim::SimulationError;
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
    /// Another process computes the run in the directory.
    #[error("{directory} is being computed by {holder}; wait for it, stop it, or give another --out")]
    Busy {
        /// the directory
        directory: PathBuf,
        /// who computes it
        holder: String,
    },
    /// Rows or events are gone that the checkpoint knows of.
    #[error(
        "{directory}: {lost}. The state itself is whole: `liplate resume {directory} --accept-loss` goes on from it with the rows that \
         are left"
    )]
    Lost {
        /// the directory
        directory: PathBuf,
        /// what is gone
        lost: String,
    },
    /// There is nothing to go on from.
    #[error("{directory} holds no run to resume: {reason}")]
    NothingToResume {
        /// the directory
        directory: PathBuf,
        /// what was missing
        reason: String,
    },
    /// What a run shall go on to cannot be.
    #[error("{0}")]
    End(String),
    /// There is no state to begin from, or not one for this run.
    #[error("--from {given}: {reason}")]
    NoState {
        /// what was given
        given: String,
        /// why not
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

/// The configuration of the run that `directory` holds, in SI units; none if it holds none.
pub fn stored_setup(directory: &Path) -> Option<serde_json::Value> {
    RunFile::read(directory).ok().map(|run| run.setup)
}

impl From<SimulationError> for RunError {
    fn from(error: SimulationError) -> Self {
        match error {
            SimulationError::Copper(error) => Self::Copper(error),
            SimulationError::Device(sentence) => Self::Device(sentence),
            SimulationError::Backend(error) => Self::Backend(error),
            SimulationError::Io(error) => Self::Io(error),
        }
    }
}
