//! The page of a study: its runs in one table, each measure against each thing that varies, what explains it, curves, pictures, and what
//! differs between any two runs. It needs no network; a script in it sorts, chooses curves and compares.

mod curves;
mod measures;
mod wall;

use maud::{Markup, PreEscaped, html};
use serde_json::json;

use super::StudyError;
use super::gather::{Results, Row};
use super::state::State;
use super::statistics::{mean, share};
use crate::report::numbers::{duration, percent, significant};
use crate::report::page::{Document, document};

/// What the page may load: what it carries.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";
const SCRIPT: &str = include_str!("script.js");
const STYLE: &str = include_str!("style.css");
/// Most runs of the table: a browser sorts more than this too slowly, and `results.csv` has all.
const MOST_ROWS: usize = 5000;

/// Sections of the page: name of the place and title.
const CONTENTS: [(&str, &str); 7] = [
    ("summary", "Summary"),
    ("measures", "Measures"),
    ("explained", "What explains them"),
    ("runs", "Runs"),
    ("curves", "Curves"),
    ("deposits", "Deposits"),
    ("differences", "Differences"),
];

/// The whole page.
///
/// # Errors
/// If a chart cannot be drawn.
pub fn page(results: &Results) -> Result<Markup, StudyError> {
    let content = html! {
        (head(results))
        (measures::charts(results)?)
        (measures::explained(results))
        (runs(results))
        (curves::section(results))
        (wall::section(results))
        (differences(results))
        script { (PreEscaped(SCRIPT)) }
    };
    Ok(document(&Document { title: &results.file.name, policy: POLICY, contents: &CONTENTS, style: STYLE }, &content))
}

/// A table of data for the script.
fn data(place: &str, value: &serde_json::Value) -> Markup {
    // no text in it may end the element
    let text = value.to_string().replace('<', "\\u003c");
    html! { script type="application/json" id=(place) { (PreEscaped(text)) } }
}

fn head(results: &Results) -> Markup {
    let file = &results.file;
    let count = |of: &dyn Fn(&State) -> bool| results.rows.iter().filter(|row| of(&row.state)).count();
    let states: [(&str, &str, usize); 4] = [
        ("good", "done", count(&|state| matches!(state, State::Done { .. }))),
        ("open", "not over", count(&|state| !state.is_over() && !matches!(state, State::Failed { .. }))),
        ("bad", "stopped by the guard", count(&|state| matches!(state, State::Stopped { .. }))),
        ("bad", "failed", count(&|state| matches!(state, State::Failed { .. }))),
    ];
    let wall: f64 = results.rows.iter().map(|row| row.wall).filter(|wall| wall.is_finite()).sum();
    let over: Vec<&Row> = results.rows.iter().filter(|row| row.state.is_over()).collect();
    let shorted = over.iter().filter(|row| row.is_shorted()).count();
    let of_share = |times: usize, count: usize| {
        let [share, least, most] = share(times, count).map(percent);
        html! { td.n { (times) " of " (count) } td.n { (share) } td.n { (least) " to " (most) } }
    };
    html! {
        header {
            p.kind { "liplate study" }
            h1 { (file.name) }
            p.status { @for (class, name, count) in states { @if count > 0 { span class={ "badge " (class) } { (count) " " (name) } } } }
            p.facts {
                span { (results.rows.len()) " runs" }
                span { (file.design.name()) " of " (file.factors.len()) " factors" }
                @if let Some(seeds) = &file.seeds { span { (seeds.len()) " seeds" } }
                span { (duration(wall)) " of wall time" }
            }
        }
        section #summary {
            h2 { "Summary" }
            @if file.measures.is_empty() {
                p.missing { "The study measures nothing: its file has no section [measure]." }
            } @else {
                div.wide { table {
                    thead { tr { th { "measure" } th { "what it is" } th.n { "runs" } th.n { "mean" } th.n { "95 % of the mean" } th.n { "least" } th.n { "greatest" } th { "unit" } } }
                    tbody { @for (place, (name, measure)) in file.measures.iter().enumerate() {
                        @let values = || results.rows.iter().map(|row| row.measured[place]).filter(|v| v.is_finite());
                        @let (unit, factor) = for_people(measure.unit());
                        @let mean = mean(values().map(|v| v * factor));
                        @let [least, most] = [values().fold(f64::NAN, f64::min), values().fold(f64::NAN, f64::max)];
                        tr {
                            th { (name) } td { (measure.text) } td.n { (mean.count) }
                            td.n { (significant(mean.mean, 4)) } td.n { "± " (significant(mean.within, 2)) }
                            td.n { (significant(least * factor, 4)) } td.n { (significant(most * factor, 4)) }
                            td { @if unit != "1" { (unit) } }
                        }
                    } }
                } }
            }
            div.wide { table {
                thead { tr { th { "asked" } th { "of" } th.n { "runs" } th.n { "share" } th.n { "95 %" } } }
                tbody {
                    @for (name, bound) in &file.specs {
                        @let place = file.measures.iter().position(|(known, _)| known == name).unwrap_or(0);
                        tr { th { (bound.text) } td { (name) } (of_share(over.iter().filter(|row| bound.holds(row.measured[place])).count(), over.len())) }
                    }
                    @if !file.specs.is_empty() {
                        tr { th { "yield: within all of these" } td {} (of_share(over.iter().filter(|row| results.is_within(row)).count(), over.len())) }
                    }
                    tr { th { "shorted" } td {} (of_share(shorted, over.len())) }
                }
            } }
            p.caption { "Of the runs that are over. Means and their intervals take all of them as one sample; by level they stand under Measures. Intervals of means are Student's, those of shares of Clopper and Pearson." }
        }
    }
}

