//! Tables of a car with two kinds of cells.

use super::{columns, reserve};
use crate::cell::design::{Cell, Design, Driving};
use crate::cell::energy::{self, Figures};
use crate::cell::fleet::{self, Distances};
use crate::cell::formulas;
use crate::cell::life;
use crate::cell::pack::{KILOWATT_HOUR, MILE};
use crate::cell::table::Table;

/// The year of a car with both kinds of cells, beside one with the extender's cells alone.
pub(super) fn journeys(
    design: &Design,
    extender: &Cell,
    figures: &Figures,
    driving: &Driving,
    efficiency: Option<f64>,
) -> Vec<Table> {
    let Design { cell, asked } = design;
    let distances = match (driving.median, driving.spread) {
        (Some(median), Some(spread)) => Distances::LogNormal { median, spread },
        _ => Distances::Days(driving.distances.clone()),
    };
    let Driving { everyday_range, extender_range, driven_share, everyday_cycles, .. } = *driving;
    let used = fleet::used(&distances, everyday_range, extender_range);
    let mut days = Table::new("days", "Days", columns(&[("days", "")]));
    let mut day =
        |key: &str, name: &str, unit, value: f64| days.row(key, name, unit, &formulas::LOG_NORMAL, [Some(value)]);
    day("mean", "mean distance of a driven day", "miles", distances.mean() / MILE);
    day("beyond_everyday", "driven days beyond the cells for every day", "%", 100.0 * distances.beyond(everyday_range));
    let whole = everyday_range + extender_range;
    day("beyond_both", "driven days beyond both", "%", 100.0 * distances.beyond(whole));
    let by_extender = used.extender * extender_range / distances.mean();
    day("by_extender", "distance that the extender carries", "%", 100.0 * by_extender);
    let heads = columns(&[("everyday", "for every day"), ("extender", "extender"), ("alone", "extender's alone")]);
    let mut table = Table::new("fleet", "A year of the car", heads);
    let each = [used.everyday, used.extender, used.alone];
    let ranges = [everyday_range, extender_range, whole].map(|range| Some(range / MILE));
    table.row("range", "range", "miles", &formulas::RANGE, ranges);
    if let Some(consumption) = asked.pack.consumption {
        let base = energy::designed(cell);
        let of = [&base, figures, figures];
        let energies =
            [everyday_range, extender_range, whole].map(|range| range * consumption / asked.pack.usable_share);
        table.row("energy", "energy", "kWh", &formulas::RANGE, energies.map(|energy| Some(energy / KILOWATT_HOUR)));
        let volume = |place: usize| Some(energies[place] / of[place].per_volume() / asked.pack.volume_share * 1e3);
        table.row("volume", "volume in the pack", "L", &formulas::PACK, [0, 1, 2].map(volume));
        let mass = |place: usize| Some(energies[place] / of[place].per_mass() / asked.pack.mass_share);
        table.row("mass", "mass in the pack", "kg", &formulas::PACK, [0, 1, 2].map(mass));
    }
    let a_year = each.map(|a_day| Some(a_day * fleet::DAYS * driven_share));
    table.row("cycles_a_year", "full cycles a year", "", &formulas::USE, a_year);
    let reserve = reserve(extender);
    let cycles = efficiency.map(|efficiency| life::cycles_to(asked.life.end, efficiency, reserve));
    let lives = [everyday_cycles, cycles, cycles];
    table.row("cycles", "cycles to the end of life", "", &formulas::LIFE, lives);
    let years = |place: usize| lives[place].map(|cycles| fleet::years(cycles, each[place], driven_share));
    table.row("years", "years to the end of life", "", &formulas::YEARS, [0, 1, 2].map(years));
    let miles = |place: usize| years(place).map(|years| years * fleet::DAYS * driven_share * distances.mean() / MILE);
    table.row("miles", "miles of the car until then", "", &formulas::YEARS, [0, 1, 2].map(miles));
    vec![days, table]
}
