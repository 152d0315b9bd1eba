//! A person sees whether a run can be dendritic at all: by the real binary, before and while it runs.

mod common;

use std::path::Path;

use common::program::{Called, Place, SMALL, column};

/// What `check` says about a config.
fn check(place: &Place, arguments: &[&str]) -> Called {
    let called = place.call(&[&["check", "config.toml", "--device", "cpu"], arguments].concat());
    assert_eq!(called.code, 0, "{called:?}");
    called
}

/// The value of a line.
fn value<'a>(called: &'a Called, name: &str) -> &'a str {
    let line = called.out.lines().find(|line| line.starts_with(name));
    line.unwrap_or_else(|| panic!("no {name}: {}", called.out))[name.len()..].trim()
}

/// The number that a value begins with.
fn number(called: &Called, name: &str) -> f64 {
    value(called, name).split(' ').next().unwrap().parse().unwrap()
}

/// A hundredth of the salt: 3 mA/cm² is far beyond what its 6 µm carry.
const OVER: [&str; 4] = ["--set", "electrolyte.c0=0.002 mol/L", "--set", "top.compliance=-0.5 V"];

#[test]
fn the_quickstart_is_compact() {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/quickstart.toml");
    let place = Place::new(&std::fs::read_to_string(config).unwrap());
    let called = check(&place, &[]);
    assert!(value(&called, "regime").starts_with("compact: "), "{}", called.out);
    // g R = 0.435 at i = i0 behind 10 Ω cm²: g = 303 S/m², A = 0.0299 A m/mol, k_kin = 0.0299 · 2.79e4 + 303/0.913 = 1168 /m
    assert!((number(&called, "1/k_kin at c0") / 856.0 - 1.0).abs() < 5e-3, "{}", called.out);
    assert!(number(&called, "1/k_kin at 1 % of c0") < 100.0);
    assert!(!called.out.contains("its tips"), "{}", called.out);
    // 348.4 s at ten times the current; F D c0/((1 − t₊) L) within the change of D and t₊ between 0 and c0
    assert!((number(&called, "Sand's time") - 34_840.0).abs() < 40.0);
    let limit = number(&called, "limiting current of the box");
    assert!((2400.0..4200.0).contains(&limit), "{limit}");
}

#[test]
fn a_current_beyond_the_limit_can_be_dendritic_and_its_grid_is_too_coarse() {
    let place = Place::new(SMALL);
    assert!(value(&check(&place, &[]), "regime").starts_with("compact: "));
    let called = check(&place, &OVER);
    let regime = value(&called, "regime");
    assert!(regime.starts_with("can be dendritic: ") && regime.contains("beyond the limiting current"), "{regime}");
    assert!(called.out.contains("below 4 dx"), "{}", called.out);
    // a potential that drives as much
    let called = check(&place, &[&OVER[..2], &["--set", "top={potential=\"-300 mV\", salt=\"reservoir\"}"]].concat());
    assert!(value(&called, "regime").starts_with("can be dendritic: "), "{}", called.out);
}

/// Pulses that end long before Sand's time are to the salt what their mean is; longer ones are a current of their own.
#[test]
fn short_pulses_are_their_mean() {
    let place = Place::new(SMALL);
    let with = |on: &str, off: &str, charge: &str| {
        let text = format!(
            "[grid]\ncells = [12, 1, 40]\ndx = \"0.25 um\"\n[electrolyte]\nkind = \"landesfeind\"\nsolvent = \"EC:EMC\"\n\
             [kinetics]\ni0 = \"10 mA/cm^2\"\n[collector]\nheight = \"2 um\"\n[deposit]\nkind = \"layer\"\nthickness = \"1 um\"\n\
             [top]\nsalt = \"reservoir\"\ncompliance = \"-5 V\"\n[time_step]\npotential = \"10 V\"\n[[protocol]]\n\
             steps = [\"Pulse 2000 mA/cm^2 {on} on, {off} off, until {charge}\"]\n"
        );
        std::fs::write(place.path("pulsed.toml"), text).unwrap();
        place.call(&["check", "pulsed.toml", "--device", "cpu"])
    };
    let short = with("1 us", "99 us", "5e-5 mAh/cm^2");
    assert!(short.code == 0 && !short.out.contains("is used up"), "{short:?}");
    // 90 pulses: two steps each at least, which the forecast knows
    let [least, most] = {
        let mut numbers = value(&short, "steps").split(' ').filter_map(|word| word.parse::<f64>().ok());
        [(); 2].map(|()| numbers.next().unwrap())
    };
    let run =
        place.call(&["run", "pulsed.toml", "--device", "cpu", "--quiet", "--out", "pulsed", "--max-wall", "60 s"]);
    assert_eq!(run.code, 0, "{run:?}");
    let taken = column(&place.text("pulsed/metrics.csv"), "step").last().copied().unwrap();
    assert!(taken >= 180.0 && least <= taken && taken <= most, "{taken} of {least} to {most}");
    let long = with("1 s", "99 s", "5 mAh/cm^2");
    assert!(long.code == 0 && long.out.contains("is used up"), "{long:?}");
}

#[test]
fn a_single_ion_has_no_salt_to_speak_of() {
    let place = Place::new(SMALL);
    let single = ["--set", "electrolyte={kind=\"single_ion\", kappa=\"0.1 S/m\"}"];
    let called = check(&place, &single);
    assert!(value(&called, "regime").starts_with("compact: "));
    assert!(!called.out.contains("Sand") && !called.out.contains("limiting") && !called.out.contains("1 % of c0"));
    // fast kinetics: fingers
    let fast = [&single[..], &["--set", "kinetics.i0=1e4 A/m^2", "--set", "kinetics.film=0 ohm m^2"]].concat();
    assert!(value(&check(&place, &fast), "regime").starts_with("can be dendritic: "));
}

#[test]
fn a_run_tells_its_regime_in_the_rows_of_the_morphology() {
    let place = Place::new(SMALL);
    place.run("run");
    let table = place.text("run/metrics.csv");
    let rows: Vec<(f64, f64)> =
        column(&table, "thickness [m]").into_iter().zip(column(&table, "time_over_sand")).collect();
    assert!(rows.iter().all(|(measured, told)| measured.is_nan() == told.is_nan()), "{rows:?}");
    let last = |name: &str| column(&table, name).into_iter().rfind(|value| value.is_finite()).unwrap();
    // a given current: t/t_S
    let sand = 348.4 * (10.0f64 / 3.0).powi(2);
    let time = column(&table, "time [s]").into_iter().zip(column(&table, "time_over_sand"));
    let (time, told) = time.into_iter().rfind(|(_, told)| told.is_finite()).unwrap();
    assert!((told / (time / sand) - 1.0).abs() < 2e-3, "{told} {time}");
    // next to the reservoir the salt is hardly touched
    let share = last("current_over_limiting");
    // 1.4 of the share is missing at a flat front: D/(1 − t₊) at c0 is that much below its mean down to 0
    assert!(
        (1.0 - 3.0 * share..1.0 - share).contains(&last("lowest_c")) && last("tip_c") >= last("lowest_c"),
        "{share}"
    );
    let lengths = [last("front_kinetic_length [m]"), last("tip_kinetic_length [m]")];
    assert!(lengths.iter().all(|length| (50e-6..2e-3).contains(length)), "{lengths:?}");
    assert!(last("tip_over_kinetic") < 0.05 && last("relief_over_kinetic") < 0.05);
}
