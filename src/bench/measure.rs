//! One size: everything that is measured, in copies.

use std::collections::BTreeMap;

use super::operators::OPERATORS;
use super::report::{self, Iterations, OperatorTime, Report, SingleIon, SolveCopies, Stamp, StepTime};
use super::solver::{self, Trial};
use super::stopwatch::Spread;
use super::{BenchError, copy, fields, output};
use crate::model::collector::Statics;
use crate::model::parameters::Setup;
use crate::run::RunError;
use crate::sim::device::{self, Device, DeviceChoice};
use crate::sim::start::load_heights;
use crate::solver::multigrid::{SWEEPS, weights};
use crate::solver::newton::LINEAR_ITERATIONS;

/// Measures one size; `tell` hears of the progress.
///
/// # Errors
/// If the device cannot be opened or fails, a step fails, or a file cannot be written.
pub fn measure(choice: DeviceChoice, setup: &Setup, tell: &impl Fn(&str)) -> Result<Report, BenchError> {
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
        stamp: Stamp::now((name, driver)),
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
    let on_the_host = matches!(device, Device::Cpu(_));
    say("V-cycles");
    let b = device.backend();
    let mut cycles = Vec::new();
    let (one, two, solver) = (weights::<1>(), weights::<2>(), weights::<SWEEPS>());
    for (name, weights) in [("1,1", &one[..]), ("2,2", &two), (report::SOLVER, &solver)] {
        cycles.push((name.to_string(), trial.cycle(b, weights)?));
    }
    say("linear solves");
    let cold = trial.cold(b)?;
    let warm = trial.warm(b, &cold)?;
    say("Newton iterations and steps");
    let newton = trial.newton(b)?;
    Ok(Whole { cycles, cold, warm, newton, steps: trial.steps(b, on_the_host)? })
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
            counts: steps.counts,
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
        linear_per_newton: LINEAR_ITERATIONS,
        cold: whole.cold.iterations,
        warm: whole.warm.iterations,
    }
}

/// Names of a device and its driver; of the CPU, those of the processor and the system.
pub fn names(device: &mut Device) -> (String, String) {
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
