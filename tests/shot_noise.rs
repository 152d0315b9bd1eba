//! Shot noise: what a flat front at rest and one that grows make of it, and that it is the same everywhere.

mod common;

use std::f64::consts::PI;

use common::{cpu, everything, setup};
use liplate::mechanisms::StepStart;
use liplate::mechanisms::shot_noise::ShotNoise;
use liplate::model::constants::{ELEMENTARY_CHARGE, FARADAY, GAS, LITHIUM_MOLAR_VOLUME};
use liplate::model::electrolyte::Electrolyte;
use liplate::model::parameters::*;
use liplate::model::scales::Scales;
use liplate::solver::backend::{Backend, Field, State};
use liplate::solver::step::{Clock, Problem};

const BOLTZMANN: f64 = GAS / FARADAY * ELEMENTARY_CHARGE;

fn noise(seed: u32) -> Option<ShotNoise> {
    Some(ShotNoise { seed, strength: 1.0 })
}

/// Where nothing but the kinetics counts.
fn kinetic(nx: usize, nz: usize) -> Setup {
    let mut s = setup(nx, 1, nz, 0.25e-6);
    s.electrolyte = Electrolyte::SingleIon { kappa: 100.0 };
    s.kinetics.isolated_lithium = Isolated::Wired;
    s.collector.height = -s.grid.dx;
    s.top.salt = Salt::Cathode;
    s
}

/// A mode of the heights of the columns: its square \[m²\].
fn square_of_mode(s: &Setup, xi: &[f64], mode: usize) -> f64 {
    let n = s.grid.nx;
    let height = |x: usize| xi.iter().skip(x).step_by(n).sum::<f64>() * s.grid.dx;
    let of = |x: usize| (2.0 * PI * (mode * x) as f64 / n as f64, height(x) / n as f64);
    let [sine, cosine] = (0..n).map(of).fold([0.0; 2], |[s, c], (phase, h)| [s + h * phase.sin(), c + h * phase.cos()]);
    sine * sine + cosine * cosine
}

/// At rest every ripple has the energy kT/2 for each of its two phases: noise that pushes and kinetics that levels belong together.
#[test]
fn a_surface_at_rest_has_the_ripples_of_its_temperature() {
    let (n, steps) = (48, 4000);
    let mut s = kinetic(n, 20);
    s.kinetics.i0 = 100.0;
    s.kinetics.gamma = 0.5;
    s.top.control = Control::Current(0.0);
    // a step levels the finest ripple by 0.45 of itself: mode 8 by 0.1, mode 12 by 0.2
    let finest = LITHIUM_MOLAR_VOLUME.powi(2) / FARADAY.powi(2) * s.kinetics.gamma * 4.0 / s.grid.dx.powi(2);
    let slope = s.kinetics.i0 * FARADAY / (GAS * s.temperature);
    let dt = 0.45 / (finest * slope);
    s.time_step = TimeStep { first: dt, largest: dt, ..s.time_step };
    s.mechanisms.shot_noise = noise(1);
    let (mut b, heights) = cpu(&s);
    let problem = Problem::new(&s, &heights);
    let mut clock = problem.start(&mut b).unwrap();
    let modes = [3, 4, 5, 6, 7, 8, 9, 10];
    let mut squares = [0.0; 8];
    for step in 0..steps + 200 {
        problem.advance(&mut b, &mut clock, f64::INFINITY).unwrap_or_else(|e| panic!("{e}"));
        if step >= 200 {
            let xi = b.state().unwrap().xi;
            squares.iter_mut().zip(modes).for_each(|(sum, mode)| *sum += square_of_mode(&s, &xi, mode));
        }
    }
    let area = s.grid.area();
    let mut mean = 0.0;
    for (sum, mode) in squares.into_iter().zip(modes) {
        // k² as differences between cells have it, up to a tenth less
        let k = 2.0 / s.grid.dx * (PI * mode as f64 / n as f64).sin();
        let exact = BOLTZMANN * s.temperature / (s.kinetics.gamma * k * k * area);
        println!("mode {mode}: {:.3} of kT/γk²A", sum / f64::from(steps) / exact);
        mean += sum / f64::from(steps) / exact / modes.len() as f64;
    }
    // a step levels mode 3 by 0.017 of itself, mode 10 by 0.17: so often two phases of 8 modes forget themselves, which gives some 3000
    // independent squares of standard error √(2/3000) = 2.6 %; three of them
    println!("mean {mean:.3}");
    assert!((mean - 1.0).abs() < 0.08, "{mean}");
}

