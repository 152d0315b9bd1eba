//! What the box holds.

use super::Cpu;
use super::transport::porosity;
use crate::model::numerics::PSI_FLOOR;
use crate::solver::backend::{INVENTORY_MAXIMA, Inventory};

/// xi, u, delta → [`Inventory`].
pub fn inventory(cpu: &Cpu) -> Inventory {
    let values = cpu.shape.sum::<{ Inventory::COUNT }>(INVENTORY_MAXIMA, |_, _, z, cell| {
        let i = cell.here;
        let (xi, w) = (cpu.xi[i], cpu.accessible[i]);
        let filled = w * xi;
        let next = cell.around[5];
        let above = if next == i { 0.0 } else { cpu.accessible[next] * cpu.xi[next] };
        let height = match (filled > 0.5, above > 0.5) {
            (true, false) => z as f64 + 0.5 + (filled - 0.5) / (filled - above),
            (true, true) => z as f64 + 1.0,
            _ => 0.0,
        };
        Inventory {
            lithium: filled,
            salt: (w * (1.0 - xi)).max(PSI_FLOOR) * porosity(&cpu.physics, z) * (1.0 + cpu.u[1][i]),
            area: cpu.delta[i],
            height,
            overshoot: (-xi).max(xi - 1.0).max(0.0),
        }
        .to_array()
    });
    Inventory::from_slice(&values)
}
