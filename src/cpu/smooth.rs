//! Damped block-Jacobi sweeps of the preconditioner, in f32.

use super::hierarchy::Level;
use super::shape::{Cell, paired};

/// Outflow of a pair field on one level and the diagonal sums of its coefficients (κ, κ_D, D).
#[inline(always)]
fn outflow(level: &Level, u: &[[f32; 2]], cell: Cell) -> ([f32; 2], [f32; 3]) {
    let i = cell.here;
    let mut charge = [0.0; 6];
    let mut salt = [0.0; 6];
    let mut diagonal = [[0.0; 3]; 6];
    for (face, &nb) in cell.around.iter().enumerate() {
        let factor = if nb == i { 0.0 } else { 0.5 * level.faces[face / 2] };
        let mean: [f32; 3] = std::array::from_fn(|k| factor * (level.transport[i][k] + level.transport[nb][k]));
        let (phi, c) = (u[i][0] - u[nb][0], u[i][1] - u[nb][1]);
        charge[face] = mean[0] * phi - mean[1] * c;
        salt[face] = mean[2] * c;
        diagonal[face] = mean;
    }
    let sums = std::array::from_fn(|k| paired(diagonal.map(|d| d[k])));
    ([paired(charge), paired(salt)], sums)
}

/// b − A u in one cell, and the diagonal sums.
#[inline(always)]
pub fn defect(level: &Level, u: &[[f32; 2]], cell: Cell) -> ([f32; 2], [f32; 3]) {
    let (flux, sums) = outflow(level, u, cell);
    let (phi, c, x, b) = (level.phi[cell.here], level.c[cell.here], u[cell.here], level.b[cell.here]);
    let defect = [b[0] - (flux[0] + (phi[0] * x[0] + phi[1] * x[1])), b[1] - (flux[1] + (c[0] * x[0] + c[1] * x[1]))];
    (defect, sums)
}

/// Solves the 2 × 2 diagonal block of a cell.
#[inline(always)]
pub fn solve_block(sums: [f32; 3], phi: [f32; 2], c: [f32; 2], r: [f32; 2]) -> [f32; 2] {
    let (a, b) = (sums[0] + phi[0], phi[1] - sums[1]);
    let (d, e) = (c[0], sums[2] + c[1]);
    let inverse = 1.0 / (a * e - b * d).max(1e-30);
    [(e * r[0] - b * r[1]) * inverse, (a * r[1] - d * r[0]) * inverse]
}

/// x += weight · D⁻¹ (b − A x).
pub fn smooth(level: &mut Level, weight: f32) {
    let mut next = std::mem::take(&mut level.x_next);
    let shape = level.shape;
    let here = &*level;
    shape.map(&mut next, |_, _, _, cell, out| {
        let (defect, sums) = defect(here, &here.x, cell);
        let change = solve_block(sums, here.phi[cell.here], here.c[cell.here], defect);
        let x = here.x[cell.here];
        *out = [x[0] + weight * change[0], x[1] + weight * change[1]];
    });
    level.x_next = std::mem::replace(&mut level.x, next);
}

/// x = weight · D⁻¹ b.
pub fn smooth_first(level: &mut Level, weight: f32) {
    let mut x = std::mem::take(&mut level.x);
    let shape = level.shape;
    let here = &*level;
    shape.map(&mut x, |_, _, _, cell, out| {
        let (_, sums) = outflow(here, &here.b, cell);
        let change = solve_block(sums, here.phi[cell.here], here.c[cell.here], here.b[cell.here]);
        *out = change.map(|v| weight * v);
    });
    level.x = x;
}
