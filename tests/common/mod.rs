//! Runs that the tests share: a setup in SI units, a backend with its initial state, and the clock.

#![allow(dead_code)]

#[cfg(feature = "gpu")]
pub mod arithmetic;
pub mod browser;
pub mod program;

use liplate::cpu::Cpu;
use liplate::model::collector::{Statics, heights};
use liplate::model::electrolyte::{Electrolyte, Transport};
use liplate::model::grid::Grid;
use liplate::model::keys::defaults;
use liplate::model::parameters::*;
use liplate::sim::start::initial_state;
use liplate::solver::backend::{Backend, State};
use liplate::solver::step::{Clock, Problem};

/// A constant, liquid-like electrolyte.
pub const LIQUID: Transport =
    Transport { kappa: 1.0, diffusivity: 3e-10, transference: 0.4, thermodynamic_factor: 1.0 };

/// A calm galvanostatic run on flat copper with a layer of lithium.
pub fn setup(nx: usize, ny: usize, nz: usize, dx: f64) -> Setup {
    Setup {
        name: "test".into(),
        grid: Grid { nx, ny, nz, dx },
        ell: dx,
        temperature: 298.15,
        activation: Activation::default(),
        electrolyte: Electrolyte::Constant(LIQUID),
        kinetics: Kinetics { i0: 10.0, ..defaults() },
        mechanisms: Default::default(),
        collector: Collector {
            height: 6.0 * dx,
            shape: CollectorShape::Flat,
            contact_angle: std::f64::consts::FRAC_PI_2,
            pattern: None,
        },
        deposit: InitialDeposit::Layer { thickness: 10.0 * dx },
        nucleation: Nucleation::None,
        separator: None,
        top: Top {
            control: Control::Current(10.0),
            salt: Salt::Reservoir,
            c0: 1000.0,
            initial_potential: 0.0,
            compliance: None,
            column: None,
        },
        cathode: None,
        protocol: Default::default(),
        end: End { time: Some(1e4), ..End::default() },
        output: Output { fields: vec!["xi".into()], metrics_steps: 1, ..defaults() },
        cell: None,
        time_step: TimeStep { cfl: 0.15, first: 0.1, ..defaults() },
    }
}

/// A CPU backend that holds the initial state of `setup`, and the copper's heights.
pub fn cpu(setup: &Setup) -> (Cpu, Vec<f64>) {
    let heights = heights(&setup.grid, &setup.collector);
    let statics = Statics::new(setup, &heights);
    let mut cpu = Cpu::new(setup, &statics);
    cpu.load(&initial_state(setup, &heights)).expect("the CPU backend always loads");
    (cpu, heights)
}

/// The clock of a run on the CPU backend after some steps.
pub fn run(s: &Setup, steps: usize) -> Clock {
    let (mut b, heights) = cpu(s);
    let problem = Problem::new(s, &heights);
    let mut clock = problem.start(&mut b).unwrap();
    for _ in 0..steps {
        problem.advance(&mut b, &mut clock, f64::INFINITY).unwrap();
    }
    clock
}

/// Mean height of the lithium above the bottom of the box plus the copper that would fill it [m]: volume over area.
pub fn thickness(setup: &Setup, lithium: f64) -> f64 {
    lithium / setup.grid.area()
}

/// A GPU backend that holds the initial state of `setup`, or none if the environment says that there is no adapter.
///
/// Any adapter will do, a software one too: the tests compare numbers, not times. Its arithmetic is what
/// [`arithmetic::Arithmetic::with`] says.
#[cfg(feature = "gpu")]
pub fn gpu(setup: &Setup) -> Option<liplate::gpu::Gpu> {
    use liplate::gpu::{Choice, Gpu};
    if std::env::var_os("LIPLATE_TEST_NO_GPU").is_some() {
        println!("NOT RUN: LIPLATE_TEST_NO_GPU is set");
        return None;
    }
    let heights = heights(&setup.grid, &setup.collector);
    let statics = Statics::new(setup, &heights);
    let gpu = match arithmetic::shaders() {
        Some(shaders) => Gpu::open_with(Choice::Any, setup, &statics, &shaders),
        None => Gpu::open(Choice::Any, setup, &statics),
    };
    let mut gpu = gpu.unwrap_or_else(|error| panic!("{error}"));
    gpu.load(&initial_state(setup, &heights)).expect("a new device works");
    Some(gpu)
}

/// Rough copper, a real electrolyte, a film, capillarity, a double layer and nuclei by chance: everything at once.
pub fn everything(n: usize) -> Setup {
    let mut s = setup(n, n, n, 0.25e-6);
    s.electrolyte = Electrolyte::Landesfeind { solvent: liplate::model::electrolyte::Solvent::EcEmc };
    s.collector.shape = CollectorShape::Rough { rms: 0.2e-6, correlation_length: 2e-6, hurst: 0.8, seed: 3 };
    s.collector.contact_angle = 1.2;
    s.kinetics.gamma = 0.5;
    s.kinetics.film = 1e-3;
    s.kinetics.double_layer = 0.2;
    s.deposit = InitialDeposit::None;
    s.nucleation = Nucleation::Poisson { rate: 2e13, barrier: 0.25, radius: 0.75e-6, seed: 1 };
    s.time_step.first = 1e-4;
    s
}

/// Two nuclei that are there from the start, for [`everything`] of 20 cells.
pub fn two_nuclei() -> Nucleation {
    let listed = |x: f64, y: f64| ListedNucleus { x: x * 0.25e-6, y: y * 0.25e-6, radius: 0.75e-6, time: 0.0 };
    Nucleation::Listed { nuclei: vec![listed(5.5, 6.5), listed(13.0, 12.5)] }
}

/// So many steps under a current \[A/m²\].
pub fn steps(s: &Setup, b: &mut dyn Backend, clock: &mut Clock, current: f64, count: usize) {
    let problem = Problem::new(s, &heights(&s.grid, &s.collector));
    clock.control = Control::Current(current);
    for _ in 0..count {
        problem.advance(b, clock, 1e9).unwrap_or_else(|e| panic!("{e}"));
    }
}

/// So many steps under each of several currents \[A/m²\], from the start.
pub fn steps_under(s: &Setup, b: &mut dyn Backend, currents: &[(f64, usize)]) -> (State, Clock) {
    let mut clock = Problem::new(s, &heights(&s.grid, &s.collector)).start(b).unwrap();
    for &(current, count) in currents {
        steps(s, b, &mut clock, current, count);
    }
    (b.state().unwrap(), clock)
}
