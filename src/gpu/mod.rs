//! The GPU backend: the verbs as WGSL kernels through wgpu, in f32.
//!
//! φ and c are kept as two floats each within a step, so that a residual formed from differences of neighbours is as
//! precise as the fluxes themselves; what a step leaves behind is one float, which is what `state` hands out.

pub mod device;
pub mod fields;
pub mod layout;
mod queue;
mod reduce;
pub mod shader;

pub use device::{AdapterReport, Choice, GpuError, adapters};

use device::{Device, LARGEST_FIELD_PER_CELL, Need};
use fields::{Fields, Id, Level};
use queue::{Dispatch, Queue};
use reduce::Groups;
use shader::{Kernel, Kind, Shader};

use crate::model::collector::Statics;
use crate::model::nucleation::Cap;
use crate::model::parameters::Setup;
use crate::model::scales::Scales;
use crate::model::uniforms::StepUniforms;
use crate::solver::backend::{Backend, BackendError, Balance, Field, Inventory, State, Vector};

/// A run's fields on a device.
pub struct Gpu {
    device: Device,
    fields: Fields,
    queue: Queue,
    shape: [u32; 3],
    groups: Groups,
}

/// Which members of the sums are maxima, a bit for each.
const BALANCE_MAXIMA_BITS: u32 = 0xc000;
const INVENTORY_MAXIMA_BITS: u32 = 0xf0;

impl Gpu {
    /// Opens a device and makes the fields of a run on it: at rest, without lithium, with its copper. The choice may be an
    /// index in [`adapters`], or none for the best hardware.
    ///
    /// # Errors
    /// If there is no such device, the grid is too large for it, its memory too small, or it refuses a kernel.
    pub fn open(choice: impl Into<Choice>, setup: &Setup, statics: &Statics) -> Result<Self, GpuError> {
        let shaders: Vec<Shader> = Kernel::ALL.iter().map(|&kernel| Shader::new(kernel)).collect::<Result<_, _>>()?;
        let names = fields::names();
        shaders.iter().try_for_each(|shader| layout::check(shader, &names))?;
        let stored = |shader: &Shader| shader.variables.iter().filter(|v| v.kind != Kind::Uniform).count() as u32;
        let need = Need {
            largest_field: LARGEST_FIELD_PER_CELL * setup.grid.cells() as u64,
            fields_per_kernel: shaders.iter().map(stored).max().unwrap_or(0),
            shared: shaders.iter().map(|s| s.shared).max().unwrap_or(0),
            threads: shaders.iter().map(|s| s.workgroup.iter().product()).max().unwrap_or(0),
        };
        let device = Device::open(choice.into(), &need)?;
        let shape = [setup.grid.nx, setup.grid.ny, setup.grid.nz].map(|n| n as u32);
        let fields = Fields::new(&device, shape)?;
        let scales = Scales::new(setup);
        let queue = Queue::new(&device, &shaders, &scales.physics(setup))?;
        let mut gpu = Self { device, fields, queue, shape, groups: Groups::new(shape) };
        gpu.write("accessible", bytemuck::cast_slice(&statics.accessible));
        gpu.write("copper_area", bytemuck::cast_slice(&statics.copper_area));
        gpu.write("heterogeneity", bytemuck::cast_slice(&statics.heterogeneity));
        let table = scales.transport_table(&setup.electrolyte, setup.temperature);
        gpu.write("table", bytemuck::cast_slice(&table));
        gpu.device.check().map_err(|BackendError::Device { device, reason }| GpuError::Device { device, reason })?;
        Ok(gpu)
    }

    fn write(&mut self, name: &'static str, bytes: &[u8]) {
        if let Some(id) = self.fields.id(name) {
            self.queue.write(&self.device, self.fields.buffer(id), bytes);
        }
    }

    fn read(&mut self, name: &'static str) -> Result<Vec<f32>, BackendError> {
        let id = self.fields.id(name).ok_or_else(|| self.device.error(format!("there is no field `{name}`")))?;
        self.read_id(id)
    }

    /// One of the two floats that a field of pairs has in each cell.
    fn half(&mut self, name: &'static str, which: usize) -> Result<Vec<f32>, BackendError> {
        Ok(self.read(name)?.into_iter().skip(which).step_by(2).collect())
    }

    fn read_id(&mut self, id: Id) -> Result<Vec<f32>, BackendError> {
        let buffer = self.fields.buffer(id);
        let bytes = self.queue.read(&self.device, buffer, buffer.size())?;
        Ok(bytemuck::pod_collect_to_vec(&bytes))
    }

