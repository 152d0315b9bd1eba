//! What a key can take: specifications of the rows of a table.

use std::ops::RangeInclusive;

use super::{Key, OfKeys, Range, Reader, Shown, Takes, Without};
use crate::model::constants::ZERO_CELSIUS;

/// What a key takes, as a value of the type `T`.
pub trait Spec<T> {
    /// The key of this `name`; none if the field is no key.
    fn key(&self, name: &'static str, meaning: &'static str) -> Option<Key>;
    /// What a config says.
    fn read(&self, reader: &dyn Reader, name: &str) -> T;
    /// Appends what is to be shown of a value.
    fn show(&self, value: &T, name: &str, shown: &mut Vec<(String, Shown)>);
}

/// A number with a unit.
pub struct Quantity {
    unit: &'static str,
    range: Range,
    default: Option<f64>,
}

/// A number that must be there, in an SI `unit`; `1`: a pure number.
pub fn required(unit: &'static str, range: Range) -> Quantity {
    Quantity { unit, range, default: None }
}

/// A number with a default in its SI `unit`.
pub fn or(unit: &'static str, range: Range, default: f64) -> Quantity {
    Quantity { unit, range, default: Some(default) }
}

/// A number in an SI unit with a unit, as a config gives it; degrees where people count in them.
fn written(value: f64, unit: &str) -> String {
    let round = |value: f64| (value * 1e9).round() / 1e9;
    let (value, unit) = match unit {
        "K" => (round(value - ZERO_CELSIUS), "degC"),
        "rad" => (round(value.to_degrees()), "deg"),
        _ => (value, unit),
    };
    let number =
        if value != 0.0 && !(1e-3..1e6).contains(&value.abs()) { format!("{value:e}") } else { format!("{value}") };
    if unit == "1" { number } else { format!("\"{number} {unit}\"") }
}

impl Spec<f64> for Quantity {
    fn key(&self, name: &'static str, meaning: &'static str) -> Option<Key> {
        let takes = Takes::Quantity { unit: self.unit, range: self.range.clone() };
        let without = self.default.map_or(Without::Wrong, |default| Without::Value(written(default, self.unit)));
        Some(Key { name, takes, without, meaning })
    }

    fn read(&self, reader: &dyn Reader, name: &str) -> f64 {
        match self.default {
            Some(default) => reader.optional(name, self.unit, self.range.clone()).unwrap_or(default),
            None => reader.required(name, self.unit, self.range.clone()),
        }
    }

    fn show(&self, value: &f64, name: &str, shown: &mut Vec<(String, Shown)>) {
        shown.push((name.into(), Shown::Quantity(*value, self.unit)));
    }
}

/// A number with a unit that may be left out.
pub struct Optional {
    unit: &'static str,
    range: Range,
    without: &'static str,
}

/// A number in an SI `unit` that may be left out; `without` says what that means.
pub fn optional(unit: &'static str, range: Range, without: &'static str) -> Optional {
    Optional { unit, range, without }
}

impl Spec<Option<f64>> for Optional {
    fn key(&self, name: &'static str, meaning: &'static str) -> Option<Key> {
        let takes = Takes::Quantity { unit: self.unit, range: self.range.clone() };
        Some(Key { name, takes, without: Without::Means(self.without), meaning })
    }

    fn read(&self, reader: &dyn Reader, name: &str) -> Option<f64> {
        reader.optional(name, self.unit, self.range.clone())
    }

    fn show(&self, value: &Option<f64>, name: &str, shown: &mut Vec<(String, Shown)>) {
        shown.extend(value.map(|value| (name.to_string(), Shown::Quantity(value, self.unit))));
    }
}

/// A number with a unit and a default, or the word `none`.
pub struct OrNone(Quantity);

/// A number with a default in its SI `unit`, or the word `none`.
pub fn or_none(unit: &'static str, range: Range, default: f64) -> OrNone {
    OrNone(or(unit, range, default))
}

impl Spec<Option<f64>> for OrNone {
    fn key(&self, name: &'static str, meaning: &'static str) -> Option<Key> {
        self.0.key(name, meaning)
    }

