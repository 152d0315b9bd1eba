//! Panels of the deposit's metrics in time.

use super::chart::{Chart, Series, Shape};
use super::curve::pairs;
use super::numbers::{significant, time_unit};
use super::record::Record;

/// A panel: its title with the unit, and its curves: name, column, factor to the panel's unit.
type Panel = (&'static str, &'static [(&'static str, &'static str, f64)]);

/// Panels that a run of another kind has nothing for.
const OF_SOME: [Panel; 7] = [
    ("Contact [1]", &[("share of the surface", "contact", 1.0)]),
    ("Voids below the electrolyte [µm]", &[("volume per projected area", "void_volume [m]", 1e6)]),
    ("Grains [1]", &[("all", "grains", 1.0), ("seen from above", "grains_seen", 1.0)]),
    (
        "Texture [times that of random orientations]",
        &[
            ("⟨100⟩ upright", "texture_100", 1.0),
            ("⟨110⟩ upright", "texture_110", 1.0),
            ("⟨111⟩ upright", "texture_111", 1.0),
        ],
    ),
    ("Arms [1]", &[("tips", "tips", 1.0), ("branch points", "branch_points", 1.0)]),
    (
        "Way to the tips, and between them [µm]",
        &[("longest arm", "longest_arm [m]", 1e6), ("spacing", "tip_spacing [m]", 1e6)],
    ),
    ("Fractal dimension [1]", &[("boxes", "box_dimension", 1.0), ("mass", "mass_dimension", 1.0)]),
];

/// Colours and shapes of the curves of a panel, in order.
const STYLES: [(usize, Shape); 3] = [(0, Shape::Line), (1, Shape::Dashed), (5, Shape::Line)];

const PANELS: [Panel; 12] = [
    (
        "Thickness and height [µm]",
        &[
            ("thickness, as if dense", "thickness [m]", 1e6),
            ("mean height", "mean_height [m]", 1e6),
            ("largest height", "max_height [m]", 1e6),
        ],
    ),
    ("Roughness s_q [µm]", &[("s_q", "s_q [m]", 1e6)]),
    ("Developed area [area over projected area]", &[("developed area", "developed_area", 1.0)]),
    ("Copper under lithium [%]", &[("covered", "covered", 100.0)]),
    (
        "Voids in the deposit [volume fraction]",
        &[("void fraction", "void_fraction", 1.0), ("porosity", "porosity", 1.0)],
    ),
    ("Nuclei that have appeared [1]", &[("nuclei", "nuclei", 1.0)]),
    ("Footprints on the copper [1/µm²]", &[("footprints", "nuclei [1/m2]", 1e-12)]),
    (
        "Pieces of lithium [1]",
        &[("all", "pieces", 1.0), ("joined to the copper", "joined_pieces", 1.0), ("isolated", "isolated_pieces", 1.0)],
    ),
    (
        "Uniformity of the current [ratio]",
        &[("standard deviation over mean", "current_variation", 1.0), ("peak over mean", "current_peak", 1.0)],
    ),
    (
        "Size × k_kin [1]",
        &[("radius of the highest tip", "tip_over_kinetic", 1.0), ("relief, λ/2π", "relief_over_kinetic", 1.0)],
    ),
    ("Salt at the lithium [c/c₀]", &[("at the highest tip", "tip_c", 1.0), ("lowest", "lowest_c", 1.0)]),
    (
        "Nearness to depletion [ratio]",
        &[("t/t_Sand", "time_over_sand", 1.0), ("I/I_lim", "current_over_limiting", 1.0)],
    ),
];

/// Whether a value tells something at a current density \[A/m²\]: nothing is uneven about the current of a run at rest, and a porosity
/// below −1 only says that next to no height is left.
fn means_something(column: &str, value: f64, current: f64) -> bool {
    match column {
        "current_variation" | "current_peak" => current != 0.0,
        "porosity" => value >= -1.0,
        _ => true,
    }
}

/// The panels that the run has numbers for, and the titles of those that it has not measured.
pub fn panels(record: &Record) -> (Vec<Chart>, Vec<&'static str>) {
    let Some(time) = record.metrics.column("time [s]") else { return (Vec::new(), Vec::new()) };
    let (unit, name) = time_unit(time.last().copied().unwrap_or(0.0));
    let time: Vec<f64> = time.iter().map(|t| t / unit).collect();
    let current = record.metrics.column("current [A/m2]").unwrap_or_default();
    let (mut charts, mut missing) = (Vec::new(), Vec::new());
    for (title, curves) in PANELS.into_iter().chain(OF_SOME) {
        let series = curves.iter().enumerate().filter_map(|(place, (name, column, factor))| {
            let values = record.metrics.column(column)?.iter().zip(current);
            let values: Vec<f64> =
                values.map(|(v, i)| if means_something(column, *v, *i) { v * factor } else { f64::NAN }).collect();
            let (colour, shape) = STYLES[place % STYLES.len()];
            Some(Series::new(name, colour, shape, pairs(&time, &values)))
        });
        let series: Vec<Series> = series.collect();
        let x = format!("Time [{name}]");
        let chart = Chart { title: title.into(), x, series, ..Chart::default() };
        match chart.is_empty() {
            true if OF_SOME.iter().any(|(of_some, _)| *of_some == title) => {}
            true => missing.push(title),
            false => charts.push(chart),
        }
    }
    (charts, missing)
}

/// Snapshots that the filling of planes is shown at, at most.
const MOST_SNAPSHOTS: usize = 4;

/// How much of each plane is lithium, against its height, at moments that lie evenly between the first that has any and the last.
pub fn filling(record: &Record) -> Option<Chart> {
    let table = record.filling.as_ref()?;
    let [time, z, filled] = ["time [s]", "z [m]", "filled"].map(|name| table.column(name));
    let (time, z, filled) = (time?, z?, filled?);
    let rows: Vec<usize> = (0..table.rows()).collect();
    let snapshots: Vec<&[usize]> = rows.chunk_by(|&a, &b| time[a] == time[b]).collect();
    let with_lithium: Vec<&[usize]> =
        snapshots.into_iter().filter(|rows| rows.iter().any(|&row| filled[row] > 0.01)).collect();
    let shown = with_lithium.len().min(MOST_SNAPSHOTS);
    let chosen = (1..=shown).map(|k| with_lithium[k * with_lithium.len() / shown - 1]);
    let (unit, name) = time_unit(time.last().copied().unwrap_or(0.0));
    // no higher than the lithium is
    let top = rows.iter().filter(|&&row| filled[row] > 1e-3).map(|&row| z[row]).fold(0.0, f64::max);
    let series = chosen.enumerate().map(|(place, rows)| {
        let points = rows.iter().filter(|&&row| z[row] <= top).map(|&row| (z[row] * 1e6, 100.0 * filled[row]));
        Series::new(&format!("{} {name}", significant(time[rows[0]] / unit, 3)), place, Shape::Line, points.collect())
    });
    let chart = Chart {
        title: "Lithium in a plane [% of what copper leaves]".into(),
        x: "Height above the bottom of the box [µm]".into(),
        series: series.collect(),
        ..Chart::default()
    };
    (!chart.is_empty()).then_some(chart)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_to_nothing_are_left_out() {
        assert!(!means_something("current_peak", 1e6, 0.0) && means_something("current_peak", 1.2, -10.0));
        assert!(!means_something("porosity", -4000.0, 0.0) && means_something("porosity", -0.8, 0.0));
        assert!(means_something("s_q [m]", 1e-7, 0.0));
    }
}
