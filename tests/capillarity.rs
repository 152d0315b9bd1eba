//! Steps that capillarity limits: no ripple of two cells may grow, whatever direction the surface has room in.

mod common;

use common::{cpu, setup};
use liplate::model::electrolyte::Electrolyte;
use liplate::model::parameters::*;
use liplate::model::profile::fraction;
use liplate::solver::backend::{Backend, State};
use liplate::solver::step::Problem;

/// Heights of the columns \[cells\].
fn heights(xi: &[f64], columns: usize) -> Vec<f64> {
    (0..columns).map(|column| xi.iter().skip(column).step_by(columns).sum()).collect()
}

/// Largest distance from the mean.
fn amplitude(heights: &[f64]) -> f64 {
    let mean = heights.iter().sum::<f64>() / heights.len() as f64;
    heights.iter().map(|height| (height - mean).abs()).fold(0.0, f64::max)
}

#[test]
fn the_finest_ripple_falls_in_every_step() {
    for [nx, ny] in [[8, 1], [1, 8], [8, 8]] {
        let mut s = setup(nx, ny, 32, 0.25e-6);
        s.electrolyte = Electrolyte::SingleIon { kappa: 1e4 };
        s.kinetics.i0 = 1e4;
        s.kinetics.gamma = 0.5;
        s.kinetics.isolated_lithium = Isolated::Wired;
        s.collector.height = -2.5e-6;
        s.top.control = Control::Current(0.0);
        s.time_step = TimeStep { first: 0.1, largest: 1e3, ..s.time_step };
        let (mut b, copper) = cpu(&s);
        let cells = s.grid.cells();
        let xi = (0..cells).map(|cell| {
            let (x, y, z) = (cell % nx, cell / nx % ny, cell / (nx * ny));
            let ripple = if (x + y) % 2 == 0 { 0.2 } else { -0.2 };
            fraction(16.0 + ripple - (z as f64 + 0.5), 1.0)
        });
        b.load(&State::at_rest(xi.collect(), vec![0.0; cells], vec![0.0; cells], vec![0.0; cells])).unwrap();
        let problem = Problem::new(&s, &copper);
        let mut clock = problem.start(&mut b).unwrap();
        let mut seen = vec![amplitude(&heights(&b.state().unwrap().xi, nx * ny))];
        while clock.step < 40 {
            problem.advance(&mut b, &mut clock, f64::INFINITY).unwrap();
            seen.push(amplitude(&heights(&b.state().unwrap().xi, nx * ny)));
        }
        println!("{nx} × {ny}: dt {:.2} s, {}, {:.1e} → {:.1e} dx", clock.dt, clock.limited_by, seen[0], seen[40]);
        assert_eq!(clock.limited_by.to_string(), "capillarity");
        assert!(seen[40] < 1e-3 * seen[0], "{nx} × {ny}: {seen:?}");
    }
}

/// Copper that is inside its pattern everywhere is copper of that contact angle and coating, to the bit.
#[test]
fn a_pattern_that_is_everywhere_is_the_copper_itself() {
    let grown = |pattern: bool| {
        let mut s = setup(20, 16, 24, 0.25e-6);
        s.deposit = InitialDeposit::None;
        s.kinetics.gamma = 0.5;
        s.nucleation =
            Nucleation::Listed { nuclei: vec![ListedNucleus { x: 2.3e-6, y: 2.1e-6, radius: 1e-6, time: 0.0 }] };
        if pattern {
            s.collector.pattern = Some(Pattern::Stripes {
                period: 5e-6,
                width: 5e-6,
                inside: 1.0,
                outside: 1.0,
                contact_angle: Some(1.1),
                film: 2e-4,
            });
        } else {
            (s.collector.contact_angle, s.kinetics.film) = (1.1, 2e-4);
        }
        let (mut b, copper) = cpu(&s);
        let problem = Problem::new(&s, &copper);
        let mut clock = problem.start(&mut b).unwrap();
        (0..30).for_each(|_| drop(problem.advance(&mut b, &mut clock, f64::INFINITY).unwrap()));
        (b.state().unwrap(), clock)
    };
    let (patterned, plain) = (grown(true), grown(false));
    assert!(patterned == plain && plain.1.nuclei == 1);
}
