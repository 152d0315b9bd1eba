//! Runs at the ends of the documented ranges, with the default settings of the solver: each runs, or stops for the reason
//! that physics gives, and no more iterations are spent on it than when the counts here were taken.
//!
//! The counts are those of the CPU backend. Allowed are 15 % + 3 steps, a mean of 15 % + 0.2 and a worst step of 3 iterations
//! above them, and a reduction by each linear iteration that is 0.05 above the one measured: what another compiler's rounding
//! may change is less, what a change for the worse does is more.

use super::{Case, Check, Lab, Specimen, VerifyError};
use crate::model::parameters::{Control, Setup};
use crate::model::profile;
use crate::model::regime::{self, Medium};
use crate::solver::newton;
use crate::solver::step::StepFailure;

/// The case.
pub const CASE: Case = Case {
    name: "limits",
    about: "iterations and endings at the ends of the documented ranges",
    source: "counts of iterations as measured, with a margin; limiting current i L = n F ∫ D/(1−t₊) dc",
    quick: true,
    run,
};

/// A run: its name, what it changes, its current in limiting currents if it is given so, its length \[s\], whether it is
/// beyond the limiting current without a compliance, whether a finger of lithium reaches to a cell below the top, whether it is quick, and what
/// was measured: steps, Newton iterations a step, the same in the worst step, factor of a linear iteration on the residual.
struct Limit {
    name: &'static str,
    set: &'static [&'static str],
    limiting: Option<f64>,
    seconds: f64,
    beyond: bool,
    finger: bool,
    quick: bool,
    measured: (u64, f64, usize, f64),
}

