//! Modes of the shape of a plating sphere and a plating cylinder: r = R + ε P_l(cos θ), r = R + ε cos nθ.
//!
//! With the current density I on a body of the radius R in an unbounded electrolyte, quasi-steady, Γ = γ V_m/F and β = gR/κ,
//! g = ∂i/∂η, the amplitude of a small mode grows by (Mullins and Sekerka, here with the reaction's resistance)
//!
//! ```text
//! sphere     dε/dt / ε = (V_m/F) (l − 1) β/(β + l + 1) [I/R − κΓ (l + 1)(l + 2)/R³]
//! cylinder   dε/dt / ε = (V_m/F) (n − 1) β/(β + n)     [I/R − κΓ n(n + 1)/R³]
//! ```
//!
//! and R itself by (V_m/F) I/R: the mode grows relative to the body where the ratio of the two, the exponent in ε ∝ R^p, is above 1,
//! without surface tension where β > (l + 1)/(l − 2) or n/(n − 2). Of the exponent, 1/p is a straight line in 1/β.
//!
//! The current comes from a shell of sources around the body. Its field ends at the shell, so that the box around it, periodic and
//! insulated, does not disturb the round body at all. What a mode adds to the potential falls with (R/r)^N, N = l + 1 or n, and the
//! images in the periodic box add to it for a mode of two waves, with W the side of the box,
//!
//! ```text
//! s = 6 Σ P₄(cos θ)/d⁵ (R/W)⁵  (sphere, cubic lattice),      s = 3 Σ 1/d⁴ (R/W)⁴  (cylinder, square lattice, d complex)
//! ```
//!
//! times (r/R)^l or (r/R)^n of it. With N = (l + 1 − l s)/(1 + s), or n (1 − s)/(1 + s), in the place of l + 1 or n,
//!
//! ```text
//! p = β/(β + N) [N − D − κΓ N C/(I R²)],      D = 2, C = l (l + 1) − 2,   or D = 1, C = n² − 1
//! ```
//!
//! is what the formulas above say for s = 0, and exact in the box: N is how the field gathers on a tip, D how the body's growth thins it.
//! Images of more waves are 1e-3 of a mode and less.
//!
//! Two bodies with opposite perturbations are compared: half of the difference of their radii, projected on the mode, is the
//! amplitude, without what the grid does to a round body and without terms of second order.
//!
//! p is what N leaves after D, and an error in N is one of three times as much in p where l = 2. It falls as (ℓ/R)². On one grid the
//! sphere's p are 25 to 34 % low at R = 9.9 ℓ in the middle of the measurement and 12 to 15 % at 14.8 ℓ (53 and 26 % with l = 4 half
//! stopped by surface tension), the cylinder's 1 to 4 % at 21 ℓ, 4 to 11 % at 13 ℓ (2026-11-28). The sphere is therefore compared as
//! extrapolated from two grids.

use super::check::order;
use super::survey::direction;
use super::{Case, Check, Lab, Specimen, VerifyError};
use crate::model::constants::{FARADAY, GAS, LITHIUM_MOLAR_VOLUME};
use crate::model::parameters::{InitialDeposit, Setup};
use crate::model::profile;
use crate::sim::start::initial_state;
use crate::solver::backend::{Forcing, State};

/// The case.
pub const CASE: Case = Case {
    name: "modes",
    about: "modes of the shape of a plating cylinder and sphere: their growth over that of the radius",
    source: "(l−1) β/(β+l+1) [1 − κΓ(l+1)(l+2)/(IR²)] and (n−1) β/(β+n) [1 − κΓ n(n+1)/(IR²)], β = gR/κ",
    quick: true,
    run,
};

/// Largest relative error of an exponent, and of the β above which a mode grows relative to the body.
const EXPONENT: f64 = 0.05;
const THRESHOLD: f64 = 0.1;
/// Least order in ℓ/R that must be observed where grids are compared.
const ORDER: f64 = 1.6;
/// Ratios of kinetics to conduction in the middle of the measurement.
const BETA: [f64; 3] = [1.0, 4.0, 20.0];
/// Surface tension over what would stop the highest mode, and the β it is tried at.
const CAPILLARY: (f64, f64) = (0.5, 4.0);
/// Amplitude of every mode \[cells\].
const AMPLITUDE: f64 = 0.1;
/// Growth before the measurement and to its end \[radius at the start\].
const GROWTH: [f64; 2] = [0.03, 0.11];
/// Mean current density on the body at the start \[A/m²\]: a few microvolts across a cell, and kinetics is linear.
const CURRENT: f64 = 0.1;
/// Distance of the shell of sources from the box, and its standard deviation \[cells\].
const SHELL: [f64; 2] = [5.0, 1.5];

