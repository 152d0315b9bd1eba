//! Voids on the CPU: what the contact resists, and what a step makes of it.

use super::{FIELDS, Scaled, Voids, carried, constricted};
use crate::cpu::mechanism::{Contribution, NewNuclei, OnSurface, Surface};
use crate::cpu::probe::at_depth;
use crate::mechanisms::{Riding, StepStart};
use crate::model::numerics::{OWN_LAYER};
use crate::model::scales::Scales;

/// Contact of a cell that is not near the interface.
const NONE: f64 = -1.0;

/// The contact of a run.
pub struct Contact {
    parameters: Voids,
    scaled: Scaled,
    /// share of the surface in contact, or [`NONE`]
    share: Vec<f64>,
    /// the same at the beginning of the step
    now: Vec<f64>,
}

/// Contact in a box in which all surfaces have it.
pub fn new(parameters: &Voids, scales: &Scales, cells: usize) -> Contact {
    Contact {
        parameters: *parameters,
        scaled: parameters.scaled(scales),
        share: vec![NONE; cells],
        now: vec![NONE; cells],
    }
}

/// What a step does to the contact.
struct Rates {
    /// contact lost for a stripping current of 1
    per_current: f64,
    /// current density at which voids close
    closing: f64,
    /// part of the plated lithium that goes into voids
    refilled: f64,
}

impl Rates {
    /// Those of a step of `dt` \[s\].
    fn new(scaled: &Scaled, on: &Surface, dt: f64) -> Self {
        let Scaled { critical, per_charge, refilled, exponent, stress, .. } = *scaled;
        let [critical, per_charge, refilled, exponent, stress] =
            [critical, per_charge, refilled, exponent, stress].map(f64::from);
        let pressed = if exponent > 0.0 { (f64::from(on.physics.stress) / stress).powf(exponent) } else { 1.0 };
        Self { per_current: per_charge * dt, closing: critical * pressed, refilled }
    }

    /// Contact that is lost where lithium plates with this current density.
    fn lost(&self, lithium: f64) -> f64 {
        let opening = if lithium > 0.0 { -self.refilled * lithium } else { -lithium };
        self.per_current * (opening - self.closing)
    }
}

impl OnSurface for Contact {
    fn bytes_per_cell(&self) -> usize {
        8 * 2
    }

    fn scale(&mut self, scales: &Scales) {
        self.scaled = self.parameters.scaled(scales);
    }

    fn fields(&self) -> Vec<(&'static str, &[f64])> {
        vec![(FIELDS[0].name, &self.share)]
    }

    fn load(&mut self, given: &Riding) {
        match given.get(FIELDS[0].name) {
            Some(given) => self.share.copy_from_slice(given),
            None => self.share.fill(NONE),
        }
    }

    /// q, contact, current before → the contact of each cell at the beginning of the step, that of the closest surface in one that has come near; and
    /// what it makes, in the middle of a step that goes on like the one before, of the exchange current, of the film and of what other mechanisms resist.
    fn start(&mut self, on: &Surface, step: StepStart, to: Contribution) -> f64 {
        let rates = Rates::new(&self.scaled, on, step.dt);
        let constriction = f64::from(self.scaled.constriction);
        let &Surface { shape, q, delta, physics, pattern_share, current_before, .. } = on;
        let [film, pattern_film] = [physics.film, physics.pattern_film].map(f64::from);
        let (share, taken) = (&self.share, &*to.current);
        shape.rows(
            [&mut self.now[..], to.resistance, to.exchange],
            || (),
            |(), row, [now, resistance, exchange]| {
                let columns = &pattern_share[row.y * shape.nx..][..row.len()];
                for x in 0..row.len() {
                    let i = row.here + x;
                    if delta[i] == 0.0 {
                        now[x] = NONE;
                        continue;
                    }
                    let from = if share[i] < 0.0 { at_depth(shape, q, row, x, 0.0) } else { i };
                    now[x] = if share[from] >= 0.0 { share[from] } else { 1.0 };
                    let lost = if step.goes_on { 0.5 * rates.lost(current_before[from] - taken[i]) } else { 0.0 };
                    let contact = carried(now[x], lost, 1.0);
                    let covered = film + pattern_film * columns[x] + resistance[x];
                    resistance[x] += covered * (1.0 / contact - 1.0) + constriction * constricted(contact);
                    exchange[x] *= contact;
                }
            },
        );
        0.0
    }

    fn end(&mut self, on: &Surface, movement: f64, dt: f64) {
        let rates = Rates::new(&self.scaled, on, dt);
        let &Surface { shape, ell, q, current, taken, probes, .. } = on;
        let now = &self.now;
        shape.rows(
            [&mut self.share[..]],
            || (),
            |(), row, [share]| {
                share.fill(NONE);
                for probe in probes.of(row) {
                    let i = probe.cell as usize;
                    if now[i] >= 0.0 && q[i].abs() < OWN_LAYER * ell {
                        let lithium = current[i] - taken[i];
                        let stretch = 1.0 + movement * lithium * probe.curvature;
                        share[i - row.here] = carried(now[i], rates.lost(lithium), stretch);
                    }
                }
            },
        );
    }

    fn place(&mut self, on: &Surface, nuclei: &NewNuclei) {
        nuclei.mark(on, &mut self.share, NONE);
    }
}
