//! The crystal that lithium grows as: surface energy and exchange current depend on the direction of the surface.
//!
//! The drive of capillarity is that of Cahn and Hoffman's vector, see [`law`]; the charge-transfer resistance, one over the exchange current,
//! has harmonics of its own, and facets {110} that grow slowly.
//!
//! There is one orientation for all of it, or one for each grain: a nucleus begins a grain, and lithium that is plated on a grain belongs to
//! it. Between grains there is nothing else: a boundary has no energy, and does not move but by plating and stripping.

pub mod cpu;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod law;

use law::{Facets, Harmonics};

use super::{Mechanism, Plausible, RidingField};
use crate::model::keys::{OfKeys, Shown};
use crate::model::orientation::{DRAWN, Orientations, Rotation, fibre_rotation, rotation, uniform_rotation};
use crate::model::parameters::Kinetics;
use crate::{kinds, section};

section! {
    /// Parameters of the crystal.
    pub struct Crystal {
        gamma_e1: f64 = or("1", Any, 0.0), "strength e₁ of the cubic harmonic of fourth order in the surface energy: γ(m) = `kinetics.gamma` [1 + e₁ (Q − 3/5) + e₂ (3 Q + 66 S − 17/7)], Q = Σ mᵢ⁴, S = m₁² m₂² m₃²; positive: tips along ⟨100⟩";
        gamma_e2: f64 = or("1", Any, 0.0), "strength e₂ of the harmonic of sixth order in it";
        kinetic_e1: f64 = or("1", Any, 0.0), "strength of the harmonic of fourth order in the charge-transfer resistance, `kinetics.i0` over the exchange current; negative: ⟨100⟩ grows faster";
        kinetic_e2: f64 = or("1", Any, 0.0), "strength of the harmonic of sixth order in it";
        slow_110: f64 = or("1", NotNegative, 0.0), "how much larger that resistance is on {110}, over its mean: facets that grow slowly";
        sharpness: f64 = or("1", Within(2.0..=64.0), 16.0), "power of the cosine with which that falls off around the normals of {110}";
        orientation: Option<[f64; 3]> = optional_list("rad", Any, "the crystal's axes are those of the box"), "Bunge's Euler angles φ₁, Φ, φ₂ of the crystal: it is turned about z, its x and its z";
        grains: Option<Grains> = inner("all lithium is one crystal"), "orientations of the grains, one that every nucleus begins; lithium that is there from the start has `orientation`";
    }
}

kinds! {
    /// Orientations of the grains, in the order in which their nuclei appear. Those that are drawn come again after 4096.
    pub enum Grains by "kind" without None; {
        Uniform {
            seed: u32 = random_seed(), "seed of the orientations";
        } = "uniform", "all orientations are as likely";
        Fibre {
            axis: [f64; 3] = required_list("1", Any), "direction ⟨hkl⟩ of the crystal that stands along z, as in [1, 1, 0]";
            spread: f64 = or("rad", Within(0.0..=std::f64::consts::FRAC_PI_2), 0.0), "standard deviation of its angles to z about x and about y";
            seed: u32 = random_seed(), "seed of the orientations";
        } = "fibre", "one direction along z, all turns about it as likely";
        Listed {
            orientations: Vec<ListedOrientation> = inners(), "one entry for each nucleus, the first again after the last";
        } = "listed", "listed orientations";
    }
}

impl Grains {
    /// What stands for orientations that are wrong.
    fn otherwise() -> Self {
        Self::Uniform { seed: 0 }
    }

    /// Orientations of the grains; `start` is that of lithium which was there from the start.
    fn orientations(&self, start: Rotation) -> Orientations {
        match self {
            Self::Uniform { seed } => Orientations::new(start, (0..DRAWN).map(|k| uniform_rotation(*seed, k))),
            Self::Fibre { axis, spread, seed } => {
                Orientations::new(start, (0..DRAWN).map(|k| fibre_rotation(*axis, *spread, *seed, k)))
            }
            Self::Listed { orientations } => {
                Orientations::new(start, orientations.iter().map(|listed| rotation(listed.angles)))
            }
        }
    }
}

