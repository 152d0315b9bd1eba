//! Ledgers of charge, lithium and salt: nothing may appear or vanish.

use serde::{Deserialize, Serialize};

use crate::mechanisms::PerMechanism;
use crate::model::constants::{FARADAY, LITHIUM_MOLAR_VOLUME};

/// How well a ledger is to close.
const CLOSED: f64 = 1e-5;
/// Share of what the box holds that is measured against where less than that has passed. Single precision knows what is there to 2⁻²⁴
/// of it, and no ledger can close better than that.
const KNOWN: f64 = 0.5 * f32::EPSILON as f64 / CLOSED;

/// Running totals for the whole box, and the column above it if there is one, in f64. The three errors are differences between what went
/// in, what was stored and what left, each counted independently, over what has passed, or over what rounding lets it know to 10⁻⁵
/// while less has passed: 0.6 % of the lithium, of the salt at the start and of the charge of a double layer at RT/F, and 10⁵ times the
/// charge of the currents that rounding may leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// ∫ I dt at the top \[C\]
    pub charge: f64,
    /// ∫ |I| dt at the top: what the charge error is measured against \[C\]
    pub charge_throughput: f64,
    /// ∫∫ i δ dV dt, with what mechanisms took \[C\]
    pub charge_reaction: f64,
    /// ∫∫ |i| δ dV dt of lithium alone, net in each step: what the lithium error is measured against \[C\]
    pub reaction_throughput: f64,
    /// charge that each mechanism took, part of ∫∫ i δ dV dt \[C\]
    pub charge_taken: PerMechanism,
    /// charge that went into the double layer \[C\]
    pub charge_double_layer: f64,
    /// ∫ of the current that rounding may have left \[C\]
    #[serde(default)]
    pub charge_rounding: f64,
    /// charge of a double layer over the base of the box at RT/F \[C\]
    #[serde(default)]
    pub charge_thermal: f64,
    /// lithium at the start \[m³\]
    pub lithium_start: f64,
    /// lithium now \[m³\]
    pub lithium: f64,
    /// lithium of nuclei that the current has not yet paid for \[m³\]
    pub debt: f64,
    /// salt at the start \[mol\]
    pub salt_start: f64,
    /// salt now \[mol\]
    pub salt: f64,
    /// salt that came in at the top, of the box or of the column \[mol\]
    pub salt_in: f64,
    /// salt that the reaction took \[mol\]
    pub salt_sink: f64,
    /// ∫ of the salt that came in at the top or was taken, whichever is more in a step: what the salt error is measured against \[mol\]
    #[serde(default)]
    pub salt_throughput: f64,
    /// salt that left with the electrolyte displaced by lithium \[mol\]
    pub salt_displaced: f64,
}

impl Ledger {
    /// (charge passed − plated − in the double layer) over the charge passed, either way.
    pub fn charge_error(&self) -> f64 {
        let there = FARADAY / LITHIUM_MOLAR_VOLUME * self.lithium_seen() + self.charge_thermal;
        let passed = self.charge_throughput.max(self.charge_rounding / CLOSED);
        over(self.charge - self.charge_reaction - self.charge_double_layer, passed, there)
    }

    /// (lithium − lithium at the start − plated and not taken by a mechanism − owed by nuclei) over the lithium plated and stripped.
    pub fn lithium_error(&self) -> f64 {
        let volume = LITHIUM_MOLAR_VOLUME / FARADAY;
        let stored = self.lithium - self.lithium_start;
        over(
            stored - volume * (self.charge_reaction - self.charge_taken.total()) - self.debt,
            volume * self.reaction_throughput + self.debt,
            self.lithium_seen(),
        )
    }

    /// (salt − salt at the start − in + taken + displaced) over the salt that has passed.
    pub fn salt_error(&self) -> f64 {
        let difference = self.salt - self.salt_start - self.salt_in + self.salt_sink + self.salt_displaced;
        over(difference, self.salt_throughput, self.salt_start)
    }

    /// The most lithium that the box has been seen with at its ends \[m³\].
    fn lithium_seen(&self) -> f64 {
        self.lithium.max(self.lithium_start)
    }
}

/// A difference over what has `passed`, at least a share of what is `there`.
fn over(difference: f64, passed: f64, there: f64) -> f64 {
    let whole = passed.max(KNOWN * there);
    if whole > 0.0 { difference / whole } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A box of copper and lithium after many cycles, each of which lost one part in 10⁸ of what it moved.
    fn cycled(cycles: f64) -> Ledger {
        let (charge, salt) = (cycles * 1e-6, cycles * 8e-12);
        Ledger {
            charge: 1e-8 * charge,
            charge_throughput: charge,
            reaction_throughput: charge,
            lithium_start: 1e-16,
            lithium: 1e-16 + 1e-8 * charge * LITHIUM_MOLAR_VOLUME / FARADAY,
            salt_start: 1e-12,
            salt: 1e-12 + 1e-8 * salt,
            salt_throughput: salt,
            ..Ledger::default()
        }
    }

    #[test]
    fn errors_do_not_grow_with_the_cycles() {
        for cycles in [1.0, 585.0, 1e5] {
            let ledger = cycled(cycles);
            for error in [ledger.charge_error(), ledger.lithium_error(), ledger.salt_error()] {
                assert!((error / 1e-8 - 1.0).abs() < 1e-3, "{cycles}: {error:e}");
            }
        }
    }

    #[test]
    fn nothing_that_passed_is_no_error() {
        // lithium at rest, known to the last digits of two sums of 10⁵ cells in f64, and f32
        for (rounding, most) in [(1e-13, 1e-10), (2f64.powi(-24), 1.1e-5)] {
            let ledger = Ledger {
                lithium_start: 1e-16,
                lithium: 1e-16 * (1.0 + rounding),
                charge_throughput: 1e-30,
                reaction_throughput: 1e-30,
                salt_start: 1e-12,
                salt: 1e-12 * (1.0 - rounding),
                ..Ledger::default()
            };
            assert!(ledger.lithium_error().abs() < most, "{:e}", ledger.lithium_error());
            assert!(ledger.salt_error().abs() < most, "{:e}", ledger.salt_error());
        }
        assert_eq!(Ledger::default().charge_error(), 0.0);
    }

    #[test]
    fn what_is_lost_is_seen_on_bare_copper() {
        // a double layer charged to 1 mV that gave back half of it: nothing else is there to be held against
        let charge = 1e-3 / 0.0257;
        let ledger = Ledger {
            charge: 0.5 * charge,
            charge_throughput: charge,
            charge_double_layer: charge,
            charge_thermal: 1.0,
            ..Ledger::default()
        };
        assert!((ledger.charge_error() + 0.5).abs() < 1e-12);
    }
}
