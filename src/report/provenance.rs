//! What was run, by what: the resolved configuration, version, commit and sessions.

use maud::{Markup, html};

use super::numbers::duration;
use super::record::Record;
use super::summary::readable;
use crate::check;
use crate::model::parameters::Setup;

/// Numbers of a list beyond which it is cut in the page.
const LONG: usize = 16;

/// The sections on configuration and provenance.
pub fn sections(record: &Record) -> Markup {
    let run = &record.run;
    let setup: Option<Setup> = serde_json::from_value(run.setup.clone()).ok();
    let mut all = run.setup.clone();
    shorten(&mut all);
    let json = serde_json::to_string_pretty(&all).unwrap_or_default();
    html! {
        section #configuration {
            h2 { "Configuration" }
            p { "As it was resolved: every value in SI units, defaults included." }
            @match &setup {
                Some(setup) => details { summary { "Values with their units" } pre { (check::values(setup)) } },
                None => p { "It is of another version of the program, so that its units are not known here." },
            }
            details { summary { "Everything, as run.json holds it (SI units)" } pre { (json) } }
        }
        section #provenance {
            h2 { "Provenance" }
            dl.pairs {
                dt { "program" } dd { "liplate " (run.version) ", commit " (run.commit) }
                dt { "directory" } dd { (directory_name(record)) }
                dt { "page made by" } dd { "liplate " (crate::io::provenance::VERSION) ", commit " (crate::io::provenance::commit()) ", " (super::summary::utc(std::time::SystemTime::now())) }
            }
            h3 { "Sessions" }
            div.wide { table {
                thead { tr { th { "began (UTC)" } th { "ended (UTC)" } th.n { "first step" } th.n { "wall time" } th.n { "in the solver" } th.n { "waiting for output" } th { "device" } th { "command" } } }
                tbody { @for session in &run.sessions { tr {
                    td { (readable(&session.began)) }
                    td { @match &session.ended { Some(ended) => (readable(ended)), None => "not recorded" } }
                    td.n { (session.first_step) }
                    td.n { (duration(session.wall_seconds)) }
                    td.n { (duration(session.solver_seconds)) }
                    td.n { (duration(session.output_seconds)) }
                    td { (session.device) }
                    td { code { (session.command) } }
                } } }
            } }
        }
    }
}

fn directory_name(record: &Record) -> String {
    let whole = std::fs::canonicalize(&record.directory).unwrap_or_else(|_| record.directory.clone());
    whole.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Cuts long lists of numbers.
fn shorten(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Array(list) => {
            if list.len() > LONG && list.iter().all(|v| v.is_number()) {
                let more = list.len() - LONG;
                list.truncate(LONG);
                list.push(format!("and {more} more").into());
            }
            list.iter_mut().for_each(shorten);
        }
        serde_json::Value::Object(map) => map.values_mut().for_each(shorten),
        _ => {}
    }
}
