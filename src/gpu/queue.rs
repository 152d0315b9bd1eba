//! The queue of dispatches: recorded, and submitted when a verb needs a value or there is work enough for the device to begin with.
//!
//! Constants that change between dispatches, `parameters` and `step`, lie in slots of one buffer that is written once,
//! before the submission; a dynamic offset finds them. So no dispatch waits for the host.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroU64;

use super::device::Device;
use super::error::GpuError;
use super::fields::{Buffer, Fields, Id, Level, Named};
use super::kernel::{Binding, MOST_BINDINGS, Pipeline, Source, pipeline};
use super::layout::{Constants, Role};
use super::shader::{Kernel, Shader};
use super::timing::Timing;
use crate::model::uniforms::{Physics, StepUniforms};
use crate::solver::backend::{BackendError, Counts};

/// Bytes between slots: no device asks for a coarser alignment.
const SLOT: u32 = 256;
/// Slots in the buffer; a longer queue is submitted in parts.
const SLOTS: u32 = 4096;
/// Kernels in a submission: the device begins with them while the next are recorded. A Newton iteration at 64³ is about 90.
const BATCH: u64 = 48;
/// Threads in a submission. A kernel moves some 60 bytes a cell, so that one is over in 0.2 s at 0.1 TB/s, the memory of an integrated GPU: no
/// system takes the device for hung.
const BATCH_THREADS: u64 = 1 << 28;
/// Bytes that are read or written at once.
const CHUNK: u64 = 1 << 26;

/// Buffers that a kernel is given.
struct Bound {
    group: wgpu::BindGroup,
    /// their bytes, each buffer once if it is read and once if it is written
    bytes: u64,
}

struct Recording {
    // before the encoder, which it locks
    pass: Option<wgpu::ComputePass<'static>>,
    encoder: wgpu::CommandEncoder,
}

/// Where a dispatch happens and with what.
pub struct Dispatch<'a> {
    /// the operator
    pub kernel: Kernel,
    /// threads along each axis
    pub threads: [u32; 3],
    /// buffers for the roles
    pub roles: &'a [(Role, Id)],
    /// the level, if it works on one
    pub level: Option<&'a Level>,
    /// its parameters, as bits
    pub parameters: &'a [u32],
}

impl Dispatch<'_> {
    /// The buffer that it gives to a role.
    fn given(&self, role: Role) -> Option<Id> {
        let own = self.roles.iter().find(|(of, _)| *of == role).map(|(_, id)| *id);
        own.or_else(|| self.level?.field(role))
    }
}

/// The queue.
pub struct Queue {
    /// in the order of the kernels
    pipelines: Vec<Pipeline>,
    /// of every kernel, by the buffers that it was given
    bind_groups: Vec<HashMap<[Id; MOST_BINDINGS], Bound>>,
    physics: wgpu::Buffer,
    slots: wgpu::Buffer,
    staging: Option<wgpu::Buffer>,
    written: Vec<u8>,
    step: StepUniforms,
    step_slot: Option<u32>,
    recording: Option<Recording>,
    timing: Option<Timing>,
    counts: Counts,
    /// kernels that are recorded and not submitted, and their threads
    recorded: [u64; 2],
}

impl Queue {
    /// Compiles the kernels, all of them in their order.
    ///
    /// # Errors
    /// If the device refuses one.
    pub fn new(device: &Device, shaders: &[Shader], physics: &Physics) -> Result<Self, GpuError> {
        let buffer = |label, size, usage| {
            device.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size,
                usage: usage | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        };
        let constants = buffer("physics", size_of::<Physics>() as u64, wgpu::BufferUsages::UNIFORM);
        device.queue.write_buffer(&constants, 0, bytemuck::bytes_of(physics));
        let pipelines: Vec<Pipeline> =
            shaders.iter().map(|shader| pipeline(device, shader)).collect::<Result<_, _>>()?;
        Ok(Self {
            bind_groups: pipelines.iter().map(|_| HashMap::new()).collect(),
            pipelines,
            physics: constants,
            slots: buffer("slots", u64::from(SLOT * SLOTS), wgpu::BufferUsages::UNIFORM),
            staging: None,
            written: Vec::new(),
            step: StepUniforms::default(),
            step_slot: None,
            recording: None,
            timing: None,
            counts: Counts::default(),
            recorded: [0; 2],
        })
    }

