//! Local terms of both equations: reaction, double layer, salt storage and the top of the box, with their derivatives.

use super::Cpu;
use super::transport::{PSI_FLOOR, in_separator};

/// The local terms of one cell.
#[derive(Clone, Copy, Debug, Default)]
pub struct Local {
    /// terms of the charge and the salt equation
    pub source: [f64; 2],
    /// derivatives of the charge terms with respect to φ and c
    pub phi: [f64; 2],
    /// derivatives of the salt terms with respect to φ and c
    pub c: [f64; 2],
}

/// Everything → source, reaction_phi, reaction_c.
pub fn reaction(cpu: &mut Cpu) {
    let (p, step, shape) = (cpu.physics, cpu.step, cpu.shape);
    let rise = f64::from(step.reference_rise);
    let plane = shape.nx * shape.ny;
    let (u, old, xi, w) = (&cpu.u, &cpu.u_old, &cpu.xi, &cpu.accessible);
    let (transport, rate, delta, copper_area) = (&cpu.transport, &cpu.rate, &cpu.delta, &cpu.copper_area);
    shape.map(&mut cpu.local, |_, _, z, cell, out| {
        let i = cell.here;
        let [kappa, kappa_d, diffusivity, transference] = transport[i];
        let [current, slope_phi, slope_c] = rate[i].map(|r| r * delta[i]);
        let capacitance = f64::from(step.double_layer) * copper_area[i] * (1.0 - xi[i]);
        let mut local = Local {
            source: [current + capacitance * (rise + (u[i][0] - old[i][0])), 0.0],
            phi: [slope_phi + capacitance, slope_c],
            c: [0.0, 1.0],
        };
        let salt = p.salt == 1;
        let anions = 1.0 - transference;
        if salt {
            let psi = (w[i] * (1.0 - xi[i])).max(PSI_FLOOR);
            let porosity = if in_separator(&p, i / plane) { f64::from(p.porosity) } else { 1.0 };
            let storage = f64::from(step.storage) * psi * porosity;
            local.source[1] = anions * current + storage * (u[i][1] - old[i][1]);
            local.c = [anions * slope_phi, anions * slope_c + storage];
        }
        if z + 1 == shape.nz {
            let c_difference = if p.reservoir == 1 { u[i][1] - f64::from(p.c_top) } else { 0.0 };
            if p.reservoir == 1 {
                local.source[1] += 2.0 * diffusivity * c_difference;
                local.c[1] += 2.0 * diffusivity;
            }
            if p.potentiostatic == 1 {
                let conduction = 2.0 * kappa * (u[i][0] - f64::from(step.top_potential));
                local.source[0] += conduction - 2.0 * kappa_d * c_difference;
                local.phi[0] += 2.0 * kappa;
                local.phi[1] -= 2.0 * kappa_d * f64::from(p.reservoir);
                if salt && p.reservoir == 0 {
                    local.source[1] += anions * conduction;
                    local.c[0] += anions * 2.0 * kappa;
                }
            } else {
                local.source[0] -= f64::from(step.top_current);
                if salt && p.reservoir == 0 {
                    local.source[1] -= anions * f64::from(step.top_current);
                }
            }
        }
        *out = local;
    });
}
