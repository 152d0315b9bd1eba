//! Where SI and scaled numbers meet.
//!
//! Lengths are counted in cells (dx), potentials in RT/F, concentrations in c0. The field `phi` is φ less a reference
//! that the host keeps in f64, the field `c` is c/c0 − 1: both stay small, so that f32 resolves the microvolts across
//! a cell. Current densities are counted in κ_ref (RT/F)/dx, which turns the charge equation into
//!
//! ```text
//! Σ faces ψκ (φ − φ_nb) − ψκ_D/c (c − c_nb) + i δ = 0
//! ```
//!
//! and, with both sides of the salt equation divided by one number, gives its residual the same unit.

use super::constants::{FARADAY, GAS, LITHIUM_MOLAR_VOLUME};
use super::electrolyte::Electrolyte;
use super::grid::Grid;
use super::parameters::{Control, Patch, Salt, Setup};
use super::uniforms::{Physics, StepUniforms};
use crate::model::numerics::TABLE_RANGE;

/// Entries of the table of transport properties, from c = 0 to [`TABLE_RANGE`] times c0.
pub const TABLE_ENTRIES: usize = 1024;

/// What the box sees of the electrolyte above it in a step: straight lines.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Above {
    /// concentration at the top of the box if no salt passed \[mol/m³\]
    pub concentration: f64,
    /// how far it falls with the flux of salt into the box \[mol/m³ per mol/(m² s)\]
    pub salt_resistance: f64,
    /// potential at the far end less that at the top of the box if neither salt nor current passed \[V\]
    pub potential: f64,
    /// how far that rises with the concentration at the top of the box, a negative number \[V per mol/m³\]
    pub potential_by_c: f64,
    /// how far it rises with the current density \[Ω m²\]
    pub resistance: f64,
}

impl Above {
    /// Potential at the far end less that at the top of the box, while this `flux` of salt \[mol/(m² s)\] and this current density \[A/m²\]
    /// pass \[V\].
    pub fn drop(&self, flux: f64, current: f64) -> f64 {
        self.potential - self.potential_by_c * self.salt_resistance * flux + self.resistance * current
    }
}

/// Units of the scaled fields, each in SI.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scales {
    /// length: one cell \[m\]
    pub length: f64,
    /// potential RT/F \[V\]
    pub potential: f64,
    /// concentration c0: that of the start and of the reservoir \[mol/m³\]
    pub concentration: f64,
    /// conductivity κ_ref: the electrolyte at c0 \[S/m\]
    pub conductivity: f64,
    /// current density κ_ref (RT/F)/dx \[A/m²\]
    pub current: f64,
}

impl Scales {
    /// The scales of a run.
    pub fn new(setup: &Setup) -> Self {
        let potential = GAS * setup.temperature / FARADAY;
        let conductivity = setup.electrolyte.at(setup.top.c0, setup.temperature).kappa;
        Self {
            length: setup.grid.dx,
            potential,
            concentration: setup.top.c0,
            conductivity,
            current: conductivity * potential / setup.grid.dx,
        }
    }

    /// Temperature that the units are those of \[K\].
    pub fn temperature(&self) -> f64 {
        self.potential * FARADAY / GAS
    }

    /// Charge per volume and per scaled concentration that makes the salt equation count in currents:
    /// (F c0 dx²)/(κ_ref RT/F) \[s\]; divided by dt it is the scaled storage coefficient.
    pub fn salt_time(&self) -> f64 {
        FARADAY * self.concentration * self.length * self.length / (self.conductivity * self.potential)
    }

    /// D at c0, where κ is 1: so much smaller, or larger, than the charge equation is all that stands in the salt equation.
    fn scaled_diffusivity(&self, setup: &Setup) -> f64 {
        if !setup.electrolyte.has_salt() {
            return 1.0;
        }
        let diffusivity = setup.electrolyte.at(setup.top.c0, setup.temperature).diffusivity;
        self.scaled_per_diffusivity() * diffusivity
    }

    /// What a diffusivity is multiplied by to count in currents like κ \[s/m²\].
    fn scaled_per_diffusivity(&self) -> f64 {
        FARADAY * self.concentration / (self.conductivity * self.potential)
    }

    /// Movement of the front in cells per second and scaled current.
    pub fn front_speed(&self) -> f64 {
        LITHIUM_MOLAR_VOLUME / FARADAY * self.current / self.length
    }

    /// Rate per second and scaled slope ∂i/∂drive at which capillarity levels the finest ripple of a surface on the grid, of two cells
    /// along each of its directions: V_m/F · γV_m/F · 4/dx² for each \[1/s\]. A surface in a column of single cells has none.
    pub fn relaxation(&self, setup: &Setup) -> f64 {
        let Grid { nx, ny, nz, .. } = setup.grid;
        let directions = [nx, ny, nz].iter().filter(|cells| **cells > 1).count().saturating_sub(1);
        let capillary = f64::from(self.physics(setup).capillary) * setup.mechanisms.stiffness();
        4.0 * directions as f64 * self.front_speed() * capillary
    }

    /// Scaled double-layer capacitance \[s\]; divided by dt it is a scaled conductance per area.
    pub fn double_layer_time(&self, capacitance: f64) -> f64 {
        capacitance * self.potential / self.current
    }

    /// Charge \[C\] in the box per scaled current·area·second.
    pub fn box_current(&self) -> f64 {
        self.current * self.length * self.length
    }

