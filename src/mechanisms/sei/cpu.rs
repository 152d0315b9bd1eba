//! The SEI on the lithium: what it takes in a step, and how it rides on the surface.

use super::{FIELDS, Scaled, Sei, carried, formed};
use crate::cpu::mechanism::{Contribution, NewNuclei, OnSurface, Surface};
use crate::cpu::probe::at_depth;
use crate::mechanisms::{Riding, StepStart};
use crate::model::numerics::{OWN_LAYER, SEI_BAND};
use crate::model::parameters::Setup;
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
pub fn new(parameters: &Sei, setup: &Setup, scales: &Scales) -> Layers {
    let cells = setup.grid.cells();
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
    fn start(&mut self, on: &Surface, StepStart { dt, .. }: StepStart, to: Contribution) -> f64 {
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
                    let from = if sigma[i] < 0.0 { at_depth(shape, q, row, x, 0.0) } else { i };
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

    fn place(&mut self, on: &Surface, nuclei: &NewNuclei) {
        nuclei.mark(on, &mut self.layer[0], NONE);
    }
}
