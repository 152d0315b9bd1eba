//! Protocols by the real binary: edges hit exactly, cycles counted, a run resumed inside a step.

mod common;

use common::program::{Place, SMALL};
use liplate::model::constants::{FARADAY, LITHIUM_MOLAR_VOLUME};
use serde_json::Value;

/// The small run under a protocol.
fn config(steps: &str) -> String {
    SMALL
        .replace("current = \"3 mA/cm^2\"\n", "areal_capacity = \"3 mAh/cm^2\"\n")
        .replace("barrier = \"300 mV\"", "barrier = \"450 mV\"")
        .replace("[end]\ncharge = \"0.02 mAh/cm^2\"\n", steps)
}

/// Rows of a table by heading.
fn table(text: &str) -> Vec<std::collections::HashMap<String, f64>> {
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines
        .map(|line| {
            let values = line.split(',').map(|v| v.parse().unwrap_or(f64::NAN));
            names.iter().map(|name| name.to_string()).zip(values).collect()
        })
        .collect()
}

fn edges(place: &Place) -> Vec<Value> {
    edges_of(place, "run")
}

fn edges_of(place: &Place, run: &str) -> Vec<Value> {
    let events = place.text(&format!("{run}/events.jsonl"));
    let events = events.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    events.filter(|event| event["event"] == "protocol step").collect()
}

const CYCLES: &str = r#"
[[protocol]]
step = "Rest for 1 s"
[[protocol]]
repeat = ROUNDS
steps = [
    "Charge at 1C until 0.05 mAh/cm^2",
    "Rest for 30 s",
    "Hold at 0.1 V until 0.3 mA/cm^2 or 10 min",
    "Strip at 0.2 mA/cm^2 until 0.3 V vs Li",
]
[[protocol]]
step = "Pulse 3 mA/cm^2 0.1 s on, 0.2 s off, for 0.7 s"
"#;

#[test]
fn edges_are_hit_exactly_and_cycles_are_counted() {
    // what stripping leaves of the lithium cannot carry 1C at −1 V in the first milliseconds: a compliance would move the edges in time
    let steps = config(&CYCLES.replace("ROUNDS", "2"));
    let place = Place::new(&steps.replace("salt = \"reservoir\"", "salt = \"reservoir\"\ncompliance = \"none\""));
    place.run("run");
    let edges = edges(&place);
    let number = |event: &Value, key: &str| event[key].as_f64().unwrap();
    assert_eq!(edges.len(), 10, "{edges:#?}");
    assert_eq!(number(&edges[0], "time"), 1.0);
    for cycle in 0..2 {
        let [charge, rest, hold, strip] = [1, 2, 3, 4].map(|step| &edges[4 * cycle + step]);
        // 0.05 mAh/cm² are 1800 C/m²; 1 C of 3 mAh/cm² is 30 A/m²
        assert!((number(charge, "charge") - 1800.0).abs() < 1800.0 * 1e-9, "{charge}");
        let before = if cycle == 0 { 1.0 } else { number(&edges[4], "time") };
        assert!((number(charge, "time") - before - 60.0).abs() < 1e-9, "{charge}");
        assert!((number(rest, "time") - number(charge, "time") - 30.0).abs() < 1e-9, "{rest}");
        // control::edge::PAST_CURRENT
        assert!((-3.0..=-0.999 * 3.0).contains(&number(hold, "current_density")), "{hold}");
        // control::edge::PAST_POTENTIAL
        assert!((0.3..=0.3005).contains(&number(strip, "potential")), "{strip}");
    }
    // on for 0…0.1, 0.3…0.4 and 0.6…0.7 s
    assert!((number(&edges[9], "charge") - 9.0).abs() < 1e-6, "{}", edges[9]);

    let rows = table(&place.text("run/metrics.csv"));
    assert_eq!(rows.last().unwrap()["cycle"], 3.0);
    let passed = |sign: f64| -> f64 {
        let charge = rows.iter().map(|row| row["current [A/m2]"] * row["dt [s]"]);
        charge.map(|charge| (sign * charge).max(0.0)).sum::<f64>() / 36_000.0
    };
    let cycles = table(&place.text("run/cycles.csv"));
    assert_eq!(cycles.len(), 3, "two cycles and the plating after them");
    for (name, sign) in [("charge_in [mAh/cm2]", 1.0), ("charge_out [mAh/cm2]", -1.0)] {
        let counted: f64 = cycles.iter().map(|cycle| cycle[name]).sum();
        assert!((counted - passed(sign)).abs() < 1e-9 * passed(sign), "{name}: {counted}, not {}", passed(sign));
    }
    let mut left = 0.0;
    for cycle in &cycles[..2] {
        let efficiency = cycle["coulombic_efficiency"];
        // what a cycle leaves behind may come out in the next, but no more than that
        left += cycle["charge_in [mAh/cm2]"] - cycle["charge_out [mAh/cm2]"];
        assert!(efficiency > 0.0 && left >= 0.0, "{cycle:?}, {left} left");
        let quotient = cycle["charge_out [mAh/cm2]"] / cycle["charge_in [mAh/cm2]"];
        assert!((efficiency / quotient - 1.0).abs() < 1e-12, "{cycle:?}");
    }
    for error in ["charge_error", "lithium_error"] {
        assert!(rows.iter().all(|row| row[error].abs() < 1e-5), "{error}");
    }
}

