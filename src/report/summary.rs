//! The head of the page: how the run ended, and the numbers that people ask for first.

use std::time::SystemTime;

use maud::{Markup, html};

use super::events::number;
use super::numbers::{count, duration, percent, significant};
use super::record::{EnergyOf, Record};
use super::table::Table;
use crate::model::regime::{DEPLETED, TIPS_WIN};

/// A headline: what, its value, the unit or what else there is to say, the value to the last digit for programs.
struct Headline {
    what: &'static str,
    value: String,
    note: String,
    exact: f64,
}

impl Headline {
    fn new(what: &'static str, exact: f64, value: String, note: impl Into<String>) -> Self {
        Self { what, value, note: note.into(), exact }
    }
}

/// Name, status and headline numbers.
pub fn head(record: &Record) -> Markup {
    let run = &record.run;
    let beyond = record.metrics.beyond() + record.cycles.as_ref().map_or(0, Table::beyond);
    let device = run.sessions.last().map(|session| session.device.as_str()).unwrap_or("unknown");
    html! {
        header {
            p.kind { "liplate run report" }
            h1 { (run.name) }
            p.status {
                span class={ "badge " (badge(&run.status)) } { (run.status) }
                @if let Some(reason) = &run.reason { " " (reason) }
                @if run.status == "running" {
                    " no end is recorded: it runs, or it was killed"
                    @if let Some(grown) = record.grown { "; the last row was written " (utc(grown)) }
                }
            }
            p.facts {
                @for fact in facts(record) { span { (fact) } }
                span { (device) }
            }
        }
        section #summary {
            h2 { "Summary" }
            dl.headlines {
                @for headline in headlines(record) {
                    div {
                        dt { (headline.what) }
                        dd { data value={ (format!("{:?}", headline.exact)) } { (headline.value) } @if !headline.note.is_empty() { small { (headline.note) } } }
                    }
                }
            }
            p.caption {
                "Charges are per projected area of the copper. Potentials are those of the electrode against Li/Li⁺ at the top of the box, "
                "plating negative. Lithium left is all metallic lithium in the box."
                @match record.energies().map(|(of, _)| of) {
                    Some(EnergyOf::Cell) => " Energies are the cell's: ∫ voltage × current density dt, charging and discharging.",
                    Some(EnergyOf::Electrode) => " The energy is what drives the current between the top of the box and the electrode, −∫ E i dt, with E the potential of the electrode; there is no cathode.",
                    None => {}
                }
                @if beyond > 0 { " " (count(beyond, "number of the tables is", "numbers of the tables are")) " beyond 1e100 and left out." }
            }
        }
    }
}

fn badge(status: &str) -> &'static str {
    match status {
        "done" => "good",
        "running" | "interrupted" => "open",
        _ => "bad",
    }
}

/// A moment as people write it.
pub fn utc(time: SystemTime) -> String {
    format!("{} UTC", readable(&crate::io::moment(time)))
}

/// A moment of `run.json`, UTC, without the letters.
pub fn readable(moment: &str) -> String {
    moment.replace('T', " ").trim_end_matches('Z').to_string()
}

fn facts(record: &Record) -> Vec<String> {
    let sessions = &record.run.sessions;
    let mut facts = Vec::new();
    if let Some(first) = sessions.first() {
        let ended = sessions.last().and_then(|session| session.ended.as_deref());
        let until = ended.map(|ended| format!(" to {}", readable(ended))).unwrap_or_default();
        facts.push(format!("{}{until} UTC", readable(&first.began)));
    }
    if record.wall_seconds() > 0.0 {
        let stretches = if sessions.len() > 1 { format!(" in {} sessions", sessions.len()) } else { String::new() };
        facts.push(format!("{} of wall time{stretches}", duration(record.wall_seconds())));
    }
    if let (Some(time), Some(step)) = (record.metrics.last("time [s]"), record.metrics.last("step")) {
        facts.push(format!("{} simulated in {step} time steps", duration(time)));
    }
    if let Some(grid) = &record.grid {
        let micrometres = |cells: usize| significant(cells as f64 * grid.dx * 1e6, 4);
        facts.push(format!(
            "{} × {} × {} cells, {} × {} × {} µm",
            grid.nx,
            grid.ny,
            grid.nz,
            micrometres(grid.nx),
            micrometres(grid.ny),
            micrometres(grid.nz)
        ));
    }
    facts
}

