//! The verbs: which kernels each of them queues.

use super::ahead::Found;
use super::fields::Buffer;
use super::isolated::Pass;
use super::layout::Role;
use super::shader::Kernel;
use super::{Gpu, buffers_of, fields, reduce};
use crate::mechanisms::{PerMechanism, StepStart};
use crate::model::nucleation::Cap;
use crate::model::numerics;
use crate::model::scales::Scales;
use crate::model::uniforms::{Physics, StepUniforms};
use crate::solver::backend::{
    BALANCE_MAXIMA, Backend, BackendError, Balance, Counts, DIRECTIONS, Field, Firing, INVENTORY_MAXIMA, Inventory,
    Pieces, State, Vector,
};
use crate::solver::multigrid::{Levels, MOST_SWEEPS};
use crate::solver::newton::CONCENTRATION_KEPT;

/// Which members of the sums are maxima, a bit for each.
const BALANCE_MAXIMA_BITS: u32 = (1 << Balance::COUNT) - (1 << BALANCE_MAXIMA);
/// The second four of the inventory: height and overshoot.
const INVENTORY_MAXIMA_BITS: u32 = 0xf0;
/// Threads of a kernel that is one workgroup.
const ONE_GROUP: [u32; 3] = [1; 3];
/// Older images that a kernel makes a new one orthogonal to.
const OLDER_AT_ONCE: usize = 4;
const _: () = assert!(DIRECTIONS == 6, "the slots of lib/along.wgsl, and what sum_up.wgsl binds");
const _: () = assert!(MOST_SWEEPS == 3, "the parameters of cycle_lower.wgsl");
const _: () = assert!(INVENTORY_MAXIMA == 3 && Balance::COUNT == 20, "the kernels' order of members");

/// Whether a maximum tells of a cell that holds no finite number: device arithmetic may do anything with those, so that kernels look at bits.
fn is_not_finite(maximum: f64) -> bool {
    maximum >= f64::from(numerics::NOT_FINITE as f32)
}

impl Levels for Gpu {
    fn levels(&self) -> usize {
        self.fields.levels.len()
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

    fn restrict(&mut self, level: usize, first: Option<f32>) {
        let (fine, coarse) = (self.fields.levels[level], self.fields.levels[level + 1]);
        let roles = [
            (Role::CoarseTransport, coarse.transport),
            (Role::CoarseReaction, coarse.reaction),
            (Role::CoarseRight, coarse.right),
            (Role::CoarseX, coarse.x),
        ];
        self.run_level(Kernel::RestrictDefect, coarse.shape, &fine, &roles, &[first.unwrap_or(0.0).to_bits()]);
    }

    fn prolong(&mut self, level: usize, weight: f32) {
        let (fine, coarse) = (self.fields.levels[level], self.fields.levels[level + 1]);
        self.run_level(Kernel::Prolong, fine.shape, &fine, &[(Role::CoarseX, coarse.x)], &[weight.to_bits()]);
        let fine = &mut self.fields.levels[level];
        std::mem::swap(&mut fine.x, &mut fine.x_next);
    }

    fn solve_coarsest(&mut self, weights: &[f32]) {
        let coarsest = self.fields.levels[self.fields.levels.len() - 1];
        let mut parameters = [weights.len() as u32, 0, 0, 0];
        parameters[1..].iter_mut().zip(weights).for_each(|(to, weight)| *to = weight.to_bits());
        self.queue.count_v_cycle();
        self.run_level(Kernel::CycleLower, ONE_GROUP, &coarsest, &[], &parameters);
    }
}

impl Gpu {
    /// xi, c → the totals of the inventory.
    pub(super) fn sum_inventory(&mut self) {
        self.reduce(Kernel::Inventory, &[], &[], Buffer::Sums, 2, INVENTORY_MAXIMA_BITS);
    }

    /// xi, u → the number of the cells in which the Poisson process fires, and the cells.
    pub(super) fn fire(&mut self, Firing { seed, step, dt }: Firing) {
        self.clear(Buffer::Fired);
        self.run(Kernel::Nucleate, &[], &[seed, step, (dt as f32).to_bits()]);
    }
}

impl Backend for Gpu {
    fn device(&self) -> String {
        self.device.name.clone()
    }

    fn bytes_per_cell(&self) -> usize {
        let buffers = buffers_of(&self.mechanisms);
        // what does not grow with the grid is none of a cell's
        let [one, two] = [1, 2].map(|cells| fields::bytes(cells, buffers.as_deref()));
        (two - one) as usize
    }