    /// The run's constants, for the dispatches from here on.
    pub fn set_physics(&mut self, device: &Device, physics: &Physics) {
        self.submit(device);
        device.queue.write_buffer(&self.physics, 0, bytemuck::bytes_of(physics));
    }

    /// The step's constants, for the dispatches from here on.
    pub fn set_step(&mut self, step: &StepUniforms) {
        self.step = *step;
        self.step_slot = None;
    }

    /// Records a dispatch.
    pub fn dispatch(&mut self, device: &Device, fields: &Fields, d: &Dispatch) {
        if self.written.len() as u32 + 2 * SLOT > SLOT * SLOTS {
            self.submit(device);
        }
        let kernel = d.kernel as usize;
        let (Some(pipeline), Some(groups)) = (self.pipelines.get(kernel), self.bind_groups.get_mut(kernel)) else {
            return;
        };
        if let Some((role, _)) = d.roles.iter().find(|(role, _)| !pipeline.binds(*role)) {
            return device.note(format!("{}.wgsl binds no `{}`", d.kernel.name(), role.name()));
        }
        // constants have no buffer of their own but that of a level
        let (mut ids, mut offsets, mut slots) = ([0; MOST_BINDINGS], [0; 2], 0);
        for (id, binding) in ids.iter_mut().zip(&pipeline.bindings) {
            let found = match binding.source {
                Source::Constants(Constants::Physics) => Some(0),
                Source::Constants(Constants::Level) => d.level.map(|level| level.uniforms),
                Source::Constants(which) => {
                    let (written, step) = (&mut self.written, &self.step);
                    offsets[slots] = match which {
                        Constants::Step => {
                            *self.step_slot.get_or_insert_with(|| slot(written, bytemuck::bytes_of(step)))
                        }
                        _ => slot(written, bytemuck::cast_slice(d.parameters)),
                    };
                    slots += 1;
                    Some(0)
                }
                Source::Field(role, named) => {
                    role.and_then(|role| d.given(role)).or_else(|| named.and_then(|named| fields.of(named)))
                }
            };
            let Some(found) = found else {
                return device.note(format!(
                    "binding {} of {}.wgsl was given no field",
                    binding.number,
                    d.kernel.name()
                ));
            };
            *id = found;
        }
        let (physics, slots_of_all) = (&self.physics, &self.slots);
        let bound = groups
            .entry(ids)
            .or_insert_with(|| bind(device, fields, d.kernel, pipeline, [physics, slots_of_all], &ids));
        let recording = self.recording.get_or_insert_with(|| begin(device, &mut self.timing));
        let pass = recording.pass.get_or_insert_with(|| {
            let descriptor = wgpu::ComputePassDescriptor::default();
            recording.encoder.begin_compute_pass(&descriptor).forget_lifetime()
        });
        pass.set_pipeline(&pipeline.pipeline);
        pass.set_bind_group(0, &bound.group, &offsets[..slots]);
        let [x, y, z]: [u32; 3] = std::array::from_fn(|axis| d.threads[axis].div_ceil(pipeline.workgroup[axis]));
        pass.dispatch_workgroups(x, y, z);
        self.counts.launches += 1;
        self.counts.bytes_moved += bound.bytes;
        let [kernels, threads] = &mut self.recorded;
        *kernels += 1;
        *threads += [x, y, z]
            .into_iter()
            .zip(pipeline.workgroup)
            .map(|(n, side)| u64::from(n) * u64::from(side))
            .product::<u64>();
        if *kernels >= BATCH || *threads >= BATCH_THREADS {
            self.submit(device);
        }
    }

    /// What records a command that is no kernel and moves so many bytes.
    fn encoder(&mut self, device: &Device, moved: u64) -> &mut wgpu::CommandEncoder {
        let recording = self.recording.get_or_insert_with(|| begin(device, &mut self.timing));
        recording.pass = None;
        self.counts.launches += 1;
        self.counts.bytes_moved += moved;
        &mut recording.encoder
    }

