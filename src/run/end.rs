//! How a run ends.

use crate::model::nucleation;
use crate::model::parameters::{Control, Nucleation, Setup};
use crate::model::protocol::Limit;
use crate::sim::{Simulation, Step, short};
use crate::solver::step::Clock;

/// Relative errors of the ledgers of charge, lithium and salt beyond which the numbers are not to be trusted: ten times
/// what a run must keep.
pub(crate) const LEDGER_LIMITS: [(&str, f64); 3] = [("charge", 1e-4), ("lithium", 1e-4), ("salt", 1e-3)];
/// Electrode potential, of either sign, that no cell would stand \[V\].
const RUN_AWAY: f64 = 10.0;
/// Share of the given current below which a run at its compliance has come to a halt, where no time ends it.
const HALTED: f64 = 1e-6;
/// Longest time steps that a run waits for a nucleus.
const PATIENCE: f64 = 1e3;
/// Lithium fraction outside 0…1 beyond which the front is not one.
const OVERSHOOT_LIMIT: f64 = 0.2;

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// A condition of the config was met.
    Done(String),
    /// The guard stopped it; the state is saved.
    Guard(String),
    /// A signal or the wall-time limit stopped it; the state is saved.
    Interrupted(String),
}

impl Ending {
    /// Why, as a sentence.
    pub fn reason(&self) -> &str {
        match self {
            Self::Done(reason) | Self::Guard(reason) | Self::Interrupted(reason) => reason,
        }
    }

    /// One word or two for `run.json`.
    pub fn status(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Guard(_) => "stopped by the guard",
            Self::Interrupted(_) => "interrupted",
        }
    }

    /// Exit code of the program.
    pub fn code(&self) -> u8 {
        match self {
            Self::Done(_) => 0,
            Self::Guard(_) => 3,
            Self::Interrupted(_) => 130,
        }
    }
}

/// The condition of the config that is met, if one is.
pub fn condition(setup: &Setup, clock: &Clock) -> Option<String> {
    let end = &setup.end;
    let passed = clock.passed;
    if let Some(wanted) = end.charge
        && passed >= wanted * (1.0 - 1e-6)
    {
        return Some(format!("charge: {:.4} mAh/cm² have passed", passed / 36_000.0));
    }
    if let Some(time) = end.time
        && clock.time >= time * (1.0 - 1e-12)
    {
        return Some(format!("time: {time} s are over"));
    }
    if let Some(limit) = end.potential_below
        && clock.potential < limit
    {
        return Some(format!("potential: {:.2} mV fell below {:.2} mV", clock.potential * 1e3, limit * 1e3));
    }
    if let Some(limit) = end.potential_above
        && clock.potential > limit
    {
        return Some(format!("potential: {:.2} mV rose above {:.2} mV", clock.potential * 1e3, limit * 1e3));
    }
    let height = clock.inventory.height * setup.grid.dx;
    if let Some(limit) = end.height
        && height >= limit
    {
        return Some(format!("height: lithium has reached {:.3} µm of {:.3} µm (short)", height * 1e6, limit * 1e6));
    }
    at_top(setup, clock)
}

/// That lithium has reached the top of the box, if it has: nobody asked, but there is nothing left to plate into.
fn at_top(setup: &Setup, clock: &Clock) -> Option<String> {
    let height = clock.inventory.height * setup.grid.dx;
    let top = setup.grid.height() - 2.0 * setup.ell;
    (height >= top).then(|| format!("height: lithium has reached the top of the box at {:.3} µm (short)", height * 1e6))
}

/// That the steps of the protocol are done, if they are.
fn over(sim: &Simulation) -> Option<String> {
    sim.position().stage.is_over(sim.setup()).then(|| "protocol: its steps are done".into())
}

/// Why there can be no further step, whatever the end that the config gives, if that is so.
pub fn nothing_after(sim: &Simulation) -> Option<String> {
    at_top(sim.setup(), sim.clock()).or_else(|| over(sim))
}

/// Why the run is done, if it is: a condition, a short, or the end of its protocol.
pub fn done(sim: &Simulation) -> Option<String> {
    let (setup, position) = (sim.setup(), sim.position());
    let short = || {
        let ends = setup.end.short && position.shorted;
        ends.then(|| format!("short: lithium joined to the copper has reached {:.3} µm", 1e6 * short::plane(setup)))
    };
    condition(setup, &position.clock).or_else(short).or_else(|| over(sim))
}