    /// Measured with the step's own states (nuclei on rough copper, dt from 2e-4 to 14 s): the residual stalls at 2e-7 to
    /// 1.0e-6 on 32³ and at 3e-7 to 1.5e-6 on 64³, the imbalance of charge at 1e-8. It is made of the rounding of fluxes
    /// in all cells and judged by the reaction in the interface's, so that it grows as the root of the height.
    fn tolerance(&self) -> f64 {
        3e-6 * (f64::from(self.shape[2]) / 64.0).sqrt().max(1.0)
    }

    fn may_stall(&self) -> bool {
        true
    }

    fn counts(&self) -> Option<Counts> {
        Some(self.queue.counts())
    }

    fn wait(&mut self) -> Result<(), BackendError> {
        self.queue.wait(&self.device)
    }

    fn busy(&mut self) -> Result<Option<f64>, BackendError> {
        self.queue.busy(&self.device)
    }

    fn load(&mut self, state: &State) -> Result<(), BackendError> {
        self.found = Found::default();
        let single = |f: &[f64]| f.iter().map(|&v| v as f32).collect::<Vec<f32>>();
        let pairs = |phi: &[f64], c: &[f64]| -> Vec<[f32; 2]> {
            phi.iter().zip(c).map(|(&phi, &c)| [phi as f32, c as f32]).collect()
        };
        self.write(Buffer::Xi, bytemuck::cast_slice(&single(&state.xi)));
        self.write(Buffer::U, bytemuck::cast_slice(&pairs(&state.phi, &state.c)));
        self.write(Buffer::UOld, bytemuck::cast_slice(&pairs(&state.phi_before, &state.c_before)));
        self.write(Buffer::Current, bytemuck::cast_slice(&single(&state.current)));
        self.clear(Buffer::ULow);
        self.with_mechanisms(|_, on, gpu| on.load(gpu, &state.riding));
        self.device.check()
    }

    fn state(&mut self) -> Result<State, BackendError> {
        let wide = |f: Vec<f32>| f.into_iter().map(f64::from).collect::<Vec<f64>>();
        let ([phi, c], [phi_before, c_before]) = (self.halves(Buffer::U)?, self.halves(Buffer::UOld)?);
        let fields = [self.read(Buffer::Xi)?, phi, c, self.read(Buffer::Current)?, phi_before, c_before];
        Ok(State::from_array(fields.map(wide), self.riding()?))
    }

    fn field(&mut self, field: Field) -> Result<Vec<f32>, BackendError> {
        match field {
            Field::Xi => self.read(Buffer::Xi),
            Field::Phi => self.half(Buffer::U, 0),
            Field::C => self.half(Buffer::U, 1),
            Field::Current => self.read(Buffer::Current),
            Field::Curvature => self.read(Buffer::Curvature),
            Field::Delta => self.read(Buffer::Delta),
            Field::Accessible => self.read(Buffer::Accessible),
            Field::Distance => self.read(Buffer::Q),
            Field::Kappa => self.half(Buffer::Conduction, 0),
            Field::KappaD => self.half(Buffer::Conduction, 1),
            Field::Diffusivity => self.half(Buffer::Diffusion, 0),
            Field::Transference => self.half(Buffer::Diffusion, 1),
            Field::SlopePhi => self.half(Buffer::Slopes, 0),
            Field::SlopeC => self.half(Buffer::Slopes, 1),
            Field::Riding(name) => self.riding_field(name),
            Field::Isolated => {
                Ok(self.read(Buffer::Piece)?.into_iter().map(|piece| f32::from(piece.to_bits() != 0)).collect())
            }
        }
    }

    fn vector(&mut self, vector: Vector) -> Result<Vec<[f64; 2]>, BackendError> {
        let floats = self.read_id(self.vector_id(vector))?;
        Ok(floats.chunks_exact(2).map(|pair| [f64::from(pair[0]), f64::from(pair[1])]).collect())
    }

    fn label(&mut self) -> Result<Pieces, BackendError> {
        self.find_pieces()
    }

    fn set_physics(&mut self, physics: &Physics, table: &[[f32; 4]], scales: &Scales) {
        self.mechanisms.iter_mut().flatten().for_each(|on| on.scale(scales));
        self.queue.set_physics(&self.device, physics);
        self.write(Buffer::Table, bytemuck::cast_slice(table));
    }

    fn set_step(&mut self, step: &StepUniforms) {
        self.queue.set_step(step);
    }