#[test]
fn a_run_resumed_inside_its_steps_has_the_same_bits() {
    let place = Place::new(&config(&CYCLES.replace("ROUNDS", "1")));
    place.run("whole");
    let stretches = place.run_in_stretches("100ms", "1s");
    assert!(stretches > 3, "the run was too short to be stopped");
    for file in ["metrics.csv", "events.jsonl", "cycles.csv"] {
        assert_eq!(place.text(&format!("whole/{file}")), place.text(&format!("run/{file}")), "{file}");
    }
    let fields = |run: &str| common::program::datasets(&place.path(&format!("{run}/fields.vtkhdf")));
    assert!(fields("whole") == fields("run"));
}

#[test]
fn a_drive_cycle_is_followed_row_by_row() {
    let place = Place::new(&config("[[protocol]]\nrepeat = 2\nsteps = [\"Follow drive cycle.csv\"]\n[end]\n"));
    let rows = [(0.0, 1.0), (40.0, 2.0), (60.0, 2.0), (61.0, -1.0), (70.0, 0.0), (75.0, 4.0), (76.5, 0.0)];
    let text: String = rows.iter().map(|(time, current)| format!("{time},{current}\n")).collect();
    std::fs::write(place.path("drive cycle.csv"), format!("time [s],current [mA/cm2]\n{text}")).unwrap();
    let check = place.call(&["check", "config.toml", "--device", "cpu"]);
    assert!(check.code == 0 && check.out.contains("Follow drive cycle.csv"), "{check:?}");
    place.run("run");
    let table = table(&place.text("run/metrics.csv"));
    // the current over every step is that of the row that it lies in, and steps end where rows do
    for row in &table {
        let (end, dt) = (row["time [s]"], row["dt [s]"]);
        let within = (end - 0.5 * dt) % 76.5;
        let wanted = rows.iter().rev().find(|(time, _)| *time <= within).unwrap().1;
        assert!((row["current [A/m2]"] - 10.0 * wanted).abs() < 1e-6 * (1.0 + wanted.abs()), "{within}: {row:?}");
    }
    for round in [0.0, 76.5] {
        for time in [40.0, 61.0, 70.0, 75.0, 76.5] {
            let ends = table.iter().any(|row| (row["time [s]"] - round - time).abs() < 1e-6);
            assert!(ends, "no step ends at {time}");
        }
    }
    let net = 2.0 * (40.0 * 1.0 + 21.0 * 2.0 - 9.0 * 1.0 + 1.5 * 4.0) / 3600.0;
    let last = table.last().unwrap();
    assert!((last["charge [mAh/cm2]"] - net).abs() < 1e-6 * net, "{last:?}");
    // the file goes with the run, and the kept config is that run
    assert!(place.path("run/inputs/drive cycle.csv").is_file());
    assert!(place.text("run/config.toml").contains("Follow inputs/drive cycle.csv"));
    let again = place.call(&["run", "run/config.toml", "--device", "cpu", "--quiet", "--out", "again"]);
    assert_eq!(again.code, 0, "{again:?}");
    let rows =
        |run: &str| place.text(&format!("{run}/metrics.csv")).lines().skip(1).map(String::from).collect::<Vec<_>>();
    assert!(rows("run") == rows("again"));
}

