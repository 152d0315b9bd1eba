//! One time step: the electrolyte at the new time, then the front that its current moves.

use super::backend::{Backend, BackendError, Balance, Firing, Inventory, Now, Piece, Pieces};
pub use super::clock::Clock;
use super::column::{After, Column};
use super::depletion::{self, UsedUp};
use super::ledger::Ledger;
use super::newton::{self, NewtonError, Solved};
pub use super::problem::Problem;
use super::rise;
use crate::control::controller::{self as control, Compliant, Controller, Reached, Verdict};
pub use crate::control::edge::Edge;
use crate::control::edge::{self, Electrical, PAST_POTENTIAL};
use crate::control::time_step::{self, LimitedBy, Observed};
use crate::mechanisms::{PerMechanism, StepStart};
use crate::model::cathode::Cathode;
use crate::model::constants::{ELEMENTARY_CHARGE, FARADAY};
use crate::model::nucleation::{self, Cap};
use crate::model::parameters::{Control, Isolated, Nucleation};
use crate::model::protocol::Limit;
use crate::model::scales::{Above, Scales};

/// Strength of the profile restoration: b = `RESTORATION` ℓ max|v|.
pub const RESTORATION: f64 = 1.0;
/// Largest b Δτ/dx² of one explicit sub-step; 0.15 is stable in three dimensions.
const SUB_STEP: f64 = 0.12;
/// Share of a step's plating that may go into paying for nuclei.
const LARGEST_PAYMENT: f64 = 0.5;
/// The most that goes with the stripping of a step, over it: the front then moves twice as fast as its current says.
const LARGEST_WRITE_OFF: f64 = 1.0;

/// What a step did.
#[derive(Clone, Debug)]
pub struct StepReport {
    /// its length \[s\]
    pub dt: f64,
    /// Newton iterations
    pub iterations: usize,
    /// attempts that were thrown away: their length \[s\] and the reason
    pub rejected: Vec<(f64, String)>,
    /// nuclei that appeared at its end
    pub nuclei: Vec<Cap>,
    /// sums over the equations as solved
    pub balance: Balance,
    /// pieces of lithium that have lost the copper
    pub cut_off: Vec<Piece>,
    /// isolated pieces that have found it again
    pub rejoined: Vec<Piece>,
}

/// A solution that stands.
struct Taken {
    solved: Solved,
    /// the column above the box at its end, if there is one
    above: Option<After>,
    seen: Observed,
}

/// A step that could not be taken. The state is that before the step unless a variant says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum StepFailure {
    /// Every attempt down to the smallest step failed.
    #[error("no step of {smallest:e} s or more works at t = {time} s: {reason}")]
    TooSmall {
        /// time \[s\]
        time: f64,
        /// smallest step allowed \[s\]
        smallest: f64,
        /// why the last attempt failed
        reason: String,
    },
    /// The current is beyond the limiting current.
    #[error(
        "the salt at the lithium is used up: c/c0 = {:.1e} at ({:.2}, {:.2}, {:.2}) µm, t = {time} s, and no step \
         of {dt:.1e} s or more follows the potential, {potential:.3} V: the current is beyond the limiting current",
        .salt.c, .salt.place[0] * 1e6, .salt.place[1] * 1e6, .salt.place[2] * 1e6
    )]
    UsedUp {
        /// time \[s\]
        time: f64,
        /// length of the step that would be next \[s\]
        dt: f64,
        /// electrode potential against Li/Li⁺ \[V\]
        potential: f64,
        /// where and how much is left
        salt: UsedUp,
    },
    /// The run is asked to stop, and attempt after attempt has failed. Clock and fields are not those before the step.
    #[error("asked to stop during a step that {attempts} attempts have not solved")]
    Asked {
        /// attempts that were thrown away
        attempts: usize,
    },
    /// The device failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

/// Attempts at a step that may fail before a request to stop breaks it off: until then it will most likely be solved by the next, and
/// the state after it is saved.
const PATIENCE: usize = 3;

/// Standard deviations of the potential that noise may change it by in a step: one in 16 000 is farther off.
const NOISE_BOUND: f64 = 4.0;

/// Part of a current by which it must have changed to jump: the uniform potential is then solved for first.
const JUMP: f64 = 0.1;