    fn shift_reference(&mut self, by: f64) {
        self.run(Kernel::Shift, &[], &[(by as f32).to_bits()]);
    }

    fn begin_step(&mut self, ahead: f64) {
        self.found = Found::default();
        self.run(Kernel::BeginStep, &[], &[(ahead as f32).to_bits(), CONCENTRATION_KEPT.to_bits()]);
    }

    fn undo_step(&mut self) {
        self.copy(Buffer::UOld, Buffer::U);
        self.clear(Buffer::ULow);
    }

    fn interface(&mut self, half_advance: f64) {
        let mid = self.mid();
        self.close_trapped();
        if half_advance == 0.0 {
            self.copy(Buffer::Xi, Buffer::XiNext);
        } else {
            self.run(Kernel::Distance, &[], &[]);
            self.run(Kernel::Predict, &[(Role::XiMid, mid)], &[(half_advance as f32).to_bits()]);
        }
        if half_advance == 0.0 || !self.distance_before {
            self.run(Kernel::Distance, &[(Role::Xi, mid)], &[]);
        }
        self.run(Kernel::InterfaceShape, &[(Role::XiMid, mid)], &[]);
        self.run(Kernel::Probe, &[], &[]);
        self.run(Kernel::Bare, &[], &[]);
    }

    fn start_mechanisms(&mut self, step: StepStart) -> Result<PerMechanism, BackendError> {
        self.start_all(step)
    }

    fn end_mechanisms(&mut self, movement: f64, dt: f64) {
        self.with_mechanisms(|_, on, gpu| on.end(gpu, movement, dt));
    }

    fn linearise(&mut self) {
        // as q: see `cpu::interface::predict`
        let xi = if self.distance_before { self.fields.id(Buffer::Xi) } else { self.mid() };
        self.run(Kernel::Transport, &[(Role::XiMid, xi)], &[]);
        if self.isolated.is_empty() {
            self.run(Kernel::Kinetics, &[], &[Pass::Full as u32]);
        } else {
            self.settle_pieces();
            self.run(Kernel::Kinetics, &[], &[Pass::Full as u32]);
            self.balance_pieces();
        }
        // with the sums that `balance` tells
        self.reduce(Kernel::Equations, &[], &[], Buffer::BalanceSums, 5, BALANCE_MAXIMA_BITS);
    }

    fn balance(&mut self) -> Result<Balance, BackendError> {
        let mut balance = Balance::from_slice(&reduce::members(&self.read(Buffer::BalanceSums)?));
        if is_not_finite(balance.largest_current) {
            balance.residual_phi = f64::NAN;
        }
        if is_not_finite(balance.concentration_change) {
            balance.residual_c = f64::NAN;
        }
        Ok(balance)
    }

    fn coarsen(&mut self) {
        let finest = self.fields.levels[0];
        self.run_level(Kernel::Pack, finest.shape, &finest, &[], &[]);
        for level in 1..self.fields.levels.len() {
            let (fine, coarse) = (self.fields.levels[level - 1], self.fields.levels[level]);
            let roles = [(Role::CoarseTransport, coarse.transport), (Role::CoarseReaction, coarse.reaction)];
            self.run_level(Kernel::Coarsen, coarse.shape, &fine, &roles, &[]);
        }
        if let [_, .., first] = self.fields.levels[..] {
            self.run_level(Kernel::CoarsenLower, ONE_GROUP, &first, &[], &[]);
        }
    }

    fn apply(&mut self, slot: usize) {
        // x becomes the direction, and what was the direction has room for the next x
        std::mem::swap(&mut self.fields.levels[0].x, &mut self.fields.directions[slot]);
        let roles = [(Role::Direction, self.fields.directions[slot]), (Role::Image, self.fields.images[slot])];
        self.run(Kernel::Apply, &roles, &[]);
        self.follow_pieces(self.fields.images[slot], Some(self.fields.directions[slot]));
    }

    fn start_uniform(&mut self) {
        self.fields.reset_vectors();
        let image = self.fields.images[0];
        self.run(Kernel::ApplyUniform, &[(Role::Image, image)], &[]);
        self.follow_pieces(image, None);
        self.products(None, &[self.fields.id(Buffer::Residual), image]);
        self.follow(DIRECTIONS, image);
    }

