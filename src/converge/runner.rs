//! The runs of a study, each in a directory of its own: begun, resumed or left as they are.

use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use super::plan::Level;
use super::{ConvergeError, Request};
use crate::check;
use crate::config::Changes;
use crate::io::IoError;
use crate::io::provenance::RunFile;
use crate::model::parameters::Setup;
use crate::run::{self, Ending, RunError, Voice};

/// One level, as it was run.
#[derive(Clone, Debug, Serialize)]
pub struct Ran {
    /// directory of the run, inside that of the study
    pub directory: String,
    /// cells along x, y and z
    pub cells: [usize; 3],
    /// width of a cell \[m\]
    pub dx: f64,
    /// interface length \[m\]
    pub ell: f64,
    /// limits of the time step over those of the coarsest level
    pub time_scale: f64,
    /// what the levels are ordered by, in the unit of the study's axis
    pub size: f64,
    /// steps taken
    pub steps: u64,
    /// wall time \[s\]
    pub wall_seconds: f64,
    /// version and commit of the program that computed it
    pub program: String,
}

/// Runs levels and knows what they cost.
pub struct Runner<'a> {
    request: &'a Request,
    began: Instant,
    /// seconds that one cell takes for one step
    rate: f64,
    /// wall time over that of as many steps as a flat front needs, from the runs that are done
    longer: Option<f64>,
}

/// How a level stands.
pub enum Finished {
    /// it is done
    Done(Box<Ran>),
    /// it was stopped, and calling again resumes it
    Stopped {
        /// exit code
        code: u8,
        /// why
        reason: String,
    },
}

impl<'a> Runner<'a> {
    /// A runner on a device on which a cell takes `rate` seconds for a step.
    pub fn new(request: &'a Request, rate: f64) -> Self {
        Self { request, began: Instant::now(), rate, longer: None }
    }

    /// Wall time if every step moved a flat front as far as it may \[s\].
    fn least(&self, setup: &Setup) -> Option<f64> {
        check::steps(setup).map(|steps| steps * setup.grid.cells() as f64 * self.rate)
    }

    /// Says what will be run and what it will cost.
    pub fn announce(
        &self,
        coarsest: &Level,
        order: &[(String, Level)],
        base: &Setup,
        records: bool,
        tell: impl Fn(&str),
    ) {
        if self.request.quiet && !self.request.plan_only {
            return;
        }
        let mut total = Some(0.0);
        let mut line = |name: &str, level: &Level| {
            let setup = level.setup(base, coarsest, None);
            let seconds = self.least(&setup);
            total = total.zip(seconds).map(|(sum, more)| sum + more);
            let grid = level.grid;
            tell(&format!(
                "{name:34} {:>4} × {:>4} × {:>4} cells, ell = {:.2} dx, at least {}",
                grid.nx,
                grid.ny,
                grid.nz,
                level.ell / grid.dx,
                seconds.map_or("an unknown time".into(), for_people)
            ));
        };
        if records {
            line("nuclei", coarsest);
        }
        order.iter().for_each(|(name, level)| line(name, level));
        tell(&format!(
            "in all at least {} (steps of a flat front; real runs take two to five times as many)",
            total.map_or("an unknown time".into(), for_people)
        ));
    }

    /// Brings the run in sub-directory `name` to its end.
    ///
    /// # Errors
    /// If the directory holds another run, or the run fails or ends early.
    pub fn run(&mut self, name: &str, setup: &Setup, tell: impl Fn(&str)) -> Result<Finished, ConvergeError> {
        let directory = self.request.directory.join(name);
        let failed = |error: RunError| ConvergeError::Run { level: name.into(), error };
        let stored = RunFile::read(&directory).ok();
        if let Some(stored) = &stored {
            let wanted = serde_json::to_value(setup).map_err(|e| IoError::content(&directory, e.to_string()))?;
            if stored.setup != wanted {
                return Err(ConvergeError::Other { directory });
            }
            if stored.status == "done" {
                return self.done(name, &directory, setup);
            }
        }
        let max_wall = self.request.max_wall.map(|limit| limit.saturating_sub(self.began.elapsed()));
        if !self.request.quiet {
            let about = self.least(setup).zip(self.longer).map(|(least, longer)| for_people(least * longer));
            let what = if stored.is_some() { "resumed" } else { "begun" };
            tell(&format!("{name}: {what}{}", about.map_or(String::new(), |time| format!(", about {time} in all"))));
        }
        let (device, command) = (self.request.device, self.request.command.clone());
        let voice = if self.request.quiet { Voice::Nobody } else { Voice::People };
        let outcome = if stored.is_some() {
            run::resume(&run::Resume {
                directory: directory.clone(),
                changes: Changes::default(),
                device,
                max_wall,
                voice,
                accept_loss: false,
                command,
            })
        } else {
            let (setup, directory) = (setup.clone(), directory.clone());
            run::run(&run::Request { kept: None, from: None, setup, directory, device, max_wall, voice, command })
        }
        .map_err(failed)?;
        match outcome.ending {
            Ending::Done(_) => self.done(name, &directory, setup),
            ending => Ok(Finished::Stopped { code: ending.code(), reason: format!("{name}: {}", ending.reason()) }),
        }
    }

    /// What a finished run tells about itself.
    fn done(&mut self, name: &str, directory: &Path, setup: &Setup) -> Result<Finished, ConvergeError> {
        let file = RunFile::read(directory)?;
        let wall_seconds = file.wall_seconds();
        let reason = file.reason.unwrap_or_default();
        let kind = |wanted: Option<f64>, kind: &str| wanted.is_some() && reason.starts_with(kind);
        if !kind(setup.end.charge, "charge:") && !kind(setup.end.time, "time:") {
            return Err(ConvergeError::Ended { directory: directory.into(), reason });
        }
        if let Some(least) = self.least(setup) {
            self.longer = Some(wall_seconds / least.max(1e-9));
        }
        let grid = setup.grid;
        Ok(Finished::Done(Box::new(Ran {
            directory: name.into(),
            cells: [grid.nx, grid.ny, grid.nz],
            dx: grid.dx,
            ell: setup.ell,
            time_scale: 1.0,
            size: f64::NAN,
            steps: file.clock["step"].as_u64().unwrap_or_default(),
            wall_seconds,
            program: format!("{} {}", file.version, file.commit),
        })))
    }
}

/// The last row of a run's table, by the headings of its columns; what was not measured is left out.
///
/// # Errors
/// If the table cannot be read or has no row.
pub fn last_row(directory: &Path) -> Result<BTreeMap<String, f64>, IoError> {
    let path = directory.join("metrics.csv");
    let text = std::fs::read_to_string(&path).map_err(IoError::system(&path))?;
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let (Some(heading), Some(row)) = (lines.next(), lines.next_back()) else {
        return Err(IoError::content(&path, "holds no rows"));
    };
    let cells = heading.split(',').zip(row.split(','));
    Ok(cells.filter_map(|(name, cell)| Some((name.to_string(), cell.parse().ok()?))).collect())
}

fn for_people(seconds: f64) -> String {
    if seconds < 10.0 {
        return format!("{seconds:.1} s");
    }
    humantime::format_duration(Duration::from_secs(seconds.min(1e9) as u64)).to_string()
}