#[test]
fn a_wrong_protocol_is_refused_with_every_reason() {
    let steps = "[[protocol]]\nsteps = [\"Charge at 1 mA/cm^2\", \"Rest for 1 mA\"]\n[[protocol]]\nrepeat = 0\nstep = \"Dance\"\n[end]\ncharge = \"1 mAh/cm^2\"\n";
    let place = Place::new(&SMALL.replace("[end]\ncharge = \"0.02 mAh/cm^2\"\n", steps));
    let called = place.call(&["check", "config.toml"]);
    assert_eq!(called.code, 2);
    for part in [
        "protocol[0].steps[0]: \"Charge at 1 mA/cm^2\": never ends",
        "\"1 mA\"",
        "protocol[1].step: \"Dance\": must begin with",
        "protocol[1].repeat",
        "top.current: the protocol says",
        "end.charge: the steps",
    ] {
        assert!(called.err.contains(part), "{part} is missing in {}", called.err);
    }
}

const UNDER_A_SEPARATOR: &str = r#"
[grid]
cells = [4, 4, 32]
dx = "0.25 um"
[electrolyte]
kind = "single_ion"
kappa = "1 S/m"
[kinetics]
i0 = "1 mA/cm^2"
[collector]
height = "1 um"
[deposit]
kind = "layer"
thickness = "1 um"
[separator]
bottom = "2.5 um"
thickness = "0.5 um"
porosity = 0.5
macmullin = 4
"#;

#[test]
fn a_short_is_an_event_and_ends_what_the_config_says() {
    let steps =
        "[[protocol]]\nsteps = [\"Charge at 5 mA/cm^2 until short or 10 min\", \"Strip at 5 mA/cm^2 for 1 s\"]\n";
    for (end, reason, edges_there) in [
        ("[end]\nshort = false\n", "protocol: its steps are done", 2),
        ("", "short: lithium joined to the copper has reached 3.000 µm", 1),
    ] {
        let place = Place::new(&format!("{UNDER_A_SEPARATOR}{steps}{end}"));
        place.run("run");
        let events = place.text("run/events.jsonl");
        let events: Vec<Value> = events.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let shorts: Vec<_> = events.iter().filter(|event| event["event"] == "short").collect();
        assert_eq!(shorts.len(), 1, "{events:#?}");
        // a flat front grows 1 µm to the far side of the separator; half a cell and a step of 0.15 cells are 0.16 µm
        let charge = shorts[0]["charge"].as_f64().unwrap();
        let exact = 1e-6 * FARADAY / LITHIUM_MOLAR_VOLUME;
        assert!((charge - exact).abs() < 0.165 * exact, "{charge}, not {exact}");
        assert!((3.0e-6..3.26e-6).contains(&shorts[0]["z"].as_f64().unwrap()), "{}", shorts[0]);
        let arrivals: Vec<_> = events.iter().filter(|event| event["event"] == "separator").collect();
        assert!(arrivals.len() == 1 && arrivals[0]["time"].as_f64() < shorts[0]["time"].as_f64(), "{arrivals:?}");
        assert!((2.5e-6..2.76e-6).contains(&arrivals[0]["z"].as_f64().unwrap()), "{}", arrivals[0]);
        assert_eq!(edges(&place).len(), edges_there);
        assert_eq!(events.last().unwrap()["reason"], reason);
    }
}

