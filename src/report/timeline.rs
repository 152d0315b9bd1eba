//! Events: what happened, when, and why.

use maud::{Markup, html};
use serde_json::Value;

use super::events::{number, text};
use super::numbers::{count, duration, significant};
use super::record::{MILLIAMPERE_HOUR, Record};

/// Rows beyond which a table is folded.
const LONG: usize = 12;

/// A kind of event: its name in the file, its title, headings, and a row of them.
struct Kind {
    event: &'static str,
    title: &'static str,
    headings: &'static [&'static str],
    row: fn(&Value) -> Vec<String>,
}

fn time(event: &Value) -> String {
    duration(number(event, "time"))
}

fn potential(event: &Value) -> String {
    significant(number(event, "potential") * 1e3, 4)
}

fn place(event: &Value) -> String {
    ["x", "y", "z"].map(|axis| significant(number(event, axis) * 1e6, 3)).join(", ")
}

fn charge(event: &Value, key: &str) -> String {
    significant(number(event, key) / MILLIAMPERE_HOUR, 4)
}

fn piece(event: &Value) -> Vec<String> {
    let volume = significant(number(event, "volume") * 1e18, 3);
    vec![time(event), charge(event, "charge_passed"), potential(event), place(event), volume]
}

fn tip(event: &Value) -> String {
    event["tip"].as_u64().map(|n| n.to_string()).unwrap_or_default()
}

const PIECE: &[&str] = &["time", "charge passed [mAh/cm²]", "potential [mV]", "x, y, z [µm]", "volume [µm³]"];

const ARRIVAL: &[&str] = &["time", "over Sand's time", "charge passed [mAh/cm²]", "potential [mV]", "x, y, z [µm]"];

fn arrival(event: &Value) -> Vec<String> {
    let over_sand = event["time_over_sand"].as_f64().map(|time| significant(time, 3)).unwrap_or_default();
    vec![time(event), over_sand, charge(event, "charge_passed"), potential(event), place(event)]
}

const KINDS: [Kind; 10] = [
    Kind {
        event: "protocol step",
        title: "Steps of the protocol",
        headings: &["no.", "step", "ended at", "because", "charge passed [mAh/cm²]", "potential [mV]"],
        row: |event| {
            let number = event["number"].as_u64().map(|n| n.to_string()).unwrap_or_default();
            let (step, why) = (text(event, "text").to_string(), text(event, "reason").to_string());
            vec![number, step, time(event), why, charge(event, "charge"), potential(event)]
        },
    },
    Kind { event: "separator", title: "Lithium reached the separator", headings: ARRIVAL, row: arrival },
    Kind { event: "short", title: "Shorts", headings: ARRIVAL, row: arrival },
    Kind {
        event: "compliance",
        title: "The compliance limited the current, or no longer did",
        headings: &["time", "limits", "current given [mA/cm²]", "current carried [mA/cm²]", "potential [mV]"],
        row: |event| {
            let limits = if event["on"].as_bool().unwrap_or_default() { "from here on" } else { "no longer" };
            let current = |key| significant(number(event, key) / 10.0, 4);
            vec![time(event), limits.into(), current("given"), current("current_density"), potential(event)]
        },
    },
    Kind {
        event: "lead",
        title: "Another tip took the lead",
        headings: &["time", "tip", "x, y, z [µm]"],
        row: |event| vec![time(event), tip(event), place(event)],
    },
    Kind {
        event: "tip ended",
        title: "Tips that met others, were stripped, or stood out no more",
        headings: &["time", "tip", "x, y, z [µm]", "end"],
        row: |event| vec![time(event), tip(event), place(event), text(event, "end").into()],
    },
    Kind { event: "isolated", title: "Lithium that lost the copper", headings: PIECE, row: piece },
    Kind { event: "rejoined", title: "Lithium that found the copper again", headings: PIECE, row: piece },
    Kind {
        event: "nucleus",
        title: "Nuclei",
        headings: &["time", "potential [mV]", "x, y, z [µm]", "radius [µm]"],
        row: |event| vec![time(event), potential(event), place(event), significant(number(event, "radius") * 1e6, 3)],
    },
    Kind {
        event: "rejected step",
        title: "Time steps that were rejected and taken again, shorter",
        headings: &["time", "its length [s]", "because"],
        row: |event| vec![time(event), significant(number(event, "dt"), 3), text(event, "reason").into()],
    },
];

/// The section on events.
pub fn section(record: &Record) -> Markup {
    let found: Vec<(&Kind, Vec<&Value>)> =
        KINDS.iter().map(|kind| (kind, record.events.of(kind.event).collect())).collect();
    let (found, never): (Vec<_>, Vec<_>) = found.into_iter().partition(|(_, events)| !events.is_empty());
    if found.is_empty() {
        return html! {};
    }
    html! {
        section #events {
            h2 { "Events" }
            table.counts { tbody { @for (kind, events) in &found {
                tr { td { (kind.title) } td.n { data value=(events.len()) { (events.len()) } } }
            } } }
            @if !never.is_empty() { p.missing { "None of: " (never.iter().map(|(kind, _)| kind.title).collect::<Vec<_>>().join("; ")) "." } }
            p.caption { "Places are counted from the corner of the box, times from the start of the run." }
            @for (kind, events) in &found {
                @if events.len() > LONG {
                    details { summary { (kind.title) ": " (count(events.len(), "event", "events")) } (table(kind, events)) }
                } @else {
                    h3 { (kind.title) }
                    (table(kind, events))
                }
            }
        }
    }
}

/// Rows of a folded table beyond which only the first and the last are shown.
const MOST: usize = 1000;

fn table(kind: &Kind, events: &[&Value]) -> Markup {
    let left_out = events.len().saturating_sub(MOST);
    let rows = events.iter().take(MOST / 2).chain(events.iter().skip(MOST / 2 + left_out));
    html! {
        div.wide { table.events {
            thead { tr { @for heading in kind.headings { th { (heading) } } } }
            tbody { @for event in rows { tr { @for cell in (kind.row)(event) { td { (cell) } } } } }
        } }
        @if left_out > 0 { p.caption { (left_out) " in the middle are left out; events.jsonl has them." } }
    }
}
