//! `liplate check` and `liplate devices`: what a config means before it runs, and what could run it.

mod copper;
pub(crate) mod cost;
mod regime;
mod stripping;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use crate::config::{Config, quantity};
use crate::cpu;
use crate::memory;
use crate::model::cathode::OpenCircuit;
use crate::model::collector;
use crate::model::constants::{FARADAY, LITHIUM_MOLAR_VOLUME};
use crate::model::keys::{Named, OfKeys, Shown};
use crate::model::parameters::*;
use crate::model::pieces;
use crate::model::protocol::{Protocol, Step};
use crate::run::RunError;
use crate::run::rehearsal::{keep_a_nucleus, rehearse};
use crate::sim::Simulation;
use crate::sim::device::{self, DeviceChoice};
use crate::sim::start::load_copper;
use crate::sim::thermal::Body;

/// Cells of the trial that the cost is measured on.
const TRIAL_CELLS: usize = 1 << 18;
/// Steps of the trial; the first ones are the dearest.
const TRIAL_STEPS: usize = 3;

/// The text of `liplate check`.
///
/// # Errors
/// If a height map cannot be read or the grid does not fit the device.
pub fn check(config: &Config, choice: DeviceChoice) -> Result<String, RunError> {
    let Config { setup, remarks, units, .. } = config;
    device::fits(choice, &setup.grid).map_err(RunError::Device)?;
    let (heights, map) = load_copper(setup).map_err(RunError::Copper)?;
    let mut text = values_in(setup, units);
    let of_map = map.map_or(Vec::new(), |map| copper::lines(&mut text, setup, &map));
    resolution(&mut text, setup);
    let regime = regime::lines(&mut text, setup);
    stripping::lines(&mut text, setup);
    let of_cost = cost::lines(&mut text, setup, &heights, choice, &regime)?;
    for remark in remarks.iter().chain(&regime.warnings).chain(&of_map).chain(&of_cost) {
        line(&mut text, "note", remark);
    }
    Ok(text)
}

fn line(text: &mut String, name: &str, value: impl std::fmt::Display) {
    // writing to a String cannot fail
    let _ = writeln!(text, "{name:<34} {value}");
}

/// Resolved values, in the units that people use.
pub(crate) fn values(setup: &Setup) -> String {
    values_in(setup, &BTreeMap::new())
}

