//! Nuclei: where the Poisson process fires, and their shape.

use super::{Cpu, sei};
use crate::model::nucleation::{Cap, rate};
use crate::model::random::hash;

/// Cells in which the process of rate J0 exp\[−(η_b/drive)²\] per bare area fires during `dt`, in rising order.
pub fn nucleate(cpu: &Cpu, seed: u32, step: u32, dt: f64) -> Vec<u32> {
    let p = cpu.physics;
    let reference = f64::from(cpu.step.phi_reference);
    let fires = |i: usize| {
        let bare = cpu.copper_area[i] * (1.0 - cpu.xi[i]);
        let (j0, barrier) = (f64::from(p.nucleation_rate), f64::from(p.nucleation_barrier));
        let expected = rate(bare, reference + cpu.u[0][i], j0, barrier) * dt;
        let chance = expected * (1.0 - 0.5 * expected.min(1.0));
        f64::from(hash(seed, step, i as u32)) < chance * 4_294_967_296.0
    };
    (0..cpu.shape.cells()).filter(|&i| fires(i)).map(|i| i as u32).collect()
}

/// ξ = the larger of ξ and the caps' fractions; a cap's surface has no SEI yet.
pub fn place(cpu: &mut Cpu, caps: &[Cap]) {
    let (grid, ell) = (cpu.grid, f64::from(cpu.physics.ell));
    let fraction = |x: usize, y: usize, z: usize| {
        caps.iter().fold(0.0f64, |largest, cap| largest.max(cap.fraction(&grid, ell, x, y, z)))
    };
    if cpu.physics.sei == 1 {
        let xi = &cpu.xi;
        cpu.shape.map(&mut cpu.sei[0], |x, y, z, cell, sigma| {
            let fraction = fraction(x, y, z);
            if fraction > sei::FRESH && fraction > xi[cell.here] {
                *sigma = sei::NONE;
            }
        });
    }
    cpu.shape.map(&mut cpu.xi, |x, y, z, _, xi| *xi = xi.max(fraction(x, y, z)));
}
