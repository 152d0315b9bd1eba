//! The deposits of all runs as a wall of pictures.

use std::path::Path;
use std::time::SystemTime;

use base64::Engine;
use maud::{Markup, html};
use rayon::prelude::*;

use super::super::gather::{Results, Row};
use crate::io::provenance::VERSION;
use crate::io::{snapshot, write_whole};
use crate::report::moments::Moment;
use crate::report::picture;

/// Width of a picture \[pixel\].
const WIDE: usize = 260;
/// Most pictures: a page of a few tens of megabytes.
const MOST: usize = 400;

/// The last snapshot of each run that is over, as far as there are fields.
pub fn section(results: &Results) -> Markup {
    let over: Vec<&Row> = results.rows.iter().filter(|row| row.record.is_some()).take(MOST).collect();
    let shots: Vec<(&Row, Shot)> = over.par_iter().map(|row| (*row, kept(results, row))).collect();
    if shots.iter().all(|(_, shot)| matches!(shot, Ok(None))) {
        return html! {};
    }
    let png =
        |bytes: &[u8]| format!("data:image/png;base64,{}", base64::engine::general_purpose::STANDARD.encode(bytes));
    html! {
        section #deposits {
            h2 { "Deposits" }
            div.wall {
                @for (row, shot) in &shots {
                    div.shot {
                        @match shot {
                            Ok(Some(bytes)) => img src=(png(bytes)) alt={ "Deposit of " (row.run.name) } loading="lazy";,
                            Ok(None) => p.missing { "no snapshot" },
                            Err(reason) => p.missing { (reason) },
                        }
                        p { (row.run.name) }
                    }
                }
            }
            p.caption {
                "The last snapshot of each run: in perspective, or its section where it has two dimensions."
                @if shots.len() == MOST { " The first " (MOST) " runs." }
            }
        }
    }
}

/// A picture as PNG, none if there is nothing to draw, or why there is none.
type Shot = Result<Option<Vec<u8>>, String>;

/// Folder in the directory of a study with the pictures of its runs.
const PICTURES: &str = "pictures";

/// The picture of a run, drawn once: drawing takes most of the time of a page, and a run that is over does not change.
fn kept(results: &Results, row: &Row) -> Shot {
    let Some(record) = &row.record else { return Ok(None) };
    let folder = results.directory.join(PICTURES);
    let path = folder.join(format!("{}.{VERSION}.png", row.run.name));
    let changed = |path: &Path| -> Option<SystemTime> { std::fs::metadata(path).ok()?.modified().ok() };
    let fields = changed(&record.directory.join(snapshot::FILE));
    if changed(&path).zip(fields).is_some_and(|(picture, fields)| picture > fields)
        && let Ok(bytes) = std::fs::read(&path)
    {
        return Ok(Some(bytes));
    }
    let shot = last(row)?;
    if let Some(bytes) = &shot
        && std::fs::create_dir_all(&folder).is_ok()
    {
        // where it cannot be kept the next page takes as long as this one
        let _ = write_whole(&path, bytes);
    }
    Ok(shot)
}

fn last(row: &Row) -> Shot {
    let Some(record) = &row.record else { return Ok(None) };
    let times = record.frames.as_ref().map_err(String::clone)?;
    let Some(time) = times.last() else { return Ok(None) };
    let moment = Moment { frame: times.len() - 1, time: *time, charge: f64::NAN, title: String::new() };
    let gallery = picture::gallery(record, &[moment], WIDE)?;
    Ok(gallery.shots.into_iter().next().and_then(|shot| shot.view.or(shot.phases)))
}
