//! The CPU backend: runs where there is no GPU, and is what the shaders are held against.
//!
//! Each field is an array of its own, x fastest. An operator works on a strip of rows at a time, in a loop that the compiler turns
//! into the widest vectors that the processor has (`multiversion` picks them at run time; the numbers are the same), strips in
//! parallel on all cores (`shape`). What makes the solution is f64: ξ, φ, c, the residual, the correction. What only has to make the
//! residual small, and the coefficients, are f32: the preconditioner, search directions and their images.

// Loops over a strip count its cells: with an iterator in their head the compiler keeps a second way out of the loop, and up to a whole
// vector of cells at the end of every strip is computed one by one.
#![allow(clippy::needless_range_loop)]

mod apply;
mod balance;
mod distance;
mod elementary;
mod equations;
mod front;
mod hierarchy;
pub(crate) mod interface;
mod inventory;
mod isolated;
mod kinetics;
pub(crate) mod mechanism;
mod normals;
mod nucleate;
pub mod potential;
pub(crate) mod probe;
mod reaction;
mod residual;
pub(crate) mod shape;
mod smooth;
mod sum;
mod transport;
mod trapped;
mod vectors;

use hierarchy::{Bfloat16, Coefficients, Level};
use isolated::Isolated;
use mechanism::{Contribution, OnSurface, Surface};
use probe::Probes;
use shape::{Shape, fields};
use transport::Table;
use vectors::Along;

use crate::mechanisms::devices::on_cpu;
use crate::mechanisms::{self, PerMechanism, StepStart};
use crate::model::collector::Statics;
use crate::model::grid::Grid;
use crate::model::nucleation::Cap;
use crate::model::parameters::Setup;
use crate::model::scales::Scales;
use crate::model::uniforms::{Physics, StepUniforms};
use crate::solver::backend::{
    Backend, BackendError, Balance, DIRECTIONS, Field, Firing, Forcing, Inventory, Pieces, State, Vector,
};
use crate::solver::multigrid::Levels;

/// All fields of a run, x fastest.
pub struct Cpu {
    grid: Grid,
    shape: Shape,
    physics: Physics,
    step: StepUniforms,
    table: Table,
    accessible: Vec<f64>,
    copper_area: Vec<f64>,
    heterogeneity: Vec<f64>,
    /// how far each column is inside the pattern on the copper, 0 to 1, nx × ny
    pattern_share: Vec<f64>,
    xi: Vec<f64>,
    /// ξ in the middle of the step from `interface` on; from `restore_profile` on, room
    xi_next: Vec<f64>,
    /// (φ less reference, c/c0 − 1)
    u: [Vec<f64>; 2],
    u_old: [Vec<f64>; 2],
    current_old: Vec<f64>,
    q: Vec<f64>,
    delta: Vec<f64>,
    curvature: Vec<f64>,
    probes: Probes,
    isolated: Isolated,
    /// whether a cell leads to no electrolyte that is joined to the top of the box; empty unless `label` has looked and found spent salt
    trapped: Vec<bool>,
    /// whether a cell is trapped and its salt spent, from `interface` on
    closed: Vec<bool>,
    /// t₊
    transference: Vec<f64>,
    /// derivatives of ψκ, ψκ_D/c and ψD with respect to c
    transport_by_c: [Vec<f32>; 3],
    /// i, ∂i/∂φ, ∂i/∂c
    rate: [Vec<f64>; 3],
    /// what rides on the surface, in the order of the table
    mechanisms: [Option<Box<dyn OnSurface>>; mechanisms::COUNT],
    /// current that mechanisms take, part of the current, and resistance that they add to the film; empty without them
    side: [Vec<f64>; 2],
    /// what the drive loses beside capillarity and stress, and the factor of the exchange current; empty without mechanisms
    law: [Vec<f64>; 2],
    residual: [Vec<f64>; 2],
    /// sums over both equations, as the residual has them
    balance: Balance,
    correction: [Vec<f64>; 2],
    directions: [[Vec<f32>; 2]; DIRECTIONS],
    images: [[Vec<f32>; 2]; DIRECTIONS],
    along: Along,
    /// of both equations; the preconditioner has its own
    coefficients: Coefficients,
    hierarchy: Vec<Level>,
    damping: f64,
    forcing: Option<Forcing>,
}

/// Bytes of main memory that this backend needs for each cell, if all cells react: twenty-one fields in f64, by_c, coefficients, directions and
/// images in f32, six in f32 and seven of 16 bits on all levels, the piece that it belongs to, whether it is trapped and closed, and a probe.
pub const BYTES_PER_CELL: usize =
    4 + 2 + 8 * 21 + 4 * (3 + 7 + 4 * DIRECTIONS) + (4 * 6 + 2 * 7) * 8 / 7 + size_of::<probe::Probe>();

