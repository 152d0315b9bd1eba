//! The conductor of a run: schedule, outputs, guard, progress and the ways a run ends.

mod behind;
mod branch;
mod conductor;
pub(crate) mod cycles;
mod driver;
mod end;
mod fields;
pub(crate) mod filling;
mod grains;
pub(crate) mod keep;
pub(crate) mod lock;
pub(crate) mod outputs;
mod progress;
mod recording;
pub(crate) mod rehearsal;
mod schedule;
mod stop;
pub mod surface;
pub(crate) mod tips;

pub use conductor::{Outcome, Request, Resume, resume, run};
pub use driver::{DriveError, Driver};
pub use end::Ending;
pub(crate) use end::LEDGER_LIMITS;
pub use fields::{Measured, measure_frame};
pub use progress::Voice;
pub(crate) use stop::Stop;
pub use stop::{end_with_parent, outlive_full_files};

use std::path::PathBuf;

use crate::config::{Changes, difference};
use crate::io::IoError;
use crate::io::checkpoint;
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
    /// The directory holds a run of another configuration.
    #[error(
        "{directory} holds a run with another {key}; give another --out, or change what is to come with `liplate resume`"
    )]
    Other {
        /// the directory
        directory: PathBuf,
        /// the first key that differs
        key: String,
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

/// Runs a configuration from the start, or goes on with it where its directory holds this very run already.
///
/// # Errors
/// As [`run`] and [`resume`], and if the directory holds a run of another configuration: which key differs.
pub fn run_or_resume(request: &Request) -> Result<Outcome, RunError> {
    let directory = &request.directory;
    let stored = RunFile::read(directory).ok();
    if let Some(stored) = &stored {
        let wanted = serde_json::to_value(&request.setup).unwrap_or_default();
        if let Some(key) = difference(&stored.setup, &wanted) {
            return Err(RunError::Other { directory: directory.clone(), key });
        }
    }
    // a run that was killed before its run.json was there has a checkpoint
    let begun =
        stored.is_some() || [checkpoint::FILE, checkpoint::PREVIOUS].iter().any(|name| directory.join(name).exists());
    if !begun {
        return run(request);
    }
    let Request { directory, device, max_wall, voice, command, .. } = request.clone();
    resume(&Resume { directory, changes: Changes::default(), device, max_wall, voice, accept_loss: false, command })
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
