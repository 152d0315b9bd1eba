//! Where a step ends: at a time, at a limit of potential, current or voltage, with a cell voltage that is held.

use super::backend::Balance;
use super::clock::Clock;
use super::problem::Problem;
use super::time_step::{LimitedBy, Observed};
use crate::model::cathode::Cathode;
use crate::model::parameters::Control;
use crate::model::protocol::Limit;

/// Where a step must end, and what it must not run past.
#[derive(Clone, Copy)]
pub struct Edge<'a> {
    /// time \[s\]
    pub time: f64,
    /// limits of potential and current that the end of a step may pass by little only: see [`PAST_POTENTIAL`]
    pub limits: &'a [Limit],
    /// whether the run is asked to stop, if anything can ask: attempts at a step that fail one after the other end then
    pub asked: Option<&'a (dyn Fn() -> bool + Sync)>,
}

/// What a run had before a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    /// cell voltage, if there is a cathode \[V\]
    pub voltage: Option<f64>,
    /// current density from outside, unless something else was imposed then \[A/m²\]
    pub current: Option<f64>,
}

impl From<f64> for Edge<'_> {
    fn from(time: f64) -> Self {
        Self { time, limits: &[], asked: None }
    }
}

/// How far beyond its limit the electrode potential may be when a step ends there \[V\].
pub const PAST_POTENTIAL: f64 = 5e-4;
/// How far beyond its limit the current may be when a step ends there, over the limit.
pub const PAST_CURRENT: f64 = 1e-3;
/// Attempts to end a step at such a limit: one that the movement of the front before it has passed is passed.
pub(super) const ATTEMPTS: usize = 16;
/// Share of what is left to a limit of the potential that a step may take: the front, too, moves the potential, from one step to the next.
const APPROACH: f64 = 0.5;

/// How far from a cell voltage that is held a step may end: small enough that the current knows its limit \[V\].
const HELD: f64 = 1e-6;
/// Solutions for it in a step. Two to four are usual.
const ADJUSTMENTS: usize = 8;

impl Problem {
    /// Shortens the next step where the potential, the cell voltage or the current comes to a limit. `before` is what voltage and current
    /// were before the last step.
    pub(super) fn approach(&self, clock: &mut Clock, limits: &[Limit], seen: &Observed, before: Before) {
        let voltage = clock.voltage(&self.setup);
        let change = voltage.zip(before.voltage).map_or(0.0, |(now, before)| now - before);
        let current = clock.external.abs();
        let fall = before.current.map_or(0.0, |before| before.abs() - current);
        for limit in limits {
            // what is left, what the last step took of it, and how far past the limit is near enough
            let (left, taken, near) = match *limit {
                Limit::PotentialBelow(limit) => (clock.potential - limit, -seen.potential_change, PAST_POTENTIAL),
                Limit::PotentialAbove(limit) => (limit - clock.potential, seen.potential_change, PAST_POTENTIAL),
                Limit::VoltageBelow(limit) => (voltage.unwrap_or(f64::NAN) - limit, -change, PAST_POTENTIAL),
                Limit::VoltageAbove(limit) => (limit - voltage.unwrap_or(f64::NAN), change, PAST_POTENTIAL),
                Limit::CurrentBelow(limit) => (current - limit, fall, PAST_CURRENT * limit),
                _ => continue,
            };
            // the front has already made the first part of the next change: what is to be shared is what that leaves
            let allowed = (APPROACH * (left - taken)).max(0.5 * near);
            if left > 0.0 && clock.dt * taken > allowed * seen.dt {
                clock.dt = (allowed / taken * seen.dt).max(self.setup.time_step.smallest);
                clock.limited_by = LimitedBy::Approach;
            }
        }
    }

    /// Length that a step of `dt` \[s\] should have had, if its end is too far past a limit that its beginning had not reached.
    pub(super) fn to_limit(&self, clock: &Clock, limits: &[Limit], balance: &Balance, dt: f64) -> Option<f64> {
        if clock.limited_by == LimitedBy::Change {
            // what the change itself has passed, no shorter step would have reached
            return None;
        }
        let entered = self.entered(clock.imposed(), balance, dt) / (self.setup.grid.area() * dt);
        let current = (entered + clock.leak).abs();
        let potential = self.potential(clock, balance, dt);
        let (before, voltage) = (clock.voltage(&self.setup), self.voltage(clock, balance, dt));
        let [before, voltage] = [before, voltage].map(|voltage| voltage.unwrap_or(f64::NAN));
        let share = |limit: &Limit| {
            // what was left to the limit, how far beyond it the step went, and how far it may
            let (left, past, allowed) = match *limit {
                Limit::PotentialBelow(limit) => (clock.potential - limit, limit - potential, PAST_POTENTIAL),
                Limit::PotentialAbove(limit) => (limit - clock.potential, potential - limit, PAST_POTENTIAL),
                Limit::CurrentBelow(limit) => (clock.external.abs() - limit, limit - current, PAST_CURRENT * limit),
                Limit::VoltageBelow(limit) => (before - limit, limit - voltage, PAST_POTENTIAL),
                Limit::VoltageAbove(limit) => (limit - before, voltage - limit, PAST_POTENTIAL),
                _ => return None,
            };
            (left > 0.0 && past > allowed).then(|| (left + 0.5 * allowed) / (left + past))
        };
        limits.iter().filter_map(share).reduce(f64::min).map(|share| share * dt)
    }

    /// Cell voltage after a step of `dt` \[s\], if there is a cathode \[V\].
    fn voltage(&self, clock: &Clock, balance: &Balance, dt: f64) -> Option<f64> {
        let (area, entered) = (self.setup.grid.area(), self.entered(clock.imposed(), balance, dt));
        let potential = self.potential(clock, balance, dt);
        let voltage = |cathode: &Cathode| {
            cathode.voltage((clock.ledger.charge + entered) / area, entered / (area * dt), potential)
        };
        self.setup.cathode.as_ref().map(voltage)
    }

    /// Electrode potential that should have been given in a step of `dt` \[s\] for the cell voltage that is held; none if it is there.
    /// `tried` are the potentials given and how much too high the voltage was.
    pub(super) fn adjusted(&self, clock: &Clock, balance: &Balance, dt: f64, tried: &mut Vec<[f64; 2]>) -> Option<f64> {
        let (Some(held), Control::Potential(given)) = (clock.held, clock.control) else { return None };
        let excess = self.voltage(clock, balance, dt)? - held;
        if excess.abs() < HELD || tried.len() == ADJUSTMENTS {
            return None;
        }
        // the voltage falls as the potential rises, at least one to one: the current falls as well
        let slope = match tried.last() {
            Some([before, then]) if *before != given => (excess - then) / (given - before),
            _ => -1.0,
        };
        tried.push([given, excess]);
        Some(given - excess / slope.min(-1.0))
    }
}
