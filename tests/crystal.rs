//! Lithium that grows as a crystal: directions, symmetry, both backends.

mod common;

use common::{cpu, everything, setup};
use liplate::mechanisms::crystal::{Crystal, Grains, ListedOrientation};
use liplate::model::constants::{FARADAY, GAS, LITHIUM_MOLAR_VOLUME};
use liplate::model::electrolyte::Electrolyte;
use liplate::model::keys::defaults;
use liplate::model::parameters::*;
use liplate::solver::backend::{Backend, State};
use liplate::solver::step::{Clock, Problem};

/// Everything that can depend on the direction, at once.
fn crystal() -> Crystal {
    Crystal { gamma_e1: -0.15, gamma_e2: 0.01, kinetic_e1: -0.4, slow_110: 0.5, ..defaults() }
}

/// Some steps.
fn grown(s: &Setup, b: &mut dyn Backend, steps: usize) -> (State, Clock) {
    let heights = liplate::model::collector::heights(&s.grid, &s.collector);
    let problem = Problem::new(s, &heights);
    let mut clock = problem.start(b).unwrap();
    for _ in 0..steps {
        problem.advance(b, &mut clock, f64::INFINITY).unwrap_or_else(|e| panic!("{e}"));
    }
    (b.state().unwrap(), clock)
}

/// Two nuclei on rough copper.
fn with(crystal: Option<Crystal>) -> Setup {
    let mut s = everything(16);
    s.top.control = Control::Current(100.0);
    let listed = |x: f64, y: f64| ListedNucleus { x: x * 0.25e-6, y: y * 0.25e-6, radius: 0.75e-6, time: 0.0 };
    s.nucleation = Nucleation::Listed { nuclei: vec![listed(5.5, 6.5), listed(13.0, 12.5)] };
    s.mechanisms.crystal = crystal;
    s
}

fn on_cpu(s: &Setup, steps: usize) -> (State, Clock) {
    grown(s, &mut cpu(s).0, steps)
}

#[test]
fn a_crystal_without_a_preference_changes_no_bit() {
    let (plain, preferring) = (on_cpu(&with(None), 30), on_cpu(&with(Some(crystal())), 30));
    assert_eq!(on_cpu(&with(Some(defaults())), 30), plain);
    assert!(preferring.0 != plain.0 && plain.1.nuclei > 0);
}

#[test]
fn a_quarter_of_a_turn_changes_no_bit() {
    use std::f64::consts::FRAC_PI_2;
    let upright = on_cpu(&with(Some(crystal())), 30);
    let turned = Crystal { orientation: Some([FRAC_PI_2, 0.0, 0.0]), ..crystal() };
    assert_eq!(on_cpu(&with(Some(turned)), 30), upright);
    let oblique = Crystal { orientation: Some([0.4, 0.3, 0.2]), ..crystal() };
    assert!(on_cpu(&with(Some(oblique)), 30).0 != upright.0);
}

#[test]
fn ledgers_close() {
    let ledger = on_cpu(&with(Some(Crystal { orientation: Some([0.4, 0.3, 0.2]), ..crystal() })), 60).1.ledger;
    let errors = [ledger.charge_error(), ledger.lithium_error(), ledger.salt_error()];
    assert!(errors.iter().zip([1e-5, 1e-9, 1e-5]).all(|(error, most)| error.abs() < most), "{errors:?}");
    assert_eq!(ledger.charge_taken.crystal, 0.0);
}

/// A restart goes on to the bit: the crystal is in the setup, and has no fields of its own.
#[test]
fn a_restart_goes_on_to_the_bit() {
    let s = with(Some(crystal()));
    let (mut b, heights) = cpu(&s);
    let problem = Problem::new(&s, &heights);
    let mut clock = problem.start(&mut b).unwrap();
    let steps = |b: &mut dyn Backend, clock: &mut Clock| {
        (0..15).for_each(|_| drop(problem.advance(b, clock, f64::INFINITY).unwrap()));
    };
    steps(&mut b, &mut clock);
    let (stored, mut resumed) = (b.state().unwrap(), clock.clone());
    steps(&mut b, &mut clock);
    let (mut second, _) = cpu(&s);
    second.load(&stored).unwrap();
    problem.go_on(&mut second).unwrap();
    steps(&mut second, &mut resumed);
    assert!(resumed == clock && second.state().unwrap() == b.state().unwrap());
}