const CELL: &str = r#"
[grid]
cells = [1, 1, 64]
dx = "0.25 um"
[electrolyte]
kind = "nyman"
[kinetics]
i0 = "1 mA/cm^2"
film = "10 ohm cm^2"
[collector]
height = "1 um"
[deposit]
kind = "layer"
thickness = "1 um"
[cathode]
ocp = "nmc811"
areal_capacity = "0.5 mAh/cm^2"
resistance = "RESISTANCE"
[[protocol]]
steps = [
    "Charge at 1C until 4.2 V",
    "Hold at 4.2 V until C/20",
    "Rest for 5 min",
    "Discharge at 1C until 3.6 V",
    "Charge at 1C for 3 h",
]
"#;

/// The larger resistance of the cathode is four times that of the film: a voltage that followed the last current would swing and grow.
#[test]
fn a_cell_voltage_is_hit_and_held_and_the_cathode_gives_what_it_has() {
    for resistance in ["10 ohm cm^2", "40 ohm cm^2"] {
        a_cell_with(resistance);
    }
}

fn a_cell_with(resistance: &str) {
    let place = Place::new(&CELL.replace("RESISTANCE", resistance));
    place.run("run");
    let rows = table(&place.text("run/metrics.csv"));
    let edges = edges(&place);
    assert_eq!(edges.len(), 5);
    let last = |step: f64| rows.iter().rev().find(|row| row["protocol_step"] == step).unwrap();
    let voltage = |step: f64| last(step)["cell_voltage [V]"];
    // control::edge::PAST_POTENTIAL
    assert!((4.2..=4.2005).contains(&voltage(1.0)) && (3.5995..=3.6).contains(&voltage(4.0)));
    for row in rows.iter().filter(|row| row["protocol_step"] == 2.0) {
        // solver::step::HELD
        assert!((row["cell_voltage [V]"] - 4.2).abs() < 1e-6, "{row:?}");
    }
    // C/20 of 0.5 mAh/cm² is 0.25 A/m²; control::edge::PAST_CURRENT
    let current = last(2.0)["current [A/m2]"];
    assert!((0.999 * 0.25..=0.25).contains(&current), "{current}");
    assert_eq!(edges[4]["reason"], "the cathode has given all its lithium");
    let given = rows.last().unwrap()["charge [mAh/cm2]"];
    assert!((given - 0.5).abs() < 0.5e-6, "{given}");
}

/// The same cell without the cathode's part.
fn half_cell(steps: &str) -> String {
    format!("{}{steps}", CELL.split("[cathode]").next().unwrap())
}

/// With a film and without a double layer the potential jumps when the current does, also when that is switched off.
#[test]
fn a_current_is_switched_off_behind_a_film() {
    let place = Place::new(&half_cell(
        "[[protocol]]\nsteps = [\"Charge at 5 mA/cm^2 for 60 s\", \"Rest for 1 s\", \"Pulse 5 mA/cm^2 0.1 s on, 0.3 s off, for 1 s\"]\n",
    ));
    place.run("run");
    assert!(!place.text("run/events.jsonl").contains("rejected"), "{}", place.text("run/events.jsonl"));
    assert!((edges(&place)[2]["charge"].as_f64().unwrap() - 15.0).abs() < 1e-9);
}

#[test]
fn stripping_more_than_there_is_ends() {
    let place = Place::new(&half_cell(
        "[[protocol]]\nsteps = [\"Charge at 5 mA/cm^2 for 60 s\", \"Strip at 5 mA/cm^2 for 2 h\"]\n",
    ));
    place.run("run");
    let reason = edges(&place)[1]["reason"].to_string();
    assert!(reason.contains("no lithium is left to strip"), "{reason}");
}

/// A hold at the lower voltage goes on stripping: two cycles, not four.
#[test]
fn a_hold_after_a_discharge_belongs_to_its_cycle() {
    let steps = r#"repeat = 2
steps = ["Charge at 1C until 4.1 V", "Rest for 5 min", "Discharge at 1C until 3.8 V", "Hold at 3.8 V until C/20", "Rest for 5 min"]
"#;
    let place = Place::new(&format!(
        "{}[[protocol]]\n{steps}",
        CELL.replace("RESISTANCE", "10 ohm cm^2").split("[[protocol]]").next().unwrap()
    ));
    place.run("run");
    let cycles = table(&place.text("run/cycles.csv"));
    assert_eq!(cycles.len(), 2);
    assert!((cycles[1]["coulombic_efficiency"] - 1.0).abs() < 1e-3, "{cycles:?}");
}

