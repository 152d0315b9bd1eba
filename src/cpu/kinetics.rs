//! Current density of lithium plating (i > 0) and stripping in each interface cell.

use super::Cpu;
use super::probe::{Probe, gather};
use super::transport::{DILUTE, fields, inverse_macmullin, lookup};
use crate::model::kinetics::{Layer, through_layer};

/// u at the probe, delta, heterogeneity → current = i0 (c/c0)^α a(x) {exp\[α f\] − exp\[−(1−α) f\]} and
/// its slopes with respect to φ and c at the probe, through film and the layer between probe and interface.
pub fn kinetics(cpu: &mut Cpu) {
    let (p, shape) = (cpu.physics, cpu.shape);
    let (alpha, film) = (f64::from(p.alpha), f64::from(p.film));
    let reference = f64::from(cpu.step.phi_reference);
    let (u, delta, heterogeneity) = (&cpu.u, &cpu.delta, &cpu.heterogeneity);
    let (probe, table) = (&cpu.probe, &cpu.table);
    shape.rows(fields(&mut cpu.rate), || (), |(), row, mut out| for x in 0..shape.nx {
        let (y, z, i) = (row.y, row.z, row.here + x);
        if delta[i] == 0.0 {
            out.iter_mut().for_each(|out| out[x] = 0.0);
            continue;
        }
        let Probe { way, thickness, curvature } = probe[i];
        let [phi, c] = gather(&shape, x, y, z, way, |i| [u[0][i], u[1][i]]);
        let drive = (reference + phi) - (f64::from(p.capillary) * curvature + f64::from(p.stress));
        let ([kappa, kappa_d, diffusivity, transference], slopes) = lookup(table, c);
        let medium = inverse_macmullin(&p, z);
        let salt = p.salt == 1;
        let layer = Layer {
            resistance: film + thickness / (medium * kappa),
            depletion: if salt { thickness * (1.0 - transference) / (medium * diffusivity) } else { 0.0 },
            diffusion_potential: kappa_d / kappa,
            resistance_by_c: -thickness * slopes[0] / (medium * kappa * kappa),
        };
        let c = if salt { (1.0 + c).max(DILUTE) } else { 1.0 };
        let rate = through_layer(drive, c, f64::from(p.i0) * heterogeneity[i], alpha, &layer);
        let rate = [rate.current, rate.by_drive, if salt { rate.by_c } else { 0.0 }];
        out.iter_mut().zip(rate).for_each(|(out, v)| out[x] = v);
    });
}