/// Resolved values in the `units` that their keys are given in.
fn values_in(setup: &Setup, units: &BTreeMap<String, String>) -> String {
    let text = &mut String::new();
    // the name begins with the key; one that is set in is no key
    let unit_of = |name: &str| name.split(' ').next().and_then(|key| units.get(key)).map(String::as_str);
    let q = |text: &mut String, name: &str, value: f64, unit: &str| {
        line(text, name, quantity::for_people(value, unit, unit_of(name)));
    };
    let rows = |text: &mut String, section: &str, rows: Vec<(String, Shown)>| {
        for (key, value) in rows {
            match (value, format!("{section}.{key}")) {
                (Shown::Text(words), key) => line(text, &key, words),
                (Shown::Quantity(value, unit), key) if key == "kinetics.i0" => {
                    q(text, "kinetics.i0 (at temperature)", value, unit);
                }
                (Shown::Quantity(value, unit), key) => q(text, &key, value, unit),
            }
        }
    };
    line(text, "name", &setup.name);
    line(text, "grid.cells", format!("{} × {} × {}", setup.grid.nx, setup.grid.ny, setup.grid.nz));
    q(text, "grid.dx", setup.grid.dx, "m");
    q(text, "grid.ell", setup.ell, "m");
    q(text, "temperature", setup.temperature, "K");
    rows(text, "electrolyte", setup.electrolyte.shown());
    q(text, "electrolyte.c0", setup.top.c0, "mol/m^3");
    let p = setup.electrolyte.at(setup.top.c0, setup.temperature);
    q(text, "  kappa at c0", p.kappa, "S/m");
    if setup.electrolyte.has_salt() {
        q(text, "  diffusivity at c0", p.diffusivity, "m^2/s");
        q(text, "  transference at c0", p.transference, "1");
        q(text, "  thermodynamic_factor at c0", p.thermodynamic_factor, "1");
    }
    rows(text, "kinetics", setup.kinetics.shown());
    for (name, mechanism) in setup.mechanisms.each() {
        rows(text, name, mechanism.shown());
    }
    q(text, "collector.height", setup.collector.height, "m");
    q(text, "collector.contact_angle", setup.collector.contact_angle, "rad");
    rows(text, "collector", setup.collector.shape.shown());
    if let Some(pattern) = &setup.collector.pattern {
        rows(text, "collector.pattern", pattern.shown());
        let inside = 100.0 * collector::inside(&setup.grid, pattern);
        line(text, "  inside", format!("{inside:.1} % of the copper"));
    }
    rows(text, "deposit", setup.deposit.shown());
    rows(text, "nucleation", setup.nucleation.shown());
    if let Some(separator) = &setup.separator {
        rows(text, "separator", separator.shown());
    }
    match setup.top.control {
        _ if !setup.protocol.is_empty() => protocol(text, &setup.protocol),
        Control::Current(i) => q(text, "top.current", i, "A/m^2"),
        Control::Potential(v) => q(text, "top.potential", v, "V"),
    }
    match setup.top.compliance {
        _ if setup.protocol.is_empty() && matches!(setup.top.control, Control::Potential(_)) => {}
        Some(compliance) => {
            let volts = quantity::for_people(compliance, "V", Some(unit_of("top.compliance").unwrap_or("V")));
            line(text, "top.compliance", format!("{volts} vs Li, for currents that plate"));
        }
        None => line(text, "top.compliance", "none"),
    }
    line(text, "top.salt", setup.top.salt.name());
    q(text, "top.initial_potential", setup.top.initial_potential, "V");
    if let Some(column) = setup.top.column {
        q(text, "top.column", column, "m");
    }
    if let Some(cathode) = &setup.cathode {
        line(text, "cathode.ocp", open_circuit_name(&cathode.ocp));
        q(text, "cathode.areal_capacity", cathode.areal_capacity, "C/m^2");
        q(text, "cathode.empty", cathode.lithiation[0], "1");
        q(text, "cathode.full", cathode.lithiation[1], "1");
        q(text, "cathode.resistance", cathode.resistance, "ohm m^2");
        if let Some(short) = cathode.short {
            q(text, "cathode.short_resistance", short, "ohm m^2");
        }
        let [full, empty] = [0.0, cathode.areal_capacity].map(|charge| cathode.potential(charge, 0.0));
        line(text, "  its potential, full and empty", format!("{full:.3} V, {empty:.3} V"));
    }
    if let Some(design) = &setup.cell {
        rows(text, "cell", design.cell.shown());
        rows(text, "cell", design.asked.shown());
        if let Some(body) = Body::of(setup) {
            q(text, "  its heat capacity, for each area", body.capacity, "J/m^2/K");
            if body.cooling > 0.0 {
                q(text, "  it cools with the time constant", body.capacity / body.cooling, "s");
                line(text, "  a lasting 1 W/m^2 warms it by", format!("{} K", quantity::digits(1.0 / body.cooling)));
            }
        }
    }
    rows(text, "end", setup.end.shown());
    rows(text, "output", setup.output.shown());
    rows(text, "time_step", setup.time_step.shown());
    std::mem::take(text)
}

/// The steps of a protocol, with the current or potential that each imposes.
fn protocol(text: &mut String, protocol: &Protocol) {
    for (i, block) in protocol.blocks.iter().enumerate() {
        if block.repeat > 1 {
            line(text, &format!("protocol[{i}].repeat"), block.repeat);
        }
        for step in &block.steps {
            let imposed = match step.control {
                _ if step.voltage.is_some() => "the cell's voltage".into(),
                Control::Current(i) => quantity::for_people(i, "A/m^2", None),
                Control::Potential(v) => format!("{} V vs Li", quantity::digits(v)),
            };
            let limited =
                step.compliance.map(|compliance| format!(", down to {} V vs Li", quantity::digits(compliance)));
            let limited = limited.unwrap_or_default();
            line(text, &format!("protocol[{i}]"), format!("{}  ({imposed}{limited})", step.text));
        }
    }
}

fn open_circuit_name(ocp: &OpenCircuit) -> String {
    match ocp {
        OpenCircuit::Table { file, .. } => format!("table {file}"),
        fit => OpenCircuit::FITS.into_iter().filter(|(_, known)| known == fit).map(|(name, _)| name).collect(),
    }
}

