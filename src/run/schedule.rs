//! Outputs at regular charges and times. Firings are counted, intervals are not added up: the millionth is on time.

use serde::{Deserialize, Serialize};

use crate::model::parameters::Setup;
use crate::sim::stage::Stage;
use crate::solver::step::Clock;

/// Snapshots that have been taken, by charge and by time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// firings by charge
    pub by_charge: u64,
    /// firings by time
    pub by_time: u64,
}

/// Counts the intervals that `value` has passed, given the rounding of a sum of steps; whether there are new ones.
fn fire(count: &mut u64, value: f64, interval: f64) -> bool {
    let passed = (value / interval * (1.0 + 1e-9)).floor() as u64;
    let due = passed > *count;
    *count = passed.max(*count);
    due
}

impl Schedule {
    /// Whether a snapshot is due; counts it.
    pub fn due(&mut self, setup: &Setup, clock: &Clock) -> bool {
        let mut due = false;
        if let Some(interval) = setup.output.snapshot_charge {
            due |= fire(&mut self.by_charge, clock.passed, interval);
        }
        if let Some(interval) = setup.output.snapshot_time {
            due |= fire(&mut self.by_time, clock.time, interval);
        }
        due
    }

    /// The next time that a step must not jump over: a snapshot or the end \[s\].
    pub fn next_edge(&self, setup: &Setup, stage: &Stage, clock: &Clock) -> f64 {
        let by_charge = |charge: f64| stage.time_of_charge(setup, clock, charge);
        [
            setup.output.snapshot_charge.and_then(|interval| by_charge((self.by_charge + 1) as f64 * interval)),
            setup.output.snapshot_time.map(|interval| (self.by_time + 1) as f64 * interval),
            setup.end.charge.and_then(by_charge),
            setup.end.time,
        ]
        .into_iter()
        .flatten()
        .filter(|&edge| edge > clock.time)
        .fold(f64::INFINITY, f64::min)
    }
}
