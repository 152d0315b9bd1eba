//! Reaction area and curvature of the interface.

use multiversion::multiversion;

use super::Cpu;
use super::elementary::exponentials;
use super::normals::Normals;
use super::shape::{Beside, Star, paired, rows_of};

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
    shape.strips(&mut cpu.delta[..], Beside::default, |beside, strip, delta| {
        let q = beside.star(q, strip);
        area_strip(q, [xi, w, current].map(|field| strip.of(field)), half_advance, ell, delta);
    });
    let delta = &cpu.delta;
    shape.rows(&mut cpu.curvature[..], <(Normals, Beside<f64>)>::default, |(normals, beside), row, curvature| {
        let delta = row.of(delta);
        if delta.iter().all(|&delta| delta == 0.0) {
            curvature.fill(0.0);
        } else {
            normals.set(&shape, q, row);
            curvature_row(normals.outward(), beside.star(w, row), delta, contact, curvature);
        }
    });
}

/// Reaction area per volume in a strip, after the front has moved by `half_advance` times `current`.
#[multiversion(targets = "simd")]
fn area_strip(q: Star<f64>, [xi, w, current]: [&[f64]; 3], half_advance: f64, ell: f64, out: &mut [f64]) {
    let n = out.len();
    let (q, xi, w, current) = (q.of(n), &xi[..n], &w[..n], &current[..n]);
    let out = &mut out[..n];
    for x in 0..n {
        let gradient = length(central(&q, x));
        let gradient = if gradient > STEEPEST { STEEPEST } else { gradient };
        let way = half_advance * current[x] * gradient / ell;
        let [odds, _] = exponentials(way.clamp(-LONGEST, LONGEST));
        let spread = (1.0 - xi[x]) + xi[x] * odds;
        let profile = (xi[x] * (1.0 - xi[x])).max(0.0);
        let area = w[x] * profile * odds / (spread * spread) / ell * gradient;
        out[x] = if q.here[x].abs() >= FARTHEST * ell { 0.0 } else { area };
    }
}

/// Curvature in a row, from the outward normals on the faces of its cells.
#[multiversion(targets = "simd")]
fn curvature_row(normals: [&[f64]; 6], w: Star<f64>, delta: &[f64], contact: f64, out: &mut [f64]) {
    let n = out.len();
    let (normals, w, delta) = (rows_of(normals, n), w.of(n), &delta[..n]);
    let out = &mut out[..n];
    for x in 0..n {
        let mut flux = [0.0; 6];
        for face in 0..6 {
            flux[face] = 0.5 * (w.here[x] + w.around[face][x]) * normals[face][x];
        }
        let wall = contact * length(central(&w, x));
        let curvature = (-(paired(flux) + wall) / w.here[x]).clamp(-SHARPEST, SHARPEST);
        out[x] = if delta[x] == 0.0 { 0.0 } else { curvature };
    }
}

/// Central differences of a field in cell `x` of a strip.
#[inline(always)]
pub fn central(f: &Star<f64>, x: usize) -> [f64; 3] {
    let [west, east, south, north, below, above] = f.around;
    [0.5 * (east[x] - west[x]), 0.5 * (north[x] - south[x]), 0.5 * (above[x] - below[x])]
}

/// Length of a vector.
#[inline(always)]
pub fn length(v: [f64; 3]) -> f64 {
    ((v[0] * v[0] + v[1] * v[1]) + v[2] * v[2]).sqrt()
}
