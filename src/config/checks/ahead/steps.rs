//! The steps of a protocol, walked through with what is known for certain before each.

use super::{
    FAR, Found, MILLIAMPERE_HOURS, RUN_AWAY, SURELY, at_start, ends_by_charge_or_time, four, gap, kappa, named,
};
use crate::model::cathode::Cathode;
use crate::model::constants::ZERO_CELSIUS;
use crate::model::parameters::{Control, Nucleation, Setup};
use crate::model::protocol::{Limit, Profile, Step};
use crate::model::regime::{self, Medium};

/// What is known before a step.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// charge that the cathode has given, if nothing but charges and times has ended a step \[C/m²\]
    charge: Option<f64>,
    /// lithium on the copper, likewise \[C/m²\]
    lithium: Option<f64>,
    /// height that lithium reaches at least, while nothing has been stripped \[m\]
    height: Option<f64>,
}

impl Found {
    pub(super) fn steps(&mut self, setup: &Setup) {
        let start = at_start(setup);
        let mut known = Known {
            charge: Some(0.0),
            lithium: start.map(|(_, charge)| charge).filter(|&charge| charge > 0.0),
            height: start.map(|(height, _)| height),
        };
        for (i, block) in setup.protocol.blocks.iter().enumerate() {
            for step in &block.steps {
                self.step(setup, &named(i, step), step, known);
                known = after(setup, step, known);
            }
            if block.repeat > 1 {
                // what the other rounds leave is not followed
                known = Known { charge: None, lithium: None, height: known.height };
            }
        }
    }

    fn step(&mut self, setup: &Setup, key: &str, step: &Step, known: Known) {
        let current = step.constant().filter(|current| *current != 0.0);
        let setup = &setup.at(step.temperature.unwrap_or(setup.temperature));
        if let (Some(cathode), Some(current)) = (&setup.cathode, current) {
            self.cathode(key, step, cathode, current, known);
        }
        if let (Some(voltage), Some(cathode)) = (step.voltage, &setup.cathode) {
            self.held(key, cathode, voltage);
        }
        for limit in &step.limits {
            match (*limit, current) {
                (Limit::Height(height), current) => self.height(setup, key, height, current, known),
                (Limit::VoltageAbove(limit), Some(current)) => self.voltage(setup, key, limit, current, known),
                (Limit::VoltageBelow(limit), Some(current)) => self.voltage(setup, key, limit, current, known),
                (Limit::PotentialBelow(limit), Some(current)) if known.lithium.is_some() => {
                    let carried = Medium::of(setup).current_at(limit, gap(setup), regime::film(setup));
                    if carried < SURELY * current {
                        self.remarks.push(format!(
                            "{key} is over as it begins: at {} V vs Li flat lithium takes {} A/m^2 of the {} A/m^2; write a lower potential",
                            four(limit),
                            four(carried),
                            four(current)
                        ));
                    }
                }
                (Limit::PotentialAbove(limit), Some(current)) if known.lithium.is_some() => {
                    // as far as plating and stripping are alike
                    let carried = Medium::of(setup).current_at(-limit, gap(setup), regime::film(setup));
                    if carried < -SURELY * current {
                        self.remarks.push(format!(
                            "{key} is over as it begins: at {} V vs Li flat lithium gives about {} A/m^2 of the {} A/m^2; write a higher \
                             potential",
                            four(limit),
                            four(carried),
                            four(-current)
                        ));
                    }
                }
                (Limit::CurrentBelow(limit), _) => self.hold(setup, key, step, limit, known),
                (Limit::TemperatureAbove(_) | Limit::TemperatureBelow(_), _) => self.temperature(setup, key, *limit),
                _ => {}
            }
        }
        if let (Some(there), Some(current), Some(charge)) = (known.lithium, current, step.charge())
            && current < 0.0
            && charge > there * (1.0 + 1e-6)
            && !matches!(setup.nucleation, Nucleation::AtOnce { .. } | Nucleation::Listed { .. })
        {
            self.remarks.push(format!(
                "{key}: strips {} mAh/cm^2, but {} mAh/cm^2 of lithium are there: the step ends when they are gone",
                four(charge / MILLIAMPERE_HOURS),
                four(there / MILLIAMPERE_HOURS)
            ));
        }
    }

