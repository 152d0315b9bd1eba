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

/// Salt that the current leaves behind in a cell because it is carried by other ions elsewhere: −i·∇t₊, as
/// Σ faces ½ (t₊ of the neighbour − t₊) (κ(φ − φ_nb) − κ_D(c − c_nb)).
#[inline(always)]
pub fn transference_gradient(transport: &[[f64; 4]], u: &[[f64; 2]], cell: Cell) -> f64 {
    let i = cell.here;
    paired(cell.around.map(|nb| {
        let mean = |k: usize| 0.5 * (transport[i][k] + transport[nb][k]);
        let charge = mean(0) * (u[i][0] - u[nb][0]) - mean(1) * (u[i][1] - u[nb][1]);
        0.5 * (transport[nb][3] - transport[i][3]) * charge
    }))
}

/// u, transport, source → residual = −(outflow + source), the salt's with the gradient of t₊.
pub fn residual(cpu: &mut Cpu) {
    let salt = cpu.physics.salt == 1;
    let (u, transport, local) = (&cpu.u, &cpu.transport, &cpu.local);
    cpu.shape.map(&mut cpu.residual, |_, _, _, cell, out| {
        let flux = outflow(transport, u, cell);
        let source = local[cell.here].source;
        let left = if salt { transference_gradient(transport, u, cell) } else { 0.0 };
        *out = [-(flux[0] + source[0]), -((flux[1] + left) + source[1])];
    });
}
