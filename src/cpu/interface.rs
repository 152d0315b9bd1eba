//! Reaction area and curvature of the interface.

use super::Cpu;
use super::shape::{Shape, paired};

/// Bound on |∇q|: nuclei that touch make it larger than 1.
pub const STEEPEST: f64 = 3.0;
/// Cells farther from the interface than this do not react \[ℓ\]: 6e-6 of them is filled, or not yet.
pub const FARTHEST: f64 = 12.0;
/// Bound on the movement in half a step \[ℓ\].
const LONGEST: f64 = 1.0;
/// Bound on the curvature \[1/dx\].
pub const SHARPEST: f64 = 1.0;

/// q, xi → delta = w ξ(1−ξ)/ℓ |∇q| and curvature = −\[∇·(w n) + cos θ |∇w|\]/w.
pub fn interface(cpu: &mut Cpu, half_advance: f64) {
    let ell = f64::from(cpu.physics.ell);
    let contact = f64::from(cpu.physics.contact);
    let (shape, q, xi, w) = (cpu.shape, &cpu.q, &cpu.xi, &cpu.accessible);
    let current = &cpu.current_old;
    shape.map(&mut cpu.delta, |_, _, _, cell, delta| {
        *delta = 0.0;
        if q[cell.here].abs() >= FARTHEST * ell {
            return;
        }
        let xi = xi[cell.here];
        let gradient = length(central(q, cell.around)).min(STEEPEST);
        let way = half_advance * current[cell.here] * gradient / ell;
        let odds = way.clamp(-LONGEST, LONGEST).exp();
        let spread = (1.0 - xi) + xi * odds;
        *delta = w[cell.here] * (xi * (1.0 - xi)).max(0.0) * odds / (spread * spread) / ell * gradient;
    });
    let delta = &cpu.delta;
    shape.map(&mut cpu.curvature, |x, y, z, cell, curvature| {
        *curvature = 0.0;
        if delta[cell.here] == 0.0 {
            return;
        }
        let normals = face_normals(&shape, q, x, y, z);
        let flux: [f64; 6] = std::array::from_fn(|face| 0.5 * (w[cell.here] + w[cell.around[face]]) * normals[face]);
        let wall = contact * length(central(w, cell.around));
        *curvature = (-(paired(flux) + wall) / w[cell.here]).clamp(-SHARPEST, SHARPEST);
    });
}

/// Central differences of `f`.
pub fn central(f: &[f64], around: [usize; 6]) -> [f64; 3] {
    std::array::from_fn(|axis| 0.5 * (f[around[2 * axis + 1]] - f[around[2 * axis]]))
}

/// Length of a vector.
pub fn length(v: [f64; 3]) -> f64 {
    ((v[0] * v[0] + v[1] * v[1]) + v[2] * v[2]).sqrt()
}

/// Outward component of n = ∇q/|∇q| on the six faces of a cell; zero on the bottom and the top of the box. The normal
/// difference is taken across the face, the tangential ones are averaged from the two cells' central differences.
pub fn face_normals(shape: &Shape, q: &[f64], x: usize, y: usize, z: usize) -> [f64; 6] {
    let cell = shape.row(y, z).cell(x);
    let here = central(q, cell.around);
    let places = neighbours(shape, x, y, z);
    std::array::from_fn(|face| {
        let axis = face / 2;
        let outward = q[cell.around[face]] - q[cell.here];
        if cell.around[face] == cell.here {
            return 0.0;
        }
        let (nx, ny, nz) = places[face];
        let there = central(q, shape.row(ny, nz).cell(nx).around);
        let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
        let (tu, tv) = (0.5 * (here[u] + there[u]), 0.5 * (here[v] + there[v]));
        let tangential = tu * tu + tv * tv;
        outward / (outward * outward + tangential).sqrt().max(1e-12)
    })
}

/// Coordinates of the six neighbours.
fn neighbours(shape: &Shape, x: usize, y: usize, z: usize) -> [(usize, usize, usize); 6] {
    let Shape { nx, ny, nz } = *shape;
    [
        ((x + nx - 1) % nx, y, z),
        ((x + 1) % nx, y, z),
        (x, (y + ny - 1) % ny, z),
        (x, (y + 1) % ny, z),
        (x, y, z.saturating_sub(1)),
        (x, y, (z + 1).min(nz - 1)),
    ]
}
