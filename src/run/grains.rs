//! `grains.csv`: every grain that has lithium, wherever a snapshot is taken.

use crate::metrics::grains::Grains;
use crate::metrics::headings as first_line;
use crate::model::orientation::{Orientations, angles};
use crate::solver::step::Clock;

/// Name of the table.
pub const FILE: &str = "grains.csv";

/// Names and units of its columns.
const COLUMNS: [(&str, &str); 10] = [
    ("step", "1"),
    ("time", "s"),
    ("grain", "1"),
    ("phi1", "deg"),
    ("Phi", "deg"),
    ("phi2", "deg"),
    ("volume", "m3"),
    ("share", "1"),
    ("height", "m"),
    ("seen", "1"),
];

/// Headings of the columns.
pub fn headings() -> String {
    first_line(COLUMNS)
}

/// Its rows at a moment, in the order of the grains' numbers.
pub fn rows(clock: &Clock, found: &Grains, orientations: &Orientations) -> Vec<[f64; COLUMNS.len()]> {
    let total = found.volume();
    let row = |grain: &crate::metrics::grains::Grain| {
        let [phi_1, phi, phi_2] = angles(orientations.of(grain.number)).map(f64::to_degrees);
        let [step, number] = [clock.step as f64, f64::from(grain.number)];
        let share = grain.volume / total;
        [step, clock.time, number, phi_1, phi, phi_2, grain.volume, share, grain.height, grain.on_top]
    };
    found.all.iter().filter(|grain| !grain.height.is_nan()).map(row).collect()
}
