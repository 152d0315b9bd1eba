//! `liplate bench`: how fast the program is on this machine, in a unit that does not depend on the machine.
//!
//! The unit is one copy: the time in which 8 bytes a cell, one f32 read and one written, move at the copy rate that is measured
//! in the same process, before and after. Cells per second depend on the machine; copies tell how far the code is from what
//! the machine can do. Everything is measured on a tortuous deposit that real steps have settled, the operators on noise too.

mod copy;
mod fields;
pub mod operators;
mod output;
pub mod report;
mod solver;
mod stopwatch;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;

use crate::config::ConfigError;
use crate::io::provenance::{VERSION, commit};
use crate::io::{IoError, write_whole};
use crate::model::collector::Statics;
use crate::model::parameters::Setup;
use crate::run::RunError;
use crate::run::device::{self, Device, DeviceChoice};
use crate::run::start::load_heights;
use crate::solver::backend::BackendError;
use crate::solver::newton::NewtonError;
use crate::solver::step::StepFailure;
use operators::OPERATORS;
use report::{Iterations, OperatorTime, Report, SingleIon, SolveCopies, StepTime};
use solver::Trial;
use stopwatch::Spread;

/// Cells along a side that the CPU is measured with unless asked otherwise: a few minutes.
const SIDES_CPU: &[usize] = &[64, 128];
/// The same on a GPU; the largest that fits comes after them.
#[cfg(feature = "gpu")]
const SIDES_GPU: &[usize] = &[128, 256, 512];
/// The largest cube is sought among sides that this divides.
#[cfg(feature = "gpu")]
const ROUND: usize = 32;

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct Request {
    /// on which device
    pub device: DeviceChoice,
    /// cells along a side, or the sizes that the device is usually measured with
    pub side: Option<usize>,
    /// where the JSON goes
    pub json: Option<PathBuf>,
}

