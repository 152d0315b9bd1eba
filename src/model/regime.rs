//! What decides whether a deposit can be dendritic: the kinetic wave number, and how much salt is left.
//!
//! A ripple of wave number k on a flat front that plates grows at a rate whose published eigenvalues (Khoo, Zhao & Bazant,
//! J. Electrochem. Soc. 166, A2280, 2019) this formula meets within 7e-4:
//!
//! ```text
//! ω = (V_m/F) i k [1 − (k/k_c)²]/(1 + k/k_kin)
//! k_kin = A (1−t₊)/(F D) + g/κ,   A = i_c + 2 g (RT/F)(1−t₊) TDF/c,   k_c² = i k_kin F/(g γ V_m)
//! ```
//!
//! with the slopes g = ∂i/∂drive and i_c = ∂i/∂c of the kinetics; behind a film of resistance R both are divided by 1 + g R. Features
//! much smaller than 1/k_kin grow as fast as the flat front: the kinetics level them, the deposit is compact. Features larger than
//! 1/k_kin take the current and the salt from their neighbours: tips win. Where the salt is spent, 1/k_kin falls in proportion to c.

use crate::model::numerics::DILUTE;
use std::f64::consts::PI;

use super::collector;
use super::constants::{FARADAY, GAS, LITHIUM_MOLAR_VOLUME};
use super::electrolyte::Electrolyte;
use super::kinetics::butler_volmer;
use super::parameters::{InitialDeposit, Kinetics, Pattern, Salt, Setup};

/// Size times k_kin above which tips win.
pub const TIPS_WIN: f64 = 1.0;
/// c/c0 at the lithium that what is said about a run that depletes is said for.
pub const DEPLETED: f64 = 0.01;
/// Radius of the tip of a finger over the wavelength λ_c = 2π/k_c that capillarity just suppresses. The exact fingers in a channel
/// of half width a (McLean & Saffman, J. Fluid Mech. 102, 455, 1981, with the kinetics of this model) have B₀ = (λ_c/2a)²: at
/// B₀ = 0.266, 0.233 and 0.140 and ρ/a = 0.389, 0.413 and 0.497 that is ρ/λ_c = 0.38, 0.43 and 0.66, the first with the fastest
/// kinetics. Anisotropy sharpens them to 0.18–0.23. A grid that resolves 0.3 λ_c resolves all isotropic ones.
pub const TIP_OVER_CUT_OFF: f64 = 0.3;
/// Least lithium fraction of cells that are behind the front: 1.4 ℓ, so that there is always a cell that is not in front of it, where a
/// steep profile still has salt.
const BEHIND: f32 = 0.8;
/// Least reaction area per volume of a cell at the lithium \[1/dx\].
const AT_LITHIUM: f64 = 0.01;

/// Whether a cell of lithium fraction `xi` and reaction area per volume `delta` \[1/dx\] tells the salt at the lithium. Cells of trapped
/// electrolyte whose salt is spent have no reaction area: they do not.
pub fn is_at_front(xi: f32, delta: f64) -> bool {
    xi < BEHIND && delta > AT_LITHIUM
}

/// Lithium and the electrolyte that it plates from.
#[derive(Clone, Copy, Debug)]
pub struct Medium<'a> {
    /// transport properties
    pub electrolyte: &'a Electrolyte,
    /// charge transfer, with the median exchange current where it is heterogeneous
    pub kinetics: &'a Kinetics,
    /// salt concentration at the start \[mol/m³\]
    pub c0: f64,
    /// temperature \[K\]
    pub temperature: f64,
}

/// The charge transfer linearised around a current, behind its film.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slopes {
    /// g = ∂i/∂drive \[S/m²\]
    pub by_drive: f64,
    /// i_c = ∂i/∂c \[A m/mol\]
    pub by_c: f64,
}

impl<'a> Medium<'a> {
    /// That of a run.
    pub fn of(setup: &'a Setup) -> Self {
        Self {
            electrolyte: &setup.electrolyte,
            kinetics: &setup.kinetics,
            c0: setup.top.c0,
            temperature: setup.temperature,
        }
    }

