//! The sections with charts and pictures.

use base64::Engine;
use maud::{Markup, html};

use super::ReportError;
use super::chart::{Chart, size_in_row};
use super::electro::{self, MOST_CYCLES, has_cycles};
use super::moments::{self, Moment};
use super::morphology;
use super::numbers::{duration, significant};
use super::picture::{self, Gallery, palette};
use super::record::Record;

/// A figure of charts with a caption: at most `most` charts a row, and every row filled.
fn figure(charts: &[Chart], most: usize, caption: Markup) -> Result<Markup, ReportError> {
    let seen: Vec<&Chart> = charts.iter().filter(|chart| !chart.is_empty()).collect();
    let mut left = &seen[..];
    let mut drawn = Vec::new();
    for count in rows(seen.len(), most) {
        let (row, rest) = left.split_at(count);
        for chart in row {
            let chart = Chart { size: size_in_row(count), ..(*chart).clone() };
            drawn.push((count, chart.draw()?));
        }
        left = rest;
    }
    Ok(html! {
        figure {
            div.panels { @for (count, chart) in &drawn { div class={ "of" (count) } { (chart) } } }
            figcaption { (caption) }
        }
    })
}

/// How many of `count` things stand in each row: at most `most`, and about as many in all.
fn rows(count: usize, most: usize) -> Vec<usize> {
    let rows = count.div_ceil(most);
    (0..rows).map(|row| (count + row) / rows).rev().collect()
}

/// Pictures side by side, in rows of about as many.
fn shots_of<'a>(shots: impl Iterator<Item = (&'a Vec<u8>, &'a Moment, Option<f64>)>, what: &str) -> Markup {
    let shots: Vec<_> = shots.collect();
    let across = rows(shots.len(), MOST_SHOTS).first().copied().unwrap_or(1);
    html! {
        div.shots style={ "--across:" (across) } { @for (png, moment, top) in shots { (shown(png, moment, what, top)) } }
    }
}

/// Most pictures of a row.
const MOST_SHOTS: usize = 5;

/// What stands where nothing was measured.
fn not_measured(what: &str) -> Markup {
    html! { p.missing { (what) } }
}

/// All charts of the page, in its order.
pub fn charts(record: &Record) -> Vec<Chart> {
    let inventory = electro::inventory(record).map(|(chart, _)| chart);
    let of_cycles = electro::cycling(record).into_iter().chain(inventory);
    let all = electro::against_charge(record).into_iter().chain(electro::against_time(record)).chain(of_cycles);
    let of_deposit = morphology::panels(record).0.into_iter().chain(morphology::filling(record));
    all.chain(of_deposit).filter(|chart| !chart.is_empty()).collect()
}

/// The deposit at chosen moments.
pub fn pictures(record: &Record) -> Markup {
    let content = match &record.frames {
        Err(error) => not_measured(&format!("The stored fields cannot be read: {error}.")),
        Ok(times) if times.is_empty() => not_measured("There is no snapshot yet, so there are no pictures."),
        Ok(times) => {
            let moments: Vec<Moment> = moments::choose(times, record);
            match picture::gallery(record, &moments, picture::ON_PAGE) {
                Ok(gallery) => shots(record, &gallery),
                Err(error) => not_measured(&format!("The stored fields cannot be drawn: {error}.")),
            }
        }
    };
    section("deposit", "The deposit", &content)
}

