//! Reads a section of a config key by key and remembers everything that is wrong with it.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use toml::{Table, Value};

use super::findings::{Findings, Kind};
use super::quantity;
use crate::model::keys::{Range, Reader};

/// Objections of the checks, one sentence each, the key first.
pub type Problems = RefCell<Vec<String>>;

/// The key that says which other keys a section has.
#[derive(Clone, Debug)]
enum Sort {
    /// it is wrong or missing, and was objected to
    Wrong,
    /// it is not given, and has a default; these may be given
    Default(&'static str, String),
    /// it is given
    Given(&'static str, String),
}

/// Names of keys that say which other keys a section has.
const SORTS: [&str; 2] = ["kind", "shape"];

/// One table of the config.
pub struct Section<'a> {
    table: Option<&'a Table>,
    path: String,
    asked: RefCell<Vec<String>>,
    sort: RefCell<Option<Sort>>,
    /// whether it was objected to as a whole, so that nothing in it is a problem of its own
    is_wrong: bool,
    findings: &'a Findings,
}

impl<'a> Section<'a> {
    /// The whole config.
    pub fn root(table: &'a Table, findings: &'a Findings) -> Self {
        Self::new(Some(table), String::new(), false, findings)
    }

    fn new(table: Option<&'a Table>, path: String, is_wrong: bool, findings: &'a Findings) -> Self {
        Self { table, path, asked: RefCell::default(), sort: RefCell::default(), is_wrong, findings }
    }

    /// Full name of a key, as in `kinetics.i0`.
    pub fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.into() } else { format!("{}.{key}", self.path) }
    }

    /// Whether the section is not there, or was objected to as a whole.
    pub fn is_absent(&self) -> bool {
        self.table.is_none()
    }

    /// Whether `path`, names with points between them, leads from here to something in the file.
    pub fn has_inner(&self, path: &str) -> bool {
        self.inner_value(path).is_some()
    }

    /// Whether it leads to a section.
    pub fn has_section(&self, path: &str) -> bool {
        self.inner_value(path).is_some_and(Value::is_table)
    }

    fn inner_value(&self, path: &str) -> Option<&'a Value> {
        let mut names = path.split('.');
        let first = names.next().and_then(|name| self.table?.get(name));
        names.fold(first, |place, name| place?.as_table()?.get(name))
    }

    /// Records that something is wrong with `key`.
    pub fn object(&self, key: &str, problem: impl std::fmt::Display) {
        self.record(key, problem, Kind::Structure);
    }

    /// Records that something is wrong with `key` and is left out, or is NaN: no other value stands in its place, from which more would follow.
    pub fn omit(&self, key: &str, problem: impl std::fmt::Display) {
        self.record(key, problem, Kind::Value);
    }

    /// Records that none of `keys`, full names, is there, as an objection to `key`.
    pub fn lacks(&self, key: &str, keys: &[&str], problem: impl std::fmt::Display) {
        self.record(key, problem, Kind::Missing(keys.iter().map(|key| (*key).to_string()).collect()));
    }

    /// Records that a text under `key` is needed and was not read: it is missing, perhaps as its name is misspelled, or empty. One that
    /// was objected to is no second problem.
    pub fn needs(&self, key: &str, problem: impl std::fmt::Display) {
        if !self.has(key) {
            self.lacks(key, &[&self.name(key)], problem);
        } else if !self.findings.has_objected(&self.name(key)) {
            self.object(key, problem);
        }
    }

    fn record(&self, key: &str, problem: impl std::fmt::Display, kind: Kind) {
        if !self.is_wrong {
            self.findings.object(self.name(key), problem.to_string(), kind);
        }
    }

    fn value(&self, key: &str) -> Option<&'a Value> {
        self.asked.borrow_mut().push(key.into());
        self.table?.get(key)
    }

    /// The table under `key`; empty if it is not there.
    pub fn section(&self, key: &str) -> Section<'a> {
        let (table, is_wrong) = match self.value(key) {
            Some(Value::Table(table)) => (Some(table), self.is_wrong),
            Some(_) => {
                self.object(key, format!("must be a section, [{}]", self.name(key)));
                (None, true)
            }
            None => (None, self.is_wrong),
        };
        Section::new(table, self.name(key), is_wrong, self.findings)
    }

    /// The tables of a list `[[key]]`.
    pub fn sections(&self, key: &str) -> Vec<Section<'a>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let tables: Option<Vec<&Table>> = value.as_array().and_then(|list| list.iter().map(Value::as_table).collect());
        if tables.is_none() {
            self.object(key, format!("must be a list of sections, [[{}]]", self.name(key)));
        }
        let section =
            |(i, table)| Section::new(Some(table), format!("{}[{i}]", self.name(key)), self.is_wrong, self.findings);
        tables.unwrap_or_default().into_iter().enumerate().map(section).collect()
    }

    /// Objects to every key that nobody asked for, with the nearest that somebody did.
    pub fn finish(&self) {
        let asked = self.asked.borrow();
        let unknown: Vec<&String> =
            self.table.into_iter().flat_map(Table::keys).filter(|key| !asked.contains(key)).collect();
        let sort = self.sort.borrow();
        let mut without_sort = Vec::new();
        let mut is_misspelled = false;
        for key in unknown {
            // one that is there by its right name is not meant
            let is_free = |known: &&str| !self.table.is_some_and(|table| table.contains_key(*known));
            let known = || asked.iter().map(String::as_str);
            let free = nearest(key, known().filter(is_free));
            let meant = free.or(nearest(key, known()));
            let name = free.map(|known| self.name(known));
            is_misspelled |= meant.is_some_and(|known| SORTS.contains(&known));
            match (&*sort, meant) {
                (_, Some(known)) => {
                    self.record(key, format!("unknown key; did you mean {known:?}?"), Kind::Unknown(name))
                }
                (Some(Sort::Wrong), None) => {}
                (Some(Sort::Default(..)), None) => without_sort.push(format!("{key:?}")),
                (Some(Sort::Given(sort, given)), None) => {
                    self.record(key, format!("unknown key; {sort} = {given:?} does not have it"), Kind::Unknown(None));
                }
                (None, None) => self.record(key, "unknown key", Kind::Unknown(None)),
            }
        }
        if let (Some(Sort::Default(sort, names)), false) = (&*sort, without_sort.is_empty() || is_misspelled) {
            let keys = without_sort.join(", ");
            self.object(sort, format!("is missing, and without it {keys} means nothing; one of {names}"));
        }
    }
}

