//! Local terms of both equations: reaction, double layer, salt storage and the top of the box, with their derivatives.

use multiversion::multiversion;

use super::Cpu;
use super::shape::{Row, fill, rows_of};
use super::transport::{PSI_FLOOR, fields, in_separator};

/// A row of the fields that local terms are made of.
struct Terms<'a> {
    u: [&'a [f64]; 2],
    old: [&'a [f64]; 2],
    xi: &'a [f64],
    w: &'a [f64],
    copper_area: &'a [f64],
    delta: &'a [f64],
    rate: [&'a [f64]; 3],
    transference: &'a [f64],
    /// how far the potential's reference has risen since the old values
    rise: f64,
    /// double-layer conductance per area
    double_layer: f64,
    /// salt storage coefficient, with the porosity; none if there is no salt
    storage: Option<f64>,
}

impl<'a> Terms<'a> {
    fn new(cpu: &'a Cpu, row: Row) -> Self {
        let (p, step) = (&cpu.physics, &cpu.step);
        let porosity = if in_separator(p, row.z) { f64::from(p.porosity) } else { 1.0 };
        Self {
            u: cpu.u.each_ref().map(|u| row.of(u)),
            old: cpu.u_old.each_ref().map(|u| row.of(u)),
            xi: row.of(&cpu.xi),
            w: row.of(&cpu.accessible),
            copper_area: row.of(&cpu.copper_area),
            delta: row.of(&cpu.delta),
            rate: cpu.rate.each_ref().map(|rate| row.of(rate)),
            transference: row.of(&cpu.transport[3]),
            rise: f64::from(step.reference_rise),
            double_layer: f64::from(step.double_layer),
            storage: (p.salt == 1).then_some(f64::from(step.storage) * porosity),
        }
    }
}

/// Terms of the charge and the salt equation, and the derivatives of the charge terms with respect to φ and c, then of the salt
/// terms, without what the top adds.
#[multiversion(targets = "simd")]
fn terms_row(terms: &Terms, source: [&mut [f64]; 2], local: [&mut [f64]; 4]) {
    let n = source[0].len();
    let [charge, salt] = source.map(|out| &mut out[..n]);
    let [charge_by_phi, charge_by_c, salt_by_phi, salt_by_c] = local.map(|out| &mut out[..n]);
    let (u, old) = (rows_of(terms.u, n), rows_of(terms.old, n));
    let (xi, w, area, delta) = (&terms.xi[..n], &terms.w[..n], &terms.copper_area[..n], &terms.delta[..n]);
    let (rate, transference) = (rows_of(terms.rate, n), &terms.transference[..n]);
    let (rise, double_layer) = (terms.rise, terms.double_layer);
    let reaction = |k: usize, x: usize| rate[k][x] * delta[x];
    let capacitance = |x: usize| double_layer * area[x] * (1.0 - xi[x]);
    fill(charge, |x| reaction(0, x) + capacitance(x) * (rise + (u[0][x] - old[0][x])));
    fill(charge_by_phi, |x| reaction(1, x) + capacitance(x));
    fill(charge_by_c, |x| reaction(2, x));
    match terms.storage {
        None => {
            salt.fill(0.0);
            salt_by_phi.fill(0.0);
            salt_by_c.fill(1.0);
        }
        Some(storage) => {
            let anions = |x: usize| 1.0 - transference[x];
            let storage = |x: usize| storage * (w[x] * (1.0 - xi[x])).max(PSI_FLOOR);
            fill(salt, |x| anions(x) * reaction(0, x) + storage(x) * (u[1][x] - old[1][x]));
            fill(salt_by_phi, |x| anions(x) * reaction(1, x));
            fill(salt_by_c, |x| anions(x) * reaction(2, x) + storage(x));
        }
    }
}

/// What the top adds to its row of cells.
fn add_top(cpu: &Cpu, row: Row, source: [&mut [f64]; 2], local: [&mut [f64]; 4]) {
    let (p, step) = (&cpu.physics, &cpu.step);
    let salt = p.salt == 1;
    let [kappa, kappa_d, diffusivity, transference] = cpu.transport.each_ref().map(|t| row.of(t));
    let [phi, c] = cpu.u.each_ref().map(|u| row.of(u));
    let [charge, salt_terms] = source;
    let [charge_by_phi, charge_by_c, salt_by_phi, salt_by_c] = local;
    for x in 0..phi.len() {
        let anions = 1.0 - transference[x];
        let c_difference = if p.reservoir == 1 { c[x] - f64::from(p.c_top) } else { 0.0 };
        if p.reservoir == 1 {
            salt_terms[x] += 2.0 * diffusivity[x] * c_difference;
            salt_by_c[x] += 2.0 * diffusivity[x];
        }
        if p.potentiostatic == 1 {
            let conduction = 2.0 * kappa[x] * (phi[x] - f64::from(step.top_potential));
            charge[x] += conduction - 2.0 * kappa_d[x] * c_difference;
            charge_by_phi[x] += 2.0 * kappa[x];
            charge_by_c[x] -= 2.0 * kappa_d[x] * f64::from(p.reservoir);
            if salt && p.reservoir == 0 {
                salt_terms[x] += anions * conduction;
                salt_by_phi[x] += anions * 2.0 * kappa[x];
            }
        } else {
            charge[x] -= f64::from(step.top_current);
            if salt && p.reservoir == 0 {
                salt_terms[x] -= anions * f64::from(step.top_current);
            }
        }
    }
}

/// Everything → source and local.
pub fn reaction(cpu: &mut Cpu) {
    let (mut source, mut local) = (std::mem::take(&mut cpu.source), std::mem::take(&mut cpu.local));
    cpu.shape.rows((fields(&mut source), fields(&mut local)), || (), |(), row, (mut source, mut local)| {
        terms_row(&Terms::new(cpu, row), source.each_mut().map(|out| &mut **out), local.each_mut().map(|out| &mut **out));
        if row.z + 1 == cpu.shape.nz {
            add_top(cpu, row, source, local);
        }
    });
    (cpu.source, cpu.local) = (source, local);
}
