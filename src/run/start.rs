//! The state that a run starts from.

use crate::model::parameters::{InitialDeposit, Setup};
use crate::solver::backend::State;

/// Lithium as the setup asks for, at rest, with uniform salt; the potential is counted from its initial value.
pub fn initial_state(setup: &Setup, heights: &[f64]) -> State {
    let grid = &setup.grid;
    let ell = setup.ell / grid.dx;
    let mut xi = vec![0.0; grid.cells()];
    for z in 0..grid.nz {
        for y in 0..grid.ny {
            for x in 0..grid.nx {
                let distance = match &setup.deposit {
                    InitialDeposit::None => break,
                    InitialDeposit::Layer { thickness } => {
                        (heights[y * grid.nx + x] + thickness) / grid.dx - (z as f64 + 0.5)
                    }
                    InitialDeposit::Sphere { centre, radius } => {
                        let offset = |cell: usize, n: usize, axis: usize| {
                            if n == 1 { 0.0 } else { cell as f64 + 0.5 - centre[axis] / grid.dx }
                        };
                        let (dx, dy, dz) = (offset(x, grid.nx, 0), offset(y, grid.ny, 1), offset(z, grid.nz, 2));
                        radius / grid.dx - ((dx * dx + dy * dy) + dz * dz).sqrt()
                    }
                };
                xi[grid.index(x, y, z)] = 0.5 * (1.0 + (0.5 * distance / ell).tanh());
            }
        }
    }
    let n = grid.cells();
    let c = if setup.electrolyte.has_salt() { setup.top.c0 / setup.kinetics.c_ref - 1.0 } else { 0.0 };
    State { xi, phi: vec![0.0; n], c: vec![c; n], current: vec![0.0; n] }
}
