//! From a resolved configuration, or a checkpoint, to the end of a run.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

use super::device::{self, Device, DeviceChoice};
use super::end::{self, Ending};
use super::keep;
use super::lock::Lock;
use super::memory;
use super::outputs::{self, Context, OutputError, Outputs, ReopenError, Written};
use super::progress::Progress;
use super::short;
use super::start::{initial_state, load_heights};
use super::stop::Stop;
use super::{RunError, device::open};
use crate::config::NewEnd;
use crate::config::kept::Kept;
use crate::io::checkpoint::{self, Checkpoint, FilesSeen};
use crate::io::provenance::{Provenance, RunFile, Session, VERSION, commit};
use crate::model::collector::Statics;
use crate::model::measured;
use crate::model::nucleation::Cap;
use crate::model::parameters::Setup;
use crate::model::protocol::Limit;
use crate::model::scales::Scales;
use crate::solver::backend::{Backend, State};
use crate::solver::step::{Clock, Edge, Problem, StepFailure, StepReport};

/// A run that is to begin.
#[derive(Clone, Debug)]
pub struct Request {
    /// what to run
    pub setup: Setup,
    /// the config that it comes from, if it is to be kept beside the files of the run
    pub kept: Option<Kept>,
    /// where its files go; must not hold a run
    pub directory: PathBuf,
    /// which device computes it
    pub device: DeviceChoice,
    /// stop after this wall time
    pub max_wall: Option<Duration>,
    /// say nothing while it runs
    pub quiet: bool,
    /// command line, for the files
    pub command: String,
}

/// A run that is to go on.
#[derive(Clone, Debug)]
pub struct Resume {
    /// where its files are
    pub directory: PathBuf,
    /// what ends it in the place of what its config says: so a finished run goes on
    pub end: NewEnd,
    /// which device computes it
    pub device: DeviceChoice,
    /// stop after this wall time
    pub max_wall: Option<Duration>,
    /// say nothing while it runs
    pub quiet: bool,
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

/// Everything of a checkpoint but the fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Position {
    clock: Clock,
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
        let mut names = [RunFile::FILE, checkpoint::FILE, checkpoint::PREVIOUS].into_iter().chain(outputs::NAMES);
        match names.any(|name| directory.join(name).exists()) {
            true => Err(RunError::Taken { directory: directory.clone() }),
            false => Ok(()),
        }
    };
    taken()?;
    device::fits(request.device, &setup.grid).map_err(RunError::Device)?;
    let heights = load_heights(setup).map_err(RunError::Copper)?;
    let statics = Statics::new(setup, &heights);
    let (device, why) = open(request.device, setup, &statics).map_err(RunError::Device)?;
    tell(request.quiet, why);
    std::fs::create_dir_all(directory).map_err(crate::io::IoError::system(directory))?;
    let (_lock, why) = Lock::take(directory)?;
    tell(request.quiet, why);
    taken()?; // somebody else may have been faster
    request.kept.iter().try_for_each(|kept| keep::write(kept, directory, &request.command))?;
    let stretch = Stretch {
        setup,
        heights: &heights,
        statics: &statics,
        directory,
        max_wall: request.max_wall,
        quiet: request.quiet,
        command: &request.command,
        is_changed: false,
    };
    match device {
        Device::Cpu(mut b) => stretch.begin(&mut *b),
        #[cfg(feature = "gpu")]
        Device::Gpu(mut b) => stretch.begin(&mut *b),
    }
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
    tell(request.quiet, why);
    let fits = |stored: &Checkpoint<Position>| setup_of(stored).map(|_| ());
    let found = Checkpoint::<Position>::read(directory, fits).map_err(|e| nothing(e.to_string()))?;
    let (stored, note) = (found.checkpoint, found.note);
    let mut setup = setup_of(&stored).map_err(|problem| crate::io::IoError::content(&found.path, problem))?;
    if note.is_some() {
        checkpoint::set_aside(directory)?;
    }
    tell(request.quiet, note.clone());
    request.end.apply(&mut setup.end);
    if !request.end.is_empty()
        && let Some(reason) = objection_to_end(&setup, &stored.clock.clock)
    {
        return Err(RunError::End(reason));
    }
    // a damaged run.json is made anew; what it alone knew are the times of earlier stretches
    let run_file = RunFile::read(directory).ok();
    if let Some(run_file) = &run_file
        && run_file.status == "done"
        && request.end.is_empty()
    {
        return Ok(Outcome {
            ending: Ending::Done(format!("already done; {}", run_file.reason.clone().unwrap_or_default())),
            directory: directory.clone(),
            steps: stored.clock.clock.step,
            wall_seconds: 0.0,
            clock: stored.clock.clock,
        });
    }
    device::fits(request.device, &setup.grid).map_err(RunError::Device)?;
    let heights = stored.provenance.heights;
    let statics = Statics::new(&setup, &heights);
    let (device, why) = device::open(request.device, &setup, &statics).map_err(RunError::Device)?;
    tell(request.quiet, why);
    let stretch = Stretch {
        setup: &setup,
        heights: &heights,
        statics: &statics,
        directory,
        max_wall: request.max_wall,
        quiet: request.quiet,
        command: &request.command,
        is_changed: !request.end.is_empty(),
    };
    let start =
        Start { position: stored.clock, state: &stored.state, run_file, accept_loss: request.accept_loss, note };
    match device {
        Device::Cpu(mut b) => stretch.go_on(&mut *b, start),
        #[cfg(feature = "gpu")]
        Device::Gpu(mut b) => stretch.go_on(&mut *b, start),
    }
}