/// A sphere or a cylinder and its modes.
struct Body {
    name: &'static str,
    /// 2 for a cylinder, 3 for a sphere
    dimensions: usize,
    /// cells along the sides of the box: of two grids the results are extrapolated
    cells: &'static [usize],
    /// radius at the start \[side of the box\]
    radius: f64,
    /// l or n
    modes: &'static [usize],
    /// s of the images, over (R/W)⁴ or (R/W)⁵
    images: f64,
}

const CYLINDER: Body =
    Body { name: "cylinder", dimensions: 2, cells: &[160], radius: 0.139, modes: &[2, 3, 4], images: 3.0 * 3.1512 };
const SPHERE: Body =
    Body { name: "sphere", dimensions: 3, cells: &[40, 60], radius: 0.23, modes: &[2, 4], images: 6.0 * 3.108 };

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let refusal = lab.with(&lab.config("modes", &[])?, |s| {
        let cells = s.setup.grid.cells();
        Ok(s.sim.backend().force(Some(Forcing { equations: vec![[0.0; 2]; cells], xi: vec![0.0; cells] })).err())
    })?;
    if let Some(reason) = refusal {
        return Ok(vec![Check::skipped(reason)]);
    }
    let mut checks = CYLINDER.checks(lab)?;
    if !lab.quick {
        checks.append(&mut SPHERE.checks(lab)?);
    }
    Ok(checks)
}

/// d ln ε/d ln R of a mode.
struct Growth {
    /// of the finest grid, or extrapolated
    computed: f64,
    /// observed order in ℓ/R, where grids are compared
    order: Option<f64>,
    exact: f64,
}

impl Body {
    fn checks(&self, lab: &Lab) -> Result<Vec<Check>, VerifyError> {
        let (mut checks, mut measured) = (Vec::new(), Vec::new());
        for beta in BETA {
            measured.push(self.compare(lab, beta, 0.0, &mut checks)?);
        }
        for (m, &mode) in self.modes.iter().enumerate().filter(|(_, mode)| **mode > 2) {
            // 1/p is linear in 1/β; the threshold lies between the first two
            let [low, high] = [0, 1].map(|k| 1.0 / measured[k][m]);
            let [from, to] = [1.0 / BETA[0], 1.0 / BETA[1]];
            let threshold = 1.0 / (from + (1.0 - low) / (high - low) * (to - from));
            let exact = self.falls(mode) / (mode as f64 - 2.0);
            let name = format!("{} {mode}: β above which it grows relative to R", self.name);
            checks.push(Check::relative(name, threshold, exact, THRESHOLD));
        }
        if !lab.quick {
            let (tension, beta) = CAPILLARY;
            self.compare(lab, beta, tension, &mut checks)?;
        }
        Ok(checks)
    }

    /// Exponents of all modes, and their checks.
    fn compare(&self, lab: &Lab, beta: f64, tension: f64, checks: &mut Vec<Check>) -> Result<Vec<f64>, VerifyError> {
        let with = if tension > 0.0 { ", surface tension" } else { "" };
        let growths = self.growths(lab, beta, tension)?;
        for (&mode, growth) in self.modes.iter().zip(&growths) {
            let name = format!("{} {mode}, β = {beta}{with}: d ln ε/d ln R", self.name);
            let check = Check::relative(name, growth.computed, growth.exact, EXPONENT);
            checks.push(growth.order.map_or(check.clone(), |order| check.with_order(order, ORDER)));
        }
        Ok(growths.iter().map(|growth| growth.computed).collect())
    }