/// A layer of lithium under a current, in a box that conducts well: its potential is that of the kinetics.
const LAYER: &str = r#"
name = "layer"
[grid]
cells = [4, 4, 40]
dx = "0.25 um"
[electrolyte]
kind = "single_ion"
kappa = "1 S/m"
activation_energy = "20 kJ/mol"
[kinetics]
i0 = "1 mA/cm^2"
activation_energy = "60 kJ/mol"
[sei]
fresh_charge = "10 C/m^2"
[collector]
height = "1.5 um"
[deposit]
kind = "layer"
thickness = "3 um"
[output]
metrics_steps = 5
checkpoint_steps = 3
"#;

/// Potential that kinetics alone asks for at a temperature [K] and a current density [A/m²], in V.
fn kinetic(temperature: f64, current: f64) -> f64 {
    let thermal = 8.314462618 * temperature / FARADAY;
    let i0 = 10.0 * (-60e3 / 8.314462618 * (1.0 / temperature - 1.0 / 298.15)).exp();
    -2.0 * thermal * (current / (2.0 * i0)).asinh()
}

#[test]
fn a_step_has_a_temperature_of_its_own() {
    let steps = r#"
[[protocol]]
steps = [
    "Charge at 1 mA/cm^2 for 60 s",
    "Charge at 1 mA/cm^2 at 60 degC for 60 s",
    "Rest at 0 degC for 10 s",
    "Charge at 1 mA/cm^2 at 0 degC for 60 s",
    "Charge at 1 mA/cm^2 for 60 s",
]
"#;
    let place = Place::new(&format!("{LAYER}{steps}"));
    place.run("whole");
    for (edge, (temperature, current)) in edges_of(&place, "whole").iter().zip([
        (298.15, 10.0),
        (333.15, 10.0),
        (273.15, 0.0),
        (273.15, 10.0),
        (298.15, 10.0),
    ]) {
        let found = edge["potential"].as_f64().unwrap();
        let exact = kinetic(temperature, current);
        // the few micrometres of electrolyte take 0.06 mV, the SEI a thousandth of the current
        assert!((found - exact).abs() < 3e-4, "{edge}: {found} V, not {exact} V");
    }
    let rows = table(&place.text("whole/metrics.csv"));
    for error in ["charge_error", "lithium_error"] {
        assert!(rows.iter().all(|row| row[error].abs() < 1e-6), "{error}");
    }
    let stretches = place.run_in_stretches("30ms", "100ms");
    assert!(stretches > 2, "the run was too short to be stopped");
    for file in ["metrics.csv", "events.jsonl", "cycles.csv"] {
        assert_eq!(place.text(&format!("whole/{file}")), place.text(&format!("run/{file}")), "{file}");
    }
}

#[test]
fn a_ramp_goes_from_end_to_end() {
    let steps = r#"
[[protocol]]
steps = [
    "Ramp from 0 mA/cm^2 to 2 mA/cm^2 in 100 s",
    "Ramp from 0 V vs Li to -40 mV vs Li in 100 s",
    "Ramp from 1 mA/cm^2 to -1 mA/cm^2 in 100 s or until 50 C/m^2",
]
"#;
    let place = Place::new(&format!("{LAYER}{steps}"));
    place.run("run");
    let edges = edges(&place);
    let number = |event: &Value, key: &str| event[key].as_f64().unwrap();
    // the stairs have the mean of the straight line
    assert!((number(&edges[0], "charge") - 1000.0).abs() < 1e-3, "{}", edges[0]);
    assert!((number(&edges[0], "current_density") - 19.9).abs() < 1e-6, "{}", edges[0]);
    assert!((number(&edges[1], "potential") + 0.0398).abs() < 1e-6, "{}", edges[1]);
    assert!((number(&edges[1], "time") - 200.0).abs() < 1e-9, "{}", edges[1]);
    assert!(number(&edges[2], "charge") >= 50.0 * (1.0 - 1e-6) && number(&edges[2], "time") < 210.0, "{}", edges[2]);
}

