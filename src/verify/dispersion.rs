//! Linear stability of a flat front in a single-ion conductor: h = A cos(kx) exp(ωt).
//!
//! With the drop over the gap H and given current at the top the perturbed potential is B cosh(k(H − z)), so that
//!
//! ```text
//! ω = (V_m/F) g (I/κ − γ V_m k²/F) / (1 + g/(κ k tanh kH)),      g = ∂i/∂η / (1 + R ∂i/∂η)
//! ```
//!
//! g being the slope of Butler-Volmer at the mean current I behind a film R.

use super::check::order;
use super::{Case, Check, Lab, Specimen, VerifyError};
use crate::model::constants::{FARADAY, GAS, LITHIUM_MOLAR_VOLUME};
use crate::model::electrolyte::Electrolyte;
use crate::model::parameters::{Control, InitialDeposit, Setup};

/// The case.
pub const CASE: Case = Case {
    name: "dispersion",
    about: "growth and decay of a small ripple, single-ion conductor",
    source: "linear stability of Butler-Volmer, Laplace and Gibbs-Thomson (model: dispersion relation)",
    run,
};

/// A ripple: what is said of it, its wavelength \[m\], film \[Ω m²\].
struct Ripple {
    name: &'static str,
    wavelength: f64,
    film: f64,
}

const RIPPLES: [Ripple; 4] = [
    Ripple { name: "8 µm, below k_c", wavelength: 8e-6, film: 0.0 },
    Ripple { name: "8 µm behind a film", wavelength: 8e-6, film: 1e-3 },
    Ripple { name: "1 µm, above k_c", wavelength: 1e-6, film: 0.0 },
    Ripple { name: "64 µm, limited by conduction", wavelength: 64e-6, film: 0.0 },
];

/// Cells a wavelength.
const CELLS: [usize; 3] = [16, 32, 64];

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let mut checks = Vec::new();
    for ripple in &RIPPLES {
        let mut errors = Vec::new();
        for cells in CELLS {
            let setup = setup(lab, ripple, cells)?;
            let (rate, gap) = lab.with(&setup, growth)?;
            let exact = exact(&setup, gap);
            errors.push(rate / exact - 1.0);
            checks.push(Check::relative(format!("{}, {cells} cells: rate [1/s]", ripple.name), rate, exact, 0.02));
        }
        println!("{errors:?} {}", order(errors[0], errors[1], 2.0));
    }
    Ok(checks)
}

/// One wavelength in a box whose gap is as high as the ripple is long, with cells to spare for the front's way.
fn setup(lab: &Lab, ripple: &Ripple, cells: usize) -> Result<Setup, VerifyError> {
    let mut setup = lab.config("dispersion", &[])?;
    let dx = ripple.wavelength / cells as f64;
    setup.grid.dx = dx;
    setup.ell = dx;
    setup.grid.nx = cells;
    setup.grid.nz = cells + 32;
    setup.kinetics.film = ripple.film;
    let copper = -8.0 * dx;
    setup.collector.height = copper;
    setup.deposit =
        InitialDeposit::Ripple { thickness: 16.0 * dx - copper, amplitude: 0.1 * dx, wavelength: ripple.wavelength };
    Ok(setup)
}

/// Rate of growth \[1/s\] while the front moves by three cells, after one cell of settling; and the mean gap \[m\].
fn growth(s: &mut Specimen) -> Result<(f64, f64), VerifyError> {
    let Control::Current(current) = s.setup.top.control else {
        return Err(VerifyError::Case("dispersion.toml must set the current".into()));
    };
    let dx = s.setup.grid.dx;
    let cell = dx * FARADAY / (current * LITHIUM_MOLAR_VOLUME);
    s.advance_to(cell)?;
    let (begin, first) = (s.clock.time, amplitude(s)?);
    s.advance_to(4.0 * cell)?;
    let last = amplitude(s)?;
    let front = 16.0 * dx + 2.5 * dx;
    Ok(((last / first).ln() / (s.clock.time - begin), s.setup.grid.height() - front))
}

/// Amplitude of the first Fourier mode of the height \[m\]: volume of lithium in each column over its area.
fn amplitude(s: &mut Specimen) -> Result<f64, VerifyError> {
    let xi = s.b.state()?.xi;
    let grid = &s.setup.grid;
    let column = |x: usize| (0..grid.nz).map(|z| xi[grid.index(x, 0, z)]).sum::<f64>();
    let wave = |x: usize| (std::f64::consts::TAU * (x as f64 + 0.5) / grid.nx as f64).cos();
    Ok(2.0 / grid.nx as f64 * (0..grid.nx).map(|x| column(x) * wave(x)).sum::<f64>() * grid.dx)
}

/// ω of linear theory \[1/s\].
fn exact(setup: &Setup, gap: f64) -> f64 {
    let (k, i0, film) =
        (std::f64::consts::TAU / (setup.grid.nx as f64 * setup.grid.dx), setup.kinetics.i0, setup.kinetics.film);
    let Electrolyte::SingleIon { kappa } = setup.electrolyte else { return f64::NAN };
    let Control::Current(current) = setup.top.control else { return f64::NAN };
    let thermal = GAS * setup.temperature / FARADAY;
    // α = ½: i = 2 i0 sinh(η F/2RT)
    let slope = (i0 * i0 + 0.25 * current * current).sqrt() / thermal;
    let g = slope / (1.0 + slope * film);
    let capillary = setup.kinetics.gamma * LITHIUM_MOLAR_VOLUME / FARADAY * k * k;
    let conduction = kappa * k * (k * gap).tanh();
    LITHIUM_MOLAR_VOLUME / FARADAY * g * (current / kappa - capillary) / (1.0 + g / conduction)
}
