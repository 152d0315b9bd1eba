//! What `liplate check` says about memory, time and files: measured on the device, rehearsed in a few columns of the box.
//!
//! Rehearsals that are given the time come to the steps of whole runs within a factor of two (expected, taken; 2026-11-28): planar 177, 177;
//! one_nucleus 53, 86; flat_2d 160, 170; quickstart 111, 113; nuclei_on_copper 232, 216; sand 386, 456; dendrites 439, 391. What `check` has
//! time for on a slow or busy machine is less: the range that it prints is then wider, and says how far the rehearsal came.

use std::time::{Duration, Instant};

use super::regime::Regime;
use super::{Trial, line, trial};
use crate::model::parameters::{Control, Setup};
use crate::run::RunError;
use crate::run::rehearsal::{Rehearsal, rehearse};
use crate::sim::device::DeviceChoice;

/// Wall time of the rehearsal, and of one that has not come far by then.
const REHEARSAL: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(8)];
/// Bytes a second at which fields are packed and written, all in all.
const WRITTEN: f64 = 1.5e8;
/// Bytes for each cell that a checkpoint writes: ξ, φ, c and the current now, φ and c before, in f64.
const CHECKPOINT: f64 = 48.0;
/// Share of the bytes of a field that packing leaves; smooth fields leave less.
const PACKED: f64 = 0.5;
/// Frames beyond which a file of fields is remarked on if their intervals set the pace, and bytes beyond which it is in any case.
const MANY: f64 = 1000.0;
const LARGE: f64 = 1e11;

/// A range of a number that cannot be known better: what is expected, and the factor to both sides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct About {
    /// what is expected
    pub value: f64,
    /// factor to both sides
    pub factor: f64,
}

impl About {
    /// Both ends of the range.
    pub fn ends(self) -> [f64; 2] {
        [self.value / self.factor, self.value * self.factor]
    }
}

/// Steps that a step of a protocol begins with, from the first time step on.
const BEGINNING: f64 = 20.0;

/// Wall time of a step after the compliance has taken over, over that of one before: 125 instead of 33 ms, seven Newton iterations instead of
/// two or three, each with more linear ones (configs/sand.toml, 2026-11-30).
const DEPLETED: f64 = 4.0;

/// Steps of the whole run and why they are not known better, where a `flat` front would need so many; none if nothing tells.
pub fn steps(rehearsal: &Rehearsal, flat: Option<f64>, dendritic: bool) -> Option<(About, String)> {
    let share = rehearsal.share;
    if rehearsal.failed.is_some() || (flat.is_none() && share < 0.02) {
        return None;
    }
    // the less was rehearsed, the more a flat front has to tell
    let weight = if flat.is_some() { (share / rehearsal.far).min(1.0) } else { 1.0 };
    let rest = rehearsal.pace.max(1.0).powf(weight) * flat.unwrap_or(1.0).max(1.0).powf(1.0 - weight);
    let value = rehearsal.steps as f64 + (1.0 - share) * rest;
    let [x, y] = rehearsal.columns;
    let why = rehearsal
        .limited_by
        .iter()
        .take(3)
        .map(|(by, count)| format!("{by} {:.0} %", 100.0 * *count as f64 / rehearsal.steps as f64));
    let why = why.collect::<Vec<_>>().join(", ");
    let part = if share < 1.0 { format!("the first {}", percent(share)) } else { "all of it".into() };
    let factor = match (share, dendritic) {
        (share, false) if share > 0.1 => 1.7,
        // tips need the steps that a flat front does not, and only a box as wide as the run's has them all
        (share, true) if share > 0.1 => 2.0,
        (share, _) if share > 0.02 => 3.0,
        _ => 4.0,
    };
    let reason = format!("rehearsed {part} in {x} × {y} columns; steps limited by {why}");
    Some((About { value, factor }, reason))
}

fn percent(share: f64) -> String {
    if share >= 0.01 { format!("{:.0} %", 100.0 * share) } else { format!("{:.1e}", share) }
}

