//! Transport coefficients of the electrolyte in each cell.

use super::Cpu;
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
    let plane = shape.nx * shape.ny;
    let (u, xi, w, table) = (&cpu.u, &cpu.xi, &cpu.accessible, &cpu.table);
    let medium = |i: usize| (w[i] * (1.0 - xi[i])).max(PSI_FLOOR) * inverse_macmullin(&physics, i / plane);
    shape.map(&mut cpu.transport, |_, _, _, cell, out| {
        let c = 1.0 + u[cell.here][1];
        let c = if xi[cell.here] > 0.5 { c.max(BEHIND) } else { c };
        let p = lookup(table, c - 1.0);
        let medium = medium(cell.here);
        *out = [medium * p[0], medium * p[1] / c.max(DILUTE), medium * p[2], p[3]];
    });
    let coefficients = &cpu.transport;
    shape.map(&mut cpu.transport_by_c, |_, _, _, cell, out| {
        let i = cell.here;
        let c = 1.0 + u[i][1];
        *out = [0.0; 3];
        if xi[i] <= 0.5 && c > DILUTE {
            let s = slopes(table, c - 1.0);
            let medium = medium(i);
            *out = [medium * s[0], (medium * s[1] - coefficients[i][1]) / c, medium * s[2]];
        }
    });
}

/// Properties at c/c0 − 1 = `c`, linear between the entries of the table.
pub fn lookup(table: &[[f32; 4]], c: f64) -> [f64; 4] {
    let place = place(c);
    let low = (place as usize).min(TABLE_ENTRIES - 2);
    let share = place - low as f64;
    std::array::from_fn(|i| {
        let (a, b) = (f64::from(table[low][i]), f64::from(table[low + 1][i]));
        a + share * (b - a)
    })
}

/// Derivatives of the properties with respect to c/c0 at c/c0 − 1 = `c`.
pub fn slopes(table: &[[f32; 4]], c: f64) -> [f64; 4] {
    let low = (place(c) as usize).min(TABLE_ENTRIES - 2);
    let entries = (TABLE_ENTRIES - 1) as f64 / f64::from(TABLE_RANGE as f32);
    std::array::from_fn(|k| f64::from(table[low + 1][k] - table[low][k]) * entries)
}

/// Where c/c0 − 1 = `c` lies in the table, in entries.
fn place(c: f64) -> f64 {
    ((1.0 + c) / f64::from(TABLE_RANGE as f32)).clamp(0.0, 1.0) * (TABLE_ENTRIES - 1) as f64
}

/// Whether plane `z` lies in the separator.
pub fn in_separator(physics: &crate::model::uniforms::Physics, z: usize) -> bool {
    let height = z as f32 + 0.5;
    height > physics.separator_bottom && height < physics.separator_top
}

/// One over the MacMullin number of plane `z`.
pub fn inverse_macmullin(physics: &crate::model::uniforms::Physics, z: usize) -> f64 {
    if in_separator(physics, z) { f64::from(physics.inverse_macmullin) } else { 1.0 }
}
