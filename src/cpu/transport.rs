//! Transport coefficients of the electrolyte in each cell.

use super::Cpu;
use super::shape::fields;
use crate::model::scales::{TABLE_ENTRIES, TABLE_RANGE};

/// Smallest electrolyte fraction in the coefficients.
pub const PSI_FLOOR: f64 = 1e-6;

/// Smallest c/c0 that κ_D is divided by.
pub const DILUTE: f64 = 1e-4;

/// Smallest c/c0 in the coefficients of the lithium. There the concentration goes on falling as it did outside, below zero
/// where the salt is nearly used up; nothing but the continuation of the outer fields depends on it.
pub const BEHIND: f64 = 0.1;

/// u, xi, accessible → kappa = ψκ, kappa_d = ψκ_D/c, diffusivity = ψD, transference = t₊, and the derivatives of the first
/// three with respect to c.
pub fn transport(cpu: &mut Cpu) {
    let (shape, physics) = (cpu.shape, cpu.physics);
    let (c, xi, w, table) = (&cpu.u[1], &cpu.xi, &cpu.accessible, &cpu.table);
    let single = (fields(&mut cpu.hierarchy[0].transport), fields(&mut cpu.transport_by_c));
    shape.strips(
        (&mut cpu.transference[..], single),
        || (),
        |(), strip, (transference, (mut transport, mut by_c))| {
            let medium = inverse_macmullin(&physics, strip.z);
            let (c, xi, w) = (strip.of(c), strip.of(xi), strip.of(w));
            for x in 0..c.len() {
                let medium = (w[x] * (1.0 - xi[x])).max(PSI_FLOOR) * medium;
                let own = 1.0 + c[x];
                let c = if xi[x] > 0.5 { own.max(BEHIND) } else { own };
                let (p, s) = lookup(table, c - 1.0);
                let kappa_d = medium * p[1] / c.max(DILUTE);
                transport
                    .iter_mut()
                    .zip([medium * p[0], kappa_d, medium * p[2]])
                    .for_each(|(out, v)| out[x] = v as f32);
                transference[x] = p[3];
                let follows = xi[x] <= 0.5 && own > DILUTE;
                let slopes = [medium * s[0], (medium * s[1] - kappa_d) / own, medium * s[2]];
                by_c.iter_mut().zip(slopes).for_each(|(out, v)| out[x] = if follows { v as f32 } else { 0.0 });
            }
        },
    );
}

/// Properties at c/c0 − 1 = `c`, linear between the entries of the table, and their derivatives with respect to c/c0.
#[inline]
pub fn lookup(table: &[[f32; 4]], c: f64) -> ([f64; 4], [f64; 4]) {
    let range = f64::from(TABLE_RANGE as f32);
    let place = ((1.0 + c) / range).clamp(0.0, 1.0) * (TABLE_ENTRIES - 1) as f64;
    let low = (place as usize).min(TABLE_ENTRIES - 2);
    let share = place - low as f64;
    let (a, b) = (table[low].map(f64::from), table[low + 1].map(f64::from));
    let rise: [f64; 4] = std::array::from_fn(|k| b[k] - a[k]);
    let entries = (TABLE_ENTRIES - 1) as f64 / range;
    (std::array::from_fn(|k| a[k] + share * rise[k]), rise.map(|rise| rise * entries))
}

/// Whether plane `z` lies in the separator.
fn in_separator(physics: &crate::model::uniforms::Physics, z: usize) -> bool {
    let height = z as f32 + 0.5;
    height > physics.separator_bottom && height < physics.separator_top
}

/// Volume fraction of plane `z` that the separator leaves.
pub fn porosity(physics: &crate::model::uniforms::Physics, z: usize) -> f64 {
    if in_separator(physics, z) { f64::from(physics.porosity) } else { 1.0 }
}

/// One over the MacMullin number of plane `z`.
pub fn inverse_macmullin(physics: &crate::model::uniforms::Physics, z: usize) -> f64 {
    if in_separator(physics, z) { f64::from(physics.inverse_macmullin) } else { 1.0 }
}
