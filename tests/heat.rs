//! Heat in metrics.csv: of a flat front whose every part is known, plating and stripping, on both devices.

mod common;

use common::program::{Place, column};

/// Lithium under 12 µm of a conductor of single ions, cycled against a cathode; a film of 10 Ω cm² and 20 Ω cm² in the cathode.
const SLAB: &str = r#"
name = "slab"
[grid]
cells = [1, 1, 80]
dx = "0.25 um"
[electrolyte]
kind = "single_ion"
kappa = "0.01 S/m"
[kinetics]
i0 = "1 mA/cm^2"
film = "10 ohm cm^2"
[collector]
height = "2 um"
[deposit]
kind = "layer"
thickness = "6 um"
[cathode]
ocp = "nmc811"
areal_capacity = "4 mAh/cm^2"
resistance = "20 ohm cm^2"
entropy = "-0.2 mV/K"
[[protocol]]
steps = ["Charge at 2 mA/cm^2 for 30 s", "Rest for 10 s", "Strip at 1 mA/cm^2 for 30 s"]
[output]
metrics_steps = 1
"#;

/// What is added to the slab to tell its temperature: a cell of 1 m² in one layer, whose heat capacity and cooling are made small, so that it
/// warms and cools within seconds.
const COOLED: &str = r#"
[time_step]
largest = "0.2 s"
[cell]
specific_heat = "12 J/kg/K"
cooling = "0.5 W/K"
[cell.cathode]
areal_capacity = "4 mAh/cm^2"
specific_capacity = "200 mAh/g"
active_share = 0.95
density = "4.7 g/cm^3"
porosity = 0.25
mean_voltage = "3.8 V"
[cell.negative]
kind = "lithium"
thickness = "20 um"
[cell.separator]
thickness = "12 um"
porosity = 0.4
[cell.format]
area = "1 m^2"
housing_volume = "10 mL"
housing_mass = "20 g"
[[protocol]]
steps = ["Charge at 3 mA/cm^2 until 29 degC or 60 s", "Rest until 25.5 degC", "Strip at 3 mA/cm^2 for 5 s until > 80 degC"]
"#;

/// Drive of a current density \[A/m²\] with i0 = 10 A/m² and α = ½ \[V\].
fn drive(current: f64) -> f64 {
    2.0 * 8.314_462_618 * 298.15 / 96_485.332 * (current / 20.0).asinh()
}

fn heat_is_what_the_parts_make(device: &str) {
    let place = Place::new(SLAB);
    let called = place.call(&["run", "config.toml", "--device", device, "--out", "slab", "--quiet"]);
    assert_eq!(called.code, 0, "{called:?}");
    let table = place.text("slab/metrics.csv");
    let [current, potential, front, all, interface, electrolyte, cathode, entropy, short] = [
        "current [A/m2]",
        "potential [V]",
        "front_height [m]",
        "heat [W/m2]",
        "interface_heat [W/m2]",
        "electrolyte_heat [W/m2]",
        "cathode_heat [W/m2]",
        "entropy_heat [W/m2]",
        "short_heat [W/m2]",
    ]
    .map(|name| column(&table, name));
    let mut seen = [0; 3];
    for row in 0..current.len() {
        let i = current[row];
        // the steps right after a change follow the current before it in part
        seen[if i > 0.0 {
            0
        } else if i < 0.0 {
            1
        } else {
            2
        }] += 1;
        // through film and kinetics, and through what is left of 20 µm
        let at_lithium = i * (drive(i) + 1e-3 * i);
        let conducted = i * i * (20e-6 - front[row]) / 0.01;
        let near = |value: f64, exact: f64, what: &str| {
            // the electrolyte in the diffuse interface, some ℓ thick, counts to the one or to the other
            let bound = 1e-6 + 0.3e-6 / 0.01 * i * i;
            assert!((value - exact).abs() < bound, "{device}, row {row}, {i} A/m²: {what} {value}, exact {exact}");
        };
        near(interface[row], at_lithium, "interface");
        near(electrolyte[row], conducted, "electrolyte");
        assert!((interface[row] + electrolyte[row] + i * potential[row]).abs() < 1e-9);
        assert!((cathode[row] - 2e-3 * i * i).abs() < 1e-9);
        assert!((entropy[row] + i * 298.15 * 2e-4).abs() < 1e-9);
        assert_eq!(short[row], 0.0);
        let sum = interface[row] + electrolyte[row] + cathode[row] + entropy[row];
        assert!((all[row] - sum).abs() < 1e-9);
    }
    assert!(seen.iter().all(|&rows| rows >= 3), "{seen:?}");
}