    fn read(&self, reader: &dyn Reader, name: &str) -> Option<f64> {
        if reader.is_word(name, "none") { None } else { Some(self.0.read(reader, name)) }
    }

    fn show(&self, value: &Option<f64>, name: &str, shown: &mut Vec<(String, Shown)>) {
        match value {
            Some(value) => self.0.show(value, name, shown),
            None => shown.push((name.into(), Shown::Text("none".into()))),
        }
    }
}

/// So many numbers with a unit.
pub struct Quantities<const N: usize> {
    unit: &'static str,
    range: Range,
    without: Option<&'static str>,
}

/// A list of `N` numbers in an SI `unit` that may be left out; `without` says what that means.
pub fn optional_list<const N: usize>(unit: &'static str, range: Range, without: &'static str) -> Quantities<N> {
    Quantities { unit, range, without: Some(without) }
}

/// A list of `N` numbers in an SI `unit` that must be there.
pub fn required_list<const N: usize>(unit: &'static str, range: Range) -> Quantities<N> {
    Quantities { unit, range, without: None }
}

impl<const N: usize> Quantities<N> {
    fn takes(&self, name: &'static str, meaning: &'static str) -> Option<Key> {
        let takes = Takes::Quantities { unit: self.unit, range: self.range.clone(), count: N };
        Some(Key { name, takes, without: self.without.map_or(Without::Wrong, Without::Means), meaning })
    }

    fn list(&self, reader: &dyn Reader, name: &str) -> Option<[f64; N]> {
        let list = reader.quantities(name, self.unit, self.range.clone(), N);
        if list.is_none() && self.without.is_none() && !reader.has(name) {
            reader.missing(name);
        }
        list?.try_into().ok()
    }

    fn shows(&self, values: &[f64], name: &str, shown: &mut Vec<(String, Shown)>) {
        shown.extend(values.iter().enumerate().map(|(i, v)| (format!("{name}[{i}]"), Shown::Quantity(*v, self.unit))));
    }
}

impl<const N: usize> Spec<Option<[f64; N]>> for Quantities<N> {
    fn key(&self, name: &'static str, meaning: &'static str) -> Option<Key> {
        self.takes(name, meaning)
    }

    fn read(&self, reader: &dyn Reader, name: &str) -> Option<[f64; N]> {
        self.list(reader, name)
    }

    fn show(&self, value: &Option<[f64; N]>, name: &str, shown: &mut Vec<(String, Shown)>) {
        self.shows(value.as_ref().map_or(&[], |values| values), name, shown);
    }
}

impl<const N: usize> Spec<[f64; N]> for Quantities<N> {
    fn key(&self, name: &'static str, meaning: &'static str) -> Option<Key> {
        self.takes(name, meaning)
    }

    fn read(&self, reader: &dyn Reader, name: &str) -> [f64; N] {
        self.list(reader, name).unwrap_or([f64::NAN; N])
    }

    fn show(&self, value: &[f64; N], name: &str, shown: &mut Vec<(String, Shown)>) {
        self.shows(value, name, shown);
    }
}

/// A whole number.
pub struct Whole {
    range: RangeInclusive<u64>,
    default: u64,
}

/// A whole number with a default.
pub fn whole(range: RangeInclusive<u64>, default: u64) -> Whole {
    Whole { range, default }
}

/// A seed of random numbers, 0 if it is left out.
pub fn random_seed() -> Whole {
    whole(0..=u64::from(u32::MAX), 0)
}

impl Whole {
    fn takes(&self, name: &'static str, meaning: &'static str) -> Option<Key> {
        let without = Without::Value(self.default.to_string());
        Some(Key { name, takes: Takes::Whole(self.range.clone()), without, meaning })
    }
}

impl Spec<u64> for Whole {
    fn key(&self, name: &'static str, meaning: &'static str) -> Option<Key> {
        self.takes(name, meaning)
    }

    fn read(&self, reader: &dyn Reader, name: &str) -> u64 {
        reader.whole(name, self.range.clone(), self.default)
    }