    /// An operator over the whole grid.
    fn run(&mut self, kernel: Kernel, roles: &[(&str, Id)], parameters: &[u32]) {
        let dispatch = Dispatch { kernel, threads: self.shape, roles, level: None, parameters };
        self.queue.dispatch(&self.device, &self.fields, &dispatch);
    }

    /// An operator of the hierarchy over `threads` cells of a level.
    fn run_level(&mut self, kernel: Kernel, threads: [u32; 3], level: &Level, more: &[(&str, Id)], parameters: &[u32]) {
        let mut roles = vec![
            ("conduction", level.conduction),
            ("diffusion", level.diffusion),
            ("reaction_phi", level.reaction_phi),
            ("reaction_c", level.reaction_c),
            ("right", level.right),
            ("x", level.x),
            ("x_next", level.x_next),
        ];
        roles.extend_from_slice(more);
        let dispatch = Dispatch { kernel, threads, roles: &roles, level: Some(level.uniforms), parameters };
        self.queue.dispatch(&self.device, &self.fields, &dispatch);
    }

    /// A sum in two stages, `fours` times four numbers, into the field `totals`.
    fn reduce(
        &mut self,
        kernel: Kernel,
        roles: &[(&str, Id)],
        more: &[f32],
        totals: &'static str,
        fours: u32,
        maxima: u32,
    ) {
        let Groups { along: [x, y, z], planes } = self.groups;
        let parameters: Vec<u32> = std::iter::once(planes).chain(more.iter().map(|v| v.to_bits())).collect();
        let dispatch = Dispatch { kernel, threads: [16 * x, 16 * y, z], roles, level: None, parameters: &parameters };
        self.queue.dispatch(&self.device, &self.fields, &dispatch);
        let count = self.groups.count() as u32;
        let Some(id) = self.fields.id(totals) else { return };
        let dispatch = Dispatch {
            kernel: Kernel::Total,
            threads: [256 * fours, 1, 1],
            roles: &[("totals", id)],
            level: None,
            parameters: &[count, maxima],
        };
        self.queue.dispatch(&self.device, &self.fields, &dispatch);
    }

    fn totals(&mut self, fours: usize) -> Result<Vec<f64>, BackendError> {
        let totals = self.read("sums")?;
        Ok(reduce::members(&totals[..8 * fours]))
    }

    fn vector_id(&self, vector: Vector) -> Id {
        match vector {
            Vector::Correction => self.fields.id("correction").unwrap_or(0),
            Vector::Residual => self.fields.id("residual").unwrap_or(0),
            Vector::Direction(slot) => self.fields.directions[slot],
            Vector::Image(slot) => self.fields.images[slot],
        }
    }

    fn clear(&mut self, name: &'static str) {
        if let Some(id) = self.fields.id(name) {
            self.queue.clear(&self.device, self.fields.buffer(id));
        }
    }

    fn copy(&mut self, source: &'static str, target: &'static str) {
        if let (Some(source), Some(target)) = (self.fields.id(source), self.fields.id(target)) {
            self.queue.copy(&self.device, self.fields.buffer(source), self.fields.buffer(target));
        }
    }
}

impl Backend for Gpu {
    fn device(&self) -> String {
        self.device.name.clone()
    }

    fn bytes_per_cell(&self) -> usize {
        fields::bytes(1) as usize
    }

    /// Measured with the step's own states (nuclei on rough copper, dt from 2e-4 to 14 s): the residual stalls at 2e-7 to
    /// 1.0e-6 on 32³ and at 3e-7 to 1.5e-6 on 64³, the imbalance of charge at 1e-8. It is made of the rounding of fluxes
    /// in all cells and judged by the reaction in the interface's, so that it grows as the root of the height.
    fn tolerance(&self) -> f64 {
        3e-6 * (f64::from(self.shape[2]) / 64.0).sqrt().max(1.0)
    }

    fn levels(&self) -> usize {
        self.fields.levels.len()
    }

    fn load(&mut self, state: &State) -> Result<(), BackendError> {
        let single = |f: &[f64]| f.iter().map(|&v| v as f32).collect::<Vec<f32>>();
        let pairs: Vec<[f32; 2]> = state.phi.iter().zip(&state.c).map(|(&p, &c)| [p as f32, c as f32]).collect();
        self.write("xi", bytemuck::cast_slice(&single(&state.xi)));
        self.write("u", bytemuck::cast_slice(&pairs));
        self.write("current", bytemuck::cast_slice(&single(&state.current)));
        self.clear("u_low");
        self.device.check()
    }

    fn state(&mut self) -> Result<State, BackendError> {
        let wide = |f: Vec<f32>| f.into_iter().map(f64::from).collect::<Vec<f64>>();
        let u = self.read("u")?;
        Ok(State {
            xi: wide(self.read("xi")?),
            phi: u.iter().step_by(2).map(|&v| f64::from(v)).collect(),
            c: u.iter().skip(1).step_by(2).map(|&v| f64::from(v)).collect(),
            current: wide(self.read("current")?),
        })
    }

