//! Tips of the arms of a deposit: where they are, where they point, how sharp they are, and what they live on.
//!
//! A tip is looked for from the end of an [`Arm`]. A polynomial of fourth order is fitted to the surface around, in a frame whose axis is the
//! normal; the frame goes to where the curvature is largest, and is turned with the normal there, until it rests. A parabola or a paraboloid
//! at any angle comes out with its own radius. Where it does not come to rest near the end, as on a flat top, the tip is that end and has no radius.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::arms::Arm;
use super::{Deposit, front};
use crate::model::grid::Grid;
use crate::model::orientation::{cross, dot, frame, unit};
use crate::model::pieces::Phase;
use crate::model::profile::signed_distance;
use crate::model::regime;

/// A tip; what is undefined is NaN.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArmTip {
    /// where it is, from the corner of the box \[m\]
    pub place: [f64; 3],
    /// outward normal
    pub direction: [f64; 3],
    /// height above the mean copper \[m\]
    pub height: f64,
    /// length of its arm, see [`arms`](super::arms) \[m\]
    pub arm: f64,
    /// radius of the sphere, or of the cylinder in a 2-D run, of the same mean curvature; NaN unless convex \[m\]
    pub radius: f64,
    /// current density \[A/m²\]
    pub current: f64,
    /// c/c0
    pub c: f64,
    /// 1/k_kin \[m\]
    pub kinetic_length: f64,
    /// number of its grain, if the lithium has grains
    pub grain: f64,
}

/// Half the width of the surface that is fitted, in radii of the tip: a sphere's radius comes out 1 % too large then.
const WINDOW: f64 = 0.6;
/// Least and largest half width \[dx\]: fewer cells don't tell the curvature.
const WINDOWS: [f64; 2] = [3.5, 12.0];
/// Fits within which the frame must come to rest.
const FITS: usize = 16;
/// Shift \[dx\], and change of the width over it, with which it rests.
const AT_REST: f64 = 0.1;
/// Farthest from the end of its arm that a tip may be, in radii: the end of a tip that is tilted lies beside it, but farther off is another.
const FARTHEST: f64 = 1.5;
/// Bounds on that way \[dx\].
const WAYS: [f64; 2] = [6.0, 14.0];
/// Least of the pivots of a fit that tells something, over the largest.
const LEAST_PIVOT: f64 = 1e-4;
/// Cells of a periodic axis with fewer of which nothing is curved along it.
const NARROWEST: usize = 6;
/// Farthest that one fit moves the frame along the surface \[dx\].
const LARGEST_SHIFT: f64 = 2.0;
/// Radius around the tip in which current and salt are averaged over the surface \[dx\].
const AROUND: f64 = 1.5;

/// The tips of arms, in their order.
pub fn tips(deposit: &Deposit, arms: &[Arm]) -> Vec<ArmTip> {
    arms.par_iter().map(|arm| tip_of(deposit, arm)).collect()
}

/// Mean distance from a tip to the nearest other, x and y periodic \[m\]; NaN for fewer than two.
pub fn spacing(grid: &Grid, tips: &[ArmTip]) -> f64 {
    let nearest = |here: usize| {
        let others = tips.iter().enumerate().filter(|&(there, _)| there != here);
        others.map(|(_, other)| distance(grid, tips[here].place, other.place)).fold(f64::INFINITY, f64::min)
    };
    if tips.len() < 2 { f64::NAN } else { (0..tips.len()).map(nearest).sum::<f64>() / tips.len() as f64 }
}

/// Distance between two places, x and y periodic \[m\].
pub fn distance(grid: &Grid, a: [f64; 3], b: [f64; 3]) -> f64 {
    let wide = [grid.nx, grid.ny].map(|n| n as f64 * grid.dx);
    let across = |axis: usize| {
        let d = (a[axis] - b[axis]).abs();
        d.min(wide[axis] - d)
    };
    across(0).hypot(across(1)).hypot(a[2] - b[2])
}