/// Steps after which a run is asked how far it has come.
const STEPS_LOOKED_AT: u64 = 1000;
/// Part of its time that a run must have advanced in so many steps.
const LEAST_ADVANCE: f64 = 1e-7;

/// Sees whether a run stands still: every step stands, and none is longer than the shortest.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    steps: u64,
    /// time when it was last asked \[s\]
    time: f64,
}

impl Pace {
    /// Takes note of a step. Returns why the run is to be stopped, if it stands still.
    pub fn objection(&mut self, clock: &Clock) -> Option<String> {
        self.steps += 1;
        if !self.steps.is_multiple_of(STEPS_LOOKED_AT) {
            return None;
        }
        let (from, advance) = (self.time, clock.time - self.time);
        self.time = clock.time;
        (from > 0.0 && advance < LEAST_ADVANCE * clock.time).then(|| {
            format!(
                "{STEPS_LOOKED_AT} steps have advanced the run by {advance:.1e} s at t = {} s: it stands still, at steps that something limits to {:.1e} s ({})",
                clock.time, clock.dt, clock.limited_by
            )
        })
    }
}

/// Whether the clock holds numbers only, so that a checkpoint of it can be read again.
pub fn is_finite(clock: &Clock) -> bool {
    clock.inventory.is_finite()
        && errors(clock)
            .into_iter()
            .chain([clock.potential, clock.current, clock.leak, clock.external, clock.passed, clock.dt, clock.heat])
            .all(f64::is_finite)
}

/// What makes the state not worth going on with after a step, if anything does.
pub fn objection_after(step: &Step, setup: &Setup, clock: &Clock) -> Option<String> {
    let limits = step.stage.step(setup).map_or(&[][..], |step| &step.limits);
    let timed = setup.end.time.is_some() || limits.iter().any(|limit| matches!(limit, Limit::Time(_)));
    objection(setup, clock, timed)
}

/// What makes the state not worth going on with, if anything does. A run that is `timed` ends by itself whatever the current.
fn objection(setup: &Setup, clock: &Clock, timed: bool) -> Option<String> {
    if !is_finite(clock) {
        return Some(format!("numbers that are not finite at t = {} s", clock.time));
    }
    if clock.potential.abs() > RUN_AWAY {
        return Some(format!(
            "the electrode potential has run away to {:.1} V: nothing takes the current, as where no lithium is left to strip, or none in contact",
            clock.potential
        ));
    }
    if let (Some(potential), Control::Current(given), false) = (clock.limited, clock.control, timed)
        && clock.current.abs() < HALTED * given
        && !may_nucleate(setup, clock, potential)
    {
        return Some(format!(
            "nothing takes the current of {given} A/m²: at {potential} V vs Li, its compliance, {:.1e} A/m² are left, and no charge \
             will end the run",
            clock.current
        ));
    }
    if clock.inventory.overshoot > OVERSHOOT_LIMIT {
        return Some(format!("the lithium fraction lies {:.2} outside 0…1", clock.inventory.overshoot));
    }
    errors(clock).iter().zip(LEDGER_LIMITS).find(|(error, (_, limit))| error.abs() > *limit).map(
        |(error, (name, limit))| {
            format!("the ledger of {name} does not close: relative error {error:.1e}, more than {limit:.0e}")
        },
    )
}

/// The ledgers' relative errors, in the order of [`LEDGER_LIMITS`].
fn errors(clock: &Clock) -> [f64; 3] {
    let ledger = &clock.ledger;
    [ledger.charge_error(), ledger.lithium_error(), ledger.salt_error()]
}

/// Whether a nucleus that would take the current may still come to copper at this potential \[V\]: one that is listed for later, or one
/// that chance can be expected to make before the run has lost its patience.
fn may_nucleate(setup: &Setup, clock: &Clock, potential: f64) -> bool {
    match &setup.nucleation {
        Nucleation::None | Nucleation::AtOnce { .. } => false,
        // one that appeared at the end of the last step has not taken any yet
        Nucleation::Listed { nuclei } => nuclei.iter().any(|nucleus| nucleus.time >= clock.time - clock.last),
        &Nucleation::Poisson { rate, barrier, .. } => {
            let expected = nucleation::rate(setup.grid.area(), -potential, rate, barrier);
            expected * PATIENCE * setup.time_step.largest > 1.0
        }
    }
}