/// Whether one current is far from another, as measured by the larger.
pub fn jumps(one: f64, other: f64) -> bool {
    (one - other).abs() > JUMP * one.abs().max(other.abs())
}

impl Problem {
    /// The clock at the start of a run, for a backend that holds the initial state.
    ///
    /// # Errors
    /// If the device fails.
    pub fn start(&self, b: &mut dyn Backend) -> Result<Clock, BackendError> {
        let mut clock = self.at_rest(b)?;
        self.place_scheduled(b, &mut clock)?;
        self.open_ledger(b, &mut clock)?;
        Ok(clock)
    }

    /// The clock at the start of a run from the state of another, which the backend holds and in which so many nuclei have appeared. Those
    /// that the setup puts down at its beginning are taken to be there.
    ///
    /// # Errors
    /// If the device fails.
    pub fn start_from(&self, b: &mut dyn Backend, nuclei: u64) -> Result<Clock, BackendError> {
        let mut clock = self.at_rest(b)?;
        clock.scheduled = self.scheduled.partition_point(|nucleus| nucleus.time <= 0.0);
        clock.nuclei = nuclei;
        self.open_ledger(b, &mut clock)?;
        Ok(clock)
    }

    /// The clock before anything has happened.
    fn at_rest(&self, b: &mut dyn Backend) -> Result<Clock, BackendError> {
        let mut clock = Clock {
            time: 0.0,
            step: 0,
            dt: self.setup.time_step.first,
            limited_by: LimitedBy::First,
            phi_reference: -self.setup.top.initial_potential,
            potential: self.setup.top.initial_potential,
            control: self.setup.top.control,
            held: None,
            compliance: self.setup.top.compliance,
            limited: None,
            current: 0.0,
            leak: 0.0,
            external: 0.0,
            reaction_power: 0.0,
            heat: 0.0,
            cell_temperature: None,
            passed: 0.0,
            unhurried: self.setup.time_step.first,
            last: 0.0,
            earlier: 0.0,
            temperature: self.setup.temperature,
            ledger: Ledger::default(),
            scheduled: 0,
            nuclei: 0,
            rejected: 0,
            newton: 0,
            inventory: b.inventory()?,
            isolated: Vec::new(),
            column: Column::at_rest(&self.setup),
        };
        let volume = self.setup.grid.cell_volume();
        clock.ledger.lithium_start = clock.inventory.lithium * volume;
        clock.ledger.lithium = clock.ledger.lithium_start;
        clock.ledger.charge_thermal = self.setup.kinetics.double_layer * self.setup.grid.area() * self.scales.potential;
        Ok(clock)
    }

    /// What the ledger of salt begins with, and the pieces that are isolated at the beginning.
    fn open_ledger(&self, b: &mut dyn Backend, clock: &mut Clock) -> Result<(), BackendError> {
        let volume = self.setup.grid.cell_volume();
        clock.ledger.salt_start = clock.inventory.salt * self.scales.concentration * volume + self.salt_above(clock);
        clock.ledger.salt = clock.ledger.salt_start;
        clock.isolated = self.look_for_isolated(b)?.isolated;
        Ok(())
    }

    /// Makes a backend ready to go on that has just been given its state, at the temperature of this problem.
    ///
    /// # Errors
    /// If the device fails.
    pub fn go_on(&self, b: &mut dyn Backend) -> Result<(), BackendError> {
        self.set_physics(b);
        self.look_for_isolated(b).map(|_| ())
    }

    fn set_physics(&self, b: &mut dyn Backend) {
        let table = self.scales.transport_table(&self.setup.electrolyte, self.setup.temperature);
        b.set_physics(&self.scales.physics(&self.setup), &table, &self.scales);
    }

    /// Goes over from another temperature: the fields are counted in the units of this one from here on.
    ///
    /// # Errors
    /// If the device fails.
    pub fn take_over(&self, b: &mut dyn Backend, clock: &mut Clock, from: &Scales) -> Result<(), BackendError> {
        let mut state = b.state()?;
        state.rescale(from, &self.scales);
        self.set_physics(b);
        b.load(&state)?;
        clock.temperature = self.setup.temperature;
        clock.dt = clock.dt.min(self.setup.time_step.first);
        clock.unhurried = clock.dt;
        clock.limited_by = LimitedBy::Change;
        Ok(())
    }