/// How far from the middle of the box the lithium reaches along a direction of its x–z plane \[cells\].
fn reach(s: &Setup, xi: &[f64], [x, z]: [f64; 2]) -> f64 {
    let middle = [0.5 * s.grid.nx as f64 - 0.5, 0.5 * s.grid.nz as f64 - 0.5];
    let at = |r: f64| {
        let place = [middle[0] + r * x, middle[1] + r * z];
        let [i, k] = place.map(|p| p.floor() as usize);
        let [a, b] = [place[0] - i as f64, place[1] - k as f64];
        let value = |i: usize, k: usize| xi[k * s.grid.nx + i];
        (1.0 - b) * ((1.0 - a) * value(i, k) + a * value(i + 1, k))
            + b * ((1.0 - a) * value(i, k + 1) + a * value(i + 1, k + 1))
    };
    let first = (0..).map(|k| 0.05 * f64::from(k)).find(|&r| at(r) < 0.5).unwrap();
    first - 0.05 * (0.5 - at(first)) / (at(first - 0.05) - at(first))
}

/// A disk that grows where nothing but the kinetics counts moves by i0(n) η F/RT along its normals: where its shape is convex it reaches as far as
/// that. Its slow directions are those of the crystal, wherever that is turned to.
#[test]
fn a_disk_grows_by_the_kinetics_of_its_directions() {
    let (n, radius) = (96, 20.0);
    let grown = |turned: f64| {
        let mut s = setup(n, 1, n, 0.1e-6);
        s.electrolyte = Electrolyte::SingleIon { kappa: 1e6 };
        s.kinetics = Kinetics { i0: 10.0, isolated_lithium: Isolated::Wired, ..defaults() };
        s.collector.height = -10.0 * s.grid.dx;
        s.deposit = InitialDeposit::None;
        s.top.control = Control::Potential(-1e-3);
        s.top.salt = Salt::Cathode;
        s.time_step.first = 1.0;
        // about y: Bunge's angles turn about z, x and z
        let quarter = std::f64::consts::FRAC_PI_2;
        s.mechanisms.crystal =
            Some(Crystal { kinetic_e1: -0.2, orientation: Some([quarter, turned, -quarter]), ..defaults() });
        let xi = (0..n * n).map(|i| {
            let [x, z] = [i % n, i / n].map(|k| k as f64 + 0.5 - 0.5 * n as f64);
            1.0 / (1.0 + (x.hypot(z) - radius).exp())
        });
        let xi: Vec<f64> = xi.collect();
        let none = || vec![0.0; n * n];
        let (mut b, heights) = cpu(&s);
        b.load(&State::at_rest(xi, none(), none(), none())).unwrap();
        let problem = Problem::new(&s, &heights);
        let mut clock = problem.start(&mut b).unwrap();
        // as far as a mean direction goes in 15 cells
        let mean = s.kinetics.i0 * 1e-3 * FARADAY / (GAS * s.temperature) * LITHIUM_MOLAR_VOLUME / FARADAY / s.grid.dx;
        let end = 15.0 / mean;
        while clock.time < end {
            problem.advance(&mut b, &mut clock, end).unwrap_or_else(|e| panic!("{e}"));
        }
        let state = b.state().unwrap();
        let half = std::f64::consts::FRAC_1_SQRT_2;
        // where its four-fold shape points, from z towards x
        let rays = (0..360).map(|degree| f64::from(degree).to_radians());
        let mode = rays.map(|angle| (4.0 * angle, reach(&s, &state.xi, [angle.sin(), angle.cos()])));
        let [sine, cosine] = mode.fold([0.0; 2], |[s, c], (phase, r)| [s + r * phase.sin(), c + r * phase.cos()]);
        let ways = [[0.0, 1.0], [1.0, 0.0], [half, half], [half, -half]]
            .map(|direction| reach(&s, &state.xi, direction) - radius);
        (ways, sine.atan2(cosine).to_degrees() / 4.0)
    };
    // along 110 of the plane Σ m⁴ is ½, along 100 it is 1
    let [of_100, of_110] = [1.0, 0.5].map(|q: f64| 15.0 / (1.0 - 0.2 * (q - 0.6)));
    let (_, points) = grown(22.5f64.to_radians());
    println!("turned by 22.5°, it points to {points:.2}°");
    assert!((points.abs() - 22.5).abs() < 1.0, "{points}");
    for (turned, axes, diagonals) in [(0.0, of_100, of_110), (std::f64::consts::FRAC_PI_4, of_110, of_100)] {
        let (way, points) = grown(turned);
        let off = (points - turned.to_degrees()).rem_euclid(90.0);
        assert!(off.min(90.0 - off) < 1.0, "turned by {turned}, it points to {points}°");
        println!("turned by {turned:.2}: {way:.3?} along x, z and between, not {axes:.3} and {diagonals:.3}");
        for (way, exact) in way.into_iter().zip([axes, axes, diagonals, diagonals]) {
            assert!((way / exact - 1.0).abs() < 0.02, "turned by {turned}: {way}, not {exact}");
        }
    }
}

