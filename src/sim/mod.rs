//! A simulation: the copper, the fields on a device, the clock and the place in the protocol of one run, under one owner.
//!
//! ```no_run
//! use liplate::model::stored::Stored;
//! use liplate::sim::{Simulation, device::DeviceChoice};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let config = liplate::config::read(std::path::Path::new("configs/quickstart.toml"), &[])?;
//! let mut sim = Simulation::new(config.setup, DeviceChoice::Cpu)?;
//! while sim.time() < 60.0 {
//!     sim.step()?;
//! }
//! println!("{} m", sim.metrics()?.max_height);
//! let lithium = sim.field(Stored::Lithium)?; // z, y, x
//! sim.save(std::path::Path::new("state"), "my own program")?;
//! # Ok(())
//! # }
//! ```
//!
//! `run` is a simulation with files, progress and a guard; `check`, `verify`, `bench` and the tests make the same calls.

pub mod device;
pub mod fields;
pub mod heat;
pub mod short;
pub mod stage;
pub mod start;
pub mod thermal;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use ndarray::Array3;
use serde::{Deserialize, Serialize};

use crate::io::IoError;
use crate::io::checkpoint::Checkpoint;
use crate::io::provenance::{Provenance, VERSION};
use crate::metrics::{Look, Metrics};
use crate::model::collector::Statics;
use crate::model::keys::{OfKeys, Shown};
use crate::model::parameters::{End, Setup};
use crate::model::protocol::Limit;
use crate::model::scales::Scales;
use crate::model::stored::Stored;
use crate::solver::backend::{Backend, BackendError, State};
use crate::solver::step::{Clock, Edge, Problem, StepFailure, StepReport};
use device::{Device, DeviceChoice};
use stage::Stage;

/// Why there is no simulation.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// The copper of the configuration cannot be had.
    #[error("collector: {0}")]
    Copper(IoError),
    /// The device could not be opened, or cannot hold the grid.
    #[error("{0}")]
    Device(String),
    /// The device failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// A file.
    #[error(transparent)]
    Io(#[from] IoError),
}

/// Everything of a simulation that is neither configuration nor field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// time, step, ledgers, and what the step remembers
    pub clock: Clock,
    /// the step of the protocol that comes next, or goes on
    pub stage: Stage,
    /// whether lithium that is joined to the copper has reached the cathode's side
    pub shorted: bool,
}

/// What a time step did.
#[derive(Clone, Debug)]
pub struct Step {
    /// length, iterations, what was thrown away, nuclei, pieces
    pub report: StepReport,
    /// the step of the protocol that it was a part of
    pub stage: Stage,
    /// the limit that ended that step of the protocol at its end, if one did
    pub ended: Option<Limit>,
    /// centre of the lowest cell in which lithium has made a short in this step, if it has \[m\]
    pub short: Option<[f64; 3]>,
}

/// What is fixed in a simulation and where it stands, for what looks at it.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// the run at the temperature of now
    pub setup: &'a Setup,
    /// units of the fields
    pub scales: &'a Scales,
    /// fields that do not change
    pub statics: &'a Statics,
    /// heights of the copper, x fastest, nx × ny \[m\]
    pub heights: &'a [f64],
    /// time, step, ledgers
    pub clock: &'a Clock,
}

/// What is fixed in a simulation, kept beyond a borrow of it: what another thread looks at the simulation with.
#[derive(Clone)]
pub struct Scene {
    setup: Arc<Setup>,
    scales: Scales,
    statics: Arc<Statics>,
    heights: Arc<[f64]>,
}

impl Scene {
    /// Temperature of the setup, in whose units the fields are \[K\].
    pub fn temperature(&self) -> f64 {
        self.setup.temperature
    }

    /// The view of a simulation that stands at `clock`.
    pub fn at<'a>(&'a self, clock: &'a Clock) -> View<'a> {
        View { setup: &self.setup, scales: &self.scales, statics: &self.statics, heights: &self.heights, clock }
    }
}

/// One simulation. It owns its device.
pub struct Simulation {
    /// the run as it is configured
    setup: Setup,
    /// the run at the temperature of now, in the units of the fields
    problem: Problem,
    statics: Arc<Statics>,
    device: Device,
    /// why it is this device, if the choice was free
    why: Option<String>,
    position: Position,
}

