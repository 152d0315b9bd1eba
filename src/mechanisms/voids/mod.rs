//! Voids between lithium and a solid electrolyte, which does not follow lithium that is stripped.
//!
//! A liquid fills what stripping leaves, a solid does not: lithium has to be resupplied, by creep under the pressure of the stack and by diffusion, or voids
//! are left and contact is lost. Voids are not resolved but averaged over: the share θ of the surface is in contact, 1 − θ lies above voids of a given height h,
//! and the volume of these per area is (1 − θ) h. With i the current per area of the surface and i_c the critical current, up to which the resupply keeps up,
//!
//! ```text
//! h dθ/dt = (i_c − i) V_m/F   while i strips,      (i_c + r i) V_m/F   while it plates r of it into voids,      θ ≤ 1
//! ```
//!
//! Only what is in contact reacts: the exchange current is that of θ of the area, the film conducts there alone, and the current has to converge onto the
//! contacts through the electrolyte. θ rides on the surface: where plating stretches that, the new surface is in contact; what stripping lays bare has the contact of what was there.
//! An SEI would grow above voids as well: a mechanism that takes lithium excludes this one (`Mechanisms::clash`).

pub mod cpu;
#[cfg(feature = "gpu")]
pub mod gpu;

use super::{Mechanism, Plausible, RidingField};
use crate::config::quantity::digits;
use crate::model::constants::{FARADAY, LITHIUM_MOLAR_VOLUME, ROOM};
use crate::model::electrolyte::arrhenius;
use crate::model::keys::{OfKeys, Shown};
use crate::model::numerics::{LARGEST_STRETCH, LEAST_CONTACT};
use crate::model::parameters::Kinetics;
use crate::model::scales::Scales;
use crate::section;

section! {
    /// Parameters of the voids.
    #[derive(Copy)]
    pub struct Voids {
        critical_current: f64 = required("A/m^2", NotNegative), "stripping current density up to which creep and diffusion resupply what is stripped; voids close at that rate";
        height: f64 = required("m", Positive), "height of the voids: thickness of lithium whose stripping, without resupply, loses all contact";
        refilled: f64 = or("1", Within(0.0..=1.0), 0.0), "part of the plated lithium that goes into voids, while there are any";
        spacing: f64 = or("m", NotNegative, 0.0), "distance from one void to the next: the current that converges onto the contacts between them is resisted as by stripes";
        pressure_exponent: f64 = or("1", Within(0.0..=10.0), 0.0), "power of `kinetics.pressure` over `reference_pressure` that `critical_current` goes with";
        reference_pressure: f64 = or("Pa", Positive, 1e6), "pressure at which `critical_current` holds as given, if it goes with the pressure";
        activation_energy: f64 = or("J/mol", NotNegative, 0.0), "Arrhenius activation energy of `critical_current`";
        reference_temperature: f64 = or("K", Positive, ROOM), "temperature at which that holds as given";
    }
}

/// The field of the voids: the share of the surface that is in contact.
pub const FIELDS: &[RidingField] = &[RidingField { name: "contact", unit: |_| 1.0, section: "voids" }];

/// How much of the contact a step is to take at most: the front moves by so much of the height of the voids.
const LARGEST_LOSS: f64 = 0.1;

impl Mechanism for Voids {
    fn fields(&self) -> &'static [RidingField] {
        FIELDS
    }

    fn shown(&self) -> Vec<(String, Shown)> {
        OfKeys::shown(self)
    }

    fn plausible(&self) -> Vec<Plausible> {
        let of = |key, value, range, unit, why| Plausible { key, value, range, unit, why };
        let critical = "solid cells keep contact at 0.1 to 100 A/m^2; 1 mA/cm^2 is 10 A/m^2";
        vec![
            of("critical_current", self.critical_current, [1e-4, 1e4], "A/m^2", critical),
            of("height", self.height, [1e-9, 1e-4], "m", "voids are nanometres to tens of micrometres high"),
            of("spacing", self.spacing, [1e-9, 1e-3], "m", "voids are nanometres to tens of micrometres apart"),
            of("reference_pressure", self.reference_pressure, [1e3, 1e9], "Pa", "stacks are pressed at 1e5 to 1e8 Pa"),
            of(
                "activation_energy",
                self.activation_energy,
                [1e2, 3e5],
                "J/mol",
                "lithium creeps with 3e4 to 6e4 J/mol",
            ),
            of("reference_temperature", self.reference_temperature, [200.0, 454.0], "K", "25 degC is 298.15 K"),
        ]
    }

    fn objections(&self, kinetics: &Kinetics) -> Vec<(&'static str, String)> {
        if self.pressure_exponent > 0.0 && kinetics.pressure <= 0.0 {
            let problem = "critical_current goes with the pressure, and kinetics.pressure tells none";
            return vec![("pressure_exponent", problem.into())];
        }
        Vec::new()
    }

    fn bends_distance(&self) -> bool {
        true
    }

    fn of_stripping(&self, kinetics: &Kinetics, steps: &[[f64; 2]]) -> Option<(&'static str, String)> {
        let judged = steps.iter().map(|&[current, temperature]| {
            let critical = self.critical_current(kinetics.pressure, temperature);
            (current / critical, current, critical, temperature)
        });
        let (over, current, critical, temperature) = judged.max_by(|a, b| a.0.total_cmp(&b.0))?;
        let milliamperes = |current: f64| format!("{} mA/cm^2", digits(current / 10.0));
        let told = format!(
            "{} are stripped at {:.0} degC, and lithium is resupplied up to {}",
            milliamperes(current),
            temperature - 273.15,
            milliamperes(critical)
        );
        let told = if over <= 1.0 {
            format!("kept: at most {told}")
        } else {
            let charge = self.height * FARADAY / LITHIUM_MOLAR_VOLUME / (1.0 - 1.0 / over);
            format!("lost: {told}; a flat surface has no contact left after {} mAh/cm^2", digits(charge / 36_000.0))
        };
        Some(("contact", told))
    }

    fn largest_way(&self) -> f64 {
        LARGEST_LOSS * self.height
    }

    fn void_height(&self) -> Option<f64> {
        Some(self.height)
    }
}

