//! Current density of lithium plating (i > 0) and stripping in each interface cell.

use super::Cpu;
use super::probe::gather;
use super::transport::{DILUTE, in_separator, lookup, slopes};
use crate::model::kinetics::{Layer, through_layer};

/// Smallest c/c0 in the exchange current.
pub const C_FLOOR: f64 = 1e-6;

/// u at the probe, delta, front_curvature, heterogeneity → current = i0 (c/c0)^α a(x) {exp\[α f\] − exp\[−(1−α) f\]} and
/// its slopes with respect to φ and c at the probe, through film and the layer between probe and interface.
pub fn kinetics(cpu: &mut Cpu) {
    let (p, shape) = (cpu.physics, cpu.shape);
    let (alpha, film) = (f64::from(p.alpha), f64::from(p.film));
    let reference = f64::from(cpu.step.phi_reference);
    let (u, delta, curvature, heterogeneity) = (&cpu.u, &cpu.delta, &cpu.front_curvature, &cpu.heterogeneity);
    let (probe, table) = (&cpu.probe, &cpu.table);
    shape.map(&mut cpu.rate, |x, y, z, cell, out| {
        let i = cell.here;
        if delta[i] == 0.0 {
            *out = [0.0; 3];
            return;
        }
        let [dx, dy, dz, thickness] = probe[i];
        let [phi, c] = gather(&shape, x, y, z, [dx, dy, dz], |i| u[i]);
        let drive = (reference + phi) - (f64::from(p.capillary) * curvature[i] + f64::from(p.stress));
        let [kappa, kappa_d, diffusivity, transference] = lookup(table, c);
        let medium = if in_separator(&p, z) { f64::from(p.inverse_macmullin) } else { 1.0 };
        let salt = p.salt == 1;
        let layer = Layer {
            resistance: film + thickness / (medium * kappa),
            depletion: if salt { thickness * (1.0 - transference) / (medium * diffusivity) } else { 0.0 },
            diffusion_potential: kappa_d / kappa,
            resistance_by_c: -thickness * slopes(table, c)[0] / (medium * kappa * kappa),
        };
        let c = if salt { (1.0 + c).max(C_FLOOR.max(DILUTE)) } else { 1.0 };
        let rate = through_layer(drive, c, f64::from(p.i0) * heterogeneity[i], alpha, &layer);
        *out = [rate.current, rate.by_drive, if salt { rate.by_c } else { 0.0 }];
    });
}
