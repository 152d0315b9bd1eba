//! From a resolved configuration, or a checkpoint, to the end of a run.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::RunError;
use super::branch;
use super::driver;
use super::end::{self, Ending, done};
use super::keep;
use super::lock::Lock;
use super::outputs::{self, Outputs, ReopenError, Written};
use super::progress::{Progress, Voice};
use super::recording::{Position, Recording};
use super::stop::Stop;
use crate::config::Changes;
use crate::config::kept::Kept;
use crate::io::checkpoint::{self, Checkpoint, FilesSeen};
use crate::io::provenance::{Origin, Provenance, RunFile, Session, VERSION, commit};
use crate::memory;
use crate::model::measured;
use crate::model::nucleation::Cap;
use crate::model::parameters::Setup;
use crate::model::protocol::Place;
use crate::sim::device::{self, DeviceChoice};
use crate::sim::stage::Stage;
use crate::sim::{Simulation, setup_of};
use crate::solver::step::{Clock, StepFailure};

/// A run that is to begin.
#[derive(Clone, Debug)]
pub struct Request {
    /// what to run
    pub setup: Setup,
    /// the config that it comes from, if it is to be kept beside the files of the run
    pub kept: Option<Kept>,
    /// what it begins from, if not from what its config says
    pub from: Option<PathBuf>,
    /// where its files go; must not hold a run
    pub directory: PathBuf,
    /// which device computes it
    pub device: DeviceChoice,
    /// stop after this wall time
    pub max_wall: Option<Duration>,
    /// whom it tells how it goes
    pub voice: Voice,
    /// command line, for the files
    pub command: String,
}

/// A run that is to go on.
#[derive(Clone, Debug)]
pub struct Resume {
    /// where its files are
    pub directory: PathBuf,
    /// what is different from here on: a finished run goes on to another end
    pub changes: Changes,
    /// which device computes it
    pub device: DeviceChoice,
    /// stop after this wall time
    pub max_wall: Option<Duration>,
    /// whom it tells how it goes
    pub voice: Voice,
    /// go on although rows or events are lost that the checkpoint knows of
    pub accept_loss: bool,
    /// command line, for the files
    pub command: String,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// how, and why
    pub ending: Ending,
    /// where its files are
    pub directory: PathBuf,
    /// steps taken
    pub steps: u64,
    /// seconds of wall time in this stretch
    pub wall_seconds: f64,
    /// totals at the end
    pub clock: Clock,
}

/// Runs a configuration from the start.
///
/// # Errors
/// If the directory holds a run or is being computed, the device cannot be opened or fails, or a file cannot be written.
pub fn run(request: &Request) -> Result<Outcome, RunError> {
    let Request { setup, directory, .. } = request;
    let taken = || {
        let mut names = [RunFile::FILE, checkpoint::FILE, checkpoint::PREVIOUS].into_iter().chain(outputs::names());
        match names.any(|name| directory.join(name).exists()) {
            true => Err(RunError::Taken { directory: directory.clone() }),
            false => Ok(()),
        }
    };
    taken()?;
    let (sim, origin) = match &request.from {
        Some(from) => branch::from(from, setup, request.device)?,
        None => (Simulation::new(setup.clone(), request.device)?, None),
    };
    tell(request.voice, sim.why_this_device().map(str::to_string));
    std::fs::create_dir_all(directory).map_err(crate::io::IoError::system(directory))?;
    let (_lock, why) = Lock::take(directory)?;
    tell(request.voice, why);
    taken()?; // somebody else may have been faster
    request.kept.iter().try_for_each(|kept| keep::write(kept, directory, &request.command))?;
    let stretch = Stretch {
        directory,
        max_wall: request.max_wall,
        voice: request.voice,
        command: &request.command,
        changed: Vec::new(),
        origin,
    };
    stretch.begin(sim)
}