    fn show(&self, value: &u64, name: &str, shown: &mut Vec<(String, Shown)>) {
        shown.push((name.into(), Shown::Text(value.to_string())));
    }
}

impl Spec<u32> for Whole {
    fn key(&self, name: &'static str, meaning: &'static str) -> Option<Key> {
        self.takes(name, meaning)
    }

    fn read(&self, reader: &dyn Reader, name: &str) -> u32 {
        // the range keeps it within
        reader.whole(name, self.range.clone(), self.default).try_into().unwrap_or(u32::MAX)
    }

    fn show(&self, value: &u32, name: &str, shown: &mut Vec<(String, Shown)>) {
        shown.push((name.into(), Shown::Text(value.to_string())));
    }
}

/// A whole number that may be left out.
pub struct OptionalWhole {
    range: RangeInclusive<u64>,
    without: &'static str,
}

/// A whole number that may be left out; `without` says what that means.
pub fn optional_whole(range: RangeInclusive<u64>, without: &'static str) -> OptionalWhole {
    OptionalWhole { range, without }
}

impl Spec<Option<u32>> for OptionalWhole {
    fn key(&self, name: &'static str, meaning: &'static str) -> Option<Key> {
        Some(Key { name, takes: Takes::Whole(self.range.clone()), without: Without::Means(self.without), meaning })
    }

    fn read(&self, reader: &dyn Reader, name: &str) -> Option<u32> {
        // nothing lies below a range of whole numbers: that is what tells that the key is not there
        let absent = u64::MAX;
        let value = reader.whole(name, self.range.clone(), absent);
        (value != absent).then(|| value.try_into().unwrap_or(u32::MAX))
    }

    fn show(&self, value: &Option<u32>, name: &str, shown: &mut Vec<(String, Shown)>) {
        shown.extend(value.map(|value| (name.to_string(), Shown::Text(value.to_string()))));
    }
}

/// Three whole numbers that must be there.
pub struct Wholes(RangeInclusive<u64>);

/// A list of three whole numbers that must be there.
pub fn three_whole(range: RangeInclusive<u64>) -> Wholes {
    Wholes(range)
}

impl Spec<[usize; 3]> for Wholes {
    fn key(&self, name: &'static str, meaning: &'static str) -> Option<Key> {
        Some(Key { name, takes: Takes::Wholes(self.0.clone()), without: Without::Wrong, meaning })
    }

    fn read(&self, reader: &dyn Reader, name: &str) -> [usize; 3] {
        reader.wholes(name, self.0.clone())
    }

    fn show(&self, value: &[usize; 3], name: &str, shown: &mut Vec<(String, Shown)>) {
        shown.push((name.into(), Shown::Text(value.map(|n| n.to_string()).join(" × "))));
    }
}

/// True or false.
pub struct Flag(bool);

/// True or false, with a default.
pub fn flag(default: bool) -> Flag {
    Flag(default)
}

impl Spec<bool> for Flag {
    fn key(&self, name: &'static str, meaning: &'static str) -> Option<Key> {
        Some(Key { name, takes: Takes::Flag, without: Without::Value(self.0.to_string()), meaning })
    }

    fn read(&self, reader: &dyn Reader, name: &str) -> bool {
        reader.flag(name, self.0)
    }

    fn show(&self, value: &bool, name: &str, shown: &mut Vec<(String, Shown)>) {
        shown.push((name.into(), Shown::Text(value.to_string())));
    }
}

/// One of some named values.
pub trait Named: Sized + Copy + PartialEq + 'static {
    /// Values with their names in a config and what they mean.
    const NAMED: &'static [(&'static str, Self, &'static str)];

    /// The name of a value.
    fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(_, value, _)| *value == self).map_or("", |(name, ..)| name)
    }
}

/// A choice among named values.
pub struct Choice<T>(Option<T>);

/// One of the named values of a type, with a default.
pub fn choice_or<T: Named>(default: T) -> Choice<T> {
    Choice(Some(default))
}

/// One of the named values of a type; the key must be there.
pub fn choice<T: Named>() -> Choice<T> {
    Choice(None)
}

