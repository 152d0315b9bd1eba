//! Current density of lithium plating (i > 0) and stripping in each interface cell.

use super::Cpu;
use crate::model::kinetics::butler_volmer_with_film;

/// Smallest c/c0 in the exchange current.
pub const C_FLOOR: f64 = 1e-6;

/// u, delta, curvature, heterogeneity → current = i0 (c/c0)^α a(x) {exp\[α f\] − exp\[−(1−α) f\]} and its slopes
/// with respect to φ and c.
pub fn kinetics(cpu: &mut Cpu) {
    let p = cpu.physics;
    let (alpha, film) = (f64::from(p.alpha), f64::from(p.film));
    let reference = f64::from(cpu.step.phi_reference);
    let (u, delta, curvature, heterogeneity) = (&cpu.u, &cpu.delta, &cpu.curvature, &cpu.heterogeneity);
    cpu.shape.map(&mut cpu.rate, |_, _, _, cell, out| {
        let i = cell.here;
        if delta[i] == 0.0 {
            *out = [0.0; 3];
            return;
        }
        let [phi, c] = u[i];
        let drive = (reference + phi) - (f64::from(p.capillary) * curvature[i] + f64::from(p.stress));
        let c = (1.0 + c).max(C_FLOOR);
        let i0 = f64::from(p.i0) * c.powf(alpha) * heterogeneity[i];
        let rate = butler_volmer_with_film(drive, i0, alpha, film);
        // at fixed drive a film leaves (1 + film g)⁻¹ of the effect of c, as of that of φ
        let free_slope = rate.slope / (1.0 - film * rate.slope).max(1e-12);
        let slope_c = if p.salt == 1 { alpha * rate.value / c / (1.0 + film * free_slope) } else { 0.0 };
        *out = [rate.value, rate.slope, slope_c];
    });
}
