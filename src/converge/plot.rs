//! A study as a picture: one panel a metric, its values against what was refined, and the estimate of the limit.

use std::ops::Range;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::extrapolate::Behaviour;
use super::report::{Findings, Quantity};
use super::{ConvergeError, IoError};
use crate::io::write_whole;

/// Panels side by side.
const COLUMNS: usize = 4;
/// Width and height of a panel \[pixel\].
const PANEL: (u32, u32) = (330, 240);
/// Height of the heading \[pixel\].
const HEAD: u32 = 64;

const VALUES: RGBColor = RGBColor(31, 88, 146);
const ESTIMATE: RGBColor = RGBColor(194, 65, 12);

type Failure = Box<dyn std::error::Error>;

/// Writes `STUDY.svg` into `directory`; metrics that are undefined or equal on all levels have no panel.
///
/// # Errors
/// If the file cannot be drawn or written.
pub fn write(findings: &Findings, directory: &Path) -> Result<(), ConvergeError> {
    let path = directory.join(format!("{}.svg", findings.study.name()));
    let shown = |q: &&Quantity| !matches!(q.limit.behaviour, Behaviour::Undefined | Behaviour::Equal);
    let panels: Vec<&Quantity> = findings.quantities.iter().filter(shown).collect();
    let svg = draw(findings, &panels).map_err(|e| ConvergeError::Plot { path: path.clone(), reason: e.to_string() })?;
    write_whole(&path, svg.as_bytes()).map_err(|e: IoError| e.into())
}

fn draw(findings: &Findings, panels: &[&Quantity]) -> Result<String, Failure> {
    let rows = panels.len().div_ceil(COLUMNS).max(1);
    let size = (PANEL.0 * COLUMNS as u32, PANEL.1 * rows as u32 + HEAD);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&WHITE)?;
        let (head, body) = root.split_vertically(HEAD);
        let black = |points: u32| ("sans-serif", points).into_font().color(&BLACK);
        head.draw(&Text::new(format!("{}: study {}", findings.name, findings.study.name()), (14, 10), black(20)))?;
        let legend = format!(
            "against {}; blue: levels, red: estimate of the limit with its error bar (hollow: finest value, not extrapolated); discretisation only, one sample of copper and nuclei",
            findings.study.axis()
        );
        head.draw(&Text::new(legend, (14, 38), black(14)))?;
        for (quantity, area) in panels.iter().zip(body.split_evenly((rows, COLUMNS))) {
            panel(findings, quantity, &area)?;
        }
        root.present()?;
    }
    Ok(svg)
}

fn panel(findings: &Findings, quantity: &Quantity, area: &DrawingArea<SVGBackend, Shift>) -> Result<(), Failure> {
    let (factor, unit) = scaled(quantity);
    let points: Vec<(f64, f64)> = findings
        .levels
        .iter()
        .zip(&quantity.values)
        .filter_map(|(level, value)| value.map(|value| (level.size, value * factor)))
        .collect();
    let limit = &quantity.limit;
    let (estimate, error) = (limit.estimate * factor, limit.error * factor);
    let coarsest = points.iter().fold(0.0_f64, |largest, p| largest.max(p.0));
    let heights = points.iter().map(|p| p.1).chain([estimate - error, estimate + error]);
    let y = padded(heights);
    let name = match (limit.order, limit.behaviour) {
        (Some(order), _) => format!("{}{unit}, order {order:.2}", quantity.name),
        (None, Behaviour::TooFast) => format!("{}{unit}, order 2 taken", quantity.name),
        (None, _) => format!("{}{unit}, no order", quantity.name),
    };
    let mut chart = ChartBuilder::on(area)
        .caption(name, ("sans-serif", 15))
        .margin(8)
        .x_label_area_size(36)
        .y_label_area_size(58)
        .build_cartesian_2d(-0.08 * coarsest..1.08 * coarsest, y)?;
    let axis = findings.study.axis();
    chart
        .configure_mesh()
        .x_desc(axis)
        .x_labels(5)
        .y_labels(5)
        .label_style(("sans-serif", 12))
        .axis_desc_style(("sans-serif", 12))
        .light_line_style(TRANSPARENT)
        .bold_line_style(RGBColor(225, 225, 225))
        .y_label_formatter(&|v| compact(*v))
        .x_label_formatter(&|v| compact(*v))
        .draw()?;
    chart.draw_series(LineSeries::new(points.iter().copied(), VALUES.stroke_width(1)))?;
    chart.draw_series(points.iter().map(|&p| Circle::new(p, 4, VALUES.filled())))?;
    // hollow where nothing was extrapolated
    let extrapolated = matches!(limit.behaviour, Behaviour::Converging | Behaviour::TooFast);
    let style = if extrapolated { ESTIMATE.filled() } else { ESTIMATE.stroke_width(1) };
    let bar = ErrorBar::new_vertical(0.0, estimate - error, estimate, estimate + error, style, 10);
    chart.draw_series([bar])?;
    Ok(())
}

/// A factor and a unit that people read: metres as µm, volts as mV.
fn scaled(quantity: &Quantity) -> (f64, String) {
    match quantity.unit.as_str() {
        "m" => (1e6, " [µm]".into()),
        "V" => (1e3, " [mV]".into()),
        "m/s" => (1e9, " [nm/s]".into()),
        "1/m" => (1e-6, " [1/µm]".into()),
        "1/m2" => (1e-12, " [1/µm²]".into()),
        "1" => (1.0, String::new()),
        other => (1.0, format!(" [{other}]")),
    }
}

/// The range of values with room above and below.
fn padded(values: impl Iterator<Item = f64>) -> Range<f64> {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    let room = 0.1 * (high - low).max(1e-9 * high.abs()).max(f64::MIN_POSITIVE);
    low - room..high + room
}

/// Up to four significant digits, without zeros at the end.
fn compact(value: f64) -> String {
    if value.abs() < 1e-9 {
        return "0".into();
    }
    let digits = (3 - value.abs().log10().floor() as i32).clamp(0, 8) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}
