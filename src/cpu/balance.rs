//! Sums over the linearised equations: what Newton's method, the time step and the ledgers look at.

use super::Cpu;
use super::residual::transference_gradient;
use super::transport::{PSI_FLOOR, in_separator};
use crate::model::nucleation;
use crate::solver::backend::{BALANCE_MAXIMA, Balance};

/// Interface cells that count for the largest current: ξ(1−ξ) above this.
pub const IN_INTERFACE: f64 = 0.01;
/// Cells that count for the change of concentration: ψ above this.
pub const IN_ELECTROLYTE: f64 = 0.05;

/// Everything → [`Balance`].
pub fn balance(cpu: &Cpu) -> Balance {
    let (p, step, shape) = (cpu.physics, cpu.step, cpu.shape);
    let rise = f64::from(step.reference_rise);
    let reference = f64::from(step.phi_reference);
    let values = shape.sum::<{ Balance::COUNT }>(BALANCE_MAXIMA, |_, _, z, cell| {
        let i = cell.here;
        let [kappa, kappa_d, diffusivity, transference] = cpu.transport[i];
        let (u, old, local, residual) = (cpu.u[i], cpu.u_old[i], cpu.local[i], cpu.residual[i]);
        let (xi, w) = (cpu.xi[i], cpu.accessible[i]);
        let psi = (w * (1.0 - xi)).max(PSI_FLOOR);
        let porosity = if in_separator(&p, z) { f64::from(p.porosity) } else { 1.0 };
        let anions = 1.0 - transference;
        let reaction = cpu.rate[i][0] * cpu.delta[i];
        let left = if p.salt == 1 { transference_gradient(&cpu.transport, &cpu.u, cell) } else { 0.0 };
        let bare = cpu.copper_area[i] * (1.0 - xi);
        let (j0, barrier) = (f64::from(p.nucleation_rate), f64::from(p.nucleation_barrier));
        let nucleation = nucleation::rate(bare, reference + u[0], j0, barrier);
        let mut top = [0.0; 4]; // current, salt, weight, potential
        if z + 1 == shape.nz {
            let reservoir = p.reservoir == 1;
            let c_difference = if reservoir { f64::from(p.c_top) - u[1] } else { 0.0 };
            let (current, potential) = if p.potentiostatic == 1 {
                let potential = f64::from(step.top_potential);
                (2.0 * kappa * (potential - u[0]) - 2.0 * kappa_d * c_difference, potential)
            } else {
                let current = f64::from(step.top_current);
                let rise = if reservoir { c_difference } else { 0.5 * anions * current / diffusivity };
                (current, u[0] + 0.5 * current / kappa + kappa_d / kappa * rise)
            };
            let salt = match (p.salt == 1, reservoir) {
                (false, _) => 0.0,
                (true, true) => 2.0 * diffusivity * c_difference,
                (true, false) => anions * current,
            };
            top = [current, salt, psi, psi * potential];
        }
        let balance = Balance {
            residual_phi: residual[0] * residual[0],
            residual_c: residual[1] * residual[1],
            scale_phi: local.source[0] * local.source[0],
            scale_c: local.source[1] * local.source[1],
            imbalance: residual[0],
            reaction,
            double_layer: f64::from(step.double_layer) * bare * (rise + (u[0] - old[0])),
            top_current: top[0],
            top_salt: top[1],
            salt_sink: if p.salt == 1 { anions * reaction + left } else { 0.0 },
            salt: psi * porosity * (1.0 + u[1]),
            top_weight: top[2],
            top_potential: top[3],
            nucleation_rate: nucleation,
            largest_current: if xi * (1.0 - xi) > IN_INTERFACE { cpu.rate[i][0].abs() } else { 0.0 },
            concentration_change: if psi > IN_ELECTROLYTE { (u[1] - old[1]).abs() } else { 0.0 },
        };
        balance.to_array()
    });
    Balance::from_slice(&values)
}
