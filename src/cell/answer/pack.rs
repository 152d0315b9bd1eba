//! Tables of range, pack and metals.

use super::{Variant, columns, heads};
use crate::cell::design::{Cathode, Design, Negative};
use crate::cell::energy::{self, Losses};
use crate::cell::formulas;
use crate::cell::pack::{self, KILOWATT_HOUR, MILE, Metal};
use crate::cell::stack::{Coating, LITHIUM_DENSITY};
use crate::cell::table::Table;

/// Both routes, if energy and consumption are given.
pub(super) fn range_tables(design: &Design, variants: &[Variant]) -> Vec<Table> {
    let pack = &design.asked.pack;
    let (Some(energy), Some(consumption), Some(base)) = (pack.energy, pack.consumption, variants.last()) else {
        return Vec::new();
    };
    let routes: Vec<[pack::PackFigures; 3]> = variants
        .iter()
        .map(|variant| pack::routes(pack, energy, consumption, &base.figures, &variant.figures))
        .collect();
    let mut tables = Vec::new();
    for (key, title, route, formula) in [
        ("range", "Range, with the volume of the pack with graphite", 1, &formulas::SAME_PACK),
        ("same_range", "Pack, with the range of that with graphite", 2, &formulas::SAME_RANGE),
    ] {
        let title = if variants.len() == 1 { "Range" } else { title };
        let mut table = Table::new(key, title, heads(variants));
        let mut row = |key, name, unit, formula, value: &dyn Fn(&pack::PackFigures) -> f64| {
            table.row(key, name, unit, formula, routes.iter().map(|of| Some(value(&of[route]))));
        };
        row("energy", "energy", "kWh", formula, &|of| of.energy / KILOWATT_HOUR);
        row("range_miles", "range", "miles", &formulas::RANGE, &|of| of.range / MILE);
        row("range_km", "range", "km", &formulas::RANGE, &|of| of.range / 1e3);
        row("volume", "volume of the pack", "L", formula, &|of| of.volume * 1e3);
        row("mass", "mass of the pack", "kg", formula, &|of| of.mass);
        row("charge", "charge of all cells", "kAh", formula, &|of| of.charge / 3.6e6);
        if variants.len() > 1 {
            let was = routes[0][0];
            match route {
                1 => row("more_miles", "more range", "miles", formula, &|of| (of.range - was.range) / MILE),
                _ => {
                    row("volume_saved", "volume saved", "L", formula, &|of| (was.volume - of.volume) * 1e3);
                    row("mass_saved", "mass saved", "kg", formula, &|of| was.mass - of.mass);
                    row("charge_saved", "charge saved", "kAh", formula, &|of| (was.charge - of.charge) / 3.6e6);
                }
            }
        }
        tables.push(table);
        if variants.len() == 1 {
            break;
        }
    }
    tables
}

/// Metals of the cathode for each kilowatt-hour, and what they cost.
pub(super) fn metals(design: &Design) -> Table {
    let Design { cell, asked } = design;
    let volts = energy::voltage(cell, Losses::NONE);
    let mut heads = columns(&[("cell", "this cell")]);
    heads.extend(pack::TYPICAL.iter().map(|(name, ..)| (name.to_lowercase(), format!("{name} vs Li"))));
    let mut table = Table::new("metals", "Metals for each kilowatt-hour of cells", heads);
    let cathodes: Vec<(Cathode, f64)> = std::iter::once((cell.cathode.clone(), volts))
        .chain(pack::TYPICAL.iter().map(|(_, material, specific_capacity, volts)| {
            let cathode = Cathode {
                material: *material,
                nickel_share: None,
                specific_capacity: *specific_capacity,
                ..cell.cathode.clone()
            };
            (cathode, *volts)
        }))
        .collect();
    let per_kilowatt_hour = |metal| {
        cathodes.iter().map(move |(cathode, volts)| Some(pack::per_energy(cathode, *volts, metal)? * KILOWATT_HOUR))
    };
    for metal in Metal::ALL {
        table.row(
            metal.name(),
            format!("{} in the cathode", metal.name()),
            "kg/kWh",
            &formulas::METAL,
            per_kilowatt_hour(metal),
        );
    }
    let foil = match &cell.negative {
        Negative::Lithium { thickness, .. } => {
            let mass = thickness * LITHIUM_DENSITY;
            mass / (cell.cathode.areal_capacity * volts) * KILOWATT_HOUR
        }
        Negative::None { .. } | Negative::Graphite(_) => 0.0,
    };
    if foil > 0.0 {
        let values = std::iter::once(Some(foil)).chain(pack::TYPICAL.iter().map(|_| None));
        table.row("lithium_foil", "lithium in the foil", "kg/kWh", &formulas::METAL, values);
    }
    if let Some(prices) = &asked.prices {
        let cost = |place: usize| {
            let (cathode, volts) = &cathodes[place];
            let of = |metal: Metal| {
                let beside = if place == 0 && metal == Metal::Lithium { foil } else { 0.0 };
                let amount = pack::per_energy(cathode, *volts, metal)? * KILOWATT_HOUR + beside;
                Some(metal.price(prices).unwrap_or(0.0) * amount)
            };
            Metal::ALL.into_iter().map(of).sum::<Option<f64>>()
        };
        let values: Vec<Option<f64>> = (0..cathodes.len()).map(cost).collect();
        table.row("cost", format!("these metals, {}", prices.currency), "1/kWh", &formulas::COST, values);
    }
    let active = Coating::of_cathode(&cell.cathode).active / (cell.cathode.areal_capacity * volts) * KILOWATT_HOUR;
    let others = cathodes[1..].iter().map(|(cathode, volts)| KILOWATT_HOUR / (cathode.specific_capacity * volts));
    let values = std::iter::once(active).chain(others).map(Some);
    table.row("active", "active material of the cathode", "kg/kWh", &formulas::METAL, values);
    table
}
