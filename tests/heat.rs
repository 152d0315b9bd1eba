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
