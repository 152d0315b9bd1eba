//! The keys of a config, in tables that also make the structs: name, unit, range, default and meaning of each stand once.
//!
//! [`section!`](crate::section) makes a struct of a section's keys, [`kinds!`](crate::kinds) an enum of a section whose key `kind` or
//! `shape` says which other keys it has. Each row is a field, a [`Spec`] that says what the key takes, and a sentence:
//!
//! ```ignore
//! section! {
//!     /// Homogenised separator.
//!     pub struct Separator {
//!         porosity: f64 = required("1", Within(0.01..=1.0)), "volume fraction of electrolyte in it";
//!     }
//! }
//! ```
//!
//! Out of a row come the field with its documentation, how the key is read, its line in `check` and in the page of `report`, its row in
//! docs/config.md, its property in the JSON schema and its line in the config that `liplate init` writes.

mod specs;

use std::ops::RangeInclusive;

pub use Range::{Any, NotNegative, Positive, Within};
pub use specs::*;

/// Values that a number may take.
#[derive(Clone, Debug, PartialEq)]
pub enum Range {
    /// any finite number
    Any,
    /// more than zero
    Positive,
    /// zero or more
    NotNegative,
    /// these, ends included
    Within(RangeInclusive<f64>),
}

impl Range {
    /// What is wrong with a value, if anything is.
    pub fn objection(&self, value: f64) -> Option<String> {
        match self {
            Self::Positive if value <= 0.0 => Some("must be positive".into()),
            Self::NotNegative if value < 0.0 => Some("must not be negative".into()),
            Self::Within(range) if !range.contains(&value) => {
                Some(format!("must lie between {} and {}", range.start(), range.end()))
            }
            _ => None,
        }
    }
}

/// What a key takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Takes {
    /// a number with a unit of this SI unit's dimension; `1`: a pure number
    Quantity {
        /// the SI unit
        unit: &'static str,
        /// values that are allowed, in the SI unit
        range: Range,
    },
    /// a list of so many numbers with a unit
    Quantities {
        /// the SI unit
        unit: &'static str,
        /// values that are allowed, in the SI unit
        range: Range,
        /// how many
        count: usize,
    },
    /// a whole number
    Whole(RangeInclusive<u64>),
    /// a list of three whole numbers
    Wholes(RangeInclusive<u64>),
    /// true or false
    Flag,
    /// one of these names, each with its meaning
    Choice(Vec<(&'static str, &'static str)>),
    /// a text
    Text,
    /// a list of texts, each one of these if there are any
    Texts(Vec<&'static str>),
    /// a section, or with `many` a list of sections
    Section {
        /// its keys
        table: Table,
        /// whether it is a list
        many: bool,
    },
}

/// What happens if a key is not there.
#[derive(Clone, Debug, PartialEq)]
pub enum Without {
    /// the config is wrong
    Wrong,
    /// this value, as it stands in a config
    Value(String),
    /// what the sentence says
    Means(&'static str),
}

/// One key.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// its name in its section
    pub name: &'static str,
    /// what it takes
    pub takes: Takes,
    /// what happens without it
    pub without: Without,
    /// what it is
    pub meaning: &'static str,
}

/// One of the kinds of a section.
#[derive(Clone, Debug, PartialEq)]
pub struct OfKind {
    /// its name, as the config gives it
    pub name: &'static str,
    /// what it is
    pub meaning: &'static str,
    /// keys that only it has
    pub keys: Vec<Key>,
}

/// The keys of a section.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// keys that it has in any case
    pub keys: Vec<Key>,
    /// the key that says which others it has, if there is one: its name, and the kind that it is without the key
    pub sort: Option<(&'static str, Option<&'static str>)>,
    /// kinds by that key
    pub kinds: Vec<OfKind>,
}

impl Table {
    /// The keys of this table and then those of another.
    pub fn and(mut self, other: Self) -> Self {
        self.keys.extend(other.keys);
        self.sort = self.sort.or(other.sort);
        self.kinds.extend(other.kinds);
        self
    }

    /// Returns the table with `keys` appended to those of the kinds of these names.
    pub fn with(mut self, kinds: &[&str], keys: &[Key]) -> Self {
        for kind in self.kinds.iter_mut().filter(|kind| kinds.contains(&kind.name)) {
            kind.keys.extend(keys.iter().cloned());
        }
        self
    }
}

/// A value of a key, to be shown to people.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// a number in an SI unit
    Quantity(f64, &'static str),
    /// words
    Text(String),
}

