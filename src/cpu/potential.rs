//! The potential of a conductor by itself: −∇·(σ∇φ) + d φ = f, by conjugate gradients with the V-cycle of the solver as their
//! preconditioner. A run never needs it; `liplate bench --peers` holds the V-cycle against other solvers with it.

use multiversion::multiversion;

use super::hierarchy::{self, Coefficients, Level};
use super::shape::{Beside, Shape, Star, paired};
use super::smooth;
use super::vectors::{Number, add_strip};
use crate::model::grid::Grid;
use crate::solver::multigrid::{Levels, v_cycle_with, weights};

/// Sweeps before and after the coarse correction. At 128³ one or three take as long or longer in all (two x86-64 cores, 2026-11-27).
const SWEEPS: usize = 2;
/// Older directions that a new one is made orthogonal to: the cycle is not quite symmetric.
const OLDER: usize = 2;
/// Iterations after which the solve is given up.
const ITERATIONS: usize = 200;

/// The operator on all levels. x and y are periodic, nothing flows through bottom and top; lengths in cells.
pub struct Potential {
    shape: Shape,
    coefficients: Coefficients,
    levels: Vec<Level>,
}

/// What the iteration came to.
pub struct Solution {
    /// φ, x fastest
    pub phi: Vec<f64>,
    /// iterations, each with one V-cycle
    pub iterations: usize,
    /// ‖f − A φ‖/‖f‖, from φ
    pub relative_residual: f64,
}

/// A direction and the operator on it, in f32: what they are rounded by goes into φ and residual alike.
struct Direction {
    p: Vec<f32>,
    image: Vec<f32>,
    /// ⟨p, A p⟩
    energy: f64,
}

impl Potential {
    /// The operator with σ and d in every cell; a face has the mean of its two cells.
    pub fn new(grid: &Grid, sigma: &[f32], d: &[f32]) -> Self {
        let shape = Shape::from(grid);
        let mut levels = hierarchy::hierarchy(shape, true);
        let none = Vec::new;
        let coefficients =
            Coefficients { transport: [sigma.to_vec(), none(), none()], local: [d.to_vec(), none(), none(), none()] };
        hierarchy::coarsen(&mut levels, &coefficients);
        Self { shape, coefficients, levels }
    }

    /// Solves for the right-hand side `f` from φ = 0 until the norm of the residual has fallen by `tolerance`; the iteration ends
    /// without that after 200 attempts.
    pub fn solve(&mut self, f: &[f64], tolerance: f64) -> Solution {
        let (mut phi, mut residual) = (vec![0.0; f.len()], f.to_vec());
        let mut square = self.take(&residual);
        let norm = square.sqrt();
        let mut iterations = 0;
        let mut directions: Vec<Direction> = Vec::new();
        while iterations < ITERATIONS && square.sqrt() > tolerance * norm {
            v_cycle_with(&mut Cycle(&mut self.levels), &weights::<SWEEPS>());
            let mut new = if directions.len() > OLDER { directions.remove(0) } else { Direction::new(f.len()) };
            std::mem::swap(&mut new.p, &mut self.levels[0].x[0]);
            self.orthogonalise(&mut new.p, &directions);
            let [energy, work] = self.apply(&new.p, &residual, &mut new.image);
            new.energy = energy;
            square = self.go_along(&new, work / energy, &mut phi, &mut residual);
            directions.push(new);
            iterations += 1;
            if square.sqrt() <= tolerance * norm {
                // what the images were rounded by has added up: it is taken up again if it is too much
                square = self.residual(&phi, f, &mut residual);
                directions.clear();
            }
        }
        if square.sqrt() > tolerance * norm {
            square = self.residual(&phi, f, &mut residual);
        }
        Solution { relative_residual: square.sqrt() / norm, phi, iterations }
    }

    /// φ += step · p, residual −= step · A p, right-hand side of the V-cycle = residual; its square.
    fn go_along(&mut self, along: &Direction, step: f64, phi: &mut [f64], residual: &mut [f64]) -> f64 {
        let out = ([phi, residual], &mut self.levels[0].b[0][..]);
        let [square] = self.shape.strips_with_sums(
            out,
            || (),
            |(), strip, ([phi, residual], b)| {
                add_strip(phi, step, strip.of(&along.p));
                add_strip(&mut *residual, -step, strip.of(&along.image));
                right_strip(residual, b)
            },
        );
        square
    }

