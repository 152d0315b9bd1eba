//! What is done to the cell, step by step, in the words of those who cycle cells.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::constants::ZERO_CELSIUS;

/// Galvanostatic or potentiostatic.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value")]
pub enum Control {
    /// current density, positive when plating \[A/m²\]
    Current(f64),
    /// electrode potential against Li/Li⁺ at the top of the box, negative when plating \[V\]
    Potential(f64),
}

/// Blocks of steps, one after the other. Without any, the top of the box is as `top` says until the run ends.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Protocol {
    /// the blocks
    pub blocks: Vec<Block>,
}

/// Steps that are done several times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// the steps
    pub steps: Vec<Step>,
    /// how many times
    pub repeat: u64,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// how the config says it
    pub text: String,
    /// what is imposed at the top of the box
    pub control: Control,
    /// cell voltage that is held instead \[V\]: `control` follows it with the cathode
    pub voltage: Option<f64>,
    /// on and off for how long by turns \[s\], if the current is pulsed
    pub pulse: Option<[f64; 2]>,
    /// where it begins and how long it takes to `control`, if it is a ramp
    pub ramp: Option<Ramp>,
    /// currents that it follows; `control` is the first
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// temperature \[K\]; that of the run, if none
    pub temperature: Option<f64>,
    /// its own compliance, electrode potential against lithium \[V\]; that of the run, if none
    #[serde(default)]
    pub compliance: Option<f64>,
    /// what ends it; the first that is met does
    pub limits: Vec<Limit>,
}

/// Current densities of a file, each from its time to the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// the file, as the config names it
    pub file: String,
    /// times since the step began, rising from 0; the last is the end \[s\]
    pub times: Vec<f64>,
    /// current density from each time on, positive when plating; the last has no duration \[A/m²\]
    pub currents: Vec<f64>,
}

impl Profile {
    /// How long it lasts \[s\].
    pub fn length(&self) -> f64 {
        self.times.last().copied().unwrap_or(0.0)
    }

    /// The row that holds at a time \[s\], from up to `slack` before it on.
    fn row(&self, time: f64, slack: f64) -> usize {
        let begun = self.times.partition_point(|begin| *begin <= time + slack + ROUNDING * time);
        begun.clamp(1, self.times.len().max(2) - 1) - 1
    }

    /// The current density at a time \[A/m²\].
    fn value(&self, time: f64, slack: f64) -> f64 {
        self.currents.get(self.row(time, slack)).copied().unwrap_or(0.0)
    }

    /// The next time at which the current changes, or the end \[s\].
    fn next(&self, time: f64, slack: f64) -> Option<f64> {
        let row = self.row(time, slack);
        let now = self.currents.get(row)?;
        let last = self.times.len() - 1;
        let change = (row + 1..last).find(|&later| self.currents[later] != *now).unwrap_or(last);
        Some(self.times[change])
    }

    /// ∫ of something of the current density until a time \[C/m²\].
    fn integral(&self, until: f64, of: impl Fn(f64) -> f64) -> f64 {
        let pieces = self.times.windows(2).zip(&self.currents);
        pieces.map(|(ends, current)| of(*current) * (ends[1].min(until) - ends[0].min(until))).sum()
    }

    /// Charge less that which goes back until a time \[C/m²\].
    pub fn net(&self, until: f64) -> f64 {
        self.integral(until, |current| current)
    }

    /// Times at which the current changes.
    pub fn changes(&self) -> usize {
        self.currents.windows(2).filter(|pair| pair[0] != pair[1]).count()
    }

    /// The largest current that plates, 0 if none does \[A/m²\].
    pub fn greatest(&self) -> f64 {
        self.currents.iter().copied().fold(0.0, f64::max)
    }

    /// Whether it strips at any time.
    pub fn strips(&self) -> bool {
        self.currents.iter().any(|current| *current < 0.0)
    }
}

/// What is imposed goes from one value to another, in [`Ramp::STAIRS`] equal stairs as instruments make them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ramp {
    /// what it begins with, of the same kind as what it ends with
    pub from: Control,
    /// how long it takes \[s\]
    pub time: f64,
}

impl Ramp {
    /// Stairs of a ramp.
    pub const STAIRS: f64 = 100.0;

    /// The stair that a time \[s\] after the beginning lies on, up to `slack` before the next.
    fn stair(&self, time: f64, slack: f64) -> f64 {
        let width = self.time / Self::STAIRS;
        ((time + slack + ROUNDING * time) / width).floor().clamp(0.0, Self::STAIRS - 1.0)
    }