/// A short with a resistance leaks what the cell voltage drives through it; a cell that is left alone discharges itself.
#[test]
fn a_short_leaks() {
    let steps = r#"
[cathode]
ocp = "nmc811"
areal_capacity = "4 mAh/cm^2"
short_resistance = "2000 ohm cm^2"
[[protocol]]
steps = ["Charge at 5 mA/cm^2 for 250 s", "Rest for 5 s"]
[end]
short = false
"#;
    let place = Place::new(&format!("{UNDER_A_SEPARATOR}{steps}"));
    place.run("run");
    let rows = table(&place.text("run/metrics.csv"));
    let edge = edges(&place)[0]["time"].as_f64().unwrap();
    let leaking: Vec<_> = rows.iter().filter(|row| row["leak [A/m2]"] != 0.0).collect();
    assert!(leaking.len() > 5 && leaking.len() < rows.len());
    for pair in rows.windows(2).filter(|pair| pair[1]["leak [A/m2]"] != 0.0) {
        let [before, row] = pair else { unreachable!("windows of two") };
        // nearly that of the voltage at the end of the step before; 2000 Ω cm² are 0.2 Ω m²
        let leak = row["leak [A/m2]"];
        assert!((leak / (before["cell_voltage [V]"] / 0.2) - 1.0).abs() < 0.02, "{leak}");
        let external = if row["time [s]"] <= edge { 50.0 } else { 0.0 };
        assert!((row["current [A/m2]"] + leak - external).abs() < 1e-6, "{row:?}");
    }
    let last = rows.last().unwrap();
    assert!((last["leak [A/m2]"] * 0.2 / last["cell_voltage [V]"] - 1.0).abs() < 1e-3, "{last:?}");
    assert_eq!(table(&place.text("run/cycles.csv")).len(), 1, "a rest ends no cycle");
    // resting, it discharges itself
    assert!(last["current [A/m2]"] < -15.0, "{last:?}");
    assert!(last["charge_error"].abs() < 1e-5 && last["lithium_error"].abs() < 1e-5);
    // from outside the cell was given 12 500 C/m², of which the leak took a part
    assert!((edges(&place)[0]["charge"].as_f64().unwrap() - 12_500.0).abs() < 1e-5);
    assert!(last["charge [mAh/cm2]"] * 36_000.0 < 12_500.0 - 1500.0);
}

/// A short of less than the cell's own resistance takes what both together leave, and does not swing.
#[test]
fn a_short_of_little_resistance_settles() {
    let steps = r#"
[cathode]
ocp = "nmc811"
areal_capacity = "4 mAh/cm^2"
resistance = "60 ohm cm^2"
short_resistance = "30 ohm cm^2"
[[protocol]]
steps = ["Charge at 5 mA/cm^2 until short", "Rest for 2 s"]
[end]
short = false
"#;
    let place = Place::new(&format!("{UNDER_A_SEPARATOR}{steps}"));
    place.run("run");
    let rows = table(&place.text("run/metrics.csv"));
    let leaks: Vec<f64> = rows.iter().map(|row| row["leak [A/m2]"]).filter(|leak| *leak != 0.0).collect();
    assert!(
        leaks.len() > 3 && leaks.windows(2).skip(1).all(|pair| (pair[1] / pair[0] - 1.0).abs() < 0.05),
        "{leaks:?}"
    );
    // in the end so much has been stripped that there is no short any more
    let last = rows.iter().rev().find(|row| row["leak [A/m2]"] != 0.0).unwrap();
    assert!((last["leak [A/m2]"] * 3e-3 / last["cell_voltage [V]"] - 1.0).abs() < 1e-3, "{last:?}");
}
