//! The compliance: the electrode potential down to which a given plating current is kept up, as an instrument has one.
//!
//! A step is solved at the given current. Where its potential passes the compliance, or where no solution is found because the salt
//! at the lithium is used up, the step is solved again at the potential of the compliance, which must carry less then. The run stays at
//! that potential until it would carry 1 % more than the given current.

use super::backend::{Backend, BackendError, Balance};
use super::clock::Clock;
use super::depletion;
use super::edge::PAST_POTENTIAL;
use super::problem::Problem;
use super::time_step::{self, LimitedBy};
use crate::model::parameters::Control;
use crate::model::protocol::Limit;

/// Share of the given current by which the current at the compliance must exceed it before the given one is tried again.
const RELEASE: f64 = 0.01;

/// A step shorter than this part of what front and salt allow follows the potential alone.
const HURRIED: f64 = 0.25;

/// What a step has tried so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Tries {
    /// potential at which the compliance held the electrode in the step before \[V\]
    began: Option<f64>,
    /// length of a step at the given current, while a longer one is tried at the compliance \[s\]
    leap: Option<f64>,
    /// the given current has no solution at this length
    unsolved: bool,
    /// the compliance carries more than the given current at this length
    refused: bool,
}

/// How an attempt ended: without a solution, or with a potential \[V\] and a current density \[A/m²\].
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    Unsolved,
    Solved { potential: f64, current: f64 },
}

/// What comes after an attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Verdict {
    /// its solution stands, as far as the compliance is concerned
    Stand,
    /// the same step at the compliance
    Limit,
    /// the same step at the given current
    Give,
    /// a shorter step
    Shorten,
}

/// What the compliance says to an attempt.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Turn {
    /// nothing against it
    Stands,
    /// the step is to be solved again with this length \[s\]; the clock knows what rules it
    Again(f64),
    /// it is to be thrown away
    Thrown(String),
}

impl Tries {
    /// Whether the electrode was held at the compliance in the step before.
    pub(super) fn was_limited(&self) -> bool {
        self.began.is_some()
    }

    /// Whether the step begins with a jump onto the compliance.
    pub(super) fn jumps(&self) -> bool {
        self.leap.is_some()
    }

    /// Length of the step after one of `dt` \[s\] that was thrown away, and whether the compliance limits in it.
    pub(super) fn shorten(&mut self, clock: &mut Clock, dt: f64) -> f64 {
        let (shorter, leap) = (0.5 * dt, self.leap.take());
        *self = Self { began: self.began, leap: leap.filter(|&given| given < shorter), ..Self::default() };
        if self.leap.is_none() {
            clock.limited = self.began;
        }
        leap.filter(|&given| given >= shorter).unwrap_or(shorter)
    }

    /// What comes after an attempt, at the compliance if it is `limited`, where `given` is the given current density \[A/m²\] and
    /// `compliance` the compliance \[V\]. Without salt at the lithium, `depleted`, a given current may have no solution.
    fn verdict(&mut self, limited: bool, given: f64, compliance: f64, outcome: Outcome, depleted: bool) -> Verdict {
        match outcome {
            Outcome::Unsolved if !limited && depleted && !self.refused => {
                self.unsolved = true;
                Verdict::Limit
            }
            Outcome::Unsolved => Verdict::Stand,
            Outcome::Solved { potential, .. } if !limited => match potential < compliance && !self.refused {
                true => Verdict::Limit,
                false => Verdict::Stand,
            },
            Outcome::Solved { current, .. } => {
                // what comes to the compliance carries less there; only what has been there waits for a little more
                let release = if self.was_limited() { RELEASE } else { 0.0 };
                match (current > given * (1.0 + release), self.unsolved) {
                    (false, _) => Verdict::Stand,
                    (true, true) => Verdict::Shorten,
                    (true, false) => {
                        // at the shorter length that the given current then takes the compliance may still be needed
                        self.refused = self.leap.is_none();
                        Verdict::Give
                    }
                }
            }
        }
    }
}

impl Problem {
    /// The potential that the compliance imposes where it limits: itself, or just beyond a limit of the potential or the cell voltage
    /// that the run comes to before, and which then ends what it should end \[V\]. None if nothing limits the current that is given.
    fn bound(&self, clock: &Clock, limits: &[Limit]) -> Option<f64> {
        let compliance = clock.compliance.filter(|_| matches!(clock.control, Control::Current(i) if i > 0.0))?;
        let beyond = 0.5 * PAST_POTENTIAL;
        let potentials = limits.iter().filter_map(|limit| match (*limit, &self.setup.cathode) {
            (Limit::PotentialBelow(limit), _) => Some(limit),
            (Limit::VoltageAbove(limit), Some(cathode)) => {
                Some(cathode.voltage(clock.charge(&self.setup), clock.current, limit))
            }
            _ => None,
        });
        let limit = potentials.chain(self.setup.end.potential_below).reduce(f64::max);
        Some(limit.map_or(compliance, |limit| compliance.max(limit - beyond)))
    }

