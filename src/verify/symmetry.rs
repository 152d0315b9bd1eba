//! A mirrored, turned or shifted box gives the mirrored, turned or shifted result, and a stopped run goes on as if it had
//! not been stopped.
//!
//! On the CPU this holds to the bit: the sums do not depend on the order of cells (src/cpu/sum.rs), neighbours and children
//! are added in mirrored pairs. One thing distinguishes places: multigrid pairs cells 2i and 2i + 1. A mirror, a right
//! angle and half a box map pairs onto pairs on every level if the cells along x and y are a power of two; the diagonal
//! does it on any grid. Any other shift moves the pairs, the preconditioner is a different one, and Newton's method stops
//! elsewhere within its tolerance: that run is held to twice the tolerance, once for each of the two. Its measure is the
//! difference of ξ over the way that ξ has gone, Σ steps ‖Δξ‖, without the nuclei, which are placed and not computed.
//!
//! In single precision the sums are two-float trees over x, then y, then z: mirror and half a box are still to the bit,
//! right angle and diagonal, which exchange x and y, are held to the tolerance.

use super::{Case, Check, Lab, VerifyError};
use crate::model::collector::Statics;
use crate::model::grid::Grid;
use crate::model::parameters::{Nucleation, Setup};
use crate::run::RunError;
use crate::sim::start::load_heights;
use crate::solver::backend::State;
use crate::solver::newton::STALLED;
use crate::solver::step::Clock;

/// The case.
pub const CASE: Case = Case {
    name: "symmetry",
    about: "mirror, right angle, shift and restart of a run with everything switched on",
    source: "the equations know no place and no direction in the plane of the copper",
    quick: false,
    run,
};

/// End of the runs \[s\].
const END: f64 = 60.0;

/// Where a column goes, and the size of the box there.
struct Motion {
    name: &'static str,
    to: fn(usize, usize, &Grid) -> (usize, usize),
    exchanges: bool,
}

const MIRROR: Motion = Motion { name: "mirror in x", to: |x, y, g| (g.nx - 1 - x, y), exchanges: false };
const TURN: Motion = Motion { name: "right angle", to: |x, y, g| (g.ny - 1 - y, x), exchanges: true };
const DIAGONAL: Motion = Motion { name: "mirror in the diagonal", to: |x, y, _| (y, x), exchanges: true };
const HALF: Motion = Motion {
    name: "shift by half the box",
    to: |x, y, g| ((x + g.nx / 2) % g.nx, (y + g.ny / 2) % g.ny),
    exchanges: false,
};
const SHIFT: Motion =
    Motion { name: "shift by 5 and 3 cells", to: |x, y, g| ((x + 5) % g.nx, (y + 3) % g.ny), exchanges: false };

impl Motion {
    fn grid(&self, grid: &Grid) -> Grid {
        if self.exchanges { Grid { nx: grid.ny, ny: grid.nx, ..*grid } } else { *grid }
    }

    /// A field of `planes` planes in its new place.
    fn field<T: Copy>(&self, grid: &Grid, field: &[T]) -> Vec<T> {
        let new = self.grid(grid);
        let plane = grid.nx * grid.ny;
        let mut out = field.to_vec();
        for (i, &value) in field.iter().enumerate() {
            let (x, y) = (self.to)(i % grid.nx, i % plane / grid.nx, grid);
            out[i / plane * plane + y * new.nx + x] = value;
        }
        out
    }

    fn setup(&self, setup: &Setup) -> Setup {
        let mut moved = setup.clone();
        moved.grid = self.grid(&setup.grid);
        if let Nucleation::Listed { nuclei } = &mut moved.nucleation {
            for nucleus in nuclei {
                let cell = |place: f64| (place / setup.grid.dx) as usize;
                let (x, y) = (self.to)(cell(nucleus.x), cell(nucleus.y), &setup.grid);
                (nucleus.x, nucleus.y) = ((x as f64 + 0.5) * setup.grid.dx, (y as f64 + 0.5) * setup.grid.dx);
            }
        }
        moved
    }
}

/// The fixed fields of a run: heights of the copper \[m\], fractions and areas.
struct Place {
    setup: Setup,
    heights: Vec<f64>,
    statics: Statics,
}

/// Where a run ended.
struct Outcome {
    state: State,
    clock: Clock,
    /// Σ steps ‖Δξ‖, without nuclei
    way: f64,
    tolerance: f64,
    single: bool,
}

impl Place {
    fn new(setup: Setup) -> Result<Self, VerifyError> {
        let heights = load_heights(&setup).map_err(RunError::Copper)?;
        let statics = Statics::new(&setup, &heights);
        Ok(Self { setup, heights, statics })
    }

    fn moved(&self, motion: &Motion) -> Self {
        let grid = &self.setup.grid;
        Self {
            setup: motion.setup(&self.setup),
            heights: motion.field(grid, &self.heights),
            statics: Statics {
                accessible: motion.field(grid, &self.statics.accessible),
                copper_area: motion.field(grid, &self.statics.copper_area),
                heterogeneity: motion.field(grid, &self.statics.heterogeneity),
                pattern: motion.field(grid, &self.statics.pattern),
            },
        }
    }

