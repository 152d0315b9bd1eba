//! The files of a run directory while it runs.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::cycles::{self, Cycle};
use super::schedule::Schedule;
use super::tips::{self, Followed};
use super::{filling, grains};
use crate::io::IoError;
use crate::io::checkpoint::FilesSeen;
use crate::io::provenance::{Origin, Provenance, VERSION};
use crate::io::snapshot::{self, Plan, Snapshots};
use crate::io::surface::{Format, Sides};
use crate::io::table::{Beginning, Lines, row};
use crate::io::view;
use crate::mechanisms;
use crate::metrics::{Column, Look, Metrics, Morphology, heading};
use crate::model::measured;
use crate::model::nucleation::Cap;
use crate::model::parameters::{Control, Setup};
use crate::model::protocol::Limit;
use crate::model::regime::{self, Medium};
use crate::model::stored::Stored;
use crate::sim::fields::DepositFields;
use crate::sim::heat::Heat;
use crate::sim::stage::Stage;
use crate::sim::{Step, View, fields, short};
use crate::solver::backend::{Backend, BackendError, Piece};
use crate::solver::step::Clock;

/// Name of the table of metrics.
pub const METRICS: &str = "metrics.csv";
/// Name of the list of events.
pub const EVENTS: &str = "events.jsonl";
/// Name of the surface of the deposit.
pub const SURFACE: &str = "deposit.vtp";

/// Files that a run writes beside its checkpoints and `run.json`.
pub fn names() -> impl Iterator<Item = &'static str> {
    files().chain([snapshot::FILE, snapshot::SIDECAR, snapshot::FOLDER])
}

/// Those that are no fields.
fn files() -> impl Iterator<Item = &'static str> {
    [METRICS, EVENTS, SURFACE, view::FILE].into_iter().chain(KEPT.iter().map(|kept| kept.file))
}

/// Removes the outputs of a run that has not taken a step.
pub fn remove(directory: &Path) -> Result<(), IoError> {
    for name in files() {
        let path = directory.join(name);
        if path.exists() {
            std::fs::remove_file(&path).map_err(IoError::system(&path))?;
        }
    }
    snapshot::remove(directory)
}

/// Columns of every row before those of what mechanisms have taken.
const BEFORE_TAKEN: [&str; 20] = [
    "step",
    "time [s]",
    "dt [s]",
    "charge [mAh/cm2]",
    "current [A/m2]",
    "potential [V]",
    "nuclei",
    "nuclei_debt [C/m2]",
    "rejected_steps",
    "newton_iterations",
    "front_height [m]",
    "overshoot",
    "charge_error",
    "lithium_error",
    "salt_error",
    "cycle",
    "protocol_step",
    "cell_voltage [V]",
    "isolated_pieces",
    "isolated_lithium [mAh/cm2]",
];

/// Columns of every row after them, before those of the morphology.
const AFTER_TAKEN: [&str; 4] = ["leak [A/m2]", "limited", "time_over_sand", "current_over_limiting"];

/// Values of a frame in `fields.vtkhdf`.
const VALUES: [&str; 4] = ["charge", "potential", "current_density", "dt"];

/// Columns of `metrics.csv` after those of [`Heat`]: all heat since the start, and the temperature of the cell as one body.
const OF_CELL: [(&str, &str); 2] = [("heat_made", "J/m2"), ("cell_temperature", "K")];

/// How far the run has come, as its files show it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Written {
    /// snapshots taken
    pub schedule: Schedule,
    /// the cycle
    pub cycle: Cycle,
    /// whether the compliance limits the current
    #[serde(default)]
    pub limited: bool,
    /// whether it has been said that the salt left the concentrations at which the electrolyte was measured
    #[serde(default)]
    pub unmeasured: bool,
    /// tips of the last snapshot
    #[serde(default)]
    pub tips: Followed,
    /// whether lithium that is joined to the copper has reached the separator
    #[serde(default)]
    pub at_separator: bool,
}