/// Goes on with the run in a directory.
///
/// # Errors
/// If there is none, another process computes it, its files do not fit, the device cannot be opened or fails, or a file cannot be written.
pub fn resume(request: &Resume) -> Result<Outcome, RunError> {
    let directory = &request.directory;
    let nothing = |reason: String| RunError::NothingToResume { directory: directory.clone(), reason };
    if !directory.is_dir() {
        return Err(nothing("there is no such directory".into()));
    }
    let (_lock, why) = Lock::take(directory)?;
    tell(request.voice, why);
    let fits = |stored: &Checkpoint<Position>| setup_of(stored).map(|_| ());
    let found = Checkpoint::<Position>::read(directory, fits);
    let found = found.map_err(|e| nothing(driver::is_saved_in(directory).unwrap_or_else(|| e.to_string())))?;
    let (stored, note) = (found.checkpoint, found.note);
    let mut setup = setup_of(&stored).map_err(|problem| crate::io::IoError::content(&found.path, problem))?;
    if note.is_some() {
        checkpoint::set_aside(directory)?;
    }
    tell(request.voice, note.clone());
    if !request.changes.is_empty() {
        setup = request.changes.apply(&setup, &keep::kept_in(directory)).map_err(RunError::End)?;
        if let Some(reason) = end::condition(&setup, &stored.clock.simulation.clock) {
            return Err(RunError::End(format!("{reason} already; give an end beyond that")));
        }
    }
    // a damaged run.json is made anew; what it alone knew are the times of earlier stretches
    let run_file = RunFile::read(directory).ok();
    if let Some(run_file) = &run_file
        && run_file.status == "done"
        && request.changes.is_empty()
    {
        return Ok(Outcome {
            ending: Ending::Done(format!("already done; {}", run_file.reason.clone().unwrap_or_default())),
            directory: directory.clone(),
            steps: stored.clock.simulation.clock.step,
            wall_seconds: 0.0,
            clock: stored.clock.simulation.clock,
        });
    }
    device::fits(request.device, &setup.grid).map_err(RunError::Device)?;
    let heights = stored.provenance.heights;
    let Position { mut simulation, progress, files } = stored.clock;
    if request.changes.begins_protocol() {
        let clock = &simulation.clock;
        simulation.stage = Stage { place: Place::default(), began: clock.time, passed: clock.passed };
    }
    let stretch = Stretch {
        directory,
        max_wall: request.max_wall,
        voice: request.voice,
        command: &request.command,
        changed: request.changes.keys(),
        origin: None,
    };
    if simulation.clock.step == 0 {
        // nothing has been computed yet: begin again, with whole files
        let origin = run_file.and_then(|run| run.from);
        let sim = match &origin {
            Some(_) => Simulation::resumed(setup, heights, &stored.state, simulation, request.device)?,
            None => Simulation::on_copper(setup, heights, request.device)?,
        };
        let stretch = Stretch { origin, ..stretch };
        tell(request.voice, sim.why_this_device().map(str::to_string));
        outputs::remove(directory)?;
        return stretch.begin(sim);
    }
    let sim = Simulation::resumed(setup, heights, &stored.state, simulation, request.device)?;
    tell(request.voice, sim.why_this_device().map(str::to_string));
    stretch.go_on(sim, Start { progress, files, run_file, accept_loss: request.accept_loss, note })
}

/// What a stretch goes on from, beside the simulation.
struct Start {
    progress: Written,
    files: FilesSeen,
    run_file: Option<RunFile>,
    accept_loss: bool,
    /// why it is not the newest checkpoint
    note: Option<String>,
}

fn tell(voice: Voice, sentence: Option<String>) {
    if let (true, Some(sentence)) = (voice != Voice::Nobody, sentence) {
        // a reader that has gone away does not end a run
        let _ = writeln!(std::io::stderr(), "{sentence}");
    }
}

/// One stretch of a run between a start and a stop.
struct Stretch<'a> {
    directory: &'a Path,
    max_wall: Option<Duration>,
    voice: Voice,
    command: &'a str,
    /// keys of its configuration that are no longer those of the checkpoint
    changed: Vec<String>,
    /// what it began from, if that was another run
    origin: Option<Origin>,
}

/// Wall time in the solver and in outputs.
#[derive(Default)]
struct Timing {
    solver: Duration,
    output: Duration,
}