    /// The middle of that stair, on the way to `to`.
    fn value(&self, to: Control, time: f64, slack: f64) -> Control {
        let share = (self.stair(time, slack) + 0.5) / Self::STAIRS;
        match (self.from, to) {
            (Control::Current(from), Control::Current(to)) => Control::Current(from + share * (to - from)),
            (Control::Potential(from), Control::Potential(to)) => Control::Potential(from + share * (to - from)),
            (_, to) => to,
        }
    }
}

/// What ends a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value")]
pub enum Limit {
    /// time since it began \[s\]
    Time(f64),
    /// charge since it began, of either sign \[C/m²\]
    Charge(f64),
    /// the electrode potential against Li/Li⁺ falls to this \[V\]
    PotentialBelow(f64),
    /// the electrode potential against Li/Li⁺ rises to this \[V\]
    PotentialAbove(f64),
    /// the cell voltage falls to this \[V\]
    VoltageBelow(f64),
    /// the cell voltage rises to this \[V\]
    VoltageAbove(f64),
    /// the cathode has no more lithium
    CathodeEmpty,
    /// the cathode has all its lithium back
    CathodeFull,
    /// there is no lithium left to strip: the potential has risen to [`STRIPPED`], and the step has no limit of its own
    Stripped,
    /// the current density falls to this, of either sign \[A/m²\]
    CurrentBelow(f64),
    /// lithium reaches this height above the bottom of the box \[m\]
    Height(f64),
    /// lithium joined to the copper reaches the far side of the separator
    Short,
    /// the temperature of the cell rises to this \[K\]
    TemperatureAbove(f64),
    /// the temperature of the cell falls to this \[K\]
    TemperatureBelow(f64),
}

/// Electrode potential against lithium at which stripping ends if the step names no potential: all lithium is gone, and the copper is
/// not yet attacked \[V\].
pub const STRIPPED: f64 = 2.0;

/// Temperatures that a run may have \[K\].
pub const TEMPERATURES: RangeInclusive<f64> = 200.0..=400.0;

/// Compliances that a given current may have \[V\].
pub const COMPLIANCES: RangeInclusive<f64> = -10.0..=-1e-3;

/// Electrode potential against lithium down to which a given plating current is kept up, unless a config says otherwise \[V\].
pub const COMPLIANCE: f64 = -1.0;

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Self::Time(time) => write!(f, "{time} s are over"),
            Self::Charge(charge) => write!(f, "{:.4} mAh/cm² have passed", charge / 36_000.0),
            Self::PotentialBelow(potential) => write!(f, "the potential has fallen to {potential} V vs Li"),
            Self::PotentialAbove(potential) => write!(f, "the potential has risen to {potential} V vs Li"),
            Self::VoltageBelow(voltage) => write!(f, "the cell voltage has fallen to {voltage} V"),
            Self::VoltageAbove(voltage) => write!(f, "the cell voltage has risen to {voltage} V"),
            Self::CathodeEmpty => write!(f, "the cathode has given all its lithium"),
            Self::CathodeFull => write!(f, "the cathode has all its lithium back"),
            Self::Stripped => write!(
                f,
                "no lithium is left to strip, or none in contact: the potential has risen to {STRIPPED} V vs Li"
            ),
            Self::CurrentBelow(current) => write!(f, "the current has fallen to {} mA/cm²", current / 10.0),
            Self::Short => write!(f, "lithium has made a short"),
            Self::TemperatureAbove(limit) => write!(f, "the cell has warmed to {:.2} °C", limit - ZERO_CELSIUS),
            Self::TemperatureBelow(limit) => write!(f, "the cell has cooled to {:.2} °C", limit - ZERO_CELSIUS),
            Self::Height(height) => write!(f, "lithium has reached {:.3} µm", height * 1e6),
        }
    }
}

impl Step {
    /// Whether it plates, where the cell at rest would have `voltage` \[V\].
    pub fn plates(&self, voltage: Option<f64>) -> bool {
        // a ramp by its first stair
        match (self.voltage, self.control_at(0.0, 0.0)) {
            (Some(held), _) => voltage.is_some_and(|voltage| held > voltage),
            (None, Control::Current(current)) => current > 0.0,
            (None, Control::Potential(potential)) => potential < 0.0,
        }
    }

