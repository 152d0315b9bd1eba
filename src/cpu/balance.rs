//! Sums over the linearised equations: what Newton's method, the time step and the ledgers look at.

use crate::model::numerics::{IN_ELECTROLYTE, IN_INTERFACE, PSI_FLOOR};
use multiversion::multiversion;

use super::Cpu;
use super::nucleate;
use super::reaction::{Terms, across_half_cell};
use super::shape::{Strip, fill, rows_of};
use crate::solver::backend::Balance;

/// Neighbours whose differences make a residual.
const FACES: f64 = 6.0;

/// κ, κ_D and D of a strip, and what the local terms of the charge and the salt equation change by with φ and c.
struct Coefficients<'a> {
    transport: [&'a [f32]; 3],
    local: [&'a [f32]; 4],
    /// that the potential is counted from
    phi_reference: f64,
}

/// Squares of what rounding leaves of both residuals in a strip: that of φ and c, which differences of neighbours are made of and local
/// terms follow, and of the drive that φ and its reference add up to.
#[multiversion(targets = "simd")]
fn rounding_strip(coefficients: &Coefficients, u: [&[f64]; 2], has_salt: bool, [of_phi, of_c]: [&mut [f64]; 2]) {
    let n = of_phi.len();
    let ([kappa, kappa_d, diffusivity], u) = (rows_of(coefficients.transport, n), rows_of(u, n));
    let [charge_by_phi, charge_by_c, salt_by_phi, salt_by_c] = rows_of(coefficients.local, n);
    let reference = coefficients.phi_reference.abs();
    let sum = |face: f32, local: f32| FACES * f64::from(face) + f64::from(local.abs());
    let referred = |local: f32| f64::from(local.abs()) * reference;
    let square = |left: f64| (0.5 * f64::EPSILON * left).powi(2);
    fill(of_phi, |x| {
        let potential = sum(kappa[x], charge_by_phi[x]) * u[0][x].abs() + referred(charge_by_phi[x]);
        square(potential + sum(kappa_d[x], charge_by_c[x]) * u[1][x].abs())
    });
    if has_salt {
        fill(of_c, |x| {
            let potential = f64::from(salt_by_phi[x].abs()) * u[0][x].abs() + referred(salt_by_phi[x]);
            square(potential + sum(diffusivity[x], salt_by_c[x]) * u[1][x].abs())
        });
    } else {
        of_c.fill(0.0);
    }
}

/// The terms of a strip, without those of the top and of nucleation, and of the salt's sink what reacts alone.
#[multiversion(targets = "simd")]
fn terms_strip(
    strip: &Terms,
    phi_reference: f64,
    [source, residual]: [[&[f64]; 2]; 2],
    has_salt: bool,
    out: Balance<&mut [f64]>,
) {
    let n = out.reaction.len();
    let (u, old) = (rows_of(strip.u, n), rows_of(strip.old, n));
    let (source, residual) = (rows_of(source, n), rows_of(residual, n));
    let (xi, w, area, delta) = (&strip.xi[..n], &strip.w[..n], &strip.copper_area[..n], &strip.delta[..n]);
    let (current, slope, transference) = (&strip.rate[0][..n], &strip.rate[1][..n], &strip.transference[..n]);
    let (porosity, rise, double_layer) = (strip.porosity, strip.rise, strip.double_layer);
    let psi = |x: usize| (w[x] * (1.0 - xi[x])).max(PSI_FLOOR);
    let bare = |x: usize| area[x] * (1.0 - xi[x]);
    fill(&mut out.residual_phi[..n], |x| residual[0][x] * residual[0][x]);
    fill(&mut out.residual_c[..n], |x| residual[1][x] * residual[1][x]);
    fill(&mut out.scale_phi[..n], |x| source[0][x] * source[0][x]);
    fill(&mut out.scale_c[..n], |x| source[1][x] * source[1][x]);
    fill(&mut out.imbalance[..n], |x| residual[0][x]);
    fill(&mut out.reaction[..n], |x| current[x] * delta[x]);
    fill(&mut out.double_layer[..n], |x| double_layer * bare(x) * (rise + (u[0][x] - old[0][x])));
    fill(&mut out.salt[..n], |x| psi(x) * porosity * (1.0 + u[1][x]));
    fill(&mut out.largest_current[..n], |x| if xi[x] * (1.0 - xi[x]) > IN_INTERFACE { current[x].abs() } else { 0.0 });
    fill(&mut out.largest_slope[..n], |x| if xi[x] * (1.0 - xi[x]) > IN_INTERFACE { slope[x] } else { 0.0 });
    fill(
        &mut out.concentration_change[..n],
        |x| {
            if psi(x) > IN_ELECTROLYTE { (u[1][x] - old[1][x]).abs() } else { 0.0 }
        },
    );
    fill(&mut out.reaction_power[..n], |x| (phi_reference + u[0][x]) * (current[x] * delta[x]));
    let anions = |x: usize| if has_salt { 1.0 - transference[x] } else { 0.0 };
    fill(&mut out.salt_sink[..n], |x| anions(x) * (current[x] * delta[x]));
}

/// Current and salt that enter at the top in a strip of its cells, their electrolyte, and it times the potential there.
fn top_strip(cpu: &Cpu, strip: Strip, out: [&mut [f64]; 4]) {
    let (p, step) = (&cpu.physics, &cpu.step);
    let (transport, transference) =
        (cpu.coefficients.transport.each_ref().map(|t| strip.of(t)), strip.of(&cpu.transference));
    let [phi, c] = cpu.u.each_ref().map(|u| strip.of(u));
    let (xi, w) = (strip.of(&cpu.xi), strip.of(&cpu.accessible));
    let reservoir = p.reservoir == 1;
    let [current_out, salt_out, weight_out, potential_out] = out;
    for x in 0..phi.len() {
        let [kappa, kappa_d, diffusivity] = transport.map(|t| f64::from(t[x]));
        let anions = 1.0 - transference[x];
        let (supplied, conducting) = across_half_cell(step, kappa, diffusivity);
        let to_c_top = if reservoir { f64::from(step.c_top) - c[x] } else { 0.0 };
        let c_difference = supplied * to_c_top;
        let (current, potential) = if step.potentiostatic == 1 {
            let potential =
                f64::from(step.top_potential) + (1.0 - supplied) * f64::from(step.potential_by_c) * to_c_top;
            let driven = 2.0 * kappa * conducting * (potential - phi[x]);
            let current = driven - 2.0 * kappa_d * conducting * c_difference;
            (current, potential - f64::from(step.resistance) * current)
        } else {
            let current = f64::from(step.top_current);
            let rise = if reservoir { c_difference } else { 0.5 * anions * current / diffusivity };
            (current, phi[x] + 0.5 * current / kappa + kappa_d / kappa * rise)
        };
        let psi = (w[x] * (1.0 - xi[x])).max(PSI_FLOOR);
        current_out[x] = current;
        salt_out[x] = match (p.salt == 1, reservoir) {
            (false, _) => 0.0,
            (true, true) => 2.0 * diffusivity * c_difference,
            (true, false) => anions * current,
        };
        (weight_out[x], potential_out[x]) = (psi, psi * potential);
    }
}

/// What a walk has made of a strip before its sums: local terms, residual, and the derivatives of the local terms.
pub struct Looked<'a> {
    pub source: [&'a [f64]; 2],
    pub residual: [&'a [f64]; 2],
    pub local: [&'a [f32]; 4],
}

/// The terms of all sums in a strip.
pub fn terms(cpu: &Cpu, strip: Strip, looked: Looked, out: Balance<&mut [f64]>) {
    let has_salt = cpu.physics.salt == 1;
    nucleate::rates(cpu, strip, out.nucleation_rate);
    let top = [&mut *out.top_current, out.top_salt, out.top_weight, out.top_potential];
    if strip.z + 1 == cpu.shape.nz {
        top_strip(cpu, strip, top);
    } else {
        top.into_iter().for_each(|out| out.fill(0.0));
    }
    let phi_reference = f64::from(cpu.step.phi_reference);
    let coefficients = Coefficients {
        transport: cpu.coefficients.transport.each_ref().map(|field| strip.of(field)),
        local: looked.local,
        phi_reference,
    };
    let u = cpu.u.each_ref().map(|u| strip.of(u));
    rounding_strip(&coefficients, u, has_salt, [&mut *out.rounding_phi, &mut *out.rounding_c]);
    terms_strip(&Terms::new(cpu, strip), phi_reference, [looked.source, looked.residual], has_salt, out);
}
