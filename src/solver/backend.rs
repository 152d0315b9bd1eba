//! The verbs of the physics. The order in which they are said stands in `step`, `newton` and `multigrid`; what each of
//! them computes stands twice, in `cpu` and in `gpu`, and the twin tests hold the two together.
//!
//! All numbers are scaled (see `model::scales`). A backend may queue verbs; only those that return a value wait.

use serde::{Deserialize, Serialize};

use super::multigrid::Levels;
use crate::mechanisms::{self, PerMechanism, Riding, StepStart};
use crate::model::nucleation::Cap;
use crate::model::scales::Scales;
use crate::model::uniforms::{Physics, StepUniforms};

/// What a device was given to do: what small grids wait for, whatever the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// kernels and copies
    pub launches: u64,
    /// submissions of several of them
    pub submissions: u64,
    /// times that the host waited for values
    pub read_backs: u64,
    /// bytes of those values
    pub bytes_read: u64,
    /// bytes of the buffers that kernels and copies are given: each once if it is read and once if it is written
    pub bytes_moved: u64,
    /// V-cycles
    pub v_cycles: u64,
}

impl std::ops::Sub for Counts {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            launches: self.launches - before.launches,
            submissions: self.submissions - before.submissions,
            read_backs: self.read_backs - before.read_backs,
            bytes_read: self.bytes_read - before.bytes_read,
            bytes_moved: self.bytes_moved - before.bytes_moved,
            v_cycles: self.v_cycles - before.v_cycles,
        }
    }
}

/// Search directions that the linear solver keeps, each with its image. The images are orthogonal to one another.
pub const DIRECTIONS: usize = 6;

/// A vector of the linear solver: a pair (potential, salt) in each cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Vector {
    /// the correction that is being built
    Correction,
    /// right-hand side less operator times correction
    Residual,
    /// a preconditioned search direction, 0…[`DIRECTIONS`]
    Direction(usize),
    /// operator times that direction
    Image(usize),
}

/// A field of one value a cell that a backend can hand out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// lithium fraction ξ
    Xi,
    /// potential less the reference \[potential scale\]
    Phi,
    /// c/c0 − 1
    C,
    /// reaction current density, with what mechanisms take \[current scale\]
    Current,
    /// curvature \[1/dx\]
    Curvature,
    /// reaction area per volume δ \[1/dx\]
    Delta,
    /// w: volume fraction not filled by copper
    Accessible,
    /// signed distance q to the interface, positive in the lithium \[dx\]
    Distance,
    /// ψκ of the electrolyte \[conductivity scale\]
    Kappa,
    /// ψκ_D/c \[conductivity scale\]
    KappaD,
    /// ψD \[diffusivity scale\]
    Diffusivity,
    /// t₊
    Transference,
    /// ∂i/∂φ \[current scale over potential scale\]
    SlopePhi,
    /// ∂i/∂(c/c0) \[current scale\]
    SlopeC,
    /// a field of a mechanism, by its name; none if the mechanism is switched off
    Riding(&'static str),
    /// 1 where a cell reacts at the potential of isolated lithium
    Isolated,
}