impl Cpu {
    /// Fields of a run at rest, without lithium, at its initial concentration and potential.
    pub fn new(setup: &Setup, statics: &Statics) -> Self {
        let grid = setup.grid;
        let shape = Shape::from(&grid);
        let n = grid.cells();
        let scales = Scales::new(setup);
        let physics = scales.physics(setup);
        let with_mechanisms = if physics.mechanisms == 1 { n } else { 0 };
        Self {
            grid,
            shape,
            physics,
            step: StepUniforms::default(),
            table: Table::new(&scales.transport_table(&setup.electrolyte, setup.temperature)),
            accessible: wide(&statics.accessible),
            copper_area: wide(&statics.copper_area),
            heterogeneity: wide(&statics.heterogeneity),
            pattern_share: wide(&statics.pattern),
            xi: vec![0.0; n],
            xi_next: vec![0.0; n],
            u: none(n),
            u_old: none(n),
            current_old: vec![0.0; n],
            q: vec![0.0; n],
            delta: vec![0.0; n],
            curvature: vec![0.0; n],
            probes: Probes::default(),
            isolated: Isolated::new(n),
            trapped: Vec::new(),
            closed: vec![false; n],
            transference: vec![0.0; n],
            transport_by_c: none(n),
            rate: none(n),
            mechanisms: on_cpu(setup, &scales),
            side: none(with_mechanisms),
            law: none(with_mechanisms),
            residual: none(n),
            balance: Balance::from_array([0.0; Balance::<f64>::COUNT]),
            correction: none(n),
            directions: std::array::from_fn(|_| none(n)),
            images: std::array::from_fn(|_| none(n)),
            along: Along::default(),
            coefficients: Coefficients { transport: none(n), local: none(n) },
            hierarchy: hierarchy::hierarchy(shape, physics.salt == 0),
            damping: 1.0,
            forcing: None,
        }
    }
}

/// What tests hold against another backend.
#[doc(hidden)]
impl Cpu {
    /// Coefficients of the preconditioner on the finest level, as bits: ψκ, ψκ_D/c, ψD, and the derivatives of the local terms.
    pub fn preconditioner_bits(&self) -> Vec<[u16; 7]> {
        let Level { transport, local, .. } = &self.hierarchy[0];
        let at = |cell: usize| {
            let mut values = transport.iter().chain(local).map(|values| values[cell].0);
            std::array::from_fn(|_| values.next().unwrap_or_default())
        };
        (0..self.grid.cells()).map(at).collect()
    }

    /// Takes the coefficients that another backend has there, and what follows from them on the coarser levels: where a coefficient stands
    /// between two numbers of 16 bits, what two devices round it by decides which of them it is.
    pub fn take_preconditioner_bits(&mut self, bits: &[[u16; 7]]) {
        let Level { transport, local, .. } = &mut self.hierarchy[0];
        for (k, values) in transport.iter_mut().chain(local).enumerate() {
            values.iter_mut().zip(bits).for_each(|(value, bits)| *value = Bfloat16(bits[k]));
        }
        hierarchy::coarsen_packed(&mut self.hierarchy);
    }
}

/// What `liplate bench --peers` times and hands to others.
impl Cpu {
    /// ψκ, and the derivative of the charge equation's local terms with respect to φ.
    pub fn potential_operator(&self) -> [&[f32]; 2] {
        [&self.coefficients.transport[0], &self.coefficients.local[0]]
    }