    /// residual = f − A φ, right-hand side of the V-cycle = residual; its square.
    fn residual(&mut self, phi: &[f64], f: &[f64], residual: &mut [f64]) -> f64 {
        self.apply(phi, f, residual);
        self.shape.strips(
            &mut *residual,
            || (),
            |(), strip, out| {
                out.iter_mut().zip(strip.of(f)).for_each(|(out, f)| *out = f - *out);
            },
        );
        self.take(residual)
    }

    /// Right-hand side of the V-cycle = residual; its square.
    fn take(&mut self, residual: &[f64]) -> f64 {
        let right = &mut self.levels[0].b[0][..];
        let [square] = self.shape.strips_with_sums(right, || (), |(), strip, b| right_strip(strip.of(residual), b));
        square
    }

    /// Makes p, which the V-cycle gave, orthogonal to older directions.
    fn orthogonalise(&self, p: &mut [f32], older: &[Direction]) {
        let now = &*p;
        let shares: [f64; OLDER] = self.shape.strips_with_sums(
            (),
            || (),
            |(), strip, ()| {
                let mut products = [0.0; OLDER];
                let images = older.iter().map(|old| strip.of(&old.image));
                products.iter_mut().zip(images).for_each(|(product, image)| *product = dot_strip(strip.of(now), image));
                products
            },
        );
        self.shape.strips(
            p,
            || (),
            |(), strip, p| {
                for (old, share) in older.iter().zip(shares) {
                    add_strip(p, -share / old.energy, strip.of(&old.p));
                }
            },
        );
    }

    /// image = A p; ⟨p, A p⟩ and ⟨p, other⟩.
    fn apply<T: Number + Default>(&self, p: &[T], other: &[f64], image: &mut [T]) -> [f64; 2] {
        let Coefficients { transport: [sigma, ..], local: [d, ..] } = &self.coefficients;
        let room = <(Beside<T>, Beside<f32>)>::default;
        self.shape.strips_with_sums(image, room, |(p_room, sigma_room), strip, image| {
            let (star, sigmas) = (p_room.star(p, strip), sigma_room.star(sigma, strip));
            image_strip(star, sigmas, strip.of(d), image);
            [dot_strip(strip.of(p), image), dot_strip(strip.of(p), strip.of(other))]
        })
    }
}

impl Direction {
    fn new(cells: usize) -> Self {
        Self { p: vec![0.0; cells], image: vec![0.0; cells], energy: 0.0 }
    }
}

/// The levels as the V-cycle says its verbs to them.
struct Cycle<'a>(&'a mut [Level]);

impl Levels for Cycle<'_> {
    fn levels(&self) -> usize {
        self.0.len()
    }

    fn smooth_first(&mut self, level: usize, weight: f32) {
        smooth::smooth_first(&mut self.0[level], weight);
    }

    fn smooth(&mut self, level: usize, weight: f32) {
        smooth::smooth(&mut self.0[level], weight);
    }

    fn restrict(&mut self, level: usize, first: Option<f32>) {
        hierarchy::restrict(self.0, level, first);
    }

    fn prolong(&mut self, level: usize, weight: f32) {
        hierarchy::prolong(self.0, level, weight);
    }
}

#[multiversion(targets = "simd")]
fn image_strip<T: Number>(p: Star<T>, sigma: Star<f32>, d: &[f32], out: &mut [T]) {
    let n = out.len();
    let (p, sigma, d) = (p.of(n), sigma.of(n), &d[..n]);
    let out = &mut out[..n];
    for x in 0..n {
        let (own, mut flow): (f64, [f64; 6]) = (p.here[x].into(), sigma.sums(x));
        for face in 0..6 {
            let beside: f64 = p.around[face][x].into();
            flow[face] *= 0.5 * (own - beside);
        }
        out[x] = T::rounded(paired(flow) + f64::from(d[x]) * own);
    }
}

/// The right-hand side of the V-cycle, and its square.
#[multiversion(targets = "simd")]
fn right_strip(residual: &[f64], b: &mut [f32]) -> [f64; 1] {
    for (b, residual) in b.iter_mut().zip(residual) {
        *b = *residual as f32;
    }
    [dot_strip(residual, residual)]
}

/// Lanes of a sum.
const LANES: usize = 16;

#[multiversion(targets = "simd")]
fn dot_strip<A: Number, B: Number>(a: &[A], b: &[B]) -> f64 {
    let ((a, a_end), (b, b_end)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for k in 0..LANES {
            let (a, b): (f64, f64) = (a[k].into(), b[k].into());
            sums[k] += a * b;
        }
    }
    let end = a_end.iter().zip(b_end).map(|(&a, &b)| Into::<f64>::into(a) * Into::<f64>::into(b));
    sums.iter().sum::<f64>() + end.sum::<f64>()
}
