//! The seam between the CPU backend and the mechanisms on the surface.

use super::probe::Probes;
use super::shape::Shape;
use crate::mechanisms::{Riding, StepStart};
use crate::model::numerics::FRESH_SHARE;
use crate::model::scales::Scales;
use crate::model::uniforms::Physics;

/// What a mechanism reads of the surface, one value a cell, in scaled units.
pub struct Surface<'a> {
    /// constants of the operators
    pub physics: &'a Physics,
    /// cells along each axis
    pub shape: &'a Shape,
    /// interface length ℓ \[dx\]
    pub ell: f64,
    /// lithium fraction ξ
    pub xi: &'a [f64],
    /// signed distance to the interface, positive in the lithium \[dx\]
    pub q: &'a [f64],
    /// w: volume fraction not filled by copper
    pub accessible: &'a [f64],
    /// reaction area per volume \[1/dx\]
    pub delta: &'a [f64],
    /// c/c0 − 1
    pub c: &'a [f64],
    /// a(x), factor of the exchange current that was drawn for the copper
    pub heterogeneity: &'a [f64],
    /// reaction current density, with what mechanisms take
    pub current: &'a [f64],
    /// how far each column is inside the pattern on the copper, 0 to 1, nx × ny
    pub pattern_share: &'a [f64],
    /// reaction current density of the step before, with what mechanisms took
    pub current_before: &'a [f64],
    /// where the cells of the interface read the electrolyte
    pub(crate) probes: &'a Probes,
}

/// What mechanisms have to say in the reaction, one value a cell; each adds its own, and multiplies the last with it.
pub struct Contribution<'a> {
    /// current density that is not lithium's \[current scale\]
    pub current: &'a mut [f64],
    /// resistance beside that of the film \[potential scale per current scale\]
    pub resistance: &'a mut [f64],
    /// what the drive loses beside capillarity's γ V_m K/F and the stress \[RT/F\]
    pub drive_lost: &'a mut [f64],
    /// factor of the exchange current
    pub exchange: &'a mut [f64],
}

/// New nuclei, before their lithium is there.
pub struct NewNuclei<'a> {
    /// how many appeared before them
    pub before: u64,
    /// their lithium fraction in cell (x, y, z), and which of them is the largest there
    pub largest: &'a (dyn Fn(usize, usize, usize) -> (f64, usize) + Sync),
}

impl NewNuclei<'_> {
    /// Gives a field that rides on the surface this value wherever the surface is that of a new nucleus.
    pub fn mark(&self, on: &Surface, field: &mut [f64], value: f64) {
        on.shape.map(field, |x, y, z, cell, own| {
            let (share, _) = (self.largest)(x, y, z);
            if share > FRESH_SHARE && share > on.xi[cell.here] {
                *own = value;
            }
        });
    }
}

/// A mechanism, with its fields, on this backend.
pub trait OnSurface: Send + Sync {
    /// Memory that the fields of the mechanism take \[B per cell\].
    fn bytes_per_cell(&self) -> usize;
    /// Goes over to the scaled units of another temperature.
    fn scale(&mut self, scales: &Scales);
    /// Fields of the mechanism that time changes, by their names.
    fn fields(&self) -> Vec<(&'static str, &[f64])>;
    /// Replaces the fields of the mechanism; those that are not given become those of a fresh surface.
    fn load(&mut self, given: &Riding);
    /// Looks at the surface before the solution of a step. Returns Σ of the current that it takes times δ.
    fn start(&mut self, on: &Surface, step: StepStart, to: Contribution) -> f64;
    /// Follows the surface at the end of a step of `dt` \[s\]: the front moves by `movement` for a current of 1 \[dx per current scale\].
    fn end(&mut self, on: &Surface, movement: f64, dt: f64);
    /// Takes note of new nuclei, before their lithium is there.
    fn place(&mut self, on: &Surface, nuclei: &NewNuclei);
}
