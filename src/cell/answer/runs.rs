//! What the runs have measured, and what a reader of their figures should know.

use super::{Runs, run_key};
use crate::cell::design::{Cell, Design};
use crate::cell::energy;
use crate::cell::formulas;
use crate::cell::measured::Measured;
use crate::cell::table::Table;
use crate::report::record::MILLIAMPERE_HOUR;
use crate::study::statistics;

/// What runs have measured.
pub(super) fn measured_table(design: &Design, means: &[(&Runs, Measured)]) -> Table {
    let per_area = energy::heat_capacity_per_area(design);
    let head = |(number, (runs, _)): (usize, &(&Runs, Measured))| (run_key(number, means.len()), runs.name.clone());
    let heads = means.iter().enumerate().map(head).collect();
    let mut table = Table::new("measured", "What the runs have measured", heads);
    let mut row = |key: &str, name: &str, unit, formula, value: &dyn Fn(&Runs, &Measured) -> f64| {
        table.row(key, name, unit, formula, means.iter().map(|(runs, mean)| Some(value(runs, mean))));
    };
    row("runs", "runs", "", &formulas::INTERVAL, &|runs, _| runs.measured.len() as f64);
    row("charge", "charge of the lithium", "mAh/cm²", &formulas::MEASURED, &|_, mean| mean.charge);
    row("porosity", "porosity", "", &formulas::MEASURED, &|_, mean| mean.porosity);
    row("porosity_within", "± of the mean, 95 %", "", &formulas::INTERVAL, &|runs, _| {
        statistics::mean(runs.measured.iter().map(|run| run.porosity)).within
    });
    row("porosity_to_highest", "porosity to the highest", "", &formulas::HIGHEST, &|_, mean| mean.porosity_to_highest);
    row("stripping_potential", "potential of stripping", "mV", &formulas::VOLTAGE, &|_, mean| {
        mean.stripping_potential * 1e3
    });
    row("formation", "left by formation", "%", &formulas::FORMATION, &|_, mean| mean.formation * 100.0);
    row("cycle_rise", "rise in a cycle, if no heat leaves", "K", &formulas::CYCLE_RISE, &|_, mean| {
        mean.heat / per_area
    });
    table
}

/// What a reader of the figures of runs should know.
pub(super) fn notes(cell: &Cell, means: &[(&Runs, Measured)]) -> Vec<String> {
    let wanted = cell.cathode.areal_capacity / MILLIAMPERE_HOUR;
    let mut notes = Vec::new();
    for (runs, mean) in means {
        let Runs { name, .. } = runs;
        if !(0.8..=1.25).contains(&(mean.charge / wanted)) {
            notes.push(format!(
                "{name}: the porosity is that of {:.2} mAh/cm² of lithium, the cell plates {wanted:.2}; it is taken to be the same",
                mean.charge
            ));
        }
        if mean.stripping_potential.is_nan() {
            notes.push(format!("{name}: nothing was stripped; the lithium is taken to be at 0 V on discharge"));
        }
    }
    notes
}
