//! Signed distance to the interface, q = ℓ ln(ξ/(1−ξ)).

use super::Cpu;

/// Bound on ξ and 1−ξ inside the logarithm.
pub const CLIP: f64 = 1e-6;

/// xi → q.
pub fn distance(cpu: &mut Cpu) {
    let ell = f64::from(cpu.physics.ell);
    let xi = &cpu.xi;
    cpu.shape.map(&mut cpu.q, |_, _, _, cell, q| {
        let xi = xi[cell.here].clamp(CLIP, 1.0 - CLIP);
        *q = ell * (xi / (1.0 - xi)).ln();
    });
}
