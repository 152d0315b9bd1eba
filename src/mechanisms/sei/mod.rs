//! The solid-electrolyte interphase (SEI): what lithium in contact with the electrolyte turns into, counted as charge per area of
//! its surface.
//!
//! A fresh surface takes `fresh_charge` within the formation time, then the layer grows as the root of time. It rides on the surface:
//! where that stretches, the layer thins and what is missing forms anew; where it shrinks, the layer thickens. Stripping leaves it as
//! a shell, of which plating cracks a part. Its charge comes from the electrode's current, or at rest from the lithium below it, and
//! never comes back.

pub mod cpu;
#[cfg(feature = "gpu")]
pub mod gpu;

use super::{Mechanism, Plausible, RidingField};
use crate::model::constants::ROOM;
use crate::model::electrolyte::arrhenius;
use crate::model::keys::{OfKeys, Shown};
use crate::model::numerics::{LARGEST_STRETCH, LEAST_STRETCH};
use crate::model::scales::Scales;
use crate::section;

section! {
    /// Parameters of the SEI.
    #[derive(Copy)]
    pub struct Sei {
        fresh_charge: f64 = required("C/m^2", Positive), "charge that a fresh surface takes";
        formation_time: f64 = or("s", Positive, 1.0), "time constant of that";
        growth: f64 = or("C^2/m^4/s", NotNegative, 0.0), "K of dσ/dt = K/σ, σ the charge per area";
        resistance: f64 = or("ohm m^2", NotNegative, 0.0), "area resistance of a layer of `fresh_charge`; it is proportional to the charge";
        cracks: f64 = or("1", Within(0.0..=1.0), 0.0), "part of a shell that cracks when plating begins below it";
        activation_energy: f64 = or("J/mol", NotNegative, 0.0), "Arrhenius activation energy of `growth` and of the rate at which a fresh layer forms";
        reference_temperature: f64 = or("K", Positive, ROOM), "temperature at which those hold as given";
    }
}

/// Fields of the SEI: charge per area of the layer, and of the lithium stripped below it since it was plated.
pub const FIELDS: &[RidingField] = &[
    RidingField { name: "sei", unit: |scales| scales.current, section: "sei" },
    RidingField { name: "stripped", unit: |scales| scales.current, section: "sei" },
];

impl Mechanism for Sei {
    fn fields(&self) -> &'static [RidingField] {
        FIELDS
    }

    fn shown(&self) -> Vec<(String, Shown)> {
        OfKeys::shown(self)
    }

    fn plausible(&self) -> Vec<Plausible> {
        let of = |key, value, range, unit, why| Plausible { key, value, range, unit, why };
        let charge = "a monolayer takes 1 C/m^2, 100 nm take 1000 C/m^2";
        let film = "films on lithium have 1e-5 to 1 ohm m^2; 1 ohm cm^2 is 1e-4 ohm m^2";
        vec![
            of("fresh_charge", self.fresh_charge, [1e-2, 1e5], "C/m^2", charge),
            of("formation_time", self.formation_time, [1e-6, 1e8], "s", "from a double layer's time to years"),
            of("growth", self.growth, [1e-12, 1e7], "C^2/m^4/s", "1e5 C/m^2 in a quarter of an hour is the most"),
            of("resistance", self.resistance, [1e-9, 10.0], "ohm m^2", film),
            of("activation_energy", self.activation_energy, [1e2, 3e5], "J/mol", "films grow with 2e4 to 1e5 J/mol"),
            of("reference_temperature", self.reference_temperature, [200.0, 400.0], "K", "25 degC is 298.15 K"),
        ]
    }

    fn resistance(&self) -> f64 {
        self.resistance
    }

    fn resistance_at(&self, value: f64) -> f64 {
        self.resistance / self.fresh_charge * value
    }

    fn bends_distance(&self) -> bool {
        true
    }
}

