//! A given potential on bare copper: the current is that of the double layer, C dV/dt, and of nothing else, and where it has died away
//! the solver has nothing left to find.

mod common;

use common::{cpu, setup};
use liplate::control::time_step::LimitedBy;
use liplate::mechanisms::sei::Sei;
use liplate::model::electrolyte::{Electrolyte, Solvent};
use liplate::model::parameters::*;
use liplate::model::random::uniform;
use liplate::solver::backend::{Backend, State, Vector};
use liplate::solver::step::Problem;

/// What is imposed, and for how long \[s\].
#[derive(Clone, Copy, Debug)]
enum Imposed {
    /// an electrode potential \[V\]
    Hold(f64, f64),
    /// the potential in steps from one to another \[V\]
    Sweep(f64, f64, f64),
    /// no current
    Rest(f64),
}
use Imposed::{Hold, Rest, Sweep};

/// Steps of a sweep.
const STAIRS: usize = 10;

/// Time in which salt spreads over the boxes here \[s\].
const SPREAD: f64 = 1.0;

/// Controls one after the other, and times \[s\].
fn controls(imposed: Imposed) -> Vec<(Control, f64)> {
    let stairs = |from: f64, to: f64, time: f64| {
        let share = move |k: usize| (k as f64 + 0.5) / STAIRS as f64;
        (0..STAIRS).map(move |k| (Control::Potential(from + (to - from) * share(k)), time / STAIRS as f64))
    };
    match imposed {
        Hold(potential, time) => vec![(Control::Potential(potential), time)],
        Sweep(from, to, time) => stairs(from, to, time).collect(),
        Rest(time) => vec![(Control::Current(0.0), time)],
    }
}

/// The largest error of the charge in the double layer, without what rounding may have left, over the most that it has held, at the end
/// of what each control imposes.
fn error_of<B: Backend>(s: &Setup, mut b: B, imposed: &[Imposed]) -> f64 {
    let heights = liplate::model::collector::heights(&s.grid, &s.collector);
    let problem = Problem::new(s, &heights);
    let mut clock = problem.start(&mut b).unwrap();
    let (mut worst, mut most) = (0.0_f64, 0.0_f64);
    let begins = |imposed: &Imposed| controls(*imposed).into_iter().enumerate().map(|(k, given)| (k == 0, given));
    for (begins, (control, time)) in imposed.iter().flat_map(begins) {
        clock.control = control;
        if begins {
            clock.dt = s.time_step.first;
            clock.limited_by = LimitedBy::Change;
        }
        let until = clock.time + time;
        while clock.time < until {
            let before = clock.ledger.charge;
            let report = problem.advance(&mut b, &mut clock, until).unwrap_or_else(|e| panic!("{control:?}: {e}"));
            assert!(report.rejected.is_empty(), "{control:?}: {:?}", report.rejected);
            let passed = (clock.ledger.charge - before) / s.grid.area();
            let told = clock.current * report.dt;
            let digits = 1e-12 * before.abs() / s.grid.area();
            assert!((told - passed).abs() <= 1e-9 * told.abs() + digits, "{control:?}: {told}, not {passed} C/m²");
            assert!(report.iterations < 12, "{control:?}: {} Newton iterations", report.iterations);
        }
        if let Control::Potential(potential) = control {
            // given in single precision, counted from the potential before
            assert!((clock.potential - potential).abs() < 2e-7, "{} V, not {potential}", clock.potential);
        }
        let ledger = &clock.ledger;
        assert_eq!((ledger.charge_reaction, ledger.lithium, clock.nuclei), (0.0, 0.0, 0));
        assert!(ledger.charge_error().abs() < 1e-5, "{control:?}: {:e}", ledger.charge_error());
        // the diffusion potential of the salt that the charge moved, part of the potential until it has spread
        if s.electrolyte.has_salt() && time < SPREAD {
            continue;
        }
        // what plates is positive, and so is the charge at a negative potential
        let held = -s.kinetics.double_layer * clock.potential;
        most = most.max(held.abs());
        // at 1e-10 A/m² the last digit of the potential across a cell carries more than what flows
        let missing = (ledger.charge / s.grid.area() - held).abs() - ledger.charge_rounding / s.grid.area();
        worst = worst.max(missing);
    }
    worst / most
}

/// Bare copper under an electrolyte, 0.2 F/m².
fn bare(cells: [usize; 3], electrolyte: Electrolyte) -> Setup {
    let mut s = setup(cells[0], cells[1], cells[2], 0.25e-6);
    s.electrolyte = electrolyte;
    s.deposit = InitialDeposit::None;
    s.kinetics.double_layer = 0.2;
    s.top.control = Control::Potential(0.0);
    s.time_step.first = 1e-4;
    s.time_step.potential = 0.02;
    s
}

