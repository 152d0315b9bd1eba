//! How long the next step may be.

use crate::model::parameters::TimeStep;

/// A step may grow by this factor at most.
const GROWTH: f64 = 2.0;
/// A step that moved the front or the salt by more than this many limits, or expects so many nuclei, is thrown away.
pub const TOLERATED: f64 = 2.0;

/// Nuclei that a step may be expected to see: the potential that made one would not have made the next.
const EXPECTED_NUCLEI: f64 = 1.0;

/// What a step did, to judge it and to choose the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observed {
    /// Σ δ times the current that the SEI takes \[current scale · dx²\]
    pub sei: f64,
    /// its length \[s\]
    pub dt: f64,
    /// speed of the fastest part of the front \[dx/s\]
    pub speed: f64,
    /// largest change of c/c0
    pub concentration_change: f64,
    /// change of the electrode potential \[V\]
    pub potential_change: f64,
    /// expected nuclei per second
    pub nucleation_rate: f64,
}

/// A limit and the longest step that it allows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// what limits
    pub by: &'static str,
    /// the longest step \[s\]
    pub dt: f64,
}

/// The next step: the strictest of all limits, given that the last was meant to be `proposed` \[s\] long.
pub fn next(limits: &TimeStep, proposed: f64, seen: &Observed) -> Limit {
    let over = |limit: f64, rate: f64| if rate > 0.0 { limit / rate } else { f64::INFINITY };
    [
        Limit { by: "growth", dt: GROWTH * proposed },
        Limit { by: "front movement", dt: over(limits.cfl, seen.speed) },
        Limit { by: "concentration", dt: over(limits.concentration, seen.concentration_change / seen.dt) },
        Limit { by: "potential", dt: over(limits.potential, seen.potential_change.abs() / seen.dt) },
        Limit { by: "nucleation", dt: over(EXPECTED_NUCLEI, seen.nucleation_rate) },
        Limit { by: "largest", dt: limits.largest },
    ]
    .into_iter()
    .min_by(|a, b| a.dt.total_cmp(&b.dt))
    .map(|limit| Limit { dt: limit.dt.max(limits.smallest), ..limit })
    .unwrap_or(Limit { by: "largest", dt: limits.largest })
}

/// Why a solved step must be thrown away, if it must.
pub fn objection(limits: &TimeStep, seen: &Observed) -> Option<String> {
    if seen.speed * seen.dt > TOLERATED * limits.cfl {
        return Some(format!("the front would move {:.2} cells in one step", seen.speed * seen.dt));
    }
    if seen.concentration_change > TOLERATED * limits.concentration {
        return Some(format!("c/c0 would change by {:.2} in one step", seen.concentration_change));
    }
    if seen.nucleation_rate * seen.dt > TOLERATED * EXPECTED_NUCLEI {
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
    fn the_strictest_limit_wins_and_is_named() {
        let calm = Observed {
            sei: 0.0,
            dt: 1.0,
            speed: 1e-3,
            concentration_change: 0.0,
            potential_change: 0.0,
            nucleation_rate: 0.0,
        };
        assert_eq!(next(&LIMITS, 1.0, &calm), Limit { by: "growth", dt: 2.0 });
        let fast = Observed { speed: 0.3, ..calm };
        assert_eq!(next(&LIMITS, 1.0, &fast), Limit { by: "front movement", dt: 0.5 });
        let dipping = Observed { potential_change: -0.1, ..calm };
        assert_eq!(next(&LIMITS, 1.0, &dipping).by, "potential");
        assert!(objection(&LIMITS, &calm).is_none());
        assert!(objection(&LIMITS, &Observed { speed: 0.31, ..calm }).is_some());
    }
}