fn runs(results: &Results) -> Markup {
    let file = &results.file;
    let number = |value: f64| html! { td.n data-sort=[value.is_finite().then(|| value.to_string())] { (significant(value, 4)) } };
    let shown = results.rows.len().min(MOST_ROWS);
    html! {
        section #runs {
            h2 { "Runs" }
            div.wide { table.sortable {
                thead { tr {
                    th { "run" } @for factor in &file.factors { th { (factor.short) } } @if file.seeds.is_some() { th.n { "seed" } }
                    th { "state" }
                    @for (name, measure) in &file.measures { th.n { (titled(name, measure.unit()).0) } }
                    @if !file.specs.is_empty() { th { "within" } }
                    th.n { "steps" } th.n { "wall time" }
                } }
                tbody { @for row in &results.rows[..shown] {
                    tr {
                        td { @if row.state == State::Waiting { (row.run.name) } @else { a href={ (super::RUNS) "/" (address(&row.run.name)) "/" } { (row.run.name) } } }
                        @for (level, value) in row.run.levels.iter().zip(&row.run.values) { td data-sort=[value.map(|v| v.to_string())] { (level) } }
                        @if let Some(seed) = row.run.seed { td.n data-sort=(seed) { (seed) } }
                        td title=(row.reason()) class=(class(&row.state)) { (row.state.name()) }
                        @for (value, (_, measure)) in row.measured.iter().zip(&file.measures) { (number(*value * for_people(measure.unit()).1)) }
                        @if !file.specs.is_empty() { td { @if row.state.is_over() { @if results.is_within(row) { span.ok { "yes" } } @else { span.no { "no" } } } } }
                        td.n data-sort=[row.steps.is_finite().then(|| row.steps.to_string())] { (significant(row.steps, 6)) }
                        td.n data-sort=[row.wall.is_finite().then(|| row.wall.to_string())] { (duration(row.wall)) }
                    }
                } }
            } }
            p.caption {
                "A click on a heading sorts. A state shows its reason under the pointer. "
                @if shown < results.rows.len() { "The first " (shown) " of " (results.rows.len()) " runs; results.csv and results.parquet have all." }
                @else { "results.csv and results.parquet have this table with all digits." }
            }
        }
    }
}

/// The unit that people read numbers of a unit in, and how many of it make one.
fn for_people(unit: &str) -> (&str, f64) {
    match unit {
        "m" => ("µm", 1e6),
        "1/m" => ("1/µm", 1e-6),
        "1/m2" => ("1/µm²", 1e-12),
        "m/s" => ("nm/s", 1e9),
        "A/m2" => ("mA/cm²", 0.1),
        "mAh/cm2" => ("mAh/cm²", 1.0),
        other => (other, 1.0),
    }
}

/// The name of a measure with the unit that people read it in, and how many of that make one of its own.
fn titled(name: &str, unit: &str) -> (String, f64) {
    let (unit, factor) = for_people(unit);
    (crate::metrics::heading(name, unit), factor)
}

fn class(state: &State) -> &'static str {
    match state {
        State::Done { .. } => "ok",
        State::Stopped { .. } | State::Failed { .. } => "no",
        _ => "open",
    }
}

/// A name of a directory as a part of an address.
fn address(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.,=+".contains(&byte);
    name.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Keys in which runs differ, for the script to compare any two.
fn differences(results: &Results) -> Markup {
    let setups: Vec<(usize, Vec<(String, String)>)> = results
        .rows
        .iter()
        .enumerate()
        .filter_map(|(place, row)| Some((place, flat(&row.record.as_ref()?.run.setup))))
        .take(MOST_ROWS)
        .collect();
    if setups.len() < 2 {
        return html! {};
    }
    let mut keys: Vec<&str> = setups.iter().flat_map(|(_, keys)| keys.iter().map(|(key, _)| key.as_str())).collect();
    keys.sort_unstable();
    keys.dedup();
    let of = |setup: &[(String, String)], key: &str| {
        setup.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone())
    };
    let columns: Vec<(&str, Vec<Option<String>>)> = keys
        .into_iter()
        .map(|key| (key, setups.iter().map(|(_, setup)| of(setup, key)).collect::<Vec<_>>()))
        .filter(|(key, values)| *key != "name" && values.iter().any(|value| *value != values[0]))
        .collect();
    let names: Vec<&str> = setups.iter().map(|(place, _)| results.rows[*place].run.name.as_str()).collect();
    let told = json!({
        "runs": names,
        "keys": columns.iter().map(|(key, _)| key).collect::<Vec<_>>(),
        "values": columns.iter().map(|(_, values)| values).collect::<Vec<_>>(),
    });
    html! {
        section #differences {
            h2 { "Differences" }
            p { "Keys in SI units in which two runs differ." }
            p { label { "run " select #one {} } " " label { "and run " select #other {} } }
            div.wide { table { thead { tr { th { "key" } th #one-name {} th #other-name {} } } tbody #differing {} } }
            (data("setups", &told))
        }
    }
}

/// Values of a setup by their full names.
fn flat(setup: &serde_json::Value) -> Vec<(String, String)> {
    fn walk(value: &serde_json::Value, path: &str, found: &mut Vec<(String, String)>) {
        match value {
            serde_json::Value::Object(inner) => {
                for (key, value) in inner {
                    walk(value, &if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, found);
                }
            }
            // tables of numbers are compared by their length and their ends
            serde_json::Value::Array(list) if list.len() > 12 => {
                found.push((path.into(), format!("{} values, {} … {}", list.len(), list[0], list[list.len() - 1])));
            }
            other => {
                let text: String = other.to_string().chars().take(200).collect();
                found.push((path.into(), text));
            }
        }
    }
    let mut found = Vec::new();
    walk(setup, "", &mut found);
    found
}
