//! The crystal that lithium grows as: surface energy and exchange current depend on the direction of the surface.
//!
//! One orientation for all of it. The drive of capillarity is that of Cahn and Hoffman's vector, see [`law`]; the charge-transfer resistance,
//! one over the exchange current, has harmonics of its own, and facets {110} that grow slowly.

pub mod cpu;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod law;

use law::{Facets, Harmonics};

use super::{Mechanism, Plausible, RidingField};
use crate::model::keys::{OfKeys, Shown};
use crate::section;

section! {
    /// Parameters of the crystal.
    #[derive(Copy)]
    pub struct Crystal {
        gamma_e1: f64 = or("1", Any, 0.0), "strength e₁ of the cubic harmonic of fourth order in the surface energy: γ(m) = `kinetics.gamma` [1 + e₁ (Q − 3/5) + e₂ (3 Q + 66 S − 17/7)], Q = Σ mᵢ⁴, S = m₁² m₂² m₃²; positive: tips along ⟨100⟩";
        gamma_e2: f64 = or("1", Any, 0.0), "strength e₂ of the harmonic of sixth order in it";
        kinetic_e1: f64 = or("1", Any, 0.0), "strength of the harmonic of fourth order in the charge-transfer resistance, `kinetics.i0` over the exchange current; negative: ⟨100⟩ grows faster";
        kinetic_e2: f64 = or("1", Any, 0.0), "strength of the harmonic of sixth order in it";
        slow_110: f64 = or("1", NotNegative, 0.0), "how much larger that resistance is on {110}, over its mean: facets that grow slowly";
        sharpness: f64 = or("1", Within(2.0..=64.0), 16.0), "power of the cosine with which that falls off around the normals of {110}";
        orientation: Option<[f64; 3]> = optional_list("rad", Any, "the crystal's axes are those of the box"), "Bunge's Euler angles φ₁, Φ, φ₂ of the crystal: it is turned about z, its x and its z";
    }
}

/// A crystal of one orientation has no fields: the orientation is the same everywhere.
pub const FIELDS: &[RidingField] = &[];

/// Least charge-transfer resistance over its mean.
const LEAST_RESISTANCE: f64 = 0.05;

impl Crystal {
    /// Surface energy over its mean.
    pub fn energy(&self) -> Harmonics {
        Harmonics { e1: self.gamma_e1, e2: self.gamma_e2 }
    }

    /// Charge-transfer resistance over its mean, facets aside.
    pub fn resistance(&self) -> Harmonics {
        Harmonics { e1: self.kinetic_e1, e2: self.kinetic_e2 }
    }

    /// What facets {110} add to the charge-transfer resistance.
    pub fn facets(&self) -> Facets {
        Facets { strength: self.slow_110, sharpness: self.sharpness }
    }

    /// Rows of the rotation that takes directions of the box to those of the crystal.
    pub fn rotation(&self) -> [[f64; 3]; 3] {
        law::rotation(self.orientation.unwrap_or_default())
    }
}

impl Mechanism for Crystal {
    fn fields(&self) -> &'static [RidingField] {
        FIELDS
    }

    fn shown(&self) -> Vec<(String, Shown)> {
        OfKeys::shown(self)
    }

    fn plausible(&self) -> Vec<Plausible> {
        let why = "facets of metals grow up to a hundred times slower";
        vec![Plausible { key: "slow_110", value: self.slow_110, range: [1e-3, 100.0], unit: "", why }]
    }

    fn objections(&self) -> Vec<(&'static str, String)> {
        let mut all = Vec::new();
        let [least, _] = self.energy().stiffness();
        if least <= 0.0 {
            all.push((
                "gamma_e1",
                format!(
                    "with e1 = {} and e2 = {} the stiffness of the surface falls to {least:.2} γ: some directions would be missing from \
                     the crystal's shape, which needs a positive one (e1 between −0.256 and 0.278 without e2)",
                    self.gamma_e1, self.gamma_e2
                ),
            ));
        }
        let least = self.resistance().least();
        if least < LEAST_RESISTANCE {
            all.push((
                "kinetic_e1",
                format!(
                    "with these harmonics the charge-transfer resistance falls to {least:.2} of its mean in some directions; it must stay \
                     above {LEAST_RESISTANCE}"
                ),
            ));
        }
        all
    }

    fn stiffness(&self) -> f64 {
        self.energy().stiffness()[1].max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::keys::defaults;

    #[test]
    fn energies_with_missing_directions_are_refused() {
        let crystal = |gamma_e1: f64| Crystal { gamma_e1, ..defaults() };
        assert!(crystal(0.27).objections().is_empty() && crystal(-0.25).objections().is_empty());
        for wrong in [0.29, -0.26] {
            let [(key, problem)] = &crystal(wrong).objections()[..] else { panic!("{wrong}") };
            assert!(*key == "gamma_e1" && problem.contains("stiffness"), "{problem}");
        }
        let [(key, _)] = &Crystal { kinetic_e1: -3.0, ..defaults() }.objections()[..] else { panic!() };
        assert_eq!(*key, "kinetic_e1");
    }
}