/// How many snapshots there will be, from intervals and edges.
fn snapshots(setup: &Setup, rehearsal: &Rehearsal) -> f64 {
    let whole = |so_far: f64| if rehearsal.share > 1e-4 { so_far / rehearsal.share } else { 0.0 };
    let current = match setup.top.control {
        Control::Current(current) if setup.protocol.is_empty() => Some(current.abs()).filter(|&current| current > 0.0),
        _ => None,
    };
    let by = |least: [Option<f64>; 2], rehearsed: f64| {
        least.into_iter().flatten().reduce(f64::min).unwrap_or(whole(rehearsed))
    };
    let time = by([setup.end.time, setup.end.charge.zip(current).map(|(charge, i)| charge / i)], rehearsal.time);
    let charge = by([setup.end.charge, setup.end.time.zip(current).map(|(time, i)| time * i)], rehearsal.passed);
    let each = |interval: Option<f64>, whole: f64| interval.map_or(0.0, |interval| whole / interval);
    let output = &setup.output;
    each(output.snapshot_time, time) + each(output.snapshot_charge, charge) + setup.protocol.length() as f64 + 2.0
}

/// What a run is expected to cost.
pub struct Estimate {
    /// wall time of a step \[s\]
    pub per_step: f64,
    /// snapshots
    pub frames: f64,
    /// what they take on disk \[B\]
    pub bytes: f64,
    /// steps, and why they are not known better; none if nothing tells
    pub steps: Option<(About, String)>,
    /// wall time \[s\]; none if nothing tells
    pub wall: Option<About>,
    /// that of outputs \[s\]
    pub outputs: f64,
}

impl Estimate {
    /// Of a run whose beginning was measured in a `trial` and rehearsed in a few columns.
    pub(super) fn new(setup: &Setup, trial: &Trial, rehearsal: &Rehearsal, regime: &Regime) -> Self {
        let cells = setup.grid.cells() as f64;
        // what was not rehearsed is dearer where the salt comes to its end in it
        let rest = if regime.depletes && !rehearsal.limited { DEPLETED } else { 1.0 };
        let depleted = rehearsal.share + (1.0 - rehearsal.share) * rest;
        let per_step = trial.seconds_per_cell * rehearsal.dearer * depleted * cells;
        let frames = snapshots(setup, rehearsal);
        let frame = setup.output.fields.len() as f64 * cells * 4.0;
        // of a flat front, and what each step of a protocol begins with
        let flat = super::steps(setup).map(|steps| steps + BEGINNING * setup.protocol.length().max(1) as f64);
        let steps = steps(rehearsal, flat, regime.dendritic).map(|(about, why)| {
            // a snapshot ends a step
            (About { value: about.value.max(frames), ..about }, why)
        });
        let outputs = |steps: f64| {
            let measured = steps / setup.output.metrics_steps as f64 + frames;
            let written = frames * frame + steps / setup.output.checkpoint_steps as f64 * CHECKPOINT * cells;
            measured * trial.measure_per_cell * cells + written / WRITTEN
        };
        let of_steps = steps.as_ref().map(|(about, _)| *about);
        let outputs = of_steps.map_or(0.0, |about| outputs(about.value));
        // the cost of a step is known no better than to a third
        let wall =
            of_steps.map(|about| About { value: about.value * per_step + outputs, factor: about.factor.max(1.5) });
        Self { per_step, frames, bytes: frames * frame * PACKED, steps, wall, outputs }
    }
}