/// Charge that has passed through a front in one dimension after some steps at a given potential \[C/m²\].
fn passed(s: &Setup, steps: usize) -> f64 {
    let (mut b, heights) = cpu(s);
    let problem = Problem::new(s, &heights);
    let mut clock = problem.start(&mut b).unwrap();
    (0..steps).for_each(|_| drop(problem.advance(&mut b, &mut clock, f64::INFINITY).unwrap()));
    assert!(
        (clock.time / (steps as f64 * s.time_step.first) - 1.0).abs() < 1e-9,
        "{} {}",
        clock.time,
        clock.limited_by
    );
    clock.ledger.charge / s.grid.area()
}

/// N ions that pass one by one are √N more or less; behind a film, whose own noise is not counted, fewer by its part of the slope.
#[test]
fn a_front_that_grows_counts_single_ions() {
    let (seeds, steps) = (300, 20);
    // the front lies half-way between planes, at one, and at a third of the way: the noise there is 0.5, 0.5 and 0.556 over 0.519
    for (place, (alpha, film)) in [(0.5, 0.0), (0.3, 0.0), (0.5, 2e-3)].into_iter().enumerate() {
        let mut s = kinetic(1, 24);
        s.kinetics.i0 = 1.0;
        s.kinetics.alpha = alpha;
        s.kinetics.film = film;
        s.deposit = InitialDeposit::Layer { thickness: (10.0 + [0.5, 0.0, 1.0 / 3.0][place]) * s.grid.dx };
        let of_grid = [0.5, 0.5, 5.0 / 9.0][place] / 0.5194;
        s.top.control = Control::Potential(-0.3);
        s.time_step = TimeStep { first: 0.01, largest: 0.01, potential: 1e3, ..s.time_step };
        let calm = passed(&s, steps);
        let first = 1 + seeds * place as u32;
        let charges = (first..first + seeds).map(|seed| {
            s.mechanisms.shot_noise = noise(seed);
            passed(&s, steps) - calm
        });
        let (sum, squares) = charges.fold((0.0, 0.0), |(sum, squares), q| (sum + q, squares + q * q));
        let (mean, variance) = (sum / f64::from(seeds), squares / f64::from(seeds));
        let current = calm / (0.01 * steps as f64);
        // dη/di of the kinetics over that with the film, far from equilibrium
        let kinetics = GAS * s.temperature / FARADAY / (alpha * current);
        let share = kinetics / (kinetics + film);
        // the first step has none
        let exact = of_grid * share * share * ELEMENTARY_CHARGE * calm * (1.0 - 1.0 / steps as f64) / s.grid.area();
        println!(
            "α {alpha}, film {film}: {current:.1} A/m², variance {:.3} of that of e i t/A on this grid, mean {:.2} σ",
            variance / exact,
            mean / (exact / f64::from(seeds)).sqrt()
        );
        // standard error of a variance √(2/300) = 8 %; three of them
        assert!((variance / exact - 1.0).abs() < 0.25, "{variance:e} {exact:e}");
        assert!(mean.abs() < 4.0 * (exact / f64::from(seeds)).sqrt(), "{mean:e}");
    }
}

/// Two nuclei on rough copper in a noise that can be seen.
fn loud(strength: f64) -> Setup {
    let mut s = everything(16);
    s.top.control = Control::Current(100.0);
    let listed = |x: f64, y: f64| ListedNucleus { x: x * 0.25e-6, y: y * 0.25e-6, radius: 0.75e-6, time: 0.0 };
    s.nucleation = Nucleation::Listed { nuclei: vec![listed(5.5, 6.5), listed(13.0, 12.5)] };
    s.mechanisms.shot_noise = Some(ShotNoise { seed: 3, strength });
    s
}

fn grown(s: &Setup, b: &mut dyn Backend, steps: usize) -> (State, Clock) {
    let heights = liplate::model::collector::heights(&s.grid, &s.collector);
    let problem = Problem::new(s, &heights);
    let mut clock = problem.start(b).unwrap();
    (0..steps).for_each(|_| drop(problem.advance(b, &mut clock, f64::INFINITY).unwrap_or_else(|e| panic!("{e}"))));
    (b.state().unwrap(), clock)
}

