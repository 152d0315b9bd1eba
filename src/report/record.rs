//! What a run's directory holds, as the page needs it. Nothing in it is changed.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::ReportError;
use super::curve::Point;
use super::events::Events;
use super::table::Table;
use crate::config::Recorded;
use crate::io::provenance::RunFile;
use crate::io::snapshot;
use crate::model::grid::Grid;
use crate::run::{cycles, filling, outputs};

/// Charge density \[C/m²\] of 1 mAh/cm².
pub const MILLIAMPERE_HOUR: f64 = 36_000.0;

/// Energy per area \[J/m²\] of 1 mWh/cm².
const MILLIWATT_HOUR: f64 = 36_000.0;

/// Whose energy is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnergyOf {
    /// the cell's: its voltage times the current
    Cell,
    /// the lithium electrode's: its potential against Li/Li⁺ at the top of the box times the current
    Electrode,
}

/// Cells beyond which a grid is a mistake in `run.json`.
const MOST_CELLS: usize = 1 << 40;

/// Whether a grid is one that can be.
fn has_cells(grid: &Grid) -> bool {
    let cells = grid.nx.checked_mul(grid.ny).and_then(|n| n.checked_mul(grid.nz));
    cells.is_some_and(|n| (1..=MOST_CELLS).contains(&n)) && grid.dx.is_finite() && grid.dx > 0.0
}

/// A run, read back.
pub struct Record {
    /// its directory
    pub directory: PathBuf,
    /// `run.json`
    pub run: RunFile,
    /// its cells, if `run.json` tells
    pub grid: Option<Grid>,
    /// `metrics.csv`, empty if there is none
    pub metrics: Table,
    /// `cycles.csv`, if there is a protocol
    pub cycles: Option<Table>,
    /// `filling.csv`, if there is one
    pub filling: Option<Table>,
    /// `events.jsonl`
    pub events: Events,
    /// times of the snapshots \[s\], or why there are none
    pub frames: Result<Vec<f64>, String>,
    /// when the tables last grew
    pub grown: Option<SystemTime>,
    /// what a cycler has recorded, to be drawn beside it
    pub measured: Option<Recorded>,
}

impl Record {
    /// Reads the run in `directory`. Fields that cannot be read are no error.
    ///
    /// # Errors
    /// If it holds no run, or the system fails.
    pub fn read(directory: &Path) -> Result<Self, ReportError> {
        let no_run = |reason: String| ReportError::NoRun { directory: directory.into(), reason };
        if !directory.is_dir() {
            return Err(no_run("there is no such directory".into()));
        }
        if !directory.join(RunFile::FILE).is_file() {
            return Err(no_run(format!("it has no {}", RunFile::FILE)));
        }
        let run = RunFile::read(directory).map_err(|error| no_run(error.to_string()))?;
        let metrics = directory.join(outputs::METRICS);
        let grown = std::fs::metadata(&metrics).and_then(|data| data.modified()).ok();
        let fields = directory.join(snapshot::FILE);
        let frames = match fields.is_file() {
            true => snapshot::times(&fields).map_err(|error| error.to_string()),
            false => Ok(Vec::new()),
        };
        let grid = serde_json::from_value(run.setup["grid"].clone()).ok();
        Ok(Self {
            directory: directory.into(),
            grid: grid.filter(has_cells),
            metrics: Table::read(&metrics)?.unwrap_or_default(),
            cycles: Table::read(&directory.join(cycles::FILE))?,
            filling: Table::read(&directory.join(filling::FILE))?,
            events: Events::read(&directory.join(outputs::EVENTS))?,
            run,
            frames,
            grown,
            measured: None,
        })
    }

    /// What a cycler has recorded of a column of `metrics.csv` along `time` \[s\] or `charge` \[C/m²\], in SI units.
    pub fn measured(&self, along: &str, column: &str) -> Option<(&str, &[Point])> {
        let measured = self.measured.as_ref()?;
        let has_cell = self.metrics.column("cell_voltage [V]").is_some();
        let wanted: &[&str] = match (column, has_cell) {
            ("potential [V]", true) => &["potential"],
            ("potential [V]", false) => &["potential", "voltage"],
            ("cell_voltage [V]", _) => &["cell_voltage", "voltage"],
            ("current [A/m2]", _) => &["current"],
            _ => &[],
        };
        let curve = measured.curves.iter().find(|curve| curve.along == along && wanted.contains(&curve.of))?;
        Some((&measured.file, &curve.points))
    }

    /// Path of the stored fields.
    pub fn fields(&self) -> PathBuf {
        self.directory.join(snapshot::FILE)
    }

    /// Charge that has plated, and that has stripped \[mAh/cm²\].
    pub fn plated_and_stripped(&self) -> (f64, f64) {
        let column = |name| self.metrics.column(name).unwrap_or_default();
        let steps = column("current [A/m2]").iter().zip(column("dt [s]")).map(|(i, dt)| i * dt / MILLIAMPERE_HOUR);
        steps
            .filter(|charge| charge.is_finite())
            .fold((0.0, 0.0), |(plated, stripped), charge| (plated + charge.max(0.0), stripped + (-charge).max(0.0)))
    }

    /// Energy of each time step and the number of its cycle, NaN without cycles \[mWh/cm²\]: of the cell, positive while it is charged, if
    /// there is a cathode; else what drives the current from the top of the box to the electrode, −E i. Potentials hold over the step
    /// that ends with them.
    pub fn energies(&self) -> Option<(EnergyOf, Vec<(f64, f64)>)> {
        let (of, sign, volts) = match self.metrics.column("cell_voltage [V]") {
            Some(voltage) => (EnergyOf::Cell, 1.0, voltage),
            None => (EnergyOf::Electrode, -1.0, self.metrics.column("potential [V]")?),
        };
        let (current, dt) = (self.metrics.column("current [A/m2]")?, self.metrics.column("dt [s]")?);
        let cycles = self.metrics.column("cycle");
        let step = |row: usize| {
            (cycles.map_or(f64::NAN, |c| c[row]), sign * volts[row] * current[row] * dt[row] / MILLIWATT_HOUR)
        };
        Some((of, (0..self.metrics.rows()).map(step).filter(|(_, energy)| energy.is_finite()).collect()))
    }

    /// Numbers of the cycles that have stripped and their Coulombic efficiencies.
    pub fn efficiencies(&self) -> Vec<(f64, f64)> {
        let Some(table) = &self.cycles else { return Vec::new() };
        let column = |name| table.column(name).unwrap_or_default();
        let stripped = column("charge_out [mAh/cm2]").iter().map(|&charge| charge > 0.0);
        let rows = column("cycle").iter().zip(column("coulombic_efficiency")).zip(stripped);
        rows.filter(|((_, share), stripped)| *stripped && share.is_finite())
            .map(|((n, share), _)| (*n, *share))
            .collect()
    }

    /// Seconds of wall time that the finished stretches took.
    pub fn wall_seconds(&self) -> f64 {
        self.run.wall_seconds()
    }
}