impl Simulation {
    /// Starts what `setup` describes on a device: copper, initial deposit, electrolyte at rest.
    ///
    /// # Errors
    /// If the copper cannot be had, or the device not be opened or too small for the grid.
    pub fn new(setup: Setup, choice: DeviceChoice) -> Result<Self, SimulationError> {
        device::fits(choice, &setup.grid).map_err(SimulationError::Device)?;
        let heights = start::load_heights(&setup).map_err(SimulationError::Copper)?;
        Self::on_copper(setup, heights, choice)
    }

    /// Starts what `setup` describes on copper of these `heights` \[m\], x fastest, nx × ny.
    ///
    /// # Errors
    /// If the device cannot be opened, is too small for the grid, or fails.
    pub fn on_copper(setup: Setup, heights: Vec<f64>, choice: DeviceChoice) -> Result<Self, SimulationError> {
        let statics = Statics::new(&setup, &heights);
        Self::with_statics(setup, heights, statics, choice)
    }

    /// Starts what `setup` describes on copper of these `heights` \[m\] whose fields are `statics`: those of other copper, to see what
    /// comes of it.
    ///
    /// # Errors
    /// If the device cannot be opened, is too small for the grid, or fails.
    pub fn with_statics(
        setup: Setup,
        heights: Vec<f64>,
        statics: Statics,
        choice: DeviceChoice,
    ) -> Result<Self, SimulationError> {
        let initial = start::initial_state(&setup, &heights);
        Self::at(setup, heights, statics, choice, |problem, b| {
            b.load(&initial)?;
            Ok(Position { clock: problem.start(b)?, stage: Stage::default(), shorted: false })
        })
    }

    /// Goes on from a `state` and a `position` that a simulation of this setup had on copper of these `heights` \[m\].
    ///
    /// # Errors
    /// If the device cannot be opened, is too small for the grid, or fails.
    pub fn resumed(
        setup: Setup,
        heights: Vec<f64>,
        state: &State,
        position: Position,
        choice: DeviceChoice,
    ) -> Result<Self, SimulationError> {
        let statics = Statics::new(&setup, &heights);
        let here = setup.at(position.clock.temperature);
        let mut sim = Self::at(here, heights, statics, choice, |problem, b| {
            b.load(state)?;
            problem.go_on(b)?;
            Ok(position)
        })?;
        sim.setup = setup;
        Ok(sim)
    }

    /// Begins from a `state`, in the units of `setup`, on copper of these `heights` \[m\]: time, charge and ledgers begin anew, and the
    /// next nucleus has the number after `nuclei`. Nuclei that the setup puts down at its beginning are taken to be there.
    ///
    /// # Errors
    /// If the device cannot be opened, is too small for the grid, or fails.
    pub fn branched(
        setup: Setup,
        heights: Vec<f64>,
        state: &State,
        nuclei: u64,
        choice: DeviceChoice,
    ) -> Result<Self, SimulationError> {
        device::fits(choice, &setup.grid).map_err(SimulationError::Device)?;
        let statics = Statics::new(&setup, &heights);
        Self::at(setup, heights, statics, choice, |problem, b| {
            b.load(state)?;
            let clock = problem.start_from(b, nuclei)?;
            Ok(Position { clock, stage: Stage::default(), shorted: false })
        })
    }

    fn at(
        setup: Setup,
        heights: Vec<f64>,
        statics: Statics,
        choice: DeviceChoice,
        begin: impl FnOnce(&Problem, &mut dyn Backend) -> Result<Position, BackendError>,
    ) -> Result<Self, SimulationError> {
        let (mut device, why) = device::open(choice, &setup, &statics).map_err(SimulationError::Device)?;
        let problem = Problem::new(&setup, &heights);
        let position = begin(&problem, device.backend())?;
        Ok(Self { setup, problem, statics: Arc::new(statics), device, why, position })
    }

    /// Goes on from what [`Simulation::save`], or a run, has left in `directory`.
    ///
    /// # Errors
    /// If there is nothing whole, or the device cannot be opened, is too small for the grid, or fails.
    pub fn load(directory: &Path, choice: DeviceChoice) -> Result<Self, SimulationError> {
        let fits = |stored: &Checkpoint<Position>| setup_of(stored).map(|_| ());
        let found = Checkpoint::<Position>::read(directory, fits)?;
        let stored = found.checkpoint;
        let setup = setup_of(&stored).map_err(|problem| IoError::content(&found.path, problem))?;
        device::fits(choice, &setup.grid).map_err(SimulationError::Device)?;
        Self::resumed(setup, stored.provenance.heights, &stored.state, stored.clock, choice)
    }

