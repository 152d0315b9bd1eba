//! What must be the same on all levels of a study: the copper and the nuclei.
//!
//! Rough copper is noise filtered cell by cell and nuclei are drawn cell by cell, so that another grid would be another
//! sample, and the difference between two levels would be one between samples. Here one surface and one list of nuclei are
//! made on the coarsest grid and used on all.

use std::path::Path;

use rustfft::num_complex::Complex;

use crate::io::IoError;
use crate::model::collector::{transform, waves};
use crate::model::grid::Grid;
use crate::model::nucleation;
use crate::model::parameters::{CollectorShape, ListedNucleus, Nucleation, Setup};

/// Shortest wavelength of the copper over the coarsest dx: what is shorter no level below could carry.
const SHORTEST_WAVE: f64 = 4.0;

/// A periodic surface without waves that the coarsest grid cannot carry.
#[derive(Clone, Debug)]
pub struct Surface {
    grid: Grid,
    /// Fourier coefficients of the heights around their mean, unscaled, as on the coarsest grid \[m\]
    spectrum: Vec<Complex<f64>>,
    /// root mean square of the heights before the short waves were left out \[m\]
    pub rms_before: f64,
    /// and after \[m\]
    pub rms: f64,
    /// shortest wavelength kept \[m\]
    pub shortest: f64,
}

impl Surface {
    /// The surface through `heights` around their mean \[m\] on the coarsest grid.
    pub fn new(grid: Grid, heights: &[f64]) -> Self {
        let (nx, ny) = (grid.nx, grid.ny);
        let shortest = SHORTEST_WAVE * grid.dx;
        let mut spectrum: Vec<Complex<f64>> = heights.iter().map(|&h| Complex::new(h, 0.0)).collect();
        transform(&mut spectrum, nx, ny, false);
        for y in 0..ny {
            for x in 0..nx {
                let k = |i: usize, n: usize| waves(i, n) / (n as f64 * grid.dx);
                if k(x, nx).hypot(k(y, ny)) * shortest > 1.0 + 1e-9 {
                    spectrum[y * nx + x] = Complex::default();
                }
            }
        }
        let rms = |values: &[f64]| (values.iter().map(|h| h * h).sum::<f64>() / values.len() as f64).sqrt();
        let mut surface = Self { grid, spectrum, rms_before: rms(heights), rms: 0.0, shortest };
        surface.rms = rms(&surface.on(&grid));
        surface
    }

    /// Heights around the mean at the centres of the columns of a grid that is as fine or finer, x fastest \[m\].
    pub fn on(&self, grid: &Grid) -> Vec<f64> {
        let (nx, ny) = (self.grid.nx, self.grid.ny);
        let mut field = vec![Complex::default(); grid.nx * grid.ny];
        for y in 0..ny {
            for x in 0..nx {
                let coefficient = self.spectrum[y * nx + x];
                if coefficient == Complex::default() {
                    continue;
                }
                let (kx, ky) = (waves(x, nx), waves(y, ny));
                // the first centre lies half a cell from the corner, and cells differ
                let shift = |k: f64, coarse: usize, fine: usize| k * (1.0 / fine as f64 - 1.0 / coarse as f64);
                let phase = std::f64::consts::PI * (shift(kx, nx, grid.nx) + shift(ky, ny, grid.ny));
                let place = |k: f64, n: usize| (k as i64).rem_euclid(n as i64) as usize;
                field[place(ky, grid.ny) * grid.nx + place(kx, grid.nx)] += coefficient * Complex::cis(phase);
            }
        }
        transform(&mut field, grid.nx, grid.ny, true);
        field.iter().map(|h| h.re / (nx * ny) as f64).collect()
    }

    /// The shape of the copper on a grid; `origin` says where the heights came from.
    pub fn shape(&self, grid: &Grid, origin: String) -> CollectorShape {
        CollectorShape::Map {
            file: origin,
            dataset: None,
            height_range: None,
            height_unit: None,
            map_size: None,
            heights: self.on(grid),
        }
    }
}

