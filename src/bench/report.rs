//! What was measured: as JSON for programs, as tables of Markdown for people.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use super::copy::Rates;
use super::solver::FALL;
use super::stopwatch::Spread;
use crate::solver::multigrid::SWEEPS;
use crate::solver::newton::LINEAR_ITERATIONS;

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

/// Everything about one size. A copy is the time of 8 bytes a cell at the copy rate.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
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

/// Linear iterations of a Newton iteration.
pub const LINEAR: usize = LINEAR_ITERATIONS;

/// Three significant digits.
fn three(v: f64) -> String {
    if !v.is_finite() {
        return "-".into();
    }
    let digits = 2 - v.abs().max(1e-300).log10().floor() as i32;
    format!("{v:.*}", digits.clamp(0, 6) as usize)
}

fn percent(v: f64) -> String {
    format!("{} %", three(100.0 * v))
}

impl Report {
    /// The report as Markdown: what the numbers are of, the whole, the operators.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        // writing to a String cannot fail
        let _ = self.head(&mut text).and_then(|()| self.whole(&mut text)).and_then(|()| self.parts(&mut text));
        text
    }

    fn head(&self, text: &mut String) -> std::fmt::Result {
        let date = self.date.split('T').next().unwrap_or_default();
        writeln!(
            text,
            "**{0}³ cells**, {1}, driver {2}, {date}, liplate {3}\n",
            self.side,
            self.device,
            self.driver,
            {
                match self.commit {
                    "unknown" => self.version.to_string(),
                    commit => format!("{} ({commit})", self.version),
                }
            }
        )?;
        let rates = |of: fn(&Rates) -> &Vec<f64>| self.copy_before.spread(&self.copy_after, of).times(1e-9);
        let medians = [&self.copy_before, &self.copy_after].map(|rates| Spread::of(&rates.large).median * 1e-9);
        let (large, field) = (rates(|r| &r.large), rates(|r| &r.field));
        writeln!(
            text,
            "Copy rate (f32, read and written, arrays of {} MiB): {} GB/s ({} before, {} after; {}…{}). Arrays of one field \
             ({} MiB): {} GB/s. One copy = 8 bytes a cell at the first rate = {} ms. Operators, cycles and solves by {}; \
             Newton iterations, steps and snapshots by the wall clock. Medians, smallest…largest in brackets.\n",
            self.copy_before.large_bytes >> 20,
            three(large.median),
            three(medians[0]),
            three(medians[1]),
            three(large.least),
            three(large.most),
            three(4.0 * self.cells as f64 / f64::from(1 << 20)),
            three(field.median),
            three(8.0 * self.cells as f64 / self.copy_bytes_per_second * 1e3),
            self.clock,
        )?;
        let change = (medians[1] / medians[0] - 1.0).abs();
        if change > 0.1 || large.width() > 1.5 {
            writeln!(text, "The copy rate was not steady: something else uses this machine. Measure again.\n")?;
        }
        Ok(())
    }

    fn whole(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "| | φ and c | single ion | |\n|---|---|---|---|")?;
        let range = |name: &str| match self.spread.get(name) {
            Some([least, most]) => format!(" ({}…{})", three(*least), three(*most)),
            None => String::new(),
        };
        let mut row = |name: &str, key: &str, value: Option<f64>, single: Option<f64>, note: &str| {
            let shown = |value: Option<f64>, range: String| match value {
                Some(value) => format!("{}{range}", three(value)),
                None => "not reached".into(),
            };
            let single = shown(single, range(&format!("single ion {key}")));
            writeln!(text, "| {name} | {} | {single} | {note} |", shown(value, range(key)))
        };
        let other = &self.single_ion;
        for (sweeps, &copies) in &self.v_cycle_copies {
            let (name, note) = match sweeps.as_str() {
                SOLVER => (
                    format!("V({}), the solver's [copies]", self.solver_cycle),
                    "both unknowns, also where there is no salt",
                ),
                sweeps => (format!("V({sweeps}) [copies]"), ""),
            };
            let key = format!("v_cycle {sweeps}");
            row(&name, &key, Some(copies), other.v_cycle_copies.get(sweeps).copied(), note)?;
        }
        let (ours, theirs) = (&self.iterations, &other.iterations);
        let fall = format!("residual × {FALL:.0e}, {} / {} iterations", ours.cold, theirs.cold);
        row("linear solve, cold [copies]", "cold", self.solve_copies.cold, other.solve_copies.cold, &fall)?;
        let same = format!("to the same residual, {} / {} iterations", ours.warm, theirs.warm);
        row("linear solve, warm [copies]", "warm", self.solve_copies.warm, other.solve_copies.warm, &same)?;
        let linear = format!("{} linear iterations", ours.linear_per_newton);
        row("Newton iteration [copies]", "newton", Some(self.newton_copies), Some(other.newton_copies), &linear)?;
        let newton = format!("{} / {} Newton iterations", three(ours.newton_per_step), three(theirs.newton_per_step));
        row("full step [copies]", "step", Some(self.step.copies), Some(other.step.copies), &newton)?;
        let limit = format!("dt = {} s, limited by {}", three(self.step.dt), self.step.limited_by);
        row("full step [s]", "", Some(self.step.seconds), Some(other.step.seconds), &limit)?;
        match (self.idle_fraction, &self.idle_unknown) {
            (Some(idle), _) => {
                let note = "in full steps; a CPU's cores that other programs hold count as idle";
                writeln!(text, "| idle share of wall time | {} | | {note} |", percent(idle))?;
            }
            (None, reason) => {
                let reason = reason.as_deref().unwrap_or_default();
                writeln!(text, "| idle share of wall time | not known | | {reason} |")?;
            }
        }
        writeln!(text, "| device memory [bytes a cell] | {} | | |", self.bytes_per_cell)?;
        let snapshot = format!("a snapshot takes {} s", three(self.snapshot_seconds));
        writeln!(text, "| output every 100 steps | {} | | {snapshot} |\n", percent(self.output_cost_fraction))
    }

    fn parts(&self, text: &mut String) -> std::fmt::Result {
        writeln!(
            text,
            "| operator | bytes a cell | deposit [ms] | of the copy rate | noise [ms] | of the copy rate |\n\
             |---|---|---|---|---|---|"
        )?;
        for o in &self.operators {
            let [deposit, noise] =
                [(o.seconds, o.spread[0]), (o.seconds_on_noise, o.spread[1])].map(|(median, range)| {
                    format!("{} ({}…{})", three(1e3 * median), three(1e3 * range[0]), three(1e3 * range[1]))
                });
            writeln!(
                text,
                "| {} | {} | {deposit} | {} | {noise} | {} |",
                o.name,
                o.bytes_per_cell,
                percent(o.fraction_of_copy),
                percent(o.fraction_of_copy_on_noise)
            )?;
        }
        writeln!(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        assert_eq!([1234.0, 12.34, 0.1234, 0.0, f64::NAN].map(three), ["1234", "12.3", "0.123", "0.000000", "-"]);
    }
}
