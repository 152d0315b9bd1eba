//! The SEI on the lithium: what it takes in a step, and how it rides on the surface.

use super::Cpu;
use super::interface::length;
use super::probe::gradient;
use super::shape::{Row, Shape};
use crate::model::numerics::{OWN_LAYER, SEI_BAND};
use crate::model::sei::{carried, formed};

/// Charge per area of a cell that is not near the interface.
pub const NONE: f64 = -1.0;

/// q, sei → the layer of each cell at the beginning of a step, and the current that it takes in `dt` \[s\]. A cell that has come near the
/// interface has the layer of the surface that is closest to it, or none if that is fresh. Returns Σ current · δ.
pub fn start(cpu: &mut Cpu, dt: f64) -> f64 {
    let (p, shape) = (cpu.physics, cpu.shape);
    let [fresh, time, growth] = [p.sei_fresh, p.sei_time, p.sei_growth].map(f64::from);
    let (q, delta, [sigma, stripped]) = (&cpu.q, &cpu.delta, &cpu.sei);
    let ell = f64::from(p.ell);
    let [sigma_now, stripped_now] = &mut cpu.sei_now;
    let out = [&mut sigma_now[..], &mut stripped_now[..], &mut cpu.sei_current[..]];
    shape.rows(
        out,
        || (),
        |(), row, [sigma_now, stripped_now, current]| {
            for x in 0..row.len() {
                let i = row.here + x;
                if delta[i] == 0.0 {
                    (sigma_now[x], stripped_now[x], current[x]) = (NONE, 0.0, 0.0);
                    continue;
                }
                let far = q[i].abs() / ell;
                let from = if sigma[i] < 0.0 { closest(&shape, q, row, x) } else { i };
                let has_layer = sigma[from] >= 0.0;
                let layer = match (has_layer, far < OWN_LAYER) {
                    (true, _) => [sigma[from], stripped[from]],
                    (false, true) => [0.0; 2],
                    // a tail of nothing: no film at all would draw the current there
                    (false, false) => [fresh, 0.0],
                };
                let takes = far < OWN_LAYER || (has_layer && far < SEI_BAND);
                current[x] = if takes { formed(layer[0], fresh, time, growth, dt) / dt } else { 0.0 };
                [sigma_now[x], stripped_now[x]] = layer;
            }
        },
    );
    let current = &cpu.sei_current;
    let [sum] = shape.sum_strips(
        1,
        || (),
        |(), strip, [out]| {
            out.iter_mut()
                .zip(strip.of(current).iter().zip(strip.of(delta)))
                .for_each(|(out, (i, delta))| *out = i * delta);
        },
    );
    sum
}

/// The cell in which the point of the interface lies that is closest to cell `x` of a row.
fn closest(shape: &Shape, q: &[f64], row: Row, x: usize) -> usize {
    let gradient = gradient(q, row.cell(x));
    // q is the distance, also in the tails, where a profile that moves is not steep enough
    let steepness = length(gradient).max(1e-6);
    let way = gradient.map(|g| (-q[row.here + x] * (g / steepness)).round() as i64);
    let along = |from: usize, way: i64, n: usize| (from as i64 + way).rem_euclid(n as i64) as usize;
    let z = (row.z as i64 + way[2]).clamp(0, shape.nz as i64 - 1) as usize;
    shape.row(along(row.y, way[1], shape.ny), z).here + along(x, way[0], shape.nx)
}

/// What a step has done to the layers: `movement` is that of the front for a current of 1, with what nuclei are paid
/// \[dx per current scale\].
pub fn end(cpu: &mut Cpu, movement: f64, dt: f64) {
    let (shape, cracks) = (cpu.shape, f64::from(cpu.physics.sei_cracks));
    let ([sigma_now, stripped_now], sei_current, current) = (&cpu.sei_now, &cpu.sei_current, &cpu.rate[0]);
    let (probes, q, ell) = (&cpu.probes, &cpu.q, f64::from(cpu.physics.ell));
    let [sigma, stripped] = &mut cpu.sei;
    shape.rows(
        [&mut sigma[..], &mut stripped[..]],
        || (),
        |(), row, [sigma, stripped]| {
            sigma.fill(NONE);
            stripped.fill(0.0);
            for probe in probes.of(row) {
                let i = probe.cell as usize;
                let x = i - row.here;
                if sigma_now[i] >= 0.0 && q[i].abs() < OWN_LAYER * ell {
                    // what corrodes below a layer becomes that layer, and loosens none
                    let (total, formed) = (current[i], sei_current[i]);
                    let plated = if total > 0.0 { (total - formed).max(0.0) } else { total };
                    let way = movement * (total - formed) * probe.curvature;
                    let layer = [sigma_now[i] + formed * dt, stripped_now[i]];
                    [sigma[x], stripped[x]] = carried(layer, plated * dt, way, cracks);
                }
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_point_is_across_the_interface() {
        let shape = Shape { nx: 1, ny: 1, nz: 40 };
        let q: Vec<f64> = (0..40).map(|z| 20.3 - (f64::from(z) + 0.5)).collect();
        for z in 3..37 {
            assert_eq!(closest(&shape, &q, shape.row(0, z), 0), 20, "{z}");
        }
        // periodic sideways
        let shape = Shape { nx: 24, ny: 1, nz: 1 };
        let q: Vec<f64> = (0..24)
            .map(|x| 5.3 - (f64::from(x) + 0.5 - 20.0).abs().min(24.0 - (f64::from(x) + 0.5 - 20.0).abs()))
            .collect();
        assert_eq!(closest(&shape, &q, shape.row(0, 0), 5), 1);
    }
}
