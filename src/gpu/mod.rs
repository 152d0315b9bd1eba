//! The GPU backend: the verbs as WGSL kernels through wgpu, in f32.
//!
//! φ and c are kept as two floats each within a step, so that a residual formed from differences of neighbours is as
//! precise as the fluxes themselves; what a step leaves behind is one float, which is what `state` hands out.

mod adapter;
mod ahead;
mod copies;
pub mod device;
mod error;
pub mod fields;
mod isolated;
mod kernel;
pub mod layout;
pub mod mechanism;
mod queue;
mod reduce;
pub mod shader;
mod timing;
mod trapped;
mod verbs;

pub use adapter::{AdapterReport, Choice, LARGEST_FIELD_PER_CELL, adapters, least_memory};
pub use error::GpuError;

use device::{Device, Need};
use fields::{Buffer, Fields, Id, Level, RidingBuffer};
use layout::Role;
use mechanism::GpuMechanism;
use queue::{Dispatch, Queue};
use reduce::Groups;
use shader::{Kernel, Shader};

use crate::mechanisms;
use crate::mechanisms::devices::on_gpu;
use crate::model::collector::Statics;
use crate::model::parameters::Setup;
use crate::model::scales::Scales;
use crate::solver::backend::{BackendError, Vector};

/// A run's fields on a device.
pub struct Gpu {
    device: Device,
    fields: Fields,
    queue: Queue,
    shape: [u32; 3],
    groups: Groups,
    /// what rides on the surface, in the order of the table
    mechanisms: [Option<Box<dyn GpuMechanism>>; mechanisms::COUNT],
    /// whether the distance to the interface is that of the beginning of a step
    distance_before: bool,
    /// first cells of the isolated pieces of lithium, in the order of their rows
    isolated: Vec<u32>,
    /// whether `label` has found salt that is spent, and looked for trapped cells
    trapped: bool,
    /// what was found since ξ has changed
    found: ahead::Found,
}

impl Gpu {
    /// Opens a device and makes the fields of a run on it: at rest, without lithium, with its copper. The choice may be an
    /// index in [`adapters`], or none for the best hardware.
    ///
    /// # Errors
    /// If there is no such device, the grid is too large for it, its memory too small, or it refuses a kernel.
    pub fn open(choice: impl Into<Choice>, setup: &Setup, statics: &Statics) -> Result<Self, GpuError> {
        let shaders: Vec<Shader> = Kernel::ALL.iter().map(|&kernel| Shader::new(kernel)).collect::<Result<_, _>>()?;
        Self::open_with(choice, setup, statics, &shaders)
    }

    /// Opens a device with other texts of the kernels, which must keep to the same buffers: with them tests try arithmetic that other
    /// devices may have.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    #[doc(hidden)]
    pub fn open_with(
        choice: impl Into<Choice>,
        setup: &Setup,
        statics: &Statics,
        shaders: &[Shader],
    ) -> Result<Self, GpuError> {
        let names = fields::names();
        shaders.iter().try_for_each(|shader| layout::check(shader, &names))?;
        let device = Device::open(choice.into(), &Need::of(shaders, setup.grid.cells()))?;
        let shape = [setup.grid.nx, setup.grid.ny, setup.grid.nz].map(|n| n as u32);
        let scales = Scales::new(setup);
        let mechanisms = on_gpu(setup, &scales);
        let fields = Fields::new(&device, shape, buffers_of(&mechanisms).as_deref())?;
        let queue = Queue::new(&device, shaders, &scales.physics(setup))?;
        let mut gpu = Self {
            device,
            fields,
            queue,
            shape,
            groups: Groups::new(shape),
            mechanisms,
            distance_before: setup.mechanisms.bend_distance(),
            isolated: Vec::new(),
            trapped: false,
            found: ahead::Found::default(),
        };
        gpu.write(Buffer::Accessible, bytemuck::cast_slice(&statics.accessible));
        gpu.write(Buffer::CopperArea, bytemuck::cast_slice(&statics.copper_area));
        gpu.write(Buffer::Heterogeneity, bytemuck::cast_slice(&statics.heterogeneity));
        gpu.write(Buffer::PatternShare, bytemuck::cast_slice(&statics.pattern));
        let table = scales.transport_table(&setup.electrolyte, setup.temperature);
        gpu.write(Buffer::Table, bytemuck::cast_slice(&table));
        gpu.device.check().map_err(|BackendError::Device { device, reason }| GpuError::Device { device, reason })?;
        Ok(gpu)
    }

    /// Bind groups that were made and are kept, one for each choice of buffers that a kernel was given.
    #[doc(hidden)]
    pub fn bind_groups(&self) -> usize {
        self.queue.bind_groups()
    }

