//! Which device computes a run.

use std::str::FromStr;

use crate::cpu::{self, Cpu};
use crate::memory;
use crate::model::collector::Statics;
use crate::model::grid::Grid;
use crate::model::parameters::Setup;
use crate::solver::backend::Backend;

/// Main memory for each cell that the copper's fields and the copies for metrics, snapshots and checkpoints take \[B\].
const HOST_BYTES_PER_CELL: usize = 80;

/// What a person asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// the best hardware GPU, the CPU without one
    #[default]
    Auto,
    /// the CPU backend
    Cpu,
    /// a GPU: the best one, or that of a number in the list of `liplate devices`
    Gpu(Option<usize>),
}

impl std::fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Gpu(None) => f.write_str("gpu"),
            Self::Gpu(Some(number)) => write!(f, "gpu:{number}"),
        }
    }
}

impl DeviceChoice {
    /// What a free choice comes to on this machine: the best hardware GPU, the CPU without one.
    pub fn resolved(self) -> Self {
        match self {
            Self::Auto if has_hardware_gpu() => Self::Gpu(None),
            Self::Auto => Self::Cpu,
            asked => asked,
        }
    }
}

/// Whether the device that is asked for is there at all.
///
/// # Errors
/// A sentence that names it.
pub fn exists(choice: DeviceChoice) -> Result<(), String> {
    match choice {
        DeviceChoice::Gpu(number) => gpu_exists(number),
        DeviceChoice::Auto | DeviceChoice::Cpu => Ok(()),
    }
}

#[cfg(feature = "gpu")]
fn gpu_exists(number: Option<usize>) -> Result<(), String> {
    let adapters = crate::gpu::adapters();
    match number {
        Some(number) if number >= adapters.len() => {
            Err(format!("there is no gpu:{number}; `liplate devices` lists {}", adapters.len()))
        }
        None if adapters.iter().all(|adapter| !adapter.is_hardware) => {
            Err("there is no hardware GPU; `liplate devices` lists what there is".into())
        }
        _ => Ok(()),
    }
}

#[cfg(not(feature = "gpu"))]
fn gpu_exists(_: Option<usize>) -> Result<(), String> {
    Err("this program was built without the `gpu` feature".into())
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "auto" => Ok(Self::Auto),
            None if text == "cpu" => Ok(Self::Cpu),
            None if text == "gpu" => Ok(Self::Gpu(None)),
            Some(("gpu", number)) if number.parse::<usize>().is_ok() => Ok(Self::Gpu(number.parse().ok())),
            _ => Err(format!("{text:?} is not auto, cpu, gpu or gpu:N")),
        }
    }
}

/// An open backend.
pub enum Device {
    /// the CPU
    Cpu(Box<Cpu>),
    /// a GPU
    #[cfg(feature = "gpu")]
    Gpu(Box<crate::gpu::Gpu>),
}

impl Device {
    /// The verbs of the device.
    pub fn backend(&mut self) -> &mut dyn Backend {
        match self {
            Self::Cpu(cpu) => cpu.as_mut(),
            #[cfg(feature = "gpu")]
            Self::Gpu(gpu) => gpu.as_mut(),
        }
    }
}

/// Opens the backend that `choice` asks for; the second value says why, if the choice was free.
///
/// # Errors
/// A sentence: no such device, or a grid that does not fit, with the largest that would.
pub fn open(choice: DeviceChoice, setup: &Setup, statics: &Statics) -> Result<(Device, Option<String>), String> {
    match choice {
        DeviceChoice::Cpu => open_cpu(setup, statics).map(|cpu| (cpu, None)),
        DeviceChoice::Gpu(number) => open_gpu(number, setup, statics).map(|gpu| (gpu, None)),
        DeviceChoice::Auto => auto(setup, statics),
    }
}

fn open_cpu(setup: &Setup, statics: &Statics) -> Result<Device, String> {
    Ok(Device::Cpu(Box::new(Cpu::new(setup, statics))))
}

