//! Shot noise on a GPU: `shot_noise_start.wgsl`.

use super::{AMPLITUDE, ShotNoise};
use crate::gpu::Gpu;
use crate::gpu::fields::RidingBuffer;
use crate::gpu::mechanism::GpuMechanism;
use crate::gpu::shader::Kernel;
use crate::mechanisms::{Riding, StepStart};
use crate::model::parameters::Setup;
use crate::model::scales::Scales;
use crate::solver::backend::BackendError;

/// Shot noise has no buffer of its own.
pub const BUFFERS: &[RidingBuffer] = &[];

/// The shot noise of a run.
pub struct Noise {
    parameters: ShotNoise,
    /// per second and scaled current density
    ions: f64,
}

/// Shot noise with these parameters.
pub fn new(parameters: &ShotNoise, _: &Setup, scales: &Scales) -> Noise {
    Noise { parameters: *parameters, ions: ShotNoise::ions(scales) }
}

impl GpuMechanism for Noise {
    fn buffers(&self) -> &'static [RidingBuffer] {
        BUFFERS
    }

    fn scale(&mut self, scales: &Scales) {
        self.ions = ShotNoise::ions(scales);
    }

    fn fields(&self) -> &'static [(&'static str, &'static str, usize)] {
        &[]
    }

    fn load(&self, _: &mut Gpu, _: &Riding) {}

    fn start(&self, gpu: &mut Gpu, step: StepStart) -> Result<f64, BackendError> {
        if !step.goes_on || self.parameters.strength == 0.0 {
            return Ok(0.0); // the current before is not that which fluctuates
        }
        let ions = self.ions * step.dt / self.parameters.strength.powi(2);
        let [ions, amplitude] = [ions, AMPLITUDE].map(|value| (value as f32).to_bits());
        gpu.run_over_grid(Kernel::ShotNoiseStart, &[self.parameters.stream(), step.number, ions, amplitude]);
        Ok(0.0)
    }

    fn end(&self, _: &mut Gpu, _: f64, _: f64) {}

    fn place(&self, _: &mut Gpu, _: u32, _: u64) {}
}