/// The configuration of a checkpoint, if its fields fit it.
fn setup_of(stored: &Checkpoint<Position>) -> Result<Setup, String> {
    let setup: Setup = serde_json::from_str(&stored.provenance.setup)
        .map_err(|e| format!("holds a configuration that liplate {VERSION} cannot read: {e}"))?;
    let (cells, state) = (setup.grid.cells(), &stored.state);
    let mut fields = [&state.xi, &state.phi, &state.c, &state.current]
        .into_iter()
        .chain(&state.before)
        .chain(state.sei.iter().flatten());
    let whole = fields.all(|field| field.len() == cells) && state.sei.is_some() == setup.sei.is_some();
    match whole && stored.provenance.heights.len() == setup.grid.nx * setup.grid.ny {
        true => Ok(setup),
        false => Err(format!("holds {} cells, but its configuration has {cells}", state.xi.len())),
    }
}

/// What a stretch goes on from.
struct Start<'a> {
    position: Position,
    state: &'a State,
    run_file: Option<RunFile>,
    accept_loss: bool,
    /// why it is not the newest checkpoint
    note: Option<String>,
}

/// Why a run that has come to `clock` cannot go on to the end that its `setup` has now.
fn objection_to_end(setup: &Setup, clock: &Clock) -> Option<String> {
    let met = || end::condition(setup, clock).map(|reason| format!("{reason} already; give an end beyond that"));
    crate::config::objections(setup).into_iter().next().or_else(met)
}

fn tell(quiet: bool, sentence: Option<String>) {
    if let (false, Some(sentence)) = (quiet, sentence) {
        // a reader that has gone away does not end a run
        let _ = writeln!(std::io::stderr(), "{sentence}");
    }
}

/// One stretch of a run between a start and a stop.
struct Stretch<'a> {
    setup: &'a Setup,
    heights: &'a [f64],
    statics: &'a Statics,
    directory: &'a Path,
    max_wall: Option<Duration>,
    quiet: bool,
    command: &'a str,
    /// whether its configuration is no longer that of the checkpoint
    is_changed: bool,
}

/// Wall time in the solver and in outputs.
#[derive(Default)]
struct Timing {
    solver: Duration,
    output: Duration,
}

