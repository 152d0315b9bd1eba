//! Mechanisms that ride on the surface of the lithium, each in a folder of its own, all of them in one table.
//!
//! A mechanism has a section of the config. It may have fields that move with the surface, a current that it takes beside the lithium, with a
//! column of what it has taken, a resistance that it adds to the film, and a say in capillarity and in the exchange current. The rest of the
//! program knows none by name: it goes through the table.
//! A folder holds
//!
//! - `mod.rs`: keys, laws and what [`Mechanism`] asks;
//! - `cpu.rs` and `gpu.rs`: what it does before the solution of a step, after the movement of the front and where nuclei appear
//!   (`cpu::mechanism`, `gpu::mechanism`); its shaders are `shaders/NAME_*.wgsl`.
//!
//! Beside the folder a mechanism has its row here, its fields in `model::stored` if runs are to store them, its shaders in the table of
//! kernels and its constants in `model::numerics`.

pub mod crystal;
pub mod devices;
pub mod sei;
pub mod shot_noise;
pub mod voids;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::keys::{OfKeys, Reader, Shown, Table};
use crate::model::orientation::Orientations;
use crate::model::parameters::Kinetics;
use crate::model::scales::Scales;

/// Hands the table of mechanisms to the macro `$make`: a name, which is that of the section, the folder and the columns; the struct of its
/// keys; what people call it; whether it `takes` lithium, or takes `none`; what the section is about.
macro_rules! for_each_mechanism {
    ($make:ident) => {
        $make! {
            sei: Sei, "SEI", takes, "The solid-electrolyte interphase; without the section none grows.";
            crystal: Crystal, "crystal", none, "The crystal that lithium grows as, of one orientation or in grains; without the section no direction is preferred.";
            // behind those whose resistance is that of the contact
            voids: Voids, "voids", none, "Voids between lithium and a solid electrolyte, which does not follow lithium that is stripped; without the section it does.";
            // behind those whose exchange current it has the noise of
            shot_noise: ShotNoise, "shot noise", none, "Shot noise of charge transfer: lithium ions cross the interface one by one; without the section there is none.";
        }
    };
}
pub(crate) use for_each_mechanism;

/// The step that is about to be solved.
#[derive(Clone, Copy, Debug)]
pub struct StepStart {
    /// its length \[s\]
    pub dt: f64,
    /// its number: random numbers are functions of it
    pub number: u32,
    /// whether it goes on from the step before: not where a run begins, or what is imposed has just changed
    pub goes_on: bool,
}

/// Fields of mechanisms by their names, one value a cell, in scaled units.
pub type Riding = BTreeMap<&'static str, Vec<f64>>;

/// A field that rides on the surface.
#[derive(Clone, Copy)]
pub struct RidingField {
    /// its name: in checkpoints, and in `output.fields` where `model::stored` has it
    pub name: &'static str,
    /// SI unit over its scaled unit
    pub unit: fn(&Scales) -> f64,
    /// section of the config without which there is no such field
    pub section: &'static str,
}

/// A value that could be mistaken: its key in the section, the value in SI, what it may be without a remark, its unit, and what is usual.
pub struct Plausible {
    /// the key
    pub key: &'static str,
    /// its value
    pub value: f64,
    /// least and most that pass without a remark
    pub range: [f64; 2],
    /// SI unit
    pub unit: &'static str,
    /// what is usual
    pub why: &'static str,
}

