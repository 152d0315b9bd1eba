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
            Self::Auto if has_hardware().is_ok() => Self::Gpu(None),
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
        DeviceChoice::Cpu => Ok((open_cpu(setup, statics), None)),
        DeviceChoice::Gpu(number) => match open_gpu(number, setup, statics) {
            Ok(gpu) => Ok((gpu, None)),
            Err(reason) => Err(without(&reason)),
        },
        DeviceChoice::Auto => {
            let gpu = best_takes(&setup.grid).and_then(|()| open_gpu(None, setup, statics));
            or_the_cpu(gpu, || cpu_holds(&setup.grid).map(|()| open_cpu(setup, statics)))
        }
    }
}

/// What a free choice comes to: the GPU or, with a sentence that says why, the CPU.
fn or_the_cpu<D>(
    gpu: Result<D, String>,
    cpu: impl FnOnce() -> Result<D, String>,
) -> Result<(D, Option<String>), String> {
    match gpu {
        Ok(gpu) => Ok((gpu, None)),
        Err(reason) => Ok((cpu()?, Some(format!("{reason}: the CPU computes")))),
    }
}

/// A reason why a GPU that was asked for cannot compute, and what can.
fn without(reason: &str) -> String {
    format!("{reason}; --device cpu computes without a GPU")
}

fn open_cpu(setup: &Setup, statics: &Statics) -> Device {
    Device::Cpu(Box::new(Cpu::new(setup, statics)))
}

/// Whether host and device can hold a run at all, before anything is allocated or opened: all fields on the CPU, the fixed ones beside a
/// GPU, whose own fields must not be larger than it takes. A free choice goes to the CPU where the GPU cannot.
///
/// # Errors
/// A sentence with the need, what is free, and the largest cube that would fit.
pub fn fits(choice: DeviceChoice, grid: &Grid) -> Result<(), String> {
    match choice {
        DeviceChoice::Gpu(number) => {
            gpu_takes(number, grid).map_err(|reason| without(&reason))?;
            host_holds(HOST_BYTES_PER_CELL, "beside a GPU", grid)
        }
        DeviceChoice::Auto if best_takes(grid).is_ok() => host_holds(HOST_BYTES_PER_CELL, "beside a GPU", grid),
        DeviceChoice::Auto | DeviceChoice::Cpu => cpu_holds(grid),
    }
}

fn cpu_holds(grid: &Grid) -> Result<(), String> {
    host_holds(cpu::BYTES_PER_CELL + HOST_BYTES_PER_CELL, "on the CPU", grid)
}

/// Whether main memory has so many bytes for each cell.
fn host_holds(per_cell: usize, what: &str, grid: &Grid) -> Result<(), String> {
    let need = grid.cells().saturating_mul(per_cell);
    match memory::free() {
        Some(memory::Free { bytes, by }) if need > bytes => Err(format!(
            "{} need {:.1} GiB of main memory {what}, {:.1} GiB are free{}; the largest cube that fits is {}³",
            cells_of(grid),
            gib(need as u64),
            gib(bytes as u64),
            if by.is_empty() { by } else { format!(" under {by}") },
            ((bytes / per_cell) as f64).cbrt() as usize
        )),
        _ => Ok(()),
    }
}

fn cells_of(grid: &Grid) -> String {
    format!("grid.cells: {} × {} × {} cells", grid.nx, grid.ny, grid.nz)
}

fn gib(bytes: u64) -> f64 {
    bytes as f64 / (1u64 << 30) as f64
}

/// Whether a GPU takes fields as large as the grid needs and has the memory for all of them, as its adapter tells.
///
/// # Errors
/// A sentence with both sizes, and the largest cube. That there is no such GPU, opening it says.
#[cfg(feature = "gpu")]
fn gpu_takes(number: Option<usize>, grid: &Grid) -> Result<(), String> {
    let adapters = crate::gpu::adapters();
    let adapter = match number {
        Some(number) => adapters.get(number),
        None => hardware(&adapters).ok(),
    };
    adapter.map_or(Ok(()), |adapter| takes(adapter, grid))
}

/// The hardware GPU that is taken unasked.
///
/// # Errors
/// Why there is none.
#[cfg(feature = "gpu")]
fn hardware(adapters: &[crate::gpu::AdapterReport]) -> Result<&crate::gpu::AdapterReport, String> {
    // the order in which they are taken
    let kind = |adapter: &&crate::gpu::AdapterReport| {
        ["discrete", "integrated"].iter().position(|kind| *kind == adapter.device_type).unwrap_or(2)
    };
    let best = adapters.iter().filter(|adapter| adapter.is_hardware).min_by_key(kind);
    best.ok_or_else(|| match adapters.first() {
        None => "no GPU was found".into(),
        Some(software) => {
            format!("no hardware GPU was found ({} is software, and slower than the CPU)", software.name)
        }
    })
}