    /// Saves everything that [`Simulation::load`] needs into `directory`, which is made if it is not there; the state that was saved
    /// before is kept beside it. `command` says what has computed it.
    ///
    /// # Errors
    /// If it cannot be written or the device fails.
    pub fn save(&mut self, directory: &Path, command: &str) -> Result<(), SimulationError> {
        std::fs::create_dir_all(directory).map_err(IoError::system(directory))?;
        let provenance = self.provenance(command)?;
        let checkpoint = Checkpoint { provenance, state: self.state()?, clock: self.position.clone() };
        Ok(checkpoint.write(directory)?)
    }

    /// Where the simulation comes from, for its files; `command` says what has started it.
    ///
    /// # Errors
    /// If the configuration cannot be told as JSON.
    pub fn provenance(&mut self, command: &str) -> Result<Provenance, IoError> {
        let setup = serde_json::to_string(&self.setup)
            .map_err(|e| IoError::content(Path::new(&self.setup.name), format!("configuration: {e}")))?;
        let (heights, device) = (self.problem.heights.clone(), self.device.backend().device());
        Ok(Provenance { setup, heights, device, command: command.into() })
    }

    /// Takes one time step, as long as accuracy and stability allow; it ends where a step of the protocol does.
    ///
    /// # Errors
    /// If no step down to the smallest can be solved, or the device fails.
    pub fn step(&mut self) -> Result<Step, StepFailure> {
        self.step_until(f64::INFINITY, None)
    }

    /// Takes one time step that ends no later than `time` \[s\]. After three attempts that failed it is broken off if `asked` says so.
    ///
    /// # Errors
    /// If no step down to the smallest can be solved, it is broken off, or the device fails. The fields are then those of an attempt.
    pub fn step_until(&mut self, time: f64, asked: Option<&(dyn Fn() -> bool + Sync)>) -> Result<Step, StepFailure> {
        self.impose()?;
        let Self { setup, problem, statics, device, position, .. } = self;
        let Position { clock, stage, shorted } = position;
        let b = device.backend();
        let nucleus = problem.scheduled.get(clock.scheduled).map(|nucleus| nucleus.time);
        let edges = [nucleus, stage.next_edge(setup, clock)];
        let time = edges.into_iter().flatten().filter(|&edge| edge > clock.time).fold(time, f64::min);
        let limits = stage.step(setup).map_or(&[][..], |step| &step.limits);
        let report = problem.advance(b, clock, Edge { time, limits, asked })?;
        let place = short::find(b, setup, statics, clock)?;
        let short = place.filter(|_| !*shorted);
        *shorted = place.is_some();
        clock.leak = short::leak(setup, clock, *shorted);
        thermal::take(setup, clock);
        let (before, ended) = (*stage, stage.ended(setup, clock, *shorted));
        if ended.is_some() {
            *stage = stage.next(setup, clock);
        }
        Ok(Step { report, stage: before, ended, short })
    }

    /// Imposes what the protocol says now: current, potential or voltage, and temperature. A step does so by itself; what is known of
    /// the next edges before it depends on it.
    ///
    /// # Errors
    /// If the device fails.
    pub fn impose(&mut self) -> Result<(), BackendError> {
        let Position { clock, stage, .. } = &mut self.position;
        stage.impose(&self.setup, clock);
        let temperature = stage.temperature(&self.setup);
        if temperature != clock.temperature {
            let there = Problem::new(&self.setup.at(temperature), &self.problem.heights);
            there.take_over(self.device.backend(), clock, &self.problem.scales)?;
            self.problem = there;
        }
        Ok(())
    }

    /// Begins anew from a state instead of that of the setup.
    ///
    /// # Errors
    /// If the device fails.
    pub fn begin_from(&mut self, state: &State) -> Result<(), BackendError> {
        let b = self.device.backend();
        b.load(state)?;
        let clock = self.problem.start(b)?;
        self.position = Position { clock, stage: Stage::default(), shorted: false };
        Ok(())
    }

    /// Time \[s\].
    pub fn time(&self) -> f64 {
        self.position.clock.time
    }

    /// The run as it is configured.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Gives the run another end. What has been computed stays as it is.
    pub fn set_end(&mut self, end: End) {
        self.setup.end = end.clone();
        self.problem.setup.end = end;
    }

    /// Time, step, ledgers, and what the step remembers.
    pub fn clock(&self) -> &Clock {
        &self.position.clock
    }

    /// Where the simulation stands, to change what the next step finds: for experiments with the step itself.
    pub fn clock_mut(&mut self) -> &mut Clock {
        &mut self.position.clock
    }