    /// Exponents of all modes, extrapolated if there is more than one grid.
    fn growths(&self, lab: &Lab, beta: f64, tension: f64) -> Result<Vec<Growth>, VerifyError> {
        let mut grids = Vec::new();
        for &cells in self.cells {
            grids.push(self.exponents(lab, cells, beta, tension)?);
        }
        let growth = |m: usize| {
            let exact = self.exact(self.modes[m], beta, tension);
            match (&grids[..], self.cells) {
                ([coarse, fine], &[few, many]) => {
                    let ratio = many as f64 / few as f64;
                    let computed = fine[m] + (fine[m] - coarse[m]) / (ratio * ratio - 1.0);
                    let order = order(coarse[m] - exact, fine[m] - exact, ratio);
                    Growth { computed, order: Some(order), exact }
                }
                _ => Growth { computed: grids[0][m], order: None, exact },
            }
        };
        Ok((0..self.modes.len()).map(growth).collect())
    }

    /// N in an unbounded electrolyte.
    fn falls(&self, mode: usize) -> f64 {
        (mode + self.dimensions - 2) as f64
    }

    /// C: how much more a mode is curved than the body.
    fn curved(&self, mode: usize) -> f64 {
        self.falls(mode) * mode as f64 - (self.dimensions - 1) as f64
    }

    /// d ln ε/d ln R in the mean over the measurement; see [`Body::exponents`].
    fn exact(&self, mode: usize, beta: f64, tension: f64) -> f64 {
        let [first, last] = GROWTH.map(|growth| 1.0 + growth);
        let middle = (first * last).sqrt();
        let (dilution, highest) = ((self.dimensions - 1) as f64, self.modes[self.modes.len() - 1]);
        let at = |radius: f64| {
            let images = match mode {
                2 => self.images * (self.radius * radius).powi(self.dimensions as i32 + 2),
                _ => 0.0,
            };
            let falls = (self.falls(mode) - mode as f64 * images) / (1.0 + images);
            let beta = beta * radius / middle;
            // κΓ/(I R²), I falling as R^(1 − dimensions)
            let tension = tension / self.stops(highest) * (radius / middle).powi(self.dimensions as i32 - 3);
            beta / (beta + falls) * ((falls - dilution) - tension * falls * self.curved(mode))
        };
        // Simpson's rule over ln R
        (at(first) + 4.0 * at(middle) + at(last)) / 6.0
    }

    /// (l + 1)(l + 2) or n (n + 1): I R²/κΓ at which a mode does not grow.
    fn stops(&self, mode: usize) -> f64 {
        self.falls(mode) * self.curved(mode) / (mode as f64 - 1.0)
    }

    /// Value of a mode at the angle whose cosine is given.
    fn mode(&self, mode: usize, cosine: f64) -> f64 {
        let (mut before, mut now) = (1.0, cosine);
        for k in 1..mode {
            let k = k as f64;
            // Legendre's or Chebyshev's polynomials
            let [a, b] = if self.dimensions == 3 { [(2.0 * k + 1.0) / (k + 1.0), k / (k + 1.0)] } else { [2.0, 1.0] };
            (before, now) = (now, a * cosine * now - b * before);
        }
        now
    }

    /// d ln ε/d ln R of every mode on a grid, with `beta`, and surface tension over what would stop the highest mode, in the middle of
    /// the growth.
    fn exponents(&self, lab: &Lab, cells: usize, beta: f64, tension: f64) -> Result<Vec<f64>, VerifyError> {
        let ny = if self.dimensions == 3 { cells } else { 1 };
        let mut setup = lab.config("modes", &[format!("grid.cells=[{cells}, {ny}, {cells}]")])?;
        let kappa = setup.electrolyte.at(setup.top.c0, setup.temperature).kappa;
        let (dx, n) = (setup.grid.dx, self.dimensions as i32);
        let radius = self.radius * cells as f64;
        let [first, last] = GROWTH.map(|growth| 1.0 + growth);
        let middle = (first * last).sqrt();
        setup.kinetics.i0 = beta * kappa * GAS * setup.temperature / FARADAY / (middle * radius * dx);
        let stopped = CURRENT * middle.powi(1 - n) * (middle * radius * dx).powi(2) / kappa;
        let highest = self.modes[self.modes.len() - 1];
        setup.kinetics.gamma = tension * stopped / self.stops(highest) * FARADAY / LITHIUM_MOLAR_VOLUME;
        // time at which a round body has grown to a radius, over that at the start
        let speed = CURRENT * LITHIUM_MOLAR_VOLUME / FARADAY / (radius * dx);
        let time = |grown: f64| (grown.powi(n) - 1.0) / (f64::from(n) * speed);
        let amplitudes = |sign: f64| {
            lab.with(&setup, |s| {
                s.begin_from(&self.state(s.setup, sign * AMPLITUDE))?;
                let sources = self.sources(s);
                s.sim.backend().force(Some(sources))?;
                s.advance_to(time(first))?;
                let before = self.amplitudes(s)?;
                s.advance_to(time(last))?;
                Ok([before, self.amplitudes(s)?])
            })
        };
        let (plus, minus) = (amplitudes(1.0)?, amplitudes(-1.0)?);
        let [before, after] = [0, 1].map(|k| plus[k].iter().zip(&minus[k]).map(|(p, m)| p - m).collect::<Vec<_>>());
        Ok(before.iter().zip(&after).map(|(before, after)| (after / before).ln() / (last / first).ln()).collect())
    }

