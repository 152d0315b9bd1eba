//! The device: what a run needs of it, and how a device that fails is heard of.

use std::sync::{Arc, Mutex};

use super::adapter::{Choice, LARGEST_FIELD_PER_CELL, chosen, device_name, largest_cube};
use super::error::GpuError;
use super::shader::{Kind, Shader};
use crate::solver::backend::BackendError;

/// What an adapter must have for timestamps, asked for where it is offered.
pub const TIMESTAMPS: wgpu::Features =
    wgpu::Features::TIMESTAMP_QUERY.union(wgpu::Features::TIMESTAMP_QUERY_INSIDE_ENCODERS);

/// What a run needs of an adapter.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// bytes of the largest field
    pub largest_field: u64,
    /// fields of the kernel with the most of them
    pub fields_per_kernel: u32,
    /// bytes that a workgroup shares
    pub shared: u32,
    /// threads of a workgroup
    pub threads: u32,
}

impl Need {
    /// What these kernels need on a grid of so many cells.
    pub fn of(shaders: &[Shader], cells: usize) -> Self {
        let most = |of: fn(&Shader) -> u32| shaders.iter().map(of).max().unwrap_or(0);
        Self {
            largest_field: LARGEST_FIELD_PER_CELL * cells as u64,
            fields_per_kernel: most(|shader| {
                shader.variables.iter().filter(|variable| variable.kind != Kind::Uniform).count() as u32
            }),
            shared: most(|shader| shader.shared),
            threads: most(|shader| shader.workgroup.iter().product()),
        }
    }
}

/// What the device reported first, if it failed.
pub type Failure = Arc<Mutex<Option<String>>>;

/// An open device.
pub struct Device {
    /// for resources
    pub device: wgpu::Device,
    /// for work
    pub queue: wgpu::Queue,
    /// its name, for people
    pub name: String,
    /// what it reported first, if it failed
    pub failure: Failure,
}

impl Device {
    /// Opens the adapter of a choice with the limits that a run needs, and no more.
    ///
    /// # Errors
    /// If there is no such adapter, or it offers less than what is needed.
    pub fn open(choice: Choice, need: &Need) -> Result<Self, GpuError> {
        let adapter = chosen(choice)?;
        let name = device_name(&adapter.get_info());
        let offered = adapter.limits();
        let limit = offered.max_storage_buffer_binding_size.min(offered.max_buffer_size);
        if need.largest_field > limit {
            let largest = largest_cube(limit);
            return Err(GpuError::TooLarge { device: name, needed: need.largest_field, limit, largest });
        }
        for (limit, offered, needed) in [
            ("fields per kernel", offered.max_storage_buffers_per_shader_stage, need.fields_per_kernel),
            ("bytes shared by a workgroup", offered.max_compute_workgroup_storage_size, need.shared),
            ("threads per workgroup", offered.max_compute_invocations_per_workgroup, need.threads),
        ] {
            if needed > offered {
                let (offered, needed) = (offered.into(), needed.into());
                return Err(GpuError::Limit { device: name, limit, offered, needed });
            }
        }
        let base = wgpu::Limits::downlevel_defaults().or_worse_values_from(&offered);
        let required_limits = wgpu::Limits {
            max_storage_buffer_binding_size: need.largest_field.max(base.max_storage_buffer_binding_size).min(limit),
            max_buffer_size: need.largest_field.max(base.max_buffer_size).min(offered.max_buffer_size),
            max_storage_buffers_per_shader_stage: need.fields_per_kernel,
            max_dynamic_uniform_buffers_per_pipeline_layout: base
                .max_dynamic_uniform_buffers_per_pipeline_layout
                .max(2),
            max_compute_workgroup_storage_size: need.shared.max(base.max_compute_workgroup_storage_size),
            max_compute_invocations_per_workgroup: need.threads,
            max_compute_workgroup_size_x: offered.max_compute_workgroup_size_x.min(need.threads),
            max_compute_workgroup_size_y: base.max_compute_workgroup_size_y,
            max_compute_workgroup_size_z: base.max_compute_workgroup_size_z,
            ..base
        };
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("liplate"),
            required_features: adapter.features() & TIMESTAMPS,
            required_limits,
            memory_hints: wgpu::MemoryHints::Performance,
            ..Default::default()
        };
        let (device, queue) = pollster::block_on(adapter.request_device(&descriptor))
            .map_err(|e| GpuError::Device { device: name.clone(), reason: e.to_string() })?;
        let failure = Failure::default();
        let heard = failure.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| note(&heard, error.to_string())));
        let heard = failure.clone();
        device.set_device_lost_callback(move |reason, message| {
            if reason != wgpu::DeviceLostReason::Destroyed {
                note(&heard, format!("the device was lost: {message}"));
            }
        });
        Ok(Self { device, queue, name, failure })
    }

    /// # Errors
    /// What the device reported first, if it failed.
    pub fn check(&self) -> Result<(), BackendError> {
        let failure = self.failure.lock().map_or(Some("a callback panicked".into()), |failure| failure.clone());
        failure.map_or(Ok(()), |reason| Err(self.error(reason)))
    }

    /// Keeps a failure, to be reported by the next verb that returns a value.
    pub fn note(&self, reason: String) {
        note(&self.failure, reason);
    }

    /// An error of this device.
    pub fn error(&self, reason: String) -> BackendError {
        BackendError::Device { device: self.name.clone(), reason }
    }
}

/// Keeps the first failure: the others follow from it.
fn note(failure: &Failure, reason: String) {
    if let Ok(mut failure) = failure.lock() {
        failure.get_or_insert(reason);
    }
}
