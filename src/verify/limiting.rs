//! Limiting current: what the salt's diffusion can bring through a slab, and through a slab under a separator.
//!
//! At steady state the salt flux j = (1−t₊) i/F is the same everywhere and c falls linearly towards the lithium, by
//! j L1/D in the slab (thickness L1) and by j N L2/D in the separator (thickness L2, MacMullin number N, porosity ε). The
//! largest current is that which empties the surface.
//!
//! - Under a reservoir, c = c0 at the top: j (L1 + N L2)/D = c0.
//! - Under a cathode, what enters is what leaves, so that the salt of the start is only displaced:
//!   j [L1²/2 + ε L2 (L1 + N L2/2)]/D = c0 (L1 + ε L2). For a slab alone this is i = 2 F D c0/((1−t₊) L).
//!
//! The front advances by a share of the slab while the profile becomes steady; the salt is so dilute that the share is
//! 0.1 %, and L1 is measured at the end. The limiting current is where the straight line through the concentrations on the
//! front at two currents, 0.45 and 0.9 of it, reaches zero.
//!
//! On the way there κ falls with c. Of a dilute salt under a reservoir the ohmic and the diffusion potential together are
//! (2RT/F) ln(c0/c_s), c_s = c0 (1 − i/i_lim), to which fast kinetics add (2RT/F) arsinh(i/2i0), i0 ∝ √c_s. The potential is compared at
//! 0.9, 0.99 and 0.999 of the current that the slab carries at −1 V: where a thousandth is left, 3e-4 of the limiting current are a third of
//! the salt, and a front that is found to 0.03 dx tells it no better.

use super::{Case, Check, Lab, VerifyError};
use crate::model::constants::{FARADAY, GAS};
use crate::model::electrolyte::Electrolyte;
use crate::model::parameters::{Control, Salt, Setup};

/// The case.
pub const CASE: Case = Case {
    name: "limiting",
    about: "limiting current through a slab under a cathode or a reservoir, and through a separator; the potential on the way to it",
    source: "steady diffusion: 2FDc0/((1−t₊)L) under a cathode, half of it under a reservoir; layers in series with the \
             salt conserved; (2RT/F) [ln(c0/c_s) + arsinh(i/2i0)]",
    quick: true,
    run,
};

/// Largest relative error.
const CURRENT: f64 = 0.01;
/// Largest relative error of a potential on the way to the limit.
const POTENTIAL: f64 = 0.01;
/// Potential at which the salt at the lithium is used up \[V\].
const BEYOND: f64 = -1.0;
/// Shares of the limiting current at which it is compared.
const APPROACH: [f64; 3] = [0.9, 0.99, 0.999];
/// A salt so dilute that the front hardly moves, t₊ = 0.4 and D = 3e-10 m²/s, with kinetics that ask for little.
const DILUTE: [&str; 4] = [
    "electrolyte={kind=\"dilute\", cation=\"2.5e-10 m^2/s\", anion=\"3.75e-10 m^2/s\", c0=\"1 mmol/L\"}",
    "kinetics.i0=1000 A/m^2",
    "kinetics.c_ref=1 mol/m^3",
    "top.salt=reservoir",
];
/// Shares of the limiting current whose concentrations are extrapolated.
const SHARES: [f64; 2] = [0.45, 0.9];
/// Time for the profile to become steady, in units of (L1 + N L2)(L1 + ε L2)/D: its slowest part has fallen to less than
/// 1e-4 of what it was, under a cathode and under a reservoir.
const STEADY: [f64; 2] = [2.0, 8.0];

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let separator =
        ["separator.bottom=16 um", "separator.thickness=16 um", "separator.porosity=0.5", "separator.macmullin=5"]
            .map(String::from);
    let mut checks = Vec::new();
    for (name, salt, overrides) in [
        ("slab, cathode", Salt::Cathode, &[][..]),
        ("slab, reservoir", Salt::Reservoir, &[]),
        ("separator, cathode", Salt::Cathode, &separator),
        ("separator, reservoir", Salt::Reservoir, &separator),
    ] {
        let mut setup = lab.config("limiting", overrides)?;
        setup.top.salt = salt;
        checks.push(match extrapolated(lab, &setup) {
            Ok((computed, exact)) => {
                Check::relative(format!("{name}: limiting current [A/m2]"), computed, exact, CURRENT)
            }
            Err(error) => Check::not_run(format!("{name}: {error}")),
        });
    }
    checks.append(&mut approach(lab)?);
    Ok(checks)
}

