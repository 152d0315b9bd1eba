//! The copy rate: bytes read and written per second by a plain copy of f32 numbers, the unit of everything else.

use std::time::Instant;

use rayon::prelude::*;
use serde::Serialize;

use super::stopwatch::Spread;
use crate::memory;
use crate::model::random::hash;
use crate::sim::device::Device;
use crate::solver::backend::BackendError;

/// Bytes of each of the two large arrays: many times what the caches of a processor or a GPU hold.
const LARGE: u64 = 1 << 28;
/// Samples of each rate.
const SAMPLES: usize = 7;
/// Bytes that a sample moves, at least.
const MOVED: u64 = 1 << 29;

/// Copy rates at one moment \[B/s\].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rates {
    /// of arrays much larger than the caches
    pub large: Vec<f64>,
    /// of arrays of the size of one field, which a cache may hold
    pub field: Vec<f64>,
    /// bytes of one of the large arrays
    pub large_bytes: u64,
}

impl Rates {
    /// Of both rates together: those of `self`, then those of `other`.
    pub fn spread(&self, other: &Self, of: fn(&Self) -> &Vec<f64>) -> Spread {
        Spread::of(&[&of(self)[..], &of(other)[..]].concat())
    }
}

/// Measures the rates of an open device, with fields of `cells` cells.
///
/// # Errors
/// If the device failed.
pub fn rates(device: &mut Device, cells: usize) -> Result<Rates, BackendError> {
    let large = match memory::free().map(|free| free.bytes) {
        Some(available) => LARGE.min(available as u64 / 8),
        None => LARGE,
    };
    let mut rates = |bytes: u64| -> Result<Vec<f64>, BackendError> {
        let repeats = (MOVED / (2 * bytes)).clamp(1, 1000) as usize;
        let seconds = seconds(device, bytes, repeats)?;
        Ok(seconds.into_iter().map(|seconds| 2.0 * bytes as f64 / seconds).collect())
    };
    Ok(Rates { large: rates(large)?, field: rates(4 * cells as u64)?, large_bytes: large })
}

/// Seconds that one copy of `bytes` bytes takes.
fn seconds(device: &mut Device, bytes: u64, repeats: usize) -> Result<Vec<f64>, BackendError> {
    match device {
        Device::Cpu(_) => Ok(on_the_cpu(bytes, repeats)),
        #[cfg(feature = "gpu")]
        Device::Gpu(gpu) => gpu.copies(bytes, repeats, SAMPLES),
    }
}

/// Times copies on the CPU, each core one part of the array \[s\].
fn on_the_cpu(bytes: u64, repeats: usize) -> Vec<f64> {
    let count = (bytes / 4) as usize;
    // noise, and pages that are there
    let source: Vec<f32> = (0..count).into_par_iter().map(|i| hash(1, 0, i as u32) as f32).collect();
    let mut target = source.clone();
    let part = count.div_ceil(rayon::current_num_threads());
    let mut copy = |times: usize| {
        let began = Instant::now();
        for _ in 0..times {
            target.par_chunks_mut(part).zip(source.par_chunks(part)).for_each(|(to, from)| to.copy_from_slice(from));
            std::hint::black_box(&mut target);
        }
        began.elapsed().as_secs_f64() / times as f64
    };
    copy(1);
    (0..SAMPLES).map(|_| copy(repeats)).collect()
}
