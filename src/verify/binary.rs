//! Linear stability of a cathode in an ideal binary electrolyte, against the eigenvalues of Khoo, Zhao & Bazant,
//! J. Electrochem. Soc. 166, A2280 (2019), without fixed charge, at half the limiting current.
//!
//! Numbers are in the paper's units: lengths in gaps L between the electrodes, rates in D/L². The salt at the cathode is
//! c0/2, its gradient c0/L. The box reaches only some wavelengths into the electrolyte, where a reservoir holds the
//! concentration that this gradient gives; at k H ≥ 6 the ripple does not feel it.

use super::{Case, Check, Lab, VerifyError, ripple};

/// The case.
pub const CASE: Case = Case {
    name: "binary",
    about: "growth of a small ripple, binary electrolyte at half the limiting current",
    source: "eigenvalues of Khoo, Zhao & Bazant 2019, J. Electrochem. Soc. 166, A2280",
    quick: true,
    run,
};

/// Gap \[m\] and diffusivity \[m²/s\] of binary.toml: units of length and rate.
const GAP: f64 = 1e-4;
const DIFFUSIVITY: f64 = 1e-9;
/// Error allowed.
const TOLERANCE: f64 = 0.03;
/// Cells a wavelength, and cells of electrolyte.
const CELLS: (usize, usize) = (32, 40);

/// Damköhler number, critical and fastest wave number \[1/L\], rate of the fastest \[D/L²\].
const PUBLISHED: [(f64, f64, f64, f64); 3] =
    [(0.1, 261.94, 45.39, 7.0971e-4), (1.0, 260.31, 45.52, 7.2663e-4), (10.0, 231.03, 53.81, 1.52272e-3)];

/// k \[1/L\] and ω \[D/L²\] at Da = 1.
const CURVE: [(f64, f64); 8] = [
    (5.02, 4.959e-4),
    (10.04, 6.116e-4),
    (34.92, 7.222e-4),
    (60.02, 7.207e-4),
    (110.0, 6.394e-4),
    (160.0, 4.885e-4),
    (210.2, 2.744e-4),
    (310.2, -3.325e-4),
];

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let mut checks = Vec::new();
    for (damkohler, critical, fastest, largest) in PUBLISHED {
        let at = |k: f64| rate(lab, damkohler, k);
        let peak = at(fastest)?;
        checks.push(Check::relative(format!("Da = {damkohler}: ω(k_max) [D/L²]"), peak, largest, TOLERANCE));
        if lab.quick {
            continue;
        }
        // vertex of the parabola through three rates, in ln k
        let width = 1.3f64;
        let (slow, quick) = (at(fastest / width)?, at(fastest * width)?);
        let vertex = 0.5 * (quick - slow) / (2.0 * peak - quick - slow) * width.ln();
        checks.push(Check::relative(
            format!("Da = {damkohler}: k_max [1/L]"),
            fastest * vertex.exp(),
            fastest,
            TOLERANCE,
        ));
        // zero of the line through two rates
        let (below, above) = (0.95 * critical, 1.05 * critical);
        let (grows, decays) = (at(below)?, at(above)?);
        let zero = below + (above - below) * grows / (grows - decays);
        checks.push(Check::relative(format!("Da = {damkohler}: k_c [1/L]"), zero, critical, TOLERANCE));
    }
    for (k, published) in CURVE {
        if !lab.quick {
            checks.push(Check::relative(format!("Da = 1: ω({k}) [D/L²]"), rate(lab, 1.0, k)?, published, TOLERANCE));
        }
    }
    Ok(checks)
}

/// ω \[D/L²\] of a ripple of wave number `k` \[1/L\].
fn rate(lab: &Lab, damkohler: f64, k: f64) -> Result<f64, VerifyError> {
    let mut setup = lab.config("binary", &[])?;
    ripple::shape(&mut setup, std::f64::consts::TAU * GAP / k, CELLS.0, CELLS.1);
    // i0 = 0.4 Da F D √(c c0)/L
    setup.kinetics.i0 *= damkohler;
    // half of c0 at the cathode in the middle of the measurement, and c0/L from there on
    setup.top.c0 *= 0.5 + ripple::gap(&setup) / GAP;
    Ok(lab.with(&setup, ripple::rate)? * GAP * GAP / DIFFUSIVITY)
}