/// Whether there is a GPU that is taken unasked, and it takes the grid.
///
/// # Errors
/// Why not.
#[cfg(feature = "gpu")]
fn best_takes(grid: &Grid) -> Result<(), String> {
    takes(hardware(&crate::gpu::adapters())?, grid)
}

#[cfg(not(feature = "gpu"))]
fn best_takes(_: &Grid) -> Result<(), String> {
    has_hardware()
}

#[cfg(feature = "gpu")]
fn takes(adapter: &crate::gpu::AdapterReport, grid: &Grid) -> Result<(), String> {
    use crate::gpu::{LARGEST_FIELD_PER_CELL, least_memory};
    let (name, cells) = (&adapter.name, grid.cells() as u64);
    let field = LARGEST_FIELD_PER_CELL.saturating_mul(cells);
    let (need, there) = match adapter.own_memory() {
        _ if field > adapter.largest_field => {
            let [need, largest] = [field, adapter.largest_field].map(gib);
            (format!("fields of {need:.2} GiB"), format!("takes {largest:.2} GiB at most"))
        }
        Some(memory) if least_memory(cells) > memory => {
            let [need, memory] = [least_memory(cells), memory].map(gib);
            (format!("{need:.1} GiB of its memory"), format!("has {memory:.1} GiB"))
        }
        _ => return Ok(()),
    };
    let (size, cube) = (cells_of(grid), adapter.largest_cube);
    Err(format!("{size} need {need}, but {name} {there}; the largest cube that fits is {cube}³"))
}

#[cfg(not(feature = "gpu"))]
fn gpu_takes(_: Option<usize>, _: &Grid) -> Result<(), String> {
    Ok(())
}

/// # Errors
/// Why no GPU is taken unasked.
#[cfg(feature = "gpu")]
fn has_hardware() -> Result<(), String> {
    hardware(&crate::gpu::adapters()).map(|_| ())
}

#[cfg(not(feature = "gpu"))]
fn has_hardware() -> Result<(), String> {
    Err("built without the `gpu` feature".into())
}

#[cfg(feature = "gpu")]
fn open_gpu(number: Option<usize>, setup: &Setup, statics: &Statics) -> Result<Device, String> {
    crate::gpu::Gpu::open(number, setup, statics).map(|gpu| Device::Gpu(Box::new(gpu))).map_err(|e| e.to_string())
}

#[cfg(not(feature = "gpu"))]
fn open_gpu(_: Option<usize>, _: &Setup, _: &Statics) -> Result<Device, String> {
    Err("--device gpu: this program was built without the `gpu` feature".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_choice_goes_to_the_cpu_and_says_why() {
        assert_eq!(or_the_cpu(Ok("gpu"), || panic!("nobody asked")), Ok(("gpu", None)));
        let lost = Err("Some GPU cannot be used: the device was lost".into());
        let (device, why) = or_the_cpu(lost, || Ok("cpu")).unwrap();
        assert_eq!(device, "cpu");
        assert_eq!(why.unwrap(), "Some GPU cannot be used: the device was lost: the CPU computes");
        // too large for both: what the CPU says
        assert_eq!(or_the_cpu(Err("small".into()), || Err::<&str, _>("smaller".into())), Err("smaller".into()));
    }

    #[cfg(feature = "gpu")]
    #[test]
    fn a_gpu_must_take_the_fields_and_have_the_memory() {
        let adapter = crate::gpu::AdapterReport {
            index: 0,
            name: "Some GPU".into(),
            backend: "Vulkan".into(),
            driver: "1".into(),
            device_type: "discrete",
            largest_field: 1 << 31,
            fields_per_kernel: 32,
            memory: Some(8 << 30),
            largest_cube: 272,
            is_hardware: true,
            bus: String::new(),
        };
        let cube = |side: usize| Grid { nx: side, ny: side, nz: side, dx: 1e-6 };
        assert_eq!(takes(&adapter, &cube(256)), Ok(()));
        let memory = takes(&adapter, &cube(400)).unwrap_err();
        assert!(memory.contains("of its memory, but Some GPU has 8.0 GiB") && memory.contains("272³"), "{memory}");
        let field = takes(&adapter, &cube(700)).unwrap_err();
        assert!(field.contains("fields of 2.56 GiB, but Some GPU takes 2.00 GiB at most"), "{field}");
        // what an integrated one takes of the machine's memory the interface does not tell
        let integrated = crate::gpu::AdapterReport { device_type: "integrated", ..adapter };
        assert_eq!(takes(&integrated, &cube(400)), Ok(()));
    }
}
