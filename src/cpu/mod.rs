//! The CPU backend: plain loops in f64 on all cores, the preconditioner in f32. Runs where there is no GPU, and is what
//! the shaders are held against.

mod apply;
pub(crate) mod balance;
mod distance;
mod front;
mod hierarchy;
pub(crate) mod interface;
mod inventory;
mod kinetics;
mod lanes;
mod nucleate;
pub(crate) mod probe;
mod reaction;
mod residual;
mod shape;
mod smooth;
mod sum;
mod transport;
mod vectors;

use hierarchy::Level;
use probe::Probe;
use reaction::Local;
use shape::Shape;

use crate::model::collector::Statics;
use crate::model::grid::Grid;
use crate::model::nucleation::Cap;
use crate::model::parameters::Setup;
use crate::model::scales::Scales;
use crate::model::uniforms::{Physics, StepUniforms};
use crate::solver::backend::{Backend, BackendError, Balance, DIRECTIONS, Field, Forcing, Inventory, State, Vector};

/// All fields of a run, x fastest.
pub struct Cpu {
    grid: Grid,
    shape: Shape,
    physics: Physics,
    step: StepUniforms,
    table: Vec<[f32; 4]>,
    accessible: Vec<f64>,
    copper_area: Vec<f64>,
    heterogeneity: Vec<f64>,
    xi: Vec<f64>,
    xi_next: Vec<f64>,
    /// (φ less reference, c/c0 − 1)
    u: Vec<[f64; 2]>,
    u_old: Vec<[f64; 2]>,
    current_old: Vec<f64>,
    q: Vec<f64>,
    delta: Vec<f64>,
    curvature: Vec<f64>,
    probe: Vec<Probe>,
    /// ψκ, ψκ_D/c, ψD, t₊
    transport: Vec<[f64; 4]>,
    /// derivatives of ψκ, ψκ_D/c and ψD with respect to c
    transport_by_c: Vec<[f64; 3]>,
    /// i, ∂i/∂φ, ∂i/∂c
    rate: Vec<[f64; 3]>,
    local: Vec<Local>,
    residual: Vec<[f64; 2]>,
    correction: Vec<[f64; 2]>,
    directions: [Vec<[f64; 2]>; DIRECTIONS],
    images: [Vec<[f64; 2]>; DIRECTIONS],
    hierarchy: Vec<Level>,
    coefficient: f64,
    damping: f64,
    forcing: Option<Forcing>,
}

/// Bytes of main memory that this backend needs for each cell.
pub const BYTES_PER_CELL: usize = 8 * (3 + 2 + 4 + 4 + 3 + 5 + 4 + 3 + 6 + 4 + 4 * DIRECTIONS) + 4 * 14 * 8 / 7;

impl Cpu {
    /// Fields of a run at rest, without lithium, at its initial concentration and potential.
    pub fn new(setup: &Setup, statics: &Statics) -> Self {
        let grid = setup.grid;
        let shape = Shape { nx: grid.nx, ny: grid.ny, nz: grid.nz };
        let n = grid.cells();
        let scales = Scales::new(setup);
        let wide = |f: &[f32]| f.iter().map(|&v| f64::from(v)).collect::<Vec<f64>>();
        Self {
            grid,
            shape,
            physics: scales.physics(setup),
            step: StepUniforms::default(),
            table: scales.transport_table(&setup.electrolyte, setup.temperature),
            accessible: wide(&statics.accessible),
            copper_area: wide(&statics.copper_area),
            heterogeneity: wide(&statics.heterogeneity),
            xi: vec![0.0; n],
            xi_next: vec![0.0; n],
            u: vec![[0.0; 2]; n],
            u_old: vec![[0.0; 2]; n],
            current_old: vec![0.0; n],
            q: vec![0.0; n],
            delta: vec![0.0; n],
            curvature: vec![0.0; n],
            probe: vec![Probe::default(); n],
            transport: vec![[0.0; 4]; n],
            transport_by_c: vec![[0.0; 3]; n],
            rate: vec![[0.0; 3]; n],
            local: vec![Local::default(); n],
            residual: vec![[0.0; 2]; n],
            correction: vec![[0.0; 2]; n],
            directions: std::array::from_fn(|_| vec![[0.0; 2]; n]),
            images: std::array::from_fn(|_| vec![[0.0; 2]; n]),
            hierarchy: hierarchy::hierarchy(shape),
            coefficient: 0.0,
            damping: 1.0,
            forcing: None,
        }
    }
}

impl Backend for Cpu {
    fn device(&self) -> String {
        format!("CPU, {} threads, f64", rayon::current_num_threads())
    }

    fn bytes_per_cell(&self) -> usize {
        BYTES_PER_CELL
    }

    fn tolerance(&self) -> f64 {
        // rounding would allow 1e-12; the local current is then as exact as any measured parameter could make it
        1e-6
    }

    fn rounding(&self) -> f64 {
        // measured on a sphere at rest, 44³, potentials of 10 RT/F: 2e-16
        1e-15
    }

    fn may_stall(&self) -> bool {
        false
    }

    fn levels(&self) -> usize {
        self.hierarchy.len()
    }

    fn force(&mut self, forcing: Option<Forcing>) -> Result<(), BackendError> {
        self.forcing = forcing;
        Ok(())
    }

