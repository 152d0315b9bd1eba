//! The three ledgers: what they are, where they should be, where they were.

use maud::{Markup, html};

use super::numbers::significant;
use super::record::Record;
use crate::run::LEDGER_LIMITS;

/// A ledger: its name, its column, and what it holds against what.
const LEDGERS: [(&str, &str, &str); 3] = [
    (
        "Charge",
        "charge_error",
        "charge passed at the top − charge of the reaction − charge in the double layer, over the charge passed either way",
    ),
    (
        "Lithium",
        "lithium_error",
        "lithium gained − plated by the reaction − owed by nuclei, over the lithium plated and stripped",
    ),
    (
        "Salt",
        "salt_error",
        "salt gained − let in at the top + taken by the reaction + displaced by lithium, over the salt that has passed",
    ),
];

/// The section on the ledgers.
pub fn section(record: &Record) -> Markup {
    let rows = LEDGERS.iter().enumerate().map(|(place, (name, column, meaning))| {
        let values = record.metrics.column(column).unwrap_or_default();
        let last = values.iter().rev().copied().find(|v| v.is_finite());
        let last = last.or(record.run.ledger_errors[place]);
        let worst = values.iter().filter(|v| v.is_finite()).fold(0.0_f64, |worst, v| worst.max(v.abs()));
        (*name, *meaning, last, worst, LEDGER_LIMITS[place].1)
    });
    html! {
        section #ledgers {
            h2 { "Ledgers" }
            p {
                "Charge, lithium and salt are each counted twice, independently. The relative differences should be 0 but for the "
                "tolerance of the solver; a tenth of the limit is what a run is expected to keep, and beyond the limit the guard stops it. "
                "While next to nothing has passed, they are differences over a small share of what the box holds."
            }
            div.wide { table {
                thead { tr { th { "ledger" } th.n { "at the end" } th.n { "largest in the run" } th.n { "should be" } th.n { "limit" } th { "what is compared" } } }
                tbody {
                    @for (name, meaning, last, worst, limit) in rows {
                        tr {
                            th { (name) }
                            td.n { @match last {
                                Some(error) => {
                                    data value={ (format!("{error:?}")) } { (significant(error, 2)) }
                                    " " span class={ @if error.abs() <= limit { "ok" } @else { "no" } } { @if error.abs() <= limit { "✓" } @else { "✗" } }
                                }
                                None => "not measured",
                            } }
                            td.n { (significant(worst, 2)) }
                            td.n { "0" }
                            td.n { (significant(limit, 2)) }
                            td { (meaning) }
                        }
                    }
                }
            } }
        }
    }
}