impl Stretch<'_> {
    fn begin<B: Backend>(&self, b: &mut B) -> Result<Outcome, RunError> {
        let problem = Problem::new(self.setup, self.heights);
        b.load(&initial_state(self.setup, self.heights))?;
        let clock = problem.start(b)?;
        let context = self.context(&problem);
        let provenance = self.provenance(b)?;
        // first the checkpoint and run.json: from then on the directory holds a run that can be resumed
        let mut position = Position { clock, progress: Written::default(), files: FilesSeen::default() };
        let state = b.state()?;
        Checkpoint { provenance: provenance.clone(), state, clock: position.clone() }.write(self.directory)?;
        let run_file = self.run_file(&provenance);
        run_file.write(self.directory)?;
        let mut outputs = Outputs::create(&context, &provenance)?;
        let clock = &position.clock;
        let there: Vec<Cap> = problem.scheduled[..clock.scheduled].iter().map(|nucleus| nucleus.cap).collect();
        outputs.nuclei(&context, clock, &there)?;
        b.interface(0.0);
        outputs.snapshot(b, &context, clock, 0.0).map_err(output_error)?;
        self.save(b, &mut position, &mut outputs, &provenance)?;
        self.conduct(b, position, outputs, &provenance, (run_file, Vec::new()))
    }

    /// `run.json` of a run that has just begun.
    fn run_file(&self, provenance: &Provenance) -> RunFile {
        RunFile {
            name: self.setup.name.clone(),
            status: "running".into(),
            reason: None,
            version: VERSION.into(),
            commit: commit().into(),
            sessions: Vec::new(),
            clock: serde_json::Value::Null,
            ledger_errors: [Some(0.0); 3],
            warnings: measured::beyond(self.setup),
            setup: serde_json::from_str(&provenance.setup).unwrap_or_default(),
        }
    }

    fn go_on<B: Backend>(&self, b: &mut B, start: Start) -> Result<Outcome, RunError> {
        let Start { mut position, state, run_file, accept_loss, note } = start;
        if position.clock.step == 0 {
            // nothing has been computed yet: begin again, with whole files
            outputs::remove(self.directory)?;
            return self.begin(b);
        }
        let setup = self.setup.at(position.clock.temperature);
        let problem = Problem::new(&setup, self.heights);
        b.load(state)?;
        problem.go_on(b)?;
        let provenance = self.provenance(b)?;
        let reopened = Outputs::reopen(&self.context(&problem), &position.files, &provenance, accept_loss);
        let (mut outputs, lost) = reopened.map_err(|error| match error {
            ReopenError::Io(error) => error.into(),
            ReopenError::Lost(lost) => RunError::Lost { directory: self.directory.into(), lost: lost.to_string() },
        })?;
        if !lost.is_empty() || self.is_changed {
            // the checkpoint must know the files as they are now, and the new end
            self.save(b, &mut position, &mut outputs, &provenance)?;
        }
        tell(self.quiet, (!lost.is_empty()).then(|| lost.join("\n")));
        let fresh = self.run_file(&provenance);
        let run_file = match run_file {
            Some(run_file) => RunFile { setup: fresh.setup, ..run_file },
            None => fresh,
        };
        let notes = note.into_iter().chain(lost).collect();
        self.conduct(b, position, outputs, &provenance, (run_file, notes))
    }

    fn context<'s>(&'s self, problem: &'s Problem<'s>) -> Context<'s> {
        self.context_of(problem.setup, &problem.scales)
    }

    fn context_of<'s>(&'s self, setup: &'s Setup, scales: &'s Scales) -> Context<'s> {
        Context { setup, scales, statics: self.statics, heights: self.heights, directory: self.directory }
    }

    fn provenance<B: Backend>(&self, b: &B) -> Result<Provenance, RunError> {
        let setup = serde_json::to_string(self.setup)
            .map_err(|e| crate::io::IoError::content(self.directory, format!("configuration: {e}")))?;
        let (device, command) = (b.device(), self.command.to_string());
        Ok(Provenance { setup, heights: self.heights.to_vec(), device, command })
    }

    fn save<B: Backend>(
        &self,
        b: &mut B,
        position: &mut Position,
        outputs: &mut Outputs,
        provenance: &Provenance,
    ) -> Result<(), RunError> {
        position.files = outputs.seen()?;
        let checkpoint = Checkpoint { provenance: provenance.clone(), state: b.state()?, clock: position.clone() };
        Ok(checkpoint.write(self.directory)?)
    }

    fn conduct<B: Backend>(
        &self,
        b: &mut B,
        mut position: Position,
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
            first_step: position.clock.step,
            solver_seconds: 0.0,
            output_seconds: 0.0,
            wall_seconds: 0.0,
        });
        run_file.write(self.directory)?;
        let mut timing = Timing::default();
        let result = self.steps(b, &mut position, &mut outputs, provenance, &mut timing).and_then(|ending| {
            if matches!(ending, Ending::Done(_)) {
                let scales = Scales::new(self.setup);
                let context = self.context_of(self.setup, &scales);
                let note = outputs.close(&context, provenance).map_err(|error| self.kept(error.into()))?;
                if let Some(session) = run_file.sessions.last_mut() {
                    session.notes.extend(note.clone());
                }
                tell(self.quiet, note);
            }
            Ok(ending)
        });
        let (status, reason) = match &result {
            Ok(ending) => (ending.status(), ending.reason().to_string()),
            Err(error) => ("failed", error.to_string()),
        };
        run_file.status = status.into();
        run_file.reason = Some(reason);
        let ledger = &position.clock.ledger;
        run_file.ledger_errors =
            [ledger.charge_error(), ledger.lithium_error(), ledger.salt_error()].map(|e| e.is_finite().then_some(e));
        run_file.clock = serde_json::to_value(&position.clock).unwrap_or_default();
        let wall_seconds = began.elapsed().as_secs_f64();
        if let Some(session) = run_file.sessions.last_mut() {
            session.ended = Some(now());
            session.solver_seconds = timing.solver.as_secs_f64();
            session.output_seconds = timing.output.as_secs_f64();
            session.wall_seconds = wall_seconds;
        }
        let written = run_file.write(self.directory);
        let ending = result?;
        written?;
        let steps = position.clock.step;
        Ok(Outcome { ending, directory: self.directory.into(), steps, wall_seconds, clock: position.clock })
    }

    /// Steps until the run ends; the state is saved whichever way it does.
    fn steps<B: Backend>(
        &self,
        b: &mut B,
        position: &mut Position,
        outputs: &mut Outputs,
        provenance: &Provenance,
        timing: &mut Timing,
    ) -> Result<Ending, RunError> {
        let setup = self.setup;
        // one problem for each temperature, the run's first
        let temperatures = setup.protocol.temperatures(setup.temperature);
        let setups: Vec<Setup> = temperatures.into_iter().map(|temperature| setup.at(temperature)).collect();
        let stop = Stop::listen(self.max_wall);
        let asked = || stop.asked().is_some();
        let problem_of = |setup| Problem {
            asked_to_stop: Some(&asked as &(dyn Fn() -> bool + Sync)),
            ..Problem::new(setup, self.heights)
        };
        let problems: Vec<Problem> = setups.iter().map(problem_of).collect();
        let at = |temperature: f64| {
            problems.iter().find(|problem| problem.setup.temperature == temperature).unwrap_or(&problems[0])
        };
        let mut problem = at(position.clock.temperature);
        let mut progress = Progress::new(setup, &position.progress.stage, &position.clock, self.quiet);
        if position.clock.step > 0
            && let Some(reason) = self.done(position)
        {
            // stopped between the last step and the last file
            outputs.surface(b, &self.context(problem)).map_err(output_error).map_err(|error| self.kept(error))?;
            return Ok(Ending::Done(reason));
        }
        let ending = loop {
            if let Some(reason) = stop.asked() {
                break Ending::Interrupted(reason);
            }
            let nucleus = problem.scheduled.get(position.clock.scheduled).map(|nucleus| nucleus.time);
            let stage = position.progress.stage;
            stage.impose(setup, &mut position.clock);
            let there = at(stage.temperature(setup));
            if there.setup.temperature != position.clock.temperature {
                there.take_over(b, &mut position.clock, &problem.scales).map_err(|error| self.kept(error.into()))?;
                problem = there;
            }
            let context = self.context(problem);
            let until = position.progress.schedule.next_edge(setup, &stage, &position.clock, nucleus);
            let limits = stage.step(setup).map_or(&[][..], |step| &step.limits);
            let started = Instant::now();
            let before = position.clock.clone();
            let report = match problem.advance(b, &mut position.clock, Edge { time: until, limits }) {
                Ok(report) => report,
                Err(StepFailure::Backend(error)) => {
                    progress.finish();
                    return Err(self.kept(error.into()));
                }
                Err(failure @ StepFailure::Asked { .. }) => {
                    progress.finish();
                    // what the attempts have left of the fields is no state to go on from: the last checkpoint is
                    position.clock = before;
                    let reason = stop.asked().unwrap_or_default();
                    let reason = format!("{reason}, {failure}; its last checkpoint is where it goes on from");
                    outputs.end(&position.clock, "interrupted", &reason)?;
                    return Ok(Ending::Interrupted(reason));
                }
                Err(failure) => break Ending::Guard(failure.to_string()),
            };
            timing.solver += started.elapsed();
            let started = Instant::now();
            let written = self.write(b, &context, position, outputs, &report);
            if let Err(error) = written {
                progress.finish();
                // no checkpoint of this step: a resumed run takes it again, with the outputs that are missing now
                return Err(self.kept(output_error(error)));
            }
            let done = self.done(position);
            progress.show(setup, &position.progress.stage, &position.clock, &report);
            let timed = setup.end.time.is_some() || limits.iter().any(|limit| matches!(limit, Limit::Time(_)));
            if let Some(reason) = end::objection(setup, &position.clock, timed) {
                break Ending::Guard(reason);
            }
            if let Some(reason) = done {
                break Ending::Done(reason);
            }
            if position.clock.step.is_multiple_of(setup.output.checkpoint_steps) {
                self.save(b, position, outputs, provenance).map_err(|error| self.kept(error))?;
            }
            timing.output += started.elapsed();
        };
        progress.finish();
        outputs.show().map_err(|error| self.kept(error.into()))?;
        if matches!(ending, Ending::Done(_)) {
            outputs.end(&position.clock, ending.status(), ending.reason()).map_err(|e| self.kept(e.into()))?;
        }
        if end::is_finite(&position.clock) {
            self.save(b, position, outputs, provenance).map_err(|error| self.kept(error))?;
        }
        if !matches!(ending, Ending::Done(_)) {
            outputs.end(&position.clock, ending.status(), ending.reason())?;
        }
        outputs.surface(b, &self.context(problem)).map_err(output_error).map_err(|error| self.kept(error))?;
        Ok(ending)
    }

    /// Why the run is done, if it is.
    fn done(&self, position: &Position) -> Option<String> {
        let over = || position.progress.stage.is_over(self.setup).then(|| "protocol: its steps are done".into());
        let short = || {
            let ends = self.setup.end.short && position.progress.shorted;
            ends.then(|| {
                format!("short: lithium joined to the copper has reached {:.3} µm", 1e6 * short::plane(self.setup))
            })
        };
        end::condition(self.setup, &position.clock).or_else(short).or_else(over)
    }

    /// The outputs of a step, and of the step of the protocol and the cycle if it ended them.
    fn write<B: Backend>(
        &self,
        b: &mut B,
        context: &Context,
        position: &mut Position,
        outputs: &mut Outputs,
        report: &StepReport,
    ) -> Result<(), OutputError> {
        let Position { clock, progress, .. } = &mut *position;
        progress.cycle.add(clock, report.dt);
        let place = short::find(b, self.setup, self.statics, clock)?;
        if let (Some(place), false) = (place, progress.shorted) {
            outputs.short(context, clock, place)?;
        }
        progress.shorted = place.is_some();
        clock.leak = short::leak(self.setup, clock, progress.shorted);
        if clock.limited.is_some() != progress.limited {
            outputs.compliance(clock)?;
            progress.limited = clock.limited.is_some();
        }
        let ended = progress.stage.ended(self.setup, clock, progress.shorted);
        let done = self.done(position).is_some();
        let Position { clock, progress, .. } = position;
        let at_edge = ended.is_some() || done;
        let measured = outputs.step(b, context, clock, report, progress, at_edge)?;
        if let Some(m) = measured.filter(|_| at_edge) {
            if let Some(limit) = ended {
                outputs.edge(context, clock, progress, limit, &m)?;
            }
            if done || progress.stage.is_over(self.setup) {
                outputs.cycle(context, clock, progress, &m)?;
            }
        }
        Ok(())
    }

    /// An error after which the run can go on from its last checkpoint.
    fn kept(&self, error: RunError) -> RunError {
        RunError::Saved { directory: self.directory.into(), error: Box::new(error) }
    }
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
