//! One finger in a periodic channel of the width W = 2a: Saffman and Taylor's, with surface tension and kinetic undercooling.
//!
//! On the front φ = (γV_m/F) K + i/g, far ahead the current density is I, so that a flat front would move with V = V_m I/F. With
//! ρ the radius of the tip, U its speed, λ = V/U, θ the direction of the front and q its speed along it, all steady, McLean and
//! Saffman's equations (J. Fluid Mech. 102, 455, 1981) with a second term for the kinetics are, p from the tip to the tail,
//!
//! ```text
//! (kMS/π²) q d/dp(q dθ/dp) − κ/(g a (1 − λ)) q d/dp(sin θ) − q + cos θ = 0,      kMS = (γV_m²κ/F²) π²/(U (1 − λ)² a²)
//! ln q(p) = −PV∫₀^∞ θ(s)/(exp(−π(s − p)) − 1) ds,   θ(0) = −π/2,   θ(∞) = 0,   ln(1 − λ) = ∫₀^∞ θ dp
//! ```
//!
//! The numbers of [`RUNS`] are their solutions with 300 and 600 points, extrapolated; λ is known to 3e-4. scripts/finger.py solves them too.
//!
//! A run begins with a long finger without surface tension of another width and speed, and finds its own: what is wrong falls by a
//! factor of e in 0.36 W of growth (2026-11-28, run A from fingers that filled 0.5 and 0.66 of the channel: after 2 W both have a
//! tip speed of 1.515 V, one from above and one from below). The start is chosen not to be far off, and the
//! measurement begins 0.75 W later. The tails need not be long: the field falls by a factor of e in 0.11 W into the gap
//! between them.

use super::check::order;
use super::saffman::{self, Shape};
use super::survey::Distance;
use super::{Case, Check, Lab, Specimen, VerifyError};
use crate::mechanisms::crystal::Crystal;
use crate::model::constants::{FARADAY, LITHIUM_MOLAR_VOLUME};
use crate::model::keys::defaults;
use crate::model::parameters::{Control, Setup};

/// The case.
pub const CASE: Case = Case {
    name: "finger",
    about: "a finger in a channel, surface tension and kinetics: speed and radius of its tip",
    source: "McLean & Saffman's equations for the steady finger, with kinetic undercooling",
    quick: false,
    run,
};

/// A finger, the grid and the time step it is tried with, and what is known of it.
#[derive(Clone, Copy)]
pub(super) struct Run {
    pub name: &'static str,
    /// mean current density \[A/m²\]
    pub current: f64,
    /// exchange current density \[A/m²\]
    pub i0: f64,
    /// cells a period
    pub cells: usize,
    /// limit of the movement in a step \[cells\]; none: the default
    pub cfl: Option<f64>,
    /// part of the channel that the finger fills with which the run begins
    pub start: f64,
    /// U/V, and its largest relative error
    pub speed: [f64; 2],
    /// ρ/a, and its largest relative error
    pub radius: [f64; 2],
    /// largest deviation of the speed over a cell from the mean that is allowed, relative to the mean
    pub wobble: f64,
    /// growth before the measurement \[W\]
    pub settling: f64,
    /// the radius is that of z = h − x²/2ρ + s x⁴ … through the surface as far as this on either side of the axis \[W\]. A parabola alone would have
    /// to keep so close to the axis that it feels single cells, as the curvature of q in one cell does
    pub reach: f64,
    /// even terms of that polynomial
    pub terms: usize,
    /// ε₄ of the surface energy γ (1 + ε₄ cos 4θ), and of the kinetics, 1/g (1 − ε₄ cos 4θ)
    pub crystal: [f64; 2],
}

const A: Run = Run {
    name: "A",
    current: 74.359,
    i0: 3.212e4,
    cells: 64,
    cfl: None,
    start: 0.58,
    speed: [1.5143, 0.003],
    radius: [0.4967, 0.01],
    wobble: 0.002,
    settling: 0.75,
    reach: 0.125,
    terms: 3,
    crystal: [0.0; 2],
};
const B: Run = Run {
    name: "B",
    current: 44.662,
    i0: 1.606e5,
    cells: 64,
    cfl: None,
    start: 0.54,
    speed: [1.7039, 0.005],
    radius: [0.4125, 0.01],
    wobble: 0.002,
    settling: 0.75,
    reach: 0.125,
    terms: 3,
    crystal: [0.0; 2],
};
/// What is run at the default time step, which capillarity limits.
const RUNS: &[Run] = &[A, B];

/// Cells a period of the run from which the order in the grid is counted.
const COARSE: usize = 32;
/// Limits of the movement in a step with which the order in the time step is looked for, on the coarse grid; capillarity would allow 0.147.
const STEPS: [f64; 3] = [0.14, 0.07, 0.035];
/// Order that both must have.
const ORDER: f64 = 1.8;
/// Part of the speed that half a step more may change.
const BY_STEP: f64 = 1e-3;

