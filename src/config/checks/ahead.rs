//! What a run will meet: steps that are over before they begin, limits that nothing can meet, currents that nothing can take.
//!
//! The protocol is walked through with what is known for certain: the charge that the cathode has given and the lithium on the copper, as
//! long as charges and times alone end the steps. What cannot be known is not guessed at.

use super::four;
use crate::model::cathode::Cathode;
use crate::model::constants::{FARADAY, LITHIUM_MOLAR_VOLUME, ZERO_CELSIUS};
use crate::model::nucleation;
use crate::model::parameters::{Control, InitialDeposit, Nucleation, Setup};
use crate::model::protocol::{Limit, Profile, Step};
use crate::model::regime::{self, Medium};

/// Charge per area of a thickness of lithium \[C/m³\].
const PER_THICKNESS: f64 = FARADAY / LITHIUM_MOLAR_VOLUME;

/// Milliampere-hours per square centimetre \[C/m²\].
const MILLIAMPERE_HOURS: f64 = 36_000.0;

/// Potential of either sign at which the guard ends a run \[V\].
const RUN_AWAY: f64 = 10.0;

/// Part of the given current that lithium carries at a limit of the potential, below which the step is surely over at once: the estimate
/// is that of a flat front.
const SURELY: f64 = 0.5;

/// How far from its rest a cell is held on purpose at most \[V\].
const FAR: f64 = 1.5;

/// Nuclei that a run may be expected to see below which it will see none.
const HARDLY: f64 = 1e-3;

/// Violations and remarks, the key first in each.
pub fn look(setup: &Setup) -> (Vec<String>, Vec<String>) {
    let mut found = Found::default();
    found.ends(setup);
    found.nothing_takes_the_current(setup);
    found.nuclei(setup);
    found.box_is_full(setup);
    found.steps(setup);
    (found.problems, found.remarks)
}

#[derive(Default)]
struct Found {
    problems: Vec<String>,
    remarks: Vec<String>,
}

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

/// Height of the lithium at the start above the bottom of the box, and its charge per area; none without lithium.
fn at_start(setup: &Setup) -> Option<(f64, f64)> {
    let copper = setup.collector.height;
    match setup.deposit {
        InitialDeposit::None => None,
        InitialDeposit::Layer { thickness } => Some((copper + thickness, thickness * PER_THICKNESS)),
        InitialDeposit::Ripple { thickness, amplitude, .. } => {
            Some((copper + thickness + amplitude, thickness * PER_THICKNESS))
        }
        InitialDeposit::Boss { thickness, radius } => Some((copper + thickness + radius, thickness * PER_THICKNESS)),
        InitialDeposit::Sphere { centre, radius } => Some((centre[2] + radius, 0.0)),
    }
}

/// Whether there is lithium at the start: a deposit, or nuclei that do not wait.
fn has_lithium(setup: &Setup) -> bool {
    let nuclei = match &setup.nucleation {
        Nucleation::None | Nucleation::Poisson { .. } => false,
        Nucleation::AtOnce { .. } => true,
        Nucleation::Listed { nuclei } => nuclei.iter().any(|nucleus| nucleus.time == 0.0),
    };
    nuclei || setup.deposit != InitialDeposit::None
}

/// What is imposed at the top, step by step; a run without a protocol has one step without a text.
fn controls(setup: &Setup) -> Vec<(String, Control)> {
    if setup.protocol.is_empty() {
        let key = if matches!(setup.top.control, Control::Current(_)) { "top.current" } else { "top.potential" };
        return vec![(key.into(), setup.top.control)];
    }
    let steps = setup.protocol.blocks.iter().enumerate().flat_map(|(i, block)| block.steps.iter().map(move |s| (i, s)));
    steps.map(|(i, step)| (named(i, step), step.control)).collect()
}

fn named(block: usize, step: &Step) -> String {
    format!("protocol[{block}].steps: {:?}", step.text)
}

impl Found {
    fn object(&mut self, problem: String) {
        self.problems.push(problem);
    }

