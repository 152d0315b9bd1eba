//! Reads a section of a config key by key and remembers everything that is wrong with it.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use toml::{Table, Value};

use super::quantity;

/// Problems found so far, one sentence each, the key first.
pub type Problems = RefCell<Vec<String>>;

/// Values that a number may take.
#[derive(Clone, Debug)]
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
    fn objection(&self, value: f64) -> Option<String> {
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

/// One table of the config.
pub struct Section<'a> {
    table: Option<&'a Table>,
    path: String,
    asked: RefCell<Vec<String>>,
    problems: &'a Problems,
}

impl<'a> Section<'a> {
    /// The whole config.
    pub fn root(table: &'a Table, problems: &'a Problems) -> Self {
        Self { table: Some(table), path: String::new(), asked: RefCell::default(), problems }
    }

    /// Full name of a key, as in `kinetics.i0`.
    pub fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.into() } else { format!("{}.{key}", self.path) }
    }

    /// Records that something is wrong with `key`.
    pub fn object(&self, key: &str, problem: impl std::fmt::Display) {
        self.problems.borrow_mut().push(format!("{}: {problem}", self.name(key)));
    }

    /// Whether `key` is there.
    pub fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    fn value(&self, key: &str) -> Option<&'a Value> {
        self.asked.borrow_mut().push(key.into());
        self.table?.get(key)
    }

    /// The table under `key`; empty if it is not there.
    pub fn section(&self, key: &str) -> Section<'a> {
        let table = match self.value(key) {
            Some(Value::Table(table)) => Some(table),
            Some(_) => {
                self.object(key, format!("must be a section, [{}]", self.name(key)));
                None
            }
            None => None,
        };
        Section { table, path: self.name(key), asked: RefCell::default(), problems: self.problems }
    }

    /// The tables of a list `[[key]]`.
    pub fn sections(&self, key: &str) -> Vec<Section<'a>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let tables: Option<Vec<&Table>> = value.as_array().and_then(|list| list.iter().map(Value::as_table).collect());
        if tables.is_none() {
            self.object(key, format!("must be a list of sections, [[{}]]", self.name(key)));
        }
        let section = |(i, table)| Section {
            table: Some(table),
            path: format!("{}[{i}]", self.name(key)),
            asked: RefCell::default(),
            problems: self.problems,
        };
        tables.unwrap_or_default().into_iter().enumerate().map(section).collect()
    }

    /// A number with a unit (`"1"`: without), if the key is there; NaN if it is wrong.
    pub fn optional(&self, key: &str, unit: &str, range: Range) -> Option<f64> {
        let value = match self.value(key)? {
            Value::String(text) => quantity::parse(text, unit),
            Value::Integer(i) if unit == "1" => Ok(*i as f64),
            Value::Float(f) if unit == "1" && f.is_finite() => Ok(*f),
            Value::Integer(_) | Value::Float(_) if unit != "1" => {
                Err(format!("needs a unit, as in {key} = \"… {unit}\""))
            }
            other => Err(format!("{other} is not a number")),
        };
        let value = value.and_then(|v| match range.objection(v) {
            Some(problem) => Err(format!("{v} {unit} {problem}").replace(" 1 must", " must")),
            None => Ok(v),
        });
        Some(value.unwrap_or_else(|problem| {
            self.object(key, problem);
            f64::NAN
        }))
    }

    /// A number with a unit; NaN if it is missing or wrong.
    pub fn required(&self, key: &str, unit: &str, range: Range) -> f64 {
        self.optional(key, unit, range).unwrap_or_else(|| {
            self.object(key, "is missing");
            f64::NAN
        })
    }

    /// A number with a unit and a default in that unit.
    pub fn or(&self, key: &str, unit: &str, range: Range, default: f64) -> f64 {
        self.optional(key, unit, range).unwrap_or(default)
    }

    /// A whole number from `least` to `most`, with a default.
    pub fn whole(&self, key: &str, range: RangeInclusive<u64>, default: u64) -> u64 {
        match self.value(key) {
            None => default,
            Some(Value::Integer(i)) if u64::try_from(*i).is_ok_and(|i| range.contains(&i)) => *i as u64,
            Some(other) => {
                self.object(key, format!("{other} must be a whole number from {} to {}", range.start(), range.end()));
                default
            }
        }
    }

    /// True or false, with a default.
    pub fn flag(&self, key: &str, default: bool) -> bool {
        match self.value(key) {
            None => default,
            Some(Value::Boolean(flag)) => *flag,
            Some(other) => {
                self.object(key, format!("{other} must be true or false"));
                default
            }
        }
    }

    /// A seed of random numbers, 0 if it is not given.
    pub fn seed(&self) -> u32 {
        self.whole("seed", 0..=u64::from(u32::MAX), 0) as u32
    }

    /// A text, if the key is there.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        match self.value(key)? {
            Value::String(text) => Some(text),
            other => {
                self.object(key, format!("{other} must be a text in quotes"));
                None
            }
        }
    }

    /// Whether `key` is there and is just this text.
    pub fn is_text(&self, key: &str, text: &str) -> bool {
        self.value(key).and_then(Value::as_str) == Some(text)
    }

    /// A list of texts, if the key is there.
    pub fn texts(&self, key: &str) -> Option<Vec<String>> {
        let list =
            self.value(key)?.as_array().and_then(|list| list.iter().map(|v| v.as_str().map(String::from)).collect());
        if list.is_none() {
            self.object(key, "must be a list of texts in quotes");
        }
        list
    }

    /// Three whole numbers or three lengths, whatever `read` makes of each.
    pub fn triple<T: Copy>(&self, key: &str, read: impl Fn(&Value) -> Result<T, String>, default: T) -> [T; 3] {
        let Some(value) = self.value(key) else {
            self.object(key, "is missing");
            return [default; 3];
        };
        match value.as_array() {
            Some(list) if list.len() == 3 => std::array::from_fn(|i| {
                read(&list[i]).unwrap_or_else(|problem| {
                    self.object(key, problem);
                    default
                })
            }),
            _ => {
                self.object(key, "must be a list of three");
                [default; 3]
            }
        }
    }

    /// One of the named values; `default` if the key is not there (or, if there is no default, an objection).
    pub fn choice<T: Clone>(&self, key: &str, options: &[(&str, T)], default: Option<T>) -> Option<T> {
        let names = || options.iter().map(|(name, _)| format!("{name:?}")).collect::<Vec<_>>().join(", ");
        let Some(text) = self.text(key) else {
            if default.is_none() && !self.table.is_some_and(|t| t.contains_key(key)) {
                self.object(key, format!("is missing; one of {}", names()));
            }
            return default;
        };
        let found = options.iter().find(|(name, _)| *name == text).map(|(_, value)| value.clone());
        if found.is_none() {
            self.object(key, format!("{text:?} is not one of {}", names()));
        }
        found
    }

    /// Objects to every key that nobody asked for, with the nearest that somebody did.
    pub fn finish(&self) {
        let asked = self.asked.borrow();
        for key in self.table.into_iter().flat_map(Table::keys) {
            if !asked.contains(key) {
                let nearest = asked
                    .iter()
                    .map(|known| (strsim::jaro_winkler(known, key), known))
                    .max_by(|a, b| a.0.total_cmp(&b.0))
                    .filter(|(likeness, _)| *likeness > 0.7);
                match nearest {
                    Some((_, known)) => self.object(key, format!("unknown key; did you mean {known:?}?")),
                    None => self.object(key, "unknown key"),
                }
            }
        }
    }
}
