//! What a study found, as a table for people, as CSV and as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::ops::RangeInclusive;
use std::path::Path;

use serde::Serialize;

use super::Request;
use super::extrapolate::{Limit, limit};
use super::plan::{Level, Study};
use super::runner::{Ran, last_row};
use crate::io::{IoError, write_json, write_whole};
use crate::metrics::{self, Metrics};

/// One metric over the levels of a study.
#[derive(Clone, Debug, Serialize)]
pub struct Quantity {
    /// name of the column in `metrics.csv`
    pub name: String,
    /// unit, `1` if it has none
    pub unit: String,
    /// what it is
    pub meaning: String,
    /// value on each level, the coarsest first; none where undefined
    pub values: Vec<Option<f64>>,
    /// the limit
    pub limit: Limit,
}

impl Quantity {
    /// Name with unit.
    pub fn heading(&self) -> String {
        metrics::heading(&self.name, &self.unit)
    }
}

/// Values that a metric can have.
fn possible(name: &str) -> RangeInclusive<f64> {
    match name {
        "covered" | "contact" | "void_fraction" | "dead_fraction" | "trapped" => 0.0..=1.0,
        "porosity" => f64::NEG_INFINITY..=1.0,
        "potential" | "skewness" | "tip_speed" | "tip_ratio" | "tip_over_mean" => f64::NEG_INFINITY..=f64::INFINITY,
        _ => 0.0..=f64::INFINITY,
    }
}

/// Columns of a run's table that are compared beside its morphology: name, unit, meaning.
const GENERAL: [(&str, &str, &str); 2] = [
    ("potential", "V", "electrode potential against Li/Li+ at the end"),
    ("nuclei_debt", "C/m2", "charge that nuclei still owe: as much lithium more than was plated"),
];

/// A finished study.
#[derive(Clone, Debug, Serialize)]
pub struct Findings {
    /// what was refined
    pub study: Study,
    /// name of the config
    pub name: String,
    /// sentences: what is the same on all levels
    pub held_fixed: Vec<String>,
    /// levels, the coarsest first
    pub levels: Vec<Ran>,
    /// metrics
    pub quantities: Vec<Quantity>,
}

/// What no refinement tells.
pub const CAVEAT: &str = "The error bars are those of discretisation, for one sample of copper and nuclei. How much another \
                          sample would differ is another question: run other seeds (collector.seed, nucleation.seed).";

impl Findings {
    /// The metrics of a study's levels and their limits, read from the runs that are `done`.
    ///
    /// # Errors
    /// If the table of a run cannot be read.
    pub fn gather(
        study: Study,
        levels: &[Level],
        done: &BTreeMap<String, Ran>,
        request: &Request,
        held_fixed: &[String],
    ) -> Result<Self, IoError> {
        let mut ran = Vec::new();
        let mut rows = Vec::new();
        for level in levels {
            if let Some(one) = done.get(&level.to_string()) {
                ran.push(Ran { size: level.size(study), ..one.clone() });
                rows.push(last_row(&request.directory.join(&one.directory))?);
            }
        }
        let sizes: Vec<f64> = ran.iter().map(|level| level.size).collect();
        let columns = Metrics::COLUMNS.iter().map(|c| (c.name, c.unit, c.meaning));
        let quantities = GENERAL.into_iter().chain(columns).map(|(name, unit, meaning)| {
            let heading = metrics::heading(name, unit);
            let values: Vec<f64> = rows.iter().map(|row| row.get(&heading).copied().unwrap_or(f64::NAN)).collect();
            Quantity {
                name: name.into(),
                unit: unit.into(),
                meaning: meaning.into(),
                limit: limit(&sizes, &values, possible(name)),
                values: values.into_iter().map(|v| v.is_finite().then_some(v)).collect(),
            }
        });
        let quantities = quantities.collect();
        Ok(Self { study, name: request.setup.name.clone(), held_fixed: held_fixed.to_vec(), levels: ran, quantities })
    }

    /// The table.
    pub fn table(&self) -> String {
        let mut text = format!("\n{}: {}\n", self.study.name(), self.study.about());
        for sentence in &self.held_fixed {
            let _ = writeln!(text, "  fixed: {sentence}");
        }
        for (i, level) in self.levels.iter().enumerate() {
            let [nx, ny, nz] = level.cells;
            let _ = writeln!(
                text,
                "  level {}: {nx} × {ny} × {nz} cells, dx {:.4} µm, ell {:.4} µm, time step × {:.4}: {} steps, {:.0} s",
                i + 1,
                level.dx * 1e6,
                level.ell * 1e6,
                level.time_scale,
                level.steps,
                level.wall_seconds
            );
        }
        let programs: BTreeSet<&str> = self.levels.iter().map(|level| level.program.as_str()).collect();
        if programs.len() > 1 {
            let list = programs.into_iter().collect::<Vec<_>>().join(", ");
            let _ = writeln!(text, "  note: the levels were computed by different versions of the program: {list}");
        }
        let _ = write!(text, "{:26}", "");
        for i in 1..=self.levels.len() {
            let _ = write!(text, " {:>12}", format!("level {i}"));
        }
        let _ = writeln!(text, " {:>6} {:>12} {:>9}", "order", "estimate", "±");
        for quantity in self.quantities.iter().filter(|q| q.values.iter().any(Option::is_some)) {
            let _ = write!(text, "{:26}", quantity.heading());
            for value in &quantity.values {
                let _ = write!(text, " {:>12}", value.map_or("-".into(), |v| format!("{v:.5e}")));
            }
            let Limit { behaviour, order, estimate, error } = quantity.limit;
            let number = |v: f64, digits: usize| if v.is_finite() { format!("{v:.digits$e}") } else { "-".into() };
            let order = order.map_or("-".into(), |order| format!("{order:.2}"));
            let line = format!(
                " {order:>6} {:>12} {:>9}  {}",
                number(estimate, 5),
                number(error, 1),
                if quantity.limit.order.is_some() { "" } else { behaviour.name() }
            );
            let _ = writeln!(text, "{}", line.trim_end());
        }
        if self.levels.len() == 3 {
            text += "Any monotone sequence of three fits some order: an order near the expected one (1 in time, 1 to 2 in dx and \
                     ell) is a good sign, a fourth level would be evidence.\n";
        }
        text + CAVEAT + "\n"
    }

    /// The metrics as CSV.
    pub fn csv(&self) -> String {
        let mut text =
            format!("# liplate {}: {}, study {}\n", crate::io::provenance::VERSION, self.name, self.study.name());
        text += "metric,unit";
        for level in &self.levels {
            let _ = write!(text, ",{}", level.directory);
        }
        text += ",order,estimate,error,behaviour\n";
        for q in &self.quantities {
            let numbers = q.values.iter().map(|v| v.unwrap_or(f64::NAN));
            let limit = [q.limit.order.unwrap_or(f64::NAN), q.limit.estimate, q.limit.error];
            let row = crate::io::table::row(numbers.chain(limit));
            let _ = writeln!(text, "{},{},{row},{}", q.name, q.unit, q.limit.behaviour.name());
        }
        text
    }

    /// Writes `STUDY.csv` and `STUDY.json` into `directory`.
    ///
    /// # Errors
    /// If the system fails.
    pub fn write(&self, directory: &Path) -> Result<(), IoError> {
        let path = directory.join(format!("{}.csv", self.study.name()));
        write_whole(&path, self.csv().as_bytes())?;
        write_json(&directory.join(format!("{}.json", self.study.name())), self)
    }
}