    /// Conditions of `[end]` that are met at the start, or by nothing.
    fn ends(&mut self, setup: &Setup) {
        let start = setup.top.initial_potential;
        let of_start = format!("the run starts at {} V (top.initial_potential)", four(start));
        if let Some(limit) = setup.end.potential_below {
            if start < limit {
                let write = if limit > 0.0 { format!("; write \"{} V\"?", four(-limit)) } else { String::new() };
                self.object(format!(
                    "end.potential_below: {} V is met before the first step: {of_start}{write}",
                    four(limit)
                ));
            } else if limit < -RUN_AWAY {
                self.object(format!(
                    "end.potential_below: {} V is never met: the guard ends a run at ±{RUN_AWAY} V",
                    four(limit)
                ));
            }
        }
        if let Some(limit) = setup.end.potential_above {
            if start > limit {
                self.object(format!("end.potential_above: {} V is met before the first step: {of_start}", four(limit)));
            } else if limit > RUN_AWAY {
                self.object(format!(
                    "end.potential_above: {} V is never met: the guard ends a run at ±{RUN_AWAY} V",
                    four(limit)
                ));
            }
        }
        if let (Some(limit), Some((height, _))) = (setup.end.height, at_start(setup))
            && limit <= height
        {
            self.object(format!(
                "end.height: {} µm is met before the first step: the lithium reaches {} µm above the bottom of the box",
                four(limit * 1e6),
                four(height * 1e6)
            ));
        }
    }

    /// A current on copper that stays bare, and stripping where there is nothing to strip.
    fn nothing_takes_the_current(&mut self, setup: &Setup) {
        if has_lithium(setup) {
            return;
        }
        let controls = controls(setup);
        let moves = |control: &Control| !matches!(control, Control::Current(0.0));
        let Some((key, first)) = controls.iter().find(|(_, control)| moves(control)) else { return };
        if let Control::Current(current) = *first
            && current < 0.0
        {
            self.object(format!(
                "{key}: strips {} A/m^2, but there is no lithium: add a [deposit], nuclei at the start (nucleation.kind = \"at_once\"), \
                 or plate first",
                four(-current)
            ));
            return;
        }
        let nothing = match &setup.nucleation {
            Nucleation::None => true,
            Nucleation::Poisson { rate, .. } => *rate == 0.0,
            Nucleation::Listed { nuclei } => nuclei.is_empty(),
            Nucleation::AtOnce { .. } => false,
        };
        if !nothing {
            return;
        }
        let given = controls.iter().find(|(_, control)| matches!(control, Control::Current(i) if *i != 0.0));
        match given {
            Some((key, Control::Current(current))) => self.object(format!(
                "nucleation: nothing can nucleate and there is no deposit, so nothing takes the {} A/m^2 of {key}: it would only charge the \
                 double layer; add [nucleation] or [deposit]",
                four(*current)
            )),
            _ => self.remarks.push(
                "nucleation: nothing can nucleate and there is no deposit: a potential only charges the double layer".into(),
            ),
        }
    }

    /// Densities that cannot be kept, and rates at which no nucleus will appear.
    fn nuclei(&mut self, setup: &Setup) {
        if let (Some([fit, asked]), Nucleation::AtOnce { density, minimum_distance, radius, .. }) =
            (nucleation::placed_at_once(setup), &setup.nucleation)
        {
            let area = setup.grid.area();
            let in_box = format!("{} nuclei of nucleation.density in this box", four(density * area));
            if fit < asked {
                self.object(format!(
                    "nucleation.density: asks for {asked} nuclei, of which {fit} find a place {} µm apart (nucleation.minimum_distance): a \
                     density of {} /m^2, or {} µm apart at most",
                    four(minimum_distance * 1e6),
                    four(fit as f64 / area),
                    four((0.6 * area / asked as f64).sqrt() * 1e6)
                ));
            } else if (asked as f64 - density * area).abs() > 0.1 * asked as f64 {
                self.remarks.push(format!("{in_box} are rounded to {asked}: {} /m^2", four(asked as f64 / area)));
            }
            let cover = asked as f64 * nucleation::cap_area(setup, *radius) / area;
            if cover > 2.0 {
                self.remarks.push(format!(
                    "{in_box} have {} times the area of the copper: they overlap, and begin as a film rather than as nuclei",
                    four(cover)
                ));
            }
        }
        let Nucleation::Poisson { rate, barrier, .. } = setup.nucleation else { return };
        if has_lithium(setup) || rate == 0.0 {
            return;
        }
        // the lowest potential that the run can come to
        let lowest = |(_, control): &(String, Control)| match *control {
            Control::Potential(potential) => potential,
            Control::Current(current) if current > 0.0 => setup.top.compliance.unwrap_or(-RUN_AWAY),
            Control::Current(_) => 0.0,
        };
        let lowest = controls(setup).iter().map(lowest).fold(0.0, f64::min);
        let held = setup.protocol.blocks.iter().flat_map(|block| &block.steps).any(|step| step.voltage.is_some());
        let Some(time) = longest(setup).filter(|_| lowest < 0.0 && !held) else { return };
        // a run that is cut short on purpose is no sign of a wrong rate
        let time = time.max(3600.0);
        let expected = nucleation::rate(setup.grid.area(), -lowest, rate, barrier) * time;
        if expected < HARDLY {
            self.object(format!(
                "nucleation: no nucleus can be expected: {} in {} s on this copper, even at {} V vs Li, the lowest potential of the run; \
                 raise nucleation.rate or lower nucleation.barrier",
                four(expected),
                four(time),
                four(lowest)
            ));
        }
    }

