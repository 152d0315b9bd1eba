//! Saffman's fingers: the exact shapes of an interface that grows in a periodic channel without surface tension and with
//! infinitely fast kinetics (P. G. Saffman, Q. J. Mech. Appl. Math. 12, 146, 1959).
//!
//! The electrolyte ahead of the front is the image of the disk |ζ| < 1, and ln ζ is its potential; with lengths in W/2π, W the
//! period, z along the current, x across and A = 2 (1 − λ):
//!
//! ```text
//! z + i x = d(t) − ln ζ + A ln(1 − a(t) ζ),      ln a − 2 λ (1 − λ) ln(1 − a²) = Vt + const
//! ```
//!
//! Tip and trough are at ζ = −1 and 1, so that the one stands A ln[(1 + a)/(1 − a)] above the other. As a → 1 it becomes the finger of
//! Saffman and Taylor that fills the part λ of the channel.

use super::{Specimen, VerifyError};
use crate::model::parameters::Setup;
use crate::model::profile;
use crate::sim::start::initial_state;
use crate::solver::backend::State;

/// Points of the outline: the distance to the straight line between two of them is off by 1e-6 of the period.
const POINTS: usize = 2000;

/// One of the shapes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// part of the channel that a long finger fills
    pub lambda: f64,
    /// a: 0 for a flat front, 1 for an endless finger
    pub a: f64,
}

impl Shape {
    /// The shape of a height from trough to tip \[W/2π\].
    pub fn of_height(lambda: f64, height: f64) -> Self {
        Self { lambda, a: (0.25 * height / (1.0 - lambda)).tanh() }
    }

    /// Height from trough to tip \[W/2π\].
    pub fn height(&self) -> f64 {
        4.0 * (1.0 - self.lambda) * self.a.atanh()
    }

    /// What it has become when a flat front would have moved by `way` \[W/2π\].
    pub fn after(&self, way: f64) -> Self {
        let course = |a: f64| a.ln() - 2.0 * self.lambda * (1.0 - self.lambda) * (-a * a).ln_1p();
        let wanted = course(self.a) + way;
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            *(if course(middle) < wanted { &mut low } else { &mut high }) = middle;
        }
        Self { a: 0.5 * (low + high), ..*self }
    }

    /// Points of one period from trough to trough: x from −π to π, z from the mean of trough and tip \[W/2π\].
    fn outline(&self) -> Vec<[f64; 2]> {
        let (amplitude, near) = (2.0 * (1.0 - self.lambda), 1.0 - self.a);
        let middle = 0.5 * amplitude * (-self.a * self.a).ln_1p();
        // the walls of a deep trough are the image of a small part of the circle
        let reach = (std::f64::consts::PI / near).asinh();
        let point = |k: usize| {
            let angle = near * (reach * (2.0 * k as f64 / POINTS as f64 - 1.0)).sinh();
            let [along, across] = [1.0 - self.a * angle.cos(), -self.a * angle.sin()];
            // the tip, where ζ = −1, in the middle
            let x = -angle + amplitude * across.atan2(along);
            [x - std::f64::consts::PI * x.signum(), amplitude * along.hypot(across).ln() - middle]
        };
        let mut points: Vec<_> = (0..POINTS).map(point).collect();
        points.sort_by(|one, other| one[0].total_cmp(&other[0]));
        points
    }
}

/// A lithium front of this shape, one period wide, its mean height between tip and trough at `middle` \[cells\], its tip in the
/// middle of the box: ξ of the signed distance to the outline.
pub fn state(setup: &Setup, shape: Shape, middle: f64) -> State {
    let (nx, ell) = (setup.grid.nx as f64, setup.ell / setup.grid.dx);
    let unit = nx / std::f64::consts::TAU;
    let points: Vec<_> = shape.outline().iter().map(|[x, z]| [unit * x + 0.5 * nx, unit * z + middle]).collect();
    let heights = vec![setup.collector.height; setup.grid.nx * setup.grid.ny];
    let mut state = initial_state(setup, &heights);
    for (cell, xi) in state.xi.iter_mut().enumerate() {
        let [x, _, z] = setup.grid.centre(cell).map(|v| v / setup.grid.dx);
        *xi = profile::fraction(depth(&points, nx, [x, z]), ell);
    }
    state
}

