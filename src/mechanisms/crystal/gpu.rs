//! The crystal on a GPU: `crystal_curvature.wgsl` and `crystal_start.wgsl`.

use super::Crystal;
use crate::gpu::Gpu;
use crate::gpu::fields::RidingBuffer;
use crate::gpu::mechanism::GpuMechanism;
use crate::gpu::shader::Kernel;
use crate::mechanisms::Riding;
use crate::model::scales::Scales;
use crate::solver::backend::BackendError;

/// What capillarity has beside the curvature, near the interface.
pub const BUFFERS: &[RidingBuffer] = &[RidingBuffer { name: "excess_curvature", floats: 1 }];

/// A crystal of one orientation.
pub struct OneCrystal {
    crystal: Crystal,
}

/// A crystal with these parameters.
pub fn new(parameters: &Crystal, _: &Scales) -> OneCrystal {
    OneCrystal { crystal: *parameters }
}

/// Parameters of a kernel, as bits.
fn bits(values: impl IntoIterator<Item = f64>) -> Vec<u32> {
    values.into_iter().map(|value| (value as f32).to_bits()).collect()
}

impl GpuMechanism for OneCrystal {
    fn buffers(&self) -> &'static [RidingBuffer] {
        BUFFERS
    }

    fn scale(&mut self, _: &Scales) {}

    fn fields(&self) -> &'static [(&'static str, &'static str, usize)] {
        &[]
    }

    fn load(&self, _: &mut Gpu, _: &Riding) {}

    fn start(&self, gpu: &mut Gpu, _: f64) -> Result<f64, BackendError> {
        let (energy, resistance, facets) = (self.crystal.energy(), self.crystal.resistance(), self.crystal.facets());
        let rotation = self.crystal.rotation().concat();
        if !energy.is_isotropic() {
            gpu.run_over_grid(
                Kernel::CrystalCurvature,
                &bits([energy.e1, energy.e2].into_iter().chain(rotation.clone())),
            );
        }
        let law = [resistance.e1, resistance.e2, facets.strength, facets.sharpness];
        gpu.run_over_grid(Kernel::CrystalStart, &bits(law.into_iter().chain(rotation)));
        Ok(0.0)
    }

    fn end(&self, _: &mut Gpu, _: f64, _: f64) {}

    fn place(&self, _: &mut Gpu, _: u32) {}
}