    /// Lithium that would be taller than the box, however dense.
    fn box_is_full(&mut self, setup: &Setup) {
        let top = setup.grid.height() - 2.0 * setup.ell;
        let front = regime::first_front(setup);
        let mut peak: f64 = 0.0;
        let mut where_to = String::from("end.charge");
        if setup.protocol.is_empty() {
            if let Control::Current(current) = setup.top.control {
                let charged = setup.end.charge.map_or(f64::INFINITY, |charge| charge * current.signum());
                let timed = setup.end.time.map_or(f64::INFINITY, |time| time * current);
                peak = charged.min(timed);
                where_to = if charged <= timed { "end.charge".into() } else { "end.time".into() };
            }
        } else {
            let mut plated = 0.0;
            for (i, step) in first_rounds(setup) {
                let Some(charge) = step.charge().filter(|_| ends_by_charge_or_time(step)) else { break };
                plated += match step.control {
                    Control::Current(current) => charge * current.signum(),
                    Control::Potential(potential) => charge * -potential.signum(),
                };
                if plated > peak {
                    peak = plated;
                    where_to = named(i, step);
                }
            }
        }
        let reaches = front + peak / PER_THICKNESS;
        if peak.is_finite() && reaches > top {
            self.remarks.push(format!(
                "{where_to}: {} mAh/cm^2 of lithium without a pore reach {} µm, above the {} µm that the box has room for: the run ends \
                 before, when lithium reaches the top; a box of {} cells along z would hold it",
                four(peak / MILLIAMPERE_HOURS),
                four(reaches * 1e6),
                four(top * 1e6),
                ((reaches + 4.0 * setup.ell) / setup.grid.dx).ceil()
            ));
        }
    }

