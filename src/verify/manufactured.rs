//! Manufactured solutions: smooth fields are chosen, what they leave of the continuous equations is added as a forcing, and
//! the solver must return the fields, with an error that falls as dx² and dt.
//!
//! The equations are those at a fixed ℓ, which the cells resolve better and better; see `equations`. The fields move and
//! change with time; κ, D, t₊ and the thermodynamic factor depend on c; film, capillarity and stress act. With k the waves
//! along the copper, H = 26 ℓ the height of the box, ω = 2π/32 s and v = 0.3 ℓ/8 s:
//!
//! ```text
//! q = 12.85 ℓ + vt − z + Σ [0.4 ℓ cos(k·x − ωt + s) + 0.15 ℓ cos(k·x + 2π z/12ℓ + ωt/2 + 1 − s)]/N
//! φ = 60 mV + 8 mV cos(z₁) + Σ 10 mV cos(k·x + ωt + 0.5 + s) cos(z₂)/N
//! c/c0 = 1 − 0.06 cos(0.3 − 0.7 ωt) cos(z₁) + Σ 0.08 cos(k·x − ωt − 0.7 − s) cos(z₂)/N
//! ```
//!
//! over the N waves of a layout, s = 0, 1 being their numbers. z₁, z₂ = π z/H, 2π z/H where the top is closed (neither
//! current nor salt passes) and π z/2H, 3π z/2H where potential and salt are held there. Nothing passes at the bottom.
//! |∇q| differs from 1, so that the profile is restored all the time. No clip and no bound acts; bottom and top, where a
//! cell is its own neighbour, lie where nothing reacts, |q| > 12 ℓ.
//!
//! Errors are root mean squares, of φ and c over the electrolyte (weight ψ), of ξ over the interface (weight ξ(1−ξ)).
//!
//! Order in dx: the error of the limit dt → 0 of each grid, from three runs whose steps halve. They are so short that the
//! profile is restored in one sub-step, whose own error then falls with dt, too. Order in dt: the differences to the limit
//! of one grid, and, which presupposes no limit, those between runs.
//!
//! b, the strength of the restoration, is a number of the scheme: ℓ times the largest speed of the cells in the interface,
//! ξ(1−ξ) > 0.01. A maximum over cells need not converge as dx² (measured: 0.9, 0.3 and 0.3 % off at ℓ/dx = 2, 3, 4), and
//! the equations hold for any b: the forcing takes that of the solver's last step. The change of ξ by itself enters the
//! forcing as what a step brings exactly; everything else is taken at the step's end, as in backward Euler.

mod equations;
mod fields;

use crate::model::numerics::IN_INTERFACE;
use rayon::prelude::*;

use self::equations::{Equations, Solution};
use self::fields::Chosen;
use super::check::order;
use super::{Case, Check, Lab, Specimen, VerifyError};
use crate::model::constants::{FARADAY, GAS, LITHIUM_MOLAR_VOLUME};
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
/// Period of the waves, and time in which the front moves by 0.3 ℓ \[s\].
const PERIOD: f64 = 32.0;
const ADVANCE: f64 = 8.0;
/// Height of the box \[ℓ\].
const HEIGHT: f64 = 26.0;

/// A box, and the directions in which the fields vary along the copper, in waves over its width.
struct Layout {
    name: &'static str,
    /// \[ℓ\]
    width: f64,
    waves: &'static [[f64; 2]],
    /// whether potential and salt are held at the top
    open: bool,
    /// ℓ/dx of the grids for the order in dx, and the runs on each
    cells: [usize; 3],
    in_dx: Runs,
    /// ℓ/dx of the grid for the order in dt, and the runs on it
    grid: usize,
    in_dt: Runs,
    /// whether it takes seconds
    quick: bool,
}

/// Time that passes \[s\], and in how many steps.
struct Runs {
    time: f64,
    steps: [usize; 3],
}

const XZ: Layout = Layout {
    name: "x–z",
    width: 10.0,
    waves: &[[1.0, 0.0]],
    open: false,
    cells: [2, 4, 8],
    in_dx: Runs { time: 0.4, steps: [8, 16, 32] },
    grid: 4,
    in_dt: Runs { time: 4.0, steps: [8, 16, 32] },
    quick: true,
};
const YZ: Layout = Layout { name: "y–z", waves: &[[0.0, 1.0]], open: true, quick: false, ..XZ };
const OBLIQUE: Layout = Layout {
    name: "oblique",
    width: 6.0,
    waves: &[[1.0, 1.0], [0.0, -1.0]],
    cells: [2, 3, 4],
    in_dx: Runs { time: 0.2, steps: [2, 4, 8] },
    grid: 2,
    in_dt: Runs { time: 2.0, steps: [8, 16, 32] },
    quick: false,
    ..XZ
};
const LAYOUTS: [Layout; 3] = [XZ, YZ, OBLIQUE];

