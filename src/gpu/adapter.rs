//! Adapters: what there is, and which one is taken.

use std::fmt;

use wgpu::{Backend, DeviceType};

use super::error::GpuError;

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
    /// PCI bus that it sits on, as in `0000:3b:00.0`; empty where the interface does not tell
    pub bus: String,
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

/// Bytes of the largest field for each cell: a pair of floats.
pub const LARGEST_FIELD_PER_CELL: u64 = 8;

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
        bus: info.device_pci_bus_id,
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
pub(super) fn largest_cube(bytes: u64) -> usize {
    let cells = bytes / LARGEST_FIELD_PER_CELL;
    let mut side = (cells as f64).cbrt() as u64 + 1;
    while side * side * side > cells {
        side -= 1;
    }
    side as usize
}

/// "NVIDIA H100 (Vulkan, driver 550.54)".
pub(super) fn device_name(info: &wgpu::AdapterInfo) -> String {
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
pub(super) fn chosen(choice: Choice) -> Result<wgpu::Adapter, GpuError> {
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