/// Whether host and device can hold a run at all, before anything is allocated or opened: all fields on the CPU, the fixed ones beside a
/// GPU, whose own fields must not be larger than it takes.
///
/// # Errors
/// A sentence with the need, what is free, and the largest cube that would fit.
pub fn fits(choice: DeviceChoice, grid: &Grid) -> Result<(), String> {
    gpu_takes(choice, grid)?;
    let (per_cell, what) = match choice.resolved() {
        DeviceChoice::Gpu(_) => (HOST_BYTES_PER_CELL, "beside a GPU"),
        DeviceChoice::Cpu | DeviceChoice::Auto => (cpu::BYTES_PER_CELL + HOST_BYTES_PER_CELL, "on the CPU"),
    };
    let need = grid.cells().saturating_mul(per_cell);
    match memory::free() {
        Some(memory::Free { bytes, by }) if need > bytes => Err(format!(
            "grid.cells: {} × {} × {} cells need {:.1} GiB of main memory {what}, {:.1} GiB are free{}; the largest cube \
             that fits is {}³",
            grid.nx,
            grid.ny,
            grid.nz,
            gib(need),
            gib(bytes),
            if by.is_empty() { by } else { format!(" under {by}") },
            ((bytes / per_cell) as f64).cbrt() as usize
        )),
        _ => Ok(()),
    }
}

fn gib(bytes: usize) -> f64 {
    bytes as f64 / (1u64 << 30) as f64
}

/// Whether the GPU of a choice takes fields as large as the grid needs, as its adapter tells.
///
/// # Errors
/// A sentence with both sizes, and the largest cube. That there is no such GPU, opening it says.
#[cfg(feature = "gpu")]
fn gpu_takes(choice: DeviceChoice, grid: &Grid) -> Result<(), String> {
    use crate::gpu::{AdapterReport, LARGEST_FIELD_PER_CELL, adapters};
    let adapters = match choice {
        DeviceChoice::Cpu => return Ok(()),
        _ => adapters(),
    };
    let adapter = match choice {
        DeviceChoice::Gpu(Some(number)) => adapters.get(number),
        // the order in which they are taken
        _ => {
            let kind = |adapter: &&AdapterReport| {
                ["discrete", "integrated"].iter().position(|kind| *kind == adapter.device_type)
            };
            adapters.iter().filter(|adapter| adapter.is_hardware).min_by_key(|adapter| kind(adapter).unwrap_or(2))
        }
    };
    let need = LARGEST_FIELD_PER_CELL.saturating_mul(grid.cells() as u64);
    match adapter {
        Some(adapter) if need > adapter.largest_field => Err(format!(
            "grid.cells: {} × {} × {} cells need fields of {:.2} GiB, but {} takes {:.2} GiB at most; the largest cube that fits is {}³",
            grid.nx,
            grid.ny,
            grid.nz,
            gib(need as usize),
            adapter.name,
            gib(adapter.largest_field as usize),
            adapter.largest_cube
        )),
        _ => Ok(()),
    }
}

#[cfg(not(feature = "gpu"))]
fn gpu_takes(_: DeviceChoice, _: &Grid) -> Result<(), String> {
    Ok(())
}

#[cfg(feature = "gpu")]
fn has_hardware_gpu() -> bool {
    crate::gpu::adapters().iter().any(|adapter| adapter.is_hardware)
}

#[cfg(not(feature = "gpu"))]
fn has_hardware_gpu() -> bool {
    false
}

#[cfg(feature = "gpu")]
fn open_gpu(number: Option<usize>, setup: &Setup, statics: &Statics) -> Result<Device, String> {
    crate::gpu::Gpu::open(number, setup, statics).map(|gpu| Device::Gpu(Box::new(gpu))).map_err(|e| e.to_string())
}

#[cfg(feature = "gpu")]
fn auto(setup: &Setup, statics: &Statics) -> Result<(Device, Option<String>), String> {
    let adapters = crate::gpu::adapters();
    if adapters.iter().any(|adapter| adapter.is_hardware) {
        return open_gpu(None, setup, statics).map(|gpu| (gpu, None));
    }
    let why = if adapters.is_empty() {
        "no GPU was found; the CPU computes".to_string()
    } else {
        format!("no hardware GPU was found ({} is software); the CPU computes, it is faster", adapters[0].name)
    };
    open_cpu(setup, statics).map(|cpu| (cpu, Some(why)))
}

#[cfg(not(feature = "gpu"))]
fn open_gpu(_: Option<usize>, _: &Setup, _: &Statics) -> Result<Device, String> {
    Err("--device gpu: this program was built without the `gpu` feature".into())
}

#[cfg(not(feature = "gpu"))]
fn auto(setup: &Setup, statics: &Statics) -> Result<(Device, Option<String>), String> {
    open_cpu(setup, statics).map(|cpu| (cpu, Some("built without the `gpu` feature; the CPU computes".into())))
}
