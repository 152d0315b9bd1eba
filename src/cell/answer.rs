//! The tables of `liplate cell`: what a design gives with dense lithium, as it is designed, with what runs have measured, and with graphite.

use super::design::{Cell, Design, Driving, Negative};
use super::energy::{self, Figures, Losses, WATT_HOUR, WATT_HOUR_PER_LITRE};
use super::fleet::{self, Distances};
use super::formulas::{self, Formula};
use super::life;
use super::measured::{self, Measured};
use super::pack::{self, KILOWATT_HOUR, MILE, Metal};
use super::stack::{Coating, Pair, dense};
use super::table::{Answer, Table};
use crate::study::statistics;

/// Runs that differ by chance only: one run, or the seeds of a point of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Runs {
    /// what they are called
    pub name: String,
    /// what each has measured
    pub measured: Vec<Measured>,
}

/// A cell that is told of in a column.
struct Variant {
    key: String,
    name: String,
    figures: Figures,
}

/// Efficiencies whose lives are told of every cell with lithium.
const EFFICIENCIES: [f64; 3] = [0.995, 0.999, 0.9999];
/// Cycles after which the capacity is told.
const CYCLES: [u32; 12] = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];
/// Porosities at which the energy is told.
const POROSITIES: [f64; 9] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
/// Charge per area of 1 mAh/cm² \[C/m²\].
const MILLIAMPERE_HOUR: f64 = 36_000.0;

/// Everything that is told of a `design`, and of it with what `runs` have measured.
pub fn answer(name: &str, design: &Design, runs: &[Runs]) -> Answer {
    let Design { cell, asked } = design;
    let mut answer = Answer { name: name.into(), tables: Vec::new(), notes: Vec::new() };
    let lithium = cell.negative.deposit_porosity();
    let means: Vec<(&Runs, Measured)> =
        runs.iter().filter_map(|runs| Some((runs, measured::mean(&runs.measured)?))).collect();
    let variants = variants(design, &means);
    answer.tables.push(stack("stack", "One pair of electrodes, as designed", &energy::designed(cell).pair));
    if lithium.is_some() {
        let graphite = energy::baseline(cell, asked);
        answer.tables.push(stack("baseline", "The same with graphite", &energy::designed(&graphite).pair));
    }
    answer.tables.push(energy_table(design, &variants));
    if lithium.is_some() {
        answer.tables.push(porosity_table(design));
        if !means.is_empty() {
            answer.tables.push(measured_table(&means));
            answer.notes.extend(notes(cell, &means));
        }
    }
    answer.tables.extend(range_tables(design, &variants));
    answer.tables.push(metals(design));
    if lithium.is_some() {
        answer.tables.push(closed_form("life", cell, asked.life.efficiency, asked.life.end));
        answer.tables.extend(measured_life(design, runs, &mut answer.notes));
        answer.tables.extend(fade(design, runs));
    }
    if let Some(extender) = &asked.extender {
        let of = extender.cell();
        let figures = energy::designed(&of);
        let columns = vec![("extender".to_string(), "extender".to_string())];
        answer.tables.push(stack("extender_stack", "One pair of electrodes of the extender", &figures.pair));
        let mut table = Table::new("extender", "The extender", columns);
        energy_rows(&mut table, design, &of, &[&figures]);
        answer.tables.push(table);
        let efficiency = extender.efficiency.or_else(|| efficiency_of(runs, asked.life.formation as usize));
        answer.tables.push(closed_form("extender_life", &of, efficiency, asked.life.end));
        if let Some(driving) = &asked.driving {
            answer.tables.extend(journeys(design, &of, &figures, driving, efficiency));
            answer.notes.push("years of the fleet count cycles alone, calendar ageing is not in them".into());
        }
    }
    answer
}

