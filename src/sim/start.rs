//! The copper and the state that a run starts from.

use std::path::Path;

use crate::io::{IoError, height_map};
use crate::model::collector;
use crate::model::parameters::{CollectorShape, InitialDeposit, Setup};
use crate::model::profile;
use crate::solver::backend::State;

/// Heights of the copper above the bottom of the box, x fastest, nx × ny \[m\].
///
/// # Errors
/// As [`load_copper`].
pub fn load_heights(setup: &Setup) -> Result<Vec<f64>, IoError> {
    load_copper(setup).map(|(heights, _)| heights)
}

/// Heights of the copper above the bottom of the box, x fastest, nx × ny \[m\], and what its height map is like, if it is read from
/// a file: not if its heights are there already.
///
/// # Errors
/// If a height map cannot be read, or the copper rises out of the box.
pub fn load_copper(setup: &Setup) -> Result<(Vec<f64>, Option<height_map::Summary>), IoError> {
    let mut copper = setup.collector.clone();
    let mut summary = None;
    if let CollectorShape::Map { file, dataset, height_range, height_unit, map_size, heights } = &mut copper.shape
        && heights.len() != setup.grid.nx * setup.grid.ny
    {
        let reading = height_map::Reading {
            dataset: dataset.as_deref(),
            height_range: *height_range,
            height_unit: *height_unit,
            map_size: *map_size,
            is_share: false,
        };
        let (read, of_map) = height_map::heights(Path::new(file), reading, &setup.grid)?;
        (*heights, summary) = (read, Some(of_map));
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
    Ok((heights, summary))
}

/// Lithium as the setup asks for, at rest, with uniform salt; the potential is counted from its initial value.
pub fn initial_state(setup: &Setup, heights: &[f64]) -> State {
    let grid = &setup.grid;
    let ell = setup.ell / grid.dx;
    // distance of a cell into a ball around `centre`; an axis of one cell has no distances
    let ball = |cell: [usize; 3], centre: [f64; 3], radius: f64| {
        let cells = [grid.nx, grid.ny, grid.nz];
        let [dx, dy, dz] = std::array::from_fn(|k| if cells[k] == 1 { 0.0 } else { cell[k] as f64 + 0.5 - centre[k] });
        radius / grid.dx - ((dx * dx + dy * dy) + dz * dz).sqrt()
    };
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
                        let plane = (heights[y * grid.nx + x] + thickness) / grid.dx;
                        let centre = [0.5 * grid.nx as f64, 0.5 * grid.ny as f64, plane];
                        ball([x, y, z], centre, *radius).max(-(z as f64 + 0.5 - plane))
                    }
                    InitialDeposit::Sphere { centre, radius } => ball([x, y, z], centre.map(|c| c / grid.dx), *radius),
                };
                xi[grid.index(x, y, z)] = profile::fraction(distance, ell);
            }
        }
    }
    let n = grid.cells();
    State::at_rest(xi, vec![0.0; n], vec![0.0; n], vec![0.0; n])
}
