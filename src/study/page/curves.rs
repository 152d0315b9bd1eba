//! Curves of any column of `metrics.csv`, of all runs in one chart, which the script draws.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::super::gather::Results;
use super::data;
use crate::report::record::Record;
use crate::report::table::Table;

/// Numbers that the page carries for curves, about; and rows of a run, at least and at most.
const NUMBERS: usize = 600_000;
const ROWS: [usize; 2] = [24, 400];
/// Most runs whose curves the page carries.
const MOST_RUNS: usize = 500;
/// Significant digits.
const DIGITS: usize = 5;
/// Columns that say how a run was computed, not what it did.
const LEFT_OUT: [&str; 4] = ["nuclei_debt [C/m2]", "newton_iterations", "protocol_step", "limited"];

/// The section; nothing without runs that have rows.
pub fn section(results: &Results) -> Markup {
    let records: Vec<(usize, &Record)> = results
        .rows
        .iter()
        .enumerate()
        .filter_map(|(place, row)| Some((place, row.record.as_ref()?)))
        .filter(|(_, record)| record.metrics.rows() > 1)
        .take(MOST_RUNS)
        .collect();
    if records.is_empty() {
        return html! {};
    }
    let names: Vec<String> =
        crate::run::outputs::headings().into_iter().filter(|name| varies(&records, name)).collect();
    let budget = (NUMBERS / (records.len() * names.len().max(1))).clamp(ROWS[0], ROWS[1]);
    let run = |(place, record): &(usize, &Record)| {
        let rows = rows(&record.metrics, &names, budget);
        let column = |name: &String| -> Value {
            let values = record.metrics.column(name);
            values.map_or(Value::Null, |values| rows.iter().map(|row| short(values[*row])).collect())
        };
        let of = &results.rows[*place].run;
        json!({ "name": of.name, "levels": of.levels, "seed": of.seed, "columns": names.iter().map(column).collect::<Vec<_>>() })
    };
    let factors: Vec<&str> = results.file.factors.iter().map(|factor| factor.short.as_str()).collect();
    let told = json!({
        "names": names,
        "factors": factors,
        "seeds": results.file.seeds.is_some(),
        "runs": records.iter().map(run).collect::<Vec<_>>(),
    });
    html! {
        section #curves {
            h2 { "Curves" }
            p {
                label { select #along-y {} } " against " label { select #along-x {} } ", coloured by " label { select #coloured {} }
            }
            div.chart #curves-chart {}
            ul.legend #curves-legend {}
            p.caption {
                "Runs that are over, each by up to " (budget) " rows of its metrics.csv and those with the least and the greatest of each column. A curve names its run under the pointer."
                @if records.len() == MOST_RUNS { " The first " (MOST_RUNS) " runs." }
            }
            (data("curve-data", &told))
        }
    }
}

fn varies(records: &[(usize, &Record)], name: &str) -> bool {
    let varies = |values: &[f64]| {
        let known = || values.iter().copied().filter(|v| v.is_finite());
        known().next().is_some_and(|first| known().any(|v| v != first))
    };
    !LEFT_OUT.contains(&name) && records.iter().any(|(_, record)| record.metrics.column(name).is_some_and(varies))
}

/// Rows that are shown: evenly spread ones, and those with an extreme of a column.
fn rows(table: &Table, names: &[String], budget: usize) -> Vec<usize> {
    let count = table.rows();
    let shown = count.min(budget);
    let mut rows: Vec<usize> = (0..shown).map(|k| k * (count - 1) / (shown - 1).max(1)).collect();
    for column in names.iter().filter_map(|name| table.column(name)) {
        let known = || (0..count).filter(|row| column[*row].is_finite());
        rows.extend(known().min_by(|a, b| column[*a].total_cmp(&column[*b])));
        rows.extend(known().max_by(|a, b| column[*a].total_cmp(&column[*b])));
    }
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// A number with few digits; null if it is not known.
fn short(value: f64) -> Value {
    let text = format!("{value:.*e}", DIGITS - 1);
    text.parse::<f64>().ok().filter(|v| v.is_finite()).map_or(Value::Null, |v| json!(v))
}