/// Orientations that are listed, by Bunge's angles.
fn listed(angles: &[[f64; 3]]) -> Option<Grains> {
    Some(Grains::Listed { orientations: angles.iter().map(|&angles| ListedOrientation { angles }).collect() })
}

/// Number of the grain of each cell.
fn grain_of(state: &State) -> &[f64] {
    &state.riding["grain"]
}

#[test]
fn grains_of_one_orientation_are_one_crystal_to_the_bit() {
    let turned = [0.4, 0.3, 0.2];
    let of_one = Crystal { orientation: Some(turned), ..crystal() };
    let (one, clock) = on_cpu(&with(Some(of_one.clone())), 30);
    let (mut many, of_many) = on_cpu(&with(Some(Crystal { grains: listed(&[turned]), ..of_one })), 30);
    assert!(grain_of(&many).contains(&1.0) && grain_of(&many).contains(&2.0));
    many.riding.clear();
    assert!(many == one && of_many == clock);
    let other = on_cpu(&with(Some(Crystal { grains: listed(&[[0.0; 3], turned]), ..crystal() })), 30);
    assert!(other.0.xi != one.xi);
}

/// Two nuclei that grow alike in different orientations: a cell of either belongs to the one that is nearer, also where they meet, and
/// nothing of one is found across the electrolyte between them before.
#[test]
fn a_grain_is_what_grew_on_its_nucleus() {
    let mut s = setup(48, 1, 32, 0.25e-6);
    s.electrolyte = Electrolyte::SingleIon { kappa: 1.0 };
    s.top.salt = Salt::Cathode;
    s.top.control = Control::Current(100.0);
    s.deposit = InitialDeposit::None;
    let [one, other] = [15.5, 32.5];
    let nucleus = |x: f64| ListedNucleus { x: x * 0.25e-6, y: 0.0, radius: 0.8e-6, time: 0.0 };
    s.nucleation = Nucleation::Listed { nuclei: vec![nucleus(one), nucleus(other)] };
    // alike under the mirror between them
    s.mechanisms.crystal =
        Some(Crystal { gamma_e1: -0.1, grains: listed(&[[0.3, 0.0, 0.0], [-0.3, 0.0, 0.0]]), ..defaults() });
    let (mut b, heights) = cpu(&s);
    let problem = Problem::new(&s, &heights);
    let mut clock = problem.start(&mut b).unwrap();
    let mut touched = false;
    for step in 0..400 {
        problem.advance(&mut b, &mut clock, f64::INFINITY).unwrap_or_else(|e| panic!("{e}"));
        if step % 20 != 19 {
            continue;
        }
        let state = b.state().unwrap();
        for (cell, (&xi, &grain)) in state.xi.iter().zip(grain_of(&state)).enumerate() {
            let x = (cell % 48) as f64 + 0.5;
            let apart = |centre: f64| (x - centre).abs().min(48.0 - (x - centre).abs());
            if xi > 0.5 {
                let nearer = if apart(one) < apart(other) { 1.0 } else { 2.0 };
                assert_eq!(grain, nearer, "step {step}, cell {cell}: ξ = {xi}");
            } else if xi == 0.0 {
                assert_eq!(grain, -1.0, "step {step}, cell {cell}");
            }
        }
        let between = |z: usize| state.xi[z * 48 + 23] > 0.5 && state.xi[z * 48 + 24] > 0.5;
        touched |= (0..32).any(between);
    }
    assert!(touched, "they have met");
}

