//! The crystal on a GPU: `crystal_curvature.wgsl`, `crystal_start.wgsl`, `crystal_end.wgsl` and `crystal_place.wgsl`.

use super::{Crystal, FIELDS};
use crate::gpu::Gpu;
use crate::gpu::fields::{Extent, RidingBuffer};
use crate::gpu::mechanism::GpuMechanism;
use crate::gpu::shader::Kernel;
use crate::mechanisms::{Riding, StepStart};
use crate::model::numerics::NO_GRAIN;
use crate::model::orientation::{DRAWN, LARGEST_NUMBER, Orientations, grain_of_nucleus};
use crate::model::parameters::Setup;
use crate::model::scales::Scales;
use crate::solver::backend::BackendError;

/// Most orientations of grains beside that of lithium which was there from the start.
const MOST: usize = DRAWN as usize;

/// With grains: what capillarity has beside the curvature, near the interface; the grain of each cell; and the rows of the rotations.
pub const BUFFERS: &[RidingBuffer] = &[
    RidingBuffer { name: "excess_curvature", extent: Extent::Cells(1) },
    RidingBuffer { name: "grain", extent: Extent::Cells(1) },
    RidingBuffer { name: "rotations", extent: Extent::Floats(9 * (1 + MOST as u64)) },
];

/// Without grains: nothing looks at the grain of a cell.
const OF_ONE: &[RidingBuffer] = &[
    RidingBuffer { name: "excess_curvature", extent: Extent::Cells(1) },
    RidingBuffer { name: "grain", extent: Extent::Floats(1) },
    RidingBuffer { name: "rotations", extent: Extent::Floats(9) },
];

/// The crystal of a run, of one orientation or in grains.
pub struct Lithium {
    crystal: Crystal,
    orientations: Orientations,
}

/// A crystal with these parameters.
pub fn new(parameters: &Crystal, _: &Setup, _: &Scales) -> Lithium {
    Lithium { crystal: parameters.clone(), orientations: parameters.orientations() }
}

impl Lithium {
    fn has_grains(&self) -> bool {
        self.crystal.grains.is_some()
    }

    /// Numbers as bits of parameters, and how many orientations grains have.
    fn parameters(&self, values: &[f64]) -> Vec<u32> {
        let others = if self.has_grains() { self.orientations.rotations().len() - 1 } else { 0 };
        values.iter().map(|&value| (value as f32).to_bits()).chain([others as u32]).collect()
    }
}

impl GpuMechanism for Lithium {
    fn buffers(&self) -> &'static [RidingBuffer] {
        if self.has_grains() { BUFFERS } else { OF_ONE }
    }

    fn scale(&mut self, _: &Scales) {}

    fn fields(&self) -> &'static [(&'static str, &'static str, usize)] {
        if self.has_grains() { &[("grain", "grain", 0)] } else { &[] }
    }

    fn load(&self, gpu: &mut Gpu, given: &Riding) {
        let rows = self.orientations.rotations().iter().flatten().flatten();
        gpu.write_riding("rotations", &rows.map(|&value| value as f32).collect::<Vec<_>>());
        if self.has_grains() {
            let grains = match given.get(FIELDS[0].name) {
                Some(given) => given.iter().map(|&grain| grain as f32).collect(),
                None => vec![NO_GRAIN as f32; gpu.cells()],
            };
            gpu.write_riding("grain", &grains);
        }
    }

    fn start(&self, gpu: &mut Gpu, _: StepStart) -> Result<f64, BackendError> {
        let (energy, resistance, facets) = (self.crystal.energy(), self.crystal.resistance(), self.crystal.facets());
        if !energy.is_isotropic() {
            gpu.run_over_grid(Kernel::CrystalCurvature, &self.parameters(&[energy.e1, energy.e2]));
        }
        let law = [resistance.e1, resistance.e2, facets.strength, facets.sharpness];
        gpu.run_over_grid(Kernel::CrystalStart, &self.parameters(&law));
        Ok(0.0)
    }

    fn end(&self, gpu: &mut Gpu, _: f64, _: f64) {
        if self.has_grains() {
            gpu.run_over_grid(Kernel::CrystalEnd, &[]);
            gpu.swap_riding(["grain", "excess_curvature"]);
            if self.crystal.energy().is_isotropic() {
                gpu.clear_riding("excess_curvature"); // `start` leaves it as it is
            }
        }
    }

    fn place(&self, gpu: &mut Gpu, count: u32, before: u64) {
        if self.has_grains() {
            let first = grain_of_nucleus(before);
            gpu.run_over_grid(Kernel::CrystalPlace, &[count, first, LARGEST_NUMBER as u32]);
        }
    }
}