#[test]
fn noise_keeps_the_ledgers_and_goes_on_to_the_bit() {
    let s = loud(3000.0);
    let (state, clock) = grown(&s, &mut cpu(&s).0, 40);
    let ledger = clock.ledger;
    let errors = [ledger.charge_error(), ledger.lithium_error(), ledger.salt_error()];
    assert!(errors.iter().zip([1e-5, 1e-9, 1e-5]).all(|(error, most)| error.abs() < most), "{errors:?}");
    // once more, and in two parts
    let (mut b, heights) = cpu(&s);
    let problem = Problem::new(&s, &heights);
    let mut halfway = problem.start(&mut b).unwrap();
    (0..20).for_each(|_| drop(problem.advance(&mut b, &mut halfway, f64::INFINITY).unwrap()));
    let (mut second, _) = cpu(&s);
    second.load(&b.state().unwrap()).unwrap();
    problem.go_on(&mut second).unwrap();
    (0..20).for_each(|_| drop(problem.advance(&mut second, &mut halfway, f64::INFINITY).unwrap()));
    assert!(second.state().unwrap() == state && halfway == clock);
    // another seed is another run, and no noise is none
    let of_seed = |seed: u32, strength: f64| {
        let mut s = s.clone();
        s.mechanisms.shot_noise = Some(ShotNoise { seed, strength });
        grown(&s, &mut cpu(&s).0, 40).0
    };
    assert!(of_seed(4, 3000.0).xi != state.xi);
    let mut calm = s.clone();
    calm.mechanisms.shot_noise = None;
    assert!(of_seed(4, 0.0).xi == grown(&calm, &mut cpu(&calm).0, 40).0.xi);
}

/// Steps with their own limits: what noise does to the potential from step to step must not make them shorter and shorter.
#[test]
fn noise_does_not_set_the_pace() {
    let steps = |strength: f64| {
        let mut s = setup(16, 1, 32, 0.25e-6);
        s.mechanisms.shot_noise = Some(ShotNoise { seed: 1, strength });
        let (mut b, heights) = cpu(&s);
        let problem = Problem::new(&s, &heights);
        let mut clock = problem.start(&mut b).unwrap();
        while clock.time < 20.0 && clock.step < 400 {
            problem.advance(&mut b, &mut clock, 20.0).unwrap_or_else(|e| panic!("{e}"));
        }
        (clock.step, clock.rejected)
    };
    let calm = steps(0.0);
    for strength in [1.0, 100.0, 1000.0] {
        let noisy = steps(strength);
        println!("strength {strength}: {noisy:?} steps and rejected, {calm:?} without");
        assert!(noisy.0 <= 2 * calm.0 && noisy.1 <= calm.1 + 2, "{noisy:?} {calm:?}");
    }
}

/// A step that is tried again has the noise of the step before it, not of the attempt that was thrown away.
#[test]
fn an_attempt_leaves_no_trace_in_the_noise() {
    let s = loud(1.0);
    let (mut b, heights) = cpu(&s);
    let problem = Problem::new(&s, &heights);
    let mut clock = problem.start(&mut b).unwrap();
    (0..6).for_each(|_| drop(problem.advance(&mut b, &mut clock, f64::INFINITY).unwrap()));
    let start = StepStart { dt: 0.3 * clock.dt, number: clock.step as u32, goes_on: true };
    let attempt = |b: &mut dyn Backend| {
        b.interface(0.0);
        b.start_mechanisms(start).unwrap();
        b.linearise();
        b.field(Field::Current).unwrap()
    };
    b.begin_step(0.0);
    let first = attempt(&mut b);
    // an attempt that changes the current
    b.set_step(&Scales::new(&s).step(&s, Control::Current(300.0), 1.0, -0.5, 0.0));
    b.linearise();
    assert!(b.field(Field::Current).unwrap() != first);
    b.undo_step();
    b.set_step(&Scales::new(&s).step(&s, s.top.control, start.dt, clock.phi_reference, 0.0));
    let again = attempt(&mut b);
    b.undo_step();
    assert!(attempt(&mut b) == again);
}

#[cfg(feature = "gpu")]
#[test]
fn a_gpu_draws_the_same_noise() {
    let s = loud(3000.0);
    let Some(mut gpu) = common::gpu(&s) else { return };
    let ((of_gpu, clock_gpu), (of_cpu, clock_cpu)) = (grown(&s, &mut gpu, 40), grown(&s, &mut cpu(&s).0, 40));
    let mut calm = s.clone();
    calm.mechanisms.shot_noise = None;
    let (without, _) = grown(&calm, &mut cpu(&calm).0, 40);
    let apart = |a: &State, b: &State| a.xi.iter().zip(&b.xi).fold(0.0f64, |most, (a, b)| most.max((a - b).abs()));
    let potential = (clock_gpu.potential - clock_cpu.potential).abs();
    println!("ξ differs by {:.1e}, without noise by {:.1e}", apart(&of_gpu, &of_cpu), apart(&without, &of_cpu));
    assert!(apart(&of_gpu, &of_cpu) < 1e-4 && potential < 1e-6, "{potential:e}");
    assert!(apart(&without, &of_cpu) > 3e-4);
}

/// As bad as WGSL allows.
#[cfg(feature = "gpu")]
#[test]
fn a_gpu_of_scattered_errors_draws_the_same_noise() {
    common::arithmetic::Arithmetic::Scattered(1).with(a_gpu_draws_the_same_noise);
}