/// What is compared and its unit, the largest error on the finest grid, and that of the shortest steps.
const FIELDS: [(&str, f64, f64); 3] = [("φ [RT/F]", 4e-3, 4e-3), ("c/c0", 5e-4, 1e-3), ("ξ", 1e-5, 1e-4)];

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let refusal = lab.with(&lab.config("manufactured", &[])?, |s| {
        let cells = s.setup.grid.cells();
        Ok(s.sim.backend().force(Some(Forcing { equations: vec![[0.0; 2]; cells], xi: vec![0.0; cells] })).err())
    })?;
    if let Some(reason) = refusal {
        return Ok(vec![Check::skipped(reason)]);
    }
    let mut checks = Vec::new();
    for layout in LAYOUTS.iter().filter(|layout| layout.quick || !lab.quick) {
        checks.append(&mut in_dx(lab, layout)?);
        checks.append(&mut in_dt(lab, layout)?);
    }
    Ok(checks)
}

/// Errors of the limit dt → 0 of each grid.
fn in_dx(lab: &Lab, layout: &Layout) -> Result<Vec<Check>, VerifyError> {
    let mut errors = Vec::new();
    for cells in layout.cells {
        let trial = Trial::new(lab, layout, cells)?;
        let exact = trial.exact(layout.in_dx.time);
        errors.push(distance(&limit(&trial.runs(lab, &layout.in_dx)?), &exact));
    }
    let [coarse, middle, fine] = layout.cells.map(|cells| cells as f64);
    Ok(checks(|k, field, allowed, _| {
        let [first, second, third] = [errors[0][k], errors[1][k], errors[2][k]];
        let least = order(first, second, middle / coarse).min(order(second, third, fine / middle));
        let name = format!("{}, ℓ/dx = {coarse}, {middle}, {fine}: error of {field} on the last", layout.name);
        Check::absolute(name, third, 0.0, allowed).with_order(least, ORDERS.0)
    }))
}

/// Differences of runs with longer and shorter steps to the limit of their grid, and between each other.
fn in_dt(lab: &Lab, layout: &Layout) -> Result<Vec<Check>, VerifyError> {
    let trial = Trial::new(lab, layout, layout.grid)?;
    let Runs { time, steps } = &layout.in_dt;
    let runs = trial.runs(lab, &layout.in_dt)?;
    let limit = limit(&runs);
    let errors = [&runs[0], &runs[1], &runs[2]].map(|run| distance(run, &limit));
    let between = [0, 1].map(|n| distance(&runs[n], &runs[n + 1]));
    Ok(checks(|k, field, _, allowed| {
        let pairs = [(errors[0], errors[1]), (errors[1], errors[2]), (between[0], between[1])];
        let least = pairs.iter().map(|(long, short)| order(long[k], short[k], 2.0)).fold(f64::INFINITY, f64::min);
        let [long, middle, short] = steps.map(|steps| time / steps as f64);
        let name = format!("{}, dt = {long}, {middle}, {short} s: error of {field} with the last", layout.name);
        Check::absolute(name, errors[2][k], 0.0, allowed).with_order(least, ORDERS.1)
    }))
}

/// One check of each field.
fn checks(check: impl Fn(usize, &str, f64, f64) -> Check) -> Vec<Check> {
    FIELDS.iter().enumerate().map(|(k, &(field, on_grid, in_steps))| check(k, field, on_grid, in_steps)).collect()
}

/// Values of φ, c and ξ in every cell.
type Values = Vec<[f64; 3]>;

/// The chosen fields on one grid.
struct Trial {
    setup: Setup,
    solution: Solution,
}

impl Trial {
    fn new(lab: &Lab, layout: &Layout, cells: usize) -> Result<Self, VerifyError> {
        let setup = layout.setup(lab, cells)?;
        let solution = layout.solution(&setup);
        Ok(Self { setup, solution })
    }

