//! Adapters and the device: what there is, what a run needs, and how a device that fails is heard of.

use std::fmt;
use std::sync::{Arc, Mutex};

use wgpu::{Backend, DeviceType};

use crate::solver::backend::BackendError;

/// Which adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// the best that is hardware: discrete, then integrated, then virtual
    Hardware,
    /// the best of all, a software adapter if there is nothing else
    Any,
    /// the one with this index in [`adapters`]
    Index(usize),
}

impl From<Option<usize>> for Choice {
    fn from(index: Option<usize>) -> Self {
        index.map_or(Self::Hardware, Self::Index)
    }
}

/// Why a run cannot start on the GPU.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    /// No adapter that may be used.
    #[error("no GPU was found{0}")]
    NoAdapter(String),
    /// No adapter of that index.
    #[error("there is no adapter {index}: `liplate devices` lists {count}")]
    NoSuchAdapter {
        /// asked for
        index: usize,
        /// how many there are
        count: usize,
    },
    /// The adapter lacks what the kernels need.
    #[error("{device} offers {limit} = {offered}, but {needed} are needed")]
    Limit {
        /// the adapter
        device: String,
        /// the limit
        limit: &'static str,
        /// what it offers
        offered: u64,
        /// what is needed
        needed: u64,
    },
    /// The grid is too large for the adapter.
    #[error(
        "the grid needs fields of {needed} bytes, but {device} takes {limit} at most; \
         its largest cubic grid is {largest} × {largest} × {largest}"
    )]
    TooLarge {
        /// the adapter
        device: String,
        /// bytes of the largest field
        needed: u64,
        /// bytes of the largest field that fits
        limit: u64,
        /// cells along each side of the largest cube that fits
        largest: usize,
    },
    /// Memory ran out while the fields were made.
    #[error("{device} has no room for the {needed} bytes that the fields need: {reason}")]
    OutOfMemory {
        /// the adapter
        device: String,
        /// bytes of all fields
        needed: u64,
        /// what it reported
        reason: String,
    },
    /// The device could not be opened, or refused a kernel.
    #[error("{device} cannot be used: {reason}")]
    Device {
        /// the adapter
        device: String,
        /// what it reported
        reason: String,
    },
    /// A shader is wrong.
    #[error("the shader {name}.wgsl is wrong: {reason}")]
    Shader {
        /// its name
        name: &'static str,
        /// what is wrong
        reason: String,
    },
}

/// An adapter, for people.
#[derive(Clone, Debug, PartialEq)]
pub struct AdapterReport {
    /// its index, for `--device`
    pub index: usize,
    /// name of the hardware
    pub name: String,
    /// the interface: Vulkan, Metal or DX12
    pub backend: String,
    /// driver and its version
    pub driver: String,
    /// kind: discrete, integrated, virtual, software or other
    pub device_type: &'static str,
    /// largest field \[bytes\]
    pub largest_field: u64,
    /// fields that a kernel may bind
    pub fields_per_kernel: u32,
    /// cells along each side of the largest cubic grid whose fields fit; the memory may be smaller
    pub largest_cube: usize,
    /// whether it is a GPU, not a program: what is taken unasked
    pub is_hardware: bool,
}

impl fmt::Display for AdapterReport {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { name, backend, driver, device_type, largest_cube, .. } = self;
        let gib = self.largest_field as f64 / f64::from(1 << 30);
        write!(
            f,
            "{name} ({backend}, driver {driver}, {device_type}), fields of {gib:.2} GiB: {largest_cube}³ cells at most"
        )
    }
}

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

/// Bytes of the largest field for each cell: a pair of floats.
pub const LARGEST_FIELD_PER_CELL: u64 = 8;

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

/// All adapters, in the order of their indices.
pub fn adapters() -> Vec<AdapterReport> {
    all().iter().enumerate().map(|(index, adapter)| report(index, adapter)).collect()
}

fn all() -> Vec<wgpu::Adapter> {
    let backends = wgpu::Backends::VULKAN | wgpu::Backends::METAL | wgpu::Backends::DX12;
    let descriptor = wgpu::InstanceDescriptor {
        backends,
        flags: wgpu::InstanceFlags::empty(),
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    };
    pollster::block_on(wgpu::Instance::new(descriptor).enumerate_adapters(backends))
}

fn report(index: usize, adapter: &wgpu::Adapter) -> AdapterReport {
    let (info, limits) = (adapter.get_info(), adapter.limits());
    let largest_field = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
    AdapterReport {
        index,
        backend: backend_name(info.backend).into(),
        driver: format!("{} {}", info.driver, info.driver_info).trim().into(),
        device_type: match info.device_type {
            DeviceType::DiscreteGpu => "discrete",
            DeviceType::IntegratedGpu => "integrated",
            DeviceType::VirtualGpu => "virtual",
            DeviceType::Cpu => "software",
            DeviceType::Other => "other",
        },
        largest_field,
        fields_per_kernel: limits.max_storage_buffers_per_shader_stage,
        largest_cube: largest_cube(largest_field),
        is_hardware: rank(info.device_type) < 3,
        name: info.name,
    }
}

fn backend_name(backend: Backend) -> &'static str {
    match backend {
        Backend::Vulkan => "Vulkan",
        Backend::Metal => "Metal",
        Backend::Dx12 => "DX12",
        _ => "other",
    }
}

/// Cells along each side of the largest cube whose largest field has `bytes` at most.
fn largest_cube(bytes: u64) -> usize {
    let cells = bytes / LARGEST_FIELD_PER_CELL;
    let mut side = (cells as f64).cbrt() as u64 + 1;
    while side * side * side > cells {
        side -= 1;
    }
    side as usize
}

/// "NVIDIA H100 (Vulkan, driver 550.54)".
fn device_name(info: &wgpu::AdapterInfo) -> String {
    let driver = if info.driver_info.is_empty() { &info.driver } else { &info.driver_info };
    match driver.is_empty() {
        true => format!("{} ({})", info.name, backend_name(info.backend)),
        false => format!("{} ({}, driver {driver})", info.name, backend_name(info.backend)),
    }
}

/// The order in which adapters are taken; those below 3 are hardware.
fn rank(device_type: DeviceType) -> u32 {
    match device_type {
        DeviceType::DiscreteGpu => 0,
        DeviceType::IntegratedGpu => 1,
        DeviceType::VirtualGpu => 2,
        DeviceType::Other => 3,
        DeviceType::Cpu => 4,
    }
}

/// Index and rank of the best adapter.
fn best(adapters: &[wgpu::Adapter]) -> Option<(usize, u32)> {
    let ranked = adapters.iter().map(|adapter| rank(adapter.get_info().device_type)).enumerate();
    ranked.min_by_key(|&(_, rank)| rank)
}

/// The adapter of a choice.
fn chosen(choice: Choice) -> Result<wgpu::Adapter, GpuError> {
    let mut adapters = all();
    let count = adapters.len();
    let index = match choice {
        Choice::Index(index) if index < count => Some(index),
        Choice::Index(index) => return Err(GpuError::NoSuchAdapter { index, count }),
        Choice::Hardware => best(&adapters).filter(|&(_, rank)| rank < 3).map(|(index, _)| index),
        Choice::Any => best(&adapters).map(|(index, _)| index),
    };
    if let Some(index) = index {
        return Ok(adapters.swap_remove(index));
    }
    let others: Vec<String> = adapters.iter().map(|adapter| adapter.get_info().name).collect();
    Err(GpuError::NoAdapter(match others.is_empty() {
        true => String::new(),
        false => {
            format!("; what is there is software and is used only if asked for by its index: {}", others.join(", "))
        }
    }))
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
