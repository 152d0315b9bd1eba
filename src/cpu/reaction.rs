//! Local terms of both equations: reaction, double layer, salt storage and the top of the box, with their derivatives.

use crate::model::numerics::PSI_FLOOR;
use multiversion::multiversion;

use super::Cpu;
use super::shape::{Strip, fill, rows_of};
use super::transport::porosity;
use crate::model::uniforms::StepUniforms;

/// A strip of the fields that local terms, and the sums over them, are made of.
pub struct Terms<'a> {
    pub u: [&'a [f64]; 2],
    pub old: [&'a [f64]; 2],
    pub xi: &'a [f64],
    pub w: &'a [f64],
    pub copper_area: &'a [f64],
    pub delta: &'a [f64],
    pub rate: [&'a [f64]; 3],
    pub transference: &'a [f64],
    /// how far the potential's reference has risen since the old values
    pub rise: f64,
    /// double-layer conductance per area
    pub double_layer: f64,
    /// volume fraction that the separator leaves
    pub porosity: f64,
    /// salt storage coefficient, with the porosity; none if there is no salt
    storage: Option<f64>,
}

impl<'a> Terms<'a> {
    pub fn new(cpu: &'a Cpu, strip: Strip) -> Self {
        let (p, step) = (&cpu.physics, &cpu.step);
        let porosity = porosity(p, strip.z);
        Self {
            u: cpu.u.each_ref().map(|u| strip.of(u)),
            old: cpu.u_old.each_ref().map(|u| strip.of(u)),
            xi: strip.of(&cpu.xi),
            w: strip.of(&cpu.accessible),
            copper_area: strip.of(&cpu.copper_area),
            delta: strip.of(&cpu.delta),
            rate: cpu.rate.each_ref().map(|rate| strip.of(rate)),
            transference: strip.of(&cpu.transference),
            rise: f64::from(step.reference_rise),
            double_layer: f64::from(step.double_layer),
            porosity,
            storage: (p.salt == 1).then_some(f64::from(step.storage) * porosity),
        }
    }
}

/// Terms of the charge and the salt equation, and the derivatives of the charge terms with respect to φ and c, then of the salt
/// terms, without what the top adds.
#[multiversion(targets = "simd")]
fn terms_strip(terms: &Terms, diffusivity: &[f32], source: [&mut [f64]; 2], local: [&mut [f32]; 4]) {
    let n = source[0].len();
    let [charge, salt] = source.map(|out| &mut out[..n]);
    let [charge_by_phi, charge_by_c, salt_by_phi, salt_by_c] = local.map(|out| &mut out[..n]);
    let (u, old) = (rows_of(terms.u, n), rows_of(terms.old, n));
    let (xi, w, area, delta) = (&terms.xi[..n], &terms.w[..n], &terms.copper_area[..n], &terms.delta[..n]);
    let (rate, transference) = (rows_of(terms.rate, n), &terms.transference[..n]);
    let diffusivity = &diffusivity[..n];
    let (rise, double_layer) = (terms.rise, terms.double_layer);
    let reaction = |k: usize, x: usize| rate[k][x] * delta[x];
    let capacitance = |x: usize| double_layer * area[x] * (1.0 - xi[x]);
    fill(charge, |x| reaction(0, x) + capacitance(x) * (rise + (u[0][x] - old[0][x])));
    fill(charge_by_phi, |x| (reaction(1, x) + capacitance(x)) as f32);
    fill(charge_by_c, |x| reaction(2, x) as f32);
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
            fill(salt_by_phi, |x| (anions(x) * reaction(1, x)) as f32);
            // stripping falls as c rises, without bound as c vanishes: no more of that than conduction in the cell outweighs
            let by_c = |x: usize| (anions(x) * reaction(2, x)).max(-f64::from(diffusivity[x]));
            fill(salt_by_c, |x| (by_c(x) + storage(x)) as f32);
        }
    }
}

/// Of a difference between a cell at the top and what is above the box, the parts across the half cell: of c, and of φ at a given
/// potential. 1 where nothing resists above.
pub fn across_half_cell(step: &StepUniforms, kappa: f64, diffusivity: f64) -> (f64, f64) {
    let part = |conductance: f64, resistance: f32| 1.0 / (1.0 + 2.0 * conductance * f64::from(resistance));
    (part(diffusivity, step.salt_resistance), part(kappa, step.resistance))
}

/// What the top adds to a strip of its cells, with their κ, κ_D and D.
fn add_top(cpu: &Cpu, transport: [&[f32]; 3], strip: Strip, source: [&mut [f64]; 2], local: [&mut [f32]; 4]) {
    let (p, step) = (&cpu.physics, &cpu.step);
    let salt = p.salt == 1;
    let (phi, c, transference) = (strip.of(&cpu.u[0]), strip.of(&cpu.u[1]), strip.of(&cpu.transference));
    let [charge, salt_terms] = source;
    let [charge_by_phi, charge_by_c, salt_by_phi, salt_by_c] = local;
    for x in 0..phi.len() {
        let [kappa, kappa_d, diffusivity] = transport.map(|t| f64::from(t[x]));
        let anions = 1.0 - transference[x];
        let (supplied, conducting) = across_half_cell(step, kappa, diffusivity);
        let from_c_top = if p.reservoir == 1 { c[x] - f64::from(step.c_top) } else { 0.0 };
        let c_difference = supplied * from_c_top;
        if p.reservoir == 1 {
            salt_terms[x] += 2.0 * diffusivity * c_difference;
            salt_by_c[x] += (2.0 * diffusivity * supplied) as f32;
        }
        if step.potentiostatic == 1 {
            // the diffusion potential above the box follows c at its top
            let above_by_c = (1.0 - supplied) * f64::from(step.potential_by_c);
            let from_top = phi[x] - f64::from(step.top_potential) + above_by_c * from_c_top;
            let conduction = 2.0 * kappa * conducting * from_top;
            charge[x] += conduction - 2.0 * kappa_d * conducting * c_difference;
            charge_by_phi[x] += (2.0 * kappa * conducting) as f32;
            let supplied = if p.reservoir == 1 { supplied } else { 0.0 };
            charge_by_c[x] += (2.0 * conducting * (kappa * above_by_c - kappa_d * supplied)) as f32;
            if salt && p.reservoir == 0 {
                salt_terms[x] += anions * conduction;
                salt_by_phi[x] += (anions * 2.0 * kappa) as f32;
            }
        } else {
            charge[x] -= f64::from(step.top_current);
            if salt && p.reservoir == 0 {
                salt_terms[x] -= anions * f64::from(step.top_current);
            }
        }
    }
}

/// Local terms of both equations in a strip, and the derivatives of the charge terms with respect to φ and c, then of the salt terms.
pub fn terms(cpu: &Cpu, strip: Strip, mut source: [&mut [f64]; 2], mut local: [&mut [f32]; 4]) {
    let transport = cpu.coefficients.transport.each_ref().map(|field| strip.of(field));
    terms_strip(
        &Terms::new(cpu, strip),
        transport[2],
        source.each_mut().map(|out| &mut **out),
        local.each_mut().map(|out| &mut **out),
    );
    if strip.z + 1 == cpu.shape.nz {
        add_top(cpu, transport, strip, source, local);
    }
}
