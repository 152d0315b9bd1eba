//! The SEI on both backends, over a restart, on nuclei and in cycles.

mod common;

use common::{cpu, everything, steps, steps_under, two_nuclei};
use liplate::mechanisms::sei::Sei;
use liplate::model::constants::{FARADAY, LITHIUM_MOLAR_VOLUME};
use liplate::model::parameters::*;
#[cfg(feature = "gpu")]
use liplate::solver::backend::Field;
use liplate::solver::backend::{Backend, State};
use liplate::solver::step::{Clock, Problem};

const SEI: Sei = Sei {
    fresh_charge: 50.0,
    formation_time: 0.5,
    growth: 1.0,
    resistance: 1e-3,
    cracks: 0.5,
    activation_energy: 0.0,
    reference_temperature: 298.15,
};

/// Nuclei on rough copper, plated for a while, then stripped, then plated again.
fn setup() -> Setup {
    let mut s = everything(20);
    s.mechanisms.sei = Some(SEI);
    s.nucleation = two_nuclei();
    s.top.control = Control::Current(30.0);
    s.time_step.potential = 0.1;
    s
}

fn heights(s: &Setup) -> Vec<f64> {
    liplate::model::collector::heights(&s.grid, &s.collector)
}

/// Forth, back and forth again.
fn cycle(s: &Setup, b: &mut dyn Backend) -> (State, Clock) {
    steps_under(s, b, &[(30.0, 30), (-30.0, 6), (30.0, 6)])
}

#[test]
fn what_it_takes_is_in_the_ledgers() {
    let s = setup();
    let (mut c, _) = cpu(&s);
    let (state, clock) = cycle(&s, &mut c);
    let ledger = &clock.ledger;
    // fresh surfaces of the two caps at the least, and each cell's layer at least half of a fresh one
    let area = clock.inventory.area * s.grid.dx * s.grid.dx;
    assert!(
        ledger.charge_taken.sei > 0.8 * SEI.fresh_charge * area,
        "{:e} {:e}",
        ledger.charge_taken.sei,
        SEI.fresh_charge * area
    );
    assert!(
        ledger.lithium_error().abs() < 1e-9 && ledger.charge_error().abs() < 1e-5 && ledger.salt_error().abs() < 1e-5
    );
    let [charge, stripped] = ["sei", "stripped"].map(|name| &state.riding[name]);
    assert!(charge.iter().any(|&charge| charge > 0.0) && charge.iter().all(|&charge| charge >= -1.0));
    assert!(stripped.iter().all(|&stripped| stripped >= 0.0));
    // without it as much more of the current becomes lithium
    let share = |clock: &Clock| {
        let ledger = &clock.ledger;
        (ledger.lithium - ledger.debt) * FARADAY / LITHIUM_MOLAR_VOLUME / ledger.charge_reaction
    };
    let without = Setup { mechanisms: Default::default(), ..s };
    let (mut c, _) = cpu(&without);
    let (_, bare) = cycle(&without, &mut c);
    let lost = share(&bare) - share(&clock);
    assert!((share(&bare) - 1.0).abs() < 1e-6, "{}", share(&bare));
    assert!(lost > 0.01 && (lost / (ledger.charge_taken.sei / ledger.charge_reaction) - 1.0).abs() < 1e-6, "{lost}");
}

/// Plating alone loosens no layer: whether it would crack does not matter.
#[test]
fn nothing_cracks_without_stripping() {
    let taken = |cracks: f64| {
        let mut s = setup();
        s.mechanisms.sei = Some(Sei { cracks, formation_time: 5.0, ..SEI });
        let (mut c, _) = cpu(&s);
        let heights = heights(&s);
        let mut clock = Problem::new(&s, &heights).start(&mut c).unwrap();
        steps(&s, &mut c, &mut clock, 5.0, 30);
        clock.ledger.charge_taken.sei
    };
    assert_eq!(taken(0.0), taken(0.5));
}

/// Plating under a shell cracks it; without cracks nothing has to form anew.
#[test]
fn a_shell_cracks_when_plating_begins_again() {
    let taken = |cracks: f64| {
        let mut s = setup();
        s.mechanisms.sei = Some(Sei { cracks, growth: 0.0, ..SEI });
        let (mut c, _) = cpu(&s);
        let heights = heights(&s);
        let mut clock = Problem::new(&s, &heights).start(&mut c).unwrap();
        steps(&s, &mut c, &mut clock, 30.0, 40);
        steps(&s, &mut c, &mut clock, -30.0, 8);
        let before = clock.ledger.charge_taken.sei;
        steps(&s, &mut c, &mut clock, 30.0, 8);
        (clock.ledger.charge_taken.sei - before) / (clock.inventory.area * s.grid.dx * s.grid.dx)
    };
    let (whole, half) = (taken(0.0), taken(0.5));
    println!("taken per area after the shell: {whole:.2} without cracks, {half:.2} C/m2 with half of it cracked");
    assert!(half - whole > 0.4 * SEI.fresh_charge && half - whole < 0.8 * SEI.fresh_charge, "{whole} {half}");
}

