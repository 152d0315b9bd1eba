//! A mirrored run gives the mirrored result, to the bit.

mod common;

use common::setup;
use liplate::cpu::Cpu;
use liplate::mechanisms::Mechanisms;
use liplate::mechanisms::crystal::{Crystal, Grains, ListedOrientation};
use liplate::model::collector::Statics;
use liplate::model::electrolyte::{Electrolyte, Solvent};
use liplate::model::keys::defaults;
use liplate::model::parameters::*;
use liplate::sim::start::initial_state;
use liplate::solver::backend::{Backend, State};
use liplate::solver::step::Problem;

const N: usize = 32;

fn mirrored(field: &[f64]) -> Vec<f64> {
    field.chunks(N).flat_map(|row| row.iter().rev().copied()).collect()
}

fn run(s: &Setup, heights: &[f64]) -> State {
    let statics = Statics::new(s, heights);
    let mut b = Cpu::new(s, &statics);
    b.load(&initial_state(s, heights)).unwrap();
    let problem = Problem::new(s, heights);
    let mut clock = problem.start(&mut b).unwrap();
    for _ in 0..15 {
        problem.advance(&mut b, &mut clock, f64::INFINITY).unwrap();
    }
    b.state().unwrap()
}

/// Sums do not depend on the order of cells, opposite neighbours are summed in pairs, and on grids of a power of two the
/// mirror maps the cells that multigrid pairs onto each other: no tolerance is needed.
#[test]
fn a_mirrored_run_is_the_mirror_image() {
    mirror(|_| Mechanisms::default());
}

/// A cubic crystal whose axes are those of the box is its own mirror image.
#[test]
fn a_mirrored_crystal_is_the_mirror_image() {
    let crystal = Crystal { gamma_e1: -0.15, gamma_e2: 0.01, kinetic_e1: -0.4, slow_110: 0.5, ..defaults() };
    mirror(|_| Mechanisms { crystal: Some(crystal.clone()), ..Mechanisms::default() });
}

/// Grains of crystals that are turned one way have those turned the other way for mirror images.
#[test]
fn mirrored_grains_are_the_mirror_image() {
    mirror(|is_mirror| {
        let turned = |angle: f64| ListedOrientation { angles: [if is_mirror { -angle } else { angle }, 0.0, 0.0] };
        let grains = Some(Grains::Listed { orientations: [0.3, 0.7, -0.2].map(turned).to_vec() });
        let crystal =
            Crystal { gamma_e1: -0.15, gamma_e2: 0.01, kinetic_e1: -0.4, slow_110: 0.5, grains, ..defaults() };
        Mechanisms { crystal: Some(crystal), ..Mechanisms::default() }
    });
}

/// Runs a box and its mirror image, each with the `mechanisms` that it is to have.
fn mirror(mechanisms: impl Fn(bool) -> Mechanisms) {
    let mut s = setup(N, 16, 32, 0.25e-6);
    s.mechanisms = mechanisms(false);
    s.electrolyte = Electrolyte::Landesfeind { solvent: Solvent::EcEmc };
    s.kinetics.film = 1e-3;
    s.kinetics.gamma = 0.5;
    s.kinetics.double_layer = 0.2;
    s.deposit = InitialDeposit::None;
    s.time_step.first = 1e-3;
    let columns = [(3, 2), (17, 9), (28, 13)];
    let nuclei = |mirror: bool| Nucleation::Listed {
        nuclei: columns
            .iter()
            .map(|&(x, y)| ListedNucleus {
                x: (if mirror { N - 1 - x } else { x } as f64 + 0.5) * s.grid.dx,
                y: (y as f64 + 0.5) * s.grid.dx,
                radius: 0.8e-6,
                time: 0.0,
            })
            .collect(),
    };
    let (here, there) = (nuclei(false), nuclei(true));
    // heights of the copper without any symmetry, exact in binary: their gradients are then exact in both directions
    let heights: Vec<f64> =
        (0..N * 16).map(|i| s.collector.height + ((i * 37 % 64) as f64 / 64.0 - 0.5) * 0.25 * s.grid.dx).collect();
    s.nucleation = here;
    let first = run(&s, &heights);
    s.nucleation = there;
    s.mechanisms = mechanisms(true);
    let second = run(&s, &mirrored(&heights));
    for (name, a, b) in [
        ("xi", &first.xi, &second.xi),
        ("phi", &first.phi, &second.phi),
        ("c", &first.c, &second.c),
        ("current", &first.current, &second.current),
    ] {
        let differing = mirrored(a).iter().zip(b).filter(|(a, b)| a.to_bits() != b.to_bits()).count();
        assert_eq!(differing, 0, "{name}: {differing} of {} cells differ", a.len());
    }
    assert!(first.xi.iter().any(|&xi| xi > 0.9), "there is lithium");
}