section! {
    /// An orientation that is given.
    #[derive(Copy)]
    pub struct ListedOrientation {
        angles: [f64; 3] = required_list("rad", Any), "Bunge's Euler angles φ₁, Φ, φ₂";
    }
}

/// Number of the grain that a cell belongs to.
pub const FIELDS: &[RidingField] = &[RidingField { name: "grain", unit: |_| 1.0, section: "crystal.grains" }];

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

    /// Orientations of all grains; of one alone without grains.
    pub fn orientations(&self) -> Orientations {
        let start = rotation(self.orientation.unwrap_or_default());
        self.grains.as_ref().map_or_else(|| Orientations::new(start, []), |grains| grains.orientations(start))
    }
}

impl Mechanism for Crystal {
    fn seed(&mut self) -> Option<(&'static str, &mut u32)> {
        match self.grains.as_mut()? {
            Grains::Uniform { seed } | Grains::Fibre { seed, .. } => Some(("grains.seed", seed)),
            Grains::Listed { .. } => None,
        }
    }

    fn fields(&self) -> &'static [RidingField] {
        if self.grains.is_some() { FIELDS } else { &[] }
    }

    fn shown(&self) -> Vec<(String, Shown)> {
        OfKeys::shown(self)
    }

    fn plausible(&self) -> Vec<Plausible> {
        let why = "facets of metals grow up to a hundred times slower";
        vec![Plausible { key: "slow_110", value: self.slow_110, range: [1e-3, 100.0], unit: "", why }]
    }

    fn objections(&self, _: &Kinetics) -> Vec<(&'static str, String)> {
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
        match &self.grains {
            Some(Grains::Fibre { axis, .. }) if axis.iter().all(|&h| h == 0.0) => {
                all.push(("grains.axis", "[0, 0, 0] is no direction".into()));
            }
            Some(Grains::Listed { orientations }) if orientations.is_empty() => {
                all.push(("grains.orientations", "holds no orientation".into()));
            }
            Some(Grains::Listed { orientations }) if orientations.len() > DRAWN as usize => {
                all.push((
                    "grains.orientations",
                    format!("holds {} orientations; there is room for {DRAWN}", orientations.len()),
                ));
            }
            _ => {}
        }
        all
    }

    fn stiffness(&self) -> f64 {
        self.energy().stiffness()[1].max(1.0)
    }

    fn grains(&self) -> Option<Orientations> {
        self.grains.is_some().then(|| self.orientations())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::keys::defaults;

    #[test]
    fn energies_with_missing_directions_are_refused() {
        let crystal = |gamma_e1: f64| Crystal { gamma_e1, ..defaults() };
        assert!(crystal(0.27).objections(&defaults()).is_empty() && crystal(-0.25).objections(&defaults()).is_empty());
        for wrong in [0.29, -0.26] {
            let [(key, problem)] = &crystal(wrong).objections(&defaults())[..] else { panic!("{wrong}") };
            assert!(*key == "gamma_e1" && problem.contains("stiffness"), "{problem}");
        }
        let [(key, _)] = &Crystal { kinetic_e1: -3.0, ..defaults() }.objections(&defaults())[..] else { panic!() };
        assert_eq!(*key, "kinetic_e1");
        let grains = |grains| Crystal { grains: Some(grains), ..defaults() }.objections(&defaults());
        assert!(grains(Grains::Uniform { seed: 3 }).is_empty());
        assert_eq!(grains(Grains::Fibre { axis: [0.0; 3], spread: 0.1, seed: 3 })[0].0, "grains.axis");
        assert_eq!(grains(Grains::Listed { orientations: Vec::new() })[0].0, "grains.orientations");
    }
}