    /// Runs to the end, from the start or from what `from` holds; if `halfway` is given, only to that step.
    fn run(&self, lab: &Lab, from: Option<(&State, Clock)>, halfway: Option<u64>) -> Result<Outcome, VerifyError> {
        lab.with_copper(&self.setup, &self.heights, &self.statics, |s| {
            if let Some((state, clock)) = from {
                s.sim.backend().load(state)?;
                *s.sim.clock_mut() = clock;
            }
            let (mut way, mut before) = (0.0, s.sim.backend().state()?.xi);
            while s.sim.clock().time < END && halfway.is_none_or(|step| s.sim.clock().step < step) {
                let report = s.step(END)?;
                let xi = s.sim.backend().state()?.xi;
                if report.nuclei.is_empty() {
                    way += distance(&xi, &before);
                }
                before = xi;
            }
            let (tolerance, single) = (s.sim.backend().tolerance(), s.sim.backend().may_stall());
            Ok(Outcome { state: s.sim.backend().state()?, clock: s.sim.clock().clone(), way, tolerance, single })
        })
    }
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

/// Cells of all fields whose bits differ, and one for the clock.
fn differing(a: &State, b: &State, clocks: [&Clock; 2]) -> usize {
    let cells = |a: &[f64], b: &[f64]| a.iter().zip(b).filter(|(a, b)| a.to_bits() != b.to_bits()).count();
    let fields = a.each().zip(b.each()).map(|((_, a), (_, b))| cells(a, b));
    fields.sum::<usize>() + usize::from(clocks[0] != clocks[1])
}

fn moved_state(motion: &Motion, grid: &Grid, s: &State) -> State {
    s.map(|field| motion.field(grid, field))
}

/// Moves the box, runs it, and compares with the moved outcome of the box at rest.
fn compare(lab: &Lab, at_rest: &Place, outcome: &Outcome, motion: &Motion, bits: bool) -> Result<Check, VerifyError> {
    let there = at_rest.moved(motion).run(lab, None, None)?;
    let expected = moved_state(motion, &at_rest.setup.grid, &outcome.state);
    let [nx, ny] = [at_rest.setup.grid.nx, at_rest.setup.grid.ny];
    let name = format!("{}, {nx} × {ny}", motion.name);
    if bits && !(outcome.single && motion.exchanges) {
        let different = differing(&expected, &there.state, [&outcome.clock, &there.clock]);
        return Ok(Check::identical(format!("{name}: cells that differ"), different));
    }
    let tolerance = 2.0 * outcome.tolerance * if outcome.single { STALLED } else { 1.0 };
    let error = distance(&expected.xi, &there.state.xi) / outcome.way;
    Ok(Check::absolute(format!("{name}: ξ over its way"), error, 0.0, tolerance))
}

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let setup = lab.config("symmetry", &[])?;
    let square = Place::new(setup.clone())?;
    let outcome = square.run(lab, None, None)?;
    let mut checks = Vec::new();
    for motion in [&MIRROR, &TURN] {
        checks.push(compare(lab, &square, &outcome, motion, true)?);
    }
    checks.push(compare(lab, &square, &outcome, &SHIFT, false)?);
    checks.push(restart(lab, setup)?);
    if lab.quick {
        return Ok(checks);
    }
    checks.push(compare(lab, &square, &outcome, &HALF, true)?);
    let oblong = Place::new(lab.config("symmetry", &["grid.cells=[30, 27, 24]".into()])?)?;
    checks.push(compare(lab, &oblong, &oblong.run(lab, None, None)?, &DIAGONAL, true)?);
    Ok(checks)
}

/// A run with nuclei by chance, and the same stored at its 30th step and taken up by a new device.
fn restart(lab: &Lab, mut setup: Setup) -> Result<Check, VerifyError> {
    setup.nucleation = Nucleation::Poisson { rate: 2e14, barrier: 0.25, radius: 0.75e-6, seed: 1 };
    let place = Place::new(setup)?;
    let whole = place.run(lab, None, None)?;
    let half = place.run(lab, None, Some(30))?;
    let text = serde_json::to_string(&half.clock).map_err(|e| VerifyError::Case(e.to_string()))?;
    let clock = serde_json::from_str(&text).map_err(|e| VerifyError::Case(e.to_string()))?;
    let resumed = place.run(lab, Some((&half.state, clock)), None)?;
    if whole.clock.nuclei == 0 || whole.clock.step <= 30 {
        return Err(VerifyError::Case("the run that is to be restarted has no nuclei or is too short".into()));
    }
    let different = differing(&whole.state, &resumed.state, [&whole.clock, &resumed.clock]);
    Ok(Check::identical("restart at step 30: cells that differ", different))
}
