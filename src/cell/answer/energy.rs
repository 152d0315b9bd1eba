//! Tables of layers, of energy, and of what pores cost.

use super::{Variant, columns, heads, percent};
use crate::cell::design::{Cell, Design, Sides};
use crate::cell::energy::{self, Figures, Losses, WATT_HOUR, WATT_HOUR_PER_LITRE};
use crate::cell::formulas::{self, Formula};
use crate::cell::stack::Pair;
use crate::cell::table::Table;

/// Porosities at which the energy is told.
const POROSITIES: [f64; 9] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];

/// Layers of a pair.
pub(super) fn stack(key: &'static str, title: &str, pair: &Pair) -> Table {
    let heads = [("discharged", "discharged [µm]"), ("charged", "charged [µm]"), ("mass", "mass [mg/cm²]")];
    let mut table = Table::new(key, title, columns(&heads));
    let micrometres = |length: f64| Some(length * 1e6);
    // kg/m² → mg/cm²
    let milligrams = |mass: f64| Some(mass * 100.0);
    for layer in &pair.layers {
        let values = [micrometres(layer.discharged), micrometres(layer.charged), milligrams(layer.mass)];
        table.row(layer.key, layer.name, "", layer.formula, values);
    }
    table.row("electrolyte", "electrolyte", "", &formulas::ELECTROLYTE, [None, None, milligrams(pair.electrolyte)]);
    let sums = [micrometres(pair.discharged()), micrometres(pair.charged()), milligrams(pair.mass())];
    table.row("sum", "sum", "", &formulas::UNIT, sums);
    table
}

/// Figures of cells, one a column.
pub(super) fn energy_rows(table: &mut Table, design: &Design, cell: &Cell, of: &[&Figures]) {
    let pairs = match cell.format.sides {
        Sides::Double => 2.0,
        Sides::Single => 1.0,
    };
    let pack = &design.asked.pack;
    type Value<'a> = Box<dyn Fn(&Figures) -> f64 + 'a>;
    let litre = |value: f64| value / WATT_HOUR_PER_LITRE;
    let kilogram = |value: f64| value / WATT_HOUR;
    let rows: Vec<(&str, &str, &'static str, &'static Formula, Value)> = vec![
        (
            "unit_discharged",
            "repeat unit, discharged",
            "µm",
            &formulas::UNIT,
            Box::new(|f| pairs * f.pair.discharged() * 1e6),
        ),
        ("unit_charged", "repeat unit, charged", "µm", &formulas::UNIT, Box::new(|f| pairs * f.pair.charged() * 1e6)),
        ("swelling", "swelling", "%", &formulas::SWELLING, Box::new(|f| f.swelling() * 100.0)),
        (
            "stack_wh_per_l_discharged",
            "stack, discharged",
            "Wh/L",
            &formulas::STACK,
            Box::new(move |f| litre(f.stack_discharged())),
        ),
        ("stack_wh_per_l", "stack, charged", "Wh/L", &formulas::STACK, Box::new(move |f| litre(f.stack_charged()))),
        ("stack_wh_per_kg", "stack", "Wh/kg", &formulas::STACK, Box::new(move |f| kilogram(f.stack_per_mass()))),
        ("layers", "layers", "", &formulas::ROOM, Box::new(|f| f.layers)),
        ("capacity", "capacity", "Ah", &formulas::CAPACITY, Box::new(|f| f.capacity / 3600.0)),
        ("voltage", "mean voltage", "V", &formulas::VOLTAGE, Box::new(|f| f.voltage)),
        ("energy", "energy", "Wh", &formulas::ENERGY, Box::new(|f| f.energy / WATT_HOUR)),
        ("volume", "volume of the cell", "L", &formulas::VOLUME, Box::new(|f| f.volume * 1e3)),
        ("mass", "mass of the cell", "kg", &formulas::MASS, Box::new(|f| f.mass)),
        ("cell_wh_per_l", "cell", "Wh/L", &formulas::CELL, Box::new(move |f| litre(f.per_volume()))),
        ("cell_wh_per_kg", "cell", "Wh/kg", &formulas::CELL, Box::new(move |f| kilogram(f.per_mass()))),
        (
            "pack_wh_per_l",
            "pack",
            "Wh/L",
            &formulas::PACK,
            Box::new(move |f| litre(f.per_volume() * pack.volume_share)),
        ),
        (
            "pack_wh_per_kg",
            "pack",
            "Wh/kg",
            &formulas::PACK,
            Box::new(move |f| kilogram(f.per_mass() * pack.mass_share)),
        ),
    ];
    for (key, name, unit, formula, value) in rows {
        table.row(key, name, unit, formula, of.iter().map(|figures| Some(value(figures))));
    }
}

pub(super) fn energy_table(design: &Design, variants: &[Variant]) -> Table {
    let title = match variants.len() {
        1 => "Energy",
        _ => "Energy, every cell in the same room",
    };
    let mut table = Table::new("energy", title, heads(variants));
    let figures: Vec<&Figures> = variants.iter().map(|variant| &variant.figures).collect();
    energy_rows(&mut table, design, &design.cell, &figures);
    if let [.., last] = figures[..]
        && figures.len() > 1
    {
        let base = last.per_volume();
        let gain = figures.iter().map(|figures| Some((figures.per_volume() / base - 1.0) * 100.0));
        table.row("gain", "gain over graphite, Wh/L", "%", &formulas::GAIN, gain);
    }
    table
}

/// What the mass of a cell takes of its heat.
pub(super) fn heat_table(design: &Design, variants: &[Variant]) -> Table {
    let mut table = Table::new("heat", "Heat, where none of it leaves the cell", heads(variants));
    let capacity = |variant: &Variant| variant.figures.heat_capacity(&design.asked);
    let capacities = variants.iter().map(|variant| Some(capacity(variant)));
    table.row("heat_capacity", "heat capacity", "J/K", &formulas::HEAT_CAPACITY, capacities);
    let rises = variants.iter().map(|variant| Some(variant.figures.energy / capacity(variant)));
    table.row("rise", "rise, if a short makes heat of all its energy", "K", &formulas::RISE, rises);
    table
}

/// What pores cost.
pub(super) fn porosity_table(design: &Design) -> Table {
    let Design { cell, asked } = design;
    let graphite = energy::baseline(cell, asked);
    let room = energy::room(cell);
    let base = energy::filling(&graphite, Losses::NONE, room).per_volume();
    let heads =
        [("porosity", "porosity"), ("wh_per_l", "cell [Wh/L]"), ("wh_per_kg", "cell [Wh/kg]"), ("gain", "gain [%]")];
    let mut table = Table::new("porosity", "What pores of the lithium cost, in the same room", columns(&heads));
    let mut row = |key: String, name: String, porosity: f64, formula| {
        let figures = energy::filling(&energy::with_porosity(cell, porosity), Losses::NONE, room);
        let values = [
            porosity,
            figures.per_volume() / WATT_HOUR_PER_LITRE,
            figures.per_mass() / WATT_HOUR,
            (figures.per_volume() / base - 1.0) * 100.0,
        ];
        table.row(key, name, "", formula, values.map(Some));
    };
    for porosity in POROSITIES {
        row(format!("p{:.0}", porosity * 100.0), String::new(), porosity, &formulas::CELL);
    }
    if let Some(porosity) = energy::porosity_at_gain(cell, Losses::NONE, &graphite, asked.gain) {
        row("at_gain".into(), format!("gain of {} %", percent(asked.gain)), porosity, &formulas::POROSITY);
    }
    table
}
