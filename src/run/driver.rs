//! A run that somebody else drives, step by step and without files: what a program or another language makes of a config.
//!
//! Its time steps are those of `liplate run` on the same config and device, bit for bit: they end at the moments at which that run would
//! write a snapshot, and the guard looks at each of them.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::cycles::Cycle;
use super::end;
use super::outputs::{self, Taken, Written};
use super::schedule::Schedule;
use crate::io::IoError;
use crate::io::checkpoint::Checkpoint;
use crate::io::provenance::RunFile;
use crate::metrics::Look;
use crate::model::parameters::{End, Setup};
use crate::sim::device::{self, DeviceChoice};
use crate::sim::{self, Simulation, SimulationError, Step, fields, setup_of};
use crate::solver::backend::BackendError;
use crate::solver::step::StepFailure;

/// Why a driven run could not go on, be saved or be measured.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// There is no simulation, or it could not be saved.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
    /// A time step could not be taken; the state is that before it.
    #[error(transparent)]
    Step(#[from] StepFailure),
    /// A step was taken whose numbers are not to be trusted.
    #[error("stopped by the guard: {0}")]
    Guard(String),
    /// Nothing can come after what has been computed.
    #[error("there is no step to take any more; {0}")]
    Over(String),
    /// The directory has the files of a run, which its checkpoint must fit.
    #[error("{0} holds a run of `liplate run`, whose files would no longer fit its state; give another directory")]
    Taken(String),
}

impl From<BackendError> for DriveError {
    fn from(error: BackendError) -> Self {
        Self::Simulation(error.into())
    }
}

impl From<IoError> for DriveError {
    fn from(error: IoError) -> Self {
        Self::Simulation(error.into())
    }
}

/// Takes one time step as a run does: it ends no later than the next snapshot, the end, or the end of a step of the protocol.
///
/// # Errors
/// If no step down to the smallest can be solved, it is broken off because of `asked`, or the device fails.
pub(super) fn advance(
    sim: &mut Simulation,
    schedule: &Schedule,
    asked: Option<&(dyn Fn() -> bool + Sync)>,
) -> Result<Step, StepFailure> {
    sim.impose()?;
    let sim::Position { clock, stage, .. } = sim.position();
    let edge = schedule.next_edge(sim.setup(), stage, clock);
    sim.step_until(edge, asked)
}

/// Everything of a saved state but the fields. Those of runs can be read as such, too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Position {
    #[serde(flatten)]
    simulation: sim::Position,
    #[serde(default)]
    progress: Written,
}

/// Says that `directory` holds what [`Driver::save`] has left, which has no files to go on with, if that is so.
pub(super) fn is_saved_in(directory: &Path) -> Option<String> {
    let fits = |stored: &Checkpoint<Position>| setup_of(stored).map(|_| ());
    let is_saved = !has_files_of_a_run(directory) && Checkpoint::<Position>::read(directory, fits).is_ok();
    let directory = directory.display();
    is_saved.then(|| {
        format!("it is the state of a simulation without files; `liplate run CONFIG --from {directory}` begins from it")
    })
}

/// Whether a run writes, or has written, into `directory`.
fn has_files_of_a_run(directory: &Path) -> bool {
    outputs::names().chain([RunFile::FILE]).any(|name| directory.join(name).exists())
}

/// A simulation that goes as `liplate run` goes, without its files.
pub struct Driver {
    sim: Simulation,
    schedule: Schedule,
    /// the cycle of the step that comes
    cycle: Cycle,
    /// the last step, for the metrics
    taken: Option<Taken>,
    /// what the guard objects to
    objection: Option<String>,
}

impl Driver {
    /// Starts what `setup` describes on a device.
    ///
    /// # Errors
    /// If the copper cannot be had, or the device not be opened or too small for the grid.
    pub fn new(setup: Setup, choice: DeviceChoice) -> Result<Self, DriveError> {
        Ok(Self::of(Simulation::new(setup, choice)?, Written::default()))
    }

    fn of(sim: Simulation, progress: Written) -> Self {
        let Written { schedule, cycle, .. } = progress;
        Self { sim, schedule, cycle, taken: None, objection: None }
    }