    /// Charge that passes at most, of either sign, as far as the config tells \[C/m²\]. A ramp counts as the mean of its ends.
    pub fn charge(&self) -> Option<f64> {
        let share = self.pulse.map_or(1.0, |[on, off]| on / (on + off));
        let charge = |limit: &Limit| match (*limit, self.control) {
            (Limit::Charge(charge), _) => Some(charge),
            (Limit::Time(time), _) if self.profile.is_some() => {
                self.profile.as_ref().map(|profile| profile.integral(time, f64::abs))
            }
            (Limit::Time(time), Control::Current(current)) => {
                let size = match self.ramp.map(|ramp| ramp.from) {
                    Some(Control::Current(from)) => 0.5 * (from.abs() + current.abs()),
                    _ => current.abs(),
                };
                Some(time * share * size)
            }
            _ => None,
        };
        self.limits.iter().filter_map(charge).reduce(f64::min)
    }

    /// The one current density that it has, if it is a current that does not vary but for pulses \[A/m²\].
    pub fn constant(&self) -> Option<f64> {
        match self.control {
            Control::Current(current) if self.ramp.is_none() && self.profile.is_none() => Some(current),
            _ => None,
        }
    }

    /// Whether what it imposes changes in its course.
    pub fn varies(&self) -> bool {
        self.pulse.is_some() || self.ramp.is_some() || self.profile.is_some()
    }

    /// What is imposed `time` \[s\] after the step began; both rounded by `slack` \[s\].
    pub fn control_at(&self, time: f64, slack: f64) -> Control {
        if let Some(ramp) = self.ramp {
            return ramp.value(self.control, time, slack);
        }
        if let Some(profile) = &self.profile {
            return Control::Current(profile.value(time, slack));
        }
        match self.pulse {
            Some(pulse) if turn(pulse, time, slack).1 >= pulse[0] => Control::Current(0.0),
            _ => self.control,
        }
    }

    /// The next time after `time`, both counted from the step's beginning \[s\], at which a pulse begins or ends, or a ramp goes on.
    pub fn next_switch(&self, time: f64, slack: f64) -> Option<f64> {
        if let Some(ramp) = self.ramp {
            return Some((ramp.stair(time, slack) + 1.0) * ramp.time / Ramp::STAIRS);
        }
        if let Some(profile) = &self.profile {
            return profile.next(time, slack);
        }
        let [on, off] = self.pulse?;
        let (whole, begun) = turn([on, off], time, slack);
        Some(whole * (on + off) + if begun < on { on } else { on + off })
    }
}

/// Rounding of products and quotients of times, over the time.
const ROUNDING: f64 = 1e-12;

/// Whole turns of a pulse that are over, and the time since the last of them \[s\].
fn turn([on, off]: [f64; 2], time: f64, slack: f64) -> (f64, f64) {
    let (period, slack) = (on + off, slack + ROUNDING * time);
    let whole = ((time + slack) / period).floor();
    let begun = (time - whole * period).max(0.0);
    // what rounding has left of the pulse is none
    (whole, if begun < on && on - begun <= slack { on } else { begun })
}

/// Where a run stands in its protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// block
    pub block: usize,
    /// how many times it has been done
    pub round: u64,
    /// step in it
    pub step: usize,
}

impl Protocol {
    /// Whether it says anything.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The temperatures of its steps and of a run at `of_run` \[K\], each once, that of the run first.
    pub fn temperatures(&self, of_run: f64) -> Vec<f64> {
        let mut all = vec![of_run];
        for temperature in self.blocks.iter().flat_map(|block| &block.steps).filter_map(|step| step.temperature) {
            if !all.contains(&temperature) {
                all.push(temperature);
            }
        }
        all
    }

    /// The step at a place; none after the last.
    pub fn step(&self, place: Place) -> Option<&Step> {
        self.blocks.get(place.block)?.steps.get(place.step)
    }

    /// The place after this one.
    pub fn after(&self, place: Place) -> Place {
        let Place { block, round, step } = place;
        match self.blocks.get(block) {
            Some(here) if step + 1 < here.steps.len() => Place { step: step + 1, ..place },
            Some(here) if round + 1 < here.repeat => Place { block, round: round + 1, step: 0 },
            _ => Place { block: block + 1, round: 0, step: 0 },
        }
    }

    /// Steps, repetitions counted.
    pub fn length(&self) -> u64 {
        self.blocks.iter().map(|block| block.steps.len() as u64 * block.repeat).sum()
    }