    /// The constants of the kernels.
    pub fn physics(&self, setup: &Setup) -> Physics {
        let k = &setup.kinetics;
        let (separator_bottom, separator_top, porosity, inverse_macmullin) = match &setup.separator {
            Some(s) => (s.bottom, s.bottom + s.thickness, s.porosity, 1.0 / s.macmullin),
            None => (f64::MAX, f64::MAX, 1.0, 1.0),
        };
        let cells = |length: f64| (length / self.length).min(1e30) as f32;
        let contact = setup.collector.contact_angle;
        let nothing = Patch { inside: 1.0, outside: 1.0, contact_angle: None, film: 0.0 };
        let patch = setup.collector.pattern.as_ref().map_or(nothing, |pattern| pattern.patch());
        let film = |resistance: f64| (resistance * self.current / self.potential) as f32;
        Physics {
            nx: setup.grid.nx as u32,
            ny: setup.grid.ny as u32,
            nz: setup.grid.nz as u32,
            salt: u32::from(setup.electrolyte.has_salt()),
            // a column supplies salt as a reservoir does, through a resistance
            reservoir: u32::from(
                setup.electrolyte.has_salt() && (setup.top.salt == Salt::Reservoir || setup.top.column.is_some()),
            ),
            ell: cells(setup.ell),
            // at c0: the law is a power of c
            i0: (k.exchange(setup.top.c0) / self.current) as f32,
            alpha: k.alpha as f32,
            film: film(k.film),
            capillary: (k.gamma * LITHIUM_MOLAR_VOLUME / FARADAY / (self.length * self.potential)) as f32,
            stress: (k.pressure * LITHIUM_MOLAR_VOLUME / FARADAY / self.potential) as f32,
            contact: contact.cos() as f32,
            separator_bottom: cells(separator_bottom),
            separator_top: cells(separator_top),
            porosity: porosity as f32,
            inverse_macmullin: inverse_macmullin as f32,
            salt_weight: self.scaled_diffusivity(setup).powi(-2) as f32,
            nucleation_rate: match &setup.nucleation {
                super::parameters::Nucleation::Poisson { rate, .. } => (rate * self.length * self.length) as f32,
                _ => 0.0,
            },
            nucleation_barrier: match &setup.nucleation {
                super::parameters::Nucleation::Poisson { barrier, .. } => (barrier / self.potential) as f32,
                _ => 0.0,
            },
            pattern_inside: patch.inside as f32,
            pattern_outside: patch.outside as f32,
            pattern_contact: patch.contact_angle.unwrap_or(contact).cos() as f32,
            pattern_film: film(patch.film),
            smallest_piece: super::pieces::smallest(&setup.grid, setup.ell),
            mechanisms: u32::from(!setup.mechanisms.is_empty()),
            distance_before: u32::from(setup.mechanisms.bend_distance()),
        }
    }

    /// What changes from step to step, for a step of `dt` \[s\] under `control` whose potentials are counted from `phi_reference` \[V\], `rise`
    /// \[V\] above what the old values are counted from.
    pub fn step(&self, setup: &Setup, control: Control, dt: f64, phi_reference: f64, rise: f64) -> StepUniforms {
        let (top_current, top_potential) = match control {
            Control::Current(i) => (i / self.current, 0.0),
            Control::Potential(v) => (0.0, (-v - phi_reference) / self.potential),
        };
        StepUniforms {
            potentiostatic: u32::from(matches!(control, Control::Potential(_))),
            phi_reference: (phi_reference / self.potential) as f32,
            reference_rise: (rise / self.potential) as f32,
            storage: (self.salt_time() / dt) as f32,
            double_layer: (self.double_layer_time(setup.kinetics.double_layer) / dt) as f32,
            top_current: top_current as f32,
            top_potential: top_potential as f32,
            c_top: 0.0,
            salt_resistance: 0.0,
            potential_by_c: 0.0,
            resistance: 0.0,
        }
    }

    /// Returns the constants of a step below a column of electrolyte or a reservoir, through which salt and current come.
    pub fn step_under(&self, above: &Above, step: StepUniforms) -> StepUniforms {
        let top_potential = f64::from(step.top_potential) - above.potential / self.potential;
        StepUniforms {
            top_potential: if step.potentiostatic == 1 { top_potential as f32 } else { step.top_potential },
            c_top: (above.concentration / self.concentration - 1.0) as f32,
            salt_resistance: (above.salt_resistance * self.current / (FARADAY * self.concentration)) as f32,
            potential_by_c: (above.potential_by_c * self.concentration / self.potential) as f32,
            resistance: (above.resistance * self.current / self.potential) as f32,
            ..step
        }
    }

    /// Table of transport properties against c/c0: κ/κ_ref, κ_D/κ_ref, scaled D and t₊ in each entry. At c = 0 the
    /// conductivity is next to nothing, with κ/c finite below the second entry, unless κ is given as a constant.
    pub fn transport_table(&self, electrolyte: &Electrolyte, temperature: f64) -> Vec<[f32; 4]> {
        let salt = self.scaled_per_diffusivity();
        (0..TABLE_ENTRIES)
            .map(|entry| {
                let x = entry as f64 * TABLE_RANGE / (TABLE_ENTRIES - 1) as f64;
                let p = electrolyte.at(x * self.concentration, temperature);
                let kappa = p.kappa / self.conductivity;
                let kappa_d = 2.0 * kappa * (1.0 - p.transference) * p.thermodynamic_factor;
                [kappa as f32, kappa_d as f32, (salt * p.diffusivity) as f32, p.transference as f32]
            })
            .collect()
    }
}
