//! Manufactured solutions: smooth fields are chosen, what they leave of the continuous equations is added as a forcing, and
//! the solver must return the fields, with an error that falls as dx² and dt.
//!
//! The equations are those at a fixed ℓ, which the cells resolve better and better; see `equations`. The fields move and
//! change with time; κ, D, t₊ and the thermodynamic factor depend on c; film, capillarity and stress act. With L the width
//! of the box, H = 20 ℓ its height and k = 2π/L along the copper:
//!
//! ```text
//! q = h − z + vt + 0.4 ℓ cos(k·x − ωt) + 0.15 ℓ cos(k·x + 2π z/(12 ℓ) + ωt/2 + 1)                   h = H/2 + 0.05 ℓ
//! φ = φ0 + (8 + 10 cos(k·x + ωt + 0.5)) mV on standing waves cos(mπ z/H)
//! c = c0 [1 − 0.06 … + 0.08 cos(k·x − ωt − 0.7) …] on the same
//! ```
//!
//! |∇q| differs from 1, so that the profile is restored all the time. Everywhere |q| < 12 ℓ: no clip and no bound acts.
//! m is whole where the top is closed (no current, no salt passes) and half an odd number where potential and salt are
//! held there. At the bottom nothing passes.
//!
//! Errors are root mean squares, of φ \[RT/F\] and c \[c0\] over the electrolyte (weight ψ), of ξ over the interface (weight
//! ξ(1−ξ)).
//!
//! Order in dx: steps shrink as dx², so that both errors fall alike. Order in dt: one grid; the differences to the limit
//! dt → 0 of that grid, extrapolated from the two shortest of five steps, fall as dt, and the limit itself is as close to
//! the chosen fields as the cells allow.
//!
//! b, the strength of the restoration, is a number of the scheme: ℓ times the largest speed of the cells in the interface,
//! ξ(1−ξ) > 0.01. The forcing takes the same of the chosen fields.

mod equations;
mod fields;

use rayon::prelude::*;

use self::equations::{Equations, Solution};
use self::fields::Chosen;
use super::check::order;
use super::{Case, Check, Lab, Specimen, VerifyError};
use crate::model::constants::{FARADAY, LITHIUM_MOLAR_VOLUME};
use crate::model::grid::Grid;
use crate::model::parameters::{Control, Salt, Setup};
use crate::solver::backend::{Forcing, State};
use crate::solver::step::RESTORATION;

/// The case.
pub const CASE: Case = Case {
    name: "manufactured",
    about: "chosen φ, c and ξ, forced to be a solution: order of convergence in dx and dt",
    source: "the chosen fields: Salari & Knupp, Code Verification by the Method of Manufactured Solutions, SAND2000-1444",
    quick: false,
    run,
};

/// Least order in dx and in dt.
const ORDERS: (f64, f64) = (1.9, 0.95);
/// Time that passes \[s\].
const TIME: f64 = 4.0;
/// Height of the box \[ℓ\].
const HEIGHT: f64 = 20.0;
/// ξ(1−ξ) of the cells whose speed sets the strength of the restoration.
const IN_INTERFACE: f64 = 0.01;

/// A box, and the directions in which the fields vary along the copper, in waves over its width.
struct Layout {
    name: &'static str,
    width: f64,
    waves: &'static [[f64; 2]],
    open: bool,
    cells: &'static [usize],
    steps: usize,
}

const LAYOUTS: &[Layout] = &[
    Layout { name: "x–z, closed", width: 10.0, waves: &[[1.0, 0.0]], open: false, cells: &[2, 4, 8], steps: 4 },
    Layout { name: "y–z, open", width: 10.0, waves: &[[0.0, 1.0]], open: true, cells: &[2, 4, 8], steps: 4 },
    Layout { name: "oblique", width: 8.0, waves: &[[1.0, 1.0], [0.0, -1.0]], open: false, cells: &[2, 3, 4], steps: 4 },
];

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let mut checks = Vec::new();
    for layout in LAYOUTS {
        let mut errors = Vec::new();
        for &cells in layout.cells {
            let steps = layout.steps * cells * cells / (layout.cells[0] * layout.cells[0]);
            let now = std::time::Instant::now();
            errors.push(error(lab, layout, cells, steps)?);
            eprintln!("{} {cells} {steps}: {:?} {:?}", layout.name, errors.last().unwrap(), now.elapsed());
        }
        for k in 0..3 {
            for n in 1..errors.len() {
                eprintln!("  order {}", order(errors[n - 1][k], errors[n][k], layout.cells[n] as f64 / layout.cells[n - 1] as f64));
            }
        }
    }
    Ok(checks)
}

fn error(lab: &Lab, layout: &Layout, cells: usize, steps: usize) -> Result<[f64; 3], VerifyError> {
    let setup = layout.setup(lab, cells)?;
    let solution = layout.solution(&setup);
    lab.with(&setup, |s| {
        follow(s, &solution, TIME, steps)?;
        errors(s, &solution)
    })
}

impl Layout {
    fn setup(&self, lab: &Lab, cells: usize) -> Result<Setup, VerifyError> {
        let mut setup = lab.config("manufactured", &[])?;
        let along = |axis: usize| if self.waves.iter().any(|wave| wave[axis] != 0.0) { self.width } else { 0.0 };
        let count = |length: f64| ((length * cells as f64).round() as usize).max(1);
        setup.grid =
            Grid { nx: count(along(0)), ny: count(along(1)), nz: count(HEIGHT), dx: setup.ell / cells as f64 };
        if self.open {
            setup.top.control = Control::Potential(setup.top.initial_potential);
            setup.top.salt = Salt::Reservoir;
        }
        Ok(setup)
    }