    /// RT/F \[V\].
    fn thermal(&self) -> f64 {
        GAS * self.temperature / FARADAY
    }

    /// The c/c0 that a wave number is told for at `c`.
    fn told_for(&self, c: f64) -> f64 {
        if self.electrolyte.has_salt() { c.max(DILUTE) } else { 1.0 }
    }

    /// Exchange current density at `c` over c0 \[A/m²\].
    fn exchange(&self, c: f64) -> f64 {
        self.kinetics.exchange(c * self.c0)
    }

    /// Charge-transfer overpotential over RT/F that drives a plating `current` \[A/m²\] at `c` over c0.
    fn overpotential(&self, c: f64, current: f64) -> f64 {
        let (alpha, ratio) = (self.kinetics.alpha, current / self.exchange(c));
        if ratio.is_nan() {
            return f64::NAN;
        }
        let (mut low, mut high) = (0.0, ratio.max(0.0).ln_1p() / alpha);
        for _ in 0..100 {
            let middle = 0.5 * (low + high);
            if butler_volmer(middle, alpha).value < ratio { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }

    /// The slopes at `c` over c0 and a plating `current` \[A/m²\], behind a film of `film` \[Ω m²\].
    pub fn slopes(&self, c: f64, current: f64, film: f64) -> Slopes {
        let free = self.exchange(c) * butler_volmer(self.overpotential(c, current), self.kinetics.alpha).slope;
        let free = free / self.thermal();
        let stiffness = 1.0 + free * film;
        Slopes { by_drive: free / stiffness, by_c: self.kinetics.alpha * current / (c * self.c0) / stiffness }
    }

    /// The kinetic wave number k_kin at `c` over c0 and a plating `current` \[A/m²\], behind a film of `film` \[Ω m²\] \[1/m\]. NaN for a
    /// current that strips. With a single ion `c` does not matter.
    pub fn wave_number(&self, c: f64, current: f64, film: f64) -> f64 {
        if current < 0.0 {
            return f64::NAN;
        }
        let c = self.told_for(c);
        let p = self.electrolyte.at(c * self.c0, self.temperature);
        let Slopes { by_drive, by_c } = self.slopes(c, current, film);
        let anion = 1.0 - p.transference;
        let by_salt = by_c + 2.0 * by_drive * self.thermal() * anion * p.thermodynamic_factor / (c * self.c0);
        by_salt * anion / (FARADAY * p.diffusivity) + by_drive / p.kappa
    }

    /// λ_c = 2π/k_c: the shortest wavelength that grows against capillarity at `c` over c0 and a plating `current` \[A/m²\]; the film cancels
    /// out \[m\].
    pub fn cut_off(&self, c: f64, current: f64) -> f64 {
        let c = self.told_for(c);
        let slope = self.slopes(c, current, 0.0).by_drive;
        let leveling = slope * self.kinetics.gamma * LITHIUM_MOLAR_VOLUME;
        2.0 * PI / (current * self.wave_number(c, current, 0.0) * FARADAY / leveling).sqrt()
    }

    /// ∂i/∂drive through film and a layer of electrolyte `thickness` \[m\] thick, at c0 and a plating `current` \[A/m²\] \[S/m²\].
    pub fn slope_through_layer(&self, current: f64, film: f64, thickness: f64) -> f64 {
        self.slopes(1.0, current, film).by_drive / (1.0 + thickness * self.wave_number(1.0, current, film))
    }

    /// Plating current density of a flat front at an electrode `potential` \[V\] across `gap` \[m\] of electrolyte at c0, behind a film of
    /// `film` \[Ω m²\]: that of the start, before the salt has moved \[A/m²\].
    pub fn current_at(&self, potential: f64, gap: f64, film: f64) -> f64 {
        let resistance = film + gap / self.electrolyte.at(self.c0, self.temperature).kappa;
        let (mut low, mut high) = (0.0, (-potential / resistance).max(0.0));
        for _ in 0..100 {
            let middle = 0.5 * (low + high);
            let needed = middle * resistance + self.overpotential(1.0, middle) * self.thermal();
            if needed < -potential { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }

    /// Sand's time: when a given plating `current` \[A/m²\] has used up the salt at a flat front, if nothing is felt of the far end of the
    /// electrolyte; properties at c0 \[s\].
    ///
    /// π D \[c0 F/(2 i (1−t₊))\]² (Sand, Phil. Mag. 1, 45, 1901). At the far end of a gap this is a bound: a reservoir or a cathode there
    /// only brings salt.
    pub fn sand_time(&self, current: f64) -> f64 {
        let p = self.electrolyte.at(self.c0, self.temperature);
        PI * p.diffusivity * (self.c0 * FARADAY / (2.0 * current * (1.0 - p.transference))).powi(2)
    }

    /// When the far end of a `gap` \[m\] is felt at the front: L²/4D. Until then it changes what the salt at the front
    /// has lost by less than 0.4 % (the first image of Sand's solution) \[s\].
    pub fn felt_after(&self, gap: f64) -> f64 {
        gap * gap / (4.0 * self.electrolyte.at(self.c0, self.temperature).diffusivity)
    }

    /// Largest steady current density through `gap` \[m\] of electrolyte, F/L ∫ D/(1−t₊) dc: between the lithium, where c = 0, and the far
    /// end, where c = c0 in a reservoir, or 2 c0 under a cathode, where the mean stays c0 \[A/m²\].
    pub fn limiting_current(&self, salt: Salt, gap: f64) -> f64 {
        const INTERVALS: usize = 1000;
        let reach = match salt {
            Salt::Reservoir => self.c0,
            Salt::Cathode => 2.0 * self.c0,
        };
        let width = reach / INTERVALS as f64;
        let conductance: f64 = (0..INTERVALS)
            .map(|i| self.electrolyte.at((i as f64 + 0.5) * width, self.temperature))
            .map(|p| p.diffusivity / (1.0 - p.transference) * width)
            .sum();
        FARADAY * conductance / gap
    }
}

/// Height of the lithium, or of the bare copper, at the start above the bottom of the box \[m\].
pub fn first_front(setup: &Setup) -> f64 {
    let lithium = match setup.deposit {
        InitialDeposit::Layer { thickness }
        | InitialDeposit::Ripple { thickness, .. }
        | InitialDeposit::Boss { thickness, .. } => thickness,
        InitialDeposit::None | InitialDeposit::Sphere { .. } => 0.0,
    };
    setup.collector.height + lithium
}

/// Electrolyte between `front` and the electrode or reservoir, at the top of the box or of the column above it, as a length that conducts
/// as much as it does: a separator counts by its MacMullin number \[m\].
pub fn gap(setup: &Setup, front: f64) -> f64 {
    let top = setup.grid.height() + setup.height_above_box();
    let blocked = setup.separator.as_ref().map_or(0.0, |s| {
        let thickness = (s.bottom + s.thickness).min(top) - s.bottom.max(front);
        thickness.max(0.0) * (s.macmullin - 1.0)
    });
    (top - front).max(setup.grid.dx) + blocked
}

/// Area resistance of the film, of what covers a fresh surface, and of a coating by the part of the copper that has it \[Ω m²\].
pub fn film(setup: &Setup) -> f64 {
    let coating = |pattern: &Pattern| match pattern.patch().film {
        0.0 => 0.0,
        film => film * collector::inside(&setup.grid, pattern),
    };
    setup.kinetics.film + setup.mechanisms.resistance() + setup.collector.pattern.as_ref().map_or(0.0, coating)
}

/// What a plating current makes of a flat front with features of a given size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlook {
    /// size of the features times k_kin at c0
    pub at_start: f64,
    /// c/c0 at the front at the end
    pub c: f64,
    /// size times k_kin there
    pub at_end: f64,
    /// whether the salt at the front is used up
    pub depletes: bool,
}

impl Outlook {
    /// Outlook of a current that flows for `time` \[s\] (without end, if none) towards features of `size` \[m\], across `gap` \[m\]:
    /// `current` at the start, and once the salt has moved \[A/m²\].
    ///
    /// The salt at the front falls no lower than in the half space at that time, nor than in the steady state of the gap: it is used up
    /// only where the current is beyond the limiting one *and* Sand's time is over.
    pub fn new(setup: &Setup, [current, late]: [f64; 2], time: Option<f64>, size: f64, gap: f64) -> Self {
        let (medium, film) = (Medium::of(setup), film(setup));
        let mut c = 1.0;
        if setup.electrolyte.has_salt() {
            let steady = 1.0 - current / medium.limiting_current(setup.top.salt, gap);
            let by_then = time.map_or(f64::NEG_INFINITY, |time| 1.0 - (time / medium.sand_time(current)).sqrt());
            c = steady.max(by_then);
        }
        let depletes = c <= 0.0;
        let c = c.max(DEPLETED);
        let number = |c: f64, current: f64| size * medium.wave_number(c, current, film);
        Self { at_start: number(1.0, current), c, at_end: number(c, late), depletes }
    }

    /// Whether tips can win.
    pub fn can_be_dendritic(&self) -> bool {
        self.depletes || self.at_end > TIPS_WIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::electrolyte::{Isotherm, Solvent};
    use crate::model::keys::defaults;
    use crate::model::kinetics::{Layer, through_layer};

    fn kinetics(alpha: f64) -> Kinetics {
        Kinetics { i0: 10.0, alpha, gamma: 0.5, ..defaults() }
    }

    const EC_EMC: Electrolyte = Electrolyte::Landesfeind { solvent: Solvent::EcEmc };

    /// EC:EMC at 1 M and 25 °C: κ = 0.913 S/m there and in proportion to c below; D = 2.892e-10 m²/s, t₊ = 0.2209 and a thermodynamic
    /// factor of 2.182 at every c.
    fn in_proportion() -> Electrolyte {
        let isotherm = Isotherm { temperature: 298.15, rows: vec![(1000.0, EC_EMC.at(1000.0, 298.15))] };
        Electrolyte::Table { file: String::new(), isotherms: vec![isotherm] }
    }

    fn near(computed: f64, expected: f64, tolerance: f64) {
        assert!((computed / expected - 1.0).abs() < tolerance, "{computed} {expected}");
    }

    /// i = 100 A/m², i0 = 10 A/m² c^½: the table of the design's page on dendrites.
    #[test]
    fn kinetic_lengths_of_a_carbonate_electrolyte() {
        let (electrolyte, kinetics) = (in_proportion(), kinetics(0.5));
        let medium = Medium { electrolyte: &electrolyte, kinetics: &kinetics, c0: 1000.0, temperature: 298.15 };
        let table = [
            (1.0, 119.0, 119.0, 355.0),
            (0.3, 149.0, 36.0, 107.0),
            (0.1, 178.0, 12.0, 36.0),
            (0.03, 208.0, 3.6, 11.0),
            (0.01, 237.0, 1.2, 3.6),
            (0.003, 268.0, 0.36, 1.07),
            (0.001, 296.0, 0.12, 0.36),
        ];
        for (c, overpotential, free, behind_film) in table {
            near(medium.overpotential(c, 100.0) * medium.thermal() * 1e3, overpotential, 0.01);
            near(1e6 / medium.wave_number(c, 100.0, 0.0), free, 0.03);
            near(1e6 / medium.wave_number(c, 100.0, 1e-3), behind_film, 0.03);
        }
        assert!(medium.wave_number(1.0, -1.0, 0.0).is_nan());
    }

    #[test]
    fn slopes_are_derivatives_at_any_transfer_coefficient() {
        for alpha in [0.3, 0.5, 0.8] {
            let kinetics = kinetics(alpha);
            let medium = Medium { electrolyte: &EC_EMC, kinetics: &kinetics, c0: 1000.0, temperature: 298.15 };
            let at = |drive: f64, c: f64| medium.exchange(c) * butler_volmer(drive / medium.thermal(), alpha).value;
            for drive in [1e-4, 0.05, 0.2] {
                let slopes = medium.slopes(0.4, at(drive, 0.4), 0.0);
                near(slopes.by_drive, (at(drive + 1e-6, 0.4) - at(drive - 1e-6, 0.4)) / 2e-6, 1e-5);
                near(slopes.by_c, (at(drive, 0.400_001) - at(drive, 0.399_999)) / 2e-6 / 1000.0, 1e-5);
            }
        }
    }

    /// The kinetics that the solver reads the electrolyte for, outside the interface, have the slope of the formula.
    #[test]
    fn a_layer_of_electrolyte_leaves_a_part_of_the_slope() {
        let kinetics = kinetics(0.5);
        let medium = Medium { electrolyte: &EC_EMC, kinetics: &kinetics, c0: 1000.0, temperature: 298.15 };
        let p = EC_EMC.at(1000.0, 298.15);
        let (current, film, thickness) = (100.0, 1e-3, 0.4e-6);
        let layer = Layer {
            film: film / medium.thermal(),
            resistance: thickness / p.kappa / medium.thermal(),
            depletion: (1.0 - p.transference) * thickness / (FARADAY * p.diffusivity * 1000.0),
            diffusion_potential: 2.0 * (1.0 - p.transference) * p.thermodynamic_factor,
            ..Layer::default()
        };
        // c0 is at the interface, more at its far side
        let far = 1.0 + layer.depletion * current;
        let drive = medium.overpotential(1.0, current)
            + (layer.film + layer.resistance) * current
            + layer.diffusion_potential * far.ln();
        let response = through_layer(drive, far, 10.0, 0.5, &layer);
        near(response.current, current, 1e-6);
        near(medium.slope_through_layer(current, film, thickness), response.by_drive / medium.thermal(), 1e-6);
    }

    /// Without salt k_kin = g/κ, and k_c² = i/(κ γV_m/F).
    #[test]
    fn a_single_ion_has_no_salt_to_lose() {
        let (electrolyte, kinetics) = (Electrolyte::SingleIon { kappa: 0.1 }, kinetics(0.5));
        let medium = Medium { electrolyte: &electrolyte, kinetics: &kinetics, c0: 1000.0, temperature: 298.15 };
        near(medium.wave_number(f64::NAN, 0.0, 0.0), 10.0 / medium.thermal() / 0.1, 1e-9);
        let stiffness = 0.1 * 0.5 * LITHIUM_MOLAR_VOLUME / FARADAY;
        near(medium.cut_off(1.0, 100.0), 2.0 * PI / (100.0 / stiffness).sqrt(), 1e-9);
    }

    /// 10 mA/cm² in EC:EMC at 1 M.
    #[test]
    fn sand_and_the_limiting_current() {
        let kinetics = kinetics(0.5);
        let medium = Medium { electrolyte: &EC_EMC, kinetics: &kinetics, c0: 1000.0, temperature: 298.15 };
        near(medium.sand_time(100.0), 348.4, 1e-3);
        let constant = Electrolyte::Constant(EC_EMC.at(1000.0, 298.15));
        let medium = Medium { electrolyte: &constant, ..medium };
        let p = constant.at(1000.0, 298.15);
        let reservoir = FARADAY * p.diffusivity * 1000.0 / ((1.0 - p.transference) * 1e-4);
        near(medium.limiting_current(Salt::Reservoir, 1e-4), reservoir, 1e-9);
        near(medium.limiting_current(Salt::Cathode, 1e-4), 2.0 * reservoir, 1e-9);
        // what a potential drives meets film, kinetics and electrolyte
        let current = medium.current_at(-0.3, 1e-4, 1e-3);
        let lost = current * (1e-3 + 1e-4 / p.kappa) + medium.overpotential(1.0, current) * medium.thermal();
        near(lost, 0.3, 1e-9);
    }
}