    /// The coefficients of both equations.
    pub fn residual_inputs(&self) -> [(&'static str, Vec<f64>); 4] {
        let [kappa, kappa_d, diffusivity] = &self.coefficients.transport;
        [
            ("kappa", wide(kappa)),
            ("kappa_d", wide(kappa_d)),
            ("diffusivity", wide(diffusivity)),
            ("transference", self.transference.clone()),
        ]
    }

    /// The restoration by itself, with the distance as it is.
    pub fn restore_profile_alone(&mut self, strength: f64) {
        front::restore_profile(self, strength);
    }

    /// What it reads.
    pub fn restoration_inputs(&self) -> [(&'static str, Vec<f64>); 3] {
        [("xi", self.xi.clone()), ("q", self.q.clone()), ("w", self.accessible.clone())]
    }
}

impl Cpu {
    /// The fields that time changes, in the order of the state's table.
    fn prognostic(&mut self) -> [&mut Vec<f64>; State::COUNT] {
        let ([phi, c], [phi_before, c_before]) = (&mut self.u, &mut self.u_old);
        [&mut self.xi, phi, c, &mut self.rate[0], phi_before, c_before]
    }

    /// Fields of mechanisms, by their names.
    fn riding(&self) -> impl Iterator<Item = (&'static str, &[f64])> {
        self.mechanisms.iter().flatten().flat_map(|on| on.fields())
    }

    /// Hands the surface to each mechanism that is switched on, with its place in the table.
    fn with_mechanisms(&mut self, mut hand: impl FnMut(usize, &mut dyn OnSurface, &Surface)) {
        let mut all = std::mem::take(&mut self.mechanisms);
        let surface = Surface {
            physics: &self.physics,
            shape: &self.shape,
            ell: f64::from(self.physics.ell),
            xi: &self.xi,
            q: &self.q,
            accessible: &self.accessible,
            delta: &self.delta,
            c: &self.u[1],
            heterogeneity: &self.heterogeneity,
            current: &self.rate[0],
            pattern_share: &self.pattern_share,
            current_before: &self.current_old,
            probes: &self.probes,
        };
        for (place, on) in all.iter_mut().enumerate() {
            if let Some(on) = on {
                hand(place, on.as_mut(), &surface);
            }
        }
        self.mechanisms = all;
    }
}

/// A field in double precision.
pub(crate) fn wide(field: &[f32]) -> Vec<f64> {
    field.iter().map(|&v| f64::from(v)).collect()
}

/// `N` fields of zeros.
fn none<T: Copy + Default, const N: usize>(cells: usize) -> [Vec<T>; N] {
    std::array::from_fn(|_| vec![T::default(); cells])
}

impl Levels for Cpu {
    fn levels(&self) -> usize {
        self.hierarchy.len()
    }

    fn smooth_first(&mut self, level: usize, weight: f32) {
        if level == 0 {
            let residual = &self.residual;
            let finest = &mut self.hierarchy[0];
            finest.shape.strips(
                fields(&mut finest.b),
                || (),
                |(), strip, b| {
                    for (b, residual) in b.into_iter().zip(residual) {
                        b.iter_mut().zip(strip.of(residual)).for_each(|(b, &residual)| *b = residual as f32);
                    }
                },
            );
        }
        smooth::smooth_first(&mut self.hierarchy[level], weight);
    }

    fn smooth(&mut self, level: usize, weight: f32) {
        smooth::smooth(&mut self.hierarchy[level], weight);
    }

    fn restrict(&mut self, level: usize, first: Option<f32>) {
        hierarchy::restrict(&mut self.hierarchy, level, first);
    }

    fn prolong(&mut self, level: usize, weight: f32) {
        hierarchy::prolong(&mut self.hierarchy, level, weight);
    }
}

impl Backend for Cpu {
    fn device(&self) -> String {
        format!("CPU, {} threads, f64", rayon::current_num_threads())
    }

    fn bytes_per_cell(&self) -> usize {
        let shared = if self.physics.mechanisms == 1 { 8 * 4 } else { 0 };
        BYTES_PER_CELL + shared + self.mechanisms.iter().flatten().map(|on| on.bytes_per_cell()).sum::<usize>()
    }

    fn tolerance(&self) -> f64 {
        // rounding would allow 1e-12; the local current is then as exact as any measured parameter could make it
        1e-6
    }

    fn may_stall(&self) -> bool {
        false
    }

    fn force(&mut self, forcing: Option<Forcing>) -> Result<(), BackendError> {
        self.forcing = forcing;
        Ok(())
    }

    fn load(&mut self, state: &State) -> Result<(), BackendError> {
        self.prognostic().into_iter().zip(state.fixed()).for_each(|(own, given)| own.copy_from_slice(given));
        self.mechanisms.iter_mut().flatten().for_each(|on| on.load(&state.riding));
        Ok(())
    }

    fn state(&mut self) -> Result<State, BackendError> {
        let riding = self.riding().map(|(name, values)| (name, values.to_vec())).collect();
        Ok(State::from_array(self.prognostic().map(|own| own.clone()), riding))
    }

    fn field(&mut self, field: Field) -> Result<Vec<f32>, BackendError> {
        let transport = &self.coefficients.transport;
        let field: &[f64] = match field {
            Field::Kappa => return Ok(transport[0].clone()),
            Field::KappaD => return Ok(transport[1].clone()),
            Field::Diffusivity => return Ok(transport[2].clone()),
            Field::Isolated => return Ok(self.isolated.cells().map(|is| f32::from(u8::from(is))).collect()),
            Field::Xi => &self.xi,
            Field::Phi => &self.u[0],
            Field::C => &self.u[1],
            Field::Current => &self.rate[0],
            Field::Curvature => &self.curvature,
            Field::Delta => &self.delta,
            Field::Accessible => &self.accessible,
            Field::Distance => &self.q,
            Field::Transference => &self.transference,
            Field::Riding(name) => self.riding().find(|(of, _)| *of == name).map_or(&[][..], |(_, values)| values),
            Field::SlopePhi => &self.rate[1],
            Field::SlopeC => &self.rate[2],
        };
        Ok(field.iter().map(|&v| v as f32).collect())
    }

    fn vector(&mut self, vector: Vector) -> Result<Vec<[f64; 2]>, BackendError> {
        Ok(self.pairs(vector))
    }

    fn label(&mut self) -> Result<Pieces, BackendError> {
        Ok(isolated::label(self))
    }

    fn set_physics(&mut self, physics: &Physics, table: &[[f32; 4]], scales: &Scales) {
        self.mechanisms.iter_mut().flatten().for_each(|on| on.scale(scales));
        self.physics = *physics;
        self.table = Table::new(table);
    }

    fn set_step(&mut self, step: &StepUniforms) {
        self.step = *step;
    }

    fn shift_reference(&mut self, by: f64) {
        [&mut self.u, &mut self.u_old].into_iter().flat_map(|u| &mut u[0]).for_each(|phi| *phi -= by);
    }

    fn begin_step(&mut self, ahead: f64) {
        self.go_ahead(ahead);
    }

    fn undo_step(&mut self) {
        self.u.iter_mut().zip(&self.u_old).for_each(|(u, old)| u.copy_from_slice(old));
    }

    fn interface(&mut self, half_advance: f64) {
        trapped::close(self);
        interface::predict(self, half_advance);
        interface::interface(self);
        probe::probe(self);
        self.isolated.find_reacting(&self.shape, &self.probes);
    }

    fn start_mechanisms(&mut self, step: StepStart) -> Result<PerMechanism, BackendError> {
        let ([mut current, mut resistance], [mut drive_lost, mut exchange]) =
            (std::mem::take(&mut self.side), std::mem::take(&mut self.law));
        [&mut current, &mut resistance, &mut drive_lost].into_iter().for_each(|field| field.fill(0.0));
        exchange.fill(1.0);
        let mut taken = [0.0; mechanisms::COUNT];
        self.with_mechanisms(|place, on, surface| {
            let to = Contribution {
                current: &mut current,
                resistance: &mut resistance,
                drive_lost: &mut drive_lost,
                exchange: &mut exchange,
            };
            taken[place] = on.start(surface, step, to);
        });
        (self.side, self.law) = ([current, resistance], [drive_lost, exchange]);
        Ok(PerMechanism::from_array(taken))
    }

    fn end_mechanisms(&mut self, movement: f64, dt: f64) {
        self.with_mechanisms(|_, on, surface| on.end(surface, movement, dt));
    }

    fn linearise(&mut self) {
        transport::transport(self);
        if self.isolated.is_empty() {
            kinetics::kinetics(self, kinetics::Pass::Full);
        } else {
            isolated::settle(self);
            kinetics::kinetics(self, kinetics::Pass::Full);
            isolated::balance(self);
        }
        equations::equations(self);
    }

    fn balance(&mut self) -> Result<Balance, BackendError> {
        Ok(self.balance)
    }

    fn coarsen(&mut self) {
        hierarchy::coarsen(&mut self.hierarchy, &self.coefficients);
    }

    fn apply(&mut self, slot: usize) {
        apply::apply(self, slot);
    }

    fn start_uniform(&mut self) {
        apply::apply_uniform(self);
        self.follow_uniform();
    }

    fn go_along(&mut self, new: usize) {
        self.follow_image(new);
    }

    fn sum_up(&mut self, count: usize) {
        self.add_up_directions(count);
    }

    fn damp(&mut self, potential: f32) {
        self.damping = self.damping_factor(potential);
    }

    fn update(&mut self, keep: f32) {
        self.update_unknowns(keep);
    }

    fn deposit(&mut self, factor: f64) {
        front::deposit(self, factor);
    }

    fn restore_profile(&mut self, strength: f64) {
        distance::distance(&self.shape, &self.xi, f64::from(self.physics.ell), &mut self.q);
        front::restore_profile(self, strength);
    }

    fn nucleate(&mut self, Firing { seed, step, dt }: Firing) -> Result<Vec<u32>, BackendError> {
        Ok(nucleate::nucleate(self, seed, step, dt))
    }

    fn place(&mut self, caps: &[Cap], before: u64) {
        nucleate::place(self, caps, before);
    }

    fn inventory(&mut self) -> Result<Inventory, BackendError> {
        Ok(inventory::inventory(self))
    }
}