/// Time since the step of the protocol began, or the run, over Sand's time of the mean current since; NaN unless that plates from a salt.
///
/// It tells how far a half space would be depleted. Once the far end of the electrolyte is felt, L²/4D after the beginning, the salt
/// lasts longer, and for good below the limiting current.
fn time_over_sand(setup: &Setup, clock: &Clock, stage: &Stage) -> f64 {
    let (time, charge) = (clock.time - stage.began, clock.passed - stage.passed);
    let plates = setup.electrolyte.has_salt() && clock.current > 0.0 && time > 0.0 && charge > 0.0;
    if plates { time / Medium::of(setup).sand_time(charge / time) } else { f64::NAN }
}

/// Current over the limiting current through what is left between the mean front and the top; NaN unless it plates from a salt.
fn current_over_limiting(view: &View, m: &Metrics) -> f64 {
    let View { setup, heights, clock, .. } = view;
    let front = heights.iter().sum::<f64>() / heights.len() as f64 + m.mean_height;
    let limit = Medium::of(setup).limiting_current(setup.top.salt, regime::gap(setup, front));
    if setup.electrolyte.has_salt() && clock.current > 0.0 { clock.current / limit } else { f64::NAN }
}

/// Fields that do not change.
fn fixed<'a>(view: &View<'a>) -> [(&'static str, &'a [f32]); 1] {
    [("accessible", &view.statics.accessible)]
}

/// What the fields of the run are, in the file at `path`.
fn plan<'a>(
    view: &View<'a>,
    provenance: &'a Provenance,
    path: &'a Path,
    fixed: &'a [(&'static str, &'a [f32])],
) -> Plan<'a> {
    let Setup { grid, output, .. } = view.setup;
    Plan { path, grid, fields: &output.fields, fixed, values: &VALUES, provenance }
}

/// First line of the tables.
fn title(setup: &Setup) -> String {
    let name = setup.name.replace(['\n', '\r'], " ");
    format!("# liplate {VERSION}: {name}; an empty cell was not measured")
}

/// Headings of the columns of `metrics.csv`.
pub fn headings() -> Vec<String> {
    let morphology = Metrics::COLUMNS.iter().map(Column::heading);
    let fixed = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
    let taken = mechanisms::lithium_columns().map(|(_, name, _)| heading(name, "mAh/cm2"));
    let general = fixed(&BEFORE_TAKEN).into_iter().chain(taken).chain(fixed(&AFTER_TAKEN));
    let of_heat = Heat::COLUMNS.iter().chain(&OF_CELL).map(|(name, unit)| heading(name, unit));
    general.chain(morphology).chain(of_heat).collect()
}

/// What a row of `metrics.csv` tells of the step that led to it, and the clock no longer knows.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// length of the step \[s\]
    dt: f64,
    /// Newton iterations
    iterations: f64,
    /// step of the protocol that it was a part of
    stage: Stage,
    /// number of the cycle that it was a part of
    cycle: u64,
}

impl Taken {
    /// What is told of a step that was a part of `cycle`.
    pub fn of(step: &Step, cycle: &Cycle) -> Self {
        let Step { report, stage, .. } = step;
        Self { dt: report.dt, iterations: report.iterations as f64, stage: *stage, cycle: cycle.number() }
    }

    /// What is told where no step is known: at the start, and after a state was loaded. Its length and iterations are NaN.
    pub fn nothing(stage: Stage, cycle: &Cycle) -> Self {
        Self { dt: f64::NAN, iterations: f64::NAN, stage, cycle: cycle.number() }
    }
}