impl Stretch<'_> {
    fn begin(&self, mut sim: Simulation) -> Result<Outcome, RunError> {
        let provenance = sim.provenance(self.command)?;
        // first the checkpoint and run.json: from then on the directory holds a run that can be resumed
        let (progress, files) = (Written::default(), FilesSeen::default());
        let position = Position { simulation: sim.position().clone(), progress: progress.clone(), files };
        Checkpoint { provenance: provenance.clone(), state: sim.state()?, clock: position }.write(self.directory)?;
        let run_file = RunFile { from: self.origin.clone(), ..run_file(sim.setup(), &provenance) };
        run_file.write(self.directory)?;
        let mut outputs = Outputs::create(sim.view().0, self.directory, &provenance)?;
        let (problem, _) = sim.problem();
        let there: Vec<Cap> = problem.scheduled.iter().map(|nucleus| nucleus.cap).collect();
        let view = sim.view().0;
        if let Some(origin) = &self.origin {
            outputs.origin(origin)?;
        } else {
            outputs.nuclei(&view, &there[..view.clock.scheduled])?;
        }
        let mut recording = Recording::new(&mut sim, self.directory, outputs, progress, &provenance)?;
        recording.first(&mut sim)?;
        recording.save(&mut sim)?;
        recording.wait()?;
        self.conduct(sim, recording, &provenance, (run_file, Vec::new()))
    }

    fn go_on(&self, mut sim: Simulation, start: Start) -> Result<Outcome, RunError> {
        let Start { progress, files, run_file: stored, accept_loss, note } = start;
        let provenance = sim.provenance(self.command)?;
        let reopened = Outputs::reopen(sim.view().0, self.directory, &files, &provenance, accept_loss);
        let (mut outputs, lost) = reopened.map_err(|error| match error {
            ReopenError::Io(error) => error.into(),
            ReopenError::Lost(lost) => RunError::Lost { directory: self.directory.into(), lost: lost.to_string() },
        })?;
        if !self.changed.is_empty() {
            outputs.changed(sim.clock(), &self.changed)?;
        }
        let mut recording = Recording::new(&mut sim, self.directory, outputs, progress, &provenance)?;
        if !lost.is_empty() || !self.changed.is_empty() {
            // the checkpoint must know the files as they are now, and the new end
            recording.save(&mut sim)?;
            recording.wait()?;
        }
        tell(self.voice, (!lost.is_empty()).then(|| lost.join("\n")));
        let fresh = run_file(sim.setup(), &provenance);
        let run_file = match stored {
            Some(stored) => RunFile { setup: fresh.setup, ..stored },
            None => fresh,
        };
        let notes = note.into_iter().chain(lost).collect();
        self.conduct(sim, recording, &provenance, (run_file, notes))
    }

    fn conduct(
        &self,
        mut sim: Simulation,
        mut recording: Recording,
        provenance: &Provenance,
        (mut run_file, notes): (RunFile, Vec<String>),
    ) -> Result<Outcome, RunError> {
        memory::tell_of_checkpoint(self.directory);
        let began = Instant::now();
        run_file.status = "running".into();
        run_file.reason = None;
        run_file.sessions.push(Session {
            began: now(),
            ended: None,
            device: provenance.device.clone(),
            command: self.command.into(),
            notes,
            first_step: sim.clock().step,
            solver_seconds: 0.0,
            output_seconds: 0.0,
            wall_seconds: 0.0,
        });
        run_file.write(self.directory)?;
        let mut timing = Timing::default();
        let result = self.steps(&mut sim, &mut recording, &mut timing).and_then(|(ending, clock)| {
            if matches!(ending, Ending::Done(_)) {
                let note = recording.close(&mut sim).map_err(|error| self.kept(error.into()))?;
                if let Some(session) = run_file.sessions.last_mut() {
                    session.notes.extend(note.clone());
                }
                tell(self.voice, note);
            }
            Ok((ending, clock))
        });
        let (status, reason) = match &result {
            Ok((ending, _)) => (ending.status(), ending.reason().to_string()),
            Err(error) => ("failed", error.to_string()),
        };
        run_file.status = status.into();
        run_file.reason = Some(reason);
        let clock = result.as_ref().map_or(sim.clock(), |(_, clock)| clock);
        let ledger = &clock.ledger;
        run_file.ledger_errors =
            [ledger.charge_error(), ledger.lithium_error(), ledger.salt_error()].map(|e| e.is_finite().then_some(e));
        run_file.clock = serde_json::to_value(clock).unwrap_or_default();
        let wall_seconds = began.elapsed().as_secs_f64();
        if let Some(session) = run_file.sessions.last_mut() {
            session.ended = Some(now());
            session.solver_seconds = timing.solver.as_secs_f64();
            session.output_seconds = timing.output.as_secs_f64();
            session.wall_seconds = wall_seconds;
        }
        let written = run_file.write(self.directory);
        let (ending, clock) = result?;
        written?;
        Ok(Outcome { ending, directory: self.directory.into(), steps: clock.step, wall_seconds, clock })
    }

    /// Steps until the run ends; the state is saved whichever way it does. Returns the clock of the last whole step too.
    fn steps(
        &self,
        sim: &mut Simulation,
        recording: &mut Recording,
        timing: &mut Timing,
    ) -> Result<(Ending, Clock), RunError> {
        let setup = sim.setup().clone();
        let stop = Stop::listen(self.max_wall);
        let asked = || stop.asked().is_some();
        let mut bar = Progress::new(&setup, &sim.position().stage, sim.clock(), self.voice);
        if sim.clock().step > 0
            && let Some(reason) = done(sim)
        {
            // stopped between the last step and the last file
            recording.surface(sim).map_err(|error| self.kept(error.into()))?;
            return Ok((Ending::Done(reason), sim.clock().clone()));
        }
        let mut pace = end::Pace::default();
        let ending = loop {
            if let Some(reason) = stop.asked() {
                break Ending::Interrupted(reason);
            }
            let (started, before) = (Instant::now(), sim.clock().clone());
            let step = match driver::advance(sim, recording.schedule(), Some(&asked)) {
                Ok(step) => step,
                Err(StepFailure::Backend(error)) => {
                    bar.finish();
                    return Err(self.kept(error.into()));
                }
                Err(failure @ StepFailure::Asked { .. }) => {
                    bar.finish();
                    // what the attempts have left of the fields is no state to go on from: the last checkpoint is
                    let reason = stop.asked().unwrap_or_default();
                    let reason = format!("{reason}, {failure}; its last checkpoint is where it goes on from");
                    recording.end(&before, "interrupted", &reason)?;
                    return Ok((Ending::Interrupted(reason), before));
                }
                Err(failure) => break Ending::Guard(failure.to_string()),
            };
            timing.solver += started.elapsed();
            bar.show(&setup, &sim.position().stage, sim.clock(), &step.report);
            let started = Instant::now();
            let objection = end::objection_after(&step, &setup, sim.clock()).or_else(|| pace.objection(sim.clock()));
            let over = done(sim);
            if let Err(error) = recording.step(sim, step, over.is_some()) {
                bar.finish();
                // no checkpoint of this step: a resumed run takes it again, with the outputs that are missing now
                return Err(self.kept(error.into()));
            }
            if let Some(reason) = objection {
                break Ending::Guard(reason);
            }
            if let Some(reason) = over {
                break Ending::Done(reason);
            }
            if sim.clock().step.is_multiple_of(setup.output.checkpoint_steps) {
                recording.save(sim).map_err(|error| self.kept(error.into()))?;
            }
            timing.output += started.elapsed();
        };
        bar.finish();
        recording.show().map_err(|error| self.kept(error.into()))?;
        if matches!(ending, Ending::Done(_)) {
            recording.end(sim.clock(), ending.status(), ending.reason()).map_err(|e| self.kept(e.into()))?;
        }
        if end::is_finite(sim.clock()) {
            recording.save(sim).map_err(|error| self.kept(error.into()))?;
            recording.wait().map_err(|error| self.kept(error.into()))?;
        }
        if !matches!(ending, Ending::Done(_)) {
            recording.end(sim.clock(), ending.status(), ending.reason())?;
        }
        recording.surface(sim).map_err(|error| self.kept(error.into()))?;
        Ok((ending, sim.clock().clone()))
    }

    /// An error after which the run can go on from its last checkpoint.
    fn kept(&self, error: RunError) -> RunError {
        RunError::Saved { directory: self.directory.into(), error: Box::new(error) }
    }
}

/// `run.json` of a run that has just begun.
fn run_file(setup: &Setup, provenance: &Provenance) -> RunFile {
    RunFile {
        from: None,
        name: setup.name.clone(),
        status: "running".into(),
        reason: None,
        version: VERSION.into(),
        commit: commit().into(),
        sessions: Vec::new(),
        clock: serde_json::Value::Null,
        ledger_errors: [Some(0.0); 3],
        warnings: measured::beyond(setup),
        setup: serde_json::from_str(&provenance.setup).unwrap_or_default(),
    }
}

fn now() -> String {
    crate::io::moment(SystemTime::now())
}