    /// Units of the fields, at the temperature of now.
    pub fn scales(&self) -> &Scales {
        &self.problem.scales
    }

    /// Everything that is neither configuration nor field.
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// Why it is this device, if the choice was free.
    pub fn why_this_device(&self) -> Option<&str> {
        self.why.as_deref()
    }

    /// The device, with its fields.
    pub fn device(&mut self) -> &mut Device {
        &mut self.device
    }

    /// The verbs of the device, for what looks closer than a step.
    pub fn backend(&mut self) -> &mut dyn Backend {
        self.device.backend()
    }

    /// What the step knows of the run, and the verbs of the device.
    pub fn problem(&mut self) -> (&Problem, &mut dyn Backend) {
        (&self.problem, self.device.backend())
    }

    /// What is fixed and where it stands, and the verbs of the device.
    pub fn view(&mut self) -> (View<'_>, &mut dyn Backend) {
        let Self { problem, statics, device, position, .. } = self;
        let Problem { setup, scales, heights, .. } = problem;
        (View { setup, scales, statics, heights, clock: &position.clock }, device.backend())
    }

    /// What is fixed, for another thread. Another temperature makes another.
    pub fn scene(&self) -> Scene {
        let Problem { setup, scales, heights, .. } = &self.problem;
        Scene {
            setup: Arc::new(setup.clone()),
            scales: *scales,
            statics: self.statics.clone(),
            heights: heights.as_slice().into(),
        }
    }

    /// The fields that time changes, in scaled units.
    ///
    /// # Errors
    /// If the device fails.
    pub fn state(&mut self) -> Result<State, BackendError> {
        self.device.backend().state()
    }

    /// A field in SI; axes z, y, x.
    ///
    /// # Errors
    /// If the device fails.
    pub fn field(&mut self, field: Stored) -> Result<Array3<f32>, BackendError> {
        let (view, b) = self.view();
        b.interface(0.0);
        let cells = fields::si(b, field, view.scales, view.clock.phi_reference)?;
        let grid = &view.setup.grid;
        Ok(Array3::from_shape_vec((grid.nz, grid.ny, grid.nx), cells).unwrap_or_default())
    }

    /// Measures the deposit: heights, roughness, area, voids, tips, currents.
    ///
    /// # Errors
    /// If the device fails.
    pub fn metrics(&mut self) -> Result<Metrics, BackendError> {
        let (view, b) = self.view();
        b.interface(0.0); // that of the lithium as it is now
        Ok(fields::look(b, &view, Look::Close)?.metrics)
    }
}

/// Reads a setup from the JSON that files store. Keys that have been added since have their defaults.
///
/// # Errors
/// A sentence, if it is no setup, or lacks a number that has no default.
pub fn setup_from_json(text: &str) -> Result<Setup, String> {
    let setup: Setup = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let sections = [
        ("kinetics", setup.kinetics.shown()),
        ("separator", setup.separator.as_ref().map(OfKeys::shown).unwrap_or_default()),
        ("electrolyte", setup.electrolyte.shown()),
        ("nucleation", setup.nucleation.shown()),
        ("time_step", setup.time_step.shown()),
    ];
    let of_mechanisms = setup.mechanisms.each().into_iter().map(|(name, on)| (name, on.shown()));
    for (section, values) in sections.into_iter().chain(of_mechanisms) {
        let missing = |(_, value): &&(String, Shown)| matches!(value, Shown::Quantity(number, _) if number.is_nan());
        if let Some((key, _)) = values.iter().find(missing) {
            return Err(format!("{section}.{key} is missing"));
        }
    }
    Ok(setup)
}

/// The configuration of a checkpoint, if its fields fit it.
///
/// # Errors
/// A sentence.
pub fn setup_of<C>(stored: &Checkpoint<C>) -> Result<Setup, String> {
    let setup = setup_from_json(&stored.provenance.setup)
        .map_err(|e| format!("holds a configuration that liplate {VERSION} cannot read: {e}"))?;
    let (cells, state) = (setup.grid.cells(), &stored.state);
    let named = setup.mechanisms.fields().iter().map(|field| field.name).collect::<BTreeSet<_>>();
    let whole = state.each().all(|(_, field)| field.len() == cells) && named.iter().eq(state.riding.keys());
    match whole && stored.provenance.heights.len() == setup.grid.nx * setup.grid.ny {
        true => Ok(setup),
        false => Err(format!("holds {} cells, but its configuration has {cells}", state.xi.len())),
    }
}
