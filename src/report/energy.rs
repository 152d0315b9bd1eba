//! What a cell with the deposit of the run is, if its config tells of one in `[cell]`.

use maud::{Markup, html};

use super::numbers::significant;
use super::record::Record;
use crate::cell::answer::{Runs, answer};
use crate::cell::measured;
use crate::cell::table::Table;
use crate::model::parameters::Setup;

/// Tables of `liplate cell` that the page shows.
const SHOWN: [&str; 5] = ["measured", "energy", "porosity", "measured_life", "range"];

/// The section, or nothing without `[cell]`.
pub fn section(record: &Record) -> Markup {
    let setup: Option<Setup> = serde_json::from_value(record.run.setup.clone()).ok();
    let Some(design) = setup.and_then(|setup| setup.cell) else { return html! {} };
    let lithium = design.cell.negative.deposit_porosity().is_some();
    let (runs, problem) = match measured::of_run(record, &design.asked.life) {
        Ok(measured) if lithium => (vec![Runs { name: "this run".into(), measured: vec![measured] }], None),
        Ok(_) => (Vec::new(), Some("the cell of the config has graphite".to_string())),
        Err(problem) => (Vec::new(), Some(problem)),
    };
    let found = answer(&record.run.name, &design, &runs);
    html! {
        section #energy {
            h2 { "Energy of a cell" }
            @if let Some(problem) = problem { p.missing { "Nothing of the run is in these figures: " (problem) "." } }
            @for table in found.tables.iter().filter(|table| SHOWN.contains(&table.key)) { (drawn(table)) }
            @for note in &found.notes { p.caption { (note) "." } }
            p.caption { "As `liplate cell` tells it, by [cell] of the config; the formulas are those of docs/cells.md." }
        }
    }
}

/// A table of figures.
fn drawn(table: &Table) -> Markup {
    let shown = |value: &Option<f64>| match value {
        Some(value) if value.is_infinite() => "∞".to_string(),
        Some(value) => significant(*value, 4),
        None => "–".into(),
    };
    html! {
        h3 { (table.title) }
        div.wide { table {
            thead { tr { th {} @for (_, name) in &table.columns { th.n { (name) } } th { "formula" } } }
            tbody { @for row in &table.rows { tr {
                td { (row.name) @if !row.unit.is_empty() { " [" (row.unit) "]" } }
                @for value in &row.values { td.n { (shown(value)) } }
                td { (row.formula.anchor) }
            } } }
        } }
    }
}