    /// Steps before a place, repetitions counted.
    pub fn done(&self, place: Place) -> u64 {
        let before: u64 =
            self.blocks.iter().take(place.block).map(|block| block.steps.len() as u64 * block.repeat).sum();
        let here = self.blocks.get(place.block).map_or(0, |block| block.steps.len() as u64);
        before + place.round * here + place.step as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(pulse: Option<[f64; 2]>) -> Step {
        Step {
            text: String::new(),
            control: Control::Current(50.0),
            voltage: None,
            pulse,
            ramp: None,
            profile: None,
            temperature: None,
            compliance: None,
            limits: vec![Limit::Time(10.0)],
        }
    }

    #[test]
    fn every_step_of_every_round_is_met_once() {
        let block = |steps: usize, repeat| Block { steps: vec![step(None); steps], repeat };
        let protocol = Protocol { blocks: vec![block(1, 1), block(3, 2), block(2, 1)] };
        let mut place = Place::default();
        let mut met = Vec::new();
        while protocol.step(place).is_some() {
            assert_eq!(protocol.done(place), met.len() as u64);
            met.push((place.block, place.round, place.step));
            place = protocol.after(place);
        }
        assert_eq!(met.len() as u64, protocol.length());
        assert_eq!(met[..5], [(0, 0, 0), (1, 0, 0), (1, 0, 1), (1, 0, 2), (1, 1, 0)]);
    }

    #[test]
    fn a_ramp_climbs_its_stairs() {
        let ramp = Some(Ramp { from: Control::Current(10.0), time: 50.0 });
        let step = Step { ramp, ..step(None) };
        let (mut time, mut charge) = (0.0, 0.0);
        for stair in 0..100 {
            let Control::Current(current) = step.control_at(time, 1e-9) else { panic!("{stair}") };
            assert!((current - (10.0 + 40.0 * (f64::from(stair) + 0.5) / 100.0)).abs() < 1e-9, "{stair} {current}");
            let next = step.next_switch(time, 1e-9).unwrap();
            charge += current * (next - time);
            time = next;
        }
        assert!((time - 50.0).abs() < 1e-9 && (charge - 30.0 * 50.0).abs() < 1e-6);
    }

    #[test]
    fn a_profile_holds_each_current_until_the_next() {
        let times = vec![0.0, 1.0, 2.0, 4.0, 5.0];
        let profile = Profile { file: "x".into(), times, currents: vec![10.0, 10.0, -20.0, 5.0, 7.0] };
        let step = Step { profile: Some(profile.clone()), limits: vec![Limit::Time(5.0)], ..step(None) };
        let at = |time: f64| step.control_at(time, 1e-9);
        let current = |time: f64| match at(time) {
            Control::Current(current) => current,
            Control::Potential(_) => f64::NAN,
        };
        assert_eq!(
            [0.0, 1.5, 2.0 - 1e-10, 2.0, 3.9, 4.0, 4.9, 9.0].map(current),
            [10.0, 10.0, -20.0, -20.0, -20.0, 5.0, 5.0, 5.0]
        );
        assert_eq!([0.0, 1.0, 2.0, 4.5].map(|time| step.next_switch(time, 1e-9)), [2.0, 2.0, 4.0, 5.0].map(Some));
        assert_eq!((profile.net(5.0), step.charge(), profile.net(2.5)), (-15.0, Some(65.0), 10.0));
        assert_eq!((profile.changes(), profile.greatest(), profile.strips(), step.constant()), (3, 10.0, true, None));
    }

    /// Times are then rounded by more than 1e-9 of a pulse.
    #[test]
    fn a_pulse_late_in_a_run_switches_as_well() {
        let step = step(Some([1e-3, 3e-3]));
        let (began, slack) = (1e6, 4.0 * f64::EPSILON * 1e6);
        let mut clock: f64 = began;
        for turn in 0..1000 {
            assert_eq!(step.control_at(clock - began, slack), Control::Current(50.0), "turn {turn}");
            let off_at = began + step.next_switch(clock - began, slack).unwrap();
            assert_eq!(step.control_at(off_at - began, slack), Control::Current(0.0), "turn {turn}");
            clock = began + step.next_switch(off_at - began, slack).unwrap();
            assert!(clock > off_at);
        }
        assert!((clock - began - 4.0).abs() < 1e-6, "{clock}");
    }

    #[test]
    fn a_pulse_switches_at_its_edges_and_nowhere_else() {
        let step = step(Some([0.1, 0.3]));
        let mut time = 0.0;
        for turn in 0..10_000 {
            let on = step.control_at(time, 1e-9);
            let off_at = step.next_switch(time, 1e-9).unwrap();
            assert_eq!(
                (on, step.control_at(off_at, 1e-9)),
                (Control::Current(50.0), Control::Current(0.0)),
                "turn {turn}"
            );
            time = step.next_switch(off_at, 1e-9).unwrap();
            assert!(
                (off_at - (0.4 * f64::from(turn) + 0.1)).abs() < 1e-9
                    && (time - 0.4 * f64::from(turn + 1)).abs() < 1e-9
            );
        }
    }
}