impl<T: Named> Spec<T> for Choice<T> {
    fn key(&self, name: &'static str, meaning: &'static str) -> Option<Key> {
        let takes = Takes::Choice(T::NAMED.iter().map(|(name, _, meaning)| (*name, *meaning)).collect());
        let without = self.0.map_or(Without::Wrong, |default| Without::Value(format!("{:?}", default.name())));
        Some(Key { name, takes, without, meaning })
    }

    fn read(&self, reader: &dyn Reader, name: &str) -> T {
        let names: Vec<&str> = T::NAMED.iter().map(|(name, ..)| *name).collect();
        let default = self.0.and_then(|default| T::NAMED.iter().position(|(_, value, _)| *value == default));
        // without a default a wrong one is objected to; which stands in its place is of no account
        T::NAMED[reader.choose(name, &names, default).unwrap_or(0)].1
    }

    fn show(&self, value: &T, name: &str, shown: &mut Vec<(String, Shown)>) {
        shown.push((name.into(), Shown::Text(value.name().into())));
    }
}

/// A text.
pub struct Words {
    without: Without,
}

/// A text that may be left out; `without` says what that means.
pub fn optional_text(without: &'static str) -> Words {
    Words { without: Without::Means(without) }
}

/// A text that must be there: what reads it further objects where it is missing, with a sentence of its own.
pub fn text() -> Words {
    Words { without: Without::Wrong }
}

/// A text with a default.
pub fn text_or(default: &str) -> Words {
    Words { without: Without::Value(format!("{default:?}")) }
}

impl Spec<Option<String>> for Words {
    fn key(&self, name: &'static str, meaning: &'static str) -> Option<Key> {
        Some(Key { name, takes: Takes::Text, without: self.without.clone(), meaning })
    }

    fn read(&self, reader: &dyn Reader, name: &str) -> Option<String> {
        reader.words(name)
    }

    fn show(&self, value: &Option<String>, name: &str, shown: &mut Vec<(String, Shown)>) {
        shown.extend(value.clone().map(|value| (name.to_string(), Shown::Text(value))));
    }
}

impl Spec<String> for Words {
    fn key(&self, name: &'static str, meaning: &'static str) -> Option<Key> {
        Spec::<Option<String>>::key(self, name, meaning)
    }

    fn read(&self, reader: &dyn Reader, name: &str) -> String {
        let default = match &self.without {
            Without::Value(quoted) => quoted.trim_matches('"'),
            _ => "",
        };
        reader.words(name).unwrap_or_else(|| default.into())
    }

    fn show(&self, value: &String, name: &str, shown: &mut Vec<(String, Shown)>) {
        shown.push((name.into(), Shown::Text(value.clone())));
    }
}

/// A list of names.
pub struct List {
    names: &'static [&'static str],
    default: &'static [&'static str],
}

/// A list of names out of `names`, none twice, with a default.
pub fn list(names: &'static [&'static str], default: &'static [&'static str]) -> List {
    List { names, default }
}

impl Spec<Vec<String>> for List {
    fn key(&self, name: &'static str, meaning: &'static str) -> Option<Key> {
        let without = Without::Value(format!("{:?}", self.default));
        Some(Key { name, takes: Takes::Texts(self.names.to_vec()), without, meaning })
    }

    fn read(&self, reader: &dyn Reader, name: &str) -> Vec<String> {
        reader.list(name, self.names).unwrap_or_else(|| self.default.iter().map(ToString::to_string).collect())
    }

    fn show(&self, value: &Vec<String>, name: &str, shown: &mut Vec<(String, Shown)>) {
        shown.push((name.into(), Shown::Text(value.join(", "))));
    }
}

/// A list of texts that may be left out.
pub struct Texts {
    without: &'static str,
}

/// A list of texts that may be left out; `without` says what that means.
pub fn optional_texts(without: &'static str) -> Texts {
    Texts { without }
}

impl Spec<Option<Vec<String>>> for Texts {
    fn key(&self, name: &'static str, meaning: &'static str) -> Option<Key> {
        Some(Key { name, takes: Takes::Texts(Vec::new()), without: Without::Means(self.without), meaning })
    }

