//! A simulation by itself, without files: what it hands out, and that saving and loading it changes no bit.

mod common;

use liplate::config;
use liplate::model::parameters::Setup;
use liplate::model::stored::Stored;
use liplate::sim::device::DeviceChoice;
use liplate::sim::{Simulation, SimulationError, setup_from_json};

/// Rough copper, nuclei, a double layer, salt, and a protocol with a change of temperature.
fn setup() -> Setup {
    let protocol = "protocol=[{steps=[\"Charge at 3 mA/cm^2 for 0.2 s\", \"Rest for 1 s at 40 degC\", \"Strip at 1 mA/cm^2 for 0.1 s\"]}]";
    // the protocol says what the current and the end are
    let given = |line: &&str| !line.starts_with("current =") && !line.starts_with("charge =");
    let text: Vec<&str> = common::program::SMALL.lines().filter(given).collect();
    config::from_text(&text.join("\n"), "config.toml".as_ref(), &[protocol.into()]).unwrap().setup
}

#[test]
fn a_simulation_follows_its_protocol_and_hands_out_what_it_holds() {
    let mut sim = Simulation::new(setup(), DeviceChoice::Cpu).unwrap();
    let mut ended = Vec::new();
    while !sim.position().stage.is_over(sim.setup()) {
        let before = sim.clock().clone();
        let step = sim.step().unwrap();
        assert!(sim.time() > before.time && step.report.dt > 0.0 && step.short.is_none());
        ended.extend(step.ended.map(|limit| (limit.to_string(), sim.time(), sim.clock().temperature)));
    }
    let [charge, rest, strip] = &ended[..] else { panic!("{ended:?}") };
    assert!((charge.1 - 0.2).abs() < 1e-9 && (rest.1 - 1.2).abs() < 1e-9 && (strip.1 - 1.3).abs() < 1e-9, "{ended:?}");
    assert_eq!([charge.2, rest.2, strip.2].map(|kelvin| kelvin.round()), [298.0, 313.0, 298.0], "{ended:?}");
    let grid = sim.setup().grid;
    let (xi, c) = (sim.field(Stored::Xi).unwrap(), sim.field(Stored::C).unwrap());
    assert_eq!(xi.dim(), (grid.nz, grid.ny, grid.nx));
    // salt in mol/m³, as much as there was at the start: no lithium has come yet, or little
    let c0 = sim.setup().top.c0 as f32;
    assert!(c.iter().all(|c| *c > 0.0 && *c < 3.0 * c0), "{c}");
    let metrics = sim.metrics().unwrap();
    assert!(metrics.max_height.is_finite() && metrics.s_q >= 0.0);
    assert!(sim.clock().ledger.charge_error().abs() < 1e-5);
}

#[test]
fn a_simulation_that_is_saved_and_loaded_goes_on_with_the_same_bits() {
    let over = |sim: &Simulation| sim.position().stage.is_over(sim.setup());
    let whole = {
        let mut sim = Simulation::new(setup(), DeviceChoice::Cpu).unwrap();
        while !over(&sim) {
            sim.step().unwrap();
        }
        (sim.state().unwrap(), sim.position().clone())
    };
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("state");
    let mut sim = Simulation::new(setup(), DeviceChoice::Cpu).unwrap();
    let mut warm = 0;
    while !over(&sim) {
        sim.step().unwrap();
        if sim.clock().step.is_multiple_of(3) {
            // looking at it changes nothing
            sim.metrics().unwrap();
            sim.field(Stored::Current).unwrap();
            sim.save(&directory, "test").unwrap();
            sim = Simulation::load(&directory, DeviceChoice::Cpu).unwrap();
            warm += usize::from(sim.clock().temperature > 300.0);
        }
    }
    assert!(whole == (sim.state().unwrap(), sim.position().clone()));
    assert!(warm > 1, "the test means to save in the warm step too");
}

#[test]
fn what_cannot_be_loaded_or_opened_is_an_error_that_says_what() {
    let place = tempfile::tempdir().unwrap();
    let error = Simulation::load(place.path(), DeviceChoice::Cpu).err().unwrap();
    assert!(matches!(error, SimulationError::Io(_)), "{error}");
    let mut large = setup();
    large.grid.nx = 1 << 20;
    large.grid.ny = 1 << 12;
    let error = Simulation::new(large, DeviceChoice::Cpu).err().unwrap();
    assert!(error.to_string().contains("the largest cube that fits"), "{error}");
}

#[test]
fn a_setup_that_was_stored_before_a_key_was_added_has_its_default() {
    let whole = setup();
    let text = serde_json::to_string(&whole).unwrap();
    assert_eq!(setup_from_json(&text).unwrap(), whole);
    let without = |section: &str, key: &str| {
        let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
        json[section].as_object_mut().unwrap().remove(key).unwrap();
        setup_from_json(&json.to_string())
    };
    assert_eq!(without("kinetics", "pressure").unwrap().kinetics.pressure, 0.0);
    assert_eq!(without("time_step", "cfl").unwrap().time_step.cfl, 0.25);
    assert_eq!(without("kinetics", "i0").unwrap_err(), "kinetics.i0 is missing");
    assert!(without("grid", "dx").unwrap_err().contains("dx"));
}
