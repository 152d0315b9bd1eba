//! Whole steps: the GPU against the CPU, against its mirror image, against its own restart and its own repetition.

#![cfg(feature = "gpu")]

mod common;

use common::arithmetic::Arithmetic;
use common::{cpu, everything, gpu};
use liplate::gpu::Gpu;
use liplate::gpu::fields::level_shapes;
use liplate::model::parameters::*;
use liplate::solver::backend::{Backend, DIRECTIONS, Field, State};
use liplate::solver::multigrid::v_cycle;
use liplate::solver::step::{Clock, Problem};
use liplate::verify::devices::{LITHIUM, POTENTIAL, SALT, difference};

fn heights(s: &Setup) -> Vec<f64> {
    liplate::model::collector::heights(&s.grid, &s.collector)
}

fn steps<B: Backend>(problem: &Problem, b: &mut B, clock: &mut Clock, count: usize) {
    for _ in 0..count {
        problem.advance(b, clock, 1e5).unwrap_or_else(|e| panic!("{e}"));
    }
}

/// What a step hands to the device and waits for: small grids wait for nothing else, whatever the device. Kernels and copies are 47 and
/// 55 for each Newton iteration with three linear ones, counted at this size; the waits are one for each look at the equations and one for the lithium,
/// the nuclei and the pieces together. The buffers that they are given have 2421 bytes a cell with one Newton iteration, 3776 with two.
#[test]
fn a_step_is_few_launches_and_fewer_waits() {
    let mut s = everything(24);
    // by chance, which is looked for in every step, and never comes
    s.nucleation = Nucleation::Poisson { rate: 1e-9, barrier: 0.4, radius: 1e-6, seed: 1 };
    let Some(mut g) = gpu(&s) else { return };
    let problem = Problem::new(&s, &heights(&s));
    let mut clock = problem.start(&mut g).unwrap();
    steps(&problem, &mut g, &mut clock, 3);
    for _ in 0..5 {
        let before = g.counts().unwrap();
        let report = problem.advance(&mut g, &mut clock, 1e5).unwrap();
        let counts = g.counts().unwrap() - before;
        println!("{} Newton iterations: {counts:?}", report.iterations);
        assert!(report.rejected.is_empty());
        let newton = report.iterations as u64;
        assert_eq!(counts.read_backs, newton + 2, "{counts:?}");
        assert!(counts.bytes_read < 1000 * (newton + 1), "{counts:?}");
        assert!(counts.launches <= 50 + 58 * newton, "{counts:?}");
        assert!(counts.v_cycles <= 3 * newton, "{counts:?}");
        assert!(counts.bytes_moved <= (1150 + 1400 * newton) * s.grid.cells() as u64, "{counts:?}");
        assert!(counts.submissions <= counts.read_backs + counts.launches / 48 + 1, "{counts:?}");
    }
    // xi, current, and both pairs of phi and c, each once
    let before = g.counts().unwrap();
    let state = g.state().unwrap();
    assert_eq!((g.counts().unwrap() - before).read_backs as usize, 4 + state.riding.len());
}

/// The linear solver exchanges buffers, and a kernel's bind group is kept for each choice of them: however many iterations solves take, and in
/// whatever order, after the first of each there are no new ones.
#[test]
fn solves_of_any_length_make_no_new_bind_groups() {
    let s = everything(16);
    let Some(mut g) = gpu(&s) else { return };
    let problem = Problem::new(&s, &heights(&s));
    let mut clock = problem.start(&mut g).unwrap();
    steps(&problem, &mut g, &mut clock, 1);
    let mut solve = |iterations: usize| {
        g.start_uniform();
        for new in 0..iterations {
            v_cycle(&mut g);
            g.apply(new);
            g.go_along(new);
        }
        g.sum_up(iterations);
        g.wait().unwrap();
        g.bind_groups()
    };
    let before = (1..=DIRECTIONS).map(&mut solve).last();
    let after = [3, 2, 5, 1, 6, 4, 4, 2, 3, 1, 5, 2, 6, 3].map(solve).last().copied();
    assert_eq!(before, after);
}