#[test]
fn a_restart_goes_on_to_the_bit() {
    let s = setup();
    let (mut c, heights) = cpu(&s);
    let problem = Problem::new(&s, &heights);
    let mut clock = problem.start(&mut c).unwrap();
    steps(&s, &mut c, &mut clock, 30.0, 20);
    steps(&s, &mut c, &mut clock, -30.0, 3);
    let (stored, stored_clock) = (c.state().unwrap(), clock.clone());
    steps(&s, &mut c, &mut clock, 30.0, 10);
    let (mut second, _) = cpu(&s);
    second.load(&stored).unwrap();
    problem.go_on(&mut second).unwrap();
    let mut resumed = stored_clock;
    steps(&s, &mut second, &mut resumed, 30.0, 10);
    assert_eq!(resumed, clock);
    assert!(second.state().unwrap() == c.state().unwrap());
}

#[cfg(feature = "gpu")]
#[test]
fn a_gpu_grows_the_same_layers() {
    let s = setup();
    let Some(mut g) = common::gpu(&s) else { return };
    let (mut c, _) = cpu(&s);
    let ((of_gpu, clock_gpu), (of_cpu, clock_cpu)) = (cycle(&s, &mut g), cycle(&s, &mut c));
    let largest = |a: &[f64], b: &[f64]| a.iter().zip(b).fold(0.0f64, |largest, (a, b)| largest.max((a - b).abs()));
    let xi = largest(&of_gpu.xi, &of_cpu.xi);
    let [taken_gpu, taken_cpu] = [&clock_gpu, &clock_cpu].map(|clock| clock.ledger.charge_taken.sei);
    println!("xi differs by {xi:.1e}, taken by {:.1e}", taken_gpu / taken_cpu - 1.0);
    assert!(xi < 1e-3 && (taken_gpu / taken_cpu - 1.0).abs() < 1e-4, "{xi:e} {taken_gpu:e} {taken_cpu:e}");
    // cell by cell: a few at the edge of a band may have entered it a step earlier
    let scale = of_cpu.riding["sei"].iter().fold(0.0f64, |largest, charge| largest.max(*charge));
    let differing =
        of_gpu.riding["sei"].iter().zip(&of_cpu.riding["sei"]).filter(|(a, b)| (*a - *b).abs() > 2e-3 * scale).count();
    assert!(differing < 20, "{differing} cells");
    assert!(g.field(Field::Riding("sei")).unwrap().iter().any(|&charge| charge > 0.0));
    assert!(clock_gpu.ledger.lithium_error().abs() < 1e-6);
}

/// Ten years on the shelf, at 25 °C and at 45 °C: σ² = σ0² + 2 K t, with K by Arrhenius. The layer lies in cells within 6 ℓ of the front; 0.49 % of
/// the area of a profile is farther off, which is what the bound leaves room for (0.48 % measured, whatever K, dx and the time step).
#[test]
fn ten_years_at_rest_follow_the_root_of_time() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/configs/calendar.toml");
    for (temperature, kelvin) in [("25 degC", 298.15), ("45 degC", 318.15f64)] {
        let set = [format!("temperature=\"{temperature}\"")];
        let setup = liplate::config::read(path.as_ref(), &set).unwrap().setup;
        let sei = setup.mechanisms.sei.unwrap();
        let area = setup.grid.area();
        let mut sim = liplate::sim::Simulation::new(setup, liplate::sim::device::DeviceChoice::Cpu).unwrap();
        while sim.step().unwrap().ended.is_none() {}
        let faster = (sei.activation_energy / 8.314_462_618 * (1.0 / 298.15 - 1.0 / kelvin)).exp();
        let exact = (sei.fresh_charge.powi(2) + 2.0 * faster * sei.growth * sim.time()).sqrt();
        let taken = sim.clock().ledger.charge_taken.sei / area;
        println!("{temperature}: {} steps, {taken:.0} C/m², exact {exact:.0}", sim.clock().step);
        assert!((sim.time() - 3650.0 * 86_400.0).abs() < 1.0 && sim.clock().step < 300);
        assert!((taken / exact - 1.0).abs() < 0.01, "{temperature}: {taken} {exact}");
    }
}

/// As bad as WGSL allows.
#[cfg(feature = "gpu")]
#[test]
fn a_gpu_of_scattered_errors_grows_the_same_layers() {
    common::arithmetic::Arithmetic::Scattered(1).with(a_gpu_grows_the_same_layers);
}