impl Reader for Section<'_> {
    fn optional(&self, key: &str, unit: &str, range: Range) -> Option<f64> {
        let value = match self.value(key)? {
            Value::String(text) => quantity::read(text, unit).and_then(|read| {
                let value = read.value(text, unit)?;
                self.findings.unit(self.name(key), read.unit());
                Ok(value)
            }),
            Value::Integer(i) if unit == "1" => Ok(*i as f64),
            Value::Float(f) if unit == "1" && f.is_finite() => Ok(*f),
            Value::Integer(_) | Value::Float(_) if unit != "1" => {
                Err(format!("needs a unit, as in {key} = {:?}", quantity::example(unit)))
            }
            other => Err(format!("{other} is not a number")),
        };
        let given = || match self.value(key) {
            Some(Value::String(text)) => text.trim().to_string(),
            other => other.map_or(String::new(), Value::to_string),
        };
        let value = value.and_then(|v| match range.objection(v) {
            Some(problem) if unit == "1" => Err(format!("{} {problem}", given())),
            Some(problem) if problem.contains(" between ") => Err(format!("{} {problem} {unit}", given())),
            Some(problem) => Err(format!("{} {problem}", given())),
            None => Ok(v),
        });
        Some(value.unwrap_or_else(|problem| {
            self.omit(key, problem);
            f64::NAN
        }))
    }

    fn required(&self, key: &str, unit: &str, range: Range) -> f64 {
        self.optional(key, unit, range).unwrap_or_else(|| {
            self.omit(key, "is missing");
            f64::NAN
        })
    }

    fn quantities(&self, key: &str, unit: &str, range: Range, count: usize) -> Option<Vec<f64>> {
        let value = self.value(key)?;
        let numbers = ["no", "one", "two", "three"].get(count).copied().unwrap_or("several");
        let positive = if range == Range::Positive { "positive " } else { "" };
        let of = quantity::Dimension::name_of(unit);
        let of = of.trim_start_matches("an ").trim_start_matches("a ");
        let example = quantity::example_list(unit, count);
        let wrong = || format!("must be {numbers} {positive}{of}s, as in {example}");
        let read = |value: &Value| {
            let value = match value {
                Value::Integer(i) if unit == "1" => *i as f64,
                Value::Float(f) if unit == "1" && f.is_finite() => *f,
                Value::String(text) => quantity::parse(text, unit)?,
                _ => return Err(format!("{value}: {}", wrong())),
            };
            range.objection(value).map_or(Ok(value), |_| Err(wrong()))
        };
        let list = value.as_array().filter(|list| list.len() == count).ok_or_else(wrong);
        match list.and_then(|list| list.iter().map(read).collect::<Result<Vec<f64>, String>>()) {
            Ok(list) => Some(list),
            Err(problem) => {
                self.object(key, problem);
                None
            }
        }
    }

    fn whole(&self, key: &str, range: RangeInclusive<u64>, default: u64) -> u64 {
        match self.value(key) {
            None => default,
            Some(Value::Integer(i)) if u64::try_from(*i).is_ok_and(|i| range.contains(&i)) => *i as u64,
            Some(other) => {
                self.omit(key, format!("{other} must be a whole number from {} to {}", range.start(), range.end()));
                default
            }
        }
    }

    fn wholes(&self, key: &str, range: RangeInclusive<u64>) -> [usize; 3] {
        // what stands in the place of a wrong one: a box that nothing else is wrong with
        let default = 1;
        let Some(value) = self.value(key) else {
            self.missing(key);
            return [default; 3];
        };
        let read = |value: &Value| match value.as_integer() {
            Some(n) if u64::try_from(n).is_ok_and(|n| range.contains(&n)) => n as usize,
            _ => {
                let (least, most) = (range.start(), range.end());
                self.object(key, format!("{value} must be a whole number from {least} to {most}"));
                default
            }
        };
        match value.as_array() {
            Some(list) if list.len() == 3 => std::array::from_fn(|i| read(&list[i])),
            _ => {
                let given = value.as_str().map_or(String::new(), |text| format!("{} ", quantity::shown(text)));
                self.object(key, format!("{given}must be a list of three"));
                [default; 3]
            }
        }
    }

    fn flag(&self, key: &str, default: bool) -> bool {
        match self.value(key) {
            None => default,
            Some(Value::Boolean(flag)) => *flag,
            Some(other) => {
                self.object(key, format!("{other} must be true or false"));
                default
            }
        }
    }

    fn words(&self, key: &str) -> Option<String> {
        match self.value(key)? {
            Value::String(text) => Some(text.clone()),
            other => {
                self.object(key, format!("{other} must be a text in quotes"));
                None
            }
        }
    }

    fn list(&self, key: &str, names: &[&str]) -> Option<Vec<String>> {
        let list: Option<Vec<String>> =
            self.value(key)?.as_array().and_then(|list| list.iter().map(|v| v.as_str().map(String::from)).collect());
        let Some(list) = list else {
            self.object(key, "must be a list of texts in quotes");
            return None;
        };
        if !names.is_empty() {
            for (i, name) in list.iter().enumerate() {
                if !names.contains(&name.as_str()) {
                    self.object(key, format!("{name:?} is not one of {}", names.join(", ")));
                }
                if list[..i].contains(name) {
                    self.object(key, format!("{name:?} stands twice"));
                }
            }
        }
        Some(list)
    }

    fn is_word(&self, key: &str, word: &str) -> bool {
        self.value(key).and_then(Value::as_str) == Some(word)
    }

    fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    fn missing(&self, key: &str) {
        self.lacks(key, &[&self.name(key)], "is missing");
    }

    fn choose(&self, key: &str, options: &[&str], default: Option<usize>) -> Option<usize> {
        let names = || options.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
        let sort = |sort: fn(&'static str, String) -> Sort, text: String| {
            if let Some(key) = SORTS.into_iter().find(|sort| *sort == key) {
                *self.sort.borrow_mut() = Some(sort(key, text));
            }
        };
        let wrong = |_, _| Sort::Wrong;
        let Some(text) = self.words(key) else {
            match (&default, self.table.is_some_and(|t| t.contains_key(key))) {
                (_, true) => sort(wrong, String::new()),
                (Some(_), false) => sort(Sort::Default, names()),
                (None, false) => {
                    self.lacks(key, &[&self.name(key)], format!("is missing; one of {}", names()));
                    sort(wrong, String::new());
                }
            }
            return default;
        };
        let found = options.iter().position(|name| *name == text);
        if found.is_none() {
            let meant = nearest(&text, options.iter().copied());
            let meant = meant.map_or(String::new(), |name| format!("; did you mean {name:?}?"));
            self.object(key, format!("{} is not one of {}{meant}", quantity::shown(&text), names()));
            sort(wrong, String::new());
            return default;
        }
        sort(Sort::Given, text);
        found
    }

    fn inner(&self, key: &str) -> Option<Box<dyn Reader + '_>> {
        self.has(key).then(|| Box::new(self.section(key)) as Box<dyn Reader>)
    }

    fn inners(&self, key: &str) -> Vec<Box<dyn Reader + '_>> {
        self.sections(key).into_iter().map(|section| Box::new(section) as Box<dyn Reader>).collect()
    }

    fn done(&self) {
        self.finish();
    }
}

/// The name that is wrong by its case or by few letters, if there is one.
pub fn nearest<'n>(text: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let bare = |text: &str| text.to_lowercase().replace([' ', '-', '/', ':'], "_");
    let wanted = bare(text);
    let likeness = |name: &&str| match (strsim::osa_distance(&bare(name), &wanted), name.len()) {
        (0, _) => 1.0,
        (1, 2..) => 0.99,
        _ => strsim::jaro_winkler(&bare(name), &wanted),
    };
    names.max_by(|a, b| likeness(a).total_cmp(&likeness(b))).filter(|name| likeness(name) > 0.8)
}
