//! Signed distance to the interface, q = ℓ ln(ξ/(1−ξ)).

use super::Cpu;
use crate::model::profile::signed_distance;

/// xi → q.
pub fn distance(cpu: &mut Cpu) {
    let ell = f64::from(cpu.physics.ell);
    let xi = &cpu.xi;
    cpu.shape.map(&mut cpu.q, |_, _, _, cell, q| {
        *q = signed_distance(xi[cell.here], ell);
    });
}
