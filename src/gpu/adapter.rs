//! Adapters: what there is, and which one is taken.

use std::fmt;

use wgpu::{Backend, DeviceType};

use super::error::GpuError;
use super::fields;

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
    /// memory on the device \[bytes\], where the interface tells
    pub memory: Option<u64>,
    /// cells along each side of the largest cubic grid whose fields it takes and, where that is known, has the memory for
    pub largest_cube: usize,
    /// whether it is a GPU, not a program: what is taken unasked
    pub is_hardware: bool,
    /// PCI bus that it sits on, as in `0000:3b:00.0`; empty where the interface does not tell
    pub bus: String,
}

impl fmt::Display for AdapterReport {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { name, backend, driver, device_type, largest_cube, .. } = self;
        let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
        let memory = self.memory.map_or("memory not told".into(), |bytes| format!("{:.1} GiB", gib(bytes)));
        let field = gib(self.largest_field);
        write!(
            f,
            "{name} ({backend}, driver {driver}, {device_type}), {memory}, fields of {field:.2} GiB: {largest_cube}³ cells at most"
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
    let memory = memory_of(adapter);
    let report = AdapterReport {
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
        memory,
        is_hardware: rank(info.device_type) < 3,
        bus: info.device_pci_bus_id,
        name: info.name,
    };
    let in_memory = report.own_memory().map_or(usize::MAX, cube_in);
    AdapterReport { largest_cube: report.largest_cube.min(in_memory), ..report }
}

impl AdapterReport {
    /// Memory that is all that its fields may take \[bytes\]: that of a discrete GPU. Others take part of the machine's.
    pub fn own_memory(&self) -> Option<u64> {
        self.memory.filter(|_| self.device_type == "discrete")
    }
}

/// Bytes of all fields of a grid of so many cells, without mechanisms.
pub fn least_memory(cells: u64) -> u64 {
    fields::bytes(cells, None)
}

/// Memory of an adapter's own \[bytes\], as Vulkan tells: the sum of the heaps on the device.
#[cfg(any(windows, all(unix, not(target_vendor = "apple"))))]
#[allow(unsafe_code)]
fn memory_of(adapter: &wgpu::Adapter) -> Option<u64> {
    // VK_MEMORY_HEAP_DEVICE_LOCAL_BIT
    const ON_THE_DEVICE: u32 = 1;
    // SAFETY: the handles are only asked, while `adapter` keeps them
    unsafe {
        let adapter = adapter.as_hal::<wgpu::hal::api::Vulkan>()?;
        let instance = adapter.shared_instance().raw_instance();
        let told = instance.get_physical_device_memory_properties(adapter.raw_physical_device());
        let heaps = told.memory_heaps.iter().take(told.memory_heap_count as usize);
        Some(heaps.filter(|heap| heap.flags.as_raw() & ON_THE_DEVICE != 0).map(|heap| heap.size).sum())
    }
}

#[cfg(not(any(windows, all(unix, not(target_vendor = "apple")))))]
fn memory_of(_: &wgpu::Adapter) -> Option<u64> {
    None
}

/// Cells along each side of the largest cube whose fields together, without mechanisms, have `memory` bytes at most.
fn cube_in(memory: u64) -> usize {
    cube_of(memory / (least_memory(1 << 20) >> 20).max(1))
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
    cube_of(bytes / LARGEST_FIELD_PER_CELL)
}

/// Cells along each side of the largest cube of `cells` at most.
fn cube_of(cells: u64) -> usize {
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
