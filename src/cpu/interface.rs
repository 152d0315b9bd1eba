//! The interface in the middle of a step: where it is, its reaction area and its curvature.

use crate::model::numerics::{LARGEST_ADVANCE, LARGEST_CURVATURE, LARGEST_GRADIENT, REACTION_BAND};
use multiversion::multiversion;

use super::Cpu;
use super::distance;
use super::elementary::exponentials;
use super::normals::Normals;
use super::shape::{Beside, Star, paired, rows_of};

/// xi, current_old → xi_mid = ξ after the front has moved by `half_advance` times the current of the last step along its normal, and its
/// q. Everything that a step asks of the interface it asks of that one: the movement of the front is then of second order in the step.
///
/// With layers on the surface only the reaction area is that of the middle of the step: they differ from cell to cell, and so do the currents behind
/// them, which would bend q.
pub fn predict(cpu: &mut Cpu, half_advance: f64) {
    let ell = f64::from(cpu.physics.ell);
    distance::distance(&cpu.shape, &cpu.xi, ell, &mut cpu.q);
    if half_advance == 0.0 {
        cpu.xi_next.copy_from_slice(&cpu.xi);
        return;
    }
    let (shape, q, xi, current) = (cpu.shape, &cpu.q, &cpu.xi, &cpu.current_old);
    shape.strips(&mut cpu.xi_next[..], Beside::default, |beside, strip, xi_mid| {
        let q = beside.star(q, strip);
        predict_strip(q, [xi, current].map(|field| strip.of(field)), half_advance, ell, xi_mid);
    });
    if cpu.physics.distance_before == 0 {
        distance::distance(&shape, &cpu.xi_next, ell, &mut cpu.q);
    }
}

/// The profile moved along its normal in a strip.
#[multiversion(targets = "simd")]
fn predict_strip(q: Star<f64>, [xi, current]: [&[f64]; 2], half_advance: f64, ell: f64, out: &mut [f64]) {
    let n = out.len();
    let (q, xi, current) = (q.of(n), &xi[..n], &current[..n]);
    let out = &mut out[..n];
    for x in 0..n {
        let gradient = bounded_gradient(&q, x);
        let way = half_advance * current[x] * gradient / ell;
        let [odds, _] = exponentials(way.clamp(-LARGEST_ADVANCE, LARGEST_ADVANCE));
        out[x] = xi[x] * odds / ((1.0 - xi[x]) + xi[x] * odds);
    }
}

/// q, xi_mid → delta = w ξ(1−ξ)/ℓ |∇q| and curvature = −\[∇·(w n) + cos θ |∇w|\]/w, θ that of the column.
pub fn interface(cpu: &mut Cpu) {
    let ell = f64::from(cpu.physics.ell);
    let [contact, inside] = [cpu.physics.contact, cpu.physics.pattern_contact].map(f64::from);
    let contacts: Vec<f64> = cpu.pattern_share.iter().map(|share| (1.0 - share) * contact + share * inside).collect();
    let (shape, q, xi, w, closed) = (cpu.shape, &cpu.q, &cpu.xi_next, &cpu.accessible, &cpu.closed);
    shape.strips(&mut cpu.delta[..], Beside::default, |beside, strip, delta| {
        let q = beside.star(q, strip);
        area_strip(q, [xi, w].map(|field| strip.of(field)), strip.of(closed), ell, delta);
    });
    let delta = &cpu.delta;
    shape.rows(&mut cpu.curvature[..], <(Normals, Beside<f64>)>::default, |(normals, beside), row, curvature| {
        let delta = row.of(delta);
        if delta.iter().all(|&delta| delta == 0.0) {
            curvature.fill(0.0);
        } else {
            normals.set(&shape, q, row);
            curvature_row(normals.outward(), beside.star(w, row), delta, &contacts[row.y * shape.nx..], curvature);
        }
    });
}

/// |∇q|, no larger than [`LARGEST_GRADIENT`].
#[inline(always)]
fn bounded_gradient(q: &Star<f64>, x: usize) -> f64 {
    let gradient = length(central(q, x));
    if gradient > LARGEST_GRADIENT { LARGEST_GRADIENT } else { gradient }
}

/// Reaction area per volume in a strip.
#[multiversion(targets = "simd")]
fn area_strip(q: Star<f64>, [xi, w]: [&[f64]; 2], closed: &[bool], ell: f64, out: &mut [f64]) {
    let n = out.len();
    let (q, xi, w, closed) = (q.of(n), &xi[..n], &w[..n], &closed[..n]);
    let out = &mut out[..n];
    for x in 0..n {
        let profile = (xi[x] * (1.0 - xi[x])).max(0.0);
        let area = w[x] * profile / ell * bounded_gradient(&q, x);
        out[x] = if q.here[x].abs() >= REACTION_BAND * ell || closed[x] { 0.0 } else { area };
    }
}

/// Curvature in a row, from the outward normals on the faces of its cells.
#[multiversion(targets = "simd")]
fn curvature_row(normals: [&[f64]; 6], w: Star<f64>, delta: &[f64], contact: &[f64], out: &mut [f64]) {
    let n = out.len();
    let (normals, w, delta, contact) = (rows_of(normals, n), w.of(n), &delta[..n], &contact[..n]);
    let out = &mut out[..n];
    for x in 0..n {
        let mut flux = [0.0; 6];
        for face in 0..6 {
            flux[face] = 0.5 * (w.here[x] + w.around[face][x]) * normals[face][x];
        }
        let wall = contact[x] * length(central(&w, x));
        let curvature = (-(paired(flux) + wall) / w.here[x]).clamp(-LARGEST_CURVATURE, LARGEST_CURVATURE);
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
