//! Transport coefficients of the electrolyte in each cell.

use crate::model::numerics::{CONTINUED_FLOOR, DILUTE, PSI_FLOOR, TABLE_RANGE};
use multiversion::multiversion;

use super::Cpu;
use super::shape::fields;
use crate::model::scales::TABLE_ENTRIES;

/// u, xi_mid, accessible → kappa = ψκ, kappa_d = ψκ_D/c, diffusivity = ψD, transference = t₊, and the derivatives of the first
/// three with respect to c.
pub fn transport(cpu: &mut Cpu) {
    let (shape, physics) = (cpu.shape, cpu.physics);
    // as q: see `interface::predict`
    let xi = if physics.distance_before == 1 { &cpu.xi } else { &cpu.xi_next };
    let (c, w, table, closed) = (&cpu.u[1], &cpu.accessible, &cpu.table, &cpu.closed);
    let single = (fields(&mut cpu.coefficients.transport), fields(&mut cpu.transport_by_c));
    shape.strips(
        (&mut cpu.transference[..], single),
        || (),
        |(), strip, (transference, (transport, by_c))| {
            let medium = inverse_macmullin(&physics, strip.z);
            let fields = [c, xi, w].map(|field| strip.of(field));
            transport_strip(table, medium, fields, strip.of(closed), transference, transport, by_c);
        },
    );
}

/// Computes the transport coefficients of a strip; `medium` is one over its MacMullin number.
#[multiversion(targets = "simd")]
fn transport_strip(
    table: &Table,
    medium: f64,
    [c, xi, w]: [&[f64]; 3],
    closed: &[bool],
    transference: &mut [f64],
    [kappa, kappa_d, diffusivity]: [&mut [f32]; 3],
    [kappa_by_c, kappa_d_by_c, diffusivity_by_c]: [&mut [f32]; 3],
) {
    let n = transference.len();
    let (c, xi, w, transference) = (&c[..n], &xi[..n], &w[..n], &mut transference[..n]);
    let closed = &closed[..n];
    let (kappa, kappa_d, diffusivity) = (&mut kappa[..n], &mut kappa_d[..n], &mut diffusivity[..n]);
    let (kappa_by_c, kappa_d_by_c) = (&mut kappa_by_c[..n], &mut kappa_d_by_c[..n]);
    let diffusivity_by_c = &mut diffusivity_by_c[..n];
    for x in 0..n {
        // what is closed is a wall, like lithium
        let xi = if closed[x] { 1.0 } else { xi[x] };
        let medium = (w[x] * (1.0 - xi)).max(PSI_FLOOR) * medium;
        let own = 1.0 + c[x];
        let c = own.max(if xi > 0.5 { CONTINUED_FLOOR } else { DILUTE });
        let (p, s) = table.at(c - 1.0);
        let of_c = medium * p[1] / c;
        (kappa[x], kappa_d[x], diffusivity[x]) = ((medium * p[0]) as f32, of_c as f32, (medium * p[2]) as f32);
        transference[x] = p[3];
        let follows = if xi <= 0.5 && own > DILUTE { 1.0 } else { 0.0 };
        kappa_by_c[x] = (follows * (medium * s[0])) as f32;
        kappa_d_by_c[x] = (follows * ((medium * s[1] - of_c) / c)) as f32;
        diffusivity_by_c[x] = (follows * (medium * s[2])) as f32;
    }
}

/// Properties of the electrolyte over its concentration: κ, κ_D, D and t₊, scaled.
pub struct Table {
    /// of each entry the properties, and how far they rise up to the next
    entries: Vec<[[f64; 4]; 2]>,
}

impl Table {
    /// From the properties at evenly spaced concentrations.
    pub fn new(properties: &[[f32; 4]]) -> Self {
        let entry = |pair: &[[f32; 4]]| {
            let [low, high] = [0, 1].map(|k| pair[k].map(f64::from));
            [low, std::array::from_fn(|k| high[k] - low[k])]
        };
        Self { entries: properties.windows(2).map(entry).collect() }
    }

    /// Properties at c/c0 − 1 = `c`, linear between the entries, and their derivatives with respect to c/c0.
    #[inline(always)]
    pub fn at(&self, c: f64) -> ([f64; 4], [f64; 4]) {
        let range = f64::from(TABLE_RANGE as f32);
        let place = ((1.0 + c) / range).clamp(0.0, 1.0) * (TABLE_ENTRIES - 1) as f64;
        let low = (place as usize).min(self.entries.len() - 1);
        let share = place - low as f64;
        let [properties, rise] = &self.entries[low];
        let per_entry = (TABLE_ENTRIES - 1) as f64 / range;
        (std::array::from_fn(|k| properties[k] + share * rise[k]), rise.map(|rise| rise * per_entry))
    }
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
