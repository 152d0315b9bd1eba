//! `cycles.csv`: what each plating and the stripping after it gave.

use serde::{Deserialize, Serialize};

use crate::mechanisms;
use crate::metrics::{Metrics, headings as first_line};
use crate::model::cathode::Cathode;
use crate::model::constants::{FARADAY, LITHIUM_MOLAR_VOLUME};
use crate::model::parameters::Setup;
use crate::sim::stage::Stage;
use crate::solver::step::Clock;

/// Name of the table.
pub const FILE: &str = "cycles.csv";

/// Charge [C/m²] in the unit of the table.
const MILLIAMPERE_HOURS: f64 = 36_000.0;

/// Energy per area [J/m²] in the unit of the table.
const MILLIWATT_HOURS: f64 = 36_000.0;

/// Charge of a volume of lithium [m³] per area of the box \[mAh/cm²\].
pub fn per_area(setup: &Setup, volume: f64) -> f64 {
    volume / setup.grid.area() * FARADAY / LITHIUM_MOLAR_VOLUME / MILLIAMPERE_HOURS
}

/// Charge that each mechanism which takes lithium has taken per area of the box \[mAh/cm²\].
pub fn taken_per_area(setup: &Setup, clock: &Clock) -> Vec<f64> {
    let taken = clock.ledger.charge_taken.to_array();
    mechanisms::lithium_columns().map(|(place, ..)| taken[place] / setup.grid.area() / MILLIAMPERE_HOURS).collect()
}

/// Lithium that can still go back and forth, in the cathode and joined to the copper \[mAh/cm²\]; NaN without a cathode.
fn capacity_left(setup: &Setup, clock: &Clock) -> f64 {
    let joined = per_area(setup, clock.ledger.lithium - clock.ledger.debt - clock.isolated_volume(setup));
    let in_cathode = |cathode: &Cathode| (cathode.areal_capacity - clock.charge(setup)) / MILLIAMPERE_HOURS;
    setup.cathode.as_ref().map_or(f64::NAN, |cathode| in_cathode(cathode) + joined)
}

/// A direction of the current: its charge, and what the potential was meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Way {
    /// charge \[C/m²\]
    charge: f64,
    /// ∫ potential against charge \[V C/m²\]
    energy: f64,
    /// potential in its last step \[V\]
    end: f64,
    /// ∫ cell voltage against charge \[V C/m²\]; none if it is not known of all its steps, as without a cathode
    #[serde(default)]
    cell: Option<f64>,
}

impl Way {
    fn add(&mut self, charge: f64, potential: f64, voltage: Option<f64>) {
        let before = if self.charge > 0.0 { self.cell } else { Some(0.0) };
        self.cell = before.zip(voltage).map(|(energy, voltage)| energy + charge * voltage);
        self.charge += charge;
        self.energy += charge * potential;
        self.end = potential;
    }

    fn mean(&self) -> f64 {
        if self.charge > 0.0 { self.energy / self.charge } else { f64::NAN }
    }

    /// Energy of the cell per area \[mWh/cm²\].
    fn energy(&self) -> f64 {
        self.cell.map_or(f64::NAN, |energy| energy / MILLIWATT_HOURS)
    }

    fn end(&self) -> f64 {
        if self.charge > 0.0 { self.end } else { f64::NAN }
    }
}

/// The deposit at the end of plating.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Charged {
    mean_height: f64,
    max_height: f64,
    s_q: f64,
    developed_area: f64,
    void_fraction: Option<f64>,
}

/// The cycle that a run is in: it begins with plating and ends when plating begins again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cycle {
    /// those before it
    finished: u64,
    plating: Way,
    stripping: Way,
    charged: Option<Charged>,
}

/// Names and units of the columns before those of what mechanisms have taken.
const BEFORE_TAKEN: [(&str, &str); 8] = [
    ("cycle", "1"),
    ("time", "s"),
    ("charge_in", "mAh/cm2"),
    ("charge_out", "mAh/cm2"),
    ("coulombic_efficiency", "1"),
    ("lithium_left", "mAh/cm2"),
    ("isolated_lithium", "mAh/cm2"),
    ("isolated_pieces", "1"),
];

/// Names and units of the columns after them.
const AFTER_TAKEN: [(&str, &str); 15] = [
    ("capacity_left", "mAh/cm2"),
    ("mean_plating_potential", "V"),
    ("mean_stripping_potential", "V"),
    ("end_of_plating_potential", "V"),
    ("end_of_stripping_potential", "V"),
    ("charged_mean_height", "m"),
    ("charged_max_height", "m"),
    ("charged_s_q", "m"),
    ("charged_developed_area", "1"),
    ("charged_void_fraction", "1"),
    ("discharged_max_height", "m"),
    ("discharged_s_q", "m"),
    ("energy_in", "mWh/cm2"),
    ("energy_out", "mWh/cm2"),
    ("energy_efficiency", "1"),
];

