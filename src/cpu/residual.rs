//! Residual of both equations, and the flux operator that it shares with `apply`.

use super::Cpu;
use super::shape::{Cell, paired};

/// Flows out of a cell through each face, from differences: charge κ(φ − φ_nb) − κ_D(c − c_nb), salt D(c − c_nb). `sum(nb, k)`
/// is what the cell and its neighbour have together of κ, κ_D and D.
#[inline(always)]
fn flows(u: &[[f64; 2]], cell: Cell, sum: impl Fn(usize, usize) -> f64) -> ([f64; 6], [f64; 6]) {
    let i = cell.here;
    let mut charge = [0.0; 6];
    let mut salt = [0.0; 6];
    for (face, &nb) in cell.around.iter().enumerate() {
        let (phi, c) = (u[i][0] - u[nb][0], u[i][1] - u[nb][1]);
        let mean = |k: usize| 0.5 * sum(nb, k);
        charge[face] = mean(0) * phi - mean(1) * c;
        salt[face] = mean(2) * c;
    }
    (charge, salt)
}

/// The flows with the coefficients as they are.
#[inline(always)]
fn present(transport: &[[f64; 4]], u: &[[f64; 2]], cell: Cell) -> ([f64; 6], [f64; 6]) {
    flows(u, cell, |nb, k| transport[cell.here][k] + transport[nb][k])
}

/// The flows of a change `d` of u, summed over the faces, charge and salt: with the coefficients as they are
/// and, if there is salt, those of u with the coefficients' change as they follow the concentration.
#[inline(always)]
pub fn changed_outflow(
    transport: &[[f64; 4]],
    by_c: Option<&[[f64; 3]]>,
    u: &[[f64; 2]],
    d: &[[f64; 2]],
    cell: Cell,
) -> [f64; 2] {
    let (mut charge, mut salt) = present(transport, d, cell);
    if let Some(by_c) = by_c {
        let own = by_c[cell.here].map(|slope| slope * d[cell.here][1]);
        let (more_charge, more_salt) = flows(u, cell, |nb, k| own[k] + by_c[nb][k] * d[nb][1]);
        for face in 0..6 {
            charge[face] += more_charge[face];
            salt[face] += more_salt[face];
        }
    }
    [paired(charge), paired(salt)]
}

/// Salt that the current `charge` through the faces leaves behind in a cell because other ions carry it elsewhere:
/// −i·∇t₊, as Σ faces ½ (t₊ of the neighbour − t₊) charge.
#[inline(always)]
fn left_by(charge: [f64; 6], transport: &[[f64; 4]], cell: Cell) -> f64 {
    let here = transport[cell.here][3];
    paired(std::array::from_fn(|face| 0.5 * (transport[cell.around[face]][3] - here) * charge[face]))
}

/// Salt that the current leaves behind in a cell: −i·∇t₊.
#[inline(always)]
pub fn transference_gradient(transport: &[[f64; 4]], u: &[[f64; 2]], cell: Cell) -> f64 {
    left_by(present(transport, u, cell).0, transport, cell)
}

/// u, transport, source → residual = −(outflow + source), the salt's with the gradient of t₊; and what forces a chosen solution.
pub fn residual(cpu: &mut Cpu) {
    let salt = cpu.physics.salt == 1;
    let (u, transport, local) = (&cpu.u, &cpu.transport, &cpu.local);
    cpu.shape.map(&mut cpu.residual, |_, _, _, cell, out| {
        let (charge, diffusion) = present(transport, u, cell);
        let source = local[cell.here].source;
        let left = if salt { left_by(charge, transport, cell) } else { 0.0 };
        *out = [-(paired(charge) + source[0]), -((paired(diffusion) + left) + source[1])];
    });
    if let Some(forcing) = &cpu.forcing {
        cpu.shape.map(&mut cpu.residual, |_, _, _, cell, out| {
            let [charge, salt] = forcing.equations[cell.here];
            *out = [out[0] + charge, out[1] + salt];
        });
    }
}