/// Where a surface came from: another copper gives another text.
pub fn origin(shape: &CollectorShape, shortest: f64) -> String {
    let waves = format!("waves of {:.4} µm and longer", shortest * 1e6);
    match shape {
        CollectorShape::Flat => "flat".into(),
        CollectorShape::Rough { rms, correlation_length, hurst, seed } => format!(
            "rough copper, rms {rms:e} m, correlation_length {correlation_length:e} m, hurst {hurst}, seed {seed}; {waves}"
        ),
        CollectorShape::Map { file, dataset, .. } => {
            format!("{file} {}; {waves}", dataset.as_deref().unwrap_or_default())
        }
    }
}

/// Nuclei that a setup places from the start, by their places \[m\].
pub fn placed(setup: &Setup, heights: &[f64]) -> Vec<ListedNucleus> {
    let dx = setup.grid.dx;
    let listed = |n: nucleation::Scheduled| ListedNucleus {
        x: n.cap.centre[0] * dx,
        y: n.cap.centre[1] * dx,
        radius: n.cap.radius * dx,
        time: n.time,
    };
    nucleation::scheduled(setup, heights).into_iter().map(listed).collect()
}

/// Nuclei in the list of events of a finished run.
///
/// # Errors
/// If the file cannot be read or is not such a list.
pub fn recorded(events: &Path) -> Result<Vec<ListedNucleus>, IoError> {
    let text = std::fs::read_to_string(events).map_err(IoError::system(events))?;
    let mut nuclei = Vec::new();
    for line in text.lines() {
        let event: serde_json::Value =
            serde_json::from_str(line).map_err(|e| IoError::content(events, format!("not a line of JSON: {e}")))?;
        if event["event"] != "nucleus" {
            continue;
        }
        let number = |key: &str| {
            event[key].as_f64().ok_or_else(|| IoError::content(events, format!("a nucleus without a number {key}")))
        };
        nuclei.push(ListedNucleus {
            x: number("x")?,
            y: number("y")?,
            radius: number("radius")?,
            time: number("time")?,
        });
    }
    Ok(nuclei)
}

/// Whether nuclei of a setup appear by chance in time, so that a run must record them.
pub fn by_chance(setup: &Setup) -> bool {
    matches!(setup.nucleation, Nucleation::Poisson { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    const COARSE: Grid = Grid { nx: 24, ny: 16, nz: 8, dx: 0.5e-6 };
    const FINE: Grid = Grid { nx: 36, ny: 24, nz: 12, dx: 0.5e-6 * 2.0 / 3.0 };

    fn heights(grid: &Grid) -> Vec<f64> {
        let at = |i: usize| {
            let tau = std::f64::consts::TAU;
            let (x, y) = (((i % grid.nx) as f64 + 0.5) / grid.nx as f64, ((i / grid.nx) as f64 + 0.5) / grid.ny as f64);
            1e-7 * ((tau * (2.0 * x - y) + 0.3).cos() + 0.5 * (tau * 3.0 * y).sin())
        };
        (0..grid.nx * grid.ny).map(at).collect()
    }

    #[test]
    fn a_surface_is_the_same_on_a_finer_grid() {
        let surface = Surface::new(COARSE, &heights(&COARSE));
        for grid in [COARSE, FINE] {
            let largest = surface.on(&grid).iter().zip(heights(&grid)).fold(0.0_f64, |e, (a, b)| e.max((a - b).abs()));
            assert!(largest < 1e-20, "{largest}");
        }
        assert!((surface.rms / surface.rms_before - 1.0).abs() < 1e-12);
    }

    #[test]
    fn waves_too_short_for_the_coarsest_grid_are_left_out() {
        let heights: Vec<f64> =
            (0..COARSE.nx * COARSE.ny).map(|i| if (i % COARSE.nx).is_multiple_of(2) { 1e-7 } else { -1e-7 }).collect();
        let surface = Surface::new(COARSE, &heights);
        assert!(surface.rms < 1e-20 && (surface.rms_before - 1e-7).abs() < 1e-12, "{surface:?}");
    }
}