    /// The chosen fields at a time.
    fn exact(&self, time: f64) -> Values {
        let equations = Equations { setup: &self.setup, solution: &self.solution, time };
        let (thermal, c0) = (GAS * self.setup.temperature / FARADAY, self.setup.top.c0);
        over_cells(&self.setup.grid, |x| {
            let [xi, phi, c] = equations.fields(x);
            [phi / thermal, c / c0, xi]
        })
    }

    /// What the solver makes of them.
    fn runs(&self, lab: &Lab, runs: &Runs) -> Result<[Values; 3], VerifyError> {
        let [long, middle, short] = runs.steps.map(|steps| self.run(lab, runs.time, steps));
        Ok([long?, middle?, short?])
    }

    fn run(&self, lab: &Lab, time: f64, steps: usize) -> Result<Values, VerifyError> {
        lab.with(&self.setup, |s| {
            follow(s, &self.solution, time, steps)?;
            let state = s.sim.backend().state()?;
            let reference = s.sim.clock().phi_reference / s.sim.scales().potential;
            Ok((0..state.xi.len()).map(|i| [reference + state.phi[i], 1.0 + state.c[i], state.xi[i]]).collect())
        })
    }
}

/// Weighted root mean squares of `of` − `from`; weights are those of `from`.
fn distance(of: &Values, from: &Values) -> [f64; 3] {
    let (mut squares, mut weights) = ([0.0; 3], [0.0; 3]);
    for (a, b) in of.iter().zip(from) {
        let xi = b[2];
        for (k, weight) in [1.0 - xi, 1.0 - xi, xi * (1.0 - xi)].into_iter().enumerate() {
            squares[k] += weight * (a[k] - b[k]).powi(2);
            weights[k] += weight;
        }
    }
    std::array::from_fn(|k| (squares[k] / weights[k]).sqrt())
}

/// The limit dt → 0 of runs each of which takes twice as many steps as the one before: the terms in dt and dt² fall out.
fn limit([long, middle, short]: &[Values; 3]) -> Values {
    let one = |i: usize, k: usize| (8.0 * short[i][k] - 6.0 * middle[i][k] + long[i][k]) / 3.0;
    (0..short.len()).map(|i| std::array::from_fn(|k| one(i, k))).collect()
}

impl Layout {
    fn setup(&self, lab: &Lab, cells: usize) -> Result<Setup, VerifyError> {
        let mut setup = lab.config("manufactured", &[])?;
        let along = |axis: usize| if self.waves.iter().any(|wave| wave[axis] != 0.0) { self.width } else { 0.0 };
        let count = |length: f64| ((length * cells as f64).round() as usize).max(1);
        setup.grid = Grid { nx: count(along(0)), ny: count(along(1)), nz: count(HEIGHT), dx: setup.ell / cells as f64 };
        if self.open {
            setup.top.control = Control::Potential(setup.top.initial_potential);
            setup.top.salt = Salt::Reservoir;
        }
        Ok(setup)
    }

