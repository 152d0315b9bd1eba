//! `filling.csv`: how much of each plane is lithium, wherever a snapshot is taken.

use crate::metrics::filling::Plane;
use crate::metrics::headings as first_line;
use crate::model::constants::LITHIUM_MOLAR_VOLUME;
use crate::model::parameters::Setup;
use crate::solver::step::Clock;

/// Name of the table.
pub const FILE: &str = "filling.csv";

/// Names and units of its columns.
const COLUMNS: [(&str, &str); 6] =
    [("step", "1"), ("time", "s"), ("z", "m"), ("filled", "1"), ("c", "1"), ("filled_by_salt", "1")];

/// Headings of the columns.
pub fn headings() -> String {
    first_line(COLUMNS)
}

/// Part of the electrolyte that a front fills which takes all the salt that it meets, c0 V_m/(1 − t₊); NaN without salt.
fn filled_by_salt(setup: &Setup) -> f64 {
    let (electrolyte, c0) = (&setup.electrolyte, setup.top.c0);
    let anions = 1.0 - electrolyte.at(c0, setup.temperature).transference;
    if electrolyte.has_salt() { c0 * LITHIUM_MOLAR_VOLUME / anions } else { f64::NAN }
}

/// Its rows at a moment, from below.
pub fn rows(setup: &Setup, clock: &Clock, planes: &[Plane]) -> Vec<[f64; COLUMNS.len()]> {
    let law = filled_by_salt(setup);
    planes.iter().map(|plane| [clock.step as f64, clock.time, plane.z, plane.filled, plane.c, law]).collect()
}
