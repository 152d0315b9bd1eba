//! What is fixed in a run, as its steps need it.

use super::column;
use crate::model::nucleation::{self, Scheduled};
use crate::model::parameters::{Setup, TimeStep};
use crate::model::scales::Scales;

/// A run's fixed data, as the step needs it.
pub struct Problem {
    /// the run
    pub setup: Setup,
    /// units of the fields
    pub scales: Scales,
    /// what limits a step; where a mechanism asks for it, of a smaller movement of the front than the config allows
    pub limits: TimeStep,
    /// rate per second and scaled slope ∂i/∂drive at which capillarity levels the finest ripple, see [`Scales::relaxation`] \[1/s\]
    pub relaxation: f64,
    /// heights of the copper, nx × ny \[m\]
    pub heights: Vec<f64>,
    /// nuclei that appear by schedule, in order of time
    pub scheduled: Vec<Scheduled>,
    /// thicknesses of the cells of the column above the box, the lowest first \[m\]
    pub column: Vec<f64>,
}

impl Problem {
    /// Gathers what the step needs.
    pub fn new(setup: &Setup, heights: &[f64]) -> Self {
        let scales = Scales::new(setup);
        Self {
            setup: setup.clone(),
            limits: TimeStep {
                cfl: setup.time_step.cfl.min(setup.mechanisms.largest_way() / setup.grid.dx),
                ..setup.time_step
            },
            relaxation: scales.relaxation(setup),
            scales,
            heights: heights.to_vec(),
            scheduled: nucleation::scheduled(setup, heights),
            column: column::cells(setup),
        }
    }
}
