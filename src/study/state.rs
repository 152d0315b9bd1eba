//! How the runs of a study stand, as their directories tell.

use std::path::Path;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::StudyError;
use super::plan::{Plan, Run};
use crate::io::provenance::RunFile;
use crate::io::{IoError, moment, write_json};
use crate::report::numbers::duration;
use crate::report::table::Table;
use crate::run::{lock, outputs};

/// How a run stands.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// nobody has begun it
    Waiting,
    /// a process computes it
    Running {
        /// which, since when
        holder: String,
    },
    /// it was begun and is not over: stopped, or its process is gone
    Unfinished {
        /// why it stopped, if it told
        reason: String,
    },
    /// it came to its end
    Done {
        /// which
        reason: String,
    },
    /// the guard stopped it
    Stopped {
        /// why
        reason: String,
    },
    /// it could not be computed
    Failed {
        /// why
        reason: String,
    },
}

/// Why a run failed, in a file of its directory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// when, UTC
    pub time: String,
    /// on which machine
    pub host: String,
    /// why
    pub reason: String,
}

impl Failure {
    /// Name of the file.
    pub const FILE: &'static str = "failure.json";

    /// Writes why a run failed into its directory.
    ///
    /// # Errors
    /// If the system fails.
    pub fn write(directory: &Path, reason: &str) -> Result<(), IoError> {
        std::fs::create_dir_all(directory).map_err(IoError::system(directory))?;
        let time = moment(SystemTime::now());
        write_json(&directory.join(Self::FILE), &Self { time, host: lock::host(), reason: reason.into() })
    }

    /// Takes the file away: the run is tried again, or is well.
    pub fn clear(directory: &Path) {
        let _ = std::fs::remove_file(directory.join(Self::FILE));
    }

    fn read(directory: &Path) -> Option<Self> {
        serde_json::from_str(&std::fs::read_to_string(directory.join(Self::FILE)).ok()?).ok()
    }
}

impl State {
    /// How the run in `directory` stands.
    pub fn of(directory: &Path) -> Self {
        if let Some(holder) = lock::holder(directory) {
            return Self::Running { holder };
        }
        let stored = RunFile::read(directory).ok();
        let reason = stored.as_ref().and_then(|stored| stored.reason.clone()).unwrap_or_default();
        match stored.as_ref().map(|stored| stored.status.as_str()) {
            Some("done") => return Self::Done { reason },
            Some("stopped by the guard") => return Self::Stopped { reason },
            _ => {}
        }
        match (Failure::read(directory), stored) {
            (Some(failure), _) => Self::Failed { reason: failure.reason },
            (None, Some(stored)) => {
                let gone = || "its process has gone".to_string();
                Self::Unfinished { reason: if stored.status == "running" { gone() } else { reason } }
            }
            (None, None) => Self::Waiting,
        }
    }

    /// Whether there is nothing to compute any more: it is done, or would stop there again.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::Stopped { .. })
    }

    /// One word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running { .. } => "running",
            Self::Unfinished { .. } => "unfinished",
            Self::Done { .. } => "done",
            Self::Stopped { .. } => "stopped by the guard",
            Self::Failed { .. } => "failed",
        }
    }

    /// What there is to say beyond that.
    pub fn reason(&self) -> &str {
        match self {
            Self::Waiting => "",
            Self::Running { holder: reason }
            | Self::Unfinished { reason }
            | Self::Done { reason }
            | Self::Stopped { reason }
            | Self::Failed { reason } => reason,
        }
    }
}

/// The text of `liplate study status`.
///
/// # Errors
/// If the directory holds no study, or the system fails.
pub fn status(directory: &Path) -> Result<String, StudyError> {
    let plan = Plan::read(directory)?;
    let states: Vec<(&Run, State)> = plan.runs.iter().map(|run| (run, State::of(&run.directory(directory)))).collect();
    let mut text = format!("{}: {} runs in {}\n", plan.name, plan.runs.len(), directory.display());
    for name in ["done", "running", "unfinished", "waiting", "stopped by the guard", "failed"] {
        let count = states.iter().filter(|(_, state)| state.name() == name).count();
        if count > 0 {
            text += &format!("{count:>6} {name}\n");
        }
    }
    for (run, state) in &states {
        if let State::Running { holder } = state {
            let share = Progress::of(&run.directory(directory)).map_or(String::new(), |now| format!(", {now}"));
            text += &format!("running: {}{share} ({holder})\n", run.name);
        }
    }
    for (run, state) in &states {
        if let State::Failed { reason } | State::Stopped { reason } = state {
            text += &format!("{}: {}: {reason}\n", state.name(), run.name);
        }
    }
    if let Some(left) = left(directory, &states) {
        text += &left;
    }
    Ok(text)
}

/// Where a run stands by the last row of its table.
struct Progress {
    step: f64,
    time: f64,
    charge: f64,
}

impl Progress {
    fn of(directory: &Path) -> Option<Self> {
        let table = Table::read(&directory.join(outputs::METRICS)).ok()??;
        let last = |name| table.last(name);
        Some(Self { step: last("step")?, time: last("time [s]")?, charge: last("charge [mAh/cm2]")? })
    }
}

impl std::fmt::Display for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "step {}, t = {}, {:.4} mAh/cm²", self.step, duration(self.time), self.charge)
    }
}

/// What is left, by what runs have taken that are done.
fn left(directory: &Path, states: &[(&Run, State)]) -> Option<String> {
    let seconds = |run: &Run| RunFile::read(&run.directory(directory)).ok().map(|file| file.wall_seconds());
    let done: Vec<f64> =
        states.iter().filter(|(_, state)| state.is_over()).filter_map(|(run, _)| seconds(run)).collect();
    let open = states.iter().filter(|(_, state)| !state.is_over() && !matches!(state, State::Failed { .. })).count();
    if done.is_empty() || open == 0 {
        return None;
    }
    let running = states.iter().filter(|(_, state)| matches!(state, State::Running { .. })).count();
    let mean = done.iter().sum::<f64>() / done.len() as f64;
    let whole = mean * open as f64;
    let at_once = match running {
        0 | 1 => String::new(),
        running => format!(", {} with {running} at a time", duration(whole / running as f64)),
    };
    Some(format!(
        "a run takes {} on the whole: {open} are {} of one process{at_once}\n",
        duration(mean),
        duration(whole)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_tells_how_its_run_stands() {
        let place = tempfile::tempdir().unwrap();
        let run = place.path().join("a");
        assert_eq!(State::of(&run), State::Waiting);
        Failure::write(&run, "no such device").unwrap();
        assert_eq!(State::of(&run), State::Failed { reason: "no such device".into() });
        Failure::clear(&run);
        assert_eq!(State::of(&run), State::Waiting);
        let (lock, _) = lock::Lock::take(&run).unwrap();
        assert!(matches!(State::of(&run), State::Running { holder } if holder.contains("process")));
        drop(lock);
        assert_eq!(State::of(&run), State::Waiting);
    }
}