    fn steps(&mut self, setup: &Setup) {
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

fn gap(setup: &Setup) -> f64 {
    regime::gap(setup, regime::first_front(setup))
}

fn kappa(setup: &Setup) -> f64 {
    setup.electrolyte.at(setup.top.c0, setup.temperature).kappa
}

/// The steps of the protocol, each block once.
fn first_rounds(setup: &Setup) -> impl Iterator<Item = (usize, &Step)> {
    setup.protocol.blocks.iter().enumerate().flat_map(|(i, block)| block.steps.iter().map(move |step| (i, step)))
}

/// Whether nothing but charges and times ends a step.
fn ends_by_charge_or_time(step: &Step) -> bool {
    step.limits.iter().all(|limit| matches!(limit, Limit::Time(_) | Limit::Charge(_)))
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

/// How long the run plates at most, if its config tells \[s\].
fn longest(setup: &Setup) -> Option<f64> {
    if setup.protocol.is_empty() {
        let by_charge = match setup.top.control {
            Control::Current(current) => setup.end.charge.map(|charge| charge / current.abs()),
            Control::Potential(_) => None,
        };
        return setup.end.time.into_iter().chain(by_charge).reduce(f64::min);
    }
    let of = |step: &Step| {
        let time = step.limits.iter().filter_map(|limit| match (*limit, step.control) {
            (Limit::Time(time), _) => Some(time),
            (Limit::Charge(charge), Control::Current(current)) if step.constant().is_some() => {
                Some(charge / current.abs())
            }
            _ => None,
        });
        time.reduce(f64::min)
    };
    let blocks = setup.protocol.blocks.iter();
    let times =
        blocks.map(|block| block.steps.iter().map(of).sum::<Option<f64>>().map(|time| time * block.repeat as f64));
    times.sum::<Option<f64>>().map(|time| setup.end.time.map_or(time, |end| end.min(time)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::from_text;

    const CELL: &str = r#"
        [grid]
        cells = [8, 8, 32]
        dx = "0.25 um"
        [electrolyte]
        kind = "nyman"
        [kinetics]
        i0 = "1 mA/cm^2"
        film = "10 ohm cm^2"
        double_layer = "0.2 F/m^2"
        [collector]
        height = "1 um"
        [deposit]
        kind = "layer"
        thickness = "2 um"
        [cathode]
        ocp = "nmc811"
        areal_capacity = "4 mAh/cm^2"
    "#;

    /// What is said of a cell with these steps: violations, remarks.
    fn steps(steps: &[&str]) -> (Vec<String>, Vec<String>) {
        let steps = steps.iter().map(|step| format!("{step:?}")).collect::<Vec<_>>().join(", ");
        said(&format!("{CELL}[[protocol]]\nsteps = [{steps}]\n"), &[])
    }

    fn said(text: &str, overrides: &[&str]) -> (Vec<String>, Vec<String>) {
        let overrides: Vec<String> = overrides.iter().map(|text| text.to_string()).collect();
        let setup = from_text(text, Path::new("test.toml"), &overrides).unwrap_or_else(|error| panic!("{error}")).setup;
        super::look(&setup)
    }

    #[test]
    fn steps_that_are_over_before_they_begin_are_refused_with_what_to_write() {
        for (step, parts) in [
            ("Charge at C/2 until 1 um", ["3 µm already", "until 4 um"]),
            ("Charge at C/2 until 0.5 um", ["3 µm already", "until 3.5 um"]),
            ("Charge at C/2 until 7.9 um", ["never met", "7.5 µm"]),
            ("Strip at C/2 until 2 um", ["raises no lithium", "2 µm"]),
            ("Charge at C/2 until 3.0 V", ["3.5", "write a higher voltage"]),
            ("Plate at C/2 until -0.1 V", ["raises it", "\"until -0.1 V vs Li\""]),
            ("Discharge at C/2 until 4.5 V", ["lowers it", "write a lower voltage"]),
        ] {
            let (problems, _) = steps(&["Charge at C/2 for 10 s", step]);
            assert_eq!(problems.len(), 1, "{step}: {problems:?}");
            for part in [&[step][..], &parts].concat() {
                assert!(problems[0].contains(part), "{part:?} is missing: {problems:?}");
            }
        }
        let (problems, _) = steps(&["Discharge at C/2 until 3 V"]);
        assert!(problems.len() == 1 && problems[0].contains("takes no more"), "{problems:?}");
        let (problems, _) = steps(&["Charge at C/2 for 3 h", "Charge at C/2 for 1 h"]);
        assert!(problems.len() == 1 && problems[0].contains("has given all its 4 mAh/cm^2"), "{problems:?}");
    }

    #[test]
    fn steps_that_do_what_they_say_pass() {
        for protocol in [
            &["Charge at C/2 until 4.2 V", "Rest for 10 min", "Discharge at C/2 until 3.6 V"][..],
            &["Charge at C/10 until 0.2 mAh/cm^2", "Strip at C/10 until 0.5 V vs Li"],
            &["Plate at C/2 until -0.2 V vs Li or 5 um or 1 h", "Hold at 4.2 V until C/20"],
            &["Charge at C/10 until 4 um", "Strip at C/10 until 0.2 mAh/cm^2", "Charge at C/10 until 3.5 um"],
        ] {
            let (problems, remarks) = steps(protocol);
            assert!(problems.is_empty() && remarks.is_empty(), "{protocol:?}: {problems:?} {remarks:?}");
        }
    }

    #[test]
    fn steps_that_end_nearly_at_once_or_otherwise_are_remarked_on() {
        for (step, part) in [
            ("Plate at C/2 until -1 mV vs Li", "write a lower potential"),
            ("Strip at C/2 until 1 mV vs Li", "write a higher potential"),
            ("Hold at -1 mV vs Li until 1 mA/cm^2", "less than 10 A/m^2"),
            ("Charge at C/2 until 6 V", "never met"),
            ("Charge at C/2 for 3 h", "left to give"),
            ("Strip at C/2 until 3 mAh/cm^2", "when they are gone"),
            ("Hold at 6 V for 1 h", "far from what the cell has"),
        ] {
            let (problems, remarks) = steps(&["Charge at C/2 for 10 s", step]);
            assert!(
                problems.is_empty() && remarks.iter().any(|remark| remark.contains(part)),
                "{step}: {problems:?} {remarks:?}"
            );
        }
    }

    #[test]
    fn copper_that_stays_bare_takes_no_current() {
        let bare = CELL
            .replace("kind = \"layer\"\n        thickness = \"2 um\"", "kind = \"none\"")
            .replace("[cathode]", "[end]\ntime = \"1 h\"\n[cathode]");
        let bare = bare.split("[cathode]").next().unwrap();
        let with = |more: &[&str]| said(bare, more);
        let current = ["top.current=1 mA/cm^2"];
        let nothing = with(&current).0;
        assert!(
            nothing.len() == 1 && nothing[0].contains("nothing can nucleate") && nothing[0].contains("top.current"),
            "{nothing:?}"
        );
        let strip = with(&["top.current=-1 mA/cm^2"]).0;
        assert!(strip.len() == 1 && strip[0].contains("there is no lithium"), "{strip:?}");
        let (problems, remarks) = with(&["top.potential=-50 mV"]);
        assert!(
            problems.is_empty() && remarks[0].contains("only charges the double layer"),
            "{problems:?} {remarks:?}"
        );
        let poisson = ["nucleation.kind=poisson", "nucleation.radius=0.8 um", "nucleation.rate=2e13 /m^2/s"];
        let barrier = |barrier| [&current[..], &poisson, &[barrier]].concat();
        assert!(with(&barrier("nucleation.barrier=400 mV")).0.is_empty());
        let never = with(&barrier("nucleation.barrier=8 V")).0;
        assert!(never.len() == 1 && never[0].contains("no nucleus can be expected"), "{never:?}");
    }

    #[test]
    fn ends_densities_and_boxes_that_cannot_be_are_named() {
        let layer = CELL.split("[cathode]").next().unwrap();
        let of = |more: &[&str]| said(layer, &[&["top.current=1 mA/cm^2", "end.time=1 min"][..], more].concat());
        for (change, part) in [
            ("end.potential_below=100 mV", "write \"-0.1 V\"?"),
            ("end.potential_above=-0.1 V", "met before the first step"),
            ("end.potential_above=20 V", "never met"),
            ("end.height=2.5 um", "reaches 3 µm"),
        ] {
            let (problems, _) = of(&[change]);
            assert!(problems.len() == 1 && problems[0].contains(part), "{change}: {problems:?}");
        }
        assert!(of(&[]).1.is_empty());
        let tall = of(&["end.time=1000 h"]).1;
        assert!(tall.len() == 1 && tall[0].contains("above the 7.5 µm"), "{tall:?}");
        let dense = [
            "deposit.kind=none",
            "nucleation.kind=at_once",
            "nucleation.radius=0.7 um",
            "nucleation.minimum_distance=1 um",
        ];
        let dense: Vec<&str> = dense.into_iter().filter(|change| !change.starts_with("deposit")).collect();
        let density = |density| of(&[&dense[..], &[density]].concat());
        let (problems, _) = density("nucleation.density=4e12 /m^2");
        assert!(problems.len() == 1 && problems[0].contains("asks for 16 nuclei, of which"), "{problems:?}");
        let (problems, remarks) = density("nucleation.density=1e11 /m^2");
        assert!(problems.is_empty() && remarks[0].contains("rounded to 1"), "{problems:?} {remarks:?}");
    }
}