fn tip_of(deposit: &Deposit, arm: &Arm) -> ArmTip {
    let grid = deposit.grid;
    let end = [arm.end % grid.nx, arm.end / grid.nx % grid.ny, arm.end / (grid.nx * grid.ny)];
    let around = Neighbourhood::new(deposit, end);
    let vertex = around.vertex();
    let local = Sums::around(deposit, &around, vertex.place);
    // the frame counts from the centre of the end's cell
    let place: [f64; 3] = std::array::from_fn(|axis| end[axis] as f64 + 0.5 + vertex.place[axis]);
    let wrapped = |axis: usize, n: usize| if n == 1 { 0.5 } else { place[axis].rem_euclid(n as f64) } * grid.dx;
    let height = place[2] * grid.dx - deposit.mean_copper();
    let number = |grains: super::grains::Numbered| f64::from(grains.numbers[arm.end].max(0.0));
    ArmTip {
        place: [wrapped(0, grid.nx), wrapped(1, grid.ny), place[2] * grid.dx],
        direction: vertex.normal,
        height,
        arm: arm.length * grid.dx,
        radius: vertex.radius * grid.dx,
        current: local.current,
        c: local.c,
        kinetic_length: front::kinetic_length(deposit, local.c, local.current, local.film),
        grain: deposit.grains.map_or(f64::NAN, number),
    }
}

/// The surface around the end of an arm; lengths in cells from the centre of the cell there.
struct Neighbourhood {
    grid: Grid,
    end: [usize; 3],
    /// where edges between neighbouring cells cross it
    points: Vec<[f64; 3]>,
    /// outward normal of the cell at the end
    normal: [f64; 3],
}

/// The place of a surface where it is most curved.
struct Vertex {
    place: [f64; 3],
    normal: [f64; 3],
    /// of the mean curvature; NaN unless convex
    radius: f64,
}

impl Neighbourhood {
    fn new(deposit: &Deposit, end: [usize; 3]) -> Self {
        let grid = *deposit.grid;
        let ell = deposit.ell / grid.dx;
        let q = |cell: usize| signed_distance(deposit.xi[cell].into(), ell);
        let is_lithium = |cell: usize| deposit.phase(cell) == Phase::Lithium;
        let mut of = Self { grid, end, points: Vec::new(), normal: [0.0, 0.0, 1.0] };
        let around = |axis: usize, by: i64| -> Option<usize> {
            let step = std::array::from_fn(|a| if a == axis { by } else { 0 });
            of.cell(step)
        };
        let slope = |axis: usize| match (around(axis, -1), around(axis, 1)) {
            (Some(below), Some(above)) => q(below) - q(above),
            _ => 0.0,
        };
        let slopes = [0, 1, 2].map(slope);
        let normal = if dot(slopes, slopes) > 0.0 { unit(slopes) } else { of.normal };
        // the window at its widest, with room for the frame to move
        let reach = (WINDOWS[1] + 2.0 * LARGEST_SHIFT) as i64;
        let mut points = Vec::new();
        let [x, y, z] = of.reaches(reach);
        for dz in z.clone() {
            for dy in y.clone() {
                for dx in x.clone() {
                    let Some(here) = of.cell([dx, dy, dz]).filter(|&cell| is_lithium(cell)) else { continue };
                    for axis in 0..3 {
                        for by in [-1, 1] {
                            let mut step = [dx, dy, dz];
                            step[axis] += by;
                            let beside = of.cell(step).filter(|&there| there != here && deposit.xi[there] <= 0.5);
                            let Some(there) = beside.filter(|&there| deposit.accessible[there] > 0.5) else { continue };
                            let (inside, outside) = (q(here), q(there));
                            let mut point = [dx, dy, dz].map(|d| d as f64);
                            point[axis] += by as f64 * inside / (inside - outside);
                            points.push(point);
                        }
                    }
                }
            }
        }
        (of.points, of.normal) = (points, normal);
        of
    }

    /// Cells to either side that are looked at: a periodic box is seen once.
    fn reaches(&self, reach: i64) -> [std::ops::RangeInclusive<i64>; 3] {
        let once = |n: usize| {
            let n = n as i64;
            (-reach).max(-((n - 1) / 2))..=reach.min(n / 2)
        };
        [once(self.grid.nx), once(self.grid.ny), -reach..=reach]
    }

    /// The cell at a step from the end; none beyond the bottom and the top.
    fn cell(&self, [dx, dy, dz]: [i64; 3]) -> Option<usize> {
        let z = usize::try_from(self.end[2] as i64 + dz).ok().filter(|&z| z < self.grid.nz)?;
        let along = |from: usize, by: i64, n: usize| (from as i64 + by).rem_euclid(n as i64) as usize;
        Some(self.grid.index(along(self.end[0], dx, self.grid.nx), along(self.end[1], dy, self.grid.ny), z))
    }