fn headlines(record: &Record) -> Vec<Headline> {
    let metrics = &record.metrics;
    let capacity = "mAh/cm²";
    let (plated, stripped) = record.plated_and_stripped();
    let mut lines = vec![Headline::new("Charge plated", plated, significant(plated, 4), capacity)];
    if stripped > 0.0 {
        lines.push(Headline::new("Charge stripped", stripped, significant(stripped, 4), capacity));
    }
    if let Some((of, steps)) = record.energies() {
        let sum = |sign: f64| steps.iter().map(|(_, energy)| (sign * energy).max(0.0)).sum::<f64>();
        let (into, out) = (sum(1.0), sum(-1.0));
        let unit = "mWh/cm²";
        match of {
            EnergyOf::Cell => {
                lines.push(Headline::new("Energy in", into, significant(into, 4), format!("{unit}, of the cell")));
                lines.push(Headline::new("Energy out", out, significant(out, 4), format!("{unit}, of the cell")));
            }
            EnergyOf::Electrode => {
                let spent = into - out;
                lines.push(Headline::new(
                    "Energy spent",
                    spent,
                    significant(spent, 4),
                    format!("{unit}, at the electrode"),
                ));
            }
        }
    }
    let efficiencies = record.efficiencies();
    if let (Some(first), Some(last)) = (efficiencies.first(), efficiencies.last()) {
        let mean = efficiencies.iter().map(|(_, share)| share).sum::<f64>() / efficiencies.len() as f64;
        let cycles = count(efficiencies.len(), "cycle", "cycles");
        lines.push(Headline::new(
            "Coulombic efficiency, first",
            first.1,
            percent(first.1),
            format!("cycle {}", first.0),
        ));
        lines.push(Headline::new("Coulombic efficiency, last", last.1, percent(last.1), format!("cycle {}", last.0)));
        lines.push(Headline::new("Coulombic efficiency, mean", mean, percent(mean), format!("of {cycles}")));
    }
    let left = metrics.last("lithium_charge [mAh/cm2]");
    if let Some(left) = left {
        lines.push(Headline::new("Lithium left", left, significant(left, 4), capacity));
    }
    if let Some(isolated) = metrics.last("isolated_lithium [mAh/cm2]") {
        let pieces = metrics.last("isolated_pieces").unwrap_or(0.0);
        let note = format!("{capacity} in {}", count(pieces as usize, "piece", "pieces"));
        lines.push(Headline::new("Isolated lithium", isolated, significant(isolated, 4), note));
    }
    if let Some(nuclei) = metrics.last("nuclei") {
        lines.push(Headline::new("Nuclei", nuclei, significant(nuclei, 6), "appeared"));
    }
    lines.extend(regime(metrics));
    if let Some(potential) = metrics.last("potential [V]") {
        lines.push(Headline::new("End potential", potential, significant(potential * 1e3, 4), "mV vs Li/Li⁺"));
    }
    if let Some(voltage) = metrics.last("cell_voltage [V]") {
        lines.push(Headline::new("End cell voltage", voltage, significant(voltage, 4), "V"));
    }
    if let Some(short) = record.events.of("short").next() {
        let (time, charge) = (number(short, "time"), number(short, "charge_passed") / 36_000.0);
        let note = format!("after {} and {} {capacity} passed", duration(time), significant(charge, 4));
        lines.push(Headline::new("Short", time, "yes".into(), note));
    }
    lines
}

/// Whether the run could be dendritic at any time, as measured, and the numbers that say so at its end.
fn regime(metrics: &Table) -> Vec<Headline> {
    let all = |name: &str| metrics.column(name).unwrap_or_default().iter().copied().filter(|value| value.is_finite());
    let mut lines = Vec::new();
    if let Some(size) = all("tip_over_kinetic").chain(all("relief_over_kinetic")).reduce(f64::max) {
        let c = all("tip_c").reduce(f64::min);
        let wins = size > TIPS_WIN || c.is_some_and(|c| c < DEPLETED);
        let word = if wins { "can be dendritic" } else { "compact" };
        let salt = c.map(|c| format!(", lowest c/c₀ at the tip {}", significant(c, 2))).unwrap_or_default();
        let note = format!("largest size × k_kin {}{salt}", significant(size, 2));
        lines.push(Headline::new("Regime", size, word.into(), note));
    }
    let last = [
        ("Tip radius × k_kin", "tip_over_kinetic", "at the end; tips win above 1 to 4"),
        ("Salt at the tip", "tip_c", "c/c₀ at the end"),
        ("Time over Sand's", "time_over_sand", "t/t_Sand of a half space"),
    ];
    for (what, column, note) in last {
        if let Some(value) = metrics.last(column) {
            lines.push(Headline::new(what, value, significant(value, 3), note));
        }
    }
    lines
}
