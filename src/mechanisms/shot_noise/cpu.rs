//! Shot noise on the CPU.

use super::{AMPLITUDE, ShotNoise};
use crate::cpu::mechanism::{Contribution, NewNuclei, OnSurface, Surface};
use crate::cpu::probe::Foot;
use crate::mechanisms::{Riding, StepStart};
use crate::model::numerics::{DILUTE, FEWEST_IONS, OFF_SURFACE};
use crate::model::parameters::Setup;
use crate::model::random::bits_above_half;
use crate::model::scales::Scales;

/// The shot noise of a run.
pub struct Noise {
    parameters: ShotNoise,
    /// per second and scaled current density
    ions: f64,
}

/// The shot noise of a box.
pub fn new(parameters: &ShotNoise, _: &Setup, scales: &Scales) -> Noise {
    Noise { parameters: *parameters, ions: ShotNoise::ions(scales) }
}

impl OnSurface for Noise {
    fn bytes_per_cell(&self) -> usize {
        0
    }

    fn scale(&mut self, scales: &Scales) {
        self.ions = ShotNoise::ions(scales);
    }

    fn fields(&self) -> Vec<(&'static str, &[f64])> {
        Vec::new()
    }

    fn load(&mut self, _: &Riding) {}

    /// q, current before, c, heterogeneity, exchange → what the noise adds to the drive.
    fn start(&mut self, on: &Surface, step: StepStart, to: Contribution) -> f64 {
        if !step.goes_on || self.parameters.strength == 0.0 {
            return 0.0; // the current before is not that which fluctuates
        }
        let (seed, amplitude) = (self.parameters.stream(), AMPLITUDE);
        let &Surface { shape, q, ell, physics, probes, .. } = on;
        let ions = self.ions * step.dt / self.parameters.strength.powi(2);
        let noise = |cell: usize| f64::from(bits_above_half(seed, step.number, cell as u32));
        let [i0, alpha] = [physics.i0, physics.alpha].map(f64::from);
        let Contribution { drive_lost, exchange, current: taken, .. } = to;
        let (exchange, taken) = (&*exchange, &*taken);
        shape.rows(
            [drive_lost],
            || (),
            |(), row, [drive_lost]| {
                for probe in probes.of(row) {
                    let cell = probe.cell as usize;
                    let x = cell - row.here;
                    let Some(foot) = Foot::new(shape, q, row, x) else { continue };
                    let [closest, below, above] = [0.0, -OFF_SURFACE, OFF_SURFACE].map(|depth| foot.at(depth));
                    let share = foot.belongs(&closest, ell);
                    let c = if physics.salt == 1 { (1.0 + probe.reading.read(on.c)).max(DILUTE) } else { 1.0 };
                    let exchange = i0 * on.heterogeneity[cell] * exchange[cell] * c.powf(alpha);
                    let current = on.current_before[cell] - taken[cell];
                    let both = (current * current + 4.0 * exchange * exchange).sqrt();
                    if both > 0.0 {
                        let (cathodic, anodic) = (0.5 * (both + current), 0.5 * (both - current));
                        let crossing = (both * ions).max(FEWEST_IONS);
                        let overpotential = both / (alpha * cathodic + (1.0 - alpha) * anodic) / crossing.sqrt();
                        let number = 0.5 * (below.read_from(&noise) + above.read_from(&noise));
                        drive_lost[x] -= amplitude * share * overpotential * number;
                    }
                }
            },
        );
        0.0
    }

    fn end(&mut self, _: &Surface, _: f64, _: f64) {}

    fn place(&mut self, _: &Surface, _: &NewNuclei) {}
}
