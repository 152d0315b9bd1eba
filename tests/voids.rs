//! Voids on both backends, over a restart, on nuclei, in cycles, and down to the copper.

mod common;

use common::program::Place;
use common::{cpu, everything, steps, steps_under, two_nuclei};
use liplate::mechanisms::voids::Voids;
use liplate::model::nucleation::Cap;
use liplate::model::parameters::*;
#[cfg(feature = "gpu")]
use liplate::solver::backend::Field;
use liplate::solver::backend::{Backend, State};
use liplate::solver::step::{Clock, Problem};

const VOIDS: Voids = Voids {
    critical_current: 2.0,
    height: 0.5e-6,
    refilled: 0.5,
    spacing: 1e-6,
    pressure_exponent: 2.0,
    reference_pressure: 1e6,
    activation_energy: 5e4,
    reference_temperature: 298.15,
};

/// Nuclei on rough copper, to be plated, stripped faster than lithium comes after, and plated again.
fn setup() -> Setup {
    let mut s = everything(20);
    s.mechanisms.voids = Some(VOIDS);
    s.kinetics.pressure = 1.5e6;
    s.nucleation = two_nuclei();
    s.time_step.potential = 0.1;
    s
}

/// Forth, back and forth again.
fn cycle(s: &Setup, b: &mut dyn Backend) -> (State, Clock) {
    steps_under(s, b, &[(30.0, 30), (-30.0, 12), (30.0, 6)])
}

fn shares(state: &State) -> impl Iterator<Item = f64> + '_ {
    state.riding["contact"].iter().copied().filter(|share| *share >= 0.0)
}

#[test]
fn stripping_costs_contact_and_the_ledgers_close() {
    let s = setup();
    let (mut c, _) = cpu(&s);
    let (state, clock) = cycle(&s, &mut c);
    let (least, most) =
        shares(&state).fold((1.0f64, 0.0f64), |(least, most), share| (least.min(share), most.max(share)));
    println!("contact from {least:.3} to {most:.3}, ledger of lithium {:.1e}", clock.ledger.lithium_error());
    assert!(least < 0.8 && least > 0.0 && most <= 1.0, "{least} {most}");
    assert!(clock.ledger.lithium_error().abs() < 1e-6 && clock.ledger.charge_error().abs() < 1e-6);
}

#[test]
fn a_restart_goes_on_to_the_bit() {
    let s = setup();
    let (mut c, heights) = cpu(&s);
    let problem = Problem::new(&s, &heights);
    let mut clock = problem.start(&mut c).unwrap();
    steps(&s, &mut c, &mut clock, 30.0, 20);
    steps(&s, &mut c, &mut clock, -30.0, 5);
    let (stored, stored_clock) = (c.state().unwrap(), clock.clone());
    steps(&s, &mut c, &mut clock, -30.0, 5);
    let (mut second, _) = cpu(&s);
    second.load(&stored).unwrap();
    problem.go_on(&mut second).unwrap();
    let mut resumed = stored_clock;
    steps(&s, &mut second, &mut resumed, -30.0, 5);
    assert_eq!(resumed, clock);
    assert!(second.state().unwrap() == c.state().unwrap());
}

/// A nucleus does not inherit the voids of lithium around it.
#[test]
fn a_new_nucleus_is_in_contact() {
    let mut s = setup();
    s.nucleation = Nucleation::None;
    s.deposit = InitialDeposit::Layer { thickness: 4.0 * s.grid.dx };
    let (mut c, heights) = cpu(&s);
    let problem = Problem::new(&s, &heights);
    problem.start(&mut c).unwrap();
    let mut state = c.state().unwrap();
    state.riding.get_mut("contact").unwrap().fill(0.3);
    c.load(&state).unwrap();
    let top = (0..s.grid.nz).rev().find(|z| state.xi[z * s.grid.nx * s.grid.ny] > 0.5).unwrap();
    c.place(&[Cap { centre: [10.0, 10.0, top as f64 + 2.0], radius: 4.0 }], 0);
    let after = c.state().unwrap();
    let fresh = after.riding["contact"].iter().filter(|share| **share == 1.0).count();
    assert!(fresh > 50, "{fresh}");
}

#[cfg(feature = "gpu")]
#[test]
fn a_gpu_loses_the_same_contact() {
    let s = setup();
    let Some(mut g) = common::gpu(&s) else { return };
    let (mut c, _) = cpu(&s);
    let ((of_gpu, clock_gpu), (of_cpu, clock_cpu)) = (cycle(&s, &mut g), cycle(&s, &mut c));
    let xi = of_gpu.xi.iter().zip(&of_cpu.xi).fold(0.0f64, |largest, (a, b)| largest.max((a - b).abs()));
    assert!(xi < 1e-3 && (clock_gpu.potential / clock_cpu.potential - 1.0).abs() < 1e-3, "{xi:e}");
    // tails know the contact of one neighbour or another, as they round to the closest; what counts are contacts of their own
    let pairs = || of_gpu.riding["contact"].iter().zip(&of_cpu.riding["contact"]);
    let edge = pairs().filter(|(a, b)| a.signum() != b.signum()).count();
    let differing = pairs().filter(|(a, b)| **a > 0.0 && **b > 0.0 && (*a - *b).abs() > 1e-4).count();
    println!("xi differs by {xi:.1e}, the contact in {differing} cells, and {edge} are at the edge");
    assert!(differing == 0 && edge < 20, "{differing} cells, {edge} at the edge");
    assert!(g.field(Field::Riding("contact")).unwrap().iter().any(|&share| share > 0.0 && share < 0.8));
}