/// A level more of the hierarchy is as many kernels more in every V-cycle, and one more that coarsens: what is counted on a small grid tells of a large one.
#[test]
fn kernels_grow_with_the_levels() {
    for (n, levels) in [(16, 2), (32, 3), (48, 4), (64, 4)] {
        let s = everything(n);
        let Some(mut g) = gpu(&s) else { return };
        assert_eq!(level_shapes([n as u32; 3]).len(), levels, "{n}");
        let mut launches = |work: fn(&mut Gpu)| {
            let before = g.counts().unwrap();
            work(&mut g);
            (g.counts().unwrap() - before).launches as usize
        };
        assert_eq!(launches(v_cycle), 6 * (levels - 1) + 2, "{n}");
        assert_eq!(launches(|g| g.coarsen()), levels + 1, "{n}");
    }
}

/// Fifty steps through the nucleation dip on rough copper, time steps from 1e-4 s to seconds.
///
/// The bounds, and why they are what they are: src/verify/devices.rs.
#[test]
fn fifty_steps_agree_with_the_cpu() {
    let mut s = everything(24);
    s.nucleation = Nucleation::Poisson { rate: 1e15, barrier: 0.25, radius: 0.75e-6, seed: 1 };
    s.time_step.potential = 0.03;
    let Some(mut g) = gpu(&s) else { return };
    let (mut c, _) = cpu(&s);
    let heights = heights(&s);
    let problem = Problem::new(&s, &heights);
    let mut of_gpu = problem.start(&mut g).unwrap();
    let mut of_cpu = problem.start(&mut c).unwrap();
    steps(&problem, &mut g, &mut of_gpu, 50);
    steps(&problem, &mut c, &mut of_cpu, 50);
    let w = c.field(Field::Accessible).unwrap();
    let lithium = |xi: Vec<f32>| xi.iter().zip(&w).map(|(xi, w)| xi * w).collect::<Vec<f32>>();
    let xi = difference(&lithium(g.field(Field::Xi).unwrap()), &lithium(c.field(Field::Xi).unwrap()));
    let salt = difference(&g.field(Field::C).unwrap(), &c.field(Field::C).unwrap());
    let potential = (of_gpu.potential - of_cpu.potential).abs();
    let plated = (of_gpu.ledger.charge_reaction / of_cpu.ledger.charge_reaction - 1.0).abs();
    let ledger = &of_gpu.ledger;
    println!(
        "t {:.3} s, {} nuclei, {} Newton iterations ({} on the CPU)",
        of_gpu.time, of_gpu.nuclei, of_gpu.newton, of_cpu.newton
    );
    println!("w xi {xi:.1e}, c {salt:.1e}, potential {potential:.1e} V, plated {plated:.1e}");
    println!("ledgers {:.1e} {:.1e} {:.1e}", ledger.charge_error(), ledger.lithium_error(), ledger.salt_error());
    assert_eq!((of_gpu.nuclei, of_gpu.step, of_gpu.rejected), (of_cpu.nuclei, of_cpu.step, of_cpu.rejected));
    assert!(of_gpu.nuclei > 3 && of_gpu.time > 0.1);
    assert!((of_gpu.time / of_cpu.time - 1.0).abs() < LITHIUM);
    assert!(
        xi < LITHIUM && salt < SALT && potential < POTENTIAL && plated < LITHIUM,
        "{xi} {salt} {potential} {plated}"
    );
    assert!(
        ledger.charge_error().abs() < 1e-6 && ledger.lithium_error().abs() < 1e-6 && ledger.salt_error().abs() < 1e-5
    );
}

