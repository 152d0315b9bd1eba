//! Where a run stands in its protocol: what is imposed now, until when, and what comes after.

use serde::{Deserialize, Serialize};

use crate::control::time_step::LimitedBy;
use crate::model::parameters::{Control, Setup};
use crate::model::protocol::{Limit, Place, STRIPPED, Step};
use crate::sim::thermal::{self, NEAR};
use crate::solver::step::{Clock, jumps};

/// The step of the protocol that a run is in. Without a protocol it is in none, and never leaves it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// its place
    pub place: Place,
    /// when it began \[s\]
    pub began: f64,
    /// charge that had passed then, of either sign \[C/m²\]
    pub passed: f64,
}

/// Rounding of times and charges that are sums of steps, over them.
const ROUNDING: f64 = 1e-9;

/// Rounding of the difference of two times of a run \[s\].
fn slack(clock: &Clock) -> f64 {
    4.0 * f64::EPSILON * clock.time
}

/// Whether one control is nearly the other, so that the time step need not begin anew.
fn is_small(one: Control, other: Control) -> bool {
    match (one, other) {
        (Control::Current(one), Control::Current(other)) => !jumps(one, other),
        _ => false,
    }
}

impl Stage {
    /// The step, unless the protocol is over or there is none.
    pub fn step<'s>(&self, setup: &'s Setup) -> Option<&'s Step> {
        setup.protocol.step(self.place)
    }

    /// The temperature \[K\].
    pub fn temperature(&self, setup: &Setup) -> f64 {
        self.step(setup).and_then(|step| step.temperature).unwrap_or(setup.temperature)
    }

    /// Whether there was a protocol, and it is over.
    pub fn is_over(&self, setup: &Setup) -> bool {
        !setup.protocol.is_empty() && self.step(setup).is_none()
    }

    /// Imposes what the protocol says; after a change the next time step is as short as the first.
    pub fn impose(&self, setup: &Setup, clock: &mut Clock) {
        let Some(step) = self.step(setup) else { return };
        let begins = clock.time == self.began;
        let control = match (step.voltage, &setup.cathode) {
            (Some(_), _) if !begins => clock.control, // which the time steps adjust
            // to begin with, what the cathode and the last current ask for
            (Some(voltage), Some(cathode)) => {
                Control::Potential(cathode.voltage(clock.charge(setup), clock.current, voltage))
            }
            _ => step.control_at(clock.time - self.began, slack(clock)),
        };
        let control = match control {
            // what leaks through a short does not pass the electrolyte
            Control::Current(current) => Control::Current(current - clock.leak),
            Control::Potential(_) => control,
        };
        clock.held = step.voltage;
        clock.compliance = step.compliance.or(setup.top.compliance);
        if control != clock.control {
            let before = std::mem::replace(&mut clock.control, control);
            // the stairs of a ramp are small, and so is what a leak changes by from step to step
            let small = step.ramp.is_some() || is_small(control, before);
            if clock.step > 0 && (begins || !small) {
                clock.dt = clock.dt.min(setup.time_step.first);
                clock.limited_by = LimitedBy::Change;
                clock.unhurried = clock.dt;
                clock.limited = None;
            }
        }
    }

    /// The next time at which the step ends or its pulse switches, as far as it is known \[s\].
    pub fn next_edge(&self, setup: &Setup, clock: &Clock) -> Option<f64> {
        let step = self.step(setup)?;
        let switch = step.next_switch(clock.time - self.began, slack(clock)).map(|time| self.began + time);
        let ends = step.limits.iter().filter_map(|limit| match *limit {
            Limit::Time(time) => Some(self.began + time),
            Limit::Charge(charge) => self.time_of_charge(setup, clock, self.passed + charge),
            Limit::TemperatureAbove(limit) | Limit::TemperatureBelow(limit) => thermal::time_of(setup, clock, limit),
            _ => None,
        });
        ends.chain(switch)
            .chain(self.cathode_at_its_end(setup, clock))
            .filter(|&edge| edge > clock.time)
            .reduce(f64::min)
    }

    /// When the cathode will be empty, or full again, if the current is given \[s\].
    fn cathode_at_its_end(&self, setup: &Setup, clock: &Clock) -> Option<f64> {
        let capacity = setup.cathode.as_ref()?.areal_capacity;
        let given = clock.charge(setup);
        match clock.control {
            // an estimate from the last current, as of a charge
            Control::Current(_) if clock.limited.is_some() => (clock.current > 0.0)
                .then(|| clock.time + ((capacity - given) / clock.current).max(setup.time_step.smallest)),
            Control::Current(i) if i > 0.0 => Some(clock.time + (capacity - given) / i),
            Control::Current(i) if i < 0.0 => Some(clock.time + given / -i),
            _ => None,
        }
    }

    /// When `charge` \[C/m²\], counted like [`Clock::passed`], will have passed, if what is imposed now goes on \[s\].
    pub fn time_of_charge(&self, setup: &Setup, clock: &Clock, charge: f64) -> Option<f64> {
        let missing = charge - clock.passed;
        match clock.imposed() {
            Control::Current(current) if current + clock.leak == 0.0 => None,
            Control::Current(current) => {
                let current = (current + clock.leak).abs();
                let (now, steady) = (clock.time + missing / current, self.began + (charge - self.passed) / current);
                let varies = self.step(setup).is_some_and(Step::varies);
                // from its beginning: the rounding of time steps does not add up, unless less has passed than was given
                let all_passed = (now - steady).abs() <= ROUNDING * (steady - self.began) + slack(clock);
                Some(if varies || !all_passed { now } else { steady })
            }
            // an estimate from the last current: it closes in on the charge step by step
            Control::Potential(_) if clock.external != 0.0 => {
                Some(clock.time + (missing / clock.external.abs()).max(setup.time_step.smallest))
            }
            Control::Potential(_) => None,
        }
    }

    /// The limit that ends the step now, if one does.
    pub fn ended(&self, setup: &Setup, clock: &Clock, shorted: bool) -> Option<Limit> {
        let since = clock.time - self.began;
        let passed = clock.passed - self.passed;
        let met = |limit: &Limit| match *limit {
            Limit::Time(time) => since >= time - slack(clock),
            Limit::Charge(charge) => passed >= charge * (1.0 - 1e-6),
            Limit::PotentialBelow(limit) => clock.potential <= limit,
            Limit::PotentialAbove(limit) => clock.potential >= limit,
            Limit::VoltageBelow(limit) => clock.voltage(setup).is_some_and(|voltage| voltage <= limit),
            Limit::VoltageAbove(limit) => clock.voltage(setup).is_some_and(|voltage| voltage >= limit),
            Limit::Short => shorted,
            Limit::CathodeEmpty => Self::cathode_is_at(setup, clock, 1.0),
            Limit::CathodeFull => Self::cathode_is_at(setup, clock, 0.0),
            Limit::Stripped => clock.potential >= STRIPPED && matches!(clock.control, Control::Current(i) if i < 0.0),
            Limit::CurrentBelow(limit) => clock.external.abs() <= limit,
            Limit::Height(height) => clock.inventory.height * setup.grid.dx >= height,
            Limit::TemperatureAbove(limit) => clock.cell_temperature.is_some_and(|now| now >= limit - NEAR),
            Limit::TemperatureBelow(limit) => clock.cell_temperature.is_some_and(|now| now <= limit + NEAR),
        };
        let limits = &self.step(setup)?.limits;
        let named = limits.iter().any(|limit| matches!(limit, Limit::PotentialAbove(_)));
        let stripped = (!named).then_some(Limit::Stripped);
        limits.iter().copied().chain([Limit::CathodeEmpty, Limit::CathodeFull]).chain(stripped).find(met)
    }

    /// Whether the current takes lithium from a cathode that has given its share 1 of it, or brings it to one that has given 0.
    fn cathode_is_at(setup: &Setup, clock: &Clock, share: f64) -> bool {
        let given = clock.charge(setup);
        setup.cathode.as_ref().is_some_and(|cathode| {
            let beyond = (given / cathode.areal_capacity - share) * (2.0 * share - 1.0);
            clock.current * (2.0 * share - 1.0) > 0.0 && beyond >= -ROUNDING
        })
    }

    /// The stage after this one, which ends now.
    pub fn next(&self, setup: &Setup, clock: &Clock) -> Self {
        Self { place: setup.protocol.after(self.place), began: clock.time, passed: clock.passed }
    }
}
