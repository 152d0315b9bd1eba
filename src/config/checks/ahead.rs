//! What a run will meet: steps that are over before they begin, limits that nothing can meet, currents that nothing can take.
//!
//! The protocol is walked through with what is known for certain: the charge that the cathode has given and the lithium on the copper, as
//! long as charges and times alone end the steps. What cannot be known is not guessed at.

mod steps;

use super::four;
use crate::model::constants::{FARADAY, LITHIUM_MOLAR_VOLUME};
use crate::model::nucleation;
use crate::model::parameters::{Control, InitialDeposit, Nucleation, Setup};
use crate::model::protocol::{Limit, Step};
use crate::model::regime;

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
mod tests;
