//! Linear stability of a flat front in a single-ion conductor: h = A cos(kx) exp(ωt).
//!
//! Over the gap H, with a given current at its top, the perturbed potential is B cosh(k(H − z)), so that
//!
//! ```text
//! ω = (V_m/F) g (I/κ − γ V_m k²/F) / (1 + g/(κ k tanh kH)),      g = ∂i/∂η / (1 + R ∂i/∂η)
//! ```
//!
//! g being the slope of Butler-Volmer at the mean current I behind a film R.

use super::check::order;
use super::{Case, Check, Lab, VerifyError, ripple};
use crate::model::constants::{FARADAY, GAS, LITHIUM_MOLAR_VOLUME};
use crate::model::electrolyte::Electrolyte;
use crate::model::parameters::{Control, Setup};

/// The case.
pub const CASE: Case = Case {
    name: "dispersion",
    about: "growth and decay of a small ripple, single-ion conductor, ℓ = dx",
    source: "linear stability of Butler-Volmer, Laplace and Gibbs-Thomson",
    quick: true,
    run,
};

/// A ripple: what is said of it, its wavelength \[m\] and film \[Ω m²\].
struct Ripple {
    name: &'static str,
    wavelength: f64,
    film: f64,
}

const RIPPLES: [Ripple; 5] = [
    Ripple { name: "8 µm, below k_c", wavelength: 8e-6, film: 0.0 },
    Ripple { name: "8 µm, film of 10 Ω cm²", wavelength: 8e-6, film: 1e-3 },
    Ripple { name: "1 µm, above k_c", wavelength: 1e-6, film: 0.0 },
    Ripple { name: "1 µm, film of 10 Ω cm²", wavelength: 1e-6, film: 1e-3 },
    Ripple { name: "64 µm, limited by conduction", wavelength: 64e-6, film: 0.0 },
];

/// Cells a wavelength.
const CELLS: [usize; 3] = [16, 32, 64];
/// Error allowed at the middle one.
const TOLERANCE: f64 = 0.02;
/// Order in ℓ that must be observed, from the coarsest grid to the middle one: the finest reaches the solver's tolerance.
const ORDER: f64 = 1.8;

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let mut checks = Vec::new();
    for ripple in &RIPPLES {
        let mut errors = Vec::new();
        for cells in CELLS.into_iter().take(if lab.quick { 2 } else { 3 }) {
            let mut setup = lab.config("dispersion", &[])?;
            ripple::shape(&mut setup, ripple.wavelength, cells, cells + 16);
            setup.kinetics.film = ripple.film;
            let rate = lab.with(&setup, ripple::rate)?;
            let exact = exact(&setup, ripple::gap(&setup));
            errors.push(rate / exact - 1.0);
            if cells >= CELLS[1] {
                let check = Check::relative(format!("ω, {}, {cells} cells [1/s]", ripple.name), rate, exact, TOLERANCE);
                checks.push(if cells == CELLS[1] {
                    check.with_order(order(errors[0], errors[1], 2.0), ORDER)
                } else {
                    check
                });
            }
        }
    }
    Ok(checks)
}

/// ω of linear theory \[1/s\] for a gap \[m\].
fn exact(setup: &Setup, gap: f64) -> f64 {
    let k = std::f64::consts::TAU / (setup.grid.nx as f64 * setup.grid.dx);
    let (i0, film) = (setup.kinetics.i0, setup.kinetics.film);
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
