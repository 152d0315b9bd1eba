//! How long the next step may be.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::mechanisms::PerMechanism;
use crate::model::parameters::TimeStep;

/// A step may grow by this factor at most.
const GROWTH: f64 = 2.0;
/// A step that moved the front or the salt by more than this many limits, or expects so many nuclei, is thrown away.
pub const TOLERATED: f64 = 2.0;

/// The most changes like the last that φ and c go on by.
const FARTHEST: f64 = 4.0;

/// Nuclei that a step may be expected to see: the potential that made one would not have made the next.
const EXPECTED_NUCLEI: f64 = 1.0;
/// Nuclei that a step may be expected to see, over those that would make the area on which lithium reacts already: they share the current with it, and
/// one of many hardly changes the potential. Without this a box would need as many steps as it has nuclei. Six seeds on 128 × 128 columns:
/// 59.2 ± 1.0 nuclei in 58 steps; at a quarter of a nucleus a step 59.5 ± 1.5 in 258 (nuclei_on_copper, 2026-11-28).
const EXPECTED_SHARE: f64 = 0.1;

/// Longest step times the rate at which capillarity levels the finest ripple. A front that goes on by half its last movement before it
/// is looked at is stable up to 1: the roots of μ² − (1 − 3a/2) μ − a/2 leave the unit circle at μ = −1 there.
pub const CAPILLARITY: f64 = 0.6;

/// What a step did, to judge it and to choose the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observed {
    /// Σ δ times the current that each mechanism takes \[current scale · dx²\]
    pub taken: PerMechanism,
    /// its length \[s\]
    pub dt: f64,
    /// speed of the fastest part of the front \[dx/s\]
    pub speed: f64,
    /// largest change of c/c0
    pub concentration_change: f64,
    /// rate at which capillarity levels the finest ripple where the reaction follows its drive fastest \[1/s\]
    pub relaxation: f64,
    /// change of the electrode potential \[V\]
    pub potential_change: f64,
    /// part of that which noise is expected to make, and a shorter step would not make smaller \[V\]
    pub potential_noise: f64,
    /// expected nuclei per second
    pub nucleation_rate: f64,
    /// area on which lithium reacts, over that of a new nucleus
    pub nuclei: f64,
}

impl Observed {
    /// Nuclei that a step may be expected to see.
    fn expected_nuclei(&self) -> f64 {
        EXPECTED_NUCLEI.max(EXPECTED_SHARE * self.nuclei)
    }
}

/// What limits the length of a time step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitedBy {
    /// it is the first of the run
    First,
    /// something else has been imposed: current, potential, temperature
    Change,
    /// the step before was thrown away
    Rejected,
    /// the potential, the voltage or the current comes to a limit of the protocol
    Approach,
    /// the step before was not longer
    Growth,
    /// the front moves by `time_step.cfl` cells
    FrontMovement,
    /// surface tension levels the finest ripple of the surface
    Capillarity,
    /// the salt changes by `time_step.concentration`
    Concentration,
    /// the potential changes by `time_step.potential`
    Potential,
    /// nuclei are to be expected
    Nucleation,
    /// `time_step.largest`
    Largest,
}

impl fmt::Display for LimitedBy {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::First => "first",
            Self::Change => "protocol",
            Self::Rejected => "rejected step",
            Self::Approach => "approach to a limit",
            Self::Growth => "growth",
            Self::FrontMovement => "front movement",
            Self::Capillarity => "capillarity",
            Self::Concentration => "concentration",
            Self::Potential => "potential",
            Self::Nucleation => "nucleation",
            Self::Largest => "largest",
        })
    }
}

/// A limit and the longest step that it allows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// what limits
    pub by: LimitedBy,
    /// the longest step \[s\]
    pub dt: f64,
}

/// The next step: the strictest of all limits, given that the last was meant to be `proposed` \[s\] long.
pub fn next(limits: &TimeStep, proposed: f64, seen: &Observed) -> Limit {
    let steady = (seen.potential_change.abs() - seen.potential_noise).max(0.0);
    let over = |limit: f64, rate: f64| if rate > 0.0 { limit / rate } else { f64::INFINITY };
    [
        Limit { by: LimitedBy::Growth, dt: GROWTH * proposed },
        Limit { by: LimitedBy::FrontMovement, dt: over(limits.cfl, seen.speed) },
        Limit { by: LimitedBy::Capillarity, dt: over(CAPILLARITY, seen.relaxation) },
        Limit { by: LimitedBy::Concentration, dt: over(limits.concentration, seen.concentration_change / seen.dt) },
        Limit { by: LimitedBy::Potential, dt: over(limits.potential, steady / seen.dt) },
        Limit { by: LimitedBy::Nucleation, dt: over(seen.expected_nuclei(), seen.nucleation_rate) },
        Limit { by: LimitedBy::Largest, dt: limits.largest },
    ]
    .into_iter()
    .min_by(|a, b| a.dt.total_cmp(&b.dt))
    .map(|limit| Limit { dt: limit.dt.max(limits.smallest), ..limit })
    .unwrap_or(Limit { by: LimitedBy::Largest, dt: limits.largest })
}