/// As bad as WGSL allows.
#[cfg(feature = "gpu")]
#[test]
fn a_gpu_of_scattered_errors_loses_the_same_contact() {
    common::arithmetic::Arithmetic::Scattered(1).with(a_gpu_loses_the_same_contact);
}

const CONFIG: &str = r#"
[grid]
cells = [8, 8, 32]
dx = "0.25 um"
[electrolyte]
kind = "single_ion"
kappa = "0.2 S/m"
[kinetics]
i0 = "5 mA/cm^2"
film = "5 ohm cm^2"
[voids]
critical_current = "0.5 mA/cm^2"
height = "0.5 um"
[collector]
height = "1 um"
[deposit]
kind = "layer"
thickness = "3 um"
[top]
current = "-2 mA/cm^2"
[end]
time = "60 s"
[output]
fields = ["lithium", "contact"]
"#;

#[test]
fn a_run_tells_them_and_check_warns_of_them() {
    let place = Place::new(CONFIG);
    let checked = place.call(&["check", "config.toml"]);
    assert!(
        checked.out.contains("lost: 2 mA/cm^2 are stripped at 25 degC, and lithium is resupplied up to 0.5 mA/cm^2"),
        "{checked:?}"
    );
    place.run("run");
    let table = place.text("run/metrics.csv");
    let mut rows = table.lines().filter(|line| !line.starts_with('#'));
    let names: Vec<&str> = rows.next().unwrap().split(',').collect();
    let last: Vec<&str> = rows.next_back().unwrap().split(',').collect();
    let told = |name: &str| last[names.iter().position(|own| *own == name).unwrap()].parse::<f64>().unwrap();
    let exact = 15.0 * 60.0 * 1.3e-5 / 96_485.332;
    assert!((told("void_volume [m]") / exact - 1.0).abs() < 2e-3, "{} {exact}", told("void_volume [m]"));
    assert!((told("contact") - (1.0 - exact / 0.5e-6)).abs() < 1e-3, "{}", told("contact"));
}

/// Thin lithium on uneven kinetics, stripped until nothing is left or in contact: tails of what was there carry no more than the surface did. Full contact
/// in them made a run stand still at steps of 1 ns.
#[test]
fn a_thin_layer_is_stripped_to_its_end() {
    let thin = CONFIG.replace("thickness = \"3 um\"", "thickness = \"1 um\"").replace(
        "film = \"5 ohm cm^2\"",
        "film = \"5 ohm cm^2\"\nheterogeneity = { spread = 0.3, correlation_length = \"1 um\", seed = 3 }",
    );
    let thin = thin.replace("[top]\ncurrent = \"-2 mA/cm^2\"\n[end]\ntime = \"60 s\"\n", "");
    let place = Place::new(&(thin + "[[protocol]]\nstep = \"Discharge at 0.6 mA/cm^2 until 0.4 mAh/cm^2\"\n"));
    for height in ["0.5 um", "50 um"] {
        let name = height.replace(' ', "_");
        let set = format!("voids.height={height}");
        let called = place.call(&["run", "config.toml", "--device", "cpu", "--quiet", "--out", &name, "--set", &set]);
        assert_eq!(called.code, 0, "{height}: {called:?}");
        let rows = place.text(&format!("{name}/metrics.csv")).lines().count();
        assert!(rows < 600, "{height}: {rows} steps");
    }
}

/// The worst step is told, not that of the largest current: at 0 °C lithium creeps more slowly.
#[test]
fn check_judges_each_step_at_its_temperature() {
    let steps = "[[protocol]]\nsteps = [\"Discharge at 2 mA/cm^2 for 100 s at 60 degC\", \"Discharge at 1.9 mA/cm^2 for 100 s at 0 degC\"]\n";
    let config = CONFIG.replace("[top]\ncurrent = \"-2 mA/cm^2\"\n[end]\ntime = \"60 s\"\n", "");
    let place = Place::new(&(config + steps));
    let called = place.call(&["check", "config.toml", "--set", "voids.activation_energy=50 kJ/mol"]);
    assert!(called.out.contains("lost: 1.9 mA/cm^2 are stripped at 0 degC"), "{called:?}");
}

#[test]
fn what_cannot_be_is_refused() {
    let place = Place::new(CONFIG);
    let refused = |setting: &str, what: &str| {
        let called = place.call(&["check", "config.toml", "--set", setting]);
        assert!(called.code == 2 && called.err.contains(what), "{setting}: {called:?}");
    };
    refused("voids.pressure_exponent=2", "voids.pressure_exponent");
    refused("voids.height=0 um", "voids.height");
    refused("voids.critical_current=-1 mA/cm^2", "voids.critical_current");
    refused("voids.refilled=1.5", "voids.refilled");
    refused("voids.refiled=0.5", "refilled");
    refused("sei={fresh_charge = \"10 C/m^2\"}", "[sei] would go on taking lithium where there is no contact");
    let without = CONFIG.replace("[voids]\ncritical_current = \"0.5 mA/cm^2\"\nheight = \"0.5 um\"\n", "");
    let called = Place::new(&without).call(&["check", "config.toml"]);
    assert!(called.code == 2 && called.err.contains("needs a section [voids]"), "{called:?}");
}
