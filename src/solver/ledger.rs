//! Ledgers of charge, lithium and salt: nothing may appear or vanish.

use serde::{Deserialize, Serialize};

use crate::model::constants::{FARADAY, LITHIUM_MOLAR_VOLUME};

/// Running totals for the whole box, and the column above it if there is one, in f64. The three errors are differences between what went in, what was stored and
/// what left, each counted independently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// ∫ I dt at the top \[C\]
    pub charge: f64,
    /// ∫ |I| dt at the top: what the charge error is measured against \[C\]
    pub charge_throughput: f64,
    /// ∫∫ i δ dV dt, with what the SEI took \[C\]
    pub charge_reaction: f64,
    /// ∫∫ |i| δ dV dt without the SEI, net in each step: what the lithium error is measured against \[C\]
    pub reaction_throughput: f64,
    /// charge that the SEI took, part of the former \[C\]
    pub charge_sei: f64,
    /// charge that went into the double layer \[C\]
    pub charge_double_layer: f64,
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
    /// salt that left with the electrolyte displaced by lithium \[mol\]
    pub salt_displaced: f64,
}

impl Ledger {
    /// (charge passed − plated − in the double layer) over the charge passed.
    pub fn charge_error(&self) -> f64 {
        ratio(self.charge - self.charge_reaction - self.charge_double_layer, self.charge_throughput)
    }

    /// (lithium − lithium at the start − plated but not become SEI − owed by nuclei) over the lithium plated.
    pub fn lithium_error(&self) -> f64 {
        let volume = LITHIUM_MOLAR_VOLUME / FARADAY;
        let stored = self.lithium - self.lithium_start;
        ratio(
            stored - volume * (self.charge_reaction - self.charge_sei) - self.debt,
            volume * self.reaction_throughput + self.debt,
        )
    }

    /// (salt − salt at the start − in + taken + displaced) over the salt in the box.
    pub fn salt_error(&self) -> f64 {
        ratio(self.salt - self.salt_start - self.salt_in + self.salt_sink + self.salt_displaced, self.salt_start)
    }
}

fn ratio(difference: f64, whole: f64) -> f64 {
    if whole > 0.0 { difference / whole } else { 0.0 }
}