/// Makes [`State`] of a table of its fields: name, in the program and in checkpoints, how its scaled unit follows the temperature, and what
/// it is.
macro_rules! state {
    ($($field:ident $unit:expr, $meaning:literal;)*) => {
        /// The fields that time changes; with the host's clock they are the whole state. A GPU's f32 values are exact in f64.
        #[derive(Clone, Debug, PartialEq)]
        pub struct State {
            $(#[doc = $meaning] pub $field: Vec<f64>,)*
            /// fields of the mechanisms that are switched on
            pub riding: Riding,
        }

        impl State {
            /// Names of the fields of every state, in the order of the table.
            pub const NAMES: &[&str] = &[$(stringify!($field)),*];

            /// Number of the fields of every state.
            pub const COUNT: usize = Self::NAMES.len();

            /// From those fields, in the order of the table, and what rides on the surface.
            pub fn from_array([$($field),*]: [Vec<f64>; Self::COUNT], riding: Riding) -> Self {
                Self { $($field,)* riding }
            }

            /// The fields of every state, in the order of the table.
            pub fn fixed(&self) -> [&Vec<f64>; Self::COUNT] {
                [$(&self.$field),*]
            }

            /// Goes over from the units of one temperature to those of another.
            pub fn rescale(&mut self, from: &Scales, to: &Scales) {
                $({
                    let unit: fn(&Scales) -> f64 = $unit;
                    let factor = unit(from) / unit(to);
                    if factor != 1.0 {
                        self.$field.iter_mut().for_each(|value| *value *= factor);
                    }
                })*
                for (name, values) in &mut self.riding {
                    let unit = mechanisms::field(name).map_or(1.0, |(_, field)| (field.unit)(from) / (field.unit)(to));
                    values.iter_mut().filter(|value| **value > 0.0).for_each(|value| *value *= unit);
                }
            }
        }
    };
}

state! {
    xi |_| 1.0, "lithium fraction ξ";
    phi |scales| scales.potential, "potential less the reference \\[potential scale\\]";
    c |_| 1.0, "c/c0 − 1";
    current |scales| scales.current, "reaction current density of the last step: where the next looks for its own \\[current scale\\]";
    phi_before |scales| scales.potential, "φ before the last step, counted as φ is: the next starts where both lead to \\[potential scale\\]";
    c_before |_| 1.0, "c/c0 − 1 before the last step";
}

impl State {
    /// Fields that have not changed before, with a surface that is fresh.
    pub fn at_rest(xi: Vec<f64>, phi: Vec<f64>, c: Vec<f64>, current: Vec<f64>) -> Self {
        Self { xi, phi_before: phi.clone(), c_before: c.clone(), phi, c, current, riding: Riding::new() }
    }

    /// All fields with their names.
    pub fn each(&self) -> impl Iterator<Item = (&'static str, &Vec<f64>)> {
        let fixed = Self::NAMES.iter().copied().zip(self.fixed());
        fixed.chain(self.riding.iter().map(|(name, values)| (*name, values)))
    }

    /// Returns the state with every field put through `change`.
    pub fn map(&self, change: impl Fn(&[f64]) -> Vec<f64>) -> Self {
        let riding = self.riding.iter().map(|(name, values)| (*name, change(values))).collect();
        Self::from_array(self.fixed().map(|values| change(values)), riding)
    }
}

/// A step in which the Poisson process of nucleation may fire.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Firing {
    /// of the random numbers
    pub seed: u32,
    /// the step's number
    pub step: u32,
    /// its length \[s\]
    pub dt: f64,
}

/// Sources that make chosen fields a solution, one value a cell, held over a step: what `verify` adds to the physics.
#[derive(Clone, Debug, PartialEq)]
pub struct Forcing {
    /// what enters a cell beside physics, in the charge and the salt equation \[current scale · dx²\]
    pub equations: Vec<[f64; 2]>,
    /// what the step adds to ξ
    pub xi: Vec<f64>,
}

/// A piece of lithium that is not joined to the copper: cells of lithium that are connected through faces.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    /// its first cell, x fastest
    pub first: u32,
    /// ∫ w ξ dV of the cells that react at its potential \[dx³\]
    pub volume: f64,
    /// first cell of the isolated piece that this one's first cell reacted with when it was looked at last
    pub was: Option<u32>,
}

/// What has become of the first cell of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Now {
    /// it belongs to the piece with this first cell
    Isolated(u32),
    /// it is joined to the copper
    Joined,
    /// it is no lithium any more, or too little to be isolated
    Gone,
}

/// The isolated lithium.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pieces {
    /// its pieces, in the order of their first cells
    pub isolated: Vec<Piece>,
    /// what has become of those before: first cell, and how it is now
    pub fates: Vec<(u32, Now)>,
}

