//! Shot noise of charge transfer: lithium ions cross the interface one by one.
//!
//! Through an area dx² of the surface N = (i_c + i_a) dx² Δt/e ions cross in a step, i_c and i_a the partial currents of plating and
//! stripping, and √N more or less. The difference is given as an overpotential, √N e/(dx² Δt) over the slope of the kinetics,
//! so that a film and the electrolyte resist it as they resist any current, and lithium, charge and salt see one and the same current:
//!
//! ```text
//! F δη/RT = (i_c + i_a)/(α i_c + (1 − α) i_a) N^(−1/2) times white noise on the surface
//! ```
//!
//! All cells along a normal share the noise of the point of the surface that is closest to them: with a number of its own in each, the profile
//! across the interface would lose its shape at rest, where nothing restores it, and that is no ripple of a surface. The white noise is a number
//! in each cell of the grid, read between cells at two points of the normal, a third of dx on either side of the surface. Its integral over a
//! surface has [`VARIANCE`] times the area over dx² for its variance, within 0.3 % in every direction, and within 7 % wherever between
//! the planes of the grid a surface along them lies. What a grid cannot hold, ripples of 2 dx, has less of it where points lie between columns of cells.
//!
//! i_c and i_a are those of the current of the step before and of the exchange current where the cell reads the electrolyte, from i_c − i_a = i and
//! i_c i_a = i0², which is exact at α = ½ and for any α at rest and far from it. The numbers are a function of seed, step and cell alone:
//! a run that is resumed, and a step that is tried again, draw the same. The first step after a change of what is imposed has none: the current before
//! it is not the one that fluctuates. At rest the interface comes to ⟨|h_k|²⟩ = kT/(γ k² A) where
//! kinetics and not conduction holds it back (`tests/shot_noise.rs`).

pub mod cpu;
#[cfg(feature = "gpu")]
pub mod gpu;

use super::{Mechanism, Plausible, RidingField};
use crate::model::constants::ELEMENTARY_CHARGE;
use crate::model::keys::{OfKeys, Shown};
use crate::model::numerics::FEWEST_IONS;
use crate::model::scales::Scales;
use crate::section;

section! {
    /// Parameters of the shot noise.
    #[derive(Copy)]
    pub struct ShotNoise {
        seed: u32 = random_seed(), "seed of the noise";
        strength: f64 = or("1", NotNegative, 1.0), "factor of its amplitude; 1: that of single ions, 2: that of carriers of four charges";
    }
}

/// Variance of the integral over a surface of the noise that is read there, per area \[1/dx²\]: ∫ Π sinc⁴(t nᵢ/2) cos²(t/3) dt/2π for numbers of variance 1 and the
/// normal n, 0.5182 to 0.5209. The points are [`OFF_SURFACE`](crate::model::numerics::OFF_SURFACE) away: so far the variance hardly depends on where
/// between planes of the grid a surface along them lies, 0.5 at a plane and half-way, 0.556 at a third.
pub const VARIANCE: f64 = 0.5194;

/// Factor of the numbers, of which each has the variance 8.
const AMPLITUDE: f64 = 0.490_573; // 1/√(8 VARIANCE)

/// Shot noise has no field of its own.
pub const FIELDS: &[RidingField] = &[];

impl ShotNoise {
    /// Ions per second that a scaled current density of 1 carries through dx² \[1/s\].
    fn ions(scales: &Scales) -> f64 {
        scales.box_current() / ELEMENTARY_CHARGE
    }

    /// Seed of the numbers: not those by which nuclei of the same seed appear.
    fn stream(&self) -> u32 {
        self.seed ^ 0x51ed_270b
    }
}

impl Mechanism for ShotNoise {
    fn seed(&mut self) -> Option<(&'static str, &mut u32)> {
        Some(("seed", &mut self.seed))
    }

    fn fields(&self) -> &'static [RidingField] {
        FIELDS
    }

    fn shown(&self) -> Vec<(String, Shown)> {
        OfKeys::shown(self)
    }

    fn plausible(&self) -> Vec<Plausible> {
        let why = "1 is the noise of single ions; more stands for what else is irregular";
        vec![Plausible { key: "strength", value: self.strength, range: [1e-3, 100.0], unit: "", why }]
    }

    fn unrest(&self, ions: f64) -> f64 {
        // 2/√N where i_c and i_a are alike, 1/(α √N) far from that
        2.0 * self.strength / ions.max(self.strength * self.strength * FEWEST_IONS).max(1.0).sqrt()
    }
}
