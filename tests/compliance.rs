//! A current beyond what the electrolyte can carry goes on at its compliance: by the real binary, against exact currents.

mod common;

use std::f64::consts::{FRAC_2_PI, PI};

use common::program::{Place, column, datasets};
use liplate::model::constants::FARADAY;
use serde_json::Value;

/// Diffusivity of the salt \[m²/s\], and 1 − t₊.
const SALT: [f64; 2] = [3e-10, 0.6];

/// A slab of dilute electrolyte, 12 µm thick, on lithium under a reservoir; the front takes 0.5 nm in 10 s.
const SLAB: &str = r#"
name = "slab"
[grid]
cells = [1, 1, 64]
dx = "0.25 um"
[electrolyte]
kind = "constant"
kappa = "1 S/m"
diffusivity = "3e-10 m^2/s"
transference = 0.4
c0 = "0.01 mol/L"
[kinetics]
i0 = "10 mA/cm^2"
[collector]
height = "2 um"
[deposit]
kind = "layer"
thickness = "2 um"
[top]
salt = "reservoir"
compliance = "-0.5 V"
[output]
checkpoint_steps = 4
[time_step]
first = "1 ms"
"#;

fn events(place: &Place, run: &str) -> Vec<Value> {
    let events = place.text(&format!("{run}/events.jsonl"));
    events.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["event"] == kind).collect()
}

fn number(event: &Value, key: &str) -> f64 {
    event[key].as_f64().unwrap_or_else(|| panic!("{key} in {event}"))
}

/// F D c0/((1 − t₊) L) through `thickness` \[m\] of an electrolyte of `c0` \[mol/m³\].
fn limiting(thickness: f64, c0: f64) -> f64 {
    FARADAY * SALT[0] * c0 / (SALT[1] * thickness)
}

/// 1.2 times the limiting current, less than it, too much again.
const STEPS: &str = r#"
[[protocol]]
steps = [
    "Charge at 4.82 mA/cm^2 for 3 s",
    "Charge at 3 mA/cm^2 for 1 s",
    "Charge at 4.82 mA/cm^2 with compliance -0.3 V until 50 C/m^2",
    "Charge at 4.82 mA/cm^2 until -0.2 V vs Li",
    "Rest for 0.5 s",
    "Strip at 3 mA/cm^2 for 1 s",
]
"#;

#[test]
fn a_current_beyond_the_limiting_one_goes_on_at_its_compliance() {
    let place = Place::new(&format!("{SLAB}{STEPS}"));
    place.run("run");
    let events = events(&place, "run");
    let edges = of(&events, "protocol step");
    assert_eq!(edges.len(), 6, "{edges:#?}");
    let table = place.text("run/metrics.csv");
    let [time, dt, current, potential, limited, step] =
        ["time [s]", "dt [s]", "current [A/m2]", "potential [V]", "limited", "protocol_step"]
            .map(|name| column(&table, name));
    // it has not cost many steps, and none was thrown away
    let begin = limited.iter().position(|limited| *limited == 1.0).unwrap();
    assert!(begin < 40 && potential[begin - 1] > -0.35, "{begin} steps to {} V", potential[begin - 1]);
    let limit = limiting(12e-6, 10.0);
    for i in 0..time.len() {
        assert!(limited[i] == 0.0 || potential[i] < -0.19, "{i}: {} V", potential[i]);
        if step[i] == 1.0 && limited[i] == 1.0 {
            assert!((potential[i] + 0.5).abs() < 1e-6, "{i}: {} V", potential[i]);
        }
        // after the time that salt takes through the slab, which falls off as exp(−π² D t/L²)
        if step[i] == 1.0 && time[i] > 1.2 {
            assert!((current[i] / limit - 1.0).abs() < 0.01, "{} A/m², not {limit}, at {} s", current[i], time[i]);
        }
        assert!(limited[i] == 1.0 || step[i] != 2.0 || current[i] == 30.0);
    }
    let turns: Vec<_> = of(&events, "compliance").into_iter().map(|event| event["on"].as_bool().unwrap()).collect();
    assert_eq!(turns, [true, false, true, false], "{:#?}", of(&events, "compliance"));
    let first = of(&events, "compliance")[0];
    assert_eq!((number(first, "given"), number(first, "current_density")), (48.2, current[begin]));
    // a charge is what was carried, and a limit of the potential ends its step where it says
    assert!((number(edges[2], "charge") - 50.0).abs() < 50.0 * 2e-6, "{}", edges[2]);
    assert!((number(edges[2], "potential") + 0.3).abs() < 1e-6, "{}", edges[2]);
    assert!((number(edges[3], "potential") + 0.2).abs() < 5.1e-4, "{}", edges[3]);
    let passed: f64 = current.iter().zip(&dt).map(|(current, dt)| current.max(0.0) * dt).sum();
    let counted: f64 = column(&place.text("run/cycles.csv"), "charge_in [mAh/cm2]").iter().sum();
    assert!((counted * 36_000.0 / passed - 1.0).abs() < 1e-9, "{counted}, not {passed}");
    for error in ["charge_error", "lithium_error"] {
        assert!(column(&table, error).iter().all(|error| error.abs() < 1e-6), "{error}");
    }
    let called = place.call(&["report", "run"]);
    assert_eq!(called.code, 0, "{called:?}");
    assert!(place.text("run/report.html").contains("The compliance limited the current"));
}

