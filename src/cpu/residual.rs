//! Residual of both equations, and the flux operator that it shares with `apply`.

use super::Cpu;
use super::shape::{Cell, paired};

/// Fluxes out of a cell of a pair field, from differences: charge Σ κ(φ − φ_nb) − κ_D(c − c_nb), salt Σ D(c − c_nb).
#[inline(always)]
pub fn outflow(transport: &[[f64; 4]], u: &[[f64; 2]], cell: Cell) -> [f64; 2] {
    let i = cell.here;
    let mut charge = [0.0; 6];
    let mut salt = [0.0; 6];
    for (face, &nb) in cell.around.iter().enumerate() {
        let (phi, c) = (u[i][0] - u[nb][0], u[i][1] - u[nb][1]);
        let mean = |k: usize| 0.5 * (transport[i][k] + transport[nb][k]);
        charge[face] = mean(0) * phi - mean(1) * c;
        salt[face] = mean(2) * c;
    }
    [paired(charge), paired(salt)]
}

/// u, transport, source → residual = −(outflow + source).
pub fn residual(cpu: &mut Cpu) {
    let (u, transport, local) = (&cpu.u, &cpu.transport, &cpu.local);
    cpu.shape.map(&mut cpu.residual, |_, _, _, cell, out| {
        let flux = outflow(transport, u, cell);
        let source = local[cell.here].source;
        *out = [-(flux[0] + source[0]), -(flux[1] + source[1])];
    });
}
