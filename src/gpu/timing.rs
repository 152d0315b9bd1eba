//! How long the device works, by its own timestamps: one at the start and one at the end of everything that is submitted.

use super::device::{Device, TIMESTAMPS};
use crate::solver::backend::BackendError;

/// Timestamps that are kept before they are read.
const STAMPS: u32 = 2048;

/// The timestamps of a queue.
pub struct Timing {
    set: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    staging: wgpu::Buffer,
    used: u32,
    seconds: f64,
}

impl Timing {
    /// For a device that has timestamps.
    pub fn new(device: &Device) -> Option<Self> {
        if !device.device.features().contains(TIMESTAMPS) {
            return None;
        }
        let buffer = |label, usage| {
            device.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size: 8 * u64::from(STAMPS),
                usage,
                mapped_at_creation: false,
            })
        };
        let set = device.device.create_query_set(&wgpu::QuerySetDescriptor {
            label: Some("timestamps"),
            ty: wgpu::QueryType::Timestamp,
            count: STAMPS,
        });
        let resolved = buffer("timestamps", wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC);
        let staging = buffer("timestamps to read", wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST);
        Some(Self { set, resolved, staging, used: 0, seconds: 0.0 })
    }

    /// Before the first command of a submission.
    pub fn begin(&mut self, encoder: &mut wgpu::CommandEncoder) {
        encoder.write_timestamp(&self.set, self.used);
    }

    /// After its last.
    pub fn end(&mut self, encoder: &mut wgpu::CommandEncoder) {
        encoder.write_timestamp(&self.set, self.used + 1);
        self.used += 2;
    }

    /// Makes room for the next submission: what was stamped is read when there is no more.
    pub fn submitted(&mut self, device: &Device) {
        if self.used + 2 > STAMPS
            && let Err(error) = self.collect(device)
        {
            device.note(error.to_string());
        }
    }

    /// Seconds since the last call.
    ///
    /// # Errors
    /// If the device failed.
    pub fn take(&mut self, device: &Device) -> Result<f64, BackendError> {
        self.collect(device)?;
        Ok(std::mem::take(&mut self.seconds))
    }

    fn collect(&mut self, device: &Device) -> Result<(), BackendError> {
        if self.used == 0 {
            return Ok(());
        }
        let size = 8 * u64::from(self.used);
        let mut encoder = device.device.create_command_encoder(&Default::default());
        encoder.resolve_query_set(&self.set, 0..self.used, &self.resolved, 0);
        encoder.copy_buffer_to_buffer(&self.resolved, 0, &self.staging, 0, size);
        device.queue.submit([encoder.finish()]);
        let slice = self.staging.slice(0..size);
        slice.map_async(wgpu::MapMode::Read, |_| {});
        device.device.poll(wgpu::PollType::wait_indefinitely()).map_err(|e| device.error(e.to_string()))?;
        device.check()?;
        let bytes = slice.get_mapped_range().map_err(|e| device.error(e.to_string()))?.to_vec();
        self.staging.unmap();
        let stamps: Vec<u64> = bytemuck::pod_collect_to_vec(&bytes);
        let ticks: u64 = stamps.chunks_exact(2).map(|pair| pair[1].saturating_sub(pair[0])).sum();
        self.seconds += ticks as f64 * f64::from(device.queue.get_timestamp_period()) * 1e-9;
        self.used = 0;
        Ok(())
    }
}
