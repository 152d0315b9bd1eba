//! What values a quantity can have: wide ranges, each with its reason. A value outside has mostly been given in a wrong unit.

use super::four;
use crate::mechanisms::Plausible;
use crate::model::electrolyte::Electrolyte;
use crate::model::parameters::{Control, Nucleation, Setup};
use crate::model::protocol::Limit;

/// A value beyond its range by less than this factor is remarked on, one beyond that is refused.
const STRANGE: f64 = 1000.0;

/// A key, its value in SI, the sizes that it can have but zero, their unit, and where they come from.
struct Quantity {
    key: String,
    value: f64,
    least: f64,
    most: f64,
    unit: &'static str,
    why: &'static str,
}

/// Violations and remarks, the key first in each. NaN and what is not a number have been objected to before.
pub fn look(setup: &Setup) -> (Vec<String>, Vec<String>) {
    let (mut problems, mut remarks) = (Vec::new(), Vec::new());
    for Quantity { key, value, least, most, unit, why } in quantities(setup) {
        let size = value.abs();
        // zero switches off what may be zero; where it may not, that has been said
        if size == 0.0 || !size.is_finite() || (least..=most).contains(&size) {
            continue;
        }
        let sentence =
            format!("{key}: {} {unit} lies outside {} to {} {unit}: {why}", four(value), four(least), four(most));
        let far = size < least / STRANGE || size > most * STRANGE;
        if far { &mut problems } else { &mut remarks }.push(sentence);
    }
    (problems, remarks)
}