/// Lithium below the troughs \[cells\].
const BELOW: f64 = 6.0;
/// Length of the finger at the start, and electrolyte above the tip at the end \[W\]. From the top the tip's own field comes back weaker by
/// exp(−4π · 0.75).
const LENGTH: f64 = 0.75;
const ABOVE: f64 = 0.75;
/// Growth during the measurement \[ρ\].
const WATCHED: f64 = 2.0;
/// Places on either side that the fit looks at.
const PLACES: usize = 16;

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let mut checks = Vec::new();
    for run in RUNS {
        checks.append(&mut run.checks(lab)?);
    }
    let of_step = |cfl: f64| Run { cells: COARSE, cfl: Some(cfl), ..A }.tip(lab);
    let [whole, half, quarter] = [of_step(STEPS[0])?, of_step(STEPS[1])?, of_step(STEPS[2])?].map(|tip| tip.speed);
    let (change, next) = (whole - half, half - quarter);
    checks.push(
        Check::absolute(
            format!("A, {COARSE} cells: change of speed from cfl {} to {}", STEPS[1], STEPS[2]),
            next,
            0.0,
            BY_STEP,
        )
        .with_order(order(change, next, STEPS[0] / STEPS[1]), ORDER),
    );
    // what the time step leaves out is a twentieth of what the coarse grid does
    let (coarse, fine) = (quarter / A.speed[0] - 1.0, checks[0].computed / A.speed[0] - 1.0);
    checks[0] = checks[0].clone().with_order(order(coarse, fine, A.cells as f64 / COARSE as f64), ORDER);
    Ok(checks)
}

/// What is measured of a tip.
struct Tip {
    /// U/V
    speed: f64,
    /// ρ/a
    radius: f64,
    /// largest deviation of the speed over a cell from U, over U
    wobble: f64,
}

impl Run {
    fn setup(&self, lab: &Lab) -> Result<Setup, VerifyError> {
        let mut setup = lab.config("finger", &[])?;
        let width = setup.grid.nx as f64 * setup.grid.dx;
        let growth = self.settling + 0.5 * WATCHED * self.radius[0];
        let height = (LENGTH + growth + ABOVE) * self.cells as f64 + BELOW;
        setup.grid.dx = width / self.cells as f64;
        setup.ell = setup.grid.dx;
        (setup.grid.nx, setup.grid.nz) = (self.cells, height.ceil() as usize);
        setup.kinetics.i0 = self.i0;
        self.grow_crystal(&mut setup);
        setup.top.control = Control::Current(self.current);
        setup.time_step.cfl = self.cfl.unwrap_or(setup.time_step.cfl);
        Ok(setup)
    }

    /// Makes lithium a crystal whose axes are those of the box. In the plane of two of them Σ mᵢ⁴ is (3 + cos 4θ)/4.
    fn grow_crystal(&self, setup: &mut Setup) {
        let [energy, kinetics] = self.crystal;
        if self.crystal == [0.0; 2] {
            return;
        }
        let (of_energy, of_kinetics) = (1.0 - 0.6 * energy, 1.0 + 0.6 * kinetics);
        setup.kinetics.gamma *= of_energy;
        setup.kinetics.i0 /= of_kinetics;
        let (gamma_e1, kinetic_e1) = (4.0 * energy / of_energy, -4.0 * kinetics / of_kinetics);
        setup.mechanisms.crystal = Some(Crystal { gamma_e1, kinetic_e1, ..defaults() });
    }

    fn tip(&self, lab: &Lab) -> Result<Tip, VerifyError> {
        lab.with(&self.setup(lab)?, |s| self.measure(s))
    }

    /// Speed and radius of the tip, and how steady it is.
    pub fn checks(&self, lab: &Lab) -> Result<Vec<Check>, VerifyError> {
        let tip = self.tip(lab)?;
        let name = |what: &str| format!("{}, {} cells: {what}", self.name, self.cells);
        Ok(vec![
            Check::relative(name("tip speed [V]"), tip.speed, self.speed[0], self.speed[1]),
            Check::relative(name("tip radius [W/2]"), tip.radius, self.radius[0], self.radius[1]),
            Check::absolute(name("largest change of speed"), tip.wobble, 0.0, self.wobble),
        ])
    }