/// The limiting current at a potential far beyond it, and the potential on the way to it.
fn approach(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let setup = lab.config("limiting", &DILUTE.map(String::from))?;
    let (start, steady) = exact(&setup, start(lab, &setup)?)?;
    let mut at_potential = setup.clone();
    at_potential.top.control = Control::Potential(BEYOND);
    at_potential.top.initial_potential = BEYOND;
    let limit = lab.with(&at_potential, |s| {
        s.advance_to(steady)?;
        Ok(s.sim.clock().current)
    })?;
    let mut checks =
        vec![Check::relative(format!("κ ∝ c, {BEYOND} V: limiting current [A/m2]"), limit, start, CURRENT)];
    for share in APPROACH {
        let mut setup = setup.clone();
        setup.top.control = Control::Current(share * limit);
        let left = 1.0 - share;
        let kinetic = (0.5 * share * limit / (setup.kinetics.i0 * left.sqrt())).asinh();
        let expected = -2.0 * GAS * setup.temperature / FARADAY * (kinetic - left.ln());
        let computed = lab.with(&setup, |s| {
            s.advance_to(steady)?;
            Ok(s.sim.clock().potential)
        })?;
        checks.push(Check::relative(format!("{share} of it: potential [V]"), computed, expected, POTENTIAL));
    }
    Ok(checks)
}

/// What diffusion brings at most to a front at `height` \[m\], and the time in which the profile becomes steady \[s\].
fn exact(setup: &Setup, height: f64) -> Result<(f64, f64), VerifyError> {
    if !matches!(setup.electrolyte, Electrolyte::Constant(_) | Electrolyte::Dilute { .. }) {
        return Err(VerifyError::Case(
            "limiting.toml must have an electrolyte whose salt diffuses alike everywhere".into(),
        ));
    }
    let p = setup.electrolyte.at(setup.top.c0, setup.temperature);
    let gap = setup.grid.height() - height;
    let (layer, porosity, macmullin) = match &setup.separator {
        Some(s) => (setup.grid.height() - s.bottom, s.porosity, s.macmullin),
        None => (0.0, 1.0, 1.0),
    };
    let slab = gap - layer;
    let (resistance, steady) = match setup.top.salt {
        Salt::Reservoir => (slab + macmullin * layer, STEADY[1]),
        Salt::Cathode => {
            let displaced = 0.5 * slab * slab + porosity * layer * (slab + 0.5 * macmullin * layer);
            (displaced / (slab + porosity * layer), STEADY[0])
        }
    };
    let limit = FARADAY * p.diffusivity * setup.top.c0 / ((1.0 - p.transference) * resistance);
    let slowest = (slab + macmullin * layer) * (slab + porosity * layer);
    Ok((limit, steady * slowest / p.diffusivity))
}

/// Height of the front at the start \[m\].
fn start(lab: &Lab, setup: &Setup) -> Result<f64, VerifyError> {
    lab.with(setup, |s| Ok(s.front()?.height))
}

/// The current at which the straight line through two concentrations reaches zero, and the exact one \[A/m²\].
fn extrapolated(lab: &Lab, setup: &Setup) -> Result<(f64, f64), VerifyError> {
    let (limit, steady) = exact(setup, start(lab, setup)?)?;
    let mut seen = Vec::new();
    for share in SHARES {
        let mut setup = setup.clone();
        setup.top.control = Control::Current(share * limit);
        seen.push(lab.with(&setup, |s| {
            s.advance_to(steady)?;
            let front = s.front()?;
            Ok((share * limit, front.concentration, front.height))
        })?);
    }
    let ((low, c_low, _), (high, c_high, height)) = (seen[0], seen[1]);
    let limit = high + c_high * (high - low) / (c_low - c_high);
    Ok((limit, exact(setup, height)?.0))
}
