//! How fast the device copies: what its operators are measured by.

use std::time::Instant;

use super::Gpu;
use crate::model::random::hash;
use crate::solver::backend::{Backend, BackendError};

impl Gpu {
    /// Seconds that one copy of `bytes` bytes from buffer to buffer takes, `samples` times the mean of `repeats`; by the
    /// device's timestamps, or by the wall clock around a wait if it has none. The buffers are made for it and hold noise:
    /// nothing in them can be compressed.
    ///
    /// # Errors
    /// If the device has no room or failed.
    pub fn copies(&mut self, bytes: u64, repeats: usize, samples: usize) -> Result<Vec<f64>, BackendError> {
        let size = bytes.min(self.device.device.limits().max_buffer_size) / 4 * 4;
        let buffer = |label| {
            self.device.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size,
                usage: wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        };
        let (source, target) = (buffer("copied from"), buffer("copied to"));
        self.device.check()?;
        let noise: Vec<u32> = (0..(size / 4) as u32).map(|i| hash(1, 0, i)).collect();
        self.queue.write(&self.device, &source, bytemuck::cast_slice(&noise));
        self.queue.copy(&self.device, &source, &target);
        let mut seconds = Vec::with_capacity(samples);
        for _ in 0..samples {
            self.busy()?;
            let began = Instant::now();
            (0..repeats).for_each(|_| self.queue.copy(&self.device, &source, &target));
            self.wait()?;
            let wall = began.elapsed().as_secs_f64();
            seconds.push(self.busy()?.unwrap_or(wall) / repeats as f64 * (bytes as f64 / size as f64));
        }
        Ok(seconds)
    }
}