    /// Coefficients of the preconditioner on the finest level, as bits: ψκ, ψκ_D/c, ψD, and the derivatives of the local terms.
    ///
    /// # Errors
    /// If the device failed.
    #[doc(hidden)]
    pub fn preconditioner_bits(&mut self) -> Result<Vec<[u16; 7]>, BackendError> {
        let mut words = [Buffer::LevelTransport, Buffer::LevelReaction].into_iter().map(|buffer| self.read(buffer));
        let (Some(transport), Some(local)) = (words.next().transpose()?, words.next().transpose()?) else {
            return Ok(Vec::new());
        };
        let unpacked = |pair: &[f32]| {
            let [low, high] = [pair[0].to_bits(), pair[1].to_bits()];
            [low, low >> 16, high, high >> 16].map(|bits| bits as u16)
        };
        let cells = transport.chunks_exact(2).zip(local.chunks_exact(2));
        let cell = |(transport, local): (&[f32], &[f32])| {
            let ([a, b, c, _], [d, e, f, g]) = (unpacked(transport), unpacked(local));
            [a, b, c, d, e, f, g]
        };
        Ok(cells.map(cell).collect())
    }

    /// Cells of the box.
    pub(crate) fn cells(&self) -> usize {
        self.shape.iter().map(|&n| n as usize).product()
    }

    fn write(&mut self, buffer: Buffer, bytes: &[u8]) {
        self.queue.write(&self.device, self.fields.buffer(self.fields.id(buffer)), bytes);
    }

    fn read(&mut self, buffer: Buffer) -> Result<Vec<f32>, BackendError> {
        self.read_id(self.fields.id(buffer))
    }

    /// One of the two floats that a field of pairs has in each cell.
    fn half(&mut self, buffer: Buffer, which: usize) -> Result<Vec<f32>, BackendError> {
        Ok(self.read(buffer)?.into_iter().skip(which).step_by(2).collect())
    }

    /// Both floats that a field of pairs has in each cell, from one read-back.
    fn halves(&mut self, buffer: Buffer) -> Result<[Vec<f32>; 2], BackendError> {
        let pairs = self.read(buffer)?;
        Ok([0, 1].map(|which| pairs.iter().copied().skip(which).step_by(2).collect()))
    }

    fn read_id(&mut self, id: Id) -> Result<Vec<f32>, BackendError> {
        let buffer = self.fields.buffer(id);
        let bytes = self.queue.read(&self.device, buffer, buffer.size())?;
        Ok(bytemuck::pod_collect_to_vec(&bytes))
    }

    /// An operator over the whole grid.
    fn run(&mut self, kernel: Kernel, roles: &[(Role, Id)], parameters: &[u32]) {
        let dispatch = Dispatch { kernel, threads: self.shape, roles, level: None, parameters };
        self.queue.dispatch(&self.device, &self.fields, &dispatch);
    }

    /// An operator of the hierarchy over `threads` cells of a level, whose fields it is given beside those of the roles.
    fn run_level(
        &mut self,
        kernel: Kernel,
        threads: [u32; 3],
        level: &Level,
        roles: &[(Role, Id)],
        parameters: &[u32],
    ) {
        let dispatch = Dispatch { kernel, threads, roles, level: Some(level), parameters };
        self.queue.dispatch(&self.device, &self.fields, &dispatch);
    }

    /// A sum in two stages, `fours` times four numbers, into the field `totals`.
    fn reduce(&mut self, kernel: Kernel, roles: &[(Role, Id)], more: &[u32], totals: Buffer, fours: u32, maxima: u32) {
        let Groups { along: [x, y, z], planes } = self.groups;
        let parameters: Vec<u32> = std::iter::once(planes).chain(more.iter().copied()).collect();
        let dispatch = Dispatch { kernel, threads: [16 * x, 16 * y, z], roles, level: None, parameters: &parameters };
        self.queue.dispatch(&self.device, &self.fields, &dispatch);
        let count = self.groups.count() as u32;
        let dispatch = Dispatch {
            kernel: Kernel::Total,
            threads: [256 * fours, 1, 1],
            roles: &[(Role::Totals, self.fields.id(totals))],
            level: None,
            parameters: &[count, maxima],
        };
        self.queue.dispatch(&self.device, &self.fields, &dispatch);
    }

    /// Scalar products of `a`, or of the uniform potential, with one to four others.
    fn products(&mut self, a: Option<Id>, tests: &[Id]) {
        let Some(&first) = tests.first() else { return };
        let at = |k: usize| tests.get(k).copied().unwrap_or(first);
        let roles = [
            (Role::A, a.unwrap_or(first)),
            (Role::Test0, at(0)),
            (Role::Test1, at(1)),
            (Role::Test2, at(2)),
            (Role::Test3, at(3)),
        ];
        let parameters = [tests.len() as u32, u32::from(a.is_none())];
        self.reduce(Kernel::Project, &roles, &parameters, Buffer::Product, 1, 0);
    }