    /// Goes on from what [`Driver::save`], [`Simulation::save`] or a run has left in `directory`.
    ///
    /// # Errors
    /// If there is nothing whole, or the device cannot be opened, is too small for the grid, or fails.
    pub fn load(directory: &Path, choice: DeviceChoice) -> Result<Self, DriveError> {
        if !directory.is_dir() {
            return Err(IoError::content(directory, "there is no such directory").into());
        }
        let fits = |stored: &Checkpoint<Position>| setup_of(stored).map(|_| ());
        let found = Checkpoint::<Position>::read(directory, fits)?;
        let stored = found.checkpoint;
        let setup = setup_of(&stored).map_err(|problem| IoError::content(&found.path, problem))?;
        device::fits(choice, &setup.grid).map_err(SimulationError::Device)?;
        let Position { simulation, progress } = stored.clock;
        let sim = Simulation::resumed(setup, stored.provenance.heights, &stored.state, simulation, choice)?;
        Ok(Self::of(sim, progress))
    }

    /// Saves everything that [`Driver::load`] needs into `directory`, which is made if it is not there; the state that was saved before is
    /// kept beside it. `command` says what has computed it.
    ///
    /// # Errors
    /// If the directory has the files of a run, a file cannot be written, or the device fails.
    pub fn save(&mut self, directory: &Path, command: &str) -> Result<(), DriveError> {
        if has_files_of_a_run(directory) {
            return Err(DriveError::Taken(directory.display().to_string()));
        }
        std::fs::create_dir_all(directory).map_err(IoError::system(directory))?;
        let provenance = self.sim.provenance(command)?;
        let progress = Written { schedule: self.schedule, cycle: self.cycle, ..Written::default() };
        let clock = Position { simulation: self.sim.position().clone(), progress };
        Ok(Checkpoint { provenance, state: self.sim.state()?, clock }.write(directory)?)
    }

    /// The simulation.
    pub fn simulation(&self) -> &Simulation {
        &self.sim
    }

    /// The simulation, to look at its fields. Whoever takes steps of it takes them out of the schedule of the run.
    pub fn simulation_mut(&mut self) -> &mut Simulation {
        &mut self.sim
    }

    /// Gives the run another end.
    pub fn set_end(&mut self, end: End) {
        self.sim.set_end(end);
    }

    /// Why the run is done, if it is. Before its first step none is.
    pub fn done(&self) -> Option<String> {
        (self.sim.clock().step > 0).then(|| end::done(&self.sim)).flatten()
    }

    /// Takes one time step. It goes on beyond the end that the config gives, but not beyond the last step of a protocol or the top of the
    /// box.
    ///
    /// # Errors
    /// If there is no step to take any more, no step down to the smallest can be solved, the device fails, or the guard objects to what
    /// was computed.
    pub fn step(&mut self) -> Result<Step, DriveError> {
        if let Some(objection) = &self.objection {
            return Err(DriveError::Guard(objection.clone()));
        }
        if let Some(reason) = end::nothing_after(&self.sim) {
            return Err(DriveError::Over(reason));
        }
        let step = advance(&mut self.sim, &self.schedule, None)?;
        let (setup, sim::Position { clock, stage, .. }) = (self.sim.setup(), self.sim.position());
        self.schedule.due(setup, clock);
        self.cycle.add(setup, clock, step.report.dt);
        self.taken = Some(Taken::of(&step, &self.cycle));
        if step.ended.is_some() && self.cycle.ends_before(setup, clock, stage) {
            self.cycle = self.cycle.next();
        }
        self.objection = end::objection_after(&step, setup, clock);
        match &self.objection {
            Some(objection) => Err(DriveError::Guard(objection.clone())),
            None => Ok(step),
        }
    }

    /// Headings of [`Driver::metrics`], those of `metrics.csv`: name and unit.
    pub fn headings() -> Vec<String> {
        outputs::headings()
    }

    /// Measures the deposit as closely as where a snapshot is taken: a row of `metrics.csv`, NaN where that has an empty cell. At the start
    /// and after a state was loaded the length and the iterations of the last step are NaN, too.
    ///
    /// # Errors
    /// If the device fails.
    pub fn metrics(&mut self) -> Result<Vec<f64>, BackendError> {
        let taken = self.taken.unwrap_or_else(|| Taken::nothing(self.sim.position().stage, &self.cycle));
        let (view, b) = self.sim.view();
        b.interface(0.0); // that of the lithium as it is now
        let found = fields::look(b, &view, Look::Close)?;
        Ok(outputs::values(&view, &taken, Some(&found.metrics)))
    }
}
