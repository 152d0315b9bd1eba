//! The page: its head, its table of contents, its sections in order.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::ReportError;
use super::record::Record;
use super::{energy, ledgers, provenance, sections, summary, timeline};

/// Colours, type and layout, for screens, light and dark, and paper.
const STYLE: &str = include_str!("style.css");

/// What the page may load: what it carries. No script, nothing from a network.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/// Sections of the page: name of the place and title.
const CONTENTS: [(&str, &str); 11] = [
    ("summary", "Summary"),
    ("deposit", "The deposit"),
    ("electrochemistry", "Electrochemistry"),
    ("cycles", "Cycles"),
    ("lost", "Where the lithium is"),
    ("morphology", "Morphology"),
    ("energy", "Energy of a cell"),
    ("events", "Events"),
    ("ledgers", "Ledgers"),
    ("configuration", "Configuration"),
    ("provenance", "Provenance"),
];

/// The rules of the page that charts need, with its colours by day in the place of their names.
pub fn style_of_charts() -> String {
    let inside =
        |text: &'static str| text.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map(|(inside, _)| inside);
    let colours = inside(STYLE).unwrap_or_default().split(';').filter_map(|pair| pair.split_once(':'));
    let rules = STYLE
        .lines()
        .filter(|line| [".curve", ".dashed", ".point", ".bar.", ".chart ["].iter().any(|of| line.starts_with(of)));
    let rules = rules.filter(|line| !line.contains(":hover")).map(|line| line.trim_start_matches(".chart "));
    let mut style = String::from("text { font-family: sans-serif; fill: var(--soft); } ");
    style.push_str(&rules.collect::<Vec<_>>().join(" "));
    for (name, colour) in colours {
        style = style.replace(&format!("var({})", name.trim()), colour.trim());
    }
    style
}

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
        (energy::section(record))
        (timeline::section(record))
        (ledgers::section(record))
        (provenance::sections(record))
    };
    Ok(document(&Document { title: &record.run.name, policy: POLICY, contents: &CONTENTS, style: "" }, &content))
}

/// What frames a page.
pub struct Document<'a> {
    /// title of its window, before the name of the program
    pub title: &'a str,
    /// what it may load: its content security policy
    pub policy: &'a str,
    /// sections that it may have: name of the place and title
    pub contents: &'a [(&'a str, &'a str)],
    /// rules of style beyond those of all pages
    pub style: &'a str,
}

/// A page with its head and its table of contents.
pub fn document(about: &Document, content: &Markup) -> Markup {
    let has = |place: &str| content.0.contains(&format!("<section id=\"{place}\">"));
    let there = about.contents.iter().filter(|(place, _)| has(place));
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(about.policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content={ "liplate " (crate::io::provenance::VERSION) };
                title { (about.title) " – liplate" }
                style { (PreEscaped(STYLE)) (PreEscaped(about.style)) }
            }
            body {
                nav aria-label="Contents" { ol { @for (place, title) in there { li { a href={ "#" (place) } { (title) } } } } }
                main { (content) }
            }
        }
    }
}