/// Length of steps of `dt` \[s\] at most, as few as may be and all alike, that end after `remaining` \[s\]. One that is cut short at
/// the end would cost as much as the others, and φ and c would go on worse after it.
pub fn even(dt: f64, remaining: f64) -> f64 {
    let steps = (remaining * (1.0 - 1e-9) / dt).ceil();
    if steps.is_finite() { remaining / steps.max(1.0) } else { dt }
}

/// By how many of their last changes φ and c go on before they are solved for in a step of `dt` \[s\], after steps of `last` and
/// `earlier` \[s\], 0 if there were none: Newton's method is then nearly there. The potential is that of the front as it is in the
/// middle of a step.
pub fn ahead(dt: f64, last: f64, earlier: f64) -> f64 {
    let changes = (dt + last) / (last + earlier);
    // after steps that were cut short what they changed is next to nothing, and mostly rounding
    if earlier == 0.0 || changes > FARTHEST { 0.0 } else { changes }
}

/// Why a solved step must be thrown away, if it must.
pub fn objection(limits: &TimeStep, seen: &Observed) -> Option<String> {
    if seen.speed * seen.dt > TOLERATED * limits.cfl {
        return Some(format!("the front would move {:.2} cells in one step", seen.speed * seen.dt));
    }
    if seen.concentration_change > TOLERATED * limits.concentration {
        return Some(format!("c/c0 would change by {:.2} in one step", seen.concentration_change));
    }
    if seen.nucleation_rate * seen.dt > TOLERATED * seen.expected_nuclei() {
        return Some(format!("{:.1} nuclei would be expected in one step", seen.nucleation_rate * seen.dt));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: TimeStep =
        TimeStep { cfl: 0.15, concentration: 0.05, potential: 0.01, first: 1e-4, smallest: 1e-9, largest: 100.0 };

    #[test]
    fn steps_to_an_edge_are_alike() {
        assert_eq!(even(3.0, 10.0), 2.5);
        assert_eq!(even(4.0, 3.0), 3.0);
        // what is left of a sum of steps may be a little more than the last of them
        let rounded = 3.0 * (1.0 + 1e-12);
        assert_eq!(even(3.0, rounded), rounded);
        assert_eq!(even(3.0, f64::INFINITY), 3.0);
    }

    #[test]
    fn fields_go_on_from_the_middle_of_one_step_to_that_of_the_next() {
        assert_eq!(ahead(2.0, 2.0, 2.0), 1.0);
        assert_eq!(ahead(1.0, 2.0, 2.0), 0.75);
        assert_eq!(ahead(2.0, 1.0, 2.0), 1.0);
        // the first two have nothing to go on by, and next to nothing leads far
        assert_eq!([ahead(1.0, 0.0, 0.0), ahead(1.0, 1.0, 0.0), ahead(2.0, 1e-3, 1e-3)], [0.0; 3]);
    }

    #[test]
    fn the_strictest_limit_wins_and_is_named() {
        let calm = Observed {
            taken: PerMechanism::default(),
            dt: 1.0,
            speed: 1e-3,
            concentration_change: 0.0,
            relaxation: 0.0,
            potential_change: 0.0,
            potential_noise: 0.0,
            nucleation_rate: 0.0,
            nuclei: 0.0,
        };
        assert_eq!(next(&LIMITS, 1.0, &calm), Limit { by: LimitedBy::Growth, dt: 2.0 });
        let fast = Observed { speed: 0.3, ..calm };
        assert_eq!(next(&LIMITS, 1.0, &fast), Limit { by: LimitedBy::FrontMovement, dt: 0.5 });
        let dipping = Observed { potential_change: -0.1, ..calm };
        assert_eq!(next(&LIMITS, 1.0, &dipping).by, LimitedBy::Potential);
        // one at first, then a tenth of what is there
        let nucleating = Observed { nucleation_rate: 5.0, nuclei: 4.0, ..calm };
        assert_eq!(next(&LIMITS, 1.0, &nucleating), Limit { by: LimitedBy::Nucleation, dt: 0.2 });
        assert_eq!(
            next(&LIMITS, 1.0, &Observed { nuclei: 50.0, ..nucleating }),
            Limit { by: LimitedBy::Nucleation, dt: 1.0 }
        );
        assert!(objection(&LIMITS, &nucleating).is_some());
        assert!(objection(&LIMITS, &Observed { nuclei: 50.0, ..nucleating }).is_none());
        assert!(objection(&LIMITS, &calm).is_none());
        assert!(objection(&LIMITS, &Observed { speed: 0.31, ..calm }).is_some());
    }
}
