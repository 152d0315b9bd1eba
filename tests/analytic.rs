//! Is what the model says the physics? Runs with exact results, on the CPU backend.

mod common;

use common::{cpu, setup, thickness};
use liplate::model::constants::{FARADAY, GAS, LITHIUM_MOLAR_VOLUME};
use liplate::model::electrolyte::{Electrolyte, Transport};
use liplate::model::parameters::{Control, InitialDeposit, Salt};
use liplate::solver::backend::{Backend, Field};
use liplate::solver::step::Problem;

/// A flat front moves at i V_m/F, and its potential is that of Butler-Volmer plus the ohmic drop.
#[test]
fn flat_front() {
    let mut s = setup(1, 1, 96, 0.25e-6);
    s.electrolyte = Electrolyte::SingleIon { kappa: 0.05 };
    s.kinetics.film = 1e-3;
    let (mut b, heights) = cpu(&s);
    let problem = Problem::new(&s, &heights);
    let mut clock = problem.start(&mut b).unwrap();
    let begin = clock.ledger.lithium;
    while clock.time < 2000.0 {
        problem.advance(&mut b, &mut clock, 2000.0).unwrap();
    }
    let moved = thickness(&s, clock.ledger.lithium - begin);
    let exact = 10.0 * LITHIUM_MOLAR_VOLUME / FARADAY * 2000.0;
    assert!((moved / exact - 1.0).abs() < 1e-5, "{moved} {exact}");

    // front position: mean height of the lithium, with what the copper's profile hides
    let gap = s.grid.height() - s.collector.height - thickness(&s, clock.ledger.lithium);
    let overpotential = 2.0 * GAS * s.temperature / FARADAY * (10.0_f64 / 20.0).asinh();
    let exact = -(overpotential + 10.0 * 1e-3 + 10.0 * gap / 0.05);
    println!("flat front: potential {} exact {exact}, {} steps", clock.potential, clock.step);
    println!(
        "charge {:.1e} lithium {:.1e} newton {}",
        clock.ledger.charge_error(),
        clock.ledger.lithium_error(),
        clock.newton
    );
    assert!((clock.potential / exact - 1.0).abs() < 5e-3, "{} {exact}", clock.potential);
    assert!(clock.ledger.charge_error().abs() < 1e-7 && clock.ledger.lithium_error().abs() < 1e-7);
}

/// At a given potential the current of a flat front is that of Butler-Volmer, film and electrolyte in series.
#[test]
fn flat_front_at_a_given_potential() {
    let mut s = setup(1, 1, 96, 0.25e-6);
    s.electrolyte = Electrolyte::SingleIon { kappa: 0.05 };
    s.kinetics.film = 1e-3;
    s.top.control = Control::Potential(-0.06);
    let (mut b, heights) = cpu(&s);
    let problem = Problem::new(&s, &heights);
    let mut clock = problem.start(&mut b).unwrap();
    while clock.time < 1000.0 {
        problem.advance(&mut b, &mut clock, 1000.0).unwrap();
    }
    let gap = s.grid.height() - s.collector.height - thickness(&s, clock.ledger.lithium);
    // overpotential that this current needs: it must be the potential that is left over
    let i = clock.current;
    let needed = 2.0 * GAS * s.temperature / FARADAY * (i / 20.0).asinh() + i * 1e-3 + i * gap / 0.05;
    println!("potentiostatic: {i} A/m², needs {needed} V");
    assert!((needed / 0.06 - 1.0).abs() < 5e-3, "{needed}");
}

/// Without current nothing moves a sphere: capillarity raises the same drive all around it, which the electrolyte's
/// potential balances, so that every cell of the interface is at equilibrium. What is left is the curvature's error on the
/// grid; it moves the surface by a hundredth of a cell in an hour and a half.
#[test]
fn frozen_sphere() {
    let mut s = setup(40, 40, 40, 0.25e-6);
    s.deposit = InitialDeposit::Sphere { centre: [5e-6, 5e-6, 5.2e-6], radius: 2.5e-6 };
    s.collector.height = -10.0 * s.grid.dx;
    s.top.control = Control::Current(0.0);
    s.kinetics.gamma = 0.5;
    let (mut b, heights) = cpu(&s);
    let problem = Problem::new(&s, &heights);
    let mut clock = problem.start(&mut b).unwrap();
    let before = b.field(Field::Xi).unwrap();
    while clock.time < 5400.0 {
        problem.advance(&mut b, &mut clock, 5400.0).unwrap();
    }
    let after = b.field(Field::Xi).unwrap();
    let moved = before.iter().zip(&after).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("frozen sphere: largest change of xi {moved:e}, potential {} V", clock.potential);
    // the profile's slope is 1/4ℓ: this is a thousandth of a cell
    assert!(moved < 0.00025, "{moved}");
    // Gibbs-Thomson: the electrolyte stands at γ V_m 2/R/F against the lithium
    let exact = -0.5 * LITHIUM_MOLAR_VOLUME * 2.0 / 2.5e-6 / FARADAY;
    assert!((clock.potential / exact - 1.0).abs() < 0.002, "{} {exact}", clock.potential);
}