fn quantities(setup: &Setup) -> Vec<Quantity> {
    let mut found = Vec::new();
    let mut add = |key: &str, value: f64, [least, most]: [f64; 2], unit: &'static str, why: &'static str| {
        found.push(Quantity { key: key.into(), value, least, most, unit, why });
    };
    add("grid.dx", setup.grid.dx, [1e-9, 1e-4], "m", "below are atoms, above a cell holds a whole deposit");
    let c = [1.0, 2e4];
    add("electrolyte.c0", setup.top.c0, c, "mol/m^3", "from a trace of salt to a molten solvate");
    let kappa = [1e-7, 1e6];
    let diffusivity = [1e-16, 1e-6];
    let carried = "from a glass to a molten salt";
    match &setup.electrolyte {
        Electrolyte::Dilute { cation, anion } => {
            add("electrolyte.cation", *cation, diffusivity, "m^2/s", carried);
            add("electrolyte.anion", *anion, diffusivity, "m^2/s", carried);
        }
        Electrolyte::Constant(p) => {
            add("electrolyte.kappa", p.kappa, kappa, "S/m", carried);
            add("electrolyte.diffusivity", p.diffusivity, diffusivity, "m^2/s", carried);
            add(
                "electrolyte.thermodynamic_factor",
                p.thermodynamic_factor,
                [0.05, 100.0],
                "",
                "1 in an ideal solution",
            );
        }
        Electrolyte::SingleIon { kappa: value } => add("electrolyte.kappa", *value, kappa, "S/m", carried),
        _ => {}
    }
    let energy = "thermal energy to that of a bond";
    add("electrolyte.activation_energy", setup.activation.transport, [1e2, 3e5], "J/mol", energy);
    add("kinetics.activation_energy", setup.activation.kinetics, [1e2, 3e5], "J/mol", energy);
    let k = &setup.kinetics;
    add("kinetics.i0", k.i0, [1e-4, 1e7], "A/m^2", "lithium has 0.1 to 1000 A/m^2");
    add("kinetics.c_ref", k.c_ref, c, "mol/m^3", "the salt that i0 was measured at");
    let film = "films on lithium have 1e-5 to 1 ohm m^2; 1 ohm cm^2 is 1e-4 ohm m^2";
    add("kinetics.film", k.film, [1e-9, 10.0], "ohm m^2", film);
    if let Some(pattern) = &setup.collector.pattern {
        add("collector.pattern.film", pattern.patch().film, [1e-9, 10.0], "ohm m^2", film);
    }
    add("kinetics.gamma", k.gamma, [1e-4, 300.0], "J/m^2", "metals have 0.1 to 3 J/m^2");
    add("kinetics.pressure", k.pressure, [1.0, 1e11], "Pa", "lithium creeps at 1e6 Pa, and no press has 1e11 Pa");
    add("kinetics.double_layer", k.double_layer, [1e-4, 100.0], "F/m^2", "metals have 0.05 to 0.5 F/m^2");
    for (name, mechanism) in setup.mechanisms.each() {
        for Plausible { key, value, range, unit, why } in mechanism.plausible() {
            add(&format!("{name}.{key}"), value, range, unit, why);
        }
    }
    match &setup.nucleation {
        Nucleation::Poisson { rate, barrier, .. } => {
            let attempts = "from one in years on a square metre to every atom at its vibration";
            add("nucleation.rate", *rate, [1e-6, 1e33], "m^-2 s^-1", attempts);
            add("nucleation.barrier", *barrier, [1e-4, 20.0], "V", "nucleation overpotentials are below 1 V");
        }
        Nucleation::AtOnce { density, .. } => {
            add("nucleation.density", *density, [1.0, 1e19], "m^-2", "no more than there are atoms");
        }
        Nucleation::None | Nucleation::Listed { .. } => {}
    }
    let current = ([1e-6, 1e7], "A/m^2", "from a leak to a pulse: 1 mA/cm^2 is 10 A/m^2");
    match setup.top.control {
        Control::Current(i) if setup.protocol.is_empty() => add("top.current", i, current.0, current.1, current.2),
        _ => {}
    }
    if let Some(column) = setup.top.column {
        add("top.column", column, [1e-8, 0.1], "m", "up to a beaker");
    }
    let capacity = ([1.0, 1e7], "C/m^2", "1 mAh/cm^2 is 3.6e4 C/m^2");
    if let Some(cathode) = &setup.cathode {
        add("cathode.areal_capacity", cathode.areal_capacity, capacity.0, capacity.1, capacity.2);
        add("cathode.resistance", cathode.resistance, [1e-9, 10.0], "ohm m^2", "1 ohm cm^2 is 1e-4 ohm m^2");
        if let Some(short) = cathode.short {
            add("cathode.short_resistance", short, [1e-10, 1e6], "ohm m^2", "from a metal to an insulator");
        }
    }
    let charge = ([1e-3, 1e8], "C/m^2", "1 mAh/cm^2 is 3.6e4 C/m^2, 5 µm of lithium");
    let time = ([1e-9, 3.2e9], "s", "from a double layer's time to a century");
    for (key, value, (range, unit, why)) in [
        ("end.charge", setup.end.charge, charge),
        ("end.time", setup.end.time, time),
        ("output.snapshot_charge", setup.output.snapshot_charge, charge),
        ("output.snapshot_time", setup.output.snapshot_time, time),
        ("time_step.potential", Some(setup.time_step.potential), ([1e-6, 10.0], "V", "a step follows the potential")),
        ("time_step.first", Some(setup.time_step.first), ([1e-12, 1e6], "s", "a step follows the double layer")),
        ("time_step.smallest", Some(setup.time_step.smallest), ([1e-15, 1e6], "s", "a step follows the double layer")),
        ("time_step.largest", Some(setup.time_step.largest), ([1e-9, 1e9], "s", "a step follows the front")),
    ] {
        value.into_iter().for_each(|value| add(key, value, range, unit, why));
    }
    for (i, step) in setup.protocol.blocks.iter().enumerate().flat_map(|(i, b)| b.steps.iter().map(move |s| (i, s))) {
        let key = format!("protocol[{i}].steps: {:?}", step.text);
        if let Control::Current(size) = step.control {
            add(&key, size, current.0, current.1, current.2);
        }
        for limit in &step.limits {
            match *limit {
                Limit::Time(value) => add(&key, value, time.0, time.1, time.2),
                Limit::Charge(value) => add(&key, value, charge.0, charge.1, charge.2),
                _ => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    const PLAIN: &str = r#"
        [grid]
        cells = [8, 8, 32]
        dx = "0.25 um"
        [electrolyte]
        kind = "nyman"
        [kinetics]
        i0 = "1 mA/cm^2"
        [sei]
        fresh_charge = "50 C/m^2"
        [deposit]
        kind = "layer"
        thickness = "1 um"
        [top]
        current = "1 mA/cm^2"
        [end]
        charge = "0.1 mAh/cm^2"
    "#;

    #[test]
    fn nonsense_is_refused_and_what_is_strange_remarked_on() {
        let read = |change: &str| {
            crate::config::from_text(PLAIN, Path::new("test.toml"), &[change.into()])
                .map(|config| config.remarks)
                .map_err(|error| error.to_string())
        };
        assert_eq!(read("kinetics.gamma=0.5 J/m^2"), Ok(Vec::new()));
        for (change, key) in [
            ("electrolyte.c0=1e-308 mol/m^3", "electrolyte.c0"),
            ("sei.fresh_charge=1e12 C/m^2", "sei.fresh_charge"),
            ("output.snapshot_time=1e-13 s", "output.snapshot_time"),
            ("kinetics.film=1e9 ohm m^2", "kinetics.film"),
            ("top.current=1e12 A/m^2", "top.current"),
            ("kinetics.double_layer=1e9 F/m^2", "kinetics.double_layer"),
        ] {
            let said = read(change).unwrap_err();
            assert!(
                said.contains(key) && said.contains("lies outside") && said.contains("1 problem:"),
                "{change}: {said}"
            );
        }
        // a unit forgotten by a factor of a thousand or less may be meant
        let remarks = read("kinetics.film=100 ohm m^2").unwrap();
        assert!(
            remarks.len() == 1 && remarks[0].contains("kinetics.film") && remarks[0].contains("1 ohm cm^2"),
            "{remarks:?}"
        );
    }
}