/// A grain that is faster sideways gets more than half of the way to its neighbour: space in front of both belongs to neither until it is filled.
#[test]
fn grains_share_the_way_between_them_by_their_speeds() {
    use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};
    let mut s = setup(96, 1, 48, 0.25e-6);
    s.electrolyte = Electrolyte::SingleIon { kappa: 1e4 };
    s.top.salt = Salt::Cathode;
    s.top.control = Control::Potential(-5e-3);
    s.deposit = InitialDeposit::None;
    let nucleus = |x: f64| ListedNucleus { x: x * 0.25e-6, y: 0.0, radius: 1.5e-6, time: 0.0 };
    s.nucleation = Nucleation::Listed { nuclei: vec![nucleus(16.0), nucleus(64.0)] };
    // sideways ⟨100⟩ of one, ⟨110⟩ of the other: 1/(1 − 0.8 · 0.4) against 1/(1 + 0.8 · 0.1)
    let grains = listed(&[[0.0; 3], [FRAC_PI_2, FRAC_PI_4, -FRAC_PI_2]]);
    s.mechanisms.crystal = Some(Crystal { kinetic_e1: -0.8, grains, ..defaults() });
    let (mut b, heights) = cpu(&s);
    let problem = Problem::new(&s, &heights);
    let mut clock = problem.start(&mut b).unwrap();
    let row = 8 * 96; // just above the copper
    let state = loop {
        problem.advance(&mut b, &mut clock, f64::INFINITY).unwrap_or_else(|e| panic!("{e}"));
        let state = b.state().unwrap();
        if (16..64).all(|x| state.xi[row + x] > 0.5) {
            break state;
        }
    };
    let of_fast = (16..64).filter(|&x| grain_of(&state)[row + x] == 1.0).count();
    // 6 cells of radius each, and of the 36 between them 22: 4 more than half
    println!("{of_fast} of 48 cells belong to the faster");
    assert!((26..=29).contains(&of_fast), "{of_fast}");
}

/// In one dimension a cell has nothing beside it along the surface.
#[test]
fn facets_grow_in_one_dimension() {
    let mut s = setup(1, 1, 40, 0.25e-6);
    s.mechanisms.crystal = Some(Crystal { slow_110: 4.0, ..defaults() });
    let (state, clock) = on_cpu(&s, 20);
    assert!(clock.time > 0.0 && state.xi.iter().all(|xi| xi.is_finite()));
    #[cfg(feature = "gpu")]
    if let Some(mut gpu) = common::gpu(&s) {
        let (of_gpu, _) = grown(&s, &mut gpu, 20);
        let apart = of_gpu.xi.iter().zip(&state.xi).fold(0.0f64, |most, (a, b)| most.max((a - b).abs()));
        assert!(apart < 1e-4, "{apart}");
    }
}