    fn look_for_isolated(&self, b: &mut dyn Backend) -> Result<Pieces, BackendError> {
        if self.looks_for_isolated() { b.label() } else { Ok(Pieces::default()) }
    }

    fn looks_for_isolated(&self) -> bool {
        self.setup.kinetics.isolated_lithium == Isolated::Floating
    }

    /// One time step, ending at the edge at the latest: a time \[s\], or with limits of what it may pass.
    ///
    /// # Errors
    /// If no step down to the smallest can be solved, or the device fails.
    pub fn advance<'e>(
        &self,
        b: &mut dyn Backend,
        clock: &mut Clock,
        edge: impl Into<Edge<'e>>,
    ) -> Result<StepReport, StepFailure> {
        let edge = edge.into();
        // the first steps after a change of what is imposed are short for that reason
        if clock.compliance.is_none() && clock.step > 0 && clock.limited_by != LimitedBy::Change {
            self.look_at_salt(b, clock)?;
        }
        self.centre_reference(b, clock)?;
        let jumps = self.jumps(clock);
        let left = edge.time - clock.time;
        let mut controller = self.begin(b, clock, edge, left)?;
        let jumps_at_all = jumps || controller.jumps();
        let ahead = if jumps_at_all { 0.0 } else { time_step::ahead(controller.dt(), clock.last, clock.earlier) };
        b.begin_step(ahead); // phi, c and current kept
        let taken = self.solve(b, clock, edge, &mut controller, jumps)?;
        self.move_front(b, clock, &taken)?; // xi += current * delta
        let nuclei = self.nucleate(b, clock, taken.seen.dt)?;
        let pieces = self.look_for_isolated(b)?;
        let (cut_off, rejoined) = changes(&clock.isolated, &pieces);
        clock.isolated = pieces.isolated;
        let Taken { solved, seen, .. } = taken;
        self.keep_books(clock, &taken, edge, controller.was_limited());
        let rejected = controller.into_rejected();
        let Solved { balance, iterations } = solved;
        Ok(StepReport { dt: seen.dt, iterations, rejected, nuclei, balance, cut_off, rejoined })
    }

    /// Fails if the salt is used up and the next step follows the potential alone.
    fn look_at_salt(&self, b: &mut dyn Backend, clock: &Clock) -> Result<(), StepFailure> {
        match depletion::look(b, &self.setup, clock.imposed(), clock.dt)? {
            Some(salt) => Err(StepFailure::UsedUp { time: clock.time, dt: clock.dt, potential: clock.potential, salt }),
            None => Ok(()),
        }
    }

    /// Counts the potential from the last electrode potential, so that the field stays small.
    fn centre_reference(&self, b: &mut dyn Backend, clock: &mut Clock) -> Result<(), BackendError> {
        // at the top of the box
        let reference = -clock.potential - clock.column.as_ref().map_or(0.0, |column| column.drop);
        // moving it by less than 1 mV would gain nothing and round the field
        if (reference - clock.phi_reference).abs() > 1e-3 {
            b.shift_reference((reference - clock.phi_reference) / self.scales.potential);
            clock.phi_reference = reference;
        }
        Ok(())
    }

    /// Whether the current jumps at the beginning of this step.
    fn jumps(&self, clock: &Clock) -> bool {
        match clock.imposed() {
            Control::Current(i) => jumps(i, clock.current),
            Control::Potential(_) => false,
        }
    }

    /// What a step begins with: lengths, limits and the compliance.
    fn begin<'p>(
        &'p self,
        b: &mut dyn Backend,
        clock: &Clock,
        edge: Edge<'p>,
        left: f64,
    ) -> Result<Controller<'p>, BackendError> {
        let step = control::Step {
            limits: &self.limits,
            edges: edge.limits,
            before: clock.electrical(&self.setup),
            held: clock.held,
            compliant: self.compliant(clock, edge.limits),
        };
        let depleted = || Ok(depletion::lowest(b, &self.setup)?.is_some());
        let dt = time_step::even(clock.dt, left);
        Controller::begin(step, clock.rule(), dt, [clock.unhurried, left], depleted)
    }

    /// The compliance where it may limit: with a plating current that is given. The potential that it imposes is itself, or just beyond a limit
    /// of the potential or the cell voltage that the run comes to before, and which then ends what it should end.
    fn compliant(&self, clock: &Clock, limits: &[Limit]) -> Option<Compliant> {
        let (Some(compliance), Control::Current(given)) = (clock.compliance, clock.control) else { return None };
        let potentials = limits.iter().filter_map(|limit| match (*limit, &self.setup.cathode) {
            (Limit::PotentialBelow(limit), _) => Some(limit),
            (Limit::VoltageAbove(limit), Some(cathode)) => {
                Some(cathode.voltage(clock.charge(&self.setup), clock.current, limit))
            }
            _ => None,
        });
        let limit = potentials.chain(self.setup.end.potential_below).reduce(f64::max);
        let bound = limit.map_or(compliance, |limit| compliance.max(limit - 0.5 * PAST_POTENTIAL));
        (given > 0.0).then_some(Compliant { given, compliance, bound })
    }

    /// Solves φ and c, attempt after attempt, until one stands.
    fn solve(
        &self,
        b: &mut dyn Backend,
        clock: &mut Clock,
        edge: Edge,
        controller: &mut Controller,
        jumps: bool,
    ) -> Result<Taken, StepFailure> {
        let reference = clock.phi_reference;
        loop {
            clock.set_rule(controller.rule());
            let attempt = self.attempt(b, clock, controller.dt(), jumps)?;
            let (reached, taken) = match attempt {
                Ok(taken) => (Ok(self.reached(clock, &taken)), Some(taken)),
                Err(reason) => (Err(reason), None),
            };
            let depleted = reached.is_err() && controller.asks_for_salt() && {
                b.undo_step();
                depletion::lowest(b, &self.setup)?.is_some()
            };
            let verdict = controller.judge(reached, depleted);
            if let (Verdict::Stands, Some(taken)) = (&verdict, taken) {
                return Ok(taken);
            }
            b.undo_step();
            clock.phi_reference = reference;
            clock.set_rule(controller.rule());
            clock.rejected += u64::from(verdict != Verdict::Again);
            if let Verdict::TooSmall(reason) = verdict {
                self.look_at_salt(b, clock)?;
                let smallest = self.setup.time_step.smallest;
                return Err(StepFailure::TooSmall { time: clock.time, smallest, reason });
            }
            let attempts = controller.rejected().len();
            if verdict == Verdict::Rejected && attempts >= PATIENCE && edge.asked.is_some_and(|asked| asked()) {
                return Err(StepFailure::Asked { attempts });
            }
        }
    }

    /// One attempt at a step of `dt` \[s\] under what the clock says is imposed: the interface in its middle, what mechanisms take, φ and c at
    /// its end. The inner error says why there is no solution.
    fn attempt(
        &self,
        b: &mut dyn Backend,
        clock: &mut Clock,
        dt: f64,
        jumps: bool,
    ) -> Result<Result<Taken, String>, BackendError> {
        let (reference, control) = (clock.phi_reference, clock.imposed());
        let guessed = self.guessed_above(clock, dt);
        let set = |b: &mut dyn Backend, rise: f64, above: Option<&Above>| {
            let rise = rise * self.scales.potential;
            let step = self.scales.step(&self.setup, control, dt, reference + rise, rise);
            b.set_step(&above.map_or(step, |above| self.scales.step_under(above, step)));
        };
        b.interface(0.5 * self.scales.front_speed() * dt); // xi -> the interface at half the step: delta, curvature, probes
        let goes_on = !jumps && !matches!(clock.limited_by, LimitedBy::First | LimitedBy::Change);
        let of_mechanisms = b.start_mechanisms(StepStart { dt, number: clock.step as u32, goes_on })?;
        let rise = match jumps && clock.limited.is_none() {
            true => rise::balanced(b, |b, rise| set(b, rise, guessed.as_ref()))?,
            false => 0.0,
        };
        set(b, rise, guessed.as_ref());
        clock.phi_reference = reference + rise * self.scales.potential;
        let solved = newton::solve(b);
        let solved = match guessed {
            Some(guessed) => self.under_column(b, clock, dt, guessed, solved, |b, above| set(b, rise, Some(above))),
            None => solved,
        };
        match solved {
            Ok(solved) => {
                clock.newton += solved.iterations as u64;
                let above = self.column_after(clock, &solved.balance, dt);
                let seen = self.observe(clock, &solved.balance, above.as_ref(), dt, of_mechanisms);
                Ok(Ok(Taken { solved, above, seen }))
            }
            Err(NewtonError::Backend(error)) => Err(error),
            Err(error @ NewtonError::NotConverged { cell, .. }) => {
                let [x, y, z] = self.setup.grid.centre(cell).map(|v| v * 1e6);
                Ok(Err(format!("{error}; it is largest at ({x:.2}, {y:.2}, {z:.2}) µm")))
            }
            Err(error) => Ok(Err(error.to_string())),
        }
    }

    /// What an attempt reached, in numbers.
    fn reached(&self, clock: &Clock, taken: &Taken) -> Reached {
        let (area, Taken { solved, above, seen }) = (self.setup.grid.area(), taken);
        let entered = self.entered(clock.imposed(), &solved.balance, seen.dt);
        let potential = self.potential(clock, &solved.balance, above.as_ref());
        let current = entered / (area * seen.dt);
        let voltage = |cathode: &Cathode| cathode.voltage((clock.ledger.charge + entered) / area, current, potential);
        let voltage = self.setup.cathode.as_ref().map(voltage);
        Reached { now: Electrical { potential, voltage, external: current + clock.leak }, current, seen: *seen }
    }

    /// Charge that enters at the top in a step of `dt` \[s\] \[C\].
    pub(super) fn entered(&self, control: Control, balance: &Balance, dt: f64) -> f64 {
        match control {
            Control::Current(i) => i * self.setup.grid.area() * dt,
            Control::Potential(_) => balance.top_current * self.scales.box_current() * dt,
        }
    }

    fn observe(
        &self,
        clock: &Clock,
        balance: &Balance,
        above: Option<&After>,
        dt: f64,
        taken: PerMechanism,
    ) -> Observed {
        Observed {
            taken,
            dt,
            speed: balance.largest_current * self.scales.front_speed(),
            concentration_change: above.map_or(balance.concentration_change, |after| {
                balance.concentration_change.max(after.change / self.scales.concentration)
            }),
            relaxation: balance.largest_slope * self.relaxation,
            potential_change: self.potential(clock, balance, above) - clock.potential,
            potential_noise: NOISE_BOUND
                * self.scales.potential
                * self.setup.mechanisms.unrest(self.ions(clock, balance, dt)),
            nucleation_rate: balance.nucleation_rate,
            nuclei: self.nuclei(&clock.inventory),
        }
    }

    /// Ions that cross the surface of the lithium in a step of `dt` \[s\], both ways.
    fn ions(&self, clock: &Clock, balance: &Balance, dt: f64) -> f64 {
        let exchange = self.setup.kinetics.exchange(self.setup.top.c0) / self.scales.current * clock.inventory.area;
        (balance.reaction.abs() + 2.0 * exchange) * self.scales.box_current() * dt / ELEMENTARY_CHARGE
    }

    /// Area on which lithium reacts, over that of a new nucleus; 0 without nuclei that chance makes.
    fn nuclei(&self, inventory: &Inventory) -> f64 {
        match self.setup.nucleation {
            Nucleation::Poisson { radius, .. } => {
                inventory.area * self.setup.grid.dx.powi(2) / nucleation::cap_area(&self.setup, radius)
            }
            _ => 0.0,
        }
    }

    /// Electrode potential against Li/Li⁺ after a step: φ_s − φ(top), or the far end of the column `above`, with φ_s = 0 \[V\].
    fn potential(&self, clock: &Clock, balance: &Balance, above: Option<&After>) -> f64 {
        let mean = balance.top_potential / balance.top_weight.max(1e-30);
        let of_box = -(clock.phi_reference + mean * self.scales.potential);
        above.map_or(of_box, |after| of_box - after.column.drop)
    }

    /// The front follows the current; plating may pay for nuclei, stripping takes along what they owe. Then the profile is restored.
    fn move_front(
        &self,
        b: &mut dyn Backend,
        clock: &mut Clock,
        Taken { solved, seen, .. }: &Taken,
    ) -> Result<(), BackendError> {
        let movement = self.scales.front_speed() * seen.dt;
        let plated = (solved.balance.reaction - seen.taken.total()) * movement;
        let debt = clock.ledger.debt / self.setup.grid.cell_volume();
        let paid = if plated > 0.0 {
            debt.min(LARGEST_PAYMENT * plated)
        } else {
            // what was never paid for gives no charge: it goes with the rest, and is gone when that is
            let owned = (clock.inventory.lithium - debt).max(0.0);
            let share = if debt < LARGEST_WRITE_OFF * owned { debt / owned } else { LARGEST_WRITE_OFF };
            -plated * share
        };
        let paid = paid.min(debt);
        let movement = if plated == 0.0 { movement } else { movement * (1.0 - paid / plated) };
        b.end_mechanisms(movement, seen.dt);
        b.deposit(movement);
        clock.ledger.debt = (debt - paid) * self.setup.grid.cell_volume();
        let ell = self.setup.ell / self.setup.grid.dx;
        let restoration = RESTORATION * ell * seen.speed * seen.dt;
        let sub_steps = (restoration / SUB_STEP).ceil();
        for _ in 0..sub_steps as usize {
            b.restore_profile(restoration / sub_steps);
        }
        b.look_ahead(self.firing(clock, seen.dt), self.looks_for_isolated())?;
        self.take_inventory(b, clock)
    }

    /// The step as nucleation by chance sees it, of `dt` \[s\]; none if it is not by chance.
    fn firing(&self, clock: &Clock, dt: f64) -> Option<Firing> {
        match self.setup.nucleation {
            Nucleation::Poisson { seed, .. } => Some(Firing { seed, step: clock.step as u32, dt }),
            _ => None,
        }
    }

    fn take_inventory(&self, b: &mut dyn Backend, clock: &mut Clock) -> Result<(), BackendError> {
        clock.inventory = b.inventory()?;
        clock.ledger.lithium = clock.inventory.lithium * self.setup.grid.cell_volume();
        Ok(())
    }

    /// Nuclei of this step: those that chance makes and those whose time has come.
    fn nucleate(&self, b: &mut dyn Backend, clock: &mut Clock, dt: f64) -> Result<Vec<Cap>, BackendError> {
        let mut caps = Vec::new();
        if let (Nucleation::Poisson { radius, .. }, Some(firing)) = (&self.setup.nucleation, self.firing(clock, dt)) {
            let cells = b.nucleate(firing)?;
            let columns = nucleation::columns(&self.setup.grid, &cells);
            caps.extend(columns.iter().map(|&(x, y)| Cap::on_copper(&self.setup, &self.heights, x, y, *radius)));
        }
        self.place(b, clock, &caps)?;
        let time = clock.time + dt;
        clock.time = time;
        caps.extend(self.place_scheduled(b, clock)?);
        Ok(caps)
    }

    fn place_scheduled(&self, b: &mut dyn Backend, clock: &mut Clock) -> Result<Vec<Cap>, BackendError> {
        let due = self.scheduled.partition_point(|nucleus| nucleus.time <= clock.time * (1.0 + 1e-12));
        let caps: Vec<Cap> = self.scheduled[clock.scheduled.min(due)..due].iter().map(|n| n.cap).collect();
        clock.scheduled = due.max(clock.scheduled);
        self.place(b, clock, &caps)?;
        Ok(caps)
    }

    /// Places nuclei and debits their lithium.
    fn place(&self, b: &mut dyn Backend, clock: &mut Clock, caps: &[Cap]) -> Result<(), BackendError> {
        if caps.is_empty() {
            return Ok(());
        }
        let before = clock.ledger.lithium;
        b.place(caps, clock.nuclei);
        self.take_inventory(b, clock)?;
        clock.ledger.debt += clock.ledger.lithium - before;
        clock.nuclei += caps.len() as u64;
        Ok(())
    }

    /// Totals, the electrode potential and the next step. `clock.time` is already at the end of the step.
    fn keep_books(&self, clock: &mut Clock, taken: &Taken, edge: Edge, was_limited: bool) {
        let Taken { solved, above, seen } = taken;
        let (balance, dt, until) = (&solved.balance, seen.dt, edge.time);
        let changed = clock.limited_by == LimitedBy::Change;
        let before = clock.electrical(&self.setup);
        let area = self.setup.grid.area();
        let charge = self.scales.box_current() * dt;
        let entered = self.entered(clock.imposed(), balance, dt);
        let ledger = &mut clock.ledger;
        ledger.charge += entered;
        ledger.charge_throughput += entered.abs();
        ledger.charge_reaction += balance.reaction * charge;
        ledger.reaction_throughput += ((balance.reaction - seen.taken.total()) * charge).abs();
        ledger.charge_taken = ledger.charge_taken.plus(charge, seen.taken);
        ledger.charge_double_layer += balance.double_layer * charge;
        ledger.charge_rounding += balance.rounding_phi.sqrt() * charge;
        let salt = self.scales.concentration * self.setup.grid.cell_volume();
        let (let_in, left) = match above {
            Some(above) => (above.entered * area, balance.salt_sink * charge / FARADAY + above.left * area),
            None => (balance.top_salt * charge / FARADAY, balance.salt_sink * charge / FARADAY),
        };
        ledger.salt_in += let_in;
        ledger.salt_sink += left;
        ledger.salt_throughput += let_in.abs().max(left.abs());
        ledger.salt_displaced += (balance.salt - clock.inventory.salt) * salt;
        ledger.salt = clock.inventory.salt * salt;
        if let Some(above) = above {
            clock.column = Some(above.column.clone());
            clock.ledger.salt += self.salt_above(clock);
        }

        clock.potential += seen.potential_change;
        clock.current = match clock.imposed() {
            Control::Current(i) => i,
            Control::Potential(_) => entered / (area * dt),
        };
        // exactly none at rest, also where something leaks
        clock.external = clock.current + clock.leak;
        clock.reaction_power =
            balance.reaction_power * self.scales.box_current() * self.scales.potential / self.setup.grid.area();
        clock.passed += clock.external.abs() * dt;
        clock.earlier = clock.last;
        clock.last = dt;
        let limits = &self.limits;
        // a potential that the compliance imposes, or no longer does, changes at once
        let imposed = clock.limited.is_some() || was_limited;
        let unhurried = Observed { potential_change: 0.0, ..*seen };
        clock.unhurried = time_step::next(limits, clock.unhurried.max(dt), &unhurried).dt;
        let time_step::Limit { by, dt: next } =
            time_step::next(limits, clock.dt.max(dt), if imposed { &unhurried } else { seen });
        clock.dt = next;
        clock.limited_by = by;
        let now = clock.electrical(&self.setup);
        let passed = Electrical {
            potential: seen.potential_change,
            voltage: now.voltage.zip(before.voltage).map(|(now, before)| now - before),
            // a current that something else has ended tells nothing of its fall
            external: if changed { 0.0 } else { before.external.abs() - now.external.abs() },
        };
        if let Some(shorter) = edge::approach(edge.limits, now, passed, seen.dt, clock.dt, limits.smallest) {
            (clock.dt, clock.limited_by) = (shorter, LimitedBy::Approach);
        }
        clock.step += 1;
        if (until - clock.time).abs() < 1e-9 * dt {
            clock.time = until;
        }
    }
}

/// Pieces that have lost the copper, and of those `before` the ones that have found it. One that came from another isolated piece, or
/// went into one, is neither.
fn changes(before: &[Piece], now: &Pieces) -> (Vec<Piece>, Vec<Piece>) {
    let went_into = |piece: &Piece| now.fates.iter().any(|&(_, fate)| fate == Now::Isolated(piece.first));
    let is_new = |piece: &&Piece| piece.was.is_none() && !went_into(piece);
    let found_copper = |piece: &&Piece| now.fates.contains(&(piece.first, Now::Joined));
    let goes_on = |piece: &Piece| now.isolated.iter().any(|new| new.was == Some(piece.first));
    (
        now.isolated.iter().filter(is_new).copied().collect(),
        before.iter().filter(|piece| found_copper(piece) && !goes_on(piece)).copied().collect(),
    )
}
