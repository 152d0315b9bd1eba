//! From a resolved configuration, or a checkpoint, to the end of a run.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

use super::RunError;
use super::branch;
use super::end::{self, Ending};
use super::keep;
use super::lock::Lock;
use super::outputs::{self, OutputError, Outputs, ReopenError, Written};
use super::progress::{Progress, Voice};
use super::stop::Stop;
use crate::config::Changes;
use crate::config::kept::Kept;
use crate::io::checkpoint::{self, Checkpoint, FilesSeen};
use crate::io::provenance::{Origin, Provenance, RunFile, Session, VERSION, commit};
use crate::memory;
use crate::model::measured;
use crate::model::nucleation::Cap;
use crate::model::parameters::Setup;
use crate::model::protocol::{Limit, Place};
use crate::sim::device::{self, DeviceChoice};
use crate::sim::stage::Stage;
use crate::sim::{self, Simulation, Step, setup_of, short};
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

/// Everything of a checkpoint but the fields: where the simulation stands, and how far its files have come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Position {
    #[serde(flatten)]
    simulation: sim::Position,
    progress: Written,
    files: FilesSeen,
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
    let found = Checkpoint::<Position>::read(directory, fits).map_err(|e| nothing(e.to_string()))?;
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
        let (mut progress, files) = (Written::default(), FilesSeen::default());
        let position = Position { simulation: sim.position().clone(), progress: progress.clone(), files };
        Checkpoint { provenance: provenance.clone(), state: sim.state()?, clock: position }.write(self.directory)?;
        let run_file = RunFile { from: self.origin.clone(), ..run_file(sim.setup(), &provenance) };
        run_file.write(self.directory)?;
        let mut outputs = Outputs::create(sim.view().0, self.directory, &provenance)?;
        let (problem, _) = sim.problem();
        let there: Vec<Cap> = problem.scheduled.iter().map(|nucleus| nucleus.cap).collect();
        let (view, b) = sim.view();
        if let Some(origin) = &self.origin {
            outputs.origin(origin)?;
        } else {
            outputs.nuclei(&view, &there[..view.clock.scheduled])?;
        }
        outputs.first(b, &view, &mut progress).map_err(output_error)?;
        self.save(&mut sim, &progress, &mut outputs, &provenance)?;
        self.conduct(sim, progress, outputs, &provenance, (run_file, Vec::new()))
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
        if !lost.is_empty() || !self.changed.is_empty() {
            // the checkpoint must know the files as they are now, and the new end
            self.save(&mut sim, &progress, &mut outputs, &provenance)?;
        }
        tell(self.voice, (!lost.is_empty()).then(|| lost.join("\n")));
        let fresh = run_file(sim.setup(), &provenance);
        let run_file = match stored {
            Some(stored) => RunFile { setup: fresh.setup, ..stored },
            None => fresh,
        };
        let notes = note.into_iter().chain(lost).collect();
        self.conduct(sim, progress, outputs, &provenance, (run_file, notes))
    }

    fn save(
        &self,
        sim: &mut Simulation,
        progress: &Written,
        outputs: &mut Outputs,
        provenance: &Provenance,
    ) -> Result<(), RunError> {
        let clock = Position { simulation: sim.position().clone(), progress: progress.clone(), files: outputs.seen()? };
        Ok(Checkpoint { provenance: provenance.clone(), state: sim.state()?, clock }.write(self.directory)?)
    }

    fn conduct(
        &self,
        mut sim: Simulation,
        mut progress: Written,
        mut outputs: Outputs,
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
        let result =
            self.steps(&mut sim, &mut progress, &mut outputs, provenance, &mut timing).and_then(|(ending, clock)| {
                if matches!(ending, Ending::Done(_)) {
                    let note = outputs.close(sim.view().0, provenance).map_err(|error| self.kept(error.into()))?;
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
        progress: &mut Written,
        outputs: &mut Outputs,
        provenance: &Provenance,
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
            self.surface(sim, outputs)?;
            return Ok((Ending::Done(reason), sim.clock().clone()));
        }
        let ending = loop {
            if let Some(reason) = stop.asked() {
                break Ending::Interrupted(reason);
            }
            sim.impose().map_err(|error| self.kept(error.into()))?;
            let sim::Position { clock, stage, .. } = sim.position();
            let edge = progress.schedule.next_edge(&setup, stage, clock);
            let (started, before) = (Instant::now(), clock.clone());
            let step = match sim.step_until(edge, Some(&asked)) {
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
                    outputs.end(&before, "interrupted", &reason)?;
                    return Ok((Ending::Interrupted(reason), before));
                }
                Err(failure) => break Ending::Guard(failure.to_string()),
            };
            timing.solver += started.elapsed();
            let started = Instant::now();
            if let Err(error) = write(sim, progress, outputs, &step) {
                bar.finish();
                // no checkpoint of this step: a resumed run takes it again, with the outputs that are missing now
                return Err(self.kept(output_error(error)));
            }
            let clock = sim.clock();
            bar.show(&setup, &sim.position().stage, clock, &step.report);
            let limits = step.stage.step(&setup).map_or(&[][..], |step| &step.limits);
            let timed = setup.end.time.is_some() || limits.iter().any(|limit| matches!(limit, Limit::Time(_)));
            if let Some(reason) = end::objection(&setup, clock, timed) {
                break Ending::Guard(reason);
            }
            if let Some(reason) = done(sim) {
                break Ending::Done(reason);
            }
            if clock.step.is_multiple_of(setup.output.checkpoint_steps) {
                self.save(sim, progress, outputs, provenance).map_err(|error| self.kept(error))?;
            }
            timing.output += started.elapsed();
        };
        bar.finish();
        outputs.show().map_err(|error| self.kept(error.into()))?;
        if matches!(ending, Ending::Done(_)) {
            outputs.end(sim.clock(), ending.status(), ending.reason()).map_err(|e| self.kept(e.into()))?;
        }
        if end::is_finite(sim.clock()) {
            self.save(sim, progress, outputs, provenance).map_err(|error| self.kept(error))?;
        }
        if !matches!(ending, Ending::Done(_)) {
            outputs.end(sim.clock(), ending.status(), ending.reason())?;
        }
        self.surface(sim, outputs)?;
        Ok((ending, sim.clock().clone()))
    }

    fn surface(&self, sim: &mut Simulation, outputs: &Outputs) -> Result<(), RunError> {
        let (view, b) = sim.view();
        outputs.surface(b, &view).map_err(output_error).map_err(|error| self.kept(error))
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

/// Why the run is done, if it is.
fn done(sim: &Simulation) -> Option<String> {
    let (setup, position) = (sim.setup(), sim.position());
    let over = || position.stage.is_over(setup).then(|| "protocol: its steps are done".into());
    let short = || {
        let ends = setup.end.short && position.shorted;
        ends.then(|| format!("short: lithium joined to the copper has reached {:.3} µm", 1e6 * short::plane(setup)))
    };
    end::condition(setup, &position.clock).or_else(short).or_else(over)
}

/// The outputs of a step, and of the step of the protocol and the cycle if it ended them.
fn write(sim: &mut Simulation, progress: &mut Written, outputs: &mut Outputs, step: &Step) -> Result<(), OutputError> {
    let at_edge = step.ended.is_some() || done(sim).is_some();
    let next = sim.position().stage;
    let (view, b) = sim.view();
    progress.cycle.add(view.clock, step.report.dt);
    if let Some(place) = step.short {
        outputs.short(&view, &step.stage, place)?;
    }
    if view.clock.limited.is_some() != progress.limited {
        outputs.compliance(view.clock)?;
        progress.limited = view.clock.limited.is_some();
    }
    let measured = outputs.step(b, &view, step, progress, at_edge)?;
    if let Some(m) = measured.filter(|_| at_edge) {
        if let Some(limit) = step.ended {
            outputs.edge(&view, progress, [step.stage, next], limit, &m)?;
        }
        if done(sim).is_some() {
            outputs.cycle(&sim.view().0, progress, &m)?;
        }
    }
    Ok(())
}

fn output_error(error: OutputError) -> RunError {
    match error {
        OutputError::Io(error) => error.into(),
        OutputError::Backend(error) => error.into(),
    }
}

fn now() -> String {
    crate::io::moment(SystemTime::now())
}