/// Values of a row of `metrics.csv`, in the order of [`headings`]; NaN where nothing was `measured` or a run cannot have it.
pub fn values(view: &View, taken: &Taken, measured: Option<&Metrics>) -> Vec<f64> {
    let &View { setup, clock, .. } = view;
    let (stage, ledger) = (&taken.stage, &clock.ledger);
    let owed = ledger.debt * crate::model::constants::FARADAY / crate::model::constants::LITHIUM_MOLAR_VOLUME;
    let before: [f64; BEFORE_TAKEN.len()] = [
        clock.step as f64,
        clock.time,
        taken.dt,
        clock.charge(setup) / 36_000.0,
        clock.current,
        clock.potential,
        clock.nuclei as f64,
        owed / setup.grid.area(),
        clock.rejected as f64,
        taken.iterations,
        clock.inventory.height * setup.grid.dx,
        clock.inventory.overshoot,
        ledger.charge_error(),
        ledger.lithium_error(),
        ledger.salt_error(),
        if setup.protocol.is_empty() { f64::NAN } else { taken.cycle as f64 },
        if setup.protocol.is_empty() { f64::NAN } else { (setup.protocol.done(stage.place) + 1) as f64 },
        clock.voltage(setup).unwrap_or(f64::NAN),
        clock.isolated.len() as f64,
        cycles::per_area(setup, clock.isolated_volume(setup)),
    ];
    let after: [f64; AFTER_TAKEN.len()] = [
        clock.external - clock.current,
        f64::from(u8::from(clock.limited.is_some())),
        measured.map_or(f64::NAN, |_| time_over_sand(setup, clock, stage)),
        measured.map_or(f64::NAN, |m| current_over_limiting(view, m)),
    ];
    let measured = measured.map_or([f64::NAN; Metrics::COLUMNS.len()], |m| m.to_array());
    let general = before.into_iter().chain(cycles::taken_per_area(setup, clock)).chain(after);
    let of_cell: [f64; OF_CELL.len()] = [clock.heat, clock.cell_temperature.unwrap_or(f64::NAN)];
    general.chain(measured).chain(Heat::of(setup, clock).to_array()).chain(of_cell).collect()
}

fn new_metrics(setup: &Setup, directory: &Path) -> Result<Lines, IoError> {
    let mut metrics = Lines::create(&directory.join(METRICS))?;
    metrics.push(&title(setup))?;
    metrics.push(&headings().join(","))?;
    Ok(metrics)
}

/// Columns of the heading of a table: as many go into each row. What versions have added they have added at the end.
fn columns_of(directory: &Path, table: &str) -> Result<usize, IoError> {
    let path = directory.join(table);
    let file = std::fs::File::open(&path).map_err(IoError::system(&path))?;
    for line in std::io::BufReader::new(file).lines() {
        let line = line.map_err(IoError::system(&path))?;
        if !line.starts_with('#') {
            return Ok(line.split(',').count());
        }
    }
    Err(IoError::content(&path, "has no heading"))
}

/// Those of `cycles.csv`, none if the run has no such table.
fn columns_of_cycles(directory: &Path, kept: &[Option<Lines>; 4]) -> Result<usize, IoError> {
    kept[0].as_ref().map_or(Ok(0), |_| columns_of(directory, cycles::FILE))
}

fn new_events(setup: &Setup, directory: &Path) -> Result<Lines, IoError> {
    let mut events = Lines::create(&directory.join(EVENTS))?;
    events.push_json(&json!({"event": "start", "time": 0.0, "name": setup.name, "version": VERSION}))?;
    Ok(events)
}

/// A table beside those that every run has.
struct Kept {
    file: &'static str,
    /// whether a run has it
    is_kept: fn(&Setup) -> bool,
    headings: fn() -> String,
}

/// All of them.
const KEPT: [Kept; 4] = [
    Kept { file: cycles::FILE, is_kept: |setup| !setup.protocol.is_empty(), headings: cycles::headings },
    Kept { file: grains::FILE, is_kept: |setup| setup.mechanisms.grains().is_some(), headings: grains::headings },
    Kept { file: tips::FILE, is_kept: |_| true, headings: tips::headings },
    Kept { file: filling::FILE, is_kept: |_| true, headings: filling::headings },
];