/// Lengths that the grid must resolve, and the physics that follows from the numbers.
fn resolution(text: &mut String, setup: &Setup) {
    let (grid, um) = (&setup.grid, 1e6);
    let box_size = [grid.nx, grid.ny, grid.nz].map(|n| n as f64 * grid.dx * um);
    line(text, "box", format!("{:.3} × {:.3} × {:.3} µm", box_size[0], box_size[1], box_size[2]));
    let ratio = setup.ell / grid.dx;
    line(text, "interface", format!("ℓ = {ratio:.2} dx: 10–90 % over {:.1} cells", 4.4 * ratio));
    let length = |ells: f64| format!("{:.3} µm = {ells:.1} ℓ", ells * setup.ell * um);
    line(text, "necks break at", length(pieces::PINCH));
    line(text, "smallest isolated piece", format!("radius {}", length(pieces::SMALLEST_RADIUS)));
    if let Some(radius) = smallest_nucleus(&setup.nucleation) {
        let cells = radius / grid.dx;
        line(text, "smallest nucleus", format!("{cells:.1} dx = {:.1} ℓ (at least 2.5 ℓ)", radius / setup.ell));
    }
    if let Control::Current(i) = setup.top.control {
        let speed = i * LITHIUM_MOLAR_VOLUME / FARADAY;
        line(text, "flat front", format!("{:.4} nm/s", speed * 1e9));
        if let Some(charge) = setup.end.charge {
            let thickness = charge * LITHIUM_MOLAR_VOLUME / FARADAY;
            line(text, "dense lithium at the end", format!("{:.3} µm", thickness * um));
        }
    }
}

/// Smallest radius of a nucleus \[m\].
pub(crate) fn smallest_nucleus(nucleation: &Nucleation) -> Option<f64> {
    match nucleation {
        Nucleation::None => None,
        Nucleation::Poisson { radius, .. } | Nucleation::AtOnce { radius, .. } => Some(*radius),
        Nucleation::Listed { nuclei } => nuclei.iter().map(|n| n.radius).reduce(f64::min),
    }
}

/// The first steps, measured on a box of the same height and fewer columns; the second value says why this device.
fn trial(setup: &Setup, heights: &[f64], choice: DeviceChoice) -> Result<(Trial, Option<String>), RunError> {
    let mut trial = setup.clone();
    while trial.grid.cells() > TRIAL_CELLS && trial.grid.nx.max(trial.grid.ny) > 1 {
        if trial.grid.nx >= trial.grid.ny {
            trial.grid.nx = trial.grid.nx.div_ceil(2);
        } else {
            trial.grid.ny = trial.grid.ny.div_ceil(2);
        }
    }
    let part: Vec<f64> =
        (0..trial.grid.ny).flat_map(|y| heights[y * setup.grid.nx..][..trial.grid.nx].iter().copied()).collect();
    collector::average_pattern(setup, &mut trial);
    keep_a_nucleus(&mut trial);
    let mut sim = Simulation::on_copper(trial, part, choice)?;
    let why = sim.why_this_device().map(str::to_string);
    Ok((try_steps(&mut sim)?, why))
}

/// What each of several runs is expected to cost, rehearsed in the wall time given for all; the first steps of the first are measured for all
/// of them.
///
/// # Errors
/// If the device cannot be opened or the first one's copper cannot be had.
pub(crate) fn costs(setups: &[Setup], choice: DeviceChoice, time: Duration) -> Result<Vec<cost::Estimate>, RunError> {
    let Some(first) = setups.first() else { return Ok(Vec::new()) };
    let (heights, _) = load_copper(first).map_err(RunError::Copper)?;
    let (trial, _) = trial(first, &heights, choice)?;
    let each = time / setups.len() as u32;
    let cost = |setup: &Setup| {
        let (heights, _) = load_copper(setup).map_err(RunError::Copper)?;
        let regime = regime::lines(&mut String::new(), setup);
        Ok(cost::Estimate::new(setup, &trial, &rehearse(setup, &heights, [each; 2]), &regime))
    };
    setups.iter().map(cost).collect()
}

/// Seconds of wall time that a step takes for each cell, measured in the first steps.
///
/// # Errors
/// If the device cannot be opened or the first steps fail.
pub(crate) fn seconds_per_cell(setup: &Setup, heights: &[f64], choice: DeviceChoice) -> Result<f64, RunError> {
    trial(setup, heights, choice).map(|(trial, _)| trial.seconds_per_cell)
}