    fn field(&mut self, field: Field) -> Result<Vec<f32>, BackendError> {
        match field {
            Field::Xi => self.read("xi"),
            Field::Phi => self.half("u", 0),
            Field::C => self.half("u", 1),
            Field::Current => self.read("current"),
            Field::Curvature => self.read("curvature"),
            Field::Delta => self.read("delta"),
            Field::Accessible => self.read("accessible"),
            Field::Distance => self.read("q"),
            Field::Kappa => self.half("conduction", 0),
            Field::KappaD => self.half("conduction", 1),
            Field::Diffusivity => self.half("diffusion", 0),
            Field::Transference => self.half("diffusion", 1),
            Field::SlopePhi => self.half("slopes", 0),
            Field::SlopeC => self.half("slopes", 1),
        }
    }

    fn vector(&mut self, vector: Vector) -> Result<Vec<[f64; 2]>, BackendError> {
        let floats = self.read_id(self.vector_id(vector))?;
        Ok(floats.chunks_exact(2).map(|pair| [f64::from(pair[0]), f64::from(pair[1])]).collect())
    }

    fn set_step(&mut self, step: &StepUniforms) {
        self.queue.set_step(step);
    }

    fn shift_reference(&mut self, by: f64) {
        self.run(Kernel::Shift, &[], &[(by as f32).to_bits()]);
    }

    fn begin_step(&mut self) {
        self.copy("u", "u_old");
        self.clear("u_low");
    }

    fn undo_step(&mut self) {
        self.copy("u_old", "u");
        self.clear("u_low");
    }

    fn interface(&mut self) {
        self.run(Kernel::Distance, &[], &[]);
        self.run(Kernel::InterfaceShape, &[], &[]);
    }

    fn linearise(&mut self) {
        for kernel in [Kernel::Transport, Kernel::Kinetics, Kernel::Reaction, Kernel::FormResidual] {
            self.run(kernel, &[], &[]);
        }
    }

    fn balance(&mut self) -> Result<Balance, BackendError> {
        self.reduce(Kernel::Balance, &[], &[], "sums", 4, BALANCE_MAXIMA_BITS);
        Ok(Balance::from_slice(&self.totals(4)?))
    }

    fn coarsen(&mut self) {
        for level in 1..self.fields.levels.len() {
            let (fine, coarse) = (self.fields.levels[level - 1], self.fields.levels[level]);
            let roles = [
                ("coarse_conduction", coarse.conduction),
                ("coarse_diffusion", coarse.diffusion),
                ("coarse_reaction_phi", coarse.reaction_phi),
                ("coarse_reaction_c", coarse.reaction_c),
            ];
            self.run_level(Kernel::Coarsen, coarse.shape, &fine, &roles, &[]);
        }
    }

    fn clear_correction(&mut self) {
        self.clear("correction");
    }

    fn smooth_first(&mut self, level: usize, weight: f32) {
        let level = self.fields.levels[level];
        self.run_level(Kernel::SmoothFirst, level.shape, &level, &[], &[weight.to_bits()]);
    }

    fn smooth(&mut self, level: usize, weight: f32) {
        let here = self.fields.levels[level];
        self.run_level(Kernel::SmoothNext, here.shape, &here, &[], &[weight.to_bits()]);
        let here = &mut self.fields.levels[level];
        std::mem::swap(&mut here.x, &mut here.x_next);
    }

    fn restrict(&mut self, level: usize) {
        let (fine, coarse) = (self.fields.levels[level], self.fields.levels[level + 1]);
        self.run_level(Kernel::RestrictDefect, coarse.shape, &fine, &[("coarse_right", coarse.right)], &[]);
    }

    fn prolong(&mut self, level: usize) {
        let (fine, coarse) = (self.fields.levels[level], self.fields.levels[level + 1]);
        self.run_level(Kernel::Prolong, fine.shape, &fine, &[("coarse_x", coarse.x)], &[]);
    }

    fn apply(&mut self, slot: usize) {
        let roles = [
            ("x", self.fields.levels[0].x),
            ("direction", self.fields.directions[slot]),
            ("image", self.fields.images[slot]),
        ];
        self.run(Kernel::Apply, &roles, &[]);
    }

    fn project(&mut self, a: Vector, b: Vector) {
        let roles = [("a", self.vector_id(a)), ("b", self.vector_id(b))];
        self.reduce(Kernel::Project, &roles, &[], "product", 1, 0);
    }