const fn limit(name: &'static str, set: &'static [&'static str], measured: (u64, f64, usize, f64)) -> Limit {
    Limit { name, set, limiting: None, seconds: 20.0, beyond: false, finger: false, quick: true, measured }
}

const CUBE: &str = "grid.cells=[24, 24, 24]";
const BOSS: &str = "deposit={kind=\"boss\", thickness=\"12 um\", radius=\"2 um\"}";
const COMPLIANCE: &str = "top.compliance=-1 V";
const CATHODE: &str = "top.salt=cathode";
const THICK_FILM: &str = "kinetics.film=1 ohm m^2";
const FAST: &str = "kinetics.i0=1000 A/m^2";
const SLOW: &str = "kinetics.i0=0.1 A/m^2";
const HIGH: &str = "top.current=10000 A/m^2";
const RESISTIVE: &str = "electrolyte={kind=\"single_ion\", kappa=\"0.01 S/m\"}";
const CONDUCTIVE: &str = "electrolyte={kind=\"single_ion\", kappa=\"2 S/m\"}";

const LIMITS: &[Limit] = &[
    Limit { limiting: Some(0.95), ..limit("0.95 i_lim, reservoir", &[], (100, 3.36, 6, 0.17)) },
    Limit { limiting: Some(1.0), ..limit("1.00 i_lim, reservoir", &[], (107, 3.66, 7, 0.18)) },
    Limit { limiting: Some(1.05), beyond: true, ..limit("1.05 i_lim, reservoir", &[], (78, 4.37, 7, 0.10)) },
    Limit { limiting: Some(1.2), beyond: true, ..limit("1.20 i_lim, reservoir", &[], (69, 4.17, 6, 0.12)) },
    Limit { limiting: Some(0.95), ..limit("0.95 i_lim, cathode", &[CATHODE], (138, 3.31, 6, 0.22)) },
    Limit { limiting: Some(1.0), ..limit("1.00 i_lim, cathode", &[CATHODE], (146, 3.34, 6, 0.24)) },
    Limit { limiting: Some(1.05), ..limit("1.05 i_lim, cathode", &[CATHODE], (113, 3.50, 6, 0.30)) },
    Limit { limiting: Some(1.2), ..limit("1.20 i_lim, cathode", &[CATHODE], (141, 3.74, 6, 0.34)) },
    Limit { limiting: Some(1.05), ..limit("1.05 i_lim, reservoir, −1 V", &[COMPLIANCE], (94, 4.94, 11, 0.25)) },
    Limit { limiting: Some(1.2), ..limit("1.20 i_lim, reservoir, −1 V", &[COMPLIANCE], (95, 5.31, 11, 0.45)) },
    limit("film 100 Ω cm²", &["kinetics.film=100 ohm cm^2"], (23, 1.87, 2, 0.12)),
    limit("film 10⁴ Ω cm²", &[THICK_FILM], (29, 1.66, 3, 0.12)),
    limit("film 10⁴ Ω cm², i0 1000 A/m²", &[THICK_FILM, FAST], (29, 1.66, 3, 0.12)),
    limit("i0 0.1 A/m²", &[SLOW], (24, 1.83, 2, 0.12)),
    limit("i0 1000 A/m²", &[FAST], (18, 2.28, 3, 0.15)),
    limit("κ 0.01 S/m, i0 0.1 A/m²", &[RESISTIVE, SLOW], (24, 0.62, 2, 0.02)),
    limit("κ 0.01 S/m, i0 1000 A/m²", &[RESISTIVE, FAST], (21, 1.00, 4, 0.18)),
    limit("κ 2 S/m, i0 0.1 A/m²", &[CONDUCTIVE, SLOW], (24, 0.62, 2, 0.02)),
    limit("κ 2 S/m, i0 1000 A/m²", &[CONDUCTIVE, FAST], (18, 0.72, 2, 0.02)),
    limit("−20 °C", &["temperature=-20 degC"], (20, 1.95, 3, 0.13)),
    limit("60 °C", &["temperature=60 degC"], (21, 1.90, 2, 0.11)),
    Limit { beyond: true, ..limit("10⁴ A/m² from rest", &[HIGH], (51, 3.82, 6, 0.10)) },
    limit("10⁴ A/m² from rest, −1 V", &[HIGH, COMPLIANCE], (108, 5.32, 8, 0.40)),
    limit("10⁴ A/m² from rest, κ 2 S/m", &[HIGH, CONDUCTIVE], (237, 1.71, 3, 0.03)),
    limit("10³ A/m² from rest, κ 0.01 S/m", &["top.current=1000 A/m^2", RESISTIVE], (57, 1.56, 4, 0.16)),
    Limit {
        limiting: Some(0.5),
        quick: false,
        seconds: 1.0,
        ..limit("boss, 0.50 i_lim", &[CUBE, BOSS], (31, 3.48, 5, 0.21))
    },
    Limit {
        limiting: Some(0.95),
        quick: false,
        seconds: 1.0,
        ..limit("boss, 0.95 i_lim", &[CUBE, BOSS], (50, 3.88, 6, 0.30))
    },
    Limit {
        limiting: Some(1.2),
        beyond: true,
        quick: false,
        ..limit("boss, 1.20 i_lim", &[CUBE, BOSS], (62, 3.89, 5, 0.10))
    },
    Limit { quick: false, ..limit("boss, film 10⁴ Ω cm²", &[CUBE, BOSS, THICK_FILM], (29, 1.59, 2, 0.17)) },
    Limit { finger: true, quick: false, ..limit("finger", &[CUBE], (20, 1.90, 2, 0.15)) },
    Limit {
        finger: true,
        quick: false,
        ..limit("finger, κ 0.01 S/m, i0 1000 A/m²", &[CUBE, RESISTIVE, FAST], (18, 1.33, 5, 0.17))
    },
    Limit { seconds: 2.0, ..limit("10⁴ A/m² from rest, κ 0.01 S/m", &[HIGH, RESISTIVE], (288, 1.08, 3, 0.20)) },
    Limit { finger: true, quick: false, ..limit("finger, κ 0.01 S/m", &[CUBE, RESISTIVE], (20, 0.65, 2, 0.05)) },
];

/// Steps after which a run that has not come to its end crawls.
const CRAWLING: u64 = 1000;

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let mut checks = Vec::new();
    for limit in LIMITS.iter().filter(|limit| limit.quick || !lab.quick) {
        let set: Vec<String> = limit.set.iter().map(|s| s.to_string()).collect();
        let mut setup = lab.config("limits", &set)?;
        if let Some(share) = limit.limiting {
            setup.top.control = Control::Current(share * limiting_current(&setup));
        }
        let trail = lab.with(&setup, |s| trail(s, limit))?;
        let (steps, mean, worst, reduction) = limit.measured;
        // an exact value of nothing: every iteration counts
        let count =
            |what: &str, computed, allowed| Check::absolute(format!("{}: {what}", limit.name), computed, 0.0, allowed);
        let ending = format!("{}: {}", limit.name, trail.ending.word());
        checks.push(Check::identical(ending, usize::from(!trail.ending.expected(limit.beyond))));
        checks.push(count("steps", trail.steps as f64, (1.15 * steps as f64).round() + 3.0));
        checks.push(count("Newton a step", trail.mean, 1.15 * mean + 0.2));
        checks.push(count("worst Newton", trail.worst as f64, worst as f64 + 3.0));
        checks.push(count("linear reduction", trail.reduction, reduction + 0.05));
    }
    Ok(checks)
}