#[test]
fn a_run_resumed_at_its_compliance_has_the_same_bits() {
    let place = Place::new(&format!("{SLAB}{STEPS}"));
    place.run("whole");
    let limited = column(&place.text("whole/metrics.csv"), "limited");
    // stopped after every step or two: the first stretch ends before any
    let stretches = place.run_in_stretches("0s", "15ms");
    assert!(stretches > 5 && limited.iter().filter(|limited| **limited == 1.0).count() > 10, "{stretches}");
    for file in ["metrics.csv", "events.jsonl", "cycles.csv"] {
        assert_eq!(place.text(&format!("whole/{file}")), place.text(&format!("run/{file}")), "{file}");
    }
    assert!(datasets(&place.path("whole/checkpoint.h5")) == datasets(&place.path("run/checkpoint.h5")));
}

/// In a half space the salt lasts until Sand's time t_S; then c = 0 at the lithium, and I(t) = (2/π) I₀ asin √(t_S/t) is the exact
/// continuation: Abel's inversion of ∫ I(s) ds/√(t−s) = const. For t ≫ t_S it is Cottrell's F c0 √(D/πt)/(1−t₊).
#[test]
fn past_sands_time_the_current_is_that_of_diffusion_to_an_empty_surface() {
    let (given, c0) = (80.0, 100.0);
    let config = SLAB
        .replace("[1, 1, 64]", "[1, 1, 400]")
        .replace("0.25 um", "1 um")
        .replace("\"2 um\"", "\"8 um\"")
        .replace("0.01 mol/L", "0.1 mol/L")
        .replace("salt =", "current = \"8 mA/cm^2\"\nsalt =")
        .replace("first = \"1 ms\"", "first = \"20 ms\"\nconcentration = 0.01")
        .replace("[output]", "[end]\ntime = \"30 s\"\n[output]");
    let place = Place::new(&config);
    place.run("run");
    let table = place.text("run/metrics.csv");
    let [time, dt, current, limited] =
        ["time [s]", "dt [s]", "current [A/m2]", "limited"].map(|name| column(&table, name));
    let sand = PI * SALT[0] * (c0 * FARADAY / (2.0 * given * SALT[1])).powi(2);
    let began = time[limited.iter().position(|limited| *limited == 1.0).unwrap()];
    assert!((began / sand - 1.0).abs() < 0.02, "{began} s, not {sand}");
    let exact = |time: f64| if time < sand { given } else { FRAC_2_PI * given * (sand / time).sqrt().asin() };
    let (mut worst, mut charge, mut exact_charge) = (0.0_f64, 0.0, 0.0);
    for i in 0..time.len() {
        // a step's current is its charge over its length
        let mean = (0..100).map(|k| exact(time[i] - dt[i] * (f64::from(k) + 0.5) / 100.0)).sum::<f64>() / 100.0;
        worst = worst.max((current[i] / mean - 1.0).abs());
        charge += current[i] * dt[i];
        exact_charge += mean * dt[i];
    }
    println!("worst current {worst:.2e}, charge {:.2e}", charge / exact_charge - 1.0);
    assert!(worst < 0.02, "{worst}");
    assert!((charge / exact_charge - 1.0).abs() < 0.003, "{charge}, not {exact_charge}");
    // far past it, Cottrell's, counted from the middle of what t_S leaves: asin x = x + x³/6
    let last = *time.last().unwrap();
    let cottrell = FARADAY * c0 * (SALT[0] / (PI * last)).sqrt() / SALT[1];
    let shifted = cottrell * (1.0 + sand / (6.0 * last));
    assert!((current.last().unwrap() / shifted - 1.0).abs() < 0.02, "{} A/m², not {shifted}", current.last().unwrap());
}