    fn combine(&mut self, target: Vector, source: Vector, sign: f32) {
        let roles = [("a", self.vector_id(target)), ("b", self.vector_id(source))];
        self.run(Kernel::Combine, &roles, &[sign.to_bits()]);
    }

    fn damp(&mut self, potential: f32, keep: f32) {
        self.reduce(Kernel::Damp, &[], &[potential, keep], "need", 1, 0xf);
    }

    fn update(&mut self) {
        self.run(Kernel::Update, &[], &[]);
    }

    fn deposit(&mut self, factor: f64) {
        self.run(Kernel::Deposit, &[], &[(factor as f32).to_bits()]);
    }

    fn restore_profile(&mut self, strength: f64) {
        self.run(Kernel::Distance, &[], &[]);
        self.run(Kernel::RestoreProfile, &[], &[(strength as f32).to_bits()]);
        self.fields.swap("xi", "xi_next");
    }

    fn nucleate(&mut self, seed: u32, step: u32, dt: f64) -> Result<Vec<u32>, BackendError> {
        loop {
            let Some(id) = self.fields.id("fired") else { return Ok(Vec::new()) };
            let room = self.fields.buffer(id).size() / 4;
            self.clear("fired");
            self.run(Kernel::Nucleate, &[], &[seed, step, (dt as f32).to_bits()]);
            // the count first: most steps make no nucleus
            let count = self.queue.read(&self.device, self.fields.buffer(id), 4)?;
            let count = u64::from(u32::from_le_bytes([count[0], count[1], count[2], count[3]]));
            if count == 0 {
                return Ok(Vec::new());
            }
            if count < room {
                let list = self.queue.read(&self.device, self.fields.buffer(id), 4 * (1 + count))?;
                let mut cells: Vec<u32> = bytemuck::pod_collect_to_vec::<u8, u32>(&list)[1..].to_vec();
                cells.sort_unstable();
                return Ok(cells);
            }
            self.fields.grow(&self.device, "fired", 4 * (count + 1));
            self.queue.forget(&self.device, Kernel::Nucleate);
        }
    }

    fn place(&mut self, caps: &[Cap]) {
        let list: Vec<[f32; 4]> = caps
            .iter()
            .map(|cap| [cap.centre[0] as f32, cap.centre[1] as f32, cap.centre[2] as f32, cap.radius as f32])
            .collect();
        if self.fields.grow(&self.device, "caps", 16 * list.len() as u64) {
            self.queue.forget(&self.device, Kernel::Place);
        }
        self.write("caps", bytemuck::cast_slice(&list));
        self.run(Kernel::Place, &[], &[list.len() as u32]);
    }

    fn inventory(&mut self) -> Result<Inventory, BackendError> {
        self.reduce(Kernel::Inventory, &[], &[], "sums", 2, INVENTORY_MAXIMA_BITS);
        let m = self.totals(2)?;
        Ok(Inventory { lithium: m[0], salt: m[1], area: m[2], height: m[4], overshoot: m[5] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::electrolyte::Electrolyte;
    use crate::model::grid::Grid;
    use crate::model::parameters::*;

    fn setup() -> Setup {
        Setup {
            name: "test".into(),
            grid: Grid { nx: 4, ny: 4, nz: 16, dx: 1e-6 },
            ell: 1e-6,
            temperature: 298.15,
            electrolyte: Electrolyte::Nyman,
            kinetics: Kinetics {
                i0: 10.0,
                alpha: 0.5,
                c_ref: 1000.0,
                film: 0.0,
                gamma: 0.0,
                pressure: 0.0,
                double_layer: 0.0,
                heterogeneity: None,
            },
            collector: Collector { height: 4e-6, shape: CollectorShape::Flat, contact_angle: 1.5 },
            deposit: InitialDeposit::None,
            nucleation: Nucleation::None,
            separator: None,
            top: Top { control: Control::Current(1.0), salt: Salt::Reservoir, c0: 1000.0, initial_potential: 0.0 },
            end: End::default(),
            output: Output {
                fields: Vec::new(),
                keep_bits: None,
                snapshot_charge: None,
                snapshot_time: None,
                metrics_steps: 1,
                checkpoint_steps: 1,
            },
            time_step: TimeStep {
                cfl: 0.1,
                concentration: 0.1,
                potential: 0.01,
                first: 1.0,
                smallest: 1e-9,
                largest: 1.0,
            },
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
        gpu.interface();
        gpu.linearise();
        let error = gpu.balance();
        assert!(matches!(error, Err(BackendError::Device { .. })), "{error:?}");
        println!("{}", error.unwrap_err());
        gpu.place(&[Cap { centre: [1.0; 3], radius: 3.0 }]);
        assert!(gpu.nucleate(1, 1, 1.0).is_err() && gpu.state().is_err() && gpu.inventory().is_err());
    }
}
