//! Voids on the CPU: what the contact resists, and what a step makes of it.

use super::{FIELDS, Scaled, Voids, carried, constricted};
use crate::cpu::mechanism::{Contribution, NewNuclei, OnSurface, Surface};
use crate::cpu::probe::at_depth;
use crate::mechanisms::{Riding, StepStart};
use crate::model::numerics::OWN_LAYER;
use crate::model::parameters::Setup;
use crate::model::scales::Scales;

/// What a cell that does not react has in the place of a contact of its own: full contact, negative, as what is not its own is.
const NONE: f64 = -1.0;

/// The contact of a run.
pub struct Contact {
    parameters: Voids,
    pressure: f64,
    scaled: Scaled,
    /// share of the surface in contact; negative where a cell has none of its own but knows that of the surface that was closest to it
    share: Vec<f64>,
    /// share at the beginning of the step, positive where a cell reacts
    now: Vec<f64>,
}

/// Contact in a box in which all surfaces have it.
pub fn new(parameters: &Voids, setup: &Setup, scales: &Scales) -> Contact {
    let (pressure, cells) = (setup.kinetics.pressure, setup.grid.cells());
    Contact {
        parameters: *parameters,
        pressure,
        scaled: parameters.scaled(pressure, scales),
        share: vec![1.0; cells],
        now: vec![1.0; cells],
    }
}

impl OnSurface for Contact {
    fn bytes_per_cell(&self) -> usize {
        8 * 2
    }

    fn scale(&mut self, scales: &Scales) {
        self.scaled = self.parameters.scaled(self.pressure, scales);
    }

    fn fields(&self) -> Vec<(&'static str, &[f64])> {
        vec![(FIELDS[0].name, &self.share)]
    }

    fn load(&mut self, given: &Riding) {
        match given.get(FIELDS[0].name) {
            Some(given) => self.share.copy_from_slice(given),
            None => self.share.fill(1.0),
        }
    }

    /// q, contact, current before → the contact of each cell at the beginning of the step; and what it makes, in the middle of a step that goes on like the
    /// one before, of the exchange current, of the film and of what other mechanisms resist.
    ///
    /// Cells near the interface have a contact of their own, those farther away that of the surface closest to them: full contact in a tail of nothing would
    /// carry what the surface no longer does. Where no surface is left they keep the last.
    fn start(&mut self, on: &Surface, step: StepStart, to: Contribution) -> f64 {
        let scaled = self.scaled;
        let constriction = f64::from(scaled.constriction);
        let half = if step.goes_on { 0.5 * step.dt } else { 0.0 };
        let &Surface { shape, q, delta, physics, pattern_share, current_before, .. } = on;
        let [film, pattern_film] = [physics.film, physics.pattern_film].map(f64::from);
        let share = &self.share;
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
                    let closest = if share[i] > 0.0 { i } else { at_depth(shape, q, row, x, 0.0) };
                    let from = if share[closest] > 0.0 { closest } else { i };
                    now[x] = share[from].abs();
                    let contact = carried(now[x], scaled.lost(current_before[from], half), 1.0);
                    let covered = film + pattern_film * columns[x] + resistance[x];
                    resistance[x] += covered * (1.0 / contact - 1.0) + constriction * constricted(contact);
                    exchange[x] *= contact;
                }
            },
        );
        0.0
    }

    fn end(&mut self, on: &Surface, movement: f64, dt: f64) {
        let scaled = self.scaled;
        let &Surface { shape, ell, q, current, probes, .. } = on;
        let now = &self.now;
        shape.rows(
            [&mut self.share[..]],
            || (),
            |(), row, [share]| {
                share.fill(NONE);
                for probe in probes.of(row) {
                    let i = probe.cell as usize;
                    share[i - row.here] = if q[i].abs() < OWN_LAYER * ell {
                        let stretch = 1.0 + movement * current[i].max(0.0) * probe.curvature;
                        carried(now[i], scaled.lost(current[i], dt), stretch)
                    } else {
                        -now[i]
                    };
                }
            },
        );
    }

    fn place(&mut self, on: &Surface, nuclei: &NewNuclei) {
        nuclei.mark(on, &mut self.share, 1.0);
    }
}