/// Reads the keys of one section and remembers what is wrong with them. Wrong values are NaN, or the default where there is no NaN.
pub trait Reader {
    /// A number with a unit, if the key is there.
    fn optional(&self, key: &str, unit: &str, range: Range) -> Option<f64>;
    /// A number with a unit that must be there.
    fn required(&self, key: &str, unit: &str, range: Range) -> f64;
    /// So many numbers with a unit, if the key is there and right.
    fn quantities(&self, key: &str, unit: &str, range: Range, count: usize) -> Option<Vec<f64>>;
    /// A whole number.
    fn whole(&self, key: &str, range: RangeInclusive<u64>, default: u64) -> u64;
    /// Three whole numbers that must be there.
    fn wholes(&self, key: &str, range: RangeInclusive<u64>) -> [usize; 3];
    /// True or false.
    fn flag(&self, key: &str, default: bool) -> bool;
    /// A text, if the key is there.
    fn words(&self, key: &str) -> Option<String>;
    /// A list of texts, each one of `names` if there are any, none twice.
    fn list(&self, key: &str, names: &[&str]) -> Option<Vec<String>>;
    /// Whether the key is there and is just this word.
    fn is_word(&self, key: &str, word: &str) -> bool;
    /// Whether the key is there.
    fn has(&self, key: &str) -> bool;
    /// Objects that the key is missing.
    fn missing(&self, key: &str);
    /// Which of `names` it is; without the key `default`, and without that an objection.
    fn choose(&self, key: &str, names: &[&str], default: Option<usize>) -> Option<usize>;
    /// The section of a name, if it is there.
    fn inner(&self, key: &str) -> Option<Box<dyn Reader + '_>>;
    /// The sections of a list.
    fn inners(&self, key: &str) -> Vec<Box<dyn Reader + '_>>;
    /// Objects to keys that were not asked for.
    fn done(&self);
}

/// What is made of a section's keys.
pub trait OfKeys: Sized {
    /// The table of its keys.
    fn table() -> Table;
    /// What a config says.
    fn read(reader: &dyn Reader) -> Self;
    /// Its values by the names of their keys, in the order of the table; one that the config may leave out and does is not there.
    fn shown(&self) -> Vec<(String, Shown)>;
}

/// A section in which nothing stands.
struct Empty;

impl Reader for Empty {
    fn optional(&self, _: &str, _: &str, _: Range) -> Option<f64> {
        None
    }

    fn required(&self, _: &str, _: &str, _: Range) -> f64 {
        f64::NAN
    }

    fn quantities(&self, _: &str, _: &str, _: Range, _: usize) -> Option<Vec<f64>> {
        None
    }

    fn whole(&self, _: &str, _: RangeInclusive<u64>, default: u64) -> u64 {
        default
    }

    fn wholes(&self, _: &str, _: RangeInclusive<u64>) -> [usize; 3] {
        [1; 3]
    }

    fn flag(&self, _: &str, default: bool) -> bool {
        default
    }

    fn words(&self, _: &str) -> Option<String> {
        None
    }

    fn list(&self, _: &str, _: &[&str]) -> Option<Vec<String>> {
        None
    }

    fn is_word(&self, _: &str, _: &str) -> bool {
        false
    }

    fn has(&self, _: &str) -> bool {
        false
    }

    fn missing(&self, _: &str) {}

    fn choose(&self, _: &str, _: &[&str], default: Option<usize>) -> Option<usize> {
        default
    }

    fn inner(&self, _: &str) -> Option<Box<dyn Reader + '_>> {
        None
    }

    fn inners(&self, _: &str) -> Vec<Box<dyn Reader + '_>> {
        Vec::new()
    }

    fn done(&self) {}
}

/// Makes what an empty section means: defaults, and NaN where a number must be given. Setups that programs write take the rest from it, and
/// those that were stored before a key was added: the key changes neither.
pub fn defaults<T: OfKeys>() -> T {
    T::read(&Empty)
}