    /// A cathode that has nothing left to give, or no room.
    fn cathode(&mut self, key: &str, step: &Step, cathode: &Cathode, current: f64, known: Known) {
        let Some(given) = known.charge else { return };
        let hours = |charge: f64| four(charge / MILLIAMPERE_HOURS);
        let capacity = cathode.areal_capacity;
        if current < 0.0 && given <= 1e-9 * capacity {
            self.object(format!(
                "{key} is over as it begins: the cathode has all its lithium, as at the start of a run, and takes no more; charge first"
            ));
        } else if current > 0.0 && given >= capacity * (1.0 - 1e-9) {
            self.object(format!(
                "{key} is over as it begins: the cathode has given all its {} mAh/cm^2 (cathode.areal_capacity)",
                hours(capacity)
            ));
        } else if let (Some(charge), true) = (step.charge(), current > 0.0)
            && given + charge > capacity * (1.0 + 1e-6)
        {
            self.remarks.push(format!(
                "{key}: asks for {} mAh/cm^2, but the cathode has {} mAh/cm^2 left to give: the step ends there",
                hours(charge),
                hours(capacity - given)
            ));
        }
    }

    /// A height that lithium has already, or that nothing brings it to.
    fn height(&mut self, setup: &Setup, key: &str, limit: f64, current: Option<f64>, known: Known) {
        let um = |height: f64| four(height * 1e6);
        let copper = setup.collector.height;
        if current.is_some_and(|current| current < 0.0) {
            self.object(format!(
                "{key}: stripping raises no lithium to {} µm: the step is over as it begins, or never; end a discharge \
                                 by a charge, a time or a potential",
                um(limit)
            ));
        } else if known.height.is_some_and(|height| limit <= height) || limit <= copper {
            let reason = match known.height {
                Some(height) => format!("lithium reaches {} µm already", um(height)),
                None => format!("the copper is at {} µm", um(copper)),
            };
            self.object(format!(
                "{key} is over as it begins: {reason}, and heights count from the bottom of the box; write \"until {} um\" for {} µm more",
                um(limit + known.height.unwrap_or(copper)),
                um(limit)
            ));
        } else if limit > setup.grid.height() - 2.0 * setup.ell {
            self.object(format!(
                "{key}: {} µm is never met: the run ends when lithium comes to the top of the box, {} µm",
                um(limit),
                um(setup.grid.height() - 2.0 * setup.ell)
            ));
        }
    }

    /// A temperature of the cell that is not told, that it has already, or that it never comes to.
    fn temperature(&mut self, setup: &Setup, key: &str, limit: Limit) {
        let celsius = |kelvins: f64| four(kelvins - ZERO_CELSIUS);
        let around = setup.temperature;
        let cooling = setup.cell.as_ref().and_then(|design| design.asked.cooling);
        if cooling.is_none() {
            self.object(format!(
                "{key}: the temperature of the cell is told only with cell.cooling, the heat that it gives to its surroundings (docs/cells.md)"
            ));
            return;
        }
        match limit {
            Limit::TemperatureAbove(limit) if limit <= around => self.object(format!(
                "{key} is over as it begins: its surroundings have {} degC, and {} degC is no more; write \"until < {} degC\" for a cell that cools",
                celsius(around),
                celsius(limit),
                celsius(limit)
            )),
            Limit::TemperatureBelow(limit) if limit <= around => self.object(format!(
                "{key}: {} degC is never met: a cell cools to the {} degC of its surroundings at most",
                celsius(limit),
                celsius(around)
            )),
            Limit::TemperatureBelow(limit) if cooling == Some(0.0) => self.object(format!(
                "{key}: {} degC is never met: nothing cools the cell (cell.cooling)", celsius(limit)
            )),
            _ => {}
        }
    }