/// Two nuclei of different size on flat copper, and the same in the mirror: equal bit for bit, cell by cell.
///
/// Opposite neighbours are summed in pairs, and on a grid of powers of two the sums' trees are their own mirror images.
#[test]
fn mirror_image() {
    let n = 16;
    let mut s = everything(n);
    s.collector.shape = CollectorShape::Flat;
    s.time_step.first = 0.01;
    s.time_step.potential = 1.0;
    let dx = s.grid.dx;
    let listed = |x: f64, y: f64, radius: f64| ListedNucleus { x: x * dx, y: y * dx, radius: radius * dx, time: 0.0 };
    let run = |mirrored: bool| -> Option<(State, Clock)> {
        let mut s = s.clone();
        let at = |x: f64| if mirrored { n as f64 - x } else { x };
        s.nucleation = Nucleation::Listed { nuclei: vec![listed(at(3.5), 4.5, 3.0), listed(at(9.5), 11.5, 2.5)] };
        let mut g = gpu(&s)?;
        let heights = heights(&s);
        let problem = Problem::new(&s, &heights);
        let mut clock = problem.start(&mut g).unwrap();
        steps(&problem, &mut g, &mut clock, 12);
        Some((g.state().unwrap(), clock))
    };
    let (Some((state, clock)), Some((image, of_image))) = (run(false), run(true)) else { return };
    assert_eq!(clock, of_image);
    assert!(clock.time > 0.05 && clock.nuclei == 2);
    for (name, field, image) in [
        ("xi", &state.xi, &image.xi),
        ("phi", &state.phi, &image.phi),
        ("c", &state.c, &image.c),
        ("current", &state.current, &image.current),
    ] {
        for z in 0..n {
            for y in 0..n {
                for x in 0..n {
                    let (a, b) = (field[s.grid.index(x, y, z)], image[s.grid.index(n - 1 - x, y, z)]);
                    assert!(a.to_bits() == b.to_bits(), "{name} at {x} {y} {z}: {a} {b}");
                }
            }
        }
    }
}

fn started(s: &Setup) -> Option<(Gpu, Vec<f64>)> {
    Some((gpu(s)?, heights(s)))
}

/// A run that is stopped, stored, and taken up by a new device goes on to the same bits; so does the same run twice.
#[test]
fn restart_and_repetition() {
    let s = everything(20);
    let Some((mut first, heights)) = started(&s) else { return };
    let problem = Problem::new(&s, &heights);
    let mut clock = problem.start(&mut first).unwrap();
    steps(&problem, &mut first, &mut clock, 24);
    let (stored, stored_clock) = (first.state().unwrap(), clock.clone());
    steps(&problem, &mut first, &mut clock, 16);
    let (end, end_clock) = (first.state().unwrap(), clock);

    let Some((mut second, _)) = started(&s) else { return };
    second.load(&stored).unwrap();
    let mut clock = stored_clock;
    steps(&problem, &mut second, &mut clock, 16);
    assert_eq!(clock, end_clock, "after a restart");
    assert!(second.state().unwrap() == end, "after a restart");

    let Some((mut third, _)) = started(&s) else { return };
    let mut clock = problem.start(&mut third).unwrap();
    steps(&problem, &mut third, &mut clock, 40);
    assert_eq!(clock, end_clock, "a second time");
    assert!(third.state().unwrap() == end, "a second time");
}

/// The bounds on fifty steps under arithmetic as bad as WGSL allows, and the mirror image under what a compiler may do with sums.
#[test]
fn fifty_steps_under_scattered_errors() {
    Arithmetic::Scattered(1).with(fifty_steps_agree_with_the_cpu);
}

#[test]
fn fifty_steps_under_errors_away_from_zero() {
    Arithmetic::Larger.with(fifty_steps_agree_with_the_cpu);
}

#[test]
fn mirror_image_of_fused_products() {
    Arithmetic::Fused.with(mirror_image);
}

#[test]
fn mirror_image_of_rearranged_sums() {
    Arithmetic::Reassociated.with(mirror_image);
}
