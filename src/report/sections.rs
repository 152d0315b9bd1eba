//! The sections with charts and pictures.

use maud::{Markup, html};

use super::ReportError;
use super::chart::Chart;
use super::electro::{self, MOST_CYCLES, has_cycles};
use super::moments::{self, Moment};
use super::morphology;
use super::numbers::{duration, significant};
use super::picture::{self, Gallery, palette};
use super::record::Record;

/// A figure of charts with a caption.
fn figure(charts: &[Chart], small: bool, caption: Markup) -> Result<Markup, ReportError> {
    let drawn: Vec<Markup> = charts.iter().map(Chart::draw).collect::<Result<_, _>>()?;
    Ok(html! {
        figure {
            div class={ "panels" @if small { " small" } } { @for chart in &drawn { (chart) } }
            figcaption { (caption) }
        }
    })
}

/// What stands where nothing was measured.
fn not_measured(what: &str) -> Markup {
    html! { p.missing { (what) } }
}

/// The deposit at chosen moments.
pub fn pictures(record: &Record) -> Markup {
    let content = match &record.frames {
        Err(error) => not_measured(&format!("The stored fields cannot be read: {error}.")),
        Ok(times) if times.is_empty() => not_measured("There is no snapshot yet, so there are no pictures."),
        Ok(times) => {
            let moments: Vec<Moment> = moments::choose(times, record);
            match picture::gallery(record, &moments) {
                Ok(gallery) => shots(record, &gallery),
                Err(error) => not_measured(&format!("The stored fields cannot be drawn: {error}.")),
            }
        }
    };
    html! { section #deposit { h2 { "The deposit" } (content) } }
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
                div.shots { @for shot in &gallery.shots { @if let Some(uri) = &shot.view { (shown(uri, &shot.moment, "Surface of the lithium", shot.top)) } } }
                ul.legend { (key(palette::METAL, "lithium joined to the copper")) (key(palette::ISOLATED, "isolated lithium")) (key(palette::COPPER, "copper")) }
                figcaption { "Lithium on the copper, in perspective: the surface on which half of the space is lithium, over a square of " (nx) " × " (ny) " µm, all moments from the same place. Darker faces are where the box, which repeats sideways, cuts." }
            }
        } @else if sections {
            p { "The run has two dimensions: its section is all there is." }
        } @else {
            (not_measured("The run has one dimension: there is no picture of it."))
        }
        @if sections {
            figure {
                div.shots { @for shot in &gallery.shots { @if let Some(uri) = &shot.phases { (shown(uri, &shot.moment, "Section", shot.top)) } } }
                ul.legend { (key(palette::LITHIUM, "lithium")) (key(palette::ISOLATED, "isolated lithium")) (key(palette::COPPER, "copper")) (key(palette::ELECTROLYTE, "electrolyte")) }
                figcaption { "Section along " (along) " and z through the highest lithium, the middle where there is none: " (across) " µm wide, the lowest " (significant(gallery.shown * 1e6, 3)) " µm of the box." }
            }
        }
        @if let Some((low, high)) = salt {
            figure {
                div.shots { @for shot in &gallery.shots { @if let Some(uri) = &shot.salt { (shown(uri, &shot.moment, "Salt", None)) } } }
                p.scale { (significant(f64::from(low) / 1e3, 4)) span.bar style={ "background:" (palette::gradient()) } {} (significant(f64::from(high) / 1e3, 4)) " mol/L" }
                figcaption { "Concentration of the salt in the same sections, all " (nz) " µm up to the top of the box; one scale for all moments. Metals as above." }
            }
        } @else if sections {
            (not_measured("The concentration of the salt was not stored, or is the same everywhere."))
        }
    }
}

fn shown(uri: &str, moment: &Moment, what: &str, top: Option<f64>) -> Markup {
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
            @if charge.iter().any(|chart| chart.range.is_some()) { " Where the ends of the curves hide the plateau, it is drawn again by itself." }
        };
        html! {
            (figure(&charge, false, caption)?)
            (figure(&time, false, html! { "The same, and the current density per projected area, against time; rests included." })?)
        }
    };
    Ok(html! { section #electrochemistry { h2 { "Electrochemistry" } (content) } })
}

/// Coulombic efficiency and capacity, and where the lithium stayed.
pub fn cycles(record: &Record) -> Result<Markup, ReportError> {
    let charts = electro::cycling(record);
    let content = if record.cycles.is_none() {
        not_measured("The run has no protocol, so it has no cycles and no Coulombic efficiency.")
    } else if charts.iter().all(Chart::is_empty) {
        not_measured("No cycle is complete yet.")
    } else {
        figure(
            &charts,
            false,
            html! {
                "Coulombic efficiency (charge out over charge in of the same cycle) and both charges against the number of the cycle. "
                "Cycles that have not stripped have no efficiency; one that the end of the run cut short counts as far as it came."
            },
        )?
    };
    let lost = match electro::inventory(record) {
        Some((chart, sei)) => figure(
            &[chart],
            false,
            html! {
                "Lithium in the box at the end of each cycle, by what has become of it: cut off from the copper, or still joined to it and not "
                "stripped. What was there before the first cycle is part of it, and so is all that a last cycle without stripping has plated."
                @if sei { " The lithium of the SEI is counted on top: it is no metal any more." } @else { " The lithium of an SEI was not measured." }
            },
        )?,
        None if record.cycles.is_none() => {
            not_measured("Where lithium was lost is told for each cycle of a protocol; the run has none.")
        }
        None => not_measured("Where lithium was lost is told for each cycle; none is complete yet."),
    };
    Ok(html! {
        section #cycles { h2 { "Cycles" } (content) }
        section #lost { h2 { "Where the lithium is" } (lost) }
    })
}

/// Metrics of the deposit in time.
pub fn morphology(record: &Record) -> Result<Markup, ReportError> {
    let (charts, missing) = morphology::panels(record);
    let content = html! {
        @if !charts.is_empty() {
            (figure(&charts, true, html! {
                "The deposit in time. Heights are those of the highest lithium above the copper below it; the developed area counts lithium against "
                "electrolyte; a void is electrolyte below the highest lithium of its column; porosity, 1 − thickness/mean height, is too small while "
                "features are a few cells high, and is left out below −1; the uniformity is that of the current density on the interface while current flows: 0 and 1 if it is even. "
                "Sizes × k_kin tell whether the kinetics level the deposit, far below 1, or tips win, above 1 to 4; t/t_Sand is that of the mean current since "
                "the step of the protocol began, and tells something until the top of the box is felt; I/I_lim is that through what is left between the mean "
                "front and the top."
            })?)
        }
        @if !missing.is_empty() { (not_measured(&format!("Not measured: {}.", missing.join("; ")))) }
        @else if charts.is_empty() { (not_measured("Not measured: metrics.csv has no rows.")) }
    };
    Ok(html! { section #morphology { h2 { "Morphology" } (content) } })
}