    /// Moves a frame along the surface to where it is most curved; the end of the arm, without a radius, if it does not come to rest near there.
    fn vertex(&self) -> Vertex {
        let mut vertex = Vertex { place: [0.0; 3], normal: self.normal, radius: f64::NAN };
        let nowhere = Vertex { place: [0.0; 3], normal: self.normal, radius: f64::NAN };
        let mut window = 1.5 * WINDOWS[0];
        for _ in 0..FITS {
            let tangents = self.tangents(vertex.normal);
            let Some(fit) = self.fit(&vertex, &tangents, window) else { return nowhere };
            let curvature = fit.mean_curvature();
            if curvature.is_nan() || curvature <= 0.0 {
                return nowhere;
            }
            // to the largest curvature, as if it fell off like that of a parabola
            let stiffness = curvature.powi(3) * if tangents.len() == 1 { 3.0 } else { 2.0 };
            let shift: Vec<f64> = fit.slope_of_curvature().iter().map(|slope| slope / stiffness).collect();
            let length = shift.iter().map(|s| s * s).sum::<f64>().sqrt();
            let bound = if length > LARGEST_SHIFT { LARGEST_SHIFT / length } else { 1.0 };
            let shift: Vec<f64> = shift.iter().map(|s| s * bound).collect();
            let (height, normal) = (fit.height(&shift), fit.normal(&shift, &tangents, vertex.normal));
            for axis in 0..3 {
                let along: f64 = tangents.iter().zip(&shift).map(|(t, s)| t[axis] * s).sum();
                vertex.place[axis] += height * vertex.normal[axis] + along;
            }
            (vertex.normal, vertex.radius) = (normal, 1.0 / curvature);
            let farthest = (FARTHEST * vertex.radius).clamp(WAYS[0], WAYS[1]);
            let way = dot(vertex.place, vertex.place).sqrt();
            if way.is_nan() || way > farthest || vertex.normal.iter().any(|n| n.is_nan()) {
                return nowhere;
            }
            let next = (WINDOW / curvature).clamp(WINDOWS[0], WINDOWS[1]);
            if length < AT_REST && (next / window - 1.0).abs() < AT_REST {
                return vertex;
            }
            window = next;
        }
        nowhere
    }

    /// Directions along the surface: one in a 2-D run, else two.
    fn tangents(&self, normal: [f64; 3]) -> Vec<[f64; 3]> {
        let flat = [self.grid.nx < NARROWEST, self.grid.ny < NARROWEST];
        match flat {
            [true, _] => vec![unit(cross(normal, [1.0, 0.0, 0.0]))],
            [_, true] => vec![unit(cross(normal, [0.0, 1.0, 0.0]))],
            _ => {
                let [first, second, _] = frame(normal);
                vec![first, second]
            }
        }
    }

    /// Height of the surface over a plane as a polynomial of fourth order, by least squares; none where there are too few points.
    fn fit(&self, vertex: &Vertex, tangents: &[[f64; 3]], window: f64) -> Option<Fit> {
        let powers = powers(tangents.len());
        let n = powers.len();
        let (mut matrix, mut right) = (DMatrix::<f64>::zeros(n, n), DVector::<f64>::zeros(n));
        let mut count = 0;
        for point in &self.points {
            let from: [f64; 3] = std::array::from_fn(|axis| point[axis] - vertex.place[axis]);
            let height = dot(from, vertex.normal) / window;
            let along: Vec<f64> = tangents.iter().map(|&t| dot(from, t) / window).collect();
            if along.iter().map(|a| a * a).sum::<f64>() > 1.0 || height.abs() > 1.0 {
                continue;
            }
            let terms: Vec<f64> = powers.iter().map(|power| monomial(power, &along)).collect();
            for (i, a) in terms.iter().enumerate() {
                right[i] += a * height;
                terms.iter().enumerate().for_each(|(j, b)| matrix[(i, j)] += a * b);
            }
            count += 1;
        }
        if count < n + n / 2 {
            return None;
        }
        let factors = matrix.cholesky()?;
        let pivots = factors.l_dirty().diagonal();
        if pivots.min() < LEAST_PIVOT * pivots.max() {
            return None;
        }
        let solved = factors.solve(&right);
        Some(Fit { powers, coefficients: solved.iter().copied().collect(), window })
    }
}

/// Powers of the terms up to the fourth order.
fn powers(dimensions: usize) -> Vec<Vec<i32>> {
    match dimensions {
        1 => (0..=4).map(|i| vec![i]).collect(),
        _ => (0..=4).flat_map(|order| (0..=order).map(move |j| vec![order - j, j])).collect(),
    }
}

fn monomial(power: &[i32], at: &[f64]) -> f64 {
    power.iter().zip(at).map(|(&power, &at)| at.powi(power)).product()
}

/// A surface over a plane: height = Σ coefficient · monomial, all lengths over the half width of the window.
struct Fit {
    powers: Vec<Vec<i32>>,
    coefficients: Vec<f64>,
    window: f64,
}