/// What a checkpoint has seen of them, in their order.
fn seen_of_kept(seen: &FilesSeen) -> [Beginning; 4] {
    [seen.cycles, seen.grains, seen.tips, seen.filling]
}

fn new_kept(setup: &Setup, directory: &Path, kept: &Kept) -> Result<Lines, IoError> {
    let mut table = Lines::create(&directory.join(kept.file))?;
    table.push(&title(setup))?;
    table.push(&(kept.headings)())?;
    Ok(table)
}

/// An output that failed, on the disk or on the device.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// the disk
    #[error(transparent)]
    Io(#[from] IoError),
    /// the device
    #[error(transparent)]
    Backend(#[from] BackendError),
}

/// Rows or events that a checkpoint knows of are not there any more.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct Lost(Vec<String>);

/// How reopening failed.
#[derive(Debug, thiserror::Error)]
pub enum ReopenError {
    /// the disk
    #[error(transparent)]
    Io(#[from] IoError),
    /// rows or events
    #[error(transparent)]
    Lost(#[from] Lost),
}

/// The growing files.
pub struct Outputs {
    directory: PathBuf,
    metrics: Lines,
    /// columns of its heading: a version before may have had fewer
    columns: usize,
    /// columns of the heading of `cycles.csv`, none without it
    cycle_columns: usize,
    events: Lines,
    /// the tables of [`KEPT`] that the run has
    kept: [Option<Lines>; 4],
    snapshots: Snapshots,
}

impl Outputs {
    /// New files in an empty directory.
    pub fn create(view: View, directory: &Path, provenance: &Provenance) -> Result<Self, IoError> {
        let setup = view.setup;
        let path = directory.join(snapshot::FILE);
        let snapshots = Snapshots::create(&plan(&view, provenance, &path, &fixed(&view)))?;
        view::write(directory)?;
        let (metrics, events) = (new_metrics(setup, directory)?, new_events(setup, directory)?);
        let mut kept = [const { None }; 4];
        for (own, kept) in kept.iter_mut().zip(&KEPT).filter(|(_, kept)| (kept.is_kept)(setup)) {
            *own = Some(new_kept(setup, directory, kept)?);
        }
        let [columns, cycle_columns] = [columns_of(directory, METRICS)?, columns_of_cycles(directory, &kept)?];
        Ok(Self { directory: directory.into(), metrics, columns, cycle_columns, events, kept, snapshots })
    }

    /// The files of a run that goes on, cut back to what its checkpoint had seen, and what of it is lost.
    ///
    /// A file of fields that cannot be read any more does not end the run: it is kept under another name. Lost rows and events do, unless
    /// `accept` says that the run shall go on with what is left.
    pub fn reopen(
        view: View,
        directory: &Path,
        seen: &FilesSeen,
        provenance: &Provenance,
        accept: bool,
    ) -> Result<(Self, Vec<String>), ReopenError> {
        let setup = view.setup;
        let mut lost = Vec::new();
        let mut reopen = |file: &str, seen: Beginning, new: &dyn Fn() -> Result<Lines, IoError>| {
            let path = directory.join(file);
            // what has never been seen begins here: a version before did not write it
            if seen == Beginning::default() {
                if path.exists() {
                    std::fs::remove_file(&path).map_err(IoError::system(&path))?;
                }
                return new();
            }
            match Lines::reopen(&path, seen) {
                Ok(lines) => Ok(lines),
                Err(error) => {
                    lost.push(error.to_string());
                    match accept {
                        true => Lines::salvage(&path, seen.bytes)?.map_or_else(new, Ok),
                        false => Err(error),
                    }
                }
            }
        };
        let metrics = reopen(METRICS, seen.metrics, &|| new_metrics(setup, directory));
        let events = reopen(EVENTS, seen.events, &|| new_events(setup, directory));
        let kept = KEPT.iter().zip(seen_of_kept(seen)).map(|(kept, seen)| match (kept.is_kept)(setup) {
            true => reopen(kept.file, seen, &|| new_kept(setup, directory, kept)).map(Some),
            false => Ok(None),
        });
        let kept: Vec<Result<Option<Lines>, IoError>> = kept.collect();
        if !lost.is_empty() && !accept {
            return Err(Lost(lost).into());
        }
        let (metrics, mut events) = (metrics?, events?);
        let mut of_run = [const { None }; 4];
        for (own, kept) in of_run.iter_mut().zip(kept) {
            *own = kept?;
        }
        let path = directory.join(snapshot::FILE);
        let (snapshots, frames) = Snapshots::reopen(&plan(&view, provenance, &path, &fixed(&view)), seen.frames)?;
        lost.extend(frames);
        if !lost.is_empty() {
            events.push_json(&json!({"event": "lost output", "what": lost}))?;
        }
        let [columns, cycle_columns] = [columns_of(directory, METRICS)?, columns_of_cycles(directory, &of_run)?];
        let own =
            Self { directory: directory.into(), metrics, columns, cycle_columns, events, kept: of_run, snapshots };
        Ok((own, lost))
    }

    /// How far the files have come, after waiting for the disk to have it all.
    pub fn seen(&mut self) -> Result<FilesSeen, IoError> {
        self.metrics.sync()?;
        self.events.sync()?;
        self.snapshots.sync()?;
        let mut kept = [Beginning::default(); 4];
        for (seen, lines) in kept.iter_mut().zip(&self.kept) {
            if let Some(lines) = lines {
                lines.sync()?;
                *seen = lines.written();
            }
        }
        let [cycles, grains, tips, filling] = kept;
        let (metrics, events, frames) = (self.metrics.written(), self.events.written(), self.snapshots.frames());
        Ok(FilesSeen { metrics, events, cycles, grains, tips, filling, frames })
    }

    /// Sees to it that the file of fields shows every frame: the run stops.
    pub fn show(&mut self) -> Result<(), IoError> {
        self.snapshots.show()
    }

    /// Takes all frames into one file: the run is done. The sentence says why they stay where they are.
    pub fn close(self, view: View, provenance: &Provenance) -> Result<Option<String>, IoError> {
        let path = self.directory.join(snapshot::FILE);
        self.snapshots.close(&plan(&view, provenance, &path, &fixed(&view)))
    }

    /// Everything that a step gives rise to, from what was seen of the fields after it. Returns the morphology if it was measured.
    pub fn step(
        &mut self,
        view: &View,
        step: &Step,
        seen: Seen,
        progress: &mut Written,
    ) -> Result<Option<Metrics>, IoError> {
        let &View { setup, clock, .. } = view;
        let report = &step.report;
        for (dt, reason) in &report.rejected {
            let event =
                json!({"event": "rejected step", "step": clock.step, "time": clock.time, "dt": dt, "reason": reason});
            self.events.push_json(&event)?;
        }
        self.nuclei(view, &report.nuclei)?;
        self.pieces(view, "isolated", &report.cut_off)?;
        self.pieces(view, "rejoined", &report.rejoined)?;
        if let Some(place) = seen.separator {
            self.arrival("separator", view, &step.stage, place)?;
            progress.at_separator = true;
        }
        let found = seen.deposit.as_ref().map(|(fields, how)| fields.look(setup, view.statics, view.heights, *how));
        let measured = found.as_ref().map(|found| found.metrics);
        if let Some(m) = measured.as_ref().filter(|_| !progress.unmeasured) {
            progress.unmeasured = self.unmeasured(setup, clock, m)?;
        }
        self.row(view, step, progress, measured.as_ref())?;
        if let Some(frame) = seen.frame {
            self.snapshot(view, frame, report.dt)?;
        }
        if let (Some(found), Some((fields, Look::Close))) = (&found, &seen.deposit) {
            self.closely(view, found, fields.xi(), &mut progress.tips)?;
        }
        Ok(measured)
    }

    /// The rows of the planes, of the grains and of the tips, who leads, and what became of tips that are none any more.
    fn closely(&mut self, view: &View, found: &Morphology, xi: &[f32], followed: &mut Followed) -> Result<(), IoError> {
        let &View { setup, clock, .. } = view;
        let [_, of_grains, of_tips, of_planes] = &mut self.kept;
        if let (Some(table), Some(planes)) = (of_planes, &found.filling) {
            let rows = filling::rows(setup, clock, planes);
            rows.iter().try_for_each(|values| table.push(&row(values.iter().copied())))?;
        }
        if let (Some(table), Some(found), Some((_, orientations))) =
            (of_grains, &found.grains, setup.mechanisms.grains())
        {
            grains::rows(clock, found, &orientations)
                .iter()
                .try_for_each(|values| table.push(&row(values.iter().copied())))?;
        }
        if let (Some(table), Some(tips)) = (of_tips, &found.tips) {
            let led = followed.leader();
            let tips::Snapshot { rows, ended, elapsed } = followed.go_on(&setup.grid, clock.step, clock.time, tips);
            rows.iter().try_for_each(|values| table.push(&row(values.iter().copied())))?;
            for tip in ended {
                let [x, y, z] = tip.place;
                self.events.push_json(&json!({
                    "event": "tip ended", "step": clock.step, "time": clock.time, "tip": tip.id, "x": x, "y": y, "z": z,
                    "end": tip.end(&setup.grid, setup.ell, elapsed, xi).name(),
                }))?;
            }
            if let Some(leader) = followed.leader().filter(|leader| led.as_ref().is_some_and(|led| led.id != leader.id))
            {
                let [x, y, z] = leader.place;
                self.events.push_json(&json!({
                    "event": "lead", "step": clock.step, "time": clock.time, "tip": leader.id, "x": x, "y": y, "z": z,
                }))?;
            }
        }
        Ok(())
    }

    /// The salt at the lithium leaves the concentrations at which the electrolyte was measured; returns whether it does.
    fn unmeasured(&mut self, setup: &Setup, clock: &Clock, m: &Metrics) -> Result<bool, IoError> {
        let [lowest, highest] = [m.lowest_c, m.tip_c].map(|c| c * setup.top.c0);
        let Some(problem) = measured::left(setup, lowest, highest) else { return Ok(false) };
        let event = json!({"event": "not measured", "step": clock.step, "time": clock.time, "reason": problem});
        self.events.push_json(&event).map(|()| true)
    }

    /// A short: where \[m\], when, after how much charge \[C/m²\].
    pub fn short(&mut self, view: &View, stage: &Stage, place: [f64; 3]) -> Result<(), IoError> {
        self.arrival("short", view, stage, place)
    }

    /// Lithium has come somewhere.
    fn arrival(&mut self, event: &str, view: &View, stage: &Stage, [x, y, z]: [f64; 3]) -> Result<(), IoError> {
        let &View { setup, clock, .. } = view;
        let over_sand = Some(time_over_sand(setup, clock, stage)).filter(|time| time.is_finite());
        self.events.push_json(&json!({
            "event": event, "step": clock.step, "time": clock.time, "potential": clock.potential,
            "charge": clock.charge(setup), "charge_passed": clock.passed, "time_over_sand": over_sand,
            "x": x, "y": y, "z": z,
        }))
    }

    /// The compliance begins to limit the current that is given, or no longer does: both currents \[A/m²\].
    pub fn compliance(&mut self, clock: &Clock) -> Result<(), IoError> {
        let given = match clock.control {
            Control::Current(current) => Some(current),
            Control::Potential(_) => None,
        };
        self.events.push_json(&json!({
            "event": "compliance", "step": clock.step, "time": clock.time, "potential": clock.potential,
            "on": clock.limited.is_some(), "given": given, "current_density": clock.current,
            "charge_passed": clock.passed,
        }))
    }

    /// The end of a step of the protocol, the first of these, what comes after, and what it means for the cycle: `m` is the deposit now.
    pub fn edge(
        &mut self,
        view: &View,
        progress: &mut Written,
        [stage, next]: [Stage; 2],
        limit: Limit,
        m: &Metrics,
    ) -> Result<(), IoError> {
        let &View { setup, clock, .. } = view;
        self.events.push_json(&json!({
            "event": "protocol step", "step": clock.step, "time": clock.time, "potential": clock.potential,
            "current_density": clock.current, "number": setup.protocol.done(stage.place) + 1,
            "text": stage.step(setup).map(|step| &step.text), "charge": clock.passed - stage.passed,
            "reason": limit.to_string(),
        }))?;
        if progress.cycle.is_plating() {
            progress.cycle.charged(m);
        }
        if progress.cycle.ends_before(setup, clock, &next) {
            self.cycle(view, progress, m)?;
        }
        Ok(())
    }

    /// The row of a cycle that ends now, whole or not.
    pub fn cycle(&mut self, view: &View, progress: &mut Written, m: &Metrics) -> Result<(), IoError> {
        if let [Some(table), ..] = &mut self.kept
            && progress.cycle.has_begun()
        {
            let (values, next) = progress.cycle.finish(view.setup, view.clock, m);
            table.push(&row(values.into_iter().take(self.cycle_columns)))?;
            progress.cycle = next;
        }
        Ok(())
    }

    /// An event for each new nucleus; lengths from the corner of the box \[m\].
    pub fn nuclei(&mut self, &View { setup, clock, .. }: &View, nuclei: &[Cap]) -> Result<(), IoError> {
        let dx = setup.grid.dx;
        for cap in nuclei {
            let [x, y, z] = cap.centre.map(|v| v * dx);
            self.events.push_json(&json!({
                "event": "nucleus", "step": clock.step, "time": clock.time, "potential": clock.potential,
                "x": x, "y": y, "z": z, "radius": cap.radius * dx,
            }))?;
        }
        Ok(())
    }

    /// An event for each piece of lithium that has lost the copper, or found it again: where its first cell is \[m\], and its volume \[m³\].
    fn pieces(&mut self, &View { setup, clock, .. }: &View, event: &str, pieces: &[Piece]) -> Result<(), IoError> {
        let grid = &setup.grid;
        for piece in pieces {
            let [x, y, z] = grid.centre(piece.first as usize);
            self.events.push_json(&json!({
                "event": event, "step": clock.step, "time": clock.time, "potential": clock.potential,
                "charge_passed": clock.passed, "x": x, "y": y, "z": z, "volume": piece.volume * grid.cell_volume(),
            }))?;
        }
        Ok(())
    }

    fn row(&mut self, view: &View, step: &Step, progress: &Written, measured: Option<&Metrics>) -> Result<(), IoError> {
        let taken = Taken::of(step, &progress.cycle);
        self.metrics.push(&row(values(view, &taken, measured).into_iter().take(self.columns)))
    }

    /// What a run begins with: the first frame, its grains and its tips.
    pub fn first(&mut self, view: &View, seen: Seen, progress: &mut Written) -> Result<(), IoError> {
        if let Some(frame) = seen.frame {
            self.snapshot(view, frame, 0.0)?;
        }
        if let Some((fields, how)) = &seen.deposit {
            let found = fields.look(view.setup, view.statics, view.heights, *how);
            self.closely(view, &found, fields.xi(), &mut progress.tips)?;
        }
        Ok(())
    }

    /// A frame of `fields.vtkhdf`, see [`frame`].
    pub fn snapshot(&mut self, view: &View, frame: Vec<Vec<f32>>, dt: f64) -> Result<(), IoError> {
        let &View { setup, clock, .. } = view;
        let values = [clock.charge(setup), clock.potential, clock.current, dt];
        self.snapshots.append(clock.time, frame, &values, setup.output.keep_bits)
    }

    /// What the run began from.
    pub fn origin(&mut self, origin: &Origin) -> Result<(), IoError> {
        self.events.push_json(&json!({
            "event": "branch", "step": 0, "time": 0.0, "from": origin.directory, "from_time": origin.time, "from_step": origin.step,
            "frame": origin.frame,
        }))
    }

    /// What is different from here on.
    pub fn changed(&mut self, clock: &Clock, keys: &[String]) -> Result<(), IoError> {
        self.events.push_json(&json!({"event": "changed", "step": clock.step, "time": clock.time, "keys": keys}))
    }

    /// How it ended. An interruption is written after the checkpoint: a resumed run cuts it off again.
    pub fn end(&mut self, clock: &Clock, status: &str, reason: &str) -> Result<(), IoError> {
        let event = json!({"event": status, "step": clock.step, "time": clock.time, "reason": reason});
        self.events.push_json(&event)
    }
}

/// The fields that a run stores, in SI. The interface must be that of the lithium.
///
/// # Errors
/// If the device fails.
pub fn frame(b: &mut dyn Backend, view: &View) -> Result<Vec<Vec<f32>>, BackendError> {
    let &View { setup, clock, .. } = view;
    // the reader of the config has seen to it that there is no other name
    let stored = setup.output.fields.iter().filter_map(|name| Stored::named(name));
    stored.map(|field| fields::si(b, field, view.scales, clock.phi_reference)).collect()
}

/// What is to be read of the fields after a step.
#[derive(Clone, Copy)]
pub struct Wanted {
    /// whether it is asked if lithium has reached the separator
    pub separator: bool,
    /// how the deposit is looked at; where that is closely there is a snapshot
    pub look: Option<Look>,
}

/// What was read of the fields after a step: the lithium at its end with the potential, salt and current that moved it. The files are made
/// of it without the device.
pub struct Seen {
    /// where lithium that is joined to the copper has reached the separator \[m\], if it was asked and has
    separator: Option<[f64; 3]>,
    /// what the morphology is measured from, and how
    deposit: Option<(DepositFields, Look)>,
    /// a frame of the stored fields
    frame: Option<Vec<Vec<f32>>>,
}

impl Seen {
    /// Whether lithium that is joined to the copper was found to have reached the separator.
    pub fn is_at_separator(&self) -> bool {
        self.separator.is_some()
    }

    /// Reads what is wanted.
    ///
    /// # Errors
    /// If the device fails.
    pub fn read(b: &mut dyn Backend, view: &View, wanted: Wanted) -> Result<Self, BackendError> {
        let &View { setup, statics, clock, .. } = view;
        let separator = match &setup.separator {
            Some(separator) if wanted.separator => short::reaches(b, setup, statics, clock, separator.bottom)?,
            _ => None,
        };
        if wanted.look.is_some() {
            b.interface(0.0); // that of the lithium at the end of the step
        }
        let frame = (wanted.look == Some(Look::Close)).then(|| frame(b, view)).transpose()?;
        let deposit = wanted.look.map(|how| DepositFields::read(b, view).map(|fields| (fields, how))).transpose()?;
        Ok(Self { separator, deposit, frame })
    }
}

/// Writes the surface of the lithium into `directory`.
///
/// # Errors
/// If the file cannot be written or the device fails.
pub fn surface(b: &mut dyn Backend, view: &View, directory: &Path) -> Result<(), OutputError> {
    b.interface(0.0);
    let surface = fields::surface(b, view.statics, &view.setup.grid, view.scales, Sides::Open)?;
    let path = directory.join(SURFACE);
    let surface = surface.map_err(|e| IoError::content(&path, e.to_string()))?;
    Ok(surface.write(&path, Format::Vtp)?)
}