impl Voids {
    /// The stripping current density up to which lithium is resupplied, at a `pressure` \[Pa\] and a `temperature` \[K\] \[A/m²\].
    pub fn critical_current(&self, pressure: f64, temperature: f64) -> f64 {
        let by_pressure = (pressure / self.reference_pressure).powf(self.pressure_exponent);
        self.critical_current * by_pressure * arrhenius(self.activation_energy, temperature, self.reference_temperature)
    }

    /// The parameters in the units of the fields, at the temperature of these and a `pressure` \[Pa\].
    pub fn scaled(&self, pressure: f64, scales: &Scales) -> Scaled {
        let critical = self.critical_current(pressure, scales.temperature()) / scales.current;
        Scaled {
            critical: critical.min(LARGEST_CURRENT) as f32,
            per_charge: (scales.front_speed() * scales.length / self.height) as f32,
            refilled: self.refilled as f32,
            constriction: (self.spacing / scales.length / std::f64::consts::PI) as f32,
        }
    }
}

/// The parameters in the units of the fields, in the precision of the shaders.
#[derive(Clone, Copy, Debug)]
pub struct Scaled {
    /// critical current density \[current scale\]
    critical: f32,
    /// contact lost per charge that is stripped \[1/(current scale · s)\]
    per_charge: f32,
    /// part of the plated lithium that goes into voids
    refilled: f32,
    /// distance from one void to the next over π \[dx\], which is a resistance in an electrolyte that conducts as at c0
    constriction: f32,
}

impl Scaled {
    /// Contact that is lost in `dt` \[s\] where lithium plates with this current density; negative where it is won.
    fn lost(&self, plating: f64, dt: f64) -> f64 {
        let [critical, per_charge, refilled] = [self.critical, self.per_charge, self.refilled].map(f64::from);
        let opening = if plating > 0.0 { -refilled * plating } else { -plating };
        per_charge * dt * (opening - critical)
    }
}

/// The largest critical current that is told apart \[current scale\].
const LARGEST_CURRENT: f64 = 1e30;

/// Resistance of stripes of contact that are the share `contact` of a surface, over that of a square as wide as their period and π times: the
/// conducting half plane above is mapped onto a half strip, ln(1/sin(π θ/2)).
pub fn constricted(contact: f64) -> f64 {
    -(std::f64::consts::FRAC_PI_2 * contact).sin().ln()
}

/// What is left of a contact in a step that would take `loss` of it at the rate with which it began. Beyond a half the rate falls with what is left: it is
/// the current through the contact that takes it.
pub fn left(loss: f64) -> f64 {
    if loss <= 0.5 { 1.0 - loss } else { 0.5 * (1.0 - 2.0 * loss).exp() }
}

/// Share in contact after a step: `contact` before, the surface stretched by `stretch`, `lost` of the whole surface (negative: won).
pub fn carried(contact: f64, lost: f64, stretch: f64) -> f64 {
    let spread = 1.0 - (1.0 - contact) / stretch.clamp(1.0, LARGEST_STRETCH);
    (spread * left(lost / spread)).clamp(LEAST_CONTACT, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stripes_resist_as_their_conformal_map_says() {
        assert!(constricted(1.0).abs() < 1e-12);
        assert!((constricted(0.5) - 0.5 * 2f64.ln()).abs() < 1e-12);
        // narrow ones, 2a wide at a distance p: ln(p/πa)
        let narrow = 1e-4;
        assert!((constricted(narrow) - (2.0 / (std::f64::consts::PI * narrow)).ln()).abs() < 1e-6);
    }

    #[test]
    fn contact_is_lost_and_won_and_never_more_than_all() {
        let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(near(carried(1.0, 0.1, 1.0), 0.9) && near(carried(0.9, -0.05, 1.0), 0.95));
        assert!(near(carried(0.9, -0.5, 1.0), 1.0) && near(carried(0.9, 0.0, 0.5), 0.9));
        // voids of a surface that stretches lie farther apart
        assert!(near(carried(0.6, 0.0, 1.25), 1.0 - 0.4 / 1.25));
        // however long a step, there is something left, and the longer the less
        let losses = [0.1, 0.49999, 0.50001, 1.0, 3.0, 1e3];
        let rests = losses.map(|lost| carried(1.0, lost, 1.0));
        assert!(rests.windows(2).all(|two| two[0] > two[1] || two[1] == LEAST_CONTACT), "{rests:?}");
        assert!((rests[1] - rests[2]).abs() < 1e-4 && rests[5] == LEAST_CONTACT);
    }
}