    fn read(&self, reader: &dyn Reader, name: &str) -> Option<Vec<String>> {
        reader.list(name, &[])
    }

    fn show(&self, value: &Option<Vec<String>>, name: &str, shown: &mut Vec<(String, Shown)>) {
        shown.extend(value.iter().map(|value| (name.to_string(), Shown::Text(value.join(", ")))));
    }
}

/// A section in a section.
pub struct Inner {
    without: &'static str,
}

/// A section that may be left out; `without` says what that means.
pub fn inner(without: &'static str) -> Inner {
    Inner { without }
}

/// A list of sections.
pub fn inners() -> Inner {
    Inner { without: "none" }
}

/// A section in a section that is always there: one that must be given, or one whose keys all have defaults.
pub struct InnerValue {
    required: bool,
}

/// A section that must be given.
pub fn required_inner() -> InnerValue {
    InnerValue { required: true }
}

/// A section that may be left out: its keys then have their defaults.
pub fn inner_or_defaults() -> InnerValue {
    InnerValue { required: false }
}

impl<T: OfKeys> Spec<T> for InnerValue {
    fn key(&self, name: &'static str, meaning: &'static str) -> Option<Key> {
        let takes = Takes::Section { table: T::table(), many: false };
        let without = if self.required { Without::Wrong } else { Without::Means("the defaults of its keys") };
        Some(Key { name, takes, without, meaning })
    }

    fn read(&self, reader: &dyn Reader, name: &str) -> T {
        match reader.inner(name) {
            Some(inner) => {
                let value = T::read(&*inner);
                inner.done();
                value
            }
            None => {
                if self.required {
                    reader.missing(name);
                }
                super::defaults()
            }
        }
    }

    fn show(&self, value: &T, name: &str, shown: &mut Vec<(String, Shown)>) {
        show_inner(value, name, shown);
    }
}

/// Shows what a section holds, under its name.
fn show_inner<T: OfKeys>(value: &T, name: &str, shown: &mut Vec<(String, Shown)>) {
    shown.extend(value.shown().into_iter().map(|(key, value)| (format!("{name}.{key}"), value)));
}

impl<T: OfKeys> Spec<Option<T>> for Inner {
    fn key(&self, name: &'static str, meaning: &'static str) -> Option<Key> {
        let takes = Takes::Section { table: T::table(), many: false };
        Some(Key { name, takes, without: Without::Means(self.without), meaning })
    }

    fn read(&self, reader: &dyn Reader, name: &str) -> Option<T> {
        let inner = reader.inner(name)?;
        let value = T::read(&*inner);
        inner.done();
        Some(value)
    }

    fn show(&self, value: &Option<T>, name: &str, shown: &mut Vec<(String, Shown)>) {
        value.iter().for_each(|value| show_inner(value, name, shown));
    }
}

impl<T: OfKeys> Spec<Vec<T>> for Inner {
    fn key(&self, name: &'static str, meaning: &'static str) -> Option<Key> {
        let takes = Takes::Section { table: T::table(), many: true };
        Some(Key { name, takes, without: Without::Means(self.without), meaning })
    }

    fn read(&self, reader: &dyn Reader, name: &str) -> Vec<T> {
        let read = |inner: Box<dyn Reader + '_>| {
            let value = T::read(&*inner);
            inner.done();
            value
        };
        reader.inners(name).into_iter().map(read).collect()
    }

    fn show(&self, value: &Vec<T>, name: &str, shown: &mut Vec<(String, Shown)>) {
        value.iter().enumerate().for_each(|(i, value)| show_inner(value, &format!("{name}[{i}]"), shown));
    }
}

/// A field that is no key.
pub struct Derived;

/// A field that no key gives.
pub fn derived() -> Derived {
    Derived
}

impl<T: Default> Spec<T> for Derived {
    fn key(&self, _: &'static str, _: &'static str) -> Option<Key> {
        None
    }

    fn read(&self, _: &dyn Reader, _: &str) -> T {
        T::default()
    }

    fn show(&self, _: &T, _: &str, _: &mut Vec<(String, Shown)>) {}
}