/// Makes a struct of a section's keys; see [`keys`](crate::model::keys).
#[macro_export]
macro_rules! section {
    ($(#[$meta:meta])* $visible:vis struct $name:ident {
        $($(#[$of_field:meta])* $field:ident: $type:ty = $spec:expr, $meaning:literal;)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        // a setup that was stored before a key was added means its default
        #[serde(default = "crate::model::keys::defaults")]
        $visible struct $name {
            $(#[doc = concat!($meaning, " — `", stringify!($spec), "`")] $(#[$of_field])* pub $field: $type,)*
        }

        impl $crate::model::keys::OfKeys for $name {
            fn table() -> $crate::model::keys::Table {
                #[allow(unused_imports)]
                use $crate::model::keys::*;
                let keys = vec![$(Spec::<$type>::key(&$spec, stringify!($field), $meaning)),*];
                Table { keys: keys.into_iter().flatten().collect(), ..Table::default() }
            }

            fn read(reader: &dyn $crate::model::keys::Reader) -> Self {
                #[allow(unused_imports)]
                use $crate::model::keys::*;
                Self { $($field: Spec::<$type>::read(&$spec, reader, stringify!($field)),)* }
            }

            fn shown(&self) -> Vec<(String, $crate::model::keys::Shown)> {
                #[allow(unused_imports)]
                use $crate::model::keys::*;
                let mut shown = Vec::new();
                $(Spec::<$type>::show(&$spec, &self.$field, stringify!($field), &mut shown);)*
                shown
            }
        }
    };
}

/// Makes an enum of the kinds of a section; see [`keys`](crate::model::keys). A kind has keys of its own in braces, those of a struct
/// that [`section!`](crate::section) made in parentheses, or none.
#[macro_export]
macro_rules! kinds {
    ($(#[$meta:meta])* $visible:vis enum $name:ident by $sort:literal without $default:expr; {
        $($variant:ident $(($inner:ident: $of:ty))? $({
            $($(#[$of_field:meta])* $field:ident: $type:ty = $spec:expr, $meaning:literal;)*
        })? = $kind:literal, $what:literal;)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case", tag = "kind")]
        $visible enum $name {
            $(#[doc = $what] $variant $(($of))? $({ $(#[doc = concat!($meaning, " — `", stringify!($spec), "`")] $(#[$of_field])* $field: $type,)* })?,)*
        }

        impl $crate::model::keys::OfKeys for $name {
            fn table() -> $crate::model::keys::Table {
                #[allow(unused_imports)]
                use $crate::model::keys::*;
                let kinds = vec![$({
                    #[allow(unused_mut)]
                    let mut keys: Vec<Key> = Vec::new();
                    $(keys.extend(<$of as OfKeys>::table().keys);)?
                    $($(keys.extend(Spec::<$type>::key(&$spec, stringify!($field), $meaning));)*)?
                    OfKind { name: $kind, meaning: $what, keys }
                }),*];
                Table { keys: Vec::new(), sort: Some(($sort, $default)), kinds }
            }

            fn read(reader: &dyn $crate::model::keys::Reader) -> Self {
                #[allow(unused_imports)]
                use $crate::model::keys::*;
                let names = [$($kind),*];
                let default: Option<&str> = $default;
                let default = default.and_then(|default| names.iter().position(|name| *name == default));
                let chosen = reader.choose($sort, &names, default).map_or("", |chosen| names[chosen]);
                match chosen {
                    $($kind => Self::$variant $((<$of as OfKeys>::read(reader)))? $({
                        $($field: Spec::<$type>::read(&$spec, reader, stringify!($field)),)*
                    })?,)*
                    // wrong, and objected to
                    _ => Self::otherwise(),
                }
            }

            fn shown(&self) -> Vec<(String, $crate::model::keys::Shown)> {
                #[allow(unused_imports)]
                use $crate::model::keys::*;
                #[allow(unused_mut)]
                let mut shown = Vec::new();
                match self {
                    $(Self::$variant $(($inner))? $({ $($field,)* })? => {
                        shown.push(($sort.to_string(), Shown::Text($kind.into())));
                        $(shown.extend(OfKeys::shown($inner));)?
                        $($(Spec::<$type>::show(&$spec, $field, stringify!($field), &mut shown);)*)?
                    })*
                }
                shown
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parameters::{Kinetics, Nucleation, TimeStep};

    #[test]
    fn an_empty_section_has_the_defaults_of_its_table() {
        let (step, kinetics): (TimeStep, Kinetics) = (defaults(), defaults());
        assert_eq!((step.cfl, step.largest, kinetics.alpha), (0.25, 1000.0, 0.5));
        assert!(kinetics.i0.is_nan() && kinetics.heterogeneity.is_none());
        assert_eq!(defaults::<Nucleation>(), Nucleation::None);
        let names = |table: Table| table.keys.iter().map(|key| key.name).collect::<Vec<_>>();
        assert_eq!(names(TimeStep::table()), ["cfl", "concentration", "potential", "first", "smallest", "largest"]);
        assert_eq!(step.shown().len(), 6);
    }

    #[test]
    fn values_that_are_left_out_are_not_shown() {
        let shown = |kinetics: Kinetics| kinetics.shown().into_iter().map(|(key, _)| key).collect::<Vec<_>>();
        assert!(!shown(defaults()).iter().any(|key| key.starts_with("heterogeneity")));
        let spread = Some(crate::model::parameters::Heterogeneity { spread: 0.5, ..defaults() });
        let with = shown(Kinetics { heterogeneity: spread, ..defaults() });
        assert!(with.contains(&"heterogeneity.spread".to_string()), "{with:?}");
    }
}