    fn solution(&self, setup: &Setup) -> Solution {
        let (ell, c0, phi0) = (setup.ell, setup.top.c0, -setup.top.initial_potential);
        let pi = std::f64::consts::PI;
        let omega = 2.0 * pi / PERIOD;
        let across = |modes: f64| (if self.open { modes - 0.5 } else { modes }) * pi / (HEIGHT * ell);
        let share = 1.0 / self.waves.len() as f64;
        let mut q = Chosen::plane((0.5 * HEIGHT - 0.15) * ell, 0.3 * ell / ADVANCE, -1.0);
        let mut phi = Chosen::plane(phi0, 0.0, 0.0).standing(8e-3, [0.0, 0.0, across(1.0)], 0.0, 0.0);
        let mut c = Chosen::plane(c0, 0.0, 0.0).standing(-0.06 * c0, [0.0, 0.0, across(1.0)], 0.7 * omega, 0.3);
        for (number, wave) in self.waves.iter().enumerate() {
            let [x, y] = wave.map(|waves| 2.0 * pi * waves / (self.width * ell));
            let shift = number as f64;
            q = q.travelling(0.4 * share * ell, [x, y, 0.0], omega, shift).travelling(
                0.15 * share * ell,
                [x, y, 2.0 * pi / (12.0 * ell)],
                -0.5 * omega,
                1.0 - shift,
            );
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
    let (scales, reference) = (*s.sim.scales(), -setup.top.initial_potential);
    let fields = over_cells(&setup.grid, |x| {
        let [xi, phi, c] = start.fields(x);
        let current = start.current(x, &solution.q.at(x, 0.0));
        [xi, (phi - reference) / scales.potential, c / scales.concentration - 1.0, current / scales.current]
    });
    let part = |k: usize| fields.iter().map(|field| field[k]).collect();
    s.begin_from(&State::at_rest(part(0), part(1), part(2), part(3)))?;
    let in_interface = fields.iter().filter(|[xi, ..]| xi * (1.0 - xi) > IN_INTERFACE);
    let mut largest = in_interface.map(|[.., current]| current.abs()).fold(0.0, f64::max);
    let dt = time / steps as f64;
    for step in 1..=steps {
        let b = RESTORATION * setup.ell * largest * scales.current * LITHIUM_MOLAR_VOLUME / FARADAY;
        let forcing = forcing(s, solution, step as f64 * dt, dt, b);
        s.sim.backend().force(Some(forcing))?;
        largest = s.step_by(dt)?.balance.largest_current;
    }
    Ok(())
}

/// The sources of a step of `dt` that ends at `time`, the profile being restored with the strength `b` \[m²/s\].
fn forcing(s: &Specimen, solution: &Solution, time: f64, dt: f64, b: f64) -> Forcing {
    let (setup, unit) = (s.setup, s.setup.grid.dx / s.sim.scales().current);
    let equations = Equations { setup, solution, time };
    let cells = over_cells(&setup.grid, |x| {
        let left = equations.left(x);
        let [now, before] = [time, time - dt].map(|time| equations.xi(solution.q.at(x, time).value));
        ([left.charge * unit, left.salt * unit], (now - before) - dt * (left.growth + b * left.restoration))
    });
    let (equations, xi) = cells.into_iter().unzip();
    Forcing { equations, xi }
}

/// `value` at the centre of every cell \[m\].
fn over_cells<T: Send>(grid: &Grid, value: impl Fn([f64; 3]) -> T + Sync) -> Vec<T> {
    (0..grid.cells()).into_par_iter().map(|cell| value(grid.centre(cell))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::device::DeviceChoice;

    const LAB: Lab = Lab { device: DeviceChoice::Cpu, quick: true };

    /// Sources of zero are no sources, to the bit; others act, until they are taken away.
    #[test]
    fn no_sources_change_nothing() {
        let setup = XZ.setup(&LAB, 2).unwrap();
        let cells = setup.grid.cells();
        let step = |charge: f64, taken_away: bool| {
            let forcing = Forcing { equations: vec![[charge, 0.0]; cells], xi: vec![0.0; cells] };
            let run = |s: &mut Specimen| {
                s.sim.backend().force(Some(forcing))?;
                if taken_away {
                    s.sim.backend().force(None)?;
                }
                s.step_by(0.01)?;
                Ok(s.sim.backend().state()?)
            };
            LAB.with(&setup, run).unwrap()
        };
        let free = step(0.0, true);
        assert_eq!(step(0.0, false), free);
        assert_eq!(step(1e-6, true), free);
        assert_ne!(step(1e-6, false), free);
    }

    /// A flat front whose slope is 1 between uniform fields leaves its reaction, and its profile nothing to restore.
    #[test]
    fn a_flat_front_leaves_its_reaction() {
        let setup = XZ.setup(&LAB, 2).unwrap();
        let uniform = |value| Chosen::plane(value, 0.0, 0.0);
        let solution = Solution { q: Chosen::plane(5e-6, 1e-7, -1.0), phi: uniform(0.06), c: uniform(1000.0) };
        let equations = Equations { setup: &setup, solution: &solution, time: 2.0 };
        let x = [0.0, 0.0, 4e-6];
        let current = equations.current(x, &solution.q.at(x, 2.0));
        let [xi, ..] = equations.fields(x);
        let reaction = current * xi * (1.0 - xi) / setup.ell;
        let left = equations.left(x);
        let anions = 1.0 - setup.electrolyte.at(1000.0, setup.temperature).transference;
        assert!(current > 100.0 && (left.charge / reaction - 1.0).abs() < 1e-9);
        assert!((left.salt / (anions * reaction) - 1.0).abs() < 1e-9);
        assert!((left.growth / (LITHIUM_MOLAR_VOLUME / FARADAY * reaction) - 1.0).abs() < 1e-12);
        assert!(left.restoration.abs() * setup.ell * setup.ell < 1e-9);
    }
}