/// Distance of a place below the outline through `points`, which goes on with the period `width`.
fn depth(points: &[[f64; 2]], width: f64, [x, z]: [f64; 2]) -> f64 {
    let around = |d: f64| d - width * (d / width).round();
    let (mut square, mut below) = (f64::INFINITY, false);
    for (k, from) in points.iter().enumerate() {
        let to = points[(k + 1) % points.len()];
        let way = [around(to[0] - from[0]), to[1] - from[1]];
        let here = [around(x - from[0]), z - from[1]];
        let length = way[0] * way[0] + way[1] * way[1];
        let along = if length > 0.0 { (here[0] * way[0] + here[1] * way[1]) / length } else { 0.0 };
        let share = along.clamp(0.0, 1.0);
        square = square.min((here[0] - share * way[0]).powi(2) + (here[1] - share * way[1]).powi(2));
        if (0.0..way[0]).contains(&here[0]) {
            below = here[1] < way[1] * here[0] / way[0];
        }
    }
    if below { square.sqrt() } else { -square.sqrt() }
}

/// Heights of tip and trough \[cells\].
pub fn tip_and_trough(s: &mut Specimen, inside: f64) -> Result<[f64; 2], VerifyError> {
    let distance = s.distance()?;
    let height = |x: f64| Ok::<_, VerifyError>(inside + distance.radius([x, 0.5, inside], [0.0, 0.0, 1.0])?);
    Ok([height(0.5 * s.setup.grid.nx as f64)?, height(0.0)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ripple_becomes_the_fingers_that_saffman_gives() {
        let ripple = Shape { lambda: 0.5, a: 0.2 };
        let heights = [0.0, 1.0, 2.0, 3.0].map(|way| ripple.after(way).height());
        for (height, expected) in heights.iter().zip([0.40547, 1.05948, 2.39870, 4.23734]) {
            assert!((height - expected).abs() < 1e-5, "{heights:?}");
        }
        let again = Shape::of_height(0.5, heights[2]);
        assert!((again.a - ripple.after(2.0).a).abs() < 1e-12);
    }

    /// The kinematic condition, Re[∂t z conj(ζ ∂z/∂ζ)] = −V, with the speed of d(t) that it asks for at the tip.
    #[test]
    fn the_outline_is_where_the_potential_moves_it() {
        let (shape, step) = (Shape { lambda: 0.6, a: 0.4 }, 1e-5);
        let place = |shape: Shape, angle: f64| {
            let amplitude = 2.0 * (1.0 - shape.lambda);
            let [along, across] = [1.0 - shape.a * angle.cos(), -shape.a * angle.sin()];
            [amplitude * along.hypot(across).ln(), -angle + amplitude * across.atan2(along)]
        };
        let (before, after) = (shape.after(-step), shape.after(step));
        // what d'(t) must be for each angle
        let drift = |angle: f64| {
            let ([z0, x0], [z1, x1]) = (place(before, angle), place(after, angle));
            let ([z2, x2], [z3, x3]) = (place(shape, angle - step), place(shape, angle + step));
            let [z_t, x_t, z_s, x_s] = [z1 - z0, x1 - x0, z3 - z2, x3 - x2].map(|d| 0.5 * d / step);
            // ζ ∂/∂ζ is −i ∂/∂angle: x + iy of it are (x_s, −z_s); Re[(d' + z_t + i x_t)(x_s + i z_s)] = −1
            (-1.0 - z_t * x_s + x_t * z_s) / x_s
        };
        let drifts = [0.1, 0.7, 1.5, 2.5, 3.1].map(drift);
        assert!(drifts.iter().all(|d| (d - drifts[0]).abs() < 1e-6), "{drifts:?}");
    }

    #[test]
    fn the_outline_has_its_height_and_its_period() {
        for shape in [Shape { lambda: 0.5, a: 0.2 }, Shape::of_height(0.66, 6.0)] {
            let points = shape.outline();
            let top = points.iter().map(|p| p[1]).fold(f64::MIN, f64::max);
            let bottom = points.iter().map(|p| p[1]).fold(f64::MAX, f64::min);
            assert!((top + bottom).abs() < 1e-9 && (top - bottom - shape.height()).abs() < 1e-9);
            let width = std::f64::consts::TAU;
            assert!((depth(&points, width, [0.0, 0.0]).min(0.5 * shape.height())) > 0.0);
            assert!((depth(&points, width, [width, top + 0.3]) + 0.3).abs() < 1e-9);
        }
    }
}
