//! Rough copper: the height and the area that its diffuse fields have, against the surface that they were made from.
//!
//! The surface is the periodic function through the heights whose Fourier series ends at the grid's own frequency. Its area
//! is the mean of √(1 + |∇h|²), with the gradient from the series. What a Gaussian surface of this spectrum has on the
//! average is ∫ √(1 + u) exp(−u/s²)/s² du, s² the mean square of the slope: that of one surface scatters around it.
//! A Hurst exponent of 0.8 has slopes down to the grid. A transition of width ℓ = dx cannot follow them as a distance: the
//! level sets of the true signed distance round them off, and their area is 2 to 13 % small for these surfaces, with an
//! exact gradient, and 6 to 27 % with central differences (measured apart from this program). The fraction w is therefore
//! made column by column, with the local slope, and each column is given the area of its surface.

use rustfft::num_complex::Complex;

use super::{Case, Check, Lab, VerifyError};
use crate::model::collector::{Statics, transform, waves};
use crate::model::grid::Grid;
use crate::model::parameters::{CollectorShape, Setup};
use crate::run::RunError;
use crate::sim::start::load_heights;

/// The case.
pub const CASE: Case = Case {
    name: "copper",
    about: "rough copper: mean height and developed area of its diffuse fields",
    source: "the heights themselves, their Fourier series, and the spectrum they were drawn from",
    quick: true,
    run,
};

/// Roughness \[µm\] and correlation length \[µm\] that are tried: the shipped ones and rougher.
const SURFACES: [(f64, f64); 6] = [(0.1, 1.0), (0.1, 2.0), (0.15, 2.0), (0.2, 3.0), (0.2, 2.0), (0.3, 2.0)];
/// Error allowed.
const ALLOWED: f64 = 0.02;

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let mut checks = Vec::new();
    for (rms, length) in SURFACES {
        let overrides =
            [format!("collector.rms=\"{rms} um\""), format!("collector.correlation_length=\"{length} um\"")];
        let setup = lab.config("copper", &overrides)?;
        let heights = load_heights(&setup).map_err(RunError::Copper)?;
        let statics = Statics::new(&setup, &heights);
        let columns = heights.len() as f64;
        let copper: f64 = statics.accessible.iter().map(|&w| 1.0 - f64::from(w)).sum();
        let area = statics.copper_area.iter().map(|&a| f64::from(a)).sum::<f64>() / columns;
        let name = |what: &str| format!("{what}, rms {rms} µm over {length} µm");
        let height = copper / columns * setup.grid.dx;
        let exact = area_of(&setup.grid, &heights);
        checks.push(Check::relative(name("mean height [m]"), height, setup.collector.height, ALLOWED));
        checks.push(Check::relative(name("area of the heights"), exact, expected_area(&setup)?, ALLOWED));
        checks.push(Check::relative(name("area"), area, exact, ALLOWED));
    }
    Ok(checks)
}

/// 2π times the frequency of mode `i` of `n` \[1/m\]; none at the grid's own frequency, whose sine the grid does not see.
fn wavenumber(i: usize, n: usize, dx: f64) -> f64 {
    if 2 * i == n { 0.0 } else { std::f64::consts::TAU * waves(i, n) / (n as f64 * dx) }
}

/// Area of the surface over that of the plane.
fn area_of(grid: &Grid, heights: &[f64]) -> f64 {
    let (nx, ny) = (grid.nx, grid.ny);
    let mut series: Vec<Complex<f64>> = heights.iter().map(|&h| Complex::new(h, 0.0)).collect();
    transform(&mut series, nx, ny, false);
    let slopes = |k: &dyn Fn(usize) -> f64| -> Vec<f64> {
        let mut slope: Vec<Complex<f64>> =
            series.iter().enumerate().map(|(i, h)| h * Complex::new(0.0, k(i)) / (nx * ny) as f64).collect();
        transform(&mut slope, nx, ny, true);
        slope.iter().map(|s| s.re).collect()
    };
    let along_x = slopes(&|i| wavenumber(i % nx, nx, grid.dx));
    let along_y = slopes(&|i| wavenumber(i / nx, ny, grid.dx));
    let stretch = along_x.iter().zip(&along_y).map(|(a, b)| (1.0 + a * a + b * b).sqrt());
    stretch.sum::<f64>() / heights.len() as f64
}

/// What a Gaussian surface of the setup's spectrum has on the average.
fn expected_area(setup: &Setup) -> Result<f64, VerifyError> {
    let CollectorShape::Rough { rms, correlation_length, hurst, .. } = setup.collector.shape else {
        return Err(VerifyError::Case("copper.toml: the copper is not rough".into()));
    };
    let grid = &setup.grid;
    let (mut power, mut steepness) = (0.0, 0.0);
    for i in 1..grid.nx * grid.ny {
        let (i, j) = (i % grid.nx, i / grid.nx);
        let frequency = |i: usize, n: usize| i.min(n - i) as f64 / (n as f64 * grid.dx);
        let k = frequency(i, grid.nx).hypot(frequency(j, grid.ny));
        let density = (1.0 + (k * correlation_length).powi(2)).powf(-1.0 - hurst);
        power += density;
        steepness += density * (wavenumber(i, grid.nx, grid.dx).powi(2) + wavenumber(j, grid.ny, grid.dx).powi(2));
    }
    let square = rms * rms * steepness / power;
    // midpoint rule in u over s², to exp(−40)
    let cells = 40_000;
    let at = |i: usize| (i as f64 + 0.5) * 40.0 / f64::from(cells);
    let mean: f64 = (0..cells as usize).map(|i| (1.0 + square * at(i)).sqrt() * (-at(i)).exp()).sum();
    Ok(mean * 40.0 / f64::from(cells))
}
