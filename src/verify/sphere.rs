//! A sphere: it rests without current, and under a uniform one its radius is R0 + v t, the same all around.
//!
//! The current is uniform because the kinetics is slow against conduction: at κ = 1000 S/m the electrolyte's potential
//! differs by less than a microvolt around the sphere, so that the potential at the top is the drive and
//! v = (V_m/F) · i0 {exp\[αFη/RT\] − exp\[−(1−α)Fη/RT\]} everywhere, to one part in 10⁵. The interface is diffuse, but
//! ∂ξ/∂t = v |∇ξ| moves every level of ξ alike.
//!
//! Gibbs-Thomson: without current the electrolyte stands at γ V_m K/F against the lithium, K = 2/R.

use super::{Case, Check, Lab, VerifyError};
use crate::model::constants::{FARADAY, GAS, LITHIUM_MOLAR_VOLUME};
use crate::model::parameters::{Control, InitialDeposit, Setup};
use crate::solver::backend::State;

/// The case.
pub const CASE: Case = Case {
    name: "sphere",
    about: "a sphere without current, and under a uniform one: its radius, and whether it stays round",
    source: "at rest; R0 + v t with the v of Butler-Volmer; Gibbs-Thomson γ V_m K/F with K = 2/R",
    quick: true,
    run,
};

/// Largest error of the radius and largest difference between two radii \[dx\].
const RADIUS: f64 = 0.1;
/// Largest relative error of the potential at rest.
const GIBBS_THOMSON: f64 = 0.01;
/// Radius that the sphere grows to, and shrinks back from \[dx\].
const GROWN: f64 = 14.0;
/// Profile restorations and the strength of each, b Δτ/dx²: as much as the growth of a layer of 40 cells, five radii, brings,
/// and 2.5 times what would let a sphere under Allen-Cahn shrink to nothing, b τ = R²/4. (2026-11-24: after 100 cells of
/// growth the radii of a sphere that does not grow itself differ by 0.12 dx.)
const RESTORATIONS: (usize, f64) = (400, 0.1);

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let mut checks = restored(lab)?;
    checks.append(&mut at_rest(lab)?);
    if !lab.quick {
        checks.append(&mut there_and_back(lab, &lab.config("sphere", &[])?)?);
    }
    Ok(checks)
}

/// The centre and the radius \[dx\].
pub fn sphere(setup: &Setup) -> Result<([f64; 3], f64), VerifyError> {
    match setup.deposit {
        InitialDeposit::Sphere { centre, radius } => Ok((centre.map(|x| x / setup.grid.dx), radius / setup.grid.dx)),
        _ => Err(VerifyError::Case("sphere.toml must have a sphere".into())),
    }
}

/// Mean radius against `exact`, and roundness.
fn round(name: &str, radii: &[f64], exact: f64) -> [Check; 2] {
    let mean = radii.iter().sum::<f64>() / radii.len() as f64;
    let largest = radii.iter().copied().fold(f64::MIN, f64::max);
    let smallest = radii.iter().copied().fold(f64::MAX, f64::min);
    [
        Check::absolute(format!("{name}: mean radius [dx]"), mean, exact, RADIUS),
        Check::absolute(format!("{name}: radii differ by [dx]"), largest - smallest, 0.0, RADIUS),
    ]
}

/// Restoring the profile moves no surface.
fn restored(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let setup = lab.config("sphere", &[])?;
    let (centre, radius) = sphere(&setup)?;
    lab.with(&setup, |s| {
        for _ in 0..RESTORATIONS.0 {
            s.sim.backend().restore_profile(RESTORATIONS.1);
        }
        Ok(round("restored as by 40 dx of growth", &s.distance()?.radii(centre)?, radius).into())
    })
}

/// Without current, capillarity raises the same drive all around, which the electrolyte's potential balances.
fn at_rest(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let overrides = ["kinetics.gamma=0.5 J/m^2", "kinetics.i0=1 mA/cm^2"].map(String::from);
    let mut setup = lab.config("sphere", &overrides)?;
    setup.top.control = Control::Current(0.0);
    let (centre, radius) = sphere(&setup)?;
    lab.with(&setup, |s| {
        s.advance_to(5400.0)?;
        let mut checks = Vec::from(round("at rest for 1.5 h, γ = 0.5 J/m2", &s.distance()?.radii(centre)?, radius));
        let curvature = 2.0 / (radius * setup.grid.dx);
        checks.push(Check::relative(
            "at rest, γ = 0.5 J/m2: electrode potential [V]",
            s.sim.clock().potential,
            -setup.kinetics.gamma * LITHIUM_MOLAR_VOLUME * curvature / FARADAY,
            GIBBS_THOMSON,
        ));
        Ok(checks)
    })
}

/// Uniform growth, and uniform stripping of what has grown, back to where it began.
fn there_and_back(lab: &Lab, setup: &Setup) -> Result<Vec<Check>, VerifyError> {
    let mut setup = setup.clone();
    let (_, small) = sphere(&setup)?;
    let mut checks = Vec::new();
    let (grown, radius) = move_to(lab, &setup, None, small, GROWN, &mut checks)?;
    if let Control::Potential(potential) = &mut setup.top.control {
        *potential = -*potential;
    }
    move_to(lab, &setup, Some(grown), radius, small, &mut checks)?;
    Ok(checks)
}

/// Speed of its surface \[dx/s\].
pub fn speed(setup: &Setup) -> Result<f64, VerifyError> {
    let Control::Potential(potential) = setup.top.control else {
        return Err(VerifyError::Case("sphere.toml must give a potential".into()));
    };
    let (kinetics, thermal) = (&setup.kinetics, GAS * setup.temperature / FARADAY);
    let f = -potential / thermal;
    let i = kinetics.i0 * ((kinetics.alpha * f).exp() - (-(1.0 - kinetics.alpha) * f).exp());
    Ok(i * LITHIUM_MOLAR_VOLUME / FARADAY / setup.grid.dx)
}

/// Moves the surface from one radius to another \[dx\], from the state `begin` or the config's own. Returns the state
/// and the exact radius \[dx\].
fn move_to(
    lab: &Lab,
    setup: &Setup,
    begin: Option<State>,
    from: f64,
    to: f64,
    checks: &mut Vec<Check>,
) -> Result<(State, f64), VerifyError> {
    let (centre, _) = sphere(setup)?;
    let speed = speed(setup)?;
    lab.with(setup, |s| {
        if let Some(state) = &begin {
            s.begin_from(state)?;
        }
        s.advance_to((to - from) / speed)?;
        let exact = from + speed * s.sim.clock().time;
        let what = if to > from { "grown" } else { "then stripped" };
        let name = format!("{what} from {from:.0} to {to:.0} dx");
        checks.extend(round(&name, &s.distance()?.radii(centre)?, exact));
        Ok((s.sim.backend().state()?, exact))
    })
}