    /// Begins a step that the given current would have `dt` \[s\] long: its length, and what it starts with. Where the salt at the
    /// lithium is used up and only the potential asks for short steps, the compliance is tried with one that front and salt allow.
    pub(super) fn begin_limited(
        &self,
        b: &mut dyn Backend,
        clock: &mut Clock,
        limits: &[Limit],
        dt: f64,
        remaining: f64,
    ) -> Result<(f64, Tries), BackendError> {
        let bound = self.bound(clock, limits);
        // at a cell voltage the potential changes from step to step
        clock.limited = clock.limited.and(bound);
        let mut tries = Tries { began: clock.limited, ..Tries::default() };
        let runs_away =
            clock.limited.is_none() && clock.limited_by != LimitedBy::Change && clock.dt < HURRIED * clock.unhurried;
        if let Some(bound) = bound.filter(|_| runs_away)
            && depletion::lowest(b, &self.setup)?.is_some()
        {
            tries.leap = Some(dt);
            clock.limited = Some(bound);
            return Ok((time_step::even(clock.unhurried.max(dt), remaining), tries));
        }
        Ok((dt, tries))
    }

    /// What the compliance says to an attempt of `dt` \[s\] that was `solved`, or not.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn turn(
        &self,
        b: &mut dyn Backend,
        clock: &mut Clock,
        limits: &[Limit],
        tries: &mut Tries,
        solved: Option<&Balance>,
        dt: f64,
    ) -> Result<Turn, BackendError> {
        let (Some(bound), Control::Current(given), Some(compliance)) =
            (self.bound(clock, limits), clock.control, clock.compliance)
        else {
            return Ok(Turn::Stands);
        };
        let limited = clock.limited.is_some();
        let depleted = solved.is_none() && !limited && {
            b.undo_step();
            depletion::lowest(b, &self.setup)?.is_some()
        };
        let outcome = solved.map_or(Outcome::Unsolved, |balance| Outcome::Solved {
            potential: self.potential(clock, balance, dt),
            current: self.entered(clock.imposed(), balance, dt) / (self.setup.grid.area() * dt),
        });
        match tries.verdict(limited, given, compliance, outcome, depleted) {
            Verdict::Stand => Ok(Turn::Stands),
            Verdict::Shorten => Ok(Turn::Thrown(format!(
                "at {given} A/m² it is not solved, and at {bound} V it would carry more than 1.01 times as much"
            ))),
            Verdict::Limit => {
                clock.limited = Some(bound);
                Ok(Turn::Again(dt))
            }
            Verdict::Give => {
                clock.limited = None;
                Ok(Turn::Again(tries.leap.take().unwrap_or(dt)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: f64 = 100.0;
    const COMPLIANCE: f64 = -0.5;

    fn solved(potential: f64, current: f64) -> Outcome {
        Outcome::Solved { potential, current }
    }

    impl Tries {
        fn given(&mut self, outcome: Outcome, depleted: bool) -> Verdict {
            self.verdict(false, GIVEN, COMPLIANCE, outcome, depleted)
        }

        fn at_compliance(&mut self, current: f64) -> Verdict {
            self.verdict(true, GIVEN, COMPLIANCE, solved(COMPLIANCE, current), false)
        }
    }

    #[test]
    fn a_given_current_stands_until_its_potential_passes_the_compliance() {
        let mut tries = Tries::default();
        assert_eq!(tries.given(solved(-0.499, GIVEN), true), Verdict::Stand);
        assert_eq!(tries.given(solved(-0.501, GIVEN), false), Verdict::Limit);
        assert_eq!(tries.at_compliance(99.0), Verdict::Stand);
        assert_eq!(tries, Tries::default());
    }

    #[test]
    fn a_given_current_without_a_solution_is_limited_only_where_the_salt_is_used_up() {
        assert_eq!(Tries::default().given(Outcome::Unsolved, false), Verdict::Stand);
        let mut tries = Tries::default();
        assert_eq!(tries.given(Outcome::Unsolved, true), Verdict::Limit);
        assert_eq!(tries.at_compliance(99.0), Verdict::Stand);
        // it could carry more, and yet the given current was not found: a shorter step
        assert_eq!(tries.at_compliance(100.1), Verdict::Shorten);
    }

    #[test]
    fn the_given_current_is_back_when_the_compliance_carries_one_per_cent_more() {
        let limited = Tries { began: Some(COMPLIANCE), ..Tries::default() };
        let mut tries = limited;
        assert_eq!(tries.at_compliance(100.9), Verdict::Stand);
        assert_eq!(tries.at_compliance(101.1), Verdict::Give);
        assert_eq!(tries.given(solved(-0.4, GIVEN), false), Verdict::Stand);
        // and not to and fro in one step, whatever the tolerances of two solutions make of it
        assert_eq!(tries.given(solved(-0.501, GIVEN), false), Verdict::Stand);
        assert_eq!(tries.given(Outcome::Unsolved, true), Verdict::Stand);
        assert_eq!(Tries { began: None, ..limited }.at_compliance(100.9), Verdict::Give);
    }

    #[test]
    fn a_leap_that_comes_too_early_leaves_the_way_to_the_compliance_open() {
        let mut tries = Tries { leap: Some(1e-3), ..Tries::default() };
        assert_eq!(tries.at_compliance(100.1), Verdict::Give);
        tries.leap = None;
        assert_eq!(tries.given(Outcome::Unsolved, true), Verdict::Limit);
        assert_eq!(Tries { leap: Some(1e-3), ..Tries::default() }.at_compliance(99.9), Verdict::Stand);
    }
}