    fn solution(&self, setup: &Setup) -> Solution {
        let (ell, c0, phi0) = (setup.ell, setup.top.c0, -setup.top.initial_potential);
        let pi = std::f64::consts::PI;
        let omega = 2.0 * pi / (4.0 * TIME);
        let across = |modes: f64| (if self.open { modes - 0.5 } else { modes }) * pi / (HEIGHT * ell);
        let share = 1.0 / self.waves.len() as f64;
        let mut q = Chosen::plane((0.5 * HEIGHT + 0.05) * ell, 0.3 * ell / TIME, -1.0);
        let mut phi = Chosen::plane(phi0, 0.0, 0.0).standing(8e-3, [0.0, 0.0, across(1.0)], 0.0, 0.0);
        let mut c = Chosen::plane(c0, 0.0, 0.0).standing(-0.06 * c0, [0.0, 0.0, across(1.0)], 0.7 * omega, 0.3);
        for (number, wave) in self.waves.iter().enumerate() {
            let [x, y] = wave.map(|waves| 2.0 * pi * waves / (self.width * ell));
            let shift = number as f64;
            q = q
                .travelling(0.4 * share * ell, [x, y, 0.0], omega, shift)
                .travelling(0.15 * share * ell, [x, y, 2.0 * pi / (12.0 * ell)], -0.5 * omega, 1.0 - shift);
            phi = phi.standing(10e-3 * share, [x, y, across(2.0)], -omega, 0.5 + shift);
            c = c.standing(0.08 * share * c0, [x, y, across(2.0)], omega, -0.7 - shift);
        }
        Solution { q, phi, c }
    }
}

/// Begins with the chosen fields and follows them for a time, in equal steps.
fn follow(s: &mut Specimen, solution: &Solution, time: f64, steps: usize) -> Result<(), VerifyError> {
    let setup = s.setup;
    let start = Equations { setup, solution, time: 0.0 };
    let (scales, reference) = (s.problem.scales, -setup.top.initial_potential);
    let fields = over_cells(&setup.grid, |x| {
        let [xi, phi, c] = start.fields(x);
        let current = start.current(x, &solution.q.at(x, 0.0));
        [xi, (phi - reference) / scales.potential, c / scales.concentration - 1.0, current / scales.current]
    });
    let part = |k: usize| fields.iter().map(|field| field[k]).collect();
    s.begin_from(&State { xi: part(0), phi: part(1), c: part(2), current: part(3) })?;
    let dt = time / steps as f64;
    for step in 1..=steps {
        let forcing = forcing(s, solution, step as f64 * dt, dt);
        s.b.force(Some(forcing))?;
        s.step_by(dt)?;
    }
    Ok(())
}

/// The sources of a step that ends at `time`.
fn forcing(s: &Specimen, solution: &Solution, time: f64, dt: f64) -> Forcing {
    let setup = s.setup;
    let equations = Equations { setup, solution, time };
    let left = over_cells(&setup.grid, |x| {
        let q = solution.q.at(x, time);
        let xi = equations.xi(q.value);
        let current = if xi * (1.0 - xi) > IN_INTERFACE { equations.current(x, &q).abs() } else { 0.0 };
        (equations.left(x), current)
    });
    let largest = left.iter().map(|(_, current)| *current).fold(0.0, f64::max);
    let b = RESTORATION * setup.ell * largest * LITHIUM_MOLAR_VOLUME / FARADAY;
    let unit = setup.grid.dx / s.problem.scales.current;
    Forcing {
        equations: left.iter().map(|(left, _)| [left.charge * unit, left.salt * unit]).collect(),
        xi: left.iter().map(|(left, _)| dt * (left.xi - b * left.restoration)).collect(),
    }
}

/// Weighted root mean squares of what the fields differ from the chosen ones: φ, c, ξ.
fn errors(s: &mut Specimen, solution: &Solution) -> Result<[f64; 3], VerifyError> {
    let state = s.b.state()?;
    let (setup, scales, reference) = (s.setup, s.problem.scales, s.clock.phi_reference);
    let equations = Equations { setup, solution, time: s.clock.time };
    let exact = over_cells(&setup.grid, |x| equations.fields(x));
    let (mut squares, mut weights) = ([0.0; 3], [0.0; 3]);
    for (i, &[xi, phi, c]) in exact.iter().enumerate() {
        let differences = [
            state.phi[i] - (phi - reference) / scales.potential,
            1.0 + state.c[i] - c / scales.concentration,
            state.xi[i] - xi,
        ];
        for (k, weight) in [1.0 - xi, 1.0 - xi, xi * (1.0 - xi)].into_iter().enumerate() {
            squares[k] += weight * differences[k] * differences[k];
            weights[k] += weight;
        }
    }
    Ok(std::array::from_fn(|k| (squares[k] / weights[k]).sqrt()))
}

/// `value` at the centre of every cell \[m\].
fn over_cells<T: Send>(grid: &Grid, value: impl Fn([f64; 3]) -> T + Sync) -> Vec<T> {
    (0..grid.cells()).into_par_iter().map(|cell| value(grid.centre(cell))).collect()
}