/// The slab on bare copper, given 1 mA/cm².
fn bare() -> String {
    SLAB.replace("[deposit]\nkind = \"layer\"\nthickness = \"2 um\"\n", "")
        .replace("i0 =", "double_layer = \"0.2 F/m^2\"\ni0 =")
        .replace("salt =", "current = \"1 mA/cm^2\"\nsalt =")
}

/// Nothing takes the current until a nucleus comes, and one can be expected within seconds.
#[test]
fn a_run_that_waits_for_a_nucleus_goes_on() {
    let chance = "kind = \"poisson\"\nrate = \"2e13 /m^2/s\"\nbarrier = \"400 mV\"\nradius = \"0.8 um\"\nseed = 3";
    let listed = "kind = \"listed\"\nnuclei = [{ x = \"0 um\", y = \"0 um\", radius = \"0.8 um\", time = \"2 s\" }]";
    for nuclei in [chance, listed] {
        let config = bare().replace("[1, 1, 64]", "[12, 1, 64]");
        let place = Place::new(&format!("{config}[nucleation]\n{nuclei}\n[end]\ncharge = \"0.0002 mAh/cm^2\"\n"));
        place.run("run");
        let table = place.text("run/metrics.csv");
        let [nuclei, time] = ["nuclei", "time [s]"].map(|name| *column(&table, name).last().unwrap());
        assert!(nuclei >= 1.0 && time > 0.1, "{nuclei} nuclei, {time} s");
    }
}

/// Copper on which a nucleus is hardly to be expected (one in weeks) takes its double layer's charge and no more.
#[test]
fn a_run_whose_charge_will_never_pass_is_stopped() {
    let never = "[nucleation]\nkind = \"poisson\"\nrate = \"2e7 /m^2/s\"\nbarrier = \"400 mV\"\nradius = \"0.8 um\"\n";
    let place = Place::new(&format!("{}[end]\ncharge = \"1 mAh/cm^2\"\n{never}", bare()));
    let called = place.call(&["run", "config.toml", "--device", "cpu", "--quiet", "--out", "run"]);
    assert_eq!(called.code, 3, "{called:?}");
    assert!(called.err.contains("nothing takes the current of 10 A/m²"), "{called:?}");
    // 0.2 F/m² charged to −0.5 V
    let charge = column(&place.text("run/metrics.csv"), "charge [mAh/cm2]");
    assert!((charge.last().unwrap() * 36_000.0 - 0.1).abs() < 1e-3, "{:?}", charge.last());
}

/// A cell whose voltage limit lies behind the limiting current ends its step there, and not at the compliance.
#[test]
fn a_cell_voltage_ends_a_step_that_cannot_be_carried() {
    let cathode = r#"
[cathode]
ocp = "nmc811"
areal_capacity = "4 mAh/cm^2"
resistance = "10 ohm cm^2"
[[protocol]]
steps = ["Charge at 4.82 mA/cm^2 until 3.95 V", "Hold at 3.95 V for 1 s"]
"#;
    let place = Place::new(&format!("{SLAB}{cathode}"));
    place.run("run");
    let events = events(&place, "run");
    let edge = of(&events, "protocol step")[0];
    assert_eq!(edge["reason"], "the cell voltage has risen to 3.95 V", "{edge}");
    let table = place.text("run/metrics.csv");
    let [voltage, step] = ["cell_voltage [V]", "protocol_step"].map(|name| column(&table, name));
    let last = voltage[step.iter().rposition(|step| *step == 1.0).unwrap()];
    // the potential that is imposed follows from the current of the step before, over 10 Ω cm²
    assert!((3.95..=3.952).contains(&last), "{last} V");
}
