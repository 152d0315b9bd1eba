//! Movement of the front: deposit and restoration of the profile.

use crate::model::numerics::{LARGEST_SLOPE_RATIO, LEVEL_DIFFERENCE};
use multiversion::multiversion;

use super::Cpu;
use super::normals::Normals;
use super::shape::{Beside, Star, paired, rows_of, stars_of};

/// xi += factor · (i − current that mechanisms take) δ/w, and what forces a chosen solution.
pub fn deposit(cpu: &mut Cpu, factor: f64) {
    let fields = [&cpu.rate[0], &cpu.delta, &cpu.accessible];
    let (side_current, [_, delta, w]) = (&cpu.side[0], fields);
    let forcing = cpu.forcing.as_ref();
    cpu.shape.strips(
        &mut cpu.xi[..],
        || (),
        |(), strip, xi| {
            deposit_strip(fields.map(|field| strip.of(field)), factor, xi);
            if !side_current.is_empty() {
                deposit_strip([strip.of(side_current), strip.of(delta), strip.of(w)], -factor, xi);
            }
            if let Some(forcing) = forcing {
                xi.iter_mut().zip(strip.of(&forcing.xi)).for_each(|(xi, forcing)| *xi += forcing);
            }
        },
    );
}

#[multiversion(targets = "simd")]
fn deposit_strip([current, delta, w]: [&[f64]; 3], factor: f64, xi: &mut [f64]) {
    let n = xi.len();
    let (current, delta, w) = (&current[..n], &delta[..n], &w[..n]);
    let xi = &mut xi[..n];
    for x in 0..n {
        xi[x] += factor * current[x] * delta[x] / w[x];
    }
}

/// Room for what is beside the cells of a row of ξ, q and w, and the normals on its faces.
#[derive(Default)]
struct Scratch {
    beside: [Beside<f64>; 3],
    normals: Normals,
}

/// q, xi → xi += strength ∇·(w \[∇ξ − ξ(1−ξ)/ℓ n\])/w. A divergence: it moves no lithium.
///
/// ξ(1−ξ)/ℓ is dξ/dq, taken across the face: a flat tanh profile is at rest to the last digit, in any direction.
///
/// The face takes the smaller w of its two cells: inside rough copper w varies by orders of magnitude from cell to cell,
/// and with the mean the explicit sub-step of the cell with less would be unstable.
pub fn restore_profile(cpu: &mut Cpu, strength: f64) {
    let (shape, ell) = (cpu.shape, f64::from(cpu.physics.ell));
    let (xi, q, w) = (&cpu.xi, &cpu.q, &cpu.accessible);
    shape.rows(&mut cpu.xi_next[..], Scratch::default, |Scratch { beside, normals }, row, out| {
        let [q_room, xi_room, w_room] = beside;
        let q_star = q_room.star(q, row);
        if is_level(q_star) {
            out.copy_from_slice(row.of(xi));
        } else {
            normals.set(&shape, q, row);
            let (xi, w) = (xi_room.star(xi, row), w_room.star(w, row));
            restore_row([xi, q_star, w], normals.outward(), strength, ell, out);
        }
    });
    std::mem::swap(&mut cpu.xi, &mut cpu.xi_next);
}

/// Whether q is the same in all cells of a row and around them: the clipped tails, where nothing is to restore.
#[multiversion(targets = "simd")]
fn is_level(q: Star<f64>) -> bool {
    let n = q.here.len();
    let (q, level) = (q.of(n), q.here[0]);
    let mut differ = 0;
    for x in 0..n {
        differ |= u64::from(q.here[x] != level);
        for row in q.around {
            differ |= u64::from(row[x] != level);
        }
    }
    differ == 0
}

/// A row of the new ξ.
#[multiversion(targets = "simd")]
fn restore_row(fields: [Star<f64>; 3], normals: [&[f64]; 6], strength: f64, ell: f64, out: &mut [f64]) {
    let n = out.len();
    let ([xi, q, w], normals) = (stars_of(fields, n), rows_of(normals, n));
    let (level, per_ell) = (LEVEL_DIFFERENCE * ell, 1.0 / ell);
    let out = &mut out[..n];
    for x in 0..n {
        let (own_xi, own_w) = (xi.here[x], w.here[x]);
        let own_profile = own_xi * (1.0 - own_xi) * per_ell;
        let mut flux = [0.0; 6];
        for face in 0..6 {
            let (xi, w) = (xi.around[face][x], w.around[face][x]);
            let (rise, way) = (xi - own_xi, q.around[face][x] - q.here[x]);
            let profile = xi * (1.0 - xi) * per_ell;
            let smaller = if profile < own_profile { profile } else { own_profile };
            let (chord, most) = (rise / way, LARGEST_SLOPE_RATIO * smaller);
            let bounded = if chord < most { chord } else { most };
            let slope = if way.abs() > level { bounded } else { 0.5 * (own_profile + profile) };
            let w = if w < own_w { w } else { own_w };
            // equal q: equal xi, or both in the clipped tails, which are left alone from both sides
            flux[face] = if way == 0.0 { 0.0 } else { w * (rise - slope * normals[face][x]) };
        }
        out[x] = own_xi + strength * paired(flux) / own_w;
    }
}