/// Which cells are told of.
fn variants(design: &Design, means: &[(&Runs, Measured)]) -> Vec<Variant> {
    let Design { cell, asked } = design;
    let Some(porosity) = cell.negative.deposit_porosity() else {
        return vec![Variant { key: "graphite".into(), name: "graphite".into(), figures: energy::designed(cell) }];
    };
    let room = energy::room(cell);
    let graphite = energy::baseline(cell, asked);
    let with = |key: &str, name: String, porosity: f64, losses: Losses| Variant {
        key: key.into(),
        name,
        figures: energy::filling(&energy::with_porosity(cell, porosity), losses, room),
    };
    let mut all = vec![with("dense", "dense".into(), 0.0, Losses::NONE)];
    if porosity > 0.0 {
        all.push(with("designed", "designed".into(), porosity, Losses::NONE));
    }
    for (number, (runs, run)) in means.iter().enumerate() {
        let key = if means.len() == 1 { "run".into() } else { format!("run_{number}") };
        let losses = losses(cell, run);
        all.push(with(&key, runs.name.clone(), run.porosity, losses));
        if means.len() == 1 {
            all.push(with("run_to_highest", "to its highest".into(), run.porosity_to_highest, losses));
        }
    }
    if let Some(porosity) = energy::porosity_at_gain(cell, Losses::NONE, &graphite, asked.gain) {
        all.push(with("at_gain", format!("at +{} %", percent(asked.gain)), porosity, Losses::NONE));
    }
    let figures = energy::filling(&graphite, Losses::NONE, room);
    all.push(Variant { key: "graphite".into(), name: "graphite".into(), figures });
    all
}

/// A share as percents, without needless digits.
fn percent(share: f64) -> String {
    crate::config::quantity::digits((share * 1e6).round() / 1e4)
}

/// What a run takes from a design.
fn losses(cell: &Cell, run: &Measured) -> Losses {
    let stripping_potential = if run.stripping_potential.is_finite() { run.stripping_potential } else { 0.0 };
    // the reserve pays for formation first
    let capacity_share = (run.formation + reserve(cell)).min(1.0);
    Losses { stripping_potential, capacity_share }
}

/// Lithium that the cell is assembled with, in units of the capacity of its cathode.
fn reserve(cell: &Cell) -> f64 {
    match &cell.negative {
        Negative::Lithium { thickness, .. } => thickness / dense(cell.cathode.areal_capacity),
        Negative::None { .. } | Negative::Graphite(_) => 0.0,
    }
}

fn columns(names: &[(&str, &str)]) -> Vec<(String, String)> {
    names.iter().map(|(key, name)| (key.to_string(), name.to_string())).collect()
}