/// What the rest of the program asks of a mechanism that is switched on.
pub trait Mechanism {
    /// Fields of the mechanism. Their values are negative in cells away from the surface.
    fn fields(&self) -> &'static [RidingField];
    /// Values of the mechanism by the names of their keys.
    fn shown(&self) -> Vec<(String, Shown)>;
    /// Values of the mechanism that could be mistaken.
    fn plausible(&self) -> Vec<Plausible>;
    /// What is wrong with the values of several keys together, those of the mechanism and of the kinetics: a key, and a sentence.
    fn objections(&self, _kinetics: &Kinetics) -> Vec<(&'static str, String)> {
        Vec::new()
    }
    /// Area resistance of a surface that is covered as a fresh one will be \[Ω m²\].
    fn resistance(&self) -> f64 {
        0.0
    }
    /// Area resistance of a surface on which the first field of the mechanism has this value, in SI \[Ω m²\].
    fn resistance_at(&self, _value: f64) -> f64 {
        0.0
    }
    /// Largest stiffness of the surface over its mean energy: how much faster capillarity levels it than it would without.
    fn stiffness(&self) -> f64 {
        1.0
    }
    /// Standard deviation of the overpotential that the mechanism draws anew in every step, where so many ions cross the surface in it \[RT/F\].
    fn unrest(&self, _ions: f64) -> f64 {
        0.0
    }
    /// The seed of what the mechanism draws by chance, if it does: its key in the section, and its value.
    fn seed(&mut self) -> Option<(&'static str, &mut u32)> {
        None
    }
    /// Orientations of the grains that the first field of the mechanism numbers, if it has grains.
    fn grains(&self) -> Option<Orientations> {
        None
    }
    /// Whether the mechanism differs so much from cell to cell that the distance to the interface is to be that of the beginning of a step: the
    /// currents that it leaves would bend the one in the middle.
    fn bends_distance(&self) -> bool {
        false
    }
    /// What `check` tells of `steps` that strip under this kinetics, each with its current density \[A/m²\] and its temperature \[K\]: a name, and a sentence.
    fn of_stripping(&self, _kinetics: &Kinetics, _steps: &[[f64; 2]]) -> Option<(&'static str, String)> {
        None
    }
    /// How far the front may move in a step \[m\].
    fn largest_way(&self) -> f64 {
        f64::INFINITY
    }
    /// Height of the voids at the surface, where the first field of the mechanism is the share of it that is in contact \[m\].
    fn void_height(&self) -> Option<f64> {
        None
    }
}

macro_rules! column {
    (takes, $name:ident) => {
        Some(concat!(stringify!($name), "_lithium"))
    };
    (none, $name:ident) => {
        None
    };
}

macro_rules! hosts {
    ($($name:ident: $keys:ident, $label:literal, $takes:ident, $about:literal;)*) => {
        /// The mechanisms that are switched on, with their parameters.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Mechanisms { $(#[doc = $about] pub $name: Option<$name::$keys>,)* }

        /// One number for each mechanism, 0 for one that is switched off.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct PerMechanism { $(#[doc = $about] pub $name: f64,)* }

        /// Number of mechanisms.
        pub const COUNT: usize = ALL.len();

        /// Every mechanism: its name, what people call it, and its fields.
        pub const ALL: &[(&str, &str, &[RidingField])] = &[$((stringify!($name), $label, $name::FIELDS)),*];

        /// Columns of the lithium that each has taken, in tables; none of one that takes no lithium.
        const LITHIUM_COLUMNS: [Option<&str>; COUNT] = [$(column!($takes, $name)),*];

        impl Mechanisms {
            /// Sections of a config: name, what it is about, its keys.
            pub fn sections() -> Vec<(&'static str, &'static str, Table)> {
                vec![$((stringify!($name), $about, <$name::$keys as OfKeys>::table())),*]
            }

            /// Reads the mechanisms whose sections are there.
            pub fn read(root: &dyn Reader) -> Self {
                let mut all = Self::default();
                $(all.$name = root.inner(stringify!($name)).map(|section| {
                    let keys = OfKeys::read(section.as_ref());
                    section.done();
                    keys
                });)*
                all
            }

            /// Seeds of the mechanisms that are switched on and draw by chance, each with its full key.
            pub fn seeds(&mut self) -> Vec<(String, &mut u32)> {
                let all: [(_, Option<&mut dyn Mechanism>); COUNT] = [$((stringify!($name), self.$name.as_mut().map(|on| on as &mut dyn Mechanism))),*];
                let mut found = Vec::new();
                for (name, on) in all {
                    if let Some((key, seed)) = on.and_then(|on| on.seed()) {
                        found.push((format!("{name}.{key}"), seed));
                    }
                }
                found
            }

            /// Mechanisms that are switched on, with their names.
            pub fn each(&self) -> Vec<(&'static str, &dyn Mechanism)> {
                let all: [(_, Option<&dyn Mechanism>); COUNT] = [$((stringify!($name), self.$name.as_ref().map(|on| on as &dyn Mechanism))),*];
                all.into_iter().filter_map(|(name, on)| Some((name, on?))).collect()
            }
        }

        impl PerMechanism {
            /// One number each, in the order of [`ALL`].
            pub fn to_array(self) -> [f64; COUNT] {
                [$(self.$name),*]
            }

            /// From one number each, in the order of [`ALL`].
            pub fn from_array([$($name),*]: [f64; COUNT]) -> Self {
                Self { $($name),* }
            }
        }
    };
}