/// Steps that the turns of a step of a protocol need that is pulsed or follows a file: after each edge they begin as short as the first of a run, and grow by
/// a factor of two at most.
fn of_pulses(setup: &Setup, step: &Step) -> f64 {
    let within = |time: f64| (1.0 + time / setup.time_step.first).log2().ceil().max(1.0);
    if let Some(profile) = &step.profile {
        let changes = profile.changes() as f64;
        return changes * within(profile.length() / changes.max(1.0));
    }
    let (Some([on, off]), Some(charge), Control::Current(current)) = (step.pulse, step.charge(), step.control) else {
        return 0.0;
    };
    charge / (current.abs() * on) * (within(on) + within(off))
}

/// Steps that a flat front would need.
pub(crate) fn steps(setup: &Setup) -> Option<f64> {
    let of_pulses: f64 = setup
        .protocol
        .blocks
        .iter()
        .flat_map(|block| block.steps.iter().map(|step| block.repeat as f64 * of_pulses(setup, step)))
        .sum();
    let charge = match (&setup.protocol, setup.top.control) {
        (protocol, _) if !protocol.is_empty() => {
            let blocks = protocol.blocks.iter();
            let charge: f64 = blocks
                .map(|block| block.repeat as f64 * block.steps.iter().filter_map(Step::charge).sum::<f64>())
                .sum();
            Some(charge).filter(|&charge| charge > 0.0)?
        }
        (_, Control::Current(i)) => setup.end.charge.or(setup.end.time.map(|t| t * i.abs()))?,
        (_, Control::Potential(_)) => return None,
    };
    Some(of_pulses + charge * LITHIUM_MOLAR_VOLUME / FARADAY / (setup.time_step.cfl * setup.grid.dx))
}

pub(crate) struct Trial {
    device: String,
    bytes_per_cell: usize,
    cells: usize,
    first: f64,
    limited_by: String,
    seconds_per_cell: f64,
    /// seconds that measuring the deposit takes for each cell
    measure_per_cell: f64,
}

fn try_steps(sim: &mut Simulation) -> Result<Trial, RunError> {
    let mut first = 0.0;
    let mut seconds = Vec::new();
    for step in 0..TRIAL_STEPS {
        let (taken, wall) = cost::timed(|| sim.step());
        let taken = taken.map_err(|failure| RunError::Device(format!("the first steps fail: {failure}")))?;
        seconds.push(wall);
        if step == 0 {
            first = taken.report.dt;
        }
    }
    // the median: other programs hold up a step now and then, and the first finds memory that is not there yet
    seconds.sort_by(f64::total_cmp);
    let seconds = seconds[TRIAL_STEPS / 2];
    let (measured, measure) = cost::timed(|| sim.metrics());
    measured?;
    let (cells, limited_by) = (sim.setup().grid.cells(), sim.clock().limited_by.to_string());
    let b = sim.backend();
    Ok(Trial {
        device: b.device(),
        bytes_per_cell: b.bytes_per_cell(),
        cells,
        first,
        limited_by,
        seconds_per_cell: seconds / cells as f64,
        measure_per_cell: measure / cells as f64,
    })
}

/// The text of `liplate devices`.
pub fn devices() -> String {
    let text = &mut String::new();
    let cube = |bytes: usize, per_cell: usize| ((bytes / per_cell) as f64).cbrt().floor();
    let threads = rayon::current_num_threads();
    line(text, "cpu", format!("{threads} threads, f64, {} B/cell", cpu::BYTES_PER_CELL));
    if let Some(free) = memory::free() {
        let largest = cube(free.bytes, cpu::BYTES_PER_CELL);
        let under = if free.by.is_empty() { String::new() } else { format!(" under {}", free.by) };
        line(
            text,
            "",
            format!("{:.1} GiB free{under}: up to {largest}³ cells", free.bytes as f64 / (1u64 << 30) as f64),
        );
    }
    let chosen = gpus(text);
    line(text, "auto takes", chosen);
    std::mem::take(text)
}

#[cfg(feature = "gpu")]
fn gpus(text: &mut String) -> String {
    let adapters = crate::gpu::adapters();
    for (number, adapter) in adapters.iter().enumerate() {
        line(text, &format!("gpu:{number}"), adapter);
    }
    match adapters.iter().position(|adapter| adapter.is_hardware) {
        Some(_) => "the best hardware GPU: `gpu`".into(),
        None if adapters.is_empty() => "cpu: no GPU was found".into(),
        None => "cpu: no GPU is hardware, and the CPU backend is faster than a software one".into(),
    }
}

#[cfg(not(feature = "gpu"))]
fn gpus(_: &mut String) -> String {
    "cpu: this program was built without the `gpu` feature".into()
}