    /// residual −= its share along an image, by the last products; the slot is that of the image, or the one after all of them for the uniform
    /// potential's.
    fn follow(&mut self, slot: usize, image: Id) {
        self.run(Kernel::GoAlong, &[(Role::Image, image)], &[slot as u32]);
    }

    fn totals(&mut self, fours: usize) -> Result<Vec<f64>, BackendError> {
        let totals = self.read(Buffer::Sums)?;
        Ok(reduce::members(&totals[..8 * fours]))
    }

    fn vector_id(&self, vector: Vector) -> Id {
        match vector {
            Vector::Correction => self.fields.id(Buffer::Correction),
            Vector::Residual => self.fields.id(Buffer::Residual),
            Vector::Direction(slot) => self.fields.directions[slot],
            Vector::Image(slot) => self.fields.images[slot],
        }
    }

    /// ξ in the middle of the step: in the room of the next one until `restore_profile` makes that.
    fn mid(&self) -> Id {
        self.fields.id(Buffer::XiNext)
    }

    fn clear(&mut self, buffer: Buffer) {
        self.queue.clear(&self.device, self.fields.buffer(self.fields.id(buffer)));
    }

    fn copy(&mut self, source: Buffer, target: Buffer) {
        let [source, target] = [source, target].map(|buffer| self.fields.buffer(self.fields.id(buffer)));
        self.queue.copy(&self.device, source, target);
    }
}

/// Buffers of the mechanisms that are switched on, if any is.
fn buffers_of(mechanisms: &[Option<Box<dyn GpuMechanism>>]) -> Option<Vec<RidingBuffer>> {
    let on: Vec<&dyn GpuMechanism> = mechanisms.iter().flatten().map(|on| &**on).collect();
    (!on.is_empty()).then(|| on.into_iter().flat_map(|on| on.buffers().iter().copied()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::electrolyte::Electrolyte;
    use crate::model::grid::Grid;
    use crate::model::keys::defaults;
    use crate::model::nucleation::Cap;
    use crate::model::parameters::*;
    use crate::solver::backend::{Backend, Firing};

    fn setup() -> Setup {
        Setup {
            name: "test".into(),
            grid: Grid { nx: 4, ny: 4, nz: 16, dx: 1e-6 },
            ell: 1e-6,
            temperature: 298.15,
            activation: Activation::default(),
            electrolyte: Electrolyte::Nyman,
            kinetics: Kinetics { i0: 10.0, ..defaults() },
            mechanisms: Default::default(),
            collector: Collector { height: 4e-6, shape: CollectorShape::Flat, contact_angle: 1.5, pattern: None },
            deposit: InitialDeposit::None,
            nucleation: Nucleation::None,
            separator: None,
            top: Top {
                control: Control::Current(1.0),
                salt: Salt::Reservoir,
                c0: 1000.0,
                initial_potential: 0.0,
                compliance: None,
                column: None,
            },
            cathode: None,
            protocol: Default::default(),
            cell: None,
            end: End::default(),
            output: Output { fields: Vec::new(), metrics_steps: 1, checkpoint_steps: 1, ..defaults() },
            time_step: TimeStep { cfl: 0.1, concentration: 0.1, first: 1.0, largest: 1.0, ..defaults() },
        }
    }

    /// A device that goes away is an error of the next verb that returns a value, and of every one after it.
    #[test]
    fn a_lost_device_is_an_error() {
        if std::env::var_os("LIPLATE_TEST_NO_GPU").is_some() {
            println!("NOT RUN: LIPLATE_TEST_NO_GPU is set");
            return;
        }
        let setup = setup();
        let statics = Statics::new(&setup, &[4e-6; 16]);
        let mut gpu = Gpu::open(Choice::Any, &setup, &statics).unwrap_or_else(|error| panic!("{error}"));
        assert!(gpu.inventory().is_ok());
        gpu.device.device.destroy();
        gpu.interface(0.0);
        gpu.linearise();
        let error = gpu.balance();
        assert!(matches!(error, Err(BackendError::Device { .. })), "{error:?}");
        println!("{}", error.unwrap_err());
        gpu.place(&[Cap { centre: [1.0; 3], radius: 3.0 }], 0);
        assert!(
            gpu.nucleate(Firing { seed: 1, step: 1, dt: 1.0 }).is_err()
                && gpu.state().is_err()
                && gpu.inventory().is_err()
        );
    }
}