for_each_mechanism!(hosts);

impl Mechanisms {
    /// Whether no mechanism is switched on.
    pub fn is_empty(&self) -> bool {
        self.each().is_empty()
    }

    /// Fields of the mechanisms that are switched on.
    pub fn fields(&self) -> Vec<&'static RidingField> {
        self.each().into_iter().flat_map(|(_, on)| on.fields()).collect()
    }

    /// Largest stiffness of the surface over its mean energy.
    pub fn stiffness(&self) -> f64 {
        self.each().into_iter().map(|(_, on)| on.stiffness()).product()
    }

    /// Field that numbers the grains of the lithium, and their orientations, if it has grains.
    pub fn grains(&self) -> Option<(&'static RidingField, Orientations)> {
        self.each().into_iter().find_map(|(_, on)| Some((on.fields().first()?, on.grains()?)))
    }

    /// Whether the distance to the interface is to be that of the beginning of a step.
    pub fn bend_distance(&self) -> bool {
        self.each().into_iter().any(|(_, on)| on.bends_distance())
    }

    /// Standard deviation of the overpotential that is drawn anew in every step, where so many ions cross the surface in it \[RT/F\].
    pub fn unrest(&self, ions: f64) -> f64 {
        self.each().into_iter().map(|(_, on)| on.unrest(ions)).fold(0.0, f64::hypot)
    }

    /// How far the front may move in a step \[m\].
    pub fn largest_way(&self) -> f64 {
        self.each().into_iter().map(|(_, on)| on.largest_way()).fold(f64::INFINITY, f64::min)
    }

    /// Place among the mechanisms that are switched on of the one whose field is the contact, and the height of the voids below the rest \[m\].
    pub fn contact(&self) -> Option<(usize, f64)> {
        self.each().into_iter().enumerate().find_map(|(place, (_, on))| Some((place, on.void_height()?)))
    }

    /// Sections of which one leaves voids below the electrolyte and the other takes lithium from all of the surface, above voids too, if both are there.
    pub fn clash(&self) -> Option<[&'static str; 2]> {
        let each = self.each();
        let with_voids = each.iter().find(|(_, on)| on.void_height().is_some())?.0;
        let takes =
            |name: &str| ALL.iter().zip(LITHIUM_COLUMNS).any(|((own, ..), column)| *own == name && column.is_some());
        Some([with_voids, each.iter().find(|(name, _)| takes(name))?.0])
    }

    /// Area resistance of a fresh surface, that of the film aside \[Ω m²\].
    pub fn resistance(&self) -> f64 {
        self.each().into_iter().map(|(_, on)| on.resistance()).sum()
    }
}

impl PerMechanism {
    /// The sum over all mechanisms.
    pub fn total(self) -> f64 {
        self.to_array().into_iter().sum()
    }

    /// Returns these numbers and `by` times those of another, mechanism by mechanism.
    pub fn plus(self, by: f64, other: Self) -> Self {
        let other = other.to_array();
        let mut sum = self.to_array();
        sum.iter_mut().zip(other).for_each(|(sum, other)| *sum += by * other);
        Self::from_array(sum)
    }
}

/// Of each mechanism that takes lithium: its place in the table, the column of that, and what people call it.
pub fn lithium_columns() -> impl Iterator<Item = (usize, &'static str, &'static str)> {
    let all = LITHIUM_COLUMNS.into_iter().zip(ALL).enumerate();
    all.filter_map(|(place, (column, (_, label, _)))| Some((place, column?, *label)))
}

/// The mechanism that a field belongs to, and the field, by the field's name.
pub fn field(name: &str) -> Option<(&'static str, &'static RidingField)> {
    ALL.iter().find_map(|(of, _, fields)| fields.iter().find(|field| field.name == name).map(|field| (*of, field)))
}
