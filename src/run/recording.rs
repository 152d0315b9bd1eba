//! What a run writes while it goes on: read from the device after a step, and made into files behind the next steps.
//!
//! The fields that a step shows are read where the run waits for them; measuring, packing and writing them, and waiting for the disk, is
//! done on a thread of its own, one step after the other. Fields of one step are held at a time: where the next ones come too soon, the
//! run waits. A file is written by that thread alone, so rows, events, frames and checkpoints come in the order of the steps. On one or two
//! threads of the CPU the solver needs them all, and outputs are made between the steps.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::RunError;
use super::behind::Behind;
use super::outputs::{self, OutputError, Outputs, Seen, Wanted, Written};
use super::schedule::Schedule;
use crate::io::IoError;
use crate::io::checkpoint::{Checkpoint, FilesSeen};
use crate::io::provenance::Provenance;
use crate::metrics::Look;
use crate::sim::stage::Stage;
use crate::sim::{self, Scene, Simulation, Step};
use crate::solver::backend::State;
use crate::solver::step::Clock;

/// Threads of the solver up to which outputs behind it take from it what they gain: 3 % of the quickstart, which measures every step, with
/// two (2026-11-29).
const FEW_THREADS: usize = 2;

/// Everything of a checkpoint but the fields: where the simulation stands, and how far its files have come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    #[serde(flatten)]
    pub simulation: sim::Position,
    pub progress: Written,
    pub files: FilesSeen,
}

/// A step with what was seen after it.
struct Moment {
    scene: Scene,
    clock: Clock,
    step: Step,
    /// the step of the protocol that comes next, or goes on
    next: Stage,
    /// whether the run is done
    done: bool,
    /// snapshots taken
    schedule: Schedule,
    seen: Seen,
}

/// The files, and how far the run has come in them.
struct Recorder {
    directory: PathBuf,
    outputs: Outputs,
    progress: Written,
    provenance: Provenance,
}

impl Recorder {
    /// The outputs of a step, and of the step of the protocol and the cycle if it ended them.
    fn step(&mut self, moment: Moment) -> Result<(), IoError> {
        let Self { outputs, progress, .. } = self;
        let Moment { scene, clock, step, next, done, schedule, seen } = moment;
        let view = scene.at(&clock);
        progress.schedule = schedule;
        progress.cycle.add(view.setup, &clock, step.report.dt);
        if let Some(place) = step.short {
            outputs.short(&view, &step.stage, place)?;
        }
        if clock.limited.is_some() != progress.limited {
            outputs.compliance(&clock)?;
            progress.limited = clock.limited.is_some();
        }
        let Some(m) = outputs.step(&view, &step, seen, progress)? else { return Ok(()) };
        if let Some(limit) = step.ended {
            outputs.edge(&view, progress, [step.stage, next], limit, &m)?;
        }
        if done {
            outputs.cycle(&view, progress, &m)?;
        }
        Ok(())
    }

    fn checkpoint(&mut self, state: State, simulation: sim::Position) -> Result<(), IoError> {
        let clock = Position { simulation, progress: self.progress.clone(), files: self.outputs.seen()? };
        Checkpoint { provenance: self.provenance.clone(), state, clock }.write(&self.directory)
    }
}

/// The files of a run that goes on.
pub struct Recording {
    recorder: Behind<Recorder>,
    directory: PathBuf,
    scene: Scene,
    /// snapshots taken
    schedule: Schedule,
    /// whether lithium that is joined to the copper has reached the separator, and nobody needs to look any more
    at_separator: bool,
}

impl Recording {
    /// Goes on with `outputs` that have come as far as `progress` says.
    ///
    /// # Errors
    /// If the system has no thread left.
    pub fn new(
        sim: &mut Simulation,
        directory: &Path,
        outputs: Outputs,
        progress: Written,
        provenance: &Provenance,
    ) -> Result<Self, IoError> {
        let (schedule, at_separator) = (progress.schedule, progress.at_separator);
        let recorder = Recorder { directory: directory.into(), outputs, progress, provenance: provenance.clone() };
        // a device of its own leaves the processors to the outputs
        let alone = sim.backend().counts().is_none() && rayon::current_num_threads() <= FEW_THREADS;
        let recorder = match alone {
            true => Behind::here(recorder),
            false => Behind::on_a_thread(recorder).map_err(IoError::system(directory))?,
        };
        Ok(Self { recorder, directory: directory.into(), scene: sim.scene(), schedule, at_separator })
    }

