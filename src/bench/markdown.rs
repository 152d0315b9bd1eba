//! What was measured, as tables of Markdown for people.

use std::fmt::Write;

use super::copy::Rates;
use super::report::{Report, SOLVER};
use super::solver::{FALL, MeanCounts};
use super::stopwatch::Spread;

/// Three significant digits.
pub fn three(v: f64) -> String {
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
        writeln!(text, "**{}³ cells**, {}\n", self.side, self.stamp)?;
        let rates = |of: fn(&Rates) -> &Vec<f64>| self.copy_before.spread(&self.copy_after, of).times(1e-9);
        let medians = [&self.copy_before, &self.copy_after].map(|rates| Spread::of(&rates.large).median * 1e-9);
        let (large, field) = (rates(|r| &r.large), rates(|r| &r.field));
        writeln!(
            text,
            "Copy rate (f32, read and written, arrays of {} MiB): {} GB/s ({} before, {} after; {}…{}). Arrays of one field \
             ({} MiB), which a cache may hold: {} GB/s; so fast may an operator be there. One copy = 8 bytes a cell at the \
             first rate = {} ms. Operators, cycles and solves by {}; Newton iterations, steps and snapshots by the wall clock. Medians, smallest…largest in brackets.\n",
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
        if let (Some(ours), Some(theirs)) = (self.step.counts, other.step.counts) {
            let mut row = |name: &str, of: fn(&MeanCounts) -> f64, note: &str| {
                writeln!(text, "| {name} | {} | {} | {note} |", of(&ours).round(), of(&theirs).round())
            };
            row("kernels and copies in it", |counts| counts.launches, "what a small grid waits for")?;
            row("submissions", |counts| counts.submissions, "")?;
            row("waits for values", |counts| counts.read_backs, "")?;
            row("bytes of those values", |counts| counts.bytes_read, "")?;
            let cells = self.cells as f64;
            let moved = [ours, theirs].map(|counts| (counts.bytes_moved / cells).round());
            let note = "every buffer that is given, once if it is read and once if it is written";
            writeln!(
                text,
                "| bytes a cell that kernels and copies move in it | {} | {} | {note} |",
                moved[0], moved[1]
            )?;
        }
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
