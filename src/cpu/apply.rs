//! The linearised operator on a search direction.

use super::Cpu;
use super::residual::outflow;

/// x of level 0 → direction, image = outflow + local derivatives · direction.
pub fn apply(cpu: &mut Cpu, slot: usize) {
    let [phi, c] = &cpu.hierarchy[0].x;
    cpu.shape.map(&mut cpu.directions[slot], |_, _, _, cell, direction| {
        *direction = [f64::from(phi[cell.here]), f64::from(c[cell.here])];
    });
    let (direction, transport, local) = (&cpu.directions[slot], &cpu.transport, &cpu.local);
    cpu.shape.map(&mut cpu.images[slot], |_, _, _, cell, out| {
        let flux = outflow(transport, direction, cell);
        let (local, d) = (&local[cell.here], direction[cell.here]);
        *out =
            [flux[0] + (local.phi[0] * d[0] + local.phi[1] * d[1]), flux[1] + (local.c[0] * d[0] + local.c[1] * d[1])];
    });
}