/// What is stripped belongs to no grain any more; a nucleus that appears there begins one of its own, and the lithium that was there from
/// the start is grain 0 wherever it comes to the surface.
#[test]
fn stripped_lithium_loses_its_grain() {
    let mut s = setup(24, 24, 32, 0.25e-6);
    s.electrolyte = Electrolyte::SingleIon { kappa: 1.0 };
    s.top.salt = Salt::Cathode;
    s.top.control = Control::Current(-100.0);
    s.deposit = InitialDeposit::Layer { thickness: 1.5e-6 };
    let nucleus = |time: f64, cell: f64| ListedNucleus { x: cell * 0.25e-6, y: cell * 0.25e-6, radius: 2.0e-6, time };
    s.nucleation = Nucleation::Listed { nuclei: vec![nucleus(0.0, 4.5), nucleus(1e9, 11.5)] };
    s.mechanisms.crystal = Some(Crystal { grains: Some(Grains::Uniform { seed: 1 }), ..crystal() });
    let (mut b, heights) = cpu(&s);
    let problem = Problem::new(&s, &heights);
    let mut clock = problem.start(&mut b).unwrap();
    let counts = |b: &mut dyn Backend| {
        let state = b.state().unwrap();
        [-1.0, 0.0, 1.0, 2.0].map(|grain| {
            let of_it = state.xi.iter().zip(grain_of(&state)).filter(|&(_, &own)| own == grain);
            of_it.fold((0, 0.0f64), |(cells, most), (&xi, _)| (cells + 1, most.max(xi)))
        })
    };
    for _ in 0..3 {
        problem.advance(&mut b, &mut clock, f64::INFINITY).unwrap();
    }
    let [none, start, nucleus, _] = counts(&mut b);
    assert!(none.1 < 0.01 && start.0 > 1000 && nucleus.0 > 100, "{none:?} {start:?} {nucleus:?}");
    while clock.inventory.lithium > 0.25 * clock.ledger.lithium_start / s.grid.cell_volume() {
        problem.advance(&mut b, &mut clock, f64::INFINITY).unwrap_or_else(|e| panic!("{e}"));
    }
    let (after, lithium) = (counts(&mut b), b.state().unwrap());
    assert!(after[0].0 > none.0 + 1000 && after[0].1 < 0.01, "{after:?}");
    for (xi, grain) in lithium.xi.iter().zip(grain_of(&lithium)) {
        assert!(*grain >= 0.0 || *xi < 0.01, "{xi} {grain}");
    }
    // the second nucleus
    clock.time = 1e9;
    problem.advance(&mut b, &mut clock, f64::INFINITY).unwrap();
    assert!(counts(&mut b)[3].1 > 0.9 && clock.nuclei == 2);
}

#[test]
fn grains_are_turned_with_the_box_to_the_bit() {
    use std::f64::consts::FRAC_PI_2;
    let n = 16;
    let mut s = with(None);
    s.collector.shape = CollectorShape::Flat;
    let columns = [(5, 6), (13, 12)];
    let run = |turned: bool| {
        let mut s = s.clone();
        let place = |cell: usize| (cell as f64 + 0.5) * s.grid.dx;
        let to = |&(x, y): &(usize, usize)| if turned { (n - 1 - y, x) } else { (x, y) };
        let nucleus = |(x, y)| ListedNucleus { x: place(x), y: place(y), radius: 0.75e-6, time: 0.0 };
        s.nucleation = Nucleation::Listed { nuclei: columns.iter().map(to).map(nucleus).collect() };
        let quarter = if turned { FRAC_PI_2 } else { 0.0 };
        // multiples of a quarter about z leave the bits of the rotation
        let angles = [[quarter, 0.7, 0.2], [quarter + FRAC_PI_2, 0.3, -0.4]];
        s.mechanisms.crystal = Some(Crystal { grains: listed(&angles), ..crystal() });
        on_cpu(&s, 30)
    };
    let ((at_rest, clock), (turned, of_turned)) = (run(false), run(true));
    let expected = at_rest.map(|field| {
        let mut out = field.to_vec();
        for (i, &value) in field.iter().enumerate() {
            let (x, y, z) = (i % n, i / n % n, i / (n * n));
            out[(z * n + x) * n + n - 1 - y] = value;
        }
        out
    });
    assert!(clock == of_turned && expected == turned);
    assert!(grain_of(&turned).contains(&2.0));
}

