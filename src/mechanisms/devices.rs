//! What the devices make of the mechanisms that are switched on.

use super::{COUNT, for_each_mechanism};
use crate::cpu::mechanism::OnSurface;
#[cfg(feature = "gpu")]
use crate::gpu::{fields::RidingBuffer, mechanism::GpuMechanism};
use crate::model::parameters::Setup;
use crate::model::scales::Scales;

macro_rules! devices {
    ($($name:ident: $keys:ident, $label:literal, $takes:ident, $about:literal;)*) => {
        /// Every mechanism on the CPU backend, in the order of the table, none where it is switched off.
        pub fn on_cpu(setup: &Setup, scales: &Scales) -> [Option<Box<dyn OnSurface>>; COUNT] {
            [$(setup.mechanisms.$name.as_ref().map(|on| Box::new(super::$name::cpu::new(on, setup, scales)) as Box<dyn OnSurface>)),*]
        }

        /// Every mechanism on a GPU, in the order of the table, none where it is switched off.
        #[cfg(feature = "gpu")]
        pub fn on_gpu(setup: &Setup, scales: &Scales) -> [Option<Box<dyn GpuMechanism>>; COUNT] {
            [$(setup.mechanisms.$name.as_ref().map(|on| Box::new(super::$name::gpu::new(on, setup, scales)) as Box<dyn GpuMechanism>)),*]
        }

        /// Buffers that the shaders of mechanisms bind, switched on or not.
        #[cfg(feature = "gpu")]
        pub fn buffers() -> Vec<RidingBuffer> {
            [$(super::$name::gpu::BUFFERS),*].concat()
        }
    };
}

for_each_mechanism!(devices);