/// Headings of the columns.
pub fn headings() -> String {
    let taken = mechanisms::lithium_columns().map(|(_, name, _)| (name, "mAh/cm2"));
    first_line(BEFORE_TAKEN.into_iter().chain(taken).chain(AFTER_TAKEN))
}

impl Cycle {
    /// Counts a step of `dt` \[s\] that ended at `clock`, by the current outside the cell. Charge in the double layer of the copper counts, as it does in a cell.
    pub fn add(&mut self, setup: &Setup, clock: &Clock, dt: f64) {
        let way = if clock.external > 0.0 { &mut self.plating } else { &mut self.stripping };
        if clock.external != 0.0 {
            way.add(clock.external.abs() * dt, clock.potential, clock.voltage(setup));
        }
    }

    /// Its number, from 1.
    pub fn number(&self) -> u64 {
        self.finished + 1
    }

    /// Whether it has plated and stripped.
    pub fn has_stripped(&self) -> bool {
        self.stripping.charge > 0.0
    }

    /// Whether it has plated and not yet stripped.
    pub fn is_plating(&self) -> bool {
        self.plating.charge > 0.0 && !self.has_stripped()
    }

    /// Whether it is over where `next` is the step of the protocol that comes: it has stripped, and that one plates.
    pub fn ends_before(&self, setup: &Setup, clock: &Clock, next: &Stage) -> bool {
        let at_rest = setup.cathode.as_ref().map(|cathode| cathode.potential(clock.charge(setup), 0.0));
        self.has_stripped() && next.step(setup).is_some_and(|step| step.plates(at_rest))
    }

    /// The cycle after it, before anything has passed.
    pub fn next(&self) -> Self {
        Self { finished: self.finished + 1, ..Self::default() }
    }

    /// Whether anything has passed.
    pub fn has_begun(&self) -> bool {
        self.plating.charge > 0.0 || self.has_stripped()
    }

    /// Keeps the deposit as it is at the end of plating.
    pub fn charged(&mut self, m: &Metrics) {
        let Metrics { mean_height, max_height, s_q, developed_area, void_fraction, .. } = *m;
        let void_fraction = Some(void_fraction).filter(|fraction| fraction.is_finite());
        self.charged = Some(Charged { mean_height, max_height, s_q, developed_area, void_fraction });
    }

    /// Its row, with the deposit as it is now, and the cycle after it.
    pub fn finish(&self, setup: &Setup, clock: &Clock, m: &Metrics) -> (Vec<f64>, Self) {
        let charged = |value: fn(&Charged) -> f64| self.charged.as_ref().map_or(f64::NAN, value);
        let efficiency = self.stripping.charge / self.plating.charge;
        let before: [f64; BEFORE_TAKEN.len()] = [
            self.number() as f64,
            clock.time,
            self.plating.charge / MILLIAMPERE_HOURS,
            self.stripping.charge / MILLIAMPERE_HOURS,
            efficiency,
            per_area(setup, clock.ledger.lithium),
            per_area(setup, clock.isolated_volume(setup)),
            clock.isolated.len() as f64,
        ];
        let after: [f64; AFTER_TAKEN.len()] = [
            capacity_left(setup, clock),
            self.plating.mean(),
            self.stripping.mean(),
            self.plating.end(),
            self.stripping.end(),
            charged(|c| c.mean_height),
            charged(|c| c.max_height),
            charged(|c| c.s_q),
            charged(|c| c.developed_area),
            charged(|c| c.void_fraction.unwrap_or(f64::NAN)),
            m.max_height,
            m.s_q,
            self.plating.energy(),
            self.stripping.energy(),
            self.stripping.energy() / self.plating.energy(),
        ];
        let row = before.into_iter().chain(taken_per_area(setup, clock)).chain(after).collect();
        (row, self.next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energy_is_that_of_all_steps_or_none() {
        let mut way = Way::default();
        way.add(18_000.0, -0.05, Some(4.0));
        way.add(18_000.0, -0.05, Some(3.8));
        // half a milliampere-hour at 4.0 and as much at 3.8 V
        assert!((way.energy() - 3.9).abs() < 1e-12);
        // a checkpoint of before knows the charge alone
        let mut older: Way = serde_json::from_str(r#"{"charge":1.0,"energy":0.1,"end":0.1}"#).unwrap();
        older.add(1.0, -0.05, Some(4.0));
        assert!(older.energy().is_nan() && older.charge == 2.0);
        let mut without = Way::default();
        without.add(1.0, -0.05, None);
        assert!(without.energy().is_nan());
    }
}