    fn go_along(&mut self, new: usize) {
        let images = self.fields.images;
        let image = images[new];
        if new == 0 {
            self.products(Some(image), &[self.fields.id(Buffer::Residual), image]);
        }
        // the shares in up to four older ones at a time; the last pass leaves the products with the residual
        for first in (0..new).step_by(OLDER_AT_ONCE) {
            let older = &images[first..new.min(first + OLDER_AT_ONCE)];
            let at = |k: usize| older.get(k).copied().unwrap_or(older[0]);
            let roles = [
                (Role::Image, image),
                (Role::OlderImage0, at(0)),
                (Role::OlderImage1, at(1)),
                (Role::OlderImage2, at(2)),
                (Role::OlderImage3, at(3)),
            ];
            self.products(Some(image), older);
            let parameters = [new as u32, first as u32, older.len() as u32];
            self.reduce(Kernel::Orthogonalise, &roles, &parameters, Buffer::Product, 1, 0);
        }
        self.follow(new, image);
    }

    fn sum_up(&mut self, count: usize) {
        let directions = self.fields.directions;
        let at = |k: usize| if k < count { directions[k] } else { directions[0] };
        let roles = [
            (Role::Direction0, at(0)),
            (Role::Direction1, at(1)),
            (Role::Direction2, at(2)),
            (Role::Direction3, at(3)),
            (Role::Direction4, at(4)),
            (Role::Direction5, at(5)),
        ];
        self.run(Kernel::SumUp, &roles, &[count as u32]);
    }

    fn damp(&mut self, potential: f32) {
        self.reduce(Kernel::Damp, &[], &[potential.to_bits()], Buffer::NeedOfDamping, 1, 0xf);
    }

    fn update(&mut self, keep: f32) {
        self.run(Kernel::Update, &[(Role::XiMid, self.mid())], &[keep.to_bits()]);
    }

    fn deposit(&mut self, factor: f64) {
        self.found = Found::default();
        self.run(Kernel::Deposit, &[], &[(factor as f32).to_bits()]);
    }

    fn restore_profile(&mut self, strength: f64) {
        self.found = Found::default();
        self.run(Kernel::Distance, &[], &[]);
        self.run(Kernel::RestoreProfile, &[], &[(strength as f32).to_bits()]);
        self.fields.swap(Buffer::Xi, Buffer::XiNext);
    }

    fn look_ahead(&mut self, firing: Option<Firing>, pieces: bool) -> Result<(), BackendError> {
        self.find_ahead(firing, pieces)
    }

    fn nucleate(&mut self, firing: Firing) -> Result<Vec<u32>, BackendError> {
        loop {
            let id = self.fields.id(Buffer::Fired);
            let room = self.fields.buffer(id).size() / 4;
            let mut list = match self.found.fired.take() {
                Some((found, list)) if found == firing => list,
                _ => {
                    self.fire(firing);
                    let bytes = self.queue.read(&self.device, self.fields.buffer(id), self.first_fired() as u64)?;
                    bytemuck::pod_collect_to_vec(&bytes)
                }
            };
            let count = u64::from(list[0]);
            if count < room {
                if count >= list.len() as u64 {
                    let bytes = self.queue.read(&self.device, self.fields.buffer(id), 4 * (1 + count))?;
                    list = bytemuck::pod_collect_to_vec(&bytes);
                }
                let mut cells = list[1..=count as usize].to_vec();
                cells.sort_unstable();
                return Ok(cells);
            }
            self.fields.grow(&self.device, Buffer::Fired, 4 * (count + 1));
            self.queue.forget(&self.device, Buffer::Fired);
        }
    }

    fn place(&mut self, caps: &[Cap], before: u64) {
        self.found = Found::default();
        let list: Vec<[f32; 4]> = caps
            .iter()
            .map(|cap| [cap.centre[0] as f32, cap.centre[1] as f32, cap.centre[2] as f32, cap.radius as f32])
            .collect();
        if self.fields.grow(&self.device, Buffer::Caps, 16 * list.len() as u64) {
            self.queue.forget(&self.device, Buffer::Caps);
        }
        self.write(Buffer::Caps, bytemuck::cast_slice(&list));
        let count = list.len() as u32;
        self.with_mechanisms(|_, on, gpu| on.place(gpu, count, before));
        self.run(Kernel::Place, &[], &[count]);
    }

    fn inventory(&mut self) -> Result<Inventory, BackendError> {
        let m = match self.found.inventory.take() {
            Some(found) => found,
            None => {
                self.sum_inventory();
                self.totals(2)?
            }
        };
        let lithium = if is_not_finite(m[5]) { f64::NAN } else { m[0] };
        Ok(Inventory { lithium, salt: m[1], area: m[2], height: m[4], overshoot: m[5] })
    }
}