fn shots(record: &Record, gallery: &Gallery) -> Markup {
    let views = gallery.shots.iter().any(|shot| shot.view.is_some());
    let sections = gallery.shots.iter().any(|shot| shot.phases.is_some());
    let salt = gallery.salt.filter(|_| gallery.shots.iter().any(|shot| shot.salt.is_some()));
    let size = record.grid.map(|grid| {
        let side = |cells: usize| significant(cells as f64 * grid.dx * 1e6, 4);
        (side(grid.nx), side(grid.ny), side(grid.nz), side(grid.nx.max(grid.ny)))
    });
    let (nx, ny, nz, across) = size.unwrap_or_default();
    let along = if record.grid.is_some_and(|grid| grid.nx == 1) { "y" } else { "x" };
    let key = |colour: palette::Colour, name: &str| html! { li { span.swatch style={ "background:" (palette::css(colour)) } {} (name) } };
    html! {
        @if views {
            figure {
                (shots_of(gallery.shots.iter().filter_map(|shot| Some((shot.view.as_ref()?, &shot.moment, shot.top))), "Surface of the lithium"))
                ul.legend {
                    @if gallery.grains {
                        @for (colour, name) in palette::UPRIGHT.into_iter().zip(["⟨100⟩ upright", "⟨110⟩ upright", "⟨111⟩ upright"]) { (key(colour, name)) }
                    } @else { (key(palette::METAL, "lithium joined to the copper")) }
                    (key(palette::ISOLATED, "isolated lithium")) (key(palette::COPPER, "copper"))
                }
                figcaption { "Lithium on the copper, in perspective: the surface on which half of the space is lithium, over a square of " (nx) " × " (ny) " µm, all moments from the same place. Darker faces are where the box, which repeats sideways, cuts." }
            }
        } @else if sections {
            p { "The run has two dimensions: its section is all there is." }
        }
        @if sections {
            figure {
                (shots_of(gallery.shots.iter().filter_map(|shot| Some((shot.phases.as_ref()?, &shot.moment, shot.top))), "Section"))
                ul.legend { (key(palette::LITHIUM, "lithium")) (key(palette::ISOLATED, "isolated lithium")) (key(palette::COPPER, "copper")) (key(palette::ELECTROLYTE, "electrolyte")) }
                figcaption { "Section along " (along) " and z through the highest lithium, the middle where there is none: " (across) " µm wide, the lowest " (significant(gallery.shown * 1e6, 3)) " µm of the box." }
            }
        }
        @if let Some((low, high)) = salt {
            figure {
                (shots_of(gallery.shots.iter().filter_map(|shot| Some((shot.salt.as_ref()?, &shot.moment, None))), "Salt"))
                p.scale { (significant(f64::from(low) / 1e3, 4)) span.bar style={ "background:" (palette::gradient()) } {} (significant(f64::from(high) / 1e3, 4)) " mol/L" }
                figcaption { "Concentration of the salt in the same sections, all " (nz) " µm up to the top of the box; one scale for all moments. Metals as above." }
            }
        } @else if sections {
            (not_measured("The concentration of the salt was not stored, or is the same everywhere."))
        }
        @if let Some((low, high)) = gallery.potential {
            figure {
                (shots_of(gallery.shots.iter().filter_map(|shot| Some((shot.potential.as_ref()?, &shot.moment, None))), "Potential"))
                p.scale { (significant(f64::from(low) * 1e3, 3)) span.bar style={ "background:" (palette::gradient()) } {} (significant(f64::from(high) * 1e3, 3)) " mV" }
                figcaption { "Potential φ of the electrolyte in the same sections, less its mean over the top of the box at that moment; one scale for all moments." }
            }
        }
    }
}

fn shown(png: &[u8], moment: &Moment, what: &str, top: Option<f64>) -> Markup {
    let uri = format!("data:image/png;base64,{}", base64::engine::general_purpose::STANDARD.encode(png));
    html! {
        div.shot {
            img src=(uri) alt={ (what) ", " (moment.title) };
            p { strong { (moment.title) } br; (duration(moment.time)) ", " (significant(moment.charge, 3)) " mAh/cm²"
                @if let Some(top) = top { ", top " (significant(top * 1e6, 3)) " µm" } }
        }
    }
}