/// Name, run and what is imposed.
fn cases() -> Vec<(&'static str, Setup, Vec<Imposed>)> {
    let liquid = || Electrolyte::Landesfeind { solvent: Solvent::EcEmc };
    let single = || Electrolyte::SingleIon { kappa: 0.1 };
    let mut cases = Vec::new();
    let mut holds = Vec::new();
    for potential in [1e-6, 9e-4, 1.1e-3, 0.4, 2.0] {
        holds.push(Hold(potential, 100.0));
        holds.push(Hold(-potential.min(1.0), 100.0));
    }
    cases.push(("holds, salt", bare([1, 1, 40], liquid()), holds.clone()));
    cases.push(("holds, no salt", bare([1, 1, 40], single()), holds.clone()));
    let sweeps = vec![Sweep(0.0, -0.02, 20.0), Sweep(-1e-3, 2.0, 1e-2), Rest(600.0), Sweep(2.0, -1.0, 3600.0)];
    cases.push(("sweeps and a rest", bare([9, 9, 20], liquid()), sweeps.clone()));
    let mut cathode = bare([8, 1, 24], liquid());
    cathode.top.salt = Salt::Cathode;
    cathode.time_step.largest = 100.0;
    cases.push(("a rest first, salt from a cathode", cathode, vec![Rest(3600.0), Hold(-1.0, 600.0), Rest(60.0)]));
    let mut column = bare([1, 1, 40], liquid());
    column.top.column = Some(1e-3);
    column.time_step.largest = 100.0;
    cases.push(("under a column", column, vec![Rest(1.0), Sweep(-3e-3, -1e-5, 1e3), Hold(0.3, 1e4), Rest(10.0)]));
    // next to no double layer, and one of a porous foil: currents of 1e-10 and 1e3 A/m²
    for (name, capacitance) in [("1e-4 F/m²", 1e-4), ("10 F/m²", 10.0)] {
        let mut s = bare([1, 1, 64], liquid());
        s.kinetics.double_layer = capacitance;
        cases.push((name, s, vec![Sweep(1e-2, 2.0, 3600.0), Hold(1e-3, 200.0), Sweep(-1e-3, 3e-3, 3600.0)]));
    }
    let mut sei = bare([8, 8, 20], liquid());
    let (fresh_charge, formation_time, growth, resistance, cracks) = (50.0, 1.0, 0.1, 1e-3, 0.5);
    sei.mechanisms.sei = Some(Sei {
        fresh_charge,
        formation_time,
        growth,
        resistance,
        cracks,
        activation_energy: 0.0,
        reference_temperature: 298.15,
    });
    sei.top.c0 = 100.0;
    cases.push(("with an SEI, dilute", sei, sweeps));
    cases
}

#[test]
fn the_current_is_that_of_the_double_layer() {
    for (name, s, imposed) in cases() {
        let error = error_of(&s, cpu(&s).0, &imposed);
        println!("{name}: {error:.1e}");
        assert!(error < 1e-6, "{name}: {error:e}");
    }
}

/// Both residuals of an electrolyte with these unknowns, and what rounding leaves of them.
fn residuals(s: &Setup, phi: &[f64], c: &[f64]) -> (Vec<[f64; 2]>, [f64; 2]) {
    let (mut b, heights) = cpu(s);
    let problem = Problem::new(s, &heights);
    let state = b.state().unwrap();
    b.load(&State::at_rest(state.xi, phi.to_vec(), c.to_vec(), state.current)).unwrap();
    b.begin_step(0.0);
    b.set_step(&problem.scales.step(s, s.top.control, 1e-3, 0.0, 0.0));
    b.interface(0.0);
    b.linearise();
    let balance = b.balance().unwrap();
    (b.vector(Vector::Residual).unwrap(), [balance.rounding_phi.sqrt(), balance.rounding_c.sqrt()])
}

/// What counts as rounding is what the last digits of potential and concentration make of the residuals, at 1 µV as at 2 V.
#[test]
fn rounding_is_what_the_last_digit_moves() {
    let s = bare([8, 8, 20], Electrolyte::Landesfeind { solvent: Solvent::EcEmc });
    for potential in [4e-5, 4e-2, 1.0, 78.0] {
        let field = |seed: u32, mean: f64| -> Vec<f64> {
            (0..s.grid.cells() as u32).map(|i| mean * (1.0 + 0.1 * uniform(seed, 0, i))).collect()
        };
        let (phi, c) = (field(1, potential), field(2, 1e-3));
        let next = |values: &[f64], seed: u32| -> Vec<f64> {
            let digit = |i: usize| if uniform(seed, 1, i as u32) < 0.5 { 1 } else { -1 };
            values.iter().enumerate().map(|(i, v)| f64::from_bits(v.to_bits().wrapping_add_signed(digit(i)))).collect()
        };
        let (one, rounding) = residuals(&s, &phi, &c);
        let (other, _) = residuals(&s, &next(&phi, 1), &next(&c, 2));
        for k in 0..2 {
            let moved = one.iter().zip(&other).map(|(a, b)| (a[k] - b[k]).powi(2)).sum::<f64>().sqrt();
            println!("φ = {potential:e}, equation {k}: {:.2} of {:.1e}", moved / rounding[k], rounding[k]);
            assert!((0.2..4.0).contains(&(moved / rounding[k])), "{moved:e}, not {:e}", rounding[k]);
        }
    }
}

/// In single precision.
#[cfg(feature = "gpu")]
#[test]
fn the_current_is_that_of_the_double_layer_on_the_gpu() {
    for (name, s, imposed) in cases() {
        let Some(gpu) = common::gpu(&s) else { return };
        let error = error_of(&s, gpu, &imposed);
        println!("{name}: {error:.1e}");
        assert!(error < 1e-5, "{name}: {error:e}");
    }
}