/// The temperature that heat and cooling give the cell: the balance of energy closes, and steps end where they are told to.
#[test]
fn a_cell_warms_and_cools_and_ends_steps() {
    let slab = SLAB.replace(
        "steps = [\"Charge at 2 mA/cm^2 for 30 s\", \"Rest for 10 s\", \"Strip at 1 mA/cm^2 for 30 s\"]",
        "steps = [\"Rest at 25 degC for 1 s\"]",
    );
    let place = Place::new(&format!("{slab}{COOLED}"));
    let checked = place.call(&["check", "config.toml", "--device", "cpu"]);
    assert_eq!(checked.code, 0, "{checked:?}");
    let name = "its heat capacity, for each area";
    let line = checked.out.lines().find_map(|line| line.trim_start().strip_prefix(name)).unwrap_or_default();
    let capacity: f64 = line.trim().strip_suffix(" J/m^2/K").unwrap().parse().unwrap();
    let called = place.call(&["run", "config.toml", "--device", "cpu", "--out", "cell", "--quiet"]);
    assert_eq!(called.code, 0, "{called:?}");
    let table = place.text("cell/metrics.csv");
    let [time, dt, heat, made, kelvins, stage] =
        ["time [s]", "dt [s]", "heat [W/m2]", "heat_made [J/m2]", "cell_temperature [K]", "protocol_step"]
            .map(|name| column(&table, name));
    // what is made is what stays and what leaves, step by step
    let (mut stays, mut leaves, mut sum) = (0.0, 0.0, 0.0);
    for row in 1..time.len() {
        sum += heat[row] * dt[row];
        stays += capacity * (kelvins[row] - kelvins[row - 1]);
        leaves += 0.5 * 0.5 * (kelvins[row] + kelvins[row - 1] - 2.0 * 298.15) * dt[row];
        assert!((made[row] - made[0] - sum).abs() < 1e-9 * sum.abs().max(1.0), "row {row}");
        assert!(
            (sum - stays - leaves).abs() < 1e-3 * sum.abs().max(1.0),
            "row {row}: {sum} J/m², {stays} and {leaves}"
        );
    }
    assert!(capacity > 3.0 && leaves > 0.2 * sum, "{leaves} of {sum}");
    let last = |step: f64| (0..time.len()).rev().find(|&row| stage[row] == step).unwrap();
    for (step, celsius) in [(2.0, 29.0), (3.0, 25.5)] {
        let reached = kelvins[last(step)] - 273.15;
        assert!((reached - celsius).abs() < 0.05, "step {step} ends at {reached} °C");
    }
    let events = place.text("cell/events.jsonl");
    assert!(events.contains("the cell has warmed to 29.00 °C") && events.contains("cooled to 25.50 °C"), "{events}");
}

/// Limits of the temperature that mean nothing are answered before the run.
#[test]
fn temperatures_that_end_nothing_are_refused() {
    let refused = |steps: &str, cooled: &str, expected: &str| {
        let config = SLAB.replace("steps = [\"Charge at 2 mA/cm^2 for 30 s\", ", &format!("steps = [{steps}, "));
        let cooled = cooled.split("[[protocol]]").next().unwrap_or_default();
        let place = Place::new(&format!("{config}{cooled}"));
        let called = place.call(&["check", "config.toml", "--device", "cpu"]);
        assert!(called.code == 2 && called.err.contains(expected), "{steps}: {called:?}");
    };
    refused("\"Charge at 1 mA/cm^2 until 60 degC\"", "", "cell.cooling");
    refused("\"Charge at 1 mA/cm^2 until 20 degC\"", COOLED, "over as it begins");
    refused("\"Rest until 20 degC\"", COOLED, "never met");
    refused("\"Rest until 30 degC\"", &COOLED.replace("0.5 W/K", "0 W/K"), "nothing cools");
    refused("\"Charge at 1 mA/cm^2 until 600 degC\"", COOLED, "200…400 K");
}

#[test]
fn heat_is_what_the_parts_make_on_the_cpu() {
    heat_is_what_the_parts_make("cpu");
}

#[cfg(feature = "gpu")]
#[test]
fn heat_is_what_the_parts_make_on_a_gpu() {
    if std::env::var_os("LIPLATE_TEST_NO_GPU").is_some() {
        println!("NOT RUN: LIPLATE_TEST_NO_GPU is set");
        return;
    }
    heat_is_what_the_parts_make("gpu:0");
}