impl Fit {
    /// A derivative of the height in the middle \[dx\].
    fn derivative(&self, power: &[i32]) -> f64 {
        let at = self.powers.iter().position(|known| known == power);
        let factorial: f64 = power.iter().map(|&n| (1..=n).map(f64::from).product::<f64>()).product();
        let order: i32 = power.iter().sum();
        at.map_or(0.0, |at| factorial * self.coefficients[at] * self.window.powi(1 - order))
    }

    /// Height at a place along the tangents \[dx\].
    fn height(&self, at: &[f64]) -> f64 {
        let at: Vec<f64> = at.iter().map(|a| a / self.window).collect();
        let terms = self.powers.iter().zip(&self.coefficients);
        self.window * terms.map(|(power, coefficient)| coefficient * monomial(power, &at)).sum::<f64>()
    }

    /// Slopes of the height at a place along the tangents.
    fn slopes_at(&self, at: &[f64]) -> Vec<f64> {
        const STEP: f64 = 1e-3;
        let along = |axis: usize| {
            let height = |by: f64| {
                let mut there = at.to_vec();
                there[axis] += by;
                self.height(&there)
            };
            (height(STEP) - height(-STEP)) / (2.0 * STEP)
        };
        (0..at.len()).map(along).collect()
    }

    fn is_plane(&self) -> bool {
        self.powers[0].len() == 1
    }

    fn slopes(&self) -> Vec<f64> {
        match self.is_plane() {
            true => vec![self.derivative(&[1])],
            false => vec![self.derivative(&[1, 0]), self.derivative(&[0, 1])],
        }
    }

    /// Curvature of a curve, mean curvature of a surface, positive where it is convex \[1/dx\].
    fn mean_curvature(&self) -> f64 {
        let slopes = self.slopes();
        let square: f64 = slopes.iter().map(|s| s * s).sum();
        if self.is_plane() {
            return -self.derivative(&[2]) / (1.0 + square).powf(1.5);
        }
        let [a, b] = [slopes[0], slopes[1]];
        let (aa, ab, bb) = (self.derivative(&[2, 0]), self.derivative(&[1, 1]), self.derivative(&[0, 2]));
        -((1.0 + b * b) * aa - 2.0 * a * b * ab + (1.0 + a * a) * bb) / (2.0 * (1.0 + square).powf(1.5))
    }

    /// Slope of the curvature along the tangents, where those of the height are small \[1/dx²\].
    fn slope_of_curvature(&self) -> Vec<f64> {
        match self.is_plane() {
            true => vec![-self.derivative(&[3])],
            false => vec![
                -0.5 * (self.derivative(&[3, 0]) + self.derivative(&[1, 2])),
                -0.5 * (self.derivative(&[2, 1]) + self.derivative(&[0, 3])),
            ],
        }
    }

    /// Outward normal at a place along the tangents.
    fn normal(&self, at: &[f64], tangents: &[[f64; 3]], axis: [f64; 3]) -> [f64; 3] {
        let slopes = self.slopes_at(at);
        unit(std::array::from_fn(|k| axis[k] - tangents.iter().zip(&slopes).map(|(t, s)| s * t[k]).sum::<f64>()))
    }
}

/// Means over the surface around a tip, weighted by area; NaN where there is none.
struct Sums {
    current: f64,
    c: f64,
    film: f64,
}

impl Sums {
    fn around(deposit: &Deposit, of: &Neighbourhood, place: [f64; 3]) -> Self {
        let nearest = place.map(|p| p.round() as i64);
        let mut sums = [0.0; 4];
        for step in 0..125 {
            let step = [step % 5 - 2, step / 5 % 5 - 2, step / 25 - 2];
            let there: [i64; 3] = std::array::from_fn(|axis| nearest[axis] + step[axis]);
            let from: [f64; 3] = std::array::from_fn(|axis| there[axis] as f64 - place[axis]);
            let Some(cell) = of.cell(there).filter(|_| dot(from, from) <= AROUND * AROUND) else { continue };
            let area = f64::from(deposit.delta[cell]);
            if regime::is_at_front(deposit.xi[cell], area * deposit.grid.dx) {
                let c = deposit.c.map_or(f64::NAN, |c| f64::from(c[cell]));
                let film = deposit.film.map_or(deposit.medium.kinetics.film, |film| f64::from(film[cell]));
                let values = [1.0, f64::from(deposit.current[cell]), c, film];
                sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += area * value);
            }
        }
        let [area, current, c, film] = sums;
        Self { current: current / area, c: c / area, film: film / area }
    }
}
