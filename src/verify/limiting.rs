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

use super::{Case, Check, Lab, VerifyError};
use crate::model::constants::FARADAY;
use crate::model::electrolyte::Electrolyte;
use crate::model::parameters::{Control, Salt, Setup};

/// The case.
pub const CASE: Case = Case {
    name: "limiting",
    about: "limiting current through a slab under a cathode or a reservoir, and through a separator",
    source: "steady diffusion: 2FDc0/((1−t₊)L) under a cathode, half of it under a reservoir; layers in series with the \
             salt conserved",
    quick: true,
    run,
};

/// Largest relative error.
const CURRENT: f64 = 0.01;
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
    Ok(checks)
}

/// What diffusion brings at most to a front at `height` \[m\], and the time in which the profile becomes steady \[s\].
fn exact(setup: &Setup, height: f64) -> Result<(f64, f64), VerifyError> {
    let Electrolyte::Constant(p) = &setup.electrolyte else {
        return Err(VerifyError::Case("limiting.toml must have a constant electrolyte".into()));
    };
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