    fn measure(&self, s: &mut Specimen) -> Result<Tip, VerifyError> {
        let width = self.cells as f64;
        let start = Shape::of_height(self.start, LENGTH * std::f64::consts::TAU);
        s.begin_from(&saffman::state(s.setup, start, BELOW + 0.5 * LENGTH * width))?;
        let from = BELOW + (LENGTH + self.settling) * width;
        let to = from + 0.5 * WATCHED * self.radius[0] * width;
        let speed = LITHIUM_MOLAR_VOLUME / FARADAY * self.current / s.setup.grid.dx;
        // times in which a flat front would move by a cell, heights and radii in cells
        let (mut course, mut radii) = (Vec::new(), Vec::new());
        loop {
            s.step(f64::INFINITY)?;
            let distance = s.distance()?;
            let tip = surface(&distance, 0.5 * width, 0.5 * BELOW)?;
            if tip >= from {
                course.push([s.sim.clock().time * speed, tip]);
                radii.push(radius(&distance, 0.5 * width, tip, self.reach * width, self.terms)?);
            }
            if tip >= to {
                break;
            }
        }
        let mean = slope(&course);
        let speeds = over_cells(&course);
        let wobble = speeds.iter().map(|speed| (speed / mean - 1.0).abs()).fold(0.0, f64::max);
        let radius = radii.iter().sum::<f64>() / radii.len() as f64;
        Ok(Tip { speed: mean, radius: radius / (0.5 * width), wobble })
    }
}

/// Height of the surface over a place `inside` the lithium, in the column at `x` \[cells\].
fn surface(distance: &Distance, x: f64, inside: f64) -> Result<f64, VerifyError> {
    Ok(inside + distance.radius([x, 0.5, inside], [0.0, 0.0, 1.0])?)
}

/// Radius of the tip on the axis at `x`, from the surface as far as `reach` from there \[cells\], by a polynomial of so many even terms.
fn radius(distance: &Distance, x: f64, tip: f64, reach: f64, terms: usize) -> Result<f64, VerifyError> {
    // even in u = x/reach: the two sides are taken together
    let mut points = Vec::new();
    for k in -(PLACES as i32)..=PLACES as i32 {
        let u = f64::from(k) / PLACES as f64;
        points.push([u * u, surface(distance, x + u * reach, tip - 2.0 * reach)?]);
    }
    Ok(-0.5 * reach * reach / even_fit(&points, terms)[1])
}

/// Coefficients of 1, v, v² … by least squares, from points (v, z).
fn even_fit(points: &[[f64; 2]], terms: usize) -> Vec<f64> {
    let mean =
        |value: &dyn Fn(f64, f64) -> f64| points.iter().map(|&[v, z]| value(v, z)).sum::<f64>() / points.len() as f64;
    let mut rows: Vec<Vec<f64>> = (0..terms)
        .map(|i| {
            let moments = (0..terms).map(|j| mean(&|v, _| v.powi((i + j) as i32)));
            moments.chain([mean(&|v, z| z * v.powi(i as i32))]).collect()
        })
        .collect();
    // elimination; the normal equations are positive definite and need no pivots
    for i in 0..terms {
        let pivot = rows[i].clone();
        for (j, row) in rows.iter_mut().enumerate() {
            if j != i {
                let factor = row[i] / pivot[i];
                row.iter_mut().zip(&pivot).for_each(|(value, pivot)| *value -= factor * pivot);
            }
        }
    }
    rows.iter().enumerate().map(|(i, row)| row[terms] / row[i]).collect()
}

/// Slope of the straight line through points, by least squares.
fn slope(points: &[[f64; 2]]) -> f64 {
    let n = points.len() as f64;
    let [x, y] = [0, 1].map(|axis| points.iter().map(|point| point[axis]).sum::<f64>() / n);
    let (mut square, mut product) = (0.0, 0.0);
    for point in points {
        square += (point[0] - x) * (point[0] - x);
        product += (point[0] - x) * (point[1] - y);
    }
    product / square
}

/// Mean speeds over one cell after the other, from times and heights.
fn over_cells(course: &[[f64; 2]]) -> Vec<f64> {
    let mut times = Vec::new();
    for pair in course.windows(2) {
        let ([t0, z0], [t1, z1]) = (pair[0], pair[1]);
        if z1.floor() > z0.floor() {
            times.push(t0 + (z1.floor() - z0) / (z1 - z0) * (t1 - t0));
        }
    }
    times.windows(2).map(|pair| 1.0 / (pair[1] - pair[0])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fit_finds_the_polynomial_that_the_points_lie_on() {
        let of = |v: f64| 2.0 - 3.0 * v + 0.5 * v * v - 0.25 * v * v * v;
        let points: Vec<[f64; 2]> = (0..20).map(|k| f64::from(k) / 19.0).map(|v| [v, of(v)]).collect();
        let found = even_fit(&points, 4);
        assert!(found.iter().zip([2.0, -3.0, 0.5, -0.25]).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?}");
    }
}