    fn centre(&self, setup: &Setup) -> [f64; 3] {
        [setup.grid.nx, setup.grid.ny, setup.grid.nz].map(|n| 0.5 * n as f64)
    }

    /// The body with all its modes of an amplitude \[cells\].
    fn state(&self, setup: &Setup, amplitude: f64) -> State {
        let mut round = setup.clone();
        round.deposit = InitialDeposit::None;
        let heights = vec![setup.collector.height; setup.grid.nx * setup.grid.ny];
        let mut state = initial_state(&round, &heights);
        let (centre, ell) = (self.centre(setup), setup.ell / setup.grid.dx);
        let radius = self.radius * setup.grid.nx as f64;
        for (cell, xi) in state.xi.iter_mut().enumerate() {
            let place = setup.grid.centre(cell).map(|v| v / setup.grid.dx);
            let [x, y, z]: [f64; 3] = std::array::from_fn(|axis| place[axis] - centre[axis]);
            let r = x.hypot(y).hypot(z);
            let wave: f64 = self.modes.iter().map(|&mode| self.mode(mode, z / r.max(1e-9))).sum();
            *xi = profile::fraction(radius + amplitude * wave - r, ell);
        }
        state
    }

    /// The shell that the current comes from.
    fn sources(&self, s: &Specimen) -> Forcing {
        let (grid, centre) = (&s.setup.grid, self.centre(s.setup));
        let [distance, width] = SHELL;
        let (shell, body) = (0.5 * grid.nx as f64 - distance, self.radius * grid.nx as f64);
        let density = |cell: usize| {
            let place = grid.centre(cell).map(|v| v / grid.dx);
            let square: f64 = (0..3).map(|axis| (place[axis] - centre[axis]).powi(2)).sum();
            (-0.5 * ((square.sqrt() - shell) / width).powi(2)).exp()
        };
        let densities: Vec<f64> = (0..grid.cells()).map(density).collect();
        let area =
            if self.dimensions == 3 { 4.0 * std::f64::consts::PI * body.powi(2) } else { std::f64::consts::TAU * body };
        let whole = CURRENT / s.sim.scales().current * area / densities.iter().sum::<f64>();
        let equations = densities.iter().map(|density| [whole * density, 0.0]).collect();
        Forcing { equations, xi: vec![0.0; grid.cells()] }
    }

    /// Amplitude of every mode \[cells\].
    fn amplitudes(&self, s: &mut Specimen) -> Result<Vec<f64>, VerifyError> {
        let (polar, azimuths) = if self.dimensions == 3 { (24, 16) } else { (192, 1) };
        let (distance, centre) = (s.distance()?, self.centre(s.setup));
        let mut sums = vec![[0.0; 2]; self.modes.len()];
        for p in 0..polar {
            let share = (p as f64 + 0.5) / f64::from(polar);
            // evenly over the circle, or over the cosine, which is evenly over the sphere
            let angle = if self.dimensions == 3 { (1.0 - 2.0 * share).acos() } else { std::f64::consts::TAU * share };
            for a in 0..azimuths {
                let azimuth = std::f64::consts::TAU * (f64::from(a) + 0.5) / f64::from(azimuths);
                let azimuth = if self.dimensions == 3 { azimuth } else { 0.0 };
                let radius = distance.radius(centre, direction(angle, azimuth))?;
                for (m, sum) in sums.iter_mut().enumerate() {
                    let weight = self.mode(self.modes[m], angle.cos());
                    *sum = [sum[0] + weight * radius, sum[1] + weight * weight];
                }
            }
        }
        Ok(sums.iter().map(|[sum, norm]| sum / norm).collect())
    }
}
