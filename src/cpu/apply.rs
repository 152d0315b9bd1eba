//! The linearised operator on a search direction.

use super::Cpu;
use super::probe::gather;
use super::residual::changed_outflow;

/// x of level 0 → direction, image = outflow + local derivatives · direction.
pub fn apply(cpu: &mut Cpu, slot: usize) {
    let [phi, c] = &cpu.hierarchy[0].x;
    let salt = cpu.physics.salt == 1;
    cpu.shape.map(&mut cpu.directions[slot], |_, _, _, cell, direction| {
        *direction = [f64::from(phi[cell.here]), f64::from(c[cell.here])];
    });
    let (u, by_c) = (&cpu.u, salt.then_some(&cpu.transport_by_c[..]));
    let (direction, transport, local) = (&cpu.directions[slot], &cpu.transport, &cpu.local);
    let (shape, probe, rate, delta) = (cpu.shape, &cpu.probe, &cpu.rate, &cpu.delta);
    cpu.shape.map(&mut cpu.images[slot], |x, y, z, cell, out| {
        let flux = changed_outflow(transport, by_c, u, direction, cell);
        let (local, d) = (&local[cell.here], direction[cell.here]);
        let mut image =
            [flux[0] + (local.phi[0] * d[0] + local.phi[1] * d[1]), flux[1] + (local.c[0] * d[0] + local.c[1] * d[1])];
        let i = cell.here;
        let way = probe[i].way;
        if way != [0.0; 3] {
            // the reaction follows what is read at the probe, not in the cell
            let [phi, c] = gather(&shape, x, y, z, way, |i| direction[i]);
            let change = delta[i] * (rate[i][1] * (phi - d[0]) + rate[i][2] * (c - d[1]));
            image[0] += change;
            if salt {
                image[1] += (1.0 - transport[i][3]) * change;
            }
        }
        *out = image;
    });
}

/// (1, 0) → direction, image = its local derivatives: no current flows from cell to cell, and the reaction reads the same at
/// its probe as in the cell.
pub fn apply_uniform(cpu: &mut Cpu, slot: usize) {
    cpu.directions[slot].fill([1.0, 0.0]);
    let local = &cpu.local;
    cpu.shape.map(&mut cpu.images[slot], |_, _, _, cell, image| {
        let local = &local[cell.here];
        *image = [local.phi[0], local.c[0]];
    });
}