    /// Snapshots taken: where the next steps must not jump over.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// What a run begins with: the first frame, its grains and its tips.
    ///
    /// # Errors
    /// If the device fails, or a file before could not be written.
    pub fn first(&mut self, sim: &mut Simulation) -> Result<(), OutputError> {
        let seen = self.read(sim, Wanted { separator: false, look: Some(Look::Close) })?;
        let (scene, clock) = (self.scene.clone(), sim.clock().clone());
        let first = move |to: &mut Recorder| to.outputs.first(&scene.at(&clock), seen, &mut to.progress);
        Ok(self.recorder.give(first)?)
    }

    /// Takes down a step that the simulation has just done. Where a step of the protocol or the run ends there is a snapshot in any case.
    ///
    /// # Errors
    /// If the device fails, or a file before could not be written.
    pub fn step(&mut self, sim: &mut Simulation, step: Step, done: bool) -> Result<(), OutputError> {
        let clock = sim.clock().clone();
        if clock.temperature != self.scene.temperature() {
            self.scene = sim.scene();
        }
        let output = &sim.setup().output;
        let frame = self.schedule.due(sim.setup(), &clock) || step.ended.is_some() || done;
        let passing = clock.step.is_multiple_of(output.metrics_steps).then_some(Look::Passing);
        let look = if frame { Some(Look::Close) } else { passing };
        let seen = self.read(sim, Wanted { separator: !self.at_separator, look })?;
        self.at_separator |= seen.is_at_separator();
        let (scene, next) = (self.scene.clone(), sim.position().stage);
        let moment = Moment { scene, clock, step, next, done, schedule: self.schedule, seen };
        Ok(self.recorder.give(|to| to.step(moment))?)
    }

    /// Reads what is wanted of the fields, after what was read before has become files.
    fn read(&self, sim: &mut Simulation, wanted: Wanted) -> Result<Seen, OutputError> {
        if wanted.look.is_some() {
            self.recorder.wait()?;
        }
        let (view, b) = sim.view();
        Ok(Seen::read(b, &view, wanted)?)
    }

    /// Saves the state of the simulation: a run goes on from there.
    ///
    /// # Errors
    /// If the device fails, or a file before could not be written.
    pub fn save(&mut self, sim: &mut Simulation) -> Result<(), OutputError> {
        self.recorder.wait()?;
        let (state, simulation) = (sim.state()?, sim.position().clone());
        Ok(self.recorder.give(|to| to.checkpoint(state, simulation))?)
    }

    /// Waits until the files show every step.
    ///
    /// # Errors
    /// If one could not be written.
    pub fn wait(&self) -> Result<(), IoError> {
        self.recorder.wait()
    }

    /// Sees to it that the file of fields shows every frame: the run stops.
    ///
    /// # Errors
    /// If a file could not be written.
    pub fn show(&mut self) -> Result<(), IoError> {
        self.recorder.give(|to| to.outputs.show())?;
        self.recorder.wait()
    }

    /// How the run ended. An interruption is written after the checkpoint: a resumed run cuts it off again.
    ///
    /// # Errors
    /// If a file could not be written.
    pub fn end(&mut self, clock: &Clock, status: &'static str, reason: &str) -> Result<(), IoError> {
        let (clock, reason) = (clock.clone(), reason.to_string());
        self.recorder.give(move |to| to.outputs.end(&clock, status, &reason))?;
        self.recorder.wait()
    }

    /// Writes the surface of the lithium.
    ///
    /// # Errors
    /// If a file could not be written or the device fails.
    pub fn surface(&self, sim: &mut Simulation) -> Result<(), OutputError> {
        self.recorder.wait()?;
        let (view, b) = sim.view();
        outputs::surface(b, &view, &self.directory)
    }

    /// Takes all frames into one file: the run is done. The sentence says why they stay where they are.
    ///
    /// # Errors
    /// If a file could not be written.
    pub fn close(self, sim: &mut Simulation) -> Result<Option<String>, IoError> {
        let Recorder { outputs, provenance, .. } = self.recorder.end()?;
        outputs.close(sim.view().0, &provenance)
    }
}

impl From<OutputError> for RunError {
    fn from(error: OutputError) -> Self {
        match error {
            OutputError::Io(error) => error.into(),
            OutputError::Backend(error) => error.into(),
        }
    }
}