    /// Records a copy of a whole buffer.
    pub fn copy(&mut self, device: &Device, source: &wgpu::Buffer, target: &wgpu::Buffer) {
        self.encoder(device, 2 * source.size()).copy_buffer_to_buffer(source, 0, target, 0, source.size());
    }

    /// Records that a buffer becomes zero.
    pub fn clear(&mut self, device: &Device, buffer: &wgpu::Buffer) {
        self.encoder(device, buffer.size()).clear_buffer(buffer, 0, None);
    }

    /// Submits what was recorded.
    pub fn submit(&mut self, device: &Device) {
        if let Some(Recording { pass, mut encoder }) = self.recording.take() {
            drop(pass);
            self.timing.iter_mut().for_each(|timing| timing.end(&mut encoder));
            if !self.written.is_empty() {
                device.queue.write_buffer(&self.slots, 0, &self.written);
            }
            device.queue.submit([encoder.finish()]);
            self.counts.submissions += 1;
            self.timing.iter_mut().for_each(|timing| timing.submitted(device));
        }
        self.recorded = [0; 2];
        self.written.clear();
        self.step_slot = None;
    }

    /// What was recorded, submitted and read back so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Bind groups that were made and are kept.
    pub fn bind_groups(&self) -> usize {
        self.bind_groups.iter().map(HashMap::len).sum()
    }

    /// Counts a V-cycle.
    pub fn count_v_cycle(&mut self) {
        self.counts.v_cycles += 1;
    }

    /// Waits for all that was recorded.
    ///
    /// # Errors
    /// If the device failed, now or earlier.
    pub fn wait(&mut self, device: &Device) -> Result<(), BackendError> {
        self.submit(device);
        device.device.poll(wgpu::PollType::wait_indefinitely()).map_err(|e| device.error(e.to_string()))?;
        device.check()
    }

    /// Seconds that the device has worked on what was recorded since the last call, by its timestamps; none if it has no
    /// timestamps. The first call starts them: what is not timed pays nothing.
    ///
    /// # Errors
    /// If the device failed, now or earlier.
    pub fn busy(&mut self, device: &Device) -> Result<Option<f64>, BackendError> {
        self.wait(device)?;
        match &mut self.timing {
            Some(timing) => timing.take(device).map(Some),
            None => {
                self.timing = Timing::new(device);
                Ok(self.timing.is_some().then_some(0.0))
            }
        }
    }

    /// Submits what was recorded and forgets the bind groups of every kernel that binds a buffer which was replaced.
    pub fn forget(&mut self, device: &Device, buffer: Buffer) {
        self.submit(device);
        let is_it =
            |binding: &Binding| matches!(binding.source, Source::Field(_, Some(named)) if named == Named::Own(buffer));
        for (pipeline, groups) in self.pipelines.iter().zip(&mut self.bind_groups) {
            if pipeline.bindings.iter().any(is_it) {
                groups.clear();
            }
        }
    }

    /// Writes to the start of a buffer, after all that was recorded.
    pub fn write(&mut self, device: &Device, buffer: &wgpu::Buffer, bytes: &[u8]) {
        self.submit(device);
        for (i, chunk) in bytes.chunks(CHUNK as usize).enumerate() {
            device.queue.write_buffer(buffer, i as u64 * CHUNK, chunk);
            device.queue.submit([]);
        }
    }

    /// Waits for all that was recorded and reads the first `size` bytes of a buffer.
    ///
    /// # Errors
    /// If the device failed, now or earlier.
    pub fn read(&mut self, device: &Device, buffer: &wgpu::Buffer, size: u64) -> Result<Vec<u8>, BackendError> {
        self.counts.read_backs += 1;
        self.counts.bytes_read += size;
        let mut bytes = Vec::with_capacity(size as usize);
        while (bytes.len() as u64) < size {
            let at = bytes.len() as u64;
            let part = (size - at).min(CHUNK);
            let staging = self.staging(device, part);
            self.encoder(device, 2 * part).copy_buffer_to_buffer(buffer, at, &staging, 0, part);
            self.take(device, staging, part, &mut bytes)?;
        }
        Ok(bytes)
    }

