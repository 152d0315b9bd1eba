//! A flat front: it moves at i V_m/F, and its potential is that of Butler-Volmer, film and electrolyte in series.
//!
//! The ohmic drop is that of the gap between the sharp front, the level ξ = ½, and the top of the box. The diffuse front
//! does not change it: where the reaction is spread as δ = |∂ψ/∂z|, the current that has not yet reacted is I ψ, in an
//! electrolyte of conductivity ψκ. The gradient of φ is I/κ all through the interface, as in the gap, and the drive, linear
//! in z, has its mean at ξ = ½.

use super::{Case, Check, Lab, VerifyError};
use crate::model::constants::{FARADAY, GAS, LITHIUM_MOLAR_VOLUME};
use crate::model::electrolyte::Electrolyte;
use crate::model::parameters::{Control, Setup};

/// The case.
pub const CASE: Case = Case {
    name: "planar",
    about: "a flat front at a given current and at a given potential, with and without a film",
    source: "speed i V_m/F (Faraday); Butler-Volmer + film + ohmic drop of the gap between ξ = ½ and the top",
    quick: true,
    run,
};

/// Given potential \[V\].
const POTENTIAL: f64 = -0.06;
/// Largest relative error of the front's speed.
const SPEED: f64 = 1e-5;
/// Largest relative error of the potential, or of the current that a potential drives.
const SERIES: f64 = 2e-3;

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let mut checks = Vec::new();
    for (name, film) in [("film", "film=10 ohm cm^2"), ("no film", "film=0 ohm cm^2")] {
        let mut setup = lab.config("planar", &[format!("kinetics.{film}")])?;
        checks.append(&mut galvanostatic(lab, &setup, name)?);
        setup.top.control = Control::Potential(POTENTIAL);
        checks.append(&mut potentiostatic(lab, &setup, name)?);
    }
    Ok(checks)
}

fn galvanostatic(lab: &Lab, setup: &Setup, name: &str) -> Result<Vec<Check>, VerifyError> {
    let (Control::Current(i), Some(time)) = (setup.top.control, setup.end.time) else {
        return Err(VerifyError::Case("planar.toml must give a current and a time".into()));
    };
    lab.with(setup, |s| {
        let begin = s.sim.clock().ledger.lithium;
        s.advance_to(time)?;
        let advance = (s.sim.clock().ledger.lithium - begin) / setup.grid.area();
        let gap = setup.grid.height() - s.front()?.height;
        Ok(vec![
            Check::relative(
                format!("given current, {name}: advance of the front [m]"),
                advance,
                i * LITHIUM_MOLAR_VOLUME / FARADAY * time,
                SPEED,
            ),
            Check::relative(
                format!("given current, {name}: electrode potential [V]"),
                s.sim.clock().potential,
                -potential(setup, i, gap)?,
                SERIES,
            ),
        ])
    })
}

fn potentiostatic(lab: &Lab, setup: &Setup, name: &str) -> Result<Vec<Check>, VerifyError> {
    let (Control::Potential(given), Some(time)) = (setup.top.control, setup.end.time) else {
        return Err(VerifyError::Case("planar.toml must give a time".into()));
    };
    lab.with(setup, |s| {
        let begin = s.sim.clock().ledger.lithium;
        let mut charge = 0.0;
        while s.sim.clock().time < time {
            let dt = s.step(time)?.dt;
            charge += s.sim.clock().current * dt;
        }
        let advance = (s.sim.clock().ledger.lithium - begin) / setup.grid.area();
        let gap = setup.grid.height() - s.front()?.height;
        Ok(vec![
            Check::relative(
                format!("given potential, {name}: advance of the front [m]"),
                advance,
                charge * LITHIUM_MOLAR_VOLUME / FARADAY,
                SPEED,
            ),
            Check::relative(
                format!("given potential, {name}: current density [A/m2]"),
                s.sim.clock().current,
                current(setup, -given, gap)?,
                SERIES,
            ),
        ])
    })
}

/// Potential of the top against the lithium that drives the current density `i` \[A/m²\] across a gap \[m\] \[V\].
fn potential(setup: &Setup, i: f64, gap: f64) -> Result<f64, VerifyError> {
    let Electrolyte::SingleIon { kappa } = setup.electrolyte else {
        return Err(VerifyError::Case("planar.toml must have a single-ion conductor".into()));
    };
    if setup.kinetics.alpha != 0.5 {
        return Err(VerifyError::Case("Butler-Volmer's inverse is that of alpha = 0.5".into()));
    }
    let overpotential = 2.0 * GAS * setup.temperature / FARADAY * (i / (2.0 * setup.kinetics.i0)).asinh();
    Ok(overpotential + i * setup.kinetics.film + i * gap / kappa)
}

/// The current density that a potential drives, by bisection \[A/m²\].
fn current(setup: &Setup, given: f64, gap: f64) -> Result<f64, VerifyError> {
    let (mut low, mut high) = (0.0, 1.0);
    while potential(setup, high, gap)? < given {
        high *= 2.0;
    }
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        *(if potential(setup, middle, gap)? < given { &mut low } else { &mut high }) = middle;
    }
    Ok(0.5 * (low + high))
}
