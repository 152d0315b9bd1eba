//! The SEI on the lithium: what it takes in a step, and how it rides on the surface.

use super::{FIELDS, Scaled, Sei, carried, formed};
use crate::cpu::interface::length;
use crate::cpu::mechanism::{Contribution, OnSurface, Share, Surface};
use crate::cpu::probe::gradient;
use crate::cpu::shape::{Row, Shape};
use crate::mechanisms::Riding;
use crate::model::numerics::{FRESH_SHARE, OWN_LAYER, SEI_BAND};
use crate::model::scales::Scales;

/// Charge per area of a cell that is not near the interface.
const NONE: f64 = -1.0;

/// The layers of a run.
pub struct Layers {
    parameters: Sei,
    scaled: Scaled,
    /// charge per area, or [`NONE`], and of lithium stripped below it since it was plated
    layer: [Vec<f64>; 2],
    /// the same at the beginning of the step
    now: [Vec<f64>; 2],
    /// current that the layers take
    current: Vec<f64>,
}

/// Layers of a box in which no surface has any.
pub fn new(parameters: &Sei, scales: &Scales, cells: usize) -> Layers {
    Layers {
        parameters: *parameters,
        scaled: parameters.scaled(scales),
        layer: [vec![NONE; cells], vec![0.0; cells]],
        now: [vec![0.0; cells], vec![0.0; cells]],
        current: vec![0.0; cells],
    }
}

impl OnSurface for Layers {
    fn bytes_per_cell(&self) -> usize {
        8 * 5
    }

    fn scale(&mut self, scales: &Scales) {
        self.scaled = self.parameters.scaled(scales);
    }

    fn fields(&self) -> Vec<(&'static str, &[f64])> {
        FIELDS.iter().zip(&self.layer).map(|(field, values)| (field.name, &values[..])).collect()
    }

    fn load(&mut self, given: &Riding) {
        for ((own, field), none) in self.layer.iter_mut().zip(FIELDS).zip([NONE, 0.0]) {
            match given.get(field.name) {
                Some(given) => own.copy_from_slice(given),
                None => own.fill(none),
            }
        }
    }

    /// q, layer → the layer of each cell at the beginning of a step, and the current that it takes. A cell that has come near the interface
    /// has the layer of the surface that is closest to it, or none if that is fresh.
    fn start(&mut self, on: &Surface, dt: f64, to: Contribution) -> f64 {
        let Scaled { fresh, time, growth, resistance, .. } = self.scaled;
        let [fresh, time, growth, per_charge] = [fresh, time, growth, resistance].map(f64::from);
        let &Surface { shape, ell, q, delta, .. } = on;
        let [sigma, stripped] = &self.layer;
        let [sigma_now, stripped_now] = &mut self.now;
        let out = [&mut sigma_now[..], &mut stripped_now[..], &mut self.current[..], to.current, to.resistance];
        shape.rows(
            out,
            || (),
            |(), row, [sigma_now, stripped_now, current, total, resistance]| {
                for x in 0..row.len() {
                    let i = row.here + x;
                    if delta[i] == 0.0 {
                        (sigma_now[x], stripped_now[x], current[x]) = (NONE, 0.0, 0.0);
                        continue;
                    }
                    let far = q[i].abs() / ell;
                    let from = if sigma[i] < 0.0 { closest(shape, q, row, x) } else { i };
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
                    total[x] += current[x];
                    resistance[x] += per_charge * layer[0].max(0.0);
                }
            },
        );
        let current = &self.current;
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

    fn end(&mut self, on: &Surface, movement: f64, dt: f64) {
        let cracks = f64::from(self.scaled.cracks);
        let ([sigma_now, stripped_now], sei_current) = (&self.now, &self.current);
        let &Surface { shape, ell, q, current, probes, .. } = on;
        let [sigma, stripped] = &mut self.layer;
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

    fn place(&mut self, on: &Surface, share: Share) {
        on.shape.map(&mut self.layer[0], |x, y, z, cell, sigma| {
            let share = share(x, y, z);
            if share > FRESH_SHARE && share > on.xi[cell.here] {
                *sigma = NONE;
            }
        });
    }
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