#[test]
fn grains_go_on_to_the_bit() {
    let mut s = everything(16);
    s.nucleation = Nucleation::Poisson { rate: 2e14, barrier: 0.25, radius: 0.75e-6, seed: 1 };
    s.mechanisms.crystal = Some(Crystal { grains: Some(Grains::Uniform { seed: 4 }), ..crystal() });
    s.top.control = Control::Current(100.0);
    let whole = on_cpu(&s, 60);
    let (mut b, heights) = cpu(&s);
    let problem = Problem::new(&s, &heights);
    let mut clock = problem.start(&mut b).unwrap();
    (0..30).for_each(|_| drop(problem.advance(&mut b, &mut clock, f64::INFINITY).unwrap()));
    let stored = b.state().unwrap();
    let (mut second, _) = cpu(&s);
    second.load(&stored).unwrap();
    problem.go_on(&mut second).unwrap();
    (0..30).for_each(|_| drop(problem.advance(&mut second, &mut clock, f64::INFINITY).unwrap()));
    assert!(clock.nuclei > 3, "{}", clock.nuclei);
    assert!(whole == (second.state().unwrap(), clock));
}

#[cfg(feature = "gpu")]
#[test]
fn a_gpu_grows_the_same_grains() {
    let s = with(Some(Crystal { grains: Some(Grains::Uniform { seed: 2 }), ..crystal() }));
    let Some(mut g) = common::gpu(&s) else { return };
    let ((of_gpu, clock_gpu), (of_cpu, clock_cpu)) = (grown(&s, &mut g, 60), on_cpu(&s, 60));
    let xi = of_gpu.xi.iter().zip(&of_cpu.xi).fold(0.0f64, |largest, (a, b)| largest.max((a - b).abs()));
    let other = grain_of(&of_gpu).iter().zip(grain_of(&of_cpu)).filter(|(a, b)| a != b).count();
    println!("xi differs by {xi:.1e}, the grain of {other} cells");
    assert!(clock_gpu.nuclei == clock_cpu.nuclei && clock_cpu.nuclei == 2);
    // a cell of which rounding decides whether it has lithium or reacts
    assert!(xi < 1e-4 && other < 20, "{xi:e} {other}");
    assert!(grain_of(&of_gpu).contains(&1.0) && grain_of(&of_gpu).contains(&2.0));
    // grains of one orientation are one crystal
    let turned = [0.4, 0.3, 0.2];
    let grown = |crystal: Crystal| {
        common::gpu(&with(Some(crystal.clone()))).map(|mut g| grown(&with(Some(crystal)), &mut g, 20))
    };
    let of_one = Crystal { orientation: Some(turned), ..crystal() };
    let (Some(one), Some(mut many)) = (grown(of_one.clone()), grown(Crystal { grains: listed(&[turned]), ..of_one }))
    else {
        return;
    };
    many.0.riding.clear();
    assert!(one == many);
}

#[cfg(feature = "gpu")]
#[test]
fn a_gpu_grows_the_same_crystal() {
    let s = with(Some(Crystal { orientation: Some([0.4, 0.3, 0.2]), ..crystal() }));
    let Some(mut g) = common::gpu(&s) else { return };
    let ((of_gpu, clock_gpu), (of_cpu, clock_cpu)) = (grown(&s, &mut g, 40), on_cpu(&s, 40));
    let xi = of_gpu.xi.iter().zip(&of_cpu.xi).fold(0.0f64, |largest, (a, b)| largest.max((a - b).abs()));
    let potential = (clock_gpu.potential - clock_cpu.potential).abs();
    println!("xi differs by {xi:.1e}, the potential by {potential:.1e} V after {} nuclei", clock_cpu.nuclei);
    assert!(clock_gpu.nuclei == clock_cpu.nuclei && clock_cpu.nuclei > 0);
    assert!(xi < 1e-4 && potential < 1e-6, "{xi:e} {potential:e}");
}

/// As bad as WGSL allows.
#[cfg(feature = "gpu")]
#[test]
fn a_gpu_of_scattered_errors_grows_the_same_crystal() {
    common::arithmetic::Arithmetic::Scattered(1).with(a_gpu_grows_the_same_crystal);
}

/// As bad as WGSL allows.
#[cfg(feature = "gpu")]
#[test]
fn a_gpu_of_scattered_errors_grows_the_same_grains() {
    common::arithmetic::Arithmetic::Scattered(1).with(a_gpu_grows_the_same_grains);
}