    /// A cell voltage that the cell has already passed.
    fn voltage(&mut self, setup: &Setup, key: &str, limit: f64, current: f64, known: Known) {
        let Some(cathode) = &setup.cathode else { return };
        let [lowest, highest] = [0.0, cathode.areal_capacity].map(|charge| cathode.potential(charge, 0.0));
        let plates = current > 0.0;
        let least = known.charge.map(|charge| cathode.potential(charge.clamp(0.0, cathode.areal_capacity), 0.0));
        let rest = least.unwrap_or(if plates { lowest } else { highest });
        let over = if plates { rest >= limit } else { rest <= limit };
        if over {
            let has = match least {
                Some(rest) => format!("the cell has {rest:.3} V at rest before it"),
                None if plates => format!("the cell has {lowest:.3} V or more at rest, whatever its charge"),
                None => format!("the cell has {highest:.3} V or less at rest, whatever its charge"),
            };
            let (way, more) = if plates { ("raises", "higher") } else { ("lowers", "lower") };
            let electrode = match (plates, limit <= 0.0) {
                (true, true) => format!("; for a potential of the lithium write \"until {} V vs Li\"", four(limit)),
                // a voltage that a whole cell never has on discharge is most likely meant so as well
                (false, _) if limit > 0.0 && limit < 2.0 => {
                    format!("; for a potential of the lithium write \"until {} V vs Li\"", four(limit))
                }
                _ => format!("; write a {more} voltage"),
            };
            self.object(format!(
                "{key} is over as it begins: {has}, and the step {way} it, so that it ends at {} V{electrode}",
                four(limit)
            ));
            return;
        }
        if plates && let Some(rest) = least {
            let drop = current * (regime::film(setup) + cathode.resistance + gap(setup) / kappa(setup));
            if rest + drop >= limit {
                self.remarks.push(format!(
                    "{key} is over nearly as it begins: {rest:.3} V at rest and {drop:.3} V for the resistances are beyond {} V",
                    four(limit)
                ));
            }
        }
        let drop = setup.top.compliance.map_or(RUN_AWAY, |compliance| -compliance) + cathode.resistance * current.abs();
        if plates && limit > highest + drop {
            self.remarks.push(format!(
                "{key}: {} V is never met: an empty cathode has {highest:.3} V and the compliance leaves {drop:.3} V above; the step ends when \
                 the cathode is empty",
                four(limit)
            ));
        }
    }

    /// A cell voltage that is held far from what the cell has.
    fn held(&mut self, key: &str, cathode: &Cathode, voltage: f64) {
        let [lowest, highest] = [0.0, cathode.areal_capacity].map(|charge| cathode.potential(charge, 0.0));
        if voltage < lowest - FAR || voltage > highest + FAR {
            self.remarks.push(format!(
                "{key}: {} V is far from what the cell has at rest, {lowest:.3} to {highest:.3} V",
                four(voltage)
            ));
        }
    }

    /// A hold whose current is below its limit from the start.
    fn hold(&mut self, setup: &Setup, key: &str, step: &Step, limit: f64, known: Known) {
        if let (Control::Potential(potential), Some(_), None, None) =
            (step.control, known.lithium, step.ramp, step.voltage)
        {
            let carried = Medium::of(setup).current_at(-potential.abs(), gap(setup), regime::film(setup));
            if carried < limit {
                self.remarks.push(format!(
                    "{key} is over as it begins: at {} V vs Li flat lithium takes about {} A/m^2, less than {} A/m^2",
                    four(potential),
                    four(carried),
                    four(limit)
                ));
            }
        }
    }
}

/// What is known after a step.
fn after(setup: &Setup, step: &Step, known: Known) -> Known {
    let strips = match step.control {
        _ if step.voltage.is_some() => true, // or not: who knows
        Control::Current(current) => {
            let of_profile = step.profile.as_ref().is_some_and(Profile::strips);
            current < 0.0 || matches!(step.ramp.map(|r| r.from), Some(Control::Current(i)) if i < 0.0) || of_profile
        }
        Control::Potential(potential) => potential > 0.0,
    };
    let certain = ends_by_charge_or_time(step);
    let time = step.limits.iter().find_map(|limit| if let Limit::Time(time) = limit { Some(*time) } else { None });
    let passed = match (step.constant(), &step.profile) {
        // a current of nothing
        (Some(0.0), _) => Some(0.0),
        (Some(current), _) if certain => step.charge().map(|charge| charge * current.signum()),
        (None, Some(profile)) if certain && step.limits.len() == 1 => time.map(|time| profile.net(time)),
        _ => None,
    };
    let capacity = setup.cathode.as_ref().map_or(f64::INFINITY, |cathode| cathode.areal_capacity);
    let charge = known.charge.zip(passed).map(|(charge, passed)| (charge + passed).min(capacity));
    let lithium = known.lithium.zip(passed).map(|(lithium, passed)| lithium + passed).filter(|&left| left >= 0.0);
    Known {
        // stripping that runs out of lithium gives less than it was asked for
        charge: charge.filter(|_| passed.is_some_and(|passed| passed >= 0.0) || lithium.is_some()),
        lithium,
        height: known.height.filter(|_| !strips),
    }
}