    /// Waits for all that was recorded and reads the first bytes of several buffers, so many of each, at once. Of a buffer of which none are
    /// asked for nothing is copied.
    ///
    /// # Errors
    /// If the device failed, now or earlier.
    pub fn read_heads<const N: usize>(
        &mut self,
        device: &Device,
        heads: [(&wgpu::Buffer, u64); N],
    ) -> Result<[Vec<u8>; N], BackendError> {
        let total = heads.iter().map(|(_, size)| size).sum();
        self.counts.read_backs += 1;
        self.counts.bytes_read += total;
        let staging = self.staging(device, total);
        let mut at = 0;
        for (buffer, size) in heads.into_iter().filter(|(_, size)| *size > 0) {
            self.encoder(device, 2 * size).copy_buffer_to_buffer(buffer, 0, &staging, at, size);
            at += size;
        }
        let mut bytes = Vec::with_capacity(total as usize);
        self.take(device, staging, total, &mut bytes)?;
        let mut rest = &bytes[..];
        Ok(heads.map(|(_, size)| rest.split_off(..size as usize).unwrap_or_default().to_vec()))
    }

    /// A buffer of at least `size` bytes that the host can read.
    fn staging(&mut self, device: &Device, size: u64) -> wgpu::Buffer {
        match self.staging.take() {
            Some(staging) if staging.size() >= size => staging,
            _ => device.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("staging"),
                size: size.max(4096),
                usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            }),
        }
    }

    /// Submits what was recorded, waits for it, and adds the first `size` bytes of the staging buffer.
    fn take(
        &mut self,
        device: &Device,
        staging: wgpu::Buffer,
        size: u64,
        bytes: &mut Vec<u8>,
    ) -> Result<(), BackendError> {
        self.submit(device);
        let slice = staging.slice(0..size);
        slice.map_async(wgpu::MapMode::Read, |_| {});
        device.device.poll(wgpu::PollType::wait_indefinitely()).map_err(|e| device.error(e.to_string()))?;
        device.check()?;
        bytes.extend_from_slice(&slice.get_mapped_range().map_err(|e| device.error(e.to_string()))?);
        staging.unmap();
        self.staging = Some(staging);
        Ok(())
    }
}

/// Binds the buffers `ids` to a kernel's variables; those of constants are the physics and the slots.
fn bind(
    device: &Device,
    fields: &Fields,
    kernel: Kernel,
    pipeline: &Pipeline,
    [physics, slots]: [&wgpu::Buffer; 2],
    ids: &[Id; MOST_BINDINGS],
) -> Bound {
    let bindings = || pipeline.bindings.iter().zip(ids);
    let entries: Vec<wgpu::BindGroupEntry> = bindings()
        .map(|(binding, &id)| wgpu::BindGroupEntry {
            binding: binding.number,
            resource: match binding.source {
                Source::Constants(Constants::Physics) => physics.as_entire_binding(),
                Source::Constants(constants) if constants.in_slot() => {
                    let size = NonZeroU64::new(u64::from(SLOT));
                    wgpu::BindingResource::Buffer(wgpu::BufferBinding { buffer: slots, offset: 0, size })
                }
                _ => fields.buffer(id).as_entire_binding(),
            },
        })
        .collect();
    let group = device.device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some(kernel.name()),
        layout: &pipeline.layout,
        entries: &entries,
    });
    // constants move nothing, whatever buffer their number is that of; a buffer may be given to several variables
    let moving = |moved: fn(&Binding) -> bool| -> BTreeSet<Id> {
        bindings().filter(|(binding, _)| moved(binding)).map(|(_, &id)| id).collect()
    };
    let (read, written) = (moving(|binding| binding.reads), moving(|binding| binding.writes));
    Bound { group, bytes: read.iter().chain(&written).map(|&id| fields.buffer(id).size()).sum() }
}

fn begin(device: &Device, timing: &mut Option<Timing>) -> Recording {
    let mut encoder = device.device.create_command_encoder(&Default::default());
    timing.iter_mut().for_each(|timing| timing.begin(&mut encoder));
    Recording { pass: None, encoder }
}

/// Fills the next slot; its offset.
fn slot(written: &mut Vec<u8>, constants: &[u8]) -> u32 {
    let offset = written.len();
    written.extend_from_slice(constants);
    written.resize(offset + SLOT as usize, 0);
    offset as u32
}