/// The lines, and remarks.
pub(super) fn lines(
    text: &mut String,
    setup: &Setup,
    heights: &[f64],
    choice: DeviceChoice,
    regime: &Regime,
) -> Result<Vec<String>, RunError> {
    let cells = setup.grid.cells();
    let gib = |bytes: f64| bytes / (1u64 << 30) as f64;
    let (trial, why): (Trial, _) = trial(setup, heights, choice)?;
    line(text, "device", &trial.device);
    if let Some(why) = why {
        line(text, "", why);
    }
    let per_cell = trial.bytes_per_cell;
    line(text, "memory", format!("{:.2} GiB on the device ({per_cell} B/cell)", gib((cells * per_cell) as f64)));
    line(text, "first dt", format!("{:.3e} s, then limited by {}", trial.first, trial.limited_by));

    let rehearsal = rehearse(setup, heights, REHEARSAL);
    let cost = Estimate::new(setup, &trial, &rehearsal, regime);
    line(text, "cost of a step", format!("{} (measured on {} cells)", seconds(cost.per_step), trial.cells));
    let mut remarks = Vec::new();
    if let Some(reason) = &rehearsal.failed {
        let [x, y] = rehearsal.columns;
        remarks.push(format!(
            "rehearsed in {x} × {y} columns, the run comes to an end at t = {:.4e} s, {} of it: {reason}",
            rehearsal.time,
            percent(rehearsal.share)
        ));
    }
    let frame = (setup.output.fields.len() * cells * 4) as f64;
    let (frames, packed) = (round(cost.frames), round(cost.bytes / 1e9));
    line(text, "snapshots", format!("about {frames} of {} MB, {packed} GB packed", round(frame / 1e6)));
    let (Some((of_run, reason)), Some(wall)) = (&cost.steps, cost.wall) else {
        line(text, "steps", "not known: the rehearsal has not come far enough to tell");
        return Ok(remarks);
    };
    let [least, most] = of_run.ends();
    line(text, "steps", format!("{} to {} ({reason})", round(least), round(most)));
    let [least, most] = wall.ends();
    line(text, "wall time", format!("{} to {}", duration(least), duration(most)));
    remarks.extend(pace(setup, &rehearsal, cost.frames, cost.bytes, cost.outputs / wall.value, of_run.value));
    Ok(remarks)
}

/// What is remarked on snapshots: where they set the pace, and what does not fit the disk.
fn pace(setup: &Setup, rehearsal: &Rehearsal, frames: f64, bytes: f64, share: f64, steps: f64) -> Option<String> {
    let edges = rehearsal.limited_by.iter().find(|(by, _)| by == "outputs and edges").map_or(0, |(_, count)| *count);
    let own = frames > MANY && 2 * edges > rehearsal.steps;
    let free = free_on_disk();
    let full = free.is_some_and(|free| bytes > free);
    if !(own || full || bytes > LARGE || (frames > MANY && share > 0.3)) {
        return None;
    }
    let mut sentence = format!("about {} snapshots, {} GB when packed", round(frames), round(bytes / 1e9));
    if let Some(free) = free.filter(|_| full) {
        sentence += &format!(", more than the {} GB that are free on this disk", round(free / 1e9));
    }
    if own {
        sentence += &format!(": they set the pace, as each ends a step, and make most of the {} steps", round(steps));
    }
    sentence += &format!("; {} of the wall time is for outputs", percent(share));
    let keys = [
        ("output.snapshot_time", setup.output.snapshot_time),
        ("output.snapshot_charge", setup.output.snapshot_charge),
    ];
    let keys: Vec<&str> = keys.iter().filter(|(_, interval)| interval.is_some()).map(|(key, _)| *key).collect();
    let keys = if keys.is_empty() { "the repeats of the protocol".into() } else { keys.join(", ") };
    Some(format!("{keys}: {sentence}"))
}

/// What is free on the disk that the program is called on \[B\], where the system tells.
#[cfg(unix)]
#[allow(unsafe_code, clippy::unnecessary_cast)]
fn free_on_disk() -> Option<f64> {
    // SAFETY: all-zero bytes are a valid `statvfs`, which the call fills for a path that ends in a zero
    unsafe {
        let mut disk: libc::statvfs = std::mem::zeroed();
        (libc::statvfs(c".".as_ptr(), &mut disk) == 0).then_some(disk.f_bavail as f64 * disk.f_frsize as f64)
    }
}

#[cfg(not(unix))]
fn free_on_disk() -> Option<f64> {
    None
}

/// Two significant digits.
pub fn round(value: f64) -> String {
    if value < 1.0 {
        return format!("{value:.2}");
    }
    let unit = 10f64.powf(value.log10().floor() - 1.0);
    format!("{:.*}", usize::from(value < 10.0), (value / unit).round() * unit)
}

