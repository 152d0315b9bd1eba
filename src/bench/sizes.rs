//! Which sizes are measured.

#[cfg(feature = "gpu")]
use super::fields;
#[cfg(feature = "gpu")]
use crate::memory;
use crate::sim::device::DeviceChoice;

/// Cells along a side that the CPU is measured with unless asked otherwise: a few minutes.
const SIDES_CPU: &[usize] = &[64, 128];
/// Sides of the cubes that a GPU is measured with; the largest that fits comes after them.
#[cfg(feature = "gpu")]
const SIDES_GPU: &[usize] = &[128, 256, 512];
/// The largest cube is sought among sides that this divides.
#[cfg(feature = "gpu")]
const ROUND: usize = 64;
/// Main memory beside a GPU for each cell, states and vectors of the host together \[B\].
#[cfg(feature = "gpu")]
const HOST_BYTES: usize = 120;

/// The usual sizes of a device: of each list the first that fits. The last, on a GPU, seeks the largest.
#[cfg(feature = "gpu")]
pub fn sides(choice: DeviceChoice) -> Vec<Vec<usize>> {
    let adapters = crate::gpu::adapters();
    let adapter = match choice {
        DeviceChoice::Cpu => None,
        DeviceChoice::Gpu(Some(number)) => adapters.get(number),
        DeviceChoice::Gpu(None) | DeviceChoice::Auto => adapters.iter().find(|adapter| adapter.is_hardware),
    };
    // a program that plays a GPU is slower than the CPU backend
    let Some(adapter) = adapter.filter(|adapter| adapter.is_hardware) else { return one_by_one(SIDES_CPU) };
    let mut sides = one_by_one(SIDES_GPU);
    sides.push(largest(adapter.largest_cube));
    sides
}

#[cfg(not(feature = "gpu"))]
pub fn sides(_: DeviceChoice) -> Vec<Vec<usize>> {
    one_by_one(SIDES_CPU)
}

fn one_by_one(sides: &[usize]) -> Vec<Vec<usize>> {
    sides.iter().map(|&side| vec![side]).collect()
}

/// Cubes larger than the usual ones, the largest first, whose fields a device takes one by one and for which the host has
/// room; how much memory the device has, only trying tells.
#[cfg(feature = "gpu")]
fn largest(field: usize) -> Vec<usize> {
    let host = memory::free().map_or(usize::MAX, |free| ((free.bytes / HOST_BYTES) as f64).cbrt() as usize);
    let most = field.min(host).min(*fields::SIDES.end());
    let usual = SIDES_GPU.iter().copied().max().unwrap_or_default();
    (usual / ROUND + 1..=most / ROUND).rev().map(|count| count * ROUND).collect()
}
