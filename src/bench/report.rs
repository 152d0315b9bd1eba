//! What was measured, as the JSON has it.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::Serialize;

use super::copy::Rates;
use super::solver::MeanCounts;
use crate::io::provenance::{VERSION, commit};
use crate::solver::multigrid::SWEEPS;

/// An operator.
#[derive(Clone, Debug, Serialize)]
pub struct OperatorTime {
    /// its name in the trait
    pub name: &'static str,
    /// bytes for each cell that it cannot do without
    pub bytes_per_cell: f64,
    /// on the deposit, median \[s\]
    pub seconds: f64,
    /// its unavoidable bytes per second over the copy rate
    pub fraction_of_copy: f64,
    /// the same on noise, median \[s\]
    pub seconds_on_noise: f64,
    /// the same on noise
    pub fraction_of_copy_on_noise: f64,
    /// smallest and largest \[s\]: on the deposit, on noise
    pub spread: [[f64; 2]; 2],
}

/// Linear solves in copies; none where the residual did not fall far enough.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SolveCopies {
    /// from a uniform potential and uniform salt
    pub cold: Option<f64>,
    /// from the solution of the step before
    pub warm: Option<f64>,
}

/// A whole step.
#[derive(Clone, Debug, Serialize)]
pub struct StepTime {
    /// median, in copies
    pub copies: f64,
    /// median \[s\]
    pub seconds: f64,
    /// length of the step in the simulation \[s\]
    pub dt: f64,
    /// what limits it
    pub limited_by: String,
    /// attempts thrown away in all timed steps, and part of their time
    pub rejected: usize,
    /// what a step hands to the device and waits for; none on the CPU
    pub counts: Option<MeanCounts>,
}

/// Iterations.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Iterations {
    /// Newton iterations of a step, median
    pub newton_per_step: f64,
    /// linear iterations of a Newton iteration: fixed
    pub linear_per_newton: usize,
    /// linear iterations of the cold solve
    pub cold: usize,
    /// linear iterations of the warm solve
    pub warm: usize,
}

/// The scalar problem: a conductor of single ions on the same deposit. The cycle still works on both unknowns.
#[derive(Clone, Debug, Serialize)]
pub struct SingleIon {
    /// V-cycles in copies, by sweeps before and after, and the solver's own
    pub v_cycle_copies: BTreeMap<String, f64>,
    /// linear solves
    pub solve_copies: SolveCopies,
    /// Newton iteration
    pub newton_copies: f64,
    /// whole step
    pub step: StepTime,
    /// iterations
    pub iterations: Iterations,
}

/// When, by which program and on which device something was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Stamp {
    /// when it ended, UTC
    pub date: String,
    /// version of this program
    pub version: &'static str,
    /// commit that it was built from
    pub commit: &'static str,
    /// the device
    pub device: String,
    /// its driver, or the system for the CPU
    pub driver: String,
}

impl Stamp {
    /// That of what ends now on this device with this driver.
    pub fn now((device, driver): (String, String)) -> Self {
        Self { date: crate::io::moment(SystemTime::now()), version: VERSION, commit: commit(), device, driver }
    }
}

impl std::fmt::Display for Stamp {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let Self { date, version, commit, device, driver } = self;
        write!(f, "{device}, driver {driver}, {}, liplate {version}", date.split('T').next().unwrap_or_default())?;
        if *commit == "unknown" { Ok(()) } else { write!(f, " ({commit})") }
    }
}

/// Everything about one size. A copy is the time of 8 bytes a cell at the copy rate.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// where it comes from
    #[serde(flatten)]
    pub stamp: Stamp,
    /// how operators, cycles and solves were timed
    pub clock: &'static str,
    /// cells
    pub cells: usize,
    /// cells along each side
    pub side: usize,
    /// rate of arrays much larger than the caches, median of before and after \[B/s\]
    pub copy_bytes_per_second: f64,
    /// rate of arrays of the size of a field, which a cache may hold \[B/s\]
    pub field_copy_bytes_per_second: f64,
    /// every sample of both rates, before
    pub copy_before: Rates,
    /// and after
    pub copy_after: Rates,
    /// the operators
    pub operators: Vec<OperatorTime>,
    /// V-cycles in copies, by sweeps before and after, and the solver's own
    pub v_cycle_copies: BTreeMap<String, f64>,
    /// sweeps of the solver's own
    pub solver_cycle: String,
    /// linear solves
    pub solve_copies: SolveCopies,
    /// Newton iteration
    pub newton_copies: f64,
    /// whole step
    pub step: StepTime,
    /// iterations
    pub iterations: Iterations,
    /// share of a step's wall time in which the device, or the processors, did nothing for this program
    pub idle_fraction: Option<f64>,
    /// why that is not known
    pub idle_unknown: Option<String>,
    /// bytes of the device's memory for each cell
    pub bytes_per_cell: usize,
    /// a snapshot \[s\]
    pub snapshot_seconds: f64,
    /// time of a snapshot over that of 100 steps
    pub output_cost_fraction: f64,
    /// the scalar problem
    pub single_ion: SingleIon,
    /// smallest and largest value in copies, by name; of snapshots in seconds
    pub spread: BTreeMap<String, [f64; 2]>,
}

/// Name of the solver's own V-cycle.
pub const SOLVER: &str = "solver";

/// "3,3".
pub fn solver_cycle() -> String {
    format!("{SWEEPS},{SWEEPS}")
}