fn seconds(value: f64) -> String {
    match value {
        value if value < 1e-3 => format!("{:.1} µs", value * 1e6),
        value if value < 1.0 => format!("{:.1} ms", value * 1e3),
        value => format!("{value:.2} s"),
    }
}

/// A duration in a unit and the next smaller one.
pub fn duration(value: f64) -> String {
    let units = [(86_400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s")];
    if value < 10.0 {
        return format!("{value:.1} s");
    }
    if value > 1e10 {
        return format!("{value:.0e} s");
    }
    let place = units.iter().position(|(unit, _)| value >= *unit).unwrap_or(3);
    let (unit, name) = units[place];
    let whole = (value / unit).floor();
    match units.get(place + 1) {
        Some((smaller, below)) => format!("{whole} {name} {:.0} {below}", ((value - whole * unit) / smaller).floor()),
        None => format!("{whole} {name}"),
    }
}

/// Seconds that something takes.
pub(super) fn timed<T>(what: impl FnOnce() -> T) -> (T, f64) {
    let began = Instant::now();
    let done = what();
    (done, began.elapsed().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        assert_eq!([0.04, 3.12, 57.2, 1234.0, 987_654.0].map(round), ["0.04", "3.1", "57", "1200", "990000"]);
        assert_eq!([3.0, 61.0, 3700.0, 90_000.0].map(duration), ["3.0 s", "1 min 1 s", "1 h 1 min", "1 d 1 h"]);
    }

    #[test]
    fn a_rehearsal_that_came_nowhere_promises_little() {
        let whole = Rehearsal { share: 1.0, steps: 100, pace: 70.0, far: 0.5, ..Rehearsal::default() };
        let value = |rehearsal: &Rehearsal, flat| steps(rehearsal, flat, false).map(|(about, _)| about.value);
        assert_eq!(value(&whole, Some(1e6)), Some(100.0));
        // half way: its own pace; a quarter: between that and a flat front
        let half = Rehearsal { share: 0.5, ..whole.clone() };
        assert_eq!(value(&half, Some(1e6)), Some(135.0));
        let quarter = Rehearsal { share: 0.25, ..whole.clone() };
        assert!((value(&quarter, Some(700.0)).unwrap() - (100.0 + 0.75 * 221.36)).abs() < 0.1);
        let nothing = Rehearsal { share: 0.0, ..whole.clone() };
        assert!(steps(&nothing, Some(300.0), false).is_some_and(|(about, _)| about.factor > 2.5));
        assert_eq!(value(&nothing, None), None);
        assert_eq!(value(&Rehearsal { failed: Some(String::new()), ..whole }, Some(300.0)), None);
    }

    /// Rehearsed without hurry, shipped configs come to the steps that whole runs took (README.md, docs/dendrites.md, docs/performance.md): within a factor of two.
    #[test]
    #[ignore = "minutes: it rehearses seven shipped configs without hurry"]
    fn rehearsed_steps_are_those_of_runs() {
        for (name, taken) in [
            ("planar", 177.0),
            ("one_nucleus", 86.0),
            ("flat_2d", 170.0),
            ("quickstart", 113.0),
            ("nuclei_on_copper", 216.0),
            ("sand", 456.0),
            ("dendrites", 391.0),
        ] {
            let path = format!("{}/configs/{name}.toml", env!("CARGO_MANIFEST_DIR"));
            let setup = crate::config::read(path.as_ref(), &[]).unwrap().setup;
            let heights = crate::sim::start::load_heights(&setup).unwrap();
            let rehearsal = rehearse(&setup, &heights, [Duration::from_secs(40); 2]);
            let flat = super::super::steps(&setup).map(|steps| steps + BEGINNING);
            let (about, reason) = steps(&rehearsal, flat, true).unwrap();
            println!("{name}: {:.0} expected, {taken} taken ({reason})", about.value);
            assert!((0.5..2.0).contains(&(about.value / taken)), "{name}");
        }
    }
}
