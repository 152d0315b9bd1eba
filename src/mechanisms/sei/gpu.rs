//! The SEI on a GPU: `sei_start.wgsl`, `sei_end.wgsl` and `sei_place.wgsl`.

use super::{Scaled, Sei};
use crate::gpu::Gpu;
use crate::gpu::fields::{Extent, RidingBuffer};
use crate::gpu::mechanism::GpuMechanism;
use crate::gpu::shader::Kernel;
use crate::mechanisms::{Riding, StepStart};
use crate::model::parameters::Setup;
use crate::model::scales::Scales;
use crate::solver::backend::BackendError;

/// `sei` is charge per area and what was stripped below it, `sei_now` the pair at the beginning of the step, `sei_current` what it takes.
pub const BUFFERS: &[RidingBuffer] = &[
    RidingBuffer { name: "sei", extent: Extent::Cells(2) },
    RidingBuffer { name: "sei_now", extent: Extent::Cells(2) },
    RidingBuffer { name: "sei_current", extent: Extent::Cells(1) },
];

/// The layers of a run.
pub struct Layers {
    parameters: Sei,
    scaled: Scaled,
}

/// Layers with these parameters.
pub fn new(parameters: &Sei, _: &Setup, scales: &Scales) -> Layers {
    Layers { parameters: *parameters, scaled: parameters.scaled(scales) }
}

impl GpuMechanism for Layers {
    fn buffers(&self) -> &'static [RidingBuffer] {
        BUFFERS
    }

    fn scale(&mut self, scales: &Scales) {
        self.scaled = self.parameters.scaled(scales);
    }

    fn fields(&self) -> &'static [(&'static str, &'static str, usize)] {
        &[("sei", "sei", 0), ("stripped", "sei", 1)]
    }

    fn load(&self, gpu: &mut Gpu, given: &Riding) {
        let mut pairs: Vec<f32> = [-1.0, 0.0].repeat(gpu.cells());
        for (which, name) in ["sei", "stripped"].iter().enumerate() {
            let own = pairs.iter_mut().skip(which).step_by(2);
            own.zip(given.get(name).into_iter().flatten()).for_each(|(own, &given)| *own = given as f32);
        }
        gpu.write_riding("sei", &pairs);
    }

    fn start(&self, gpu: &mut Gpu, StepStart { dt, .. }: StepStart) -> Result<f64, BackendError> {
        let Scaled { fresh, time, growth, resistance, .. } = self.scaled;
        gpu.run_with_sum(Kernel::SeiStart, &[dt as f32, fresh, time, growth, resistance].map(f32::to_bits))
    }

    fn end(&self, gpu: &mut Gpu, movement: f64, dt: f64) {
        gpu.run_over_grid(Kernel::SeiEnd, &[movement as f32, dt as f32, self.scaled.cracks].map(f32::to_bits));
    }

    fn place(&self, gpu: &mut Gpu, count: u32, _: u64) {
        gpu.run_over_grid(Kernel::SeiPlace, &[count]);
    }
}