    fn load(&mut self, state: &State) -> Result<(), BackendError> {
        self.xi.copy_from_slice(&state.xi);
        for (i, u) in self.u.iter_mut().enumerate() {
            *u = [state.phi[i], state.c[i]];
            self.rate[i][0] = state.current[i];
        }
        Ok(())
    }

    fn state(&mut self) -> Result<State, BackendError> {
        Ok(State {
            xi: self.xi.clone(),
            phi: self.u.iter().map(|u| u[0]).collect(),
            c: self.u.iter().map(|u| u[1]).collect(),
            current: self.rate.iter().map(|r| r[0]).collect(),
        })
    }

    fn field(&mut self, field: Field) -> Result<Vec<f32>, BackendError> {
        let single = |f: &[f64]| f.iter().map(|&v| v as f32).collect();
        Ok(match field {
            Field::Xi => single(&self.xi),
            Field::Phi => self.u.iter().map(|u| u[0] as f32).collect(),
            Field::C => self.u.iter().map(|u| u[1] as f32).collect(),
            Field::Current => self.rate.iter().map(|r| r[0] as f32).collect(),
            Field::Curvature => single(&self.curvature),
            Field::Delta => single(&self.delta),
            Field::Accessible => single(&self.accessible),
            Field::Distance => single(&self.q),
            Field::Kappa => self.transport.iter().map(|t| t[0] as f32).collect(),
            Field::KappaD => self.transport.iter().map(|t| t[1] as f32).collect(),
            Field::Diffusivity => self.transport.iter().map(|t| t[2] as f32).collect(),
            Field::Transference => self.transport.iter().map(|t| t[3] as f32).collect(),
            Field::SlopePhi => self.rate.iter().map(|r| r[1] as f32).collect(),
            Field::SlopeC => self.rate.iter().map(|r| r[2] as f32).collect(),
        })
    }

    fn vector(&mut self, vector: Vector) -> Result<Vec<[f64; 2]>, BackendError> {
        Ok(self.vector_of(vector).clone())
    }

    fn set_step(&mut self, step: &StepUniforms) {
        self.step = *step;
    }

    fn shift_reference(&mut self, by: f64) {
        self.shape.map(&mut self.u, |_, _, _, _, u| u[0] -= by);
    }

    fn begin_step(&mut self) {
        self.u_old.copy_from_slice(&self.u);
        self.current_old.iter_mut().zip(&self.rate).for_each(|(old, rate)| *old = rate[0]);
    }

    fn undo_step(&mut self) {
        self.u.copy_from_slice(&self.u_old);
    }

    fn interface(&mut self, half_advance: f64) {
        distance::distance(self);
        interface::interface(self, half_advance);
        probe::probe(self);
    }

    fn linearise(&mut self) {
        transport::transport(self);
        kinetics::kinetics(self);
        reaction::reaction(self);
        residual::residual(self);
    }

    fn balance(&mut self) -> Result<Balance, BackendError> {
        Ok(balance::balance(self))
    }

    fn coarsen(&mut self) {
        hierarchy::coarsen(self);
    }

    fn clear_correction(&mut self) {
        self.correction.fill([0.0; 2]);
    }

    fn smooth_first(&mut self, level: usize, weight: f32) {
        if level == 0 {
            let residual = &self.residual;
            let finest = &mut self.hierarchy[0];
            for (k, b) in finest.b.iter_mut().enumerate() {
                finest.shape.map(b, |_, _, _, cell, b| *b = residual[cell.here][k] as f32);
            }
        }
        smooth::smooth_first(&mut self.hierarchy[level], weight);
    }

    fn smooth(&mut self, level: usize, weight: f32) {
        smooth::smooth(&mut self.hierarchy[level], weight);
    }

    fn restrict(&mut self, level: usize) {
        hierarchy::restrict(&mut self.hierarchy, level);
    }

    fn prolong(&mut self, level: usize) {
        hierarchy::prolong(&mut self.hierarchy, level);
    }

    fn apply(&mut self, slot: usize) {
        apply::apply(self, slot);
    }

    fn apply_uniform(&mut self, slot: usize) {
        apply::apply_uniform(self, slot);
    }

    fn project(&mut self, a: Vector, b: Vector, test: Vector) {
        self.project_vectors(a, b, test);
    }

    fn combine(&mut self, target: Vector, source: Vector, sign: f32) {
        self.combine_vectors(target, source, sign);
    }

    fn damp(&mut self, potential: f32, keep: f32) {
        self.damping = self.damping_factor(potential, keep);
    }

    fn update(&mut self) {
        self.update_unknowns();
    }

    fn deposit(&mut self, factor: f64) {
        front::deposit(self, factor);
    }

    fn restore_profile(&mut self, strength: f64) {
        distance::distance(self);
        front::restore_profile(self, strength);
    }

    fn nucleate(&mut self, seed: u32, step: u32, dt: f64) -> Result<Vec<u32>, BackendError> {
        Ok(nucleate::nucleate(self, seed, step, dt))
    }

    fn place(&mut self, caps: &[Cap]) {
        nucleate::place(self, caps);
    }

    fn inventory(&mut self) -> Result<Inventory, BackendError> {
        Ok(inventory::inventory(self))
    }
}