/// Why there are no numbers.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The cube is too small for copper and deposit, or has more cells than are counted.
    #[error("--cells {0}: a side has {least} to {most} cells", least = fields::SIDES.start(), most = fields::SIDES.end())]
    Side(usize),
    /// No size fits.
    #[error("none of the sizes fits: {0}")]
    NothingFits(String),
    /// The device could not be opened, or the copper not be made.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The config.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A step could not be taken.
    #[error("a step of the benchmark fails: {0}")]
    Step(#[from] StepFailure),
    /// Newton's method did not converge.
    #[error("a step of the benchmark fails: {0}")]
    Newton(#[from] NewtonError),
    /// The device failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// A file.
    #[error(transparent)]
    Io(#[from] IoError),
}

/// Measures all sizes; `tell` hears of the progress, `print` gets the report of each size as soon as it is there. The JSON is
/// the report of the size that was asked for, or a list of those of the usual sizes.
///
/// # Errors
/// If no size fits, the device or a step fails, or a file cannot be written.
pub fn run(request: &Request, tell: impl Fn(&str), print: impl Fn(&str)) -> Result<(), BenchError> {
    if let Some(side) = request.side.filter(|side| !fields::SIDES.contains(side)) {
        return Err(BenchError::Side(side));
    }
    let mut reports = Vec::new();
    let mut skipped = Vec::new();
    for side in request.side.map_or_else(|| sides(request.device), |side| vec![side]) {
        let setup = fields::setup(side)?;
        let report = match device::fits(request.device, &setup.grid) {
            Err(sentence) => Err(RunError::Device(sentence).into()),
            Ok(()) => measure(request.device, &setup, &tell),
        };
        match report {
            Ok(report) => {
                print(&report.markdown());
                reports.push(report);
            }
            Err(BenchError::Run(RunError::Device(sentence))) if request.side.is_none() => {
                tell(&format!("{side}³: skipped; {sentence}"));
                skipped.push(sentence);
                continue;
            }
            Err(error) => return Err(error),
        }
        // after each size: what is measured is kept, whatever happens to the next
        if let Some(path) = &request.json {
            match (request.side, &reports[..]) {
                (Some(_), [report]) => write(path, report)?,
                _ => write(path, &reports)?,
            }
        }
    }
    match reports.is_empty() {
        true => Err(BenchError::NothingFits(skipped.pop().unwrap_or_default())),
        false => Ok(()),
    }
}

fn write(path: &Path, report: &impl Serialize) -> Result<(), IoError> {
    let text = serde_json::to_string_pretty(report).map_err(|e| IoError::content(path, e.to_string()))?;
    write_whole(path, (text + "\n").as_bytes())
}

/// The usual sizes of a device, and the largest cube that its fields, and the host's, may have.
#[cfg(feature = "gpu")]
fn sides(choice: DeviceChoice) -> Vec<usize> {
    let adapters = crate::gpu::adapters();
    let adapter = match choice {
        DeviceChoice::Cpu => None,
        DeviceChoice::Gpu(Some(number)) => adapters.get(number),
        DeviceChoice::Gpu(None) | DeviceChoice::Auto => adapters.iter().find(|adapter| adapter.is_hardware),
    };
    let Some(adapter) = adapter else { return SIDES_CPU.to_vec() };
    let mut sides = SIDES_GPU.to_vec();
    // of a program that plays a GPU, the largest would take hours
    if adapter.is_hardware {
        sides.extend(largest(adapter.largest_cube).filter(|side| *side > 512));
    }
    sides
}

#[cfg(not(feature = "gpu"))]
fn sides(_: DeviceChoice) -> Vec<usize> {
    SIDES_CPU.to_vec()
}

/// The largest cube whose fields a device takes one by one and for which the host has room; the device's memory, which nobody
/// tells, may hold less.
#[cfg(feature = "gpu")]
fn largest(field: usize) -> Option<usize> {
    let fits = |side: &usize| match fields::setup(*side) {
        Ok(setup) => device::fits(DeviceChoice::Gpu(None), &setup.grid).is_ok(),
        Err(_) => false,
    };
    (1..=field / ROUND).rev().map(|count| count * ROUND).find(fits)
}

/// Measures one size.
fn measure(choice: DeviceChoice, setup: &Setup, tell: &impl Fn(&str)) -> Result<Report, BenchError> {
    let (side, cells) = (setup.grid.nx, setup.grid.cells());
    let say = |what: &str| tell(&format!("{side}³: {what}"));
    let heights = load_heights(setup).map_err(RunError::Copper)?;
    let statics = Statics::new(setup, &heights);
    let (mut device, why) = device::open(choice, setup, &statics).map_err(RunError::Device)?;
    why.iter().for_each(|why| say(why));
    let (name, driver) = names(&mut device);
    say(&format!("{name}; copy rate"));
    let before = copy::rates(&mut device, cells)?;

    say("a deposit, and steps until it has settled");
    let mut trial = Trial::settle(setup, &heights, device.backend())?;
    say("operators on the deposit and on noise");
    let on_deposit = trial.operators(device.backend(), &trial.state)?;
    let on_noise = trial.operators(device.backend(), &fields::noise(setup))?;
    let whole = whole(&mut trial, &mut device, &say)?;
    say("snapshots");
    let snapshot = output::snapshot(&trial, &heights, &statics, &mut device)?;
    let bytes_per_cell = device.backend().bytes_per_cell();
    let timestamps = device.backend().busy()?.is_some();
    // both at once may not fit
    drop(device);

    say("the same with single ions");
    let single = fields::single_ion(setup);
    let (mut device, _) = device::open(choice, &single, &statics).map_err(RunError::Device)?;
    let other = self::whole(&mut Trial::settle(&single, &heights, device.backend())?, &mut device, &say)?;
    say("copy rate again");
    let after = copy::rates(&mut device, cells)?;

    let rate = before.spread(&after, |rates| &rates.large).median;
    let copies = Copies(8.0 * cells as f64 / rate);
    let operators = OPERATORS.iter().zip(on_deposit.iter().zip(&on_noise)).map(|(operator, (deposit, noise))| {
        let bytes_per_cell = operator.bytes_per_cell();
        let fraction = |seconds: f64| bytes_per_cell * cells as f64 / seconds / rate;
        OperatorTime {
            name: operator.name,
            bytes_per_cell,
            seconds: deposit.median,
            fraction_of_copy: fraction(deposit.median),
            seconds_on_noise: noise.median,
            fraction_of_copy_on_noise: fraction(noise.median),
            spread: [deposit, noise].map(|spread| [spread.least, spread.most]),
        }
    });
    let mut spread = copies.ranges(&whole, "");
    spread.append(&mut copies.ranges(&other, "single ion "));
    spread.insert("snapshot".into(), [snapshot.least, snapshot.most]);
    Ok(Report {
        date: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        version: VERSION,
        commit: commit(),
        device: name,
        driver,
        clock: if timestamps { "the device's timestamps" } else { "the wall clock" },
        cells,
        side,
        copy_bytes_per_second: rate,
        field_copy_bytes_per_second: before.spread(&after, |rates| &rates.field).median,
        copy_before: before,
        copy_after: after,
        operators: operators.collect(),
        v_cycle_copies: copies.cycles(&whole),
        solver_cycle: report::solver_cycle(),
        solve_copies: copies.solves(&whole),
        newton_copies: copies.of(whole.newton.median),
        step: copies.step(&whole),
        iterations: iterations(&whole),
        idle_fraction: whole.steps.idle.clone().ok(),
        idle_unknown: whole.steps.idle.clone().err(),
        bytes_per_cell,
        snapshot_seconds: snapshot.median,
        output_cost_fraction: snapshot.median / (100.0 * whole.steps.seconds.median),
        single_ion: SingleIon {
            v_cycle_copies: copies.cycles(&other),
            solve_copies: copies.solves(&other),
            newton_copies: copies.of(other.newton.median),
            step: copies.step(&other),
            iterations: iterations(&other),
        },
        spread,
    })
}

/// What is measured on a settled deposit with and without salt.
struct Whole {
    cycles: Vec<(String, Spread)>,
    cold: solver::Solve,
    warm: solver::Solve,
    newton: Spread,
    steps: solver::Steps,
}

fn whole(trial: &mut Trial, device: &mut Device, say: &impl Fn(&str)) -> Result<Whole, BenchError> {
    say("V-cycles");
    let b = device.backend();
    let mut cycles = Vec::new();
    for (name, sweeps) in [("1,1", Some(1)), ("2,2", Some(2)), (report::SOLVER, None)] {
        cycles.push((name.to_string(), trial.cycle(b, sweeps)?));
    }
    say("linear solves");
    let cold = trial.cold(b)?;
    let warm = trial.warm(b, &cold)?;
    say("Newton iterations and steps");
    let newton = trial.newton(b)?;
    Ok(Whole { cycles, cold, warm, newton, steps: trial.steps(b)? })
}

/// Turns seconds into copies; holds the seconds of one.
struct Copies(f64);

impl Copies {
    fn of(&self, seconds: f64) -> f64 {
        seconds / self.0
    }

    fn cycles(&self, whole: &Whole) -> BTreeMap<String, f64> {
        whole.cycles.iter().map(|(name, seconds)| (name.clone(), self.of(seconds.median))).collect()
    }

    fn solves(&self, whole: &Whole) -> SolveCopies {
        let copies = |solve: &solver::Solve| solve.seconds.map(|seconds| self.of(seconds.median));
        SolveCopies { cold: copies(&whole.cold), warm: copies(&whole.warm) }
    }

    fn step(&self, whole: &Whole) -> StepTime {
        let steps = &whole.steps;
        StepTime {
            copies: self.of(steps.seconds.median),
            seconds: steps.seconds.median,
            dt: steps.dt.median,
            limited_by: steps.limited_by.clone(),
            rejected: steps.rejected,
        }
    }

    /// Smallest and largest values in copies.
    fn ranges(&self, whole: &Whole, prefix: &str) -> BTreeMap<String, [f64; 2]> {
        let cycles = whole.cycles.iter().map(|(name, seconds)| (format!("v_cycle {name}"), Some(*seconds)));
        let others = [
            ("cold", whole.cold.seconds),
            ("warm", whole.warm.seconds),
            ("newton", Some(whole.newton)),
            ("step", Some(whole.steps.seconds)),
        ];
        let all = cycles.chain(others.map(|(name, seconds)| (name.to_string(), seconds)));
        all.filter_map(|(name, seconds)| {
            let seconds = seconds?;
            Some((format!("{prefix}{name}"), [self.of(seconds.least), self.of(seconds.most)]))
        })
        .collect()
    }
}

fn iterations(whole: &Whole) -> Iterations {
    Iterations {
        newton_per_step: whole.steps.newton.median,
        linear_per_newton: report::LINEAR,
        cold: whole.cold.iterations,
        warm: whole.warm.iterations,
    }
}

/// Names of a device and its driver; of the CPU, those of the processor and the system.
fn names(device: &mut Device) -> (String, String) {
    match device {
        Device::Cpu(_) => {
            let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
            let info = read("/proc/cpuinfo");
            let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split(':').nth(1));
            let name = device.backend().device();
            let name = model.map_or(name.clone(), |model| format!("{} ({name})", model.trim()));
            let system = format!("{} {}", std::env::consts::OS, read("/proc/sys/kernel/osrelease").trim());
            (name, format!("none, {}", system.trim()))
        }
        #[cfg(feature = "gpu")]
        Device::Gpu(_) => {
            let name = device.backend().device();
            let adapters = crate::gpu::adapters();
            let adapter = adapters.into_iter().find(|adapter| name.starts_with(&adapter.name));
            match adapter {
                Some(adapter) => (adapter.name, format!("{}, {}", adapter.backend, adapter.driver)),
                None => (name, "not known".into()),
            }
        }
    }
}
