//! The page: its head, its table of contents, its sections in order.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::ReportError;
use super::record::Record;
use super::{ledgers, provenance, sections, summary, timeline};

/// Colours, type and layout, for screens, light and dark, and paper.
const STYLE: &str = include_str!("style.css");

/// What the page may load: what it carries. No script, nothing from a network.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/// Sections of the page: name of the place and title.
const CONTENTS: [(&str, &str); 10] = [
    ("summary", "Summary"),
    ("deposit", "The deposit"),
    ("electrochemistry", "Electrochemistry"),
    ("cycles", "Cycles"),
    ("lost", "Where the lithium is"),
    ("morphology", "Morphology"),
    ("events", "Events"),
    ("ledgers", "Ledgers"),
    ("configuration", "Configuration"),
    ("provenance", "Provenance"),
];

/// The whole page.
///
/// # Errors
/// If a chart cannot be drawn.
pub fn page(record: &Record) -> Result<Markup, ReportError> {
    let content = html! {
        (summary::head(record))
        (sections::pictures(record))
        (sections::electrochemistry(record)?)
        (sections::cycles(record)?)
        (sections::morphology(record)?)
        (timeline::section(record))
        (ledgers::section(record))
        (provenance::sections(record))
    };
    let there = CONTENTS.into_iter().filter(|(place, _)| content.0.contains(&format!("<section id=\"{place}\">")));
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content={ "liplate " (crate::io::provenance::VERSION) };
                title { (record.run.name) " – liplate" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                nav aria-label="Contents" { ol { @for (place, title) in there { li { a href={ "#" (place) } { (title) } } } } }
                main { (content) }
            }
        }
    })
}
