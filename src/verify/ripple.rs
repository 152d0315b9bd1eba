//! A ripple on a flat front, and how fast it grows: what the cases of linear stability share.

use super::{Specimen, VerifyError};
use crate::model::constants::{FARADAY, LITHIUM_MOLAR_VOLUME};
use crate::model::parameters::{Control, InitialDeposit, Setup};

/// Lithium in the box below the mean front at the start \[cells\].
pub const BELOW: f64 = 16.0;
/// The rate is measured while the front moves from the first to the second \[cells\].
const WINDOW: [f64; 2] = [1.0, 4.0];
/// Amplitude at the start \[cells\]: far below a cell, and enough for the Newton tolerance of 1e-6 of the current.
const AMPLITUDE: f64 = 0.1;

/// One wavelength of `cells` cells along x, no copper in the box, electrolyte `height` cells high. The interface is ℓ = dx.
pub fn shape(setup: &mut Setup, wavelength: f64, cells: usize, height: usize) {
    let dx = wavelength / cells as f64;
    setup.grid.dx = dx;
    setup.ell = dx;
    (setup.grid.nx, setup.grid.ny, setup.grid.nz) = (cells, 1, height + BELOW as usize);
    setup.collector.height = -8.0 * dx;
    setup.deposit = InitialDeposit::Ripple { thickness: (BELOW + 8.0) * dx, amplitude: AMPLITUDE * dx, wavelength };
}

/// Gap between front and top in the middle of the measurement \[m\].
pub fn gap(setup: &Setup) -> f64 {
    setup.grid.height() - (BELOW + 0.5 * (WINDOW[0] + WINDOW[1])) * setup.grid.dx
}

/// Rate of growth \[1/s\].
///
/// # Errors
/// If a step cannot be taken, or the potential and not the current is given.
pub fn rate(s: &mut Specimen) -> Result<f64, VerifyError> {
    let Control::Current(current) = s.setup.top.control else {
        return Err(VerifyError::Case("a ripple needs a given current".into()));
    };
    let cell = s.setup.grid.dx * FARADAY / (current * LITHIUM_MOLAR_VOLUME);
    s.advance_to(WINDOW[0] * cell)?;
    let (begin, first) = (s.sim.clock().time, amplitude(s)?);
    s.advance_to(WINDOW[1] * cell)?;
    Ok((amplitude(s)? / first).ln() / (s.sim.clock().time - begin))
}

/// Amplitude of the first Fourier mode of the height \[m\]: volume of lithium in each column over its area.
fn amplitude(s: &mut Specimen) -> Result<f64, VerifyError> {
    let xi = s.sim.backend().state()?.xi;
    let grid = &s.setup.grid;
    let column = |x: usize| (0..grid.nz).map(|z| xi[grid.index(x, 0, z)]).sum::<f64>();
    let wave = |x: usize| (std::f64::consts::TAU * (x as f64 + 0.5) / grid.nx as f64).cos();
    Ok(2.0 / grid.nx as f64 * (0..grid.nx).map(|x| column(x) * wave(x)).sum::<f64>() * grid.dx)
}