macro_rules! sums {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $member:ident,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
        pub struct $name<T = f64> { $($(#[$doc])* pub $member: T,)* }
        impl<T> $name<T> {
            /// From the members in order.
            pub fn from_array([$($member),*]: [T; $name::<f64>::COUNT]) -> Self {
                Self { $($member),* }
            }
        }
        impl $name {
            /// Number of members.
            pub const COUNT: usize = [$(stringify!($member)),*].len();
            /// From the members in order.
            pub fn from_slice(values: &[f64]) -> Self {
                let mut values = values.iter().copied();
                Self { $($member: values.next().unwrap_or(f64::NAN),)* }
            }
            /// The members in order.
            pub fn to_array(self) -> [f64; Self::COUNT] {
                [$(self.$member),*]
            }
            /// Whether every member is finite.
            pub fn is_finite(&self) -> bool {
                [$(self.$member),*].iter().all(|v| v.is_finite())
            }
        }
    };
}

sums! {
    /// What one look at the linearised equations tells, sums over all cells unless said otherwise.
    Balance {
        /// squared residual of the charge equation
        residual_phi,
        /// squared residual of the salt equation
        residual_c,
        /// squared terms of the charge equation: what its residual is judged by
        scale_phi,
        /// squared terms of the salt equation
        scale_c,
        /// residual of the charge equation: charge the ledger would lose
        imbalance,
        /// reaction current Σ i δ, with what mechanisms take
        reaction,
        /// current into the double layer
        double_layer,
        /// current that enters at the top
        top_current,
        /// salt that enters at the top
        top_salt,
        /// salt that the current takes: Σ (1−t₊) i δ where it reacts and Σ i·∇t₊ on its way
        salt_sink,
        /// salt in the box Σ ψ c/c0 \[dx³\]
        salt,
        /// electrolyte in the top plane, Σ ψ
        top_weight,
        /// Σ ψ φ(top) over the top plane, less the reference
        top_potential,
        /// expected nuclei per second
        nucleation_rate,
        /// squared residual that rounding leaves of the charge equation: of the potential that the fields can hold, and of the terms
        rounding_phi,
        /// squared residual that rounding leaves of the salt equation
        rounding_c,
        /// power of the reaction Σ φ i δ, φ the electrolyte's potential against the lithium that is joined to the copper
        /// \[current · potential scale\]
        reaction_power,
        /// largest |i| on the interface (maximum)
        largest_current,
        /// largest change of c/c0 in this step (maximum)
        concentration_change,
        /// largest ∂i/∂drive on the interface, through film and layer (maximum)
        largest_slope,
    }
}

/// The members of [`Balance`] from this one on are maxima.
pub const BALANCE_MAXIMA: usize = Balance::COUNT - 3;

sums! {
    /// What the box holds.
    Inventory {
        /// lithium Σ w ξ \[dx³\]
        lithium,
        /// salt Σ ψ c/c0 \[dx³\]
        salt,
        /// reaction area Σ δ \[dx²\]
        area,
        /// height of the highest lithium (maximum) \[dx\]
        height,
        /// how far ξ lies outside 0…1 (maximum)
        overshoot,
    }
}

/// The members of [`Inventory`] from this one on are maxima.
pub const INVENTORY_MAXIMA: usize = Inventory::COUNT - 2;

/// A device that failed.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// The device was lost or ran out of memory.
    #[error("the device {device} failed: {reason}")]
    Device {
        /// its name
        device: String,
        /// what it reported
        reason: String,
    },
}

/// The verbs. Right-hand side of the V-cycle's level 0 is the residual; its x is what `apply` takes.
pub trait Backend: Levels {
    /// Name of the device, for people.
    fn device(&self) -> String;
    /// Bytes of memory that a cell takes, all fields and levels together.
    fn bytes_per_cell(&self) -> usize;
    /// Smallest residual worth asking for, relative to the terms of the equation: rounding sets it.
    fn tolerance(&self) -> f64;
    /// Whether rounding may stop the residual a little above the tolerance, as in single precision.
    fn may_stall(&self) -> bool;

    /// Waits until everything that was queued is done. A backend that queues nothing has nothing to wait for.
    ///
    /// # Errors
    /// If the device failed.
    fn wait(&mut self) -> Result<(), BackendError> {
        Ok(())
    }
    /// Seconds that the device has worked, by its own clock, on what was queued since the last call; the first call starts
    /// that clock. None if it has none.
    ///
    /// # Errors
    /// If the device failed.
    fn busy(&mut self) -> Result<Option<f64>, BackendError> {
        Ok(None)
    }

    /// What was handed to the device and waited for so far. None if there is no device to wait for.
    fn counts(&self) -> Option<Counts> {
        None
    }

    /// Adds sources to the steps from here on, or none: a run without them neither stores nor computes anything for them.
    /// The ledgers do not know what they bring.
    ///
    /// # Errors
    /// If the device cannot.
    fn force(&mut self, forcing: Option<Forcing>) -> Result<(), BackendError> {
        match forcing {
            None => Ok(()),
            Some(_) => Err(BackendError::Device {
                device: self.device(),
                reason: "it cannot add sources to the equations; run with --device cpu".into(),
            }),
        }
    }

    /// Replaces the state. What is isolated stays what `label` found last, which is to look at it anew.
    fn load(&mut self, state: &State) -> Result<(), BackendError>;
    /// Copies the state to the host.
    fn state(&mut self) -> Result<State, BackendError>;
    /// Copies one field to the host, in f32.
    fn field(&mut self, field: Field) -> Result<Vec<f32>, BackendError>;

    /// Copies a vector of the linear solver to the host: to say where a residual is largest, and for the tests.
    fn vector(&mut self, vector: Vector) -> Result<Vec<[f64; 2]>, BackendError>;

    /// Finds the pieces of lithium that are not joined to the copper. From then on each takes no current on the whole; until
    /// the first time all lithium has the copper's potential.
    ///
    /// # Errors
    /// If the device fails.
    fn label(&mut self) -> Result<Pieces, BackendError>;

    /// Sets the run's constants and its table of transport properties anew, in the units `scales` of another temperature; the state is then
    /// to be loaded in them.
    fn set_physics(&mut self, physics: &Physics, table: &[[f32; 4]], scales: &Scales);

    /// Sets the step's constants.
    fn set_step(&mut self, step: &StepUniforms);
    /// phi −= by, also before the last step: moves the reference of the potential.
    fn shift_reference(&mut self, by: f64);
    /// Keeps φ, c and the current: the old values of the step, and what `undo_step` returns to. Then φ and c go on by `ahead` times
    /// what the last step changed, where a share [`CONCENTRATION_KEPT`](super::newton::CONCENTRATION_KEPT) of every concentration stays.
    fn begin_step(&mut self, ahead: f64);
    /// Returns to the φ and c that `begin_step` kept.
    fn undo_step(&mut self);

    /// ξ → ξ after the front has moved by `half_advance` times the current that `begin_step` kept, and of that one signed distance q,
    /// reaction area δ, curvature and where each cell reads the electrolyte. Kept until `restore_profile`.
    fn interface(&mut self, half_advance: f64);
    /// Lets the mechanisms on the surface look at it before a step: what they take is part of the reaction current from then
    /// on, and what they resist of the film. Returns Σ of each one's current times δ.
    ///
    /// # Errors
    /// If the device fails.
    fn start_mechanisms(&mut self, step: StepStart) -> Result<PerMechanism, BackendError>;
    /// Lets the mechanisms follow the surface at the end of a step of `dt` \[s\]: the front moves by `movement` for a current of 1 \[dx per
    /// current scale\].
    fn end_mechanisms(&mut self, movement: f64, dt: f64);
    /// φ, c → transport coefficients, reaction current and slopes, and the residual of both equations.
    fn linearise(&mut self);
    /// Sums over the linearised equations, as `linearise` left them: nothing may have changed the fields or the step's constants since.
    fn balance(&mut self) -> Result<Balance, BackendError>;
    /// Coefficients of the equations → those of every level of the preconditioner, before the first V-cycle on them.
    fn coarsen(&mut self);

    /// Direction `slot` = x of level 0, which may be lost, and image `slot` = A x with the finest operator.
    fn apply(&mut self, slot: usize);
    /// Takes out of the residual what a uniform change of the potential can: its sum over the charge equation, the total current. `sum_up` makes
    /// that change part of the correction.
    fn start_uniform(&mut self);
    /// Makes image `new` orthogonal to those of the slots before it, which must have gone through this since they were applied; then residual −= its share along that
    /// image, nothing where the image is nothing.
    fn go_along(&mut self, new: usize);
    /// correction = the uniform change of `start_uniform` and as much of the first `count` directions as took the residual where it is: what of the
    /// residual went along an image went back along the directions of older ones.
    fn sum_up(&mut self, count: usize);
    /// Damping that keeps the potential's change below `potential` where lithium reacts.
    fn damp(&mut self, potential: f32);
    /// φ, c += damping · correction; of a positive concentration in a cell of electrolyte at least a share `keep` stays.
    fn update(&mut self, keep: f32);

    /// ξ += factor · i δ/w, i without what mechanisms take.
    fn deposit(&mut self, factor: f64);
    /// ξ += strength ∇·(w \[∇ξ − ξ(1−ξ)/ℓ n\])/w.
    fn restore_profile(&mut self, strength: f64);
    /// Finds what `inventory`, `nucleate` and `label` would tell, the last two where they are asked for, so that a device is waited for
    /// once and not three times; they tell what was found until ξ changes. A backend that queues nothing has nothing to find ahead.
    ///
    /// # Errors
    /// If the device failed.
    fn look_ahead(&mut self, _firing: Option<Firing>, _pieces: bool) -> Result<(), BackendError> {
        Ok(())
    }
    /// Cells in which the Poisson process fires, in rising order.
    fn nucleate(&mut self, firing: Firing) -> Result<Vec<u32>, BackendError>;
    /// ξ = the larger of ξ and the caps' fractions; as many nuclei as `before` says have appeared before these.
    fn place(&mut self, caps: &[Cap], before: u64);
    /// Sums over the box.
    fn inventory(&mut self) -> Result<Inventory, BackendError>;
}
