//! Electrolyte that has lost the top of the box: a pocket between deposits that have met.
//!
//! A cell belongs to the electrolyte that its electrolyte fraction ψ leads up to. Where that is joined to the top of the box, salt can
//! come; elsewhere it is trapped. What plates in a trapped cell fades with its salt, over a range so wide that Newton's method does not
//! jump back and forth across it, until the salt is spent. From then on the cell is closed: it has no reaction area, and φ and c stay
//! what they are behind a wall that conducts next to nothing.

use super::Cpu;
use super::isolated::climb;
use crate::model::pieces::{Phase, Pieces};

/// c/c0 below which what plates in a trapped cell falls in proportion to c.
pub const SCARCE: f64 = 0.2;
/// c/c0 below which the salt of a trapped cell is spent.
pub const SPENT: f64 = 0.05;

/// Pieces of the box → whether each cell is trapped; nowhere as long as no salt is spent.
pub fn find(cpu: &mut Cpu, phases: &[Phase], found: &Pieces) {
    let shape = cpu.shape;
    if cpu.physics.salt == 0 || cpu.u[1].iter().all(|c| !is_spent(*c)) {
        cpu.trapped.clear();
        return;
    }
    let mut at_top = vec![false; found.count];
    let top = (shape.nz - 1) * shape.ny;
    found.runs.iter().filter(|run| run.row >= top).for_each(|run| at_top[run.piece] = true);
    let mut open = vec![false; shape.cells()];
    for run in found.runs.iter().filter(|run| run.phase == Phase::Electrolyte && at_top[run.piece]) {
        let start = run.row * shape.nx;
        open[start + run.start..start + run.end].fill(true);
    }
    let (xi, w) = (&cpu.xi, &cpu.accessible);
    let electrolyte = |cell: usize| phases[cell] == Phase::Electrolyte;
    let fraction = |cell: usize| w[cell] * (1.0 - xi[cell]);
    cpu.trapped.resize(shape.cells(), false);
    shape.map(&mut cpu.trapped[..], |x, y, z, _, trapped| {
        *trapped = !open[climb(&shape, fraction, electrolyte, [x, y, z])];
    });
}

/// trapped, c before the step → closed: the trapped cells whose salt is spent.
pub fn close(cpu: &mut Cpu) {
    let (shape, trapped, c) = (cpu.shape, &cpu.trapped, &cpu.u_old[1]);
    if trapped.is_empty() {
        cpu.closed.fill(false);
        return;
    }
    shape.map(&mut cpu.closed[..], |_, _, _, cell, closed| {
        *closed = trapped[cell.here] && is_spent(c[cell.here]);
    });
}

/// Whether the salt at c/c0 − 1 = `c` is spent.
fn is_spent(c: f64) -> bool {
    1.0 + c < SPENT
}