/// Potential and voltage.
pub fn electrochemistry(record: &Record) -> Result<Markup, ReportError> {
    let charge = electro::against_charge(record);
    let time = electro::against_time(record);
    let content = if charge.is_empty() && time.is_empty() {
        not_measured("No time step was recorded: metrics.csv has no rows.")
    } else {
        let cycles = has_cycles(record);
        let caption = html! {
            @if cycles {
                "Potential of the electrode, and cell voltage where there is a cathode, against the charge of each half-cycle; full lines plate, "
                "dashed lines strip, both from 0. A pointer held on a curve tells its cycle."
                @let last = record.metrics.last("cycle").unwrap_or(0.0);
                @if last > MOST_CYCLES as f64 { " Of " (last) " cycles " (MOST_CYCLES) " are drawn." }
            } @else {
                "Potential of the electrode, and cell voltage where there is a cathode, against the charge plated less stripped."
            }
            @if charge.iter().any(|chart| chart.log_from.is_some()) { " A logarithmic charge gives room to the beginning, where lithium nucleates." }
            @if charge.iter().any(|chart| chart.range.is_some()) { " Where the ends of the curves hide the plateau, it is drawn by itself." }
        };
        html! {
            (figure(&charge, 2, caption)?)
            (figure(&time, if time.len() > 2 { 3 } else { 2 }, html! { "The same, and the current density per projected area, against time; rests included." })?)
        }
    };
    Ok(html! { section #electrochemistry { h2 { "Electrochemistry" } (content) } })
}

/// Coulombic efficiency and capacity, and where the lithium stayed.
pub fn cycles(record: &Record) -> Result<Markup, ReportError> {
    let charts = electro::cycling(record);
    // a run that goes on may still get there; one that is done, or has no protocol, has none
    let awaited = record.cycles.is_some() && record.run.status != "done";
    let yet = |what: &str| {
        if awaited {
            not_measured(what)
        } else {
            html! {}
        }
    };
    let content = if charts.iter().all(Chart::is_empty) {
        yet("No cycle is complete yet.")
    } else {
        figure(
            &charts,
            if charts.iter().filter(|chart| !chart.is_empty()).count() > 2 { 3 } else { 2 },
            html! {
                "Coulombic efficiency (charge out over charge in of the same cycle) and both charges against the number of the cycle. "
                "Cycles that have not stripped have no efficiency; one that the end of the run cut short counts as far as it came."
                @if charts.len() > 2 { " The energy is that of the cell: ∫ voltage × current density dt, charging and discharging." }
            },
        )?
    };
    let lost = match electro::inventory(record) {
        Some((chart, counted)) => figure(
            &[chart],
            1,
            html! {
                "Lithium in the box at the end of each cycle, by what has become of it: cut off from the copper, or still joined to it and not "
                "stripped. What was there before the first cycle is part of it, and so is all that a last cycle without stripping has plated."
                @if counted.is_empty() { " The lithium of an SEI was not measured." }
                @else { " The lithium of the " (counted.join(" and the ")) " is counted on top: it is no metal any more." }
            },
        )?,
        None => yet("Where lithium was lost is told for each cycle; none is complete yet."),
    };
    Ok(html! {
        (section("cycles", "Cycles", &content))
        (section("lost", "Where the lithium is", &lost))
    })
}

/// A section, or nothing if there is nothing in it.
fn section(place: &str, title: &str, content: &Markup) -> Markup {
    html! { @if !content.0.is_empty() { section id=(place) { h2 { (title) } (content) } } }
}

/// Metrics of the deposit in time.
pub fn morphology(record: &Record) -> Result<Markup, ReportError> {
    let (mut charts, missing) = morphology::panels(record);
    charts.extend(morphology::filling(record));
    let content = html! {
        @if !charts.is_empty() {
            (figure(&charts, 3, html! {
                "The deposit in time. Heights are those of the highest lithium above the copper below it; the developed area counts lithium against "
                "electrolyte; a void in the deposit is electrolyte below the highest lithium of its column, and has nothing to do with voids below a solid electrolyte, above which lithium has no contact; porosity, 1 − thickness/mean height, is too small while "
                "features are a few cells high, and is left out below −1; the uniformity is that of the current density on the interface while current flows: 0 and 1 if it is even. "
                "Sizes × k_kin tell whether the kinetics level the deposit, far below 1, or tips win, above 1 to 4; t/t_Sand is that of the mean current since "
                "the step of the protocol began, and tells something until the top of the box is felt; I/I_lim is that through what is left between the mean "
                "front and the top. The filling of planes is that of chosen snapshots."
            })?)
        }
        @if !missing.is_empty() { (not_measured(&format!("Not measured: {}.", missing.join("; ")))) }
        @else if charts.is_empty() { (not_measured("Not measured: metrics.csv has no rows.")) }
    };
    Ok(html! { section #morphology { h2 { "Morphology" } (content) } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_filled_evenly() {
        assert_eq!(rows(12, 3), [3, 3, 3, 3]);
        assert_eq!(rows(11, 3), [3, 3, 3, 2]);
        assert_eq!(rows(4, 3), [2, 2]);
        assert_eq!(rows(7, 5), [4, 3]);
        assert_eq!(rows(0, 3), [] as [usize; 0]);
    }
}