/// Restoring the profile keeps a sphere where it is, and round: its surface is where it was after as much restoration as
/// the growth of a layer of 100 cells brings (b τ/dx² = ℓ/dx · 100).
#[test]
fn restoration_moves_no_sphere() {
    let mut s = setup(32, 32, 32, 0.25e-6);
    let centre = 16.0;
    s.deposit = InitialDeposit::Sphere { centre: [centre * s.grid.dx; 3], radius: 8.0 * s.grid.dx };
    s.collector.height = -10.0 * s.grid.dx;
    let (mut b, _) = cpu(&s);
    for _ in 0..1000 {
        b.restore_profile(0.1);
    }
    let xi = b.field(Field::Xi).unwrap();
    let at = |x: usize, y: usize, z: usize| f64::from(xi[(z * 32 + y) * 32 + x]);
    // distance of the surface from the centre along an axis and along a space diagonal, between cell centres
    let crossing = |f: &dyn Fn(usize) -> f64, step: f64| {
        let i = (16..31).find(|&i| f(i) > 0.5 && f(i + 1) <= 0.5).expect("a surface");
        let share = (f(i) - 0.5) / (f(i) - f(i + 1));
        (i as f64 + share + 0.5 - centre) * step
    };
    // the axis runs between cells: the mean of the four rows around it lies at a distance of √½ from it
    let axis = crossing(&|i| 0.25 * (at(i, 15, 15) + at(i, 16, 15) + at(i, 15, 16) + at(i, 16, 16)), 1.0);
    let axis = (axis * axis + 0.5).sqrt();
    let diagonal = crossing(&|i| at(i, i, i), 3.0_f64.sqrt());
    println!("restored sphere of radius 8: {axis:.4} along an axis, {diagonal:.4} along a diagonal");
    assert!((axis - 8.0).abs() < 0.1 && (diagonal - 8.0).abs() < 0.1, "{axis} {diagonal}");
    assert!(b.inventory().unwrap().overshoot < 1e-6);
}

/// Sand: c(surface)/c0 = 1 − √(t/t_S) at a constant current into a half space.
///
/// That is for a surface at rest. The plated front advances at v into the electrolyte; to first order in v √(t/D) this
/// adds + j v t/(2 D c0), j = (1−t₊) i/F being the salt flux: the Laplace transform of the drifting half space,
/// −j (√(v² + 4Ds) − v)/(2Ds²), expanded in v. It is 0.007 at 0.8 t_S whatever the current.
#[test]
fn sands_time() {
    let (c0, current) = (1000.0, 200.0);
    let mut s = setup(1, 1, 400, 2e-6);
    let transport = Transport { kappa: 1.0, diffusivity: 3e-10, transference: 0.4, thermodynamic_factor: 1.0 };
    s.electrolyte = Electrolyte::Constant(transport);
    s.top.control = Control::Current(current);
    s.top.salt = Salt::Cathode;
    s.kinetics.i0 = 100.0;
    s.time_step.concentration = 0.01;
    let (mut b, heights) = cpu(&s);
    let problem = Problem::new(&s, &heights);
    let mut clock = problem.start(&mut b).unwrap();
    let sand = std::f64::consts::PI
        * transport.diffusivity
        * (c0 * FARADAY / (2.0 * current * (1.0 - transport.transference))).powi(2);
    let mut worst: f64 = 0.0;
    for tenth in 1..=8 {
        let time = 0.1 * f64::from(tenth) * sand;
        while clock.time < time {
            problem.advance(&mut b, &mut clock, time).unwrap();
        }
        let xi = b.field(Field::Xi).unwrap();
        let c = b.field(Field::C).unwrap();
        // the surface is where xi = 1/2; linear between the two cells around it
        let z = xi.iter().rposition(|&xi| xi > 0.5).unwrap();
        let share = (xi[z] - 0.5) / (xi[z] - xi[z + 1]);
        let surface = 1.0 + f64::from(c[z] + share * (c[z + 1] - c[z]));
        let flux = (1.0 - transport.transference) * current / FARADAY;
        let speed = current * LITHIUM_MOLAR_VOLUME / FARADAY;
        let exact = 1.0 - (time / sand).sqrt() + flux * speed * time / (2.0 * transport.diffusivity * c0);
        worst = worst.max((surface - exact).abs());
    }
    println!(
        "Sand: worst error of c/c0 {worst:.4}, salt ledger {:.1e}, {} Newton, {} steps",
        clock.ledger.salt_error(),
        clock.newton,
        clock.step
    );
    assert!(worst < 0.01, "{worst}");
    assert!(clock.ledger.salt_error().abs() < 1e-6);
}
