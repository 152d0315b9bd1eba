//! Length scales of the heights: radial power spectrum and autocorrelation.

use rustfft::num_complex::Complex;

use super::roughness::is_flat;
use crate::model::collector::transform;
use crate::model::grid::Grid;

/// A ring of the power spectrum: modes of about the same wavelength.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ring {
    /// one over the mean wavenumber of the modes, weighted by power \[m\]
    pub wavelength: f64,
    /// mean power spectral density of the modes: the variance of the heights is its integral over the plane of
    /// wavenumbers 1/λ \[m⁴\] (over their line, \[m³\], if nx or ny is 1)
    pub density: f64,
    /// what the modes contribute to the variance of the heights \[m²\]
    pub variance: f64,
}

/// Length scales of the heights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scales {
    /// wavelength of the ring with the largest variance; NaN if flat \[m\]
    pub dominant_wavelength: f64,
    /// lag at which the radial mean of the autocorrelation first falls to 1/e; NaN if flat or if it does not \[m\]
    pub correlation_length: f64,
}

/// Radial power spectrum of `heights` \[m\], the longest wavelength first. Rings are one mode of the longer side wide;
/// rings without modes are left out.
pub fn radial(grid: &Grid, heights: &[f64]) -> Vec<Ring> {
    rings(grid, &powers(grid, heights))
}

/// Length scales of `heights` \[m\].
pub fn scales(grid: &Grid, heights: &[f64]) -> Scales {
    let powers = powers(grid, heights);
    if is_flat(grid, powers.iter().sum::<f64>().sqrt()) {
        return Scales { dominant_wavelength: f64::NAN, correlation_length: f64::NAN };
    }
    let larger = |best: Ring, ring: Ring| if ring.variance > best.variance { ring } else { best };
    let dominant = rings(grid, &powers).into_iter().reduce(larger);
    Scales {
        dominant_wavelength: dominant.map_or(f64::NAN, |ring| ring.wavelength),
        correlation_length: correlation_length(grid, &powers),
    }
}

/// Variance that each mode contributes \[m²\]; the mean height is left out.
fn powers(grid: &Grid, heights: &[f64]) -> Vec<f64> {
    let n = heights.len() as f64;
    let mean = heights.iter().sum::<f64>() / n;
    let mut modes: Vec<Complex<f64>> = heights.iter().map(|h| Complex::new(h - mean, 0.0)).collect();
    transform(&mut modes, grid.nx, grid.ny, false);
    modes.iter().map(|mode| mode.norm_sqr() / (n * n)).collect()
}

/// Distance of element `i` of a periodic axis of `n` from element 0.
fn folded(i: usize, n: usize) -> f64 {
    i.min(n - i) as f64
}

fn rings(grid: &Grid, powers: &[f64]) -> Vec<Ring> {
    let longest = grid.nx.max(grid.ny);
    // sums over the modes of a ring: power, power × wavenumber, wavenumber, number
    let mut sums = vec![[0.0; 4]; longest + 1];
    for (mode, &power) in powers.iter().enumerate().skip(1) {
        let (x, y) = (folded(mode % grid.nx, grid.nx), folded(mode / grid.nx, grid.ny));
        // in modes of the longer side
        let k = (x / grid.nx as f64).hypot(y / grid.ny as f64) * longest as f64;
        let ring = &mut sums[k.round() as usize];
        *ring = [ring[0] + power, ring[1] + power * k, ring[2] + k, ring[3] + 1.0];
    }
    let side = longest as f64 * grid.dx;
    let mode_area = |cells: usize| if cells == 1 { 1.0 } else { cells as f64 * grid.dx };
    let per_mode = mode_area(grid.nx) * mode_area(grid.ny);
    let ring = |[power, power_k, k, modes]: [f64; 4]| Ring {
        wavelength: side / if power > 0.0 { power_k / power } else { k / modes },
        density: power / modes * per_mode,
        variance: power,
    };
    sums.into_iter().filter(|sums| sums[3] > 0.0).map(ring).collect()
}

fn correlation_length(grid: &Grid, powers: &[f64]) -> f64 {
    let mut field: Vec<Complex<f64>> = powers.iter().map(|&power| Complex::new(power, 0.0)).collect();
    transform(&mut field, grid.nx, grid.ny, true);
    let variance = field[0].re;
    // mean correlation and mean lag of the lags that round to each number of cells
    let mut sums = vec![[0.0; 3]; grid.nx.max(grid.ny) + 1];
    for (lag, value) in field.iter().enumerate() {
        let distance = folded(lag % grid.nx, grid.nx).hypot(folded(lag / grid.nx, grid.ny));
        let bin = &mut sums[distance.round() as usize];
        *bin = [bin[0] + value.re / variance, bin[1] + distance, bin[2] + 1.0];
    }
    let means: Vec<(f64, f64)> =
        sums.into_iter().filter(|bin| bin[2] > 0.0).map(|bin| (bin[1] / bin[2], bin[0] / bin[2])).collect();
    let level = (-1.0f64).exp();
    means.windows(2).find(|pair| pair[0].1 > level && pair[1].1 <= level).map_or(f64::NAN, |pair| {
        let ((near, high), (far, low)) = (pair[0], pair[1]);
        (near + (far - near) * (high - level) / (high - low)) * grid.dx
    })
}
