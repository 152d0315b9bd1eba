//! One run of a study, brought to its end: what `liplate study run-one` does, called by a study here or by a batch system.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::StudyError;
use super::keep::BASE;
use super::plan::{Plan, Run};
use super::state::{Failure, State};
use crate::config;
use crate::run::{self, Outcome, RunError, Voice};
use crate::sim::device::DeviceChoice;

/// Times that a lock is asked for that another process may hold for a moment, to look, and the time between.
const TRIES: usize = 10;
const BETWEEN: Duration = Duration::from_millis(200);

/// Exit code of a process whose run another one computes: it may be worth another try (EX_TEMPFAIL of sysexits.h).
pub const BUSY: u8 = 75;

/// One run of a study that is to be computed.
#[derive(Clone, Debug)]
pub struct Task {
    /// directory of the study
    pub study: PathBuf,
    /// name of the run, or its number in the plan from 0
    pub run: String,
    /// which device computes
    pub device: DeviceChoice,
    /// stop after this wall time
    pub max_wall: Option<Duration>,
    /// whom it tells how it goes
    pub voice: Voice,
    /// command line, for the files
    pub command: String,
}

/// Begins the run, or goes on with it; one that is over is left as it is.
///
/// # Errors
/// If there is no such run, or it fails: the reason is kept in its directory.
pub fn run_one(task: &Task) -> Result<Outcome, StudyError> {
    let plan = Plan::read(&task.study)?;
    let run = find(&plan, &task.run, &task.study)?;
    let directory = run.directory(&task.study);
    match attempt(task, run, &directory) {
        Ok(outcome) => {
            // an earlier attempt may have failed
            Failure::clear(&directory);
            Ok(outcome)
        }
        // somebody else has it: that is no failure of the run
        Err(error @ StudyError::Run(RunError::Busy { .. })) => Err(error),
        Err(error) => {
            Failure::write(&directory, &error.to_string())?;
            Err(error)
        }
    }
}

fn find<'a>(plan: &'a Plan, wanted: &str, study: &Path) -> Result<&'a Run, StudyError> {
    let by_number = || wanted.parse::<usize>().ok().and_then(|number| plan.runs.get(number));
    let found = plan.runs.iter().find(|run| run.name == wanted).or_else(by_number);
    found.ok_or_else(|| {
        let last = plan.runs.len().saturating_sub(1);
        StudyError::NoRun(format!(
            "{} has no run {wanted}; there are {} to {}, or 0 to {last}",
            study.display(),
            plan.runs.first().map_or("", |r| &r.name),
            plan.runs.last().map_or("", |r| &r.name)
        ))
    })
}

fn attempt(task: &Task, run: &Run, directory: &Path) -> Result<Outcome, StudyError> {
    let base = task.study.join(BASE);
    let request = run::Request {
        setup: config::read_to_run(&base, &run.set)?.setup,
        kept: Some(config::kept::keep(&base, &run.set)?),
        from: None,
        directory: directory.into(),
        device: task.device,
        max_wall: task.max_wall,
        voice: task.voice,
        command: task.command.clone(),
    };
    let mut tries = 0;
    loop {
        match run::run_or_resume(&request) {
            Err(RunError::Busy { .. }) if tries < TRIES => {
                tries += 1;
                std::thread::sleep(BETWEEN);
            }
            result => return Ok(result?),
        }
    }
}

/// Whether a run is to be computed: it is not over, nobody computes it, and it has not failed or shall be tried again.
pub fn is_open(state: &State, again: bool) -> bool {
    match state {
        State::Waiting | State::Unfinished { .. } => true,
        State::Failed { .. } => again,
        State::Stopped { .. } | State::Done { .. } | State::Running { .. } => false,
    }
}