/// Layers of a pair.
fn stack(key: &'static str, title: &str, pair: &Pair) -> Table {
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
fn energy_rows(table: &mut Table, design: &Design, cell: &Cell, of: &[&Figures]) {
    let pairs = match cell.format.sides {
        super::design::Sides::Double => 2.0,
        super::design::Sides::Single => 1.0,
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

fn heads(variants: &[Variant]) -> Vec<(String, String)> {
    variants.iter().map(|variant| (variant.key.clone(), variant.name.clone())).collect()
}

fn energy_table(design: &Design, variants: &[Variant]) -> Table {
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

/// What pores cost.
fn porosity_table(design: &Design) -> Table {
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

/// What runs have measured.
fn measured_table(means: &[(&Runs, Measured)]) -> Table {
    let key = |number: usize| if means.len() == 1 { "run".into() } else { format!("run_{number}") };
    let heads = means.iter().enumerate().map(|(number, (runs, _))| (key(number), runs.name.clone())).collect();
    let mut table = Table::new("measured", "What the runs have measured", heads);
    let mut row = |key: &str, name: &str, unit, formula, value: &dyn Fn(&Runs, &Measured) -> f64| {
        table.row(key, name, unit, formula, means.iter().map(|(runs, mean)| Some(value(runs, mean))));
    };
    row("runs", "runs", "", &formulas::INTERVAL, &|runs, _| runs.measured.len() as f64);
    row("charge", "charge of the lithium", "mAh/cm²", &formulas::MEASURED, &|_, mean| mean.charge);
    row("porosity", "porosity", "", &formulas::MEASURED, &|_, mean| mean.porosity);
    row("porosity_within", "± of the mean, 95 %", "", &formulas::INTERVAL, &|runs, _| {
        statistics::mean(runs.measured.iter().map(|run| run.porosity)).within
    });
    row("porosity_to_highest", "porosity to the highest", "", &formulas::HIGHEST, &|_, mean| mean.porosity_to_highest);
    row("stripping_potential", "potential of stripping", "mV", &formulas::VOLTAGE, &|_, mean| {
        mean.stripping_potential * 1e3
    });
    row("formation", "left by formation", "%", &formulas::FORMATION, &|_, mean| mean.formation * 100.0);
    table
}

/// What a reader of the figures of runs should know.
fn notes(cell: &Cell, means: &[(&Runs, Measured)]) -> Vec<String> {
    let wanted = cell.cathode.areal_capacity / MILLIAMPERE_HOUR;
    let mut notes = Vec::new();
    for (runs, mean) in means {
        let Runs { name, .. } = runs;
        if !(0.8..=1.25).contains(&(mean.charge / wanted)) {
            notes.push(format!(
                "{name}: the porosity is that of {:.2} mAh/cm² of lithium, the cell plates {wanted:.2}; it is taken to be the same",
                mean.charge
            ));
        }
        if mean.stripping_potential.is_nan() {
            notes.push(format!("{name}: nothing was stripped; the lithium is taken to be at 0 V on discharge"));
        }
    }
    notes
}

/// Both routes, if energy and consumption are given.
fn range_tables(design: &Design, variants: &[Variant]) -> Vec<Table> {
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
fn metals(design: &Design) -> Table {
    let Design { cell, asked } = design;
    let volts = energy::voltage(cell, Losses::NONE);
    let mut heads = columns(&[("cell", "this cell")]);
    heads.extend(pack::TYPICAL.iter().map(|(name, ..)| (name.to_lowercase(), format!("{name} vs Li"))));
    let mut table = Table::new("metals", "Metals for each kilowatt-hour of cells", heads);
    let cathodes: Vec<(super::design::Cathode, f64)> = std::iter::once((cell.cathode.clone(), volts))
        .chain(pack::TYPICAL.iter().map(|(_, material, specific_capacity, volts)| {
            let cathode = super::design::Cathode {
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
            let mass = thickness * super::stack::LITHIUM_DENSITY;
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

/// Lives of the closed form.
fn closed_form(key: &'static str, cell: &Cell, efficiency: Option<f64>, end: f64) -> Table {
    let reserve = reserve(cell);
    let mut heads = columns(&[("without_reserve", "without reserve")]);
    if reserve > 0.0 {
        heads.extend(columns(&[("with_reserve", "with reserve")]));
    }
    let title = format!("Cycles to {} % of the capacity, by the closed form", percent(end));
    let mut table = Table::new(key, title, heads);
    if reserve > 0.0 {
        table.row("reserve", "reserve, of the capacity", "", &formulas::RESERVOIR, [None, Some(reserve)]);
    }
    let mut all: Vec<f64> = EFFICIENCIES.into();
    all.extend(efficiency.filter(|of| !EFFICIENCIES.contains(of)));
    all.sort_by(f64::total_cmp);
    for of in all {
        let name = format!("CE {} %", percent(of));
        let cycles = |reserve: f64| Some(life::cycles_to(end, of, reserve));
        let values = [cycles(0.0)].into_iter().chain((reserve > 0.0).then(|| cycles(reserve)));
        table.row(format!("ce_{of}"), name, "cycles", &formulas::LIFE, values);
    }
    table
}

/// What each run has shown of a life.
fn lives(runs: &Runs, formation: usize) -> Vec<life::Measured> {
    runs.measured.iter().filter_map(|run| life::measured(&run.cycles, formation)).collect()
}

/// The efficiency of the first runs that tell one, the mean over them.
fn efficiency_of(runs: &[Runs], formation: usize) -> Option<f64> {
    let means = runs.iter().map(|runs| statistics::mean(lives(runs, formation).iter().map(|life| life.mean)));
    means.map(|mean| mean.mean).find(|mean| mean.is_finite())
}

/// Lives by what runs have measured, with the interval over them.
fn measured_life(design: &Design, runs: &[Runs], notes: &mut Vec<String>) -> Option<Table> {
    let Design { cell, asked } = design;
    let (end, reserve) = (asked.life.end, reserve(cell));
    let told: Vec<(&Runs, Vec<life::Measured>)> = runs
        .iter()
        .map(|runs| (runs, lives(runs, asked.life.formation as usize)))
        .filter(|(_, lives)| !lives.is_empty())
        .collect();
    if told.is_empty() {
        return None;
    }
    let key = |number: usize| if told.len() == 1 { "run".into() } else { format!("run_{number}") };
    let heads = told.iter().enumerate().map(|(number, (runs, _))| (key(number), runs.name.clone())).collect();
    let title = format!("Cycles to {} % of the capacity, by what the runs have measured", percent(end));
    let mut table = Table::new("measured_life", title, heads);
    let mean = |lives: &[life::Measured]| statistics::mean(lives.iter().map(|life| life.mean));
    let mut row = |key: &str, name: &str, unit, formula, value: &dyn Fn(&[life::Measured]) -> f64| {
        table.row(key, name, unit, formula, told.iter().map(|(_, lives)| Some(value(lives))));
    };
    row("runs", "runs with cycles after formation", "", &formulas::INTERVAL, &|lives| lives.len() as f64);
    row("efficiency", "Coulombic efficiency, mean", "%", &formulas::FADE, &|lives| mean(lives).mean * 100.0);
    row("efficiency_within", "± of the mean, 95 %", "%", &formulas::INTERVAL, &|lives| mean(lives).within * 100.0);
    for (part, what, reserve) in [("", "", 0.0), ("_with_reserve", ", with reserve", reserve)] {
        if !part.is_empty() && reserve == 0.0 {
            continue;
        }
        row(&format!("cycles{part}"), &format!("cycles{what}"), "cycles", &formulas::FADE, &|lives| match lives {
            [only] => only.cycles_to(end, reserve),
            _ => life::cycles_to(end, mean(lives).mean, reserve),
        });
        for (side, words, sign) in [("least", "at least", -1.0), ("most", "at most", 1.0)] {
            row(&format!("{side}{part}"), &format!("{words}{what}"), "cycles", &formulas::INTERVAL, &|lives| {
                let mean = mean(lives);
                // NaN of one run, which has no interval
                if mean.within.is_nan() {
                    f64::NAN
                } else {
                    life::cycles_to(end, mean.mean + sign * mean.within, reserve)
                }
            });
        }
    }
    for (runs, lives) in &told {
        let mean = mean(lives);
        if mean.mean >= 1.0 {
            notes.push(format!(
                "{}: the cycles after formation gave back all that they took, {:.2} %: the run shows no limit of the life",
                runs.name,
                mean.mean * 100.0
            ));
        } else if mean.mean + mean.within >= 1.0 {
            notes.push(format!(
                "{}: within the interval of {} runs nothing is lost, so that the life has no upper end; more seeds would give one",
                runs.name,
                lives.len()
            ));
        }
    }
    Some(table)
}

/// Capacity against cycles.
fn fade(design: &Design, runs: &[Runs]) -> Option<Table> {
    let Design { cell, asked } = design;
    let reserve = reserve(cell);
    let mut heads = Vec::new();
    let mut curves: Vec<Box<dyn Fn(u32) -> f64>> = Vec::new();
    let mut add = |key: String, name: String, lives: Vec<life::Measured>| {
        for (part, words, reserve) in [("", "", 0.0), ("_with_reserve", ", with reserve", reserve)] {
            if part.is_empty() || reserve > 0.0 {
                heads.push((format!("{key}{part}"), format!("{name}{words}")));
                let lives = lives.clone();
                curves.push(Box::new(move |cycles| {
                    statistics::mean(lives.iter().map(|life| life.capacity(cycles, reserve))).mean
                }));
            }
        }
    };
    if let Some(efficiency) = asked.life.efficiency {
        let given = life::Measured { efficiencies: Vec::new(), mean: efficiency, formation: 1.0 };
        add("given".into(), format!("CE {} %", percent(efficiency)), vec![given]);
    }
    for (number, of) in runs.iter().enumerate() {
        let lives = lives(of, asked.life.formation as usize);
        if !lives.is_empty() {
            let key = if runs.len() == 1 { "run".into() } else { format!("run_{number}") };
            add(key, of.name.clone(), lives);
        }
    }
    if curves.is_empty() {
        return None;
    }
    let mut table = Table::new("fade", "Capacity against cycles after formation, %", heads);
    for cycles in CYCLES {
        let values = curves.iter().map(|curve| Some(100.0 * curve(cycles)));
        table.row(format!("n{cycles}"), format!("{cycles} cycles"), "%", &formulas::FADE, values);
    }
    Some(table)
}

/// The year of a car with both kinds of cells, beside one with the extender's cells alone.
fn journeys(
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