/// The parameters in the units of the fields, in the precision of the shaders.
#[derive(Clone, Copy, Debug)]
pub struct Scaled {
    /// charge per area that a fresh surface takes \[current scale · s\]
    fresh: f32,
    /// time constant of that \[s\]
    time: f32,
    /// K of dσ/dt = K/σ \[(current scale)² s\]
    growth: f32,
    /// resistance over charge per area \[potential scale per (current scale)² s\]
    resistance: f32,
    /// part of a shell that cracks when plating begins below it
    cracks: f32,
}

impl Sei {
    /// The parameters in the units of the fields, at the temperature of these.
    pub fn scaled(&self, scales: &Scales) -> Scaled {
        let faster = arrhenius(self.activation_energy, scales.temperature(), self.reference_temperature);
        let per_charge = self.resistance / self.fresh_charge * scales.current * scales.current / scales.potential;
        Scaled {
            fresh: (self.fresh_charge / scales.current) as f32,
            time: (self.formation_time / faster) as f32,
            growth: (faster * self.growth / (scales.current * scales.current)) as f32,
            resistance: per_charge as f32,
            cracks: self.cracks as f32,
        }
    }
}

/// Charge per area that a layer of charge `sigma` takes in a step of `dt`.
pub fn formed(sigma: f64, fresh: f64, time: f64, growth: f64, dt: f64) -> f64 {
    let missing = (fresh - sigma).max(0.0);
    let filled = sigma + missing * -(-dt / time).exp_m1();
    (filled * filled + 2.0 * growth * dt).sqrt() - sigma
}

/// Charge per area of a layer, and what has been stripped below it since it was plated, after a step: `sigma` and `stripped` before the
/// stretching, a passage of `plated` (negative: stripped) charge per area, the surface moved by `way` times its curvature.
pub fn carried([sigma, stripped]: [f64; 2], plated: f64, way_by_curvature: f64, cracks: f64) -> [f64; 2] {
    let sigma = sigma / (1.0 + way_by_curvature).clamp(LEAST_STRETCH, LARGEST_STRETCH);
    if plated > 0.0 {
        // what has lost as much lithium as it holds itself stands loose
        let loose = if stripped > 0.0 { -(-stripped / sigma.max(f64::MIN_POSITIVE)).exp_m1() } else { 0.0 };
        [sigma * (1.0 - cracks * loose), 0.0]
    } else {
        [sigma, stripped - plated]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_fills_then_grows_as_the_root_of_time() {
        let (fresh, time, growth) = (50.0, 1.0, 0.1);
        let run = |steps: usize, total: f64| {
            (0..steps).fold(0.0, |sigma, _| sigma + formed(sigma, fresh, time, growth, total / steps as f64))
        };
        assert!((run(1000, 1.0) - fresh * (1.0 - (-1.0f64).exp())).abs() < 0.2);
        // σ² = σ0² + 2 K t, in whatever steps
        let day = 86_400.0;
        for steps in [1, 10, 1000] {
            let exact = (fresh * fresh + 2.0 * growth * day).sqrt();
            assert!((run(steps, day) / exact - 1.0).abs() < 1e-3, "{steps}");
        }
        assert_eq!(formed(60.0, fresh, time, 0.0, 5.0), 0.0);
    }

    #[test]
    fn what_is_stretched_thins_and_what_was_stripped_cracks() {
        let near = |a: [f64; 2], b: [f64; 2]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9);
        assert!(near(carried([50.0, 0.0], 1.0, 0.25, 0.5), [40.0, 0.0]));
        assert!(near(carried([50.0, 0.0], -1.0, -0.2, 0.5), [62.5, 1.0]));
        assert!(near(carried([50.0, 1e9], 1.0, 0.0, 0.4), [30.0, 0.0]));
        assert!(near(carried([0.0, 1.0], 1.0, 0.0, 0.4), [0.0, 0.0]));
    }
}
