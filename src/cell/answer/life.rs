//! Tables of lives and of capacity against cycles.

use super::{Runs, columns, percent, reserve, run_key};
use crate::cell::design::{Cell, Design};
use crate::cell::formulas;
use crate::cell::life;
use crate::cell::table::Table;
use crate::study::statistics;

/// Efficiencies whose lives are told of every cell with lithium.
const EFFICIENCIES: [f64; 3] = [0.995, 0.999, 0.9999];

/// Cycles after which the capacity is told.
const CYCLES: [u32; 12] = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];

/// Lives of the closed form.
pub(super) fn closed_form(key: &'static str, cell: &Cell, efficiency: Option<f64>, end: f64) -> Table {
    let reserve = reserve(cell);
    let mut heads = columns(&[("without_reserve", "without reserve")]);
    if reserve > 0.0 {
        heads.extend(columns(&[("with_reserve", "with reserve")]));
    }
    let title = format!("Cycles to {} % of the capacity, by the closed form", percent(end));
    let mut table = Table::new(key, title, heads);
    if reserve > 0.0 {
        table.row("reserve", "reserve, of the capacity", "", &formulas::RESERVOIR, [None, Some(reserve)]);
    }
    let mut all: Vec<f64> = EFFICIENCIES.into();
    all.extend(efficiency.filter(|of| !EFFICIENCIES.contains(of)));
    all.sort_by(f64::total_cmp);
    for of in all {
        let name = format!("CE {} %", percent(of));
        let cycles = |reserve: f64| Some(life::cycles_to(end, of, reserve));
        let values = [cycles(0.0)].into_iter().chain((reserve > 0.0).then(|| cycles(reserve)));
        table.row(format!("ce_{of}"), name, "cycles", &formulas::LIFE, values);
    }
    table
}

/// What each run has shown of a life.
fn lives(runs: &Runs, formation: usize) -> Vec<life::Measured> {
    runs.measured.iter().filter_map(|run| life::measured(&run.cycles, formation)).collect()
}

/// The efficiency of the first runs that tell one, the mean over them.
pub(super) fn efficiency_of(runs: &[Runs], formation: usize) -> Option<f64> {
    let means = runs.iter().map(|runs| statistics::mean(lives(runs, formation).iter().map(|life| life.mean)));
    means.map(|mean| mean.mean).find(|mean| mean.is_finite())
}

/// Lives by what runs have measured, with the interval over them.
pub(super) fn measured_life(design: &Design, runs: &[Runs], notes: &mut Vec<String>) -> Option<Table> {
    let Design { cell, asked } = design;
    let (end, reserve) = (asked.life.end, reserve(cell));
    let told: Vec<(&Runs, Vec<life::Measured>)> = runs
        .iter()
        .map(|runs| (runs, lives(runs, asked.life.formation as usize)))
        .filter(|(_, lives)| !lives.is_empty())
        .collect();
    if told.is_empty() {
        return None;
    }
    let heads =
        told.iter().enumerate().map(|(number, (runs, _))| (run_key(number, told.len()), runs.name.clone())).collect();
    let title = format!("Cycles to {} % of the capacity, by what the runs have measured", percent(end));
    let mut table = Table::new("measured_life", title, heads);
    let mean = |lives: &[life::Measured]| statistics::mean(lives.iter().map(|life| life.mean));
    let left =
        |lives: &[life::Measured], reserve: f64| statistics::mean(lives.iter().map(|life| life.left_of(reserve))).mean;
    let mut row = |key: &str, name: &str, unit, formula, value: &dyn Fn(&[life::Measured]) -> f64| {
        table.row(key, name, unit, formula, told.iter().map(|(_, lives)| Some(value(lives))));
    };
    row("runs", "runs with cycles after formation", "", &formulas::INTERVAL, &|lives| lives.len() as f64);
    row("efficiency", "Coulombic efficiency, mean", "%", &formulas::FADE, &|lives| mean(lives).mean * 100.0);
    row("efficiency_within", "± of the mean, 95 %", "%", &formulas::INTERVAL, &|lives| mean(lives).within * 100.0);
    for (part, what, reserve) in [("", "", 0.0), ("_with_reserve", ", with reserve", reserve)] {
        if !part.is_empty() && reserve == 0.0 {
            continue;
        }
        row(&format!("cycles{part}"), &format!("cycles{what}"), "cycles", &formulas::FADE, &|lives| match lives {
            [only] => only.cycles_to(end, reserve),
            _ => life::cycles_to(end, mean(lives).mean, left(lives, reserve)),
        });
        for (side, words, sign) in [("least", "at least", -1.0), ("most", "at most", 1.0)] {
            row(&format!("{side}{part}"), &format!("{words}{what}"), "cycles", &formulas::INTERVAL, &|lives| {
                let mean = mean(lives);
                // NaN of one run, which has no interval
                if mean.within.is_nan() {
                    f64::NAN
                } else {
                    life::cycles_to(end, mean.mean + sign * mean.within, left(lives, reserve))
                }
            });
        }
    }
    for (runs, lives) in &told {
        let mean = mean(lives);
        if mean.mean >= life::LOSSLESS {
            notes.push(format!(
                "{}: the cycles after formation gave back all that they took, {:.2} %, as they do where lithium beyond the cathode's pays for what is \
                 lost, or isolated lithium is found again: the run shows no limit of the life",
                runs.name,
                mean.mean * 100.0
            ));
        } else if mean.mean + mean.within >= 1.0 {
            notes.push(format!(
                "{}: within the interval of {} runs nothing is lost, so that the life has no upper end; more seeds would give one",
                runs.name,
                lives.len()
            ));
        }
    }
    Some(table)
}

/// Capacity against cycles.
pub(super) fn fade(design: &Design, runs: &[Runs]) -> Option<Table> {
    let Design { cell, asked } = design;
    let reserve = reserve(cell);
    let mut heads = Vec::new();
    let mut curves: Vec<Box<dyn Fn(u32) -> f64>> = Vec::new();
    let mut add = |key: String, name: String, lives: Vec<life::Measured>| {
        for (part, words, reserve) in [("", "", 0.0), ("_with_reserve", ", with reserve", reserve)] {
            if part.is_empty() || reserve > 0.0 {
                heads.push((format!("{key}{part}"), format!("{name}{words}")));
                let lives = lives.clone();
                curves.push(Box::new(move |cycles| {
                    statistics::mean(lives.iter().map(|life| life.capacity(cycles, reserve))).mean
                }));
            }
        }
    };
    if let Some(efficiency) = asked.life.efficiency {
        let given = life::Measured { efficiencies: Vec::new(), mean: efficiency, formation: 1.0 };
        add("given".into(), format!("CE {} %", percent(efficiency)), vec![given]);
    }
    for (number, of) in runs.iter().enumerate() {
        let lives = lives(of, asked.life.formation as usize);
        if !lives.is_empty() {
            let key = run_key(number, runs.len());
            add(key, of.name.clone(), lives);
        }
    }
    if curves.is_empty() {
        return None;
    }
    let mut table = Table::new("fade", "Capacity against cycles after formation, %", heads);
    for cycles in CYCLES {
        let values = curves.iter().map(|curve| Some(100.0 * curve(cycles)));
        table.row(format!("n{cycles}"), format!("{cycles} cycles"), "%", &formulas::FADE, values);
    }
    Some(table)
}
