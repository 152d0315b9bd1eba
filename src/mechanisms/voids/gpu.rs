//! Voids on a GPU: `voids_start.wgsl`, `voids_end.wgsl` and `voids_place.wgsl`.

use super::{FIELDS, Scaled, Voids};
use crate::gpu::Gpu;
use crate::gpu::fields::{Extent, RidingBuffer};
use crate::gpu::mechanism::GpuMechanism;
use crate::gpu::shader::Kernel;
use crate::mechanisms::{Riding, StepStart};
use crate::model::parameters::Setup;
use crate::model::scales::Scales;
use crate::solver::backend::BackendError;

/// `contact` is the share of the surface in contact, `contact_now` that at the beginning of the step.
pub const BUFFERS: &[RidingBuffer] = &[
    RidingBuffer { name: "contact", extent: Extent::Cells(1) },
    RidingBuffer { name: "contact_now", extent: Extent::Cells(1) },
];

/// The contact of a run.
pub struct Contact {
    parameters: Voids,
    pressure: f64,
    scaled: Scaled,
}

/// Contact with these parameters.
pub fn new(parameters: &Voids, setup: &Setup, scales: &Scales) -> Contact {
    let pressure = setup.kinetics.pressure;
    Contact { parameters: *parameters, pressure, scaled: parameters.scaled(pressure, scales) }
}

impl GpuMechanism for Contact {
    fn buffers(&self) -> &'static [RidingBuffer] {
        BUFFERS
    }

    fn scale(&mut self, scales: &Scales) {
        self.scaled = self.parameters.scaled(self.pressure, scales);
    }

    fn fields(&self) -> &'static [(&'static str, &'static str, usize)] {
        &[("contact", "contact", 0)]
    }

    fn load(&self, gpu: &mut Gpu, given: &Riding) {
        let share = match given.get(FIELDS[0].name) {
            Some(given) => given.iter().map(|&share| share as f32).collect(),
            None => vec![1.0; gpu.cells()],
        };
        gpu.write_riding("contact", &share);
    }

    fn start(&self, gpu: &mut Gpu, step: StepStart) -> Result<f64, BackendError> {
        let Scaled { critical, per_charge, refilled, constriction } = self.scaled;
        let half = if step.goes_on { 0.5 * step.dt } else { 0.0 };
        let parameters = [half as f32, critical, per_charge, refilled, constriction];
        gpu.run_over_grid(Kernel::VoidsStart, &parameters.map(f32::to_bits));
        Ok(0.0)
    }

    fn end(&self, gpu: &mut Gpu, movement: f64, dt: f64) {
        let Scaled { critical, per_charge, refilled, .. } = self.scaled;
        let parameters = [dt as f32, critical, per_charge, refilled, movement as f32];
        gpu.run_over_grid(Kernel::VoidsEnd, &parameters.map(f32::to_bits));
    }

    fn place(&self, gpu: &mut Gpu, count: u32, _: u64) {
        gpu.run_over_grid(Kernel::VoidsPlace, &[count]);
    }
}
