//! The tables of `liplate cell`: what a design gives with dense lithium, as it is designed, with what runs have measured, and with graphite.

mod energy;
mod journeys;
mod life;
mod pack;
mod runs;

use super::design::{Cell, Design, Negative};
use super::energy::{Figures, Losses, baseline, designed, filling, porosity_at_gain, room, with_porosity};
use super::measured::{self, Measured};
use super::stack::dense;
use super::table::{Answer, Table};

/// Runs that differ by chance only: one run, or the seeds of a point of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Runs {
    /// what they are called
    pub name: String,
    /// what each has measured
    pub measured: Vec<Measured>,
}

/// A cell that is told of in a column.
struct Variant {
    key: String,
    name: String,
    figures: Figures,
}

/// Everything that is told of a `design`, and of it with what `runs` have measured.
pub fn answer(name: &str, design: &Design, runs: &[Runs]) -> Answer {
    let Design { cell, asked } = design;
    let mut answer = Answer { name: name.into(), tables: Vec::new(), notes: Vec::new() };
    let lithium = cell.negative.deposit_porosity();
    let means: Vec<(&Runs, Measured)> =
        runs.iter().filter_map(|runs| Some((runs, measured::mean(&runs.measured)?))).collect();
    let variants = variants(design, &means);
    answer.tables.push(energy::stack("stack", "One pair of electrodes, as designed", &designed(cell).pair));
    if lithium.is_some() {
        let graphite = baseline(cell, asked);
        answer.tables.push(energy::stack("baseline", "The same with graphite", &designed(&graphite).pair));
    }
    answer.tables.push(energy::energy_table(design, &variants));
    answer.tables.push(energy::heat_table(design, &variants));
    if lithium.is_some() {
        answer.tables.push(energy::porosity_table(design));
        if !means.is_empty() {
            answer.tables.push(runs::measured_table(design, &means));
            answer.notes.extend(runs::notes(cell, &means));
        }
    }
    answer.tables.extend(pack::range_tables(design, &variants));
    answer.tables.push(pack::metals(design));
    if lithium.is_some() {
        answer.tables.push(life::closed_form("life", cell, asked.life.efficiency, asked.life.end));
        answer.tables.extend(life::measured_life(design, runs, &mut answer.notes));
        answer.tables.extend(life::fade(design, runs));
    }
    if let Some(extender) = &asked.extender {
        let of = extender.cell();
        let figures = designed(&of);
        let columns = vec![("extender".to_string(), "extender".to_string())];
        answer.tables.push(energy::stack("extender_stack", "One pair of electrodes of the extender", &figures.pair));
        let mut table = Table::new("extender", "The extender", columns);
        energy::energy_rows(&mut table, design, &of, &[&figures]);
        answer.tables.push(table);
        let efficiency = extender.efficiency.or_else(|| life::efficiency_of(runs, asked.life.formation as usize));
        answer.tables.push(life::closed_form("extender_life", &of, efficiency, asked.life.end));
        if let Some(driving) = &asked.driving {
            answer.tables.extend(journeys::journeys(design, &of, &figures, driving, efficiency));
            answer.notes.push("years of the fleet count cycles alone, calendar ageing is not in them".into());
        }
    }
    answer
}

/// Which cells are told of.
fn variants(design: &Design, means: &[(&Runs, Measured)]) -> Vec<Variant> {
    let Design { cell, asked } = design;
    let Some(porosity) = cell.negative.deposit_porosity() else {
        return vec![Variant { key: "graphite".into(), name: "graphite".into(), figures: designed(cell) }];
    };
    let room = room(cell);
    let graphite = baseline(cell, asked);
    let with = |key: &str, name: String, porosity: f64, losses: Losses| Variant {
        key: key.into(),
        name,
        figures: filling(&with_porosity(cell, porosity), losses, room),
    };
    let mut all = vec![with("dense", "dense".into(), 0.0, Losses::NONE)];
    if porosity > 0.0 {
        all.push(with("designed", "designed".into(), porosity, Losses::NONE));
    }
    for (number, (runs, run)) in means.iter().enumerate() {
        let key = run_key(number, means.len());
        let losses = losses(cell, run);
        all.push(with(&key, runs.name.clone(), run.porosity, losses));
        if means.len() == 1 {
            all.push(with("run_to_highest", "to its highest".into(), run.porosity_to_highest, losses));
        }
    }
    if let Some(porosity) = porosity_at_gain(cell, Losses::NONE, &graphite, asked.gain) {
        all.push(with("at_gain", format!("at +{} %", percent(asked.gain)), porosity, Losses::NONE));
    }
    let figures = filling(&graphite, Losses::NONE, room);
    all.push(Variant { key: "graphite".into(), name: "graphite".into(), figures });
    all
}

/// Name for programs of the column of runs `number`, of so many columns of runs.
fn run_key(number: usize, count: usize) -> String {
    if count == 1 { "run".into() } else { format!("run_{number}") }
}

/// A share as percents, without needless digits.
fn percent(share: f64) -> String {
    crate::config::quantity::digits((share * 1e6).round() / 1e4)
}

/// What a run takes from a design.
fn losses(cell: &Cell, run: &Measured) -> Losses {
    let stripping_potential = if run.stripping_potential.is_finite() { run.stripping_potential } else { 0.0 };
    // the reserve pays for formation first
    let capacity_share = (run.formation + reserve(cell)).min(1.0);
    Losses { stripping_potential, capacity_share }
}

/// Lithium that the cell is assembled with, in units of the capacity of its cathode.
fn reserve(cell: &Cell) -> f64 {
    match &cell.negative {
        Negative::Lithium { thickness, .. } => thickness / dense(cell.cathode.areal_capacity),
        Negative::None { .. } | Negative::Graphite(_) => 0.0,
    }
}

fn columns(names: &[(&str, &str)]) -> Vec<(String, String)> {
    names.iter().map(|(key, name)| (key.to_string(), name.to_string())).collect()
}

fn heads(variants: &[Variant]) -> Vec<(String, String)> {
    variants.iter().map(|variant| (variant.key.clone(), variant.name.clone())).collect()
}
