//! The copper and the state that a run starts from.

use std::path::Path;

use crate::io::{IoError, height_map};
use crate::model::collector;
use crate::model::parameters::{CollectorShape, InitialDeposit, Setup};
use crate::solver::backend::State;

/// Heights of the copper above the bottom of the box, x fastest, nx × ny \[m\]; a height map is read from its file unless
/// its heights are there already.
///
/// # Errors
/// If a height map cannot be read, or the copper rises out of the box.
pub fn load_heights(setup: &Setup) -> Result<Vec<f64>, IoError> {
    let mut copper = setup.collector.clone();
    if let CollectorShape::Map { file, dataset, height_range, heights } = &mut copper.shape
        && heights.len() != setup.grid.nx * setup.grid.ny
    {
        *heights = height_map::heights(Path::new(file), dataset.as_deref(), *height_range, &setup.grid)?;
    }
    let heights = collector::heights(&setup.grid, &copper);
    let highest = heights.iter().copied().fold(f64::MIN, f64::max);
    if highest + 4.0 * setup.ell > setup.grid.height() {
        let file = match &copper.shape {
            CollectorShape::Map { file, .. } => file.clone(),
            _ => "collector".into(),
        };
        let problem = format!(
            "the copper rises to {:.3} µm, out of the box of {:.3} µm",
            highest * 1e6,
            setup.grid.height() * 1e6
        );
        return Err(IoError::content(Path::new(&file), problem));
    }
    let lowest = heights.iter().copied().fold(f64::MAX, f64::min);
    if lowest < 3.0 * setup.ell && highest > -4.0 * setup.ell {
        let problem = format!(
            "the copper goes down to {:.3} µm, where its interface (3 ℓ = {:.3} µm) is cut off by the bottom of the box; \
             raise collector.height",
            lowest * 1e6,
            3.0 * setup.ell * 1e6
        );
        return Err(IoError::content(Path::new("copper"), problem));
    }
    Ok(heights)
}

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
                    InitialDeposit::Ripple { thickness, amplitude, wavelength } => {
                        let phase = std::f64::consts::TAU * (x as f64 + 0.5) * grid.dx / wavelength;
                        let height = heights[y * grid.nx + x] + thickness + amplitude * phase.cos();
                        height / grid.dx - (z as f64 + 0.5)
                    }
                    InitialDeposit::Boss { thickness, radius } => {
                        let offset = |cell: usize, n: usize| {
                            if n == 1 { 0.0 } else { cell as f64 + 0.5 - 0.5 * n as f64 }
                        };
                        let (dx, dy) = (offset(x, grid.nx), offset(y, grid.ny));
                        let dz = z as f64 + 0.5 - (heights[y * grid.nx + x] + thickness) / grid.dx;
                        (radius / grid.dx - ((dx * dx + dy * dy) + dz * dz).sqrt()).max(-dz)
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
    State { xi, phi: vec![0.0; n], c: vec![0.0; n], current: vec![0.0; n] }
}