/// How a run came to an end.
enum Ending {
    Ran,
    Short,
    UsedUp,
    Crawled,
    Failed,
}

impl Ending {
    fn word(&self) -> &'static str {
        match self {
            Self::Ran => "ran",
            Self::Short => "short",
            Self::UsedUp => "salt used up",
            Self::Crawled => "crawled",
            Self::Failed => "failed",
        }
    }

    fn expected(&self, beyond: bool) -> bool {
        match self {
            Self::Ran | Self::Short => !beyond,
            Self::UsedUp => beyond,
            Self::Crawled | Self::Failed => false,
        }
    }
}

/// What a run took.
struct Trail {
    steps: u64,
    mean: f64,
    worst: usize,
    reduction: f64,
    ending: Ending,
}

fn trail(s: &mut Specimen, limit: &Limit) -> Result<Trail, VerifyError> {
    if limit.finger {
        finger(s)?;
    }
    let mut worst = 0;
    let top = s.setup.grid.height() - 2.0 * s.setup.ell;
    let ending = loop {
        if s.sim.clock().time >= limit.seconds {
            break Ending::Ran;
        }
        if s.sim.clock().step >= CRAWLING {
            break Ending::Crawled;
        }
        if !limit.finger && s.sim.clock().inventory.height * s.setup.grid.dx >= top {
            break Ending::Short;
        }
        match s.sim.step_until(limit.seconds, None) {
            Ok(step) => worst = worst.max(step.report.iterations),
            Err(StepFailure::UsedUp { .. }) => break Ending::UsedUp,
            Err(StepFailure::Backend(error)) => return Err(error.into()),
            Err(_) => break Ending::Failed,
        }
    };
    // what the linear solver makes of a tenth more current
    let clock = s.sim.clock();
    let mut step = s.sim.scales().step(s.setup, clock.imposed(), clock.dt, clock.phi_reference, 0.0);
    step.top_current *= 1.1;
    s.sim.backend().begin_step(0.0);
    s.sim.backend().set_step(&step);
    s.sim.backend().interface(0.0);
    let reduction = newton::reduction(s.sim.backend())?;
    let (steps, newton) = (s.sim.clock().step, s.sim.clock().newton as f64);
    Ok(Trail { steps, mean: newton / steps.max(1) as f64, worst, reduction, ending })
}

/// A finger of lithium, six cells wide, from the bottom to a cell below the top.
fn finger(s: &mut Specimen) -> Result<(), VerifyError> {
    let (grid, ell) = (s.setup.grid, s.setup.ell / s.setup.grid.dx);
    let mut state = s.sim.backend().state()?;
    for (i, xi) in state.xi.iter_mut().enumerate() {
        let [x, y, z] = grid.centre(i).map(|v| v / grid.dx);
        let (dx, dy) = (x - 0.5 * grid.nx as f64, y - 0.5 * grid.ny as f64);
        let depth = (3.0 - dx.hypot(dy)).min(grid.nz as f64 - 1.0 - z);
        *xi = xi.max(profile::fraction(depth, ell));
    }
    s.begin_from(&state)
}

/// Largest steady current density through the slab above the lithium \[A/m²\].
fn limiting_current(setup: &Setup) -> f64 {
    let gap = setup.grid.height() - regime::first_front(setup);
    Medium::of(setup).limiting_current(setup.top.salt, gap)
}
